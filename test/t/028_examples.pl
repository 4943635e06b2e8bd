# The scripts in examples/, on both generations of PANDelephant's tables, on
# the native ones and on the SQLite file, beside what SQL gives.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $examples = abs_path("$FindBin::RealBin/../../examples");
my $files    = work_directory();
my $log      = 'real/w1libs';

# Debian's, which has Debian's packages.
my $python = '/usr/bin/python3';

# The oldest that doc/pandelephant.md names; Debian 11 has an older one.
my $sqlalchemy = `$python -c 'import sqlalchemy; print(sqlalchemy.__version__)'`;
plan skip_all => "the examples need SQLAlchemy 1.4 or later, this is $sqlalchemy"
  if $sqlalchemy =~ /\A(?:0|1\.[0-3])\./;

my $node = start_server('examples');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

sub url
{
	my ($database) = @_;
	return sprintf 'postgresql://%s@/%s?host=%s&port=%d', query('SELECT current_user'), $database,
	  $node->host, $node->port;
}

sub example
{
	my ($script, @arguments) = @_;
	my ($output, $error);

	IPC::Run::run([ $python, '-B', "$examples/$script", @arguments ],
		'<', \undef, '>', \$output, '2>', \$error)
	  or diag("$script: $error");
	chomp $output;
	return $output;
}

# Compare texts, and show the first line that differs only.
sub lines_are
{
	my ($found, $expected, $test_name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ split /\n/, $found ], [ split /\n/, $expected ], $test_name);
}

# ---------------------------------------------------------------------------
# analysis.py
# ---------------------------------------------------------------------------

# What it prints, from the foreign tables.  The words of the two generations
# differ in the types of arguments and in how a pointer is written.
my $analysis = q{
	SELECT 'execution ' || name FROM w1libs.executions;
	SELECT format('process %s child of %s: %s', pid, coalesce(ppid::text, 'None'), threads)
	FROM w1libs.processes JOIN (
		SELECT process_id, string_agg(format('%s(%s)', tid, thread_names), ' ' ORDER BY thread_id) AS threads
		FROM w1libs.threads JOIN (
			SELECT thread_id, string_agg(name, ',' ORDER BY thread_name_id) AS thread_names
			FROM w1libs.thread_names GROUP BY thread_id) n USING (thread_id)
		GROUP BY process_id) t USING (process_id)
	ORDER BY process_id;
	SELECT format('count %s %s %s', p.pid, s.name, count(*))
	FROM w1libs.processes p JOIN w1libs.syscalls s USING (process_id)
	GROUP BY process_id, p.pid, s.name ORDER BY process_id, count(*) DESC, s.name COLLATE "C";
	SELECT format('call %s %s(%s)', execution_offset, s.name, arguments)
	FROM w1libs.syscalls s LEFT JOIN (
		SELECT syscall_id, string_agg(format('%s=%s:%s', name,
				CASE WHEN argument_type IN ($labels) THEN argument_type ELSE 'STRING' END,
				CASE argument_type WHEN 'POINTER' THEN substr(value, $pointer) ELSE coalesce(value, '') END),
			', ' ORDER BY position) AS arguments
		FROM w1libs.syscall_arguments GROUP BY syscall_id) a USING (syscall_id)
	WHERE pid = 83 ORDER BY syscall_id};
my $labels = q{'POINTER', 'UNSIGNED_64', 'SIGNED_64', 'UNSIGNED_32', 'SIGNED_32', 'UNSIGNED_16', 'SIGNED_16'};
my %expected;

