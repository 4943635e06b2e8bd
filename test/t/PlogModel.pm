# The relations of a log, computed from its dump by the rules of the data
# model and nothing else.
#
# PlogModel->new(...) reads the dump once and writes one file per relation,
# which holds what COPY prints of that relation in the order of its key.
package PlogModel;

use strict;
use warnings;

use File::Basename qw(basename);
use MIME::Base64 qw(decode_base64);

use PgText qw(database_text signed float_text double_text
  json_string jsonb_number array_text copy_row);
use PlogDump qw(open_dump parse_json read_directory);

# 2^64-1: an offset or pc that is not known.
use constant UNKNOWN => '18446744073709551615';

# How many parsed parts of entries to keep at a time.
use constant CACHE_SIZE => 100_000;

# The payloads of an entry, in ascending field number.
my @PAYLOADS = qw(
  process_name process_id asid_libraries taint_label_virtual_addr taint_label_physical_addr
  taint_label_number call_stack llvmEntry dead_data taint_query_unique_label_set
  taint_query tainted_branch tainted_instr taint_query_hypercall attack_point
  asid_info edge_coverage basic_block trace label_liveness signal_event
  tainted_instr_summary taint_flow bir syscall tsm_change dwarf2_call dwarf2_ret total_instr
  dwarf_call dwarf_ret
  taint_query_pri attack_point_pri pri_trace_src_info tainted_branch_summary
  tainted_mmio_label serial_tx proc_trace);
my %PAYLOAD_ORDER = map { $PAYLOADS[$_] => $_ } 0 .. $#PAYLOADS;

# The payloads that feed a relation of their own.
my %FEED = (
	asid_libraries => \&feed_asid_libraries,
	asid_info      => \&feed_asid_info,
	taint_flow     => \&feed_taint_flow,
	syscall        => \&feed_syscall,
	proc_trace     => \&feed_proc_trace);

# An argument's value: its field, its type, and how its text and its JSON in a
# struct are made of what the dump says.  The first that is present counts.
my $AS_IS = sub { $_[0] };
my @VALUES = (
	[ 'str',        'STRING',      $AS_IS,         \&json_string ],
	[ 'ptr',        'POINTER',     \&pointer_text, $AS_IS ],
	[ 'u64',        'UNSIGNED_64', $AS_IS,         $AS_IS ],
	[ 'u32',        'UNSIGNED_32', $AS_IS,         $AS_IS ],
	[ 'u16',        'UNSIGNED_16', $AS_IS,         $AS_IS ],
	[ 'i64',        'SIGNED_64',   $AS_IS,         $AS_IS ],
	[ 'i32',        'SIGNED_32',   $AS_IS,         $AS_IS ],
	[ 'i16',        'SIGNED_16',   $AS_IS,         $AS_IS ],
	[ 'float_val',  'FLOAT',       \&float_text,   sub { json_number(float_text($_[0])) } ],
	[ 'double_val', 'DOUBLE',      \&double_text,  sub { json_number(double_text($_[0])) } ],
	[ 'bool_val',   'BOOL',        $AS_IS,         $AS_IS ],
	[ 'bytes_val',  'BYTES',       \&bytea_text,   sub { '"' . base64_hex($_[0]) . '"' } ]);

# Fields of messages that are not numbers, and those that are signed.
my %IS_TEXT = map { $_ => 1 } qw(arg_name str struct_type name names file
  call_name proc_name process_name src_name dst_name file_callee function_name_callee
  file_caller filename astnodename);
my %IS_BYTES  = map { $_ => 1 } qw(bytes_val code);
my %IS_SIGNED = map { $_ => 1 } qw(retcode);
my %FLOAT_TEXT = (
	float_val  => \&float_text,
	double_val => \&double_text,
	dead_data  => \&float_text,
	highscore  => \&float_text);

# The calls that are logged on entry, too.
my %ON_ENTRY = map { ("sys_$_" => 1) }
  qw(exit exit_group execve execveat nanosleep clock_nanosleep);

# Where the kernels of guests begin.
my %KERNEL = (
	(map { $_ => 0xc0000000 } qw(i386 arm ppc windows_32)),
	(map { $_ => 0x80000000 } qw(mips mipsel)),
	(map { $_ => 1 << 63 } qw(x86_64 aarch64 mips64 windows_64)));

# The name of the argument that is text although it was written as bytes.
use constant PATH => 'filename(from fd)';

