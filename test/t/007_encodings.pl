# Guest strings as text of databases of every kind of encoding.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IO::Compress::Gzip qw(gzip $GzipError);
use MIME::Base64 qw(encode_base64);
use PlogFile;
use PlogModel;
use PlogSession;
use PlogTest;
use Test::More;

my @ENCODINGS = qw(UTF8 SQL_ASCII LATIN1 EUC_JP);

my $node      = start_server('encodings');
my $directory = temporary_directory('encodings');

# Where relation_is() compares, for another database.
my $database = 'postgres';

sub query
{
	my ($sql) = @_;
	return $node->safe_psql($database, $sql);
}

# ---------------------------------------------------------------------------
# A log of nasty strings
# ---------------------------------------------------------------------------

# Characters, and bytes that are none.
my %STRINGS = (
	'ASCII'                     => 'plain',
	'control characters'        => "a\x01\x08\t\n\x0b\f\r\x1b\x1f\x7fz",
	'NUL'                       => "a\0b\0",
	'nothing but NUL'           => "\0",
	'nothing'                   => '',
	'backslashes'               => '\\ \\x41 \\u00e9 \\\\ \\n c:\\',
	'quotes'                    => q{"it's" {a,b} ; -- $1 %s},
	'C1 control characters'     => "\xc2\x80\xc2\x85\xc2\x9f",
	'e acute'                   => "caf\xc3\xa9",
	'the last of Latin 1'       => "\xc3\xbf",
	'the first beyond Latin 1'  => "\xc4\x80",
	'kana'                      => "\xe3\x82\xab\xe3\x83\x8a\xef\xbd\xb6",
	'kanji'                     => "\xe6\x97\xa5\xe6\x9c\xac",
	'kanji of JIS X 0212'       => "\xe4\xb8\x82",
	'Cyrillic and Greek'        => "\xd0\x96\xce\xa9",
	'the euro sign'             => "\xe2\x82\xac",
	'an emoji'                  => "ok \xf0\x9f\x98\x80!",
	'the last character'        => "\xf4\x8f\xbf\xbf",
	'beyond the last'           => "\xf4\x90\x80\x80",
	'no characters'             => "\xef\xbf\xbe\xef\xbf\xbf",
	'a byte order mark'         => "\xef\xbb\xbfx",
	'a combining accent'        => "e\xcc\x81",
	'surrogates'                => "\xed\xa0\xbd\xed\xb8\x80",
	'before the surrogates'     => "\xed\x9f\xbf",
	'overlong, two bytes'       => "\xc0\xaf\xc1\xbf",
	'overlong, three bytes'     => "\xe0\x80\xaf\xe0\x9f\xbf",
	'overlong, four bytes'      => "\xf0\x80\x80\xaf\xf0\x8f\xbf\xbf",
	'an overlong NUL'           => "\xc0\x80",
	'five and six bytes'        => "\xf8\x88\x80\x80\x80\xfc\x84\x80\x80\x80\x80",
	'bytes that never come'     => "\xfe\xff",
	'Latin 1'                   => "caf\xe9 d'\xeat\xe9",
	'EUC_JP'                    => "\xc6\xfc\xcb\xdc\x8e\xb6\x8f\xb0\xa1",
	'continuations alone'       => "\x80\xbf\x80",
	'half of two'               => "x\xc3",
	'half of three'             => "x\xe3\x82",
	'a third of three'          => "x\xe3",
	'half of four'              => "x\xf0\x9f",
	'most of four'              => "x\xf0\x9f\x98",
	'half of three, then ASCII' => "\xe3\x82A",
	'half of three, then two'   => "\xe3\x82\xc3\xa9",
	'two starts'                => "\xc3\xc3\xa9",
	'NUL within a character'    => "\xe3\0\x82",
	'many broken ones'          => "\xff" x 5000,
	'a long one'                => "\xc3\xa9" x 3000 . "\xe3\x82\xab" x 3000,
	'a long one, broken'        => "x" x 9001 . "\xe3\x82");

