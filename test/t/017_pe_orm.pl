# pe ingest --orm: PANDelephant's own tables, of both generations, in a server
# without the extension and in SQLite, beside what the log's relations have.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $node  = start_server('orm');
my $host  = $node->host =~ s/\//%2F/gr;

sub query
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, $sql);
}

sub url
{
	my ($database) = @_;
	return sprintf 'postgresql+psycopg2://plain@%s:%d/%s', $host, $node->port, $database;
}

sub sqlite
{
	my ($file, $sql) = @_;
	my ($output, $error);
	IPC::Run::run([ 'sqlite3', '-init', '/dev/null', '-batch', "$files/$file", $sql ],
		'<', \undef, '>', \$output, '2>', \$error)
	  or return "sqlite3: $error";
	chomp $output;
	return $output;
}

sub lines_are
{
	my ($found, $expected, $test_name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ split /\n/, $found ], [ split /\n/, $expected ], $test_name);
}

sub ingests
{
	my ($arguments, $test_name) = @_;
	my ($code, $output, $error) = pe([ 'ingest', @$arguments ]);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is("$code$error", 0, $test_name);
	return $output;
}

query('postgres', 'CREATE ROLE plain LOGIN');
for my $database (qw(first second opened))
{
	query('postgres', "CREATE DATABASE $database");
	query($database, 'GRANT CREATE ON SCHEMA public TO plain');
}

# ---------------------------------------------------------------------------
# The tables
# ---------------------------------------------------------------------------

# As create_all() makes them: column, type, whether it is never NULL, whether it
# counts up.
my %COLUMNS = (
	first => q{
executions|execution_id integer! serial, name character varying!, description character varying, start_time timestamp with time zone, end_time timestamp with time zone
recordings|recording_id integer! serial, execution_id integer!, file_name character varying!, log_hash bytea!, snapshot_hash bytea!, qcow_hash bytea
processes|process_id integer! serial, execution_id integer!, pid bigint!, ppid bigint
threads|thread_id integer! serial, process_id integer!, tid bigint, create_time bigint!, end_time timestamp with time zone
thread_names|id integer! serial, thread_id integer!, name character varying
threadslice|threadslice_id integer! serial, thread_id integer!, start_execution_offset bigint!, end_execution_offset bigint!
virtual_addresses|address_id integer! serial, execution_id integer!, asid bigint!, execution_offset bigint!, address bigint!
mappings|mapping_id integer! serial, process_id integer!, name character varying, path character varying, base_id integer!, size bigint!
codepoints|code_point_id integer! serial, mapping_id integer!, offset bigint!
taint_flows|taint_flow_id integer! serial, source_is_store boolean!, source_id integer!, sink_id integer!, source_thread_id integer!, sink_thread_id integer!, source_execution_offset bigint!, sink_execution_offset bigint!
syscalls|syscall_id integer! serial, name character varying, thread_id integer!, execution_offset bigint!
syscall_arguments|syscall_argument_id integer! serial, syscall_id integer!, name character varying, position integer!, argument_type argtype, value character varying},
	second => q{
executions|execution_id uuid!, type character varying(20), name character varying!, description character varying
recordings|recording_id uuid!, prefix character varying!, instruction_count bigint!, log_hash bytea!, snapshot_hash bytea!, qcow_hash bytea
processes|process_id uuid!, type character varying(20), execution_id uuid!, create_time bigint!, pid bigint!, ppid bigint
threads|thread_id uuid!, type character varying(20), process_id uuid!, tid bigint, create_time bigint!
thread_names|id integer! serial, thread_id uuid!, name character varying, first_seen_execution_offset bigint!, last_seen_execution_offset bigint!
threadslice|threadslice_id uuid!, type character varying(20), thread_id uuid!, start_execution_offset bigint!, end_execution_offset bigint!
virtual_addresses|address_id uuid!, type character varying(20), execution_id uuid!, asid bigint!, execution_offset bigint!, address bigint!
mappings|mapping_id uuid!, type character varying(20), process_id uuid!, name character varying, path character varying, base_id uuid!, size bigint!, first_seen_execution_offset bigint!, last_seen_execution_offset bigint!
code_points|code_point_id uuid!, type character varying(20), mapping_id uuid!, offset bigint!
taint_flows|taint_flow_id uuid!, type character varying(20), source_is_store boolean!, source_id uuid!, sink_id uuid!, source_thread_id uuid!, sink_thread_id uuid!, source_execution_offset bigint!, sink_execution_offset bigint!
syscalls|syscall_id uuid!, type character varying(20), name character varying, retval integer, thread_id uuid!, pc bigint!, execution_offset bigint!
syscall_arguments|syscall_argument_id integer! serial, syscall_id uuid!, name character varying, position integer!, argument_type argtype, value character varying});

