# Logs that change while they are read: a cursor gives the rows of before or an
# error, a prepared statement those of now, and nothing ever a mixture.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Compress::Zlib ();
use PlogFile;
use PlogSession;
use PlogTest;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep utime);

my $node      = start_server('changing_logs', new_sessions => 1);
my $directory = temporary_directory('changing');
my $file      = "$directory/changing.plog";

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# ---------------------------------------------------------------------------
# The logs
# ---------------------------------------------------------------------------

# A log of so many chunks of a hundred calls.  All texts say which log it is.
# Chunks are not compressed, so that those of two logs are equally long: nothing
# but what is in them tells that one took the place of the other.
sub log_that_says
{
	my ($what, $chunk_count) = @_;
	my @chunks;

	for my $chunk (0 .. $chunk_count - 1)
	{
		my $bytes = join '', map { frame(call(1000 + 100 * $chunk + $_, $what)) } 0 .. 99;
		push @chunks, { entries => 100, stream => Compress::Zlib::compress($bytes, 0) };
	}
	return put_together({ chunks => \@chunks });
}

# A call at an offset, with that text as name and argument.
sub call
{
	my ($instr, $what) = @_;
	my $syscall = varint_field(1, 7) . varint_field(2, 1) . varint_field(3, 7) .
	  varint_field(4, 5) . bytes_field(6, $what) .
	  bytes_field(7, bytes_field(1, 'argument') . bytes_field(2, $what));
	return entry($instr, bytes_field(58, $syscall));
}

my $CHUNKS = 8;
my $old = log_that_says('old', $CHUNKS);
my $new = log_that_says('new', $CHUNKS);
my $half = int(length($old) / 2);
write_file("$directory/old.plog", $old);
write_file("$directory/new.plog", $new);
write_file("$directory/more.plog", log_that_says('new', $CHUNKS + 2));

# What still has no directory, and grows: the first half, and the rest.
write_file("$directory/first.plog", "\0" x FIRST_CHUNK . substr $old, FIRST_CHUNK, $half - FIRST_CHUNK);
write_file("$directory/rest", substr $old, $half);

# Shell commands that change a file, $f, to be or not to be another log.
my %changes = (
	'renamed over'                       => 'cp new.plog tmp; mv tmp $f',
	'renamed over by a longer one'       => 'cp more.plog tmp; mv tmp $f',
	'rewritten'                          => 'cp new.plog $f',
	'rewritten by a longer one'          => 'cp more.plog $f',
	'rewritten, and its time set back'   => 'cp -p $f ref; cp new.plog $f; touch -r ref $f; rm ref',
	'overwritten'                        => 'dd if=new.plog of=$f conv=notrunc bs=1M status=none',
	'overwritten, and its time set back' =>
	  'cp -p $f ref; dd if=new.plog of=$f conv=notrunc bs=1M status=none; touch -r ref $f; rm ref',
	'cut off'                            => "truncate -s $half \$f",
	'emptied'                            => 'truncate -s 0 $f',
	'appended to'                        => 'cat new.plog >> $f',
	'removed'                            => 'rm $f',
	'touched'                            => 'touch $f');

# What changes no byte, and must not be noticed.
my %harmless = (
	'linked'                  => 'ln $f tmp; rm tmp',
	'renamed away and back'   => 'mv $f tmp; mv tmp $f',
	'given other permissions' => 'chmod 640 $f; chmod 600 $f',
	'given an owner'          => 'chown $(id -u) $f');
%changes = (%changes, %harmless);

# As psql runs such a change.
sub change
{
	my ($how) = @_;
	return "\\! cd '$directory' && " . ($changes{$how} =~ s/\$f/changing.plog/gr);
}

# The file is old again, and not just now.
sub restore
{
	my ($from) = @_;

	write_file($file, read_file("$directory/$from"));
	utime 1e9, 1e9, $file;
	sleep 0.05;
}

restore('old.plog');
query("SELECT pe_attach('$file', 'plain'); SELECT pe_attach('$file', 'recovering', recover => true)");

# ---------------------------------------------------------------------------
# Between two fetches
# ---------------------------------------------------------------------------

# Nothing is kept of chunks that are gone through, so that they are read when
# they are needed.
my $settings = 'SET pandelephant.chunk_cache_size = 0; SET enable_hashjoin = off;
	SET enable_mergejoin = off; SET enable_material = off; SET client_min_messages = error;';
