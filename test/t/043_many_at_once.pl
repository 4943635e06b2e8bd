# Many clients that scan, join, attach, materialise, drop and cancel, all at
# once: no error but those that can be expected, no deadlock, and no other row
# than a single client sees.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession;
use PlogTest;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

# How many, for how long, and what they do: PLOG_SEED repeats that, as far as
# their order does.
my $CLIENTS = $ENV{PLOG_CLIENTS} // 32;
my $SECONDS = $ENV{PLOG_SECONDS} // 15;
my $seed    = $ENV{PLOG_SEED}    // int rand 2**31;
note("PLOG_SEED=$seed");

my $node      = start_server('many_at_once', new_sessions => 1);
my $directory = temporary_directory('many');

$node->append_conf('postgresql.conf', qq{
	max_connections = @{[ $CLIENTS + 20 ]}
	max_locks_per_transaction = 256
	log_min_duration_statement = -1
	statement_timeout = 60s
	log_statement = none});
$node->restart;

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# ---------------------------------------------------------------------------
# What there is, and what a single client sees of it
# ---------------------------------------------------------------------------

my %logs = (
	l1 => 'made/small',
	l2 => 'made/tail_minus1',
	l3 => 'real/w1sum',
	l4 => 'real/w1struct',
	l5 => 'rules/values');
my @logs    = sort keys %logs;
my @targets = qw(t1 t2);

# Queries of one execution, %2$s, in a schema, %1$s.  Each gives one value, or
# NULL where there are no rows.
my $hash = 'sum(hashtextextended((%s)::text, 0)::numeric)';
my %reads = (
	scan => "SELECT " . sprintf($hash, q{to_jsonb(s) - 'execution_id'}) . q{
		FROM %1$s.executions e JOIN %1$s.syscalls s USING (execution_id) WHERE e.name = '%2$s'},
	join => "SELECT " . sprintf($hash, 's.name || a.position || coalesce(a.value, p.pid::text)') . q{
		FROM %1$s.executions e JOIN %1$s.processes p USING (execution_id)
		JOIN %1$s.syscalls s USING (execution_id, process_id)
		JOIN %1$s.syscall_arguments a USING (execution_id, syscall_id) WHERE e.name = '%2$s'},
	lookup => q{SELECT max(t.names::text || m.names::text)
		FROM %1$s.executions e JOIN %1$s.threads t USING (execution_id)
		JOIN %1$s.processes m USING (execution_id, process_id) WHERE e.name = '%2$s' AND thread_id = 1});

my %expected;
for my $log (@logs)
{
	my $path = log_path($logs{$log});

	query("SELECT pe_attach('$path', '$log', '$log')");
	$expected{"$_ $log"} = query(sprintf $reads{$_}, $log, $log) for keys %reads;
}
query("SELECT pe_materialize('l1', '$_')") for @targets;
query(q{CREATE TABLE notes (execution_id bigint, syscall_id bigint,
	FOREIGN KEY (execution_id, syscall_id) REFERENCES t1.syscalls)});

# ---------------------------------------------------------------------------
# What a client does
# ---------------------------------------------------------------------------

sub any_of
{
	return $_[ rand @_ ];
}

sub read_sql
{
	my ($kind, $schema, $log) = @_;
	return "SELECT '$kind $log', (" . sprintf($reads{$kind}, $schema, $log) . ');';
}

sub materialize_sql
{
	my ($if_exists) = @_;
	return sprintf q{SELECT count(*) FROM pe_materialize('%s', '%s', '%s') \g /dev/null},
	  any_of(@logs), any_of(@targets), $if_exists;
}

