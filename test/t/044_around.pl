# What else there is around a database: dumps, another schema for the extension,
# its removal, and a standby.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('around');
my $directory = temporary_directory('around');

$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on");
$node->restart;

sub query
{
	my ($sql, $database, $on) = @_;
	return ($on // $node)->safe_psql($database // 'postgres', "SET client_min_messages = error; $sql");
}

# The SQLSTATE of what SQL ends in, or "ok".
sub state_of
{
	my ($sql, $database, $on) = @_;
	my ($complaints) = complaints_of($on // $node, ["$sql;"], database => $database // 'postgres');
	return $complaints->[0] =~ /ERROR:  (\w{5})/ ? $1 : 'ok';
}

# ---------------------------------------------------------------------------
# A database with all that there may be
# ---------------------------------------------------------------------------

my %paths = map { $_ => log_path($_) } qw(made/small made/all_kinds made/killed_64k);
query('CREATE DATABASE first');
query(qq{
	CREATE SCHEMA "Ext";
	CREATE EXTENSION pandelephant SCHEMA "Ext";
	SELECT "Ext".pe_attach('$paths{'made/small'}', 's', description => 'it''s "small"');
	SELECT "Ext".pe_attach('$paths{'made/killed_64k'}', 'k', execution_id => 7, recover => true);
	SELECT "Ext".pe_attach('$paths{'made/all_kinds'}', 'a');
	ALTER FOREIGN TABLE a.threads ALTER create_time TYPE numeric;
	ALTER FOREIGN TABLE a.processes RENAME pid TO number;
	ALTER FOREIGN TABLE a.processes ALTER number OPTIONS (ADD column_name 'pid');
	SELECT "Ext".pe_materialize('s');
	SELECT "Ext".pe_materialize('k', relations => '{syscalls, entries}');
	SELECT "Ext".pe_drop_execution('small');
	SELECT "Ext".pe_materialize('s');
	CREATE ROLE analyst;
	GRANT USAGE ON SCHEMA s, pandelephant TO analyst;
	GRANT SELECT ON s.threads, pandelephant.syscalls TO analyst;
	CREATE TABLE notes (execution_id bigint, syscall_id bigint, note text,
		FOREIGN KEY (execution_id, syscall_id) REFERENCES pandelephant.syscalls);
	INSERT INTO notes SELECT execution_id, min(syscall_id), 'first' FROM pandelephant.syscalls GROUP BY 1;
	CREATE VIEW calls AS SELECT execution_id, call FROM pandelephant.strace;
	CREATE TABLE runs (LIKE s.syscalls) PARTITION BY LIST (execution_id);
	ALTER TABLE runs ATTACH PARTITION s.syscalls FOR VALUES IN (1);
	ALTER TABLE runs ATTACH PARTITION k.syscalls FOR VALUES IN (7)}, 'first');

# All rows of all tables, foreign ones too, by name.
sub contents
{
	my ($database, $on) = @_;
	my @tables = split /\n/, query(
		q{SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p', 'f', 'v')
		  AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('s', 'k', 'a', 'pandelephant', 'public'))
		  ORDER BY oid::regclass::text COLLATE "C"}, $database, $on);
	return scalar(@tables) . "\n" . query(join(';', map {
		"SELECT '$_', count(*), sum(hashtextextended(r::text, 0)::numeric) FROM $_ r" } @tables), $database, $on);
}

# What is declared of them.
sub declarations
{
	my ($database, $on) = @_;
	return query(
		q{SELECT c.oid::regclass, relkind, relacl, pg_get_expr(relpartbound, c.oid),
			array(SELECT unnest(ftoptions) ORDER BY 1),
			array(SELECT (attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attfdwoptions)::text
				FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 ORDER BY attnum),
			array(SELECT pg_get_constraintdef(oid) || convalidated FROM pg_constraint WHERE conrelid = c.oid ORDER BY 1),
			array(SELECT substring(pg_get_indexdef(indexrelid) FROM ' USING .*') || indisvalid FROM pg_index
				WHERE indrelid = c.oid ORDER BY 1)
		  FROM pg_class c LEFT JOIN pg_foreign_table ON ftrelid = c.oid
		  WHERE relkind IN ('r', 'p', 'f', 'v', 'S') AND relnamespace IN
			(SELECT oid FROM pg_namespace WHERE nspname IN ('s', 'k', 'a', 'pandelephant', 'public'))
		  ORDER BY c.oid::regclass::text COLLATE "C"}, $database, $on);
}

my $contents     = contents('first');
my $declarations = declarations('first');
like($contents, qr/^pandelephant\.entries\|[1-9]/m, 'there is something to dump');

# ---------------------------------------------------------------------------
# Dumps
# ---------------------------------------------------------------------------

my @connection = ('-h', $node->host, '-p', $node->port);
my %restores = (
	plain => [
		[ 'pg_dump', @connection, '-f', "$directory/plain.sql", 'first' ],
		[ 'psql', @connection, qw(-X -q -v ON_ERROR_STOP=1 -d plain -o), '/dev/null', '-f', "$directory/plain.sql" ] ],
	custom => [
		[ 'pg_dump', @connection, '-Fc', '-f', "$directory/custom", 'first' ],
		[ 'pg_restore', @connection, qw(-e -j 2 -d custom), "$directory/custom" ] ],
	schema => [
		[ 'pg_dump', @connection, '--schema-only', '-Fc', '-f', "$directory/schema", 'first' ],
		[ 'pg_restore', @connection, qw(-e -d schema), "$directory/schema" ] ]);

for my $how (sort keys %restores)
{
	query("CREATE DATABASE $how");
	$node->command_ok($restores{$how}[0], "$how: dumped");
	$node->command_ok($restores{$how}[1], "$how: restored");
	is(declarations($how), $declarations, "$how: everything is declared as it was");
	is(contents($how), $contents, "$how: and has the rows that it had") if $how ne 'schema';
}
is(query('SELECT (SELECT count(*) FROM s.syscalls), (SELECT count(*) FROM pandelephant.syscalls)', 'schema'),
	'2000|0', 'schema: foreign tables show their logs, native ones are empty');

# Ids go on where they were, and executions can go.
for my $database ('first', 'plain', 'custom')
{
	query(q{ALTER FOREIGN TABLE a.threads ALTER create_time TYPE bigint;
		SELECT "Ext".pe_materialize('a')}, $database);
	is(state_of(q{SELECT "Ext".pe_drop_execution('small')}, $database), '23503', "$database: a note keeps its execution");
	query(q{DELETE FROM notes; SELECT "Ext".pe_drop_execution('small');
		SELECT "Ext".pe_materialize('k', if_exists => 'replace', relations => '{syscalls}')}, $database);
	is(query('SELECT string_agg(execution_id || name, \' \' ORDER BY execution_id) FROM pandelephant.executions', $database),
		'2killed_64k 4all_kinds', "$database: ids go on");
	is( query(q{SELECT count(DISTINCT execution_id) FROM calls}, $database), 2, "$database: and views see it");
}
is(contents('plain'), contents('first'), 'what was restored goes on as what was dumped');

# ---------------------------------------------------------------------------
# Without the extension
# ---------------------------------------------------------------------------

is(state_of('DROP EXTENSION pandelephant', 'custom'), '2BP01', 'the extension is needed by foreign tables');
query('DROP EXTENSION pandelephant CASCADE', 'custom');
is( query(q{SELECT (SELECT count(*) FROM pg_foreign_table), (SELECT count(*) FROM pg_views WHERE schemaname = 'pandelephant' AND viewname IN ('strace', 'calls', 'errors')),
		(SELECT count(*) > 0 FROM pandelephant.syscalls), (SELECT count(*) FROM pg_inherits WHERE inhparent = 'runs'::regclass)},
		'custom'),
	'0|0|t|0', 'CASCADE takes foreign tables and the views that need functions, and leaves native tables');
query(qq{CREATE EXTENSION pandelephant; SELECT pe_attach('$paths{'made/small'}', 'again');
	SELECT pe_materialize('again')}, 'custom');
is(query('SELECT count(*) FROM pandelephant.strace JOIN pandelephant.executions USING (execution_id) WHERE name = \'small\'', 'custom'),
	2000, 'made anew, it works on them as before');

# ---------------------------------------------------------------------------
# A standby
# ---------------------------------------------------------------------------

{
	my $class = ref $node;

	$node->backup('base');
	my $standby = $class->can('new') ? $class->new('standby') : $class->get_new_node('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	query(q{SELECT "Ext".pe_materialize('s')}, 'first');
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	my $cache = $standby->data_dir . '/pandelephant_cache';
	unlink glob "$cache/*";

	my $expected = contents('first');
	is(contents('first', $standby), $expected, 'a standby shows foreign and native tables');
	is(scalar(my @files = glob "$cache/*.catalog"), 3, 'it has made its own catalogs');
	is(contents('first', $standby), $expected, 'and uses them');
	is( query(q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
			SELECT count(*), sum(syscall_id) FROM s.syscalls; SELECT name FROM s.syscalls ORDER BY name, syscall_id LIMIT 1},
			'first', $standby),
		query('SELECT count(*), sum(syscall_id) FROM s.syscalls; SELECT name FROM s.syscalls ORDER BY name, syscall_id LIMIT 1',
			'first'),
		'in parallel and sorted, too');
	is(join(' ', map { state_of($_, 'first', $standby) }
			q{SELECT "Ext".pe_materialize('k', if_exists => 'replace')},
			q{SELECT "Ext".pe_materialize('a', 'fresh')},
			q{SELECT "Ext".pe_drop_execution('small')},
			qq{SELECT "Ext".pe_attach('$paths{'made/small'}', 'x')}, 'ANALYZE s.threads'),
		'25006 25006 25006 25006 25006', 'it writes nothing');
	is(contents('first', $standby), $expected, 'and goes on reading');

	# one that is promoted goes on as its primary would
	$standby->promote;
	query(q{SELECT "Ext".pe_drop_execution('small'); SELECT "Ext".pe_materialize('s')}, 'first', $standby);
	is(query('SELECT execution_id FROM pandelephant.executions WHERE name = \'small\'', 'first', $standby) > 4, 1,
		'and writes once it is promoted');
	$standby->stop;
}

unlike(read_file($node->logfile), qr/TRAP:|PANIC|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
