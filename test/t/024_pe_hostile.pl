# pe and what is hostile to it: names of files on a terminal, and another pe
# whose server it does not see.
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
	q{x' || pg_read_file('PG_VERSION') || '},
	q{$(touch PWNED)`touch PWNED`"; touch PWNED; "},
	"\e]0;PWNED\a\e[2J\r\n\\! touch PWNED\n",
	"%s%n\\gset \\! touch PWNED",
	":'log' :\"log\" :log");

# What a terminal may be sent: text, and how a line of progress begins and ends.
sub harmless
{
	my ($screen, $test_name) = @_;
	my $text = $screen =~ s/\r\n|\r|\e\[K|\n//gr;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	unlike($text, qr/[\x00-\x08\x0b-\x1f\x7f]/, "$test_name: nothing steers the terminal");
}

my $url = sprintf 'postgresql://%s@%s:%d/postgres', $node->safe_psql('postgres', 'SELECT current_user'),
  $node->host =~ s/\//%2F/gr, $node->port;
for my $number (0 .. $#hostile)
{
	my $name = "$hostile[$number].plog";

	# the first takes long enough for progress to be shown
	copy($number ? $small : $large, $name) or die $!;

	my ($code, $screen) = on_terminal([ 'export', '--name', "n$number", '--', $name, "x.db" ]);
	is($code, 0, "hostile name $number: export");
	like($screen, qr/[0-9] rows/, 'there was progress to show') if !$number;
	harmless($screen, 'export');
	($code, $screen) = on_terminal([ 'ingest', '--name', "n$number", '--', $name, $url ]);
	is($code, 0, "hostile name $number: ingest");
	harmless($screen, 'ingest');
	unlink $name, 'x.db';
	($code, $screen) = on_terminal([ 'info', '--', $name ]);
	is($code, 3, "hostile name $number: no such log");
	harmless($screen, 'and its error');
}
my @made = grep { -e } "$files/PWNED", cluster_directory() . '/data/PWNED', $node->data_dir . '/PWNED';
is_deeply(\@made, [], 'no name was run');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pandelephant.executions'), scalar @hostile, 'all were loaded');

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
