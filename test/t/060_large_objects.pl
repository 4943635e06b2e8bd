# Logs in large objects: they show what the file shows, to whom may read them, as the
# transaction sees them, and wherever the database goes.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('large_objects', new_sessions => 1);
my $directory = temporary_directory('large_objects');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# What a session says and prints of statements, with SQLSTATEs.
sub session
{
	my ($statements, %options) = @_;
	my ($complaints, $output) = complaints_of($node, [ map { /\\gset$/ ? $_ : "$_;" } @$statements ], %options);
	return ([ map { /(?:ERROR|FATAL):  (\w{5}: .*)/ ? $1 : '' } @$complaints ], $output);
}

# What a schema's relations hold, but for the log's name.
sub content
{
	my ($schema, $on) = @_;
	return ($on // $node)->safe_psql(
		'postgres',
		join '', map {
			my $row = $_ eq 'executions' ? "to_jsonb(r) - 'plog' - 'name'" : 'r';
			"SELECT '$_', count(*), sum(hashtextextended(($row)::text, 0)::numeric) FROM $schema.$_ r;\n"
		} @RELATIONS, 'strace');
}

sub store
{
	my ($path) = @_;
	return query("SELECT pe_store('$path')");
}

# ---------------------------------------------------------------------------
# All relations of all kinds of logs
# ---------------------------------------------------------------------------

