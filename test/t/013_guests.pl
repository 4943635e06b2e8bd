# What a log shows of the machine that it was recorded of, what the option says,
# and what depends on it: which calls were logged when they were entered, and how
# results look.  Each log is read as a whole, in chunks of an entry by one process
# and by several, from the catalog kept on disk, and without its directory.
use strict;
use warnings;
no warnings 'portable';    # numbers of 64 bits

use FindBin;
use lib $FindBin::RealBin;

use IO::Compress::Gzip qw(gzip $GzipError);
use PlogFile;
use PlogModel;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('guests');
my $directory = temporary_directory('guests');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# ---------------------------------------------------------------------------
# Logs
# ---------------------------------------------------------------------------

my $UNKNOWN = '18446744073709551615';
my $instr   = 1000;

# An entry with a payload.
sub entry_line
{
	my ($pc, $asid, $payload) = @_;
	my @fields;

	push @fields, qq("pc": "$pc") if defined $pc;
	push @fields, sprintf '"instr": "%d"', $instr += 10;
	push @fields, qq("asid": "$asid") if defined $asid;
	push @fields, $payload if defined $payload;
	return '{' . join(', ', @fields) . '}';
}

# A system call.  Numbers beyond 2^63 are given as text.
sub call
{
	my ($name, $pc, $retcode, %more) = @_;
	my @fields = ('"pid": 7', '"ppid": 1', '"tid": 7', '"create_time": "9"');

	push @fields, qq("retcode": "$retcode") if defined $retcode;
	push @fields, qq("call_name": "$name")  if defined $name;
	push @fields, sprintf '"args": [%s]', join ', ', @{ $more{args} } if $more{args};
	return entry_line($pc, exists $more{asid} ? $more{asid} : '4096',
		'"syscall": {' . join(', ', @fields) . '}');
}

sub pointer
{
	my ($value) = @_;
	return qq({"arg_name": "p", "ptr": "$value"});
}

my $FIRST = qq({"pc": "$UNKNOWN", "instr": "$UNKNOWN"});

