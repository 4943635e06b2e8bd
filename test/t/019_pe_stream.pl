# pe ingest into a server that cannot read the log, or whose role may make
# tables and no more: the same tables and rows as pe_materialize() makes.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $node  = start_server('stream');
my $host  = $node->host =~ s/\//%2F/gr;
my $user  = query('postgres', 'SELECT current_user');

sub query
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, $sql);
}

sub url
{
	my ($database, $as) = @_;
	return sprintf 'postgresql://%s@%s:%d/%s', $as // $user, $host, $node->port, $database;
}

sub lines_are
{
	my ($found, $expected, $test_name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ split /\n/, $found ], [ split /\n/, $expected ], $test_name);
}

# Columns, constraints and indexes of a schema, and its partitions' bounds.
my $shape = q{
	SELECT concat_ws(' ', c.relname, c.relkind, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
		pg_get_expr(relpartbound, c.oid), pg_get_partkeydef(c.oid))
	FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
	WHERE relnamespace = 'pandelephant'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND relname !~ '^strace'
	ORDER BY c.relname, attnum;
	SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
	WHERE connamespace = 'pandelephant'::regnamespace AND conname !~ '^strace' ORDER BY 1;
	SELECT indexdef FROM pg_indexes WHERE schemaname = 'pandelephant' AND tablename !~ '^strace' ORDER BY 1};

my @relations = split /\n/, q{executions
processes
threads
thread_names
threadslices
mappings
syscalls
syscall_arguments
strace};

