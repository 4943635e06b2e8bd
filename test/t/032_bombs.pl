# Logs made to exhaust the memory of whoever reads them: chunks that inflate
# without end, numbers that promise more than there is, messages nested or
# repeated without end.  A setting bounds what a chunk may take; everything else
# is bounded by what there is of it, or refused.
#
# With PANDELEPHANT_BOMBS=full they are as large as they may be.  That takes
# some gigabytes of memory, and minutes.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogBomb;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $FULL = ($ENV{PANDELEPHANT_BOMBS} // '') eq 'full';

# What one relation takes of a log that is bounded by nothing else: the chunk,
# and a row of it, a few times.
my $MEGABYTES_BESIDES = 100;

my $node      = start_server('bombs', new_sessions => 1);
my $directory = temporary_directory('bombs');
my $file      = "$directory/bomb.plog";
my $timeout   = $FULL ? 600 : 60;

sub call { return entry($_[0], bytes_field(58, $_[1])) }

# The header of a long entry that is one call of one argument, of so many bytes
# after its header, and how long all of it is.
sub nested_header
{
	my ($length, @numbers) = @_;
	my $header = '';

	for my $number (reverse @numbers)
	{
		$header = bytes_header($number, $length + length $header) . $header;
	}
	return pack('V', $length + length $header) . $header;
}