# What they show: name => [ guest, on_entry of each call, lines, era ].
my %SHOWS = (
	'nothing'    => [ 'i386', '', [] ],
	'no numbers' => [ 'i386', 'f', [ call('sys_read', undef, 0, asid => undef) ] ],
	'32 bits'    => [ 'i386', 'tff', [
		call('sys_execve', 0x8048000, 0), call('sys_read', 0xc0000000, 0), call('sys_execve', 0xc0000000, 0) ] ],
	'a pc of the last of 32 bits' => [ 'i386', 'f', [ call('sys_read', 0xffffffff, 0) ] ],
	'a pc of 33 bits'      => [ 'x86_64', 'tf', [ call('sys_exit', 0x100000000, 0), call('sys_read', '9223372036854775808', 0) ] ],
	'a pc of another entry' => [ 'x86_64', 'tf', [
		call('sys_exit', 0xc0000000, 0), entry_line('18446744071578845184', 5, '"serial_tx": {"value": 1}'),
		call('sys_exit', '9223372036854775808', 0) ] ],
	'a pc that is not known'   => [ 'i386', 'ff', [ call('sys_exit', $UNKNOWN, 0), call('sys_exit', undef, 0) ] ],
	'a pointer of 32 bits'     => [ 'i386', 'f', [ call('sys_read', 0xc0000000, 0, args => [ pointer(0xffffffff) ]) ] ],
	'a pointer of 33 bits'     => [ 'x86_64', 'f', [ call('sys_read', 0x1000, 0, args => [ pointer(1), pointer(0x100000000) ]) ] ],
	'an extended pointer'      => [ 'i386', 'f', [ call('sys_read', 0xc0000000, 0, args => [ pointer('18446744071562067968'), pointer($UNKNOWN) ]) ] ],
	'what only looks extended' => [ 'x86_64', 'f', [ call('sys_read', 0xc0000000, 0, args => [ pointer('18446744071562067967') ]) ] ],
	'other arguments'          => [ 'i386', 'f', [ call('sys_read', 0xc0000000, 0, args => [
		'{"arg_name": "a", "u64": "4294967296"}', '{"arg_name": "b", "i64": "4294967296"}',
		'{"arg_name": "c", "str": "x", "ptr": "4294967296"}',
		'{"arg_name": "d", "struct_type": "s", "struct_data": {"members": [' . pointer(0x100000000) . ']}}' ]) ] ],
	'a pointer of 2020' => [ 'x86_64', 'f', [ call('sys_read', 0xc0000000, 0, args => ['{"ptr": "4294967296"}']) ], 'september2020' ],
	'numbers of 2020'   => [ 'i386', 'ff', [
		call('sys_read', 0xc0000000, 0, args => ['{"u64": "4294967296"}']),
		call('sys_read', 0xc0000000, 0, args => [ '{"ptr": "5"}', '{"u64": "4294967296"}' ]) ], 'september2020' ],
	'Nt' => [ 'windows_32', 'f', [ call('NtClose', 0x80001000, 0) ] ],
	'Zw' => [ 'windows_64', 'f', [ call('ZwClose', 0x100000000, 0) ] ],
	'Nt with a pointer' => [ 'windows_64', 'f', [ call('NtX', 0x80001000, 0, args => [ pointer(0x100000000) ]) ] ],
	'neither'  => [ 'i386', 'fff', [ call('sys_Nt', 0xc0000000, 0), call('nt', 0xc0000000, 0), call('N', 0xc0000000, 0) ] ],
	'MIPS'     => [ 'mips', 'tff', [
		call('sys_execve', 0x7fffffff, 0, asid => 4095), call('sys_read', 0x80000000, 0, asid => 0),
		call('sys_execve', 0x80000000, 0, asid => undef) ] ],
	'no MIPS'   => [ 'i386', 'f', [ call('sys_read', 0xc0000000, 0, asid => 4096) ] ],
	'wide MIPS' => [ 'x86_64', 'f', [ call('sys_read', '18446744071562067968', 0, asid => 5) ] ],
	"an asid_info's asid" => [ 'mips', '', [ entry_line(4096, undef, '"asid_info": {"pid": 1, "asid": "17", "tids": [1]}') ] ],
	"another's asid"      => [ 'i386', '', [
		entry_line(4096, 3, '"asid_info": {"pid": 1, "asid": "17", "tids": [1]}'),
		(entry_line(4096, 3, '"asid_info": {"pid": 1, "asid": "4096", "names": ["a name that is long enough"], "tids": [1], "start_instr": "5"}')) x 2 ] ],
	"an asid of 2018"     => [ 'mips', '', [ entry_line(4096, undef, '"asid_info": {"asid": "17", "name": "n", "pid": 1, "start_instr": "5000", "end_instr": "6"}') ], '2018' ],
	"a proc_trace's asid" => [ 'i386', '', [ entry_line(4096, undef, '"proc_trace": {"pid": 1, "tid": 1, "asid": "0", "start_instr": "4"}') ] ],

	# which calls
	'the six' => [ 'x86_64', 'ttttttffffffff', [
		map(call("sys_$_", 0x555555554000, 0), qw(exit exit_group execve execveat nanosleep clock_nanosleep)),
		map(call($_, '18446744071562067968', 0), qw(sys_exit sys_read execve sys_execv sys_execve2), '', undef),
		call('sys_execve', $UNKNOWN, 0) ] ],
	'their results' => [ 'x86_64', 'fft', [
		call('sys_execve', 0x555555554000, -2), call('sys_execve', 0x555555554000), call('sys_execve', 0x555555554000, 0) ] ],
	'another call with the pc of the program' =>
	  [ 'x86_64', 'ff', [ call('sys_execve', 0x555555554000, 0), call('sys_read', '9223372036854775807', 0) ] ],
	'a call without a name with it' =>
	  [ 'x86_64', 'ff', [ call('sys_execve', 0x555555554000, 0), call(undef, 0x555555554000, 0) ] ],
	'one of the six without the prefix' =>
	  [ 'x86_64', 'ff', [ call('sys_execve', 0x555555554000, 0), call('execve', 0x555555554000, 0) ] ],
	'a pc between' => [ 'i386', 'ff', [ call('sys_execve', 0x8048000, 0), call('sys_read', 0xbfffffff, 0) ] ]);