my $columns = q{SELECT relname || '|' || string_agg(attname || ' ' || format_type(atttypid, atttypmod) ||
		CASE WHEN attnotnull THEN '!' ELSE '' END ||
		CASE WHEN pg_get_serial_sequence(relname, attname) IS NOT NULL THEN ' serial' ELSE '' END, ', ' ORDER BY attnum)
	FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
	WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 GROUP BY relname ORDER BY relname COLLATE "C"};

# What a key is, and what refers to one: the same in both generations, but for
# names.
my @REFERENCES = map { [split] } split /\n/, q{mappings base_id virtual_addresses address_id
mappings process_id processes process_id
processes execution_id executions execution_id
syscall_arguments syscall_id syscalls syscall_id
syscalls thread_id threads thread_id
taint_flows sink_id code_points code_point_id
taint_flows sink_thread_id threads thread_id
taint_flows source_id code_points code_point_id
taint_flows source_thread_id threads thread_id
thread_names thread_id threads thread_id
threads process_id processes process_id
threadslice thread_id threads thread_id
virtual_addresses execution_id executions execution_id
code_points mapping_id mappings mapping_id};
my $constraints = q{SELECT x FROM (SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
	WHERE connamespace = 'public'::regnamespace) c (x) ORDER BY x COLLATE "C"};

sub expected_constraints
{
	my ($database) = @_;
	my @lines;
	my $code_points = $database eq 'first' ? 'codepoints' : 'code_points';

	for (split /\n/, $COLUMNS{$database})
	{
		push @lines, "$1_pkey PRIMARY KEY ($2)" if /^(\w+)\|(\w+)/;
	}
	push @lines, 'executions_name_key UNIQUE (name)' if $database eq 'first';
	push @lines, map { "recordings_${_}_key UNIQUE ($_)" } qw(log_hash snapshot_hash);
	for ([ 'recordings', $database eq 'first' ? 'execution_id' : 'recording_id', 'executions', 'execution_id' ], @REFERENCES)
	{
		my ($table, $column, $other, $key) = map { $_ eq 'code_points' ? $code_points : $_ } @$_;
		push @lines, "${table}_${column}_fkey FOREIGN KEY ($column) REFERENCES $other($key)";
	}
	return sort @lines;
}

my %LABELS = (first => 'STRING POINTER UNSIGNED_64 SIGNED_64 UNSIGNED_32 SIGNED_32 UNSIGNED_16 SIGNED_16');
$LABELS{second} = "$LABELS{first} BYTES";

# ---------------------------------------------------------------------------
# The rows
# ---------------------------------------------------------------------------

