# A server that is killed, or whose disk is full, at any point of
# pe_materialize() and of writing a catalog: nothing half-made is seen after,
# and the same call succeeds.
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

# How many points of pe_materialize() are tried, of all that there are, and
# which: PLOG_SEED repeats a run.
my $STOPS = $ENV{PLOG_STOPS} // 4;
my $HALTS = $ENV{PLOG_HALTS} // 1;
my $seed  = $ENV{PLOG_SEED}  // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

# The server runs with a library that counts its processes' file operations and
# stops them where it is told to, see test/preload/stop_at.c.
my $directory = temporary_directory('stops');
my $library   = "$directory/stop_at.so";
my $source    = "$FindBin::RealBin/../preload/stop_at.c";
system($ENV{CC} // 'cc', qw(-shared -fPIC -O2 -Wall -Wextra -Werror -o), $library, $source, '-ldl') == 0
  or die "could not build $library";
$ENV{STOP_AT} = "$directory/stop_at";
my $node;
{
	local $ENV{LD_PRELOAD} = join ' ', $ENV{LD_PRELOAD} // (), $library;
	$node = start_server('hard_stops', new_sessions => 1);
	$node->append_conf('postgresql.conf', 'restart_after_crash = on');
	$node->restart;
}
my $cache = $node->data_dir . '/pandelephant_cache';

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Run SQL in a session whose process is acted upon.  Returns what it prints and
# what it complains of.
sub run_acted_upon
{
	my ($number, $action, $pattern, $sql) = @_;
	my ($output, $errors) = ('', '');

	unlink "$ENV{STOP_AT}.count";
	write_file("$directory/script.sql", qq{
		SELECT pg_backend_pid() AS pid \\gset
		\\setenv BACKEND :pid
		SET client_min_messages = debug1;
		\\! echo "\$BACKEND $number $action $pattern" > "\$STOP_AT"
		$sql});
	my $session = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$directory/script.sql" ],
		'>', \$output, '2>', \$errors, IPC::Run::timeout(180));
	if ($action eq 'halt')
	{
		kill_server_when_halted() or diag("$action at $number: not reached");
	}
	$session->finish;
	unlink $ENV{STOP_AT};
	return ($output, $errors);
}

# How many operations SQL takes.
sub count_operations
{
	my ($pattern, $sql) = @_;
	my (undef, $errors) = run_acted_upon(0, 'count', $pattern, $sql);

	unlike($errors, qr/ERROR|FATAL/, "counted: $pattern");
	return -s "$ENV{STOP_AT}.count" // 0;
}

# Wait for the process to stop, and kill the server's first process and it.
sub kill_server_when_halted
{
	for (1 .. 3000)
	{
		sleep 0.01;
		next if !-e $ENV{STOP_AT};
		my ($pid) = read_file($ENV{STOP_AT}) =~ /^(\d+)/ or next;
		my ($status) = -e "/proc/$pid/stat" ? read_file("/proc/$pid/stat") =~ /\) (\w)/ : 'X';
		next if $status ne 'T' && $status ne 't';
		$node->kill9;
		kill KILL => $pid;
		return 1;
	}
	return 0;
}

# How often that has happened, see restarts().
my $restarts = 0;

# Wait until the server is back, or start it again.
sub bring_back
{
	my ($action) = @_;

	if ($action eq 'halt')
	{
		# its other processes may still be about to notice
		local $ENV{LD_PRELOAD} = join ' ', $ENV{LD_PRELOAD} // (), $library;
		my $end = time + 60;
		until ($node->start(fail_ok => 1))
		{
			die 'the server does not start' if time > $end;
			sleep 0.1;
			$node->stop('immediate', fail_ok => 1);
		}
		return;
	}

	# until the server notices that a process was killed, it still takes others
	my $end = time + 10;
	my $found;
	until (($found = restarts()) > $restarts)
	{
		last if time > $end;
		sleep 0.05;
	}
	$restarts = $found;
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
}

