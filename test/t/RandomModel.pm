# The relations of a log, computed from its bytes by the rules of the data model
# and nothing else.  It is slow and plain, for small logs: it stands beside
# PlogModel, which works on what PANDA's own reader finds, and knows nothing of
# it.
#
# RandomModel->new(image => BYTES, ...) reads a log.  rows() gives what COPY
# prints of a relation, in the order of its key; of a log that holds malformed
# messages, with option recover: they feed nothing, one in another message makes
# NULLs of its own columns alone.
package RandomModel;

use strict;
use warnings;
no warnings 'portable';    # numbers of 64 bits

use Exporter 'import';
use Math::BigInt;

use PgText qw(database_text signed float_text double_text json_string
  jsonb_number array_text copy_row);
use PlogReader qw(read_plog fields_of leading_fields packed_varints VARINT FIXED64 BYTES GROUP FIXED32);

our @EXPORT_OK = qw(%MODEL_COLUMNS @MODEL_RELATIONS);

# The columns of the relations after execution_id.
our %MODEL_COLUMNS = (
	executions => 'name description plog plog_version file_bytes chunk_count entry_count '
	  . 'first_execution_offset last_execution_offset complete guest',
	processes => 'process_id parent_process_id pid ppid create_time names asid '
	  . 'first_seen_execution_offset last_seen_execution_offset',
	threads => 'thread_id process_id tid names create_time '
	  . 'first_seen_execution_offset last_seen_execution_offset',
	thread_names => 'thread_name_id thread_id name '
	  . 'first_seen_execution_offset last_seen_execution_offset',
	threadslices => 'threadslice_id thread_id process_id start_execution_offset end_execution_offset',
	syscalls => 'syscall_id thread_id process_id pid tid name retval on_entry pc execution_offset asid',
	syscall_arguments => 'syscall_id position name argument_type value struct_type',
	mappings => 'mapping_id process_id name path asid base_address size '
	  . 'first_seen_execution_offset last_seen_execution_offset',
	code_points => 'code_point_id mapping_id offset',
	taint_flows => 'taint_flow_id '
	  . 'source_thread_id source_code_point_id source_pc source_execution_offset '
	  . 'source_is_store source_size source_value source_label '
	  . 'sink_thread_id sink_code_point_id sink_pc sink_execution_offset '
	  . 'sink_is_store sink_size sink_value is_copy offset cardinality tcn cb',
	entries => 'entry_id chunk pc execution_offset asid kind message');
$_ = [ split ' ' ] for values %MODEL_COLUMNS;
our @MODEL_RELATIONS = qw(executions processes threads thread_names threadslices syscalls
  syscall_arguments mappings code_points taint_flows entries);

# ---------------------------------------------------------------------------
# The schema
# ---------------------------------------------------------------------------

