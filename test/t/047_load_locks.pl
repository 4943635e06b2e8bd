# What pe_materialize() and pe_drop_execution() wait for, and who waits for them:
# in PostgreSQL's queues, for its objects, and for nobody's advisory locks.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession qw(:DEFAULT start_session say_to hear ask);
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node      = start_server('load_locks', new_sessions => 1);
my $directory = temporary_directory('load_locks');
my $log       = log_path('made/small');

# A lock that is waited for in vain is an error, not a hanging test.
$node->append_conf('postgresql.conf', "statement_timeout = 120s\nautovacuum = off\ndeadlock_timeout = 200ms\n"
	  . 'pandelephant.own_partitions = 100');
$node->restart;

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub finish
{
	$_->{run}->finish for @_;
}

# Wait until some session waits for a lock of that kind.
sub wait_for_waiter
{
	my ($kind) = @_;
	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = '$kind')")
	  or die "nobody waits for a lock of kind $kind";
}

# What a schema has of tables besides the partitioned ones and their partitions.
sub odd_tables
{
	my ($schema) = @_;
	return query("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r'"
		  . " AND relnamespace = '$schema'::regnamespace AND NOT relispartition");
}

query("SELECT pe_attach('$log', '$_', '$_') FROM (VALUES (1)) v") for qw(a b c);
query("SELECT pe_attach('$log', 'other_a', 'a')");
my $rows = query('SELECT count(*) FROM a.syscalls');

# ---------------------------------------------------------------------------
# Advisory locks
# ---------------------------------------------------------------------------

{
	my $other = start_session($node);
	ask($other, qq{SELECT pg_advisory_lock(hashtext(x), hashtext(y))
		FROM unnest('{t,pandelephant}'::text[]) x, unnest('{t,a,b,pandelephant}'::text[]) y;});
	my ($complaints) = complaints_of($node, [ map { "SET lock_timeout = '10s'; SELECT count(*) FROM $_;" }
			q{pe_materialize('a', 't')}, q{pe_materialize('a', 't', 'replace')}, q{pe_drop_execution('a', 't')} ]);
	is(join('', @$complaints), '', 'advisory locks keep nobody from anything');
	is(query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> "
			  . ask($other, 'SELECT pg_backend_pid();')), 0, 'nor are any taken');
	finish($other);
}

# ---------------------------------------------------------------------------
# Names of partitions that something else has
# ---------------------------------------------------------------------------

{
	query(q{SELECT pe_materialize('a', 'taken')});
	my $next = 1 + query('SELECT max(execution_id) FROM taken.executions');
	query(qq{CREATE TABLE taken.syscalls_$next (mine int); INSERT INTO taken.syscalls_$next VALUES (1);
		CREATE VIEW taken.threads_$next AS SELECT 1 AS mine; CREATE TYPE taken.mappings_$next AS (mine int);
		CREATE TABLE taken.processes_1_new (mine int)});
	for my $how ('error', 'replace', 'replace')
	{
		is(query("SELECT count(*) > 1 FROM pe_materialize('b', 'taken', '$how')"), 't', "names are taken: $how");
		is(query("SELECT count(*) FROM taken.syscalls JOIN taken.executions USING (execution_id) WHERE executions.name = 'b'"),
			$rows, 'the rows are there');
	}
	is(query(q{SELECT count(*) > 1 FROM pe_materialize('a', 'taken', 'replace')}), 't', 'likewise beside the one to be replaced');
	is(query(q{SELECT pe_drop_execution('b', 'taken')}), 't', 'dropped');
	is(query('SELECT count(*) FROM taken.syscalls'), $rows, 'and only that');
	is(odd_tables('taken'), "executions processes_1_new syscalls_$next", 'what has the names stays');
	is(query("SELECT mine FROM taken.syscalls_$next"), 1, 'as it was');

	# a partition is one by what it holds, whatever it is called
	query(q{ALTER TABLE taken.syscalls_1 RENAME TO mine; CREATE SCHEMA elsewhere; ALTER TABLE taken.threads_1 SET SCHEMA elsewhere});
	is(query(q{SELECT count(*) > 1 FROM pe_materialize('a', 'taken', 'replace')}), 't', 'renamed partitions are replaced');
	is(query('SELECT count(*) FROM taken.syscalls'), $rows, 'with the rows');
	is(query(q{SELECT count(*) FROM pg_class WHERE relname = 'mine' OR relnamespace = 'elsewhere'::regnamespace}), 0, 'and gone');

	# one that was made to hold more is not dropped with one of them
	query(q{ALTER TABLE taken.entries DETACH PARTITION taken.entries_1}) if query(q{SELECT to_regclass('taken.entries_1') IS NOT NULL}) eq 't';
	query(q{CREATE TABLE taken.both PARTITION OF taken.entries FOR VALUES IN (1, 77);
		INSERT INTO taken.entries (execution_id, entry_id, kind) VALUES (1, 1, 'mine'), (77, 1, 'mine')});
	is(query(q{SELECT pe_drop_execution('a', 'taken')}), 't', 'one that has a partition of several executions is dropped');
	is(query(q{SELECT string_agg(execution_id::text, ' ') FROM taken.both}), '77', 'without the others');
	is(query('SELECT count(*) FROM taken.syscalls'), 0, 'but with all of its rows');
	query('DROP SCHEMA taken, elsewhere CASCADE');
}

