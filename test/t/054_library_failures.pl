# What a library does where something fails or was meant otherwise: tables of roles that may
# name no file, a refresh that is cancelled, executions that were removed, directories that
# are gone, and what is left of damaged logs that a query skips.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use File::Path qw(make_path);
use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('library_failures', new_sessions => 1);
my $directory = temporary_directory('library_failures');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What is said of statements in one session, and what they print.
sub session
{
	my ($statements, %options) = @_;
	my ($complaints, $output) = complaints_of($node, [ map { "$_;" } @$statements ], %options);
	return (join('', @$complaints), $output);
}

sub put_log
{
	my ($log, $path) = @_;
	make_path("$directory/" . $path =~ s/[^\/]*$//r);
	copy(log_path($log), "$directory/$path") or die "could not copy: $!";
	return "$directory/$path";
}

sub refreshed { return query(q{SELECT name, action FROM pe_library_refresh('lab') ORDER BY filename}) }

put_log('made/small', 'logs/a.plog');
put_log('real/w1sum', 'logs/b.plog');

# ---------------------------------------------------------------------------
# Rights
# ---------------------------------------------------------------------------

# A role that may name no file learns nothing of one by a library of its own making, not
# even whether it is there.
query(q{CREATE ROLE stranger LOGIN; GRANT CREATE ON DATABASE postgres TO stranger});
my ($said) = session([
	'CREATE SCHEMA evil', 'CREATE SCHEMA evil_cold',
	q{CREATE TABLE evil.logs (execution_id bigint PRIMARY KEY, name text, description text, filename text,
		recover boolean, state text, error text, native text[] DEFAULT '{}')},
	'CREATE VIEW evil.executions AS SELECT * FROM evil.logs',
	'CREATE TABLE evil_cold.log_files (execution_id bigint PRIMARY KEY REFERENCES evil.logs, filename text,
		recover boolean, descriptor text, recording text, qcow text, guest text, file_bytes bigint, modified bigint,
		checksum bigint, first_execution_offset bigint, last_execution_offset bigint, counts bigint[])',
	'CREATE TABLE evil_cold.log_sources (pattern text)',
	'CREATE TABLE evil_cold.log_servers (schema text, first_execution_id bigint)',
	'CREATE TABLE evil_cold.log_known (filename text PRIMARY KEY)',
	qq{INSERT INTO evil.logs (execution_id, name, filename) VALUES (1, 'there', '$directory/logs/a.plog'),
		(2, 'missing', '$directory/none.plog'), (3, 'native', '$directory/none.plog')},
	q{UPDATE evil.logs SET native = '{syscalls}' WHERE execution_id = 3},
	q{INSERT INTO evil_cold.log_files SELECT execution_id, filename, false FROM evil.logs} ],
	extra_params => [ '-U', 'stranger' ]);
is($said, '', 'a library of a role that may name no file');
for my $call (q{pe_materialize('evil', executions => ARRAY['there'])}, q{pe_materialize('evil', executions => ARRAY['missing'])},
	q{pe_library_freeze('evil', 'native')}, q{pe_library_refresh('evil')})
{
	($said) = session([ "SELECT $call" ], extra_params => [ '-U', 'stranger' ]);
	like($said, qr/^(?:psql:.*)?ERROR:  42501: (?!could not open)/, "$call: no right to name files");
}

# ---------------------------------------------------------------------------
# Refresh
# ---------------------------------------------------------------------------

query(qq{SELECT pe_library('lab'); SELECT pe_library_add('lab', '$directory/logs')});
is(refreshed(), '', 'nothing has changed');

# Who cancels a refresh is told so, and no log is noted as damaged or left out for that.
{
	my ($in, $out) = ('', '');
	my $other = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out,
		IPC::Run::timeout(180));
	my $tell = sub {
		$out = '';
		$in .= "$_[0];\n\\echo done\n";
		$other->pump until $out =~ /done\n$/;
	};

	for my $case ([ 'a new log', 'real/w1struct', 'logs/c.plog' ], [ 'a changed log', 'made/all_kinds', 'logs/b.plog' ])
	{
		my ($what, $log, $path) = @$case;

		put_log($log, $path);
		$tell->('BEGIN; LOCK TABLE lab_cold.log_files IN SHARE MODE');
		for my $limit ([ 'statement_timeout', '57014' ], [ 'lock_timeout', '55P03' ])
		{
			my ($said) = session([ "SET $limit->[0] = '1s'", q{SELECT pe_library_refresh('lab')} ]);
			like($said, qr/ERROR:  $limit->[1]/, "$what, $limit->[0]: the refresh ends");
		}
		$tell->('ROLLBACK');
		is(query(q{SELECT count(*) FROM lab.logs WHERE state <> 'ready'}), 0, "$what: nothing is noted");
		is(refreshed(), $path =~ /c/ ? 'c|added' : 'b|changed', "$what: the next refresh finds it");
	}
	$in .= "\\q\n";
	$other->finish;
}

