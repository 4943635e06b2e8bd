# Values as PostgreSQL prints them: text in a database's encoding, floats,
# JSON, arrays, and rows of COPY in text format.
package PgText;

use strict;
use warnings;

use Encode ();
use Exporter 'import';
use Math::BigInt;

our @EXPORT_OK = qw(database_text signed float_text double_text
  json_string jsonb_number array_text copy_row);

# A valid UTF-8 character other than NUL, as PostgreSQL's pg_utf8_islegal()
# has it.
my $UTF8_CHAR = qr/
	  [\x01-\x7f]
	| [\xc2-\xdf] [\x80-\xbf]
	| \xe0 [\xa0-\xbf] [\x80-\xbf]
	| [\xe1-\xec\xee\xef] [\x80-\xbf]{2}
	| \xed [\x80-\x9f] [\x80-\xbf]
	| \xf0 [\x90-\xbf] [\x80-\xbf]{2}
	| [\xf1-\xf3] [\x80-\xbf]{3}
	| \xf4 [\x80-\x8f] [\x80-\xbf]{2}/x;

# Perl's names of the database encodings that are neither UTF8 nor SQL_ASCII.
my %PERL_ENCODING = (LATIN1 => 'iso-8859-1', EUC_JP => 'euc-jp');

# Guest bytes as text of a database of that encoding.
sub database_text
{
	my ($bytes, $encoding) = @_;

	return $bytes if !defined $bytes || $bytes !~ /[^\x01-\x7f]/;
	if ($encoding eq 'SQL_ASCII')
	{
		$bytes =~ s/\0/\\x00/g;
		return $bytes;
	}
	$bytes =~ s{((?:$UTF8_CHAR)++)|(.)}
		{defined $1 ? encoded($1, $encoding) : sprintf '\\x%02x', ord $2}gse;
	return $bytes;
}

# Valid UTF-8 in the database's encoding, with escapes for the characters that
# it lacks.
sub encoded
{
	my ($text, $encoding) = @_;

	return $text if $encoding eq 'UTF8';
	utf8::decode($text);
	return Encode::encode($PERL_ENCODING{$encoding}, $text,
		sub { sprintf $_[0] > 0xffff ? '\\U%08x' : '\\u%04x', $_[0] });
}

# A 64-bit unsigned number, in decimal, as the bigint of the same 64 bits.
sub signed
{
	my ($number) = @_;

	return $number if length $number < 19 || $number <= 9223372036854775807;
	return -(18446744073709551615 - $number) - 1;
}

# A number as float4 prints it.
sub float_text
{
	my ($number) = @_;
	return shortest($number, 9, 6, \&nearest_float4, 'f L');
}

# A number as float8 prints it.
sub double_text
{
	my ($number) = @_;
	return shortest($number, 17, 15, sub { $_[0] + 0 }, 'd Q');
}

# The float4 that is nearest to a number.  pack() makes those infinite that
# round down to the largest one.
sub nearest_float4
{
	my ($number) = @_;
	my $largest = unpack 'f', pack 'L', 0x7f7fffff;

	return $number if abs $number > $largest * (1 + 2**-25);
	return $number < 0 ? -$largest : $largest if abs $number > $largest;
	return unpack 'f', pack 'f', $number;
}

# The shortest decimal that is nearer to a float than to any other, in
# scientific notation from 10^$scientific on.  $nearest gives the float that a
# number is stored as, and $formats how pack() calls it and an integer of its
# size.
sub shortest
{
	my ($number, $most_digits, $scientific, $nearest, $formats) = @_;

	return $number if $number =~ /^-?(?:NaN|Infinity)$/;
	return $number =~ /^-/ ? '-0' : '0' if $number == 0;
	my $value = $nearest->($number);
	for my $digits (1 .. $most_digits)
	{
		my $decimal = sprintf '%.*e', $digits - 1, $value;
		next if $nearest->($decimal) != $value;
		my ($sign, $mantissa, $exponent) = $decimal =~ /^(-?)([0-9.]+)e([+-][0-9]+)$/;
		next if is_halfway(shift_point($mantissa, $exponent), abs $value, split ' ', $formats);
		return sprintf '%s%se%s%02d', $sign, $mantissa, $exponent < 0 ? '-' : '+', abs $exponent
		  if $exponent < -4 || $exponent >= $scientific;
		return $sign . shift_point($mantissa, $exponent);
	}
}