# How often the server has ended all processes because one was killed.
sub restarts
{
	open my $log, '<', $node->logfile or die $!;
	return scalar grep { /all server processes terminated/ } <$log>;
}

# ---------------------------------------------------------------------------
# pe_materialize()
# ---------------------------------------------------------------------------

my $log = log_path('made/small');
query("SELECT pe_attach('$log', 's')");

# All that can be seen of the target: its tables with their keys and indexes,
# and their rows.
my $state = q{
	SELECT relname, relkind, pg_get_expr(relpartbound, oid), relchecks,
		array(SELECT pg_get_constraintdef(oid) || convalidated FROM pg_constraint
			WHERE conrelid = c.oid ORDER BY 1),
		array(SELECT substring(pg_get_indexdef(indexrelid) FROM ' USING .*') || indisvalid FROM pg_index
			WHERE indrelid = c.oid ORDER BY 1)
	FROM pg_class c
	WHERE relnamespace = to_regnamespace('kept') AND relkind IN ('r', 'p', 'v')
	ORDER BY relname COLLATE "C";};
my $rows = join '', map {
	"SELECT '$_', count(*), sum(hashtextextended((to_jsonb(r) - 'execution_id')::text, 0)::numeric) FROM kept.$_ r;"
} qw(executions processes threads thread_names threadslices mappings syscalls syscall_arguments);

# That, whatever id the execution has.
sub seen
{
	my $seen = query($state);
	return '' if $seen eq '';
	$seen =~ s/(?<=[a-z]_)\d+\b|(?<=IN \(')\d+//g;
	return $seen . "\n" . query($rows);
}

# Where to stop, and how: in each part of a call's operations by a kill, and in
# each of some larger parts by a halt.
sub choose_stops
{
	my ($operations) = @_;
	return (
		(map { [ kill => ($_ + rand) * $operations / $STOPS ] } 0 .. $STOPS - 1),
		(map { [ halt => ($_ + rand) * $operations / $HALTS ] } 0 .. $HALTS - 1));
}

# Run SQL in a session that is stopped.  A server that has just started, or has
# been up for long, may do with fewer operations; then it is stopped earlier.
sub run_and_stop
{
	my ($action, $place, $prepare, $sql) = @_;
	my $errors = '';

	for (; $place > 0.01; $place *= 0.9)
	{
		query($prepare);
		(undef, $errors) = run_acted_upon(1 + int $place, $action, '/', $sql);
		if ($errors =~ /server closed the connection|terminating connection/)
		{
			bring_back($action);
			return;
		}
	}
	die "the server is not stopped at $place: $errors";
}

# Test a call that is stopped at some of its operations, each time from the
# state that a statement makes.
sub stops_are_clean
{
	my ($title, $prepare, $call) = @_;
	my $sql = "SELECT count(*) FROM $call;";
	my (@half_made, @failed);

	query($prepare);
	my $before = seen();
	my $operations = count_operations('/', $sql);
	my $complete = seen();
	cmp_ok($operations, '>', 100, "$title: operations to stop at");

	for my $stop (choose_stops($operations))
	{
		my ($action, $place) = @$stop;

		run_and_stop($action, $place, $prepare, $sql);
		my $after = seen();
		push @half_made, "$action at $place: $after" if $after ne $before && $after ne $complete;

		# it may have been stopped after it had committed
		my $again = $sql;
		$again =~ s/'kept'\)/'kept', 'skip')/ if $after eq $complete;
		my ($complaints) = complaints_of($node, [$again]);
		push @failed, "$action at $place: $complaints->[0]" if $complaints->[0] ne '';
		push @failed, "$action at $place: not complete" if seen() ne $complete;
	}
	is_deeply(\@half_made, [], "$title: whatever it is stopped at, nothing half-made is seen");
	is_deeply(\@failed, [], "$title: and then it succeeds");
	is_deeply([ glob $node->data_dir . '/base/pgsql_tmp/*' ], [], "$title: no temporary file stays");
	return $complete;
}