# An execution that was removed stays away until it is asked for again.
query(q{SELECT pe_library_remove('lab', 'c')});
is(refreshed(), '', 'a removed execution is not added again');
query(q{DELETE FROM lab.logs WHERE name = 'b'});
is(refreshed(), '', 'nor one that was deleted from the registry');
is(query(qq{SELECT name FROM pe_library_add('lab', '$directory/logs/c.plog')}), 'c', 'unless the file is named');
is(query(qq{SELECT name FROM pe_library_add('lab', '$directory/logs')}), 'b', 'or its directory');
put_log('made/small', 'logs/d.plog');
is(query(qq{SELECT name FROM pe_library_add('lab', '$directory/logs/d.plog')}), 'd', 'a file that was named itself');
query(q{SELECT pe_library_remove('lab', 'd')});
is(refreshed(), '', 'is not added either, once it was removed');

# A directory that is gone does not keep the others from being looked at.
put_log('made/small', 'gone/x.plog');
query(qq{SELECT pe_library_add('lab', '$directory/gone')});
rename "$directory/gone", "$directory/hidden";
put_log('real/w1struct', 'logs/e.plog');
is(query(qq{SELECT name, filename = '$directory/gone', action, error LIKE 'could not open directory%'
	FROM pe_library_refresh('lab') ORDER BY action}), "e||added|\n|t|failed|t\nx|f|missing|f" =~ s/e\|\|added\|/e|f|added|/r,
	'a directory that is gone');
rename "$directory/hidden", "$directory/gone";
is(refreshed(), 'x|changed', 'and is back');

# Files of one name in directories of one name.
put_log('made/small', "$_/run/x.plog") foreach 1 .. 3;
is(query(join ';', map { "SELECT name FROM pe_library_add('lab', '$directory/$_/run')" } 1 .. 3),
	"run/x\n$directory/2/run/x.plog\n$directory/3/run/x.plog", 'names that are taken');

# A name that is no text of the database is in no table.
put_log('made/small', "logs/\xff.plog");
($said) = session([ q{SELECT pe_library_refresh('lab')} ]);
like($said, qr/WARNING:  22021: a file in directory/, 'a name that is no text is left out');
is(query(q{SELECT count(*) FROM lab.logs WHERE filename NOT LIKE '%_.plog'}), 0, 'and not registered');
unlink "$directory/logs/\xff.plog";

# What native tables have is not what a changed log has.
query(q{SELECT count(*) FROM pe_materialize('lab', executions => ARRAY['e'])});
my $executions = query(q{SELECT * FROM lab.executions WHERE name = 'e'});
my $e = read_file("$directory/logs/e.plog");
put_log('made/all_kinds', 'logs/e.plog');
is(refreshed(), 'e|changed', 'the log of a native execution has changed');
is(refreshed(), '', 'which is said once');
is(query(q{SELECT state, error LIKE '%has changed since%' FROM lab.logs WHERE name = 'e'}), 'changed|t', 'the registry says so');
is(query(q{SELECT * FROM lab.executions WHERE name = 'e'}), $executions, 'but goes on to show what is native');
like((session([ q{SELECT pe_library_freeze('lab', 'e')} ]))[0], qr/55000: .*has changed.*removed and added again/s, 'it cannot become cold');
write_file("$directory/logs/e.plog", $e);
is(refreshed(), 'e|ready', 'until its log is what it was');
is(query(q{SELECT pe_library_freeze('lab', 'e')}), 't', 'then it can');

# Two refreshes at once: what one has found new is not new to the other.
{
	my ($in, $out) = ('', '');
	my $other = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out,
		IPC::Run::timeout(180));

	refreshed();
	put_log('made/small', 'logs/f.plog');
	$in .= "BEGIN; SELECT name, action FROM pe_library_refresh('lab');\n\\echo done\n";
	$other->pump until $out =~ /done\n$/;
	is($out, "f|added\ndone\n", 'a refresh');
	$in .= "SELECT pg_sleep(2); COMMIT;\n\\q\n";
	$other->pump_nb;
	is(refreshed(), '', 'another that waits for it');
	$other->finish;
}

