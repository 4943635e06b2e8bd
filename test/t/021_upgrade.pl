# ALTER EXTENSION UPDATE from every earlier version: what a database has stays
# and goes on working, and the extension ends up as one that is new.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogTest;
use Test::More;

my @VERSIONS = qw(0.1.0 0.2.0 0.3.0);

my $node = start_server('upgrade');

sub query
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, "SET client_min_messages = error; $sql");
}

# What the extension consists of in a database, with definitions and rights.
sub objects_of
{
	my ($database) = @_;
	return query(
		$database,
		q{SELECT pg_describe_object(classid, objid, 0), pg_get_functiondef(p.oid), p.proacl, s.srvacl
		  FROM pg_depend
			LEFT JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
			LEFT JOIN pg_foreign_server s ON classid = 'pg_foreign_server'::regclass AND s.oid = objid
		  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pandelephant')
		  ORDER BY 1});
}

my $current = query('postgres',
	q{SELECT default_version FROM pg_available_extensions WHERE name = 'pandelephant'});
is($current, $VERSIONS[-1], 'the newest version is the default');
is(query('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'pandelephant'}),
	$current, 'and what is created');
my $objects = objects_of('postgres');
like($objects, qr/function pe_orm_views\(name,name,integer\)/, 'it has objects');

my $path = log_path('real/w1libs') =~ s/'/''/gr;
for my $version (@VERSIONS[ 0 .. $#VERSIONS - 1 ])
{
	my $database = "from_$version" =~ tr/./_/r;
	my $rows = 'SELECT (SELECT count(*) FROM native.syscalls), (SELECT count(*) FROM w1libs.syscalls),
		(SELECT md5(string_agg(call, E\'\n\' ORDER BY syscall_id)) FROM native.strace)';

	query('postgres', "CREATE DATABASE $database");
	query($database, "CREATE EXTENSION pandelephant VERSION '$version'");
	is(query($database, "SELECT pe_attach('$path')"), 'w1libs', "$version: attach");
	is(query($database, q{SELECT count(*) FROM pe_materialize('w1libs', 'native')}), 10, "$version: materialize");

	# those that came after 0.1.0
	query($database, 'DROP FOREIGN TABLE w1libs.recordings, w1libs.taint_flows, w1libs.code_points;
		DROP TABLE native.recordings, native.taint_flows, native.code_points');

	my $before = query($database, $rows);
	query($database, 'ALTER EXTENSION pandelephant UPDATE');
	is(objects_of($database), $objects, "$version: updated, it is as one that is new");
	is(query($database, $rows), $before, "$version: what was there still is");
	like($before, qr/^2222\|2222\|\w+$/, "$version: and it was there");

	is(query($database, q{SELECT pe_orm_views('native', 'views', 2)}), 'views', "$version: views");
	is(query($database, 'SELECT type, name FROM views.executions'), 'Execution|w1libs',
		"$version: of tables that knew no recordings");
	is(query($database, 'SELECT count(*) FROM views.taint_flows'), 0, "$version: nor taint flows");
	query($database, 'DROP SCHEMA views CASCADE; DROP TABLE native.recordings, native.taint_flows, native.code_points');
	is(query($database, q{SELECT count(*) FROM pe_materialize('w1libs', 'native', 'replace')}),
		8, "$version: replace with what lacks recordings");
	my $recording = $path =~ s/libs\.plog$//r;
	query($database, "SELECT pe_attach('$path', schema => 'recorded', recording => '$recording')");
	is( query(
			$database,
			q{SELECT count(*) FROM pe_materialize('recorded', 'native', 'replace');
			  SELECT instruction_count FROM native.recordings}),
		"11\n27481629",
		"$version: and with one");
	is(query($database, q{SELECT pe_drop_execution('w1libs', 'native')}), 't', "$version: drop");
}

$node->stop;
done_testing();
