# Statements that may fail: what a session says of each of them.
package PlogSession;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use Test::More;

our @EXPORT = qw(complaints_of temporary_directory);

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

1;