# What a row says without ids, from the tables and from the log's relations.
# Of each pair, the first is of PostgreSQL and SQLite both.
my %ROWS = (
	threads => [
		q{SELECT pid || '|' || coalesce(ppid, 'none') || '|' || coalesce(tid, 'none') || '|' || t.create_time
			FROM threads t JOIN processes p USING (process_id) WHERE p.execution_id = $E},
		q{SELECT concat_ws('|', coalesce(pid, 0), coalesce(ppid::text, 'none'), coalesce(tid::text, 'none'), coalesce(t.create_time, 0))
			FROM $L.threads t JOIN $L.processes p USING (process_id)
			UNION ALL SELECT '0|none|none|0' WHERE EXISTS (SELECT FROM $L.syscalls WHERE thread_id IS NULL)} ],
	thread_names => [
		q{SELECT tid || '|' || coalesce(n.name, 'none') FROM thread_names n JOIN threads USING (thread_id)
			JOIN processes p USING (process_id) WHERE p.execution_id = $E AND tid IS NOT NULL},
		q{SELECT tid || '|' || coalesce(n.name, 'none') FROM $L.thread_names n JOIN $L.threads USING (thread_id)
			WHERE tid IS NOT NULL} ],
	slices => [
		q{SELECT coalesce(tid, 0) || '|' || start_execution_offset || '|' || end_execution_offset FROM threadslice
			JOIN threads USING (thread_id) JOIN processes p USING (process_id) WHERE p.execution_id = $E},
		q{SELECT concat_ws('|', coalesce(tid, 0), coalesce(start_execution_offset, -1), coalesce(end_execution_offset, -1))
			FROM $L.threadslices JOIN $L.threads USING (thread_id)} ],
	mappings => [
		q{SELECT pid || '|' || coalesce(name, 'none') || '|' || coalesce(path, 'none') || '|' || size || '|' || asid || '|' ||
				address || '|' || a.execution_offset
			FROM mappings m JOIN virtual_addresses a ON base_id = address_id JOIN processes p USING (process_id)
			WHERE p.execution_id = $E AND a.execution_id = p.execution_id},
		q{SELECT concat_ws('|', coalesce(pid, 0), coalesce(name, 'none'), coalesce(path, 'none'), coalesce(size, 0),
				coalesce(m.asid, 0), coalesce(base_address, 0), coalesce(m.first_seen_execution_offset, -1))
			FROM $L.mappings m JOIN $L.processes p USING (process_id)} ],
	flows => [
		q{SELECT coalesce(t.tid, 0) || '|' || coalesce(u.tid, 0) || '|' || coalesce(m.name, 'none') || '|' || c."offset" || '|' || d."offset" ||
				'|' || source_execution_offset || '|' || sink_execution_offset
			FROM taint_flows JOIN threads t ON t.thread_id = source_thread_id JOIN threads u ON u.thread_id = sink_thread_id
			JOIN $C c ON c.code_point_id = source_id JOIN $C d ON d.code_point_id = sink_id
			JOIN mappings m ON m.mapping_id = c.mapping_id JOIN processes p ON p.process_id = t.process_id
			WHERE p.execution_id = $E},
		q{SELECT concat_ws('|', coalesce(t.tid, 0), coalesce(u.tid, 0), coalesce(m.name, 'none'), c."offset", d."offset",
				coalesce(source_execution_offset, -1), coalesce(sink_execution_offset, -1))
			FROM $L.taint_flows JOIN $L.threads t ON t.thread_id = source_thread_id JOIN $L.threads u ON u.thread_id = sink_thread_id
			JOIN $L.code_points c ON c.code_point_id = source_code_point_id
			JOIN $L.code_points d ON d.code_point_id = sink_code_point_id
			JOIN $L.mappings m ON m.mapping_id = c.mapping_id} ],
	calls => [
		q{SELECT coalesce(tid, 0) || '|' || coalesce(s.name, 'none') || '|' || execution_offset || '|' || coalesce(n, 0)
			FROM syscalls s
			LEFT JOIN (SELECT syscall_id, count(*) AS n FROM syscall_arguments GROUP BY 1) a ON a.syscall_id = s.syscall_id
			JOIN threads USING (thread_id) JOIN processes p USING (process_id) WHERE p.execution_id = $E},
		q{SELECT concat_ws('|', coalesce(t.tid, 0), coalesce(s.name, 'none'), coalesce(execution_offset, -1), coalesce(n, 0))
			FROM $L.syscalls s LEFT JOIN $L.threads t USING (thread_id)
			LEFT JOIN (SELECT syscall_id, count(*) AS n FROM $L.syscall_arguments GROUP BY 1) a USING (syscall_id)} ],
	arguments => [
		q{SELECT execution_offset || '|' || coalesce(a.name, 'none') || '|' || (position - $P) || '|' || argument_type || '|' || value
			FROM syscall_arguments a JOIN syscalls USING (syscall_id) JOIN threads USING (thread_id)
			JOIN processes p USING (process_id) WHERE p.execution_id = $E},
		q{SELECT concat_ws('|', coalesce(execution_offset, -1), coalesce(a.name, 'none'), position,
				CASE WHEN argument_type IN ($T) THEN argument_type ELSE 'STRING' END,
				CASE argument_type WHEN 'POINTER' THEN substr(value, $X)
					WHEN 'BYTES' THEN '<' || value || '>' ELSE coalesce(value, '') END)
			FROM $L.syscall_arguments a JOIN $L.syscalls USING (syscall_id)} ]);

