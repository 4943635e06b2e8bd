# What pe prints for a terminal and for other programs: the picture of pe info,
# pe tree, pe strace, pe follow, pe flame and pe coverage, beside SQL; what they do
# with hostile text, with a reader that goes away, and with what the user mistypes.
use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::RealBin;

use Encode qw(decode);
use File::Copy qw(copy);
use IPC::Run;
use JSON::PP;
use PeCommand;
use PlogTest;
use Test::More;

my $files  = work_directory();
my $node   = start_server('terminal');
my $writer = "$FindBin::RealBin/../writer/plog_write";
my $libs   = log_path('real/w1libs');

$ENV{COLUMNS} = 100;
$ENV{LC_ALL}  = 'C.UTF-8';
chdir $files or die $!;

sub query
{
	my ($sql) = @_;
	return decode('UTF-8', $node->safe_psql('postgres', "SET search_path = s, public; $sql"));
}

# Rows of a query, each as its values.
sub rows
{
	my ($sql) = @_;
	return map { [ map { $_ eq '(null)' ? undef : $_ } split /\t/, $_, -1 ] } split /\n/,
	  decode('UTF-8', $node->safe_psql('postgres', "SET search_path = s, public; $sql", extra_params => [ '-F', "\t", '-P', 'null=(null)' ]));
}

