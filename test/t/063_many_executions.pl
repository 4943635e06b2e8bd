# Native tables of many executions, with the settings that a server has by default: most
# share partitions.  What a query locks, and what dropping or dumping the tables locks,
# does not grow with the number of executions; each can be replaced and dropped.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession qw(:DEFAULT start_session say_to hear ask);
use PlogTest;
use Test::More;

my $EXECUTIONS = $ENV{PLOG_EXECUTIONS} // 600;
my $node       = start_server('many_executions');
my $directory  = temporary_directory('many_executions');
my @relations  = (grep({ $_ ne 'executions' } @RELATIONS), 'recordings');

$node->append_conf('postgresql.conf',
	"max_connections = 100\nmax_locks_per_transaction = 64\nshared_buffers = 128MB\nlock_timeout = 60s");
$node->restart;

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

sub complaint
{
	my ($sql) = @_;
	my ($complaints) = complaints_of($node, ["$sql;"]);
	return $complaints->[0];
}

# Of all executions of a schema, how many rows each relation has, and a digest of them.
sub digest
{
	my ($schema, $database, $condition) = @_;
	$condition //= 'true';
	return query(join('', map {
		"SELECT '$_', count(*), count(DISTINCT execution_id), sum(hashtextextended(r::text, 0)::numeric) FROM $schema.$_ r WHERE $condition;\n"
	} 'executions', @relations, 'strace'), $database);
}

# How many partitions the relation has that has most.
sub partitions
{
	my ($schema) = @_;
	return query(qq{SELECT max(count) FROM (SELECT count(*) FROM pg_inherits JOIN pg_class c ON c.oid = inhparent
		WHERE relnamespace = '$schema'::regnamespace AND relkind = 'p' GROUP BY inhparent) AS counts});
}

# A log of a few calls, no two logs alike.
sub make_log
{
	my ($name, $number, %more) = @_;
	my $pid = 100 + $number;
	my $who = qq{"pid": $pid, "ppid": 1, "tid": $pid, "create_time": "$pid"};

	write_plog("$directory/$name.plog", [
		'{"pc": "18446744073709551615", "instr": "18446744073709551615"}',
		qq({"pc": "4096", "instr": "90", "asid_info": {"pid": $pid, "create_time": "$pid", "ppid": 1, "asid": "20480", "names": ["run$number"], "tids": [$pid], "start_instr": "1", "end_instr": "80"}}),
		qq({"pc": "4096", "instr": "95", "asid": "20480", "asid_libraries": {"proc_name": "run$number", $who, "modules": [{"name": "libc", "file": "/lib/libc", "base_addr": "4096", "size": "65536"}]}}),
		map { qq({"pc": "4096", "instr": "@{[ 100 + $_ ]}", "asid": "20480", "syscall": {$who, "retcode": "$_", "call_name": "@{[ $more{name} // 'sys_read' ]}", "args": [{"arg_name": "fd", "i32": $_}, {"arg_name": "path", "str": "/run/$number"}]}}) } 1 .. 3 ]);
}

make_log($_, $_) for 1 .. $EXECUTIONS;

# ---------------------------------------------------------------------------
# A library whose executions all become native
# ---------------------------------------------------------------------------

query(q{SELECT pe_library('lab')});
is(query("SELECT count(*) FROM pe_library_add('lab', '$directory')"), $EXECUTIONS, 'logs are registered');
my $cold = digest('lab');
my $all  = join ',', 'executions', @relations;

# half of them in one transaction, half in one each
my $half = int($EXECUTIONS / 2);
query(qq{SELECT count(*) FROM pe_materialize('lab', (SELECT array_agg(name ORDER BY execution_id) FROM lab.logs WHERE execution_id <= $half), '{$all}')});
query(join '', map { qq{SELECT count(*) FROM pe_materialize('lab', ARRAY[(SELECT name FROM lab.logs WHERE execution_id = $_)], '{$all}');\n} }
	$half + 1 .. $EXECUTIONS);