# Whether a decimal integer lies just between a float and one of its
# neighbours.
sub is_halfway
{
	my ($decimal, $value, $float_format, $integer_format) = @_;
	my $bits = unpack $integer_format, pack $float_format, $value;

	return 0 if $decimal !~ /^[0-9]+$/ || $value != int $value;
	for my $neighbour (map { unpack $float_format, pack $integer_format, $_ } $bits - 1, $bits + 1)
	{
		next if $neighbour != int $neighbour;
		my $sum = Math::BigInt->new(sprintf '%.0f', $value) + sprintf '%.0f', $neighbour;
		return 1 if $sum == 2 * Math::BigInt->new($decimal);
	}
	return 0;
}

# Move the decimal point of a mantissa by that many digits.
sub shift_point
{
	my ($mantissa, $exponent) = @_;
	my ($whole, $fraction) = split /\./, $mantissa;

	$fraction //= '';
	if ($exponent >= 0)
	{
		$fraction .= '0' x ($exponent - length $fraction) if length $fraction < $exponent;
		$whole .= substr $fraction, 0, $exponent, '';
	}
	else
	{
		$whole = '0' x (1 - $exponent - length $whole) . $whole if length $whole < 1 - $exponent;
		$fraction = substr($whole, $exponent) . $fraction;
		substr($whole, $exponent) = '';
	}
	return length $fraction ? "$whole.$fraction" : $whole;
}

my %JSON_ESCAPE = (
	"\b" => '\\b',
	"\f" => '\\f',
	"\n" => '\\n',
	"\r" => '\\r',
	"\t" => '\\t',
	'"'  => '\\"',
	'\\' => '\\\\');

# Text as a JSON string.
sub json_string
{
	my ($text) = @_;

	$text =~ s/([\x00-\x1f"\\])/$JSON_ESCAPE{$1} \/\/ sprintf '\\u%04x', ord $1/ge
	  if $text =~ /[\x00-\x1f"\\]/;
	return '"' . $text . '"';
}

# A float as jsonb prints it, which holds it as a numeric.
sub jsonb_number
{
	my ($number) = @_;

	return '"' . $number . '"' if $number =~ /[NI]/;
	return '0' if $number eq '-0';
	return $number if $number !~ /^(-?)([0-9.]+)e([+-][0-9]+)$/;
	return $1 . shift_point($2, $3);
}

# A list as text[] prints it.
sub array_text
{
	my @elements = @_;

	for (@elements)
	{
		next if $_ ne '' && !/[ \t\n\r\f\x0b{}",\\]/ && lc($_) ne 'null';
		s/(["\\])/\\$1/g;
		$_ = '"' . $_ . '"';
	}
	return '{' . join(',', @elements) . '}';
}

my %COPY_ESCAPE = (
	"\b"   => '\\b',
	"\f"   => '\\f',
	"\n"   => '\\n',
	"\r"   => '\\r',
	"\t"   => '\\t',
	"\x0b" => '\\v',
	'\\'   => '\\\\');

# A row of COPY in text format, with its newline.
sub copy_row
{
	return join(
		"\t",
		map {
			my $field = $_;
			if (!defined $field)
			{
				$field = '\\N';
			}
			elsif ($field =~ /[\b\f\n\r\t\x0b\\]/)
			{
				$field =~ s/([\x08\f\n\r\t\x0b\\])/$COPY_ESCAPE{$1}/g;
			}
			$field;
		} @_) . "\n";
}

1;