# Read the dump of a log and write its relations into a directory.  Options:
# log, dump and directory are paths, execution_id defaults to 1, encoding to
# UTF8, guest to what the log shows.
sub new
{
	my ($class, %options) = @_;
	my $self = bless {
		execution_id => 1,
		encoding     => 'UTF8',
		%options,
		entry_count => 0,    # entries read so far
		chunk       => -1,   # the one being read
		chunk_end   => 0,    # number of the first entry after it
		mentions    => 0,    # times that an entry named a thread, so far
		span        => [],   # of the execution
		threads     => [],   # in order of id, see thread()
		thread      => {},   # by identity
		names       => [],   # of threads, in order of id, see mention_name()
		slices      => [],   # [ thread or undef, start, end, a thread of the process ]
		traces      => [],   # [ thread, start ]
		syscalls    => [],   # [ thread or undef, id, message and entry ]
		shows       => {},   # of the guest, see note_guest()
		flows       => [],   # [ id, message, its ends, see feed_taint_flow() ]
		mappings    => [],   # in order of id, see write_mappings()
		loads       => [],   # distinct asid_libraries entries
		load        => {},   # the same by identity
		cache       => {},   # parsed arguments by their JSON text
		count       => {},   # rows by relation
	}, $class;

	$self->{chunks} = read_directory($self->{log});
	$self->read_entries;
	$self->assign_processes;
	$self->{guest} //= $self->guest_shown;
	$self->write_executions;
	$self->write_processes;
	$self->write_threads;
	$self->write_thread_names;
	$self->write_threadslices;
	$self->write_syscalls;
	$self->write_mappings;
	$self->write_taint_flows;
	return $self;
}

# Write how many rows each relation has, for kept().
sub write_counts
{
	my ($self) = @_;
	my $counts = $self->path('counts');

	open my $file, '>', "$counts.new" or die "could not write $counts: $!";
	print $file "$_ $self->{count}{$_}\n" for sort keys %{ $self->{count} };
	close $file or die "could not write $counts: $!";
	rename "$counts.new", $counts or die "could not write $counts: $!";
}

# The model of execution 1 that was written into a directory, with its counts.  Of
# another execution_id, a relation is written to the directory scratch when it is
# asked for.
sub kept
{
	my ($class, $directory, %options) = @_;
	my $self = bless {
		execution_id => 1,
		encoding     => 'UTF8',
		%options,
		directory => $directory,
		kept      => 1
	}, $class;

	open my $file, '<', "$directory/counts" or die "could not read $directory/counts: $!";
	$self->{count} = { map { /^(\w+) (\d+)$/ } <$file> };
	return $self;
}

# How many rows a relation has.
sub row_count
{
	my ($self, $relation) = @_;
	return $self->{count}{$relation};
}

# The file of a relation.
sub path
{
	my ($self, $relation) = @_;
	my $path = "$self->{directory}/$relation";
	return $path if !$self->{kept} || $self->{execution_id} == 1;

	my $renumbered = "$self->{scratch}/$relation";
	open my $from, '<:raw', $path       or die "could not read $path: $!";
	open my $to,   '>:raw', $renumbered or die "could not write $renumbered: $!";
	while (my $row = <$from>)
	{
		print $to $self->{execution_id}, substr $row, 1;
	}
	close $to or die "could not write $renumbered: $!";
	return $renumbered;
}

# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------

# Read the whole dump.  Entries and arguments are written as they come.
sub read_entries
{
	my ($self) = @_;
	my $next_entry = open_dump($self->{dump});

	$self->open_relation($_) for qw(entries syscall_arguments);
	while (my $entry = $next_entry->())
	{
		my @payloads =
		  sort { $PAYLOAD_ORDER{$a} <=> $PAYLOAD_ORDER{$b} }
		  grep { exists $PAYLOAD_ORDER{$_} } keys %$entry;

		$self->{instr} = known($entry->{instr});
		$self->note_guest(pc => known($entry->{pc}), asid => $entry->{asid});
		widen($self->{span}, $self->{instr});
		$self->feed_entry_2016($entry)
		  if exists $entry->{process_name} || exists $entry->{process_id};
		for my $payload (@payloads)
		{
			my $feed = $FEED{$payload} or next;
			$self->$feed($entry->{$payload}, $entry);
		}
		$self->write_entry($entry, \@payloads);
		$self->{entry_count}++;
	}
	$self->close_relation($_) for qw(entries syscall_arguments);
}

# An entry of August 2016 to June 2018, which names a process itself.
sub feed_entry_2016
{
	my ($self, $entry) = @_;

	# Where there is any asid_info, the log is of another form.
	$self->{has_asid_info} //= has_asid_info($self->{dump});
	return if $self->{has_asid_info};
	my $thread = $self->mention_thread({ pid => $entry->{process_id} }, undef);

	$self->{entries_2016_seen} = 1;
	widen($thread->{span}, $self->{instr});
	$self->mention_name($thread, $self->text($entry->{process_name}), $self->{instr})
	  if exists $entry->{process_name};
	@$thread{qw(asid asid_mention)} = ($entry->{asid}, $self->{mentions})
	  if defined $entry->{asid};
}

