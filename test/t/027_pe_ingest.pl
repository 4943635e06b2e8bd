# pe ingest: a log into a server, and every way in which that fails.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $small  = log_path('made/small');
my $killed = log_path('real/w1killed');
my $files  = work_directory();
my $node   = start_server('ingest');
my $host   = $node->host =~ s/\//%2F/gr;
my $user   = query('SELECT current_user');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

sub url
{
	my ($database, $scheme, $as) = @_;
	return sprintf '%s://%s@%s:%d/%s', $scheme // 'postgresql', $as // $user, $host, $node->port, $database;
}

sub ingests
{
	my ($arguments, $test_name) = @_;
	my ($code, $output, $error) = pe([ 'ingest', @$arguments ]);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is("$code$error", 0, $test_name);
	like($output, qr/^ syscalls +\| +2000$/m, "$test_name: says what it wrote");
}

my $url = url('postgres');

# ---------------------------------------------------------------------------
# What comes of it
# ---------------------------------------------------------------------------

query('CREATE DATABASE fresh');
ingests([ $small, url('fresh', 'postgres') ], 'into a database without the extension');
is(query('SELECT name FROM pandelephant.executions', 'fresh'), 'small', 'the execution is named after the file');
is(query(q{SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1}, 'fresh'),
	"information_schema\npandelephant\npublic", 'no other schema is left');

