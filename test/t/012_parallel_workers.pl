# Parallel workers that are ended or killed while they read a log: the query that
# they work for fails or is answered, and the next one is right.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep time);

my $node      = start_server('parallel_workers', new_sessions => 1);
my $directory = temporary_directory('parallel_workers');
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->restart;

# A log that takes two processes long enough to be met at work.
my $log = "$directory/long.plog";
my $plog    = take_apart(read_file(log_path('made/all_kinds')));
my @entries = inflate_entries($plog->{chunks}[0]{stream});
my $stream  = deflate_entries((@entries) x 4);
write_file($log, put_together({ chunks =>
	  [ map { { entries => 4 * @entries, stream => $stream } } 1 .. 24 ] }));
$node->safe_psql('postgres', "SELECT pe_attach('$log', 'long')");

my $SETTINGS = <<'END_SETTINGS';
SET pandelephant.catalog_cache = off;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
END_SETTINGS

# What builds a catalog, and what scans, in parallel; the settings for it.
my %WORK = (
	'catalog' => [ 'SET max_parallel_maintenance_workers = 2; SET max_parallel_workers_per_gather = 0;',
		'SELECT count(*), sum(thread_id) FROM long.threads' ],
	'scan' => [ 'SET max_parallel_maintenance_workers = 0; SET max_parallel_workers_per_gather = 2;',
		'SELECT count(*), sum(length(r::text)) FROM long.entries r' ]);

# The first worker that is seen at work, within a minute; undef: there was none.
sub wait_for_worker
{
	my ($observer, $session) = @_;
	my $end = time + 60;

	while (time < $end)
	{
		my $pid = $observer->();
		return $pid if $pid;
		return undef if !$session->pumpable;
	}
	return undef;
}

# Run a query and do something to a worker.  Returns what the query says; undef
# if it was over before.
sub run_and_disturb
{
	my ($name, $signal) = @_;
	my ($settings, $query) = @{ $WORK{$name} };
	my ($output, $errors) = ('', '');
	my $observer = sub {
		return $node->safe_psql('postgres',
			q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' LIMIT 1});
	};
	my $session = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "$SETTINGS $settings", '-c', $query ],
		'>', \$output, '2>', \$errors, IPC::Run::timeout(180));
	my $worker = wait_for_worker($observer, $session);

	kill $signal => $worker if $worker;
	$session->finish;
	return $worker ? "$output$errors" : undef;
}

for my $name (sort keys %WORK)
{
	my ($settings, $query) = @{ $WORK{$name} };
	my $expected = $node->safe_psql('postgres', "$SETTINGS SET max_parallel_maintenance_workers = 0;"
		  . " SET max_parallel_workers_per_gather = 0; $query");

	for my $signal ('TERM', 'KILL')
	{
		my $said;

		# the worker may be done in the moment that it is seen
		for (1 .. 5)
		{
			$said = run_and_disturb($name, $signal);
			last if defined $said && $said !~ /^\Q$expected\E$/;
		}
		like($said // 'no worker was seen', $signal eq 'TERM' ?
			  qr/terminating (?:background worker .*|connection) due to administrator command/ :
			  qr/server closed the connection|terminating connection because of crash/,
			"$name, a worker gets $signal: the query says so");
		$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
		is($node->safe_psql('postgres', "$SETTINGS $settings $query"), $expected,
			"$name, a worker got $signal: the next query is right");
	}
}

unlike(read_file($node->logfile), qr/TRAP:|PANIC|signal (?:6|7|11)\b/, 'no process died of anything else');
$node->stop;
done_testing();
