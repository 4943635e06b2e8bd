# Plans: what chunks a query skips, what it sorts, what it takes from the
# catalog, what it does in parallel, and what the planner expects.  The logs are
# cut into many small chunks, so that there is something to skip.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IO::Uncompress::Gunzip qw(gunzip);
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('plans');
my $directory = temporary_directory('plans');
my $seed      = $ENV{PLANS_SEED} // time;

srand $seed;
note "PLANS_SEED=$seed";

# The logs by their schemas, and about how many bytes a chunk of each has.
my %LOG = (
	w1libs => [ 'real/w1libs', 60_000 ],
	w3a    => [ 'real/w3a', 60_000 ],
	past   => [ 'made/instr_past_2e32', 10_000 ],
	minus1 => [ 'made/tail_minus1', 2_000 ],
	traces => [ 'rules/traces', 1 ]);

# The columns that chunks are skipped by; of the others only = is of use.
my %SKIPPABLE = (
	syscalls => [qw(syscall_id execution_offset thread_id process_id pid tid execution_id name)],
	strace   => [qw(syscall_id execution_offset thread_id pid tid execution_id)],
	syscall_arguments => [qw(syscall_id execution_id)],
	threadslices =>
	  [qw(threadslice_id thread_id start_execution_offset end_execution_offset execution_id)],
	entries => [qw(entry_id execution_offset execution_id kind)]);

# Whatever is to be had in parallel.
my $PARALLEL = <<'END_SETTINGS';
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = 3;
END_SETTINGS

# The entries of a log, as its dump's lines.
sub lines_of
{
	my ($log) = @_;
	my $lines;
	gunzip(log_path($log) =~ s/plog$/jsonl.gz/r => \$lines) or die "could not read the dump of $log";
	return split /\n/, $lines;
}

# What statements print, as lines.
sub answers
{
	return split /\n/, $node->safe_psql('postgres', join "\n", @_), -1;
}

# What a query's plan looks like, without anything that it was estimated.
sub plan_of
{
	my ($query, @settings) = @_;
	return join "\n", answers(@settings, "EXPLAIN (COSTS OFF) $query;");
}

# How many chunks a query read, skipped and found in the cache.
sub chunks_of
{
	my ($query, @settings) = @_;
	my $plan = join "\n", answers(@settings,
		"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $query;");
	my ($read, $skipped, $cached) = map { $plan =~ /Chunks $_: (\d+)/ } qw(Read Skipped Cached);
	return ($read, $skipped, $cached);
}

sub one
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}

for my $schema (sort keys %LOG)
{
	my ($log, $bytes) = @{ $LOG{$schema} };
	write_plog("$directory/$schema.plog", [ lines_of($log) ], '--chunk-size', $bytes);
	one("SELECT pe_attach('$directory/$schema.plog', '$schema')");
	one("CREATE SCHEMA ${schema}_rows");
	one("CREATE TABLE ${schema}_rows.$_ AS SELECT * FROM $schema.$_")
	  for sort keys %SKIPPABLE;
}
my %chunks = map { $_ => one("SELECT chunk_count FROM $_.executions") } keys %LOG;
cmp_ok($chunks{$_}, '>', 5, "$_ has many chunks") for sort keys %LOG;

# --- Skipping

# A value of a column that occurs, or else one that is near, far or absent.
sub some_value
{
	my ($values, $is_text) = @_;
	my $value = @$values ? $values->[ rand @$values ] : $is_text ? '' : 0;
	my $kind  = int rand 10;

	return $kind ? "'" . $value =~ s/'/''/gr . "'" : "'no such'" if $is_text;
	my @extremes = ("'9223372036854775807'::bigint", "'-9223372036854775808'::bigint");
	return (-1, 0, 4294967296, @extremes, $value + 1)[ rand 6 ] if $kind < 3;
	return $value;
}

