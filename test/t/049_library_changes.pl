# What becomes of a library: rights, transactions, logs that change, executions that
# move between their log and native tables, dump and restore.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('library_changes');
my $directory = temporary_directory('library_changes');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# The SQLSTATEs of statements that a role runs, "ok" for those that work, and all
# that is said.
sub states_as
{
	my ($role, @statements) = @_;
	my ($complaints) = complaints_of($node, [ map { "$_;" } @statements ], extra_params => [ '-U', $role ]);
	return (
		join(' ', map { /(?:ERROR|FATAL):  (\w{5})/ ? $1 : 'ok' } @$complaints[ 0 .. $#statements ]),
		join '', @$complaints);
}

sub states_are
{
	my ($role, $expected, $test_name, @statements) = @_;
	my ($states, $said) = states_as($role, @statements);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($states, $expected, "$role: $test_name") or diag($said);
}

# Of each execution and relation how many rows there are, and a digest of them.
sub digest
{
	my ($schema, $database) = @_;
	return query(join(' UNION ALL ', map { qq{
		SELECT '$_' AS relation, execution_id, count(*), sum(hashtextextended(r::text, 0)::numeric)
		FROM $schema.$_ r GROUP BY execution_id} } @RELATIONS, 'strace') . ' ORDER BY 1, 2', $database);
}

sub logs_of
{
	my (@names) = @_;
	copy(log_path($_->[1]), "$directory/$_->[0]") or die "could not copy: $!"
	  foreach map { ref $_ ? $_ : [ s/.*\///r . '.plog', $_ ] } @names;
}

mkdir "$directory/logs";
my $logs = "$directory/logs";
logs_of([ 'logs/a.plog', 'made/small' ], [ 'logs/b.plog', 'real/w1sum' ], [ 'logs/c.plog', 'made/all_kinds' ]);

# ---------------------------------------------------------------------------
# Rights
# ---------------------------------------------------------------------------

query(q{
	CREATE ROLE librarian LOGIN; GRANT pg_read_server_files TO librarian;
	CREATE ROLE writer LOGIN; CREATE ROLE asker LOGIN; CREATE ROLE stranger LOGIN;
	GRANT CREATE ON DATABASE postgres TO librarian, writer, stranger;
	CREATE SCHEMA stranger AUTHORIZATION stranger;
	CREATE SCHEMA writer AUTHORIZATION writer});
states_are('writer', '42501', 'who may not name files makes no library', q{SELECT pe_library('mine')});
states_are('librarian', 'ok ok', 'a library', q{SELECT pe_library('lab')},
	qq{SELECT pe_library_add('lab', '$logs/a.plog')});

# A reader of the views needs no more; who may write to the registry, or owns it, names
# no file.
query(q{GRANT USAGE ON SCHEMA lab, lab_cold TO asker, writer, stranger;
	GRANT SELECT ON ALL TABLES IN SCHEMA lab TO asker;
	GRANT ALL ON lab.logs TO writer; GRANT ALL ON ALL TABLES IN SCHEMA lab_cold TO writer;
	GRANT SELECT ON lab.syscalls TO writer});
states_are('asker', 'ok ok 42501', 'reads the views',
	'SELECT count(*) FROM lab.syscalls', 'SELECT name FROM lab.executions', 'SELECT count(*) FROM lab_cold.syscalls');
for my $owner ('librarian', 'writer')
{
	query("ALTER TABLE lab.logs OWNER TO $owner");
	query('GRANT ALL ON lab.logs TO writer');
	states_are('writer', 'ok ok 42501 ok ok 42501 ok', "writes to the registry of $owner",
		'BEGIN', qq{INSERT INTO lab.logs (name, filename, recover) VALUES ('b', '$logs/b.plog', false)},
		'SELECT count(*) FROM lab.syscalls', 'ROLLBACK; BEGIN',
		qq{UPDATE lab.logs SET filename = '$logs/b.plog'},
		'SELECT count(*) FROM lab.syscalls', 'ROLLBACK');
	states_are('writer', '42501 42501', "names a file where $owner has the registry",
		qq{SELECT pe_library_add('lab', '$logs/b.plog')},
		qq{UPDATE lab_cold.log_files SET filename = '$logs/b.plog'});
	states_are('writer', '42501 42501 42501', 'inserts one',
		qq{INSERT INTO lab_cold.log_files (execution_id, filename) SELECT execution_id, filename FROM lab_cold.log_files},
		qq{INSERT INTO lab_cold.log_sources VALUES ('$logs', false)},
		q{SELECT pe_library_refresh('lab')});
	states_are('writer', 'ok ok ok', 'renames an execution',
		q{BEGIN}, q{UPDATE lab.logs SET name = 'x', execution_id = 77}, q{SELECT count(*) FROM lab.syscalls});
}
query('ALTER TABLE lab.logs OWNER TO librarian');

# A library of one's own shows nothing that others have registered.
query(q{ALTER TABLE lab_cold.log_files OWNER TO writer});
states_are('asker', '42501', 'a table of files of somebody who may not name any', 'SELECT count(*) FROM lab.syscalls');
query(q{ALTER TABLE lab_cold.log_files OWNER TO librarian; GRANT CREATE ON SCHEMA lab_cold TO stranger});
states_are('stranger', 'ok 42501 ok', 'a foreign table that shows the library of others',
	q{CREATE FOREIGN TABLE lab_cold.mine (execution_id bigint) SERVER pandelephant OPTIONS (relation 'syscalls', library 'log_files')},
	q{SELECT count(*) FROM lab_cold.mine}, q{DROP FOREIGN TABLE lab_cold.mine});
states_are('stranger', 'ok ok ok 42501', 'tables of his own',
	q{CREATE TABLE stranger.logs (LIKE lab.logs INCLUDING ALL)},
	q{CREATE TABLE stranger.log_files (LIKE lab_cold.log_files INCLUDING ALL,
		FOREIGN KEY (execution_id) REFERENCES stranger.logs)},
	q{CREATE FOREIGN TABLE stranger.syscalls (execution_id bigint) SERVER pandelephant OPTIONS (library 'log_files')},
	q{SELECT count(*) FROM stranger.syscalls})
  if query(q{GRANT SELECT ON lab.logs, lab_cold.log_files TO stranger; SELECT 1});
states_are('librarian', 'ok', 'removes the library', 'DROP SCHEMA lab, lab_cold CASCADE');

# ---------------------------------------------------------------------------
# Options
# ---------------------------------------------------------------------------

states_are('postgres', 'HV00D HV024 42P01', 'options',
	q{CREATE FOREIGN TABLE x () SERVER pandelephant OPTIONS (library 'log_files', filename '/x')},
	q{CREATE FOREIGN TABLE x () SERVER pandelephant OPTIONS (library '')},
	q{CREATE FOREIGN TABLE syscalls () SERVER pandelephant OPTIONS (library 'no_such'); SELECT * FROM syscalls});
query('DROP FOREIGN TABLE syscalls');
states_are('postgres', '42602 22023 22023 42P01 58P01 ok 42P06', 'parameters',
	q{SELECT pe_library('lab'); SELECT pe_library_add('lab', 'a.plog')},
	qq{SELECT pe_library_add('lab', '$logs', execution => 'x')},
	qq{SELECT pe_library_add('lab', '$logs/*.plog', execution_id => 1)},
	qq{SELECT pe_library_add('public', '$logs/a.plog')},
	qq{SELECT pe_library_add('lab', '$logs/no_such.plog')},
	qq{SELECT pe_library_add('lab', '$logs/no_such*.plog')},
	q{SELECT pe_library('lab')});

# ---------------------------------------------------------------------------
# Transactions
# ---------------------------------------------------------------------------

is( query(qq{BEGIN; SELECT count(*) FROM pe_library_add('lab', '$logs');
		SELECT count(DISTINCT execution_id) FROM lab.syscalls; ROLLBACK;
		SELECT count(*) FROM lab.logs; SELECT count(*) FROM lab.syscalls}),
	"3\n3\n0\n0", 'what is added is seen by its transaction, and undone with it');
query(qq{SELECT pe_library_add('lab', '$logs/a.plog')});
{
	my ($in, $out) = ('', '');
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out,
		IPC::Run::timeout(180));
	my $ask = sub {
		$out = '';
		$in .= "$_[0];\n\\echo done\n";
		$session->pump until $out =~ /done\n$/;
		return $out =~ s/\n?done\n$//r;
	};

	$ask->('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my $before = $ask->('SELECT count(*) FROM lab.syscalls');
	query(qq{SELECT pe_library_add('lab', '$logs/b.plog')});
	is($ask->('SELECT count(*) FROM lab.syscalls'), $before, 'an older snapshot does not see a new log');
	isnt($ask->('COMMIT; SELECT count(*) FROM lab.syscalls'), $before, 'a newer one does');
	query(q{SELECT pe_library_remove('lab', 'b')});
	is($ask->('SELECT count(*) FROM lab.syscalls'), $before, 'nor what was removed');
	$in .= "\\q\n";
	$session->finish;
}
is(query(q{SELECT pe_library_remove('lab', 'no such'), pe_library_remove('lab', 7)}), 'f|f', 'nothing to remove');
is(query(q{SELECT pe_library_remove('lab', 1)}), query(q{SELECT count(*) = 0 FROM lab.logs}), 'removed by its id')
  if query(q{SELECT execution_id FROM lab.logs}) == 1;
query(q{DELETE FROM lab.logs});
is(query('SELECT count(*) FROM lab_cold.log_files'), 0, 'a file goes with its execution');
query(qq{ALTER TABLE lab.logs ADD COLUMN operator text; SELECT pe_library_add('lab', '$logs');
	UPDATE lab.logs SET operator = 'me' WHERE name = 'a'});
is(query(q{SELECT count(*) > 0, count(DISTINCT execution_id) FROM lab.syscalls JOIN lab.logs USING (execution_id)
	WHERE operator = 'me'}), 't|1', 'users may add columns');

# ---------------------------------------------------------------------------
# Logs that change
# ---------------------------------------------------------------------------

my $all = digest('lab');
my $plog = read_file("$logs/b.plog");
my $damaged = $plog;
substr $damaged, 200, 100, "\xff" x 100;
my $taken = take_apart(read_file(log_path('made/all_kinds')));

# What each change is: an error that names the log, or by the setting a warning.
for my $case (
	[ 'missing', '58P01', undef ],
	[ 'damaged', 'XX001', $damaged ],
	[ 'cut', 'XX001|55000', substr $plog, 0, 1000 ],
	[ 'appended', '55000|XX001', $plog . "\0" x 100 ],
	[ 'another', '55000', read_file(log_path('real/w1struct')) ])
{
	my ($what, $state, $bytes) = @$case;

	unlink "$logs/b.plog";
	write_file("$logs/b.plog", $bytes) if defined $bytes;
	for my $settings ('', 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;')
	{
		my ($complaints) = complaints_of($node, [ "$settings SELECT count(*), sum(retval) FROM lab.syscalls;",
			"SET pandelephant.skip_damaged_logs = on;
			 SELECT count(*), sum(retval) FROM lab.syscalls;
			 SELECT count(DISTINCT execution_id) FROM lab.syscalls;" ]);
		like($complaints->[0], qr/ERROR:  (?:$state): .*\/b\.plog"/, "$what: an error that names the log");
		like($complaints->[1], qr/WARNING:  (?:$state): execution "b" is skipped/, 'or a warning');
		unlike($complaints->[1], qr/ERROR/, 'and no error');
	}
	is( query(q{SET client_min_messages = error; SET pandelephant.skip_damaged_logs = on;
			SELECT count(DISTINCT execution_id) FROM lab.syscalls WHERE execution_id IN
			(SELECT execution_id FROM lab.logs WHERE name <> 'b')}), 2, 'the others are read');
}
write_file("$logs/b.plog", $plog);
is(digest('lab'), $all, 'as it was');

# What refresh finds.
sub refreshed { return query(q{SELECT name, action FROM pe_library_refresh('lab') ORDER BY filename}) }
refreshed();
is(refreshed(), '', 'nothing has changed');
rename "$logs/b.plog", "$logs/d.plog";
is(refreshed(), "b|missing\nd|added", 'one file has gone, one has come');
is(query(q{SELECT state, error IS NOT NULL FROM lab.logs WHERE name = 'b'}), 'missing|t', 'the registry says so');
is(refreshed(), '', 'once');
copy(log_path('real/w1struct'), "$logs/b.plog");
is(refreshed(), 'b|changed', 'another log of that name');
is(query(q{SELECT state, error IS NULL FROM lab.logs WHERE name = 'b'}), 'ready|t', 'is ready');
is( query(q{SELECT count(*) FROM lab.entries WHERE execution_id = pe_execution('b', 'lab')}),
	query(q{SELECT entry_count FROM lab.logs WHERE name = 'b'}), 'and read');
write_file("$logs/b.plog", 'no log');
is(refreshed(), 'b|damaged', 'no log');
write_file("$logs/e.plog", 'no log');
is(refreshed(), '|failed', 'no log that is new');
unlink "$logs/e.plog";
write_file("$logs/b.plog", $plog);
is(refreshed(), 'b|changed', 'mended');

# An error of a function is none of a log, and not skipped, whatever its code.
query(q{CREATE FUNCTION broken(bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS
	$$BEGIN RAISE data_corrupted USING MESSAGE = 'broken'; END$$});
for my $sql ('SELECT broken(retval), count(*) FROM lab.syscalls GROUP BY 1', 'SELECT sum(broken(retval)) FROM lab.syscalls',
	'SELECT count(*) FROM lab.syscalls WHERE broken(retval) > 0')
{
	my ($complaints) = complaints_of($node, [ "SET pandelephant.skip_damaged_logs = on; $sql;" ]);

	like($complaints->[0], qr/ERROR:  XX001: broken/, "$sql: the function's error");
	unlike($complaints->[0], qr/is skipped|SPI/, 'is not skipped');
}
is(query(q{SET client_min_messages = error; SET pandelephant.skip_damaged_logs = on;
	SELECT string_agg(name, ' ') FROM pe_library_add('lab', '} . write_damaged() . q{')}), 'good', 'damaged logs are not added');

sub write_damaged
{
	mkdir "$directory/damaged";
	write_file("$directory/damaged/bad.plog", 'no log');
	copy(log_path('made/small'), "$directory/damaged/good.plog");
	return "$directory/damaged";
}
query(q{SELECT pe_library_remove('lab', 'd'), pe_library_remove('lab', 'good')});

# A log that grows, read with recover, is as it was until it is refreshed.
my $half = substr $plog, 0, length($plog) / 2;
write_file("$directory/growing.plog", $half);
query(qq{SET client_min_messages = error; SELECT pe_library_add('lab', '$directory/growing.plog', recover => true)});
my $rows = query(q{SET client_min_messages = error; SELECT count(*) FROM lab.entries WHERE execution_id = pe_execution('growing', 'lab')});
write_file("$directory/growing.plog", $plog);
like((complaints_of($node, [ q{SELECT count(*) FROM lab.entries;} ]))[0][0], qr/55000: .*growing/, 'it has grown');
query(q{SET client_min_messages = error; SELECT pe_library_refresh('lab')});
cmp_ok(query(q{SELECT count(*) FROM lab.entries WHERE execution_id = pe_execution('growing', 'lab')}), '>', $rows,
	'and is seen after a refresh');
query(q{SELECT pe_library_remove('lab', 'growing')});

# A compressed log is registered as any other, where the server unpacks such.
SKIP:
{
	my $packed = "$directory/packed.plog.gz";

	skip 'no gzip', 3 if system("gzip -c '" . log_path('made/small') . "' > '$packed'") != 0;
	skip 'compressed logs are not unpacked', 3
	  if query(q{LOAD 'pandelephant'; SELECT count(*) FROM pg_settings WHERE name = 'pandelephant.unpacked_cache_size'}) == 0;
	$node->append_conf('postgresql.conf', "pandelephant.unpacked_cache_size = '64MB'");
	$node->reload;
	ok($node->poll_query_until('postgres', q{SELECT current_setting('pandelephant.unpacked_cache_size') = '64MB'}),
		'logs are unpacked');
	query(qq{SELECT pe_library_add('lab', '$packed', execution => 'packed')});
	is(query(q{SELECT count(*) FROM lab.syscalls WHERE execution_id = pe_execution('packed', 'lab')}), 2000, 'a compressed log');
	unlike(refreshed(), qr/packed/, 'is as it was');
	query(q{SELECT pe_library_remove('lab', 'packed')});
}

# ---------------------------------------------------------------------------
# Native tables
# ---------------------------------------------------------------------------

$all = digest('lab');
my $executions = query('SELECT * FROM lab.executions ORDER BY 1');
is(query(q{SELECT relation, row_count FROM pe_materialize('lab', executions => ARRAY['a']) WHERE relation = 'syscalls'}),
	query(q{SELECT 'syscalls', count(*) FROM lab.syscalls WHERE execution_id = pe_execution('a', 'lab')}), 'a is native');
is(digest('lab'), $all, 'all rows are the same');
is(query(q{SELECT count(*) FROM lab_cold.syscalls WHERE execution_id = pe_execution('a', 'lab')}), 0,
	'its calls are in one place');
query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['c'], relations => ARRAY['entries'])});
is(digest('lab'), $all, 'a second one, with its entries');
is(query(q{SELECT count(*) FROM lab_cold.entries WHERE execution_id = pe_execution('c', 'lab')}), 0, 'which are in one place, too');
is(query('SELECT * FROM lab.executions ORDER BY 1'), $executions, 'executions are what they were');
is(query(q{SELECT count(*), count(DISTINCT execution_id) FROM lab.calls}), query(q{SELECT count(*), count(DISTINCT execution_id) FROM lab.syscalls}),
	'questions stand over both');
states_are('postgres', '42710 42704 42809', 'what cannot be moved',
	q{SELECT pe_materialize('lab', executions => ARRAY['a'])},
	q{SELECT pe_materialize('lab', executions => ARRAY['no such'])},
	q{SELECT pe_materialize('lab_cold', 'kept')});

# A condition reaches the part that has the execution.
like(query(q{EXPLAIN ANALYZE SELECT count(*) FROM lab.syscalls WHERE execution_id = } . query(q{SELECT pe_execution('a', 'lab')})),
	qr/Logs Read: 0/, 'a native execution opens no log');
rename "$logs/a.plog", "$logs/a.hidden";
is(query(q{SELECT count(*) > 0 FROM lab.syscalls}), 't', 'nor does it need its log');
states_are('postgres', '58P01', 'but to become cold again', q{SELECT pe_library_freeze('lab', 'a')});
rename "$logs/a.hidden", "$logs/a.plog";
is( query(q{BEGIN; SELECT pe_library_freeze('lab', 'a'); SELECT count(*) FROM lab_native.syscalls
		WHERE execution_id = pe_execution('a', 'lab'); ROLLBACK}), "t\n0", 'a move that is undone');
is(digest('lab'), $all, 'changes nothing');
is(query(q{SELECT pe_library_freeze('lab', 'a'), pe_library_freeze('lab', 'b')}), 't|f', 'cold again');
is(digest('lab'), $all, 'all rows are the same');
is(query(q{SELECT count(*) FROM lab_native.executions}), 1, 'one is native');
is(query(q{SELECT pe_library_remove('lab', 'c'); SELECT count(*) FROM lab_native.syscalls;
	SELECT pe_library_add('lab', execution_id => 3, filename => '} . "$logs/c.plog" . q{') IS NULL}), "t\n0\nf",
	'a native execution is removed');

# Moving while others ask: none of them sees an execution twice or not at all.
{
	my $count = query('SELECT count(*) FROM lab.syscalls');
	my $script = "SELECT 'other' WHERE (SELECT count(*) FROM lab.syscalls) <> $count;\n" x 40;
	my @sessions = map {
		my ($in, $out, $err) = ($script, '', '');
		{ out => \$out, err => \$err, run => IPC::Run::start(
			[ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(300)) };
	} 1 .. 4;
	for (1 .. 6)
	{
		query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['a'])});
		query(q{SELECT pe_library_freeze('lab', 'a')});
	}
	$_->{run}->finish for @sessions;
	is(join('', map { ${ $_->{out} } } @sessions), '', 'no session sees an execution in two places');
	is(join('', map { ${ $_->{err} } } @sessions), '', 'nor an error');
}

# ---------------------------------------------------------------------------
# Dump and restore
# ---------------------------------------------------------------------------

query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['b'])});
$all = digest('lab');
query('ALTER SCHEMA lab RENAME TO laboratory; ALTER SCHEMA lab_cold RENAME TO laboratory_cold;
	ALTER SCHEMA lab_native RENAME TO laboratory_native; ALTER TABLE laboratory.logs RENAME TO recordings_made');
is(digest('laboratory'), $all, 'schemas and the registry can be renamed');
query('ALTER TABLE laboratory.recordings_made RENAME TO logs');
query('CREATE DATABASE restored');
my $dump = "$directory/dump.sql";
$node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'dump');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'restore');
is(digest('laboratory', 'restored'), $all, 'the library is restored');
is(query(qq{SELECT count(*) FROM pe_library_add('laboratory', '$directory/damaged/good.plog')}, 'restored'), 1, 'and goes on');

$node->stop;
done_testing();