# Actions: how often among others, their SQL for a client, and the errors that
# they may end in besides being cancelled.
my %actions = (
	scan_foreign => [ 6, sub { my $log = any_of(@logs); read_sql(any_of(keys %reads), $log, $log) } ],
	read_native  => [ 6, sub { read_sql(any_of(keys %reads), any_of(@targets), any_of(@logs)) } ],
	transaction  => [ 2, sub {
			"BEGIN;\n" . join("\n", map { read_sql(any_of(keys %reads), any_of(@targets), any_of(@logs)) } 1 .. 2) . "\nCOMMIT; ROLLBACK;" } ],
	attach => [ 2, sub {
			my ($client) = @_;
			my $log = any_of(@logs);
			return sprintf "DROP SCHEMA IF EXISTS c%d CASCADE; SELECT pe_attach('%s', 'c%d', '%s') \\g /dev/null\n%s",
			  $client, log_path($logs{$log}), $client, $log, read_sql('scan', "c$client", $log);
		}, '42P07', '42P01' ],
	keep    => [ 2, sub { materialize_sql('error') }, '42710' ],
	skip    => [ 2, sub { materialize_sql('skip') } ],
	replace => [ 2, sub { materialize_sql('replace') }, '23503' ],
	drop    => [ 3, sub {
			sprintf q{SELECT pe_drop_execution('%s', '%s') \g /dev/null}, any_of(@logs), any_of(@targets) }, '23503' ],
	note    => [ 1, sub {
			q{INSERT INTO notes SELECT execution_id, min(syscall_id) FROM t1.syscalls
				GROUP BY 1 ORDER BY random() LIMIT 1; DELETE FROM notes;} }, '23503' ],
	cancel  => [ 1, sub {
			q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'many'
				AND state = 'active' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1 \g /dev/null} } ],
	time_out => [ 1, sub {
			sprintf "BEGIN; SET LOCAL statement_timeout = %d;\n%s\nCOMMIT; ROLLBACK;", 1 + rand 300,
			  any_of(materialize_sql('replace'), read_sql('join', any_of(@targets), any_of(@logs))) }, '23503', '25P02' ]);
my @weighted = map { ($_) x $actions{$_}[0] } sort keys %actions;

