# Native tables without partitions: they hold what the partitioned ones hold, and Citus,
# where it is installed, distributes them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogSession;
use PlogTest;
use Test::More;

my $node = start_server('plain_tables');
my $all  = join ',', @RELATIONS, 'recordings';

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

sub session
{
	my ($statements, %options) = @_;
	my ($complaints, $output) = complaints_of($node, [ map { "$_;" } @$statements ], %options);
	return [ map { /(?:ERROR|FATAL):  (\w{5}: .*)/ ? $1 : '' } @$complaints ];
}

# What all relations and views of a schema hold.
sub content
{
	my ($schema, $database) = @_;
	my @names = split /\n/, query(
		"SELECT relname FROM pg_class WHERE relnamespace = '$schema'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition ORDER BY 1",
		$database);
	return query(join('', map { "SELECT '$_', count(*), sum(hashtextextended(r::text, 0)::numeric) FROM $schema.$_ r;\n" } @names), $database);
}

# ---------------------------------------------------------------------------
# The same as partitioned tables
# ---------------------------------------------------------------------------

is(query(q{SELECT pe_native_tables('plain', layout => 'plain'), pe_native_tables('parts')}), 'plain|parts', 'made');
is(query(q{SELECT count(*) FROM pg_class WHERE relnamespace = 'plain'::regnamespace AND relkind = 'p'}), 0, 'without partitioned tables');
is(query(q{SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indrelid
		WHERE relnamespace = 'plain'::regnamespace AND indisunique
		AND NOT (SELECT attnum FROM pg_attribute WHERE attrelid = indrelid AND attname = 'execution_id') = ANY (indkey)}),
	0, 'every key has execution_id');
is(query(q{SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'plain'::regnamespace}), 17,
	'all references are there');

my @logs = qw(made/all_kinds real/w1libs rules/flows edges/bad_utf8 made/empty_only_bogus rules/parents);
for my $log (@logs)
{
	my $path = log_path($log);
	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS log CASCADE; SELECT pe_attach('$path', 'log')");
	my ($plain, $parts) =
	  map { query("SELECT * FROM pe_materialize('log', '$_', relations => '{$all}')") } qw(plain parts);
	is($plain, $parts, "$log: as many rows");
}
is(content('plain'), content('parts'), 'the same rows in all relations and views');
my $whole = content('plain');

for my $generation (1, 2)
{
	query("SELECT pe_orm_views('$_', '${_}_orm_$generation', $generation)") for qw(plain parts);
	is(content("plain_orm_$generation"), content("parts_orm_$generation"), "views of the ORM, generation $generation");
}

# ---------------------------------------------------------------------------
# Again, replaced, dropped
# ---------------------------------------------------------------------------

