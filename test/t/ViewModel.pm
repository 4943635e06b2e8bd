# The views beside the relations, computed from the relations' rows by what the
# documentation says of each view: call after call, with nothing of SQL.
package ViewModel;

use strict;
use warnings;

use Math::BigInt;

# The views, and the columns of each in its order.
our %VIEWS = (
	process_tree => [
		qw(execution_id process_id parent_process_id pid ppid depth path name command_line
		  first_seen_execution_offset last_seen_execution_offset instructions calls failed_calls
		  exit_code ended) ],
	calls => [
		qw(execution_id syscall_id process_id thread_id pid tid process_name thread_name name call
		  retval on_entry failed execution_offset max_duration path) ],
	files => [
		qw(execution_id process_id pid process_name path opened read_bytes written_bytes calls
		  failed_calls first_execution_offset last_execution_offset) ],
	network_calls => [
		qw(execution_id process_id descriptor socket_id syscall_id thread_id execution_offset name
		  retval on_entry direction bytes data address port family type protocol) ],
	network => [
		qw(execution_id process_id pid process_name descriptor socket_id family type protocol bound
		  port connected connect_retval accepts sends sent_bytes receives received_bytes
		  failed_calls calls first_execution_offset last_execution_offset closed) ],
	modules => [
		qw(execution_id process_id mapping_id name path asid base_address size
		  first_seen_execution_offset last_seen_execution_offset) ],
	running => [qw(execution_id syscall_id execution_offset threadslice_id thread_id process_id)],
	errors  => [
		qw(execution_id process_id pid process_name name error retval calls
		  first_execution_offset last_execution_offset) ]);

# The relations that they are made of, with the columns that count here.
our %RELATIONS = (
	executions => [qw(execution_id guest)],
	processes  => [
		qw(execution_id process_id parent_process_id pid ppid names first_seen_execution_offset
		  last_seen_execution_offset) ],
	threads      => [qw(execution_id thread_id names)],
	threadslices => [
		qw(execution_id threadslice_id thread_id process_id start_execution_offset
		  end_execution_offset) ],
	syscalls => [
		qw(execution_id syscall_id thread_id process_id pid tid name retval on_entry
		  execution_offset) ],
	syscall_arguments => [qw(execution_id syscall_id position name argument_type value struct_type)],
	strace            => [qw(execution_id syscall_id call)],
	mappings          => [
		qw(execution_id mapping_id process_id name path asid base_address size
		  first_seen_execution_offset last_seen_execution_offset) ]);

sub names { return map { $_ => 1 } map { "sys_$_" } @_ }

my %OPENS   = names(qw(open openat openat2 creat));
my %READS   = names(qw(read pread64 readv preadv preadv2));
my %WRITES  = names(qw(write pwrite64 writev pwritev pwritev2));
my %RECEIVE = (%READS, names(qw(recvfrom recv recvmsg)));
my %SEND    = (%WRITES, names(qw(sendto send sendmsg)));
my %SOCKETS = names(qw(socket accept accept4 socketcall));
my %ON_SOCKET = names(
	qw(bind connect listen shutdown getsockname getpeername setsockopt getsockopt sendto send
	  sendmsg sendmmsg recvfrom recv recvmsg recvmmsg));
my %MAKES_OTHER = names(
	qw(dup dup2 dup3 socket accept accept4 epoll_create epoll_create1 eventfd eventfd2
	  timerfd_create signalfd signalfd4 inotify_init inotify_init1 memfd_create fanotify_init
	  pidfd_open perf_event_open userfaultfd));
my %DESCRIPTOR_FIRST = names(
	qw(read write pread64 pwrite64 readv writev preadv pwritev close newfstat fstat fstat64 lseek
	  llseek fcntl fcntl64 ioctl getdents getdents64 fsync fdatasync ftruncate fchmod fchown
	  fchdir flock fstatfs));
my %DIRECTORY_FIRST = names(
	qw(openat openat2 mkdirat mknodat fchownat futimesat newfstatat fstatat64 unlinkat renameat
	  renameat2 linkat readlinkat fchmodat faccessat faccessat2 utimensat execveat statx
	  name_to_handle_at));
