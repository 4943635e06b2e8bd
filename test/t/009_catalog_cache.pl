# The catalogs on disk: they are used, whatever is wrong with one is not seen in
# any answer, and they keep within their bounds.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Basename qw(basename);
use File::Copy qw(copy);
use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time utime);

# How many damaged and how many forged files are tried, and which: PLOG_SEED
# repeats a run.
my $TORN    = $ENV{PLOG_TORN}    // 20;
my $FLIPPED = $ENV{PLOG_FLIPPED} // 20;
my $FORGED  = $ENV{PLOG_FORGED}  // 60;
my $seed    = $ENV{PLOG_SEED}    // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

my $node      = start_server('catalog_cache', new_sessions => 1);
my $cache     = $node->data_dir . '/pandelephant_cache';
my $directory = temporary_directory('catalog_cache');

# Relations that together show all that a catalog holds.
my @SHOWN = qw(executions processes threads thread_names threadslices mappings
  syscalls syscall_arguments code_points taint_flows);

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# Run SQL in a session of its own.  Returns what it prints and what becomes of
# catalogs, as words: built, loaded, removed, evicted, unwritten; and errors.
sub session
{
	my ($sql, %options) = @_;
	my $on = delete $options{node} // $node;
	my ($output, $errors) = ('', '');

	$on->psql(delete $options{database} // 'postgres',
		"SET client_min_messages = debug1;\n$sql",
		stdout => \$output, stderr => \$errors, on_error_stop => 0, timeout => 180, %options);
	my %words = (
		'catalog of plog .* built'                => 'built',
		'catalog of plog .* loaded from disk'     => 'loaded',
		'removing damaged or stale catalog file'  => 'removed',
		'evicting file'                           => 'evicted',
		'could not write catalog file'            => 'unwritten',
		'(?:ERROR|FATAL|PANIC):.*'                => '');
	my @words;
	for my $line (split /\n/, $errors)
	{
		for my $pattern (keys %words)
		{
			push @words, $words{$pattern} || $1 if $line =~ /($pattern)/;
		}
	}
	return (join(' ', @words), $output);
}

# Make foreign tables for a log in a schema.
sub attach
{
	my ($path, $schema, %options) = @_;
	my $recover = $options{recover} ? 'true' : 'false';

	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS $schema CASCADE;
		SELECT pe_attach('$path', '$schema', recover => $recover)", $options{database});
}

# What a schema's relations hold, whatever the order.
sub digests
{
	my ($schema) = @_;
	return join '', map {
		"SELECT '$_', count(*), sum(hashtextextended(r::text, 0)::numeric) FROM $schema.$_ r;\n"
	} @SHOWN;
}

# A query that needs the catalog, and only it.
sub glance
{
	my ($schema) = @_;
	return "SELECT count(*), sum(thread_id) FROM $schema.threads;";
}

# The files in the cache, but for the writers' own.
sub cached_files
{
	my @files = sort glob "$cache/*.catalog";
	return @files;
}

sub temporary_files
{
	my @files = glob "$cache/*.tmp";
	return @files;
}

sub clear_cache
{
	unlink glob "$cache/*";
}

# Wait until a log is old enough for its catalog to be kept.
sub settle
{
	sleep 0.1;
}

# The server's log from a place on.
sub logged_since
{
	my ($offset) = @_;
	return substr read_file($node->logfile), $offset;
}

# ---------------------------------------------------------------------------
# Is a catalog on disk used?
# ---------------------------------------------------------------------------

my @logs = (
	(map { [ $_ => 0 ] } qw(rules/summary rules/text rules/traces rules/flows edges/bad_utf8 edges/pid_reuse
		made/empty_only_bogus made/all_kinds real/w1libs real/w1_pre2020form real/w1_sep2020form)),
	[ 'made/killed_64k' => 1 ],
	[ 'edges/truncated_dir' => 1 ],
	[ 'real/w1libs' => 1 ]);

for my $log (@logs)
{
	my ($name, $recover) = @$log;
	my $title = $name . ($recover ? ', recover' : '');

	clear_cache();
	attach(log_path($name), 's', recover => $recover);
	my $digests = digests('s');
	my ($word, $expected) = session("SET pandelephant.catalog_cache = off; $digests");
	is($word, 'built', "$title: without the cache, the catalog is built");
	is(scalar(cached_files()), 0, "$title: and not written");
	my ($first, $first_rows) = session($digests);
	my ($second, $second_rows) = session($digests);
	is("$first $second", 'built loaded', "$title: the second connection uses the first's");
	is($first_rows,  $expected, "$title: what it holds, when it was built");
	is($second_rows, $expected, "$title: what it holds, when it was loaded");
}

