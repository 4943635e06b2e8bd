# Logs made to exhaust the memory or the time of whoever finds out what is in
# them: many things in few bytes, and things that hash tables cannot tell apart.
# Each is refused, or costs as much as its size and no more.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogBomb;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

plan skip_all => 'there is no /proc' if !-e '/proc/self/status';

my $node      = start_server('catalog_bombs', new_sessions => 1);
my $directory = temporary_directory('bombs');
my $file      = "$directory/bomb.plog";

my $ALL = 'SELECT count(*) FROM bomb.threads; SELECT count(*) FROM bomb.thread_names;'
  . 'SELECT count(*) FROM bomb.mappings;';

# The entries that things come from.
sub asid_info  { return entry($_[0], bytes_field(40, $_[1])) }
sub call       { return entry($_[0], bytes_field(58, $_[1])) }
sub proc_trace { return entry($_[0], bytes_field(103, $_[1])) }
sub libraries  { return entry($_[0], varint_field(3, 5) . bytes_field(5, $_[1])) }

# Write a log of entries which a function makes of their number.
sub write_entries
{
	my ($count, $entry_of) = @_;
	write_bomb(
		$file, $count,
		sub {
			my ($put) = @_;
			$put->(frame($entry_of->($_))) for 1 .. $count;
		});
}

# Test that a log costs no more memory than the setting allows, and is refused.
sub is_refused
{
	my ($name, $limit) = @_;
	my $outcome = outcome_of($node, $file, $ALL,
		settings => "SET pandelephant.max_catalog_size = '${limit}MB';");

	is($outcome->{state}, '54000', "$name: refused") or diag($outcome->{error});
	unlike($outcome->{error}, qr/out of memory|invalid memory/, "$name: by ourselves");
  SKIP:
	{
		skip 'memory is not that of the server alone', 1 if $ENV{SANITIZE};
		cmp_ok($outcome->{megabytes}, '<', 60 + 3 * $limit, "$name: within memory");
	}
}

# Test that a log which wants quadratic time of a bad hash does not get it.
sub is_quick
{
	my ($name, $rows, $query) = @_;
	my $outcome = outcome_of($node, $file, "SELECT count(*) FROM bomb.$query");

	is($outcome->{state}, '00000', "$name: read") or diag($outcome->{error});
	is($outcome->{output}, $rows, "$name: rows");
}

# ---------------------------------------------------------------------------
# Many things
# ---------------------------------------------------------------------------

my $names = join '', map { bytes_field(5, "n$_") } 1 .. 2000;
my $tids  = join '', map { varint_field(6, $_) } 1 .. 2000;

write_entries(1, sub { asid_info(1, varint_field(1, 7) . varint_field(2, 5) . $names . $tids) });
is_refused('names times threads', 32);

# the same pairs again and again take no memory, but time
$names = join '', map { bytes_field(5, "n$_") } 1 .. 800;
$tids  = join '', map { varint_field(6, $_) } 1 .. 800;
write_entries(500, sub { asid_info($_[0], varint_field(1, 7) . varint_field(2, 5) . $names . $tids) });
is(outcome_of($node, $file, $ALL)->{state}, '54000', 'the same names times threads');

write_entries(200_000, sub { call($_[0], varint_field(1, 7) . varint_field(3, $_[0]) . varint_field(4, $_[0])) });
is_refused('threads', 16);
write_entries(200_000, sub { proc_trace($_[0], varint_field(1, 7) . varint_field(6, 7) . bytes_field(5, "name $_[0]")) });
is_refused('names', 16);
write_entries(2_000,
	sub { my ($i) = @_;
		libraries($i, varint_field(2, 7) . varint_field(3, 1) . varint_field(4, 7) . varint_field(5, 7)
			. join '', map { bytes_field(6, varint_field(3, $i * 100 + $_)) } 1 .. 100) });
is_refused('mappings', 16);
write_entries(20, sub { proc_trace($_[0], varint_field(1, 7) . varint_field(6, 7) . bytes_field(5, "$_[0]" . 'x' x 1_000_000)) });
is_refused('long names', 16);

# ---------------------------------------------------------------------------
# One hash for all
# ---------------------------------------------------------------------------

my $THREADS = 200_000;
write_entries($THREADS,
	sub { call($_[0], varint_field(1, $_[0]) . varint_field(3, $_[0]) . varint_field(4, 2**60 - $_[0] * 2**32)) });
is_quick('threads whose numbers add up to one', $THREADS, 'threads');

my $MAPPINGS = 200_000;
write_entries(1,
	sub { libraries(1, varint_field(2, 7) . varint_field(3, 1) . varint_field(4, 5) . varint_field(5, 7)
		  . join '', map { bytes_field(6, varint_field(3, 2**32 - $_) . varint_field(4, $_ * 31 * 31)) } 1 .. $MAPPINGS) });
is_quick('mappings whose numbers add up to one', $MAPPINGS, 'mappings');

my $start = 'x' x 65536;
my $NAMES = 8_000;
write_entries($NAMES,
	sub { proc_trace($_[0], varint_field(1, 7) . varint_field(6, 7) . bytes_field(5, "$start$_[0]")) });
is_quick('names that differ at their ends', $NAMES, 'thread_names');

# ---------------------------------------------------------------------------
# One number for all parents
# ---------------------------------------------------------------------------

my $PROCESSES = 200_000;
write_entries($PROCESSES,
	sub { call($_[0], varint_field(1, 7) . varint_field(2, 7) . varint_field(3, 7) . varint_field(4, $_[0])) });
is_quick('processes of one pid, each a child of it', $PROCESSES - 1,
	'processes WHERE parent_process_id = process_id - 1');
write_entries($PROCESSES,
	sub { call($_[0], varint_field(1, $_[0] + 10) . varint_field(2, 5) . varint_field(3, 5)) });
is_quick('threads of one tid and no time, each a child of it', $PROCESSES,
	'processes WHERE parent_process_id IS NOT NULL');
write_entries($PROCESSES,
	sub { call($_[0], varint_field(1, 7) . varint_field(2, 5) . varint_field(3, 5) . varint_field(4, $_[0] + 1)) });
is_quick('a process all of whose threads could be its parent', 1, 'processes WHERE parent_process_id IS NULL');

$node->stop;
done_testing();
