# Executions of a library become native and cold again while many clients ask: every
# answer is the one that there was before.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogSession qw(:DEFAULT start_session say_to hear ask);
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

my $CLIENTS = $ENV{PLOG_CLIENTS} // 16;
my $ROUNDS  = $ENV{PLOG_ROUNDS}  // 2;

my $node = start_server('moving', new_sessions => 1);
my @logs = qw(made/small made/all_kinds real/w1sum real/w1struct);

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

query(q{SELECT pe_library('lab')});
query(sprintf q{SELECT pe_library_add('lab', '%s')}, log_path($_)) for @logs;

# the first move makes the native tables
query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['small'])});

# The last asks with a snapshot that is older than some moves.
my @questions = (
	'SELECT execution_id, count(*), sum(syscall_id) FROM lab.syscalls GROUP BY 1 ORDER BY 1',
	'SELECT count(*), count(DISTINCT execution_id) FROM lab.threads',
	q{SELECT count(*), min(a.value) FROM lab.syscalls s JOIN lab.syscall_arguments a USING (execution_id, syscall_id) WHERE s.execution_id = 3},
	q{SELECT e.name, count(*) FROM lab.executions e JOIN lab.processes p USING (execution_id) GROUP BY 1 ORDER BY 1},
	q{SELECT count(call), sum(length(call)) FROM lab.strace WHERE execution_id = pe_execution('w1struct', 'lab')},
	"BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM lab.threads;\nSELECT 1 FROM pg_sleep(0.2);\n"
	  . "SELECT count(*) FROM lab.syscalls;\nSELECT count(*) FROM lab.syscall_arguments;\nSELECT count(*) FROM lab.threads;\nCOMMIT");
my %expected = map { $_ => query($_) } @questions;

my @clients = map { start_session($node) } 1 .. $CLIENTS;
my $mover   = start_session($node);
my ($asked, $different) = (0, 0);

# Give a client all questions, each in another order.
sub start_asking
{
	my ($client) = @_;
	my $first = $asked++;

	$client->{order} = [ map { $questions[ ($_ + $first) % @questions ] } 1 .. @questions ];
	say_to($client, join '', map { "$_;\n" } @{ $client->{order} });
}

# Compare what a client says.
sub compare_answers
{
	my ($client) = @_;
	my $found  = hear($client);
	my $wanted = join '', map { "$expected{$_}\n" } @{ $client->{order} };

	return if $found eq $wanted;
	diag("instead of\n$wanted:\n$found") if $different++ < 5;
}

# Moves, some of them taken back, while clients ask; into partitions of their own, and
# into such as others have.
my %said;
start_asking($_) for @clients;
for my $move (
	map { ("SET pandelephant.own_partitions = $_; SELECT count(*) > 2 FROM pe_materialize('lab', ARRAY['w1sum', 'w1struct']);",
		q{BEGIN; SELECT pe_library_freeze('lab', 'w1sum'); ROLLBACK;},
		q{SELECT pe_library_freeze('lab', 'small');},
		q{BEGIN; SELECT count(*) > 2 FROM pe_materialize('lab', ARRAY['all_kinds']); ROLLBACK;},
		q{SELECT pe_library_freeze('lab', 'w1struct');},
		q{SELECT count(*) > 2 FROM pe_materialize('lab', ARRAY['small']);},
		q{SELECT pe_library_freeze('lab', 'w1sum');}) } (16, 0) x $ROUNDS)
{
	say_to($mover, $move);
	until ($mover->{output} =~ /^done\n/m)
	{
		sleep 0.01;
		$_->{run}->pump_nb for @clients, $mover;
		for my $client (grep { $_->{output} =~ /^done\n/m } @clients)
		{
			compare_answers($client);
			start_asking($client);
		}
	}
	$said{ hear($mover) }++;
}
compare_answers($_) for @clients;
is(join('', sort keys %said), "t\n", 'moves succeed');
is($different, 0, "$CLIENTS clients see what there was before");
note("they asked $asked times");
$_->{run}->finish for @clients, $mover;
is(query($_), $expected{$_}, 'and so does one afterwards') for @questions;

# A snapshot that is older than a move back and one forth: the partition that there is now
# never had the rows that it shows; nor has one that others share, made meanwhile.
for my $own (16, 0)
{
	my $reader = start_session($node);
	my $count  = q{SELECT count(*) FROM lab.syscalls WHERE execution_id = 4; SELECT count(*), sum(length(call)) FROM lab.strace;};
	my $wanted = query($count) . "\n";

	query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['w1struct'])});
	ask($reader, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM lab.logs;');
	query(q{SELECT pe_library_freeze('lab', 'w1struct')});
	query(qq{SET pandelephant.own_partitions = $own; SELECT count(*) FROM pe_materialize('lab', ARRAY['w1struct'])});
	is(ask($reader, $count), $wanted, "older than two moves, own_partitions = $own");
	ask($reader, 'COMMIT;');
	is(ask($reader, $count), $wanted, 'and after them');
	query(q{SELECT pe_library_freeze('lab', 'w1struct')});
	is(ask($reader, $count), $wanted, 'and when it is cold');
	$reader->{run}->finish;
}

# Tables of somebody else that refer to the registry, of the same names, have no say.
query(q{CREATE ROLE stranger; GRANT REFERENCES ON lab.logs TO stranger; GRANT USAGE ON SCHEMA lab TO stranger;
	CREATE SCHEMA strange AUTHORIZATION stranger; SET ROLE stranger;
	CREATE TABLE strange.executions (execution_id bigint REFERENCES lab.logs);
	CREATE TABLE strange.syscalls (name text) PARTITION BY LIST (name);
	CREATE TABLE strange.some PARTITION OF strange.syscalls FOR VALUES IN ('a')});
is(query($questions[0]), $expected{ $questions[0] }, 'the tables of a stranger have no say');
is(query(q{SELECT count(*) FROM lab.syscalls s LEFT JOIN strange.syscalls o ON o.name = s.name}), query(q{SELECT count(*) FROM lab.syscalls}),
	'nor where they are asked, too');

$node->stop;
done_testing();
