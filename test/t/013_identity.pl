# Who is who: the values that small logs must show, written down here by hand.
# 001_relations.pl compares the same rules, and more cases of them, with a model.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IO::Uncompress::Gunzip qw(gunzip);
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('identity');
my $directory = temporary_directory('identity');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Attach a log, as schema s.
sub attach
{
	my ($path, @options) = @_;
	query(join ' ', 'DROP SCHEMA IF EXISTS s CASCADE;',
		"SET client_min_messages = error; SELECT pe_attach('$path', schema => 's'", @options, ')');
}

sub attach_log { attach(log_path($_[0])) }

# ---------------------------------------------------------------------------
# A create_time of 0 is none
# ---------------------------------------------------------------------------

attach_log('faults/create_time_zero');
is(query('SELECT syscall_id, pid, tid, process_id, thread_id FROM s.syscalls'),
	"1|400|400|1|1\n2|400|500|1|2\n3|500|500|2|3\n4|500|501|2|4",
	'calls of a pid belong to its process, though no thread knows when it began');
is(query('SELECT process_id, pid, create_time FROM s.processes'), "1|400|\n2|500|", 'the processes');
is(query('SELECT thread_id, process_id, tid, create_time FROM s.threads'),
	"1|1|400|\n2|1|500|\n3|2|500|\n4|2|501|", 'the threads');
is(query(q{SELECT count(*) FROM s.entries WHERE message->'syscall'->'create_time' = '0'}),
	4, 'entries show what is written');