clear_cache();
my $log = "$directory/log.plog";
copy(log_path('real/w1libs'), $log);
settle();
attach($log, 's');
my (undef, $expected) = session(digests('s'));
my ($file) = cached_files();
my ($word) = session(glance('s'));
my @calls = split /\n/, query('SELECT count(*) FROM s.syscalls');

is((stat $cache)[2] & 07777, 0700, "mode of the directory");
is((stat $file)[2] & 07777,  0600, "mode of a file");
is(scalar(temporary_files()), 0, "nothing else is in the directory");

my ($planned, $plan) = session('EXPLAIN SELECT * FROM s.syscalls');
is($planned, '', 'planning neither builds nor loads a catalog');
like($plan, qr/rows=$calls[0]\b/, 'planning knows the number of rows from disk');
like($plan, qr/Wire Form: today's/, 'and the form of the log');
($planned, $plan) = session('SET pandelephant.catalog_cache = off; EXPLAIN SELECT * FROM s.syscalls');
unlike($plan, qr/Wire Form/, 'with the cache off it does not');

($word) = session("BEGIN READ ONLY; " . glance('s') . " COMMIT;");
is($word, 'loaded', 'a read-only transaction loads');
unlink $file;
($word) = session("BEGIN READ ONLY; " . glance('s') . " COMMIT;");
is($word, 'built', 'a read-only transaction builds');
ok(-e $file, 'and writes');

# Its time tells when it was used, to the minute.
utime time - 30, time - 30, $file;
my $touched = (stat $file)[9];
session(glance('s'));
is((stat $file)[9], $touched, 'a file is not touched twice in a minute');
utime time - 90, time - 90, $file;
session(glance('s'));
cmp_ok((stat $file)[9], '>', time - 60, 'a file that is used is touched');

# ---------------------------------------------------------------------------
# Who may turn it off?
# ---------------------------------------------------------------------------

query('CREATE ROLE somebody');
($word) = session(
	"LOAD 'pandelephant'; SET ROLE somebody; SET pandelephant.catalog_cache = off;");
like($word, qr/permission denied to set parameter/, 'an ordinary user may not turn it off');
($word) = session("LOAD 'pandelephant'; SET pandelephant.catalog_cache_size = 0;");
like($word, qr/cannot be changed now/, 'the size is set in the configuration');

# ---------------------------------------------------------------------------
# A log that changes
# ---------------------------------------------------------------------------

{
	my $whole = take_apart(read_file(log_path('made/all_kinds')));
	my @entries = inflate_entries($whole->{chunks}[0]{stream});
	my $write_log = sub {
		my ($how, @kept) = @_;
		my $bytes = put_together({ chunks => [
			{ start_instr => 0, entries => scalar @kept, stream => deflate_entries(@kept) } ] });

		if ($how eq 'replaced')
		{
			write_file("$directory/changing.plog", $bytes);
		}
		else
		{
			open my $handle, '+>:raw', "$directory/changing.plog" or die $!;
			print $handle $bytes;
			close $handle;
		}
		settle();
	};
	my $count = 'SELECT count(*) FROM changing.threads; SELECT entry_count FROM changing.executions;';

	$write_log->('replaced', @entries[ 0 .. 99 ]);
	attach("$directory/changing.plog", 'changing');
	session($count);
	for my $how ('replaced', 'overwritten')
	{
		for my $length (300, 200)
		{
			$write_log->($how, @entries[ 0 .. $length - 1 ]);
			my ($first, $rows) = session($count);
			my ($second, $rows_again) = session($count);
			is("$first $second", 'built loaded', "a log that was $how is another");
			like($rows, qr/^\d+\n$length$/, 'and its new content is read');
			is($rows_again, $rows, 'twice');
		}
	}

	# One that has just changed is waited for, until a further change would show
	# in its times, for they come from a clock that ticks.
	clear_cache();
	($word) = session("\\! touch $directory/changing.plog\n$count");
	is($word, 'built', 'the catalog of a log that has just changed is built');
	is(cached_files(), 1, 'and kept');

	# That of one which goes on changing is not kept.
	attach("$directory/changing.plog", 'growing', recover => 1);
	my $toucher = fork() // die $!;
	if ($toucher == 0)
	{
		for (my $end = time + 60; time < $end; sleep 0.001)
		{
			utime undef, undef, "$directory/changing.plog";
		}
		POSIX::_exit(0);
	}
	clear_cache();
	($word) = session($count =~ s/changing/growing/gr);
	is($word, 'built', 'the catalog of a log that goes on changing is built');
	is(cached_files(), 0, 'and not kept');
	kill TERM => $toucher;
	waitpid $toucher, 0;
	session(digests('s'));
}

# ---------------------------------------------------------------------------
# Damaged and forged files
# ---------------------------------------------------------------------------

my $good = read_file($file);

# A file is: 8 bytes, checksum of the rest of the header, checksum of what is
# behind the header, the rest of the header.
use constant { HEADER_CHECKSUM => 8, BODY_CHECKSUM => 12, SUMMED => 12 };

# How long the header of a file is: so long that its checksum is right.
sub header_length
{
	my ($bytes) = @_;
	my $checksum = unpack 'L', substr $bytes, HEADER_CHECKSUM, 4;
	my $crc      = 0xFFFFFFFF;

	for my $at (SUMMED .. length($bytes) - 1)
	{
		$crc = add_to_crc32c($crc, substr $bytes, $at, 1);
		return $at + 1 if ($crc ^ 0xFFFFFFFF) == $checksum;
	}
	die 'no header';
}

# Give a file right checksums.
sub forge
{
	my ($bytes, $header) = @_;

	substr $bytes, BODY_CHECKSUM, 4, pack 'L', crc32c(substr $bytes, $header);
	substr $bytes, HEADER_CHECKSUM, 4, pack 'L', crc32c(substr $bytes, SUMMED, $header - SUMMED);
	return $bytes;
}

# Put bytes in the place of the file, and see that they are not used.
sub is_not_used
{
	my ($bytes, $title) = @_;

	write_file($file, $bytes);
	my ($word, $rows) = session(digests('s'));
	return 1 if $word eq 'removed built' && $rows eq $expected && read_file($file) eq $good;
	diag("$title: $word");
	return 0;
}

{
	my @lengths = (0, 1, 7, 8, 15, 16, header_length($good) - 1, header_length($good),
		length($good) - 1);
	my $failed = 0;

	push @lengths, int rand length $good while @lengths < $TORN;
	$failed += !is_not_used(substr($good, 0, $_), "of $_ bytes") for @lengths;
	$failed += !is_not_used("$good\0", 'a byte too long');
	is($failed, 0, 'no torn file is used');

	$failed = 0;
	for my $place (0 .. 16, map { int rand length $good } 1 .. $FLIPPED)
	{
		my $bytes = $good;
		substr $bytes, $place, 1, chr(ord(substr $good, $place, 1) ^ 1 << int rand 8);
		$failed += !is_not_used($bytes, "flipped at $place");
	}
	is($failed, 0, 'no file with a flipped bit is used');
}

{
	# A small log's catalog has all kinds of things, too, and is quick to forge.
	my $small = "$directory/small.plog";
	my $crashes = qr/TRAP:|PANIC|terminated by signal|server process .* exited|invalid memory alloc/;

	copy(log_path('made/all_kinds'), $small);
	settle();
	attach($small, 'small');
	my %known = map { $_ => 1 } cached_files();
	session(digests('small'));
	my ($small_file) = grep { !$known{$_} } cached_files();
	my $small_good = read_file($small_file);
	my $header = header_length($small_good);
	my $offset = -s $node->logfile;
	my @rejected;

	is(forge($small_good, $header), $small_good, 'the test computes the checksums, too');
	my $try = sub {
		my ($bytes) = @_;
		write_file($small_file, forge($bytes, $header));
		return (session(digests('small')))[0];
	};

	# one number or byte after the other, as far as there is time
	my @places = map { 4 * $_ } 4 .. length($small_good) / 4 - 1;
	my $bad_words = 0;
	for (1 .. $FORGED)
	{
		my $place = splice @places, rand @places, 1;
		my @values = (
			pack('L', 0xFFFFFFFF), pack('L', 0x7FFFFFFF), pack('L', 0x80000000),
			pack('L', 1 + unpack 'L', substr $small_good, $place, 4),
			substr($small_good, $place, 4) ^ "\x02\0\0\0", pack('L', rand 2**32));
		my $bytes = $small_good;
		substr $bytes, $place, 4, $values[ rand @values ];
		my $word = $try->($bytes);
		if ($word !~ /^(?:loaded|removed built)$/)
		{
			diag("at $place: $word");
			$bad_words++;
		}
		last if !@places;
	}
	is($bad_words, 0, 'a forged file is used or rebuilt');

	# and of one that has flows and code points, behind its header
	{
		my $flows = "$directory/flows.plog";
		copy(log_path('rules/flows'), $flows);
		settle();
		attach($flows, 'flows');
		my %before = map { $_ => 1 } cached_files();
		my (undef, $rows) = session(digests('flows'));
		my ($flows_file) = grep { !$before{$_} } cached_files();
		my $flows_good = read_file($flows_file);
		my $flows_header = header_length($flows_good);
		my $points = query('SELECT count(*) FROM flows.code_points');

		# the first code points: their offset and mapping
		my $first = join '', map { pack 'Q<LL', split /\|/, $_ } split /\n/,
		  query('SELECT "offset", mapping_id - 1, 0 FROM flows.code_points WHERE code_point_id <= 3 ORDER BY code_point_id');
		my $place = index $flows_good, $first;
		my $by_place = $place + 16 * $points;
		cmp_ok($place, '>', $flows_header, 'the code points are found');
		for my $case (
			[ 'a code point beyond its mapping', $place,      pack 'Q<', 2**63 ],
			[ 'a mapping that is none',          $place + 8,  pack 'L<', 0x7fffffff ],
			[ 'a code point twice',              $place + 16, substr $first, 0, 16 ],
			[ 'a place beyond the code points',  $by_place,   pack 'L<', $points ],
			[ 'a place twice',                   $by_place,   substr $flows_good, $by_place + 4, 4 ])
		{
			my ($title, $at, $bytes) = @$case;
			my $bad = $flows_good;
			substr $bad, $at, length $bytes, $bytes;
			write_file($flows_file, forge($bad, $flows_header));
			my ($word, $found) = session(digests('flows'));
			is($word, 'removed built', "$title: not used");
			is($found, $rows, "$title: and nothing of it is seen");
		}
	}

	# and of one that tells what the slices of a thread add up to
	{
		copy(log_path('made/small'), "$directory/slices.plog");
		settle();
		attach("$directory/slices.plog", 'slices');
		my %before = map { $_ => 1 } cached_files();
		session(digests('slices'));
		my ($slices_file) = grep { !$before{$_} } cached_files();
		my $slices_good = read_file($slices_file);
		my $slices_header = header_length($slices_good);
		my @sums = split /\|/, query(q{SELECT count(*), sum(start_execution_offset), sum(end_execution_offset)
			FROM slices.threadslices GROUP BY thread_id HAVING count(*) = 1 ORDER BY thread_id LIMIT 1});
		my $sums = index $slices_good, pack 'Q<q<q<', @sums;
		cmp_ok($sums, '>', $slices_header, 'the sums of slices are found');
		for my $case (
			[ 'a slice too many',          0,  2 ],
			[ 'far too many slices',       0,  2**64 - 1 ],
			[ 'no slices, but a sum',      0,  0 ],
			[ 'starts that are too large', 8,  2**62 ],
			[ 'ends that are too small',   16, -(2**62) ])
		{
			my ($title, $at, $number) = @$case;
			my $bad = $slices_good;
			substr $bad, $sums + $at, 8, pack $number < 0 ? 'q<' : 'Q<', $number;
			write_file($slices_file, forge($bad, $slices_header));
			is((session(digests('slices')))[0], 'removed built', "$title: not used");
		}
	}

	# text that is none in the database encoding
	my $bytes = $small_good;
	my $pool = length($bytes) - 20;
	substr $bytes, $pool, 3, "\xFF\xFE\x00";
	is($try->($bytes), 'removed built', 'texts in a wrong encoding are not used');

	# the number of entries, from which count(*) is answered; it stands behind
	# that of their ids
	my $entries = pack 'Q<', query('SELECT entry_count FROM small.executions');
	my $counts = index $small_good, $entries x 2;
	cmp_ok($counts, '>', 0, 'the number of entries is found');
	for my $by (-1, 1)
	{
		$bytes = $small_good;
		substr $bytes, $counts + 8, 8, pack 'Q<', $by + unpack 'Q<', $entries;
		is($try->($bytes), 'removed built', 'a wrong number of entries is not used');
	}

	# how many calls there are of a thread, a name and a kind of result, from which
	# counts are answered; the extremes of what they returned stand behind them, then the
	# thread, the name and the result
	my $most = query(q{SELECT count(*) FROM small.syscalls WHERE retval > 0 GROUP BY thread_id, name ORDER BY 1 DESC LIMIT 1});
	my ($group) = grep { unpack('L<', substr $small_good, $_ + 32, 4) == 3 && unpack('L<', substr $small_good, $_ + 36, 4) == 0 }
	  map { 8 * $_ } grep { unpack('Q<', substr $small_good, 8 * $_, 8) == $most } $header / 8 .. length($small_good) / 8 - 5;
	cmp_ok($group, '>', $header, 'a group of calls is found');
	for my $case (
		[ 'a thread that is none', $group + 24, pack 'L<', 0x7fffffff ],
		[ 'a name that is none',   $group + 28, pack 'L<', 0x7fffffff ],
		[ 'another thread',        $group + 24, pack 'L<', 0xffffffff ],
		[ 'another name',          $group + 28, pack 'L<', 0xffffffff ],
		[ 'a result that is none', $group + 32, pack 'L<', 8 ],
		[ 'a least result above the greatest', $group + 8, pack 'q<', 2**62 ],
		[ 'one call too many',     $group,      pack 'Q<', $most + 1 ],
		[ 'far too many calls',    $group,      pack 'Q<', 2**64 - 1 ])
	{
		my ($title, $at, $number) = @$case;
		$bytes = $small_good;
		substr $bytes, $at, length $number, $number;
		is($try->($bytes), 'removed built', "$title: not used");
	}

	# another log's catalog, and another version's
	$bytes = read_file($file);
	write_file($small_file, $bytes);
	($word) = session(digests('small'));
	is($word, 'removed built', "another log's catalog is not used");
	for my $place (16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 76)
	{
		$bytes = $small_good;
		substr $bytes, $place, 1, chr(ord(substr $bytes, $place, 1) ^ 1);
		push @rejected, $try->($bytes);
	}
	is_deeply(\@rejected, [ ('removed built') x @rejected ],
		'one that differs in any part of the key is not used');
	unlike(logged_since($offset), $crashes, 'no forged file crashes a backend');
}

# ---------------------------------------------------------------------------
# Files that cannot be read or written
# ---------------------------------------------------------------------------

{
	my $count = query('SELECT count(*) FROM s.threads');

	clear_cache();
	chmod 0500, $cache;
	my ($word, $rows) = session(glance('s'));
	is($word, 'built unwritten', 'a directory that cannot be written to');
	like($rows, qr/^$count\|/, 'does not matter');
	chmod 0, $cache;
	($word) = session(glance('s'));
	is($word, 'built unwritten', 'a directory that cannot be looked into');
	chmod 0700, $cache;

	session(glance('s'));
	chmod 0, $file;
	($word) = session(glance('s'));
	is($word, 'built', 'a file that cannot be read');
	chmod 0600, $file;

	unlink $file;
	mkdir $file;
	($word) = session(glance('s'));
	is($word, 'removed built', 'a directory in the place of a file');
	rmdir $file;
	POSIX::mkfifo($file, 0600) or die $!;
	($word) = session(glance('s'));
	is($word, 'removed built', 'a pipe in the place of a file');
	($word) = session(glance('s'));
	is($word, 'loaded', 'does not stay');

	clear_cache();
	rmdir $cache;
	write_file($cache, 'not a directory');
	($word) = session(glance('s'));
	is($word, 'built unwritten', 'a file in the place of the directory');
	is(read_file($cache), 'not a directory', 'stays');
	unlink $cache;
	($word) = session(glance('s'));
	is($word, 'built', 'no directory');
	ok(-e $file, 'is made');
}

# ---------------------------------------------------------------------------
# Bounds
# ---------------------------------------------------------------------------

sub set_size
{
	my ($size) = @_;
	$node->append_conf('postgresql.conf', "pandelephant.catalog_cache_size = $size");
	$node->reload;
	$node->poll_query_until('postgres',
		"SELECT current_setting('pandelephant.catalog_cache_size') = '$size'")
	  or die 'the size is not set';
}

{
	my @names = qw(a b c d);
	my $size = length $good;
	my %file;

	clear_cache();
	for my $name (@names)
	{
		copy($log, "$directory/$name.plog");
		attach("$directory/$name.plog", $name);
	}
	settle();
	for my $name (@names)
	{
		my %known = map { $_ => 1 } cached_files();
		($word) = session(glance($name));
		($file{$name}) = grep { !$known{$_} } cached_files();
		is($word, 'built', "$name is new");
	}
	utime time - 3000, time - 3000, $file{a};
	utime time - 5000, time - 5000, $file{b};
	utime time - 4000, time - 4000, $file{c};
	unlink $file{d};
	write_file("$cache/unknown", 'x' x 100_000);

	set_size(int($size * 2.5 / 1024) . 'kB');
	($word) = session(glance('d'));
	is($word, 'built evicted evicted', 'too many');
	is_deeply([ cached_files() ], [ sort @file{qw(a d)} ], 'those not used for longest go');
	ok(-e "$cache/unknown", 'files of others stay');

	# What is in use does not go for something new: a query over more logs than there is
	# room for finds some of them the next time.
	clear_cache();
	my $all = join ' ', map { glance($_) } @names;
	for my $time (1 .. 3)
	{
		($word) = session($all);
		is(scalar(() = $word =~ /built/g), $time == 1 ? 4 : 2, "pass $time over too many logs: built");
		is(scalar(() = $word =~ /loaded/g), $time == 1 ? 0 : 2, 'loaded');
		is(scalar(() = $word =~ /evicted/g), 1, 'one was written in vain');
	}
	set_size('256MB');
	clear_cache();
	for my $number (1 .. 50)
	{
		copy($log, "$directory/many$number.plog");
		attach("$directory/many$number.plog", "many$number");
	}
	settle();
	my ($output, $errors) = ('', '');
	$node->psql('postgres', 'SET client_min_messages = debug2; ' . join(' ', map { glance("many$_") } 1 .. 50),
		stdout => \$output, stderr => \$errors, timeout => 180);
	is(scalar(() = $errors =~ /catalog of plog .* built/g), 50, 'many catalogs are built');
	is(scalar(cached_files()), 50, 'and written');
	cmp_ok(scalar(() = $errors =~ /listing the files of the cache/g), '<=', 2, 'but not listed for each');

	set_size('1kB');
	clear_cache();
	($word) = session(glance('a'));
	is($word . ' ' . cached_files(), 'built 0', 'a catalog beyond the bound is not written');

	set_size('256MB');
	session(glance('a'));
	set_size('0');
	($word) = session(glance('a'));
	is($word, 'built', 'with a bound of 0 none is read');
	set_size('256MB');
}

# What dead processes left goes, what living ones write stays.
{
	my ($output, $errors) = ('', '');
	my $session = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c',
			'SELECT pg_backend_pid()', '-c', 'SELECT pg_sleep(60)' ],
		'>', \$output, '2>', \$errors);

	$session->pump until $output =~ /(\d+)\n/;
	my $living = $1;
	clear_cache();
	write_file("$cache/$living.tmp", 'being written');
	write_file("$cache/999999999.tmp", 'left');
	session(glance('s'));
	is_deeply([ temporary_files() ], ["$cache/$living.tmp"], 'what dead processes left goes');
	query("SELECT pg_terminate_backend($living)");
	$session->finish;
}