# Both sides quoted, so that every row is a line.
sub rows_of
{
	my ($how, $sql) = @_;
	my $text = $how->($sql);
	return join "\n", sort split /\n/, $text;
}

my @logs = qw(real/w1libs made/all_kinds rules/flows edges/arg_bytes_val);
for my $log (@logs)
{
	my $name = execution_of($log);
	query('postgres', sprintf q{SELECT pe_attach('%s', schema => '%s')}, log_path($log), $name);
}

sub compare
{
	my ($generation, $log, $where) = @_;
	my $name = execution_of($log);
	my $in_sqlite = $where =~ /db$/;
	my $types = join ', ', map { "'$_'" } split / /, $LABELS{ $generation == 1 ? 'first' : 'second' };
	my $escape = $in_sqlite ? q{replace(replace(x, char(92), char(92) || 'b'), char(10), char(92) || 'l')}
	  : q{replace(replace(x, chr(92), chr(92) || 'b'), chr(10), chr(92) || 'l')};

	for my $what (sort keys %ROWS)
	{
		my ($there, $here) = @{ $ROWS{$what} };
		for ($there, $here)
		{
			s/\$E/(SELECT execution_id FROM executions WHERE name = '$name')/g;
			s/\$L/"$name"/g;
			s/\$C/$generation == 1 ? 'codepoints' : 'code_points'/ge;
			s/\$P/$generation == 1 ? 1 : 0/ge;
			s/\$X/$generation == 1 ? 3 : 1/ge;
			s/\$T/$types/g;
			s/coalesce\((ppid|tid), 'none'\)/coalesce(CAST($1 AS text), 'none')/g;
		}
		my $found = rows_of(
			sub { $in_sqlite ? sqlite($where, $_[0]) : query($where, $_[0]) },
			"SELECT $escape FROM ($there) AS found" . ($in_sqlite ? '' : ' (x)'))
		  if !$in_sqlite;
		$found = rows_of(sub { sqlite($where, $_[0]) }, "WITH found (x) AS ($there) SELECT $escape FROM found") if $in_sqlite;
		my $expected = query('postgres',
			q{SELECT replace(replace(x, chr(92), chr(92) || 'b'), chr(10), chr(92) || 'l') FROM (} . $here . q{) AS expected (x)});
		$expected =~ s/<\\bx([0-9a-f]*)>/python_bytes($1) =~ s{\\}{\\b}gr/ge;
		$expected = join "\n", sort split /\n/, $expected;
		lines_are($found, $expected, "$where, $log: $what, " . (() = $expected =~ /^/mg) . ' rows');
	}
}

