# Any work can be cancelled at any point, soon, and leaves nothing behind.
#
# PANDELEPHANT_CANCELS says how often each kind of work is cancelled.  A delay is
# what the backend still computes after the signal, for machines are busy; by
# the clock, much more is allowed.  The longest of both are printed.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogBomb;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep time);

my $CANCELS = $ENV{PANDELEPHANT_CANCELS} // 2;

# In seconds: when it has computed for so long, work is cancelled at the latest;
# and what may pass then, computing and by the clock.
my $LONGEST_WORK     = 1.2;
my $ALLOWED          = $ENV{SANITIZE} ? 5 : 0.5;
my $ALLOWED_BY_CLOCK = $ENV{SANITIZE} ? 60 : 10;

my $node      = start_server('cancel', new_sessions => 1);
my $directory = temporary_directory('cancel');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# ---------------------------------------------------------------------------
# Logs that want time
# ---------------------------------------------------------------------------

# A log of many entries of all kinds, in ordinary chunks.
sub write_long_log
{
	my ($path, $times) = @_;
	my $plog = take_apart(read_file(log_path('made/all_kinds')));
	my @entries = inflate_entries($plog->{chunks}[0]{stream});
	my $stream = deflate_entries((@entries) x 4);

	write_file($path, put_together({ chunks =>
		[ map { { entries => 4 * @entries, stream => $stream } } 1 .. $times ] }));
}

# A log of one entry, whose payload's field numbers are given from the outside
# in, with so many times these bytes in it.
sub write_long_entry
{
	my ($path, $numbers, $bytes, $times) = @_;
	my $length = $times * length $bytes;
	my $header = '';

	$header = bytes_header($_, $length + length $header) . $header for reverse @$numbers;
	write_bomb($path, 1,
		sub { $_[0]->(pack('V', $length + length $header) . $header); $_[0]->($bytes, $times) });
}