sub has_asid_info
{
	my ($dump) = @_;
	my $next_entry = open_dump($dump);

	while (my $entry = $next_entry->())
	{
		return 1 if exists $entry->{asid_info};
	}
	return 0;
}

# asid_info: threads that ran from one offset to another.
sub feed_asid_info
{
	my ($self, $message) = @_;
	my @bounds = map { known($message->{$_}) } qw(start_instr end_instr);
	my @seen = is_inverted(@bounds) ? $bounds[0] : @bounds;
	my @names = map { $self->text($_) } @{ $message->{names} // [] };
	my @threads;

	$self->{asid_info_seen} = 1;
	$self->note_guest(asid => $message->{asid});
	widen($self->{span}, @seen);
	if (exists $message->{name})
	{
		# The form before September 2020: no tids, one name.
		@names   = ($self->text($message->{name}));
		@threads = ($self->mention_thread($message, undef));
	}
	else
	{
		@threads = $self->threads_of_tids($message);
	}
	for my $thread (@threads)
	{
		widen($thread->{span}, @seen);
		$self->mention_name($thread, $_, @seen) for @names;
		@$thread{qw(asid asid_mention)} = ($message->{asid}, $self->{mentions})
		  if defined $message->{asid};
	}
	return if !@threads;

	# Of several threads, all that were seen so far, the new one ran.
	my ($ran) = @threads;
	if (@threads > 1 && !exists $message->{count})
	{
		my @new = grep { !$_->{is_listed} } @threads;
		$ran = @new == 1 ? $new[0] : undef;
	}
	$_->{is_listed} = 1 for @threads;
	push @{ $self->{slices} }, [ $ran, @bounds, $ran // $threads[0] ];
}

# The threads that an asid_info names, each once.  In summary mode the tids
# beyond the first may be garbage, and count if their thread is known already.
sub threads_of_tids
{
	my ($self, $message) = @_;
	my $summary = exists $message->{count};
	my (@threads, %seen);

	for my $tid (@{ $message->{tids} // [] })
	{
		next if $summary && @threads && !$self->known_before($message, $tid);
		next if $seen{$tid}++;
		push @threads, $self->mention_thread($message, $tid);
	}
	return @threads;
}

# syscall: a row of its own, and its arguments.
sub feed_syscall
{
	my ($self, $message, $entry) = @_;
	my $id = $self->{entry_count};
	my $thread;

	if (exists $message->{pid})
	{
		$thread = $self->mention_thread($message, $message->{tid});
		widen($thread->{span}, $self->{instr});
	}
	my $name = $message->{call_name};
	$self->{shows}{windows} = 1 if defined $name && $name =~ /^(?:Nt|Zw)/;
	my $pc = known($entry->{pc});
	push @{ $self->{return_pcs} }, $pc if defined $pc && !$ON_ENTRY{ $name // '' };
	push @{ $self->{syscalls} },
	  [
		$thread, $id,
		{
			pid    => $message->{pid},
			tid    => $message->{tid},
			name   => $name,
			retval => bigint($message->{retcode}),
			pc     => $pc,
			instr  => $self->{instr},
			asid   => $entry->{asid} } ];

	my $position = 0;
	for my $text (@{ $message->{args} // [] })
	{
		my $argument = $self->argument($text);
		$self->write_row('syscall_arguments', "$id\t" . $position++ . "\t" . $argument->{row});
		$self->note_guest(pointer => $argument->{pointer});
	}
}

# Note what shows the guest: a pc, a pointer, or an asid.
sub note_guest
{
	my ($self, %seen) = @_;
	my $shows = $self->{shows};

	$shows->{wide} = 1 if defined $seen{pc} && $seen{pc} >= 1 << 32;
	$shows->{wide} = 1
	  if defined $seen{pointer} && $seen{pointer} >= 1 << 32 && $seen{pointer} < 18446744071562067968;
	if (defined $seen{asid})
	{
		$shows->{asid}      = 1;
		$shows->{wide_asid} = 1 if $seen{asid} >= 4096;
	}
}

# The guest that the log shows.
sub guest_shown
{
	my ($self) = @_;
	my $shows = $self->{shows};

	return $shows->{wide} ? 'windows_64' : 'windows_32' if $shows->{windows};
	return 'x86_64' if $shows->{wide};
	return $shows->{asid} && !$shows->{wide_asid} ? 'mips' : 'i386';
}

# asid_libraries: modules mapped into a process.
sub feed_asid_libraries
{
	my ($self, $message, $entry) = @_;

	return if !exists $message->{pid};
	my $thread = $self->mention_thread($message, $message->{tid});
	widen($thread->{span}, $self->{instr});
	$self->mention_name($thread, $self->text($message->{proc_name}), $self->{instr})
	  if exists $message->{proc_name};

	return if grep { !$message->{$_} } qw(pid ppid tid);
	my $asid = ($entry->{asid} // 0) < 4096 ? undef : $entry->{asid};
	my $key = join "\0", $thread->{id}, $asid // '-', $message->{modules} // '[]';
	my $load = $self->{load}{$key};
	if (!$load)
	{
		$load = $self->{load}{$key} = {
			thread  => $thread,
			asid    => $asid,
			modules => $message->{modules} // '[]',
			span    => [] };
		push @{ $self->{loads} }, $load;
	}
	widen($load->{span}, $self->{instr});
}

# taint_flow: where data came from and where it went.  One in none of whose ends
# a thread is told is of an earlier form.
sub feed_taint_flow
{
	my ($self, $message, $entry) = @_;
	my @ends = map { $message->{$_} // {} } qw(source sink);
	my @flow = ($self->{entry_count}, $message);

	return if !grep { exists $_->{cp} && exists $_->{cp}{thread} } @ends;
	for my $end (@ends)
	{
		my %said  = %{ $end->{cp}{thread} // {} };
		my $instr = known($end->{instr});
		my $thread;

		delete $said{create_time} if !$said{create_time};
		if (exists $said{pid})
		{
			$thread = $self->mention_thread(\%said, $said{tid});
			widen($thread->{span}, $instr);
		}
		push @flow,
		  {
			thread => $thread,
			pc     => known($end->{cp}{pc}),
			instr  => $instr,
			asid   => $entry->{asid} };
	}
	push @{ $self->{flows} }, \@flow;
}

# proc_trace: a thread that began to run.
sub feed_proc_trace
{
	my ($self, $message) = @_;
	my $thread = $self->mention_thread($message, $message->{tid});
	my $start  = known($message->{start_instr});

	widen($thread->{span}, $start);
	$self->mention_name($thread, $self->text($message->{name}), $start)
	  if exists $message->{name};
	push @{ $self->{traces} }, [ $thread, $start ];
}

# When a message says that its thread began; 0 is PANDA's "not known".
sub create_time
{
	my ($message) = @_;
	return $message->{create_time} || undef;
}

# What identifies a thread.
sub thread_key
{
	my ($message, $tid) = @_;
	my ($create_time, $pid) = (create_time($message), $message->{pid});

	return "$tid $create_time" if defined $tid && defined $create_time;
	return join ' ', map { $_ // '-' } $tid, $create_time, $pid;
}

# Whether an earlier entry named the thread.
sub known_before
{
	my ($self, $message, $tid) = @_;
	return exists $self->{thread}{ thread_key($message, $tid) };
}

# The thread that a message names by this tid.
sub mention_thread
{
	my ($self, $message, $tid) = @_;
	my $thread = $self->{thread}{ thread_key($message, $tid) };

	$self->{mentions}++;
	if (!$thread)
	{
		$thread = $self->{thread}{ thread_key($message, $tid) } = {
			id          => @{ $self->{threads} } + 1,
			tid         => $tid,
			create_time => create_time($message),
			span        => [],
			name        => {} };
		push @{ $self->{threads} }, $thread;
	}
	$thread->{pid} //= $message->{pid};
	if (!defined $thread->{ppid} && defined $message->{ppid})
	{
		@$thread{qw(ppid ppid_mention)} = ($message->{ppid}, $self->{mentions});
	}
	return $thread;
}

# Note that a thread has a name, seen at these offsets.
sub mention_name
{
	my ($self, $thread, $text, @offsets) = @_;
	my $name = $thread->{name}{$text};

	if (!$name)
	{
		$name = $thread->{name}{$text} = {
			id     => @{ $self->{names} } + 1,
			thread => $thread,
			text   => $text,
			span   => [] };
		push @{ $self->{names} }, $name;
	}
	widen($name->{span}, @offsets);
}

# ---------------------------------------------------------------------------
# Processes
# ---------------------------------------------------------------------------

# Give every thread its process.
sub assign_processes
{
	my ($self) = @_;
	my (%leaders, %process);

	for my $thread (@{ $self->{threads} })
	{
		my ($pid, $tid) = @$thread{qw(pid tid)};
		push @{ $leaders{$pid} }, $thread if defined $pid && defined $tid && $tid == $pid;
	}
	$self->{processes} = [];
	for my $thread (@{ $self->{threads} })
	{
		my $pid = $thread->{pid};
		my $leader = defined $pid ? leader_of($thread, @{ $leaders{$pid} // [] }) : undef;
		my $key = join ' ', $pid // '-', $leader ? $leader->{id} : '-';

		if (!$process{$key})
		{
			$process{$key} = {
				id      => @{ $self->{processes} } + 1,
				pid     => $pid,
				leader  => $leader,
				threads => [] };
			push @{ $self->{processes} }, $process{$key};
		}
		$thread->{process} = $process{$key};
		push @{ $process{$key}{threads} }, $thread;
	}
}

# Which of the leaders of its pid a thread belongs to, if any.
sub leader_of
{
	my ($thread, @leaders) = @_;
	my ($timeless) = grep { !defined $_->{create_time} } @leaders;
	my $create_time = $thread->{create_time};
	my $leader;

	if (!defined $create_time)
	{
		return $timeless // (@leaders == 1 ? $leaders[0] : undef);
	}
	for my $candidate (grep { defined $_->{create_time} } @leaders)
	{
		next if $candidate->{create_time} > $create_time;
		$leader = $candidate
		  if !$leader || $candidate->{create_time} > $leader->{create_time};
	}
	return $leader // $timeless;
}

# Give every process its ppid, its create_time and its parent.
sub assign_parents
{
	my ($self) = @_;
	my (%by_pid, %by_tid);

	for my $process (@{ $self->{processes} })
	{
		my @threads = @{ $process->{threads} };
		my ($ppid) = sort { $a->{ppid_mention} <=> $b->{ppid_mention} }
		  grep { defined $_->{ppid} } @threads;
		my ($create_time) = sort { $a <=> $b }
		  grep { defined } map { $_->{create_time} } @threads;

		$process->{ppid} = $ppid ? $ppid->{ppid} : undef;
		$process->{create_time} = $create_time;
		$process->{create_time} = $process->{leader}{create_time} // $create_time
		  if $process->{leader};
		push @{ $by_pid{ $process->{pid} } },
		  { process => $process, seen => $threads[0]{id}, create_time => $process->{create_time} }
		  if defined $process->{pid};
	}
	for my $thread (grep { defined $_->{tid} } @{ $self->{threads} })
	{
		push @{ $by_tid{ $thread->{tid} } },
		  { process => $thread->{process}, seen => $thread->{id}, create_time => $thread->{create_time} };
	}
	for my $process (grep { defined $_->{ppid} } @{ $self->{processes} })
	{
		my $ppid = $process->{ppid};
		$process->{parent} = parent_of($process, @{ $by_pid{$ppid} // $by_tid{$ppid} // [] });
	}
}

# Which of the processes that its ppid may mean is a process's parent, if any.
sub parent_of
{
	my ($child, @candidates) = @_;
	my $create_time = $child->{create_time};
	my $seen = $child->{threads}[0]{id};

	@candidates = grep { $_->{process} != $child } @candidates;
	if (defined $create_time)
	{
		my ($last) = sort { $b->{create_time} <=> $a->{create_time} }
		  grep { defined $_->{create_time} && $_->{create_time} <= $create_time } @candidates;

		return $last->{process} if $last;
		@candidates = grep { !defined $_->{create_time} } @candidates;
	}
	my @before = grep { $_->{seen} < $seen } @candidates;
	my ($nearest) = @before ? $before[-1] : $candidates[0];
	return $nearest ? $nearest->{process} : undef;
}

# ---------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------

sub write_executions
{
	my ($self) = @_;
	my $chunks = $self->{chunks};

	$self->open_relation('executions');
	$self->write_row('executions',
		copy_row(
			$self->{name} // basename($self->{log}, '.plog'),
			$self->{description},
			$self->{log},
			$chunks->{version},
			$chunks->{bytes},
			scalar @{ $chunks->{num_entries} },
			$self->{entry_count},
			bounds($self->{span}),
			't', $self->{guest}));
	$self->close_relation('executions');
}

sub write_processes
{
	my ($self) = @_;
	my %names;

	for my $name (@{ $self->{names} })
	{
		my $names = $names{ $name->{thread}{process}{id} } //= { list => [], seen => {} };
		push @{ $names->{list} }, $name->{text} if !$names->{seen}{ $name->{text} }++;
	}
	$self->open_relation('processes');
	$self->assign_parents;
	for my $process (@{ $self->{processes} })
	{
		my @threads = @{ $process->{threads} };
		my ($asid) = sort { $b->{asid_mention} <=> $a->{asid_mention} }
		  grep { defined $_->{asid} } @threads;
		my @span;

		widen(\@span, @{ $_->{span} }) for @threads;
		$self->write_row('processes',
			copy_row(
				$process->{id},
				$process->{parent} ? $process->{parent}{id} : undef,
				$process->{pid},
				$process->{ppid},
				bigint($process->{create_time}),
				array_text(@{ $names{ $process->{id} }{list} // [] }),
				$asid ? bigint($asid->{asid}) : undef,
				bounds(\@span)));
	}
	$self->close_relation('processes');
}

sub write_threads
{
	my ($self) = @_;

	$self->open_relation('threads');
	for my $thread (@{ $self->{threads} })
	{
		my @names = sort { $a->{id} <=> $b->{id} } values %{ $thread->{name} };

		$self->write_row('threads',
			copy_row(
				$thread->{id},
				$thread->{process}{id},
				$thread->{tid},
				array_text(map { $_->{text} } @names),
				bigint($thread->{create_time}),
				bounds($thread->{span})));
	}
	$self->close_relation('threads');
}

sub write_thread_names
{
	my ($self) = @_;

	$self->open_relation('thread_names');
	for my $name (@{ $self->{names} })
	{
		$self->write_row('thread_names',
			copy_row(
				$name->{id}, $name->{thread}{id},
				$name->{text}, bounds($name->{span})));
	}
	$self->close_relation('thread_names');
}

sub write_threadslices
{
	my ($self) = @_;
	my $id = 0;

	$self->open_relation('threadslices');
	for my $slice ($self->{asid_info_seen} ? @{ $self->{slices} } : $self->trace_slices)
	{
		my ($thread, $start, $end, $of_process) = @$slice;
		$self->write_row('threadslices',
			copy_row(
				++$id, $thread ? $thread->{id} : undef,
				$of_process->{process}{id},
				bigint($start), bigint($end)));
	}
	$self->close_relation('threadslices');
}

# The slices of a log that has only proc_trace, which does not say where a
# slice ends.
sub trace_slices
{
	my ($self) = @_;
	my @traces = $self->{entries_2016_seen} ? () : @{ $self->{traces} };
	my @slices;

	for my $i (0 .. $#traces)
	{
		my ($thread, $start) = @{ $traces[$i] };
		my $end =
		    $i == $#traces               ? $self->{span}[1]
		  : defined $traces[ $i + 1 ][1] ? $traces[ $i + 1 ][1] - 1
		  :                                undef;

		$end = $start if defined $start && defined $end && $end < $start;
		push @slices, [ $thread, $start, $end, $thread ];
	}
	return @slices;
}

sub write_syscalls
{
	my ($self) = @_;
	my $kernel = $KERNEL{ $self->{guest} };

	# Where returns come with the program's pc, a pc tells nothing.
	my $tells_entries = !grep { $_ < $kernel } @{ $self->{return_pcs} // [] };

	$self->open_relation('syscalls');
	for my $syscall (@{ $self->{syscalls} })
	{
		my ($thread, $id, $call) = @$syscall;
		my @ids = $thread ? ($thread->{id}, $thread->{process}{id}) : (undef, undef);
		my $on_entry =
		     $tells_entries
		  && $ON_ENTRY{ $call->{name} // '' }
		  && defined $call->{retval}
		  && $call->{retval} == 0
		  && defined $call->{pc}
		  && $call->{pc} < $kernel;

		$self->write_row('syscalls',
			copy_row(
				$id, @ids,
				$call->{pid},
				$call->{tid},
				$self->text($call->{name}),
				$on_entry ? undef : $call->{retval},
				$on_entry ? 't' : 'f',
				bigint($call->{pc}),
				bigint($call->{instr}),
				bigint($call->{asid})));
	}
	$self->close_relation('syscalls');
}

sub write_mappings
{
	my ($self) = @_;
	my (@mappings, %mapping);

	for my $load (@{ $self->{loads} })
	{
		for my $module (@{ parse_json($load->{modules}) })
		{
			my @identity = (
				$load->{thread}{process}{id},
				$self->text($module->{name}),
				$self->text($module->{file}),
				map { bigint($_) } $load->{asid}, $module->{base_addr}, $module->{size});
			my $columns = copy_row(@identity);

			if (!$mapping{$columns})
			{
				$mapping{$columns} = {
					columns => $columns,
					id      => @mappings + 1,
					process => $load->{thread}{process},
					asid    => $load->{asid},
					base    => $module->{base_addr},
					size    => $module->{size},
					span    => [] };
				push @mappings, $mapping{$columns};
			}
			widen($mapping{$columns}{span}, @{ $load->{span} });
		}
	}
	$self->open_relation('mappings');
	my $id = 0;
	for my $mapping (@mappings)
	{
		chomp(my $columns = $mapping->{columns});
		$self->write_row('mappings',
			join("\t", ++$id, $columns, copy_row(bounds($mapping->{span}))));
	}
	$self->close_relation('mappings');
	$self->{mappings} = \@mappings;
}

# Taint flows, and the code points that are found on the way.
sub write_taint_flows
{
	my ($self) = @_;
	my %points;
	my $point_count = 0;

	$self->open_relation($_) for qw(code_points taint_flows);
	for my $flow (@{ $self->{flows} })
	{
		my ($id, $message, @ends) = @$flow;
		my @columns;

		for my $i (0, 1)
		{
			my $end  = $ends[$i];
			my $said = $message->{ (qw(source sink))[$i] } // {};
			my $place = $self->place_of($end);
			my $point;

			if ($place)
			{
				my $offset = $end->{pc} - $place->{base};
				my $row = "$place->{id}\t" . bigint($offset);
				$point = $points{$row};
				if (!$point)
				{
					$point = $points{$row} = ++$point_count;
					$self->write_row('code_points', "$point\t$row\n");
				}
			}
			push @columns, $end->{thread} ? $end->{thread}{id} : undef, $point,
			  bigint($end->{pc}), bigint($end->{instr}), bool($said->{is_store}),
			  int32($said->{size}), bigint($said->{value});
			push @columns, $said->{label} if $i == 0;
		}
		$self->write_row('taint_flows',
			copy_row($id, @columns, bool($message->{copy}),
				(map { int32($message->{$_}) } qw(offset card tcn)), $message->{cb}));
	}
	$self->close_relation($_) for qw(code_points taint_flows);
}

# The mapping that an end of a taint flow lies in, if any: of those of its process
# that contain its pc, the first in an order that says what comes before what.
sub place_of
{
	my ($self, $end) = @_;
	my ($thread, $pc, $instr, $asid) = @$end{qw(thread pc instr asid)};

	return undef if !$thread || !defined $pc;
	my ($place) = sort {
			 defined $b->{span}[0] <=> defined $a->{span}[0]
		  || distance($a, $instr) <=> distance($b, $instr)
		  || has_asid($b, $asid) <=> has_asid($a, $asid)
		  || ($b->{span}[0] // 0) <=> ($a->{span}[0] // 0)
		  || $b->{id} <=> $a->{id}
	  }
	  grep {
			 $_->{process} == $thread->{process}
		  && defined $_->{base}
		  && defined $_->{size}
		  && $pc >= $_->{base}
		  && $pc - $_->{base} < $_->{size}
	  } @{ $self->{mappings} };
	return $place;
}

# How far from an offset a mapping was seen: 0 where it was seen then, or nothing
# is known of one of the two.
sub distance
{
	my ($mapping, $instr) = @_;
	my ($first, $last) = @{ $mapping->{span} };

	return 0 if !defined $first || !defined $instr;
	return $instr < $first ? $first - $instr : $instr > $last ? $instr - $last : 0;
}

# Whether a mapping has an asid.
sub has_asid
{
	my ($mapping, $asid) = @_;
	return defined $asid && defined $mapping->{asid} && $asid == $mapping->{asid} ? 1 : 0;
}

# Write the row of an entry.
sub write_entry
{
	my ($self, $entry, $payloads) = @_;
	my $id = $self->{entry_count};
	my $chunks = $self->{chunks};

	while ($id >= $self->{chunk_end})
	{
		$self->{chunk_end} += $chunks->{num_entries}[ ++$self->{chunk} ]
		  // die "entry $id is beyond the directory of $self->{log}";
	}
	$self->write_row('entries',
		copy_row(
			$id,
			$self->{chunk},
			bigint(known($entry->{pc})),
			bigint($self->{instr}),
			bigint($entry->{asid}),
			$payloads->[0],
			$self->message_json({ map { $_ => $entry->{$_} } @$payloads })));
}

# A relation's file is a line a row, with the execution's id before the other
# columns.
sub open_relation
{
	my ($self, $relation) = @_;

	open $self->{file}{$relation}, '>:raw', $self->path($relation)
	  or die "could not write $relation: $!";
	$self->{count}{$relation} = 0;
}

sub write_row
{
	my ($self, $relation, $row) = @_;

	print { $self->{file}{$relation} } $self->{execution_id}, "\t", $row;
	$self->{count}{$relation}++;
}

sub close_relation
{
	my ($self, $relation) = @_;
	close delete $self->{file}{$relation} or die "could not write $relation: $!";
}

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------

# An argument of a call, given as its JSON text: its columns after position,
# and its part of entries.message.
sub argument
{
	my ($self, $text) = @_;

	return $self->{cache}{$text} //= do
	{
		my $argument = parse_json($text);
		my ($type, $value) = $self->argument_value($argument);

		$self->{cache} = {} if keys %{ $self->{cache} } >= CACHE_SIZE;
		{
			row => copy_row(
				$self->text($argument->{arg_name}),
				$type, $value,
				($type // '') eq 'STRUCT' ? $self->text($argument->{struct_type}) : undef),
			pointer => ($type // '') eq 'POINTER' ? $argument->{ptr} : undef,
			json => $self->message_json($argument) };
	};
}

# The type of an argument and its value as text.
sub argument_value
{
	my ($self, $argument) = @_;

	for my $kind (@VALUES)
	{
		my ($field, $type, $text_of) = @$kind;
		next if !exists $argument->{$field};
		my $value = $argument->{$field};
		return ('STRING', $self->text(decode_base64($value)))
		  if $type eq 'BYTES' && ($argument->{arg_name} // '') eq PATH;
		return ($type, $text_of->($field eq 'str' ? $self->text($value) : $value));
	}
	return ('STRUCT', $self->struct_json($argument))
	  if exists $argument->{struct_type} || exists $argument->{struct_data};
	return (undef, undef);
}

# The members of a struct or an array as JSON; undef without data.
sub struct_json
{
	my ($self, $struct) = @_;

	return undef if !exists $struct->{struct_data};
	my @members = @{ $struct->{struct_data}{members} // [] };
	return '[' . join(', ', map { $self->member_json($_) } @members) . ']'
	  if ($struct->{struct_type} // '') eq 'ArrayOfPrimitive';

	my (@names, %values);
	for my $member (@members)
	{
		my $name = $self->text($member->{arg_name} // '');
		push @names, $name if !$values{$name};
		push @{ $values{$name} }, $self->member_json($member);
	}
	return '{' . join(
		', ',
		map {
			my @values = @{ $values{$_} };
			json_string($_) . ': ' . (@values > 1 ? '[' . join(', ', @values) . ']' : $values[0]);
		} @names) . '}';
}

# A member of a struct as JSON.
sub member_json
{
	my ($self, $member) = @_;

	for my $kind (@VALUES)
	{
		my ($field, undef, undef, $json_of) = @$kind;
		next if !exists $member->{$field};
		my $value = $member->{$field};
		return $json_of->($field eq 'str' ? $self->text($value) : $value);
	}
	return $self->struct_json($member) // 'null';
}

# A message as jsonb prints it: shorter names first, then in byte order.
sub message_json
{
	my ($self, $message) = @_;
	my @fields = sort { length $a <=> length $b || $a cmp $b } keys %$message;

	return '{' . join(', ', map { qq("$_": ) . $self->field_json($_, $message->{$_}) } @fields) . '}';
}

# The value of a field of a message as jsonb prints it.
sub field_json
{
	my ($self, $field, $value) = @_;

	if ($field eq 'args')
	{
		return '[' . join(', ', map { $self->argument($_)->{json} } @$value) . ']';
	}
	return $self->{module_json}{$value} //= $self->field_json('module', parse_json($value))
	  if $field eq 'modules';
	return '[' . join(', ', map { $self->field_json($field, $_) } @$value) . ']'
	  if ref $value eq 'ARRAY';
	return $self->message_json($value)          if ref $value eq 'HASH';
	return $$value                              if ref $value;
	return json_string($self->text($value))     if $IS_TEXT{$field};
	return '"' . base64_hex($value) . '"'       if $IS_BYTES{$field};
	return signed($value)                       if $IS_SIGNED{$field};
	return jsonb_number($FLOAT_TEXT{$field}->($value)) if $FLOAT_TEXT{$field};
	return $value;
}

# Guest bytes as text of the database.
sub text
{
	my ($self, $bytes) = @_;
	return database_text($bytes, $self->{encoding});
}

# A float's text in JSON.
sub json_number
{
	my ($text) = @_;
	return $text =~ /[NI]/ ? qq("$text") : $text;
}

# A pointer's text.
sub pointer_text
{
	my ($pointer) = @_;
	return sprintf '0x%x', $pointer;
}

# Base64 as bytea prints it.
sub bytea_text
{
	my ($base64) = @_;
	return '\\x' . base64_hex($base64);
}

# Base64 as lower-case hex.
sub base64_hex
{
	my ($base64) = @_;
	return unpack 'H*', decode_base64($base64);
}

# A boolean as COPY prints it, or undef.
sub bool
{
	my ($value) = @_;
	return defined $value ? substr($value, 0, 1) : undef;
}

# A 32-bit number as integer, or undef.
sub int32
{
	my ($number) = @_;
	return defined $number && $number >= 2**31 ? $number - 2**32 : $number;
}

# A 64-bit number as bigint, or undef.
sub bigint
{
	my ($number) = @_;
	return defined $number ? signed($number) : undef;
}

# An offset or a pc, or undef where it is not known.
sub known
{
	my ($number) = @_;
	return defined $number && $number ne UNKNOWN ? $number : undef;
}

# Widen a span, [ first, last ], to all the offsets that are known.
sub widen
{
	my ($span, @offsets) = @_;

	for my $offset (@offsets)
	{
		next if !defined $offset;
		$span->[0] = $offset if !defined $span->[0] || $offset < $span->[0];
		$span->[1] = $offset if !defined $span->[1] || $offset > $span->[1];
	}
}

# Whether a range, as it is shown, ends before it starts.
sub is_inverted
{
	my ($start, $end) = @_;
	return defined $start && defined $end && signed($end) < signed($start);
}

# The two ends of a span.
sub bounds
{
	my ($span) = @_;
	return (bigint($span->[0]), bigint($span->[1]));
}

1;