# Of each message, its fields as "number name type"; * marks a repeated one.
my %SCHEMA = map { /^\s*(\w+): ?(.*)$/ ? ($1 => $2) : () } split /\n/, <<'END_SCHEMA';
AsidInfo: 1 pid u32, 2 create_time u64, 3 ppid u32, 4 asid u64, 5 names string*, 6 tids u32*, 7 start_instr u64, 8 end_instr u64, 9 count u64
AsidInfo2018: 1 asid u64, 2 name string, 3 pid u32, 4 start_instr u64, 5 end_instr u64, 6 count u64
Syscall: 1 pid u32, 2 ppid u32, 3 tid u32, 4 create_time u64, 5 retcode i64, 6 call_name string, 7 args NamedData*
Syscall2020: 1 pid u32, 2 ppid u32, 3 tid u32, 4 create_time u64, 5 retcode i64, 6 call_name string, 7 args SyscallArg*
NamedData: 1 arg_name string, 2 str string, 3 ptr u64, 4 u64 u64, 5 u32 u32, 6 u16 u32, 7 i64 i64, 8 i32 i32, 9 i16 i32, 10 float_val float, 11 double_val double, 12 bool_val bool, 13 bytes_val bytes, 14 struct_type string, 15 struct_data StructData
SyscallArg: 1 str string, 2 ptr u64, 3 u64 u64, 4 u32 u32, 5 u16 u32, 6 i64 i64, 7 i32 i32, 8 i16 i32
StructData: 1 members NamedData*
LoadedLibs: 1 proc_name string, 2 pid u32, 3 ppid u32, 4 create_time u64, 5 tid u32, 6 modules Module*
LoadedLibs2020: 2 modules Module*
Module: 1 name string, 2 file string, 3 base_addr u64, 4 size u64
ProcTrace: 1 pid u32, 2 create_time u64, 3 ppid u32, 4 asid u64, 5 name string, 6 tid u32, 7 start_instr u64
TaintFlow: 1 source TaintSource, 2 sink TaintSink, 3 copy bool, 4 offset u32, 5 card u32, 6 tcn u32, 7 cb u32
TaintSource: 1 cp FlowPoint, 2 size u32, 3 value u64, 4 instr u64, 5 is_store bool, 6 label u32
TaintSink: 1 cp FlowPoint, 2 size u32, 3 value u64, 4 instr u64, 5 is_store bool
FlowPoint: 1 thread FlowThread, 2 pc u64
FlowThread: 1 pid u32, 2 ppid u32, 3 tid u32, 4 create_time u64
TaintFlowAugust2020: 1 src FlowPointAugust2020, 2 dest FlowPointAugust2020, 3 count u32
FlowPointAugust2020: 1 thread FlowThread, 2 pc u64, 3 instr u64
TaintFlowOfAsids: 1 src FlowPointOfAsid, 2 dest FlowPointOfAsid, 3 count u32, 4 min_instr u64, 5 max_instr u64
FlowPointOfAsid: 1 asid u64, 2 pc u64
Bir: 1 len u32, 2 cached bool, 3 highscore float, 4 filename string, 5 offset u64
TsmChange: 1 cp FlowPoint, 2 vaddr u64, 3 size u32, 4 label u32
CallStack: 1 addr u64*
SignalEvent: 1 sig i32, 2 suppressed bool, 3 src_name string, 4 dst_name string, 5 src_pid i32, 6 dst_pid i32
BasicBlock: 1 asid u64, 3 size u32, 5 code bytes
SerialTx: 1 value u32, 2 labels u32*
LabelLiveness: 1 label u32, 2 count u64
Edge: 2 pc u64*, 3 hit_count u64
AsidEdges: 2 edges Edge*
ThreadEdges: 1 tid u32, 2 create_time u64, 3 edges ThreadEdge*
ThreadEdge: 1 block EdgeBlock*, 2 hit_count u64
EdgeBlock: 1 pc u64, 2 size u32
AsidTrace: 1 pcs u64*
DwarfCall: 1 file_callee string, 2 function_name_callee string, 3 line_number_callee u64, 4 file_caller string, 5 line_number_caller u64
TaintQueryUniqueLabelSet: 1 ptr u64, 2 label u32*
TaintQuery: 1 ptr u64, 2 tcn u32, 3 offset u32, 4 unique_label_set TaintQueryUniqueLabelSet
SrcInfo: 1 filename u32, 2 linenum u32, 3 astnodename u32, 4 insertionpoint u32, 5 ast_loc_id u32
SrcInfoPri: 1 filename string, 2 linenum u32, 3 astnodename string, 4 insertionpoint u32, 5 ast_loc_id u32
AttackPoint: 1 info u32, 2 call_stack CallStack, 3 src_info SrcInfo
AttackPointPri: 1 info u32, 2 call_stack CallStack, 3 src_info SrcInfoPri
TaintQueryHypercall: 1 buf u64, 2 len u32, 3 data u32*, 4 num_tainted u32, 5 call_stack CallStack, 6 src_info SrcInfo, 7 taint_query TaintQuery*
TaintQueryPri: 1 buf u64, 2 len u32, 3 data u32*, 4 num_tainted u32, 5 call_stack CallStack, 6 src_info SrcInfoPri, 7 taint_query TaintQuery*
TaintedBranch: 1 call_stack CallStack, 2 taint_query TaintQuery*
TaintedInstr: 1 call_stack CallStack, 2 taint_query TaintQuery*
TaintedBranchSummary: 1 asid u64, 2 pc u64
TaintedInstrSummary: 1 asid u64, 2 pc u64
TaintedMmioLabel: 1 pc u64, 2 label u32, 3 addr u64
Unknown:
LLVMEntry: 1 type u64, 2 address u64, 3 value u64, 4 num_bytes u64, 5 tb_num u64, 6 addr_type u32, 7 cpustate_offset u32, 8 condition u32, 9 phi_index u32, 10 flags u32
LogEntry: 1 pc u64, 2 instr u64, 3 asid u64, 5 asid_libraries LoadedLibs, 6 taint_label_virtual_addr u64, 7 taint_label_physical_addr u64, 8 taint_label_number u32, 10 call_stack CallStack, 30 llvmEntry LLVMEntry, 33 taint_query_unique_label_set TaintQueryUniqueLabelSet, 34 taint_query TaintQuery, 36 tainted_branch TaintedBranch, 37 tainted_instr TaintedInstr, 38 taint_query_hypercall TaintQueryHypercall, 39 attack_point AttackPoint, 40 asid_info AsidInfo, 41 edge_coverage AsidEdges, 42 basic_block BasicBlock, 43 trace AsidTrace, 45 label_liveness LabelLiveness, 50 signal_event SignalEvent, 56 tainted_instr_summary TaintedInstrSummary, 57 taint_flow TaintFlow, 58 syscall Syscall, 59 tsm_change TsmChange, 64 dwarf2_call DwarfCall, 65 dwarf2_ret DwarfCall, 66 dwarf_call DwarfCall, 67 dwarf_ret DwarfCall, 68 taint_query_pri TaintQueryPri, 69 attack_point_pri AttackPointPri, 70 pri_trace_src_info SrcInfoPri, 72 tainted_branch_summary TaintedBranchSummary, 73 tainted_mmio_label TaintedMmioLabel, 102 serial_tx SerialTx, 103 proc_trace ProcTrace
END_SCHEMA
for my $fields (values %SCHEMA)
{
	$fields = { map { /^(\d+) (\w+) (\w+)(\*?)$/ or die $_;
			$1 => { name => $2, type => $3, repeated => $4 eq '*' } } split /, /, $fields };
}

my %WIRE_TYPE = (
	(map { $_ => VARINT } qw(u32 u64 i32 i64 bool)),
	(map { $_ => BYTES } qw(string bytes)),
	float => FIXED32, double => FIXED64);

# Messages that are left as they stand until a row is made of them.
my %IS_LAZY = map { $_ => 1 } qw(NamedData SyscallArg StructData Module);

# The field of a message that this is; undef where the message has none of the
# number, or one of another wire type.
sub known_field
{
	my ($type, $field) = @_;
	my ($number, $wire) = @$field;
	my $known = $SCHEMA{$type}{$number} // return undef;
	my $expected = $WIRE_TYPE{ $known->{type} } // BYTES;

	return $known if $wire == $expected;
	return $known if $known->{repeated} && $expected == VARINT && $wire == BYTES;    # packed
	return $wire == BYTES ? $SCHEMA{$type}{"$number as bytes"} : undef;
}

# What a number of a type is, given as it stands.
sub number_of
{
	my ($type, $value) = @_;

	return $value & 0xffffffff if $type eq 'u32';
	return signed($value) if $type eq 'i64';
	return unpack 'l', pack 'L', $value & 0xffffffff if $type eq 'i32';
	return $value ? 'true' : 'false' if $type eq 'bool';
	return float_bits($value) if $type eq 'float';
	return double_bits($value) if $type eq 'double';
	return $value;
}

sub float_bits
{
	my ($bits) = @_;
	return special_float($bits >> 31, ($bits >> 23 & 0xff) == 0xff, $bits & 0x7fffff)
	  // float_text(decimal(unpack 'f', pack 'L', $bits));
}

sub double_bits
{
	my ($bits) = @_;
	return special_float($bits >> 63, ($bits >> 52 & 0x7ff) == 0x7ff, $bits & ((1 << 52) - 1))
	  // double_text(decimal(unpack 'd', pack 'Q', $bits));
}

# The name of what is no number.
sub special_float
{
	my ($is_negative, $is_special, $fraction) = @_;
	return undef if !$is_special;
	return $fraction ? 'NaN' : $is_negative ? '-Infinity' : 'Infinity';
}

# A double with all of its digits, its sign where it is zero.
sub decimal
{
	my ($double) = @_;
	return sprintf '%.17g', $double;
}