is(query('SELECT count(*) FROM lab_native.executions'), $EXECUTIONS, 'all are native');
is(digest('lab_native'), digest('lab'), 'the library shows what the native tables hold');
is(digest('lab'), $cold, 'and that is what the logs hold');
cmp_ok(partitions('lab_native'), '<=', 4 + 1 + int($EXECUTIONS / 500), 'few partitions');

# a question of all relations, over all executions
my $question = q{FROM lab_native.executions e
	JOIN lab_native.processes p USING (execution_id)
	JOIN lab_native.threads t USING (execution_id, process_id)
	LEFT JOIN lab_native.thread_names n USING (execution_id, thread_id)
	LEFT JOIN lab_native.threadslices l USING (execution_id, thread_id)
	LEFT JOIN lab_native.syscalls s USING (execution_id, thread_id)
	LEFT JOIN lab_native.syscall_arguments a USING (execution_id, syscall_id)
	LEFT JOIN lab_native.entries y ON y.execution_id = s.execution_id AND y.entry_id = s.syscall_id
	LEFT JOIN lab_native.mappings m ON m.execution_id = p.execution_id AND m.process_id = p.process_id
	LEFT JOIN lab_native.code_points c ON c.execution_id = m.execution_id AND c.mapping_id = m.mapping_id
	LEFT JOIN lab_native.taint_flows f ON f.execution_id = c.execution_id AND f.source_code_point_id = c.code_point_id
	LEFT JOIN lab_native.recordings r ON r.execution_id = e.execution_id};
my $locks = q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()};
my ($rows, $held) = split /\n/, query("BEGIN; SELECT count(*) $question; $locks; COMMIT");
is($rows, $EXECUTIONS * 6, 'a join of all relations');
cmp_ok($held, '<', 600, 'holds few locks');
my (undef, $of_one) = split /\n/, query("BEGIN; SELECT count(*) FROM lab_native.strace WHERE execution_id = $half; $locks; COMMIT");
cmp_ok($of_one, '<', 60, 'and of one execution the fewer');

# an execution that no statistics know of is not taken for one without rows
query('ANALYZE');
my ($plan) = query("EXPLAIN SELECT * FROM lab_native.syscalls WHERE execution_id = (SELECT max(execution_id) FROM lab_native.executions)") =~ /rows=(\d+)/;
cmp_ok($plan, '>=', 2, 'rows of an execution are expected');

# moved back, and again
is(query(qq{SELECT bool_and(pe_library_freeze('lab', name)) FROM lab.logs WHERE execution_id % 10 = 0}), 't', 'executions are read from their logs again');
is(digest('lab'), $cold, 'the library shows them all');
is(query('SELECT count(*) FROM lab_native.syscalls WHERE execution_id % 10 = 0'), 0, 'they have left the native tables');
query(qq{SELECT count(*) FROM pe_materialize('lab', (SELECT array_agg(name) FROM lab.logs WHERE execution_id % 10 = 0), '{$all}')});
is(digest('lab_native'), digest('lab'), 'and return');
is(digest('lab'), $cold, 'with all rows');

# Who moves several waits for no row while others wait for him.
{
	my ($other, @movers) = map { start_session($node) } 1 .. 3;
	query(q{SELECT pe_library_freeze('lab', name) FROM unnest('{10,20}'::text[]) AS name});
	ask($other, 'BEGIN; LOCK TABLE lab_native.executions IN SHARE ROW EXCLUSIVE MODE;');
	start($movers[0], qq{SELECT count(*) > 2 FROM pe_materialize('lab', '{10,20}'::text[], '{$all}');}, 1);
	start($movers[1], qq{SELECT count(*) > 2 FROM pe_materialize('lab', '{20}'::text[], '{$all}');}, 2);
	ask($other, 'COMMIT;');
	is(hear($movers[0]), "t\n", 'two are moved');
	like(hear($movers[1]), qr/ERROR:  42710/, 'another finds one moved');
	$_->{run}->finish for $other, @movers;
	is(digest('lab'), $cold, 'nothing is lost');
}