my %IS_PATH = map { $_ => 1 }
  qw(filename pathname path oldname newname oldpath newpath dir_name specialfile);
my %IS_DIRECTORY = map { $_ => 1 } qw(dfd olddfd newdfd dirfd);

my $CWD = -100;

# Rows are read from files of COPY, called after the relations, of a directory;
# error_name(number, guest) tells what errors are called.
sub new
{
	my ($class, $directory, $error_name) = @_;
	my $self = bless { error_name => $error_name }, $class;

	for my $relation (keys %RELATIONS)
	{
		$self->{$relation} = read_rows("$directory/$relation", $RELATIONS{$relation});
	}
	$self->{guest} = $self->{executions}[0]{guest} // '';
	my @calls = sort { $a->{syscall_id} <=> $b->{syscall_id} } @{ $self->{syscalls} };
	my %call  = map { $_->{syscall_id} => $_ } @calls;

	$self->{calls} = \@calls;
	$call{ $_->{syscall_id} }{call} = $_->{call} for @{ $self->{strace} };
	for my $argument (sort { $a->{position} <=> $b->{position} } @{ $self->{syscall_arguments} })
	{
		push @{ $call{ $argument->{syscall_id} }{arguments} }, $argument;
	}
	$_->{arguments} //= [] for @calls;
	$self->{process} = { map { $_->{process_id} => $_ } @{ $self->{processes} } };
	$self->{thread}  = { map { $_->{thread_id}  => $_ } @{ $self->{threads} } };
	return $self;
}

# The rows of a file of COPY, as hashes.
sub read_rows
{
	my ($path, $columns) = @_;
	my %escaped = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", v => "\x0b");
	my @rows;

	open my $file, '<', $path or die "could not open $path: $!";
	while (my $line = <$file>)
	{
		chomp $line;
		my @values = map { $_ eq '\N' ? undef : s/\\(.)/$escaped{$1} \/\/ $1/ger } split /\t/, $line, -1;
		my %row;
		@row{@$columns} = @values;
		push @rows, \%row;
	}
	return \@rows;
}

# The rows of a view, as lines of COPY in any order.
sub lines
{
	my ($self, $view) = @_;
	my %escape = ("\b" => 'b', "\f" => 'f', "\n" => 'n', "\r" => 'r', "\t" => 't', "\x0b" => 'v', '\\' => '\\');

	return map {
		my $row = $_;
		join "\t", map {
			my $value = $row->{$_};
			defined $value ? "$value" =~ s/([\x08\f\n\r\t\x0b\\])/\\$escape{$1}/gr : '\N'
		} @{ $VIEWS{$view} }
	} @{ $self->$view };
}

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------

# The last element of an array of texts.
sub last_name
{
	my ($thing) = @_;
	return undef if !$thing || $thing->{names} !~ /^\{.+\}\z/s;
	return $thing->{last_name} if exists $thing->{last_name};
	my $last;
	my $rest = substr $thing->{names}, 1, -1;
	while ($rest =~ /\G(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:,|\z)/gcs)
	{
		my ($quoted, $plain) = ($1, $2);
		$last = defined $quoted ? $quoted =~ s/\\(.)/$1/gsr : $plain;
		last if pos $rest == length $rest;
	}
	return $thing->{last_name} = $last;
}

# Any number of the log as bigint, or undef.
sub bigint
{
	my ($text) = @_;
	return undef if !defined $text;
	my $number =
	    $text =~ /^0x[0-9a-fA-F]+\z/  ? Math::BigInt->from_hex($text)
	  : $text =~ /^(-?[0-9]+)(?:\.0*)?\z/ ? Math::BigInt->new($1)
	  :                              return undef;
	my $limit = Math::BigInt->new(2)->bpow(63);
	return undef if $number >= 2 * $limit || $number < -$limit || ($text =~ /^0x0*(.*)/ && length $1 > 16);
	$number -= 2 * $limit if $number >= $limit;
	return 0 + $number->bstr;
}