# The same entries with other options: name => [ log, guest, on_entry ].
my %OPTIONS = (
	'the same'      => [ '32 bits', 'i386',    'tff' ],
	'another of 32' => [ '32 bits', 'arm',     'tff' ],
	'MIPS'          => [ '32 bits', 'mipsel',  'tff' ],
	'64 bits'       => [ '32 bits', 'aarch64', 'fff' ],
	'not MIPS'      => [ 'MIPS',    'i386',    'fff' ],
	'32 bits'       => [ 'the six', 'ppc',     'f' x 14 ],
	'Windows'       => [ 'the six', 'windows_64', 'ttttttffffffff' ],
	'auto'          => [ 'the six', 'auto',    'ttttttffffffff' ]);

# Write a log and its dump.
sub write_log
{
	my ($name, $lines, $era, $chunk_bytes) = @_;
	my $path = "$directory/" . $name =~ s/\W/_/gr . ".$chunk_bytes.plog";

	$lines = [ $FIRST, @$lines ];
	write_plog($path, $lines, '--era', $era // 'today', '--chunk-size', $chunk_bytes);
	my $dump = join '', map { "$_\n" } @$lines;
	gzip(\$dump => $path =~ s/plog$/jsonl.gz/r) or die "could not write a dump: $GzipError";
	return $path;
}

# ---------------------------------------------------------------------------
# Reading them
# ---------------------------------------------------------------------------

my $SETTINGS = 'SET pandelephant.catalog_cache = off;';
my $PIECES   = 'SET min_parallel_table_scan_size = 0; SET max_parallel_maintenance_workers = 2;';
my $SEEN     = q{SELECT guest FROM s.executions;
	SELECT string_agg(left(on_entry::text, 1), '' ORDER BY syscall_id) FROM s.syscalls};

# Test what is seen of a log whose foreign tables are in schema s.
sub sees
{
	my ($settings, $guest, $on_entry, $name) = @_;
	is(query("$settings $SEEN"), "$guest\n$on_entry", $name);
}

# Conditions on retval, checked inside the scan and by PostgreSQL, and joins.
sub conditions_agree
{
	my ($name) = @_;
	my @wrong;

	for my $condition ('retval = 0', 'retval < 0', 'retval <= 0', 'retval >= 0', 'retval = ANY (ARRAY[0, 1])', 'retval IS NULL',
		'on_entry', 'NOT on_entry', 'on_entry = true', 'retval IS NOT NULL AND on_entry', 'on_entry IS NULL')
	{
		my $inside  = query("$SETTINGS SELECT array_agg(syscall_id ORDER BY syscall_id) FROM s.syscalls WHERE $condition");
		my $outside = query("$SETTINGS SELECT array_agg(syscall_id ORDER BY syscall_id)
			FROM (SELECT * FROM s.syscalls OFFSET 0) x WHERE $condition");
		push @wrong, "$condition: $inside, $outside" if $inside ne $outside;
	}
	is(join("\n", @wrong), '', "$name: conditions agree");
	is(query('SELECT count(*) FROM s.syscalls WHERE on_entry AND (retval IS NOT NULL OR on_entry IS NULL)'),
		0, "$name: an entry has no result");
}

sub attach
{
	my ($path, %options) = @_;
	my $more = join '', map { ", $_ => '$options{$_}'" } sort keys %options;
	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS s CASCADE; SELECT pe_attach('$path', 's'$more)");
}

for my $name (sort keys %SHOWS)
{
	my ($guest, $on_entry, $lines, $era) = @{ $SHOWS{$name} };
	my $path  = write_log($name, $lines, $era, 1);
	my $whole = write_log($name, $lines, $era, 1_000_000);

	attach($whole);
	sees($SETTINGS, $guest, $on_entry, "$name: as a whole");
	sees('', $guest, $on_entry, "$name: $_") for 'new', 'kept';
	conditions_agree($name);
	my $model = PlogModel->new(log => $whole, dump => $whole =~ s/plog$/jsonl.gz/r, directory => $directory);
	relation_is($node, 's', $_, $model, $name) for qw(executions syscalls syscall_arguments);

	attach($path);
	sees("$SETTINGS $PIECES", $guest, $on_entry, "$name: in pieces");
	sees("$SETTINGS SET max_parallel_maintenance_workers = 0;", $guest, $on_entry, "$name: chunk by chunk");

	my $bytes = read_file($path);
	my $log   = take_apart($bytes);
	my $end   = $log->{directory};
	write_file("$directory/killed.plog", ("\0" x FIRST_CHUNK) . substr $bytes, FIRST_CHUNK, $end - FIRST_CHUNK);
	attach("$directory/killed.plog", recover => 'true');
	sees($SETTINGS, $guest, $on_entry, "$name: recovered");
}

# a log that grows, and shows more
my $grown = read_file("$directory/32_bits.1.plog");
my $apart = take_apart($grown);
my @chunks = @{ $apart->{chunks} };
write_file("$directory/growing.plog", ("\0" x FIRST_CHUNK) . substr $grown, FIRST_CHUNK, $chunks[3]{position} - FIRST_CHUNK);
attach("$directory/growing.plog", recover => 'true');
sees('', 'i386', 'tf', 'before it grows');
my $more = take_apart(read_file("$directory/a_pc_of_33_bits.1.plog"));
open my $file, '>>:raw', "$directory/growing.plog" or die "could not open the log: $!";
print $file $more->{chunks}[1]{stream}, $more->{chunks}[2]{stream};
close $file or die "could not write the log: $!";
sees('', 'x86_64', 'ffff', 'grown: one return with a pc below 2^63 is enough');

for my $name (sort keys %OPTIONS)
{
	my ($log, $guest, $on_entry) = @{ $OPTIONS{$name} };
	my $path  = "$directory/" . $log =~ s/\W/_/gr . '.1.plog';
	my $shown = $guest eq 'auto' ? $SHOWS{$log}[0] : $guest;

	attach($path, guest => $guest);
	sees($SETTINGS, $shown, $on_entry, "option $guest: $log");
	like(query('EXPLAIN SELECT * FROM s.threads'), qr/^ *Guest: \Q$shown\E$/m, "option $guest: EXPLAIN");
	my $model = PlogModel->new(
		log       => $path,
		dump      => $path =~ s/plog$/jsonl.gz/r,
		directory => $directory,
		guest     => $shown);
	relation_is($node, 's', $_, $model, "option $guest") for qw(executions syscalls);
}

# ---------------------------------------------------------------------------
# Native tables, and as strace prints it
# ---------------------------------------------------------------------------

# The calls of a log in test/plogs/faults, foreign and native.
sub calls_are
{
	my ($log, $options, $expected) = @_;
	my $path = log_path("faults/$log") =~ s/'/''/gr;

	attach($path, %$options);
	is(query('SELECT call FROM s.strace ORDER BY syscall_id'), $expected, "$log: calls");
	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS native CASCADE; SELECT count(*) FROM pe_materialize('s', 'native')");
	is(query('SELECT call FROM native.strace ORDER BY syscall_id'), $expected, "$log: the same of native tables");
	is(query('SELECT count(*) FROM (TABLE s.syscalls EXCEPT ALL TABLE native.syscalls) x'), 0, "$log: the same rows");
	query(q{SET client_min_messages = error; SET pandelephant.bulk_load = off; SELECT count(*) FROM pe_materialize('s', 'native', 'replace')});
	is(query('SELECT call FROM native.strace ORDER BY syscall_id'), $expected, "$log: the same of rows that were inserted");
}

calls_are('results_32bit', {}, <<'END' =~ s/\n\z//r);
execve("/bin/ls", "n/a", "n/a", args="ls") = ?
mmap_pgoff(NULL, 8192, 0x3, 0x22, -1, 0) = 0xb77d9000
old_mmap(0xbfff0000) = 0xb77d9000
mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0xb77d9000
do_mmap2(NULL, 8192, 0x3, 0x22, -1, 0) = 0xb6f00000
brk(NULL) = 0x9f4e000
mremap(0xb7000000, 8192, 16384, 0x1, NULL) = 0xb5000000
shmat(32769, "n/a", 0) = 0xb5000000
open("/etc/x", 0x8000, 0644) = -1 ENOENT (No such file or directory)
nanosleep(0xbf001000, NULL) = ?
nanosleep(0xbf001000, NULL) = 0
time(NULL) = 1606000000
time(NULL) = -1946157056
waitpid(-1, 0xbf0010, 0x1) = 0
lseek(3, -1879048192, 0) = -1879048192
ARM_set_tls(3069256512) = 0
exit_group(1) = ?
END
is(query('SELECT count(*) FROM s.syscalls WHERE retval BETWEEN -4095 AND -1'), 1, 'one of them failed');
calls_are('nanosleep_32bit', {}, "nanosleep(0xbf001000, NULL) = ?\nnanosleep(0xbf001000, NULL) = 0");
is(query('SELECT on_entry, retval FROM s.syscalls ORDER BY syscall_id'), "t|\nf|0", 'an entry, and a return');
my $mips = <<'END' =~ s/\n\z//r;
connect() = -1 ECONNREFUSED (Connection refused)
foo() = -1 ENOSYS (Function not implemented)
open() = -1 ELOOP (Too many levels of symbolic links)
recv() = -1 ETIMEDOUT (Connection timed out)
connect() = -1 EINPROGRESS (Operation now in progress)
END
calls_are('mips', {}, $mips);
calls_are('mips', { guest => $_ }, $mips) for qw(mips mipsel mips64);
calls_are('mips', { guest => 'arm' }, <<'END' =~ s/\n\z//r);
connect() = -1 (errno 146)
foo() = -1 EDESTADDRREQ (Destination address required)
open() = -1 EMSGSIZE (Message too long)
recv() = -1 (errno 145)
connect() = -1 (errno 150)
END

# a struct's type beside a value that counts before it
attach(log_path('faults/struct_type_beside_value'));
is(query('SELECT name, argument_type, value, struct_type IS NULL FROM s.syscall_arguments'), 'x|UNSIGNED_64|5|t', 'a number, and no struct');

# the path behind a descriptor is text; a struct's member of that name is not
my $PATH  = '{"arg_name": "filename(from fd)", "bytes_val": "L2V0Yy94"}';
my $paths = write_log('paths', [
	call('sys_read', '18446744071562067968', 1, args => [ '{"arg_name": "fd", "u32": 3}', '{"arg_name": "buf", "bytes_val": "AEE="}', $PATH ]),
	call('sys_read', '18446744071562067968', 1, args => [ '{"arg_name": "fd", "u32": 4}', '{"arg_name": "filename(from fd)", "bytes_val": "L/8AYQ=="}' ]),
	call('sys_read', '18446744071562067968', 1, args => [ '{"arg_name": "filename(from fD)", "bytes_val": "QQ=="}',
		'{"arg_name": "filename(from fd)", "bytes_val": "' . 'QUFB' x 100 . '"}' ]),
	call('sys_read', '18446744071562067968', 1, args => [ '{"arg_name": "s", "struct_type": "t", "struct_data": {"members": [' . $PATH . ']}}' ]) ],
	undef, 1_000_000);
attach($paths);
is(query('SELECT syscall_id, position, argument_type, value FROM s.syscall_arguments ORDER BY 1, 2'), join("\n",
	'1|0|UNSIGNED_32|3', '1|1|BYTES|\x0041', '1|2|STRING|/etc/x',
	'2|0|UNSIGNED_32|4', '2|1|STRING|/\xff\x00a',
	'3|0|BYTES|\x41', '3|1|STRING|' . 'A' x 300,
	'4|0|STRUCT|{"filename(from fd)": "2f6574632f78"}'), 'paths are text');
is(query('SELECT argument_type FROM s.syscall_arguments WHERE syscall_id = 1 ORDER BY position'), "UNSIGNED_32\nBYTES\nSTRING", 'without their values');
is(query('SELECT call FROM s.strace ORDER BY syscall_id LIMIT 2'), qq{read(3</etc/x>, "\\0A") = 1\nread(4</\\\\xff\\\\x00a>) = 1}, 'and so strace has them');
my $model = PlogModel->new(log => $paths, dump => $paths =~ s/plog$/jsonl.gz/r, directory => $directory);
relation_is($node, 's', $_, $model, 'paths') for qw(syscall_arguments entries);

# a real log: which of the calls that sleep came back
attach(log_path('real/w1libs'));
is(query(q{SELECT on_entry, count(*), count(retval) FROM s.syscalls WHERE name = 'sys_clock_nanosleep' GROUP BY 1 ORDER BY 1}),
	"f|193|193\nt|240|0", '240 entries and 193 returns');
is(query(q{SELECT on_entry, retval FROM s.syscalls JOIN s.syscall_arguments a USING (syscall_id)
	WHERE s.syscalls.name = 'sys_execve' AND a.value = '/nonexistent/prog' ORDER BY syscall_id}), "t|\nf|-2", 'a failing execve is one failure');

# ---------------------------------------------------------------------------
# The catalog is asked for only where it has to be
# ---------------------------------------------------------------------------

# Does a query have a catalog built, in a new session without one?
sub builds
{
	my ($sql, $settings) = @_;
	my ($output, $errors) = ('', '');

	$node->psql('postgres', "$SETTINGS @{[ $settings // '' ]} SET client_min_messages = debug1; $sql", stdout => \$output, stderr => \$errors);
	return $errors =~ /catalog of plog .* built/ ? 1 : 0;
}

is(builds('SELECT syscall_id, pc FROM s.syscalls'), 0, 'no catalog for what does not depend on it');
is(builds('SELECT retval, on_entry FROM s.syscalls LIMIT 10'), 0, 'nor for returns that the pc shows');
is(builds('SELECT retval FROM s.syscalls'), 1, 'but for an entry');
is(builds('SELECT count(*) FROM s.syscalls WHERE retval < 0 AND syscall_id < 10'), 0, 'conditions likewise');
is(builds('SELECT guest FROM s.executions'), 1, 'and for the guest');
attach(log_path('real/w1libs'), guest => 'x86_64');
is(builds('SELECT guest FROM s.executions'), 0, 'unless the option says it');

# every process of a parallel scan agrees
my $parallel = 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;';
attach(log_path('real/w3a'));
is(query("$parallel SELECT count(*), count(retval), count(*) FILTER (WHERE on_entry) FROM s.syscalls"),
	query('SET max_parallel_workers_per_gather = 0; SELECT count(*), count(retval), count(*) FILTER (WHERE on_entry) FROM s.syscalls'),
	'a parallel scan sees the same');

# ---------------------------------------------------------------------------
# The option
# ---------------------------------------------------------------------------

my $path = log_path('real/w1libs') =~ s/'/''/gr;
my ($complaints) = complaints_of($node, [
	qq{SELECT pe_attach('$path', 'nothing', guest => 'x86-64');},
	q{CREATE FOREIGN TABLE t (execution_id bigint) SERVER pandelephant OPTIONS (filename '/nowhere', guest 'MIPS', relation 'threads');},
	q{CREATE FOREIGN TABLE t (execution_id bigint) SERVER pandelephant OPTIONS (filename '/nowhere', guest '', relation 'threads');},
	q{CREATE FOREIGN TABLE t (execution_id bigint) SERVER pandelephant OPTIONS (filename '/nowhere', guest 'mips', relation 'threads');},
	q{ALTER FOREIGN TABLE t OPTIONS (SET guest 'arms');},
	q{CREATE FOREIGN TABLE u (execution_id bigint) SERVER pandelephant OPTIONS (filename '/nowhere', gest 'mips', relation 'threads');} ]);
like($complaints->[0], qr/HV024: .*invalid value for option "guest": "x86-64".*one of auto, x86_64, .* and windows_64.*Perhaps you meant the guest "x86_64"/s, 'pe_attach');
like($complaints->[1], qr/HV024: .*Perhaps you meant the guest/s, 'case matters');
like($complaints->[2], qr/HV024: /, 'none is no guest');
is($complaints->[3], '', 'a guest');
like($complaints->[4], qr/HV024: .*"arm"/s, 'changed to another');
like($complaints->[5], qr/HV00D: .*Perhaps you meant the option "guest"/s, 'the option misspelt');

is(query("SELECT pe_attach('$path', 'nine', NULL, 1, NULL, false, NULL, NULL, NULL)"), 'nine', 'calls without guest go on working');
is(query("IMPORT FOREIGN SCHEMA plog LIMIT TO (executions) FROM SERVER pandelephant INTO public OPTIONS (filename '$path', guest 'ppc');
	SELECT guest FROM executions"), 'ppc', 'IMPORT FOREIGN SCHEMA');

$node->stop;
done_testing();
