# Taint flows: those of a real log that was given some, against the model; what
# finding their places costs; and what a log without any does not pay.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IO::Uncompress::Gunzip qw(gunzip);
use PlogFile;
use PlogFlows qw(add_flows);
use PlogSession;
use PlogTest;
use Test::More;

my $seed = $ENV{PLOG_SEED} // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

my $node      = start_server('taint_flows');
my $directory = temporary_directory('taint_flows');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub attach
{
	my ($path, $schema) = @_;
	query("SELECT pe_attach('$path', '$schema')");
}

# What a new session says of a query that builds a log's catalog: how many ends of
# flows there were, and how many steps it took to find their places.
sub search_of
{
	my ($sql, $settings) = @_;
	my ($output, $errors) = ('', '');

	$node->psql('postgres', "LOAD 'pandelephant'; SET pandelephant.catalog_cache = off;"
		  . ($settings // '') . "SET client_min_messages = debug1; \\set VERBOSITY verbose\n$sql",
		stdout => \$output, stderr => \$errors, on_error_stop => 0);
	my ($ends, $steps) = $errors =~ /places of (\d+) ends of taint flows .* found in (\d+) steps/;
	return ($ends, $steps, $output, $errors);
}

# ---------------------------------------------------------------------------
# A real log with flows
# ---------------------------------------------------------------------------

my $lines;
gunzip(log_path('real/w1libs') =~ s/plog$/jsonl.gz/r => \$lines) or die 'could not read the dump';
my @with_flows = add_flows([ split /\n/, $lines ], 300);
write_plog("$directory/with_flows.plog", \@with_flows, '--chunk-size', 1_000_000);
open my $dump, '>', "$directory/with_flows.jsonl" or die $!;
print $dump map { "$_\n" } @with_flows;
close $dump or die $!;
attach("$directory/with_flows.plog", 'flows');

my $model = model_of('with_flows', log => "$directory/with_flows.plog",
	dump => "$directory/with_flows.jsonl");
relation_is($node, 'flows', $_, $model, 'w1libs with flows')
  for qw(executions processes threads mappings code_points taint_flows);
is(query('SELECT count(*), count(source_code_point_id), count(sink_code_point_id) FROM flows.taint_flows'),
	'300|300|300', 'each has both code points');
is( query(
		q{SELECT count(*) FROM flows.taint_flows f
		  JOIN flows.code_points c ON code_point_id = source_code_point_id JOIN flows.mappings m USING (mapping_id)
		  JOIN flows.threads t ON t.thread_id = source_thread_id
		  WHERE m.base_address + c."offset" = f.source_pc AND m.process_id = t.process_id
			AND f.source_execution_offset BETWEEN m.first_seen_execution_offset AND m.last_seen_execution_offset}),
	300,
	'in a mapping of the process, at that time');
is( query(
		'SELECT count(*), min(taint_flow_id) = (SELECT min(entry_id) FROM flows.entries WHERE kind = \'taint_flow\'),
			max(taint_flow_id) = (SELECT max(entry_id) FROM flows.entries WHERE kind = \'taint_flow\')
		 FROM flows.taint_flows'),
	'300|t|t',
	'the catalog knows the first and the last');
my $last = query('SELECT max(taint_flow_id) FROM flows.taint_flows');
like(
	query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM flows.taint_flows WHERE taint_flow_id = $last"),
	qr/rows=1 .*Pushed Filter: .*Chunks Read: 1$/ms,
	'of a condition on the id one chunk is read');
like(query('EXPLAIN SELECT * FROM flows.taint_flows'), qr/rows=300 /, 'the planner knows how many there are');

# Native, with its keys; and the foreign rows by parallel workers.
query(q{SELECT count(*) FROM pe_materialize('flows', 'native', relations => '{taint_flows}')});
for my $relation (qw(code_points taint_flows))
{
	is(query("SELECT count(*) FROM (SELECT * FROM flows.$relation EXCEPT SELECT * FROM native.$relation) e"),
		0, "native $relation");
	is(query("SELECT count(*) FROM native.$relation"), query("SELECT count(*) FROM flows.$relation"), 'all');
}
my $sum = 'SELECT count(*), sum(source_code_point_id), sum(sink_code_point_id), sum(sink_thread_id) FROM flows.taint_flows';
is(query("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; $sum"),
	query("SET max_parallel_workers_per_gather = 0; $sum"), 'parallel workers find the same places');

# ---------------------------------------------------------------------------
# What it costs
# ---------------------------------------------------------------------------

# Mappings of one process, each within the one before and seen once; and flows
# at a pc that all of them contain, at times when one of them, or none, was seen.
sub nested_log
{
	my ($path, $mappings, $flows) = @_;
	my $thread = '{"pid": 7, "ppid": 1, "tid": 7, "create_time": "5"}';
	my $pc     = 2**40;
	my @entries = map {
		sprintf '{"pc": "1", "instr": "%d", "asid": "%d", "asid_libraries": {"pid": 7, "ppid": 1, "tid": 7, '
		  . '"create_time": "5", "modules": [{"name": "m", "base_addr": "%d", "size": "%d"}]}}',
		  1000 * $_, 5000 + $_ % 2, $pc - 16 * ($mappings - $_) - 8, 32 * ($mappings - $_) + 16
	} 0 .. $mappings - 1;

	push @entries, map {
		my $end = sprintf '{"cp": {"thread": %s, "pc": "%d"}, "instr": "%d"}',
		  $thread, $pc, rand(2) < 1 ? 1000 * int rand $mappings : rand 1000 * ($mappings - 1);
		sprintf '{"pc": "1", "instr": "0", "asid": "%d", "taint_flow": {"source": %s, "sink": %s}}',
		  4999 + int rand 4, $end, $end
	} 1 .. $flows;
	write_plog($path, \@entries);
}

my @found;
for my $mappings (1000, 8000)
{
	nested_log("$directory/nested_$mappings.plog", $mappings, 2000);
	attach("$directory/nested_$mappings.plog", "nested_$mappings");
	my ($ends, $steps, $output, $errors) =
	  search_of("SELECT count(*), count(source_code_point_id) FROM nested_$mappings.taint_flows;");
	is($output, '2000|2000', "$mappings mappings in one place: every flow has its place");
	is($ends, 4000, 'each end was looked at once');
	$found[ @found ] = $steps;
}

# Nodes of the trees of 8 times as many mappings, and 13 instead of 10 levels.
cmp_ok($found[0], '<', 600_000, "steps among 1000 mappings");
cmp_ok($found[1], '<', 12 * $found[0], "steps among 8 times as many");
is( query(
		q{SELECT count(*) FROM nested_1000.taint_flows f
		  JOIN nested_1000.code_points c ON code_point_id = source_code_point_id JOIN nested_1000.mappings m USING (mapping_id)
		  WHERE abs(m.first_seen_execution_offset - f.source_execution_offset) > 500}),
	0,
	'and it is the nearest in time');

# What the search takes is limited, as what a log names is.
my ($ends, $steps, $output, $errors) =
  search_of('SELECT count(*) FROM nested_8000.threads;', "SET pandelephant.max_catalog_size = '4MB';");
like($errors, qr/ERROR:  54000: cannot find what lies in the mappings of a plog/, 'memory for it is limited');

# ---------------------------------------------------------------------------
# What a log without flows does not pay
# ---------------------------------------------------------------------------

for my $log (qw(real/w1libs made/all_kinds))
{
	attach(log_path($log), 'none');
	($ends, $steps, $output) = search_of('SELECT count(*) FROM none.taint_flows; SELECT count(*) FROM none.code_points;');
	is($output, "0\n0", "$log has no flows");
	is($steps, undef, 'and no place is looked for');
	query('DROP SCHEMA none CASCADE');
}

# Of the ends of a flow that name another parent of their process, the source is
# the first, though the sink's thread was seen before it.
{
	my $end = sub {
		my ($tid, $ppid) = @_;
		my $thread = join '', varint_field(1, 7), varint_field(2, $ppid), varint_field(3, $tid), varint_field(4, $tid);
		return bytes_field(1, bytes_field(1, $thread) . varint_field(2, 4096));
	};
	my $stream = deflate_entries(
		entry(1, bytes_field(103, join '', varint_field(1, 7), varint_field(2, 8), varint_field(6, 8))),
		entry(2, bytes_field(57, bytes_field(1, $end->(9, 3)) . bytes_field(2, $end->(8, 4)))));

	write_file("$directory/parents.plog", put_together({ chunks => [ { entries => 2, stream => $stream } ] }));
	attach("$directory/parents.plog", 'parents');
	is(query('SELECT pid, ppid FROM parents.processes'), '7|3', 'the source is named before the sink');
}

$node->stop;
done_testing();
