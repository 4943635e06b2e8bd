# pe and where its results go: pipes, full disks and terminals; how much memory
# it takes, what others see of it, servers in another language, and servers that
# go away.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Fcntl qw(:flock);
use IPC::Run;
use JSON::PP;
use PeCommand;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep time);

my $small = log_path('made/small');
my $files = work_directory();

chdir $files or die $!;

sub prints
{
	my ($arguments, $expected, $test_name, %option) = @_;
	my ($code, $output, $error) = pe($arguments, %option);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($output, $expected, $test_name);
	is("$code$error", 0, "$test_name: without complaint");
}

# ---------------------------------------------------------------------------
# Formats
# ---------------------------------------------------------------------------

my $rows = q{SELECT * FROM (VALUES (1, 'a|b'), (2, NULL)) AS v (n, t)};
prints([ 'query', '--jsonl', $small, $rows ], qq({"n":1,"t":"a|b"}\n{"n":2,"t":null}\n), 'JSON lines');
prints([ 'query', '--markdown', $small, $rows ], "| n | t |\n| ---: | --- |\n| 1 | a\\|b |\n| 2 |  |\n\n", 'Markdown');
prints([ 'query', $small, q{SELECT 1 AS n, E'two\nlines' AS t, 'last' AS l} ],
	" n |   t   |  l   \n---+-------+------\n 1 | two  +| last\n   | lines | \n(1 row)\n\n", 'a table with lines');

my $numbers = q{SELECT 9007199254740992 AS a, 9007199254740993 AS b, -9007199254740993 AS c, 0.1 AS d,
	'9007199254740993' AS e, '{"f": [18446744073709551615, "1\\"2", 1e400]}'::jsonb->'f'->0 AS f};
prints([ 'query', '--jsonl', $small, $numbers ],
	qq({"a":9007199254740992,"b":9007199254740993,"c":-9007199254740993,"d":0.1,"e":"9007199254740993","f":18446744073709551615}\n),
	'numbers as they are');
prints([ 'query', '--jsonl', '--numbers-as-strings', $small, $numbers ],
	qq({"a":9007199254740992,"b":"9007199254740993","c":"-9007199254740993","d":0.1,"e":"9007199254740993","f":"18446744073709551615"}\n),
	'and as strings');
prints([ 'query', '--jsonl', $small, q{SELECT E'a''b\'c' AS a, ARRAY[1] AS b;} ], qq({"a":"a'b'c","b":[1]}\n),
	'a statement whose end is behind quotes of all kinds');