is_deeply(session([q{SELECT pe_materialize('log', 'plain')}]), ['42710: schema "plain" already has an execution "parents"'], 'twice');
is(query(q{SELECT count(*) FROM pe_materialize('log', 'plain', if_exists => 'skip')}), 0, 'skipped');
is(query("SELECT count(*) > 5 FROM pe_materialize('log', 'plain', if_exists => 'replace', relations => '{$all}')"), 't', 'replaced');
is(content('plain'), $whole, 'and nothing is changed');
query(q{ALTER FOREIGN TABLE log.executions OPTIONS (ADD description 'it''s "new"')});
query(qq{ALTER FOREIGN TABLE log.$_ OPTIONS (ADD description 'it''s "new"')}) for grep { $_ ne 'executions' } @RELATIONS, 'strace', 'recordings';
query(q{SELECT pe_materialize('log', 'plain', if_exists => 'replace', relations => '{syscalls}')});
is(query(q{SELECT description FROM plain.executions WHERE name = 'parents'}), q{it's "new"}, 'what is new is in executions');
is(query(q{SELECT count(*) FROM plain.entries e JOIN plain.executions x USING (execution_id) WHERE x.name = 'parents'}), 0, 'and relations that are not asked for are gone');

query(q{CREATE TABLE notes (execution_id bigint, syscall_id bigint, FOREIGN KEY (execution_id, syscall_id) REFERENCES plain.syscalls);
	INSERT INTO notes SELECT execution_id, syscall_id FROM plain.syscalls LIMIT 1});
my $noted = query('SELECT name FROM notes JOIN plain.executions USING (execution_id)');
is(session(["SELECT pe_drop_execution('$noted', 'plain')"])->[0] =~ s/:.*//r, '23503', 'rows that others refer to stay');
query('DROP TABLE notes');
is(query("SELECT pe_drop_execution('$noted', 'plain'), pe_drop_execution('$noted', 'plain')"), 't|f', 'dropped, once');
is(query(join ' UNION ALL ', map { "SELECT count(*) FROM plain.$_ WHERE execution_id = 1" } @RELATIONS) =~ s/\n//gr, '0' x @RELATIONS, 'with all its rows');
is_deeply(session([ q{SELECT pe_native_tables('plain')}, q{SELECT pe_native_tables('parts', 'plain')}, q{SELECT pe_native_tables('x', 'flat')}, q{SELECT pe_native_tables(NULL)} ]),
	[ '42P07: the native tables of schema "plain" are of another layout', '42P07: the native tables of schema "parts" are of another layout',
		'22023: invalid value for parameter "layout": "flat"', '' ], 'what is refused');
is(query(q{SELECT pe_native_tables('plain', 'plain')}), 'plain', 'once more is nothing');

# ---------------------------------------------------------------------------
# Names are unique, whoever comes at the same time
# ---------------------------------------------------------------------------

{
	query(q{SELECT pe_attach('} . log_path('made/small') . "', 's$_', execution => 'one')") for 1 .. 4;
	my @runs = map {
		my ($out, $err) = ('', '');
		{ out => \$out, err => \$err, run => IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'),
			'-c', "SELECT count(*) > 5 FROM pe_materialize('s$_', 'plain', if_exists => 'skip')" ], '>', \$out, '2>', \$err) }
	} 1 .. 4;
	$_->{run}->finish for @runs;
	is(join('', map { ${ $_->{err} } } @runs), '', 'several sessions add an execution');
	is(join(' ', sort map { ${ $_->{out} } =~ s/\s//gr } @runs), 'f f f t', 'one of them does');
	is(query(q{SELECT count(*) FROM plain.executions WHERE name = 'one'}), 1, 'and there is one');
}

# a text longer than an index takes, after the tables were made
{
	query(q{UPDATE plain.syscalls SET name = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) AS i)
		WHERE (execution_id, syscall_id) = (SELECT execution_id, syscall_id FROM plain.syscalls LIMIT 1)});
	is(query('SELECT max(length(name)) FROM plain.syscalls'), 32000, 'a name may be longer than an index takes');
}

# a role that is not theirs
query('CREATE ROLE other LOGIN; GRANT USAGE ON SCHEMA plain, s1 TO other; GRANT SELECT ON ALL TABLES IN SCHEMA plain, s1 TO other');
is(session([q{SELECT pe_materialize('s1', 'plain', if_exists => 'replace')}], extra_params => [qw(-U other)])->[0] =~ s/:.*//r, '42501', 'tables of another role');

# ---------------------------------------------------------------------------
# Citus
# ---------------------------------------------------------------------------

SKIP:
{
	my $available = query(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'});
	skip('Citus is not installed: that its tables can be distributed is not tested', 1) if !$available;

	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'citus'\nmax_prepared_transactions = 20\nwal_level = logical\n");
	$node->restart;
	query('CREATE DATABASE distributed');
	my $host = $node->host;
	my $in = sub { query($_[0], q{distributed}) };

	# what all relations, and views, of a schema hold; those that are recursive cannot be
	# asked there, and views of many relations are asked for one execution
	my $distributed_content = sub {
		my ($schema, $of) = @_;
		my @views = split /\n/, $in->(
			"SELECT relname FROM pg_class WHERE relnamespace = '$schema'::regnamespace AND relkind = 'v' AND relname !~ '^(process_tree|files|strace)' ORDER BY 1");
		my $digest = 'count(*), sum(hashtextextended(r::text, 0)::numeric)';
		return $in->(join '', (map { "SELECT '$_', $digest FROM $schema.$_ r;\n" } $of eq 'views' ? () : @RELATIONS, 'recordings', 'strace'),
			map { my $view = $_; map { "SELECT '$view', $digest FROM $schema.$view r WHERE execution_id = $_;\n" } 1 .. @logs } $of eq 'views' ? @views : ());
	};

	# one node that is coordinator and worker, with shards as any other
	$in->('CREATE EXTENSION citus; CREATE EXTENSION pandelephant');
	$in->("SELECT citus_set_coordinator_host('$host', " . $node->port . ')');
	$in->(q{SELECT citus_set_node_property(nodename, nodeport, 'shouldhaveshards', true) FROM pg_dist_node});
	$in->(q{SELECT pe_native_tables('plain', layout => 'plain'); SELECT pe_native_tables('parts')});
	$in->(q{SELECT create_distributed_table('plain.executions', 'execution_id', shard_count => 4)});
	$in->("SELECT create_distributed_table('plain.$_', 'execution_id', colocate_with => 'plain.executions')")
	  for grep { $_ ne 'executions' } @RELATIONS, 'recordings';
	for my $log (@logs)
	{
		my $path = log_path($log);
		$in->("SET client_min_messages = error; DROP SCHEMA IF EXISTS log CASCADE; SELECT pe_attach('$path', 'log')");
		$in->("SELECT pe_materialize('log', '$_', relations => '{$all}')") for qw(plain parts);
	}
	is($distributed_content->('plain', $_), $distributed_content->('parts', $_), "Citus: the same rows in all $_")
	  for qw(relations views);
	is($in->(q{SELECT pg_relation_size('plain.syscalls') + pg_relation_size('plain.executions')}), 0,
		'Citus: no row is in the tables themselves');
	is($in->("SELECT count(*) > 5 FROM pe_materialize('log', 'plain', if_exists => 'replace', relations => '{$all}')"), 't', 'Citus: replaced');
	is($distributed_content->('plain', 'relations'), $distributed_content->('parts', 'relations'), 'Citus: the same');
	$in->("SELECT pe_orm_views('$_', '${_}_orm', 2)") for qw(plain parts);
	is(content('plain_orm', 'distributed'), content('parts_orm', 'distributed'), 'Citus: views of the ORM');
	like($in->(qq{EXPLAIN SELECT * FROM plain.$_ WHERE execution_id = 2}), qr/Task Count: 1\b/, "Citus: $_ of one execution are in one shard")
	  for qw(syscalls strace calls);
	like($in->(q{EXPLAIN SELECT s.name, count(a.value) FROM plain.syscalls s JOIN plain.syscall_arguments a USING (execution_id, syscall_id) GROUP BY 1}),
		qr/Task Count: 4\b/, 'Citus: a join over all runs in the shards');
	$in->("SELECT pe_drop_execution('parents', '$_')") for qw(plain parts);
	is($distributed_content->('plain', 'relations'), $distributed_content->('parts', 'relations'), 'Citus: dropped');
}

$node->stop;
done_testing();