for my $generation (1, 2)
{
	my $database = $generation == 1 ? 'first' : 'second';

	for my $log (@logs)
	{
		my $output = ingests([ log_path($log), url($database), '--orm', $generation, '--name', execution_of($log), '--description', 'x' ],
			"$log into $database");
		like($output, qr/^ syscalls +\| +[0-9]+$/m, 'says what it wrote');
	}
	if ($generation == 1)
	{
		is(query($database, 'SELECT bool_and(execution_id BETWEEN 1 AND ' . @logs . ' AND start_time <= now()
				AND start_time > now() - interval $$1 hour$$ AND end_time IS NULL) FROM executions'),
			't', 'ids count from 1; the time is that of loading');
		is(query($database, "SELECT count(*), max($_->[1]) FROM $_->[0]") =~ s/^(\d+)\|\1$/same/r, 'same', "ids of $_->[0] have no gaps")
		  for [qw(processes process_id)], [qw(syscalls syscall_id)], [qw(syscall_arguments syscall_argument_id)], [qw(mappings mapping_id)],
		  [qw(taint_flows taint_flow_id)], [qw(threadslice threadslice_id)];
	}
	else
	{
		is(query($database, q{SELECT bool_and(syscall_id::text ~ '^.{14}4.{4}[89ab]') FROM syscalls}), 't', 'uuids are random');
		is(query($database, 'SELECT DISTINCT type FROM executions'), 'Execution', 'types are there');
		is(query($database, q{SELECT count(*) FROM syscalls WHERE retval IS NULL} ) > 0, 1, 'results that do not fit are not there');
	}
	my %column = map { (split /\|/)[0] => $_ } grep { $_ ne '' } split /\n/, $COLUMNS{$database};
	lines_are(query($database, $columns), join("\n", map { $column{$_} } sort keys %column), "$database: tables");
	lines_are(query($database, $constraints), join("\n", expected_constraints($database)), "$database: keys and references");
	is(query($database, q{SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum}), $LABELS{$database}, "$database: argtype");
	is(query($database, 'SELECT count(*) FROM pg_extension'), 1, 'without the extension');
	compare($generation, $_, $database) for @logs;

	# who writes next goes on
	query($database, q{INSERT INTO thread_names (thread_id, name) SELECT thread_id, 'mine' FROM threads LIMIT 1});
	is(query($database, q{SELECT id - (SELECT count(*) FROM thread_names) FROM thread_names WHERE name = 'mine'}), 0, 'the sequence goes on');
	query($database, q{DELETE FROM thread_names WHERE name = 'mine'});
}

# ---------------------------------------------------------------------------
# Into empty tables
# ---------------------------------------------------------------------------

# Who opened DataStore(URL) before has tables without rows, as create_all() makes
# them, of which those that are there now were seen to be copies.
for my $generation (1, 2)
{
	my $from = $generation == 1 ? 'first' : 'second';
	my $to   = "empty$generation";
	my ($schema, $error);

	query('postgres', "CREATE DATABASE $to");
	query($to, 'GRANT CREATE ON SCHEMA public TO plain');
	IPC::Run::run([ 'pg_dump', '-s', '-O', '-x', '-h', $node->host, '-p', $node->port, '-U', 'plain', '-d', $from ],
		'<', \undef, '>', \$schema, '2>', \$error);
	is($error, '', "$from: its tables");
	$schema =~ s/^(?:CREATE|COMMENT ON) SCHEMA public.*\n//mg;
	IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-U', 'plain', '-d', $to ],
		'<', \$schema, '>', \my $output, '2>', \$error);
	is($error, '', "$to: are made again");
	is(query($to, q{SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'syscalls'}) . query($to, 'SELECT count(*) FROM executions'),
		'10', "$to: and are empty");
	my $constraints_before = query($to, $constraints);
	ingests([ log_path($_), url($to), '--orm', $generation, '--name', execution_of($_) ], "$to: $_") for @logs[ 0, 1 ];
	compare($generation, $_, $to) for @logs[ 0, 1 ];
	lines_are(query($to, $constraints), $constraints_before, "$to: all references are there");
	is(query($to, 'SELECT count(*) FROM executions'), 2, "$to: two executions");
	pe_fails([ 'ingest', log_path($logs[0]), url($to), '--name', 'x', '--orm', 3 - $generation ], 5, 'another generation', "$to: the other generation");
}

# ---------------------------------------------------------------------------
# Again, and beside others
# ---------------------------------------------------------------------------

