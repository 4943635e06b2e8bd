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

# ---------------------------------------------------------------------------
# A disk that is full, and another container
# ---------------------------------------------------------------------------

my $libs   = plog('real/w1libs');
my $mounts = system('unshare', '--mount', 'true') == 0;

# Run a command where a directory is a disk of some size.
sub on_small_disk
{
	my ($directory, $size, @arguments) = @_;
	return pe(\@arguments, program => [ 'unshare', '--mount', 'bash', '-c',
			'mount -t tmpfs -o size="$1",mode=0755 tmpfs "$2" && shift 2 && pe "$@"; status=$?; ls -A "$0" >&2; exit "$status"', $directory, $size, $directory ]);
}

SKIP:
{
	skip 'may not mount', 1 if !$mounts;

	my $disk = "$files/disk";
	mkdir $disk;
	for my $arguments ([ 'export', $libs, "$disk/x.db" ], [ 'export', $libs, "$disk/x.json" ], [ 'export', '--csv', $libs, "$disk/x" ],
		[ 'report', $libs, '-o', "$disk/x.html" ], [ 'trace', $libs, '-o', "$disk/x.trace" ])
	{
		my ($code, $output, $error) = on_small_disk($disk, '100k', @$arguments);
		is("$code$output", 1, "$arguments->[0]: a full disk");
		# of a directory, those files are there that are whole
		my $left = "@$arguments" =~ /--csv/ ? "x\n" : '';
		like($error, qr/\Ape: [^\n]*(?:No space left|full)[^\n]*\n\Q$left\E\z/, "@$arguments[0, 1]: one line, and no file is left");
	}
	my ($code, $output, $error) = on_small_disk($disk, '20k', 'strace', $libs, '-o', "$disk/x");
	is("$code$output", 1, 'strace: a full disk');
	like($error, qr/\Ape: could not write [^\n]*No space left[^\n]*\n/, 'strace: one line');
	{
		local $ENV{XDG_CACHE_HOME} = $disk;
		($code, $output, $error) = on_small_disk($disk, '1M', @query);
		is("$code$output", 4, 'no room for the private server');
		like($error, qr/\Ape: [^\n]+\n/, 'and a line says so');
	}
	nothing_is_left('on a full disk');

	# what runs in another container sees the same cache, but no socket and no process
	my $first = start_pe([ 'query', '--tuples-only', plog('made/small'), "
		DO \$\$ BEGIN
			WHILE (pg_stat_file('$files/go', true)).size IS NULL LOOP PERFORM pg_sleep(0.1); END LOOP;
		END \$\$; SELECT count(*) FROM syscalls" ]);
	chmod 0755, $files;
	wait_for_server_query('pg_sleep');
	my $socket = (split /\n/, slurp(cluster_directory() . '/data/postmaster.pid'))[4];
	my @container = ('unshare', '--mount', '--pid', '--fork', '--mount-proc', 'bash', '-c',
		'mount -t tmpfs tmpfs "$0" && exec pe "$@"', $socket);
	($code, $output, $error) = pe([ 'query', '--tuples-only', plog('made/small'), 'SELECT count(*) FROM syscalls' ], program => \@container);
	is("$code$output$error", "02000\n", 'a pe in another container');
	open my $go, '>', "$files/go" or die $!;
	close $go;
	$first->{run}->finish;
	is(${ $first->{output} } . ${ $first->{error} }, "2000\n", 'and the first comes to its end');
	nothing_is_left('after both');
}

done_testing();
