# Thousands of damaged logs: whatever a file holds, the server goes on, and every
# query ends in time, in rows or in an error that says what is wrong.
#
# PANDELEPHANT_MUTATIONS says how many logs are tried, and PANDELEPHANT_SEED
# which.  PANDELEPHANT_FIRST leaves those before out: to see again what went
# wrong with one.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogMutation;
use PlogSession;
use PlogTest;
use Test::More;

my $MUTATIONS = $ENV{PANDELEPHANT_MUTATIONS} // 400;
my $SEED      = $ENV{PANDELEPHANT_SEED} // int(rand 2**31);
my $FIRST     = $ENV{PANDELEPHANT_FIRST} // 1;

# A session reads so many logs, and materializes one of so many.
my $IN_SESSION   = 50;
my $MATERIALIZED = 10;

# What a statement may take, and a backend in all: inflated chunks of 16 MB,
# and what PostgreSQL itself wants.
my $TIMEOUT_SECONDS = 20;
my $MAX_MEGABYTES   = 256;

# How a query may end.
my %EXPECTED = map { $_ => 1 } qw(00000 XX001 54000 54001);

# ---------------------------------------------------------------------------
# The logs that are damaged
# ---------------------------------------------------------------------------

# The beginning of a log, in chunks of so many entries.
sub beginning_of
{
	my ($log, $chunks, $chunk_entries) = @_;
	my @entries = inflate_entries(take_apart(read_file(log_path($log)))->{chunks}[0]{stream});
	my @streams;

	while (@entries && @streams < $chunks)
	{
		push @streams, [ splice @entries, 0, $chunk_entries ];
	}
	return put_together({
		chunks => [
			map { { start_instr => 0, entries => scalar @$_, stream => deflate_entries(@$_) } }
			  @streams ] });
}

my @bases = (
	map(read_file(log_path($_)),
		qw(edges/arg_struct edges/bad_utf8 edges/proc_trace rules/absent rules/summary rules/traces rules/values)),
	map(beginning_of($_, 4, 50),
		qw(made/all_kinds made/small made/outgrown_struct_64k made/form_pre2020 made/form_sep2020
		  real/w1libs real/w1struct rules/arguments rules/modules)));

# ---------------------------------------------------------------------------
# The server
# ---------------------------------------------------------------------------

my $node      = start_server('mutations');
my $directory = temporary_directory('mutations');
my $file      = "$directory/log.plog";

write_file($file, $bases[0]);
$node->safe_psql('postgres',
	qq{SELECT pe_attach('$file', schema => 'intact');
	   SELECT pe_attach('$file', schema => 'recover', recover => true);
	   ALTER SYSTEM SET pandelephant.max_chunk_size = '16MB';
	   ALTER SYSTEM SET pandelephant.catalog_cache_size = '4MB';
	   ALTER SYSTEM SET statement_timeout = '${TIMEOUT_SECONDS}s';
	   ALTER SYSTEM SET client_min_messages = 'error';
	   ALTER SYSTEM SET restart_after_crash = on;
	   SELECT pg_reload_conf()});
my @relations = split /\n/,
  $node->safe_psql('postgres',
	q{SELECT relname FROM pg_class WHERE relnamespace = 'intact'::regnamespace ORDER BY relname});

# The statements that read a log, with their names.
my @readings;
for my $schema (qw(intact recover))
{
	push @readings, map { [ "$schema.$_", "SELECT count(r::text) FROM $schema.$_ r" ] } @relations;
	push @readings,
	  [ "materialize $schema",
		qq{SELECT count(*) FROM pe_materialize('$schema', target => 'native_$schema', if_exists => 'replace',
			relations => '{entries, syscall_arguments, threadslices, thread_names, mappings}')} ];
}

# Read damaged logs in one session.  Returns what went wrong, and the memory
# that the backend had at most, in kilobytes.
sub read_logs
{
	my ($first, $last) = @_;
	my $script = "\\set VERBOSITY sqlstate\n\\o /dev/null\n";
	my @expected;

	for my $number ($first .. $last)
	{
		my ($what, $bytes) = PlogMutation::mutate($bases[ rand @bases ]);

		next if $number < $FIRST;
		write_file("$directory/$number.plog", $bytes);
		$script .= "\\! mv $directory/$number.plog $file\n";
		for my $reading (@readings)
		{
			my ($name, $statement) = @$reading;

			next if $name =~ /^materialize/ && $number % $MATERIALIZED != 0;
			$script .= "\\warn ==\n$statement;\n";
			push @expected, "log $number ($what): $name";
		}
	}
	return ([], 0) if !@expected;
	$script .= "\\warn ==\n\\o\n"
	  . q{SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s*(\d+)'))[1]} . "\n;";
	my ($output, $errors) = ('', '');
	write_file("$directory/script", $script);
	$node->psql('postgres', "\\i $directory/script",
		stdout => \$output, stderr => \$errors, on_error_stop => 0,
		timeout => 3600, timed_out => \my $timed_out);

	my (undef, @complaints) = split /^.*?==\n/m, $errors . "\n", -1;
	my @wrong;
	for my $i (0 .. $#expected)
	{
		my $name      = $expected[$i];
		my $complaint = $complaints[$i] // 'nothing: the session is gone';
		my $state     = $complaint =~ /\A\s*\z/ ? '00000'
		  : $complaint =~ /\A.*ERROR:  (\w{5})\s*\z/ ? $1
		  :                                           $complaint;
		push @wrong, "$name: $state" if !$EXPECTED{$state};
		last if !defined $complaints[$i];
	}
	return (\@wrong, $output || 0);
}

# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------

note("PANDELEPHANT_SEED=$SEED PANDELEPHANT_MUTATIONS=$MUTATIONS");
srand $SEED;

my $most = 0;
for (my $first = 1; $first <= $MUTATIONS; $first += $IN_SESSION)
{
	my $last = $first + $IN_SESSION - 1;

	$last = $MUTATIONS if $last > $MUTATIONS;
	my ($wrong, $kilobytes) = read_logs($first, $last);
	is(join("\n", @$wrong), '', "logs $first to $last")
	  or diag("PANDELEPHANT_SEED=$SEED");
	$most = $kilobytes if $kilobytes > $most;
}

SKIP:
{
	skip 'memory is not that of the server alone', 1 if $ENV{SANITIZE} || $most == 0;
	cmp_ok($most / 1024, '<', $MAX_MEGABYTES, 'memory of a backend, in MB');
}
note("memory of a backend was $most kB at most");

my $server_log = read_file($node->logfile);
my @lines = $server_log =~
  /^(.*(?:PANIC|TRAP:|terminated by signal|server process .* exited|invalid memory alloc|out of memory|AddressSanitizer|runtime error|could not find|unrecognized).*)$/mg;
is(join("\n", @lines), '', 'nothing bad in the log of the server') or diag("PANDELEPHANT_SEED=$SEED");

$node->stop;
done_testing();
