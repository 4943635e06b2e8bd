# Running the command pe, with a cache directory of the test's own, and finding
# out what it left behind.
package PeCommand;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(pe pe_fails start_pe on_terminal start_on_terminal wait_for_server_query wait_until nothing_is_left remove_temporary_files
  plog work_directory cluster_directory slurp python_bytes);

my $plogs     = abs_path(dirname(__FILE__) . '/../plogs');
my $work      = abs_path(tempdir(CLEANUP => 1));
my $temporary = "$work/temporary";
my $patience  = 120;

# the server's user, if that is another, must come to the cache
chmod 0755, $work;
mkdir $temporary;
mkdir "$work/files";
$ENV{XDG_CACHE_HOME} = "$work/cache";

# The path of a log under test/plogs.
sub plog
{
	return "$plogs/$_[0].plog";
}

# A directory for files of the test.
sub work_directory
{
	return "$work/files";
}

# The directory of the private server.
sub cluster_directory
{
	my ($directory) = glob "$work/cache/pandelephant/*/cluster";
	return $directory // '';
}

sub slurp
{
	my ($file) = @_;
	open my $handle, '<:raw', $file or return '';
	local $/;
	return readline $handle;
}

# Start pe; the options are input, and program for another program.
sub start_pe
{
	my ($arguments, %option) = @_;
	my ($output, $error) = ('', '');
	local $ENV{TMPDIR} = $temporary;

	return {
		output => \$output,
		error  => \$error,
		run    => IPC::Run::start(
			[ @{ $option{program} // ['pe'] }, @$arguments ],
			'<', \($option{input} // ''), '>', \$output, '2>', \$error,
			init => sub { $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE); }) };
}

# Run pe to its end.  Returns its exit code, its output and what it complained
# of.
sub pe
{
	my ($arguments, %option) = @_;
	my $started = start_pe($arguments, %option);

	$started->{run}->finish;
	return (exit_code($started), ${ $started->{output} }, ${ $started->{error} });
}

# Start pe on a pseudo-terminal, whose screen is output.
sub start_on_terminal
{
	my ($arguments, %option) = @_;
	my $screen = '';
	local $ENV{TMPDIR} = $temporary;

	return {
		output => \$screen,
		run    => IPC::Run::start(
			[ @{ $option{program} // ['pe'] }, @$arguments ],
			'<', \undef, '>pty>', \$screen, '2>&1',
			init => sub { $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE); }) };
}

# Run pe on a pseudo-terminal to its end.  Returns its exit code and what the
# terminal was sent.
sub on_terminal
{
	my ($arguments, %option) = @_;
	my $started = start_on_terminal($arguments, %option);

	$started->{run}->finish;
	return (exit_code($started), ${ $started->{output} });
}

# As a shell counts it.
sub exit_code
{
	my ($started) = @_;
	my $status = $started->{run}->full_result;
	return $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

# Test that pe ends with a code and one line, and has printed nothing.
sub pe_fails
{
	my ($arguments, $code, $complaint, $test_name, %option) = @_;
	my @found = pe($arguments, %option);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($found[0], $code, "$test_name: exit code");
	is($found[1], '', "$test_name: no output");
	like($found[2], qr/\Ape: [^\n]*$complaint[^\n]*\n\z/, "$test_name: one line");
}

# Wait for something to be true.
sub wait_until
{
	my ($condition, $what) = @_;
	my $end = time + $patience;

	until ($condition->())
	{
		die "timed out waiting for $what" if time > $end;
		sleep 0.05;
	}
}

# Wait until the private server runs a query of some text.
sub wait_for_server_query
{
	my ($text) = @_;

	wait_until(
		sub {
			my ($port, $socket) =
			  (split /\n/, slurp(cluster_directory() . '/data/postmaster.pid'))[ 3, 4 ];
			return 0 if !$socket;
			# by -c, for a psql that finds no server reads no input
			IPC::Run::run(
				[
					'psql', '-XAt', '-h', $socket, '-p', $port, '-U', 'pe', '-d', 'postgres', '-c',
					"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%$text%'
					 AND state = 'active' AND pid <> pg_backend_pid()" ],
				'<', \undef, '>', \my $count, '2>', '/dev/null');
			return ($count // '') =~ /^[1-9]/;
		},
		"a query with $text");
}

# Bytes, as Python prints them between quotes.
sub python_bytes
{
	my ($hex) = @_;
	my $bytes = pack 'H*', $hex;
	my $quoted = $bytes =~ /'/ && $bytes =~ /"/;

	return join '', map {
		$_ eq '\\'                 ? '\\\\'
		  : $_ eq q{'} && $quoted  ? q{\\'}
		  : $_ eq "\t"             ? '\\t'
		  : $_ eq "\n"             ? '\\n'
		  : $_ eq "\r"             ? '\\r'
		  : $_ !~ /[\x20-\x7e]/    ? sprintf('\\x%02x', ord)
		  :                          $_
	} split //, $bytes;
}

# What a pe that was killed could not remove.
sub remove_temporary_files
{
	remove_tree(glob "$temporary/*");
}

# Test that no server runs and that no temporary file is there.
sub nothing_is_left
{
	my ($test_name) = @_;
	my $cluster = cluster_directory();
	my @sockets = slurp("$cluster/log") =~ /Unix socket "(.*)\/\.s\.PGSQL/g;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply(
		[ grep { -e } "$cluster/data/postmaster.pid", @sockets, glob "$temporary/*" ],
		[], "$test_name: no server and no file is left");
	isnt(scalar @sockets, 0, "$test_name: there was a server");
}

1;
