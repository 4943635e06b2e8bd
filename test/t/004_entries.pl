# Every entry of every log, against its dump; conditions on kind; and what no
# real log holds: fields that the schema does not know, or knows otherwise.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use File::Copy qw(copy);
use PlogTest;
use PlogWire;
use Test::More;

my $node = start_server('entries');

my $directory = abs_path(
	(PostgreSQL::Test::Utils->can('tempdir') // TestLib->can('tempdir'))->('entries'));

# Run SQL in a database, in a transaction where it is several commands.
sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# What the server says of SQL that fails, the SQLSTATE included.
sub error_of
{
	my ($sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}

# Make the foreign table entries of a log in a schema of its own.
sub attach
{
	my ($path, $schema, $database) = @_;

	query(
		"CREATE SCHEMA $schema;
		 IMPORT FOREIGN SCHEMA plog LIMIT TO (entries) FROM SERVER pandelephant
		 INTO $schema OPTIONS (filename '$path')", $database);
}

# Every log that has a dump of all its entries.
my @logs = map { m{plogs/(.*)\.jsonl\.gz$} && !/recoverable/ ? $1 : () }
  sort glob "$FindBin::RealBin/../plogs/*/*.jsonl.gz";

cmp_ok(scalar @logs, '>=', scalar @LOGS, 'logs are there');
for my $log (@logs)
{
	attach(log_path($log), 's');
	relation_is($node, 's', 'entries', model_of($log), $log);
	query('DROP SCHEMA s CASCADE');
}

# Kind by kind, of a log with many, and of one where two share a field number.
attach(log_path('made/all_kinds'), 'kinds');
attach(log_path('rules/flows'), 'flows');
for ([ kinds => 14 ], [ flows => 5 ])
{
	my ($schema, $kinds) = @$_;
	is( query(
			"SELECT count(*), count(DISTINCT whole.kind), bool_and(whole.n = part.n AND whole.hash = part.hash)
			 FROM (SELECT kind, count(*) AS n, sum(hashtext(message::text)) AS hash
				   FROM $schema.entries WHERE kind IS NOT NULL GROUP BY 1) AS whole,
			 LATERAL (SELECT count(*) AS n, sum(hashtext(message::text)) AS hash
					  FROM $schema.entries WHERE kind = whole.kind) AS part"),
		"$kinds|$kinds|t",
		"$schema: what is read of one kind is what is read of it among all");
}
is( query(
		"SELECT (SELECT count(*) FROM flows.entries WHERE kind = 'bir'),
			(SELECT count(*) FROM flows.entries WHERE kind = 'taint_flow'),
			(SELECT count(*) FROM flows.entries WHERE kind IN ('taint_flow', 'bir')),
			(SELECT count(*) FROM flows.entries WHERE kind = 'field 57')"),
	query(
		"SELECT count(*) FILTER (WHERE message ? 'bir'), count(*) FILTER (WHERE message ? 'taint_flow'),
			count(*) FILTER (WHERE message ?| '{taint_flow,bir}'), 0 FROM flows.entries"),
	'of two kinds with one field number, each and both');
like(
	query(
		q{EXPLAIN SELECT kind, (SELECT count(*) FROM kinds.entries e WHERE e.kind = k.kind)
		  FROM (VALUES ('syscall'), ('trace')) AS k (kind)}),
	qr/Pushed Filter: \(kind = /,
	'a correlated subquery pushes its condition down');
is( query(
		q{SELECT kind, (SELECT count(*) FROM kinds.entries e WHERE e.kind = k.kind)
		  FROM (VALUES ('syscall'), ('trace'), (NULL), ('proc_trace')) AS k (kind)}),
	"syscall|3000\ntrace|0\n|0\nproc_trace|139",
	'and is evaluated again for each row');
is( query(
		q{PREPARE p (text[]) AS SELECT count(*), count(message) FROM kinds.entries WHERE kind = ANY ($1);
		  SET plan_cache_mode = force_generic_plan;
		  EXECUTE p ('{syscall,NULL,nonsense}'); EXECUTE p ('{proc_trace,syscall,syscall}');
		  EXECUTE p ('{}'); EXECUTE p (NULL); EXECUTE p ('{field 58}')}),
	"3000|3000\n3139|3139\n0|0\n0|0\n0|0",
	'a generic plan pushes its parameters down');

# Bytes on the one hand, kind and message on the other.
my $long = 'x' x 70_000;
my @cases = (
	[ 'nothing', '', undef, '{}' ],
	[ 'columns only', number(1, 5) . number(2, 6) . number(3, 7), undef, '{}' ],
	[ 'a column of another wire type', bytes(1, 'abc'), undef, '{"1": "abc"}' ],
	[ 'unknown varint', number(110, 2**63), 'field 110', '{"110": 9223372036854775808}' ],
	[ 'unknown fixed', fixed32(110, 0xfffffffe) . fixed64(111, -1), 'field 110',
		'{"110": 4294967294, "111": 18446744073709551615}' ],
	[ 'unknown text', bytes(110, "gr\xc3\xbcn, \xf0\x9f\x90\x98") . bytes(111, ''), 'field 110',
		qq({"110": "gr\xc3\xbcn, \xf0\x9f\x90\x98", "111": ""}) ],
	[ 'unknown bytes', bytes(110, "\xff") . bytes(111, "a\n") . bytes(112, "a\x7f") . bytes(113, "\xc2\x85")
		  . bytes(114, "a\0") . bytes(115, "\xed\xa0\x80"), 'field 110',
		'{"110": "ff", "111": "610a", "112": "617f", "113": "c285", "114": "6100", "115": "eda080"}' ],
	[ 'unknown repeated', number(110, 1) . bytes(110, 'b') . fixed64(110, 3), 'field 110', '{"110": [1, "b", 3]}' ],
	[ 'unknown group', group(110, number(1, 2) . group(2, bytes(3, 'c')) . number(1, 4)), 'field 110',
		'{"110": {"1": [2, 4], "2": {"3": "c"}}}' ],
	[ 'numbers and names in the order of jsonb', number(5000, 1) . number(110, 2) . number(9, 3)
		  . number(6, 4) . bytes(57, number(1, 5)), 'taint_label_virtual_addr',
		'{"9": 3, "110": 2, "bir": {"len": 5}, "5000": 1, "taint_label_virtual_addr": 4}' ],
	[ 'kind of the lowest number, not the first', bytes(58, '') . bytes(10, ''), 'call_stack',
		'{"syscall": {}, "call_stack": {}}' ],
	[ 'another wire type is unknown', bytes(6, "\x01") . number(10, 5), 'taint_label_virtual_addr', '{"6": "01", "10": 5}' ],
	[ 'the same field both ways', number(6, 1) . fixed64(6, 2), 'taint_label_virtual_addr',
		'{"6": 2, "taint_label_virtual_addr": 1}' ],
	[ 'of numbers the last counts, messages are merged', number(6, 1) . number(6, 2) . bytes(45, number(1, 1) . number(1, 2)) . bytes(45, number(2, 3)),
		'taint_label_virtual_addr', '{"label_liveness": {"count": 3, "label": 2}, "taint_label_virtual_addr": 2}' ],
	[ 'repeated, packed and not', bytes(10, number(1, 1) . bytes(1, varint(2) . varint(-1)) . number(1, 4)),
		'call_stack', '{"call_stack": {"addr": [1, 2, 18446744073709551615, 4]}}' ],
	[ 'repeated, one or none', bytes(10, number(1, 1)) . bytes(43, bytes(1, '')), 'call_stack',
		'{"trace": {"pcs": []}, "call_stack": {"addr": [1]}}' ],
	[ 'numbers of 32 bits are cut', bytes(50, number(1, -2) . number(5, 2**32 + 5) . number(2, 2)), 'signal_event',
		'{"signal_event": {"sig": -2, "src_pid": 5, "suppressed": true}}' ],
	[ 'floats', bytes(57, fixed32(3, 0x3dcccccd)) . bytes(58, join '',
			map { bytes(7, $_) } fixed32(10, 0x7fc00000), fixed32(10, 0xff800000), fixed32(10, 0x80000000),
			fixed64(11, unpack('Q', pack('d', 1e300))), fixed64(11, unpack('Q', pack('d', 0.1))), fixed32(10, 1)),
		'bir', '{"bir": {"highscore": 0.1}, "syscall": {"args": [{"float_val": "NaN"}, {"float_val": "-Infinity"}, '
		  . '{"float_val": 0}, {"double_val": 1' . '0' x 300 . '}, {"double_val": 0.1}, '
		  . '{"float_val": 0.00' . '0' x 42 . '1}]}}' ],
	[ 'a taint flow without thread, and what one does not have',
		bytes(57, bytes(1, bytes(1, number(2, 5) . number(3, 6)) . number(2, 4)) . bytes(3, 'x') . number(8, 9)), 'taint_flow',
		'{"taint_flow": {"3": "x", "8": 9, "source": {"cp": {"3": 6, "pc": 5}, "size": 4}}}' ],
	[ 'one with a thread', bytes(57, bytes(2, bytes(1, bytes(1, number(1, 5))))), 'taint_flow',
		'{"taint_flow": {"sink": {"cp": {"thread": {"pid": 5}}}}}' ],
	[ 'one of August 2020', bytes(57, bytes(1, bytes(1, number(1, 5)) . number(2, 6) . number(3, 7)) . number(3, 8)), 'taint_flow',
		'{"taint_flow": {"src": {"pc": 6, "instr": 7, "thread": {"pid": 5}}, "count": 8}}' ],
	[ 'one of earlier in August', bytes(57, bytes(2, number(1, 5) . number(2, 6)) . number(4, 8)), 'taint_flow',
		'{"taint_flow": {"dest": {"pc": 6, "asid": 5}, "min_instr": 8}}' ],
	[ 'one of July', bytes(57, bytes(1, 'ls') . number(2, 6) . bytes(3, 'libc')), 'taint_flow',
		'{"taint_flow": {"1": "ls", "2": 6, "3": "libc"}}' ],
	[ 'a Bir', bytes(57, number(1, 5) . number(2, 1) . fixed32(3, 0x3f000000) . bytes(4, 'x') . number(5, 6)), 'bir',
		'{"bir": {"len": 5, "cached": true, "offset": 6, "filename": "x", "highscore": 0.5}}' ],
	[ 'no message at all', number(57, 5), 'taint_flow', '{"57": 5}' ],
	[ 'edges of an address space', bytes(41, bytes(2, number(2, 1) . number(2, 2) . number(3, 3))), 'edge_coverage',
		'{"edge_coverage": {"edges": [{"pc": [1, 2], "hit_count": 3}]}}' ],
	[ 'edges of a thread', bytes(41, number(1, 7) . number(2, 8) . bytes(3, bytes(1, number(1, 1) . number(2, 2)) . number(2, 3))),
		'edge_coverage', '{"edge_coverage": {"tid": 7, "edges": [{"block": [{"pc": 1, "size": 2}], "hit_count": 3}], "create_time": 8}}' ],
	[ 'a change of labels', bytes(59, bytes(1, number(2, 5)) . number(2, 6) . number(3, 7) . number(4, 8)), 'tsm_change',
		'{"tsm_change": {"cp": {"pc": 5}, "size": 7, "label": 8, "vaddr": 6}}' ],
	[ 'strings', bytes(58, bytes(6, "a\"b\\c\n\0\xff\xc3\xa9")), 'syscall',
		qq({"syscall": {"call_name": "a\\"b\\\\c\\n\\\\x00\\\\xff\xc3\xa9"}}) ],
	[ 'bytes', bytes(42, bytes(5, "\0\xab") . number(3, 2)), 'basic_block', '{"basic_block": {"code": "00ab", "size": 2}}' ],
	[ 'a name of the schema', bytes(30, number(1, 1)), 'llvmEntry', '{"llvmEntry": {"type": 1}}' ],
	[ 'long', bytes(58, bytes(6, $long)), 'syscall', qq({"syscall": {"call_name": "$long"}}) ]);

write_raw_log("$directory/cases.plog", map { $_->[1] } @cases);
attach("$directory/cases.plog", 'cases');
for my $i (0 .. $#cases)
{
	my ($name, undef, $kind, $message) = @{ $cases[$i] };
	my $where = defined $kind ? "kind = '$kind' AND" : 'kind IS NULL AND';

	is( query("SELECT message FROM cases.entries WHERE $where entry_id = " . ($i + 1)),
		$message, $name);
}
is(query("SELECT count(*) FROM $_.entries WHERE message <> message::text::jsonb"),
	0, "jsonb of $_ is as if read from text") for qw(cases kinds);

# Nested as deep as is allowed, and deeper.
my $depth   = 100;
my $nested  = '';
my $deeper  = '';
$nested = bytes(1, bytes(15, $nested)) for 1 .. $depth;
$deeper = bytes(1, bytes(15, $deeper)) for 1 .. 30_000;
$_ = bytes(58, bytes(7, bytes(15, $_))) for $nested, $deeper;
write_raw_log("$directory/nested.plog", $nested, $deeper);
attach("$directory/nested.plog", 'nested');
like(
	query('SELECT message FROM nested.entries WHERE entry_id = 1 LIMIT 1'),
	qr/^\{"syscall": \{"args": \[(?:\{"struct_data": \{"members": \[){$depth}\{"struct_data": \{\}\}/,
	'nested structs');
like(
	error_of('SELECT message FROM nested.entries'),
	qr/ERROR:  54000:.*CONTEXT:  message of entry 2 of plog/s,
	'nested too deep');
is(query('SELECT 1'), 1, 'and the server goes on');

# A message that is no protobuf spoils only what decodes it.
write_raw_log("$directory/malformed.plog", bytes(42, number(3, 1)), bytes(10, "\x08"), bytes(10, bytes(1, "\x80")));
attach("$directory/malformed.plog", 'malformed');
is(query(q{SELECT message FROM malformed.entries WHERE kind = 'basic_block'}),
	'{"basic_block": {"size": 1}}', 'what is not wanted is not decoded');
is(query(q{SELECT count(*), count(kind) FROM malformed.entries}), '4|3', 'nor without message');
like(
	error_of(q{SELECT message FROM malformed.entries WHERE kind = 'call_stack'}),
	qr/ERROR:  XX001:.*entry 2 holds a malformed message/,
	'a malformed message');

# Entries counted by kind, which the catalog knows of most logs.
{
	my $by_kind = 'SELECT kind, count(*) FROM counted.entries GROUP BY kind';
	my $by_rows = 'SELECT kind, count(*) FROM counted.entries WHERE entry_id >= 0 GROUP BY kind';
	my $path    = "$directory/kinds.plog";
	my %is_from_catalog;

	# Make the log that the table shows another one.
	my $show = sub {
		my ($log) = @_;

		unlink $path;
		copy(log_path($log), $path) or die "could not copy $log: $!";
	};

	$show->('made/small');
	query("CREATE SCHEMA counted;
		IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant
		INTO counted OPTIONS (filename '$path')");
	for my $log (
		qw(made/small made/all_kinds made/form_pre2020 real/w1libs edges/proc_trace
		edges/arg_struct faults/asidstory_2016 made/empty_only_bogus rules/flows))
	{
		$show->($log);
		query('SELECT count(*) FROM counted.processes');
		$is_from_catalog{$log} = query("EXPLAIN $by_kind") =~ /From Catalog: true/;
		is(query("$by_kind ORDER BY kind"), query("$by_rows ORDER BY kind"), "$log: kinds");
		is( query("SELECT count(*) FROM counted.entries GROUP BY kind ORDER BY 1"),
			query("SELECT count(*) FROM counted.entries WHERE entry_id >= 0 GROUP BY kind ORDER BY 1"),
			"$log: only the counts");
	}
	ok($is_from_catalog{'made/small'}, 'from the catalog');
	ok($is_from_catalog{'real/w1libs'}, 'of a real log, too');
	ok(!$is_from_catalog{'rules/flows'}, 'not where a number is of two kinds');
	ok(!$is_from_catalog{'faults/asidstory_2016'}, 'nor where a name depends on the form');
	$show->('made/small');
	query('SELECT count(*) FROM counted.processes');
	like(query("EXPLAIN $_"), qr/From Catalog/, "not read: $_")
	  for "$by_kind HAVING count(*) > 1",
	  'SELECT count(*) FROM counted.entries GROUP BY lower(kind)',
	  "SELECT kind, count(*) FROM counted.entries WHERE kind <> 'syscall' GROUP BY kind";
	unlike(query("EXPLAIN $_"), qr/From Catalog/, "read: $_")
	  for 'SELECT kind, max(entry_id) FROM counted.entries GROUP BY kind',
	  'SELECT kind, count(DISTINCT pc) FROM counted.entries GROUP BY kind',
	  'SELECT count(*) FROM counted.entries GROUP BY kind, chunk',
	  'SELECT kind, count(*) FROM counted.entries GROUP BY ROLLUP (kind)';

	# a plan outlives the log that it was made for
	my ($before, $after, $counted) = map { s/\n\z//r } split /^--\n/m, query(<<~"END");
		SET plan_cache_mode = force_generic_plan;
		PREPARE by_kind AS $by_kind ORDER BY kind;
		EXECUTE by_kind;
		SELECT '--';
		COPY (SELECT 1) TO PROGRAM \$\$cp '@{[log_path('rules/flows')]}' '$path'\$\$;
		EXECUTE by_kind;
		SELECT '--';
		$by_rows ORDER BY kind;
		END
	isnt($before, $after, 'another log behind the same plan');
	is($after, $counted, 'is counted by its rows');
	query('DROP SCHEMA counted CASCADE');
}

# Strings in other encodings.
for my $encoding (qw(LATIN1 SQL_ASCII EUC_JP))
{
	my $database = lc $encoding;
	my $options = "ENCODING '$encoding' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
	my $copied  = "$directory/copied";

	query("CREATE DATABASE $database $options");
	query('CREATE EXTENSION pandelephant', $database);
	for my $log (map { "edges/$_" } qw(bad_utf8 nul_in_name nul_in_str arg_struct))
	{
		my $model = model_of($log, encoding => $encoding);

		attach(log_path($log), 's', $database);
		query(
			"COPY (SELECT * FROM s.entries ORDER BY entry_id) TO '$copied' (ENCODING '$encoding')",
			$database);
		is(slurp($copied), slurp($model->path('entries')), "$log in $encoding");
		query('DROP SCHEMA s CASCADE', $database);
	}
	attach("$directory/cases.plog", 's', $database);
	is( query(q{SELECT count(*) FROM s.entries WHERE message IS NOT NULL}, $database),
		@cases + 1, "cases in $encoding");
}

# A file's bytes.
sub slurp
{
	my ($path) = @_;
	local $/;
	open my $file, '<:raw', $path or die "could not open $path: $!";
	return <$file>;
}

$node->stop;
done_testing();