# Test how reading a relation of the log ends, and what memory it takes, in
# megabytes besides the usual.
sub ends
{
	my ($name, $query, $state, %options) = @_;
	my $outcome = outcome_of($node, $file, $query, timeout => $timeout, %options);
	my $most    = $options{megabytes} // 50;

	ok($outcome->{state} =~ /^(?:$state)$/, "$name: $outcome->{state}") or diag($outcome->{error});
	unlike($outcome->{error}, qr/out of memory|invalid memory/, "$name: refused by ourselves")
	  if $state ne '00000';
	is($outcome->{output}, $options{output}, "$name: what is read")
	  if $outcome->{state} eq '00000' && defined $options{output};
  SKIP:
	{
		skip 'memory is not that of the server alone', 1 if $ENV{SANITIZE} || !$outcome->{megabytes};
		cmp_ok($outcome->{megabytes}, '<', $MEGABYTES_BESIDES + $most, "$name: memory in megabytes");
	}
	note(sprintf '%s: %s, %.0f MB', $name, $outcome->{state}, $outcome->{megabytes} // 0);
}

# Settings under which a small bomb is a large one.
sub limit
{
	my ($megabytes) = @_;
	return $FULL ? '' : "SET pandelephant.max_chunk_size = '${megabytes}MB';";
}

# ---------------------------------------------------------------------------
# A chunk that inflates without end
# ---------------------------------------------------------------------------

write_bomb($file, 1, sub { $_[0]->("\0" x 1024, ($FULL ? 4096 : 64) * 1024) });
for my $recover (0, 1)
{
	ends('endless chunk' . ($recover ? ', recover' : ''), 'SELECT count(*) FROM bomb.entries', '54000',
		settings => limit(8), megabytes => $FULL ? 1100 : 8, recover => $recover);
}

# ---------------------------------------------------------------------------
# Numbers that promise too much
# ---------------------------------------------------------------------------

# A directory of 2^32 - 1 chunks, and a file that has room for it.
write_file($file, put_together({ count => 2**32 - 1, chunks => [ { entries => 1, stream => deflate_entries(entry(1)) } ] }));
truncate $file, 128 + 1024 + 24 * 2**32 or die "could not make a sparse file: $!";
ends('directory of 2^32 chunks', 'SELECT count(*) FROM bomb.entries', 'XX001', megabytes => 10);
write_file($file, put_together({ chunks => [ { entries => 2**32, stream => deflate_entries(entry(1)) } ] }));
ends('chunk of 2^32 entries', 'SELECT count(*) FROM bomb.entries', 'XX001', megabytes => 10);

# An entry of 4 GB, of which next to nothing is there, and all of it.
write_bomb($file, 1, sub { $_[0]->(pack('V', 2**32 - 1) . 'x' x 1000) });
ends('entry of 4 GB, claimed', 'SELECT count(message) FROM bomb.entries', 'XX001', megabytes => 10);
ends('entry of 4 GB, claimed, recover', 'SELECT count(message) FROM bomb.entries', '00000',
	output => '0', recover => 1, megabytes => 10);
if ($FULL)
{
	write_bomb($file, 1, sub { $_[0]->(pack('V', 2**32 - 1)); $_[0]->("\x78\1" x 512, 4096 * 1024) });
	ends('entry of 4 GB', 'SELECT count(message) FROM bomb.entries', '54000', megabytes => 1100);
}

# ---------------------------------------------------------------------------
# Structs and messages without end
# ---------------------------------------------------------------------------

# headers grow outwards, so all lengths are known from within
my @headers;
my $length = 0;
for (1 .. 100_000)
{
	my $inner = bytes_header(15, $length);
	my $outer = bytes_header(1, $length + length $inner);
	push @headers, $outer . $inner;
	$length += length $headers[-1];
}
write_bomb($file, 1, sub { $_[0]->(nested_header($length, 58, 7, 15)); $_[0]->(join '', reverse @headers) });
for my $relation (qw(syscall_arguments strace entries))
{
	ends("nested 100,000 deep: $relation", "SELECT count(r::text) FROM bomb.$relation r", '54000', megabytes => 20);
}
ends('nested 100,000 deep: syscalls', 'SELECT count(*) FROM bomb.syscalls', '00000', output => '1', megabytes => 20);

# A struct of many members, in two bytes each.
my $members = $FULL ? 20_000_000 : 500_000;
write_bomb($file, 1, sub { $_[0]->(nested_header(2 * $members, 58, 7, 15)); $_[0]->("\x0a\0", $members) });
for my $relation (qw(syscall_arguments strace entries))
{
	ends("struct of $members members: $relation", "SELECT count(r::text) FROM bomb.$relation r",
		$FULL ? '54000' : '00000', output => '1', megabytes => $FULL ? 1300 : 200);
}

# Structs of many members, within each other.
my $levels = $FULL ? 100 : 10;
$members = 200_000;
@headers = ();
$length  = 0;
for (1 .. $levels)
{
	my $inner = bytes_header(15, $length);
	my $outer = bytes_header(1, $length + length $inner);
	push @headers, $outer . $inner;
	$length += 2 * $members + length $headers[-1];
}
write_bomb($file, 1,
	sub {
		my ($put) = @_;
		$put->(nested_header($length, 58, 7, 15));
		$put->($_) for reverse @headers;
		$put->("\x0a\0", $members * $levels);
	});
ends("structs of $members members in each other", 'SELECT count(value) FROM bomb.syscall_arguments',
	'00000|54000', megabytes => $FULL ? 900 : 400);
ends("messages of $members members in each other", 'SELECT count(message) FROM bomb.entries',
	'00000|54000', megabytes => $FULL ? 1600 : 400);

# A call of many arguments.
my $arguments = $FULL ? 100_000_000 : 500_000;
write_bomb($file, 1, sub { $_[0]->(nested_header(2 * $arguments, 58)); $_[0]->("\x3a\0", $arguments) });
ends("call of $arguments arguments: count", 'SELECT count(argument_type IS NULL) FROM bomb.syscall_arguments',
	'00000', output => $arguments, megabytes => 2 * $arguments / 1e6 + 20);
ends("call of $arguments arguments: strace", 'SELECT count(call) FROM bomb.strace', $FULL ? '54000' : '00000',
	megabytes => $FULL ? 400 : 80);

# Numbers in a byte each.
my $numbers = $FULL ? 100_000_000 : 1_000_000;
write_bomb($file, 1, sub { $_[0]->(nested_header($numbers, 43, 1)); $_[0]->("\1", $numbers) });
ends("$numbers numbers", 'SELECT count(message) FROM bomb.entries', $FULL ? '54000' : '00000',
	megabytes => $FULL ? 700 : 60);

# Unknown fields.
my $fields = $FULL ? 100_000_000 : 1_000_000;
write_bomb($file, 1, sub { $_[0]->(nested_header(2 * $fields, 200)); $_[0]->("\x78\1", $fields) });
ends("$fields unknown fields", 'SELECT count(message) FROM bomb.entries', $FULL ? '54000' : '00000',
	megabytes => $FULL ? 700 : 60);
write_bomb($file, 1, sub { $_[0]->(nested_header(2 * $fields, 58)); $_[0]->("\x78\1", $fields) });
ends("call of $fields unknown fields", 'SELECT count(message) FROM bomb.entries', $FULL ? '54000' : '00000',
	megabytes => $FULL ? 1400 : 140);

# ---------------------------------------------------------------------------
# Long texts
# ---------------------------------------------------------------------------

# Where it is not full: as long as needs no room for itself, but is refused.
if ($FULL)
{
	for my $case ([ 'text of 900 MB', 'x' x 1024, 900, '00000' ], [ 'text of 1.5 GB', 'x' x 1024, 1536, '54000' ],
		[ 'text of 1.2 GB, of 300 MB', "\0" x 1024, 300, '54000' ], [ 'bytes of 1.2 GB', 'bytes', 600, '54000' ])
	{
		my ($name, $piece, $megabytes, $state) = @$case;
		my $number = $piece eq 'bytes' ? 13 : 2;
		write_bomb($file, 1,
			sub { $_[0]->(nested_header($megabytes * 2**20, 58, 7, $number)); $_[0]->('x' x 1024, 1024 * $megabytes) });
		write_bomb($file, 1,
			sub { $_[0]->(nested_header($megabytes * 2**20, 58, 7, $number)); $_[0]->($piece, 1024 * $megabytes) })
		  if $number == 2;
		ends("$name: value", 'SELECT sum(length(value)) FROM bomb.syscall_arguments', $state,
			settings => "SET pandelephant.max_chunk_size = '2GB';", megabytes => 4200);
		ends("$name: strace", 'SELECT count(call) FROM bomb.strace', '00000|54000',
			settings => "SET pandelephant.max_chunk_size = '2GB';", megabytes => 5000);
		ends("$name: message", 'SELECT count(message) FROM bomb.entries', '54000',
			settings => "SET pandelephant.max_chunk_size = '2GB';", megabytes => 3500);
	}

	# each of them fits, the row does not
	my $long = 600 * 2**20;
	my $argument = bytes_header(1, $long);
	my $value = bytes_header(2, $long);
	write_bomb($file, 1,
		sub {
			my ($put) = @_;
			$put->(nested_header(2 * $long + length($argument) + length $value, 58, 7));
			for my $header ($argument, $value)
			{
				$put->($header);
				$put->('x' x 1024, $long / 1024);
			}
		});
	ends('row of 1.2 GB', 'SELECT count(r::text) FROM bomb.syscall_arguments r', '54000',
		settings => "SET pandelephant.max_chunk_size = '2GB';", megabytes => 4000);
}
write_bomb($file, 1, sub { $_[0]->(nested_header(20 * 2**20, 58, 7, 2)); $_[0]->("\0" x 1024, 20 * 1024) });
ends('text beyond the chunk', 'SELECT count(value) FROM bomb.syscall_arguments', '54000',
	settings => "SET pandelephant.max_chunk_size = '8MB';", megabytes => 10);
ends('text of NULs', 'SELECT length(value) FROM bomb.syscall_arguments', '00000', output => 80 * 2**20, megabytes => 350);

# ---------------------------------------------------------------------------
# Many things
# ---------------------------------------------------------------------------

my $things = $FULL ? 10_000_000 : 100_000;

# Write a log of so many entries.
sub write_entries
{
	my ($make) = @_;

	write_bomb(
		$file, $things,
		sub {
			my ($put)  = @_;
			my $pieces = '';

			for my $number (1 .. $things)
			{
				$pieces .= frame($make->($number));
				next if length $pieces < 2**20 && $number < $things;
				$put->($pieces);
				$pieces = '';
			}
		});
}

write_entries(sub { entry($_[0], bytes_field(103, varint_field(1, 7) . varint_field(6, 7) . bytes_field(5, $_[0]))) });
ends("$things names of a thread", 'SELECT cardinality(names) FROM bomb.threads', '00000|54000',
	output => $things, megabytes => $things / 3000);
write_entries(sub { call($_[0], varint_field(1, 7) . varint_field(3, $_[0]) . varint_field(4, $_[0])) });
ends("$things threads", 'SELECT count(*) FROM bomb.threads', '00000|54000',
	output => $things, megabytes => $things / 2000);

my ($bad) = read_file($node->logfile) =~
  /^(.*(?:PANIC|TRAP:|terminated by signal|invalid memory alloc|out of memory).*)$/m;
is($bad, undef, 'nothing bad in the log of the server');

# ---------------------------------------------------------------------------
# Many long rows
# ---------------------------------------------------------------------------

# each of two texts, which do not fit into one block together
{
	my $argument = bytes_field(7, bytes_field(1, 'n' x 400_000) . bytes_field(2, 'v' x 900_000));
	my $rows = 150;

	write_bomb($file, $rows, sub { my ($put) = @_; $put->(frame(call($_, $argument))) for 1 .. $rows });
	ends('rows of two long texts', 'SELECT count(value), count(name) FROM bomb.syscall_arguments',
		'00000', output => "$rows|$rows", megabytes => 170);
}

$node->stop;
done_testing();