sub attach
{
	my ($log, $recover) = @_;
	query("DROP SCHEMA IF EXISTS s CASCADE");
	query("SELECT pe_attach('" . $log =~ s/'/''/gr . "', schema => 's', recover => " . ($recover ? 'true' : 'false') . ')');
}

# What a command prints, which ends well.
sub printed
{
	my ($arguments, $test_name) = @_;
	my ($code, $output, $error) = pe($arguments);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is("$code$error", 0, "$test_name: without complaint");
	return decode('UTF-8', $output);
}

# Write a log from entries.
sub write_log
{
	my ($name, @entries) = @_;
	my $lines = join '', map { JSON::PP->new->utf8->encode($_) . "\n" } @entries;

	IPC::Run::run([ $writer, '-o', "$files/$name.plog" ], '<', \$lines) or die "could not write $name.plog";
	return "$files/$name.plog";
}

my $failed = "CASE WHEN left(name, 2) IN ('Nt', 'Zw') THEN retval & 3221225472 = 3221225472 ELSE retval BETWEEN -4095 AND -1 END";

# ---------------------------------------------------------------------------
# The picture of pe info
# ---------------------------------------------------------------------------

# Which cells a log's processes have, by its slices, or by its calls.
sub model_of_picture
{
	my ($bins) = @_;
	my ($first, $last, $slices) = @{ (rows('SELECT greatest(first_execution_offset, 0), last_execution_offset, (SELECT count(*) FROM threadslices) FROM executions'))[0] };
	my $width = int(($last - $first) / $bins) + 1;
	my %model = (first => $first, last => $last, width => $width, most => $slices ? $width : 1, of_calls => !$slices);

	my @stretches = $slices
	  ? rows('SELECT process_id, start_execution_offset, end_execution_offset FROM threadslices WHERE start_execution_offset >= 0 AND end_execution_offset >= start_execution_offset')
	  : rows('SELECT process_id, execution_offset, execution_offset FROM syscalls WHERE process_id IS NOT NULL AND execution_offset >= 0');
	for my $stretch (@stretches)
	{
		my ($process, $start, $end) = @$stretch;

		for my $bin (int(($start - $first) / $width) .. int(($end - $first) / $width))
		{
			my $from  = $first + $bin * $width;
			my $until = $from + $width - 1;

			$model{cells}{$process}[$bin] += ($end < $until ? $end : $until) - ($start > $from ? $start : $from) + 1;
		}
		$model{sums}{$process} += $end - $start + 1;
	}
	for my $cells (values %{ $model{cells} })
	{
		$_ && $_ > $model{most} && $model{of_calls} and $model{most} = $_ for @$cells;
	}
	return \%model;
}

for my $case (map { ([ $_, 0 ], [ $_, 1 ]) } qw(real/w1libs real/w3a made/all_kinds rules/parents rules/listed edges/pid_reuse faults/parents real/w1_pre2020form))
{
	my ($log, $ascii) = @$case;
	my $name = "$log, " . ($ascii ? 'ASCII' : 'UTF-8');
	my $output = printed([ 'info', log_path($log), $ascii ? '--ascii' : () ], $name);
	my ($above, $picture) = split /\n\n/, $output;
	my @lines = split /\n/, $picture;
	my @signs = split //, $ascii ? '-+#' : '▁▂▃▄▅▆▇█';
	my $line  = $ascii ? '.' : '·';

	attach(log_path($log));
	my ($scale, @found) = @lines;
	my @processes = rows('SELECT process_id, pid, name, depth, first_seen_execution_offset, last_seen_execution_offset FROM process_tree ORDER BY path');
	my ($bins) = map { length } $found[0] =~ /\|(.*)\|\z/;
	my $model = model_of_picture($bins);

	is(scalar(grep { length != 100 } @found), 0, "$name: as wide as the terminal");
	is(scalar @found, scalar @processes, "$name: a row for each process");
	is(join(' ', split ' ', $scale), "$model->{first} $model->{last}", "$name: the range");
	my @wrong;
	for my $i (0 .. $#processes)
	{
		my ($process, $pid, $last_name, $depth, $first_seen, $last_seen) = @{ $processes[$i] };
		my $label = ' ' x ($depth < 6 ? $depth : 6) . ($last_name // '?');
		my $cells = join '', map {
			my $filled = $model->{cells}{$process}[$_] // 0;
			my $level  = int($filled * @signs / $model->{most});
			my $seen = defined $first_seen && $_ >= int(($first_seen - $model->{first}) / $model->{width})
			  && $_ <= int(($last_seen - $model->{first}) / $model->{width});
			$filled > 0 ? $signs[ $level < @signs ? $level : $#signs ] : $seen ? $line : ' ';
		} 0 .. $bins - 1;
		my ($found_pid, $found_label, $found_cells) = $found[$i] =~ /\A *(\S+) (.*) \|(.*)\|\z/;

		push @wrong, "$found[$i]\n$pid $label $cells\n"
		  if $found_pid ne ($pid // '?') || $found_label !~ /\A\Q@{[ substr $label, 0, 24 ]}\E *\z/ || $found_cells ne $cells;
	}
	is_deeply(\@wrong, [], "$name: each cell");

	my @busiest = (sort { $model->{sums}{$b} <=> $model->{sums}{$a} || $a <=> $b } keys %{ $model->{sums} })[ 0 .. 4 ];
	my $all = 0;
	$all += $_ for values %{ $model->{sums} };
	my %pid = map { $_->[0] => [ $_->[2] // '?', $_->[1] // '?' ] } @processes;
	my ($named) = $above =~ /^busiest +(.*), of all (?:instructions that ran|calls)$/m;
	is($named // '', join(', ', map { sprintf '%s (%s) %.0f%%', @{ $pid{$_} }, 100 * $model->{sums}{$_} / $all } grep { defined } @busiest), "$name: the busiest");
	my ($guest) = $above =~ /^guest +(.*)$/m;
	is($guest, query('SELECT guest FROM executions'), "$name: the guest");
	like($above, qr/^wire form +\S/m, "$name: the form");
	my %plugins = (threadslices => 'asidstory, proc_trace', syscalls => 'syscalls_logger', mappings => 'loaded_libs', taint_flows => 'tsm');
	my $missing = join ', ', map { "$_ ($plugins{$_})" } grep { query("SELECT count(*) FROM $_") == 0 } qw(threadslices syscalls mappings taint_flows);
	like($above, $missing eq '' ? qr/\A(?!.*^missing)/ms : qr/^missing +\Q$missing\E$/m, "$name: what is missing");
}
{
	local $ENV{LC_ALL} = 'C';
	unlike(printed([ 'info', $libs ], 'info in another locale'), qr/[^\x00-\x7f]/, 'ASCII where the locale has no more');
}
{
	local $ENV{COLUMNS} = 57;
	is(scalar(grep { length != 57 } grep { /\|\z/ } split /\n/, printed([ 'info', $libs ], 'info of few columns')), 0, 'narrow');
}
{
	my %common = (ppid => 1, asid => '65536');
	my @many = map { { pc => '1', instr => $_ * 10 . '', asid_info => { %common, pid => $_, tids => [$_], create_time => "$_", names => ["p$_"],
				start_instr => $_ * 10 . '', end_instr => $_ * 11 . '' } } } 10 .. 259;
	my $output = printed([ 'info', write_log('many', @many) ], 'info of many processes');
	is(scalar(() = $output =~ /\|$/mg), 100, 'those that ran most have a row');
	like($output, qr/^ *259 p259 /m, 'such as this one');
	unlike($output, qr/^ *159 p159 /m, 'and not that one');
	like($output, qr/^150 processes that ran less are not shown/m, 'and so it says');
}

# Answers that were kept: they are used, but not of another file, nor damaged ones.
{
	my $path = "$files/kept.plog";
	my $kept = sub { return glob "$ENV{XDG_CACHE_HOME}/pandelephant/answers/*" };
	my $keep = sub {
		my ($file, $bytes) = @_;
		open my $handle, '>:raw', $file or die $!;
		print $handle $bytes;
		close $handle;
	};

	copy($libs, $path) or die $!;
	# the clocks of files are coarse, so nothing is kept of one that has just changed
	sleep 3;
	unlink $kept->();
	my $first = printed([ 'info', $path ], 'info');
	is(scalar(() = $kept->()), 2, 'two answers are kept');
	my ($file) = grep { slurp($_) =~ /GROUP BY kind/ } $kept->();
	my $bytes = slurp($file);
	for my $damaged ($bytes =~ s/41146/411/r, substr($bytes, 0, -3), "${bytes}1\n1", '', "x$bytes", $bytes =~ s/(\n2\n)\d+\n/${1}9999999\n/r)
	{
		$keep->($file, $damaged);
		is(printed([ 'info', $path ], 'info'), $first, 'what is damaged is asked again');
		is(slurp($file), $bytes, 'and kept again');
	}
	$keep->($file, $bytes =~ s/41146/41147/r);
	like(printed([ 'info', $path ], 'info'), qr/^  asid_libraries +41147 /m, 'what is kept is printed');
	copy(log_path('real/w1struct'), $path) or die $!;
	unlike(printed([ 'info', $path ], 'info'), qr/41147/, 'but not of another file');
}

# What the first call reads of a log: all of it for its catalog, and for the picture the
# chunks that have slices.  The next reads nothing.
SKIP:
{
	my $modules = `pg_config --pkglibdir` =~ s/\n//r;
	skip 'there is no auto_explain', 7 if !-e "$modules/auto_explain.so";
	my $settings = cluster_directory() . '/data/postgresql.conf';
	my $before = slurp($settings);
	my $set = sub {
		open my $handle, '>:raw', $settings or die $!;
		print $handle $before, @_;
		close $handle;
	};
	my $path = "$files/read.plog";
	# how many catalogs are made, and of which relations how many chunks are read
	my $reads = sub {
		printed([ 'info', $path ], 'info');
		my $log = slurp(cluster_directory() . '/log');
		my %read = (catalogs => scalar(() = $log =~ /catalog of plog ".*read\.plog" built/g));
		my $relation;

		for (split /\n/, $log)
		{
			$read{queries}++ if /Query Text/;
			$relation = $1 if /Relation: (\w+)/;
			$read{$relation} += $1 if /Chunks (?:Read|Cached|From Columns): ([1-9]\d*)/;
		}
		return \%read;
	};

	$set->("session_preload_libraries = 'auto_explain'\nauto_explain.log_min_duration = 0\nauto_explain.log_analyze = on\nlog_min_messages = debug1\n");
	copy($libs, $path) or die $!;
	my ($chunks) = printed([ 'query', '--tuples-only', $libs, 'SELECT chunk_count FROM executions' ], 'chunks') =~ /(\d+)/;
	sleep 3;
	my $found = $reads->();
	cmp_ok(delete $found->{queries}, '>', 5, 'its queries are seen');
	is_deeply($found, { catalogs => 1, threadslices => $chunks }, 'the first info makes the catalog, and reads slices once');
	$found = $reads->();
	cmp_ok(delete $found->{queries}, '>', 3, "the second's are seen");
	is_deeply($found, { catalogs => 0 }, 'and read nothing');
	$set->();
}

# ---------------------------------------------------------------------------
# pe tree
# ---------------------------------------------------------------------------

for my $log (qw(real/w1libs real/w3a made/all_kinds faults/parents rules/parents rules/leaders edges/pid_reuse))
{
	my $output = printed([ 'tree', log_path($log) ], "$log: tree");
	my $ascii  = printed([ 'tree', '--ascii', log_path($log) ], "$log: in ASCII");
	my $dot    = printed([ 'tree', '--dot', log_path($log) ], "$log: for Graphviz");
	my $jsonl  = printed([ 'tree', '--jsonl', log_path($log) ], "$log: as JSON");
	my (@above, @found);

	attach(log_path($log));
	for my $line (split /\n/, $output)
	{
		my ($branch, $rest) = $line =~ /\A((?:│  |   )*(?:├─ |└─ )?)(.*)\z/;
		my ($name, $pid, $calls, $failures) = $rest =~ /\A(.*?) \((\d+|\?)\)  (\d+) calls(?:, (\d+) failed)?/;
		my $depth = length($branch) / 3;

		$above[$depth] = "$name $pid";
		push @found, join '|', $depth, $depth > 0 ? $above[ $depth - 1 ] : '', $name, $pid, $calls, $failures // 0;
	}
	is(join("\n", @found), query("SELECT concat_ws('|', t.depth, CASE WHEN t.depth > 0 THEN coalesce(p.name, '?') || ' ' || coalesce(p.pid::text, '?') ELSE '' END, coalesce(t.name, '?'),
			coalesce(t.pid::text, '?'), t.calls, t.failed_calls)
		FROM process_tree t LEFT JOIN process_tree p ON p.process_id = t.parent_process_id ORDER BY t.path"), "$log: each below its parent");
	is($ascii =~ s/^((?:\|  |   )*)(?:\|-|`-) /$1/mgr, $output =~ s/^((?:│  |   )*)(?:├─|└─) /$1/mgr =~ tr/│/|/r, "$log: the same in ASCII");
	is(join(' ', sort $dot =~ /^\t(p\d+ -> p\d+);$/mg),
		join(' ', sort map { "p$_->[0] -> p$_->[1]" } rows('SELECT parent_process_id, process_id FROM process_tree WHERE depth > 0')), "$log: edges");
	is(scalar(() = $dot =~ /^\tp\d+ \[label="(?:[^"\\]|\\.)*"\];$/mg), query('SELECT count(*) FROM processes'), "$log: nodes");
	is($jsonl, query('SELECT row_to_json(t) FROM (SELECT * FROM process_tree ORDER BY path) t') . "\n", "$log: rows of process_tree");
}
like(printed([ 'tree', $libs ], 'tree'), qr/exited 0  \S/, 'how it ended, and its command line');
pe_fails([ 'tree', '--dot', '--jsonl', $libs ], 2, '--dot and --jsonl cannot be together', 'two forms');
pe_fails([ 'tree', $libs, $libs ], 2, 'one argument too many', 'two logs');

# ---------------------------------------------------------------------------
# pe strace
# ---------------------------------------------------------------------------

attach($libs);

sub traces
{
	my ($arguments, $condition, $test_name, $number) = @_;
	my $prefix = $number // q{format('[pid %s] ', lpad(coalesce(pid::text, '?'), 5))};

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $expected = query("SELECT $prefix || call FROM strace JOIN (SELECT syscall_id, name, process_id FROM syscalls) n USING (syscall_id)
		WHERE $condition ORDER BY syscall_id");
	isnt($expected, '', "$test_name: there are such");
	is(printed([ 'strace', @$arguments ], $test_name), "$expected\n", $test_name);
}

my $below = q{process_id IN (SELECT process_id FROM process_tree WHERE path && (SELECT array_agg(process_id) FROM processes WHERE pid = 76))};
traces([$libs], 'true', 'strace: all calls');
traces([ $libs, '--pid', 75 ], 'pid = 75', 'strace: one process', q{''});
traces([ '-p75', $libs ], 'pid = 75', 'strace: as its users write it', q{''});
traces([ $libs, '-p', '75,77' ], 'pid IN (75, 77)', 'strace: two processes');
traces([ $libs, '--pid', 76, '--follow' ], $below, 'strace: a process and what descends from it');
traces([ '-fp', 76, $libs ], $below, 'strace: in letters');
traces([ '--tid', $libs ], 'true', 'strace: threads', q{format('[tid %s] ', lpad(coalesce(tid::text, '?'), 5))});
traces([ '--name', 'openat,sys_close', $libs ], q{name IN ('sys_openat', 'sys_close')}, 'strace: names');
traces([ '--name', 'fstat', $libs ], q{name = 'sys_newfstat'}, 'strace: a name of the manual');
traces([ '-e', 'trace=openat,read', '-p', 75, $libs ], q{pid = 75 AND name IN ('sys_openat', 'sys_read')}, 'strace: -e trace=', q{''});
traces([ '-e', 'openat', $libs ], q{name = 'sys_openat'}, 'strace: -e without trace=');
traces([ '-eopenat', $libs ], q{name = 'sys_openat'}, 'strace: in one word');
traces([ '--trace=!openat,read', $libs ], q{name NOT IN ('sys_openat', 'sys_read')}, 'strace: all others');
traces([ '-e', 'trace=/^r.*ask$,?openat', $libs ], q{name ~ '^sys_r.*ask$' OR name = 'sys_openat'}, 'strace: a regular expression');
traces([ '-e', 'trace=!/^r', $libs ], q{name !~ '^sys_r'}, 'strace: what does not match');
traces([ '-e', 'trace=%memory', $libs ], q{name IN ('sys_mmap', 'sys_mmap_pgoff', 'sys_mprotect', 'sys_munmap', 'sys_brk', 'sys_madvise')}, 'strace: %memory');
traces([ '-e', 'trace=file', $libs ], q{name IN ('sys_access', 'sys_chdir', 'sys_execve', 'sys_faccessat', 'sys_getcwd', 'sys_newstat', 'sys_newlstat',
	'sys_open', 'sys_openat', 'sys_readlink', 'sys_statfs', 'sys_statx', 'sys_unlink', 'sys_unlinkat', 'sys_newfstatat', 'sys_lgetxattr', 'sys_getxattr',
	'sys_mkdir', 'sys_mkdirat', 'sys_rmdir', 'sys_rename', 'sys_link', 'sys_symlink', 'sys_chmod', 'sys_chown', 'sys_utimensat', 'sys_listxattr')}, 'strace: an older class');
traces([ '--class', 'process', '--name', 'openat', $libs ], q{name IN ('sys_openat', 'sys_clone', 'sys_execve', 'sys_exit', 'sys_exit_group', 'sys_wait4', 'sys_kill')},
	'strace: a class and a name');
traces([ '-e', 'all', $libs ], 'true', 'strace: all');
is(printed([ 'strace', '-e', 'none', $libs ], 'strace: none'), '', 'none');
is(printed([ 'strace', '--name', 'no_such_call', $libs ], 'strace: a call that the log has not'), '', 'prints nothing');
is(printed([ 'strace', '-f', '-o', 'out.txt', $libs ], 'strace into a file'), '', 'nothing is printed');
is(decode('UTF-8', slurp('out.txt')), query(q{SELECT rpad(coalesce(pid::text, '?'), 5) || ' ' || call FROM strace ORDER BY syscall_id}) . "\n", 'but is there');
pe_fails([ 'strace', '--class', 'nosuch', $libs ], 2, 'no class "nosuch"', 'an unknown class');
pe_fails([ 'strace', '-e', 'signal=none', $libs ], 2, 'no expression signal=none', 'another expression');
pe_fails([ 'strace', '-e', 'trace=/(', $libs ], 2, 'invalid regular expression', 'a broken regular expression');
pe_fails([ 'strace', '--pid', '99', $libs ], 1, 'no process of the log has pid 99', 'a pid that is not there');
pe_fails([ 'strace', '--pid', "75' OR '1'='1", $libs ], 2, 'is no pid', 'what is no pid');
pe_fails([ 'strace', '-fz', $libs ], 2, 'no option -fz', 'an unknown letter');
pe_fails([ 'strace', '-p', $libs ], 2, 'strace needs LOG', 'a pid is missing');
is(printed([ 'strace', '--name', q{a'b"c\\,x{}}, $libs ], 'strace: a hostile name'), '', 'is but a name');

for my $log (qw(made/form_sep2020 faults/mips rules/arguments edges/bad_utf8))
{
	attach(log_path($log));
	traces([ log_path($log) ], 'true', "$log: strace");
}

# Calls of a large log, which come in batches.
{
	my $log = log_path('real/w3a');
	attach($log);
	my $expected = query(q{SELECT format('[pid %s] ', lpad(coalesce(pid::text, '?'), 5)) || call FROM strace JOIN (SELECT syscall_id, name FROM syscalls) n USING (syscall_id)
		WHERE name IN ('sys_openat', 'sys_read') ORDER BY syscall_id});
	my $count = () = $expected =~ /\n/g;
	cmp_ok($count, '>', 50000, 'there are many');
	ok(printed([ 'strace', '-e', 'openat,read', $log ], 'strace of many') eq "$expected\n", 'in batches');
}

# ---------------------------------------------------------------------------
# pe follow
# ---------------------------------------------------------------------------

# Bytes by direction, from hexadecimal lines.
sub bytes_of
{
	my ($output) = @_;
	my %bytes = ('>' => '', '<' => '');

	while ($output =~ /^([<>]) [0-9a-f]+ ((?: {1,2}[0-9a-f]{2})+) /mg)
	{
		my ($direction, $line) = ($1, $2);
		$bytes{$direction} .= $line =~ s/ //gr;
	}
	return \%bytes;
}

attach($libs);
for my $fd (0 .. 4)
{
	my $bytes = sub {
		my ($names) = @_;
		return query(qq{SELECT coalesce(string_agg(left(substr(b.value, 3), 2 * retval::int), '' ORDER BY syscall_id), '')
			FROM syscalls JOIN syscall_arguments f USING (syscall_id) JOIN syscall_arguments b USING (syscall_id)
			WHERE pid = 75 AND syscalls.name IN ($names) AND retval >= 0 AND f.position = 0 AND f.value = '$fd'
				AND b.position = 1 AND b.argument_type = 'BYTES'});
	};
	my ($code, $output) = pe([ 'follow', $libs, 75, $fd ]);
	my $found = bytes_of($output);

	is($found->{'>'}, $bytes->(q{'sys_write', 'sys_sendto'}), "follow: what went out by $fd");
	is($found->{'<'}, $bytes->(q{'sys_read', 'sys_recvfrom', 'sys_pread64'}), "follow: what came in by $fd");
}
{
	my @socket = (pid => 10, ppid => 1, tid => 10, create_time => '5');
	my $call = sub {
		my ($name, $retval, @arguments) = @_;
		return { pc => '18446744071589331488', instr => '100', syscall => { @socket, call_name => "sys_$name", retcode => "$retval", args => \@arguments } };
	};
	my $fd = sub { return { arg_name => 'fd', u32 => $_[0] } };
	my $data = sub { return { arg_name => 'buf', bytes_val => JSON::PP->new->allow_nonref->encode($_[0]) =~ s/"//gr } };
	my $number = 0;
	my @entries = map { $_->{instr} = ++$number . ''; $_ } (
		$call->('socket', 7, { arg_name => 'family', i32 => 2 }, { arg_name => 'type', i32 => 1 }, { arg_name => 'protocol', i32 => 7 }),
		$call->('connect', -115, $fd->(7), { arg_name => 'uservaddr', ptr => '4096' }),
		$call->('sendto', 5, $fd->(7), $data->('R0VUIC8NCg=='), { arg_name => 'len', u32 => 7 }),
		$call->('recvfrom', 4, $fd->(7), $data->('AAFcClh4'), { arg_name => 'size', u32 => 6 }),
		$call->('sendto', -11, $fd->(7), $data->('R0VU'), { arg_name => 'len', u32 => 3 }),
		$call->('write', 3, $fd->(8), $data->('b25l'), { arg_name => 'count', u32 => 3 }),
		$call->('read', 10, $fd->(7), { arg_name => 'buf', ptr => '4096' }, { arg_name => 'count', u32 => 10 }),
		$call->('openat', 3, { arg_name => 'dfd', i32 => 7 }, { arg_name => 'filename', str => 'x' }),
		$call->('close', 0, $fd->(7)),
		$call->('openat', 7, { arg_name => 'dfd', i32 => -100 }, { arg_name => 'filename', str => "/a\e[2J\nb" }),
		$call->('write', 2, $fd->(7), $data->('Gwo='), { arg_name => 'count', u32 => 2 }));
	my $log = write_log('socket', @entries);
	is(printed([ 'follow', $log, 10, 7 ], 'follow a socket'), <<'END', 'each call, with its bytes');
# process_id 1
# socket at 1 = 7
# connect at 2 = -115
# sendto at 3: 5 bytes
> 00000000  47 45 54 20 2f                                    |GET /|
# recvfrom at 4: 4 bytes
< 00000000  00 01 5c 0a                                       |..\.|
# read at 7: 10 bytes, which the log does not hold
# close at 9 = 0
# openat /a\x1b[2J\x0ab at 10 = 7
# write at 11: 2 bytes
> 00000000  1b 0a                                             |..|
END
	is(printed([ 'follow', '--text', $log, 10, 7 ], 'follow as text'), <<'END', 'as text');
# process_id 1
# socket at 1 = 7
# connect at 2 = -115
# sendto at 3: 5 bytes
> GET /
# recvfrom at 4: 4 bytes
< \x00\x01\\
# read at 7: 10 bytes, which the log does not hold
# close at 9 = 0
# openat /a\x1b[2J\x0ab at 10 = 7
# write at 11: 2 bytes
> \x1b
END
	pe_fails([ 'follow', $log, 10, 9 ], 1, 'process 10 has no call on descriptor 9', 'a descriptor that is not used');
	pe_fails([ 'follow', $log, 11, 7 ], 1, 'no process of the log has pid 11', 'a process that is not there');
	pe_fails([ 'follow', $log, 10, 'x' ], 2, '"x" is no descriptor', 'what is no descriptor');
	pe_fails([ 'follow', $log, 10 ], 2, 'follow needs FD', 'no descriptor');
}

# ---------------------------------------------------------------------------
# pe flame
# ---------------------------------------------------------------------------

for my $log (qw(real/w1libs real/w3a made/all_kinds rules/parents edges/pid_reuse))
{
	my $output = printed([ 'flame', log_path($log) ], "$log: flame");
	my (%found, %expected);

	attach(log_path($log));
	$found{$1} += $2 while $output =~ /^(.*) (\d+)$/mg;
	my %names = map { $_->[0] => $_->[1] } rows('SELECT process_id, names[cardinality(names)] FROM processes');
	my %path = map { $_->[0] => join ';', map { ($names{$_} // '?') =~ s/;/\\x3b/gr } $_->[1] =~ /\d+/g } rows('SELECT process_id, path FROM process_tree');
	$expected{ (defined $_->[0] ? $path{ $_->[0] } : '[unknown process]') . ';' . ($_->[1] // '?') =~ s/^sys_//r } += $_->[2]
	  for rows('SELECT process_id, name, count(*) FROM syscalls GROUP BY 1, 2');
	is_deeply(\%found, \%expected, "$log: calls of each stack");
	is(scalar(() = $output =~ /\n/g), scalar keys %found, "$log: each stack once");
}

# ---------------------------------------------------------------------------
# pe coverage
# ---------------------------------------------------------------------------

# Read a file as Lighthouse does.
sub read_drcov
{
	my ($file) = @_;
	my $bytes = slurp($file);
	my (@modules, @blocks);

	$bytes =~ s/\ADRCOV VERSION: 2\nDRCOV FLAVOR: drcov\nModule Table: version 2, count (\d+)\nColumns: id, base, end, entry, path\n// or die 'header';
	for my $number (0 .. $1 - 1)
	{
		$bytes =~ s/\A *(\d+), 0x([0-9a-f]{16}), 0x([0-9a-f]{16}), 0x0{16}, (.*)\n// or die 'module';
		die 'id' if $1 != $number;
		push @modules, { base => hex $2, end => hex $3, path => decode('UTF-8', $4) };
	}
	$bytes =~ s/\ABB Table: (\d+) bbs\n// or die 'blocks';
	my $count = $1;
	die 'length' if length $bytes != 8 * $count;
	for (1 .. $count)
	{
		my ($start, $size, $module) = unpack 'LSS', substr $bytes, 0, 8, '';
		push @blocks, "$modules[$module]{path} $start $size";
		die 'outside' if $modules[$module]{base} + $start >= $modules[$module]{end};
	}
	return (\@modules, \@blocks);
}

{
	my %a = (pid => 10, ppid => 1, create_time => '5');
	my %b = (pid => 20, ppid => 1, create_time => '6');
	my @entries = (
		{ asid => '65536', asid_libraries => { %a, tid => 10, proc_name => 'a', modules => [
					{ name => 'prog', file => '/bin/prog', base_addr => '4194304', size => '4096' },
					{ name => 'prog', file => '/bin/prog', base_addr => '4198400', size => '8192' },
					{ name => 'libc.so', file => '/lib/libc.so', base_addr => '139637976727552', size => '4096' } ] } },
		{ asid => '131072', asid_libraries => { %b, tid => 20, proc_name => "b\n", modules => [
					{ name => 'libc.so', file => '/lib/libc.so', base_addr => '139637980000256', size => '4096' },
					{ name => "evil\n\e[2J", file => "/x\n\e[2J, y", base_addr => '4194304', size => '65536' } ] } },
		{ pc => '4194314', basic_block => { asid => '65536', size => 5, code => 'AAAAAAA=' } },
		{ pc => '4194314', basic_block => { asid => '65536', size => 5, code => 'AAAAAAA=' } },
		{ pc => '4198410', basic_block => { asid => '65536', size => 7, code => 'AAAAAAAAAA==' } },
		{ pc => '4194314', basic_block => { asid => '131072', size => 9, code => 'AAAA' } },
		{ pc => '139637976727562', asid => '65536', edge_coverage => { edges => [ { pc => [ '139637976727568', '4194400' ], hit_count => '3' } ] } },
		{ pc => '1', asid => '131072', edge_coverage => { edges => [ { pc => [ '139637980000272', '139637980000288' ], hit_count => '3' } ] } },
		{ pc => '1', asid => '131072', trace => { pcs => [ '139637980000304', '18446744071589331488' ] } },
		{ pc => '4194500', basic_block => { size => 4, code => 'AAAA' } });
	my $number = 10;
	my $log = write_log('blocks', map { { pc => '18446744071589331488', %$_, instr => ++$number . '' } } @entries);
	my ($code, $output, $error) = pe([ 'coverage', $log ]);
	is("$code$output", 0, 'coverage');
	is($error, "pe: 2 of the log's 10 blocks lie in no module of a process, and are left out\n", 'says what is left out');
	my ($modules, $blocks) = read_drcov('blocks.drcov');
	is_deeply([ map { $_->{path} } @$modules ], [ '/bin/prog', '/lib/libc.so', '/x\x0a\x1b[2J, y' ], 'modules');
	is_deeply([ map { $_->{end} - $_->{base} } @$modules ], [ 12288, 4096, 65536 ], 'pieces of an image are one module');
	is_deeply($blocks, [ '/bin/prog 10 5', '/bin/prog 96 1', '/bin/prog 4106 7', '/lib/libc.so 16 1', '/lib/libc.so 32 1', '/lib/libc.so 48 1',
		'/x\x0a\x1b[2J, y 10 9' ], 'blocks');
	pe_fails([ 'coverage', $log ], 5, 'exists already: .*blocks\.drcov', 'a file that is there');
	is((pe([ 'coverage', $log, '--force', '--pid', '10', '-o', 'ten.drcov' ]))[0], 0, 'of a process');
	(undef, $blocks) = read_drcov('ten.drcov');
	is_deeply($blocks, [ '/bin/prog 10 5', '/bin/prog 96 1', '/bin/prog 196 4', '/bin/prog 4106 7', '/lib/libc.so 16 1' ], 'and what belongs to nobody');
}
pe_fails([ 'coverage', $libs, '-o', 'none.drcov' ], 1, 'no blocks of code and no edges between them', 'a log without blocks');
pe_fails([ 'coverage', log_path('faults/kernel_edge'), '-o', 'none.drcov' ], 1, 'none of the log\'s \d+ blocks lies in a module', 'one without modules');
ok(!-e 'none.drcov', 'leaves no file');

# ---------------------------------------------------------------------------
# Hostile text, readers that go away
# ---------------------------------------------------------------------------

{
	my $evil = "\e]0;PWNED\a\e[2J\r\n\x{9b}31m\x{202e};\"\\'|` \x{2028}&amp;</x>é";
	my %thread = (pid => 10, ppid => 1, tid => 10, create_time => '5');
	my @entries = (
		{ asid_info => { asid => '65536', %thread{qw(pid ppid create_time)}, tids => [10], names => [$evil], start_instr => '10', end_instr => '90' } },
		{ asid_libraries => { %thread, proc_name => $evil, modules => [ { name => $evil, file => $evil, base_addr => '4096', size => '4096' } ] } },
		{ syscall => { %thread, retcode => '0', call_name => 'sys_execve', args => [ map { { arg_name => $_, str => $evil } } qw(filename args) ] } },
		{ syscall => { %thread, retcode => '5', call_name => $evil, args => [ { arg_name => $evil, str => $evil } ] } },
		{ syscall => { %thread, retcode => '5', call_name => 'sys_openat', args => [ { arg_name => 'dfd', i32 => -100 }, { arg_name => 'filename', str => $evil } ] } },
		{ syscall => { %thread, retcode => '9', call_name => 'sys_write', args => [ { arg_name => 'fd', u32 => 5 }, { arg_name => 'buf', bytes_val => 'G1sySuKAqA0H' } ] } },
		{ pc => '4100', basic_block => { asid => '65536', size => 4, code => 'AAAA' } });
	my $number = 10;
	my $log = write_log('hostile', map { { pc => '18446744071589331488', asid => '65536', %$_, instr => ++$number . '' } } @entries);

	for my $arguments ([ 'info', $log ], [ 'info', '--ascii', $log ], [ 'tree', $log ], [ 'tree', '--ascii', $log ], [ 'tree', '--dot', $log ], [ 'tree', '--jsonl', $log ],
		[ 'strace', $log ], [ 'follow', $log, 10, 5 ], [ 'follow', '--text', $log, 10, 5 ], [ 'flame', $log ], [ 'coverage', $log, '-o', 'evil.drcov', '--force' ])
	{
		my $name = join ' ', grep { $_ ne $log } @$arguments;
		my ($code, $screen) = on_terminal($arguments);
		is($code, 0, "$name: of a hostile log");
		unlike(decode('UTF-8', $screen) =~ s/\r\n|\r|\e\[K//gr, qr/[\x00-\x08\x0a-\x1f\x7f-\x9f]/, "$name: nothing steers the terminal");
		my ($same, $output) = pe($arguments);
		unlike(decode('UTF-8', $output), qr/[\x00-\x08\x0b-\x1f\x7f-\x9f]/, "$name: nor what comes out of a pipe") if "@$arguments" !~ /strace|jsonl/;
		unlike(decode('UTF-8', $output), qr/[\x{202e}\x{2028}]/, "$name: and nothing turns text or ends a line") if $arguments->[0] !~ /strace/ && "@$arguments" !~ /jsonl/;
	}
	is(scalar(() = (pe([ 'tree', $log ]))[1] =~ /\n/g), 1, 'a process is a line');
	is(scalar(() = (pe([ 'strace', $log ]))[1] =~ /\n/g), 4, 'a call is a line');
	is(scalar(() = (pe([ 'flame', $log ]))[1] =~ /^[^;]+;[^;]+ 1$/mg), 4, 'a stack is a line of two names');
	unlike(decode('UTF-8', (pe([ 'info', '--ascii', $log ]))[1] =~ s/^(?:log|execution) .*//mgr), qr/[^\x00-\x7f]/, 'ASCII is ASCII');
}

for my $arguments ([ 'strace', log_path('real/w3a') ], [ 'flame', $libs ], [ 'tree', $libs ], [ 'follow', $libs, 75, 2 ], [ 'info', $libs ])
{
	my $error = '';
	IPC::Run::run([ 'bash', '-c', 'pe "$@" | head -1 >/dev/null; echo "${PIPESTATUS[0]}"', 'bash', @$arguments ], '<', \undef, '>', \my $status, '2>', \$error);
	like($status, qr/\A(?:0|141)\n\z/, "$arguments->[0] | head");
	is($error, '', 'ends without a word');
}
for my $command (qw(tree strace follow flame coverage))
{
	my @more = $command eq 'follow' ? (1, 0) : $command eq 'coverage' ? ('-o', 'x.drcov') : ();
	pe_fails([ $command, "$files/none", @more ], 3, 'no such log', "$command: no log");
	pe_fails([ $command, log_path('real/w1killed'), @more ], 3, 'PANDA did not close.*--recover', "$command: an unfinished log");
	like((pe([ $command, '--help' ]))[1], qr/\Ausage: pe $command /, "$command: help");
}
{
	my $output = printed([ 'info', log_path('real/w1killed') ], 'info of an unfinished log');
	like($output, qr/^complete +no: PANDA did not close this log; --recover/m, 'says why it is not complete');
}

chdir '/';
nothing_is_left('at the end');
$node->stop;
done_testing();