# ---------------------------------------------------------------------------
# Readers
# ---------------------------------------------------------------------------

query(q{SELECT pe_materialize(s, 't') FROM unnest('{a,b}'::name[]) s});

# How many partitions syscalls has.
sub partitions
{
	return query(q{SELECT count(*) FROM pg_inherits WHERE inhparent = 't.syscalls'::regclass});
}

# Who drops or replaces does not wait for readers, and readers not for him.
{
	my ($reader, $dropper) = (start_session($node), start_session($node));
	ask($reader, "SET lock_timeout = '10s'; BEGIN; SELECT count(*) FROM t.syscalls;");
	is(ask($dropper, q{SET lock_timeout = '10s'; SELECT pe_drop_execution('b', 't');}), "t\n", 'dropped beside a reader');
	is(query('SELECT string_agg(name, \' \' ORDER BY name) FROM t.executions'), 'a', 'and nothing else');
	is(query('SELECT count(*) FROM t.syscalls'), $rows, 'with all of its rows');
	is(ask($reader, 'SELECT count(*) FROM t.syscalls;'), "$rows\n", 'the reader goes on');
	like(ask($dropper, q{SELECT count(*) > 1 FROM pe_materialize('a', 't', 'replace');}), qr/^t$/m, 'replaced beside a reader');
	is(partitions(), 2, 'in the partition that it had');
	is(ask($reader, "SELECT count(*) FROM t.executions JOIN t.threads USING (execution_id) WHERE executions.name = 'nobody';"), "0\n",
		'the reader goes on to other tables');
	like(ask($reader, q{SELECT count(*) > 1 FROM pe_materialize('c', 't');}), qr/^t$/m, 'and may load');
	ask($reader, 'COMMIT;');

	# a transaction that drops and replaces, and goes on
	like(ask($dropper, q{BEGIN; SELECT pe_drop_execution('c', 't'); SELECT count(*) > 1 FROM pe_materialize('a', 't', 'replace');}),
		qr/^t\nt$/m, 'dropped and replaced in a transaction');
	is(ask($reader, 'SELECT count(*) FROM t.syscalls;'), 2 * $rows . "\n", 'does not stop readers');
	like(ask($reader, q{SELECT count(*) FROM t.syscalls s JOIN t.syscall_arguments USING (execution_id, syscall_id) JOIN t.executions e USING (execution_id) WHERE e.name = 'a';}),
		qr/^[1-9]\d*$/, 'nor those of the same execution');
	ask($dropper, 'ROLLBACK;');
	is(query('SELECT count(*) FROM t.syscalls'), 2 * $rows, 'and is undone');

	# nobody reads
	finish($reader, $dropper);
	my $before = partitions();
	is(query(q{SELECT pe_drop_execution('c', 't')}), 't', 'dropped where nobody reads');
	is(partitions(), $before - 2, 'with its partition, and that of the one that was dropped beside the reader');
	query(q{SELECT pe_materialize('c', 't')});
	is(query('SELECT sum(deadlocks) FROM pg_stat_database'), 0, 'without a deadlock');
}

# Those that replace or drop wait for each other.  Who waits is cancelled by
# lock_timeout, and statement_timeout.
{
	my $dropper = start_session($node);
	ask($dropper, q{BEGIN; SELECT pe_drop_execution('a', 't');});
	my ($complaints) = complaints_of($node, [
			q{SET lock_timeout = 300; SELECT pe_drop_execution('c', 't');},
			q{RESET lock_timeout; SET statement_timeout = 300; SELECT pe_materialize('c', 't', 'replace');},
			q{RESET statement_timeout; SELECT count(*) FROM t.executions;} ]);
	like($complaints->[0], qr/ERROR:  55P03/, 'lock_timeout');
	like($complaints->[1], qr/ERROR:  57014/, 'statement_timeout');
	is($complaints->[2], '', 'and the session goes on');
	ask($dropper, 'ROLLBACK;');
	finish($dropper);
}

# ---------------------------------------------------------------------------
# Two loads of one name
# ---------------------------------------------------------------------------

# From the same source the second waits for the first; from another it finds out
# at the end.  Both leave nothing behind.
for my $source ('a', 'other_a')
{
	my %expected = (error => qr/ERROR:  42710/, skip => qr/^0$/, replace => qr/^[1-9]\d*$/);
	for my $how (sort keys %expected)
	{
		my ($first, $second) = (start_session($node), start_session($node));
		query(q{SELECT pe_drop_execution('a', 't')});
		ask($first, q{BEGIN; SELECT count(*) FROM pe_materialize('a', 't');});
		say_to($second, "SELECT count(*) FROM pe_materialize('$source', 't', '$how');");
		wait_for_waiter($source eq 'a' ? 'object' : 'relation');
		ask($first, 'COMMIT;');
		like(hear($second), $expected{$how}, "a load of the same name from $source: $how");
		finish($first, $second);
		is(query(q{SELECT count(*) FROM t.syscalls JOIN t.executions USING (execution_id) WHERE executions.name = 'a'}), $rows, 'the rows');
		is(odd_tables('t'), 'executions', 'and no table is left over');
	}
}

