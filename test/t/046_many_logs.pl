# Queries over more logs than a process may have files open.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $LOGS      = $ENV{PLOG_LOGS} // 3000;
my $node      = start_server('many_logs', new_sessions => 1);
my $directory = temporary_directory('many_logs');

# Few files: what PostgreSQL itself needs, and some more.
$node->append_conf('postgresql.conf', "max_files_per_process = 64\nmax_locks_per_transaction = 512");
$node->restart;

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Each log has a call of its own, and all are partitions of one table.
my $number_of_call = sub {
	my ($number) = @_;
	my $syscall = varint_field(1, 7) . varint_field(3, 7) . varint_field(4, 5) .
	  bytes_field(6, "call $number");
	return put_together({ chunks => [ { entries => 1,
		stream => deflate_entries(entry(1000 + $number, bytes_field(58, $syscall))) } ] });
};
write_file("$directory/$_.plog", $number_of_call->($_)) for 1 .. $LOGS;
query(q{CREATE TABLE calls (execution_id bigint, syscall_id bigint, name text, execution_offset bigint)
	PARTITION BY LIST (execution_id)});
query(qq{DO \$\$ BEGIN FOR i IN 1 .. $LOGS LOOP
	EXECUTE format('CREATE FOREIGN TABLE call_%s PARTITION OF calls FOR VALUES IN (%s)
		SERVER pandelephant OPTIONS (relation ''syscalls'', filename %L, execution_id ''%s'')',
		i, i, '$directory/' || i || '.plog', i);
	END LOOP; END \$\$});

my $sum = $LOGS * ($LOGS + 1) / 2;
is(query(q{SELECT count(*), sum(split_part(name, ' ', 2)::int) FROM calls}), "$LOGS|$sum",
	"$LOGS logs, one after the other");
is(query(q{SELECT count(*), sum(number) FILTER (WHERE number = place) FROM
	(SELECT split_part(name, ' ', 2)::int, row_number() OVER (ORDER BY execution_offset)
	 FROM calls) r(number, place)}), "$LOGS|$sum", 'in the order of their offsets');
is(query(q{SET enable_sort = off; SELECT count(*), sum(number) FROM
	(SELECT execution_id, syscall_id, split_part(name, ' ', 2)::int FROM calls
	 ORDER BY execution_id, syscall_id LIMIT 100000) r(e, s, number)}), "$LOGS|$sum",
	'in the order of their keys, all open at once');
is(query(qq{SELECT count(*), min(name) FROM generate_series(1, 3) WITH ORDINALITY g(n, o),
	LATERAL (SELECT name FROM calls WHERE execution_id > g.n ORDER BY name LIMIT 1) l}), '3|call 10',
	'again and again');

# What a query takes for each log that it has open is little.
my $bytes = query(q{BEGIN; SET enable_sort = off;
	DECLARE c CURSOR FOR SELECT name FROM calls ORDER BY execution_id, syscall_id;
	MOVE 1 FROM c;
	SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'pandelephant%'})
  if $node->safe_psql('postgres', 'SHOW server_version_num') >= 140000;
if (defined $bytes)
{
	note($bytes / $LOGS, ' bytes a log');
	cmp_ok($bytes / $LOGS, '<', 64 * 1024, 'memory for each log');
}

# A log that was closed for want of descriptors is opened again by its name: if
# another is there by then, or none, that is seen.
for my $case ([ 'replaced', "cp 2.plog tmp; mv tmp 1.plog" ], [ 'removed', 'rm 1.plog' ])
{
	my ($what, $command) = @$case;
	my ($complaints, $output) = complaints_of($node, [
			'BEGIN; DECLARE c CURSOR FOR SELECT name FROM call_1 UNION ALL SELECT name FROM call_1;
			 FETCH 1 FROM c; SELECT count(*) FROM calls;',
			"\\! cd '$directory' && $command",
			'FETCH ALL FROM c; COMMIT;' ]);
	like($complaints->[2], qr/ERROR:  (?:55000|58P01)/, "$what: an error");
	is($output, "call 1\n$LOGS", 'and no other row');
	write_file("$directory/1.plog", $number_of_call->(1));
}

$node->stop;
done_testing();
