# A library's tables show what its logs show one by one; queries open the logs that
# conditions leave; what a query holds does not grow with the number of logs.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use JSON::PP;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $LOGS      = $ENV{PLOG_LOGS} // 100;
my $node      = start_server('library');
my $directory = temporary_directory('library');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

my $PARALLEL = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;};

# Of each execution how many rows a relation has, and a digest of them.
sub digest
{
	my ($schema, $relation, $settings) = @_;
	return query(($settings // '') . qq{
		SELECT execution_id, count(*), sum(hashtextextended(r::text, 0)::numeric)
		FROM $schema.$relation r GROUP BY execution_id ORDER BY execution_id});
}

# ---------------------------------------------------------------------------
# The same rows as of the logs one by one
# ---------------------------------------------------------------------------

my @relations = (@RELATIONS, 'strace', 'recordings');
my @logs = (@LOGS, @OLDER_FORMS);
my %expected;

query(q{SELECT pe_library('lab', first_execution_id => 101)});
for my $i (0 .. $#logs)
{
	my $path = log_path($logs[$i]);
	my $id   = 101 + $i;

	query(qq{SELECT pe_attach('$path', 'one', execution_id => $id)});
	push @{ $expected{$_} }, digest('one', $_) || () for @relations;
	query('DROP SCHEMA one CASCADE');
	is(query(qq{SELECT execution_id FROM pe_library_add('lab', '$path')}), $id, "$logs[$i] is added");
}
is(digest('lab', $_), join("\n", @{ $expected{$_} // [] }), "$_: the rows of its logs") for @relations;
is(digest('lab', $_, $PARALLEL), join("\n", @{ $expected{$_} // [] }), "$_: by several processes")
  for qw(syscalls syscall_arguments entries threadslices strace);
like(query("$PARALLEL EXPLAIN SELECT count(*), sum(retval) FROM lab.syscalls"), qr/Parallel Foreign Scan/,
	'a parallel plan');

# Rows come in the order of executions and keys.
for my $case ([ 'syscalls', 'syscall_id' ], [ 'threads', 'thread_id' ], [ 'threadslices', 'threadslice_id' ])
{
	my ($relation, $key) = @$case;

	unlike(query("EXPLAIN SELECT * FROM lab.$relation ORDER BY execution_id, $key"), qr/Sort/,
		"$relation: no sort");
	is( query(qq{SELECT count(*) FROM (SELECT (execution_id, $key) < lag((execution_id, $key)) OVER () AS falls
			FROM lab.$relation) r WHERE falls}), 0, "$relation: in order");
}
like( query(q{SET enable_hashjoin = off; SET enable_nestloop = off; SET enable_sort = off;
		SET pandelephant.enable_join_pushdown = off; SET pandelephant.enable_aggregate_pushdown = off;
		EXPLAIN SELECT count(*) FROM lab_cold.syscalls s JOIN lab_cold.syscall_arguments a USING (execution_id, syscall_id)}),
	qr/Merge Join(?!.*Sort)/s, 'joins merge');

# ---------------------------------------------------------------------------
# Which logs are opened
# ---------------------------------------------------------------------------

# The sums of a property of all scans of foreign tables that a query makes, whose rows are
# read, not counted by the catalog.
sub scans
{
	my ($property, $sql) = @_;
	$sql = "SET pandelephant.enable_aggregate_pushdown = off; $sql";
	my ($explain) = grep { /\S/ } query(
		$sql =~ /^(.*;)(.*)$/s ? "$1 EXPLAIN (ANALYZE, FORMAT JSON) $2" : "EXPLAIN (ANALYZE, FORMAT JSON) $sql");
	my $sum = 0;
	my @nodes = map { $_->{Plan} } @{ decode_json($explain =~ s/^[^\[]*//sr) };

	while (my $plan = shift @nodes)
	{
		$sum += $plan->{$property} // 0;
		push @nodes, @{ $plan->{Plans} // [] };
	}
	return $sum;
}

my $small = query(q{SELECT execution_id FROM lab.logs WHERE name = 'small'});
my $libs  = query(q{SELECT execution_id FROM lab.logs WHERE name = 'w1libs'});
for my $case (
	[ 1, 'a constant', "SELECT count(*) FROM lab.syscalls WHERE execution_id = $small" ],
	[ 2, 'two constants', "SELECT count(*) FROM lab.syscalls WHERE execution_id IN ($small, $libs)" ],
	[ 0, 'NULL', 'SELECT count(*) FROM lab.syscalls WHERE execution_id = NULL::bigint' ],
	[ 0, 'no such execution', 'SELECT count(*) FROM lab.syscalls WHERE execution_id = 7' ],
	[ 2, 'a range', "SELECT count(*) FROM lab.entries WHERE execution_id BETWEEN 101 AND 102" ],
	[ 1, 'a relation made from the catalog', "SELECT count(*) FROM lab.threads WHERE execution_id = $small" ],
	[ 1, 'a parameter', "SET plan_cache_mode = force_generic_plan;
		PREPARE p(bigint) AS SELECT count(*) FROM lab.syscalls WHERE execution_id = \$1; EXECUTE p($small)" ],
	[ 1, 'a name', q{SELECT count(*) FROM lab.syscalls WHERE execution_id = pe_execution('small', 'lab')} ],
	[ 1, 'a name, by the search path', q{SET search_path = lab, public;
		SELECT count(*) FROM syscalls WHERE execution_id = pe_execution('small')} ],
	[ 1, 'a subquery', q{SELECT count(*) FROM lab.syscalls
		WHERE execution_id = (SELECT execution_id FROM lab.logs WHERE name = 'small')} ],
	[ 1, 'a join with the registry', q{SELECT count(*) FROM lab.syscalls s
		JOIN lab.logs l USING (execution_id) WHERE l.name = 'small'} ],
	[ 1, 'a join with executions', q{SELECT count(*) FROM lab.syscalls s
		JOIN lab.executions e USING (execution_id) WHERE e.name = 'small'} ],
	[ 1, 'strace, joined with executions', q{SELECT count(*) FROM lab.strace s
		JOIN lab.executions e USING (execution_id) WHERE e.name = 'small'} ],
	[ 2, 'two relations, joined with executions', q{SELECT count(*) FROM lab.mappings m
		JOIN lab.threadslices s USING (execution_id, process_id) JOIN lab.executions e USING (execution_id) WHERE e.name = 'small'} ],
	[ 2, 'IN (SELECT ...)', q{SELECT count(*) FROM lab.syscalls
		WHERE execution_id IN (SELECT execution_id FROM lab.logs WHERE name IN ('small', 'w1libs'))} ],
	[ 1, 'in several processes', "$PARALLEL SELECT count(*) FROM lab.syscalls WHERE execution_id = $small" ])
{
	my ($read, $test_name, $sql) = @$case;

	is(scans('Logs Read', $sql), $read, "$test_name: logs read");
}
like(query("EXPLAIN ANALYZE SELECT count(*) FROM lab.syscalls WHERE execution_id = $small"),
	qr/Logs Read: 1\s+Logs Skipped: \d/, 'a count');
is(scans('Logs Skipped', "SELECT count(*) FROM lab.syscalls WHERE execution_id = $small"),
	scalar(@logs) - 1, 'the others are skipped');

# What a log's catalog answers is not read.
is(scans('Logs Read', q{SELECT count(*) FROM lab.syscalls WHERE name = 'sys_no_such'}), 0,
	'a call that no log has');
is(scans('Logs Read', q{SELECT count(*) FROM lab.syscalls WHERE execution_offset > 9000000000000000000}), 0,
	'offsets that no log has');
is(scans('Chunks Read', q{SELECT count(*) FROM lab.syscalls WHERE name = 'sys_no_such'}), 0, 'no chunk');

# Joins by key look up calls in the log that they are in.
is( query(qq{SET enable_hashjoin = off; SET enable_mergejoin = off; SET pandelephant.enable_join_pushdown = off;
		SELECT count(*) FROM (SELECT * FROM lab.syscalls WHERE execution_id = $small LIMIT 50) s
		JOIN lab.syscall_arguments a USING (execution_id, syscall_id)}),
	query(qq{SELECT count(*) FROM lab.syscall_arguments a WHERE execution_id = $small AND syscall_id IN
		(SELECT syscall_id FROM lab.syscalls WHERE execution_id = $small ORDER BY syscall_id LIMIT 50)}),
	'lookups by key');
is( query(q{SELECT count(*) FROM lab.logs l, LATERAL (SELECT 1 FROM lab.syscalls s
		WHERE s.execution_id = l.execution_id LIMIT 1) s}),
	query(q{SELECT count(DISTINCT execution_id) FROM lab.syscalls}), 'a scan starts again for each log');

# ANALYZE, counts, and the planner's idea of how much there is.
my $calls = query('SELECT count(*) FROM lab.syscalls');
my ($estimate) = query('EXPLAIN SELECT * FROM lab_cold.syscalls') =~ /rows=(\d+)/;
cmp_ok(abs($estimate - $calls), '<', $calls / 100, 'the planner knows how many calls there are');
query('ANALYZE lab_cold.threads');
is(query(q{SELECT reltuples::bigint FROM pg_class WHERE oid = 'lab_cold.threads'::regclass}),
	query('SELECT count(*) FROM lab.threads'), 'ANALYZE');

# ---------------------------------------------------------------------------
# Joins and aggregates inside the scan
# ---------------------------------------------------------------------------

# The same on ordinary tables.
query(q{CREATE SCHEMA copy});
query("CREATE TABLE copy.$_ AS SELECT * FROM lab.$_ WHERE execution_id IN (SELECT execution_id FROM lab.logs WHERE entry_count < 60000); ANALYZE copy.$_")
  for @relations;
my $of_some = query("SELECT string_agg(execution_id::text, ', ') FROM lab.logs WHERE entry_count < 60000");
for my $sql (
	q{SELECT count(*), count(DISTINCT execution_id), min(syscall_id), max(execution_offset) FROM %s.syscalls WHERE execution_id IN (%s)},
	q{SELECT count(DISTINCT syscall_id), count(syscall_id) FROM %s.syscalls WHERE execution_id IN (%s)},
	q{SELECT execution_id, count(*) FROM %s.syscalls WHERE execution_id IN (%s) GROUP BY 1 ORDER BY 1},
	q{SELECT name, count(*), sum(retval::numeric) FROM %s.syscalls WHERE execution_id IN (%s) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30},
	q{SELECT kind, count(*) FROM %s.entries WHERE execution_id IN (%s) GROUP BY 1 ORDER BY 1},
	q{SELECT count(*) FROM %s.threads WHERE execution_id IN (%s)},
	q{SELECT s.execution_id, a.name, count(*) FROM %1$s.syscalls s JOIN %1$s.syscall_arguments a USING (execution_id, syscall_id)
		WHERE s.execution_id IN (%2$s) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50},
	q{SELECT count(*), count(t.tid), count(p.pid) FROM %1$s.syscalls s JOIN %1$s.threads t USING (execution_id, thread_id)
		JOIN %1$s.processes p ON p.execution_id = t.execution_id AND p.process_id = t.process_id WHERE s.execution_id IN (%2$s)},
	q{SELECT s.execution_id, count(*), count(t.thread_id) FROM %1$s.syscalls s LEFT JOIN %1$s.threads t
		ON t.execution_id = s.execution_id AND t.thread_id = s.thread_id AND t.tid > 80 WHERE s.execution_id IN (%2$s) GROUP BY 1 ORDER BY 1},
	q{SELECT count(*) FROM %1$s.syscalls s WHERE s.execution_id IN (%2$s) AND EXISTS (SELECT FROM %1$s.syscall_arguments a
		WHERE a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id AND a.value LIKE '%%e%%')},
	q{SELECT count(*) FROM %1$s.syscalls s JOIN %1$s.threads t USING (thread_id) WHERE s.execution_id IN (101, 102, 103)
		AND t.execution_id IN (%2$s)},
	"SELECT count(*) FROM %1\$s.syscalls s JOIN %1\$s.threads t USING (thread_id) WHERE s.execution_id = $small AND t.execution_id = $small AND t.execution_id IN (%2\$s)")
{
	my $expected = query(sprintf $sql, 'copy', $of_some);

	is(query(sprintf $sql, 'lab', $of_some), $expected, substr($sql, 0, 60) =~ s/\s+/ /gr);
	is(query("$PARALLEL " . sprintf $sql, 'lab', $of_some), $expected, 'by several processes');
}
is(query('SELECT count(*) FROM lab.syscalls'), query('SELECT sum(n) FROM (SELECT count(*) AS n FROM lab.syscalls OFFSET 0) r'), 'a count of all');
like(query('EXPLAIN SELECT count(*) FROM lab.syscalls JOIN lab.threads USING (execution_id, thread_id)'),
	qr/Relations: \(syscalls\) INNER JOIN \(threads\)/, 'a scan joins within logs');
unlike(query('EXPLAIN SELECT count(*) FROM lab.syscalls JOIN lab.threads USING (thread_id)'), qr/Relations:/,
	'but not across them');
query('DROP SCHEMA copy CASCADE');

# ---------------------------------------------------------------------------
# Many logs
# ---------------------------------------------------------------------------

mkdir "$directory/many";
for my $number (1 .. $LOGS)
{
	my $syscall = varint_field(1, 7) . varint_field(3, 7) . varint_field(4, 5) .
	  bytes_field(6, "call $number");
	write_file("$directory/many/$number.plog", put_together({ chunks => [ { entries => 1,
		stream => deflate_entries(entry(1000 + $number, bytes_field(58, $syscall))) } ] }));
}
query(q{SELECT pe_library('many')});
is(query(qq{SELECT count(*), count(DISTINCT execution_id) FROM pe_library_add('many', '$directory/many')}),
	"$LOGS|$LOGS", "$LOGS logs of a directory");
is(query(qq{SELECT count(*) FROM pe_library_add('many', '$directory/many/*.plog')}), 0,
	'those that are there are not added again');
is(query(q{SELECT count(*), count(DISTINCT name), count(DISTINCT execution_id) FROM many.syscalls}),
	"$LOGS|$LOGS|$LOGS", 'all of them are read');

# What a session holds that is in the middle of a scan, of few logs and of all.
sub held
{
	my ($condition, $rows) = @_;
	my ($files, $locks, $bytes) = split /\n/, query(qq{
		BEGIN;
		DECLARE c CURSOR FOR SELECT s.name, a.value FROM many.syscalls s
			LEFT JOIN many.syscall_arguments a USING (execution_id, syscall_id) $condition;
		MOVE $rows FROM c;
		SELECT count(*) FROM pg_ls_dir('/proc/self/fd');
		SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid();
		COMMIT});
	return ($files, $locks);
}

SKIP:
{
	skip 'no /proc', 2 unless -d '/proc/self/fd';
	my ($few_files, $few_locks)   = held('WHERE execution_id = 1', 1);
	my ($many_files, $many_locks) = held('', $LOGS - 1);

	cmp_ok($many_files, '<', $few_files + 20, "files that are open: $few_files for one log, $many_files for $LOGS");
	is($many_locks, $few_locks, "locks: $many_locks");
}
if ($node->safe_psql('postgres', 'SHOW server_version_num') >= 140000)
{
	my $bytes = query(qq{BEGIN;
		DECLARE c CURSOR FOR SELECT name FROM many.syscalls;
		MOVE } . ($LOGS - 1) . q{ FROM c;
		SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'pandelephant%'});
	note("$bytes bytes for $LOGS logs");
	cmp_ok($bytes, '<', 4 * 1024 * 1024 + 4096 * $LOGS, 'memory of a scan of all logs');
}

$node->stop;
done_testing();