# Of different names they do not wait for each other before the end; nor do
# those of one name where the first fails.
{
	my ($first, $second) = (start_session($node), start_session($node));
	query(q{SELECT pe_drop_execution(e, 't') FROM unnest('{a,b}'::text[]) e});
	ask($first, q{BEGIN; SELECT count(*) FROM pe_materialize('a', 't');});
	say_to($second, q{SELECT count(*) > 0 FROM pe_materialize('a', 't');});
	wait_for_waiter('object');
	ask($first, 'ROLLBACK;');
	is(hear($second), "t\n", 'the second load, where the first fails');
	finish($first, $second);
}

# Two that make the same target: one of them makes it.
{
	my ($first, $second) = (start_session($node), start_session($node));
	ask($first, q{BEGIN; SELECT count(*) FROM pe_materialize('a', 'fresh');});
	say_to($second, q{SELECT count(*) > 0 FROM pe_materialize('b', 'fresh');});
	wait_for_waiter('transactionid');
	ask($first, 'COMMIT;');
	is(hear($second), "t\n", 'two make one target');
	finish($first, $second);
	is(query('SELECT count(*) FROM fresh.executions'), 2, 'and fill it');
}

# ---------------------------------------------------------------------------
# Old snapshots
# ---------------------------------------------------------------------------

for my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my %expected = (
		q{SELECT count(*) FROM pe_materialize('a', 't', 'skip')}    => qr/^0$/,
		q{SELECT count(*) FROM pe_materialize('a', 't')}            => qr/ERROR:  42710/,
		q{SELECT count(*) FROM pe_materialize('a', 't', 'replace')} => qr/ERROR:  40001/,
		q{SELECT pe_drop_execution('a', 't')}                       => qr/ERROR:  40001/,
		q{SELECT count(*) > 0 FROM pe_materialize('b', 't')}        => qr/^t$/);
	for my $sql (sort keys %expected)
	{
		my $session = start_session($node);
		query(q{SELECT pe_drop_execution(e, 't') FROM unnest('{a,b}'::text[]) e});
		ask($session, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM t.executions;");
		query(q{SELECT pe_materialize('a', 't')});
		like(ask($session, "$sql;"), $expected{$sql}, "$level, older than the execution: $sql");
		ask($session, 'COMMIT;');
		finish($session);
	}
}

# ---------------------------------------------------------------------------
# Triggers, and replication
# ---------------------------------------------------------------------------

query(q{
	CREATE TABLE fired (what text);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN INSERT INTO public.fired VALUES (tg_op || '' '' || tg_table_name); RETURN NULL; END';
	CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON t.executions FOR EACH ROW EXECUTE FUNCTION note();
	CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON t.syscalls FOR EACH ROW EXECUTE FUNCTION note();
	SELECT pe_drop_execution('a', 't')});
for my $bulk_load ('on', 'off')
{
	query(qq{TRUNCATE fired; SET pandelephant.bulk_load = $bulk_load; SELECT pe_materialize('a', 't');
		SELECT pe_materialize('a', 't', 'replace'); SELECT pe_drop_execution('a', 't')});
	is(query(q{SELECT string_agg(what, ', ') FROM fired}), 'INSERT executions, UPDATE executions, DELETE executions',
		"triggers of rows fire on executions alone, bulk_load = $bulk_load");
}
query('DROP FUNCTION note() CASCADE');

$node->append_conf('postgresql.conf', 'wal_level = logical');
$node->restart;
{
	my ($complaints) = complaints_of($node, [ q{SELECT pe_materialize('a', 't');} ]);
	is($complaints->[0], '', 'logical replication of nothing');
	query(q{CREATE PUBLICATION p FOR TABLE t.syscalls, t.executions WITH (publish_via_partition_root = true);
		SELECT pg_create_logical_replication_slot('s', 'pgoutput')});
	($complaints) = complaints_of($node, [ q{SELECT pe_materialize('b', 't', 'replace');} ]);
	like($complaints->[0], qr/WARNING:  01000: tables of schema "t" are published, but .* not replicated/, 'a warning that partitions are not replicated');

	# an insertion is a message that begins with I
	is(query(q{SELECT count(*) FROM pg_logical_slot_get_binary_changes('s', NULL, NULL, 'proto_version', '1',
			'publication_names', 'p') WHERE get_byte(data, 0) = ascii('I')}), 1, 'the row of executions is');
}

unlike(read_file($node->logfile), qr/TRAP:|PANIC|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
