# Who may do what: functions, options, and what other roles lay in the way of
# those who may do more.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use PlogSession;
use PlogTest;
use Test::More;

# Nothing here depends on the name of who runs the tests, which is not that of the
# server's superuser, see test/preload/other_name.c.
my $other = temporary_directory('other_name') . '/other_name.so';
system($ENV{CC} // 'cc', qw(-shared -fPIC -O2 -Wall -Wextra -Werror -o), $other, "$FindBin::RealBin/../preload/other_name.c", '-ldl') == 0
  or die "could not build $other";
$ENV{LD_PRELOAD} = join ' ', $ENV{LD_PRELOAD} // (), $other;

my $node = start_server('privileges');
my $log  = log_path('made/small');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

my $superuser = query('SELECT current_user');
is(query('SELECT string_agg(rolname, \' \') FROM pg_roles WHERE rolsuper'), $superuser, 'the superuser who runs the tests');
{
	my $port = $node->port;
	local %ENV = %ENV;
	delete $ENV{PGUSER};
	like((`psql -X -h '@{[ $node->host ]}' -p $port -c '' postgres 2>&1`), qr/role "somebody" does not exist/, 'is called otherwise there than here');
}

# Run statements as a role, each on its own.  Returns the SQLSTATEs of those
# that fail, "ok" for the others, and what all of them print.
sub states_as
{
	my ($role, @statements) = @_;
	my ($complaints, $output) =
	  complaints_of($node, [ map { "$_;" } @statements ], extra_params => [ '-U', $role ]);
	return (
		join(' ', map { /(?:ERROR|FATAL):  (\w{5})/ ? $1 : 'ok' } @$complaints[ 0 .. $#statements ]),
		$output, join '', @$complaints);
}

# Test what becomes of statements that a role runs.
sub states_are
{
	my ($role, $expected, $test_name, @statements) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is((states_as($role, @statements))[0], $expected, "$role: $test_name");
}

# ordinary: no rights but its own schema; reader: may name files; owner: owns
# foreign tables that somebody else made.
query(q{
	CREATE ROLE ordinary LOGIN; CREATE ROLE owner LOGIN;
	CREATE ROLE reader LOGIN; GRANT pg_read_server_files TO reader;
	GRANT CREATE ON DATABASE postgres TO ordinary, owner, reader;
	CREATE SCHEMA ordinary AUTHORIZATION ordinary;
	CREATE SCHEMA owner AUTHORIZATION owner;
	CREATE SCHEMA reader AUTHORIZATION reader});
query("SELECT pe_attach('$log', 'owned')");
query(qq{ALTER SCHEMA owned OWNER TO owner; ALTER TABLE owned.$_ OWNER TO owner})
  for split /\n/, query(q{SELECT relname FROM pg_class WHERE relnamespace = 'owned'::regnamespace});

# ---------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------

{
	my $attach      = "SELECT pe_attach('$log', 'attached'); DROP SCHEMA attached CASCADE";
	my $materialize = "SELECT count(*) FROM pe_materialize('owned', 'kept')";
	my $drop        = "SELECT pe_drop_execution('small', 'kept')";
	my $strace      = "SELECT pe_strace('sys_close', 0, 0, '{fd}', '{SIGNED_32}', '{3}')";

	states_are('ordinary', '42501 42501 ok ok', 'functions', $attach, $materialize, $drop, $strace);
	states_are('reader',   'ok 42501 ok ok',    'functions', $attach, $materialize, $drop, $strace);
	states_are('owner',    '42501 ok ok ok',    'functions', $attach, $materialize, $drop, $strace);
	query(q{SELECT pe_materialize('owned', 'theirs')});
	states_are($_, '42501 42501', 'what others keep', map { s/kept/theirs/r } $materialize, $drop)
	  for qw(ordinary reader owner);
	query('DROP SCHEMA theirs CASCADE; DROP SCHEMA kept CASCADE');
	states_are('ordinary', '42501', 'the source needs USAGE of its schema, too',
		q{SELECT pe_materialize('owned', 'ordinary')});
	is( query(q{SELECT string_agg(p.proname, ' ' ORDER BY 1) FROM pg_proc p
			JOIN pg_depend d ON objid = p.oid JOIN pg_extension e ON e.oid = refobjid
			WHERE extname = 'pandelephant' AND prosecdef}),
		'', 'no function of the extension runs with the rights of who made it');
}

# ---------------------------------------------------------------------------
# Options
# ---------------------------------------------------------------------------

# Where they are given: options, and what they are changed to.
my %value = (
	filename     => $log,
	relation     => 'threads',
	execution    => 'x',
	execution_id => 2,
	description  => 'x',
	recover      => 'true',
	descriptor   => '/nonexistent.pb',
	recording    => '/nonexistent',
	qcow         => '/nonexistent.qcow');

for my $option (sort keys %value)
{
	my %is_set = map { $_ => 1 } qw(filename relation execution_id);
	my $action = $is_set{$option} ? 'SET' : 'ADD';
	my $alter  = "ALTER FOREIGN TABLE owned.threads OPTIONS";

	# PostgreSQL checks all options of a table together, its file among them.
	states_are('owner', '42501', "$action $option", "$alter ($action $option '$value{$option}')");
	states_are('ordinary', '42501', "$action $option", "$alter ($action $option '$value{$option}')");
}
states_are('owner', '42501 42501 HV002', 'a file that is dropped and added, or only dropped',
	"ALTER FOREIGN TABLE owned.threads OPTIONS (DROP relation)",
	"ALTER FOREIGN TABLE owned.threads OPTIONS (DROP relation, SET filename '/etc/passwd')",
	'ALTER FOREIGN TABLE owned.threads OPTIONS (DROP filename)');
states_are('owner', 'ok ok ok', 'columns are not files',
	"ALTER FOREIGN TABLE owned.threads ALTER tid OPTIONS (ADD column_name 'thread_id')",
	"ALTER FOREIGN TABLE owned.threads ALTER tid OPTIONS (SET column_name 'tid')",
	'ALTER FOREIGN TABLE owned.threads ALTER tid OPTIONS (DROP column_name)');

for my $option (qw(filename descriptor recording qcow))
{
	my $given = "OPTIONS (filename '$log', $option '/nonexistent')";
	$given = "OPTIONS (filename '/nonexistent')" if $option eq 'filename';

	states_are($_, '42501 42501 42501', "$option, given anew",
		"CREATE FOREIGN TABLE $_.threads (tid bigint) SERVER pandelephant $given",
		"IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO $_ $given",
		$option eq 'filename' ? "SELECT pe_attach('/nonexistent')"
		: "SELECT pe_attach('$log', '${_}_attached', $option => '/nonexistent')")
	  for qw(ordinary owner);
}

# No object but a table has a file, so nothing is inherited from elsewhere.
for my $option (qw(filename descriptor recording qcow))
{
	states_are('ordinary', '42501 42501 42501', "$option, of a server or wrapper",
		"ALTER SERVER pandelephant OPTIONS (ADD $option '$log')",
		"ALTER FOREIGN DATA WRAPPER pandelephant OPTIONS (ADD $option '$log')",
		"CREATE SERVER mine FOREIGN DATA WRAPPER pandelephant OPTIONS ($option '$log')");
	states_are($superuser, 'HV00D HV00D HV00D HV00D', "$option, of a server or wrapper",
		"ALTER SERVER pandelephant OPTIONS (ADD $option '$log')",
		"ALTER FOREIGN DATA WRAPPER pandelephant OPTIONS (ADD $option '$log')",
		"CREATE USER MAPPING FOR PUBLIC SERVER pandelephant OPTIONS ($option '$log')",
		"ALTER FOREIGN TABLE owned.threads ALTER tid OPTIONS (ADD $option '$log')");
}

# ---------------------------------------------------------------------------
# A table outlives its maker's right to make it
# ---------------------------------------------------------------------------

{
	my @uses = (
		'SELECT count(*) > 0 FROM reader.threads',
		"ALTER FOREIGN TABLE reader.threads OPTIONS (SET filename '$log')",
		"ALTER FOREIGN TABLE reader.threads OPTIONS (ADD execution 'x')",
		'ANALYZE reader.threads');

	states_are('reader', 'ok', 'makes a table',
		"IMPORT FOREIGN SCHEMA plog LIMIT TO (threads) FROM SERVER pandelephant INTO reader OPTIONS (filename '$log')");
	query('REVOKE pg_read_server_files FROM reader');
	states_are('reader', 'ok 42501 42501 ok', 'reads it later on, and changes no option', @uses);
	query('GRANT pg_read_server_files TO reader');
	states_are('reader', 'ok ok ok ok', 'until the right is back', @uses);
	states_are('reader', '42501', 'gives tables only to roles it is in',
		'ALTER FOREIGN TABLE reader.threads OWNER TO ordinary');
}

# ---------------------------------------------------------------------------
# Views and functions pass on their owner's rights, if they are made to
# ---------------------------------------------------------------------------

query(qq{
	GRANT USAGE ON SCHEMA owned, reader TO ordinary;
	CREATE VIEW owned.shown AS SELECT tid FROM owned.threads;
	ALTER VIEW owned.shown OWNER TO owner;
	GRANT SELECT ON owned.shown TO ordinary;
	SET ROLE reader;
	CREATE FUNCTION reader.attach(path text, security text) RETURNS name LANGUAGE plpgsql
		SET search_path = pg_catalog, public, pg_temp
		AS 'BEGIN RETURN pe_attach(path, security); END';
	CREATE FUNCTION reader.attach_definer(path text, security text) RETURNS name LANGUAGE plpgsql
		SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
		AS 'BEGIN RETURN pe_attach(path, security); END'});
is(join('|', (states_as('ordinary', 'SELECT count(*) > 0 FROM owned.shown', 'SELECT tid FROM owned.threads'))[ 0, 1 ]),
	'ok 42501|t', 'a view shows what its owner may see');
states_are('ordinary', '42501 ok 42501 42501', 'a function that passes on the right to name a file',
	"SELECT reader.attach('$log', 'invoker')",
	"SELECT reader.attach_definer('$log', 'definer')",
	'SELECT count(*) FROM definer.threads',
	"ALTER FOREIGN TABLE definer.threads OPTIONS (SET filename '/etc/passwd')");
query('ALTER VIEW owned.shown OWNER TO ordinary');
states_are('ordinary', '42501', 'a view that was given away shows what its new owner may see',
	'SELECT count(*) FROM owned.shown');

# ---------------------------------------------------------------------------
# A target that another role has laid out
# ---------------------------------------------------------------------------

query("SELECT pe_attach('$log', 's')");
query(q{CREATE ROLE mallory LOGIN; GRANT CREATE ON DATABASE postgres TO mallory;
	GRANT USAGE ON SCHEMA s TO mallory; GRANT SELECT ON ALL TABLES IN SCHEMA s TO mallory});

# Each speaks up when it is run.
my %traps = (
	'a trigger on executions' => q{
		CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON pandelephant.executions
			FOR EACH ROW EXECUTE FUNCTION pandelephant.fire()},
	'a rule on executions' => q{
		CREATE RULE r AS ON INSERT TO pandelephant.executions DO ALSO SELECT pandelephant.speak()},
	'a check of processes' => q{
		ALTER TABLE pandelephant.processes ADD CHECK (pandelephant.speak() = 1)},
	'a default of processes' => q{
		ALTER TABLE pandelephant.processes ADD mine bigint DEFAULT pandelephant.speak()},
	'an index of processes' => q{
		CREATE INDEX ON pandelephant.processes ((pid + pandelephant.speak()))},
	'a policy on executions' => q{
		CREATE POLICY p ON pandelephant.executions USING (pandelephant.speak() = 1);
		ALTER TABLE pandelephant.executions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY},
	'a view instead of executions' => q{
		DROP TABLE pandelephant.executions CASCADE;
		CREATE VIEW pandelephant.executions AS
			SELECT pandelephant.speak() AS execution_id, 'small' AS name});
my @superuser_calls = (
	q{SELECT pe_drop_execution('small')},
	q{SELECT pe_materialize('s', if_exists => 'replace')},
	q{SET pandelephant.bulk_load = off},
	q{SELECT pe_materialize('s', if_exists => 'replace')});

for my $trap (sort keys %traps)
{
	query(qq{
		SET ROLE mallory;
		CREATE SCHEMA pandelephant;
		SELECT pe_materialize('s');
		CREATE FUNCTION pandelephant.speak() RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS
			'BEGIN RAISE WARNING ''trapped %'', current_user; RETURN 1; END';
		CREATE FUNCTION pandelephant.fire() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN RAISE WARNING ''trapped %'', current_user; RETURN coalesce(new, old); END';
		$traps{$trap}});
	my ($states, undef, $complaints) = states_as($superuser, @superuser_calls);
	is($states, '42501 42501 ok 42501', "$trap of another role: refused");
	states_are($superuser, '42501', 'and no views are made of it',
		q{SELECT pe_orm_views('pandelephant', 'orm', 1)});
	unlike($complaints, qr/trapped \Q$superuser\E\b/, 'and not run');
	query('ALTER SCHEMA pandelephant OWNER TO CURRENT_USER');
	($states, undef, $complaints) = states_as($superuser, @superuser_calls);
	is($states, ($trap =~ /^a view/ ? '42809 42809 ok 42809' : '42501 42501 ok 42501'),
		"$trap of another role, in a schema of one's own: refused");
	unlike($complaints, qr/trapped \Q$superuser\E\b/, 'and not run');
	query('DROP SCHEMA pandelephant CASCADE');
}

# Roles that work together.
query(q{
	CREATE ROLE team; CREATE ROLE member LOGIN; GRANT team TO member, mallory;
	CREATE SCHEMA pandelephant AUTHORIZATION team; ALTER ROLE mallory SET role = team;
	GRANT USAGE ON SCHEMA s TO team, member; GRANT SELECT ON ALL TABLES IN SCHEMA s TO team, member});
states_are('mallory', 'ok', 'makes the tables of a team', q{SELECT pe_materialize('s')});
is(query(q{SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
		WHERE relnamespace = 'pandelephant'::regnamespace}), 'team', 'they belong to it');
states_are('member', 'ok ok', 'a member of the team works on them',
	q{SELECT pe_materialize('s', if_exists => 'skip')}, q{SELECT pe_drop_execution('small')});
states_are($superuser, '42501 ok ok', 'a superuser does as the team',
	q{SELECT pe_materialize('s')}, 'SET ROLE team', q{SELECT pe_materialize('s')});

# What a member adds is the team's: it can be replaced and dropped, and does not
# go with the member.
query("SELECT pe_attach('$log', 'more', 'more'); GRANT USAGE ON SCHEMA more TO team, member;
	GRANT SELECT ON ALL TABLES IN SCHEMA more TO team, member; GRANT CREATE ON SCHEMA pandelephant TO member");
my $owners = q{SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ' ') FROM pg_class
	WHERE relnamespace = 'pandelephant'::regnamespace};
for my $bulk_load ('on', 'off')
{
	states_are('member', 'ok ok ok', 'adds an execution, and replaces one',
		"SET pandelephant.bulk_load = $bulk_load", q{SELECT pe_materialize('more')},
		q{SELECT pe_materialize('s', if_exists => 'replace')});
	is(query($owners), 'team', 'all belongs to the team');
	query('DROP OWNED BY member; GRANT USAGE ON SCHEMA s, more TO member; GRANT SELECT ON ALL TABLES IN SCHEMA s, more TO member;
		GRANT CREATE ON SCHEMA pandelephant TO member');
	is(query('SELECT count(DISTINCT execution_id) FROM pandelephant.syscalls'), 2, 'and stays when the member goes');
	states_are('mallory', 'ok ok ok', 'the team replaces and drops what a member added',
		q{SELECT pe_materialize('more', if_exists => 'replace')}, q{SELECT pe_drop_execution('more')},
		q{SELECT pe_materialize('more')});
	states_are('mallory', 'ok', 'and drops', q{SELECT pe_drop_execution('more')});
}

# Older partitions belong to who added them; and a schema may be another's.
query(q{ALTER SCHEMA pandelephant OWNER TO CURRENT_USER; GRANT ALL ON SCHEMA pandelephant TO team; GRANT team TO CURRENT_USER});
states_are('mallory', 'ok', 'adds an execution again', q{SELECT pe_materialize('more')});
query(q{DO $$ DECLARE partition regclass; BEGIN
	FOR partition IN SELECT inhrelid FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
		WHERE relnamespace = 'pandelephant'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('ALTER TABLE %s OWNER TO member', partition);
	END LOOP; END $$; ALTER SCHEMA pandelephant OWNER TO team; GRANT ALL ON SCHEMA pandelephant TO member});
states_are('mallory', 'ok ok', 'replaces and drops partitions of members', q{SELECT pe_materialize('more', if_exists => 'replace')},
	q{SELECT pe_drop_execution('small')});
is(query($owners), 'team', 'what is left is the team\'s');
query('DROP SCHEMA more CASCADE');

query('GRANT CREATE ON DATABASE postgres TO team; CREATE SCHEMA hers AUTHORIZATION mallory; GRANT ALL ON SCHEMA hers TO team');
states_are('member', 'ok 42501 ok', 'views are not made in the schema of another role',
	'SET ROLE team', q{SELECT pe_orm_views('pandelephant', 'hers', 1)},
	q{SELECT pe_orm_views('pandelephant', 'ours', 1)});
query(q{
	GRANT ALL ON SCHEMA ours TO mallory; GRANT USAGE ON SCHEMA pandelephant TO mallory;
	DO $$ DECLARE own text = obj_description('ours.executions'::regclass);
	BEGIN
		DROP VIEW ours.executions CASCADE;
		SET LOCAL ROLE mallory;
		CREATE VIEW ours.executions AS SELECT 1 AS mine;
		EXECUTE format('COMMENT ON VIEW ours.executions IS %L', own);
	END $$});
states_are('member', 'ok 42501', "nor is another role's view taken for one's own",
	'SET ROLE team', q{SELECT pe_orm_views('pandelephant', 'ours', 1)});
query('DROP SCHEMA ours, hers CASCADE');
query('DROP SCHEMA pandelephant CASCADE');

# ---------------------------------------------------------------------------
# Names, and where they are looked for
# ---------------------------------------------------------------------------

# Everything that generated SQL might find by a name.
query(q{
	CREATE SCHEMA evil;
	CREATE FUNCTION evil.speak() RETURNS bigint LANGUAGE plpgsql AS
		'BEGIN RAISE WARNING ''trapped''; RETURN 1; END';
	CREATE DOMAIN evil.text AS int; CREATE DOMAIN evil.int8 AS text; CREATE DOMAIN evil.jsonb AS text;
	CREATE DOMAIN evil.int4 AS text; CREATE DOMAIN evil.bool AS text; CREATE DOMAIN evil.name AS text});
query(qq{SET search_path = pg_catalog; CREATE FUNCTION evil.$_ LANGUAGE sql AS 'SELECT evil.speak()'})
  for 'nextval(regclass) RETURNS bigint', 'hashtext(text) RETURNS bigint',
	'pg_advisory_xact_lock(int, int) RETURNS bigint', 'max(int) RETURNS bigint',
	'octet_length(text) RETURNS bigint', '"left"(text, int) RETURNS bigint',
	'pg_get_serial_sequence(text, text) RETURNS bigint', 'pe_strace(text, bigint, bigint, text[], text[], text[]) RETURNS bigint',
	'array_agg(text) RETURNS bigint';
query(q{
	CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.speak() = 2';
	CREATE FUNCTION evil.equal(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT evil.speak() = 2';
	CREATE OPERATOR evil.= (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = evil.equal);
	CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.equal)});

my @names = (
	'Upper Case',
	q{it's},
	q{double " quote},
	qq{new\nline},
	q{back\slash},
	q{back\' OR true --},
	q{$$;%s%n},
	'"; DROP SCHEMA s CASCADE; --',
	'x' x 63,
	"\xc3\xa4" x 31,
	'select');
my $rows = query('SELECT count(*) FROM s.syscalls');
my $copied = query("SELECT count(*) FROM pe_materialize('s', 'counted')");

# Run SQL, in which :n and :t are two names, with evil first of all.  Returns
# what it prints, and complains of.
sub run_with_names
{
	my ($n, $t, $conforming, $sql) = @_;
	my ($hex_n, $hex_t) = map { unpack 'H*', $_ } $n, $t;
	my ($output, $errors) = ('', '');

	$node->psql('postgres', qq{
		SET client_min_messages = warning;
		SET standard_conforming_strings = $conforming;
		SET escape_string_warning = off;
		SELECT convert_from(decode('$hex_n', 'hex'), 'UTF8') AS n,
			convert_from(decode('$hex_t', 'hex'), 'UTF8') AS t \\gset
		SET search_path = evil, pg_catalog, public;
		$sql}, stdout => \$output, stderr => \$errors, on_error_stop => 1);
	return $output . $errors;
}

for my $conforming ('on', 'off')
{
	for my $name (@names)
	{
		my $shown = ($name =~ s/\n/\\n/r) . ", standard_conforming_strings $conforming";
		my $other = substr($name, 0, 1) eq 'x' ? 'y' x 63 : "$name+";
		my $calls = 'SELECT pg_catalog.count(*) FROM :"t".syscalls;
			SELECT pg_catalog.count(*) FROM :"t".strace WHERE call IS NULL;';

		is( run_with_names($name, $other, $conforming, qq{
				SELECT public.pe_attach('$log', :'n', :'n', 1, :'n');
				SELECT pg_catalog.count(*) FROM public.pe_materialize(:'n', :'t');
				$calls
				SELECT pg_catalog.count(*) FROM public.pe_materialize(:'n', :'t', 'replace');
				SET pandelephant.bulk_load = off;
				SELECT pg_catalog.count(*) FROM public.pe_materialize(:'n', :'t', 'replace');
				$calls
				SELECT description FROM :"t".executions;
				SELECT public.pe_drop_execution(:'n', :'t');
				DROP SCHEMA :"n", :"t" CASCADE;}),
			join("\n", $name, $copied, $rows, 0, $copied, $copied, $rows, 0, $name, 't'),
			"names like $shown");
	}
}

# Files may be called anything, too.
{
	my $directory = temporary_directory('names');

	for my $name (@names, 'z' x 200)
	{
		my $file = "$directory/$name.plog";
		my $shown = $name =~ s/\n/\\n/r;

		copy($log, $file) or die "$file: $!";
		is( run_with_names($file, $name, 'on', q{
				SELECT public.pe_attach(:'n') AS s \gset
				SELECT pg_catalog.count(*) FROM public.pe_materialize(:'s', 'kept');
				SELECT plog OPERATOR(pg_catalog.=) :'n', name OPERATOR(pg_catalog.=) :'t' FROM kept.executions;
				SELECT public.pe_drop_execution(:'t', 'kept');
				DROP SCHEMA :"s", kept CASCADE;}),
			"$copied\nt|t\nt", "a file called $shown");
	}
}

# The types of imported columns are PostgreSQL's.
is( run_with_names('imported', '', 'on', qq{
		CREATE SCHEMA :"n";
		IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO :"n" OPTIONS (filename '$log');
		SELECT pg_catalog.count(*) FROM imported.syscalls;
		DROP SCHEMA imported CASCADE}),
	$rows, 'IMPORT FOREIGN SCHEMA, with other types first in the search_path');

is(query('SELECT count(*) FROM pg_namespace WHERE nspname = \'s\''), 1, 'nothing was injected');

$node->stop;
done_testing();