sub failed
{
	my ($call) = @_;
	my $retval = $call->{retval};

	return 0 if !defined $retval;
	return (($retval >> 30) & 3) == 3 if ($call->{name} // '') =~ /^(?:Nt|Zw)/;
	return $retval < 0 && $retval >= -4095;
}

sub least { my @known = sort { $a <=> $b } grep { defined } @_; return $known[0] }
sub most  { my @known = sort { $b <=> $a } grep { defined } @_; return $known[0] }

# The greatest of texts, in byte order.
sub last_text { my @known = sort grep { defined } @_; return $known[-1] }

# The value of the argument at a position, or undef.
sub argument_at
{
	my ($call, $position) = @_;
	my ($argument) = grep { $_->{position} == $position } @{ $call->{arguments} };
	return $argument;
}

sub value_at
{
	my ($call, $position) = @_;
	my $argument = argument_at($call, $position);
	return $argument ? $argument->{value} : undef;
}

# The argument fd, the path behind it, and whether the log says anything of that.
sub descriptor_of
{
	my ($call) = @_;
	my %value;

	for my $argument (@{ $call->{arguments} })
	{
		my $name = $argument->{name} // '';
		push @{ $value{$name} }, $argument->{value} if $name eq 'fd' || $name eq 'filename(from fd)';
	}
	my $descriptor = bigint(last_text(@{ $value{fd} // [] }));
	my $path       = last_text(@{ $value{'filename(from fd)'} // [] });
	my $is_of_it   = !defined $descriptor || $descriptor >= 0 && $descriptor <= 255;
	my $is_said    = defined $path && $is_of_it;
	undef $path if !$is_said || $path eq '[unknown filename]';
	return ($descriptor, $path, $is_said);
}

# In the order of time, and of syscall_id; what is not known comes last.
sub in_time
{
	my ($a, $b) = @_;
	my @keys = map { [ $_->{execution_offset}, $_->{syscall_id}, $_->{step} // 0 ] } $a, $b;

	for my $i (0 .. 2)
	{
		my ($left, $right) = map { $_->[$i] } @keys;
		my $order = !defined $left ? (defined $right ? 1 : 0) : !defined $right ? -1 : $left <=> $right;
		return $order if $order;
	}
	return 0;
}

# ---------------------------------------------------------------------------
# Views
# ---------------------------------------------------------------------------

sub process_tree
{
	my ($self) = @_;
	my $processes = $self->{process};
	my %row = map { $_->{process_id} => {%$_} } values %$processes;
	my %parent;

	for my $process (values %$processes)
	{
		my $parent = $process->{parent_process_id};
		$parent{ $process->{process_id} } = $parent if defined $parent && $processes->{$parent};
	}

	# Of a circle of parents, the process seen first is the top.
	for my $id (sort { $a <=> $b } keys %row)
	{
		my (@way, %seen);
		my $at = $id;
		while (defined $at && !$seen{$at}++)
		{
			push @way, $at;
			$at = $parent{$at};
		}
		delete $parent{$id} if defined $at && $at == $id;
	}
	for my $row (values %row)
	{
		my @path;
		for (my $at = $row->{process_id}; defined $at; $at = $parent{$at})
		{
			unshift @path, $at;
		}
		@$row{qw(path depth name)} = ('{' . join(',', @path) . '}', $#path, last_name($row));
		@$row{qw(instructions calls failed_calls)} = (Math::BigInt->new(0), 0, 0);
	}
	for my $slice (@{ $self->{threadslices} })
	{
		my ($start, $end) = @$slice{qw(start_execution_offset end_execution_offset)};
		next if !defined $start || !defined $end || $start < 0 || $end < $start;
		$row{ $slice->{process_id} }{instructions} += Math::BigInt->new($end) - $start + 1;
	}

	my (%next_execve, %exit);
	for my $call (reverse @{ $self->{calls} })
	{
		my $name = $call->{name} // '';
		my $row  = defined $call->{process_id} ? $row{ $call->{process_id} } : {};

		$row->{calls}++;
		$row->{failed_calls}++ if failed($call);
		if ($name =~ /^sys_execve(?:at)?\z/)
		{
			my $next    = $next_execve{ $call->{thread_id} // '' };
			my $is_done = ($call->{on_entry} // '') eq 't' ? !defined $next || $next >= 0 : ($call->{retval} // -1) == 0;

			$next_execve{ $call->{thread_id} // '' } = $call->{retval};
			if ($is_done && !$row->{executed}++)
			{
				my @texts = grep { ($_->{argument_type} // '') eq 'STRING' && $_->{value} !~ m{^ *(?:n/a)? *\z} } @{ $call->{arguments} };
				my $program = $name eq 'sys_execveat' ? 1 : 0;
				$row->{command_line} = last_text(map { $_->{value} } grep { ($_->{name} // '') eq 'args' } @texts)
				  // last_text(map { $_->{value} } grep { $_->{position} == $program } @texts);
			}
		}

		# The last exit_group, else the last exit of the leading thread.
		my $rank =
		    $name eq 'sys_exit_group' ? 0
		  : $name eq 'sys_exit' && defined $call->{tid} && defined $call->{pid} && $call->{tid} == $call->{pid} ? 1
		  : $name =~ /^(?:Nt|Zw)TerminateProcess\z/
		  && grep({ $_->{position} == 0 && ($_->{argument_type} // '') eq 'POINTER' && $_->{value} =~ /^0x(?:ffffffff){1,2}\z/ }
			@{ $call->{arguments} }) ? 0
		  : next;
		next if defined $row->{exit_rank} && $row->{exit_rank} <= $rank;
		@$row{qw(exit_rank ended exit_code)} = ($rank, 'exited', bigint(value_at($call, $name =~ /^sys/ ? 0 : 1)));
	}
	$self->find_ends(\%row);
	return [ values %row ];
}

# Who was killed or reaped, of those that did not exit.
sub find_ends
{
	my ($self, $row) = @_;
	my (%lives, %other);

	for my $process (sort { $a->{first_seen_execution_offset} <=> $b->{first_seen_execution_offset} || $a->{process_id} <=> $b->{process_id} }
		grep { defined $_->{first_seen_execution_offset} } values %{ $self->{process} })
	{
		push @{ $lives{ $process->{pid} } }, $process if defined $process->{pid};
	}
	for my $call (@{ $self->{calls} })
	{
		my $name = $call->{name} // '';
		my ($pid, $ended);

		next if !defined $call->{retval} || !defined $call->{execution_offset};
		if ($name =~ /^sys_(?:kill|tgkill)\z/ && $call->{retval} == 0
			&& (value_at($call, $name eq 'sys_kill' ? 1 : 2) // '') eq '9')
		{
			($pid, $ended) = (bigint(value_at($call, 0)), 'killed');
		}
		elsif ($name =~ /^sys_(?:wait4|waitpid)\z/ && $call->{retval} > 0)
		{
			($pid, $ended) = ($call->{retval}, 'reaped');
		}
		next if !defined $pid;

		# Of all that had the pid, the one that was seen last until then.
		my ($life) = grep { $_->{first_seen_execution_offset} <= $call->{execution_offset} } reverse @{ $lives{$pid} // [] };
		$life or next;
		my $id = $life->{process_id};
		$other{$id} = $ended if !$other{$id} || $ended lt $other{$id};
	}
	$row->{$_}{ended} //= $other{$_} for keys %other;
}

sub calls
{
	my ($self) = @_;
	my (%before, @rows);

	for my $call (@{ $self->{calls} })
	{
		my ($thread, $process, $offset) = @$call{qw(thread_id process_id execution_offset)};
		my $before = $before{ $process // '' }{ $thread // '' };
		my ($descriptor, $path) = descriptor_of($call);
		my %row = (
			%$call,
			process_name => last_name($self->{process}{ $process // '' }),
			thread_name  => last_name($self->{thread}{ $thread // '' }),
			failed       => failed($call) ? 't' : 'f',
			path         => $path);

		$row{max_duration} = $offset - $before
		  if ($call->{on_entry} // 't') eq 'f' && defined $thread && defined $before && $before >= 0
		  && defined $offset && $offset >= $before;
		$before{ $process // '' }{ $thread // '' } = most($before, $offset);
		push @rows, \%row;
	}
	return \@rows;
}

# Play the calls in the order of time, with what each process's descriptors and its
# working directory are known to be.
sub files
{
	my ($self) = @_;
	my (%place, %rows, @events);

	for my $call (@{ $self->{calls} })
	{
		push @events, { execution_offset => $call->{execution_offset}, syscall_id => $call->{syscall_id}, call => $call };
	}
	for my $process (values %{ $self->{process} })
	{
		push @events, { execution_offset => $process->{first_seen_execution_offset}, syscall_id => undef, child => $process }
		  if defined $process->{parent_process_id};
	}
	@events = sort { in_time($a, $b) } @events;

	# First what each child was born with, then what the calls said.
	my @born;
	for my $pass (0, 1)
	{
		%place = ();
		for my $event (@events)
		{
			if (my $child = $event->{child})
			{
				push @born, [ $child->{process_id}, $child->{parent_process_id}, $place{ $child->{parent_process_id} }{$CWD} ]
				  if $pass == 0;
				next;
			}
			$self->play_files($event->{call}, $place{ $event->{call}{process_id} // '' } //= {},
				$pass == 1 ? \%rows : undef);
		}
		$self->inherit(@born) if $pass == 0;
	}
	return [ values %rows ];
}

# What working directory each process was born with.
sub inherit
{
	my ($self, @born) = @_;
	my %child_of;
	my @known = map { [ $_->{process_id}, undef ] } grep { !defined $_->{parent_process_id} } values %{ $self->{process} };

	$self->{cwd} = {};
	push @{ $child_of{ $_->[1] } }, $_ for @born;
	while (my $known = shift @known)
	{
		my ($id, $path) = @$known;
		$self->{cwd}{$id} = $path;
		push @known, [ $_->[0], $_->[2] ? $_->[2]{path} : $path ] for @{ $child_of{$id} // [] };
	}
}

sub play_files
{
	my ($self, $call, $place, $rows) = @_;
	my ($name, $retval) = ($call->{name} // '', $call->{retval});
	my $succeeded = defined $retval && $retval >= 0;
	my ($descriptor, $path, $is_said) = descriptor_of($call);

	# Descriptors without names of arguments.
	if (!grep { ($_->{name} // '') eq 'fd' && defined $_->{value} } @{ $call->{arguments} })
	{
		undef $path;
		$is_said = 0;
	}
	my $first = argument_at($call, 0);
	my $unnamed = $first && !defined $first->{name} && $DESCRIPTOR_FIRST{$name};
	$place->{$descriptor} = { path => $path } if $is_said && defined $descriptor;
	$self->use_path($rows, $call, $path, 0)
	  if defined $descriptor && defined $path;
	for my $asked (defined $descriptor && !$is_said ? $descriptor : (), $unnamed ? bigint($first->{value}) : ())
	{
		my $known = defined $asked ? $place->{$asked} : undef;
		my $found = $known ? $known->{path} : undef;
		$found //= $self->{cwd}{ $call->{process_id} // '' } if defined $asked && !$known && $asked == $CWD && $rows;
		$self->use_path($rows, $call, $found, 0);
	}

	# Paths that the call names.
	my @named;
	for my $argument (@{ $call->{arguments} })
	{
		my ($value, $position) = @$argument{qw(value position)};
		next if ($argument->{argument_type} // '') ne 'STRING' || $value eq '' || $value eq 'n/a';
		next if defined $argument->{name} ? !$IS_PATH{ $argument->{name} }
		  : $position != ($DIRECTORY_FIRST{$name} ? 1 : 0);
		my $before = argument_at($call, $position - 1);
		my $where  = $CWD;
		if (   $before
			&& ($before->{argument_type} // '') =~ /^(?:UN)?SIGNED_32\z/
			&& (!defined $before->{name} || $IS_DIRECTORY{ $before->{name} }))
		{
			$where = bigint($before->{value}) // $CWD;
			$where = $CWD if $where == 4294967196;
		}
		push @named, $value;
		my $full = $value;
		if ($value !~ m{^/})
		{
			my $known = $place->{$where};
			my $directory = $known ? $known->{path} : $where == $CWD && $rows ? $self->{cwd}{ $call->{process_id} // '' } : undef;
			$full = $value eq '.' ? $directory : ($directory =~ s{/+\z}{}r) . '/' . ($value =~ s{^\./}{}r)
			  if defined $directory;
		}
		$self->use_path($rows, $call, $full, 1);
	}

	# What is where after the call.
	if ($succeeded)
	{
		if ($OPENS{$name}) { $place->{$retval} = { path => $_ =~ m{^/} ? $_ : undef } for @named }
		$place->{$retval} = { path => undef } if $MAKES_OTHER{$name};
		if ($name eq 'sys_close' && $retval == 0)
		{
			$place->{$_} = { path => undef } for grep { defined } $descriptor, $unnamed ? bigint($first->{value}) : ();
		}
		if ($name eq 'sys_chdir' && $retval == 0) { $place->{$CWD} = { path => $_ =~ m{^/} ? $_ : undef } for @named }
		if ($name eq 'sys_fchdir' && $retval == 0 && (defined $descriptor || $unnamed))
		{
			$place->{$CWD} = { path => $path };
		}
		if ($name eq 'sys_getcwd' && $retval > 0 && $first)
		{
			my $type = $first->{argument_type} // '';
			if ($type eq 'STRING' && $first->{value} =~ m{^/} || $type eq 'BYTES' && $first->{value} =~ /^\\x2f/)
			{
				my $text = $first->{value};
				$text = pack 'H*', $1 if $text =~ /^\\x((?:[0-9a-f]{2})*)\z/;
				$text =~ s/(?:\0|\\x00).*//s;
				$place->{$CWD} = { path => $text };
			}
		}
	}
}

# Count a call under a path, if it is known.
sub use_path
{
	my ($self, $rows, $call, $path, $by_name) = @_;

	return if !$rows || !defined $path;
	my $process = $self->{process}{ $call->{process_id} // '' };
	my ($name, $retval) = ($call->{name} // '', $call->{retval});
	my $row = $rows->{ ($call->{process_id} // '') . "\0$path" } //= {
		execution_id => $call->{execution_id},
		process_id   => $call->{process_id},
		pid          => $process->{pid},
		process_name => last_name($process),
		path         => $path,
		opened       => 0,
		calls        => 0,
		failed_calls => 0,
		read_bytes   => Math::BigInt->new(0),
		written_bytes => Math::BigInt->new(0) };

	$row->{calls}++;
	$row->{failed_calls}++ if failed($call);
	$row->{opened}++ if $by_name && $OPENS{$name} && defined $retval && $retval >= 0;
	if (!$by_name && defined $retval && $retval > 0)
	{
		$row->{read_bytes} += $retval    if $READS{$name};
		$row->{written_bytes} += $retval if $WRITES{$name};
	}
	$row->{first_execution_offset} = least($row->{first_execution_offset}, $call->{execution_offset});
	$row->{last_execution_offset}  = most($row->{last_execution_offset}, $call->{execution_offset});
}

sub network_calls
{
	my ($self) = @_;
	my (%of, @rows);

	# What each descriptor of a process sees, call after call.
	for my $call (@{ $self->{calls} })
	{
		my ($name, $retval) = ($call->{name} // '', $call->{retval});
		my $first = bigint(value_at($call, 0));
		my $key   = sub { ($call->{process_id} // '') . " $_[0]" };

		if (defined $retval && $retval >= 0)
		{
			if ($SOCKETS{$name} && ($name ne 'sys_socketcall' || defined $first && grep { $first == $_ } 1, 5, 18))
			{
				push @{ $of{ $key->($retval) } }, [ $call, $retval, 1, 1 ];
			}
			elsif ($OPENS{$name} || $MAKES_OTHER{$name})
			{
				push @{ $of{ $key->($retval) } }, [ $call, $retval, 1, 0 ];
			}
		}
		next if !defined $first || $first < 0;
		my $is_of_socket = $ON_SOCKET{$name} || $name =~ /^sys_accept4?\z/ ? 1 : 0;
		push @{ $of{ $key->($first) } }, [ $call, $first, 0, $is_of_socket ]
		  if $is_of_socket || $READS{$name} || $WRITES{$name} || $name eq 'sys_close';
	}
	for my $events (values %of)
	{
		my (@stretch, $is_closed);
		for my $event (@$events, undef)
		{
			if (!$event || $event->[2] || $is_closed)
			{
				push @rows, network_rows(@stretch) if grep { $_->[3] } @stretch;
				@stretch = ();
			}
			last if !$event;
			push @stretch, $event;
			$is_closed = ($event->[0]{name} // '') eq 'sys_close' && defined $event->[0]{retval} && $event->[0]{retval} == 0;
		}
	}
	return \@rows;
}

sub network_rows
{
	my (@stretch) = @_;

	return map {
		my ($call, $descriptor) = @$_;
		my ($name, $retval) = ($call->{name} // '', $call->{retval});
		my @arguments = @{ $call->{arguments} };
		my %row = (
			%$call,
			descriptor => $descriptor,
			socket_id  => $stretch[0][0]{syscall_id},
			direction  => $SEND{$name} ? 'sent' : $RECEIVE{$name} ? 'received' : undef,
			address    => last_text(map { $_->{value} } grep { ($_->{argument_type} // '') eq 'STRUCT' && ($_->{struct_type} // '') =~ /^sockaddr/s } @arguments),
			port       => bigint(last_text(map { $_->{value} } grep { ($_->{name} // '') eq 'port' } @arguments)));
		my $second = argument_at($call, 1);

		if ($row{direction} && defined $retval && $retval >= 0)
		{
			$row{bytes} = $retval;
			$row{data} = substr $second->{value}, 0, 2 + 2 * $retval
			  if $second && ($second->{argument_type} // '') eq 'BYTES';
		}
		if ($name eq 'sys_socket')
		{
			@row{qw(family type protocol)} = map { bigint(value_at($call, $_)) } 0 .. 2;
		}
		\%row
	} @stretch;
}

sub network
{
	my ($self) = @_;
	my %family = (1 => 'AF_UNIX', 2 => 'AF_INET', 10 => 'AF_INET6', 16 => 'AF_NETLINK', 17 => 'AF_PACKET');
	my @streams = $self->{guest} =~ /^mips/ ? qw(SOCK_DGRAM SOCK_STREAM) : qw(SOCK_STREAM SOCK_DGRAM);
	my %type = (1 => $streams[0], 2 => $streams[1], 3 => 'SOCK_RAW', 5 => 'SOCK_SEQPACKET');
	my %sockets;

	push @{ $sockets{ join ' ', map { $_ // '' } @$_{qw(process_id descriptor socket_id)} } }, $_ for @{ $self->network_calls };
	return [
		map {
			my @calls   = @$_;
			my $process = $self->{process}{ $calls[0]{process_id} // '' };
			my %by_name;
			push @{ $by_name{ $_->{name} } }, $_ for @calls;
			my @bound = grep { defined $_->{retval} && $_->{retval} == 0 } @{ $by_name{sys_bind} // [] };
			my @connected = @{ $by_name{sys_connect} // [] };
			my %row = (
				%{ $calls[0] },
				pid          => $process->{pid},
				process_name => last_name($process),
				protocol     => most(map { $_->{protocol} } @calls),
				bound        => last_text(map { $_->{address} } @bound),
				port         => most(map { $_->{port} } @bound),
				connected    => last_text(map { $_->{address} } @connected),
				connect_retval => most(map { $_->{retval} } @connected),
				accepts      => scalar(grep { $_->{name} =~ /^sys_accept4?\z/ && defined $_->{retval} && $_->{retval} >= 0 && $_->{retval} != $_->{descriptor} } @calls),
				failed_calls => scalar(grep { defined $_->{retval} && $_->{retval} < 0 && $_->{retval} >= -4095 } @calls),
				calls        => scalar(@calls),
				first_execution_offset => least(map { $_->{execution_offset} } @calls),
				last_execution_offset  => most(map { $_->{execution_offset} } @calls),
				closed => (grep { $_->{name} eq 'sys_close' && defined $_->{retval} && $_->{retval} == 0 } @calls) ? 't' : 'f');

			my $family = least(map { $_->{family} } @calls);
			my $type   = most(map { defined $_->{type} ? $_->{type} & 15 : undef } @calls);
			@row{qw(family type)} = (defined $family ? $family{$family} // $family : undef, defined $type ? $type{$type} // $type : undef);
			for ([ 'sent', 'sends', 'sent_bytes' ], [ 'received', 'receives', 'received_bytes' ])
			{
				my ($direction, $count, $bytes) = @$_;
				my @moved = grep { ($_->{direction} // '') eq $direction } @calls;
				$row{$count} = @moved;
				$row{$bytes} = Math::BigInt->new(0);
				$row{$bytes} += $_->{bytes} for grep { defined $_->{bytes} } @moved;
			}
			\%row
		} values %sockets ];
}

sub modules
{
	my ($self) = @_;
	my %last;

	$last{ $_->{process_id} // '' } = most($last{ $_->{process_id} // '' }, $_->{last_seen_execution_offset}) for @{ $self->{mappings} };
	return [ grep { ($last{ $_->{process_id} // '' } // '-') eq ($_->{last_seen_execution_offset} // '-') } @{ $self->{mappings} } ];
}

sub running
{
	my ($self) = @_;
	my @slices = sort { $a->{start_execution_offset} <=> $b->{start_execution_offset} || $a->{threadslice_id} <=> $b->{threadslice_id} }
	  grep { defined $_->{start_execution_offset} && defined $_->{end_execution_offset} && $_->{start_execution_offset} <= $_->{end_execution_offset} }
	  @{ $self->{threadslices} };
	my ($slice, @rows);

	for my $call (sort { $a->{execution_offset} <=> $b->{execution_offset} } grep { defined $_->{execution_offset} } @{ $self->{calls} })
	{
		$slice = shift @slices while @slices && $slices[0]{start_execution_offset} <= $call->{execution_offset};
		my %row = map { $_ => $call->{$_} } qw(execution_id syscall_id execution_offset);
		@row{qw(threadslice_id thread_id process_id)} = @$slice{qw(threadslice_id thread_id process_id)}
		  if $slice && $slice->{end_execution_offset} >= $call->{execution_offset};
		push @rows, \%row;
	}
	return \@rows;
}

sub errors
{
	my ($self) = @_;
	my %rows;

	for my $call (grep { failed($_) } @{ $self->{calls} })
	{
		my ($name, $retval) = @$call{qw(name retval)};
		my $process = $self->{process}{ $call->{process_id} // '' };
		my $row = $rows{ join "\0", $call->{process_id} // '', $name // "\1", $retval } //= {
			%$call,
			pid          => $process->{pid},
			process_name => last_name($process),
			error        => ($name // '') =~ /^(?:Nt|Zw)/ ? $self->{error_name}->($retval & 0xffffffff, 'windows_64') // sprintf('0x%x', $retval & 0xffffffff) : $self->{error_name}->($retval, $self->{guest}),
			calls        => 0 };
		$row->{calls}++;
		$row->{first_execution_offset} = least($row->{first_execution_offset}, $call->{execution_offset});
		$row->{last_execution_offset}  = most($row->{last_execution_offset}, $call->{execution_offset});
	}
	return [ values %rows ];
}

1;