sub random_condition
{
	my ($column, $values) = @_;
	my $is_text = $column =~ /^(?:name|kind)$/;
	my @value   = map { some_value($values, $is_text) } 1 .. 3;
	my $many    = join ', ', map { some_value($values, $is_text) } 1 .. 40;
	my $compare = (qw(< <= > >=))[ rand 4 ];
	my $type    = $is_text ? 'text' : 'bigint';
	my @forms   = (
		"$column = $value[0]",
		"$column IN ($value[0], $value[1], $value[2])",
		"$column IN ($many)",
		"$column = ANY (ARRAY[$value[0], NULL, $value[1]]::${type}[])",
		"$column = ANY ('{}'::${type}[])",
		"$column = NULL::$type");

	push @forms, "$column < $value[0]", "$column <= $value[0]", "$column > $value[0]",
	  "$value[0] <= $column", "$column BETWEEN $value[0] AND $value[1]",
	  "$column BETWEEN SYMMETRIC $value[0] AND $value[1]",
	  "$column > $value[0] AND $column < $value[0]", "$column < NULL::bigint",
	  "$column $compare ANY (ARRAY[$value[0], NULL, $value[1], $value[2]]::bigint[])",
	  "$column $compare ANY ((SELECT ARRAY[$many])::bigint[])"
	  if !$is_text;
	return $forms[ rand @forms ];
}

for my $schema (sort keys %LOG)
{
	for my $relation (sort keys %SKIPPABLE)
	{
		my @columns = @{ $SKIPPABLE{$relation} };
		my @conditions;

		# the large log takes its time
		my $each = $schema eq 'w3a' ? 1 : 3;
		for my $column (@columns)
		{
			my @values = answers("SELECT DISTINCT $column FROM ${schema}_rows.$relation"
				  . " WHERE $column IS NOT NULL ORDER BY 1 LIMIT 300;");
			push @conditions, random_condition($column, \@values) for 1 .. $each;
		}
		push @conditions,
		  map { $conditions[ rand @conditions ] . ' AND ' . $conditions[ rand @conditions ] } 1 .. 4;

		my $list    = join ", ", @columns;
		my $queries = sub {
			my ($from) = @_;
			map { "SELECT count(*), sum(hashtextextended(r::text, 0)) FROM "
				  . "(SELECT $list FROM $from.$relation WHERE $_) r;" } @conditions;
		};
		my @with    = answers($queries->($schema));
		my @without = answers('SET pandelephant.enable_skipping = off;', $queries->($schema));
		my @native  = answers($queries->("${schema}_rows"));
		my @wrong   = grep { $with[$_] ne $native[$_] || $without[$_] ne $native[$_] } 0 .. $#conditions;

		is_deeply([ map { $conditions[$_] } @wrong ], [],
			"$schema.$relation: the rows of " . @conditions . ' conditions');

		my @miscounted = grep {
			my ($read, $skipped, $cached) = chunks_of("SELECT $list FROM $schema.$relation WHERE $_");
			defined $read && $read + $skipped + $cached != $chunks{$schema};
		} @conditions[ 0 .. 2 ];
		is_deeply(\@miscounted, [], "$schema.$relation: every chunk is accounted for");
	}
}

# With = exactly the chunks that have such a row are read, for the catalog knows
# what is in each.
one('CREATE TABLE placed AS SELECT s.*, e.chunk FROM w1libs_rows.syscalls s'
	  . ' JOIN w1libs_rows.entries e ON entry_id = syscall_id');