# ---------------------------------------------------------------------------
# Writing that fails half-way
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'no prlimit', 2 if system('prlimit --version >/dev/null 2>&1') != 0;
	clear_cache();
	($word) = session("SELECT pg_backend_pid() AS pid \\gset
		\\setenv BACKEND :pid
		\\! prlimit --pid \$BACKEND --fsize=10000
		" . glance('s'));
	is($word, 'built unwritten', 'a full disk');
	is_deeply([ glob "$cache/*" ], [], 'leaves nothing');
}

{
	# A name of many bytes makes a catalog that takes a while to write.
	my $long = "$directory/long.plog";
	my $asid_info = varint_field(1, 10) . varint_field(2, 1) . varint_field(3, 1) .
	  bytes_field(5, 'x' x 100_000_000) . varint_field(6, 10);
	my $stream = deflate_entries(entry(100, bytes_field(40, $asid_info)));
	write_file($long, put_together({ chunks => [ { entries => 1, stream => $stream } ] }));
	settle();
	attach($long, 'long');
	my $count = 'SELECT count(*), sum(length(name)) FROM long.thread_names;';

	# Stop a backend as soon as it writes, by a signal to the process that is
	# named by the file.  It may be too late: that is tried again.
	my $stop_writer = sub {
		my ($signal) = @_;

		for (1 .. 10)
		{
			my $errors = '';
			my $is_killed;

			clear_cache();
			my $session = IPC::Run::start(
				[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $count ],
				'>', \my $output, '2>', \$errors);
			my $end = time + 60;
			while (time < $end && !cached_files())
			{
				sleep 0.001;
				my ($temporary) = temporary_files();
				next if !$temporary || $temporary !~ m{/(\d+)\.tmp$} || -s $temporary < 1_000_000;
				$is_killed = kill $signal => $1;
				last;
			}
			$session->finish;
			return $errors if $is_killed && !cached_files();
		}
		return 'never';
	};

	# The servers of tests do not start again by themselves.
	$node->append_conf('postgresql.conf', 'restart_after_crash = on');
	$node->reload;
	like($stop_writer->('INT'), qr/canceling statement/, 'writing is cancelled');
	is_deeply([ glob "$cache/*" ], [], 'and leaves nothing');

	like($stop_writer->('KILL'), qr/server closed the connection/, 'killed while writing');
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
	is(scalar(cached_files()), 0, 'no half of a catalog is there');
	is(scalar(temporary_files()), 1, 'but a temporary file');
	my (undef, $rows) = session($count);
	is($rows, '1|100000000', 'the same query succeeds');
	is(scalar(temporary_files()), 0, 'the temporary file is gone');
	is((session($count))[0], 'loaded', 'and the catalog is there');
	clear_cache();
}