# Dies where a message is malformed; whoever asks for a message catches it.
sub fields_or_die
{
	my ($bytes) = @_;
	return @{ fields_of($bytes) // die { malformed => 1 } };
}

# A message as a hash by names, of its fields.  Of a singular one the last counts,
# messages are merged; absent ones are absent.
sub decoded
{
	my ($type, @fields) = @_;
	my (%message, %parts);

	for my $field (@fields)
	{
		my $known = known_field($type, $field) // next;
		my ($name, $of) = @$known{qw(name type)};
		my $value = $field->[2];

		if ($SCHEMA{$of})
		{
			push @{ $parts{$name} }, $IS_LAZY{$of} ? $value : fields_or_die($value);
			next;
		}
		my @values =
		    $WIRE_TYPE{$of} == BYTES ? $value
		  : $field->[1] == BYTES     ? map({ number_of($of, $_) } @{ packed_varints($value) // die { malformed => 1 } })
		  :                            number_of($of, $value);
		if ($known->{repeated})
		{
			push @{ $message{$name} }, @values;
		}
		else
		{
			$message{$name} = $values[0];
		}
	}
	for my $known (values %{ $SCHEMA{$type} })
	{
		my $parts = $parts{ $known->{name} } // next;
		$message{ $known->{name} } =
		  $IS_LAZY{ $known->{type} } ? $parts : decoded($known->{type}, @$parts);
	}
	return \%message;
}

# ---------------------------------------------------------------------------
# A log
# ---------------------------------------------------------------------------

# Options: image, the log's bytes; plog, its name as given; name and
# execution_id of the execution; guest, as the option.
sub new
{
	my ($class, %options) = @_;
	my $self = bless {
		execution_id => 1,
		guest        => 'auto',
		%options,
		rows      => { map { $_ => [] } @MODEL_RELATIONS },
		malformed => {},    # what cannot be read: catalog, entries, …
		span      => [],
		threads   => [], thread => {}, names => [],
		slices    => [], traces => [],
		calls     => [], flows => [],
		loads     => [] }, $class;
	my $plog = $self->{log} = read_plog($self->{image});

	$self->{entries} = [];
	for my $chunk (0 .. $#{ $plog->{chunks} })
	{
		push @{ $self->{entries} }, $self->entry($_, $chunk) for @{ $plog->{chunks}[$chunk] };
	}
	$self->find_forms;
	$self->feed($_) for 0 .. $#{ $self->{entries} };
	$self->find_guest;
	$self->make_processes;
	$self->make_rows;
	return $self;
}

# What COPY prints of a relation's columns.
sub rows
{
	my ($self, $relation, @columns) = @_;
	my ($i, %place) = 0;

	$place{$_} = $i++ for @{ $MODEL_COLUMNS{$relation} };
	return join '', map { copy_row($self->{execution_id}, @$_[ map { $place{$_} } @columns ]) }
	  @{ $self->{rows}{$relation} };
}

# The same where some columns are as told.
sub rows_with
{
	my ($self, $relation, $changed, @columns) = @_;
	my @all = @{ $MODEL_COLUMNS{$relation} };
	local $self->{rows}{$relation} = [
		map {
			my $row = $_;
			[ map { exists $changed->{ $all[$_] } ? $changed->{ $all[$_] } : $row->[$_] } 0 .. $#all ]
		} @{ $self->{rows}{$relation} } ];
	return $self->rows($relation, @columns);
}

sub add_row
{
	my ($self, $relation, @row) = @_;
	push @{ $self->{rows}{$relation} }, \@row;
}

# What becomes of reading a relation: 'rows', 'error', or 'either' where reading
# all of the log would be an error that this relation need not come upon.
sub outcome
{
	my ($self, $relation) = @_;
	my $malformed = $self->{malformed};

	return 'error' if $malformed->{entry} || $malformed->{$relation};
	return 'either' if $malformed->{catalog} && $relation eq 'syscall_arguments';
	return 'error' if $malformed->{catalog};
	return 'either' if $malformed->{mappings} && $relation ne 'entries';
	return 'rows';
}

# Does anything in the log deserve an error?
sub is_malformed
{
	my ($self) = @_;
	return %{ $self->{malformed} } ? 1 : 0;
}

# ---------------------------------------------------------------------------
# Entries
# ---------------------------------------------------------------------------

# An entry: its own numbers, and what its payloads hold by their numbers.
sub entry
{
	my ($self, $body, $chunk) = @_;
	my $fields = fields_of($body);
	my %entry = (chunk => $chunk, fields => $fields, payloads => {});

	if (!$fields)
	{
		$self->{malformed}{entry} = 1;
		return \%entry;
	}
	for my $field (@$fields)
	{
		my ($number, $type, $value) = @$field;

		$entry{ (qw(- pc instr asid))[$number] } = $value if $number <= 3 && $type == VARINT;
		push @{ $entry{payloads}{$number} }, $value if $number > 3 && $type == BYTES;
	}
	return \%entry;
}

# The fields of an entry's payload, merged; an empty list where it has none, undef
# where it is malformed.
sub payload
{
	my ($entry, $number) = @_;
	my $payloads = $entry->{payloads}{$number} // return [];
	return $entry->{parsed}{$number} //= eval { [ map { fields_or_die($_) } @$payloads ] };
}

# Which wire forms the log is written in.
sub find_forms
{
	my ($self) = @_;
	my (%form, $has_2016);

	for my $entry (@{ $self->{entries} })
	{
		my %fields = map { $_ => payload($entry, $_) // [] } 5, 40, 58;

		for ([ 40, 'asid_info' ], [ 5, 'libraries' ])
		{
			my ($number, $name) = @$_;
			my ($second) = grep { $_->[0] == 2 && ($_->[1] == VARINT || $_->[1] == BYTES) } @{ $fields{$number} };
			$form{$name} //= $second->[1] == BYTES ? 'earlier' : 'today' if $second;
		}
		for my $argument (grep { $_->[0] == 7 && $_->[1] == BYTES } @{ $fields{58} })
		{
			$form{arguments} = 'earlier'
			  if grep { $_->[0] == 2 && $_->[1] == VARINT } @{ fields_of($argument->[2]) // [] };
		}
		$self->{has_asid_info} = 1 if $entry->{payloads}{40} && payload($entry, 40);
		$has_2016 = 1 if grep { $_->[0] == 4 && $_->[1] == BYTES || $_->[0] == 5 && $_->[1] == VARINT } @{ $entry->{fields} // [] };
	}
	$self->{is_2016}   = $has_2016 && !$self->{has_asid_info};
	$self->{form_2018} = ($form{asid_info} // '') eq 'earlier';
	$self->{form_2020} = ($form{arguments} // '') eq 'earlier';

	# The schema is that of the oldest form.
	my %types = (5 => 'LoadedLibs', 40 => 'AsidInfo', 58 => 'Syscall');
	my $age =
	    $self->{is_2016}   ? 4
	  : $self->{form_2018} ? 3
	  : $self->{form_2020} ? 2
	  : ($form{libraries} // '') eq 'earlier' ? 1 : 0;
	$types{5}  = 'LoadedLibs2020' if $age >= 1;
	$types{58} = 'Syscall2020'    if $age >= 2;
	$types{40} = 'AsidInfo2018'   if $age >= 3;
	$self->{schema} = { %{ $SCHEMA{LogEntry} }, map { $_ => { %{ $SCHEMA{LogEntry}{$_} }, type => $types{$_} } } keys %types };
	return if !$self->{is_2016};

	# what has a number later may be a message in the same field
	my $schema = $self->{schema};
	$schema->{"$_ as bytes"} = $schema->{$_} for 5, 65;
	$schema->{ $_->[0] } = { name => $_->[1], type => $_->[2] }
	  for [ 4, 'process_name', 'string' ], [ 5, 'process_id', 'u32' ], [ 32, 'dead_data', 'float' ], [ 65, 'total_instr', 'u64' ];
}

# Give an entry's payloads to what they feed.
sub feed
{
	my ($self, $id) = @_;
	my $entry = $self->{entries}[$id];
	my ($pc, $instr, $asid) = (known($entry->{pc}), known($entry->{instr}), $entry->{asid});

	return if !$entry->{fields};
	$self->{entry} = { id => $id, pc => $pc, instr => $instr, asid => $asid };
	widen($self->{span}, $instr);
	$self->{is_64bit} = 1 if defined $pc && $pc >= 1 << 32;
	$self->{asid_seen}{ $asid < 4096 ? 'small' : 'large' } = 1 if defined $asid;

	$self->feed_2016($entry) if $self->{is_2016};
	$self->feed_payload($entry, 5, \&feed_asid_libraries, 'LoadedLibs', 'catalog');
	$self->feed_payload($entry, 40, \&feed_asid_info, $self->{form_2018} ? 'AsidInfo2018' : 'AsidInfo', 'catalog');
	$self->feed_payload($entry, 57, \&feed_taint_flow, 'TaintFlow', 'catalog') if flow_form($entry) eq 'TaintFlow';
	$self->feed_payload($entry, 58, \&feed_syscall, $self->{form_2020} ? 'Syscall2020' : 'Syscall', 'catalog');
	$self->feed_payload($entry, 103, \&feed_proc_trace, 'ProcTrace', 'catalog');
	$self->entry_row($entry);
}

sub feed_payload
{
	my ($self, $entry, $number, $feed, $type, $what) = @_;

	return if !$entry->{payloads}{$number};
	my $message = eval { decoded($type, map { fields_or_die($_) } @{ $entry->{payloads}{$number} }) };
	if (!$message)
	{
		die $@ if !ref $@;
		$self->{malformed}{$what} = 1;
		return;
	}
	$self->$feed($message);
}

# What an entry's field 57 is, by what can be read of it.  The data model leaves
# open what a Bir of few fields is, and a flow of none: one that has a field as
# only Bir has it, and no end, is a Bir; a flow that is malformed, or shows no
# thread or address space, feeds nothing.
sub flow_form
{
	my ($entry) = @_;
	my @fields = map { leading_fields($_) } @{ $entry->{payloads}{57} // [] };
	my @ends = map { $_->[2] } map { grep_field(\@fields, $_, BYTES) } 1, 2;
	my @points = map { leading_fields($_) } @ends;
	my @inner_messages = map { $_->[2] } grep_field(\@points, 1, BYTES);
	my @inner = map { leading_fields($_) } @inner_messages;

	return 'TaintFlow' if grep_field(\@inner, 1, BYTES);
	return 'Unknown' if grep { !fields_of($_) } @ends, @inner_messages;
	return 'TaintFlowAugust2020' if grep_field(\@inner, 1, VARINT);
	return 'TaintFlowOfAsids' if grep_field(\@points, 1, VARINT);
	return 'Bir' if !@ends && grep { "$_->[0] $_->[1]" =~ /^(?:[12] 0|3 5|4 2)$/ } @fields;
	return 'TaintFlow without thread';
}

# Likewise field 41, which is another message in the PANDA that taint flows are of.
sub edges_form
{
	my ($entry) = @_;
	my @fields = map { leading_fields($_) } @{ $entry->{payloads}{41} // [] };

	return 'AsidEdges' if grep_field(\@fields, 2, BYTES);
	return (grep { "$_->[0] $_->[1]" =~ /^(?:[12] 0|3 2)$/ } @fields) ? 'ThreadEdges' : 'AsidEdges';
}

sub grep_field
{
	my ($fields, $number, $type) = @_;
	return grep { $_->[0] == $number && $_->[1] == $type } @$fields;
}

# ---------------------------------------------------------------------------
# What the entries feed
# ---------------------------------------------------------------------------

# 2016 to 2018: the entry itself names a process.
sub feed_2016
{
	my ($self, $entry) = @_;
	my %own;

	for my $field (@{ $entry->{fields} })
	{
		my ($number, $type, $value) = @$field;
		$own{name} = $value if $number == 4 && $type == BYTES;
		$own{pid} = $value & 0xffffffff if $number == 5 && $type == VARINT;
	}
	return if !%own;
	my $thread = $self->thread(\%own, undef);
	widen($thread->{span}, $self->{entry}{instr});
	$self->name_thread($thread, $own{name}, $self->{entry}{instr}) if exists $own{name};
	$self->note_asid($thread, $entry->{asid});
}

sub feed_asid_libraries
{
	my ($self, $message) = @_;
	my ($instr, $asid) = @{ $self->{entry} }{qw(instr asid)};

	return if !defined $message->{pid};
	my $thread = $self->thread($message, $message->{tid});
	widen($thread->{span}, $instr);
	$self->name_thread($thread, $message->{proc_name}, $instr) if defined $message->{proc_name};
	return if grep { !$message->{$_} } qw(pid ppid tid);
	push @{ $self->{loads} }, {
		thread  => $thread,
		asid    => defined $asid && $asid < 4096 ? undef : $asid,
		instr   => $instr,
		modules => $message->{modules} // [] };
}

sub feed_asid_info
{
	my ($self, $message) = @_;
	my @written = map { known($message->{$_}) } qw(start_instr end_instr);
	my @range = @written;
	my $asid = $message->{asid};
	my $is_summary = exists $message->{count};
	my (@threads, %seen);

	# an end before its start is none
	$range[1] = undef if defined $range[0] && defined $range[1] && signed($range[1]) < signed($range[0]);
	widen($self->{span}, @range);
	$self->{asid_seen}{ $asid < 4096 ? 'small' : 'large' } = 1 if defined $asid;

	if ($self->{form_2018})
	{
		@threads = $self->thread($message, undef);
		$message->{names} = [ $message->{name} ] if exists $message->{name};
	}
	else
	{
		for my $tid (@{ $message->{tids} // [] })
		{
			my $known = $self->{thread}{ thread_key($message, $tid) };
			next if $is_summary && @threads && !($known && $known->{first_entry} < $self->{entry}{id});
			next if $seen{$tid}++;
			push @threads, $self->thread($message, $tid);
		}
	}
	return if !@threads;
	for my $thread (@threads)
	{
		widen($thread->{span}, @range);
		$self->name_thread($thread, $_, @range) for @{ $message->{names} // [] };
		$self->note_asid($thread, $asid);
	}

	my @new = grep { !$_->{is_listed} } @threads;
	my $ran =
	    @threads == 1 || $is_summary ? $threads[0]
	  : @new == 1                    ? $new[0]
	  :                                undef;
	push @{ $self->{slices} }, [ $ran, $threads[0], @written ];
	$_->{is_listed} = 1 for @threads;
}

sub feed_syscall
{
	my ($self, $message) = @_;
	my $entry = $self->{entry};
	my $thread;

	if (defined $message->{pid})
	{
		$thread = $self->thread($message, $message->{tid});
		widen($thread->{span}, $entry->{instr});
	}
	push @{ $self->{calls} }, { %$entry, thread => $thread, message => $message };
	$self->{is_windows} = 1 if ($message->{call_name} // '') =~ /^(?:Nt|Zw)/;
	$self->argument_rows($entry->{id}, @{ $message->{args} // [] });
}

sub feed_proc_trace
{
	my ($self, $message) = @_;
	my $thread = $self->thread($message, $message->{tid});
	my $start  = known($message->{start_instr});

	widen($thread->{span}, $start);
	$self->name_thread($thread, $message->{name}, $start) if defined $message->{name};
	push @{ $self->{traces} }, [ $thread, $start ];
}

sub feed_taint_flow
{
	my ($self, $message) = @_;
	my %flow = (%{ $self->{entry} }, message => $message);

	for my $name (qw(source sink))
	{
		my $end = $message->{$name} // {};
		my $point = $end->{cp} // {};
		my $named = $point->{thread} // {};
		my $instr = known($end->{instr});

		$flow{$name} = { %$end, instr => $instr, pc => known($point->{pc}) };
		next if !defined $named->{pid};
		my $thread = $flow{$name}{thread} = $self->thread($named, $named->{tid});
		widen($thread->{span}, $instr);
	}
	push @{ $self->{flows} }, \%flow;
}

# ---------------------------------------------------------------------------
# Threads and processes
# ---------------------------------------------------------------------------

# Nobody knows a time of 0.
sub create_time
{
	my ($message) = @_;
	return $message->{create_time} || undef;
}

sub thread_key
{
	my ($message, $tid) = @_;
	my $create_time = create_time($message);

	return "$tid $create_time" if defined $tid && defined $create_time;
	return join ' ', map { $_ // '-' } $tid, $create_time, $message->{pid};
}

# The thread that a message names by this tid.
sub thread
{
	my ($self, $message, $tid) = @_;
	my $key = thread_key($message, $tid);
	my $thread = $self->{thread}{$key};

	if (!$thread)
	{
		$thread = $self->{thread}{$key} = {
			id          => @{ $self->{threads} } + 1,
			tid         => $tid,
			create_time => create_time($message),
			first_entry => $self->{entry}{id},
			span        => [],
			names       => [] };
		push @{ $self->{threads} }, $thread;
	}
	$thread->{pid} //= $message->{pid};
	$self->{mentions}++;
	@$thread{qw(ppid ppid_mention)} = ($message->{ppid}, $self->{mentions})
	  if !defined $thread->{ppid} && defined $message->{ppid};
	return $thread;
}

sub name_thread
{
	my ($self, $thread, $bytes, @offsets) = @_;
	my $text = text($bytes);
	my ($name) = grep { $_->{text} eq $text } @{ $thread->{names} };

	if (!$name)
	{
		$name = { id => @{ $self->{names} } + 1, thread => $thread, text => $text, span => [] };
		push @{ $self->{names} }, $name;
		push @{ $thread->{names} }, $name;
	}
	widen($name->{span}, @offsets);
}

# An address space that a thread was seen in.
sub note_asid
{
	my ($self, $thread, $asid) = @_;
	@$thread{qw(asid asid_mention)} = ($asid, $self->{mentions}) if defined $asid;
}

sub make_processes
{
	my ($self) = @_;
	my (%process, @processes);

	for my $thread (@{ $self->{threads} })
	{
		my $leader = $self->leader_of($thread);
		my $key = join ' ', $thread->{pid} // '-', $leader ? $leader->{id} : '-';
		my $process = $process{$key};

		if (!$process)
		{
			$process = $process{$key} = {
				id => @processes + 1, pid => $thread->{pid}, leader => $leader, threads => [], span => [] };
			push @processes, $process;
		}
		$thread->{process} = $process;
		push @{ $process->{threads} }, $thread;
		widen($process->{span}, @{ $thread->{span} });
	}
	for my $process (@processes)
	{
		my @threads = @{ $process->{threads} };
		my ($ppid) = sort { $a->{ppid_mention} <=> $b->{ppid_mention} } grep { defined $_->{ppid} } @threads;
		my ($asid) = sort { $b->{asid_mention} <=> $a->{asid_mention} } grep { defined $_->{asid} } @threads;
		my ($least) = sort { $a <=> $b } grep { defined } map { $_->{create_time} } @threads;
		my %seen;

		$process->{ppid} = $ppid->{ppid} if $ppid;
		$process->{asid} = $asid->{asid} if $asid;
		$process->{create_time} = ($process->{leader} // {})->{create_time} // $least;
		$process->{names} = [ grep { !$seen{$_}++ } map { $_->{text} }
			  sort { $a->{id} <=> $b->{id} } map { @{ $_->{names} } } @threads ];
	}
	$self->{processes} = \@processes;
	$_->{parent} = $self->parent_of($_) for @processes;
}

# The leader of the process that a thread belongs to; undef where it is unknown.
sub leader_of
{
	my ($self, $thread) = @_;
	my ($pid, $time) = @$thread{qw(pid create_time)};
	return undef if !defined $pid;
	my @leaders = grep { defined $_->{pid} && $_->{pid} == $pid && defined $_->{tid} && $_->{tid} == $pid }
	  @{ $self->{threads} };
	my ($timeless) = grep { !defined $_->{create_time} } @leaders;

	# one that has no time belongs to the leader that has none, or to the only one
	return $timeless // (@leaders == 1 ? $leaders[0] : undef) if !defined $time;
	my ($last) = sort { $b->{create_time} <=> $a->{create_time} }
	  grep { defined $_->{create_time} && $_->{create_time} <= $time } @leaders;
	return $last // $timeless;
}

sub parent_of
{
	my ($self, $child) = @_;
	my $ppid = $child->{ppid} // return undef;
	my $appeared = $child->{threads}[0]{id};
	my @candidates = map { [ $_, $_->{create_time}, $_->{threads}[0]{id} ] }
	  grep { defined $_->{pid} && $_->{pid} == $ppid } @{ $self->{processes} };

	# before August 2021 it is a tid
	@candidates = map { [ $_->{process}, $_->{create_time}, $_->{id} ] }
	  grep { defined $_->{tid} && $_->{tid} == $ppid } @{ $self->{threads} } if !@candidates;
	@candidates = grep { $_->[0] != $child } @candidates;

	if (defined $child->{create_time})
	{
		my ($last) = sort { $b->[1] <=> $a->[1] }
		  grep { defined $_->[1] && $_->[1] <= $child->{create_time} } @candidates;
		return $last->[0] if $last;
		@candidates = grep { !defined $_->[1] } @candidates;
	}
	my ($before) = sort { $b->[2] <=> $a->[2] } grep { $_->[2] < $appeared } @candidates;
	my ($after) = sort { $a->[2] <=> $b->[2] } grep { $_->[2] > $appeared } @candidates;
	return ($before // $after // [undef])->[0];
}

# ---------------------------------------------------------------------------
# The guest
# ---------------------------------------------------------------------------

sub find_guest
{
	my ($self) = @_;
	my %asids = %{ $self->{asid_seen} // {} };

	return if $self->{guest} ne 'auto';
	$self->{guest} =
	    $self->{is_windows}              ? ($self->{is_64bit} ? 'windows_64' : 'windows_32')
	  : $self->{is_64bit}                ? 'x86_64'
	  : $asids{small} && !$asids{large} ? 'mips'
	  :                                    'i386';
}

# Is a pc the kernel's?
sub is_kernel
{
	my ($self, $pc) = @_;
	my $from =
	    $self->{guest} =~ /^(?:mips|mipsel)$/                       ? 0x80000000
	  : $self->{guest} =~ /^(?:x86_64|aarch64|mips64|windows_64)$/ ? 1 << 63
	  :                                                              0xc0000000;
	return $pc >= $from;
}

# ---------------------------------------------------------------------------
# Rows
# ---------------------------------------------------------------------------

my %LOGGED_ON_ENTRY = map { ("sys_$_" => 1) }
  qw(exit exit_group execve execveat nanosleep clock_nanosleep);

sub make_rows
{
	my ($self) = @_;

	$self->add_row('executions', $self->{name}, undef, $self->{plog}, $self->{log}{version},
		$self->{log}{bytes}, scalar @{ $self->{log}{chunks} }, scalar @{ $self->{entries} },
		bounds($self->{span}), $self->{malformed}{entry} ? 'f' : 't', $self->{guest});
	for my $process (@{ $self->{processes} })
	{
		$self->add_row('processes', $process->{id}, ($process->{parent} // {})->{id},
			@$process{qw(pid ppid)}, bigint($process->{create_time}),
			array_text(@{ $process->{names} }), bigint($process->{asid}), bounds($process->{span}));
	}
	for my $thread (@{ $self->{threads} })
	{
		$self->add_row('threads', $thread->{id}, $thread->{process}{id}, $thread->{tid},
			array_text(map { $_->{text} } @{ $thread->{names} }),
			bigint($thread->{create_time}), bounds($thread->{span}));
	}
	for my $name (@{ $self->{names} })
	{
		$self->add_row('thread_names', $name->{id}, $name->{thread}{id}, $name->{text}, bounds($name->{span}));
	}
	$self->threadslice_rows;
	$self->syscall_rows;
	$self->mapping_rows;
	$self->flow_rows;
}

sub threadslice_rows
{
	my ($self) = @_;
	my @slices = @{ $self->{slices} };
	my @traces = $self->{has_asid_info} || $self->{is_2016} ? () : @{ $self->{traces} };
	my $id = 0;

	# where there are only starts, a slice runs until the next
	for my $i (0 .. $#traces)
	{
		my ($thread, $start) = @{ $traces[$i] };
		my $end = $self->{span}[1];

		if ($i < $#traces)
		{
			my $next = $traces[ $i + 1 ][1];
			$end = $next ? $next - 1 : $next;
		}
		$end = $start if defined $start && defined $end && $end < $start;
		push @slices, [ $thread, $thread, $start, $end ];
	}
	for my $slice (@slices)
	{
		my ($thread, $first, @bounds) = @$slice;
		$self->add_row('threadslices', ++$id, ($thread // {})->{id}, ($thread // $first)->{process}{id}, map { bigint($_) } @bounds);
	}
}

sub syscall_rows
{
	my ($self) = @_;
	my @calls = @{ $self->{calls} };

	# before 2021 every call came with a pc of the program
	my $pc_tells = !grep {
		defined $_->{pc} && !$self->is_kernel($_->{pc}) && !$LOGGED_ON_ENTRY{ $_->{message}{call_name} // '' }
	} @calls;

	for my $call (@calls)
	{
		my ($thread, $message, $pc) = @$call{qw(thread message pc)};
		my $retval = $message->{retcode};
		my $on_entry = $pc_tells && $LOGGED_ON_ENTRY{ $message->{call_name} // '' } && defined $retval && $retval == 0
		  && defined $pc && !$self->is_kernel($pc);

		$self->add_row('syscalls', $call->{id}, ($thread // {})->{id},
			$thread ? $thread->{process}{id} : undef,
			@$message{qw(pid tid)}, text($message->{call_name}),
			$on_entry ? undef : $retval, $on_entry ? 't' : 'f',
			map { bigint($_) } $pc, $call->{instr}, $call->{asid});
	}
}

sub mapping_rows
{
	my ($self) = @_;
	my (%mapping, @mappings);

	for my $load (@{ $self->{loads} })
	{
		for my $bytes (@{ $load->{modules} })
		{
			my $module = eval { decoded('Module', fields_or_die($bytes)) };
			if (!$module)
			{
				$self->{malformed}{mappings} = 1;
				next;
			}
			my $process = $load->{thread}{process};
			my @columns = (
				$process->{id}, text($module->{name}), text($module->{file}),
				map { bigint($_) } $load->{asid}, $module->{base_addr}, $module->{size});
			my $key = copy_row(@columns);

			if (!$mapping{$key})
			{
				$mapping{$key} = {
					id => @mappings + 1, columns => \@columns, process => $process, asid => $load->{asid},
					base => $module->{base_addr}, size => $module->{size}, span => [] };
				push @mappings, $mapping{$key};
			}
			widen($mapping{$key}{span}, $load->{instr});
		}
	}
	$self->{mappings} = \@mappings;
	$self->add_row('mappings', $_->{id}, @{ $_->{columns} }, bounds($_->{span})) for @mappings;
}

sub flow_rows
{
	my ($self) = @_;
	my %code_point;

	for my $flow (@{ $self->{flows} })
	{
		my %ends;
		my $message = $flow->{message};

		for my $name (qw(source sink))
		{
			my $end = $flow->{$name};
			my $place = $self->place_of($end, $flow->{asid});
			my $id;

			if ($place)
			{
				my $offset = signed($end->{pc} - $place->{base});
				my $key = "$place->{id} $offset";
				$self->add_row('code_points', $code_point{$key} = 1 + keys %code_point, $place->{id}, $offset)
				  if !$code_point{$key};
				$id = $code_point{$key};
			}
			$ends{$name} = [
				($end->{thread} // {})->{id}, $id, bigint($end->{pc}), bigint($end->{instr}),
				boolean($end->{is_store}), int32($end->{size}), bigint($end->{value}) ];
		}
		$self->add_row('taint_flows', $flow->{id}, @{ $ends{source} }, $flow->{source}{label},
			@{ $ends{sink} }, boolean($message->{copy}), map({ int32($message->{$_}) } qw(offset card tcn)),
			$message->{cb});
	}
}

# The mapping that an end of a flow lies in, or undef.
sub place_of
{
	my ($self, $end, $asid) = @_;
	my ($pc, $instr, $thread) = @$end{qw(pc instr thread)};
	return undef if !defined $pc || !$thread;
	my @found = grep {
		$_->{process} == $thread->{process} && defined $_->{base} && defined $_->{size}
		  && $_->{base} <= $pc && $pc - $_->{base} < $_->{size}
	} @{ $self->{mappings} };

	# how far from instr it was seen; one never seen comes after all others
	my %distance = map {
		my ($first, $last) = @{ $_->{span} };
		$_->{id} =>
		    !defined $first         ? undef
		  : !defined $instr         ? 0
		  : $instr < $first         ? $first - $instr
		  : $instr > $last          ? $instr - $last
		  :                           0
	} @found;
	$asid = undef if defined $asid && $asid < 4096;
	my $in_asid = sub { defined $asid && defined $_[0]{asid} && $_[0]{asid} == $asid ? 1 : 0 };

	my ($best) = sort {
		my ($near, $far) = @distance{ $a->{id}, $b->{id} };
		(defined $far) <=> (defined $near)
		  || ($near // 0) <=> ($far // 0)
		  || $in_asid->($b) <=> $in_asid->($a)
		  || ($b->{span}[0] // 0) <=> ($a->{span}[0] // 0)
		  || $b->{id} <=> $a->{id}
	} @found;
	return $best;
}

# ---------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------

my $AS_IS = sub { $_[0] };
my $QUOTED = sub { json_string(text($_[0])) };
my $FLOAT = sub { $_[0] =~ /[NI]/ ? qq("$_[0]") : $_[0] };

# The fields that can be a value, in the order in which the first counts: the
# argument's type, its text, and its JSON in a struct.
my @VALUES = (
	[ 'str', 'STRING', \&text, $QUOTED ],
	[ 'ptr', 'POINTER', sub { sprintf '0x%x', $_[0] }, $AS_IS ],
	map({ [ lc, (/U(.*)/ ? 'UNSIGNED_' : 'SIGNED_') . (/(\d+)/)[0], $AS_IS, $AS_IS ] } qw(U64 U32 U16 I64 I32 I16)),
	[ 'float_val', 'FLOAT', $AS_IS, $FLOAT ],
	[ 'double_val', 'DOUBLE', $AS_IS, $FLOAT ],
	[ 'bool_val', 'BOOL', $AS_IS, $AS_IS ],
	[ 'bytes_val', 'BYTES', sub { '\\x' . unpack 'H*', $_[0] }, sub { '"' . unpack('H*', $_[0]) . '"' } ]);

# The rows of a call's arguments.
sub argument_rows
{
	my ($self, $id, @arguments) = @_;
	my $form = $self->{form_2020} ? 'SyscallArg' : 'NamedData';
	my $position = 0;

	for my $bytes (@arguments)
	{
		my $argument = eval { decoded($form, fields_or_die($bytes)) };
		$self->{malformed}{syscall_arguments} = 1 if !$argument;
		$self->{is_64bit} = 1 if $argument && is_wide_pointer($argument);
		$self->add_row('syscall_arguments', $id, $position++, text($argument->{arg_name}), $self->value_of($argument // {}));
	}
}

# Is the argument a pointer that no 32-bit guest has?
sub is_wide_pointer
{
	my ($argument) = @_;
	my $pointer = $argument->{ptr};
	return !defined $argument->{str} && defined $pointer && $pointer >= 1 << 32
	  && $pointer < 0xffffffff80000000;
}

# Type, value and struct_type of an argument.
sub value_of
{
	my ($self, $argument) = @_;

	for (@VALUES)
	{
		my ($field, $type, $text) = @$_;
		next if !defined $argument->{$field};
		return ('STRING', text($argument->{$field}), undef)
		  if $type eq 'BYTES' && ($argument->{arg_name} // '') eq 'filename(from fd)';
		return ($type, $text->($argument->{$field}), undef);
	}
	return (undef, undef, undef) if !defined $argument->{struct_type} && !defined $argument->{struct_data};
	my $json = eval { struct_json($argument) };
	$self->{malformed}{syscall_arguments} = 1 if $@;
	return ('STRUCT', $json, text($argument->{struct_type}));
}

# A struct as JSON; undef without data.
sub struct_json
{
	my ($struct) = @_;
	return undef if !defined $struct->{struct_data};
	my $data = decoded('StructData', map { fields_or_die($_) } @{ $struct->{struct_data} });
	my @members = map { decoded('NamedData', fields_or_die($_)) } @{ $data->{members} // [] };
	my (@names, %values);

	return '[' . join(', ', map { member_json($_) } @members) . ']'
	  if ($struct->{struct_type} // '') eq 'ArrayOfPrimitive';
	for my $member (@members)
	{
		my $name = text($member->{arg_name} // '');
		push @names, $name if !$values{$name};
		push @{ $values{$name} }, member_json($member);
	}
	return '{' . join(', ', map {
			my @values = @{ $values{$_} };
			json_string($_) . ': ' . (@values == 1 ? $values[0] : '[' . join(', ', @values) . ']')
	} @names) . '}';
}

sub member_json
{
	my ($member) = @_;

	for (@VALUES)
	{
		my ($field, undef, undef, $json) = @$_;
		return $json->($member->{$field}) if defined $member->{$field};
	}
	return struct_json($member) // 'null';
}

# ---------------------------------------------------------------------------
# Messages as JSON
# ---------------------------------------------------------------------------

sub entry_row
{
	my ($self, $entry) = @_;
	my @payloads = sort { $a <=> $b } grep { $_ > 3 } map { $_->[0] } @{ $entry->{fields} };
	my @shown = grep { $_->[0] > 3 || $_->[1] != VARINT } @{ $entry->{fields} };
	my %schema = %{ $self->{schema} };
	my $flow_form = flow_form($entry) =~ s/ .*//r;
	my $kind;

	$schema{57} = { name => $flow_form eq 'Bir' ? 'bir' : 'taint_flow', type => $flow_form };
	$schema{41} = { name => 'edge_coverage', type => edges_form($entry) };
	if (@payloads)
	{
		my $number = $payloads[0];
		my $of_kind = $entry->{payloads}{$number} && $schema{"$number as bytes"} || $schema{$number};
		$kind = $of_kind ? $of_kind->{name} : "field $number";
	}

	my $json = eval { local $SCHEMA{LogEntry} = \%schema; object_json('LogEntry', @shown) };
	if (!defined $json)
	{
		die $@ if !ref $@;
		$self->{malformed}{entries} = 1;
	}
	$self->add_row('entries', $self->{entry}{id}, $entry->{chunk},
		map({ bigint($_) } @{ $self->{entry} }{qw(pc instr asid)}), $kind, $json);
}

# Fields as jsonb prints an object: shorter names first, then by their bytes.
# Fields that the message has not stand under their number, in an array if there
# are several.
sub object_json
{
	my ($type, @fields) = @_;
	my (%known, %values);

	for my $field (@fields)
	{
		my $known = known_field($type, $field);
		my $name = $known ? $known->{name} : $field->[0];

		$known{$name} = $known;
		push @{ $values{$name} }, $field;
	}
	return '{' . join(', ', map { qq("$_": ) . values_json($known{$_}, @{ $values{$_} }) }
		  sort { length $a <=> length $b || $a cmp $b } keys %values) . '}';
}

# The values of a field of one name.
sub values_json
{
	my ($known, @fields) = @_;
	my @values;

	if (!$known)
	{
		@values = map { unknown_json($_) } @fields;
		return @values == 1 ? $values[0] : '[' . join(', ', @values) . ']';
	}
	my $of = $known->{type};
	if ($SCHEMA{$of} && !$known->{repeated})
	{
		return object_json($of, map { fields_or_die($_->[2]) } @fields);
	}
	for my $field (@fields)
	{
		my ($wire, $value) = @$field[ 1, 2 ];

		push @values,
		    $SCHEMA{$of}        ? object_json($of, fields_or_die($value))
		  : $of eq 'string'     ? json_string(text($value))
		  : $of eq 'bytes'      ? '"' . unpack('H*', $value) . '"'
		  : $wire == BYTES      ? map({ number_of($of, $_) } @{ packed_varints($value) // die { malformed => 1 } })
		  : $of =~ /float|double/ ? jsonb_number(number_of($of, $value))
		  :                       number_of($of, $value);
	}
	return $known->{repeated} ? '[' . join(', ', @values) . ']' : $values[-1];
}

# A field that nobody knows: text is told from other bytes by what can be read.
sub unknown_json
{
	my ($field) = @_;
	my ($wire, $value) = @$field[ 1, 2 ];

	return object_json('', @$value) if $wire == GROUP;
	return $value if $wire != BYTES;
	my $text = $value;
	return json_string($value) if utf8::decode($text) && $text !~ /\p{Cc}/ && text($value) eq $value;
	return '"' . unpack('H*', $value) . '"';
}

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------

sub text
{
	my ($bytes) = @_;
	return database_text($bytes, 'UTF8');
}

# A number of 64 bits as bigint, one of 32 bits as int.
sub bigint
{
	my ($number) = @_;
	return defined $number ? signed($number) : undef;
}

sub int32
{
	my ($number) = @_;
	return defined $number ? unpack 'l', pack 'L', $number : undef;
}

sub boolean
{
	my ($value) = @_;
	return defined $value ? substr $value, 0, 1 : undef;
}

# A pc or an offset; 2^64-1 is unknown.
sub known
{
	my ($number) = @_;
	return defined $number && $number != ~0 ? $number : undef;
}

# Widen a span to the offsets that are known.
sub widen
{
	my ($span, @offsets) = @_;

	for my $offset (grep { defined } @offsets)
	{
		$span->[0] = $offset if !defined $span->[0] || $offset < $span->[0];
		$span->[1] = $offset if !defined $span->[1] || $offset > $span->[1];
	}
}

sub bounds
{
	my ($span) = @_;
	return map { bigint($_) } @$span[ 0, 1 ];
}

1;