for my $column (qw(syscall_id thread_id process_id pid tid name))
{
	my ($value, $holding) = split /\|/, one("SELECT $column, count(DISTINCT chunk) FROM placed"
		  . " GROUP BY 1 ORDER BY 2, 1 LIMIT 1");
	my ($read, $skipped) = chunks_of("SELECT * FROM w1libs.syscalls WHERE $column = '$value'");
	is($read, $holding, "syscalls.$column = '$value': chunks read");
	is($skipped, $chunks{w1libs} - $holding, "syscalls.$column = '$value': chunks skipped");
}
my $kind = one('SELECT kind FROM w1libs_rows.entries GROUP BY 1 ORDER BY count(*), 1 LIMIT 1');
is((chunks_of("SELECT * FROM w1libs.entries WHERE kind = '$kind'"))[0],
	one("SELECT count(DISTINCT chunk) FROM w1libs_rows.entries WHERE kind = '$kind'"),
	"entries.kind = '$kind': chunks read");
my ($from, $to) = split /\|/, one('SELECT min(execution_offset), max(execution_offset) FROM placed'
	  . ' WHERE chunk = (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY chunk) FROM placed)');
is((chunks_of("SELECT * FROM w1libs.syscalls WHERE execution_offset BETWEEN $from AND $to"))[0],
	one("SELECT count(*) FROM (SELECT FROM placed GROUP BY chunk HAVING max(execution_offset) >= $from"
		  . " AND min(execution_offset) <= $to) c"),
	'a range of offsets: chunks read');

# Where the catalog knows that only arguments follow a call's name, and the first
# of them, they are passed unseen; where something else does, as in each of these
# chunks, they are not.
my ($argument, $retval) = (bytes_field(7, bytes_field(1, 'fd')), varint_field(5, 7));
my @calls = map { bytes_field(6, 'sys_read') . $_ } "$retval$argument$argument",
  "$argument$retval$argument", "$argument$argument" . bytes_field(6, 'sys_write');
write_file("$directory/mixed.plog", put_together({
	chunks => [ map { { entries => 1, stream => deflate_entries(entry(1, bytes_field(58, $_))) } }
		  @calls ] }));
one("SELECT pe_attach('$directory/mixed.plog', 'mixed')");
my $calls = 'SELECT syscall_id, name, retval FROM mixed.syscalls WHERE retval IS NULL OR retval > 0';
my @expected = ('0|sys_read|7', '1|sys_read|7', '2|sys_write|');
is_deeply([ answers("$calls;") ], \@expected, 'calls with fields behind arguments, no catalog');
my $arguments = 'SELECT count(name) FROM mixed.syscall_arguments;';
is_deeply([ answers($arguments, "$calls;") ], [ 6, @expected ], 'the same in a session that has the catalog');
is_deeply([ answers($arguments, 'SELECT syscall_id, retval FROM mixed.syscalls;') ],
	[ 6, '0|7', '1|7', '2|' ], 'and without the name');

# --- Parameters

my @ids = answers('SELECT syscall_id FROM w1libs_rows.syscalls ORDER BY random() LIMIT 7;');
for my $mode (qw(auto force_generic_plan))
{
	my @found = answers("SET plan_cache_mode = $mode;",
		'PREPARE call(bigint) AS SELECT syscall_id FROM w1libs.syscalls WHERE syscall_id = $1;',
		map { "EXECUTE call($_);" } @ids);
	is("@found", "@ids", "seven executions, $mode");
}
my @generic = ('SET plan_cache_mode = force_generic_plan;',
	'PREPARE call(bigint) AS SELECT * FROM w1libs.syscalls WHERE syscall_id = $1;');
my $generic = join "\n", answers(@generic,
	"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE call($ids[0]);");
like($generic, qr/syscall_id = \$1.*Chunks Read: 1\n/s, 'a generic plan reads one chunk');

