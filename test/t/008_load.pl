# pe_materialize() loads a log's relations in one pass.  The other way, INSERT,
# is the oracle: rows, keys and indexes must be the same; so must what is done
# with tables that only INSERT can fill.  And what a load shows of itself, and
# what is left of one that is cancelled.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogSession;
use PlogTest;
use PlogWire;
use Test::More;

my $node      = start_server('load');
my $directory = temporary_directory('load');

# Each execution has partitions of its own, unless a session says otherwise.
$node->append_conf('postgresql.conf', 'pandelephant.own_partitions = 1000');
$node->reload;


# All relations, those too that are only written when asked for.
my $everything = "relations => '{" . join(',', @RELATIONS) . "}'";

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# The SQLSTATE and message of SQL that fails.
sub error_of
{
	my ($sql) = @_;
	my ($complaints) = complaints_of($node, ["$sql;"]);
	return $complaints->[0];
}

# Make foreign tables for a log in schema s, instead of what is there.
sub attach
{
	my ($path, $options) = @_;
	$path =~ s/'/''/g;
	query(
		"SET client_min_messages = error; DROP SCHEMA IF EXISTS s CASCADE;
		 SELECT pe_attach('$path', schema => 's'" . ($options // '') . ')');
}

# SQL that writes schema s to a target, in one way or the other.
my $settings = '';

sub materialize
{
	my ($target, $bulk_load, $options) = @_;
	return "$settings SET client_min_messages = error; SET pandelephant.bulk_load = $bulk_load;"
	  . "SELECT relation, row_count FROM pe_materialize('s', '$target'" . ($options // '') . ');';
}

# How many rows of each relation are in the schema that was loaded alone, and how
# many more it has: of the execution given, or of all.
sub differing_rows
{
	my ($execution_id, @relations) = @_;
	my $where = defined $execution_id ? "WHERE execution_id = $execution_id" : '';

	return query(
		join ' UNION ALL ',
		map {
			"SELECT '$_',
				(SELECT count(*) FROM (SELECT * FROM loaded.$_ $where EXCEPT ALL SELECT * FROM inserted.$_ $where) d),
				(SELECT count(*) FROM loaded.$_ $where) - (SELECT count(*) FROM inserted.$_ $where)"
		} @relations);
}

# Test that rows are the same in both schemas.
sub rows_agree
{
	my ($test_name, $execution_id, @relations) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(differing_rows($execution_id, @relations), join("\n", map { "$_|0|0" } @relations), $test_name);
}

# All constraints and indexes of a schema's partitions.
sub shape
{
	my ($schema) = @_;
	my $shape = query(
		"SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated
		 FROM pg_constraint WHERE connamespace = '$schema'::regnamespace;
		 SELECT pg_get_indexdef(indexrelid), indisvalid, indisready, indisprimary
		 FROM pg_index JOIN pg_class c ON c.oid = indexrelid
		 WHERE relnamespace = '$schema'::regnamespace");
	$shape =~ s/\b$schema\b/schema/g;
	return join "\n", sort split /\n/, $shape;
}

# Did the rows of an execution come by a load?  The indexes of their primary
# keys have been built again then, in other files.
sub is_loaded
{
	my ($schema, $execution_id) = @_;
	return query(
		"SELECT DISTINCT pg_relation_filenode(i.oid) <> i.oid FROM pg_index
		 JOIN pg_class t ON t.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
		 WHERE t.relnamespace = '$schema'::regnamespace AND t.relname ~ '_$execution_id\$'
			AND indisprimary");
}

my $has_amcheck =
  query(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'});
query('CREATE EXTENSION amcheck') if $has_amcheck;

# Test that a load gives what INSERT gives.
sub ways_agree
{
	my ($log, $options) = @_;
	my $loaded = query(materialize('loaded', 'on', $options));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($loaded, query(materialize('inserted', 'off', $options)), "$log: row counts");
	my $execution_id = query('SELECT max(execution_id) FROM loaded.executions');
	rows_agree("$log: rows", $execution_id, @RELATIONS);
	is(shape('loaded'), shape('inserted'), "$log: keys and indexes");
	is( query(
			qq{SELECT count(bt_index_check(indexrelid, true)) FROM pg_index
			  JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
			  WHERE t.relnamespace = 'loaded'::regnamespace AND c.relkind = 'i'
				AND (t.relname ~ '_(from_[0-9]+|$execution_id)\$' OR t.relname = 'executions')}) > 0,
		1,
		"$log: all rows are in the indexes")
	  if $has_amcheck;
	return $loaded;
}

# ---------------------------------------------------------------------------
# The same in both ways
# ---------------------------------------------------------------------------

my @whole = (
	map("rules/$_",
		qw(absent leaders spans summary text traces values arguments modules)),
	qw(real/w1libs real/w1struct real/w1sum made/all_kinds made/instr_past_2e32
	  made/outgrown_chunks_64k made/empty_only_bogus edges/proc_trace),
	@OLDER_FORMS);

for my $log (@whole)
{
	attach(log_path($log));
	ways_agree($log, ", $everything");
}
is(query(q{SELECT count(*) FROM loaded.executions}), @whole, 'all are there');
is(is_loaded('loaded', $_) . is_loaded('inserted', $_), 'tf', "execution $_ in two ways")
  for 1 .. @whole;

for my $log (qw(real/w1killed made/killed_64k))
{
	attach(log_path($log), ', recover => true');
	ways_agree("$log, recovered");
}

# Texts that are stored out of line, and names too long for a btree; more rows
# than go into a batch.
srand(8);
my $long = join '', map { chr(97 + int rand 26) } 1 .. 40_000;
my @calls = map {
	bytes(58,
		number(1, 7) . number(3, 7) . number(4, 1) . bytes(6, $_ % 500 ? 'short' : substr $long, $_)
		  . bytes(7, bytes(1, 'a') . bytes(2, substr $long, 0, $_ * 5)) . bytes(7, ''))
} 1 .. 3000;
write_raw_log("$directory/long.plog", @calls);
attach("$directory/long.plog");
ways_agree('long texts', ", $everything");
like(shape('loaded'), qr/"left"\(name, 256\)/, 'long names are indexed by their start');

# Again, in the place of what is there.
query(materialize('loaded', 'on', ", if_exists => 'replace'"));
query(materialize('inserted', 'off', ", if_exists => 'replace'"));
rows_agree('replaced', undef, qw(processes syscalls syscall_arguments));

# Keys that were declared before the rows came hold afterwards.
like(error_of('INSERT INTO loaded.syscall_arguments SELECT execution_id, -1, 0 FROM loaded.executions'),
	qr/ERROR:  23503/, 'foreign keys are enforced');
like(error_of('INSERT INTO loaded.syscalls SELECT * FROM loaded.syscalls LIMIT 1'),
	qr/ERROR:  23505/, 'primary keys are enforced');
is( query(
		q{SET enable_seqscan = off; SET enable_bitmapscan = off;
		  SELECT count(*) FROM loaded.executions JOIN loaded.syscalls USING (execution_id)
		  WHERE executions.name = 'long' AND syscall_id > 0}),
	3000,
	'and found by');

# In partitions that executions share.
$settings = 'SET pandelephant.own_partitions = 0;';
for my $log (qw(rules/values real/w1struct made/all_kinds made/outgrown_struct_64k))
{
	query(q{SELECT pe_drop_execution(name, schema) FROM unnest(ARRAY['loaded', 'inserted']) AS schema,
		unnest(ARRAY['} . execution_of($log) . q{']) AS name});
	attach(log_path($log));
	ways_agree("$log, shared partitions", ", $everything");
}
$settings = '';

# ---------------------------------------------------------------------------
# Tables that rows must be inserted into
# ---------------------------------------------------------------------------

# What a user did to the tables, and what then holds of every row, or else
# which error there is.
my @changes = (
	[ 'a column with a default', q{ALTER TABLE t.syscalls ADD note text DEFAULT 'new'},
		q{SELECT bool_and(note = 'new') FROM t.syscalls} ],
	[ 'a column without', 'ALTER TABLE t.threads ADD note text',
		'SELECT bool_and(note IS NULL) FROM t.threads' ],
	[ 'a default of a column', q{ALTER TABLE t.syscalls ALTER name SET DEFAULT 'none'},
		q{SELECT bool_and(name <> 'none') FROM t.syscalls} ],
	[ 'a check', 'ALTER TABLE t.syscalls ADD CHECK (retval < 0)', qr/ERROR:  23514/ ],
	[ 'a check that holds', 'ALTER TABLE t.syscalls ADD CHECK (syscall_id > 0)',
		q{SELECT count(*) > 0 FROM t.syscalls} ],
	[ 'NOT NULL', 'ALTER TABLE t.syscall_arguments ALTER struct_type SET NOT NULL', qr/ERROR:  23502/ ],
	[ 'an event trigger that adds triggers',
		q{CREATE FUNCTION upper_name() RETURNS trigger LANGUAGE plpgsql AS
			$$BEGIN NEW.name = upper(NEW.name); RETURN NEW; END$$;
		  CREATE FUNCTION add_trigger() RETURNS event_trigger LANGUAGE plpgsql AS $$
		  DECLARE made record;
		  BEGIN
			FOR made IN SELECT * FROM pg_event_trigger_ddl_commands()
				WHERE object_type = 'table' AND object_identity ~ '^t.syscalls_'
			LOOP
				EXECUTE format('CREATE TRIGGER upper_name BEFORE INSERT ON %s FOR EACH ROW
					EXECUTE FUNCTION public.upper_name()', made.object_identity);
			END LOOP;
		  END$$;
		  CREATE EVENT TRIGGER add_trigger ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
			EXECUTE FUNCTION add_trigger()},
		'SELECT bool_and(name = upper(name)) FROM t.syscalls',
		'DROP EVENT TRIGGER add_trigger; DROP FUNCTION add_trigger(); DROP FUNCTION upper_name() CASCADE' ],
	[ 'a table that inherits from the source',
		q{CREATE TABLE heir () INHERITS (s.threads);
		  INSERT INTO heir (execution_id, thread_id, process_id) VALUES (1, -1, 1)},
		'SELECT count(*) = 1 FROM t.threads WHERE thread_id = -1', 'DROP TABLE heir' ]);
push @changes,
  [ 'a generated column',
	'ALTER TABLE t.syscalls ADD failed boolean GENERATED ALWAYS AS (retval < 0) STORED',
	'SELECT bool_and(failed = (retval < 0)) FROM t.syscalls' ]
  if query('SHOW server_version_num') >= 120000;

for my $change (@changes)
{
	my ($name, $ddl, $expected, $undo) = @$change;

	# tables without rows
	attach(log_path('made/small'));
	query(materialize('t', 'on') . q{SELECT pe_drop_execution('small', 't')});
	if (ref $expected)
	{
		query($ddl);
		like(error_of(materialize('t', 'on')), $expected, "$name: as INSERT complains");
	}
	else
	{
		query("$ddl; " . materialize('t', 'on'));
		is(query($expected), 't', "$name: as INSERT does it");
		is(is_loaded('t', 2), 'f', "$name: it does");
	}
	query("SET client_min_messages = error; DROP SCHEMA t CASCADE; " . ($undo // ''));
}

# A foreign table that does not show everything gets the same error.
attach(log_path('made/small'));
query('ALTER FOREIGN TABLE s.syscalls DROP COLUMN retval CASCADE');
my @errors = map { error_of(materialize('t', $_)) } qw(on off);
like($errors[0], qr/ERROR:  HV00[0-9A-Z]+:.*"retval"/, 'a column is missing');
is($errors[0], $errors[1], 'in both ways');

# ---------------------------------------------------------------------------
# Progress, and cancelling
# ---------------------------------------------------------------------------

my $big = "$directory/big.plog";
IPC::Run::run(
	[
		"$FindBin::RealBin/../writer/plog_generate", '--syscalls', 100_000,
		'--chunk-size', 250_000, '--level', 1, '-o', $big ])
  or die "could not write $big";
attach($big);

# Start to write a log to a schema, in a session of its own.
sub start_materialize
{
	my ($target) = @_;
	my $session = { error => '' };

	$session->{run} = IPC::Run::start(
		[
			'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
			'-d', $node->connstr('postgres'),
			'-c', q{SET application_name = 'loader'}, '-c', materialize($target, 'on') ],
		'<', \undef, '>', \$session->{output}, '2>', \$session->{error});
	return $session;
}

SKIP:
{
	skip 'pg_stat_progress_copy came with PostgreSQL 14', 9
	  if query('SHOW server_version_num') < 140000;

	# the tables are there already, so that another session can tell what it sees
	attach(log_path('made/small'));
	query(materialize('big', 'on'));
	attach($big);
	query(
		q{CREATE TABLE seen AS SELECT clock_timestamp() AS at, * FROM pg_stat_progress_copy;
		  CREATE PROCEDURE watch_load(cancel_at bigint) LANGUAGE plpgsql AS $$
		  DECLARE is_seen boolean := false;
		  BEGIN
			FOR i IN 1 .. 50000
			LOOP
				PERFORM pg_stat_clear_snapshot();
				INSERT INTO seen SELECT clock_timestamp(), * FROM pg_stat_progress_copy;
				EXIT WHEN is_seen AND NOT FOUND;
				is_seen := FOUND;
				PERFORM pg_cancel_backend(pid) FROM pg_stat_progress_copy
				WHERE tuples_processed >= cancel_at;
				PERFORM pg_sleep(0.002);
			END LOOP;
		  END$$});

	my $session = start_materialize('big');
	query('CALL watch_load(NULL)');
	ok($session->{run}->finish, 'a load that is watched') or diag($session->{error});
	is(query('SELECT count(*) FROM pg_stat_progress_copy'), 0, 'is over then');
	is( query(q{SELECT DISTINCT relid::regclass, command, type, bytes_total FROM seen}),
		'big.executions|COPY FROM|FILE|' . -s $big,
		'it is shown as a COPY');
	is( query(
			q{SELECT max(tuples_processed) > 1000, max(bytes_processed) > 0,
				bool_and(bytes_processed <= bytes_total) FROM seen}),
		't|t|t',
		'with rows and bytes');
	cmp_ok(query('SELECT count(DISTINCT tuples_processed) FROM seen'),
		'>', 3, 'which change as it goes on');
	is( query(
			q{SELECT count(*) FROM (
				SELECT tuples_processed < lag(tuples_processed) OVER w
					OR bytes_processed < lag(bytes_processed) OVER w AS goes_back
				FROM seen WINDOW w AS (ORDER BY at)) s WHERE goes_back}),
		0,
		'and never go back');

	# cancelled once rows are in
	my $before = query('SELECT count(*) FROM pg_class');
	$session = start_materialize('cancelled');
	query('CALL watch_load(20000)');
	$session->{run}->finish;
	like($session->{error}, qr/ERROR:  57014/, 'a load is cancelled');
	is(query('SELECT count(*) FROM pg_stat_progress_copy'), 0, 'and shown no more');
	is(query('SELECT count(*) FROM pg_class'), $before, 'and leaves nothing');
}

# In a subtransaction, whose session goes on.
is( query(
		q{SET client_min_messages = error;
		  DO $$BEGIN
			SET LOCAL statement_timeout = 0;
			PERFORM pe_materialize('s', 'failed');
			PERFORM 1 / 0;
		  EXCEPTION WHEN division_by_zero THEN NULL;
		  END$$;
		  SELECT to_regnamespace('failed') IS NULL}),
	't',
	'rolled back');
like(
	error_of("SET statement_timeout = '150ms'; " . materialize('late', 'on')),
	qr/ERROR:  57014/, 'a timeout');
is(query(q{SELECT count(*) FROM pg_namespace WHERE nspname IN ('cancelled', 'failed', 'late')}),
	0, 'leaves nothing');
query('DROP SCHEMA loaded, inserted CASCADE');
ways_agree('a generated log', ", $everything");

$node->stop;
done_testing();
