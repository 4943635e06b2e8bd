# Damage done to a log's bytes, at random but the same for the same seed.
package PlogMutation;

use strict;
use warnings;

use Compress::Zlib ();
use PlogFile;

# Numbers at which code goes wrong, as bytes in a file and as varints.
my @NUMBERS = (
	0, 1, 2, 7, 8, 23, 24, 127, 128, 255, 256, 65535, 65536,
	2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**62,
	9223372036854775807, 9223372036854775808, 18446744073709551614, 18446744073709551615);

# Field numbers of entries and of their messages, and such as nobody has.
my @FIELDS = (1 .. 15, 40, 58, 5, 103, 36, 41, 57, 102, 110, 2**28, 2**29 - 1);

# What a guest string may be.
my @STRINGS = (
	'', "\0", "a\0b", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	'"\\', '%s%n', 'ArrayOfPrimitive', 'x' x 3000, "\x80" x 300);

sub pick { return $_[ rand @_ ] }

# The kinds of damage, how often each is done, and the function that does it to
# a log's bytes.
my @KINDS = (
	[ header => 2, \&damage_header ],
	[ directory => 3, \&damage_directory ],
	[ file => 2, \&damage_file ],
	[ compressed => 3, \&damage_compressed ],
	[ inflated => 4, \&damage_inflated ],
	[ fields => 6, \&damage_fields ]);

# Damage a log.  Returns what was done, and the bytes.
sub mutate
{
	my ($bytes) = @_;
	my ($name, undef, $damage) = @{ pick(map { ($_) x $_->[1] } @KINDS) };
	return ($name, $damage->($bytes));
}

# Overwrite, insert, remove or repeat bytes anywhere from a position on.
sub damage_bytes
{
	my ($bytes, $from) = @_;
	my $times = pick(1, 1, 1, 2, 5, 20);

	for (1 .. $times)
	{
		my $at     = $from + int rand(length($bytes) - $from);
		my $length = pick(1, 1, 2, 4, 8, 50);
		my $junk   = pick(
			join('', map { chr int rand 256 } 1 .. $length),
			pack('V', pick(@NUMBERS) % 2**32),
			pack('Q<', pick(@NUMBERS)),
			PlogFile::varint(pick(@NUMBERS)));
		my $how = rand;

		last if $at >= length $bytes;
		if    ($how < 0.5)  { substr $bytes, $at, length $junk, $junk }
		elsif ($how < 0.65) { substr $bytes, $at, 0,            $junk }
		elsif ($how < 0.8)  { substr $bytes, $at, $length,      '' }
		else                { substr $bytes, $at, 0, substr $bytes, $from + int rand(length($bytes) - $from), $length * 20 }
	}
	return $bytes;
}

sub damage_header
{
	my ($bytes) = @_;
	my ($version, $directory, $chunk_size) = unpack 'V x4 Q< V', $bytes;
	my $what = int rand 4;

	return damage_bytes(substr($bytes, 0, HEADER_BYTES), 0) . substr($bytes, HEADER_BYTES) if $what == 0;
	$version    = pick(@NUMBERS) % 2**32 if $what == 1;
	$directory  = pick(@NUMBERS, map { $directory + $_ } -200 .. 200) if $what == 2;
	$chunk_size = pick(@NUMBERS) % 2**32 if $what == 3;
	return pack('V x4 Q< V x4', $version, $directory, $chunk_size) . substr $bytes, HEADER_BYTES;
}

sub damage_directory
{
	my ($bytes) = @_;
	my $plog   = take_apart($bytes);
	my $chunks = $plog->{chunks};
	my $what   = int rand 5;
	my $chunk  = pick(@$chunks);

	return substr($bytes, 0, $plog->{directory}) . damage_bytes(substr($bytes, $plog->{directory}), 0)
	  if $what == 0;
	$plog->{count} = pick(@NUMBERS, scalar @$chunks + 1, scalar @$chunks - 1) % 2**32 if $what == 1;
	$chunk->{written_position} = pick(@NUMBERS, map { $chunk->{position} + $_ } -3 .. 3) if $what == 2;
	$chunk->{entries} = pick(@NUMBERS, map { $chunk->{entries} + $_ } -2, -1, 1, 2) if $what == 3;
	$chunk->{start_instr} = pick(@NUMBERS) if $what == 4;
	return put_together($plog);
}

# Cut the file, or put something behind it.
sub damage_file
{
	my ($bytes) = @_;
	my $plog = take_apart($bytes);

	return substr $bytes, 0, int rand length $bytes if rand() < 0.4;
	return substr $bytes, 0, $plog->{directory} if rand() < 0.2;
	return "\0" x HEADER_BYTES . substr $bytes, HEADER_BYTES, int rand length $bytes if rand() < 0.4;
	return $bytes . substr $bytes, 0, int rand length $bytes;
}

sub damage_compressed
{
	my ($bytes) = @_;
	my $plog   = take_apart($bytes);
	my $chunks = $plog->{chunks};
	my $what   = rand;

	if ($what < 0.2)
	{
		splice @$chunks, rand @$chunks, 0, { %{ pick(@$chunks) } };
	}
	elsif ($what < 0.3)
	{
		pick(@$chunks)->{junk} = substr pick(@$chunks)->{stream}, 0, 1 + int rand 100;
	}
	else
	{
		my $chunk = pick(@$chunks);
		$chunk->{stream} = damage_bytes($chunk->{stream}, pick(0, 2));
	}
	return put_together($plog);
}