sub rows_are
{
	my ($database, $test_name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $relation (@relations)
	{
		my $sql = "SELECT t::text FROM pandelephant.$relation t ORDER BY 1";
		lines_are(query($database, $sql), query('there', $sql), "$test_name: $relation");
	}
}

# What the server makes itself, and what is sent to one without the extension,
# as a role that owns nothing but a schema.
query('postgres', 'CREATE ROLE plain LOGIN; CREATE DATABASE there; CREATE DATABASE sent; CREATE DATABASE plainly');
query($_, 'CREATE SCHEMA pandelephant AUTHORIZATION plain') for 'sent', 'plainly';
my $number = 0;
for my $log (qw(real/w1libs made/all_kinds edges/bad_utf8 made/small))
{
	my @name = ('--name', "it's " . ++$number, '--description', 'x');
	is((pe([ 'ingest', log_path($log), url('there'), @name ]))[0], 0, "$log: there");
	for my $how ([ 'sent' ], [ 'plainly', '--plain' ])
	{
		my ($database, @options) = @$how;
		my ($code, $output, $error) = pe([ 'ingest', log_path($log), url($database, 'plain'), @name, @options ]);
		is("$code$error", 0, "$log: $database") or next;
		like($output, qr/^ syscalls +\| +[0-9]+$/m, 'says what it wrote');
	}
}
rows_are('sent', 'sent');
rows_are('plainly', 'plainly');
lines_are(query('sent', $shape), query('there', $shape), 'the tables are the same');
is(query('plainly', q{SELECT count(*) FROM pg_class WHERE relkind = 'p' OR relispartition}), 0, 'plain ones have no partitions');
is( query('plainly', q{SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'pandelephant'::regnamespace}),
	query('there', q{SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text ~ '_1$'}),
	'but references');
{
	my $parts = q{
		SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE connamespace = 'pandelephant'::regnamespace AND conrelid::regclass::text !~ 'entries|recordings|strace' ORDER BY 1;
		SELECT regexp_replace(indexdef, 'INDEX \S+', 'INDEX') FROM pg_indexes
		WHERE schemaname = 'pandelephant' AND tablename !~ 'entries|recordings|strace' ORDER BY 1;};
	query('postgres', 'CREATE DATABASE made');
	query('made', q{CREATE EXTENSION pandelephant; SELECT pe_native_tables('pandelephant', layout => 'plain')});
	lines_are(query('plainly', $parts), query('made', $parts), 'keys and indexes of plain ones are those of pe_native_tables()');
}
is(query('sent', q{SELECT count(*) FROM pg_extension WHERE extname = 'pandelephant'}), 0, 'without the extension');

# Again.
for my $how ([ 'sent' ], [ 'plainly', '--plain' ])
{
	my ($database, @options) = @$how;
	my @again = ('ingest', log_path('edges/bad_utf8'), url($database, 'plain'), '--name', q{it's 3}, @options);
	pe_fails(\@again, 5, q{already has an execution "it's 3"\. Use --replace}, "$database: twice");
	is((pe([ @again, '--description', 'x', '--replace' ]))[0], 0, "$database: replaced");
	rows_are($database, "$database, replaced");
}

# Left alone, and a part of the relations.
for my $how ([ 'sent' ], [ 'plainly', '--plain' ], [ 'there' ])
{
	my ($database, @options) = @$how;
	my $url = $database eq 'there' ? url($database) : url($database, 'plain');
	my $before = query($database, 'SELECT count(*), sum(execution_id) FROM pandelephant.syscalls');
	my ($code, $output, $error) = pe([ 'ingest', log_path('made/small'), $url, '--name', q{it's 3}, '--skip', @options ]);
	is("$code$output", 0, "$database: skipped");
	like($error, qr/skipped\n\z/, 'which pe says');
	is(query($database, 'SELECT count(*), sum(execution_id) FROM pandelephant.syscalls'), $before, 'nothing is changed');

	is((pe([ 'ingest', log_path('made/small'), $url, '--name', 'part', '--relations', 'syscalls, entries', '--schema', 'parts', @options ]))[0],
		$database eq 'there' ? 0 : $database eq 'sent' ? 4 : 1, "$database: a part of the relations, in a schema that is missing");
	next if $database ne 'there';
	is(query($database, 'SELECT (SELECT count(*) FROM parts.syscalls), (SELECT count(*) FROM parts.entries) > 2000,
		(SELECT count(*) FROM parts.threads), (SELECT count(*) FROM parts.syscall_arguments)'), '2000|t|45|0', 'and no other');
}
for my $how ([ 'sent' ], [ 'plainly', '--plain' ])
{
	my ($database, @options) = @$how;
	query($database, 'CREATE SCHEMA parts AUTHORIZATION plain');
	my @part = ('ingest', log_path('made/small'), url($database, 'plain'), '--name', 'part', '--schema', 'parts', @options);
	is((pe([ @part, '--relations', 'syscalls, entries' ]))[0], 0, "$database: a part of the relations");
	is(query($database, 'SELECT (SELECT count(*) FROM parts.syscalls), (SELECT count(*) FROM parts.entries) > 2000,
		(SELECT count(*) FROM parts.threads), (SELECT count(*) FROM parts.strace)'), '2000|t|45|0', 'and no other');
	is((pe([ @part, '--replace', '--relations=syscalls,strace' ]))[0], 0, "$database: another part");
	is(query($database, 'SELECT (SELECT count(*) FROM parts.syscalls), (SELECT count(*) FROM parts.entries),
		(SELECT count(*) FROM parts.strace)'), '2000|0|2000', 'in its place');
	pe_fails([ @part, '--replace', '--relations', 'nosuch' ], 1, 'nosuch', "$database: no such relation");
}

# A log that the server does not see, in one that has the extension.
is((pe([ log_path('made/small'), url('there') ], program => [ 'bash', '-c', 'exec 200<"$0"; exec pe ingest /proc/self/fd/200 "$1"' ]))[0],
	0, 'a log that is not where the server is');
is(query('there', q{SELECT count(*) FROM pandelephant.syscalls JOIN pandelephant.executions e USING (execution_id) WHERE e.name = '200'}),
	2000, 'is sent');
system(q{gzip -c '} . log_path('made/small') . qq{' >$files/packed.plog.gz});
is((pe([ 'ingest', "$files/packed.plog.gz", url('there') ]))[0], 0, 'a compressed log');
is(query('there', q{SELECT count(*) FROM pandelephant.executions WHERE name = 'packed'}), 1, 'has its name');

# What fails leaves nothing.
my $before = query('sent', 'SELECT count(*) FROM pg_class');
pe_fails([ 'ingest', log_path('real/w1killed'), url('sent', 'plain') ], 3, 'Use --recover', 'unfinished');
query('postgres', 'CREATE DATABASE closed');
pe_fails([ 'ingest', log_path('made/small'), url('closed', 'plain') ], 4, 'permission denied', 'a role without any right');
for my $how ('a signal', 'a lost connection')
{
	my $started = start_pe([ 'ingest', log_path('real/w3a'), url('sent', 'plain'), '--name', 'stopped' ]);
	wait_until(
		sub { query('postgres', q{SELECT count(*) FROM pg_stat_progress_copy WHERE datname = 'sent' AND tuples_processed > 0}) > 0 },
		'the first rows');
	if ($how eq 'a signal')
	{
		$started->{run}->signal('INT');
	}
	else
	{
		query('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sent'});
	}
	$started->{run}->finish;
	is(PeCommand::exit_code($started), $how eq 'a signal' ? 130 : 4, "$how: exit code");
	wait_until(sub { query('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE datname = 'sent'}) == 0 }, 'the session to end');
}
is(query('sent', 'SELECT count(*) FROM pg_class'), $before, 'none of them leaves anything');
nothing_is_left('in the end');

$node->stop;
done_testing();