# ---------------------------------------------------------------------------
# Native executions and the registry
# ---------------------------------------------------------------------------

# The first execution that becomes native has the registry changed.  Who has written to the
# registry, or is about to, does not meet that half-way.
{
	my %session = map {
		my ($in, $out, $err) = ('', '', '');
		$_ => { in => \$in, out => \$out, err => \$err, run => IPC::Run::start(
			[ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(180)) };
	} qw(holder mover writer);
	my $ask = sub {
		my ($who, $statement) = @_;
		${ $session{$who}{in} } .= "$statement;\n\\echo done\n";
		my $end = time + 60;
		until (${ $session{$who}{out} } =~ s/done\n$// || time > $end)
		{
			$session{$who}{run}->pump_nb;
			return if query(q{SELECT count(*) FROM pg_locks WHERE NOT granted}) == $session{waiting} + 1;
		}
	};

	query('DROP SCHEMA lab_native CASCADE');
	$session{waiting} = 0;
	$ask->('holder', 'BEGIN; CREATE SCHEMA lab_native');
	$ask->('mover', q{SELECT count(*) > 5 FROM pe_materialize('lab', ARRAY['a'])});
	$session{waiting} = 1;
	$ask->('writer', q{UPDATE lab.logs SET description = 'written' WHERE name = 'a'});
	$session{waiting} = -2;
	$ask->('holder', 'ROLLBACK');
	${ $session{$_}{in} } .= "\\q\n" foreach qw(holder mover writer);
	$session{$_}{run}->finish foreach qw(holder mover writer);
	is(join('', map { ${ $session{$_}{err} } } qw(mover writer)), '', 'a first move, and a writer: no deadlock');
	is(query(q{SELECT description, native <> '{}' FROM lab.logs WHERE name = 'a'}), 'written|t', 'both have done their work');
	query(q{SELECT pe_library_freeze('lab', 'a')});
}

# Native tables that were there before are a part of the library from then on.
my $calls = query('SELECT count(*) FROM lab.syscalls');
query(q{DROP SCHEMA lab_native CASCADE; SELECT pe_native_tables('lab_native', layout => 'plain')});
query(q{SELECT count(*) FROM pe_materialize('lab', executions => ARRAY['a', 'b'])});
is(query('SELECT relkind FROM pg_class WHERE oid = \'lab_native.syscalls\'::regclass'), 'r', 'native tables of the other layout');
is(query('SELECT count(*) FROM lab.syscalls'), $calls, 'have the rows of the executions that were moved there');

# The registry cannot lose an execution whose rows are native.
for my $sql (q{DELETE FROM lab.logs WHERE name = 'a'}, q{UPDATE lab.logs SET execution_id = 77 WHERE name = 'a'})
{
	like((session([$sql]))[0], qr/ERROR:  23503/, "$sql: not while it is native");
}

# Nor do other functions change what the registry says is native.
for my $sql (q{SELECT pe_drop_execution('a', 'lab_native')}, q{SELECT pe_materialize('other', 'lab_native', if_exists => 'replace')})
{
	query(qq{SELECT pe_attach('$directory/logs/c.plog', 'other', execution => 'a')}) if $sql =~ /other/;
	like((session([$sql]))[0], qr/ERROR:  42809/, "$sql: not in a library");
}

# Native tables that refer to another table of their user's are no library.
query(q{SELECT pe_materialize('other', 'kept'); CREATE TABLE projects (execution_id bigint PRIMARY KEY);
	INSERT INTO projects VALUES (1), (2); ALTER TABLE kept.executions ADD FOREIGN KEY (execution_id) REFERENCES projects});
is(query(q{SELECT count(*) > 0 FROM pe_materialize('other', 'kept', if_exists => 'replace')}), 't', 'replaced beside a user\'s own key');
is(query(q{SELECT pe_drop_execution('a', 'kept')}), 't', 'and dropped');

# Names are the registry's: another execution may get one that a native one had.
query(q{UPDATE lab.logs SET name = 'z' WHERE name = 'b'; UPDATE lab.logs SET name = 'b' WHERE name = 'a'});
is(query(qq{SELECT name FROM pe_library_add('lab', '$directory/logs/a.plog')}), 'a', 'a name that a native execution had');
is(query(q{SELECT count(*) > 0 FROM pe_materialize('lab', executions => ARRAY['a'])}), 't', 'becomes native, too');
is(query(q{SELECT string_agg(name, ' ' ORDER BY execution_id) FROM lab_native.executions}), 'b (1) b a', 'all have names of their own');
is(query('SELECT count(*) FROM lab.syscalls'), $calls + query(q{SELECT count(*) FROM lab.syscalls WHERE execution_id = pe_execution('a', 'lab')}),
	'and rows');
is(query(q{SELECT pe_library_freeze('lab', 'b'), pe_library_remove('lab', 'z'), pe_library_remove('lab', 'a')}), 't|t|t',
	'they are found by their ids');
is(query(q{SELECT count(*) FROM lab_native.executions}), 0, 'and nothing is left');

# ---------------------------------------------------------------------------
# What is left of a log that is skipped
# ---------------------------------------------------------------------------

query(q{DROP SCHEMA lab, lab_cold, lab_native CASCADE; SELECT pe_library('lab')});
$node->append_conf('postgresql.conf', "pandelephant.unpacked_cache_size = '64MB'\npandelephant.skip_damaged_logs = on");
$node->restart;
put_log('made/small', 'mixed/a.plog');
my $libs = read_file(put_log('real/w1libs', 'mixed/b.plog'));
IPC::Run::run([ 'gzip', '-c', log_path('made/small') ], '>', "$directory/mixed/c.plog.gz") or die 'no gzip';
query(qq{SELECT pe_library_add('lab', '$directory/mixed/*')});

# Damage that only reading a chunk finds, and an end that is missing.
substr $libs, length($libs) / 2, 100, "\xff" x 100;
write_file("$directory/mixed/b.plog", $libs);
my $packed = read_file("$directory/mixed/c.plog.gz");
write_file("$directory/mixed/c.plog.gz", substr $packed, 0, length($packed) / 2);

my $held = q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid')};
for my $case (
	[ 'rows',                             '',  'SELECT count(DISTINCT execution_id) FROM (SELECT execution_id FROM lab.threads OFFSET 0) t' ],
	[ 'rows of chunks',                   '',  'SELECT min(execution_id) FROM (SELECT execution_id, retval FROM lab.syscalls OFFSET 0) t WHERE execution_id <> 2' ],
	[ 'groups',                           '',  'SELECT count(DISTINCT execution_id) FROM (SELECT execution_id FROM lab.syscalls WHERE retval < 0 GROUP BY 1) g WHERE execution_id <> 2' ],
	[ 'a catalog that is built by workers', 'SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 0;',
		'SELECT count(DISTINCT execution_id) FROM (SELECT execution_id FROM lab.threads OFFSET 0) t' ],
	[ 'a parallel scan', 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;',
		'SELECT count(DISTINCT execution_id) FROM lab.syscalls WHERE execution_id <> 2' ])
{
	my ($what, $settings, $sql) = @$case;
	my ($said, $output) = session([ "SET pandelephant.catalog_cache = off; $settings BEGIN", $sql, $held, 'COMMIT' ]);

	is($output, "1\n0", "$what: the others are read, and no lock is left") or diag($said);
	is(scalar(() = $said =~ /WARNING:  XX001: execution "c.plog.gz" is skipped/g), 1, "$what: with a warning");
	unlike($said, qr/ERROR|not closed|leak/, "$what: and no file left open");
}

# Processes that try to open the same log at the same time say so once.
{
	my $chunk = take_apart(read_file(log_path('made/all_kinds')))->{chunks}[0];
	my $slow  = "$directory/slow.plog";

	write_file($slow, put_together({ chunks => [ map { { entries => $chunk->{entries}, stream => $chunk->{stream} } } 1 .. 100 ] }));
	IPC::Run::run([ 'gzip', '-1', '-c', $slow ], '>', "$slow.gz") or die 'no gzip';
	query(qq{SELECT pe_library('slow'); SELECT pe_library_add('slow', '$slow.gz', execution => 'slow')});
	my $bytes = read_file("$slow.gz");
	write_file("$slow.gz", substr $bytes, 0, length($bytes) - 100);
	my ($said, $output) = session([
		'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2',
		'EXPLAIN (COSTS OFF) SELECT count(*) FROM slow.syscalls WHERE retval < 0', 'SELECT count(*) FROM slow.syscalls WHERE retval < 0' ]);
	like($output, qr/Parallel.*\n0$/s, 'several processes cannot open a log');
	is(scalar(() = $said =~ /WARNING:  XX001: execution "slow" is skipped/g), 1, 'one of them says so') or diag($said);
	query('SET client_min_messages = error; DROP SCHEMA slow, slow_cold CASCADE');
}

# ANALYZE and pe_cache() skip logs, too.
for my $case ([ 'ANALYZE lab_cold.syscalls', '' ], [ q{SELECT count(*) FILTER (WHERE bytes > 0) FROM pe_cache('lab_cold')}, '1' ])
{
	my ($sql, $expected) = @$case;
	my ($said, $output) = session([ 'BEGIN', $sql,
		q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'}, 'COMMIT' ]);

	is($output, $expected eq '' ? '0' : "$expected\n0", "$sql: the others, and no lock is left") or diag($said);
	is(scalar(() = $said =~ /WARNING:  XX001: execution "(?:b|c.plog.gz)" is skipped/g), 2, "$sql: with warnings");
	unlike($said, qr/ERROR|not closed|leak/, "$sql: and no file left open");
}
is(query(q{SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'lab_cold' AND tablename = 'syscalls'}), 't', 'there are statistics');

# A statement that skips logs works within a subtransaction, a cursor and a function that
# catches errors.
is(query(q{SET client_min_messages = error;
	BEGIN; DECLARE c CURSOR FOR SELECT execution_id FROM lab.threads ORDER BY 1; SAVEPOINT s; FETCH 1 FROM c;
	ROLLBACK TO s; COMMIT;
	DO $$DECLARE n bigint; r record; BEGIN
		FOR r IN SELECT DISTINCT execution_id FROM lab.threads LOOP
			BEGIN SELECT count(*) INTO n FROM lab.threads; RAISE 'x'; EXCEPTION WHEN raise_exception THEN NULL; END;
		END LOOP; END$$;
	SELECT count(DISTINCT execution_id) FROM lab.threads}), "1\n1", 'in subtransactions');

# ---------------------------------------------------------------------------
# What is kept from call to call
# ---------------------------------------------------------------------------

# A function that looks something up forgets what a subtransaction had written.  In a
# repeatable read, neither the snapshot nor the number of the command shows that it was
# rolled back.
query(q{CREATE TABLE places (LIKE lab.mappings); CREATE TABLE found (what text, id bigint);
	CREATE FUNCTION id_of() RETURNS bigint LANGUAGE plpgsql AS
		$$BEGIN RETURN pe_execution('renamed', 'lab'); EXCEPTION WHEN undefined_object THEN RETURN NULL; END$$;
	CREATE FUNCTION place_of() RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RETURN pe_locate('places', 1, 1, 5); END$$});
query(q{BEGIN ISOLATION LEVEL REPEATABLE READ;
	DO $$DECLARE id bigint; place bigint; BEGIN
		BEGIN
			UPDATE lab.logs SET name = 'renamed' WHERE execution_id = 1;
			INSERT INTO places (execution_id, mapping_id, process_id, base_address, size) VALUES (1, 7, 1, 0, 10);
			id := id_of();
			place := place_of();
			RAISE 'x';
		EXCEPTION WHEN raise_exception THEN
			INSERT INTO found VALUES ('id within', id), ('place within', place);
		END;
		BEGIN
			UPDATE lab.logs SET name = 'renamed' WHERE execution_id = 1;
			INSERT INTO places (execution_id, mapping_id, process_id, base_address, size) VALUES (1, 7, 1, 0, 10);
			id := id_of();
			place := place_of();
			RAISE 'x';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
		id := id_of();
		place := place_of();
		INSERT INTO found VALUES ('id afterwards', id), ('place afterwards', place);
	END$$; COMMIT});
is(query('SELECT what, id FROM found ORDER BY 1'),
	"id afterwards|\nid within|1\nplace afterwards|\nplace within|7", 'nothing is found that was there for a moment');

# ---------------------------------------------------------------------------
# Names of servers
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'postgres_fdw is not installed', 2
	  if query(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'}) == 0;
	query('CREATE EXTENSION postgres_fdw');
	for my $server ('native', 'cold')
	{
		query("CREATE SERVER $server FOREIGN DATA WRAPPER postgres_fdw");
		like((session([ "SELECT pe_library_server('lab', '$server', 'lab', 1000, 2000)" ]))[0], qr/ERROR:  42939/,
			"a server called $server, as another part is");
	}
}

$node->stop;
done_testing();