my $UTF8_CHARACTER = qr/
	  [\x00-\x7f]
	| [\xc2-\xdf] [\x80-\xbf]
	| \xe0 [\xa0-\xbf] [\x80-\xbf]
	| [\xe1-\xec\xee\xef] [\x80-\xbf]{2}
	| \xed [\x80-\x9f] [\x80-\xbf]
	| \xf0 [\x90-\xbf] [\x80-\xbf]{2}
	| [\xf1-\xf3] [\x80-\xbf]{3}
	| \xf4 [\x80-\x8f] [\x80-\xbf]{2}/x;

# A string as a dump has it: bytes that are no UTF-8 are lone surrogates.
sub dump_string
{
	my ($bytes) = @_;
	my $string = '';

	while ($bytes =~ /\G(?:($UTF8_CHARACTER)|(.))/gs)
	{
		my ($character, $byte) = ($1, $2);
		utf8::decode($character) if defined $character;
		my $code = defined $byte ? 0xdc00 + ord $byte : ord $character;
		$string .=
		    $code > 0xffff ? sprintf '\\u%04x\\u%04x', 0xd800 + (($code - 0x10000) >> 10), 0xdc00 + (($code - 0x10000) & 0x3ff)
		  : $code < 0x20 || $code > 0x7e || chr($code) =~ /["\\]/ ? sprintf '\\u%04x', $code
		  :                                                       chr $code;
	}
	return qq("$string");
}

# Every string as everything that a string can be.
my @lines = ('{"pc": "18446744073709551615", "instr": "18446744073709551615"}');
my $n = 0;
for my $what (sort keys %STRINGS)
{
	my $string = dump_string($STRINGS{$what});
	my $base64 = encode_base64($STRINGS{$what}, '');
	my $pid = 100 + $n++;
	my $instr = 1000 * $n;
	my $who = qq("pid": $pid, "ppid": 1, "create_time": "$n");

	push @lines,
	  qq({"pc": "1", "instr": "$instr", "asid_info": {$who, "asid": "$n", "names": ["first", $string], "tids": [$pid], "start_instr": "$instr", "end_instr": "$instr"}}),
	  qq({"pc": "1", "instr": "$instr", "asid": "$n", "syscall": {$who, "tid": $pid, "retcode": "-2", "call_name": $string, "args": [{"arg_name": $string, "str": $string}, {"arg_name": "filename(from fd)", "bytes_val": "$base64"}, {"arg_name": "s", "struct_type": $string, "struct_data": {"members": [{"arg_name": $string, "str": $string}, {"arg_name": "b", "bytes_val": "$base64"}, {"arg_name": $string, "u32": 1}, {"arg_name": "a", "struct_type": "ArrayOfPrimitive", "struct_data": {"members": [{"str": $string}]}}]}}]}}),
	  qq({"pc": "1", "instr": "$instr", "asid": "$n", "asid_libraries": {"proc_name": $string, $who, "tid": $pid, "modules": [{"name": $string, "file": $string, "base_addr": "4096", "size": "1"}]}}),
	  qq({"pc": "1", "instr": "$instr", "proc_trace": {$who, "asid": "0", "name": $string, "tid": $pid, "start_instr": "$instr"}}),
	  qq({"pc": "1", "instr": "$instr", "signal_event": {"sig": 9, "suppressed": true, "src_name": $string, "dst_name": $string, "src_pid": 1, "dst_pid": 2}}),
	  qq({"pc": "1", "instr": "$instr", "dwarf_call": {"file_callee": $string, "function_name_callee": $string, "line_number_callee": "1"}});
}
my $nasty = "$directory/nasty.plog";
my $dump  = "$directory/nasty.jsonl.gz";
write_plog($nasty, \@lines, '--chunk-size', 8192);
gzip(\join("\n", @lines, ''), $dump) or die "could not write $dump: $GzipError";

# The log holds what it should.
{
	my @found;
	for my $chunk (@{ take_apart(read_file($nasty))->{chunks} })
	{
		push @found, inflate_entries($chunk->{stream});
	}
	my @missing = grep {
		my $string = $STRINGS{$_};
		!grep { index($_, bytes_field(6, $string)) >= 0 } @found
	} keys %STRINGS;
	is("@missing", '', 'the log has every string');
}

# ---------------------------------------------------------------------------
# Every log in every encoding
# ---------------------------------------------------------------------------

# 001_relations.pl reads all logs as UTF8.  Those whose texts are ASCII are the same in all
# encodings, so each is read in one of the others; the large one as UTF8.
my @logs  = ('rules/text', 'rules/entries_2016', 'edges/bad_utf8', 'made/all_kinds');
my @ascii = do { my %seen = map { $_ => 1 } @logs; grep { m{^(?:edges|rules)/} && !$seen{$_} } @LOGS };
my %also  = (UTF8 => ['real/w1libs']);
push @{ $also{ $ENCODINGS[ 1 + $_ % $#ENCODINGS ] } }, $ascii[$_] foreach 0 .. $#ascii;

# relation_is() asks the database "postgres".
{
	package OtherDatabase;
	our $AUTOLOAD;

	sub AUTOLOAD
	{
		my ($self, @arguments) = @_;
		my $method = $AUTOLOAD =~ s/.*:://r;
		return if $method eq 'DESTROY';
		$arguments[0] = $database if $method =~ /psql$/;
		return $node->$method(@arguments);
	}
}
my $other = bless {}, 'OtherDatabase';

for my $encoding (@ENCODINGS)
{
	$database = lc "in_$encoding";
	$node->safe_psql('postgres',
		"CREATE DATABASE $database ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	query('CREATE EXTENSION pandelephant');

	for my $log (@logs, @{ $also{$encoding} }, 'nasty')
	{
		my $path    = $log eq 'nasty' ? $nasty : log_path($log);
		my $literal = $path =~ s/'/''/gr;

		query("SELECT pe_attach('$literal', 's')");
		my $model = $log ne 'nasty' ? model_of($log, encoding => $encoding) :
		  PlogModel->new(
			log       => $path,
			dump      => $path =~ s/plog$/jsonl.gz/r,
			directory => $directory,
			encoding  => $encoding);
		relation_is($other, 's', $_, $model, "$encoding: $log") for @RELATIONS;

		# Nothing else fails, either, and what there is is valid.
		my ($complaints, $output) = complaints_of($node, [
				q{SELECT count(call), sum(length(call)) > 0 FROM s.strace;},
				q{SELECT sum(length(message::text)) > 0 FROM s.entries;},
				q{SELECT sum(length(value)), sum(length(name)) FROM s.syscall_arguments;} ],
			database => $database);
		is(join('', @$complaints), '', "$encoding: $log: lengths of texts");
		if ($log eq 'nasty')
		{
			query(sprintf q{SELECT pe_materialize('s', 'native', relations => '{%s}')}, join ',', @RELATIONS);
			relation_is($other, 'native', $_, $model, "$encoding: $log, native")
			  for grep { $_ ne 'executions' } @RELATIONS;
			check_values($encoding);
		}
		query('DROP SCHEMA s CASCADE');
	}
	query('DROP SCHEMA native CASCADE');
}

# What single strings become, stated in the test, in the encoding's bytes.
sub check_values
{
	my ($encoding) = @_;
	my %expected = (
		'NUL'                      => { all => 'a\x00b\x00' },
		'backslashes'              => { all => '\\ \\x41 \\u00e9 \\\\ \\n c:\\' },
		'control characters'       => { all => "a\x01\x08\t\n\x0b\f\r\x1b\x1f\x7fz" },
		'e acute'                  => { UTF8 => "caf\xc3\xa9", SQL_ASCII => "caf\xc3\xa9", LATIN1 => "caf\xe9", EUC_JP => "caf\x8f\xab\xb1" },
		'the first beyond Latin 1' => { UTF8 => "\xc4\x80", LATIN1 => '\u0100' },
		'kana'                     => { UTF8 => "\xe3\x82\xab\xe3\x83\x8a\xef\xbd\xb6", LATIN1 => '\u30ab\u30ca\uff76', EUC_JP => "\xa5\xab\xa5\xca\x8e\xb6" },
		'kanji'                    => { LATIN1 => '\u65e5\u672c', EUC_JP => "\xc6\xfc\xcb\xdc" },
		'an emoji'                 => { UTF8 => "ok \xf0\x9f\x98\x80!", LATIN1 => 'ok \U0001f600!', EUC_JP => 'ok \U0001f600!' },
		'the last character'       => { UTF8 => "\xf4\x8f\xbf\xbf", LATIN1 => '\U0010ffff', EUC_JP => '\U0010ffff' },
		'beyond the last'          => { UTF8 => '\xf4\x90\x80\x80', SQL_ASCII => "\xf4\x90\x80\x80", LATIN1 => '\xf4\x90\x80\x80' },
		'surrogates'               => { UTF8 => '\xed\xa0\xbd\xed\xb8\x80', LATIN1 => '\xed\xa0\xbd\xed\xb8\x80', EUC_JP => '\xed\xa0\xbd\xed\xb8\x80' },
		'overlong, two bytes'      => { UTF8 => '\xc0\xaf\xc1\xbf', SQL_ASCII => "\xc0\xaf\xc1\xbf", EUC_JP => '\xc0\xaf\xc1\xbf' },
		'Latin 1'                  => { UTF8 => q{caf\xe9 d'\xeat\xe9}, SQL_ASCII => "caf\xe9 d'\xeat\xe9", LATIN1 => q{caf\xe9 d'\xeat\xe9} },
		'half of three'            => { UTF8 => 'x\xe3\x82', SQL_ASCII => "x\xe3\x82", LATIN1 => 'x\xe3\x82', EUC_JP => 'x\xe3\x82' },
		'half of three, then two'  => { UTF8 => "\\xe3\\x82\xc3\xa9", LATIN1 => "\\xe3\\x82\xe9" },
		'NUL within a character'   => { UTF8 => '\xe3\x00\x82', SQL_ASCII => "\xe3\\x00\x82", LATIN1 => '\xe3\x00\x82' });
	my @names = sort keys %STRINGS;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $i (0 .. $#names)
	{
		my $expected = $expected{ $names[$i] }{$encoding} // $expected{ $names[$i] }{all} // next;
		my $hex = unpack 'H*', $expected;
		my $condition = 'execution_offset = ' . 1000 * ($i + 1);
		is( query(
				qq{SELECT encode(textsend(name), 'hex') FROM s.syscalls WHERE $condition
				   UNION ALL SELECT encode(textsend(a.value), 'hex') FROM s.syscalls JOIN s.syscall_arguments a USING (syscall_id) WHERE $condition AND position = 0
				   UNION ALL SELECT encode(textsend(name), 'hex') FROM s.mappings WHERE first_seen_execution_offset = 1000 * ($i + 1)
				   UNION ALL SELECT encode(textsend(path), 'hex') FROM s.mappings WHERE first_seen_execution_offset = 1000 * ($i + 1)
				   UNION ALL SELECT encode(textsend(names[2]), 'hex') FROM s.threads WHERE first_seen_execution_offset = 1000 * ($i + 1)
				   UNION ALL SELECT encode(textsend(message->'signal_event'->>'src_name'), 'hex') FROM s.entries WHERE $condition AND kind = 'signal_event'}),
			join("\n", ($hex) x 6),
			"$encoding: $names[$i]");
	}
}

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');

$node->stop;
done_testing();
