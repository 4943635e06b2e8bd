# Plogs as bytes: taking one apart, changing it, putting it together again, and
# writing one entry by entry.
package PlogFile;

use strict;
use warnings;

use Compress::Zlib ();
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);

our @EXPORT = qw(take_apart put_together deflate_entries inflate_entries frame
  entry varint_field bytes_field read_file write_file write_plog plog_writer
  crc32c add_to_crc32c
  FIRST_CHUNK HEADER_BYTES DIRECTORY_COUNT_BYTES DIRECTORY_RECORD_BYTES);

use constant {
	HEADER_BYTES           => 24,
	FIRST_CHUNK            => 128,
	DIRECTORY_COUNT_BYTES  => 4,
	DIRECTORY_RECORD_BYTES => 24 };

my $writer_directory = abs_path(dirname(__FILE__) . '/../writer');

# CRC-32C, as PostgreSQL has it.
my @crc_table = map {
	my $crc = $_;
	$crc = $crc & 1 ? $crc >> 1 ^ 0x82F63B78 : $crc >> 1 for 1 .. 8;
	$crc
} 0 .. 255;

sub crc32c
{
	return add_to_crc32c(0xFFFFFFFF, $_[0]) ^ 0xFFFFFFFF;
}

# The same in steps: one that began with 0xFFFFFFFF, and will be inverted at the end.
sub add_to_crc32c
{
	my ($crc, $bytes) = @_;

	$crc = $crc_table[ ($crc ^ $_) & 0xFF ] ^ $crc >> 8 for unpack 'C*', $bytes;
	return $crc;
}

# The parts of a log, given as its bytes: version, directory (its position),
# chunk_size, and the chunks, each with start_instr, position, entries (how
# many) and stream (the deflated bytes).
sub take_apart
{
	my ($bytes) = @_;
	my ($version, $directory, $chunk_size) = unpack 'V x4 Q< V', $bytes;
	my ($count, @records) = unpack 'V (Q<3)*', substr $bytes, $directory;
	my @chunks;

	while (@chunks < $count)
	{
		my %chunk;
		@chunk{qw(start_instr position entries)} = splice @records, 0, 3;
		push @chunks, \%chunk;
	}
	for my $i (0 .. $#chunks)
	{
		my $end = $i < $#chunks ? $chunks[ $i + 1 ]{position} : $directory;
		$chunks[$i]{stream} =
		  substr $bytes, $chunks[$i]{position}, $end - $chunks[$i]{position};
	}
	return {
		version    => $version,
		directory  => $directory,
		chunk_size => $chunk_size,
		chunks     => \@chunks };
}

# The bytes of a log of these parts.  Positions follow from the streams, except
# where a chunk has its own "written_position", or the log a
# "written_directory"; "count" is how many chunks the directory says it has.
# Bytes in "junk" of a chunk go before its stream.
sub put_together
{
	my ($plog) = @_;
	my @chunks  = @{ $plog->{chunks} };
	my $bytes   = "\0" x FIRST_CHUNK;
	my $records = '';

	for my $chunk (@chunks)
	{
		$bytes .= $chunk->{junk} // '';
		$chunk->{position} = length $bytes;
		$records .= pack 'Q<3', $chunk->{start_instr} // 0,
		  $chunk->{written_position} // $chunk->{position}, $chunk->{entries};
		$bytes .= $chunk->{stream};
	}
	$plog->{directory} = length $bytes;
	substr $bytes, 0, HEADER_BYTES, pack 'V x4 Q< V x4', $plog->{version} // 2,
	  $plog->{written_directory} // $plog->{directory}, $plog->{chunk_size} // 0x1000000;
	return $bytes . pack('V', $plog->{count} // scalar @chunks) . $records;
}

# An entry's bytes with their size before them, as they stand in a chunk.
sub frame
{
	my ($body) = @_;
	return pack('V', length $body) . $body;
}

# A chunk's stream of these entries.
sub deflate_entries
{
	return Compress::Zlib::compress(join('', map { frame($_) } @_), 9);
}

# The entries of a chunk's stream.
sub inflate_entries
{
	my ($stream) = @_;
	my $inflated = Compress::Zlib::uncompress($stream) // die 'chunk does not inflate';
	return unpack '(V/a)*', $inflated;
}

# A field of a protobuf message: a number, or bytes.
sub varint_field
{
	my ($number, $value) = @_;
	return varint($number << 3) . varint($value);
}

sub bytes_field
{
	my ($number, $bytes) = @_;
	return varint($number << 3 | 2) . varint(length $bytes) . $bytes;
}

sub varint
{
	my ($value) = @_;
	my $bytes = '';

	for (; $value >= 0x80; $value >>= 7)
	{
		$bytes .= chr($value & 0x7f | 0x80);
	}
	return $bytes . chr($value);
}

# An entry at an offset, with what follows pc and instr.
sub entry
{
	my ($instr, $payload) = @_;
	return varint_field(1, 0x400000) . varint_field(2, $instr) . ($payload // '');
}

sub read_file
{
	my ($path) = @_;
	local $/;
	open my $file, '<:raw', $path or die "could not open $path: $!";
	return scalar <$file>;
}

# Write a file anew; it is another file than the one that had its name.
sub write_file
{
	my ($path, $bytes) = @_;

	open my $file, '>:raw', "$path.new" or die "could not write $path.new: $!";
	print $file $bytes;
	close $file or die "could not write $path.new: $!";
	rename "$path.new", $path or die "could not rename $path.new: $!";
}

# The program that makes plogs of JSON lines.
sub plog_writer
{
	my $program = "$writer_directory/plog_write";

	if (!-x $program)
	{
		system('make', '-s', '-C', $writer_directory) == 0 && -x $program
		  or die "could not build $program";
	}
	return $program;
}

# Write a log of JSON lines, with further options of the program.
sub write_plog
{
	my ($path, $lines, @options) = @_;

	open my $pipe, '|-', plog_writer(), @options, '-o', $path
	  or die "could not start the writer: $!";
	binmode $pipe;
	print $pipe map { "$_\n" } @$lines;
	close $pipe or die "could not write $path";
}

1;
