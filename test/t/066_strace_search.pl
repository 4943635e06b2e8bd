# Lines of calls that are left out before they are printed: the rest are those of a
# scan that prints them all, whatever text is asked for, and few are printed.
#
# PLOG_SEED repeats a run; PLOG_SEARCHES is how many patterns are tried on a log in each
# of the ways to read it, and PLOG_LOGS matches the names of the logs that are tried.
use strict;
use warnings;
no warnings 'portable';    # numbers of 64 bits

use FindBin;
use lib $FindBin::RealBin;

use PlogFile;
use PlogSession;
use PlogTest;
use PlogWire;
use RandomLog qw(random_log);
use Test::More;

my $searches = $ENV{PLOG_SEARCHES} // 6;
my $seed     = $ENV{PLOG_SEED}     // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed PLOG_SEARCHES=$searches");

my $node      = start_server('strace_search');
my $directory = temporary_directory('strace_search');

sub query { return $node->safe_psql($_[1] // 'postgres', $_[0]) }
sub one_of { return $_[ int rand @_ ] }

# What makes trouble where it is next to something else: what escapes end with, what
# begins an error or a number, what stands between two pieces of a line.
my @FRAGMENTS = ('passwd', 'asswd', 'x41', "\n", "\t", "\r", "\x01", "\x1f", "\x7f", '7', '12', 'n', 't', '\\', '"', '<', '>',
	"\0", "\xff", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "caf\xc3", '/', ' ', ',', '=', '(', '{', '%', '_',
	'ENOENT', 'No such', 'NULL', 'true', 'NaN', 'ab', 'deadbeef', 'sys_', 'e+20', '0x', '-1', 'open', 'read', 'port');

sub text { return join '', map { one_of(@FRAGMENTS) } 1 .. 1 + int rand 4 }

# A value, as a field of an argument or of a struct's member.
sub value
{
	my ($depth) = @_;
	my $kind = int rand($depth < 2 ? 8 : 6);

	return bytes(2, text()) if $kind < 2;
	return bytes(13, text()) if $kind == 2;
	return number(3, one_of(0, 0x7ffdeadbeef0)) if $kind == 3;
	return number(8, one_of(-1, 12, 438)) if $kind == 4;
	return fixed64(11, one_of(0x7ff8000000000000, 0x4415af1d78b58c40, 0x3fb999999999999a)) if $kind == 5;
	return bytes(14, one_of('timespec', 'ArrayOfPrimitive'))
	  . bytes(15, join '', map { bytes(1, bytes(1, one_of('', 'fd', text())) . value($depth + 1)) } 1 .. 3);
}

sub random_call
{
	my $name = one_of('sys_openat', 'sys_open', 'sys_execve', 'NtClose', 'odd name', text());
	my @names = ('fd', 'flags', 'mode', 'filename(from fd)', 'args', 'port', '', text());

	return number(1, 4096) . number(2, 100 + $_[0]) . number(3, 4096)
	  . bytes(58, number(1, 7) . number(2, 1) . number(3, 7) . number(4, 1000) . number(5, one_of(0, 3, -2, -11, -513, -4000))
		  . bytes(6, $name) . join '', map { bytes(7, bytes(1, one_of(@names)) . value(0)) } 1 .. int rand 5);
}

write_raw_log("$directory/calls$_.plog", map { random_call($_) } 1 .. 300) for 1 .. 3;
write_file("$directory/random$_.plog", random_log($seed % 100000 + $_)) for 1 .. 12;

my @logs = (
	(glob "$FindBin::RealBin/../plogs/*/*.plog"), map { "$directory/$_.plog" } map({ "calls$_" } 1 .. 3), map { "random$_" } 1 .. 12);

# Patterns that are made of the lines themselves, and those that are worth a try on
# every log.
my $SETUP = <<'SQL';
CREATE TABLE given (pattern text);
INSERT INTO given VALUES ('%'), ('%%'), (''), ('_'), ('%passwd%'), ('openat(%'), ('open(%'), ('execve(%'), ('sys_open(%'), ('?(%'),
	('%) = 0'), ('%ENOENT%'), ('%(No such file%'), ('%such%'), ('%read%'), ('%"%'), ('%\\%'), ('%\"%'), ('%\\n%'), ('%\\\\xff%'),
	('%nasswd%'), ('%\\nasswd%'), ('%\\1%'), ('%7passwd%'), ('%xffpasswd%'), ('%ffab%'), ('%<%>%'), ('%, %'), ('%NULL%'), ('%0x%'),
	('%dead%'), ('%6461%'), ('%=%'), ('%{%'), ('%e+20%'), ('%NaN%'), ('%true%'), ('%args=%'), ('%port=%'), ('%filename%'),
	(U&'%\00e9%'), (U&'%\20ac%'), (E'%\n%'), (E'%\x7f%'), ('%lib%so%'), ('%lib_.so%'), ('%\%%'), ('%\_%'), ('%libc.so.6"%'),
	('read(3<%'), ('%<%'), ('NtClose(%'), ('%ELF%'), ('%/%/%/%'), ('exit_group(0) = ?'), (NULL);

-- A piece of a line, perhaps with a character changed, as LIKE takes it literally.
CREATE FUNCTION piece(line text) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN random() < 0.1 THEN overlay(part PLACING one.letter FROM 1 + (random() * length(part))::int FOR 1) ELSE part END
	FROM (SELECT substr(line, 1 + (random() * least(length(line), 400))::int, 1 + (random() * random() * 24)::int) AS part) p,
		(SELECT substr(E'nx7a\\" ,é<(%', 1 + (random() * 12)::int, 1) AS letter) one
$$;
CREATE FUNCTION literally(part text) RETURNS text LANGUAGE sql AS $$
	SELECT replace(replace(replace(part, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')
$$;
CREATE FUNCTION random_pattern(line text) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT CASE (random() * 9)::int
		WHEN 0 THEN literally(left(line, (random() * 20)::int)) || '%'
		WHEN 1 THEN '%' || literally(right(line, (random() * 20)::int))
		WHEN 2 THEN '%' || literally(piece(line)) || '%' || literally(piece(line)) || '%'
		WHEN 3 THEN '%' || overlay(literally(piece(line)) PLACING '_' FROM 2 FOR 1) || '%'
		WHEN 4 THEN literally(split_part(line, '(', 1)) || '(%' || literally(piece(line)) || '%'
		ELSE '%' || literally(piece(line)) || '%' END
$$;

-- How many answers of a log are wrong, in the ways that patterns and texts are asked for.
CREATE FUNCTION wrong_answers(tries int) RETURNS TABLE (pattern text, given_rows bigint, due_rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	share float;
	condition text;
	ids bigint[];
	due_ids bigint[];
BEGIN
	SET LOCAL pandelephant.enable_skipping = off;
	CREATE TEMP TABLE lines ON COMMIT DROP AS SELECT syscall_id, call FROM strace;
	SET LOCAL pandelephant.enable_skipping = on;
	-- of a large log fewer answers, which take long
	share := least(tries / 150.0, tries * 50.0 / (1 + (SELECT count(*) FROM lines)));
	FOR pattern IN SELECT g.pattern FROM given g
		UNION ALL SELECT random_pattern(l.call) FROM (SELECT call FROM lines ORDER BY random() LIMIT tries) l
		UNION ALL SELECT random_pattern((SELECT call FROM lines ORDER BY random() + i LIMIT 1))
			FROM generate_series(1, least(tries - (SELECT count(*) FROM lines), 30)) i WHERE EXISTS (SELECT FROM lines)
	LOOP
		FOREACH condition IN ARRAY ARRAY['call LIKE $1', 'strpos(call, $1) > 0', 'position($1 in call) <> 0', 'call LIKE $1 AND pid > 0',
			format('call LIKE %L', pattern), format('0 < strpos(call, %L)', btrim(pattern, '%')),
			format('1 <= strpos(call, %L) AND call LIKE %L', replace(pattern, '%', ''), '%"%')]
		LOOP
			CONTINUE WHEN random() > share;
			-- one that ends with its escape character may be an error, if a line comes so far
			CONTINUE WHEN condition LIKE '%call LIKE%' AND pattern ~ '^([^\\]|\\.)*\\$';
			EXECUTE 'SELECT array_agg(syscall_id ORDER BY syscall_id) FROM lines WHERE ' || replace(condition, 'AND pid > 0', '')
				INTO due_ids USING pattern;
			EXECUTE 'SELECT array_agg(syscall_id ORDER BY syscall_id) FROM strace WHERE ' || replace(condition, 'pid > 0', 'syscall_id >= 0')
				INTO ids USING pattern;
			IF ids IS DISTINCT FROM due_ids THEN
				given_rows := coalesce(cardinality(ids), 0);
				due_rows := coalesce(cardinality(due_ids), 0);
				RETURN NEXT;
			END IF;
			EXECUTE 'SELECT count(*) FROM strace WHERE ' || replace(condition, 'pid > 0', 'syscall_id >= 0') INTO given_rows USING pattern;
			IF given_rows <> coalesce(cardinality(due_ids), 0) THEN
				due_rows := coalesce(cardinality(due_ids), 0);
				RETURN NEXT;
			END IF;
		END LOOP;
	END LOOP;
END $$;
SQL

query($SETUP);

my %WAYS = (
	'from the log'      => 'SET pandelephant.enable_columns = off;',
	'from kept columns' => 'SET pandelephant.min_column_log_size = 0;',
	'by several processes' => 'SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; '
	  . 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;');

sub wrong_answers
{
	my ($database, $path, $settings) = @_;
	my ($output, $errors) = ('', '');

	# calls$_ of a log that only recover reads are wanted as well
	my $recover = $node->psql($database, "SET client_min_messages = error; DROP SCHEMA IF EXISTS searched CASCADE;
		SELECT pe_attach('$path', 'searched'); SELECT count(call) FROM searched.strace", stderr => \$errors) ? 'true' : 'false';
	$node->psql($database, "SET client_min_messages = error; DROP SCHEMA IF EXISTS searched CASCADE;
		SELECT pe_attach('$path', 'searched', recover => $recover)") == 0 or return;
	$errors = '';
	return if $node->psql($database, "SET client_min_messages = error; SELECT count(call) FROM searched.strace") != 0;
	$node->psql($database, "SET client_min_messages = error; SELECT setseed(" . rand() . "); $settings
		SET search_path = searched, public; SELECT count(call) FROM strace;
		SELECT * FROM wrong_answers($searches)", stdout => \$output, stderr => \$errors, timeout => 180);
	$output =~ s/\A.*\n?\n?\d+\n?//;
	return "$output$errors";
}

my $read = 0;
for my $path (@logs)
{
	(my $name = $path) =~ s{.*/plogs/|.*/}{};
	next if defined $ENV{PLOG_LOGS} && $name !~ /$ENV{PLOG_LOGS}/;
	my @tried = ('from the log', 'from kept columns');

	# to start workers takes longer than all else
	push @tried, 'by several processes' if $name =~ /^calls1|bad_utf8/;

	for my $way (@tried)
	{
		my $wrong = wrong_answers('postgres', $path, $WAYS{$way});

		next unless defined $wrong;
		$read++;
		is($wrong, '', "$name, $way: all lines that have a text, and no others");
	}
}
cmp_ok($read, '>', 100, 'most logs were read') unless defined $ENV{PLOG_LOGS};

# Encodings: in one nothing is searched for, in the other every byte stays.
for my $encoding ('latin1', 'sql_ascii', 'euc_jis_2004')
{
	query("CREATE DATABASE searched_$encoding TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	query("CREATE EXTENSION pandelephant", "searched_$encoding");
	query($SETUP =~ s/\(U&'[^']*'\), //gr =~ s/é//r, "searched_$encoding");
	is(wrong_answers("searched_$encoding", $_, ''), '', "$_ in $encoding")
	  for "$directory/calls1.plog", "$FindBin::RealBin/../plogs/edges/bad_utf8.plog";
}

# How many lines are printed for a query, whose rows are few.
sub printed
{
	my ($sql, $settings) = @_;
	my $plan = query(($settings // '') . "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sql");

	return $plan =~ /Lines Printed: (\d+)/ ? $1 : "all\n$plan";
}

query("SELECT pe_attach('" . log_path('real/w3a') . "', 'w3a')");
my ($name, $calls) = split /\|/, query("SELECT substr(name, 5), count(*) FROM w3a.syscalls
	WHERE name LIKE 'sys\\_%' GROUP BY name ORDER BY 2 DESC, 1 LIMIT 1");
cmp_ok($calls, '>', 0, 'a name has calls');
for my $way ('from the log', 'from kept columns')
{
	my $settings = $WAYS{$way};
	my $lines = 0 + query("SELECT count(*) FROM w3a.strace WHERE call LIKE '%/etc/passwd%'");

	query("$settings SELECT count(call) FROM w3a.strace");
	cmp_ok($lines, '>', 0, 'there are lines with /etc/passwd');
	is(printed("SELECT count(*) FROM w3a.strace WHERE call LIKE '%/etc/passwd%'", $settings), $lines,
		"$way: only the lines with a path are printed");
	is(printed("SELECT * FROM w3a.strace WHERE strpos(call, '/etc/passwd') > 0", $settings), $lines, "$way: by strpos()");
	is(printed("SELECT * FROM w3a.strace WHERE position('/etc/passwd' in call) <> 0", $settings), $lines, "$way: by position()");
	is(printed("SELECT * FROM w3a.strace WHERE call LIKE U&'%\\00e9%'", $settings), 0, "$way: no line has what is escaped");
	is(printed("SELECT * FROM w3a.strace WHERE call LIKE '%nowhere to be found%'", $settings), 0, "$way: none for what is nowhere");
	is(printed("SELECT * FROM w3a.strace WHERE call LIKE '$name(%'", $settings), $calls, "$way: only those of a name");
	is(printed("SELECT * FROM w3a.strace WHERE call LIKE '%/etc/passwd%' AND thread_id = -1", $settings), 0,
		"$way: none for a thread that is not there");
	is(printed("SELECT * FROM w3a.strace WHERE call LIKE '%ENOENT%'", $settings), query("SELECT count(*) FROM w3a.strace"),
		"$way: all for what formatting makes");
	is( printed("EXECUTE asked('%/etc/passwd%')", "$settings SET plan_cache_mode = force_generic_plan;
			PREPARE asked(text) AS SELECT count(*) FROM w3a.strace WHERE call LIKE \$1;"),
		$lines, "$way: a parameter");
	is(printed("SELECT count(*) FROM w3a.strace WHERE call LIKE '%/etc/passwd%'", "$settings SET pandelephant.enable_skipping = off;"),
		query("SELECT count(*) FROM w3a.strace"), "$way: all, if nothing may be skipped");
}

# A pattern that is malformed is said to be, and a collation that takes different texts
# for equal is not searched by bytes.
my ($complaints) = complaints_of($node, [ q{SELECT count(*) FROM w3a.strace WHERE call LIKE '%\\';} ]);
like($complaints->[0], qr/22025/, 'a malformed pattern');
SKIP:
{
	skip 'no ICU', 1 if $node->psql('postgres', q{CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)});
	my $plan = query(q{EXPLAIN (COSTS OFF) SELECT * FROM w3a.strace WHERE call COLLATE loose LIKE '%PASSWD%'});
	unlike($plan, qr/Pushed Filter/, 'a nondeterministic collation');
}

done_testing();
