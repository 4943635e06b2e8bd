# Libraries of three servers under one name: a query reaches the servers whose ranges of
# ids its conditions leave, and the rows are those of all.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogSession;
use PlogTest;
use Test::More;

my @nodes = map { start_server("library_$_") } qw(near left right);
my ($near) = @nodes;

plan skip_all => 'postgres_fdw is not installed'
  if $near->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'}) == 0;

sub query
{
	my ($sql) = @_;
	return $near->safe_psql('postgres', $sql);
}

my @logs = ([ 'made/small', 'real/w1sum' ], ['made/all_kinds'], ['rules/flows']);
for my $i (0 .. 2)
{
	my $first = 1 + 1000 * $i;
	my $last  = $first + 999;

	$nodes[$i]->safe_psql('postgres', "SELECT pe_library('lab', $first, $last)");
	$nodes[$i]->safe_psql('postgres', "SELECT pe_library_add('lab', '" . log_path($_) . "')") for @{ $logs[$i] };
}
query('CREATE EXTENSION postgres_fdw');
for my $i (1, 2)
{
	my $server = ('', 'left', 'right')[$i];
	my ($host, $port) = ($nodes[$i]->host, $nodes[$i]->port);

	query(qq{CREATE SERVER "$server" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
		CREATE USER MAPPING FOR postgres SERVER "$server" OPTIONS (user 'postgres')});
	is(query("SELECT pe_library_server('lab', '$server', 'lab', " . (1 + 1000 * $i) . ', ' . 1000 * ($i + 1) . ')'),
		"lab_$server", "$server is a part");
}
for my $relation (@RELATIONS, 'strace')
{
	my $digest = "SELECT execution_id, count(*), sum(hashtextextended(r::text, 0)::numeric)
		FROM lab.$relation r GROUP BY 1 ORDER BY 1";
	# of this server before the others became its parts
	my @rows = map { $_->safe_psql('postgres', $_ == $near && $relation ne 'executions' ?
			$digest =~ s/lab\./lab_cold./r : $digest =~ s/lab\.executions/(SELECT * FROM lab.executions WHERE execution_id IN (SELECT execution_id FROM lab.logs))/r) } @nodes;
	is(query($digest), join("\n", grep { $_ ne '' } @rows), "$relation: the rows of all servers");
}

# The parts that a plan has: foreign tables by their schemas.
sub parts
{
	my ($sql) = @_;
	my $plan = query("EXPLAIN (VERBOSE, COSTS OFF) $sql");
	return join ' ', sort { $a cmp $b } $plan =~ /Foreign Scan on (lab\w*)\./g;
}
is(parts('SELECT * FROM lab.syscalls'), 'lab_cold lab_left lab_right', 'all parts');
is(parts('SELECT * FROM lab.syscalls WHERE execution_id = 1500'), 'lab_cold lab_left', 'a remote execution');
is(parts('SELECT * FROM lab.syscalls WHERE execution_id = 1'), 'lab_cold', 'an execution of this server');
is(parts('SELECT * FROM lab.syscalls WHERE execution_id > 2500'), 'lab_cold lab_right', 'a range');
like(query('EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls'), qr/Async Foreign Scan/, 'remote parts are asked at the same time')
  if query('SHOW server_version_num') >= 140000;
is(query(q{SELECT count(*) > 0 FROM lab.syscalls WHERE execution_id = pe_execution('all_kinds', 'lab')}), 't',
	'a remote execution by its name');

my ($complaints) = complaints_of($near, [
	q{SELECT pe_library_server('lab', 'left', 'lab', 500, 1500);},
	q{SELECT pe_library_server('lab', 'left', 'lab', 5, 1);},
	q{SELECT pe_library_server('lab', 'pandelephant', 'lab', 5000, 6000);},
	q{CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '} . $nodes[1]->host . q{', port '} . $nodes[1]->port . q{', dbname 'postgres');
		CREATE USER MAPPING FOR postgres SERVER other OPTIONS (user 'postgres');
		SELECT pe_library_server('lab', 'other', 'public', 5000, 6000);} ]);
is(join(' ', map { /ERROR:  (\w{5})/ ? $1 : 'ok' } @$complaints[ 0 .. 3 ]), '22023 22023 42809 42P01', 'errors');

$_->stop for @nodes;
done_testing();
