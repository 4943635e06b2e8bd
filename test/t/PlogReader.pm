# Plogs read from their bytes, and protobuf decoded field by field: a reader
# that shares nothing with the code of the extension.
package PlogReader;

use strict;
use warnings;

use Compress::Zlib ();
use Exporter 'import';

our @EXPORT_OK = qw(read_plog describe_plog fields_of leading_fields packed_varints VARINT FIXED64 BYTES GROUP FIXED32);

# Wire types.
use constant { VARINT => 0, FIXED64 => 1, BYTES => 2, GROUP => 3, GROUP_END => 4, FIXED32 => 5 };

# A log given as its bytes: version, bytes (how many), and chunks, each a list of
# the bytes of its entries.  Dies of a log that is not sound.
sub read_plog
{
	my ($image) = @_;
	my ($version, $directory) = unpack 'V x4 Q<', $image;
	my ($count, @records) = unpack 'V (Q<3)*', substr $image, $directory;
	my @positions = map { $records[ 3 * $_ + 1 ] } 0 .. $count - 1;
	my @chunks;

	for my $i (0 .. $count - 1)
	{
		my $end = $i + 1 < $count ? $positions[ $i + 1 ] : $directory;
		my $inflated = Compress::Zlib::uncompress(substr $image, $positions[$i], $end - $positions[$i])
		  // die "chunk $i does not inflate";
		my @entries;

		for (my $at = 0; $at < length $inflated; $at += 4 + length $entries[-1])
		{
			push @entries, substr $inflated, $at + 4, unpack 'V', substr $inflated, $at, 4;
		}
		die "chunk $i holds another number of entries" if @entries != $records[ 3 * $i + 2 ];
		push @chunks, \@entries;
	}
	return { version => $version, bytes => length $image, chunks => \@chunks };
}

# The number that begins at $$at, which moves behind it; undef where there is none.
sub varint_at
{
	my ($message, $at) = @_;
	my ($value, $shift) = (0, 0);

	while ($$at < length $message && $shift < 70)
	{
		my $byte = vec $message, $$at++, 8;
		return $byte if $byte < 0x80 && !$shift;
		$value |= ($byte & 0x7f) << $shift if $shift < 64;
		return $value if $byte < 0x80;
		$shift += 7;
	}
	return undef;
}

# The fields of a message in their order, each [ number, wire type, value ].  The
# value of a group is a list of fields.  undef: the message is malformed.
sub fields_of
{
	my ($message) = @_;
	my $at = 0;
	return fields_until($message, \$at, undef);
}

# The fields before the first malformed one, whether there is one or not.
sub leading_fields
{
	my ($message) = @_;
	my ($at, @fields) = 0;
	fields_until($message, \$at, undef, \@fields);
	return @fields;
}

# The fields up to the message's end, or to the end of the group of that number.
sub fields_until
{
	my ($message, $at, $group, $fields) = @_;
	$fields //= [];

	while ($$at < length $message)
	{
		my $tag = varint_at($message, $at) // return undef;
		return undef if $tag > 0xffffffff || $tag < 8;
		my ($number, $type) = ($tag >> 3, $tag & 7);
		my $value;

		if ($type == VARINT)
		{
			$value = varint_at($message, $at) // return undef;
		}
		elsif ($type == GROUP)
		{
			$value = fields_until($message, $at, $number) // return undef;
		}
		elsif ($type == GROUP_END)
		{
			return defined $group && $group == $number ? $fields : undef;
		}
		else
		{
			my $length =
			    $type == FIXED64 ? 8
			  : $type == FIXED32 ? 4
			  : $type == BYTES   ? varint_at($message, $at)
			  :                    undef;
			return undef if !defined $length || $length > length($message) - $$at;
			$value = substr $message, $$at, $length;
			$$at += $length;
			$value = unpack $type == FIXED64 ? 'Q<' : 'V', $value if $type != BYTES;
		}
		push @$fields, [ $number, $type, $value ];
	}
	return defined $group ? undef : $fields;
}

# A log's entries, for people to read: a line each, of "number: value" with what
# is or may be a message in braces.
sub describe_plog
{
	my ($image) = @_;
	my ($text, $id) = ('', 0);

	for my $chunk (@{ read_plog($image)->{chunks} })
	{
		$text .= join '', map { sprintf "%d %s\n", $id++, describe($_) } @$chunk;
		$text .= "-- end of chunk\n";
	}
	return $text;
}

sub describe
{
	my ($message) = @_;
	my $fields = ref $message ? $message : fields_of($message);

	return 'malformed ' . unpack 'H*', $message if !$fields;
	return join ' ', map {
		my ($number, $type, $value) = @$_;
		"$number" . ($type == GROUP ? ' group' : $type == FIXED32 ? ' fixed32' : $type == FIXED64 ? ' fixed64' : '') . ': '
		  . ( $type == GROUP ? '{' . describe($value) . '}'
			: $type != BYTES ? $value
			: $value eq '' || $value =~ /^[ -~]+$/ ? "'$value'"
			: length $value > 1 && fields_of($value) ? '{' . describe($value) . '}'
			: 'x' . unpack('H*', $value) )
	} @$fields;
}

# The numbers of a packed field; undef where it is malformed.
sub packed_varints
{
	my ($packed) = @_;
	my $at = 0;
	my @numbers;

	while ($at < length $packed)
	{
		push @numbers, varint_at($packed, \$at) // return undef;
	}
	return \@numbers;
}

1;
