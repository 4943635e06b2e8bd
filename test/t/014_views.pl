# The views beside the relations, over foreign tables and native ones, on every log
# and on random ones that are made to ask much of them: rows as ViewModel computes
# them from the relations' rows.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use JSON::PP;
use MIME::Base64 qw(encode_base64);
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;
use ViewModel;

# How many random logs to read.
my $RANDOM_LOGS = $ENV{PLOG_RANDOM} // 12;

my $node      = start_server('views');
my $directory = temporary_directory('views');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Copy what queries give into files of the directory.
sub copy_all
{
	my (%sql) = @_;
	query(join '; ', map { sprintf "COPY (%s) TO '%s'", $sql{$_}, "$directory/$_" =~ s/'/''/gr } sort keys %sql);
}

# The name of a guest's error, by the result.
my %errors;

sub error_name
{
	my ($retval, $guest) = @_;

	$errors{$guest}{$retval} //= query("SELECT pe_error_name($retval, '$guest')");
	return $errors{$guest}{$retval} eq '' ? undef : $errors{$guest}{$retval};
}

# Test a schema's views against the rows of an execution.
my %rows_of;

sub views_are
{
	my ($schema, $expected, $test_name, $execution_id) = @_;

	copy_all(
		map {
			my $columns = join ', ', map { $_ eq 'execution_id' ? '1' : $_ } @{ $ViewModel::VIEWS{$_} };
			("view_$_" => "SELECT $columns FROM $schema.$_ WHERE execution_id = $execution_id")
		} keys %ViewModel::VIEWS);
	for my $view (sort keys %ViewModel::VIEWS)
	{
		my @found = sort split /\n/, read_file("$directory/view_$view");
		my @lines = @{ $expected->{$view} };
		my $is_same = @found == @lines && !grep { $found[$_] ne $lines[$_] } 0 .. $#lines;

		ok($is_same, sprintf '%s: %s, %d rows', $test_name, $view, scalar @lines);
		$rows_of{$view} += @lines;
		next if $is_same;
		my %found = map { $_ => 1 } @found;
		my %lines = map { $_ => 1 } @lines;
		my @only  = grep { !$lines{$_} } @found;
		my @lacks = grep { !$found{$_} } @lines;
		diag(join "\n", "$view, " . @found . ' rows, columns ' . join(' ', @{ $ViewModel::VIEWS{$view} }),
			'found:', splice(@only, 0, 4), 'expected:', splice(@lacks, 0, 4));
	}
}

# Test a log's views, foreign and native.
sub log_is
{
	my ($path, $name, $options) = @_;

	query(sprintf "SET client_min_messages = error; SELECT pe_attach('%s', 'log', execution => 'log' %s)", $path =~ s/'/''/gr, $options // '');
	copy_all(map { $_ => sprintf 'SELECT %s FROM log.%s', join(', ', @{ $ViewModel::RELATIONS{$_} }), $_ } keys %ViewModel::RELATIONS);
	my $model = ViewModel->new($directory, \&error_name);
	my %expected = map { $_ => [ sort $model->lines($_) ] } keys %ViewModel::VIEWS;

	views_are('log', \%expected, $name, 1);
	my $id = query(
		q{SET client_min_messages = error; SELECT FROM pe_materialize('log', 'native');
		  SELECT execution_id FROM native.executions WHERE name = 'log'});
	views_are('native', \%expected, "$name, native", $id);
	query(q{SET client_min_messages = error; DROP SCHEMA log CASCADE; UPDATE native.executions SET name = 'log ' || execution_id WHERE name = 'log'});
}

# ---------------------------------------------------------------------------
# Random logs
# ---------------------------------------------------------------------------

sub one_of { return $_[ rand @_ ] }

sub argument
{
	my ($name, $kind, $value, $is_named) = @_;
	return { ($is_named ? (arg_name => $name) : ()), $kind => $value };
}

sub random_path
{
	my $path = join '/', map { one_of(qw(etc usr lib a b c)) } 1 .. 1 + rand 3;
	return one_of("/$path", "/$path", $path, "./$path", '.', 'n/a', '');
}

sub random_descriptor { return one_of(0, 3 .. 7, 3 .. 7, 300, 4294967295) }

# The address of a socket, as a struct.
sub random_address
{
	return {
		arg_name    => 'addr',
		struct_type => 'sockaddr',
		struct_data => { members => [ { arg_name => 'sa_family', u16 => int rand 11 }, { arg_name => 'sa_data', str => one_of('/run/x', '/run/y') } ] } };
}

# A call by its name: its result and its arguments.
sub random_call
{
	my ($name, $is_named) = @_;
	my $fd = random_descriptor();
	my @fd = argument(fd => u32 => $fd, $is_named);
	my $path = random_path();
	my $retval = rand() < 0.2 ? -one_of(2, 9, 11, 4095) : int rand 6;
	my $made = rand() < 0.2 ? -24 : random_descriptor() % 1000;
	my $bytes = encode_base64(join('', map { chr rand 256 } 1 .. rand 9), '');
	my $is_windows = $name =~ /^Nt/;

	push @fd, argument('filename(from fd)' => bytes_val => encode_base64(one_of('/etc/x', '/usr/y', 'socket:[7]', '[unknown filename]'), ''), 1)
	  if $is_named && rand() < 0.7;
	my $with_fd = sub { return ($fd[0], @_, @fd[ 1 .. $#fd ]) };

	return ($retval, $with_fd->(argument(buf => bytes_val => $bytes, $is_named))) if $name =~ /^(?:read|write|pread64|pwrite64)\z/;
	return ($retval, $with_fd->()) if $name =~ /^(?:close|newfstat|fchdir)\z/;
	return ($made, argument(filename => str => $path, $is_named)) if $name =~ /^(?:open|creat)\z/;
	return ($made, argument(dfd => i32 => one_of(-100, -100, $fd % 1000), $is_named), argument(filename => str => $path, $is_named), argument(flags => i32 => 2, $is_named))
	  if $name eq 'openat';
	return ($retval, argument(filename => str => $path, $is_named)) if $name =~ /^(?:chdir|newstat|access|execve)\z/;
	return ($retval, argument(olddfd => i32 => -100, 1), argument(oldname => str => "$path-", 1), argument(newdfd => u32 => one_of(4294967196, 4), 1), argument(newname => str => $path, 1))
	  if $name eq 'renameat';
	return (int rand 9, rand() < 0.5 ? argument(buf => str => one_of('/home', 'n/a'), $is_named) : argument(buf => bytes_val => encode_base64(one_of("/srv\0\0", 'x'), ''), $is_named))
	  if $name eq 'getcwd';
	return ($made, map { argument("arg$_" => i32 => one_of(1, 2, 3, 10, 526337), $is_named) } 0 .. 2) if $name eq 'socket';
	return ($made, argument(arg0 => i32 => $fd % 1000, $is_named), random_address()) if $name =~ /^accept4?\z/;
	return ($made, argument(call => i32 => one_of(1, 2, 5, 18), $is_named)) if $name eq 'socketcall';
	return ($made, argument(oldfd => u32 => $fd, $is_named), argument(newfd => u32 => 4, $is_named)) if $name =~ /^dup/;
	return ($retval, argument(arg0 => i32 => $fd % 1000, $is_named), random_address(), argument(port => u16 => int rand 9000, 1)) if $name eq 'bind';
	return ($retval, argument(arg0 => i32 => $fd % 1000, $is_named), rand() < 0.5 ? random_address() : argument(arg1 => ptr => '140', $is_named))
	  if $name =~ /^(?:connect|listen|recvfrom|sendto)\z/;
	return (rand() < 0.8 ? 0 : -3, argument(pid => i32 => 10 + int rand 8, $is_named), ($name eq 'tgkill' ? argument(tid => i32 => 1, $is_named) : ()), argument(sig => i32 => one_of(9, 9, 15), $is_named))
	  if $name =~ /kill\z/;
	return (one_of(-10, 0, 10 .. 17), argument(pid => i32 => -1, $is_named)) if $name eq 'wait4';
	return (0, argument(error_code => i32 => one_of(0, 1, -1), $is_named)) if $name =~ /^exit/;
	return (one_of(0, '3221225524', -1073741772, 259), argument(ProcessHandle => ptr => one_of('18446744073709551615', '0', '80'), 1), argument(ExitStatus => i32 => one_of(0, -5), 1))
	  if $is_windows;
	return ($retval);
}

my @CALLS = (
	qw(read read write write pread64 pwrite64 close close newfstat fchdir open creat openat openat openat
	  chdir newstat access execve renameat getcwd socket socket accept accept4 socketcall dup2 bind
	  connect listen recvfrom sendto kill tgkill wait4 getpid), 'exit', 'exit_group', 'NtTerminateProcess', 'NtClose');

# A log of some calls of a few processes, whose parents may be each other.
sub write_random_log
{
	my ($path, $number) = @_;
	my $is_named   = $number % 4 != 3;
	my $is_windows = $number % 6 == 5;
	my $is_timed   = $number % 2;
	my $writer     = JSON::PP->new->canonical;
	my @lines      = ('{}');
	my $instr      = 0;
	my @tasks = map {
		my $pid = 10 + int rand 8;
		{ pid => $pid, ppid => 10 + int rand 8, tid => $pid + one_of(0, 0, 0, 50), ($is_timed ? (create_time => 100 * $_) : ()) }
	} 1 .. 8;

	for (1 .. 400)
	{
		my $task = one_of(@tasks);
		my $name = one_of(@CALLS);
		$name = 'getpid' if $name =~ /^Nt/ && !$is_windows;
		$instr += int rand 50;
		my $asid = 4096 * (1 + $task->{pid});
		my %entry = (pc => '18446744071589331488', instr => rand() < 0.02 ? '18446744073709551615' : "$instr", asid => "$asid");

		if (rand() < 0.1)
		{
			$entry{asid_info} = {
				pid => $task->{pid}, ppid => $task->{ppid}, asid => "$asid", tids => [ $task->{tid} ], names => [ one_of('x', 'a,"b', '{}', 'NULL', 'y\\') ],
				create_time => $task->{create_time} // 0,
				start_instr => "$instr", end_instr => $instr + int rand 120 };
		}
		elsif (rand() < 0.05)
		{
			$entry{asid_libraries} = {
				pid => $task->{pid}, ppid => $task->{ppid}, tid => $task->{tid}, create_time => $task->{create_time} // 0, proc_name => 'z',
				modules => [ map { { name => "m$_", file => "/lib/m$_", base_addr => 4096 * (1 + int rand 9), size => 4096 } } 1 .. 1 + rand 3 ] };
		}
		else
		{
			my ($retval, @arguments) = random_call($name, $is_named);
			my %is_on_entry = map { $_ => 1 } qw(exit exit_group execve);

			if ($is_on_entry{$name})
			{
				push @arguments, argument(args => str => one_of('prog -x', "a\tb\\", ' ', 'n/a'), 1) if $name eq 'execve' && $is_named && rand() < 0.8;
				$entry{pc} = '4198400';
				$retval = 0;
			}
			$entry{syscall} = {
				(rand() < 0.97 ? %$task : ()), retcode => "$retval", args => \@arguments,
				(rand() < 0.98 ? (call_name => $name =~ /^Nt/ ? $name : "sys_$name") : ()) };

			# the call that failed returned, too
			if ($name eq 'execve' && rand() < 0.4)
			{
				push @lines, $writer->encode(\%entry);
				%entry = (%entry, pc => '18446744071589331488', syscall => { %{ $entry{syscall} }, retcode => '-2' });
			}
		}
		push @lines, $writer->encode(\%entry);
	}
	write_plog($path, \@lines, '--chunk-size', 4096);
}

for my $number (0 .. $RANDOM_LOGS - 1)
{
	my $seed = $ENV{PLOG_SEED} // 1000 + $number;
	srand $seed;
	my $path = "$directory/random.plog";
	write_random_log($path, $number);
	log_is($path, "random log $number, seed $seed");
}

# ---------------------------------------------------------------------------
# All logs
# ---------------------------------------------------------------------------

# the largest ones have nothing that the others lack
log_is(log_path($_), $_)
  for (grep { !/w3a|instr_past_2e32|outgrown/ } @LOGS),
  (grep { !m{made/form_sep2020} } @OLDER_FORMS),
  map { "faults/$_" } qw(asidstory_2016 common_values create_time_zero form_seen_late kernel_edge mips nanosleep_32bit
  offsets_across_2e63 parents results_32bit slices_of_all_threads struct_type_beside_value);
log_is(log_path($_), $_, ', recover => true') for qw(real/w1killed made/killed_64k);
# ---------------------------------------------------------------------------
# Dumped and restored
# ---------------------------------------------------------------------------

# What all views of a schema show, and how they are described.
sub shown
{
	my ($database, $schema) = @_;
	return join "\n", map {
		$node->safe_psql($database,
			"SELECT '$_', count(*), md5(string_agg(v::text, E'\\n' ORDER BY v::text)), obj_description('$schema.$_'::regclass) FROM $schema.$_ v")
	} sort keys %ViewModel::VIEWS;
}

query(sprintf q{SELECT pe_attach('%s', 'attached'); SELECT FROM pe_materialize('attached', 'kept')}, log_path('real/w1struct') =~ s/'/''/gr);
query('CREATE DATABASE restored');
$node->safe_psql('restored', 'CREATE EXTENSION pandelephant');
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	is(system('pg_dump', '-n', 'kept', '-n', 'attached', '-f', "$directory/dump", 'postgres'), 0, 'pg_dump');
	is(system('psql', '-qXv', 'ON_ERROR_STOP=1', '-f', "$directory/dump", 'restored'), 0, 'restored');
}
is(shown('restored', $_), shown('postgres', $_), "$_: the views show what they showed") for qw(kept attached);

cmp_ok($rows_of{$_}, '>', 100, "$_: there were rows") for sort keys %ViewModel::VIEWS;

done_testing();