my @nested = ('SET enable_hashjoin = off;', 'SET enable_mergejoin = off;', 'SET enable_material = off;');
my $wanted = '(SELECT syscall_id FROM w1libs_rows.syscalls ORDER BY syscall_id LIMIT 200)';
my $join   = "SELECT s.* FROM $wanted w JOIN w1libs.syscalls s ON s.syscall_id = w.syscall_id";
my ($read, $skipped, $cached) = chunks_of($join, @nested);
cmp_ok($read, '<=', $chunks{w1libs}, 'a nested loop reads no chunk twice');
is($read + $cached, 200, 'and each row of it looks into one');
is($read + $cached + $skipped, 200 * $chunks{w1libs}, 'of all');
like(plan_of($join, @nested), qr/Nested Loop.*Pushed Filter: \(syscall_id = /s, 'it is by lookup');

# what a parameter stands for, wherever the scan is in the plan
{
	my $lookup = 'LATERAL (SELECT * FROM w1libs.syscalls c WHERE c.syscall_id = t.tid LIMIT 1) x';
	my %pushed = (
		$join => qr/\(syscall_id = \w+\.syscall_id\)/,
		"SELECT * FROM w1libs.threads t, $lookup" => qr/\(syscall_id = t\.tid\)/,
		"SELECT * FROM (TABLE w1libs.threads UNION ALL TABLE w1libs.threads) t, $lookup" => qr/\(syscall_id = threads\.tid\)/,
		"WITH x AS MATERIALIZED (SELECT * FROM w1libs.threads t, $lookup) SELECT 1 FROM x" => qr/\(syscall_id = t\.tid\)/,
		'SELECT (SELECT count(*) FROM w1libs.syscalls c WHERE c.thread_id = t.thread_id AND c.syscall_id > t.tid) FROM w1libs.threads t' =>
		  qr/\(syscall_id > t\.tid\) AND \(thread_id = t\.thread_id\)/,
		'SELECT 1 FROM w1libs.threads t WHERE EXISTS (SELECT FROM w1libs.syscalls c WHERE c.thread_id = t.thread_id OFFSET 1)' =>
		  qr/\(thread_id = t\.thread_id\)/,
		"INSERT INTO changed SELECT x.tid FROM w1libs.threads t, $lookup" => qr/\(syscall_id = t\.tid\)/);

	for my $sql (sort keys %pushed)
	{
		like(plan_of($sql, @nested, 'CREATE TEMP TABLE changed (tid bigint);'), qr/Pushed Filter: $pushed{$sql}/,
			"EXPLAIN names the parameters of $sql");
	}
}

# So it is where a row without a partner counts, too.
my %outer = (
	'LEFT JOIN'  => "SELECT w.syscall_id, s.name FROM $wanted w LEFT JOIN %s.syscalls s ON s.syscall_id = w.syscall_id",
	'RIGHT JOIN' => "SELECT w.syscall_id, a.value FROM %s.syscall_arguments a RIGHT JOIN"
	  . " $wanted w ON a.syscall_id = w.syscall_id AND a.position = 0",
	'NOT EXISTS' => "SELECT w.syscall_id FROM $wanted w WHERE NOT EXISTS"
	  . " (SELECT FROM %s.syscall_arguments a WHERE a.syscall_id = w.syscall_id)",
	'EXISTS' => "SELECT w.syscall_id FROM $wanted w WHERE EXISTS"
	  . " (SELECT FROM %s.syscall_arguments a WHERE a.syscall_id = w.syscall_id)",
	'LEFT JOIN of what is not there' => "SELECT w.syscall_id, e.kind FROM $wanted w"
	  . " LEFT JOIN %s.entries e ON e.entry_id = w.syscall_id + 100000000");
for my $name (sort keys %outer)
{
	my $query = sprintf $outer{$name}, 'w1libs';
	my @found = map { join "\n", sort(answers(@nested, sprintf("$outer{$name};", $_))) } qw(w1libs w1libs_rows);

	is($found[0], $found[1], "$name: the rows");
	like(plan_of($query, @nested), qr/Nested Loop.*Pushed Filter: [^\n]*\((?:syscall|entry)_id = /s, "$name is by lookup");
	cmp_ok((chunks_of($query, @nested))[0], '<=', $chunks{w1libs}, 'no chunk is read twice');
}

my %BY_PARAMETER = (
	'LATERAL' => 'SELECT p.pid, l.syscall_id FROM %s.syscalls p, LATERAL (SELECT syscall_id FROM %1$s.syscalls s'
	  . ' WHERE s.pid = p.pid AND s.syscall_id < p.syscall_id ORDER BY syscall_id DESC LIMIT 1) l WHERE p.syscall_id < 3000',
	'a correlated subquery' => 'SELECT s.syscall_id, (SELECT count(*) FROM %1$s.syscall_arguments a'
	  . ' WHERE a.syscall_id = s.syscall_id) FROM %1$s.syscalls s WHERE s.pid = 77',
	'an uncorrelated subquery' =>
	  'SELECT count(*) FROM %1$s.syscalls WHERE execution_offset > (SELECT avg(execution_offset)::bigint FROM %1$s.syscalls)',
	'a join by range' => 'SELECT t.threadslice_id, count(*) FROM %1$s.threadslices t JOIN %1$s.syscalls s'
	  . ' ON s.execution_offset BETWEEN t.start_execution_offset AND t.end_execution_offset'
	  . ' WHERE t.threadslice_id < 20 GROUP BY 1');
for my $name (sort keys %BY_PARAMETER)
{
	my @found = map { join "\n", sort(answers(@nested, sprintf("$BY_PARAMETER{$name};", $_))) } qw(w1libs w1libs_rows);
	cmp_ok(length $found[1], '>', 0, "$name: there are rows");
	is($found[0], $found[1], "$name, rescanned");
}

# --- Order and LIMIT

my %KEY = (
	syscalls => 'syscall_id', entries => 'entry_id', threadslices => 'threadslice_id',
	strace => 'syscall_id', syscall_arguments => 'syscall_id, position');
for my $relation (sort keys %KEY)
{
	for my $order ($KEY{$relation}, "execution_id, $KEY{$relation}")
	{
		unlike(plan_of("SELECT * FROM w1libs.$relation ORDER BY $order"), qr/Sort/, "$relation in the order of $order");
	}
	like(plan_of("SELECT * FROM w1libs.$relation ORDER BY 2 DESC"), qr/Sort/, "$relation backwards");
	is((chunks_of("SELECT * FROM w1libs.$relation ORDER BY $KEY{$relation} LIMIT 1"))[0], 1, "$relation: LIMIT 1 reads a chunk");
}
my $by_offset = 'SELECT execution_offset FROM %s.syscalls ORDER BY execution_offset';
unlike(plan_of(sprintf $by_offset, 'w1libs'), qr/Sort/, 'offsets of a replay come sorted');
like(plan_of(sprintf($by_offset, 'minus1') =~ s/syscalls/entries/r), qr/Sort/, 'with NULL among them they do not');

# A cached plan outlives the file.
write_plog("$directory/unsorted", [ reverse lines_of('real/w3a') ], '--chunk-size', 60_000);
copy("$directory/w3a.plog", "$directory/replaced.plog") or die "could not copy: $!";
one("SELECT pe_attach('$directory/replaced.plog', 'replaced')");
my %ordered = (
	a_scan => $by_offset,
	a_join => 'SELECT s.execution_offset FROM %1$s.syscalls s JOIN %1$s.threads t USING (thread_id)'
	  . ' WHERE t.tid > 0 ORDER BY s.execution_offset');
my @ordered = sort keys %ordered;
my @outlived = answers('SELECT count(*) FROM replaced.threads;', 'SET plan_cache_mode = force_generic_plan;',
	map({ (sprintf("PREPARE $_ AS $ordered{$_};", 'replaced'), "EXPLAIN (COSTS OFF) EXECUTE $_;") } @ordered), '\echo ==',
	"\\! mv '$directory/unsorted' '$directory/replaced.plog'", map({ "EXPLAIN (COSTS OFF) EXECUTE $_;" } @ordered),
	map { ('\echo ==', "EXECUTE $_;") } @ordered);
my ($before, $after, @sorted) = split /^==\n/m, join("\n", @outlived) . "\n";
unlike("$before$after", qr/Sort/, 'the plans do not sort');
like($before, qr/Relations:/, 'one of them is of a scan that joins');
for my $i (0 .. $#ordered)
{
	is_deeply([ split /\n/, $sorted[$i] // '' ], [ answers(sprintf "$by_offset;", 'w3a_rows') ],
		"$ordered[$i] does, once the log is another");
}

# The first rows do not wait for a catalog.
my @first = ("LOAD 'pandelephant';", 'SET pandelephant.catalog_cache = off;', 'SET client_min_messages = debug1;');
for my $case ([ 'LIMIT 1', 0 ], [ 'ORDER BY syscall_id LIMIT 1', 0 ], [ 'ORDER BY retval LIMIT 1', 1 ])
{
	my ($clause, $expected) = @$case;
	my ($said) = complaints_of($node, [ @first, "SELECT name FROM w1libs.syscalls WHERE pid > 0 $clause;" ]);
	is($said->[3] =~ /catalog of plog .* built/ ? 1 : 0, $expected, "$clause " . ($expected ? 'builds' : 'needs no') . ' catalog');
}

# Aggregates of whole relations.
one("SELECT pe_attach('" . log_path('made/empty_only_bogus') . "', 'empty')");
one("SELECT pe_attach('" . log_path('real/w1killed') . "', 'killed', recover => true)");
my %AGGREGATE = (%KEY, syscall_arguments => '', processes => 'process_id', threads => 'thread_id',
	mappings => 'mapping_id', thread_names => 'thread_name_id');
for my $schema (sort(keys %LOG), 'empty', 'killed')
{
	my @known = ('SET client_min_messages = error;', "SELECT count(*) FROM $schema.threads;");
	for my $relation (sort keys %AGGREGATE)
	{
		my @columns = grep { $_ } $AGGREGATE{$relation}, $relation =~ /^(?:syscalls|strace|entries)$/ ? 'execution_offset' : ();
		my $all     = join ', ', 'count(*)', map { "min($_), max($_)" } @columns;
		my $query   = "SELECT $all FROM $schema.$relation";
		my ($catalog, $rows) = (answers(@known, "$query;", "$query WHERE random() >= 0;"))[ 1, 2 ];
		is($catalog, $rows, "$schema.$relation: $all");
		like(plan_of($query, @known), qr/From Catalog: true/, 'from the catalog');
	}
}

# --- Parallel scans

for my $schema (qw(w1libs w3a past minus1 traces))
{
	for my $relation (sort keys %SKIPPABLE)
	{
		my $query = "SELECT count(*), sum(hashtextextended(r::text, 0)) FROM (SELECT "
		  . join(', ', @{ $SKIPPABLE{$relation} }) . " FROM %s.$relation) r";
		like(plan_of(sprintf($query, $schema), $PARALLEL), qr/Gather.*Parallel Foreign Scan/s, "$schema.$relation in parallel");
		is((answers($PARALLEL, sprintf("$query;", $schema)))[0], one(sprintf $query, "${schema}_rows"), 'gives the same rows');
	}
	unlike(plan_of("SELECT name FROM $schema.syscalls"), qr/Gather/, "$schema is too small by default");
}
unlike(plan_of('SELECT name FROM killed.syscalls', $PARALLEL), qr/Parallel Foreign Scan/, 'not with recover');
my $rescan = 'SELECT count(*), sum(s.syscall_id) FROM generate_series(1, 3) g, '
  . 'LATERAL (SELECT syscall_id FROM %s.syscalls WHERE retval >= 0 OFFSET 0) s';
my $forced = one('SHOW server_version_num') < 160000 ? 'force_parallel_mode' : 'debug_parallel_query';
for my $set ('SET enable_material = off;', 'SET parallel_leader_participation = off;', "SET $forced = on;")
{
	is((answers($PARALLEL, $set, sprintf("$rescan;", 'w1libs')))[0], one(sprintf $rescan, 'w1libs_rows'), "parallel rescans, $set");
}
like(plan_of(sprintf($rescan, 'w1libs'), $PARALLEL, 'SET enable_material = off;'), qr/Nested Loop.*Gather/s, 'a Gather under a nested loop');
my $append = '(SELECT pid FROM %1$s.syscalls UNION ALL SELECT pid FROM %2$s.syscalls) u';
like(plan_of(sprintf("SELECT count(*), sum(pid) FROM $append", 'w1libs', 'w3a'), $PARALLEL), qr/Gather.*Parallel Append/s, 'a parallel append');
is((answers($PARALLEL, sprintf("SELECT count(*), sum(pid) FROM $append;", 'w1libs', 'w3a')))[0],
	one(sprintf "SELECT count(*), sum(pid) FROM $append", 'w1libs_rows', 'w3a_rows'), 'counts each row once');
is(scalar(answers($PARALLEL, 'SELECT name FROM w1libs.syscalls LIMIT 5;')), 5, 'LIMIT above a Gather');
is(scalar(answers($PARALLEL, 'BEGIN;', 'DECLARE c CURSOR FOR SELECT name FROM w1libs.syscalls;', 'FETCH 5 FROM c;', 'COMMIT;')), 5, 'a cursor');
my ($said) = complaints_of($node, [ $PARALLEL, 'SELECT sum(1 / (retval - retval)) FROM w1libs.syscalls;', 'SELECT 1;' ]);
like($said->[1], qr/22012/, 'an error in a worker');
is($said->[2], '', 'and the session goes on');

# --- Estimates

sub estimate
{
	my ($query, @settings) = @_;
	my ($rows) = join("\n", answers(@settings, "EXPLAIN $query;")) =~ /rows=(\d+)/;
	return $rows;
}

sub is_within
{
	my ($factor, $estimated, $actual, $name) = @_;
	my $ratio = ($estimated > $actual ? $estimated : $actual) / (($estimated < $actual ? $estimated : $actual) || 1);
	cmp_ok($ratio, '<=', $factor, "$name: $estimated estimated, $actual found");
}

my $known = 'SELECT count(*) FROM w3a.threads;';
for my $relation (grep { $_ ne 'executions' } @RELATIONS, 'strace')
{
	is_within(2, estimate("SELECT * FROM w3a.$relation", $known), one("SELECT count(*) FROM w3a.$relation"), $relation);
}
for my $column (qw(name pid))
{
	for my $value (answers("SELECT $column FROM w3a_rows.syscalls GROUP BY 1 ORDER BY count(*) DESC LIMIT 3;"))
	{
		my $from = "w3a.syscalls WHERE $column = '$value'";
		is_within(2, estimate("SELECT * FROM $from", $known), one("SELECT count(*) FROM $from"), $from);
	}
}
for my $relation (qw(syscalls entries))
{
	for my $share (0.02, 0.5, 0.9)
	{
		my $offset = one("SELECT percentile_disc($share) WITHIN GROUP (ORDER BY execution_offset)"
			  . " FROM w3a_rows.$relation");
		for my $from (map { "w3a.$relation WHERE execution_offset $_ $offset" } '<', '>')
		{
			is_within(2, estimate("SELECT * FROM $from", $known), one("SELECT count(*) FROM $from"), $from);
		}
	}
}
for my $schema (qw(w1libs w3a))
{
	is_within(10, estimate("SELECT * FROM $schema.entries", 'SET pandelephant.catalog_cache = off;'),
		one("SELECT count(*) FROM ${schema}_rows.entries"), "entries of $schema without a catalog");
}
unlink "$directory/w3a.plog";
like(plan_of('SELECT * FROM w3a.syscalls WHERE pid = 1'), qr/Foreign Scan/, 'planning does not open the log');

done_testing();
