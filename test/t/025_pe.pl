# The command pe: what shell, query and info print, every error and its exit
# code, names of files, calls at once, and what is left after a signal.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use File::Path qw(remove_tree);
use JSON::PP;
use PeCommand;
use Test::More;

my $libs   = plog('real/w1libs');
my $small  = plog('made/small');
my $killed = plog('real/w1killed');
my $files  = work_directory();

# ---------------------------------------------------------------------------
# Help
# ---------------------------------------------------------------------------

my ($version) =
  slurp("$FindBin::RealBin/../../pandelephant.control") =~ /default_version = '(.*)'/;

for my $arguments ([], map { [$_] } qw(shell query info ingest export))
{
	my ($code, $output, $error) = pe([ @$arguments, '--help' ]);
	is("$code$error", 0, "pe @$arguments --help");
	like($output, qr/\Ausage: pe $arguments->[0]/, 'and it is about that') if @$arguments;
}
like((pe(['--version']))[1], qr/\Ape \Q$version\E, psql/, 'version');
pe_fails([], 2, 'no command given', 'no command');
pe_fails(['look'], 2, 'no command look', 'unknown command');
pe_fails([ 'query', $small ], 2, 'query needs SQL', 'operand missing');
pe_fails([ 'info', $small, 'more' ], 2, 'one argument too many: more', 'operand too many');
pe_fails([ 'info', '--csv', $small ], 2, 'no option --csv', "another command's option");
pe_fails([ 'info', '-x', $small ], 2, 'no option -x', 'unknown option');
pe_fails([ 'info', $small, '--name' ], 2, '--name needs a value', 'option without value');
pe_fails([ 'info', $small, '--recover=yes' ], 2, 'no option --recover with a value', 'flag with value');
ok(!-e $ENV{XDG_CACHE_HOME}, 'none of them needed a server');

# ---------------------------------------------------------------------------
# Queries
# ---------------------------------------------------------------------------

my $query = q{SELECT name, count(*) FROM syscalls GROUP BY name ORDER BY 2 DESC, 1 LIMIT 2};

sub prints
{
	my ($arguments, $expected, $test_name, %option) = @_;
	my ($code, $output, $error) = pe($arguments, %option);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($output, $expected, $test_name);
	is("$code$error", 0, "$test_name: without complaint");
}

prints([ 'query', $libs, $query, '--tuples-only' ],
	"sys_clock_nanosleep|433\nsys_close|240\n", 'rows only');
prints([ 'query', '--csv', $libs, "$query;" ],
	"name,count\nsys_clock_nanosleep,433\nsys_close,240\n", 'CSV');
prints([ 'query', $libs, 'SELECT 1 AS one' ], " one \n-----\n   1\n(1 row)\n\n", 'table');
prints([ 'query', $libs, '-', '--tuples-only' ], "1|:'log'\n", 'SQL of standard input',
	input => q{SELECT 1, ':''log''' -- :'name'});
prints([ 'query', '--tuples-only', $libs, 'SELECT count(*) FROM w1libs.syscalls' ],
	"2222\n", 'the schema is named after the file');
prints([ 'query', '--tuples-only', '--name=a b', '--description', 'x', $libs,
		'SELECT name, description FROM executions' ],
	"a b|x\n", 'name and description');
prints([ 'query', $libs, 'SELECT 1 WHERE false', '--json' ], "[]\n", 'no row as JSON');
nothing_is_left('after queries');

my $odd = q{SELECT NULL AS n, 'é' || E'"\n\\\\' AS t, -9223372036854775808 AS i,
	ARRAY[1, 2] AS a, '{"x": 1}'::jsonb AS j};
