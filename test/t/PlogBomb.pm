# Logs that are small on disk and large in memory, and what a backend makes of
# them.  Their chunks are deflated as they are made, so that making one takes
# no more memory than a piece of it.
package PlogBomb;

use strict;
use warnings;

use Compress::Zlib;
use Exporter 'import';
use PlogFile;
use PlogSession;

our @EXPORT = qw(write_bomb bytes_header outcome_of);

# What is repeated goes into the stream in pieces of about so many bytes.
use constant PIECE_BYTES => 1024 * 1024;

# Write a log of one chunk, of so many entries by its directory.  What it
# inflates to is what the function puts: it is called with a function that takes
# bytes, and how often they stand there.
sub write_bomb
{
	my ($path, $entries, $make) = @_;
	my ($deflate) = deflateInit(-Level => 6);
	my $length = 0;

	open my $file, '>:raw', $path or die "could not write $path: $!";
	my $write = sub {
		my ($stream, $status) = @_;
		die "deflate fails: $status" if $status != Z_OK;
		$length += length $stream;
		print $file $stream;
	};

	print $file "\0" x FIRST_CHUNK;
	$make->(
		sub {
			my ($bytes, $times) = @_;
			my $at_once = int(PIECE_BYTES / (length($bytes) || 1)) || 1;

			for (my $left = $times // 1; $left > 0; $left -= $at_once)
			{
				$write->($deflate->deflate($bytes x ($left < $at_once ? $left : $at_once)));
			}
		});
	$write->($deflate->flush);
	print $file pack 'V Q<3', 1, 0, FIRST_CHUNK, $entries;
	seek $file, 0, 0;
	print $file pack 'V x4 Q< V x4', 2, FIRST_CHUNK + $length, 0x1000000;
	close $file or die "could not write $path: $!";
}

# What stands before a field of so many bytes.
sub bytes_header
{
	my ($number, $length) = @_;
	return PlogFile::varint($number << 3 | 2) . PlogFile::varint($length);
}

# In a new session, attach a log and run a statement, in which "bomb" is the
# log's schema.  Says
#   state      its SQLSTATE, 00000 if it has no error
#   error      the error with all that goes with it
#   output     what it prints
#   megabytes  the most memory that the backend had
# Options are
#   recover    read the log with it
#   settings   SQL that runs before
#   timeout    in seconds, 30 by default
sub outcome_of
{
	my ($node, $file, $statement, %options) = @_;
	my $recover = $options{recover} ? 'true' : 'false';
	my $timeout = ($options{timeout} // 30) * ($ENV{SANITIZE} ? 10 : 1);
	my ($complaints, $output) = complaints_of(
		$node,
		[
			'SET client_min_messages = error; DROP SCHEMA IF EXISTS bomb CASCADE;'
			  . "SELECT pe_attach('$file', schema => 'bomb', recover => $recover) IS NULL;"
			  . ($options{settings} // '')
			  . "SET statement_timeout = '${timeout}s';",
			"$statement;",
			q{SELECT 'most ' || (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s*(\d+)'))[1];}
		],
		timeout => 10 * $timeout);

	# a log that cannot be attached cannot be read
	my $complaint = $complaints->[0] =~ /ERROR/ ? $complaints->[0] : $complaints->[1];
	my ($most) = $output =~ /^most (\d+)$/m;
	return {
		state  => $complaint =~ /(?:ERROR|FATAL):  (\w{5}):/ ? "$1" : $complaint eq '' ? '00000' : 'none',
		error  => $complaint,
		output => $output =~ s{^f\n}{}r =~ s{^most .*\n?}{}mr =~ s{\n\z}{}r,
		megabytes => defined $most ? $most / 1024 : undef };
}

1;