my %queries = (
	syscalls          => 'SELECT syscall_id, name FROM %s.syscalls',
	syscall_arguments => 'SELECT syscall_id, value FROM %s.syscall_arguments',
	strace            => 'SELECT syscall_id, call FROM %s.strace',
	entries           => q{SELECT entry_id, message FROM %s.entries},
	'entries, backwards' => q{SELECT entry_id, message FROM %s.entries ORDER BY entry_id DESC},
	threads           => 'SELECT tid FROM %s.threads',
	'two scans, one after the other' => q{SELECT syscall_id, name FROM %1$s.syscalls
		UNION ALL SELECT syscall_id, value FROM %1$s.syscall_arguments},
	'a join'          => q{SELECT a.syscall_id, a.name, b.value FROM %1$s.syscalls a
		JOIN %1$s.syscall_arguments b USING (syscall_id)});

# What a session prints of a query whose file is changed after some rows, and
# the SQLSTATEs of its errors.
sub fetch_and_change
{
	my ($sql, $how) = @_;
	my ($complaints, $output) = complaints_of($node, [
			"$settings BEGIN; DECLARE c CURSOR FOR $sql; FETCH 5 FROM c;",
			change($how),
			'FETCH ALL FROM c; COMMIT;' ]);
	return ($output, join ' ', map { /(?:ERROR|FATAL|PANIC):  (\w{5})/ ? $1 : () } @$complaints);
}

for my $schema ('plain', 'recovering')
{
	for my $title (sort keys %queries)
	{
		my $sql = sprintf $queries{$title}, $schema;
		my (@wrong, @states);

		restore('old.plog');
		my $expected = query("$settings $sql");
		for my $how (sort keys %changes)
		{
			restore('old.plog');
			my ($rows, $states) = fetch_and_change($sql, $how);
			my $is_old = $states eq '' && $rows eq $expected;

			push @states, "$how: " . ($states || 'old');
			push @wrong, "$how: $states: " . substr $rows, -100
			  if !$is_old && $states !~ ($how eq 'removed' ? qr/^58P01$/ : qr/^(?:55000|XX001)$/);
			push @wrong, "$how: $states" if !$is_old && $harmless{$how};
			push @wrong, "$how: not a beginning of the old rows"
			  if substr($expected, 0, length $rows) ne $rows;
		}
		note("$schema, $title: @states");
		is_deeply(\@wrong, [], "$schema, $title: after a change, the old rows or an error");
	}
}

# ---------------------------------------------------------------------------
# Between two executions of a prepared statement
# ---------------------------------------------------------------------------

for my $schema ('plain', 'recovering')
{
	for my $title ('syscalls', 'entries', 'threads')
	{
		my $sql = sprintf $queries{$title}, $schema;
		my @wrong;

		for my $how (sort keys %changes)
		{
			restore('old.plog');
			my ($complaints, $output) = complaints_of($node, [
					"$settings SET plan_cache_mode = force_generic_plan;
					 PREPARE p AS $sql; EXPLAIN EXECUTE p;",
					change($how),
					"\\echo then\nEXECUTE p;" ]);
			my ($after, $now) = complaints_of($node, [ $settings, "$sql;" ]);
			my @states = map { /ERROR:  (\w{5})/ ? $1 : 'ok' } $complaints->[2], $after->[1];

			$output =~ s/^.*then\n?//s;
			push @wrong, "$how: $states[0] for $states[1]" if $states[0] ne $states[1];
			push @wrong, "$how: other rows" if $output ne $now;
		}
		is_deeply(\@wrong, [], "$schema, $title: what was prepared sees what is there when it is executed");
	}
}

# ---------------------------------------------------------------------------
# A log that is being written
# ---------------------------------------------------------------------------

for my $title (sort keys %queries)
{
	my $sql = sprintf $queries{$title}, 'recovering';

	restore('first.plog');
	my $expected = query("$settings $sql");
	my ($complaints, $output) = complaints_of($node, [
			"$settings BEGIN; DECLARE c CURSOR FOR $sql; FETCH 5 FROM c;",
			"\\! cd '$directory' && cat rest >> changing.plog",
			'FETCH ALL FROM c; COMMIT;',
			"\\! cd '$directory' && dd if=old.plog of=changing.plog bs=128 count=1 conv=notrunc status=none",
			"\\echo then\n$sql;" ]);
	my ($rows, $then) = split /^then\n?/m, $output;

	is(join('', @$complaints), '', "$title: a log that grows and is closed meanwhile");
	is($rows, "$expected\n", 'shows the rows of before');
	restore('old.plog');
	is($then, query("$settings $sql"), 'and all of them to the next query');
}

# ---------------------------------------------------------------------------
# In parallel workers
# ---------------------------------------------------------------------------

# A worker opens the log after the leader has read it, and after a change.
$node->safe_psql('postgres', 'CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS number; ALTER TABLE numbers SET (parallel_workers = 2); ANALYZE numbers');
my $parallel = q{SET max_parallel_workers_per_gather = 2;
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET parallel_leader_participation = off;
	SET enable_parallel_hash = off; SET enable_nestloop = off; SET enable_mergejoin = off;};