my $small = log_path('made/small');
for my $generation (1, 2)
{
	my $database = $generation == 1 ? 'first' : 'second';
	my @again = ('ingest', $small, url($database), '--orm', $generation);
	my $count = 'SELECT (SELECT count(*) FROM executions), (SELECT count(*) FROM processes), (SELECT count(*) FROM syscalls)';

	# in tables that others have changed
	query($database, 'ALTER TABLE syscalls ADD mine text; ALTER TABLE processes ADD yours int NOT NULL DEFAULT 3;
		CREATE TABLE notes (syscall_id ' . ($generation == 1 ? 'int' : 'uuid') . ' REFERENCES syscalls)');
	is((pe([@again]))[0], 0, "$database: beside others");
	my $before = query($database, $count);
	my $id = query($database, q{SELECT execution_id FROM executions WHERE name = 'small'});
	pe_fails([@again], 5, 'already has an execution "small"\. Use --replace', "$database: twice");
	my ($code, $output, $error) = pe([ @again, '-s' ]);
	is("$code$output", 0, "$database: skipped");
	like($error, qr/\Ape: [^\n]*skipped\n\z/, 'and says so');
	is(query($database, $count), $before, 'which changes nothing');
	is((pe([ @again, '--replace' ]))[0], 0, "$database: replaced");
	is(query($database, $count), $before, 'which doubles nothing');
	is(query($database, q{SELECT execution_id FROM executions WHERE name = 'small'}), $id, 'its id stays');
	query($database, q{INSERT INTO notes SELECT syscall_id FROM syscalls JOIN threads USING (thread_id) JOIN processes USING (process_id)
		WHERE execution_id = (SELECT execution_id FROM executions WHERE name = 'small') LIMIT 1});
	pe_fails([ @again, '--replace' ], 1, 'foreign key constraint.*notes', "$database: what notes refer to");
	is(query($database, $count), $before, 'stays');
	compare($generation, $logs[0], $database);
	my @expected = sort(expected_constraints($database), 'notes_syscall_id_fkey FOREIGN KEY (syscall_id) REFERENCES syscalls(syscall_id)');
	lines_are(query($database, $constraints), join("\n", @expected), 'all references are there again');

	pe_fails([ 'ingest', $small, url($database), '--name', 'other', '--orm', 3 - $generation ], 5, 'another generation', 'the other generation');
	query($database, 'ALTER TABLE processes ADD theirs int; UPDATE processes SET theirs = 1; ALTER TABLE processes ALTER theirs SET NOT NULL');
	pe_fails([ @again, '--name', 'y' ], 5, 'column "theirs" of table "processes" needs a value', 'a column that needs a value');
}

# Ids that do not fit any more, and that do in a wider column.
query('opened', 'SET ROLE plain; CREATE TABLE executions (execution_id serial PRIMARY KEY, name varchar NOT NULL UNIQUE,
	description varchar, start_time timestamptz);
	INSERT INTO executions VALUES (2147483647, $$last$$)');
pe_fails([ 'ingest', $small, url('opened'), '--orm', '1' ], 1, '(?:out of range|does not fit)', 'no integer is left');
query('opened', 'ALTER TABLE executions ALTER execution_id TYPE bigint');
pe_fails([ 'ingest', $small, url('opened'), '--orm', '1' ], 1, 'does not fit column "execution_id"', 'not for what refers to it');
is(query('opened', q{SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'}), 1, 'nothing is left');

# PANDelephant's command line.
query('opened', 'DROP TABLE executions');
ingests([ "-pandalog=$small", '-db_url=' . url('opened'), '-exec_name=named', '-exec_start', '1', '--exec-end=2', '-s', '--orm=2' ],
	'as plog_to_pandelephant.py is called');
is(query('opened', 'SELECT name FROM executions'), 'named', 'has its name');

# In the schema that the search path names.
query('opened', q{CREATE SCHEMA "it's" AUTHORIZATION plain});
ingests([ $small, url('opened') . q{?options=-csearch_path%3D%22it's%22}, '--orm', '1' ], 'another schema');
is(query('opened', q{SELECT count(*) FROM "it's".syscalls}), 2000, 'has the tables');

# Views that are there, for those who have native tables.
query('postgres', 'CREATE DATABASE native');
my $owner = query('postgres', 'SELECT current_user');
my $as_owner = url('native') =~ s/plain@/$owner@/r;
ingests([ $small, $as_owner ], 'native tables');
ingests([ $small, $as_owner, '--name', 'again', '--orm', '1' ], 'with them, views');
is(query('native', q{SELECT relkind FROM pg_class WHERE relname = 'syscalls' AND relnamespace = 'public'::regnamespace}), 'v', 'as before');
for my $change (q{INSERT INTO executions VALUES (7, 'x')}, q{UPDATE executions SET name = 'x'}, 'DELETE FROM threads')
{
	my ($code, $output, $error) = $node->psql('native', "\\set VERBOSITY sqlstate\n$change");
	like($error, qr/55000/, "they refuse: $change");
}

# ---------------------------------------------------------------------------
# SQLite
# ---------------------------------------------------------------------------

chdir $files or die $!;
for my $generation (1, 2)
{
	my $file = "generation$generation.db";

	ingests([ log_path($_), "sqlite:///$file", '--orm', $generation, '--name', execution_of($_) ], "$_ into $file") for @logs;
	compare($generation, $_, $file) for @logs;
	is(sqlite($file, 'PRAGMA foreign_key_check; PRAGMA integrity_check'), 'ok', "$file is sound");
	is(sqlite($file, 'SELECT count(*) FROM executions'), scalar @logs, 'many executions');
	is(sqlite($file, 'SELECT DISTINCT typeof(syscall_id), length(syscall_id) > 9 FROM syscalls'),
		$generation == 1 ? 'integer|0' : 'text|1', 'ids are of its kind');
	is(sqlite($file, 'SELECT count(*) FROM executions WHERE start_time LIKE "____-__-__ __:__:__.______"'), scalar @logs, 'the time of loading')
	  if $generation == 1;

	my $count = 'SELECT (SELECT count(*) FROM executions), (SELECT count(*) FROM mappings), (SELECT count(*) FROM syscall_arguments)';
	my $before = sqlite($file, $count);
	my @again = ('ingest', log_path($logs[0]), "sqlite:///$files/$file", '--orm', $generation);
	pe_fails([@again], 5, 'already has an execution', "$file: twice");
	is((pe([ @again, '--replace' ]))[0], 0, "$file: replaced");
	is(sqlite($file, $count), $before, 'which doubles nothing');
	compare($generation, $logs[0], $file);
	pe_fails([ 'ingest', $small, "sqlite:///$file", '--orm', 3 - $generation ], 5, 'another generation', "$file: the other generation");
	is(sqlite($file, $count), $before, 'changes nothing');
}
for my $generation (1, 2)
{
	my $file = "empty$generation.db";

	sqlite($file, sqlite("generation$generation.db", '.schema'));
	is(sqlite($file, 'SELECT count(*) FROM syscalls'), 0, "$file: empty tables");
	ingests([ log_path($logs[0]), "sqlite:///$file", '--orm', $generation, '--name', execution_of($logs[0]) ], "$logs[0] into $file");
	compare($generation, $logs[0], $file);
	is(sqlite($file, 'PRAGMA foreign_key_check; PRAGMA integrity_check'), 'ok', "$file is sound");
}
pe_fails([ 'ingest', $small, 'sqlite:///x.db' ], 2, '--orm 1 or 2', 'SQLite without a generation');
pe_fails([ 'ingest', $small, 'sqlite://', '--orm', 1 ], 2, 'sqlite:///FILE', 'SQLite without a file');
pe_fails([ 'ingest', log_path('real/w1killed'), 'sqlite:///x.db', '--orm', 1 ], 3, 'Use --recover', 'an unfinished log');
ok(!-e 'x.db', 'leaves no file');
{
	my $started = start_pe([ 'ingest', log_path('real/w3a'), 'sqlite:///x.db', '--orm', 2 ]);
	wait_until(sub { -s 'x.db' }, 'the first rows');
	$started->{run}->signal('INT');
	$started->{run}->finish;
	is(PeCommand::exit_code($started), 130, 'stopped');
	is_deeply([ glob 'x.db*' ], [], 'nothing is left');
}
chdir '/';
nothing_is_left('in the end');

$node->stop;
done_testing();
