# Logs of a few bytes that ask for much, or that were read otherwise by one
# reader than by another.  What is quadratic is found by counting work, never by
# the clock.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IO::Uncompress::Gunzip;
use PlogBomb;
use PlogFile;
use PlogSession;
use PlogTest;
use PlogWire;
use Test::More;

my $node      = start_server('odd_logs', new_sessions => 1);
my $directory = temporary_directory('odd_logs');

# What shows all that a catalog holds.
my @SHOWN = qw(executions processes threads thread_names threadslices mappings syscalls);

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# The path of a log that comes with the tests.
sub odd_log
{
	my ($name) = @_;
	return log_path("faults/$name");
}

# Make foreign tables for a log in a schema, in which no others are left.
sub attach
{
	my ($path, $schema, $options) = @_;
	query("SET client_min_messages = error; DROP SCHEMA IF EXISTS $schema CASCADE; "
		  . "SELECT pe_attach('$path', '$schema'" . ($options // '') . ')');
}

# What a new session prints of some SQL, and what it says.
sub session
{
	my ($sql) = @_;
	my ($complaints, $output) =
	  complaints_of($node, [ "LOAD 'pandelephant'; SET client_min_messages = debug1; $sql" ]);
	return ($output, join '', @$complaints);
}

# What a schema's relations hold, by so many workers that build the catalog.
sub rows
{
	my ($schema, $workers) = @_;
	my ($output, $said) = session(
		'SET pandelephant.catalog_cache = off; SET min_parallel_table_scan_size = 0;'
		  . 'SET max_parallel_workers_per_gather = 0;'
		  . "SET max_parallel_maintenance_workers = $workers;"
		  . join '', map { "SELECT '$_', r FROM $schema.$_ r ORDER BY r::text;" } @SHOWN);
	my @wrong = $said =~ /^(?:psql:.*)?(?:ERROR|FATAL|PANIC): .*/mg;
	return join "\n", $output, @wrong;
}

# ---------------------------------------------------------------------------
# Macros that look at an argument more than once
# ---------------------------------------------------------------------------

# 33 idle threads, and then 33 with calls: the common ones are found by sorting
# in place, which must happen once.
attach(odd_log('common_values'), 'common');
my ($found) = session('SELECT count(*) FROM common.syscalls WHERE pid = 2005;' x 2);
is($found, "1\n1", 'common values: the same twice');
my (undef, $said) = session('SELECT count(*) FROM common.threads;');
like($said, qr/loaded from disk/, 'common values: the catalog is kept');
is(query('SELECT ' . join ', ', map { "(SELECT count(*) FROM common.$_)" }
		qw(processes threads thread_names threadslices syscalls)),
	'66|66|33|33|33', 'common values: rows');

# No call stands in Min() or Max(), here or elsewhere.
{
	my $call  = qr/(?<![\w.>])(?!sizeof\b)[a-z_]\w*\s*\(/;
	my $group = qr/(?<group>\((?:[^()]++|(?&group))*\))/;
	my $files = 0;

	for my $file (split /\n/, `find "$FindBin::RealBin/../../src" -name '*.[ch]'`)
	{
		my $source = read_file($file);
		my @calls;

		$files++;
		while ($source =~ /\b(?:Min|Max)(?=\()/g)
		{
			my ($arguments) = substr($source, pos $source) =~ /^$group/;
			push @calls, $arguments if $arguments =~ $call;
		}
		is("@calls", '', "$file: no call within Min() or Max()") if @calls;
	}
	cmp_ok($files, '>', 50, 'all sources were looked at');
}

# ---------------------------------------------------------------------------
# Names times tids
# ---------------------------------------------------------------------------

attach(odd_log('names_times_tids'), 'pairs');
for my $relation (qw(threads threadslices))
{
	my ($rows, $said) = session("SET pandelephant.catalog_cache = off; SELECT count(*) FROM pairs.$relation;");
	my ($bytes) = $said =~ /looked up strings of (\d+) bytes/;

	# the message takes 104 kB
	cmp_ok($bytes, '>', 50_000, "names times tids: $relation: names are looked up");
	cmp_ok($bytes, '<', 200_000, "names times tids: $relation: once");
	cmp_ok($rows, '>', $relation eq 'threads' ? 1000 : 0, "names times tids: $relation: $rows rows");
}

# ---------------------------------------------------------------------------
# Offsets that turn negative
# ---------------------------------------------------------------------------

attach(odd_log('offsets_across_2e63'), 'signs');
my $warm = 'SELECT count(*) FROM signs.threads;';
for my $relation (qw(syscalls entries))
{
	my $order = "SELECT execution_offset FROM signs.$relation"
	  . ' WHERE execution_offset <> 0 ORDER BY execution_offset';
	is((session("$warm $order;"))[0], join("\n", 1, -9223372036854775803, -9223372036854775799, 5,
			9223372036854775807),
		"offsets beyond 2^63: $relation in order");
	like((session("$warm EXPLAIN $order;"))[0], qr/Sort/, "offsets beyond 2^63: $relation are sorted");
	is((session("SET enable_hashjoin = off; SET enable_nestloop = off;"
				  . "$warm SELECT count(*) FROM signs.$relation a JOIN signs.syscalls b USING (execution_offset);"))[0],
		"1\n4", "offsets beyond 2^63: a merge join of $relation");
	is((session("$warm SELECT count(*) FROM signs.$relation WHERE execution_offset < 0;"))[0],
		"1\n2", "offsets beyond 2^63: a range of $relation");
}

# ---------------------------------------------------------------------------
# The form of a log
# ---------------------------------------------------------------------------

attach(odd_log('form_seen_late'), 'late');
is(rows('late', 3), rows('late', 0), 'a form that the first chunk shows: in pieces');
is(query('SELECT count(*) FROM late.threadslices'), 12, 'a form that the first chunk shows: rows')
  or diag(rows('late', 0));

# The body of an entry with a payload, and messages of both forms.
sub body      { return number(1, 1) . number(2, $_[0]) . bytes($_[1], $_[2]) }
sub info_2018 { return body($_[0], 40, number(1, 4096) . $_[1] . number(3, 7) . number(4, $_[0]) . number(5, $_[0] + 5)) }
my $named  = bytes(2, 'bash');
my $packed = bytes(6, "\xff");
my $cut    = "\x0a\x05";

my @forms = (
	[ 'an unnamed message that is malformed today comes first',
		[ info_2018(1, $packed), info_2018(10, $named), info_2018(20, $packed) ], 3, 'AsidInfo before September 2020' ],
	[ 'a malformed message of the earlier form',
		[ body(1, 40, number(1, 7) . number(2, 9) . number(6, 7) . number(7, 1) . number(8, 2)),
			body(3, 40, number(3, 7)) ], 1, 'today' ]);
for (@forms)
{
	my ($name, $bodies, $slices, $form) = @$_;

	write_raw_log("$directory/form.plog", @$bodies);
	attach("$directory/form.plog", 'form');
	is(query('SELECT count(*) FROM form.threadslices'), $slices, "$name: slices");
	like(query('EXPLAIN SELECT * FROM form.threads'), qr/Wire Form: $form/, "$name: form");
}

# with recover, what is malformed decides nothing, and is left out
for (
	[ 'asid_info', [ body(1, 40, number(1, 4096) . $named . $cut),
			body(3, 40, number(1, 7) . number(2, 9) . number(6, 7) . number(7, 1) . number(8, 2)) ] ],
	[ 'argument', [ body(1, 58, number(1, 7) . bytes(6, 'sys_a') . bytes(7, number(2, 5) . $cut)
				. bytes(7, bytes(1, 'fd') . number(4, 3))) ] ],
	[ 'call', [ body(1, 58, number(1, 7) . bytes(7, number(2, 5)) . $cut),
			body(2, 58, number(1, 7) . bytes(6, 'sys_b') . bytes(7, bytes(1, 'fd') . number(4, 3))) ] ])
{
	my ($name, $bodies) = @$_;

	write_raw_log("$directory/form.plog", @$bodies);
	attach("$directory/form.plog", 'form', ', recover => true');
	query('SET client_min_messages = error; SELECT count(*) FROM form.threads');
	like(query('SET client_min_messages = error; EXPLAIN SELECT * FROM form.threads'), qr/Wire Form: today/,
		"a malformed $name decides no form");
}
is(query(q{SET client_min_messages = error;
	SELECT string_agg(name || '=' || value, ' ') FROM form.syscall_arguments}), 'fd=3', 'and arguments are read in it');

# ---------------------------------------------------------------------------
# Chunks that hold another number of entries than the directory says
# ---------------------------------------------------------------------------

# What a new session, without a catalog, says of a query.
sub cold_error
{
	my ($sql) = @_;
	my (undef, $said) = session("SET pandelephant.catalog_cache = off; $sql;");
	return $said =~ /^(?:psql:.*)?ERROR: *(.*)/m ? $1 : '';
}

attach(odd_log('entry_count_wrong'), 'counts');
for my $sql (
	'SELECT name FROM counts.syscalls WHERE syscall_id = 1',
	'SELECT kind FROM counts.entries WHERE entry_id = 0',
	'SELECT pc FROM counts.entries LIMIT 1',
	'SELECT EXISTS (SELECT FROM counts.syscalls)',
	'BEGIN; DECLARE c CURSOR FOR SELECT pc FROM counts.entries; FETCH 1 FROM c',
	'SELECT count(*) FROM counts.threads')
{
	like(cold_error($sql), qr/XX001: .*chunk holds 3 entries where the directory says 2/, "wrong count: $sql");
}
is(cold_error('SELECT name FROM counts.syscalls WHERE syscall_id = 2'), '',
	'wrong count: a chunk that is not read is no error');

# the same chunk from the cache of chunks, where it was put with the other count
my $counts = odd_log('entry_count_wrong');
attach($counts, 'counts_recovered', ', recover => true');
is(cold_error('SET client_min_messages = error; SELECT count(*) FROM counts_recovered.entries;'
		. 'SELECT name FROM counts_recovered.syscalls WHERE syscall_id = 2;'), '', 'wrong count: with recover');
is(query(q{SET client_min_messages = error;
	SELECT string_agg(syscall_id || ' ' || name, ', ' ORDER BY syscall_id) FROM counts_recovered.syscalls}),
	'1 sys_a, 2 sys_c, 3 sys_d', 'wrong count: with recover, the directory numbers what follows');
is(query(q{SET client_min_messages = error; SELECT string_agg(entry_id::text, ' ') FROM counts_recovered.entries}),
	'0 1 2 3', 'wrong count: with recover, no number comes twice');
like((session('SELECT count(*) FROM counts_recovered.entries'))[1],
	qr/1 entries are more than the directory counts, and left out/, 'wrong count: with recover, it is said');

# a directory that counts too many, or none
{
	my $log = take_apart(read_file(log_path('faults/entry_count_wrong')));
	for ([ 7, '1 sys_a, 2 sys_b, 7 sys_c, 8 sys_d' ], [ 3, '1 sys_a, 2 sys_b, 3 sys_c, 4 sys_d' ],
		[ 0, '0 sys_c, 1 sys_d' ])
	{
		my ($count, $rows) = @$_;

		$log->{chunks}[0]{entries} = $count;
		write_file("$directory/counts_$count.plog", put_together($log));
		attach("$directory/counts_$count.plog", 'counts_other', ', recover => true');
		is(query(q{SET client_min_messages = error;
			SELECT string_agg(syscall_id || ' ' || name, ', ' ORDER BY syscall_id) FROM counts_other.syscalls}),
			$rows, "a count of $count: with recover");
		next if $count == 3;
		attach("$directory/counts_$count.plog", 'counts_other');
		like(cold_error('SELECT count(pc) FROM counts_other.entries'),
			qr/XX001: .*chunk holds 3 entries where the directory says $count/, "a count of $count: is an error");
	}
}

# ---------------------------------------------------------------------------
# Messages that come in parts
# ---------------------------------------------------------------------------

attach(odd_log('payload_twice'), 'parts');
is(query('SELECT names FROM parts.threads'), '{bash}', 'a payload that comes twice: names');
is(query('SELECT message FROM parts.entries WHERE entry_id = 1'),
	'{"asid_info": {"pid": 7, "tids": [7], "names": ["bash"], "end_instr": 2, "create_time": 9, "start_instr": 1}}',
	'a payload that comes twice: message');

# Payloads by their number, as lists of fields, and a struct that is nested.
my @inner  = (bytes(1, bytes(1, 'x') . number(5, 1)), bytes(1, bytes(1, 'y') . number(5, 2)));
my @outer  = (bytes(1, bytes(1, 'inner') . bytes(14, 'inner_t') . bytes(15, join '', @inner)), bytes(1, bytes(1, 'z') . bytes(2, 'z')));
my @parted = (bytes(1, bytes(1, 'inner') . bytes(15, $inner[0]) . bytes(14, 'inner_t') . bytes(15, $inner[1])), $outer[1]);
my @call   = (number(1, 7), number(2, 1), number(3, 8), number(4, 9), number(5, -2), bytes(6, 'sys_a'),
	bytes(7, bytes(1, 'fd') . number(5, 3)));
my @messages = (
	[ 40, number(1, 7), number(2, 9), number(3, 1), number(4, 4096), bytes(5, 'bash'), bytes(5, 'sh'), number(6, 7),
		bytes(6, "\x08\x09"), number(7, 10), number(8, 20) ],
	[ 58, @call, bytes(7, bytes(1, 's') . bytes(14, 'outer_t') . bytes(15, join '', @outer)), bytes(7, '') ],
	[ 5, bytes(1, 'bash'), number(2, 7), number(3, 1), number(4, 9), number(5, 7),
		map { bytes(6, bytes(1, "lib$_") . bytes(2, "/lib/$_") . number(3, 4096 * $_) . number(4, 10)) } 1 .. 3 ],
	[ 103, number(1, 7), number(2, 9), number(3, 1), bytes(5, 'trace'), number(6, 10), number(7, 30) ],
	[ 10, number(1, 5), number(1, 6) ]);

# Each whole, and cut between any two fields, with another payload between.
my (@whole, @cut);
for (@messages)
{
	my ($kind, @fields) = @$_;
	for my $first (0 .. @fields)
	{
		my @parts  = (join('', @fields[ 0 .. $first - 1 ]), join '', @fields[ $first .. $#fields ]);
		my $head   = number(1, 4096) . number(2, 10 + @whole) . number(3, 5);
		my $other  = bytes(56, number(1, 1));

		push @whole, $head . bytes($kind, join '', @parts) . $other;
		push @cut, $head . bytes($kind, $parts[0]) . $other . bytes($kind, $parts[1]);
	}
}
push @whole, body(500, 58, join '', @call, bytes(7, bytes(1, 's') . bytes(14, 'outer_t') . bytes(15, join '', @outer)));
push @cut,   body(500, 58, join '', @call, bytes(7, bytes(15, $parted[0]) . bytes(1, 's') . bytes(14, 'outer_t') . bytes(15, $parted[1])));

write_raw_log("$directory/whole.plog", @whole);
write_raw_log("$directory/cut.plog", @cut);
attach("$directory/whole.plog", 'whole', q{, execution => 'x'});
attach("$directory/cut.plog", 'cut', q{, execution => 'x'});
query(q{SELECT pe_materialize('cut', 'native')});
for my $relation (qw(processes threads thread_names threadslices mappings syscalls syscall_arguments strace entries))
{
	my $columns = $relation eq 'entries' ? 'entry_id, chunk, pc, execution_offset, asid, kind, message' : '*';
	my ($expected) = session("SELECT $columns FROM whole.$relation ORDER BY 1, 2, 3;");

	is((session("SELECT $columns FROM cut.$relation ORDER BY 1, 2, 3;"))[0], $expected, "messages in parts: $relation")
	  or next;
	is((session("SELECT $columns FROM native.$relation ORDER BY 1, 2, 3;"))[0], $expected,
		"messages in parts: native $relation") if $relation ne 'entries';
	isnt($expected, '', "messages in parts: $relation has rows");
}
is((session('SET pandelephant.catalog_cache = off; SET min_parallel_table_scan_size = 0; SELECT value FROM cut.syscall_arguments WHERE syscall_id = ' . @cut . ' AND position = 1;'))[0],
	'{"inner": {"x": 1, "y": 2}, "z": "z"}', 'messages in parts: a nested struct');

# ---------------------------------------------------------------------------
# The limit of a catalog holds for the log, whoever builds it
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'there is no /proc', 1 if !-e '/proc/self/status';
	my $limit = 16;

	# Write a log of chunks, each of entries that a function makes.
	my $write_chunks = sub {
		my ($path, $count, $entries_of) = @_;
		my @chunks = map {
			my @entries = $entries_of->($_);
			{ start_instr => 0, entries => scalar @entries, stream => deflate_entries(@entries) }
		} 1 .. $count;
		write_file($path, put_together({ version => 2, chunk_size => 4096, chunks => \@chunks }));
	};
	my $in_limit = sub {
		my ($name, $workers, $state) = @_;
		my $outcome = outcome_of($node, "$directory/limit.plog", 'SELECT count(*) FROM bomb.threads',
			settings => "SET pandelephant.max_catalog_size = '${limit}MB'; SET pandelephant.catalog_cache = off;"
			  . "SET min_parallel_table_scan_size = 0; SET max_parallel_maintenance_workers = $workers;");

		is($outcome->{state}, $state, "$name, $workers workers: state") or diag($outcome->{error});
		cmp_ok($outcome->{megabytes}, '<', 60 + 2 * $limit, "$name, $workers workers: within memory") if !$ENV{SANITIZE};
		return $outcome->{output};
	};

	# no entries at all, but chunks
	my $empty = deflate_entries();
	write_file("$directory/limit.plog", put_together({ version => 2, chunk_size => 4096,
				chunks => [ map { { start_instr => 0, entries => 0, stream => $empty } } 1 .. 200_000 ] }));
	$in_limit->('chunks', $_, '54000') for 0, 3;

	# long names, no two alike, of which each piece for itself would stay within
	my $long = 'x' x 100_000;
	$write_chunks->("$directory/limit.plog", 60, sub { my ($i) = @_;
			map { body(1, 103, number(1, 7) . number(6, 7) . bytes(5, "$long$i $_")) } 1 .. 15 });
	$in_limit->('names', $_, '54000') for 0, 3;

	# the same threads in every piece: too much for all, not for the log
	my $thread = sub { body($_[0], 58, number(1, 7) . number(3, $_[0]) . number(4, $_[0])) };
	my $same = deflate_entries(map { $thread->($_) } 1 .. 20_000);
	write_file("$directory/limit.plog", put_together({ version => 2, chunk_size => 4096,
				chunks => [ map { { start_instr => 0, entries => 20_000, stream => $same } } 1 .. 40 ] }));
	is($in_limit->('the same threads', $_, '00000'), 20_000, "the same threads, $_ workers: rows") for 0, 3;
}

# ---------------------------------------------------------------------------
# Long lists of texts
# ---------------------------------------------------------------------------

attach(log_path('real/w1libs'), 'lists');
query('SELECT count(*) FROM lists.threads');
for ([ 'syscalls', 'name', 'sys_openat', 1, 'names' ], [ 'syscalls', 'name', 'sys_openat', 10_000, 'names' ],
	[ 'entries', 'kind', 'asid_info', 10_000, 'kinds' ],
	[ 'syscall_arguments', 'argument_type', 'POINTER', 10_000, 'types' ])
{
	my ($relation, $column, $text, $others, $what) = @$_;
	my $list = "(SELECT array_agg('none ' || i) || '{$text}'::text[] FROM generate_series(1, $others) i)";
	my $rows = query("SELECT count(*) FROM lists.$relation");
	my ($found) = session("SELECT count(*) FROM lists.$relation WHERE $column = ANY (${list}::text[]);");
	my ($plan) = session('SET max_parallel_workers_per_gather = 0; SET pandelephant.enable_aggregate_pushdown = off;'
		  . "EXPLAIN (ANALYZE, VERBOSE) SELECT count(*) FROM lists.$relation WHERE $column = ANY (${list}::text[]);");

	is($found, query("SELECT count(*) FROM lists.$relation WHERE $column = '$text'"), "$others $what: rows");
	like($plan, qr/Pushed Filter/, "$others $what: pushed");
	my ($compared) = $plan =~ /Texts Compared: (\d+)/;
	cmp_ok($compared, '>', 0, "$others $what: compared");
	cmp_ok($compared, '<', 3 * $rows + 2 * $others, "$others $what: not each with each");
}

# where all rows meet a condition, they are not checked twice
{
	my ($plan) = session("SET max_parallel_workers_per_gather = 0; SET pandelephant.enable_aggregate_pushdown = off;"
		  . " EXPLAIN (ANALYZE, VERBOSE) SELECT count(*)"
		  . " FROM lists.syscalls WHERE name = ANY ((SELECT array_agg(DISTINCT name) FROM lists.syscalls)::text[]);");
	my ($compared) = $plan =~ /Texts Compared: (\d+)/;
	cmp_ok($compared, '<', 2000, 'a list of all names is left to PostgreSQL');
}

# ---------------------------------------------------------------------------
# Descriptors
# ---------------------------------------------------------------------------

my $single = log_path('faults/x') =~ s/x\.plog$/file_descriptor_proto.pb/r;
attach(log_path('real/w1libs'), 'described', ", descriptor => '$single'");
is(query('SELECT count(*), count(kind), count(message) FROM described.entries'),
	query('SELECT count(*), count(kind), count(message) FROM lists.entries'), "Python's descriptor: entries");
is(query("SELECT md5(string_agg(message::text, '' ORDER BY entry_id)) FROM described.entries WHERE kind = 'asid_info'"),
	query("SELECT md5(string_agg(message::text, '' ORDER BY entry_id)) FROM lists.entries WHERE kind = 'asid_info'"),
	"Python's descriptor: messages");
write_file("$directory/no.pb", 'this is no descriptor');
for ([ "$directory/no.pb", qr/XX001: cannot read descriptor/ ], [ "$directory/missing.pb", qr/58P01: could not open descriptor/ ])
{
	my ($descriptor, $error) = @$_;
	like(cold_error(q{SELECT pe_attach('} . log_path('real/w1libs') . "', 'undescribed', descriptor => '$descriptor')"),
		$error, "$descriptor: found out when it is attached");
}

# ---------------------------------------------------------------------------
# First rows of a log that has no catalog
# ---------------------------------------------------------------------------

# What becomes of a query without a catalog: rows, chunks read, is one built?
sub first_rows
{
	my ($sql) = @_;
	my $settings = 'SET pandelephant.catalog_cache = off;';
	my ($rows)   = session("$settings $sql;");
	my ($plan, $said) = session("$settings EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $sql;");
	my ($chunks) = $plan =~ /Chunks Read: (\d+)/;
	return ($rows, $chunks, $said =~ /catalog of plog .* built/ ? 'built' : 'none');
}

# Of logs in many chunks, the first row of what needs the log's form.
for my $log ('real/w1libs', 'real/w1struct', 'real/w1sum', 'real/w3a', 'real/w1_pre2020form', 'real/w1_sep2020form')
{
	my $schema = $log =~ s/\W/_/gr;
	my $era = $log =~ /pre2020/ ? '2018' : $log =~ /sep2020/ ? 'september2020' : 'today';
	my $lines;

	IO::Uncompress::Gunzip::gunzip(log_path($log) =~ s/plog$/jsonl.gz/r => \$lines) or die "could not read the dump of $log";
	write_plog("$directory/$schema.plog", [ split /\n/, $lines ], '--chunk-size', 50_000, '--era', $era);
	attach("$directory/$schema.plog", $schema);
	for my $of ('value FROM %s.syscall_arguments', 'message FROM %s.entries')
	{
		my $select = sprintf "SELECT $of", $schema;
		my ($row, $chunks, $catalog) = first_rows("$select LIMIT 1");

		# the first chunk of one has no call
		my $wanted = $schema eq 'real_w1libs' && $of =~ /value/ ? 2 : 1;
		is("$chunks $catalog", "$wanted none", "$select: no chunk behind, no catalog");
		is($row, (split(/\n/, (session("$select;"))[0], 2))[0] // '', "$select: the first row");
		is((first_rows("$select LIMIT 3000"))[0], (session("SELECT * FROM (SELECT count(*) OVER (), * FROM ($select) a) b LIMIT 3000;"))[0] =~ s/^\d+\|//mgr,
			"$select: more rows");
	}
}

# What the first chunk does not show, or shows of the earlier form.
my $unnamed = body(1, 58, number(1, 7) . bytes(6, 'sys_a') . bytes(7, bytes(1, 'text')) . bytes(7, number(4, 5)));
my $named_2 = body(2, 58, number(1, 7) . bytes(6, 'sys_b') . bytes(7, bytes(1, 'fd') . number(5, 5)));
my $pointer = body(3, 58, number(1, 7) . bytes(6, 'sys_c') . bytes(7, number(2, 5)));
for (
	[ 'a form that a later chunk shows', [ $unnamed, $pointer ], 'built', 'text' ],
	[ 'a form that no chunk shows',      [ $unnamed, $unnamed ], 'built', undef ],
	[ 'a form that the chunk shows',     [ "$unnamed,$pointer" ], 'none', 'text' ],
	[ 'the form of today',               [ "$unnamed,$named_2", $named_2 ], 'none', undef ])
{
	my ($name, $chunks, $catalog, $value) = @$_;

	write_file("$directory/first.plog", put_together({ version => 2, chunk_size => 4096, chunks => [
				map { my @entries = split /,/; { start_instr => 0, entries => scalar @entries, stream => deflate_entries(@entries) } } @$chunks ] }));
	attach("$directory/first.plog", 'first');
	for my $of ([ 'value', 'syscall_arguments' ], [ 'message', 'entries' ])
	{
		my $select = "SELECT $of->[0] FROM first.$of->[1]";
		my ($row, undef, $found) = first_rows("$select LIMIT 1");

		is($found, $catalog, "$name: $of->[1]");
		is($row, (session("SELECT (array_agg($of->[0]))[1] FROM first.$of->[1];"))[0], "$name: the row of $of->[1]");
		is($row, $value // '', "$name: value") if $of->[0] eq 'value';
	}
}

# ---------------------------------------------------------------------------
# What pe_attach() says
# ---------------------------------------------------------------------------

for ([ q{'w1.plog', 'relative'}, qr/ERROR:  42602: path "w1.plog" of option "filename" must be absolute\nHINT:/ ],
	[ q{'/nowhere/w1.plog', 'relative', descriptor => './a.pb'}, qr/ERROR:  42602: path ".\/a.pb" of option "descriptor" must be absolute/ ],
	[ q{'/nowhere/w1.plog', 'relative', recording => 'rec'}, qr/ERROR:  42602: path "rec" of option "recording" must be absolute/ ],
	[ q{'/nowhere/w1.plog', 'relative'}, qr/ERROR:  58P01: could not open file "\/nowhere\/w1.plog"/ ],
	[ "'$directory/no.pb', 'relative'", qr/ERROR:  XX001: cannot read plog/ ],
	[ "'" . log_path('real/w1libs') . "', 'relative', descriptor => '$directory/no.pb'", qr/ERROR:  XX001: cannot read descriptor/ ])
{
	my ($arguments, $error) = @$_;
	my ($said) = complaints_of($node, [ "SELECT pe_attach($arguments);" ]);

	like($said->[0], $error, "pe_attach($arguments): error");
	unlike($said->[0], qr/CONTEXT/, "pe_attach($arguments): nothing of what goes on inside");
}

# Errors and notices of the commands that it consists of are those of commands that
# the user gave.
{
	my $log = log_path('made/small');

	$node->safe_psql('postgres', q{
		CREATE ROLE reader;
		GRANT pg_read_server_files TO reader;
		CREATE SCHEMA others;
		CREATE FUNCTION say() RETURNS event_trigger LANGUAGE plpgsql AS
			$$BEGIN RAISE EXCEPTION 'no schemas today' USING ERRCODE = 'P0042'; END$$;});
	for ([ "SET ROLE reader; SELECT pe_attach('$log', 'mine');", qr/ERROR:  42501: permission denied for database/ ],
		[ "SET ROLE reader; SELECT pe_attach('$log', 'others');", qr/ERROR:  42501: permission denied for schema others/ ],
		[ "SELECT pe_attach('$log', 'pg_mine');", qr/ERROR:  42939: unacceptable schema name "pg_mine"/ ])
	{
		my ($sql, $error) = @$_;
		my ($said) = complaints_of($node, [ $sql ]);

		like($said->[0], $error, "$sql: error");
		unlike($said->[0], qr/SQL statement/, "$sql: nothing of what goes on inside");
	}

	# what event triggers see are whole commands
	$node->safe_psql('postgres', 'CREATE EVENT TRIGGER say ON ddl_command_start WHEN tag IN (\'CREATE SCHEMA\') EXECUTE FUNCTION say()');
	my ($said) = complaints_of($node, [ "SELECT pe_attach('$log', 'refused');" ]);
	like($said->[0], qr/ERROR:  P0042: no schemas today/, 'pe_attach() fires event triggers');
	unlike($said->[0], qr/SQL statement/, 'without the command as context');
}

$node->stop;
done_testing();