# Damage what a chunk inflates to, so that entries may run into each other.
sub damage_inflated
{
	my ($bytes) = @_;
	my $plog  = take_apart($bytes);
	my $chunk = pick(@{ $plog->{chunks} });
	my $inflated = damage_bytes(Compress::Zlib::uncompress($chunk->{stream}), 0);

	$chunk->{stream} = Compress::Zlib::compress($inflated);
	return put_together($plog);
}

# Damage the fields of some of a chunk's entries.
sub damage_fields
{
	my ($bytes) = @_;
	my $plog    = take_apart($bytes);
	my $chunk   = pick(@{ $plog->{chunks} });
	my @entries = inflate_entries($chunk->{stream});
	my $times   = pick(1, 5, 25);

	for (1 .. $times)
	{
		my $entry = \$entries[ rand @entries ];
		my $how   = rand;

		if    ($how < 0.8) { $$entry = damage_message($$entry, pick(@entries), 0) }
		elsif ($how < 0.9) { $$entry = length $$entry == 0 ? "\1" : damage_bytes($$entry, 0) }
		else               { splice @entries, rand @entries, 0, $$entry }
	}
	$chunk->{stream}  = deflate_entries(@entries);
	$chunk->{entries} = @entries;
	return put_together($plog);
}

# The fields of a message: number, wire type and value of each; nothing where
# it is none.
sub fields_of
{
	my ($message) = @_;
	my @fields;

	while (length $message)
	{
		my ($tag, $rest) = take_varint($message) or return;
		my ($number, $type) = ($tag >> 3, $tag & 7);
		my $value;

		return if $number == 0;
		if    ($type == 0) { ($value, $rest) = take_varint($rest) or return }
		elsif ($type == 1) { return if length $rest < 8; $value = substr $rest, 0, 8, '' }
		elsif ($type == 5) { return if length $rest < 4; $value = substr $rest, 0, 4, '' }
		elsif ($type == 2)
		{
			(my $length, $rest) = take_varint($rest) or return;
			return if $length > length $rest;
			$value = substr $rest, 0, $length, '';
		}
		else { return }
		push @fields, [ $number, $type, $value ];
		$message = $rest;
	}
	return @fields;
}

sub take_varint
{
	my ($bytes) = @_;
	my $value = 0;

	$bytes =~ /\A([\x80-\xff]{0,9}[\x00-\x7f])/s or return;
	my $varint = $1;
	$value |= (ord(substr $varint, $_, 1) & 0x7f) << 7 * $_ for 0 .. length($varint) - 1;
	return ($value, substr $bytes, length $varint);
}

sub message_of
{
	my (@fields) = @_;
	my $message = '';

	for my $field (@fields)
	{
		my ($number, $type, $value) = @$field;
		$message .= PlogFile::varint($number << 3 | $type)
		  . ($type == 0 ? PlogFile::varint($value)
			: $type == 2 ? PlogFile::varint(length $value) . $value
			:              $value);
	}
	return $message;
}

# Damage a field of a message, or of one in it.  Another message gives what is
# put into it.
sub damage_message
{
	my ($message, $other, $depth) = @_;
	my @fields = fields_of($message);

	return damage_bytes($message . "\0", 0) if !@fields;
	my $index = int rand @fields;
	my $field = $fields[$index];

	# go in, if it is a message and not only looks like one
	if ($field->[1] == 2 && $depth < 8 && length $field->[2] > 1 && fields_of($field->[2]) && rand() < 0.8)
	{
		$field->[2] = damage_message($field->[2], $other, $depth + 1);
		return message_of(@fields);
	}
	my $how = int rand 9;
	if    ($how == 0) { splice @fields, $index, 1 }
	elsif ($how == 1) { splice @fields, $index, 0, ($field) x pick(1, 2, 100) }
	elsif ($how == 2) { $field->[0] = pick(@FIELDS) }
	elsif ($how == 3) { @$field[ 1, 2 ] = (0, pick(@NUMBERS)) }
	elsif ($how == 4) { @$field[ 1, 2 ] = (2, pick(@STRINGS)) }
	elsif ($how == 5) { @$field[ 1, 2 ] = (2, message_of(map { [ pick(@FIELDS), 0, pick(@NUMBERS) ] } 1 .. 3)) }
	elsif ($how == 6) { push @fields, grep { defined } pick(fields_of($other)) }
	elsif ($how == 7) { @$field[ 1, 2 ] = @{ pick([ 1, pack 'Q<', pick(@NUMBERS) ], [ 5, pack 'V', pick(@NUMBERS) % 2**32 ]) } }
	else
	{
		# nested in itself
		my $inner = message_of($field);
		$inner = message_of([ $field->[0], 2, $inner ]) for 1 .. pick(1, 3, 30);
		$fields[$index] = [ $field->[0], 2, $inner ];
	}
	return message_of(@fields);
}

1;