attach_log('rules/timeless');
is(query('SELECT count(*) FROM s.threads WHERE create_time = 0'),   0, 'no message makes a thread of time 0');
is(query('SELECT count(*) FROM s.processes WHERE create_time = 0'), 0, 'nor a process');
is( query(
		'SELECT tid, create_time FROM s.threads WHERE process_id =
			(SELECT process_id FROM s.threads WHERE tid = 800) ORDER BY tid'),
	"800|55\n801|\n802|",
	'threads of unknown time belong to the only leader, an older one does not');

# ---------------------------------------------------------------------------
# Spans
# ---------------------------------------------------------------------------

attach_log('rules/inverted');
is(query('SELECT first_execution_offset, last_execution_offset FROM s.executions'),
	'30|-50', 'an end before its start is no offset of the execution');
is( query(
		'SELECT tid, first_seen_execution_offset, last_seen_execution_offset FROM s.threads WHERE tid < 3 ORDER BY 1'),
	"1|50|60\n2|50|70",
	'nor of a thread');
is(query(q{SELECT name, first_seen_execution_offset, last_seen_execution_offset FROM s.thread_names WHERE name = 'kept'}),
	'kept|100|330', 'nor of a name');
is(query('SELECT start_execution_offset, end_execution_offset FROM s.threadslices WHERE threadslice_id <= 3'),
	"50|20\n60|-64\n70|-2", 'the slices are as they are written');

# ---------------------------------------------------------------------------
# Address spaces of mappings
# ---------------------------------------------------------------------------

attach_log('faults/mips');
is( query(
		'SELECT mapping_id, process_id, name, asid, first_seen_execution_offset, last_seen_execution_offset FROM s.mappings'),
	"1|1|httpd||100|690\n2|1|libc.so.0||100|690",
	'what is mapped under ever new small asids is mapped once');
attach_log('rules/asids');
is( query(
		q{SELECT coalesce(asid::text, 'none'), count(*) FROM s.mappings GROUP BY asid ORDER BY asid NULLS LAST}),
	"-1|2\n4096|2\n4097|2\nnone|5",
	'asids from 4096 on are told apart');
is(query('SELECT asid FROM s.processes WHERE pid = 50'), '78', 'a process keeps a small one');

# ---------------------------------------------------------------------------
# Slices
# ---------------------------------------------------------------------------

attach_log('faults/slices_of_all_threads');
is(query('SELECT * FROM s.threadslices'),
	"1|1|1|1|1|1000\n1|2|2|1|1001|2000\n1|3|3|1|2001|3000\n1|4||1|3001|4000",
	'of several threads the new one ran; where none is new it is not known which did');
is(query('SELECT sum(end_execution_offset - start_execution_offset + 1) FROM s.threadslices'),
	4000, 'together no more than there is');
is(query('SELECT tid, first_seen_execution_offset, last_seen_execution_offset FROM s.threads'),
	"400|1|4000\n401|1001|4000\n402|2001|4000", 'all of them are seen');
is(query('SELECT count(*), min(threadslice_id), max(threadslice_id) FROM s.threadslices'),
	'4|1|4', 'counted without reading them');

# Skipping chunks leaves the same rows, by any column.
attach(cut_into_chunks('rules/listed'));
for my $column (qw(thread_id process_id threadslice_id start_execution_offset end_execution_offset))
{
	my $all = "SELECT * FROM s.threadslices WHERE $column";

	for my $value (split /\n/, query("SELECT DISTINCT $column FROM s.threadslices WHERE $column IS NOT NULL ORDER BY 1"))
	{
		my $skipping = query("$all = $value");
		is($skipping, query("SET pandelephant.enable_skipping = off; $all = $value"), "$column = $value");
	}
}
unlike(
	query('EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT * FROM s.threadslices WHERE process_id = 1'),
	qr/Chunks Skipped: 0/,
	'chunks are skipped by process_id');

# ---------------------------------------------------------------------------
# Parents
# ---------------------------------------------------------------------------

attach_log('faults/parents');
is( query('SELECT process_id, parent_process_id, pid, ppid, create_time FROM s.processes'),
	"1||1|0|1\n2|1|100|1|10\n3|1|100|1|1000\n4|3|200|100|1010\n5|3|201|101|1020",
	'of two processes of a pid the one that was there when the child began, by its thread, too');

# No process is its own parent, and all parents are processes.
attach_log('rules/parents');
is( query(
		'SELECT count(*) FILTER (WHERE parent_process_id = process_id), count(*) FILTER (WHERE
			NOT EXISTS (SELECT FROM s.processes p WHERE p.process_id = c.parent_process_id))
		 FROM s.processes c WHERE parent_process_id IS NOT NULL'),
	'0|0', 'parents are other processes');

# ---------------------------------------------------------------------------
# Entries of August 2016 to June 2018
# ---------------------------------------------------------------------------

my $WIRE_FORM = 'EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT * FROM s.threads';

attach_log('faults/asidstory_2016');
is(query('SELECT * FROM s.processes'), '1|1||1234|||{bash}|27439104|100|110',
	'the process that the entries name');
is(query('SELECT thread_id, process_id, tid, names, create_time, first_seen_execution_offset FROM s.threads'),
	'1|1||{bash}||100', 'and its thread');
is(query('SELECT count(*) FROM s.threadslices'), 0, 'no slices');
like(query($WIRE_FORM), qr/Wire Form: LogEntry before June 2018/, 'a form of its own');
is( query('SELECT kind, message FROM s.entries WHERE entry_id IN (1, 3) ORDER BY entry_id'),
	'process_name|{"process_id": 1234, "total_instr": 999999, "process_name": "bash"}'
	  . "\n" . 'dead_data|{"dead_data": 0.5}',
	'fields have the names of that time');
is(query('SELECT kind FROM s.entries WHERE entry_id IN (1, 3) ORDER BY entry_id'),
	"process_name\ndead_data", 'kinds alone, too');
is(query(q{SELECT entry_id FROM s.entries WHERE kind = 'process_name' ORDER BY 1}), "1\n2", 'found by them');
is(query(q{SELECT entry_id FROM s.entries WHERE kind IN ('process_id', 'asid_libraries', 'field 4')}),
	'', 'and by no others');

# Entries from these parts: as in 2016, and with an asid_info, before or after.
my $named = '{"instr": "5", "asid": "9000", "process_name": "n", "process_id": 7}';
my $syscall = '{"instr": "6", "syscall": {"pid": 8, "tid": 8, "create_time": "1"}}';
my $early = write_raw_lines('2016', $named);
my $info = write_raw_lines('today', '{"instr": "6", "asid_info": {"pid": 8, "tids": [8], "names": ["i"]}}');
my $info_2018 = write_raw_lines('2018', '{"instr": "6", "asid_info": {"pid": 8, "name": "i"}}');
my $malformed = entry(6, bytes_field(40, bytes_field(2, 'x') . "\xff"));
my $cut = entry(6, bytes_field(4, 'n') . "\xff");
my $libraries = write_raw_lines('today', '{"instr": "6", "asid_libraries": {"pid": 8, "tid": 8}}');

for my $case (
	[ 'an entry of 2016', [$early], '7', 'LogEntry before June 2018' ],
	[ 'then an asid_info', [ $early, $info ], '8', "today's" ],
	[ 'after an asid_info', [ $info, $early ], '8', "today's" ],
	[ 'then an asid_info of 2018', [ $early, $info_2018 ], '8', 'AsidInfo before September 2020' ],
	[ 'a field 5 of bytes', [$libraries], '8', "today's" ],
	[ 'both', [ $libraries, $early ], "7\n8", 'LogEntry before June 2018' ],
	[ 'then a malformed asid_info', [ $early, $malformed ], '7', 'LogEntry before June 2018', 1 ],
	[ 'a malformed entry of 2016', [ $cut, $libraries ], '8', "today's", 1 ],
	[ 'a malformed asid_info of 2018', [ $malformed, $info ], '8', "today's", 1 ],
	[ 'between asid_infos', [ $info, $malformed, $early ], '8', "today's", 1 ])
{
	my ($name, $bodies, $pids, $form, $recover) = @$case;
	my $path = "$directory/form.plog";

	for my $chunks ([$bodies], [ map { [$_] } @$bodies ])
	{
		write_file($path, put_together({
			chunks => [ map { { stream => deflate_entries(@$_), entries => scalar @$_ } } @$chunks ] }));
		attach($path, $recover ? ', recover => true' : '');
		my $count = @$chunks;
		is(quietly('SELECT pid FROM s.processes ORDER BY 1'), $pids, "$name, $count chunks: processes");
		like(quietly($WIRE_FORM), qr/Wire Form: \Q$form\E$/m, "$name, $count chunks: form");
	}
}

# In the form of 2016 a field 5 of bytes is no process_id, nor a field 65 total_instr.
write_file("$directory/form.plog", put_together({ chunks => [ map { { stream => deflate_entries(@$_), entries => scalar @$_ } } [
				$early, entry(6, bytes_field(5, bytes_field(2, bytes_field(1, 'libm')))),
				entry(7, varint_field(5, 9) . bytes_field(5, '')), entry(8, bytes_field(65, bytes_field(1, 'f'))) ] ] }));
attach("$directory/form.plog");
is( query('SELECT kind, message FROM s.entries WHERE entry_id > 0 ORDER BY entry_id'),
	join("\n",
		'asid_libraries|{"asid_libraries": {"modules": [{"name": "libm"}]}}',
		'asid_libraries|{"process_id": 9, "asid_libraries": {}}',
		'dwarf2_ret|{"dwarf2_ret": {"file_callee": "f"}}'),
	'what is a message in the field of a number of 2016');

# An argument that is malformed does not make a log one of 2020.
my $call = sub { entry(6, bytes_field(58, join '', varint_field(1, 8), varint_field(3, 8), map { bytes_field(7, $_) } @_)) };
for my $case (
	[ 'a pointer of 2020', varint_field(2, 4096), 'SyscallArg before December 2020' ],
	[ 'a malformed one', varint_field(2, 4096) . "\xff", "today's" ])
{
	my ($name, $argument, $form) = @$case;
	my $path = "$directory/form.plog";
	my @entries = ($call->($argument), $call->(bytes_field(1, 'name') . bytes_field(2, 'text')));

	write_file($path, put_together({ chunks => [ { stream => deflate_entries(@entries), entries => 2 } ] }));
	attach($path);
	like(quietly($WIRE_FORM), qr/Wire Form: \Q$form\E$/m, "$name: form");
}

# What a query gives, without the warnings of what is malformed.
sub quietly
{
	my ($sql) = @_;
	return query("SET client_min_messages = error; $sql");
}

# The bytes of the entry that a line of JSON describes, in an era.
sub write_raw_lines
{
	my ($era, $line) = @_;
	my $path = "$directory/lines.plog";

	write_plog($path, [$line], '--era', $era);
	my $plog = take_apart(read_file($path));
	my ($body) = inflate_entries($plog->{chunks}[0]{stream});
	return $body;
}

# A log again, with a chunk for each entry.
sub cut_into_chunks
{
	my ($log) = @_;
	my $path = "$directory/chunks.plog";

	gunzip(log_path($log) =~ s/plog$/jsonl.gz/r => \my $lines) or die "could not read the dump of $log";
	write_plog($path, [ split /\n/, $lines ], '--chunk-size', 1);
	return $path;
}

$node->stop;
done_testing();
