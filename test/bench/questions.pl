# Asks the questions of questions.sql of generated logs and prints a table: foreign
# tables the first time, when nothing is known of the log, and again, and native tables,
# with one process and with two workers.  The views, which take long, are asked once.
# test/bench/bench.sh starts it with a server to connect to.
#
# usage: questions.pl DIRECTORY LOG...
# DIRECTORY has the server's data in cluster.  From the environment comes ROUNDS.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);

use PsqlSession;

my ($work, @logs) = @ARGV;
my $rounds  = $ENV{ROUNDS} || 3;
my $here    = abs_path(dirname(__FILE__));
my @TIMES   = ('first', 'second', 'third');
my @WORKERS = (0, 2);

# The settings that a user has who sets none; the benchmark's server keeps no columns.
my @USUAL = (q{LOAD 'pandelephant'}, 'RESET jit', 'SET jit = on', 'SET work_mem = \'4MB\'',
	q{SET pandelephant.keep_columns = 'all'});

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return ($sorted[ $#sorted / 2 ] + $sorted[ @sorted / 2 ]) / 2;
}

sub geometric_mean
{
	my $logarithm = 0;
	$logarithm += log for @_;
	return exp($logarithm / @_);
}

# The questions, each a name and a query in which S stands for the schema.
sub questions
{
	open my $file, '<', "$here/questions.sql" or die "could not read questions.sql: $!";
	local $/;
	return map { [/\A(.*?)\n(.*?)\s*\z/s] } grep { /\S/ } split /^-- name: /m, <$file>;
}

# Remove what the server has kept of logs: catalogs and columns.
sub forget
{
	unlink glob "$work/cluster/pandelephant_cache/*";
}

sub new_session
{
	my ($workers) = @_;
	return PsqlSession->new(@USUAL, "SET max_parallel_workers_per_gather = $workers");
}

# The milliseconds that a question takes on the foreign tables, by time, and natively.
sub ask
{
	my ($query, $workers, $times) = @_;
	my %seconds;

	for (1 .. $times)
	{
		forget();
		for my $time (@TIMES)
		{
			my $session = new_session($workers);
			my ($took) = $session->run($query =~ s/\bS\./log./gr);
			push @{ $seconds{$time} }, $took;
			$session->finish;
		}
		my $session = new_session($workers);
		my ($took) = $session->run($query =~ s/\bS\./native./gr);
		push @{ $seconds{native} }, $took;
		$session->finish;
	}
	return { map { $_ => 1000 * median(@{ $seconds{$_} }) } keys %seconds };
}

sub ask_all
{
	my ($log) = @_;
	my %times;
	my $session = PsqlSession->new('DROP SCHEMA IF EXISTS log, native CASCADE',
		"SELECT pe_attach('$log', schema => 'log')");
	my ($load) = $session->run(q{SELECT pe_materialize('log', 'native')});
	my ($calls) = $session->answer('SELECT count(*) FROM log.syscalls');
	my ($arguments) = $session->answer('SELECT count(*) FROM log.syscall_arguments');

	$session->run('VACUUM ANALYZE');
	$session->finish;
	printf "%s: %.1f MB, %d system calls, %d arguments; pe_materialize() took %.1f s\n\n",
	  basename($log), (-s $log) / 1e6, $calls, $arguments, $load;

	my @columns = map { my $w = $_; map { "$_, $w workers" } @TIMES, 'native' } @WORKERS;
	print '| milliseconds | ', join(' | ', @columns), " |\n", '|---|', '---|' x @columns, "\n";
	for my $question (questions())
	{
		my ($name, $query) = @$question;
		my @cells;

		for my $workers (@WORKERS)
		{
			my $is_view = $name =~ /^v/;
			my $found = ask($query, $workers, $is_view ? 1 : $rounds);
			push @{ $times{"$_, $workers workers"} }, $found->{$_} for $is_view ? () : keys %$found;
			push @cells, map { sprintf $found->{$_} < 10 ? '%.1f' : '%.0f', $found->{$_} } @TIMES, 'native';
		}
		print "| $name | ", join(' | ', @cells), " |\n";
		STDOUT->flush;
	}
	print '| geometric mean of the questions | ', join(' | ', map { sprintf '%.0f', geometric_mean(@{ $times{$_} }) } @columns),
	  " |\n\n";
}

PsqlSession->new('CREATE EXTENSION IF NOT EXISTS pandelephant')->finish;
ask_all($_) for @logs;