# Some actions in one session.  Returns what was not as it should be.
sub run_session
{
	my ($client, $counts) = @_;
	my @chosen = map { any_of(@weighted) } 1 .. 8;
	my $script = "\\set VERBOSITY verbose\nSET client_min_messages = error;\nSET application_name = 'many';\n";
	my ($output, $errors) = ("$directory/output.$client", "$directory/errors.$client");
	my @wrong;

	$script .= "\\warn \@$_\n" . $actions{$_}[1]->($client) . "\n" for @chosen;
	write_file("$directory/script.$client", $script);
	system(qq{psql -XAtq -d "@{[ $node->connstr('postgres') ]}" -f $directory/script.$client >$output 2>$errors});
	for my $line (split /\n/, read_file($output))
	{
		my ($key, $value) = split /\|/, $line, 2;
		next if defined $expected{$key} && ($value eq '' || $value eq $expected{$key});
		push @wrong, "other rows: $line";
	}
	my $action = 'connect';
	for my $line (split /\n/, read_file($errors))
	{
		if ($line =~ /^\@(\w+)$/)
		{
			$action = $1;
			$counts->{$action}++;
			next;
		}
		my ($severity, $state) = $line =~ /(ERROR|FATAL|PANIC):  (\w{5}): / or next;
		my (undef, undef, @allowed) = @{ $actions{$action} // [] };

		# a statement may be cancelled, but not take a minute
		push @allowed, '57014' if $action eq 'time_out' || $line !~ /due to statement timeout/;
		push @allowed, '25P02' if $action eq 'transaction';
		$counts->{"$action $state"}++;
		push @wrong, "$action: $line" if !grep { $_ eq $state } @allowed;
	}
	push @wrong, 'not all of a script was run'
	  if $action ne $chosen[-1];
	return @wrong;
}

# A client: sessions until the time is up.  What was wrong goes into a file,
# with how often what was done.
sub run_client
{
	my ($client, $end) = @_;
	my %counts;
	my @wrong;

	srand $seed + $client;
	while (time < $end && @wrong < 20)
	{
		push @wrong, run_session($client, \%counts);
	}
	write_file("$directory/wrong.$client", join '', map { "$_\n" } @wrong);
	write_file("$directory/counts.$client", join '', map { "$_=$counts{$_}\n" } keys %counts);
}

# ---------------------------------------------------------------------------
# All of them
# ---------------------------------------------------------------------------

my $end = time + $SECONDS;
my @children;
for my $client (1 .. $CLIENTS)
{
	my $child = fork() // die "could not fork: $!";
	if ($child == 0)
	{
		eval { run_client($client, $end); 1 } or print STDERR $@;
		POSIX::_exit(0);
	}
	push @children, $child;
}
waitpid $_, 0 for @children;

my (@wrong, %counts);
for my $client (1 .. $CLIENTS)
{
	push @wrong, -e "$directory/wrong.$client" ? split /\n/, read_file("$directory/wrong.$client") : 'a client died';
	/^(.*)=(\d+)$/ and $counts{$1} += $2 for split /\n/, read_file("$directory/counts.$client");
}
note(sprintf '%s: %d', $_, $counts{$_}) for sort keys %counts;
is_deeply(\@wrong, [], "$CLIENTS clients for $SECONDS seconds");
ok(!(grep { !$counts{$_} } keys %actions), 'each action was taken');
is(query('SELECT sum(deadlocks) FROM pg_stat_database'), '0', 'no deadlock');
unlike(read_file($node->logfile), qr/deadlock detected|TRAP:|PANIC|terminated by signal|XX000/,
	'nor anything worse in the server\'s log');

# ---------------------------------------------------------------------------
# And then
# ---------------------------------------------------------------------------

for my $target (@targets)
{
	my %executions = map { $_ => 1 } split /\n/, query("SELECT name FROM $target.executions");

	for my $log (@logs)
	{
		my $is_there = $executions{$log} ? '' : ', which is not there';
		is(query(sprintf $reads{$_}, $target, $log), $is_there ? '' : $expected{"$_ $log"},
			"$target: $_ of $log$is_there")
		  for sort keys %reads;
	}
	my $tables = qq{FROM pg_class c
			WHERE relnamespace = '$target'::regnamespace AND relkind = 'r' AND relname <> 'executions'};
	is(query("SELECT count(*) $tables AND NOT relispartition"), 0, "$target: all tables are partitions");

	# Partitions of one execution that was dropped beside readers are there until the
	# next is dropped and nobody, autovacuum neither, is at the tables.
	my $of_none = qq{$tables AND relname !~ '_from_' AND NOT EXISTS (
				SELECT FROM $target.executions WHERE relname ~ ('_' || execution_id || '\$'))};
	query(qq{CREATE FUNCTION is_empty(regclass) RETURNS boolean LANGUAGE plpgsql AS
		'DECLARE found bool; BEGIN EXECUTE format(''SELECT NOT EXISTS (SELECT FROM %s)'', \$1) INTO found; RETURN found; END'}) if $target eq 't1';
	is(query("SELECT count(*) $of_none AND NOT is_empty(c.oid)"), 0, "$target: partitions of none are empty");
	for (1 .. 100)
	{
		query(qq{SELECT pe_materialize('l1', '$target', 'skip')});
		query(qq{SELECT pe_drop_execution('l1', '$target')});
		last if query("SELECT count(*) $of_none") == 0;
		select undef, undef, undef, 0.2;
	}
	is(query("SELECT coalesce(string_agg(relname, ' '), '') $of_none"), '', "$target: no table is left over");
}

# A session that is cancelled while it waits for a lock goes on with the next
# statement.
{
	my $connection = $node->connstr('postgres');
	my $client = join ' ', qq{psql -XAtq -d "$connection"}, map { qq{-c "$_"} }
	  'SET statement_timeout = 300', q{SELECT pe_drop_execution('l1', 't1')}, q{SELECT 'alive'};
	my (undef, $output) = complaints_of($node, [
			'BEGIN; LOCK TABLE t1.executions;', "\\! $client 2>&1", 'COMMIT;' ]);
	like($output, qr/statement timeout.*^alive$/ms, 'a session goes on after it was cancelled');
}

# Transactions that have read tables before they come to drop something do not keep each
# other from it, though one waits for the other.
{
	my $connection = $node->connstr('postgres');
	my $other = join ' ', qq{psql -XAtq -d "$connection"}, map { qq{-c "$_"} }
	  'BEGIN', 'SELECT count(*) > 0 FROM t1.syscalls', q{SELECT pe_drop_execution('l1', 't1')}, 'COMMIT';
	query(q{SELECT pe_materialize('l1', 't1', 'skip')});
	my ($complaints) = complaints_of($node, [
			q{BEGIN; SELECT count(*) FROM t1.threads; SELECT pe_drop_execution('none', 't1');},
			"\\! $other >$directory/dropped 2>&1 &",
			q{DO $$BEGIN
				WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'object' AND NOT granted) LOOP
					PERFORM pg_sleep(0.01);
				END LOOP;
			END$$;},
			q{SELECT pe_drop_execution('l1', 't1');},
			'ROLLBACK; SELECT pg_sleep(0.1);' ]);
	$node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity
		WHERE query ~ 'pe_drop_execution|COMMIT' AND pid <> pg_backend_pid())})
	  or die 'the other does not go on';
	is(join('', @$complaints), '', 'one drops an execution that the other has read');
	is(read_file("$directory/dropped"), "t\nt\n", 'and then the other does');
	is(query('SELECT sum(deadlocks) FROM pg_stat_database'), '0', 'without a deadlock');
}

$node->stop;
done_testing();
