# The columns that are kept of logs: whatever is asked, they answer as the log does,
# whatever is wrong with a file of them is not seen in any answer, and they keep
# within their bounds.
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
use Test::More;
use Time::HiRes qw(sleep);

# How many damaged files are tried, and which: PLOG_SEED repeats a run.
my $DAMAGED = $ENV{PLOG_DAMAGED} // 15;
my $seed    = $ENV{PLOG_SEED}    // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

my $node      = start_server('columns', new_sessions => 1);
my $cache     = $node->data_dir . '/pandelephant_cache';
my $directory = temporary_directory('columns');

$node->append_conf('postgresql.conf', "pandelephant.min_column_log_size = 0\nmax_connections = 40");
$node->restart;

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# Run SQL in a session of its own.  Returns what it prints, and what becomes of files
# of columns, as words: removed, evicted, unwritten; and errors.
sub session
{
	my ($sql, %options) = @_;
	my $on = delete $options{node} // $node;
	my ($output, $errors) = ('', '');

	$on->psql(delete $options{database} // 'postgres',
		"SET client_min_messages = debug1;\n$sql",
		stdout => \$output, stderr => \$errors, on_error_stop => 0, timeout => 180, %options);
	my %words = (
		'removing damaged or stale file of columns' => 'removed',
		'evicting file .*columns'                   => 'evicted',
		'could not write file of columns'           => 'unwritten',
		'(?:ERROR|FATAL|PANIC):.*'                  => '');
	my %seen;
	for my $line (split /\n/, $errors)
	{
		for my $pattern (keys %words)
		{
			$seen{ $words{$pattern} || $1 } = 1 if $line =~ /($pattern)/;
		}
	}
	return ($output, join ' ', sort keys %seen);
}

sub attach
{
	my ($path, $schema, %options) = @_;
	my $recover = $options{recover} ? 'true' : 'false';

	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS $schema CASCADE;
		SELECT pe_attach('$path', '$schema', recover => $recover)", $options{database});
}

sub column_files
{
	my @files = sort glob "$cache/*.columns";
	return @files;
}

sub clear_columns
{
	unlink column_files();
}

