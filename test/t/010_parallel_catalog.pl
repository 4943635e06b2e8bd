# A catalog that several processes have built is the one that a single process
# builds: every log, cut into many small chunks, gives the same rows.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IO::Uncompress::Gunzip qw(gunzip);
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('parallel_catalog', new_sessions => 1);
my $directory = temporary_directory('parallel_catalog');

# What shows all that a catalog holds, in the order of the scan.
my @SHOWN = qw(executions processes threads thread_names threadslices mappings syscalls
  code_points taint_flows);

# What a new session with so many workers finds in a schema, and what it says of
# the pieces that the catalog was built in.
sub rows
{
	my ($schema, $workers, $relations, $settings) = @_;
	my ($output, $errors) = ('', '');
	my $digests = join "\n", map {
		"SELECT '$_', count(*), md5(string_agg(r::text, E'\\n')) FROM $schema.$_ r;"
	} @$relations;

	$node->psql('postgres', <<"END", stdout => \$output, stderr => \$errors, on_error_stop => 0);
LOAD 'pandelephant';
SET pandelephant.catalog_cache = off;
SET max_parallel_workers_per_gather = 0;
SET max_parallel_maintenance_workers = $workers;
SET min_parallel_table_scan_size = 0;
@{[ $settings // '' ]}
SET client_min_messages = debug1;
$digests
END
	my ($pieces) = $errors =~ /built in (\d+) pieces/;
	my @wrong = $errors =~ /^(?:psql:.*)?(?:ERROR|FATAL|PANIC): .*/mg;
	die "in schema $schema: @wrong" if @wrong;
	return ($output, $pieces // 0);
}

# The form that a log is written in, as plog_write calls it.
sub era_of
{
	my ($log) = @_;
	return $log =~ /2016/ ? '2016' : $log =~ /pre2020/ ? '2018' : $log =~ /sep2020/ ? 'september2020' : 'today';
}

# The log again, with chunks of about so many bytes.
sub cut_into_chunks
{
	my ($log, $bytes) = @_;
	my $path = "$directory/" . $log =~ s/\W/_/gr . ".$bytes.plog";
	my ($lines, $problem);

	gunzip(log_path($log) =~ s/plog$/jsonl.gz/r => \$lines) or die "could not read the dump of $log";
	write_plog($path, [ split /\n/, $lines ], '--chunk-size', $bytes, '--era', era_of($log));
	return $path;
}

sub attach
{
	my ($path, $schema) = @_;
	$node->safe_psql('postgres', "SELECT pe_attach('$path', '$schema')");
}

my $with_pieces = 0;
for my $log (@LOGS, @OLDER_FORMS)
{
	for my $bytes (1, 10_000)
	{
		my $schema = lc($log =~ s/\W/_/gr) . "_$bytes";

		# a chunk for each entry is for small logs
		next if $bytes == 1 && -s log_path($log) > 20_000;
		attach(cut_into_chunks($log, $bytes), $schema);
		my ($serial, $none) = rows($schema, 0, \@SHOWN);
		my ($parallel, $pieces) = rows($schema, 3, \@SHOWN);

		is($parallel, $serial, "$log in chunks of $bytes bytes, $pieces pieces");
		is($none, 0, "$log: one process builds no pieces");
		$with_pieces++ if $pieces > 1;
	}
}
cmp_ok($with_pieces, '>', 20, 'most of them were built in pieces');

# What does not fit into shared memory is gone through again.
# What pieces have seen of how calls are spread in time comes together: the
# second half of this log's calls is in a small part of its time.
my $half = 'SELECT * FROM real_w3a_10000.syscalls WHERE execution_offset > '
  . $node->safe_psql('postgres', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY execution_offset)'
	  . ' FROM real_w3a_10000.syscalls');
my $found = $node->safe_psql('postgres', "SELECT count(*) FROM ($half) h");
for my $workers (0, 3)
{
	my ($estimated) = $node->safe_psql('postgres', <<"END") =~ /rows=(\d+)/;
SET pandelephant.catalog_cache = off;
SET max_parallel_maintenance_workers = $workers;
SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM real_w3a_10000.threads;
EXPLAIN $half;
END
	cmp_ok($estimated, '>', $found / 2, "half of the calls, $workers workers: no less than half as many");
	cmp_ok($estimated, '<', $found * 2, "half of the calls, $workers workers: no more than twice as many");
}

attach("$directory/real_w1libs.10000.plog", 'again');
is((rows('again', 3, \@SHOWN, "SET maintenance_work_mem = '1MB';"))[0],
	(rows('again', 0, \@SHOWN))[0], 'with little shared memory');

# Where no worker is to be had, the leader does it all.
is((rows('again', 3, \@SHOWN, 'SET max_parallel_workers = 0;'))[1], 0, 'without any worker');

# In a transaction that has written, and in one that only reads.
for my $begin ('BEGIN; CREATE TABLE written (id int);', 'BEGIN READ ONLY;', 'BEGIN ISOLATION LEVEL SERIALIZABLE;')
{
	my ($found, $pieces) = rows('again', 3, ['processes'], $begin);
	is($found, (rows('again', 0, ['processes']))[0], "after $begin");
	cmp_ok($pieces, '>', 1, 'in pieces');
}

# A worker's complaint is the leader's.
my $broken = "$directory/broken.plog";
my $image  = read_file("$directory/real_w1libs.10000.plog");
substr($image, length($image) / 2, 64) = "\xff" x 64;
write_file($broken, $image);
attach($broken, 'broken');
my ($complaints) = complaints_of($node, [ map { "$_;" }
	q{LOAD 'pandelephant'}, 'SET pandelephant.catalog_cache = off',
	'SET min_parallel_table_scan_size = 0', 'SET max_parallel_maintenance_workers = 3',
	'SELECT count(*) FROM broken.threads', 'SELECT 1' ]);
like($complaints->[4], qr/XX001: cannot read plog "\Q$broken\E"/, 'a damaged chunk is found');
is($complaints->[5], '', 'and the session goes on');

done_testing();
