# Sessions: what one says of each of its statements, some of which may fail, and sessions
# in the background.
package PlogSession;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use IPC::Run;
use Test::More;

our @EXPORT = qw(complaints_of temporary_directory);
our @EXPORT_OK = qw(start_session say_to hear ask);

# Run SQL statements in one session, whatever becomes of them, in a database,
# "postgres" by default.  Returns what is said of each of them on standard
# error, with the SQLSTATE, and what all of them print.
sub complaints_of
{
	my ($node, $statements, %options) = @_;
	my $database = delete $options{database} // 'postgres';
	my $script = "\\set VERBOSITY verbose\n" . join "\n\\warn ==\n", @$statements;
	my ($output, $errors) = ('', '');
	my $timed_out;

	$node->psql($database, "$script\n\\warn ==\n",
		stdout        => \$output,
		stderr        => \$errors,
		on_error_stop => 0,
		timeout       => 180,
		timed_out     => \$timed_out,
		%options);
	BAIL_OUT('a query hangs') if $timed_out;
	my @complaints = split /^==\n?/m, $errors;
	push @complaints, '' while @complaints < @$statements;
	return (\@complaints, $output);
}

# A directory that goes with the test.
sub temporary_directory
{
	my ($name) = @_;

	# Between 13 and 15 the function moved to another module.
	my $tempdir = PostgreSQL::Test::Utils->can('tempdir') // TestLib->can('tempdir');
	return abs_path($tempdir->($name));
}

# A session in the background, whose statements are written to it one by one; what it
# complains of is a part of what it says.
sub start_session
{
	my ($node) = @_;
	my %session = (input => '', output => '');
	$session{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') ],
		'<', \$session{input}, '>', \$session{output}, '2>&1', IPC::Run::timeout(180));
	return \%session;
}

# Give it statements, and do not wait for them.
sub say_to
{
	my ($session, $sql) = @_;
	$session->{input} .= "$sql\n\\echo done\n";
	$session->{run}->pump_nb;
}

# What a session says to the statements that it was given.
sub hear
{
	my ($session) = @_;
	$session->{run}->pump until $session->{output} =~ s/\A(.*?)^done\n//ms;
	return $1;
}

sub ask
{
	my ($session, $sql) = @_;
	say_to($session, $sql);
	return hear($session);
}

1;
