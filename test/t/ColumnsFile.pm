# Files of columns as bytes: taking one apart, changing it, and putting it together
# again with right checksums.  See src/columns/layout.h.
package ColumnsFile;

use strict;
use warnings;

use Exporter 'import';
use PlogFile;

our @EXPORT = qw(take_columns_apart put_columns_together);

# Blocks of a record, in their order.
our @BLOCKS = qw(calls threads retvals offsets pcs arguments numbers strings);

use constant {
	HEADER          => 'Q Q L L L L a64 Q q a1024',
	HEADER_CHECKSUM => 16,
	HEADER_SUMMED   => 20,
	FILE_HEADER     => 1136,
	RECORD          => 'L L Q Q L L',
	RECORD_SUMMED   => 8,
	RECORD_BYTES    => 160 };

my @HEADER_FIELDS = qw(magic hits checksum log_checksum chunks_checksum unused name chunk_count made log);

# What LZ4 has made a block of.
sub uncompress
{
	my ($stored) = @_;
	my ($at, $bytes) = (0, '');
	my $more = sub {
		my ($length) = @_;
		return $length if $length != 15;
		for (my $next = 255; $next == 255;)
		{
			$next = ord substr $stored, $at++, 1;
			$length += $next;
		}
		return $length;
	};

	while ($at < length $stored)
	{
		my $token = ord substr $stored, $at++, 1;
		my $literals = $more->($token >> 4);
		$bytes .= substr $stored, $at, $literals;
		$at += $literals;
		last if $at >= length $stored;
		my $back = unpack 'v', substr $stored, $at, 2;
		$at += 2;
		my $length = $more->($token & 15) + 4;
		my $from = substr $bytes, -$back;
		$bytes .= substr $from x (1 + $length / length $from), 0, $length;
	}
	return $bytes;
}

# A file's header, and its records: of each the chunk, calls, and blocks by name.
sub take_columns_apart
{
	my ($bytes) = @_;
	my %file = (records => []);

	@file{@HEADER_FIELDS} = unpack HEADER, $bytes;
	for (my $at = FILE_HEADER; $at < length $bytes;)
	{
		my %record;
		(undef, undef, @record{qw(chunk bytes has calls)}) = unpack RECORD, substr $bytes, $at;
		my @headers = unpack '(L4)8', substr $bytes, $at + 32, 128;
		my $next = $at + RECORD_BYTES;
		for my $name (@BLOCKS)
		{
			my ($length, $stored) = splice @headers, 0, 4;
			my $block = substr $bytes, $next, $stored;
			$record{blocks}{$name} = $stored < $length ? uncompress($block) : $block if $length > 0;
			$next += $stored;
		}
		push @{ $file{records} }, \%record;
		$at = $next;
	}
	return \%file;
}

# The file of such parts, with its blocks not compressed.  A record may say, by "sizes",
# that blocks have other sizes uncompressed.
sub put_columns_together
{
	my ($file) = @_;
	my $bytes = pack HEADER, @$file{@HEADER_FIELDS};

	substr $bytes, HEADER_CHECKSUM, 4, pack 'L', crc32c(substr $bytes, HEADER_SUMMED);
	for my $record (@{ $file->{records} })
	{
		my $blocks = join '', map { $record->{blocks}{$_} // '' } @BLOCKS;
		my $made = pack(RECORD, 0x44524350, 0, $record->{chunk}, length $blocks, @$record{qw(has calls)})
		  . join '', map {
			my $block = $record->{blocks}{$_} // '';
			pack 'L4', $record->{sizes}{$_} // length $block, length $block, length $block ? crc32c($block) : 0, 0
		  } @BLOCKS;
		substr $made, 4, 4, pack 'L', crc32c(substr $made, RECORD_SUMMED);
		$bytes .= $made . $blocks;
	}
	return $bytes;
}

1;