query(sprintf q{SELECT pe_attach('%s', schema => 'w1libs')}, log_path($log));
$expected{1} = query($analysis =~ s/\$labels/$labels/r =~ s/\$pointer/3/r);
$expected{2} = query($analysis =~ s/\$labels/$labels, 'BYTES'/r =~ s/\$pointer/1/r);
cmp_ok($expected{1} =~ tr/\n//, '>', 500, 'there is something to compare');

for my $generation (1, 2)
{
	my $database = "generation$generation";

	query("CREATE DATABASE $database");
	is((pe([ 'ingest', log_path('made/small'), url($database) ]))[0], 0, 'another execution before it');
	is((pe([ 'ingest', log_path($log), url($database), '--orm', $generation ]))[0], 0, "generation $generation");
	lines_are(example('analysis.py', '--generation', $generation, '--execution', 'w1libs', '--pid', 83, url($database)),
		"execution small\n$expected{$generation}",
		"analysis of generation $generation");
}

is((pe([ 'export', log_path($log), "$files/w1libs.db" ]))[0], 0, 'export');
lines_are(example('analysis.py', '--pid', 83, "sqlite:///$files/w1libs.db"), $expected{1}, 'analysis of the SQLite file');

# what is not there is said in a line
for my $case (
	[ "no execution 'nosuch'", 'analysis.py', '--execution', 'nosuch', "sqlite:///$files/w1libs.db" ],
	[ 'usage: ', 'consume_plog.py' ],
	[ 'usage: ', 'consume_plog.py', '--in-server', log_path('made/small') ])
{
	my ($words, @command) = @$case;
	my $error = '';
	ok(!IPC::Run::run([ $python, '-B', "$examples/$command[0]", @command[ 1 .. $#command ] ], '<', \undef, '>', \my $output, '2>', \$error),
		"fails: @command[ 0 .. $#command - 1 ]");
	like($error, qr/\Q$words/, 'and says why');
	unlike($error, qr/Traceback/, 'without a traceback');
}

# ---------------------------------------------------------------------------
# notes.py
# ---------------------------------------------------------------------------

my $failures = q{
	SELECT s.execution_id, p.pid, s.syscall_id, s.name, 'failed with error ' || -s.retval
	FROM pandelephant.syscalls s JOIN pandelephant.processes p USING (execution_id, process_id)
	WHERE s.retval BETWEEN -4095 AND -1 ORDER BY s.execution_id, s.syscall_id};
my $noted = query($failures, 'generation1') =~ tr{|}{ }r;

isnt($noted, '', 'some calls fail');
lines_are(example('notes.py', url('generation1')), $noted, 'notes');
lines_are(example('notes.py', url('generation1')), $noted, 'and again, not twice');
is( query(q{SELECT count(*) FROM pandelephant.notes JOIN pandelephant.syscalls USING (execution_id, syscall_id)}, 'generation1'),
	1 + ($noted =~ tr/\n//),
	'which can be joined');
is((pe([ 'ingest', log_path($log), url('generation1'), '--replace' ]))[0], 1, 'what has notes is not replaced');

# ---------------------------------------------------------------------------
# consume_plog.py
# ---------------------------------------------------------------------------

# PANDelephant's own tables have bytes as the second generation writes them.
my $readable = $expected{1} =~ s/=STRING:\\x((?:[0-9a-f]{2})*)(?=[,)])/'=STRING:' . python_bytes($1)/ger;
isnt($readable, $expected{1}, 'there are bytes');
for my $how ([ 'consumed', $readable ], [ 'consumed_in_server', $expected{1}, '--in-server' ])
{
	my ($database, $lines, @options) = @$how;

	query("CREATE DATABASE $database");
	query('CREATE EXTENSION pandelephant', $database) if @options;
	example('consume_plog.py', @options, log_path($log), url($database), 'w1libs');
	lines_are(example('analysis.py', '--pid', 83, url($database)), $lines, "what it loads: $database");
}
is(query(q{SELECT relkind FROM pg_class WHERE relname = 'syscalls'}, 'consumed'), 'r', q{PANDelephant's own tables});

# ---------------------------------------------------------------------------
# What tools read of the tables themselves
# ---------------------------------------------------------------------------

my $inspect = <<'END';
import sqlalchemy, sys
inspector = sqlalchemy.inspect(sqlalchemy.create_engine(sys.argv[1]))
for schema, table in (name.split('.') for name in sys.argv[2:]):
    columns = inspector.get_columns(table, schema=schema)
    print(schema, table, inspector.get_table_comment(table, schema=schema)['text'])
    print('not null:', *(c['name'] for c in columns if not c['nullable']))
    print('no comment:', *(c['name'] for c in columns if not c['comment']))
    print('key:', *inspector.get_pk_constraint(table, schema=schema)['constrained_columns'])
END
my $said = "One row per system call.\nnot null: execution_id syscall_id\nno comment:\n";

query(q{SELECT pe_materialize('w1libs', 'native')});
is( `$python -B -c "$inspect" "@{[ url('postgres') ]}" w1libs.syscalls native.syscalls`,
	"w1libs syscalls ${said}key:\nnative syscalls ${said}key: execution_id syscall_id\n",
	'the inspector of SQLAlchemy');
is( query(q{
	SELECT string_agg(format('%s.%s.%s', table_schema, table_name, column_name), ' ') FROM information_schema.columns
	WHERE table_schema IN ('w1libs', 'native') AND table_name = ANY (
			SELECT foreign_table_name FROM information_schema.foreign_tables WHERE foreign_table_schema = 'w1libs')
		AND col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position) IS NULL}),
	'', 'all columns have comments');
is( query(q{
	SELECT count(DISTINCT table_name) FROM information_schema.columns JOIN information_schema.foreign_tables
		ON table_schema = foreign_table_schema AND table_name = foreign_table_name
	WHERE table_schema = 'w1libs' AND is_nullable = 'NO' AND column_name ~ '_id$' AND column_name <> 'execution_id'}),
	12, 'all foreign tables but executions have a key that is never NULL');

# ---------------------------------------------------------------------------
# record.py
# ---------------------------------------------------------------------------

is( system($python, '-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', "$examples/record.py"),
	0, 'record.py is Python; there is no PANDA to run it');

$node->stop;
done_testing();
