# pe and what is hostile to it: names of files on a terminal, a kill while it
# shows progress there, and another pe whose server it does not see.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $small = log_path('made/small');
my $large = log_path('real/w3a');
my $node  = start_server('hostile');

# ---------------------------------------------------------------------------
# Names of files, on a terminal
# ---------------------------------------------------------------------------

chdir $files or die $!;

# As SQL they would make a file, as shell another, and on a terminal they would
# set its title, or wipe it.
my @hostile = (
	q{x'; copy (select 1) to program 'touch PWNED'; select '},
	qq{\e]0;PWNED\a\e[2J\ncomplete          no\r\x7f\xc2\x9b31m'; copy (select 1) to program 'touch PWNED'; select '},
	q{x' || pg_read_file('PG_VERSION') || '},
	q{$(touch PWNED)`touch PWNED`"; touch PWNED; "},
	"\e]0;PWNED\a\e[2J\r\n\\! touch PWNED\n",
	"%s%n\\gset \\! touch PWNED",
	":'log' :\"log\" :log");

# What a terminal may be sent: lines of text, and of progress, the last of which is
# taken back.
sub harmless
{
	my ($screen, $test_name) = @_;
	my $text = $screen =~ s/(?:\r[^\x00-\x1f\x7f]+\e\[K)+\r\e\[K//gr =~ s/\r\n/\n/gr;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	unlike($text, qr/[\x00-\x08\x0b-\x1f\x7f]/, "$test_name: nothing steers the terminal");
	unlike($screen, qr/\xc2[\x80-\x9f]/, "$test_name: nor does C1");
}

my $url = sprintf 'postgresql://%s@%s:%d/postgres', $node->safe_psql('postgres', 'SELECT current_user'),
  $node->host =~ s/\//%2F/gr, $node->port;

# A load that takes as long as progress takes to be shown, and a while after.
$node->safe_psql('postgres', q{
	CREATE FUNCTION linger() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); END';
	CREATE EVENT TRIGGER linger ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA', 'DROP SCHEMA') EXECUTE FUNCTION linger()});
sub linger
{
	my ($on) = @_;
	$node->safe_psql('postgres', 'ALTER EVENT TRIGGER linger ' . ($on ? 'ENABLE' : 'DISABLE'));
}

for my $number (0 .. $#hostile)
{
	my $name = "$hostile[$number].plog";

	# the first two take long enough for progress to be shown
	copy($number > 1 ? $small : $large, $name) or die $!;

	my ($code, $screen) = on_terminal([ 'export', '--name', "n$number", '--', $name, "x.db" ]);
	is($code, 0, "hostile name $number: export");
	like($screen, qr/[0-9] rows/, 'there was progress to show') if $number < 2;
	harmless($screen, 'export');
	linger($number < 2);
	($code, $screen) = on_terminal([ 'ingest', '--name', "n$number", '--', $name, $url ]);
	is($code, 0, "hostile name $number: ingest");
	like($screen, qr/[0-9] rows/, 'there was progress to show') if $number < 2;
	harmless($screen, 'ingest');
	($code, $screen) = on_terminal([ 'info', '--', $name ]);
	is($code, 0, "hostile name $number: info");
	my $line = $name =~ s/([\x00-\x1f\x7f])/sprintf '\x%02x', ord $1/ger =~ s/\xc2\x9b/\\u009b/r;
	like($screen, qr/^log +\Q$files\/$line\E\r$/m, 'the name is a line');
	harmless($screen, 'info');
	for my $format ($number == 1 ? ([], ['--csv'], ['--json'], ['--tuples-only']) : [])
	{
		($code, $screen) = on_terminal([ 'query', @$format, '--', $name, 'SELECT plog, name FROM executions' ]);
		is($code, 0, "hostile name $number: query @$format");
		harmless($screen, 'query');
	}
	if ($number < 3)
	{
		# whether progress comes back while pe leaves its server is a matter of time
		($code, $screen) = on_terminal([ 'query', '--', $name, 'SELECT pg_sleep(1.5), 1 / (1 - count(*)) FROM executions' ]);
		is($code, 1, "hostile name $number: a query that fails");
		like($screen, qr/working/, 'there was progress to show');
		harmless($screen, 'and its error');
	}
	unlink $name, 'x.db';
	($code, $screen) = on_terminal([ 'info', '--', $name ]);
	is($code, 3, "hostile name $number: no such log");
	harmless($screen, 'and its error');
}
my @made = grep { -e } "$files/PWNED", cluster_directory() . '/data/PWNED', $node->data_dir . '/PWNED';
is_deeply(\@made, [], 'no name was run');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pandelephant.executions'), scalar @hostile, 'all were loaded');

# ---------------------------------------------------------------------------
# Killed on a terminal
# ---------------------------------------------------------------------------

# Kill a pe once it shows rows, and wait for what ends with it.
sub killed_at_progress
{
	my ($arguments, $test_name) = @_;
	my $started = start_on_terminal($arguments);

	1 while ${ $started->{output} } !~ /[0-9] rows/ && eval { $started->{run}->pump };
	like(${ $started->{output} }, qr/[0-9] rows/, "$test_name: there was progress to show");
	$started->{run}->signal('KILL');
	$started->{run}->finish;
	is(PeCommand::exit_code($started), 137, "$test_name: killed");
	remove_temporary_files();
	my @left = grep { slurp("$_/comm") eq "pe\n" && index(slurp("$_/environ"), $ENV{XDG_CACHE_HOME}) >= 0 } glob '/proc/[0-9]*';
	is_deeply(\@left, [], "$test_name: no process of it lives on");
}

{
	my $left = q{SELECT concat_ws('|', (SELECT count(*) FROM pandelephant.executions WHERE name = 'killed'),
		(SELECT count(*) FROM pg_namespace WHERE nspname ~ '^pe_'), (SELECT count(*) FROM pg_prepared_xacts))};

	linger(1);
	killed_at_progress([ 'ingest', '--name', 'killed', '--', $large, $url ], 'ingest');
	wait_until(sub { $node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pe'}) == 0 },
		'the sessions of a pe that was killed');
	is($node->safe_psql('postgres', $left), '0|0|0', 'what it had loaded is rolled back');
	linger(0);
	is((pe([ 'ingest', '--name', 'killed', '--', $small, $url ]))[0], 0, 'and stands in nobody\'s way');

	killed_at_progress([ 'export', '--', $large, 'x.db' ], 'export');
	ok(!-e 'x.db', 'no file that is half of it');
	unlink glob '.pe-export.*';
	is((pe([ 'query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls' ]))[1], "2000\n", 'the next finds its server');
	nothing_is_left('and stops it');
}

# ---------------------------------------------------------------------------
# A server that runs where this pe does not come to it
# ---------------------------------------------------------------------------

my $cluster = cluster_directory();
{
	my $first = start_pe([ 'query', '--tuples-only', $small, "
		DO \$\$ BEGIN
			WHILE (pg_stat_file('$files/go', true)).size IS NULL LOOP PERFORM pg_sleep(0.1); END LOOP;
		END \$\$; SELECT count(*) FROM syscalls" ]);
	wait_for_server_query('pg_sleep');
	my ($pid, $socket) = (split /\n/, slurp("$cluster/data/postmaster.pid"))[ 0, 4 ];
	my $inode = (stat "$cluster/data")[1];

	# as if the socket lay in another container's /tmp, and the process in
	# another container
	rename $socket, "$socket.hidden" or die $!;
	my ($code, $output, $error) = pe([ 'query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls' ]);
	rename "$socket.hidden", $socket or die $!;
	is("$code$output$error", "02000\n", 'the second has a server of its own');
	is((stat "$cluster/data")[1], $inode, 'the cluster is the same');
	ok(kill(0, $pid), 'its server runs');
	open my $go, '>', "$files/go" or die $!;
	close $go;
	$first->{run}->finish;
	is(${ $first->{output} } . ${ $first->{error} }, "2000\n", 'and the first comes to its end');
	nothing_is_left('after both');
}

# The same after the first was killed, so that only its server is there.
{
	my $first = start_pe([ 'query', $small, 'SELECT pg_sleep(100)' ]);
	wait_for_server_query('pg_sleep');
	my ($pid, $socket) = (split /\n/, slurp("$cluster/data/postmaster.pid"))[ 0, 4 ];
	$first->{run}->signal('KILL');
	$first->{run}->finish;
	remove_temporary_files();
	rename $socket, "$socket.hidden" or die $!;
	pe([ 'query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls' ]);
	rename "$socket.hidden", $socket or die $!;
	ok(kill(0, $pid), 'a server without a pe is not harmed either');
	is((pe([ 'query', '--tuples-only', $small, 'SELECT count(*) FROM syscalls' ]))[1], "2000\n", 'and serves again');
	nothing_is_left('after it');
}

chdir '/';
$node->stop;
done_testing();