# ---------------------------------------------------------------------------
# pg_dump, and DROP SCHEMA
# ---------------------------------------------------------------------------

my $dump = "$directory/dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, (map { ('--schema', $_) } qw(lab lab_cold lab_native)), '-d', $node->connstr('postgres') ], 'pg_dump');
query('CREATE DATABASE copy');
query('CREATE EXTENSION pandelephant', 'copy');
$node->command_ok([ 'psql', '-Xq', '-1', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('copy') ], 'restored in one transaction');
is(digest('lab_native', 'copy'), digest('lab_native'), 'the copy');
query(q{DROP SCHEMA lab_native CASCADE}, 'copy');
is(query(q{SELECT count(*) FROM pg_namespace WHERE nspname = 'lab_native'}, 'copy'), 0, 'DROP SCHEMA');
query('DROP DATABASE copy');
query(q{SET client_min_messages = error; DROP SCHEMA lab, lab_cold, lab_native CASCADE});

# ---------------------------------------------------------------------------
# Executions that are attached one by one
# ---------------------------------------------------------------------------

query(qq{SET client_min_messages = error;
	SELECT pe_attach('$directory/$_.plog', 'log$_', 'log$_')}) for 1 .. 20;
query(qq{SELECT pe_materialize('log$_', 'many')}) for 1 .. 20;
is(query(q{SELECT count(*), count(DISTINCT execution_id) FROM many.executions}), '20|20', 'twenty');
is(partitions('many'), 5, 'four have their own partitions');
is(query(q{SELECT count(*) FROM many.executions WHERE execution_id % 16 = 0}), 0, 'some ids are left out');

sub count_of
{
	my ($name) = @_;
	return query(qq{SELECT count(*) FROM many.syscall_arguments JOIN many.executions e USING (execution_id) WHERE e.name = '$name'});
}

is(count_of('log20'), 6, 'rows of one that shares');
my $id = query(q{SELECT execution_id FROM many.executions WHERE name = 'log20'});
my $before = digest('many');
query(q{SELECT pe_materialize('log20', 'many', 'replace')});
is(query(q{SELECT execution_id FROM many.executions WHERE name = 'log20'}), $id, 'it keeps its id when it is replaced');
is(digest('many'), $before, 'and its rows');
query(q{SET pandelephant.bulk_load = off; SELECT pe_materialize('log20', 'many', 'replace')});
is(digest('many'), $before, 'by INSERT, too');
query(q{BEGIN; SELECT pe_materialize('log2', 'many', 'replace'); SELECT pe_materialize('log19', 'many', 'replace'); COMMIT});
is(digest('many'), $before, 'and in a transaction');

# keys
like(complaint(qq{INSERT INTO many.syscall_arguments (execution_id, syscall_id, position) VALUES ($id, 77, 0)}), qr/23503/, 'references are checked');
like(complaint(qq{INSERT INTO many.syscalls SELECT * FROM many.syscalls WHERE execution_id = $id}), qr/23505/, 'and keys');
query(qq{CREATE TABLE notes (execution_id bigint, syscall_id bigint, FOREIGN KEY (execution_id, syscall_id) REFERENCES many.syscalls);
	INSERT INTO notes SELECT execution_id, min(syscall_id) FROM many.syscalls WHERE execution_id = $id GROUP BY 1});
like(complaint(q{SELECT pe_drop_execution('log20', 'many')}), qr/23503/, 'an execution that a note refers to is not dropped');
like(complaint(q{SELECT pe_materialize('log20', 'many', 'replace')}), qr/23503/, 'nor replaced');
is(count_of('log20'), 6, 'its rows are there');
is(query(q{SELECT pe_drop_execution('log18', 'many')}), 't', 'another is dropped');
is(count_of('log19'), 6, 'and those beside it stay');
query(q{DROP TABLE notes});

