# Every row of every relation of every log, against what the data model makes
# of the log's dump.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogTest;
use Test::More;

# Logs and relations to look at; 004_entries.pl looks at entries.
my @logs      = (@LOGS, @OLDER_FORMS);
my @relations = grep { $_ ne 'entries' } @RELATIONS;

my $node = start_server('relations');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# The columns of a foreign table with their types, in order.
sub columns_of
{
	my ($relation) = @_;
	return query(
		qq{SELECT attname || ' ' || format_type(atttypid, atttypmod)
		   FROM pg_attribute
		   WHERE attrelid = 's.$relation'::regclass AND attnum > 0 AND NOT attisdropped
		   ORDER BY attnum});
}

for my $log (@logs)
{
	my $path = log_path($log) =~ s/'/''/gr;

	is(query("SELECT pe_attach('$path', schema => 's')"), 's', "$log: attach");
	my $model = model_of($log);
	relation_is($node, 's', $_, $model, $log) for @relations;

	if ($log eq $logs[0])
	{
		is(columns_of($_), join("\n", @{ $COLUMNS{$_} }), "columns of $_") for @relations;
	}

	# What the recording that three of the logs are of must show.
	if ($log =~ m{^real/w1(?:sum|struct|libs)$})
	{
		is(query('SELECT count(*) FROM s.processes'), 12, "$log: processes");
		is(query('SELECT count(*) FROM s.threads'),   17, "$log: threads");
		is( query(
				q{SELECT tid FROM s.threads
				  WHERE process_id IN (SELECT process_id FROM s.threads WHERE 'worker-0' = ANY (names))
				  ORDER BY tid}),
			join("\n", 83 .. 88),
			"$log: six threads of one program share its process");
		is( query(
				q{SELECT pid, ppid FROM s.processes WHERE 'false' = ANY (names) ORDER BY pid}),
			"89|83\n90|83\n91|83",
			"$log: a process whose parent dies stays one process");
		is( query(
				q{SELECT message->'syscall'->'pid', count(DISTINCT message->'syscall'->'ppid')
				  FROM s.entries WHERE message->'syscall'->>'pid' IN ('89', '90', '91')
				  GROUP BY 1 ORDER BY 1}),
			"89|2\n90|2\n91|2",
			"$log: and its entries do name two parents");
	}
	query('DROP SCHEMA s CASCADE');
}

$node->stop;
done_testing();