is_deeply(
	decode_json((pe([ 'query', '--json', $libs, "$odd UNION ALL $odd; -- end" ]))[1]),
	[ ({ n => undef, t => qq{\x{e9}"\n\\}, i => 0 - 9223372036854775808, a => [ 1, 2 ], j => { x => 1 } }) x 2 ],
	'JSON');

my $wrong = 'SELECT nme FROM syscalls';
pe_fails([ 'query', $libs, $wrong ], 1, 'column "nme" does not exist. Perhaps', 'SQL error');
pe_fails([ 'query', '--json', $libs, $wrong ], 1, 'column "nme" does not exist', 'as JSON');
pe_fails([ 'query', '--json', $libs, 'SELECT 1; SELECT 2' ], 1, 'multi', 'two statements as JSON');
pe_fails([ 'query', $libs, '\nonsense' ], 1, 'invalid command', 'no command of psql');

{
	my ($code, $output, $error) =
	  pe([ 'shell', $libs ], input => "\\t \\a\nSELECT count(*) FROM syscalls;\n");
	is("$code$error", 0, 'shell');
	like($output, qr/^2222$/m, 'runs psql with the log');
}

# ---------------------------------------------------------------------------
# What is in a log
# ---------------------------------------------------------------------------

{
	my ($code, $output, $error) = pe([ 'info', $libs ]);
	is("$code$error", 0, 'info');
	like($output, qr/^$_$/m, "info: $_")
	  for 'log +' . quotemeta $libs, 'execution +w1libs', 'complete +yes', 'processes +12',
	  'threads +17', 'mappings +1031', 'system calls +2222', 'entries +43730',
	  'time span +31255 to 27481443 instructions', '  syscall +2222  of syscalls_logger',
	  '  asid_libraries +41146  of loaded_libs';
}

# ---------------------------------------------------------------------------
# Logs that cannot be read, or not in full
# ---------------------------------------------------------------------------

open my $handle, '>', "$files/text" or die $!;
print $handle "something else\n" x 20;
close $handle;

for my $command ([ 'info' ], [ 'query', 'SELECT 1' ], [ 'shell' ], [ 'export', "$files/x.db" ])
{
	my ($name, @more) = @$command;

	pe_fails([ $name, "$files/none", @more ], 3, 'no such log: ', "$name: no file");
	pe_fails([ $name, $files, @more ], 3, 'no log in the directory ', "$name: a directory without logs");
	pe_fails([ $name, "$files/text", @more ], 3, 'cannot read plog ".*": file does not', "$name: not a plog");
	next if $name eq 'info';
	pe_fails([ $name, $killed, @more ], 3, 'PANDA did not close this.*Use --recover to', "$name: unfinished");
}
ok(!-e "$files/x.db", 'no export of such logs');

{
	my ($code, $output, $error) = pe([ 'info', $killed ]);
	is("$code$error", 0, 'info of an unfinished log');
	like($output, qr/^complete +no: PANDA did not close this log; --recover makes/m, 'says so, and what to do');
	like($output, qr/^system calls +765$/m, 'and what can be read');

	($code, $output, $error) =
	  pe([ 'query', '--recover', '--tuples-only', $killed, 'SELECT count(*) FROM syscalls' ]);
	is("$code$output", "0765\n", 'recover');
	like($error, qr/\Ape: warning: [^\n]*not complete[^\n]*\n\z/, 'with a warning');
}

# A chunk that is found to be damaged only when it is read.
{
	my $bytes = slurp($libs);
	substr $bytes, 400_000, 100, 'x' x 100;
	open $handle, '>:raw', "$files/damaged.plog" or die $!;
	print $handle $bytes;
	close $handle;
	pe_fails([ 'query', "$files/damaged.plog", 'SELECT count(call) FROM strace' ], 3, 'cannot read plog', 'damaged');
	like((pe([ 'info', "$files/damaged.plog" ]))[1], qr/^complete +no: .*; --recover/m, 'info of a damaged log');
}

# ---------------------------------------------------------------------------
# Names of files
# ---------------------------------------------------------------------------

chdir $files or die $!;
for my $name ("it's a \"log\"\n\$(x) \\ %s;", '-x', 'pg_x', '', 'é' x 40, 'public')
{
	copy($small, "$name.plog") or die $!;
	prints([ 'query', '--tuples-only', '--', "$name.plog", 'SELECT count(*) FROM syscalls' ],
		"2000\n", "log $name.plog");
	unlink "$name.plog";
}
pe_fails([ 'info', '--descriptor', 'none.pb', $small ], 3,
	quotemeta qq{could not open descriptor "$files/none.pb"}, 'relative path of an option');

# Several logs, whose names are cut and numbered: one has the name that another would get.
for my $name ('a' x 50, '日' x 20, 'logs')
{
	my @paths = map { "$files/$_" } 1 .. 4;
	mkdir $_ foreach @paths;
	copy($small, "$paths[0]/" . substr($name, 0, 51) . '_3.plog') or die $!;
	copy($small, "$_/$name.plog") or die $! foreach @paths[ 1 .. 3 ];
	prints([ 'query', '--tuples-only', @paths, 'SELECT count(*), count(DISTINCT execution_id) FROM syscalls' ],
		"8000|4\n", "four logs called $name");
	remove_tree(@paths);
}

# ---------------------------------------------------------------------------
# The private server
# ---------------------------------------------------------------------------

my $cluster = cluster_directory();
my @count   = ('query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls');

is((stat "$cluster/data")[2] & 077, 0, 'the cluster is private');
nothing_is_left('so far');

{
	my $inode = (stat "$cluster/data")[1];
	prints(\@count, "2000\n", 'again');
	is((stat "$cluster/data")[1], $inode, 'the cluster is kept');
	unlink "$cluster/data/global/pg_control";
	prints(\@count, "2000\n", 'a broken cluster is made anew');
	open $handle, '>', "$cluster/data/PG_VERSION" or die $!;
	print $handle "9\n";
	close $handle;
	prints(\@count, "2000\n", "and another version's");
}

# A database serves one call after another, of whatever command, until it has grown.
{
	my $database = sub {
		my ($code, $output) = pe([
				'query', '--tuples-only', $small, 'SELECT oid FROM pg_database WHERE datname = current_database()' ]);
		return $output =~ s/\n//r;
	};
	my $first = $database->();
	my @kept;

	for my $command ([ 'info', $small ], [ 'tree', $small ], [ 'strace', $small ], [ 'flame', $small ],
		[ 'report', $small, '--force', '-o', "$files/kept.html" ], [ 'export', $small, '--csv', "$files/kept" ])
	{
		is((pe($command))[0], 0, "pe $command->[0]");
		push @kept, $database->();
	}
	is_deeply(\@kept, [ ($first) x @kept ], 'a database serves all calls');
	for my $export (map { my $kind = $_; map { [ $_, @$kind ] } $small, plog('made/all_kinds') } [qw(--orm 1)], [qw(--orm 2)], [qw(--tables native)])
	{
		my ($log, @kind) = @$export;
		is_deeply([ pe([ 'export', $log, "$files/kept.db", '--force', @kind ]) ], [ 0, '', '' ], "pe export @kind");
		prints([ 'query', '--tuples-only', $small, "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE oid >= 16384" ],
			"small\n", 'and nothing of it is left');
	}
	unlink "$files/kept.db";
	$first = $database->();
	is((pe([ 'query', $small, 'CREATE TABLE written (a int)' ]))[0], 0, 'SQL that writes');
	my $second = $database->();
	isnt($second, $first, 'makes it unfit for the next call');
	open $handle, '>', "$cluster/data/base/$second/large" or die $!;
	truncate $handle, 100e6;
	close $handle;
	is($database->(), $second, 'one that has grown large serves a last call');
	isnt($database->(), $second, 'and no other');
	ok(!-e "$cluster/data/base/$second", 'it is gone');
	nothing_is_left('after many calls');
}

{
	my @sleep   = ('query', '--tuples-only', $small);
	my $first   = start_pe([ @sleep, "
		DO \$\$ BEGIN
			WHILE (pg_stat_file('$files/go', true)).size IS NULL LOOP PERFORM pg_sleep(0.1); END LOOP;
		END \$\$; SELECT count(*) FROM syscalls" ]);
	my $socket;

	wait_for_server_query('pg_sleep');
	prints([ @sleep, q{SELECT count(*), pg_is_in_recovery() FROM syscalls} ], "2000|f\n", 'while another runs');
	$socket = (split /\n/, slurp("$cluster/data/postmaster.pid"))[4];
	is((stat $socket)[2] & 077, 0, "the server's socket is private");
	open $handle, '>', "$files/go" or die $!;
	close $handle;
	$first->{run}->finish;
	is(${ $first->{output} }, "2000\n", 'which is not disturbed');

	my @many = map { start_pe(\@count) } 1 .. 4;
	$_->{run}->finish for @many;
	is_deeply([ map { ${ $_->{output} } . ${ $_->{error} } } @many ], [ ("2000\n") x 4 ], 'four at once');
	nothing_is_left('after calls at once');
}

for my $signal (qw(INT TERM HUP))
{
	my $started = start_pe([ 'query', $small, 'SELECT pg_sleep(100)' ]);
	wait_for_server_query('pg_sleep');
	$started->{run}->signal($signal);
	$started->{run}->finish;
	is(PeCommand::exit_code($started), { INT => 130, TERM => 143, HUP => 129 }->{$signal}, "SIG$signal");
	is(${ $started->{error} }, '', 'without a word');
	nothing_is_left("SIG$signal");
}

{
	my $started = start_pe([ 'query', $small, 'SELECT pg_sleep(100)' ]);
	wait_for_server_query('pg_sleep');
	$started->{run}->signal('KILL');
	$started->{run}->finish;
	ok(-e "$cluster/data/postmaster.pid", 'killed, pe leaves its server');
	remove_temporary_files();
	prints(\@count, "2000\n", 'which the next uses');
	nothing_is_left('and stops');
}

chdir '/';
done_testing();