# a table of users that native rows refer to
query(q{CREATE TABLE known (name text PRIMARY KEY); INSERT INTO known SELECT DISTINCT name FROM many.syscalls;
	ALTER TABLE many.syscalls ADD CONSTRAINT known FOREIGN KEY (name) REFERENCES known});
make_log('unknown', 7, name => 'sys_unknown');
query(qq{SELECT pe_attach('$directory/unknown.plog')});
like(complaint(q{SELECT pe_materialize('unknown', 'many')}), qr/23503/, 'references to tables of users are checked');
is(query(q{SELECT count(*) FROM many.syscalls s WHERE NOT EXISTS (SELECT FROM known k WHERE k.name = s.name)}), 0, 'and nothing is loaded');
query(q{ALTER TABLE many.syscalls DROP CONSTRAINT known; DROP TABLE known});

# readers wait for nobody who drops, replaces or adds an execution
{
	my $writer = start_session($node);
	ask($writer, q{BEGIN; SELECT pe_drop_execution('log17', 'many'); SELECT count(*) FROM pe_materialize('log16', 'many', 'replace');
		SELECT count(*) FROM pe_materialize('log18', 'many');});
	is(query(q{SET lock_timeout = '1s'; SELECT count(*) FROM many.executions e JOIN many.syscalls USING (execution_id) JOIN many.threads USING (execution_id, thread_id)}),
		19 * 3, 'a reader of all executions sees what was there');
	ask($writer, 'COMMIT;');
	is(query('SELECT count(*) FROM many.syscalls'), 19 * 3, 'one came, one went');
	is(count_of('log16'), 6, 'one was replaced');
	is(count_of('log17'), 0, 'one is gone');
	$writer->{run}->finish;
}

# one that is large gets its own partitions, though others share theirs already
{
	my $who = q("pid": 1, "ppid": 0, "tid": 1, "create_time": "1");
	write_plog("$directory/large.plog", [
		'{"pc": "18446744073709551615", "instr": "18446744073709551615"}',
		map { qq({"pc": "4096", "instr": "$_", "asid": "20480", "syscall": {$who, "retcode": "0", "call_name": "sys_x"}}) } 1 .. 100_000 ]);
}
query(qq{SELECT pe_attach('$directory/large.plog'); SELECT pe_materialize('large', 'many')});
my $large = query(q{SELECT execution_id FROM many.executions WHERE name = 'large'});
is(query(qq{SELECT count(*) FROM many.syscalls_$large}), 100_000, 'a large one is not among others');
is(query(q{SELECT pe_drop_execution('large', 'many'), to_regclass('many.syscalls_} . $large . q{') IS NULL}), 't|t', 'and goes at once');

# while it is loaded, another session makes partitions for ids, and its own among them
{
	my ($other, $loader) = (start_session($node), start_session($node));
	query(q{SELECT pe_native_tables('race'); SELECT nextval('race.executions_execution_id_seq') FROM generate_series(1, 8)});
	ask($other, 'BEGIN; LOCK TABLE race.executions IN SHARE ROW EXCLUSIVE MODE;');
	start($loader, q{SELECT count(*) > 1 FROM pe_materialize('large', 'race');}, 1);
	ask($other, q{SELECT setval('race.executions_execution_id_seq', 1); SET pandelephant.own_partitions = 0;
		SELECT count(*) FROM pe_materialize('log1', 'race'); COMMIT;});
	is(hear($loader), "t\n", 'one whose id another session gave to many is loaded all the same');
	is(query(q{SELECT string_agg(name || ' ' || calls, ', ' ORDER BY name) FROM (SELECT name, (SELECT count(*) FROM race.syscalls s WHERE s.execution_id = e.execution_id) AS calls
		FROM race.executions e) AS counts}), 'large 100000, log1 3', 'both are there');
	$_->{run}->finish for $other, $loader;
}