my $in_workers = q{SELECT string_agg(DISTINCT name, ' ') FROM numbers
	JOIN plain.syscalls ON number = syscall_id
	WHERE number > (SELECT length(min(name)) - 3 FROM plain.syscalls) + (SELECT length(pg_sleep(%s)::text))};
restore('old.plog');
like(query("$parallel EXPLAIN " . sprintf $in_workers, 0),
	qr/Gather.*->  Foreign Scan on syscalls/s, 'workers scan a log that the leader does not share with them');
is(query($parallel . sprintf $in_workers, 0), 'old', 'they see what the leader sees');
for my $how ('renamed over', 'overwritten', 'overwritten, and its time set back')
{
	restore('old.plog');
	my $change = change($how) =~ s/^\\! //r;
	my ($complaints, $output) = complaints_of($node, [
			"$parallel \\! (sleep 1; $change) &",
			sprintf("$in_workers;", 2) ]);
	like($complaints->[1], qr/ERROR:  55000/, "$how: or else there is an error");
	is($output, '', 'and no row');
}

# ---------------------------------------------------------------------------
# Within a tick of the clock
# ---------------------------------------------------------------------------

# A session that asks again and again, each time just after a change, answers
# by what is there, though nothing that fstat shows may have changed.
{
	my $library = "$directory/coarse_clock.so";
	my $source  = "$FindBin::RealBin/../preload/coarse_clock.c";
	my @script;

	system($ENV{CC} // 'cc', qw(-shared -fPIC -O2 -Wall -Wextra -Werror -o), $library, $source, '-ldl') == 0
	  or die "could not build $library";
	{
		local $ENV{LD_PRELOAD} = join ' ', $ENV{LD_PRELOAD} // (), $library;
		$node->restart;
	}
	for my $schema ('plain', 'recovering')
	{
		restore('old.plog');
		for (1 .. 30)
		{
			for my $name ('new', 'old')
			{
				push @script, "\\! cd '$directory' && dd if=$name.plog of=changing.plog conv=notrunc bs=1M status=none",
				  "SELECT string_agg(DISTINCT name, ' ') || ' ' || '$name' FROM $schema.syscalls;";
			}
		}
	}
	my ($complaints, $output) = complaints_of($node, [ join "\n", @script ]);
	is($complaints->[0], '', 'a session that asks just after each change gets answers');
	is_deeply([ grep { !/^(\w+) \1$/ } split /\n/, $output ], [], 'none of them is that of before');
	$node->restart;
}

# ---------------------------------------------------------------------------
# At any moment
# ---------------------------------------------------------------------------

# While one process changes the log again and again, others read all of it.
{
	my $seconds = $ENV{PLOG_SECONDS} // 20;
	my $end = time + $seconds;
	my %texts = (old => $old, new => $new);

	restore('old.plog');
	write_file("$directory/reads.sql", join '', $settings, map {
		"SELECT string_agg(DISTINCT what, ' ') FROM ($_) r(what);\n"
	} 'SELECT name FROM plain.syscalls', 'SELECT value FROM plain.syscall_arguments',
		q{SELECT message #>> '{syscall,call_name}' FROM plain.entries},
		'SELECT name FROM recovering.syscalls');
	my $changer = fork() // die $!;
	if ($changer == 0)
	{
		for (my $i = 0; time < $end; $i++)
		{
			my $name = $i % 2 ? 'old' : 'new';
			if ($i % 4 < 2)
			{
				write_file($file, $texts{$name});
			}
			else
			{
				# at once: of two writes in one tick of the clock, the second cannot be seen
				open my $handle, '+<:raw', $file or die $!;
				syswrite $handle, $texts{$name};
				close $handle;
			}
			sleep 0.03;
		}
		POSIX::_exit(0);
	}

	my (%outputs, %errors);
	while (time < $end)
	{
		my ($output, $errors) = ('', '');
		$node->psql('postgres', "\\set VERBOSITY verbose\n\\i $directory/reads.sql\n" x 4,
			stdout => \$output, stderr => \$errors, on_error_stop => 0);
		$outputs{$_}++ for split /\n/, $output;
		$errors{$_}++ for $errors =~ /ERROR:  (\w{5})/g;
	}
	waitpid $changer, 0;
	note(join ' ', %outputs, %errors);
	is_deeply([ grep { !/^(?:old|new)$/ } keys %outputs ], [], 'no query sees two states of a log');
	is_deeply([ grep { !/^(?:55000|XX001)$/ } keys %errors ], [], 'nor another error than that it changed');
	ok($outputs{old} && $outputs{new}, 'and both are read');
}

unlike(read_file($node->logfile), qr/TRAP:|PANIC|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
