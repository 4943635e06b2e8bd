# Files of columns whose checksums are right, and whose contents are not: nothing that
# a file says may crash a backend, or make it take memory for what a chunk cannot have;
# and what contradicts the log, as far as its catalog knows it, is not believed.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use ColumnsFile;
use Compress::Zlib ();
use File::Copy qw(copy);
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

# How many files with random bytes are tried, and which: PLOG_SEED repeats a run.
my $FORGED = $ENV{PLOG_FORGED} // 60;
my $seed   = $ENV{PLOG_SEED}   // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

my $node  = start_server('forged_columns', new_sessions => 1);
my $cache = $node->data_dir . '/pandelephant_cache';

$node->append_conf('postgresql.conf', <<~'END_OF_CONFIGURATION');
	pandelephant.min_column_log_size = 0
	max_parallel_workers_per_gather = 0
	END_OF_CONFIGURATION
$node->reload;

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What a session of its own prints, and which of our messages it gets, and errors.
sub session
{
	my ($sql) = @_;
	my ($output, $errors) = ('', '');

	my $status = $node->psql('postgres', "LOAD 'pandelephant'; SET client_min_messages = debug1;\n$sql",
		stdout => \$output, stderr => \$errors, on_error_stop => 0, timeout => 180);
	my @words = (($status == 2 ? 'lost' : ()), ($errors =~ /removing damaged or stale file of columns/ ? 'removed' : ()),
		$errors =~ /(?:ERROR|FATAL|PANIC):\s+(.*)/g);
	return ($output, join ' ', @words);
}

sub columns_file
{
	my @files = glob "$cache/*.columns";
	return $files[0];
}

# Questions that together decode every block, each for itself and all at once.
sub questions
{
	my ($schema) = @_;
	return join ";\n", map({ "SELECT $_" }
		"md5(string_agg(r::text, chr(10) ORDER BY syscall_id)) FROM $schema.syscalls r",
		"md5(string_agg(r::text, chr(10) ORDER BY syscall_id, position)) FROM $schema.syscall_arguments r",
		"md5(string_agg(r::text, chr(10) ORDER BY syscall_id)) FROM $schema.strace r",
		"sum(position), count(*) FROM $schema.syscall_arguments",
		"name, count(syscall_id), sum(retval), bool_or(on_entry) FROM $schema.syscalls WHERE retval = 0 AND syscall_id >= 0 GROUP BY 1 ORDER BY 1",
		"count(pc), sum(execution_offset), count(asid) FROM $schema.syscalls WHERE thread_id >= 1",
		"s.name, a.name, count(*), count(a.value) FROM $schema.syscalls s JOIN $schema.syscall_arguments a USING (execution_id, syscall_id) GROUP BY 1, 2 ORDER BY 1, 2",
		"count(*) FROM $schema.syscall_arguments WHERE value = '3'"), '';
}

# Keep all columns of a log in the schema of that name.  Returns the file and what is in it.
sub keep_columns
{
	my ($log, $schema) = @_;

	query("SELECT pe_attach('" . log_path($log) . "', '$schema'); SELECT count(*) FROM $schema.threads;"
		  . "SELECT pe_cache_empty(); SELECT pe_cache('$schema')");
	return (columns_file(), read_file(columns_file()));
}

my ($file, $good) = keep_columns('rules/arguments', 's');
my $asked = questions('s');
my ($expected) = session("SET pandelephant.enable_columns = off; $asked");

write_file($file, put_columns_together(take_columns_apart($good)));
is_deeply([ session($asked) ], [ $expected, '' ], 'the test computes the checksums, too');
like(query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT sum(position) FROM s.syscall_arguments'),
	qr/Chunks Read: 0\n(?:.*\n)*.*Chunks From Columns: [1-9]/, 'and its file is used');

