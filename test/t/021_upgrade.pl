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

# ---------------------------------------------------------------------------
# What others have made of the extension's functions
# ---------------------------------------------------------------------------

query('postgres', 'CREATE ROLE analyst');
for my $version (@VERSIONS[ 0 .. $#VERSIONS - 1 ])
{
	my $database = "used_$version" =~ tr/./_/r;
	my $rights = q{SELECT DISTINCT has_function_privilege('public', oid, 'EXECUTE'),
		has_function_privilege('analyst', oid, 'EXECUTE') FROM pg_proc WHERE proname = 'pe_attach'};

	query('postgres', "CREATE DATABASE $database");
	query($database, "CREATE EXTENSION pandelephant VERSION '$version'");
	query($database, 'REVOKE EXECUTE ON FUNCTION pe_attach FROM public; GRANT EXECUTE ON FUNCTION pe_attach TO analyst');
	query($database, "CREATE VIEW public.attaching AS SELECT pe_attach('$path', execution => 'seen', schema => 'attached') AS attached");
	is(query($database, $rights), 'f|t', "$version: only one role may call it");

	query($database, 'ALTER EXTENSION pandelephant UPDATE');
	is(query($database, $rights), 'f|t', "$version: updated, that is so");
	is(query($database, 'SELECT attached FROM attaching'), 'attached', "$version: and a view calls it");
	is(query($database, 'SELECT name FROM attached.executions'), 'seen', "$version: with its parameters");
	is(query($database, "SELECT pe_attach('$path', schema => 'guest', guest => 'i386'); SELECT guest FROM guest.executions"),
		"guest\ni386", "$version: as others do with the new one");
	query('postgres', "DROP DATABASE $database");
}
query('postgres', 'DROP ROLE analyst');

# ---------------------------------------------------------------------------
# Native tables as 0.2.0 made them
# ---------------------------------------------------------------------------

# Their columns after execution_id, in its order, with their keys.
my $SEEN = 'first_seen_execution_offset bigint, last_seen_execution_offset bigint';
my @OLD_TABLES = (
	[ processes => 'process_id', "process_id bigint, pid bigint, ppid bigint, create_time bigint, names text[], asid bigint, $SEEN" ],
	[ threads => 'thread_id', "thread_id bigint, process_id bigint, tid bigint, names text[], create_time bigint, $SEEN" ],
	[ thread_names => 'thread_name_id', "thread_name_id bigint, thread_id bigint, name text, $SEEN" ],
	[ threadslices => 'threadslice_id', 'threadslice_id bigint, thread_id bigint, start_execution_offset bigint, end_execution_offset bigint' ],
	[ mappings => 'mapping_id', "mapping_id bigint, process_id bigint, name text, path text, asid bigint, base_address bigint, size bigint, $SEEN" ],
	[ syscalls => 'syscall_id', 'syscall_id bigint, thread_id bigint, process_id bigint, pid bigint, tid bigint, name text, retval bigint, pc bigint, execution_offset bigint, asid bigint' ],
	[ syscall_arguments => 'syscall_id, position', 'syscall_id bigint, position integer, name text, argument_type text, value text, struct_type text' ],
	[ entries => 'entry_id', 'entry_id bigint, chunk integer, pc bigint, execution_offset bigint, asid bigint, kind text, message jsonb' ]);
my $OLD_EXECUTIONS = 'name text, description text, plog text, plog_version integer, file_bytes bigint, chunk_count integer, entry_count bigint, first_execution_offset bigint, last_execution_offset bigint, complete boolean';

# The names of columns that are declared.
sub names_of { return join ', ', map { /^ *(\w+)/ } split /,/, $_[0] }

# Make a schema of that form, with the executions w1libs and kept, of the foreign
# schema w1libs; and views of somebody who has seen no other.
sub make_old_target
{
	my ($database) = @_;
	my @sql = ('CREATE SCHEMA native',
		"CREATE TABLE native.executions (execution_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, $OLD_EXECUTIONS, UNIQUE (name))",
		'ALTER TABLE native.executions ALTER COLUMN name SET NOT NULL');
	my %executions = (1 => 'w1libs', 2 => 'kept');

	my $columns = names_of($OLD_EXECUTIONS);
	for my $id (1, 2)
	{
		push @sql, "INSERT INTO native.executions ($columns) SELECT '$executions{$id}', "
		  . ($columns =~ s/^name, //r) . ' FROM w1libs.executions';
	}
	for my $table (@OLD_TABLES)
	{
		my ($name, $key, $declared) = @$table;
		my $list = names_of($declared);

		push @sql, "CREATE TABLE native.$name (execution_id bigint NOT NULL, $declared, PRIMARY KEY (execution_id, $key)) PARTITION BY LIST (execution_id)";
		next if $name eq 'entries';
		push @sql, "CREATE TABLE native.${name}_$_ PARTITION OF native.$name FOR VALUES IN ($_)",
		  "INSERT INTO native.$name (execution_id, $list) SELECT $_, $list FROM w1libs.$name"
		  for 1, 2;
	}
	push @sql, 'CREATE VIEW native.strace AS SELECT s.execution_id, s.syscall_id, s.thread_id, s.pid, s.tid, s.execution_offset,
			(SELECT public.pe_strace(s.name, s.retval, s.pc, array_agg(a.name), array_agg(a.argument_type), array_agg(a.value))
			 FROM (SELECT a.name, a.argument_type, a.value FROM native.syscall_arguments a
				WHERE a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id ORDER BY a.position) a) AS call
		 FROM native.syscalls s',
	  'CREATE VIEW public.my_processes AS SELECT * FROM native.processes',
	  'CREATE VIEW public.my_strace AS SELECT * FROM native.strace';
	query($database, "$_") for @sql;
}

# All that a target has of an execution, in columns that 0.2.0 had.
sub old_rows_of
{
	my ($database, $id) = @_;
	return join "\n", map {
		my ($name, $key, $declared) = @$_;
		my $list = names_of($declared);
		query($database, "SELECT '$name', count(*), md5(string_agg(r::text, E'\\n' ORDER BY $key)) FROM (SELECT $list FROM native.$name WHERE execution_id = $id) r")
	} @OLD_TABLES, [ 'strace', 'syscall_id', 'syscall_id bigint, call text' ],
	  [ 'executions', 'name', $OLD_EXECUTIONS ];
}

# The tables whose columns are not those of the relation.
sub lacking_columns
{
	my ($database) = @_;
	return query(
		$database,
		q{SELECT f.relname, a.attname FROM pg_class f JOIN pg_attribute a ON a.attrelid = f.oid
		  WHERE f.relnamespace = 'w1libs'::regnamespace AND a.attnum > 0 AND f.relname <> 'recordings' AND NOT EXISTS
			(SELECT FROM pg_class n JOIN pg_attribute b ON b.attrelid = n.oid
			 WHERE n.relnamespace = 'native'::regnamespace AND n.relname = f.relname
				AND b.attname = a.attname AND b.atttypid = a.atttypid AND NOT b.attisdropped)
		  ORDER BY 1, 2});
}

for my $case (
	[ 'replaced',      "pe_materialize('w1libs', 'native', 'replace')", 'w1libs', '' ],
	[ 'replaced by INSERT', "pe_materialize('w1libs', 'native', 'replace')", 'w1libs', 'SET pandelephant.bulk_load = off' ],
	[ 'beside a new one', "pe_materialize('other', 'native')", 'other', '' ])
{
	my ($name, $call, $source, $setting) = @$case;
	my $database = $name =~ tr/ /_/r;

	query('postgres', qq{CREATE DATABASE "$database"});
	query($database, 'CREATE EXTENSION pandelephant');
	query($database, "SELECT pe_attach('$path')");
	query($database, "SELECT pe_attach('$path', schema => 'other', execution => 'other')");
	make_old_target($database);
	isnt(lacking_columns($database), '', "$name: 0.2.0 lacked columns");
	my $kept = old_rows_of($database, 2);
	my $shown = query($database, 'SELECT md5(string_agg(r::text, E\'\n\' ORDER BY r::text)) FROM my_processes r WHERE execution_id = 2');
	my $view = query($database, q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'my_processes'::regclass});

	query($database, "SET client_min_messages = error; $setting; SELECT count(*) FROM $call");
	is(lacking_columns($database), '', "$name: the tables have all columns");
	is(old_rows_of($database, 2), $kept, "$name: what was not replaced is as it was");
	is(query($database, 'SELECT count(parent_process_id) FROM native.processes WHERE execution_id = 2'),
		0, "$name: and its new columns are NULL");
	is(query($database, 'SELECT md5(string_agg(r::text, E\'\n\' ORDER BY r::text)) FROM my_processes r WHERE execution_id = 2'),
		$shown, "$name: so do views show it");
	is(query($database, q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'my_processes'::regclass}),
		$view, "$name: with the columns that they had");

	my $id = query($database, "SELECT execution_id FROM native.executions WHERE name = '$source'");
	for my $relation (qw(executions processes threads thread_names threadslices mappings syscalls syscall_arguments strace))
	{
		my $columns = query($database,
			"SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$source.$relation'::regclass AND attnum > 1");
		is( query(
				$database,
				"SELECT count(*) FROM ((SELECT $columns FROM native.$relation WHERE execution_id = $id
					EXCEPT ALL SELECT $columns FROM $source.$relation)
				 UNION ALL (SELECT $columns FROM $source.$relation
					EXCEPT ALL SELECT $columns FROM native.$relation WHERE execution_id = $id)) d"),
			0, "$name: the new $relation are those of the log");
	}
	is(query($database, 'SELECT count(DISTINCT execution_id) FROM my_strace'), $source eq 'other' ? 3 : 2,
		"$name: a view of strace goes on working");

	# once up to date, further loads change nothing of the tables
	my $oids = 'SELECT string_agg(attrelid::text || attname || attnum, \',\')
		FROM (SELECT attrelid, attname, attnum FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
			WHERE relnamespace = \'native\'::regnamespace AND relkind IN (\'p\', \'v\') AND attnum > 0 ORDER BY 1, 2) a';
	my $before = query($database, $oids);
	query($database, "SELECT count(*) FROM pe_materialize('other', 'native', 'replace')");
	is(query($database, $oids), $before, "$name: it is done once");
	is(query($database, q{SELECT pe_drop_execution('kept', 'native')}), 't', "$name: what is old is dropped");
	query('postgres', qq{DROP DATABASE "$database"});
}

# What only looks like one of the tables is refused.
query('postgres', 'CREATE SCHEMA lookalike; CREATE TABLE lookalike.processes (execution_id bigint, pid bigint) PARTITION BY LIST (execution_id)');
query('postgres', "SELECT pe_attach('$path')");
my ($status, undef, $error) =
  $node->psql('postgres', q{SELECT pe_materialize('w1libs', 'lookalike')});
like($error, qr/"lookalike.processes" is not a table that pe_materialize\(\) made/, 'a table without its key');
query('postgres', 'DROP SCHEMA w1libs CASCADE; DROP SCHEMA lookalike CASCADE');

$node->stop;
done_testing();