sub attach
{
	my ($schema, $path, $options) = @_;
	query("SELECT pe_attach('$path', schema => '$schema'" . ($options // '') . ')');
}

my $log = "$directory/long.plog";
write_long_log($log, 12);
attach('long', $log);

# the same behind junk, without a directory: chunks are searched for
my $junk = join '', map { chr int rand 256 } 1 .. 300_000;
my $bytes = read_file($log);
write_file("$directory/junk.plog",
	"\0" x FIRST_CHUNK . $junk x 5 . substr($bytes, FIRST_CHUNK, take_apart($bytes)->{directory} - FIRST_CHUNK));
attach('junk', "$directory/junk.plog", ', recover => true');

# entries of hundreds of megabytes, and the relation in which they want most
my $MEGA = 2**20;
my @LONG = (
	[ 'text'    => [ 58, 7, 2 ],  'x' x 1024,  240 * 1024, 'syscall_arguments' ],
	[ 'nul'     => [ 58, 7, 2 ],  "\0" x 1024, 120 * 1024, 'syscall_arguments' ],
	[ 'bytes'   => [ 58, 7, 13 ], 'x' x 1024,  240 * 1024, 'strace' ],
	[ 'struct'  => [ 58, 7, 15 ], "\x0a\0",    2 * $MEGA, 'syscall_arguments' ],
	[ 'quoted'  => [ 58, 7, 15, 1, 2 ], '"' x 1024, 240 * 1024, 'strace' ],
	[ 'args'    => [58],          "\x3a\0",    24 * $MEGA, 'strace' ],
	[ 'unknown' => [58],          "\x78\1",    120 * $MEGA, 'entries' ],
	[ 'numbers' => [ 43, 1 ],     "\1",        240 * $MEGA, 'entries' ],
	[ 'odd'     => [200],         "\x78\1",    120 * $MEGA, 'entries' ]);
for my $long (@LONG)
{
	my ($name, $numbers, $bytes, $times) = @$long;
	write_long_entry("$directory/$name.plog", $numbers, $bytes, $times);
	attach($name, "$directory/$name.plog");
}

# a descriptor of very many fields, and a question with very many of their names
my $fields = join '', map {
	bytes_field(2, bytes_field(1, "field_$_") . varint_field(3, 1000 + $_) . varint_field(4, 1) . varint_field(5, 4))
} 1 .. 300_000;
write_file("$directory/fields.pb",
	bytes_field(1, bytes_field(1, 'x.proto') . bytes_field(4, bytes_field(1, 'LogEntry') . $fields)));
attach('kinds', $log, ", descriptor => '$directory/fields.pb'");
my $kinds = join ', ', map { "'field_$_'" } map { 60 * $_ } 1 .. 5000;

# ---------------------------------------------------------------------------
# Delays
# ---------------------------------------------------------------------------

# Of long entries a size is asked: to count them, the executor would copy the
# first row twice, whole, without a check for interrupts.
my $COLD = 'SET pandelephant.catalog_cache = off;';
my $WARM = 'SELECT count(*) FROM %s.threads;';
my @WORK = (
	[ 'catalog', $COLD, 'SELECT count(*) FROM long.threads' ],
	[ 'recovery', $COLD, 'SELECT count(*) FROM junk.entries' ],
	(map { [ "scan of $_", sprintf($WARM, 'long'), "SELECT count(r::text) FROM long.$_ r" ] }
		  qw(syscalls syscall_arguments strace entries)),
	[ 'sorted scan', sprintf($WARM, 'long'), 'SELECT * FROM long.syscall_arguments ORDER BY value OFFSET 1e9' ],
	[ 'join', sprintf($WARM, 'long'), 'SELECT count(*) FROM long.syscalls a JOIN long.syscalls b USING (syscall_id)' ],
	[ 'materialization', sprintf($WARM, 'long'), q{SELECT * FROM pe_materialize('long', if_exists => 'replace')} ],
	[ 'materialization by INSERT', sprintf($WARM, 'long') . 'SET pandelephant.bulk_load = off;', q{SELECT * FROM pe_materialize('long', if_exists => 'replace')} ],
	[ 'kinds of a large descriptor', sprintf($WARM, 'long'), "SELECT count(*) FROM kinds.entries WHERE kind IN ($kinds)" ],
	map {
		my ($name, $relation) = @$_[ 0, 4 ];
		my $column = { syscall_arguments => 'value', strace => 'call', entries => 'message' }->{$relation};
		(   ($relation eq 'entries' ? [ "catalog of $name", $COLD, "SELECT count(*) FROM $name.threads" ] : ()),
			[ "$relation of $name", sprintf($WARM, $name), "SELECT pg_column_size($column) FROM $name.$relation" ])
	} @LONG);

# Run a statement in a session of its own, without PostgreSQL's compiler, which
# cannot be interrupted, and cancel it when it has computed for so many
# seconds, if it still runs.  Says whether it was, how long it ran, its SQLSTATE,
# and what passed after the signal.
sub run_and_cancel
{
	my ($before, $statement, $after) = @_;
	my ($pid, $started, $ended) = map { "$directory/$_" } qw(pid started ended);
	my ($output, $errors) = ('', '');

	unlink $pid, $started, $ended;
	write_file("$directory/script",
		"\\set VERBOSITY sqlstate\nSET client_min_messages = error;\nSET jit = off;\n\\o $pid\nSELECT pg_backend_pid();\n"
		  . "\\o /dev/null\n$before\n\\! touch $started\n$statement;\n\\! touch $ended; sleep 0.2\n");
	my $psql = IPC::Run::start(
		[ 'psql', '-XAtq', '-f', "$directory/script", '-d', $node->connstr('postgres') ],
		'>', \$output, '2>', \$errors, my $limit = IPC::Run::timer(300));
	wait_for($started);
	my ($backend) = read_file($pid) =~ /(\d+)/;
	my $start = computed($backend);
	sleep 0.001 while computed($backend) - $start < $after && !-e $ended;
	my $is_running = !-e $ended;
	my ($computed, $signalled) = (computed($backend), time);
	kill 'INT', $backend if $is_running;
	wait_for($ended);
	my $end = computed($backend);
	my $ended_at = time;
	$psql->finish;
	return {
		cancelled => $is_running,
		ran       => $end - $start,
		state     => $errors =~ /ERROR:  (\w{5})/ ? "$1" : $errors eq '' ? '00000' : $errors,
		computed  => $end - $computed,
		clock     => $ended_at - $signalled };
}

# Wait for a file to be there.
sub wait_for
{
	my ($path) = @_;
	my $start = time;

	until (-e $path)
	{
		BAIL_OUT('a statement hangs') if time - $start > 300;
		sleep 0.001;
	}
}

# How long a process has computed, in seconds; by the clock where that is not
# to be known.
sub computed
{
	my ($pid) = @_;
	return time if !-e "/proc/$pid/schedstat";
	return (split ' ', read_file("/proc/$pid/schedstat"))[0] / 1e9;
}

srand($ENV{PANDELEPHANT_SEED} // time);
for my $work (@WORK)
{
	my ($name, $before, $statement) = @$work;
	my $whole = run_and_cancel($before, $statement, $LONGEST_WORK);
	my @runs = ($whole, map { run_and_cancel($before, $statement, rand $whole->{ran}) } 1 .. $CANCELS);
	my ($computed, $clock, @cancelled) = (0, 0);

	for my $run (grep { $_->{cancelled} } @runs)
	{
		push @cancelled, $run;
		$computed = $run->{computed} if $run->{computed} > $computed;
		$clock    = $run->{clock} if $run->{clock} > $clock;
	}
	is(join(' ', grep { !/^(?:00000|57014|54000)$/ } map { $_->{state} } @runs), '', "$name: ends well");
	cmp_ok($computed, '<', $ALLOWED, sprintf '%s of %.1f s, cancelled %d times: computes on', $name, $whole->{ran}, scalar @cancelled);
	cmp_ok($clock, '<', $ALLOWED_BY_CLOCK, "$name: by the clock");
	note(sprintf '%s: computes on for at most %.0f ms, %.0f ms by the clock', $name, 1e3 * $computed, 1e3 * $clock);
}

# ---------------------------------------------------------------------------
# Leaks
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'there is no /proc', 3 if !-d '/proc/self/fd';

	my $small = "$directory/small.plog";
	write_long_log($small, 1);
	attach('small', $small);

	# sound at first, so that they can be attached
	my %broken = (
		stream => sub { my $plog = take_apart($_[0]); substr $plog->{chunks}[-1]{stream}, 5000, 8, 'x' x 8; put_together($plog) },
		cut    => sub { substr $_[0], 0, -1 },
		entry  => sub {
			my $plog    = take_apart($_[0]);
			my @entries = inflate_entries($plog->{chunks}[0]{stream});
			$entries[4000] = bytes_field(58, "\x08");
			$plog->{chunks}[0]{stream} = deflate_entries(@entries);
			put_together($plog);
		});
	for my $name (sort keys %broken)
	{
		write_file("$directory/$name.plog", read_file($small));
		attach($name, "$directory/$name.plog");
		write_file("$directory/$name.plog", $broken{$name}->(read_file($small)));
	}

	my @relations = qw(executions processes threads threadslices syscalls syscall_arguments strace entries);
	my $cancelled = join '',
	  map { sprintf "SET statement_timeout = %d; SELECT count(r::text) FROM small.%s r;\n", 1 + rand 12, $relations[ rand @relations ] }
	  1 .. 1000;
	my $failed = join '',
	  map { sprintf "SELECT count(r::text) FROM %s.%s r;\n", (sort keys %broken)[ rand 3 ], $relations[ 2 + rand(@relations - 2) ] }
	  1 .. 1000;
	my $contexts = query(q{SELECT to_regclass('pg_backend_memory_contexts') IS NOT NULL}) eq 't' ?
	  '(SELECT sum(total_bytes) FROM pg_backend_memory_contexts)' : '0';
	my $state = qq{SET statement_timeout = 0;
		SELECT 'state', count(*),
		  (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\\s*(\\d+)'))[1], $contexts
		FROM pg_ls_dir('/proc/self/fd');\n};
	my ($output, $errors) = ('', '');

	# the first thousand warms up what a session keeps
	write_file("$directory/script",
		"\\set VERBOSITY sqlstate\n$COLD\n" . $cancelled . "SET statement_timeout = 0;\n$failed$state$cancelled"
		  . "SET statement_timeout = 0;\n$failed$state");
	$node->psql('postgres', "\\i $directory/script", stdout => \$output, stderr => \$errors,
		on_error_stop => 0, timeout => 1200);
	my %states;
	$states{$_}++ for $errors =~ /ERROR:  (\w{5})/g;
	my @before_after = $output =~ /^state\|(\d+)\|(\d+)\|(\d+)$/mg;
	my ($files, $kilobytes, $allocated, $files_after, $kilobytes_after, $allocated_after) = @before_after;

	cmp_ok($states{'57014'} // 0, '>=', 500, 'queries cancelled');
	cmp_ok($states{XX001} // 0, '>=', 1500, 'queries failed');
	is(join(' ', grep { !/^(?:57014|XX001)$/ } keys %states), '', 'and nothing else happened');
	cmp_ok($files_after, '<=', $files, 'files open after a thousand of each');
	# of two thousand queries none may leave 256 bytes; what grows once is more than nothing
	cmp_ok($allocated_after - $allocated, '<', 2**19, 'memory contexts after a thousand of each');
  SKIP:
	{
		skip 'memory is not that of the server alone', 1 if $ENV{SANITIZE};
		cmp_ok($kilobytes_after - $kilobytes, '<', 8 * 1024, 'memory after a thousand of each');
	}
	note("files $files, then $files_after; contexts $allocated, then $allocated_after bytes; "
		  . "memory $kilobytes, then $kilobytes_after kB; "
		  . join ', ', map { "$states{$_} times $_" } sort keys %states);
}

$node->stop;
done_testing();
