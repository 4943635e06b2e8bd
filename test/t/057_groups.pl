# Groups that a catalog counts are those of the rows: of every log that comes with
# the tests, of every kind of result, on every guest; of a log that nobody has seen;
# of one that is not the one that the plan was made for; and of one with too many.
use strict;
use warnings;
no warnings 'portable';

use FindBin;
use lib $FindBin::RealBin;

use File::Basename qw(basename);
use File::Copy qw(copy);
use PlogFile;
use PlogReader;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node      = start_server('groups');
my $directory = temporary_directory('groups');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What a new session prints of some SQL, and what it says.
sub session
{
	my ($sql) = @_;
	my ($complaints, $output) = complaints_of($node, [ "LOAD 'pandelephant'; SET client_min_messages = debug1; $sql" ]);
	return ($output, join '', @$complaints);
}

# Make a log of lines of JSON, the writer's first among them.
sub write_log
{
	my ($name, @lines) = @_;
	my $path = "$directory/$name.plog";

	write_plog($path, [ '{"pc": "18446744073709551615", "instr": "18446744073709551615"}', @lines ],
		'--era', 'today', '--chunk-size', 20000);
	sleep 0.1;
	return $path;
}

# A system call: its fields, and those of its entry.
sub call
{
	my ($pc, %fields) = @_;
	my $entry = defined $pc ? qq("pc": "$pc", ) : '';
	return "{$entry\"instr\": \"10\", \"syscall\": {" . join(', ', map { qq("$_": "$fields{$_}") } sort keys %fields) . '}}';
}

# All that counted rows tell; a table's name is to come.
my $TELLS = 'execution_id, thread_id, process_id, name, on_entry, retval < -4095 AS a, retval < 0 AS b,'
  . ' retval BETWEEN -4095 AND -1 AS c, retval = 0 AS d, retval > 0 AS e, retval IS NULL AS f, count(*), count(retval)';
my $TOLD = "SELECT $TELLS FROM %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11";
my $RESULTS = 'SELECT process_id, name, min(retval), max(retval), max(retval) FILTER (WHERE retval < 0) FROM %s GROUP BY 1, 2';
my $SLICES = 'SELECT thread_id, process_id, count(*), sum(start_execution_offset), sum(end_execution_offset - start_execution_offset),'
  . ' avg(end_execution_offset + 1) FROM %s GROUP BY 1, 2';
my $IDS = 'SELECT pid, tid, thread_id, name, count(*) FILTER (WHERE retval < 0) FROM %s GROUP BY 1, 2, 3, 4';

# Where a query of a table is computed, and what it gives with and without that.
sub compare
{
	my ($format, $table, $title) = @_;
	my $sql    = sprintf $format, $table;
	my $digest = "SELECT count(*), sum(hashtextextended(r::text, 0)::numeric) FROM ($sql) r;";
	my ($plan, $pushed, $plain) = split /^--\n/m,
	  query("EXPLAIN (COSTS OFF) $sql; SELECT '--'; $digest SELECT '--'; SET pandelephant.enable_aggregate_pushdown = off; $digest");

	is($pushed, "$plain\n", $title);
	return $plan =~ /From Catalog: true/ ? 'catalog' : $plan =~ /Group Key/ ? 'rows' : 'PostgreSQL';
}

sub dirname_of { return $_[0] =~ s{/[^/]*\z}{}r }

# ---------------------------------------------------------------------------
# Logs that come with the tests
# ---------------------------------------------------------------------------

my (%places, %slice_places);
for my $path (sort map { glob dirname_of(log_path("$_/x")) . '/*.plog' } qw(edges rules faults made real))
{
	my $name = basename(dirname_of($path)) . '_' . basename($path, '.plog');
	my $schema = $name =~ s/\W/_/gr;

	my (undef, $said) = session("SELECT pe_attach('$path', '$schema'); SELECT count(*) FROM $schema.syscalls;");
	next if $said =~ /ERROR/;
	$places{ compare($TOLD, "$schema.syscalls", "$name: threads, names and results") }++;
	$places{ compare($IDS, "$schema.syscalls", "$name: pids and tids") }++;
	$places{ compare($RESULTS, "$schema.syscalls", "$name: extremes of results") }++;
	eval { $slice_places{ compare($SLICES, "$schema.threadslices", "$name: sums of slices") }++; 1 }
	  or like($@, qr/bigint out of range/, "$name: offsets that cannot be subtracted");
}
cmp_ok($places{catalog}, '>', 60, 'most are told by the catalog');
cmp_ok($slice_places{catalog}, '>', 20, 'so are most sums');
cmp_ok($slice_places{rows}, '>', 2, 'but not where an offset is not known or out of bounds');
ok(!$places{PostgreSQL} && !$slice_places{PostgreSQL}, 'all others are computed in the scan');

# ---------------------------------------------------------------------------
# Every kind of result, on both sides of every kernel
# ---------------------------------------------------------------------------

