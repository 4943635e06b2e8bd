# The views of pe_orm_views(): every row of both generations against what the
# data model makes of a log's dump; over all logs what must never be NULL and
# what must refer to something; and what becomes of the views in pg_dump.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogTest;
use PlogSession;
use Test::More;

my $node = start_server('orm');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# Copy a log into the native tables.
sub materialize
{
	my ($log, $options) = @_;
	my $path = log_path($log) =~ s/'/''/gr;
	query(
		"SET client_min_messages = error;
		 SELECT pe_attach('$path', schema => 's'" . ($options // '') . ");
		 SELECT count(*) FROM pe_materialize('s', 'native');
		 DROP SCHEMA s CASCADE");
}

# ---------------------------------------------------------------------------
# What the views must hold, made of the rows of a model
# ---------------------------------------------------------------------------

# The numbers of the kinds in a uuid.
my %KIND = (
	executions => 1, processes => 2, threads => 3, mappings => 4,
	virtual_addresses => 5, code_points => 6, taint_flows => 7, threadslices => 8, syscalls => 9);

# The ids of one column: of a kind, and an integer in both generations.
sub orm_id
{
	my ($generation, $kind, $execution_id, $id) = @_;
	return orm_integer($execution_id, $id) if $generation == 1;
	return sprintf '%08x-%04x-8%03x-%04x-%012x', $execution_id >> 16, $execution_id & 0xffff,
	  $KIND{$kind}, 0x8000 | $id >> 48, $id & (1 << 48) - 1;
}

sub orm_integer
{
	my ($execution_id, $id) = @_;
	return (($execution_id - 1) << 40) + $id;
}

# A column that is never NULL there.
sub known
{
	my ($value, $unknown) = @_;
	return $value eq '\N' ? $unknown : $value;
}

# The types that an argument can have there.
my %LABEL = map { $_ => 1 }
  qw(STRING POINTER UNSIGNED_64 SIGNED_64 UNSIGNED_32 SIGNED_32 UNSIGNED_16 SIGNED_16);

# For a view, the model's relation and what becomes of a row: its columns of
# either generation, in order.  $g is the generation, $e the execution.
my %VIEW = (
	processes => [
		'processes',
		sub {
			my ($g, $e, $id, undef, $pid, $ppid, $create_time) = @_;
			return (
				orm_id($g, processes => $e, $id),
				$g == 1 ? $e : ('Process', orm_id($g, executions => $e, $e), known($create_time, 0)),
				known($pid, 0), $ppid);
		} ],
	threads => [
		'threads',
		sub {
			my ($g, $e, $id, $process_id, $tid, $names, $create_time) = @_;
			return (
				orm_id($g, threads => $e, $id),
				$g == 1 ? () : 'Thread',
				orm_id($g, processes => $e, $process_id),
				$g == 1 ? $names : (),
				$tid,
				known($create_time, 0),
				$g == 1 ? '\N' : ());
		} ],
	thread_names => [
		'thread_names',
		sub {
			my ($g, $e, $id, $thread_id, $name, @seen) = @_;
			return (
				orm_integer($e, $id), orm_id($g, threads => $e, $thread_id),
				$name, $g == 1 ? () : map { known($_, -1) } @seen);
		} ],
	threadslice => [
		'threadslices',
		sub {
			my ($g, $e, $id, $thread_id, undef, @bounds) = @_;
			return $thread_id eq '\N' ? () : (
				orm_id($g, threadslices => $e, $id),
				$g == 1 ? () : 'ThreadSlice',
				orm_id($g, threads => $e, $thread_id),
				map { known($_, -1) } @bounds);
		} ],
	mappings => [
		'mappings',
		sub {
			my ($g, $e, $id, $process_id, $name, $path, $asid, $base, $size, @seen) = @_;
			return (
				orm_id($g, mappings => $e, $id),
				$g == 1 ? () : 'Mapping',
				orm_id($g, processes => $e, $process_id),
				$name, $path,
				orm_id($g, virtual_addresses => $e, $id),
				known($size, 0),
				$g == 1 ? () : map { known($_, -1) } @seen);
		} ],
	virtual_addresses => [
		'mappings',
		sub {
			my ($g, $e, $id, $process_id, $name, $path, $asid, $base, $size, @seen) = @_;
			return (
				orm_id($g, virtual_addresses => $e, $id),
				$g == 1 ? $e : ('VirtualAddress', orm_id($g, executions => $e, $e)),
				known($asid, 0),
				known($seen[0], -1),
				known($base, 0));
		} ],
	code_points => [
		'code_points',
		sub {
			my ($g, $e, $id, $mapping_id, $offset) = @_;
			return (
				orm_id($g, code_points => $e, $id),
				$g == 1 ? () : 'CodePoint',
				orm_id($g, mappings => $e, $mapping_id), $offset);
		} ],
	taint_flows => [
		'taint_flows',
		sub {
			my ($g, $e, $id, @ends) = @_;
			my ($source_thread, $source, undef, $source_offset, $is_store) = @ends[ 0 .. 4 ];
			my ($sink_thread, $sink, undef, $sink_offset) = @ends[ 8 .. 11 ];

			# those that begin or end in no module are not there
			return () if grep { $_ eq '\N' } $source, $sink;
			return (
				orm_id($g, taint_flows => $e, $id),
				$g == 1 ? () : 'TaintFlow',
				known($is_store, 'f'),
				(map { orm_id($g, code_points => $e, $_) } $source, $sink),
				(map { orm_id($g, threads => $e, $_) } $source_thread, $sink_thread),
				map { known($_, -1) } $source_offset, $sink_offset);
		} ],
	syscalls => [
		'syscalls',
		sub {
			my ($g, $e, $id, $thread_id, undef, undef, undef, $name, $retval, undef, $pc, $offset) = @_;
			return (
				orm_id($g, syscalls => $e, $id),
				$g == 1 ? ($name) : ('Syscall', $name, $retval),
				orm_id($g, threads => $e, known($thread_id, 0)),
				$g == 1 ? () : known($pc, -1),
				known($offset, -1));
		} ],
	syscall_arguments => [
		'syscall_arguments',
		sub {
			my ($g, $e, $id, $position, $name, $type, $value) = @_;
			$value = known($value, '');
			$value =~ s/^0x// if $g == 1 && $type eq 'POINTER';
			return (
				orm_integer($e, $id * 256 + $position),
				orm_id($g, syscalls => $e, $id),
				$name,
				$g == 1 ? $position + 1 : $position,
				$LABEL{$type} || $g == 2 && $type eq 'BYTES' ? $type : 'STRING',
				$value);
		} ]);

# Has an execution calls of a thread that is not known?  Those get one.
sub has_stray_calls
{
	my ($model) = @_;
	return grep { (split /\t/)[2] eq '\N' } lines_of($model->path('syscalls'));
}

sub lines_of
{
	my ($path) = @_;
	open my $file, '<:raw', $path or die "could not read $path: $!";
	chomp(my @lines = <$file>);
	return @lines;
}

# All rows of a view that an execution has, as COPY prints them.
sub expected_rows
{
	my ($generation, $view, $model) = @_;
	my ($relation, $row_of) = @{ $VIEW{$view} };
	my @rows = map { [ split /\t/, $_, -1 ] } lines_of($model->path($relation));
	my $e = $model->{execution_id};

	push @rows, [ $e, 0, ('\N') x 7 ] if $view eq 'processes' && has_stray_calls($model);
	push @rows, [ $e, 0, 0, '\N', '{}', ('\N') x 3 ] if $view eq 'threads' && has_stray_calls($model);
	return sort grep { $_ ne '' } map { join("\t", $row_of->($generation, @$_)) } @rows;
}

# What a view is called: in the first generation one has another name.
sub name_of_view
{
	my ($generation, $view) = @_;
	return $generation == 1 && $view eq 'code_points' ? 'codepoints' : $view;
}

# The rows of a view that are of an execution: its id, which is the first
# column, tells.
sub rows_of_execution
{
	my ($generation, $view, $execution_id) = @_;
	my $name = name_of_view($generation, $view);
	my $is_integer = $generation == 1 || $view =~ /^(?:thread_names|syscall_arguments)$/;
	my $key = $is_integer ? 'pe_orm_key' : 'pe_orm_uuid_key';
	my $id = query(
		"SELECT attname FROM pg_attribute WHERE attrelid = 'orm$generation.$name'::regclass AND attnum = 1");
	return "SELECT * FROM orm$generation.$name WHERE ($key($id)).execution_id = $execution_id";
}

sub is_view
{
	my ($generation, $view, $model, $test_name) = @_;
	my $file = temporary_directory('orm') . '/found';
	my $quoted = $file =~ s/'/''/gr;
	my @expected = expected_rows($generation, $view, $model);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	query('COPY (' . rows_of_execution($generation, $view, $model->{execution_id}) . ") TO '$quoted'");
	my @found = sort(lines_of($file));
	my ($at) = grep { ($found[$_] // '') ne ($expected[$_] // '') } 0 .. ($#found > $#expected ? $#found : $#expected);
	ok(!defined $at, sprintf '%s: generation %d, %s, %d rows', $test_name, $generation, $view, scalar @expected)
	  or diag(sprintf "found    %s\nexpected %s", $found[$at] // 'nothing', $expected[$at] // 'nothing');
}

# ---------------------------------------------------------------------------
# All logs
# ---------------------------------------------------------------------------

# Those whose rows are compared; two are there before the views, and their
# indexes, are.
my @compared = qw(rules/absent rules/values rules/flows real/w1libs real/w1struct real/w1sum
  real/w1_pre2020form real/w1_sep2020form made/all_kinds made/instr_past_2e32 edges/arg_None);
my %is_compared = map { $_ => 1 } @compared;

my $recording = log_path('real/w1') =~ s/\.plog$//r;
# the largest has nothing that the others lack
my @all  = grep { !/w3a/ } @LOGS, @OLDER_FORMS;
my @logs = @all;
my @first = splice @logs, 0, 2;
materialize($_) for @first;
query("SELECT pe_orm_views('native', 'orm1', 1); SELECT pe_orm_views('native', 'orm2', 2)");
for my $log (@logs)
{
	materialize($log, $log =~ m{real/w1} ? ", recording => '$recording'" : '');
}
materialize($_, ', recover => true') for qw(real/w1killed made/killed_64k);

for my $log (@compared)
{
	my $execution_id =
	  query(sprintf "SELECT execution_id FROM orm1.executions WHERE name = '%s'", execution_of($log));
	my $model = model_of($log, execution_id => $execution_id);
	for my $generation (1, 2)
	{
		is_view($generation, $_, $model, $log) for sort keys %VIEW;
	}
}

is(query('SELECT execution_id, name, description, start_time, end_time FROM orm1.executions EXCEPT
		SELECT execution_id, name, description, NULL, NULL FROM native.executions'),
	'', 'generation 1, executions');
is(query('SELECT count(*) FROM orm1.executions'), @all + 2, 'all of them');
is(query("SELECT count(*) FROM orm2.executions o JOIN native.executions n
		ON o.execution_id = pe_orm_uuid('executions', n.execution_id, n.execution_id)
			AND o.name = n.name AND o.description IS NOT DISTINCT FROM n.description"),
	@all + 2, 'generation 2, executions');
is(query("SELECT type, count(*), string_agg(name, ' ' ORDER BY name) FILTER (WHERE type = 'Recording')
		FROM orm2.executions GROUP BY type ORDER BY type"),
	'Execution|' . (@all + 2 - 5)
	  . "|\nRecording|5|w1_pre2020form w1_sep2020form w1libs w1struct w1sum",
	'those with a recording are one');
is( query(
		q{SELECT (pe_orm_key(recording_id)).*, r.execution_id, file_name, log_hash, snapshot_hash, qcow_hash
		  FROM orm1.recordings r JOIN orm1.executions e USING (execution_id) WHERE name = 'w1libs'}),
	query(
		q{SELECT execution_id, recording_id, execution_id, file_name, log_hash, '\x', NULL
		  FROM native.recordings JOIN native.executions USING (execution_id) WHERE name = 'w1libs'}),
	'generation 1, recordings');
is( query(
		q{SELECT name, prefix, instruction_count, log_hash, snapshot_hash, qcow_hash
		  FROM orm2.recordings JOIN orm2.executions ON execution_id = recording_id WHERE name = 'w1libs'}),
	query(
		q{SELECT name, file_name, 27481629, log_hash, '\x', NULL
		  FROM native.recordings JOIN native.executions USING (execution_id) WHERE name = 'w1libs'}),
	'generation 2, recordings');
like(
	query(
		"SET enable_seqscan = off; SET enable_bitmapscan = off;
		 EXPLAIN (COSTS OFF) SELECT * FROM orm$_->[0].recordings WHERE recording_id = $_->[1]"),
	qr/Index Scan using recordings_(?:from_)?\d+_pe_orm/,
	"a recording of generation $_->[0] is looked up by an index")
  for [ 1, 'pe_orm_id(1, 1)' ], [ 2, q{pe_orm_uuid('executions', 1, 1)} ];
is(query("SELECT n > 0, n < (SELECT count(*) FROM native.taint_flows)
		FROM (SELECT count(*) AS n FROM orm1.taint_flows) AS there"),
	't|t', 'some taint flows are there, and some are not');

# ---------------------------------------------------------------------------
# Never NULL, and always something that is referred to
# ---------------------------------------------------------------------------

# NOT NULL in the ORM, of either generation; keys are, too.
my %NOT_NULL = (
	1 => {
		executions        => [qw(execution_id name)],
		recordings        => [qw(recording_id execution_id file_name log_hash snapshot_hash)],
		processes         => [qw(process_id execution_id pid)],
		threads           => [qw(thread_id process_id create_time)],
		thread_names      => [qw(id thread_id)],
		mappings          => [qw(mapping_id process_id base_id size)],
		virtual_addresses => [qw(address_id execution_id asid execution_offset address)],
		threadslice       => [qw(threadslice_id thread_id start_execution_offset end_execution_offset)],
		codepoints        => [qw(code_point_id mapping_id "offset")],
		taint_flows       => [
			qw(taint_flow_id source_is_store source_id sink_id source_thread_id sink_thread_id
			  source_execution_offset sink_execution_offset)],
		syscalls          => [qw(syscall_id thread_id execution_offset)],
		syscall_arguments => [qw(syscall_argument_id syscall_id position argument_type value)]
	},
	2 => {
		executions        => [qw(execution_id type name)],
		recordings        => [qw(recording_id prefix instruction_count log_hash snapshot_hash)],
		processes         => [qw(process_id type execution_id create_time pid)],
		threads           => [qw(thread_id type process_id create_time)],
		thread_names      => [qw(id thread_id first_seen_execution_offset last_seen_execution_offset)],
		mappings          => [
			qw(mapping_id type process_id base_id size
			  first_seen_execution_offset last_seen_execution_offset)],
		virtual_addresses => [qw(address_id type execution_id asid execution_offset address)],
		threadslice       => [qw(threadslice_id type thread_id start_execution_offset end_execution_offset)],
		code_points       => [qw(code_point_id type mapping_id "offset")],
		taint_flows       => [
			qw(taint_flow_id type source_is_store source_id sink_id source_thread_id sink_thread_id
			  source_execution_offset sink_execution_offset)],
		syscalls          => [qw(syscall_id type thread_id pc execution_offset)],
		syscall_arguments => [qw(syscall_argument_id syscall_id position argument_type value)]
	});

# view, column, what it refers to
my @REFERENCES = (
	[qw(processes execution_id executions)],
	[qw(threads process_id processes)],
	[qw(thread_names thread_id threads)],
	[qw(mappings process_id processes)],
	[qw(mappings base_id virtual_addresses address_id)],
	[qw(virtual_addresses execution_id executions)],
	[qw(threadslice thread_id threads)],
	[qw(code_points mapping_id mappings)],
	[qw(taint_flows source_id code_points code_point_id)],
	[qw(taint_flows sink_id code_points code_point_id)],
	[qw(taint_flows source_thread_id threads thread_id)],
	[qw(taint_flows sink_thread_id threads thread_id)],
	[qw(syscalls thread_id threads)],
	[qw(syscall_arguments syscall_id syscalls)]);

for my $generation (1, 2)
{
	my $schema = "orm$generation";

	for my $view (sort keys %{ $NOT_NULL{$generation} })
	{
		my @columns = @{ $NOT_NULL{$generation}{$view} };
		my $some_null = join ' OR ', map { "$_ IS NULL" } @columns;
		is( query(
				"SELECT count(*) FILTER (WHERE $some_null), count(*) - count(DISTINCT $columns[0])
				 FROM $schema.$view"),
			'0|0',
			"generation $generation, $view: "
			  . join(', ', @columns)
			  . ' are never NULL, and the first is unique over all executions');
	}
	for my $reference (@REFERENCES)
	{
		my ($view, $column, $referred, $key) = @$reference;
		$key //= $column;
		$_ = name_of_view($generation, $_) for $view, $referred;
		is( query(
				"SELECT count(*) FROM $schema.$view v LEFT JOIN $schema.$referred r ON r.$key = v.$column
				 WHERE r.$key IS NULL"),
			0,
			"generation $generation, $view: $column refers to $referred");
	}
}
is(query('SELECT recording_id FROM orm2.recordings EXCEPT SELECT execution_id FROM orm2.executions'),
	'', 'a recording is an execution');
is(query("SELECT DISTINCT thread_id IS NULL FROM native.syscalls ORDER BY 1"),
	"f\nt", 'there were calls without a thread');

# ---------------------------------------------------------------------------
# Dump and restore
# ---------------------------------------------------------------------------

query("SELECT pe_drop_execution(name, 'native') FROM native.executions WHERE execution_id > 8");
my $dump = temporary_directory('dump') . '/dump';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-Fc', '-f', $dump ], 'dump');
query('CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $dump ], 'restore');
for my $schema (qw(orm1 orm2))
{
	for my $view (qw(executions threads syscall_arguments))
	{
		my $rows = "SELECT count(*), md5(string_agg(v::text, ' ' ORDER BY v::text)) FROM $schema.$view v";
		is(query($rows, 'restored'), query($rows), "$schema.$view after a restore");
	}
}
is(query("SELECT pe_orm_views('native', 'orm1', 1)", 'restored'), 'orm1', 'the views are still known as ours');
is(query("SELECT count(*) FROM pg_index WHERE NOT indisvalid", 'restored'), 0, 'the indexes are whole');

# ---------------------------------------------------------------------------
# Without the extension's help
# ---------------------------------------------------------------------------

my ($complaints) = complaints_of($node, [ 'DROP EXTENSION pandelephant;', 'DROP EXTENSION pandelephant CASCADE;' ],
	database => 'restored');
like($complaints->[0], qr/ERROR:  2BP01/, 'the extension is not dropped under the views');
unlike($complaints->[1], qr/ERROR/, 'with CASCADE it is');
is(query('SELECT count(*) > 0 FROM native.syscalls', 'restored'), 't', 'native tables stay');

$node->stop;
done_testing();