# Change the file, and see that it is removed and the log answers.
sub is_not_believed
{
	my ($title, $change) = @_;
	my $columns = take_columns_apart($good);

	$change->($columns, $columns->{records}[0]);
	write_file($file, put_columns_together($columns));
	my @found = session($asked);
	ok($found[0] eq $expected && $found[1] eq 'removed', $title) or diag($found[1]);
}

# ---------------------------------------------------------------------------
# Contents that contradict themselves or the log
# ---------------------------------------------------------------------------

my $CALL_NAME = 1 << 6;

# In all records, calls' kinds without a name: they still have its length.
is_not_believed('a name that is absent, but has a length', sub {
	for my $record (@{ $_[0]{records} })
	{
		my ($kinds) = unpack 'L', $record->{blocks}{calls};
		for my $kind (0 .. $kinds - 1)
		{
			my $at = 8 + 24 * $kind + 12;
			my $present = unpack 'L', substr $record->{blocks}{calls}, $at, 4;
			substr $record->{blocks}{calls}, $at, 4, pack 'L', $present & ~$CALL_NAME;
		}
	}
});
is_not_believed('a thread that has a name', sub {
	substr $_[1]{blocks}{threads}, 8 + 24, 4, pack 'L', $CALL_NAME | 14;
});
is_not_believed('more calls than the log has', sub { $_[1]{calls} = 1000 });
is_not_believed('fewer calls', sub { $_[1]{calls}-- });
is_not_believed('calls in entries that follow each other, of which a few bytes tell', sub {
	my ($record) = $_[1];
	my ($kinds, $names) = unpack 'LL', $record->{blocks}{calls};
	my $calls = 1_000_000_000;
	$record->{calls} = $calls;
	$record->{blocks}{calls} = substr($record->{blocks}{calls}, 0, 8 + 24 * $kinds + $names) . pack('CCQQ', 0, 0, 0, 0) . pack('CCQQ', 1, 0, 1, -1);
});
is_not_believed('a block that is said to have more bytes than LZ4 can make of it', sub {
	$_[1]{sizes}{strings} = 200 * 1024 * 1024;
});
is_not_believed('a block that is said to have more bytes than any', sub {
	$_[1]{sizes}{strings} = 400 * 1024 * 1024;
	$_[1]{blocks}{strings} = "\0" x (2 * 1024 * 1024);
});

# Take the first form apart: its parameters, the offsets of those and of their names.
sub change_first_form
{
	my ($record, $change) = @_;
	my $block = $record->{blocks}{arguments};
	my ($forms, $parameters, $names, $strings) = unpack 'L4', $block;
	my @forms = unpack "(L2)$forms", substr $block, 16;
	my @parameters = unpack "(L2)$parameters", substr $block, 16 + 8 * $forms;
	my $all_names = substr $block, 16 + 8 * $forms + 8 * $parameters, $names;
	my $rest = substr $block, 16 + 8 * $forms + 8 * $parameters + $names;

	$change->(\@forms, \@parameters, \$all_names);
	$record->{blocks}{arguments} = pack('L4', @forms / 2, @parameters / 2, length $all_names, $strings)
	  . pack('L*', @forms, @parameters) . $all_names . $rest;
}

is_not_believed('calls with more arguments than the log has', sub {
	change_first_form($_[1], sub {
		my ($forms, $parameters, $names) = @_;
		$forms->[0]++;
		unshift @$parameters, 3, 1;
		$$names = "x$$names";
	});
});
is_not_believed('more arguments than any chunk has, of which a few bytes tell', sub {
	for my $record (@{ $_[0]{records} })
	{
		change_first_form($record, sub {
			my ($forms, $parameters, $names) = @_;
			$forms->[0] += 100_000;
			unshift @$parameters, (3, 0) x 100_000;
		});
	}
});
is_not_believed('a form without calls', sub {
	change_first_form($_[1], sub { unshift @{ $_[0] }, 0, 0 });
});

# ---------------------------------------------------------------------------
# What the view shows
# ---------------------------------------------------------------------------