my $clear = 'SET client_min_messages = error; DROP SCHEMA IF EXISTS kept CASCADE';
my $whole = stops_are_clean('in a new schema', $clear, q{pe_materialize('s', 'kept')});
query('ALTER DATABASE postgres SET pandelephant.bulk_load = off');
is(stops_are_clean('by INSERT', $clear, q{pe_materialize('s', 'kept')}),
	$whole, 'by INSERT it comes to the same');
query('ALTER DATABASE postgres RESET pandelephant.bulk_load');
is(stops_are_clean('replaced', 'SELECT 1', q{pe_materialize('s', 'kept', 'replace')}),
	$whole, 'replaced it is the same');

# ---------------------------------------------------------------------------
# pe_drop_execution()
# ---------------------------------------------------------------------------

{
	my $drop = q{SELECT pe_drop_execution('small', 'kept')};
	my $again = q{SELECT pe_materialize('s', 'kept', 'skip')};
	my $operations = count_operations('/', "$drop;");
	my $dropped = seen();
	my @half_made;

	for my $stop (choose_stops($operations))
	{
		run_and_stop(@$stop, $again, "$drop;");
		my $after = seen();
		push @half_made, "@$stop: $after" if $after ne $whole && $after ne $dropped;
	}
	is_deeply(\@half_made, [], 'a drop that is stopped has dropped all or nothing');
	query("$again; $drop");
	is(seen(), $dropped, 'and then it does');
}

# ---------------------------------------------------------------------------
# The catalog on disk
# ---------------------------------------------------------------------------

{
	my $glance = 'SELECT count(*), sum(thread_id) FROM s.threads;';
	my $expected = query("SET pandelephant.catalog_cache = off; $glance");
	my $clear_cache = sub { unlink glob "$cache/*" };
	my $catalogs = sub { scalar(my @files = glob "$cache/*.catalog") };
	my $temporary = sub { scalar(my @files = glob "$cache/*.tmp") };

	$clear_cache->();
	my $operations = count_operations('pandelephant_cache', $glance);
	cmp_ok($operations, '>', 8, 'operations of writing a catalog');

	my @wrong;
	for my $number (1 .. $operations)
	{
		$clear_cache->();
		my ($output, $errors) = run_acted_upon($number, 'kill', 'pandelephant_cache', $glance);
		push @wrong, "$number: not stopped" if $errors !~ /server closed the connection/;
		bring_back('kill');
		push @wrong, "$number: more than one temporary file" if $temporary->() > 1;
		my $was_there = $catalogs->();
		for my $word ($was_there ? 'loaded' : 'built', 'loaded')
		{
			($output, $errors) = run_acted_upon(0, 'kill', 'pandelephant_cache', $glance);
			push @wrong, "$number: not $word: $errors" if $errors !~ /catalog of plog .* $word/;
			push @wrong, "$number: $output" if $output ne "$expected\n";
		}

		# a writer looks for what those before have left
		push @wrong, "$number: a temporary file stays" if !$was_there && $temporary->() > 0;
	}
	is_deeply(\@wrong, [], 'killed at any operation: the next session has the catalog, whole');

	@wrong = ();
	for my $number (1 .. $operations)
	{
		$clear_cache->();
		my ($output, $errors) = run_acted_upon($number, 'full', 'pandelephant_cache', $glance);
		push @wrong, "$number: $output$errors"
		  if $output ne "$expected\n" || $errors =~ /ERROR|WARNING/;
		push @wrong, "$number: a temporary file stays" if $temporary->() > 0;
		my $is_written = $errors !~ /could not write catalog file .*: No space left on device/;
		push @wrong, "$number: written and not there, or there and not written"
		  if $is_written != $catalogs->();
		($output) = run_acted_upon(0, 'kill', 'pandelephant_cache', $glance);
		push @wrong, "$number: then $output" if $output ne "$expected\n" || $catalogs->() != 1;
	}
	is_deeply(\@wrong, [], 'a disk that is full at any operation: the query answers');
}

unlike(read_file($node->logfile), qr/TRAP:|PANIC|signal (?:6|7|11)\b/, 'no process died of anything else');
$node->stop;
done_testing();