for my $log (qw(made/empty_only_bogus made/all_kinds real/w1sum rules/flows edges/pid_reuse real/w1_pre2020form))
{
	my $path   = log_path($log);
	my $object = store($path);

	query("SELECT pe_attach('$path', 'file', description => 'd'),
		pe_attach(schema => 'object', large_object => $object, description => 'd')");
	is(content('object'), content('file'), "$log: shows what the file shows");
	is(query('SELECT plog, name FROM object.executions'), "large object $object|large object $object",
		"$log: how it is called");
	query("SELECT pe_materialize('object', 'native', relations => '{" . join(',', @RELATIONS) . "}')");
	is(content('native'), content('file'), "$log: and so do its native tables");
	query("SET client_min_messages = error; DROP SCHEMA file, object, native CASCADE; SELECT lo_unlink($object)");
}

{
	my $path   = log_path('made/killed_64k');
	my $object = store($path);

	query("SELECT pe_attach('$path', 'file', recover => true),
		pe_attach(schema => 'object', large_object => $object, recover => true)");
	is(content('object'), content('file'), 'a log is recovered from a large object');
	like((session(["SELECT pe_attach(large_object => $object)"]))[0][0],
		qr/^XX001: cannot read plog "large object $object": /, 'or reported');
	query('SET client_min_messages = error; DROP SCHEMA file, object CASCADE');
}

# ---------------------------------------------------------------------------
# Names, options
# ---------------------------------------------------------------------------

my $path   = log_path('made/all_kinds');
my $object = store($path);

is(query("SELECT pe_attach(large_object => $object)"), "large_object_$object", 'the schema has a name');
query("CREATE SCHEMA imported;
	IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (large_object '$object', execution 'i')");
is(content('imported'), content("large_object_$object"), 'IMPORT FOREIGN SCHEMA takes one');
like(query("EXPLAIN SELECT * FROM imported.syscalls"), qr/Plog: large object $object$/m, 'EXPLAIN names it');
query("ALTER FOREIGN TABLE imported.syscalls OPTIONS (DROP large_object, ADD filename '$path')");
is(query('SELECT count(*) FROM imported.syscalls'), query("SELECT count(*) FROM large_object_$object.syscalls"),
	'a table may change over to a file');
is(query("ANALYZE imported.threads; SELECT reltuples > 0 FROM pg_class WHERE oid = 'imported.threads'::regclass"),
	't', 'ANALYZE');

# ---------------------------------------------------------------------------
# Who may read it
# ---------------------------------------------------------------------------

query('CREATE ROLE reads LOGIN; CREATE ROLE other LOGIN; GRANT CREATE ON DATABASE postgres TO reads, other');
{
	my $attach = "SELECT pe_attach(schema => CURRENT_USER, large_object => $object)";
	my $count  = 'SELECT count(*) FROM reads.syscalls';

	is_deeply((session([$attach], extra_params => [qw(-U reads)]))[0],
		["42501: permission denied for large object $object"], 'who may not read it does not attach it');
	query("GRANT SELECT ON LARGE OBJECT $object TO reads");
	is_deeply((session([ $attach, $count ], extra_params => [qw(-U reads)]))[0], [ '', '' ],
		'who may, attaches it, without any right to files');
	is_deeply((session(["SELECT pe_store('$path')"], extra_params => [qw(-U reads)]))[0],
		['42501: permission denied to set option "filename"'], 'but has no file stored');

	query('GRANT USAGE ON SCHEMA reads TO other; GRANT SELECT ON ALL TABLES IN SCHEMA reads TO other');
	is_deeply((session([$count], extra_params => [qw(-U other)]))[0],
		["42501: permission denied for large object $object"], 'the right is that of who asks');
	query(qq{CREATE FUNCTION reads.counted() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS '$count';
		ALTER FUNCTION reads.counted() OWNER TO reads});
	is_deeply((session(['SELECT reads.counted()'], extra_params => [qw(-U other)]))[0], [''],
		'as effective user');

	# the planner knows how many rows there are from the catalog; others must not see that
	my $estimate = sub { query("SET ROLE other; EXPLAIN $_[0]") =~ /rows=(\d+)/; $1 };
	isnt($estimate->('SELECT * FROM reads.syscalls'),
		(query('EXPLAIN SELECT * FROM reads.syscalls') =~ /rows=(\d+)/)[0], 'nor does EXPLAIN tell how much there is');

	query("REVOKE SELECT ON LARGE OBJECT $object FROM reads");
	is_deeply((session([$count], extra_params => [qw(-U reads)]))[0],
		["42501: permission denied for large object $object"], 'it is asked at each scan');
	is_deeply((session([ $count ], extra_params => [ '-U', 'postgres' ]))[0], [''], 'superusers may');
	query('ALTER SYSTEM SET lo_compat_privileges = on; SELECT pg_reload_conf()');
	is_deeply((session([$count], extra_params => [qw(-U reads)]))[0], [''], 'all may with lo_compat_privileges');
	query('ALTER SYSTEM RESET lo_compat_privileges; SELECT pg_reload_conf()');
}

# ---------------------------------------------------------------------------
# Transactions
# ---------------------------------------------------------------------------

my $small = log_path('made/small');
{
	my ($errors, $output) = session([
		'BEGIN',
		"SELECT pe_store('$small') AS o \\gset",
		"SELECT pe_attach(schema => 'inside', large_object => :o)",
		'SELECT count(*) FROM inside.syscalls',
		"SELECT count(*) > 5 FROM pe_materialize('inside', 'inside_native')",
		'ROLLBACK',
		"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'inside%'" ]);
	query("SELECT pe_attach('$small', 's')");
	is_deeply([ $output =~ /\S+/g ], [ 'inside', query('SELECT count(*) FROM s.syscalls'), 't', '0' ],
		'made and attached in one transaction, and gone with it');
	is(join('', @$errors), '', 'without an error');

	is(query("SELECT pe_attach(schema => 'once', large_object => pe_store('$small'))"), 'once',
		'or in one statement');
	is(query("SELECT count(*) > 5 FROM pe_materialize(pe_attach(schema => 'twice', large_object => pe_store('$small')), 'n')"),
		't', 'that goes on to native tables');
}

# A large object whose content is replaced: sessions see it by their snapshots.
{
	my $changing = store($small);
	my $count    = 'SELECT count(*) FROM changing.syscalls';
	my $replace  = sub { my $f = shift; "SELECT lo_truncate(lo_open($changing, 131072), 0), lo_put($changing, 0, pg_read_binary_file('$f'))" };

	query("SELECT pe_attach(schema => 'changing', large_object => $changing); SELECT pe_attach('$path', 'a')");
	my ($few, $many) = map { query("SELECT count(*) FROM $_.syscalls") } qw(s a);
	isnt($few, $many, 'two logs differ');
	my ($errors, $output) = session([
		'BEGIN', $count, 'SAVEPOINT x', $replace->($path), $count,
		'ROLLBACK TO x', $count, $replace->($path), $count, 'COMMIT', $count ]);
	is_deeply([ grep { $_ } @$errors ], [], 'no error');
	is_deeply([ grep { /^\d+$/ } split /\n/, $output ], [ $few, $many, $few, $many, $many ],
		'replaced, rolled back, and replaced again');
	query($replace->($small));
	is(query($count), $few, 'and again, with the catalog of before on disk');

	# a cursor goes on with what it saw
	($errors, $output) = session([
		'BEGIN', 'DECLARE c CURSOR FOR SELECT syscall_id FROM changing.syscalls', 'FETCH 1 FROM c',
		"SELECT lo_truncate(lo_open($changing, 131072), 100)", 'MOVE ALL FROM c',
		$count, 'ROLLBACK', $count ]);
	like($errors->[5], qr/^XX001: cannot read plog "large object $changing": /, 'cut short, it is reported');
	is(join('', @$errors[ 0 .. 4, 6, 7 ]), '', 'but a cursor goes on');

	# another session's
	($errors, $output) = session([
		'BEGIN ISOLATION LEVEL REPEATABLE READ', $count,
		"\\! psql -qAtX -d '" . $node->connstr('postgres') . q{' -c "} . $replace->($path) . '"',
		$count, 'COMMIT', $count ]);
	is_deeply([ grep { /^\d+$/ && $_ > 0 } split /\n/, $output ], [ $few, $few, $many ], 'a snapshot sees what it saw');
}

# ---------------------------------------------------------------------------
# Damage
# ---------------------------------------------------------------------------

{
	my $bytes   = read_file($path);
	my $size    = length $bytes;
	my $plog    = take_apart($bytes);
	my $middle  = $plog->{chunks}[0]{position} + int(length($plog->{chunks}[0]{stream}) / 2);
	my $damaged = store($path);
	my @counts  = ('SELECT count(*) FROM damaged.syscalls', 'SELECT sum(length(call)) FROM damaged.strace');
	my $flip    = sprintf q{SELECT lo_put(%d, %d, '\x%02x')}, $damaged, $middle, ord(substr $bytes, $middle, 1) ^ 0x55;

	query("SELECT pe_attach(schema => 'damaged', large_object => $damaged)");
	my @kept = ("SET pandelephant.min_column_log_size = 0", "SELECT pe_cache('damaged', 'all')",
		q{SELECT sum(syscall_id) FROM damaged.syscalls WHERE name <> ''});
	my ($errors) = session([ @counts, @kept, $flip, @counts, $kept[2] ]);
	like($errors->[$_], qr/^XX001: cannot read plog "large object $damaged": /, "a flipped byte is noticed ($_)")
	  for 6 .. 8;
	is(join('', @$errors[ 0 .. 5 ]), '', 'after queries that kept chunks, catalog and columns');
	is(query("SELECT count(*) > 0 FROM pe_cached WHERE log = 'large object $damaged'"), 't', 'which there are');
	my ($told) = complaints_of($node, ["$counts[1];"]);
	like($told->[0], qr/DETAIL:  This was noticed at byte offset \d+/, 'with an offset');

	for my $left (0, 10, $plog->{chunks}[0]{position} + 5, $size - 1)
	{
		query("SELECT lo_put($damaged, 0, pg_read_binary_file('$path')), lo_truncate64(lo_open($damaged, 131072), $left)");
		like((session(["SELECT count(*) FROM damaged.syscalls"]))[0][0],
			qr/^XX001: cannot read plog "large object $damaged": /, "cut to $left bytes");
	}

	# pages that were never written are zeros
	query("SELECT lo_truncate(lo_open($damaged, 131072), 0), lo_put($damaged, 100000, 'x')");
	like((session(["SELECT count(*) FROM damaged.syscalls"]))[0][0], qr/^XX001: /, 'a hole');

	query("SELECT lo_unlink($damaged)");
	is_deeply((session([ $counts[0], "SELECT pe_attach(large_object => $damaged)", "ANALYZE damaged.syscalls" ]))[0],
		[ ("42704: large object $damaged does not exist") x 3 ], 'one that is gone');
	like(query('EXPLAIN ' . $counts[0]), qr/Foreign Scan/, 'does not keep queries from being planned');
}

# ---------------------------------------------------------------------------
# Workers
# ---------------------------------------------------------------------------

my $PARALLEL = 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
  . 'SET max_parallel_workers_per_gather = 2; SET pandelephant.catalog_cache = off;';
{
	my $long    = "$directory/long.plog";
	my $plog    = take_apart(read_file($path));
	my @entries = inflate_entries($plog->{chunks}[0]{stream});
	my $stream  = deflate_entries(@entries);
	write_file($long, put_together({ chunks => [ map { { entries => scalar @entries, stream => $stream } } 1 .. 40 ] }));
	my $large = store($long);
	my $sum   = 'SELECT count(*), sum(length(r::text)) FROM %s.entries r';
	query("SELECT pe_attach('$long', 'long_file'), pe_attach(schema => 'long_object', large_object => $large)");

	my $file = query("$PARALLEL " . sprintf $sum, 'long_file');
	is(query("$PARALLEL " . sprintf $sum, 'long_object'), $file, 'workers see the same');
	like(query("$PARALLEL EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " . sprintf $sum, 'long_object'),
		qr/Workers Launched: [12]/, 'there are some');
	is(query("$PARALLEL SET max_parallel_maintenance_workers = 2; SELECT count(*) FROM long_object.threads"),
		query('SELECT count(*) FROM long_file.threads'), 'the catalog is built by workers');
	my ($errors, $output) = session([
		$PARALLEL, 'BEGIN', "SELECT pe_store('$long') AS o \\gset",
		"SELECT pe_attach(schema => 'mine', large_object => :o)", sprintf($sum, 'mine'), 'ROLLBACK' ]);
	is((split /\n/, $output)[-1], $file, 'and what the transaction has written itself is read without');
	is(join('', @$errors), '', 'with no error');
	query('SET client_min_messages = error; DROP SCHEMA long_file CASCADE');
}

# ---------------------------------------------------------------------------
# Dump and restore, a standby
# ---------------------------------------------------------------------------

{
	query("SELECT pe_attach('$path', 'whole')");
	my $whole = content('whole');
	my $dump = "$directory/dump";

	$node->command_ok([ 'pg_dump', '-Fc', '-b', '-f', $dump, $node->connstr('postgres') ], 'dumped');
	query('CREATE DATABASE restored');
	$node->command_ok([ 'pg_restore', '-d', $node->connstr('restored'), $dump ], 'restored');
	is(query("SELECT count(*) FROM large_object_$object.syscalls", 'restored'),
		query('SELECT count(*) FROM whole.syscalls'), 'a restored database shows the log');

	$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on");
	$node->restart;
	$node->backup('base');
	my $class = ref $node;
	my $standby = $class->can('new') ? $class->new('standby') : $class->get_new_node('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	is(content("large_object_$object", $standby), $whole, 'a standby shows the log');
	my $later = query("SELECT pe_attach(schema => 'later', large_object => pe_store('$small')) = 'later'");
	$standby->poll_query_until('postgres', "SELECT to_regnamespace('later') IS NOT NULL") or die 'it does not follow';
	is($standby->safe_psql('postgres', 'SELECT count(*) FROM later.syscalls'), query('SELECT count(*) FROM s.syscalls'),
		'and those that are added');
	is($standby->psql('postgres', "SELECT pe_store('$small')"), 3, 'but stores none');
	$standby->stop;
}

# ---------------------------------------------------------------------------
# pe_store()
# ---------------------------------------------------------------------------

is_deeply(
	(session([ "SELECT pe_store('$directory/none')", "SELECT pe_store('$directory')", "SELECT pe_store('x.plog')",
			'BEGIN READ ONLY', "SELECT pe_store('$small')", 'ROLLBACK' ]))[0],
	[ "58P01: could not open plog \"$directory/none\": No such file or directory",
		"42809: cannot read plog \"$directory\": it is not a regular file",
		'42602: path "x.plog" must be absolute', '',
		'25006: cannot execute pe_store() in a read-only transaction', '' ],
	'pe_store() of what is no file');
{
	my $stored = store($path);
	is(query("SELECT lo_get($stored) = pg_read_binary_file('$path')"), 't', 'pe_store() keeps all bytes');
}

$node->stop;
done_testing();