# Questions whose answers columns can give, about a schema.
sub questions
{
	my ($schema) = @_;
	my @questions = (
		(map { "SELECT count(*), md5(string_agg(r::text, chr(10) ORDER BY " . ($_ eq 'syscall_arguments' ? 'syscall_id, position' : 'syscall_id') . ")) FROM $schema.$_ r" }
			qw(syscalls syscall_arguments strace)),
		"SELECT name, count(*), sum(retval), count(retval) FROM $schema.syscalls WHERE retval < 0 GROUP BY 1 ORDER BY 1",
		"SELECT name, count(*), count(DISTINCT pc) FROM $schema.syscalls WHERE name IN ('sys_openat', 'sys_read', 'sys_execve', 'sys_exit_group', 'NtReadFile') GROUP BY 1 ORDER BY 1",
		"SELECT count(*), count(retval), bool_or(on_entry) FROM $schema.syscalls WHERE retval = 0",
		"SELECT count(*), sum(retval) FROM $schema.syscalls WHERE on_entry",
		"SELECT thread_id, process_id, pid, tid, count(*) FROM $schema.syscalls WHERE thread_id IN (1, 3, 5) OR pid = 1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
		"SELECT count(*), min(syscall_id), max(asid) FROM $schema.syscalls WHERE process_id = 2",
		"SELECT count(*), sum(pid), sum(execution_offset) FROM $schema.syscalls WHERE execution_offset BETWEEN (SELECT min(execution_offset) FROM $schema.syscalls) AND (SELECT avg(execution_offset)::bigint FROM $schema.syscalls)",
		"SELECT name, argument_type, struct_type, count(*), count(value) FROM $schema.syscall_arguments GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
		"SELECT value, count(*) FROM $schema.syscall_arguments WHERE name = 'filename' GROUP BY 1 ORDER BY 1",
		"SELECT name, position, count(*) FROM $schema.syscall_arguments WHERE value IN ('3', '0x0', '/etc/passwd', 'O_RDONLY', '\\x00') GROUP BY 1, 2 ORDER BY 1, 2",
		"SELECT count(*), sum(position) FROM $schema.syscall_arguments WHERE position = 1",
		"SELECT count(*) FROM $schema.syscall_arguments WHERE value IS NULL",
		"SELECT s.name, a.name, count(*), count(a.value) FROM $schema.syscalls s JOIN $schema.syscall_arguments a USING (execution_id, syscall_id) WHERE s.name LIKE 'sys_o%' GROUP BY 1, 2 ORDER BY 1, 2",
		"SELECT count(*), sum(n) FROM (SELECT syscall_id FROM $schema.syscalls ORDER BY md5(syscall_id::text) LIMIT 30) s, LATERAL (SELECT count(*) AS n FROM $schema.syscall_arguments a WHERE a.syscall_id = s.syscall_id OFFSET 0) a",
		"SELECT count(*), sum(n) FROM (SELECT syscall_id FROM $schema.syscalls ORDER BY md5(syscall_id::text) LIMIT 30) s, LATERAL (SELECT count(*) AS n FROM $schema.syscall_arguments a WHERE a.syscall_id = s.syscall_id AND a.value IN ('/etc/passwd', '3') OFFSET 0) a",
		"SELECT count(*), max(call) FROM $schema.strace WHERE pid = (SELECT min(pid) FROM $schema.syscalls)",
		"SELECT syscall_id, name FROM $schema.syscalls WHERE syscall_id > (SELECT max(syscall_id) / 2 FROM $schema.syscalls) ORDER BY syscall_id LIMIT 3",
		"SELECT syscall_id, position, value FROM $schema.syscall_arguments LIMIT 5",
		"SELECT count(*) FROM $schema.syscalls WHERE false",
		"SELECT count(*) FROM $schema.syscalls WHERE name = NULL OR retval IN (NULL, -2)");
	return join ";\n", @questions, questions_about_values($schema), '';
}