ingests([ $small, url('postgres', 'postgresql+psycopg2'), '--name', q{it's "one"}, '--description=of many' ],
	"SQLAlchemy's URL");
ingests([ '-pandalog', $small, '-exec_name', 'old', '-db_url', url('postgres', 'postgres') ],
	"PANDelephant's options");
ingests([ $small, $url, '--schema', 'My', '--orm', '1' ], 'another schema');
is(query('SELECT name, description FROM pandelephant.executions ORDER BY execution_id'),
	qq{it's "one"|of many\nold|}, 'name and description');
is( query('SELECT count(*), min(position) FROM public.syscall_arguments'),
	query('SELECT count(*), 1 FROM "My".syscall_arguments'), 'the ORM finds its tables');
ingests([ $small, $url, '--name', 'old', '--orm=2', '--views', 'orm', '--replace' ], 'replaced');
is(query('SELECT count(*) FROM pandelephant.executions'), 2, 'which does not double it');
is(query('SELECT DISTINCT type FROM orm.syscalls'), 'Syscall', 'generation 2');

# ---------------------------------------------------------------------------
# What fails
# ---------------------------------------------------------------------------

sub fails
{
	my ($arguments, $code, $complaint, $test_name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	pe_fails([ 'ingest', @$arguments ], $code, $complaint, $test_name);
}

my $before = query('SELECT count(*) FROM pg_class');
fails([ $small, $url, '--name', 'old' ], 5, 'already has an execution "old".*--replace', 'twice');
fails([ $small, $url, '--name', 'x', '--orm', '1', '--views', 'pandelephant' ], 5, 'did not make', 'views in the way');
fails([$small], 2, 'ingest needs DB_URL', 'no database');
fails([ $small, 'mysql://x' ], 2, 'not a database', 'no such kind of database');
fails([ $small, $url, '--orm', '3' ], 2, 'no generation 3', 'no such generation');
fails([ "$files/none", $url ], 3, 'could not open file ".*none": No such file', 'no such log');
fails([ $0, $url ], 3, 'cannot read plog', 'not a plog');
fails([ $killed, $url ], 3, 'Use --recover to read', 'unfinished');
fails([ $small, 'postgresql://x@localhost:1/x' ], 4,
	'refused Is the server running on .* and accepting TCP/IP connections', 'no server');
fails([ $small, url('none') ], 4, 'database "none" does not exist', 'no such database');

copy($small, "$files/secret.plog");
chmod 0, "$files/secret.plog";
fails([ "$files/secret.plog", $url ], 3, 'Permission denied.*read by the server', 'a log the server may not read');

query('CREATE ROLE plain LOGIN; CREATE DATABASE bare');
fails([ $small, url('postgres', 'postgresql', 'plain') ], 3, 'permission denied to set option', 'a user who may not name files');
fails([ $small, url('bare', 'postgresql', 'plain') ], 4, 'permission denied to create extension', 'nor make the extension');
is(query('SELECT count(*) FROM pg_class'), $before, 'none of them leaves anything');

{
	my ($code, $output, $error) = pe([ 'ingest', '--recover', $killed, $url ]);
	is($code, 0, 'recovered');
	like($error, qr/\Ape: warning: .*not complete[^\n]*\n\z/, 'with a warning');
}

# A file that the server does not see, as on another machine: its rows are sent.
is((pe([ $small, $url ], program => [ 'bash', '-c', 'exec 200<"$0"; exec pe ingest /proc/self/fd/200 "$1"' ]))[0],
	0, 'a log that is not where the server is');
is(query(q{SELECT count(*) FROM pandelephant.syscalls JOIN pandelephant.executions e USING (execution_id) WHERE e.name = '200'}),
	2000, 'is sent');

# The log itself is sent where the server has the extension, and the user may not name
# files.
{
	my $as_plain = url('postgres', 'postgresql', 'plain');
	my $objects  = 'SELECT count(*) FROM pg_largeobject_metadata';

	query('GRANT CREATE ON DATABASE postgres TO plain');
	ingests([ $small, $as_plain, '--schema', 'mine' ], 'a user who may not name files, but make a schema');
	is(query('SELECT plog, name FROM mine.executions'), "$small|small", 'it is known where the log was');
	is(query(q{SELECT relkind FROM pg_class WHERE oid = 'mine.strace'::regclass}), 'v', 'the server made the view strace');
	is(query("$objects"), 0, 'the log is not kept');
	ingests([ $small, $as_plain, '--schema', 'mine', '--replace', '--orm', '1', '--views', 'mine_orm' ], 'with views of the ORM');
	ingests([ $small, $as_plain, '--schema', 'mine', '--replace', '--keep' ], 'kept');
	is(query("$objects"), 1, 'the log is in the database');
	is(query(q{SELECT plog = 'large object ' || oid FROM mine.executions, pg_largeobject_metadata}), 't', 'as executions says');
	my ($code, $output, $error) = pe([ 'ingest', $small, $as_plain, '--schema', 'mine', '--skip', '--keep' ]);
	is($code, 0, 'an execution that is there is skipped');
	is(query("$objects"), 1, 'and the log not kept twice');
	fails([ $killed, $as_plain, '--schema', 'mine' ], 3, 'Use --recover to read', 'an unfinished log');
	fails([ $small, $as_plain, '--schema', 'mine', '--name', 'x', '--keep', '--plain' ], 4, 'a server keeps logs only', 'none of --plain is kept');
	is(query("$objects"), 1, 'what fails leaves nothing');
	query("DROP SCHEMA mine, mine_orm CASCADE; SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
}

# ---------------------------------------------------------------------------
# Stopped
# ---------------------------------------------------------------------------

for my $signal (qw(INT TERM))
{
	# stopped while it waits for a lock, which it must not take later on
	my $lock    = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres') ],
		'<', \my $commands, '>', \my $locked, '2>', \my $error);
	$commands = "BEGIN; LOCK TABLE pandelephant.executions; SELECT 'locked';\n";
	$lock->pump until ($locked // '') =~ /locked/;

	my $started = start_pe([ 'ingest', $small, $url, '--name', 'stopped' ]);
	my $waiting = q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pe_materialize(%' AND pid <> pg_backend_pid()};
	wait_until(sub { query("$waiting AND state = 'active'") > 0 }, 'the load');
	$started->{run}->signal($signal);
	$started->{run}->finish;
	is(${ $started->{error} }, '', "SIG$signal: without a word");
	wait_until(sub { query("$waiting AND state <> 'idle'") == 0 }, 'the load to end');
	$commands = "ROLLBACK;\n\\q\n";
	$lock->finish;
	is(query(q{SELECT count(*) FROM pandelephant.executions WHERE name = 'stopped'}), 0, "SIG$signal: nothing is loaded");
}

$node->stop;
done_testing();