for my $statement (
	'SELECT 1 AS a; -- the end',
	'SELECT 1 AS a /* ; /* nested */ */ ;;',
	q{SELECT 1 AS a WHERE ';--' <> '/*' -- '},
	'VALUES (1)', 'TABLE executions LIMIT 1', 'WITH w AS (SELECT 1 AS a) SELECT * FROM w',
	'CREATE TEMP TABLE t AS SELECT 1 AS a', 'EXPLAIN SELECT 1', 'SHOW work_mem',
	q{CREATE TEMP TABLE t (a int)}, 'SELECT 1 AS a, 2 AS a ORDER BY 1 FOR UPDATE')
{
	my ($code, $output, $error) = pe([ 'query', '--json', $small, $statement ]);
	is("$code$error", 0, "as JSON: $statement");
	ok($statement =~ /^CREATE/ ? $output eq '' : eval { ref decode_json($output) eq 'ARRAY' }, 'which is JSON');
}

# ---------------------------------------------------------------------------
# Streams
# ---------------------------------------------------------------------------

# The most memory that pe takes for a query whose result goes nowhere.
sub peak_of
{
	my (@arguments) = @_;
	my $peak    = 0;
	my $started = start_pe(\@arguments, program => [ 'bash', '-c', 'exec pe "$@" >/dev/null', '-' ]);
	my ($pid)   = map { $_->{PID} } @{ $started->{run}{KIDS} };

	for (;;)
	{
		my ($kilobytes) = slurp("/proc/$pid/status") =~ /^VmHWM:\s+(\d+)/m;
		last if !defined $kilobytes;
		$peak = $kilobytes if $kilobytes > $peak;
		sleep 0.01;
	}
	$started->{run}->finish;
	return $peak;
}

my $many = q{SELECT repeat('x', 1000) AS x, n FROM generate_series(1, 150000) AS n};
for my $format ([], ['--csv'], ['--json'], ['--jsonl'], ['--markdown'], ['--tuples-only'])
{
	my $peak = peak_of('query', @$format, $small, $many);
	cmp_ok($peak, '>', 0, "@$format: memory is seen");

	# AddressSanitizer keeps what was freed
	cmp_ok($peak, '<', 65536, "@$format: 64 MB are enough for 150 MB") unless $ENV{SANITIZE};
}

# a server sends 8 kB at a time
for my $format ([], ['--json'], ['--csv'])
{
	my $started = start_pe([ 'query', @$format, $small, q{SELECT 'first' || repeat('x', 1000) AS x
		FROM generate_series(1, 20) UNION ALL SELECT pg_sleep(100)::text} ]);
	$started->{run}->pump until ${ $started->{output} } =~ /first/;
	pass("@$format: the first row comes before the last is made");
	$started->{run}->signal('TERM');
	$started->{run}->finish;
}

for my $format ([], ['--csv'], ['--json'], ['--tuples-only'])
{
	my ($output, $error);
	IPC::Run::run([ 'bash', '-c', q{set -o pipefail; "$@" | head -n 3}, '-', 'pe', 'query', @$format, $small, $many ],
		'<', \undef, '>', \$output, '2>', \$error);
	is($output =~ tr/\n//, 3, "@$format | head: three lines");
	is($error, '', "@$format | head: without a word");
	($output, $error) = ('', '');
	my $ok = IPC::Run::run([ 'bash', '-c', q{"$@" >/dev/full}, '-', 'pe', 'query', @$format, $small, 'SELECT 1' ],
		'<', \undef, '>', \$output, '2>', \$error);
	ok(!$ok, "@$format: a full disk is an error");
	like($error, qr/\Ape: could not write standard output: [^\n]*\n\z/, 'and is said');
}

# rows that were held back are printed while the server makes the next, to nobody
{
	my $slow = q{SELECT repeat('x', 1000) AS x, CASE WHEN n > 500 THEN pg_sleep(0.7)::text END FROM generate_series(1, 501) AS n};
	my ($output, $error);
	IPC::Run::run([ 'bash', '-c', q{set -o pipefail; "$@" | head -n 3}, '-', 'pe', 'query', $small, $slow ],
		'<', \undef, '>', \$output, '2>', \$error);
	is($output =~ tr/\n//, 3, 'a slow query | head: three lines');
	is($error, '', 'a slow query | head: without a word');
}
pe_fails([ 'query', '-o', '/dev/full', $small, 'SELECT 1' ], 1, 'could not write /dev/full', 'a full disk');
nothing_is_left('after streams');

# ---------------------------------------------------------------------------
# Terminals
# ---------------------------------------------------------------------------

for my $format ([], ['--csv'], ['--json'], ['--markdown'], ['--tuples-only'])
{
	my ($code, $screen) =
	  on_terminal([ 'query', @$format, $small, q{SELECT E'\x1b]0;x\x07' || chr(155) || E'\r\x7f' AS x} ]);
	is($code, 0, "@$format: on a terminal");

	# but a slow machine's progress
	$screen =~ s/\r[^\r\n\e]*\e\[K//g;
	unlike($screen =~ s/\r\n/\n/gr, qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2\x9b/, 'nothing of a log steers it');
}
for my $format (['--json'], ['--jsonl'])
{
	my ($code, $screen) = on_terminal([ 'query', @$format, $small, q{EXPLAIN (VERBOSE, COSTS off) SELECT chr(155) || '31m'} ]);
	like($screen, qr/31m/, "@$format: what the server cannot make JSON of");
	unlike($screen, qr/\xc2\x9b/, 'steers it neither');
}

# ---------------------------------------------------------------------------
# What others see
# ---------------------------------------------------------------------------

my $node = start_server('output');
{
	my $user  = $node->safe_psql('postgres', 'SELECT current_user');
	my $host  = $node->host =~ s/\//%2F/gr;
	my $url   = sprintf 'postgresql://%s:secret@%s:%d/postgres', $user, $host, $node->port;
	my $lock  = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ],
		'<', \my $commands, '>', \my $locked, '2>', \my $error);

	is((pe([ 'ingest', $small, $url ]))[0], 0, 'a URL with a password');
	$commands = "BEGIN; LOCK TABLE pandelephant.executions; SELECT 'locked';\n";
	$lock->pump until ($locked // '') =~ /locked/;
	my $started = start_pe([ 'ingest', $small, $url, '--name', 'waits' ]);
	wait_until(
		sub {
			$node->safe_psql('postgres',
				q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pe_materialize(%' AND pid <> pg_backend_pid()}) > 0;
		},
		'the load');
	my $all = join '', map { slurp($_) } glob '/proc/[0-9]*/cmdline';
	like($all, qr/ingest\0/, 'the list of processes has pe');
	unlike($all, qr/secret/, 'but no password');

	# Its server goes away.
	$node->safe_psql('postgres',
		q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pe_materialize(%' AND pid <> pg_backend_pid()});
	$started->{run}->finish;
	is(PeCommand::exit_code($started), 4, 'a server that goes away');
	like(${ $started->{error} }, qr/\Ape: [^\n]+\n\z/, 'and is said to');
	$commands = "ROLLBACK;\n\\q\n";
	$lock->finish;

}
$node->stop;

# ---------------------------------------------------------------------------
# Servers and clients that speak German
# ---------------------------------------------------------------------------

SKIP:
{
	my $locales = "$files/locales";
	mkdir $locales or die "could not make $locales: $!";
	my $complaint = '';
	IPC::Run::run([ 'localedef', '-i', 'de_DE', '-f', 'UTF-8', "$locales/de_DE.UTF-8" ], '>&', \$complaint)
	  or skip "there is no German locale: $complaint", 1;
	local @ENV{qw(LOCPATH LC_ALL)} = ($locales, 'de_DE.UTF-8');
	delete local $ENV{LANGUAGE};

	chomp(my $messages = `pg_config --localedir`);
	skip 'this PostgreSQL has no German messages', 1 if !-d "$messages/de";
	my $german = start_server('german');
	my $url = sprintf 'postgresql://postgres@%s:%d/postgres', $german->host =~ s/\//%2F/gr, $german->port;
	$german->append_conf('postgresql.conf', "lc_messages = 'de_DE.UTF-8'\n");
	$german->restart;
	like(($german->psql('postgres', 'SELECT 1/0'))[2], qr/FEHLER: /, 'the server speaks German');
	is((pe([ 'ingest', $small, $url ]))[0], 0, 'it takes a log');
	is((pe([ 'ingest', $small, $url ]))[0], 5, 'the execution is there already');
	is((pe([ 'ingest', "$files/none", $url ]))[0], 3, 'no such log');
	for my $case (
		[ 'no such database', 4, qr/FATAL:  Datenbank »none« existiert nicht/, 'ingest', $small, $url =~ s/postgres\z/none/r ],
		[ 'no such server', 4, qr/./, 'ingest', $small, $url =~ s/:\d+/:1/r ],
		[ 'an error of a query', 1, qr/nothing/, 'query', $small, 'SELECT nothing' ])
	{
		my ($name, $wanted, $words, @arguments) = @$case;
		my ($code, $output, $error) = pe(\@arguments);
		is($code, $wanted, "in German: $name");
		like($error, qr/\Ape: .*$words/, "$name: and is said");
	}
	$german->stop;
}

# ---------------------------------------------------------------------------
# Locks
# ---------------------------------------------------------------------------

my $place = cluster_directory() =~ s/\/cluster$//r;
{
	open my $lock, '+<', "$place/lock" or die $!;
	flock $lock, LOCK_EX or die $!;
	my $started = start_pe([ 'query', $small, 'SELECT 1' ]);
	sleep 0.5;
	$started->{run}->signal('INT');
	$started->{run}->finish;
	is(PeCommand::exit_code($started), 130, 'interrupted while it waits for another pe');
	is(${ $started->{output} } . ${ $started->{error} }, '', 'without a word');
	close $lock;
	nothing_is_left('after it');
}
SKIP:
{
	skip 'root opens everything', 3 if $> == 0;
	chmod 0, "$place/share";
	pe_fails([ 'query', $small, 'SELECT 1' ], 4, 'cannot open ".*share"', 'a lock that cannot be opened');
	chmod 0600, "$place/share";
}

# Why a server does not start: its first complaint.
{
	chmod 0777, "$place/cluster/data";
	my ($code, $output, $error) = pe([ 'query', '--tuples-only', $small, 'SELECT 1' ]);
	is("$code$output$error", "01\n", 'a cluster with the wrong rights is made anew');
}
for my $case (
	[ '-n 40',   '',      'FATAL: .*insufficient file descriptors available to start server process', 'a server that does not start' ],
	[ '-f 1024', '-none', 'File (?:too large|size limit exceeded)', 'a cluster that cannot be made' ])
{
	my ($limit, $cache, $complaint, $test_name) = @$case;
	local $ENV{XDG_CACHE_HOME} = "$ENV{XDG_CACHE_HOME}$cache";

	pe_fails([ 'query', $small, 'SELECT 1' ], 4, "the private server does not start: .*$complaint", $test_name,
		program => [ 'bash', '-c', "ulimit $limit; exec pe \"\$\@\"", '-' ]);
	prints([ 'query', '--tuples-only', $small, 'SELECT 1' ], "1\n", "$test_name: as soon as it does");
}
nothing_is_left('after servers that did not start');

# ---------------------------------------------------------------------------
# Killed
# ---------------------------------------------------------------------------

# At any moment: the next call works, and stops the server.
for my $moment (1 .. 8)
{
	my $started = start_pe([ 'query', $small, 'SELECT count(*) FROM strace' ]);
	sleep 0.05 * $moment;
	$started->{run}->signal('KILL');
	eval { $started->{run}->finish };
	remove_temporary_files();
}
prints([ 'query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls' ], "2000\n", 'after kills');
nothing_is_left('after kills');

chdir '/';
done_testing();
