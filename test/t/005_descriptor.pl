# Logs of somebody else's PANDA, read by a descriptor that protoc makes of its
# schema; and files that are no such descriptor.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use IPC::Run;
use PlogTest;
use PlogWire;
use POSIX qw(mkfifo);
use Test::More;

my $node = start_server('descriptor');
my $root = "$FindBin::RealBin/../..";

my $directory = abs_path(
	(PostgreSQL::Test::Utils->can('tempdir') // TestLib->can('tempdir'))->('descriptor'));

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What the server says of SQL that fails, the SQLSTATE included.
sub error_of
{
	my ($sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}

sub write_file
{
	my ($name, $content) = @_;

	open my $file, '>:raw', "$directory/$name" or die "could not write $name: $!";
	print $file $content;
	close $file or die "could not write $name: $!";
	return "$directory/$name";
}

sub read_file
{
	my ($path) = @_;
	local $/;
	open my $file, '<:raw', $path or die "could not open $path: $!";
	return <$file>;
}

# Run protoc on a schema; returns what it prints.
sub protoc
{
	my ($input, @arguments) = @_;
	my ($output, $error) = ('', '');

	IPC::Run::run([ 'protoc', @arguments ], '<', \$input, '>', \$output, '2>', \$error)
	  or die "protoc failed: $error";
	return $output;
}

# Compile a schema; returns the path of its descriptor.
sub compile
{
	my ($name, $schema, @options) = @_;

	write_file("$name.proto", $schema);
	protoc('', "-I$directory", "--descriptor_set_out=$directory/$name.pb",
		@options ? @options : '--include_imports', "$directory/$name.proto");
	return "$directory/$name.pb";
}

# An entry of a schema, of protobuf's text format.
sub encode
{
	my ($name, $type, $text) = @_;
	return protoc($text, "-I$directory", "--encode=$type", "$directory/$name.proto");
}

# Make a table of a log's entries, decoded by a descriptor.
sub attach
{
	my ($log, $descriptor) = @_;

	query(
		"DROP FOREIGN TABLE IF EXISTS entries;
		 IMPORT FOREIGN SCHEMA plog LIMIT TO (entries) FROM SERVER pandelephant INTO public
		 OPTIONS (filename '$log', descriptor '$descriptor')");
}

# What reading the log says of another descriptor.
sub error_with
{
	my ($descriptor) = @_;
	return error_of(
		"ALTER FOREIGN TABLE entries OPTIONS (SET descriptor '$descriptor'); SELECT kind FROM entries");
}

# ---------------------------------------------------------------------------
# A plugin of our own, which reuses numbers of PANDA's plugins
# ---------------------------------------------------------------------------

write_file('common.proto', <<'PROTO');
syntax = "proto3";
package acme.common;
message Point { sint32 x = 1; sint64 y = 2; }
PROTO
my $acme = compile('acme', <<'PROTO');
syntax = "proto2";
package acme.panda;
import "common.proto";
message LogEntry
{
	enum Color { RED = 0; BLUE = -7; }
	message Tree { optional string name = 1; repeated Tree children = 2; }
	optional uint64 pc = 1;
	optional uint64 instr = 2;
	optional uint64 asid = 3;
	optional Heap heap = 40;
	optional string note = 58;
	optional Tree tree = 20;
	repeated uint64 counters = 536870911;
	extensions 1000 to 2000;
}
message Heap
{
	optional sfixed64 delta = 1;
	optional fixed32 size = 2;
	optional bool live = 3;
	optional LogEntry.Color color = 4;
	oneof where { uint64 address = 5; string label = 6; }
	map<string, uint32> uses = 7;
	repeated acme.common.Point points = 8;
	repeated float weights = 9 [packed = true];
	repeated sint64 steps = 10;
	optional bytes content = 11;
	optional group Owner = 12 { optional uint32 uid = 1; };
	required double cost = 13;
	repeated sfixed32 words = 14 [packed = true];
	repeated bool flags = 15 [packed = true];
	repeated LogEntry.Color colors = 16 [packed = true];
}
extend LogEntry { optional uint32 extra = 1000; }
PROTO

my @texts = (
	'pc: 1 instr: 2 heap { delta: -5 size: 4294967295 live: true color: BLUE label: "h\"eap" '
	  . 'uses { key: "a" value: 1 } points { x: -3 y: -9223372036854775808 } points { } '
	  . 'weights: 0.5 weights: nan steps: -1 steps: 9223372036854775807 content: "\377\000" '
	  . 'Owner { uid: 7 } cost: 0.1 words: -1 flags: true flags: false colors: BLUE colors: RED }',
	'pc: 3 instr: 4 note: "not a syscall"',
	'tree { name: "a" children { name: "b" children { name: "c" } } children { } }',
	'counters: 18446744073709551615 [acme.panda.extra]: 5',
	'counters: 1 counters: 2');
write_raw_log("$directory/acme.plog", (map { encode('acme', 'acme.panda.LogEntry', $_) } @texts), number(41, 5));
attach("$directory/acme.plog", $acme);
is( query('SELECT entry_id, pc, execution_offset, kind, message FROM entries ORDER BY 1'),
	join("\n",
		'0||||{}',
		'1|1|2|heap|{"heap": {"cost": 0.1, "live": true, "size": 4294967295, "uses": [{"key": "a", "value": 1}], '
		  . '"color": -7, "delta": -5, "flags": [true, false], "label": "h\\"eap", "owner": {"uid": 7}, '
		  . '"steps": [-1, 9223372036854775807], "words": [-1], "colors": [-7, 0], '
		  . '"points": [{"x": -3, "y": -9223372036854775808}, {}], "content": "ff00", "weights": [0.5, "NaN"]}}',
		'2|3|4|note|{"note": "not a syscall"}',
		'3|||tree|{"tree": {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}, {}]}}',
		'4|||field 1000|{"1000": 5, "counters": [18446744073709551615]}',
		'5|||counters|{"counters": [1, 2]}',
		'6|||field 41|{"41": 5}'),
	'a log of other messages');
is( query(q{SELECT entry_id FROM entries WHERE kind IN ('heap', 'field 41', 'syscall') ORDER BY 1}),
	"1\n6", 'conditions go by its names');
query('ALTER FOREIGN TABLE entries OPTIONS (DROP descriptor)');
is(query('SELECT entry_id, kind FROM entries WHERE entry_id IN (2, 3, 6) ORDER BY 1'),
	"2|syscall\n3|field 20\n6|edge_coverage", 'without it kinds go by our names');
like(error_of('SELECT message FROM entries'), qr/ERROR:  XX001: /, 'and messages cannot be read');

# Without a package, nested, by proto3, where repeated numbers are packed; and
# of several the one that is least nested.
my $nested = compile('nested', <<'PROTO');
syntax = "proto3";
message Outer
{
	message LogEntry { repeated int32 numbers = 4; LogEntry next = 5; }
	message Inner { message LogEntry { int32 wrong = 4; } }
}
PROTO
write_raw_log("$directory/nested.plog", encode('nested', 'Outer.LogEntry', 'numbers: 1 numbers: -2 next { numbers: 3 }'));
attach("$directory/nested.plog", $nested);
is(query('SELECT kind, message FROM entries WHERE entry_id = 1'),
	'numbers|{"next": {"numbers": [3]}, "numbers": [1, -2]}', 'a nested LogEntry of proto3');
my $several = compile('several', <<'PROTO');
syntax = "proto3";
package panda;
message LogEntry { repeated sint32 numbers = 4; }
PROTO
query(
	"ALTER FOREIGN TABLE entries OPTIONS (SET descriptor '"
	  . write_file('both.pb', read_file($nested) . read_file($several)) . "')");
is(query(q{SELECT message->'numbers' FROM entries WHERE entry_id = 1}),
	'[-1, 2147483647]', 'panda.LogEntry wins');

# Our own schema, compiled, shows what is shown without it.
protoc('', "-I$root/proto", "--descriptor_set_out=$directory/plog.pb", '--include_imports', "$root/proto/plog.proto");
query(
	"CREATE SCHEMA own;
	 IMPORT FOREIGN SCHEMA plog LIMIT TO (entries) FROM SERVER pandelephant INTO own
	 OPTIONS (filename '" . log_path('made/all_kinds') . "')");
attach(log_path('made/all_kinds'), "$directory/plog.pb");
is(query('SELECT count(*) FROM entries'), 5235, 'our schema, compiled');
is(query('SELECT * FROM entries EXCEPT SELECT * FROM own.entries'), '', 'shows the same');

# ---------------------------------------------------------------------------
# Files that are no descriptor
# ---------------------------------------------------------------------------

like(error_with("$directory/missing.pb"), qr/ERROR:  58P01: could not open descriptor ".*missing\.pb".*HINT:/s, 'missing');
like(error_with($directory), qr/ERROR:  42809: cannot read descriptor/, 'a directory');
mkfifo("$directory/fifo", 0600) or die "could not make a FIFO: $!";
like(error_with("$directory/fifo"), qr/ERROR:  42809: cannot read descriptor.*not a regular file/, 'a FIFO');
like(error_with('/dev/zero'), qr/ERROR:  42809: /, 'a device');
like(error_with(write_file('empty.pb', '')),
	qr/ERROR:  HV024: descriptor ".*empty\.pb" describes no message "LogEntry".*HINT:.*protoc/s, 'an empty file');
like(error_with("$directory/acme.proto"),
	qr/ERROR:  XX001: cannot read descriptor ".*acme\.proto": .*DETAIL:.*HINT:.*protoc/s, 'the schema itself');
like(error_with(abs_path($node->data_dir) . '/postgresql.conf'), qr/ERROR:  XX001: /, 'text');
like(error_with(log_path('made/small')), qr/ERROR:  (?:XX001|HV024): /, 'a log');
like(
	error_with(compile('partial', "syntax = \"proto3\";\nimport \"common.proto\";\n"
			  . 'message LogEntry { acme.common.Point point = 4; }', '--experimental_allow_proto3_optional')),
	qr/ERROR:  XX001: .*partial\.pb": a field holds a message that is not described/, 'without its imports');
like(
	error_with(compile('ambiguous', 'syntax = "proto3"; message A { message LogEntry {} } message B { message LogEntry {} }')),
	qr/ERROR:  HV024: .* describes 2 messages "LogEntry"/, 'two to choose from');
open my $huge, '>', "$directory/huge.pb" or die "could not write huge.pb: $!";
truncate $huge, 64 * 1024 * 1024 + 1;
close $huge;
like(error_with("$directory/huge.pb"), qr/ERROR:  54000: /, 'huge');

# By hand: a FileDescriptorSet with one file, of these parts.
sub descriptor_of { return bytes(1, bytes(1, 'x.proto') . join '', @_) }
sub message_of    { return bytes(4, bytes(1, shift) . join '', @_) }
sub field_of
{
	my ($name, $number, $type, $type_name) = @_;
	return bytes(2, bytes(1, $name) . number(3, $number) . number(4, 1) . number(5, $type)
		  . (defined $type_name ? bytes(6, $type_name) : ''));
}
sub definition
{
	my ($nesting) = @_;
	my $message = bytes(1, 'LogEntry');
	$message = bytes(1, 'M') . bytes(3, $message) for 1 .. $nesting;
	return bytes(4, $message);
}
my @unsound = (
	[ 'two fields with one number', 'XX001', message_of('LogEntry', field_of('a', 4, 4), field_of('b', 4, 4)) ],
	[ 'two fields with one name', 'XX001', message_of('LogEntry', field_of('a', 4, 4), field_of('a', 5, 4)) ],
	[ 'two messages with one name', 'XX001', message_of('LogEntry'), message_of('LogEntry') ],
	[ 'a number that is too large', 'XX001', message_of('LogEntry', field_of('a', 1 << 29, 4)) ],
	[ 'number 0', 'XX001', message_of('LogEntry', field_of('a', 0, 4)) ],
	[ 'no such type', 'XX001', message_of('LogEntry', field_of('a', 4, 19)) ],
	[ 'a message of no type', 'XX001', message_of('LogEntry', field_of('a', 4, 11)) ],
	[ 'a message of unknown type', 'XX001', message_of('LogEntry', field_of('a', 4, 11, '.B')) ],
	[ 'a group of unknown type', 'XX001', message_of('LogEntry', field_of('a', 4, 10, '.B')) ],
	[ 'a name that is none', 'XX001', message_of('LogEntry', field_of('a"b', 4, 4)) ],
	[ 'an empty name', 'XX001', message_of('LogEntry', field_of('', 4, 4)) ],
	[ 'a name in UTF-8', 'XX001', message_of("LogEntry\xc3\xa4") ],
	[ 'messages nested deep', 'HV024', definition(10) =~ s/LogEntry/LogEntrx/r ],
	[ 'messages nested too deep', '54000', definition(100) ],
	[ 'too many messages', '54000', message_of('M') x 100_001 ],
	[ 'too many fields', '54000', message_of('M', field_of('a', 4, 4) x 1_000_001) ]);
for my $case (@unsound)
{
	my ($name, $state, @parts) = @$case;
	like(error_with(write_file('unsound.pb', descriptor_of(@parts))), qr/ERROR:  $state: /, $name);
}
is(error_with(write_file('sound.pb', descriptor_of(definition(10)))), '', 'nested, but sound');

# Whatever the bytes are, there is an answer or one of these errors.
query(
	q{CREATE FUNCTION state_with(path text) RETURNS text LANGUAGE plpgsql AS $$
	  BEGIN
	    EXECUTE format('ALTER FOREIGN TABLE entries OPTIONS (SET descriptor %L)', path);
	    PERFORM count(message) FROM entries WHERE entry_id < 50;
	    RETURN 'read';
	  EXCEPTION WHEN OTHERS THEN RETURN sqlstate;
	  END $$});
srand(5);
my $whole = read_file("$directory/plog.pb");
my $count = 0;
for my $i (1 .. 150)
{
	my $bytes = $whole;

	if ($i <= 50)
	{
		$bytes = substr $bytes, 0, int rand length $bytes;
	}
	elsif ($i <= 70)
	{
		$bytes = join '', map { chr int rand 256 } 1 .. 1 + rand 2000;
	}
	else
	{
		substr($bytes, rand length $bytes, 1) = chr int rand 256 for 0 .. rand 4;
	}
	write_file("damaged$i.pb", $bytes);
}
is( query("SELECT DISTINCT state_with('$directory/damaged' || i || '.pb') AS state FROM generate_series(1, 150) AS i
		   EXCEPT VALUES ('read'), ('XX001'), ('HV024')"),
	'', 'damaged descriptors');

# ---------------------------------------------------------------------------
# The option
# ---------------------------------------------------------------------------

like(error_of("ALTER FOREIGN TABLE entries OPTIONS (SET descriptor '')"), qr/ERROR:  HV024: /, 'an empty name');
query("CREATE ROLE reader; ALTER FOREIGN TABLE entries OWNER TO reader; GRANT ALL ON SCHEMA public TO reader");
like(
	error_of("SET ROLE reader; ALTER FOREIGN TABLE entries OPTIONS (SET descriptor '$acme')"),
	qr/ERROR:  42501: /, 'who may not read files of the server');

$node->stop;
done_testing();