# ---------------------------------------------------------------------------
# Many at once
# ---------------------------------------------------------------------------

{
	my $pattern = query(glance('s'));
	my @runs;

	clear_cache();
	for (1 .. 12)
	{
		my $run = { output => '', errors => '' };
		$run->{run} = IPC::Run::start(
			[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', glance('s') ],
			'>', \$run->{output}, '2>', \$run->{errors});
		push @runs, $run;
	}
	$_->{run}->finish for @runs;
	is_deeply([ map { $_->{output} . $_->{errors} } @runs ], [ ("$pattern\n") x @runs ],
		'many first queries at once');
	is_deeply([ glob "$cache/*" ], [$file], 'leave one file');
	is((session(glance('s')))[0], 'loaded', 'that is good');
}

# ---------------------------------------------------------------------------
# Encodings
# ---------------------------------------------------------------------------

{
	my $text = log_path('rules/text');
	my %hex;

	clear_cache();
	for my $encoding (qw(UTF8 LATIN1 SQL_ASCII))
	{
		query("CREATE DATABASE in_\L$encoding\E ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
		query('CREATE EXTENSION pandelephant', lc "in_$encoding");
		attach($text, 's', database => lc("in_$encoding"));
	}
	for my $round ('built', 'loaded')
	{
		for my $encoding (qw(UTF8 LATIN1 SQL_ASCII))
		{
			my ($word, $rows) = session(
				"SELECT encode(string_agg(textsend(name), '' ORDER BY thread_name_id), 'hex') FROM s.thread_names",
				database => lc("in_$encoding"));
			$hex{$encoding} //= $rows;
			is($word, $round, "$encoding: $round");
			is($rows, $hex{$encoding}, "$encoding: the same texts");
		}
	}
	isnt($hex{UTF8}, $hex{LATIN1}, 'each encoding has its own texts');
	is(scalar(cached_files()), 3, 'and its own file');
}

# ---------------------------------------------------------------------------
# A standby
# ---------------------------------------------------------------------------

{
	my $class = ref $node;

	$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on");
	$node->restart;
	session(glance('s'));
	$node->backup('base');
	my $standby = $class->can('new') ? $class->new('standby') : $class->get_new_node('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	$cache = $standby->data_dir . '/pandelephant_cache';
	clear_cache();
	my ($first)  = session(glance('s'), node => $standby);
	my ($second) = session(glance('s'), node => $standby);
	is("$first $second", 'built loaded', 'a standby has a cache of its own');
	is(scalar(cached_files()), 1, 'on its disk');
	$standby->stop;
}

$node->stop;
done_testing();