my @pcs = (undef, map { sprintf '%u', $_ } 0x1000, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff);
my @results = (undef, qw(-9223372036854775808 -4097 -4096 -4095 -4094 -1 0 1 9223372036854775807));
my @calls;
for my $pc (@pcs)
{
	for my $result (@results)
	{
		for my $name (undef, '', 'sys_read', 'sys_nanosleep', 'sys_execve')
		{
			push @calls, call($pc, pid => 7, ppid => 1, tid => 7 + @calls % 3, create_time => 9,
				(defined $result ? (retcode => $result) : ()), (defined $name ? (call_name => $name) : ()));
		}
	}
}

# Where calls of other names come with a program's pc, too, none counts as entered.
for my $case ([ 'results', @calls ], [ 'entered', grep { /nanosleep|execve/ } @calls ])
{
	my ($name, @lines) = @$case;
	my $path = write_log($name, @lines);
	query("SELECT pe_attach('$path', '$name'); SELECT count(*) FROM $name.threads");
	is(compare($TOLD, "$name.syscalls", "$name: as told by the log"), 'catalog', 'by the catalog');
	for my $guest (qw(i386 mips x86_64 mips64 ppc windows_32))
	{
		query("CREATE FOREIGN TABLE $name.as_$guest (execution_id bigint, thread_id bigint, process_id bigint, name text, retval bigint, on_entry bool)
			SERVER pandelephant OPTIONS (filename '$path', relation 'syscalls', guest '$guest')");
		is(compare($TOLD, "$name.as_$guest", "$name: as $guest"), 'catalog', 'by the catalog');
	}
}

# ---------------------------------------------------------------------------
# A log that nobody has seen, and one that is another now
# ---------------------------------------------------------------------------

my $shown = "$directory/shown.plog";
sub show
{
	my ($path) = @_;
	unlink $shown;
	copy($path, $shown) or die "could not copy $path: $!";
	sleep 0.1;
}

my $BY_NAME = 'SELECT name, count(*) FROM shown.syscalls WHERE retval < 0 GROUP BY name';
show(log_path('real/w1libs'));
query("SELECT pe_attach('$shown', 'shown')");
my ($plan, $said) = session("EXPLAIN SELECT count(*) FROM shown.syscalls;");
like($plan, qr/From Catalog: true/, 'count(*) of a log that nobody has seen comes from a catalog');
unlike($said, qr/built/, 'which planning does not build');
(my $count, $said) = session('SELECT count(*) FROM shown.syscalls;');
like($said, qr/catalog of plog .* built/, 'but the query');
($plan, $said) = session("$BY_NAME;");
unlike($said, qr/built/, 'and the next one has it');
show(log_path('made/small'));
($plan, $said) = session("EXPLAIN $BY_NAME;");
like($plan, qr/From Catalog: true/, 'so do groups');
($plan, $said) = session("$BY_NAME;");
is(scalar(() = $said =~ /catalog of plog .* built/g), 1, 'which build it');

# a plan that takes pids from the catalog, and a log whose calls have other pids than
# their threads, or none
my $odd = write_log('odd', (map { call(4096, pid => 7 + $_, ppid => 1, tid => 7, create_time => 9, call_name => 'sys_read', retcode => $_) } 0 .. 9),
	call(4096, tid => 8, call_name => 'sys_write'));
my $BY_PID = 'SELECT pid, tid, count(*) FROM shown.syscalls GROUP BY 1, 2 ORDER BY 1, 2';
show(log_path('made/small'));
query('SELECT count(*) FROM shown.threads');
my ($before, $after, $fresh) = split /^--\n/m, query("SET plan_cache_mode = force_generic_plan;
	PREPARE by_pid AS $BY_PID;
	EXPLAIN EXECUTE by_pid; EXECUTE by_pid;
	\\! cp $odd $shown.new && mv $shown.new $shown && sleep 0.1
	SELECT '--'; EXECUTE by_pid;
	SELECT '--'; SET pandelephant.enable_aggregate_pushdown = off; $BY_PID;");
like($before, qr/From Catalog: true/, 'pids of a log come from the catalog');
is($after, "$fresh\n", 'a plan that outlives the log reads the rows of the next one');
is(scalar(() = $after =~ /\n/g), 11, 'all of them');
unlike(query("EXPLAIN $BY_PID"), qr/From Catalog/, 'whose catalog does not tell pids');

# ---------------------------------------------------------------------------
# Too many groups
# ---------------------------------------------------------------------------

for my $case ([ 'many', 2000, 'catalog' ], [ 'too_many', 5000, 'rows' ])
{
	my ($name, $names, $expected) = @$case;
	my $path = write_log($name, map { call(4096, pid => 7, ppid => 1, tid => 7, create_time => 9, call_name => "sys_$_", retcode => 1) } 1 .. $names);
	query("SELECT pe_attach('$path', '$name')");
	for my $workers (0, 2)
	{
		my ($output, $built) = session("SET pandelephant.catalog_cache = off; SET min_parallel_table_scan_size = 0;
			SET max_parallel_maintenance_workers = $workers; SELECT count(*) FROM $name.threads;
			SELECT count(*), sum(n) FROM (SELECT name, count(*) AS n FROM $name.syscalls GROUP BY 1) s; EXPLAIN SELECT name, count(*) FROM $name.syscalls GROUP BY 1;");
		like($output, qr/^$names\|$names$/m, "$name, $workers workers: all groups");
		is($output =~ /From Catalog: true/ ? 'catalog' : 'rows', $expected, "from the $expected");
	}
}

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