# a name that no index of whole names takes
make_log('long', 2, name => join('', map { chr(97 + int rand 26) } 1 .. 6000));
query(qq{SELECT pe_attach('$directory/long.plog'); SELECT pe_materialize('long', 'many')});
is(count_of('long'), 6, 'a log with a long name shares partitions');
is(query(qq{SELECT count(*) FROM many.syscalls s JOIN long.syscalls l USING (syscall_id, name) JOIN many.executions e ON e.execution_id = s.execution_id WHERE e.name = 'long'}), 3, 'with the whole name');
query(q{SELECT pe_materialize('long', 'many', 'replace'); SELECT pe_materialize('log17', 'many')});
is(count_of('log17'), 6, 'as do others after it');

# Its partitions' index is changed while others load into them.
{
	my ($other, @loaders) = map { start_session($node) } 1 .. 3;
	query(q{SET pandelephant.own_partitions = 0; SELECT pe_materialize('log1', 'deep')});
	ask($other, 'BEGIN; LOCK TABLE deep.executions IN SHARE ROW EXCLUSIVE MODE;');
	start($loaders[0], q{SET pandelephant.own_partitions = 0; SELECT count(*) > 2 FROM pe_materialize('log2', 'deep');}, 1);
	start($loaders[1], q{SET pandelephant.own_partitions = 0; SELECT count(*) > 2 FROM pe_materialize('long', 'deep');}, 2);
	ask($other, 'COMMIT;');
	is(hear($_), "t\n", 'who loads beside a log with a long name') for @loaders;
	$_->{run}->finish for $other, @loaders;
	is(query('SELECT count(*), count(DISTINCT execution_id) FROM deep.syscalls'), '9|3', 'all are there');
}

# Who deletes an execution's rows has locked what those who add one lock: so nobody waits
# for the rows who keeps these from tables that refer to them.
for my $change (q{pe_drop_execution('log1', 'deep')}, q{count(*) > 2 FROM pe_materialize('log2', 'deep', 'replace')})
{
	my ($adder, $deleter) = map { start_session($node) } 1 .. 2;
	query(q{CREATE TABLE notes (execution_id bigint, syscall_id bigint, FOREIGN KEY (execution_id, syscall_id) REFERENCES deep.syscalls)});
	ask($adder, 'BEGIN; LOCK TABLE deep.executions IN SHARE ROW EXCLUSIVE MODE;');
	start($deleter, "SELECT $change;", 1);
	is(complaint(q{SET lock_timeout = '2s'; BEGIN; INSERT INTO notes SELECT execution_id, syscall_id FROM deep.syscalls; ROLLBACK}), '',
		"the rows are free: $change");
	ask($adder, 'COMMIT;');
	is(hear($deleter), "t\n", 'and then it is done');
	$_->{run}->finish for $adder, $deleter;
	query('DROP TABLE notes');
}

