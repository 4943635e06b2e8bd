# pe as root, whom PostgreSQL refuses to serve. test/run.sh runs it where it
# may; all other tests are an unprivileged user's.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../t";

use File::Copy qw(copy);
use PeCommand;
use Test::More;

plan skip_all => 'needs root' if $> != 0;

my $files = work_directory();
my $log   = "$files/secret.plog";
my @query = ('query', '--tuples-only', $log, 'SELECT count(*) FROM syscalls');

# a directory and a log that only root can read
chmod 0700, $files;
copy(plog('made/small'), $log) or die $!;
chmod 0600, $log;

my $started = start_pe([ 'query', plog('made/small'), 'SELECT pg_sleep(100)' ]);
wait_for_server_query('pg_sleep');
my ($pid) = slurp(cluster_directory() . '/data/postmaster.pid') =~ /\A(\d+)/;
isnt((stat "/proc/$pid")[4], 0, 'the server is not run by root');
$started->{run}->signal('INT');
$started->{run}->finish;
is(${ $started->{error} }, '', 'SIGINT, without a word');
nothing_is_left('SIGINT');

# CAP_DAC_READ_SEARCH is what root has to pass on
my ($bounds) = slurp('/proc/self/status') =~ /^CapBnd:\s*[0-9a-f]+([0-9a-f])$/m;
my $can_pass = hex($bounds) & 4;
if ($can_pass)
{
	is_deeply([ pe(\@query) ], [ 0, "2000\n", '' ], 'a log that only root can read');
}
else
{
	pe_fails(\@query, 3, 'Permission denied', 'a log that only root can read');
}

is((pe([ 'export', $log, "$files/x.db" ]))[0], $can_pass ? 0 : 3, 'export');
nothing_is_left('as root');

done_testing();
