# What pe_materialize() writes: every row against the data model, the shape of
# the tables, what happens to them later on, and joins over foreign and native
# tables alike.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogTest;
use Test::More;

# Logs to write in full, and the relations that are written unasked.
my @logs      = (@LOGS, @OLDER_FORMS);
my @relations = grep { $_ ne 'entries' } @RELATIONS;

my $node = start_server('materialize');

# Each execution has partitions of its own here; 063_many_executions.pl is of those that
# share them.
$node->append_conf('postgresql.conf', 'pandelephant.own_partitions = 1000');
$node->restart;

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What the server says of SQL that fails, the SQLSTATE included.
sub error_of
{
	my ($sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}

# Make foreign tables for a log in a schema.
sub attach
{
	my ($log, $schema) = @_;
	my $path = log_path($log) =~ s/'/''/gr;
	query("SELECT pe_attach('$path', schema => '$schema')");
}

sub execution_id_of
{
	my ($log, $target) = @_;
	return query(
		sprintf "SELECT execution_id FROM %s.executions WHERE name = '%s'",
		$target, execution_of($log));
}

# Test that an execution in a schema is all that the log holds.
sub execution_is
{
	my ($log, $target, $test_name, @relations) = @_;
	my $model = model_of($log, execution_id => execution_id_of($log, $target));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	relation_is($node, $target, $_, $model, "$log: $test_name") for @relations;
	return $model;
}

# Run each SQL in a session of its own, all at once, and return what they
# complain of.
sub at_once
{
	my @statements = @_;
	my @sessions;

	for my $sql (@statements)
	{
		my $error = '';
		my $session = { error => \$error };
		$session->{run} = IPC::Run::start(
			[
				'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1',
				'-d', $node->connstr('postgres'), '-c', $sql ],
			'<', \undef, '>', \my $output, '2>', \$error);
		push @sessions, $session;
	}
	$_->{run}->finish for @sessions;
	return map { ${ $_->{error} } } @sessions;
}

# ---------------------------------------------------------------------------
# Every log
# ---------------------------------------------------------------------------

for my $log (@logs)
{
	attach($log, 's');
	my %written = map { split /\|/ } split /\n/,
	  query(q{SELECT relation, row_count FROM pe_materialize('s', 'native')});
	my $model = execution_is($log, 'native', 'native', @relations);

	is_deeply(
		{ map { $_ => $written{$_} } @relations },
		{ map { $_ => $model->row_count($_) } @relations },
		"$log: rows written");
	query('DROP SCHEMA s CASCADE');
}

my $executions = @logs;
is(query('SELECT count(*) FROM native.executions'), $executions, 'an execution each');

{
	attach('made/all_kinds', 's');
	query(
		sprintf q{SELECT * FROM pe_materialize('s', 'whole', relations => '{%s}')},
		join ',', @RELATIONS);
	execution_is('made/all_kinds', 'whole', 'all relations', @RELATIONS);
	query('DROP SCHEMA s CASCADE');
}

# ---------------------------------------------------------------------------
# The shape of the tables
# ---------------------------------------------------------------------------

is( query(
		q{SELECT relkind, attidentity <> '' FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
		  WHERE c.oid = 'native.executions'::regclass AND attname = 'execution_id'}),
	'r|t',
	'executions is a plain table with an identity');
is( query(
		q{SELECT pg_get_constraintdef(oid) FROM pg_constraint
		  WHERE conrelid = 'native.executions'::regclass AND contype IN ('p', 'u') ORDER BY 1}),
	"PRIMARY KEY (execution_id)\nUNIQUE (name)",
	'keys of executions');

my %id = (
	processes         => 'process_id',
	threads           => 'thread_id',
	thread_names      => 'thread_name_id',
	threadslices      => 'threadslice_id',
	syscalls          => 'syscall_id',
	syscall_arguments => 'syscall_id, position',
	mappings          => 'mapping_id',
	code_points       => 'code_point_id',
	taint_flows       => 'taint_flow_id');

for my $relation (grep { $_ ne 'executions' } @relations)
{
	is( query("SELECT pg_get_partkeydef('native.$relation'::regclass)"),
		'LIST (execution_id)', "$relation is partitioned");
	is( query(
			qq{SELECT replace(pg_get_constraintdef(oid), '"', '') FROM pg_constraint
			   WHERE conrelid = 'native.$relation'::regclass AND contype = 'p'}),
		"PRIMARY KEY (execution_id, $id{$relation})",
		"key of $relation");
	is( query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'native.$relation'::regclass"),
		$executions, "partitions of $relation");
	is( query(
			qq{SELECT format('%s %s', attname, format_type(atttypid, atttypmod)) FROM pg_attribute
			   WHERE attrelid = 'native.$relation'::regclass AND attnum > 0 ORDER BY attnum}),
		join("\n", @{ $COLUMNS{$relation} }),
		"columns of $relation");
}

# Foreign keys: from which relation to which, how many, and how many of them
# lead out of the execution.
my $foreign_keys = q{
	SELECT p.relname, coalesce(tp.relname, t.relname), count(DISTINCT conrelid),
		count(*) FILTER (WHERE NOT convalidated
			OR pg_get_expr(t.relpartbound, t.oid) <> pg_get_expr(r.relpartbound, r.oid))
	FROM pg_constraint c
	JOIN pg_class r ON r.oid = conrelid
	JOIN pg_inherits i ON i.inhrelid = conrelid
	JOIN pg_class p ON p.oid = i.inhparent
	JOIN pg_class t ON t.oid = confrelid
	LEFT JOIN pg_inherits ti ON ti.inhrelid = t.oid
	LEFT JOIN pg_class tp ON tp.oid = ti.inhparent
	WHERE contype = 'f' AND p.relnamespace = '%s'::regnamespace
	GROUP BY 1, 2};
my @references = qw(processes|executions processes|processes threads|processes thread_names|threads
  threadslices|threads threadslices|processes syscalls|threads syscalls|processes
  syscall_arguments|syscalls mappings|processes code_points|mappings
  taint_flows|threads taint_flows|code_points);
my %found = map { /^(.*\|.*)\|(.*\|.*)$/ } split /\n/, query(sprintf $foreign_keys, 'native');
is_deeply(
	{ map { $_ => $found{$_} } @references },
	{ map { $_ => "$executions|0" } @references },
	'foreign keys stay within the execution');
like(query(sprintf $foreign_keys, 'whole'), qr/^entries\|executions\|1\|0$/m,
	'and those of entries');

# ---------------------------------------------------------------------------
# An execution that is there already
# ---------------------------------------------------------------------------

my $small = 'made/small';
attach($small, 's');
my $first_id = execution_id_of($small, 'native');

like(error_of(q{SELECT * FROM pe_materialize('s', 'native')}),
	qr/42710.*"small"/, 'twice is an error');
like(error_of(q{SELECT * FROM pe_materialize('s', 'native', if_exists => 'error')}),
	qr/42710.*"small"/, 'if_exists error');
like(error_of(q{SELECT * FROM pe_materialize('s', 'native', if_exists => 'maybe')}),
	qr/ERROR.*maybe/, 'if_exists must be one of three');
is(execution_id_of($small, 'native'), $first_id, 'the execution is still the first');

query(qq{DELETE FROM native.syscall_arguments WHERE execution_id = $first_id AND position = 0});
query(q{SELECT * FROM pe_materialize('s', 'native', if_exists => 'skip')});
is(execution_id_of($small, 'native'), $first_id, 'if_exists skip keeps the execution');
is( query(
		qq{SELECT count(*) FROM native.syscall_arguments
		   WHERE execution_id = $first_id AND position = 0}),
	0,
	'and leaves its rows alone');

query(q{SELECT * FROM pe_materialize('s', 'native', if_exists => 'replace')});
execution_is($small, 'native', 'replaced', @relations);
is(query('SELECT count(*) FROM native.executions'), $executions, 'replaced, not added');
is( query(q{SELECT count(*) FROM pg_inherits WHERE inhparent = 'native.syscalls'::regclass}),
	$executions, 'with its partitions');

# ---------------------------------------------------------------------------
# Users' own tables, and dropping an execution
# ---------------------------------------------------------------------------

query(
	q{CREATE TABLE notes (
	    execution_id bigint, syscall_id bigint, note text,
	    FOREIGN KEY (execution_id, syscall_id)
	        REFERENCES native.syscalls (execution_id, syscall_id))});
my $id = execution_id_of($small, 'native');
query(
	qq{INSERT INTO notes SELECT execution_id, min(syscall_id), 'look' FROM native.syscalls
	   WHERE execution_id = $id GROUP BY 1});
like(error_of("INSERT INTO notes VALUES ($id, -1, 'no such call')"),
	qr/23503/, 'a note on a call that is not there');
like(error_of(q{SELECT pe_drop_execution('small', 'native')}),
	qr/23503/, 'an execution with a note is not dropped');
like(error_of(q{SELECT * FROM pe_materialize('s', 'native', if_exists => 'replace')}),
	qr/23503/, 'nor replaced');
execution_is($small, 'native', 'not dropped', @relations);
is(query('SELECT count(*) FROM notes'), 1, 'and the note is still there');

is(query(q{SELECT pe_drop_execution('w1sum', 'native')}), 't', 'another is dropped');
is(query(q{SELECT pe_drop_execution('w1sum', 'native')}), 'f', 'once');
$executions--;
for my $relation (grep { $_ ne 'executions' } @relations)
{
	is( query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'native.$relation'::regclass"),
		$executions, "$relation: its partition is gone");
}
is( query(
		q{SELECT relname FROM pg_class
		  WHERE relnamespace = 'native'::regnamespace AND relkind = 'r' AND NOT relispartition}),
	'executions',
	'and not left behind');

attach('real/w1sum', 'w1sum');
query(q{SELECT * FROM pe_materialize('w1sum', 'native')});
$executions++;
execution_is('real/w1sum', 'native', 'again, beside the note', @relations);

query('DELETE FROM notes');
is(query(q{SELECT pe_drop_execution('small', 'native')}), 't', 'dropped, without the note');
$executions--;
is( query(
		q{SELECT count(*) FROM pg_constraint WHERE conrelid = 'notes'::regclass AND contype = 'f'
		  AND confrelid = 'native.syscalls'::regclass}),
	1,
	'the key of notes outlives it');
is(query('SELECT count(*) FROM native.executions'), $executions, 'the others stay');

# ---------------------------------------------------------------------------
# Two sessions at once
# ---------------------------------------------------------------------------

# Each holds its locks for a while after it has written.
my @both = map {
	"SET client_min_messages = warning; BEGIN;
	 SELECT * FROM pe_materialize('$_', '%s'); SELECT pg_sleep(1); COMMIT"
} qw(s big);

attach('made/instr_past_2e32', 'big');
query(q{SELECT pe_drop_execution('instr_past_2e32', 'native')});
for my $target (qw(native fresh))
{
	is_deeply([ at_once(map { sprintf $_, $target } @both) ],
		[ '', '' ], "two sessions write to schema $target at once")
	  or next;
	execution_is($_, $target, "at once, $target", @relations) for $small, 'made/instr_past_2e32';
}

# Those who replace, drop and look in other ways wait for each other.
my @changes = map { "SET client_min_messages = warning; SET statement_timeout = '60s'; $_" } (
	(map { "SELECT * FROM pe_materialize('$_', 'fresh', 'replace')" } qw(s big)) x 2,
	q{SELECT pe_drop_execution('small', 'fresh')},
	q{SELECT pe_orm_views('fresh', 'orm', 1)});
is_deeply([ at_once(@changes) ], [ ('') x @changes ], 'several sessions change a schema at once');
query(q{SELECT * FROM pe_materialize('s', 'fresh', 'replace')});
execution_is($_, 'fresh', 'after that', @relations) for $small, 'made/instr_past_2e32';
query('SET client_min_messages = warning; DROP SCHEMA orm CASCADE');

# ---------------------------------------------------------------------------
# Joins
# ---------------------------------------------------------------------------

my %joins = (
	'calls by process name' => q{
		SELECT process_name, count(*)
		FROM %1$s.syscalls
		JOIN (SELECT execution_id, process_id, unnest(names) AS process_name FROM %1$s.processes) p
			USING (execution_id, process_id)
		WHERE execution_id = %2$d
		GROUP BY 1 ORDER BY 1},
	'files opened by process' => q{
		SELECT process_id, names, value, count(*)
		FROM %1$s.processes
		JOIN %1$s.syscalls c USING (execution_id, process_id)
		JOIN %1$s.syscall_arguments a USING (execution_id, syscall_id)
		WHERE execution_id = %2$d AND c.name = 'sys_openat' AND a.name = 'filename'
		GROUP BY 1, 2, 3 ORDER BY 1, 3},
	'threads without a call' => q{
		SELECT thread_id, tid FROM %1$s.threads t
		WHERE execution_id = %2$d AND NOT EXISTS (
			SELECT FROM %1$s.syscalls c
			WHERE c.execution_id = t.execution_id AND c.thread_id = t.thread_id AND retval < 0)
		ORDER BY 1},
	'LATERAL with an aggregate' => q{
		SELECT thread_id, calls, arguments
		FROM %1$s.threads t, LATERAL (
			SELECT count(DISTINCT syscall_id) AS calls, count(position) AS arguments
			FROM %1$s.syscalls c LEFT JOIN %1$s.syscall_arguments a USING (execution_id, syscall_id)
			WHERE c.execution_id = t.execution_id AND c.thread_id = t.thread_id) l
		WHERE execution_id = %2$d
		ORDER BY 1},
	'LATERAL with a limit' => q{
		SELECT thread_id, l.*
		FROM %1$s.threads t LEFT JOIN LATERAL (
			SELECT syscall_id, name FROM %1$s.syscalls c
			WHERE c.execution_id = t.execution_id AND c.thread_id = t.thread_id
			ORDER BY syscall_id LIMIT 3) l ON true
		WHERE execution_id = %2$d
		ORDER BY 1, 2},
	'a scan that stops early, again and again' => q{
		SELECT thread_id, (
			SELECT count(*) FROM (
				SELECT FROM %1$s.syscalls c
				WHERE c.execution_id = t.execution_id AND c.thread_id = t.thread_id LIMIT 2) calls)
		FROM %1$s.threads t
		WHERE execution_id = %2$d
		ORDER BY 1});

# What to switch off for which plan.
my %plans = (
	'hash joins'   => [qw(nestloop mergejoin)],
	'merge joins'  => [qw(nestloop hashjoin)],
	'nested loops' => [qw(hashjoin mergejoin material memoize)]);

my $native_id = execution_id_of('real/w1sum', 'native');
my $has_memoize = query(q{SELECT count(*) FROM pg_settings WHERE name = 'enable_memoize'});

for my $join (sort keys %joins)
{
	my $expected = query(sprintf $joins{$join}, 'native', $native_id);

	isnt($expected, '', "$join: native");
	for my $plan (sort keys %plans)
	{
		my @off = grep { $_ ne 'memoize' || $has_memoize } @{ $plans{$plan} };
		is( query(join ';', map("SET enable_$_ = off", @off), sprintf $joins{$join}, 'w1sum', 1),
			$expected, "$join: foreign, $plan");
	}
}

$node->stop;
done_testing();