# A log that turns out to be damaged, and a load that is cancelled, leave no row among others.
{
	my ($before, $damaged, $pid, $loader) = (digest('many'), "$directory/damaged.plog");
	my $bytes = do { local $/; open my $handle, '<:raw', log_path('real/w1libs') or die $!; readline $handle };
	substr($bytes, int(length($bytes) * 0.9), 1000) = 'x' x 1000;
	open my $handle, '>:raw', $damaged or die $!;
	print $handle $bytes;
	close $handle;
	query("SELECT pe_attach('$damaged')");
	my ($complaints) = complaints_of($node, [ 'SET pandelephant.own_partitions = 0;', q{SELECT pe_materialize('damaged', 'many');} ]);
	like($complaints->[1], qr/ERROR:  XX001: .*damaged\.plog/, 'a damaged log that would share partitions');
	is(digest('many'), $before, 'leaves the others as they were');

	query(q{SELECT pe_attach('} . log_path('real/w3a') . q{')});
	$loader = start_session($node);
	$pid = ask($loader, 'SET pandelephant.own_partitions = 0; SELECT pg_backend_pid();');
	my $bytes_before = query(q{SELECT sum(pg_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'many.syscall_arguments'::regclass});
	say_to($loader, q{SELECT count(*) FROM pe_materialize('w3a', 'many');});
	$node->poll_query_until('postgres', qq{SELECT sum(pg_relation_size(inhrelid)) > $bytes_before + 1000000 FROM pg_inherits WHERE inhparent = 'many.syscall_arguments'::regclass})
	  or die 'nothing was loaded';
	query("SELECT pg_cancel_backend($pid)");
	like(hear($loader), qr/ERROR:  57014/, 'one that is cancelled in the middle');
	$loader->{run}->finish;
	is(digest('many'), $before, 'does so, too');
}

# A key of a user's table may say what happens to its rows: it does so, however an execution
# is dropped.
for my $name (qw(log1 log19))
{
	query(qq{CREATE TABLE mine (execution_id bigint, syscall_id bigint, FOREIGN KEY (execution_id, syscall_id) REFERENCES many.syscalls ON DELETE CASCADE);
		INSERT INTO mine SELECT execution_id, syscall_id FROM many.syscalls JOIN many.executions e USING (execution_id) WHERE e.name IN ('$name', 'log3')});
	is(query(qq{SELECT pe_drop_execution('$name', 'many')}), 't', "$name: dropped");
	is(query('SELECT count(*), count(DISTINCT execution_id) FROM mine'), '3|1', "$name: with the rows of a user's table that refer to it");
	query(qq{DROP TABLE mine; SELECT pe_materialize('$name', 'many')});
}

# triggers of users
query(q{CREATE TABLE fired (what text);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.fired VALUES (tg_op); RETURN NULL; END';
	CREATE TRIGGER note AFTER INSERT OR DELETE ON many.syscalls FOR EACH ROW EXECUTE FUNCTION note();
	SELECT pe_materialize('log17', 'many', 'replace')});
is(query('SELECT string_agg(what, \' \') FROM fired'), 'DELETE DELETE DELETE INSERT INSERT INSERT', 'row triggers fire in partitions that are shared');

# ---------------------------------------------------------------------------
# Large executions of a library
# ---------------------------------------------------------------------------

query(q{SELECT pe_library('big')});
query("SELECT pe_library_add('big', '$directory/$_.plog')") for 1 .. 5, 'large', 6;
query(q{SET pandelephant.own_partitions = 5; SELECT pe_materialize('big', ARRAY[name]) FROM big.logs ORDER BY execution_id});
is(query(q{SELECT count(*) FILTER (WHERE e.name = 'large'), count(*) FILTER (WHERE e.name <> 'large'), count(DISTINCT s.tableoid)
	FROM big_native.syscalls s JOIN big_native.executions e USING (execution_id)
	WHERE s.tableoid = 'big_native.syscalls_6'::regclass}), '100000|0|1', 'one that is large is alone');
is(partitions('big_native'), 3, 'and the small ones are not');

# ---------------------------------------------------------------------------
# Another access method by default
# ---------------------------------------------------------------------------

query(q{CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;
	ALTER SYSTEM SET default_table_access_method = other; SELECT pg_reload_conf()});
query(q{SELECT pe_materialize('log1', 'kept'); SET pandelephant.own_partitions = 0; SELECT pe_materialize('log2', 'kept'); SELECT pe_native_tables('flat', 'plain')});
is(query(q{SELECT DISTINCT amname FROM pg_class c JOIN pg_am a ON a.oid = relam
	WHERE relkind = 'r' AND relnamespace IN ('kept'::regnamespace, 'flat'::regnamespace)}), 'heap', 'native tables are of the one that takes keys');

is(query('SELECT sum(deadlocks) FROM pg_stat_database'), 0, 'no deadlock');
$node->stop;
done_testing();

# Begin a statement of a session, which waits as others do.
sub start
{
	my ($session, $sql, $waiters) = @_;
	say_to($session, $sql);
	$node->poll_query_until('postgres', "SELECT count(*) >= $waiters FROM pg_locks WHERE NOT granted")
	  or die 'nobody waits';
	return;
}