for my $case ([ 'a name without an end', log => 'x' x 1024 ], [ 'a time that no timestamp can be', made => 2**62 ], [ 'a time before any', made => -2**62 ])
{
	my ($title, %wrong) = @$case;
	my $columns = take_columns_apart($good);

	@$columns{ keys %wrong } = values %wrong;
	write_file($file, put_columns_together($columns));
	is_deeply([ session('SELECT count(*), max(length(log)), max(age) IS NULL FROM pe_cached') ], [ '0||t', '' ], "the view leaves out $title");
}

# ---------------------------------------------------------------------------
# Chunks with very many calls or arguments
# ---------------------------------------------------------------------------

# How many chunks of a log of one chunk, which has so many calls with so many
# arguments each, have columns when all are asked for.
my $directory = temporary_directory('forged_columns');
sub chunks_kept
{
	my ($calls, $arguments) = @_;
	my $argument = bytes_field(7, bytes_field(1, 'a') . varint_field(5, 1));
	my $call = frame(entry(1, bytes_field(58, varint_field(1, 7) . varint_field(5, 0) . $argument x $arguments)));
	my $path = "$directory/many.plog";

	write_file($path, put_together({ chunks => [
		{ entries => 1, stream => deflate_entries('') },
		{ entries => $calls, stream => Compress::Zlib::compress($call x $calls) } ] }));
	sleep 0.1;
	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS many CASCADE; SELECT pe_attach('$path', 'many')");
	return query("SELECT count(*), sum(retval) FROM many.syscalls WHERE retval >= 0; SELECT chunks FROM pe_cache('many')") =~ s/\n/ /r;
}

is(chunks_kept(524_288, 4), '524288|0 1', 'as many calls and arguments as a chunk with columns may have');
is(chunks_kept(524_289, 0), '524289|0 0', 'one call more');
is(chunks_kept(419_431, 5), '419431|0 0', 'a few arguments more');

# A database in another encoding has kept the columns of a log whose name is no UTF-8.
my $path = "$directory/caf\xe9.plog";
copy(log_path('rules/arguments'), $path) or die "could not write $path: $!";
sleep 0.1;
query("SELECT pe_cache_empty()");
query("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
$node->safe_psql('latin', "SET client_encoding = latin1; CREATE EXTENSION pandelephant; SELECT pe_attach('$path', 's'); SELECT pe_cache('s')");
is(query("SELECT right(log, 12) FROM pe_cached"), 'caf\\xe9.plog', 'a name in another encoding');
query('SELECT pe_cache_empty()');
write_file($file, $good);

# ---------------------------------------------------------------------------
# Anything
# ---------------------------------------------------------------------------

# Values may be wrong then, of which nobody can know.
my $lost = 0;
for my $number (1 .. $FORGED)
{
	my $columns = take_columns_apart($good);
	my @records = @{ $columns->{records} };

	for (0 .. int rand 3)
	{
		my $record = $records[ rand @records ];
		my @names = sort keys %{ $record->{blocks} };
		my $block = \$record->{blocks}{ $names[ rand @names ] };
		my $at = rand(2) < 1 ? int rand length $$block : int rand(length($$block) < 100 ? length $$block : 100);
		my $how = int rand 5;
		if ($how == 0) { substr $$block, $at, 1, chr int rand 256 }
		elsif ($how == 1) { substr $$block, $at, 4, pack 'L', (0, 1, 2**31, 2**32 - 1, int rand 2**20)[ rand 5 ] }
		elsif ($how == 2) { $$block = substr $$block, 0, $at }
		elsif ($how == 3) { substr $$block, $at, 0, "\0" x int rand 100 }
		else { $record->{calls} = int rand 2 * $record->{calls} }
	}
	write_file($file, put_columns_together($columns));
	my ($output, $words) = session("SET statement_timeout = '60s'; $asked");
	next if $words !~ /lost|timeout|memory|alloc/;
	$lost++;
	diag("number $number: $words");
}
is($lost, 0, 'no forged file crashes a backend, or takes its time or memory');

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
