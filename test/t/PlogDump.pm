# What PANDA's own reader found in a log, and what the log's header and
# directory say.
#
# A dump (NAME.jsonl.gz) has one entry a line, as JSON by the conventions of
# proto3: 64-bit integers as strings, bytes in base64, and a byte that is not
# part of valid UTF-8 as a lone surrogate U+DC80 to U+DCFF.  Its strings come
# out of here as the bytes that the log holds, its integers as decimal text.
package PlogDump;

use strict;
use warnings;

use Exporter 'import';
use IO::Uncompress::Gunzip qw($GunzipError);

our @EXPORT_OK = qw(open_dump parse_json read_directory);

# One JSON string, inside its quotes.
my $CHARS = qr/(?:[^"\\]++|\\.)*+/;

# A JSON object or array as a whole, whatever it holds.
my $OBJECT = qr/(\{(?:[^"{}]++|"$CHARS"|(?-1))*+\})/;
my $ARRAY  = qr/(\[(?:[^"\[\]]++|"$CHARS"|(?-1))*+\])/;

# Fields that are text in some message and a number in another.  As a number
# such a field comes out as a reference to it.
my %AMBIGUOUS = map { $_ => 1 } qw(filename astnodename);

# Parts of an entry that repeat so often that the caller does better to parse
# each of them once: what they come out as is their JSON text.
my %RAW_LIST = (args => 1);
my %RAW      = (modules => 1);

# The JSON being parsed; pos() says how far.
my $json;

# Open a dump and return a function that returns its next entry, a hash
# reference, or undef after the last.
sub open_dump
{
	my ($path) = @_;
	my $gunzip = IO::Uncompress::Gunzip->new($path)
	  or die "could not open $path: $GunzipError";
	my @lines;
	my $tail = '';

	return sub {
		while (!@lines)
		{
			my $n = $gunzip->read(my $block, 1 << 20);
			die "could not read $path: $GunzipError" if $n < 0;
			if ($n == 0)
			{
				return undef if $tail eq '';
				@lines = ($tail);
				$tail = '';
				last;
			}
			@lines = split /\n/, $tail . $block, -1;
			$tail = pop @lines;
		}
		return parse_json(shift @lines);
	};
}

# Parse a JSON text.
sub parse_json
{
	($json) = @_;
	pos($json) = 0;
	my $value = parse_value('');

	die 'not JSON at ' . substr($json, pos($json), 40)
	  if pos($json) < length($json);
	return $value;
}

# Parse the value at hand, which belongs to the field named.
sub parse_value
{
	my ($field) = @_;

	if ($json =~ /\G"($CHARS)"/gc)
	{
		return index($1, '\\') < 0 ? $1 : unescape($1);
	}
	return $AMBIGUOUS{$field} ? \"$1" : $1 if $json =~ /\G(-?[0-9][0-9.eE+-]*)/gc;
	return parse_object() if $json =~ /\G\{/gc;
	if ($json =~ /\G(?=\[)/gc)
	{
		return $1 if $RAW{$field} && $json =~ /\G$ARRAY/gc;
		return parse_array($field);
	}
	return $1 if $json =~ /\G(true|false)/gc;
	die 'not a JSON value: ' . substr($json, pos($json), 40);
}

# Parse what follows the opening brace of an object.
sub parse_object
{
	my %object;

	while ($json =~ /\G(?:, )?"(\w+)": /gc)
	{
		my $field = $1;
		$object{$field} = parse_value($field);
	}
	$json =~ /\G\}/gc or die 'not a JSON object: ' . substr($json, pos($json), 40);
	return \%object;
}

# Parse an array.
sub parse_array
{
	my ($field) = @_;
	my @array;

	$json =~ /\G\[/gc;
	if ($RAW_LIST{$field})
	{
		push @array, $1 while $json =~ /\G(?:, )?$OBJECT/gc;
	}
	else
	{
		push @array, parse_value($field) while $json =~ /\G(?:, )?(?!\])/gc;
	}
	$json =~ /\G\]/gc or die 'not a JSON array: ' . substr($json, pos($json), 40);
	return \@array;
}

my %UNESCAPED = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");

# The bytes of a JSON string that has escapes.
sub unescape
{
	my ($string) = @_;

	$string =~ s{\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)|\\u(....)|\\(.)}
		{defined $4 ? $UNESCAPED{$4} // $4
			: defined $3 ? utf8_bytes(hex $3)
			: utf8_bytes(0x10000 + (hex($1) - 0xd800) * 0x400 + hex($2) - 0xdc00)}ge;
	return $string;
}

# The bytes that a character of a dump stands for.
sub utf8_bytes
{
	my ($code) = @_;

	return chr($code - 0xdc00) if $code >= 0xdc80 && $code <= 0xdcff;
	my $bytes = chr($code);
	utf8::encode($bytes);
	return $bytes;
}

# Read the header and the directory of a log: its version, its size in bytes
# and the number of entries in each of its chunks.
sub read_directory
{
	my ($path) = @_;

	open my $file, '<:raw', $path or die "could not open $path: $!";
	read $file, my $header, 24;
	my ($version, $dir_pos) = unpack 'V x4 Q<', $header;
	seek $file, $dir_pos, 0;
	local $/;
	my ($chunks, @directory) = unpack 'V (Q<3)*', <$file>;
	my $directory = {
		version     => $version,
		bytes       => -s $file,
		num_entries => [ map { $directory[ 3 * $_ + 2 ] } 0 .. $chunks - 1 ] };
	close $file;
	return $directory;
}

1;