# Of a value of each type: which arguments have it, and which calls have one of those.
sub questions_about_values
{
	my ($schema) = @_;
	my @literals = split /\n/, query("SET pandelephant.enable_columns = off;
		SELECT quote_literal(max(value)) FROM $schema.syscall_arguments WHERE value IS NOT NULL
		AND length(value) < 10000 AND position(chr(10) IN value) = 0 GROUP BY argument_type ORDER BY argument_type");

	return map {
		my $calls = "$schema.syscalls s JOIN $schema.syscall_arguments a USING (execution_id, syscall_id) WHERE a.value";
		("SELECT name, argument_type, count(*), sum(position) FROM $schema.syscall_arguments WHERE value = $_ GROUP BY 1, 2 ORDER BY 1, 2",
			"SELECT s.name, count(*), min(s.syscall_id), max(s.syscall_id) FROM $calls = $_ GROUP BY 1 ORDER BY 1",
			"SELECT count(*), sum(s.pid) FROM $calls IN ($_, '/no/such/file') AND a.name <> 'fd' AND s.retval >= 0")
	} @literals;
}

my $ALONE = 'SET max_parallel_workers_per_gather = 0;';
my $TOGETHER = 'SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0;'
  . ' SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;';
my $FROM_LOG = 'SET pandelephant.enable_columns = off;';

# How many chunks of a query come from columns, and how many are read.
sub chunks_of
{
	my ($sql, $settings) = @_;
	my $plan = query(($settings // '') . " EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sql");
	my ($kept) = $plan =~ /Chunks From Columns: (\d+)/;
	my ($read) = $plan =~ /Chunks Read: (\d+)/;
	return join ' ', $kept // 0, $read;
}

# ---------------------------------------------------------------------------
# Do columns answer as the log does?
# ---------------------------------------------------------------------------

for my $log (grep { !/^edges/ || /arg_|nul_|bad_/ } grep { !/instr_past|w1sum|w1struct|w3a|small/ } @LOGS, @OLDER_FORMS)
{
	my $name = basename($log);
	my %answers;

	attach(log_path($log), 's');
	query('SELECT count(*) FROM s.threads');
	clear_columns();
	my $sql = questions('s');
	($answers{expected}) = session("$FROM_LOG $ALONE $sql");
	is(scalar column_files(), 0, "$name: nothing is kept where that is off");
	($answers{'while they are kept'}) = session("$ALONE $sql");
	($answers{kept}) = session("$ALONE $sql");
	($answers{'kept, without skipping'}) = session("$ALONE SET pandelephant.enable_skipping = off; $sql");
	if (query('SELECT chunk_count FROM s.executions') > 1)
	{
		($answers{'kept, several processes'}) = session("$TOGETHER $sql");
		clear_columns();
		($answers{'while several processes keep them'}) = session("$TOGETHER $sql");
	}
	unlink glob "$cache/*";
	($answers{'kept with the catalog'}) = session("$ALONE SET min_parallel_table_scan_size = 0;"
		  . " DO 'BEGIN PERFORM count(value) FROM s.syscall_arguments a JOIN s.syscalls c USING (syscall_id) WHERE c.thread_id > 0; END'; $sql");
	clear_columns();
	session("SET pandelephant.keep_columns = calls; $ALONE $sql");
	($answers{'calls alone are kept'}) = session("SET pandelephant.keep_columns = calls; $ALONE $sql");
	is_deeply([ grep { $answers{$_} ne $answers{expected} } sort keys %answers ], [], "$name: the answers are the same");
}

# Only the second chunk shows that arguments are of the wire form of 2020: their first
# field is a string then, and a name today.
sub call_with
{
	my ($instr, $argument) = @_;
	return entry($instr, bytes_field(58, varint_field(1, 7) . varint_field(3, 7) . varint_field(4, 1)
			. bytes_field(6, 'sys_open') . bytes_field(7, $argument)));
}
my @late = (
	{ start_instr => 0, entries => 2, stream => deflate_entries(map { call_with($_, bytes_field(1, 'text')) } 0, 1) },
	{ start_instr => 2, entries => 1, stream => deflate_entries(call_with(2, varint_field(2, 4096))) });
write_file("$directory/late.plog", put_together({ chunks => \@late }));
my $late = q{SELECT string_agg(format('%s=%s', a.name, a.value), ' ' ORDER BY a.syscall_id)
	FROM s.syscalls c JOIN s.syscall_arguments a USING (syscall_id) WHERE c.thread_id > 0;};
attach("$directory/late.plog", 's');
for my $how ($FROM_LOG, 'SET max_parallel_workers_per_gather = 0;', $TOGETHER)
{
	unlink glob "$cache/*";
	is((session("$how $late $late"))[0], "=text =text =0x1000\n=text =text =0x1000", "a form that is seen late: $how");
}

# A struct that is nested too deep to be shown does not fail a query that its call has no
# part in, whether that is looked for by a value or not.
{
	my $deep = '';
	$deep = bytes_field(1, bytes_field(15, $deep)) for 1 .. 1001;
	my @calls = map {
		entry($_, bytes_field(58, varint_field(1, 7) . varint_field(3, 7) . varint_field(4, 1)
				. bytes_field(6, $_ == 5 ? 'sys_deep' : 'sys_open')
				. bytes_field(7, bytes_field(1, 'name')
					. ($_ == 5 ? bytes_field(15, $deep) : bytes_field(2, "text $_")))))
	} 0 .. 9;
	write_file("$directory/deep.plog",
		put_together({ chunks => [ { start_instr => 0, entries => 10, stream => deflate_entries(@calls) } ] }));
	attach("$directory/deep.plog", 'deep');
	query("SELECT count(*) FROM deep.threads; SET pandelephant.min_column_log_size = 0; SELECT pe_cache('deep')");
	is(chunks_of('SELECT count(name) FROM deep.syscall_arguments', $ALONE), '1 0', 'a deep struct beside others: kept');
	for my $from ('columns', 'the log')
	{
		my $settings = $ALONE . ($from eq 'columns' ? '' : $FROM_LOG)
		  . ' SET enable_nestloop = off; SET enable_hashjoin = off; SET enable_mergejoin = off;';
		my $joined   = 'deep.syscalls s JOIN deep.syscall_arguments a USING (execution_id, syscall_id)';

		is((session("$settings SELECT syscall_id FROM deep.syscall_arguments WHERE syscall_id < 5 AND value = 'text 3'"))[0], 3, "$from: by id");
		is((session("$settings SELECT syscall_id FROM $joined WHERE s.name = 'sys_open' AND a.value = 'text 3'"))[0], 3, "$from: by name");
		is((session("$settings SELECT syscall_id FROM deep.syscall_arguments WHERE value = 'text 3' LIMIT 1"))[0], 3, "$from: the first");
		is((session("$settings SELECT syscall_id FROM $joined WHERE s.execution_offset > 6 AND a.value = 'text 8'"))[0], 8, "$from: by offset");
		like((session("$settings SELECT count(*) FROM $joined WHERE a.value = 'text 3'"))[1], qr/ERROR: .*deep/, "$from: where it has a part, it does");
	}
}

# which chunks come from columns
my $log = log_path('made/outgrown_chunks_64k');
my $chunks = take_apart(read_file($log))->{chunks};
my $with_calls = do
{
	attach($log, 's');
	query("SELECT count(DISTINCT chunk) FROM s.entries WHERE kind = 'syscall'");
};
my $all = 'SELECT sum(execution_offset) FROM s.syscalls';
my $values = 'SELECT count(value) FROM s.syscall_arguments';

query('SELECT count(*) FROM s.threads');
clear_columns();
is(chunks_of($values, $ALONE), "0 $with_calls", 'nothing is kept: the log is read');
is(chunks_of($values, $ALONE), "$with_calls 0", 'arguments are kept: they come from columns');
is(chunks_of($all, $ALONE), "0 $with_calls", 'but not the calls, which nobody has asked for');
is(chunks_of($all, $ALONE), "$with_calls 0", 'now they do');
is(chunks_of('SELECT count(call) FROM s.strace', $ALONE), "$with_calls 0", 'and strace with both');
is(chunks_of($all, $TOGETHER), "$with_calls 0", 'likewise several processes');
is(chunks_of($all, "$FROM_LOG $ALONE"), "0 $with_calls", 'a setting turns that off');

# a query that has to build the catalog first keeps columns of the same chunks, and reads them
for my $how ('several processes', 'one process')
{
	my $settings = "$ALONE SET min_parallel_table_scan_size = 0;"
	  . ($how eq 'one process' ? ' SET max_parallel_maintenance_workers = 0;' : '');
	my $named = q{SELECT count(value) FROM s.syscall_arguments a JOIN s.syscalls c USING (syscall_id) WHERE c.thread_id > 0};

	unlink glob "$cache/*";
	is(chunks_of($named, $settings), "$with_calls 0", "nothing is known, $how: the log is inflated for its catalog alone");
	unlink glob "$cache/*";
	is((session("$settings $named"))[0], (session("$FROM_LOG $ALONE $named"))[0], "$how: the answer is the same");
	unlink glob "$cache/*";
	query("$settings SELECT name, count(*) FROM s.syscalls GROUP BY 1");
	is(scalar column_files(), 0, "$how: what the catalog answers leaves no columns");
}
query('SELECT count(*) FROM s.threads');
clear_columns();
is(chunks_of($all, "$ALONE SET pandelephant.min_column_log_size = '1GB';"), "0 $with_calls", 'a small log');
is(scalar column_files(), 0, 'of a small log nothing is kept');
chunks_of("SELECT * FROM s.syscalls LIMIT 1", $ALONE);
is(scalar column_files(), 0, 'nor by who wants a row or two');
query("SET pandelephant.keep_columns = off; $all WHERE retval > 0");
is(scalar column_files(), 0, 'nor where the setting says so');

# but what is asked of one log holds whatever its size and the settings
my $nothing = q{SET pandelephant.keep_columns = off; SET pandelephant.min_column_log_size = '1GB';};
for my $keep ('all', 'calls')
{
	query("SELECT pe_attach('$log', 'asked', keep_columns => '$keep')");
	query("$nothing " . $all =~ s/\bs\./asked./gr . '; SELECT count(value) FROM asked.syscall_arguments');
	is(query('SELECT kind FROM pe_cached'), $keep, "option keep_columns: $keep");
	query('DROP SCHEMA asked CASCADE; SELECT pe_cache_empty()');
}
query(qq{SELECT pe_attach('$log', 'asked', keep_columns => 'off'); SELECT count(value) FROM asked.syscall_arguments});
is(scalar column_files(), 0, 'option keep_columns: off');
query('DROP SCHEMA asked CASCADE');
like((session("SELECT pe_attach('$log', 'asked', keep_columns => 'some')"))[1], qr/invalid value for option "keep_columns": "some"/, 'option keep_columns: another value');

attach(log_path('edges/proc_trace'), 'without');
query('SELECT count(*) FROM without.threads; SELECT * FROM without.syscalls; SELECT * FROM without.entries');
query('SELECT pe_cache(\'without\')');
is(scalar column_files(), 0, 'nor of a log without calls');

# ---------------------------------------------------------------------------
# What users see and do
# ---------------------------------------------------------------------------

is(query("SELECT log = '$log', chunks, bytes > 0 FROM pe_cache('s', 'calls')"), "t|$with_calls|t", 'pe_cache(): calls');
is(query("SELECT chunks, bytes > 0 FROM pe_cache('s')"), "$with_calls|t", 'pe_cache(): all, which adds the arguments');
is(query("SELECT chunks, bytes FROM pe_cache('s')"), '0|0', 'pe_cache(): nothing left to do');
is(query("SELECT log = '$log', kind, size, age < '1 hour', hits FROM pe_cached"),
	't|all|' . (-s (column_files())[0]) . '|t|0', 'the view');
query("$ALONE $all; $values");
query("$TOGETHER $values");
utime time - 1000, time - 1000, column_files();
query("$TOGETHER SET parallel_leader_participation = off; $values");
cmp_ok(time - (stat((column_files())[0]))[9], '<', 500, 'what only workers have read was used, for eviction');
is(query('SELECT hits FROM pe_cached') =~ /^[23]$/ ? 'some' : 'other', 'some', 'the view counts scans, but not their workers');
query('CREATE ROLE somebody; GRANT USAGE ON SCHEMA s TO somebody');
is(query('SET ROLE somebody; SELECT log IS NULL, kind FROM pe_cached'), 't|all', 'who may not read files sees no names');
like((session('SET ROLE somebody; SELECT pe_cache_empty()'))[1], qr/permission denied for function pe_cache_empty/, 'nor removes files');
like((session("SET ROLE somebody; SELECT pe_cache('s')"))[1], qr/permission denied for foreign table/, 'nor makes them of what he cannot read');
like((session("SELECT pe_cache('s', 'some')"))[1], qr/invalid value for parameter "kind"/, 'another kind');
like((session("SELECT pe_cache('public')"))[1], qr/has no foreign table/, 'a schema without logs');
like((session("LOAD 'pandelephant'; SET ROLE somebody; SET pandelephant.keep_columns = calls"))[1], qr/permission denied/, 'what is kept is not everybody\'s to say');
my $bytes = -s (column_files())[0];
is(query('SELECT pe_cache_empty()'), $bytes, 'pe_cache_empty() says how much there was');
is(scalar column_files(), 0, 'and there is nothing left');
is(query('SELECT count(*) FROM pe_cached'), 0, 'nor in the view');

# in a transaction that only reads
is((session("BEGIN READ ONLY; $ALONE $values; COMMIT; BEGIN READ ONLY; SELECT count(*) FROM pe_cache('s'); COMMIT"))[1], '', 'a transaction that only reads');
is(scalar column_files(), 1, 'leaves columns, too');

# ---------------------------------------------------------------------------
# Damage
# ---------------------------------------------------------------------------

query("SELECT pe_cache('s')");
my ($file) = column_files();
my $good = read_file($file);
my $record = index $good, pack 'V', 0x44524350;
my $asked = questions('s');
my ($expected) = session("$FROM_LOG $ALONE $asked");

# Put other bytes in the place of the file, ask, and see that it is made anew.
sub is_harmless
{
	my ($name, $bytes, %options) = @_;

	write_file($file, $bytes) if defined $bytes;
	my ($answer, $words) = session("$ALONE $asked");
	ok($answer eq $expected && $words =~ ($options{words} // qr/\A(?:removed)?\z/), "$name: the answers are right")
	  or diag($words, substr $answer, 0, 300);
	query("SELECT pe_cache('s')");
	is(chunks_of($values, $ALONE), "$with_calls 0", "$name: the columns are back");
}

is_harmless('undamaged', $good);
unlink $file;
is_harmless('lost', undef);
is_harmless('empty', '');
is_harmless('cut in the header', substr $good, 0, 100);
is_harmless('only a header', substr $good, 0, $record);
is_harmless('cut in the last record', substr $good, 0, length($good) - 10);
is_harmless('something behind the last record', $good . 'x' x 1000);
is_harmless('zeros behind the last record', $good . "\0" x 1000);
is_harmless('half of it zeros', substr($good, 0, length($good) / 2) . "\0" x (length($good) / 2));
is_harmless('all of it zeros', "\0" x length $good);
for (1 .. $DAMAGED)
{
	my $bytes = $good;
	my $at = int rand length $bytes;

	if ($_ % 2)
	{
		$bytes = substr $bytes, 0, $at;
	}
	else
	{
		substr($bytes, $at, 1) ^= chr(1 << int rand 8);
	}
	write_file($file, $bytes);
	my ($answer, $words) = session("$ALONE $asked");
	ok($answer eq $expected && $words =~ /\A(?:removed)?\z/, ($_ % 2 ? 'cut at ' : 'flipped at ') . $at)
	  or diag($words);
}
unlink $file;
mkdir $file;
is((session("$ALONE $asked"))[0], $expected, 'a directory in its place');
rmdir $file;
POSIX::mkfifo($file, 0600) if require POSIX;
is((session("$ALONE $asked"))[0], $expected, 'a pipe in its place');
unlink $file;

# A file whose checksums are right, of another log.
attach(log_path('real/w1libs'), 'other');
query("SELECT pe_cache('other')");
my ($other) = grep { $_ ne $file } column_files();
is_harmless('the file of another log', read_file($other));
unlink $other;

# A process that died while it wrote has left half of a record.
query("SELECT pe_cache_empty(); SELECT pe_cache('s', 'calls')");
my $whole = -s $file;
truncate $file, $whole - 100;
query("SELECT pe_cache('s', 'calls')");
is(-s $file, $whole, 'half of a record is overwritten');

# ---------------------------------------------------------------------------
# A full disk
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'no prlimit', 4 if !grep { -x "$_/prlimit" } split /:/, $ENV{PATH};
	for my $size (2000, 20000)
	{
		query('SELECT pe_cache_empty()');
		my ($answer, $words) = session("SELECT pg_backend_pid() AS pid \\gset \\setenv BACKEND :pid\n"
			  . "SET work_mem = '1GB';\n\\! prlimit --pid \$BACKEND --fsize=$size\n$ALONE $asked");
		is($answer =~ s/\A\d*\n//r, $expected, "a disk that is full after $size bytes: the answers are right");
		is($words, 'unwritten', 'and nothing else is said');
	}
	query("SELECT pe_cache('s')");
}

# ---------------------------------------------------------------------------
# Logs that change
# ---------------------------------------------------------------------------

{
	my $link = "$directory/changing.plog";
	my ($small, $libs) = map { read_file(log_path($_)) } qw(made/small real/w1libs);
	my %count;

	for my $which (qw(small libs small libs))
	{
		write_file($link, $which eq 'small' ? $small : $libs);
		sleep 0.1;
		attach($link, 'changing') if !%count;
		query('SELECT count(*) FROM changing.threads');
		my ($found) = session("$ALONE SELECT count(*), md5(string_agg(r::text, chr(10) ORDER BY syscall_id)) FROM changing.syscalls r");
		my ($again) = session("$ALONE SELECT count(*), md5(string_agg(r::text, chr(10) ORDER BY syscall_id)) FROM changing.syscalls r");
		my ($from_log) = session("$FROM_LOG $ALONE SELECT count(*), md5(string_agg(r::text, chr(10) ORDER BY syscall_id)) FROM changing.syscalls r");
		is("$found $again", "$from_log $from_log", "a log that is replaced: $which");
		$count{$which} //= $found;
		is($found, $count{$which}, "$which: the same as the first time");
	}

	# a log that grows, while its writer has not finished it
	my $plog = take_apart(read_file($log));
	my $unfinished = substr read_file($log), 0, $plog->{directory};
	substr $unfinished, 0, HEADER_BYTES, "\0" x HEADER_BYTES;
	my $path = "$directory/growing.plog";
	my @found;
	for my $share (0.4, 0.7, 1)
	{
		open my $growing, '>:raw', $path or die "could not write $path: $!";
		print $growing substr $unfinished, 0, $share * length $unfinished;
		close $growing;
		sleep 0.1;
		attach($path, 'growing', recover => 1) if !@found;
		query('SET client_min_messages = error; SELECT count(*) FROM growing.threads');
		my $sql = "SET client_min_messages = error; $ALONE SELECT count(*), md5(string_agg(r::text, chr(10) ORDER BY syscall_id, position)) FROM growing.syscall_arguments r";
		push @found, query($sql);
		is(query($sql), $found[-1], "a log that grows: the second time as the first, $share");
		is(query("$FROM_LOG $sql"), $found[-1], "a log that grows: as the log, $share");
	}
	is(scalar(do { my %seen = map { $_ => 1 } @found; keys %seen }), 3, 'each time there was more');
}

# ---------------------------------------------------------------------------
# Sixteen sessions at once
# ---------------------------------------------------------------------------

{
	query("SELECT pe_cache_empty(); SELECT pe_cache('s')");
	my $alone = -s $file;
	query('SELECT pe_cache_empty()');
	my @outputs = ('') x 16;
	my @sessions = map {
		my $number = $_;
		IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ],
			'<', \"SET client_min_messages = error;\nSELECT count(*) FROM pe_cache('s');\n$ALONE $asked",
			'>', \$outputs[$number], '2>', \(my $errors = ''), IPC::Run::timeout(180));
	} 0 .. 15;
	$_->finish foreach @sessions;
	is_deeply([ grep { $outputs[$_] ne "1\n$expected\n" } 0 .. 15 ], [], 'sixteen sessions at once have the answers');
	is(-s $file, $alone, 'and together have written each chunk once');
	is(scalar(my @left = glob "$cache/*.tmp"), 0, 'and no unfinished file is left');
}

# ---------------------------------------------------------------------------
# The bound
# ---------------------------------------------------------------------------

{
	query('SELECT pe_cache_empty()');
	query("SELECT pe_cache('other')");
	my ($older) = column_files();
	my $old_bytes = -s $older;
	utime time - 1000, time - 1000, $older;
	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = ' . int($old_bytes / 1024 + 60) . 'kB');
	$node->reload;
	sleep 0.2;
	my (undef, $words) = session("SELECT pe_cache('s')");
	like($words, qr/evicted/, 'what was not used for longest is evicted');
	ok(!-e $older, 'and gone');
	my $sum = 0;
	$sum += -s foreach column_files();
	cmp_ok($sum, '<=', $old_bytes + 60 * 1024, 'the rest is within the limit');

	# one more log than fits is evicted, and no file is made of the next
	attach(log_path('made/small'), 'third');
	query('SELECT count(*) FROM third.threads; SELECT pe_cache_empty()');
	query("SELECT pe_cache('s')");
	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = ' . int((-s $file) / 1024 + 4) . 'kB');
	$node->reload;
	sleep 0.2;
	session("SELECT pe_cache('other'); SELECT pe_cache('third')");
	is_deeply([ column_files() ], [ $file ], 'where there is no room, no files are made');
	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = 2kB');
	$node->reload;
	sleep 0.2;
	query('SELECT pe_cache_empty()');
	is((session("$ALONE $asked"))[0], $expected, 'where no chunk fits, the answers are right');
	is_deeply([ column_files() ], [], 'and no file is left');

	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = 30kB');
	$node->reload;
	sleep 0.2;
	query('SELECT pe_cache_empty()');
	my ($answer) = session("$ALONE $asked");
	is($answer, $expected, 'where not all of a log fits, the answers are right');
	cmp_ok(-s $file, '<=', 30 * 1024, 'and what is kept is within the limit');
	is(chunks_of($values, $ALONE) =~ /^(\d+) (\d+)$/ && $1 + $2, $with_calls, 'a part comes from columns, the rest from the log');
	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = 0');
	$node->reload;
	sleep 0.2;
	query('SELECT pe_cache_empty()');
	is((session("$ALONE $asked"))[0], $expected, 'a limit of 0: the answers are right');
	is(scalar column_files(), 0, 'and nothing is kept');
	$node->append_conf('postgresql.conf', 'pandelephant.column_cache_size = 256MB');
	$node->reload;
	sleep 0.2;
}

# ---------------------------------------------------------------------------
# Another directory
# ---------------------------------------------------------------------------

{
	my $elsewhere = "$directory/elsewhere";
	my $set = sub {
		my ($value) = @_;
		$node->append_conf('postgresql.conf', "pandelephant.cache_directory = '$value'");
		$node->reload;
		sleep 0.2;
	};

	unlink glob "$cache/*";
	$set->("$elsewhere/");
	is(query("SELECT count(*) FROM s.threads; SELECT chunks, bytes > 0 FROM pe_cache('s')") =~ /^(.*)\z/m && $1, "$with_calls|t", 'columns are made in the directory of the setting');
	my %kinds = map { (/\.(\w+)\z/ ? $1 : $_) => 1 } glob "$elsewhere/*";
	is(join(' ', sort keys %kinds), 'catalog columns', 'and so are catalogs');
	is_deeply([ glob "$cache/*" ], [], 'nothing is in the data directory');
	is(chunks_of($values, $ALONE), "$with_calls 0", 'they are read there');
	is(query('SELECT count(*) FROM pe_cached'), 1, 'the view shows them');
	like((session('LOAD \'pandelephant\'; SET ROLE somebody; SHOW pandelephant.cache_directory'))[1], qr/must be superuser|permission denied/, 'not everybody sees where that is');
	is(query('SELECT pe_cache_empty() > 0'), 't', 'and pe_cache_empty() removes them');
	$set->("$directory/no/such/directory");
	is((session("$ALONE $asked"))[0], $expected, 'without such a directory the answers are right');
	$set->('');
	query('SELECT count(*) FROM s.threads');
	like(read_file($node->logfile), qr/invalid value for parameter "pandelephant.cache_directory": ""/, 'it has to have a name');
	$set->('x' x 900);
	query('SELECT count(*) FROM s.threads');
	like(read_file($node->logfile), qr/invalid value for parameter "pandelephant.cache_directory": "xxx/, 'which is not too long');
	$set->('pandelephant_cache');
}

# ---------------------------------------------------------------------------
# A standby
# ---------------------------------------------------------------------------

SKIP:
{
	my $class = ref $node;

	$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on");
	$node->restart;
	query("SELECT pe_cache('s')");
	$node->backup('base');
	my $standby = $class->can('new') ? $class->new('standby') : $class->get_new_node('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	unlink glob $standby->data_dir . '/pandelephant_cache/*';
	$standby->start;
	is((session("SELECT count(*) FROM s.threads; $ALONE $asked", node => $standby))[0] =~ s/\A\d+\n//r, $expected, 'a standby has the answers');
	is(scalar(my @there = glob $standby->data_dir . '/pandelephant_cache/*.columns'), 1, 'and keeps columns of its own');
	is((session("$ALONE $asked", node => $standby))[0], $expected, 'which give the same');
	$standby->stop;
}

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
