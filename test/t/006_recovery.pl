# Option recover: logs that were not closed, are damaged or still being
# written.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Compress::Zlib ();
use File::Basename qw(basename dirname);
use IPC::Run;
use PlogDump qw(open_dump);
use PlogFile;
use PlogModel;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

# How many places a log is cut at, and where: PLOG_SEED repeats a run.
my $CUTS = 15;
my $seed = $ENV{PLOG_SEED} // int rand 2**31;
srand $seed;
note("PLOG_SEED=$seed");

my $node      = start_server('recovery');
my $directory = temporary_directory('recovery');
my $file      = "$directory/log.plog";

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub query_with_warnings
{
	my ($sql) = @_;
	return query("SET client_min_messages = error; $sql");
}

# Make foreign tables for a file in a schema.
sub attach
{
	my ($path, $schema, $recover) = @_;
	my $literal = $path =~ s/'/''/gr;

	query("DROP SCHEMA IF EXISTS $schema CASCADE");
	query_with_warnings("SELECT pe_attach('$literal', '$schema', recover => " . ($recover ? 'true' : 'false') . ')');
}

# What every relation of a schema holds, whatever the order: SQL with a row for
# each, the relation's name first.
sub digests
{
	my ($schema, @relations) = @_;
	return join '; ',
	  map { "SELECT '$_', count(*), sum(hashtextextended(r::text, 0)::numeric) FROM $schema.$_ r" } @relations;
}

# The chunks that zlib finds in a log's bytes from its first chunk on, each with
# its entries; the last one may be torn, and has those that are whole.
sub find_chunks
{
	my ($bytes) = @_;
	my @chunks;
	my $rest = substr $bytes, FIRST_CHUNK < length $bytes ? FIRST_CHUNK : length $bytes;

	while (length $rest)
	{
		my $before = length $rest;
		my $inflate = Compress::Zlib::inflateInit();
		my ($inflated, $status) = $inflate->inflate($rest);
		last if !defined $inflated || ($status != Compress::Zlib::Z_OK() && $status != Compress::Zlib::Z_STREAM_END() && $status != Compress::Zlib::Z_BUF_ERROR());
		my @entries;
		while (length $inflated >= 4 && unpack('V', $inflated) <= length($inflated) - 4)
		{
			push @entries, unpack 'V/a', $inflated;
			substr $inflated, 0, 4 + length $entries[-1], '';
		}
		push @chunks, {
			entries => \@entries,
			whole   => $status == Compress::Zlib::Z_STREAM_END(),
			bytes   => $before - length $rest } if @entries;
		last if $status != Compress::Zlib::Z_STREAM_END();
	}
	return @chunks;
}

# The one warning that a statement has; nothing if it is another thing.
sub warning_in
{
	my ($complaint) = @_;
	return $complaint =~ /\A[^\n]*WARNING:  01000: (plog [^\n]* is not complete:[^\n]*)\n(?:DETAIL|LOCATION):[^\n]*\n(?:LOCATION:[^\n]*\n)?\z/
	  ? $1 : undef;
}

# ---------------------------------------------------------------------------
# Logs of a PANDA that was killed
# ---------------------------------------------------------------------------

my @relations;

for my $log (qw(real/w1killed made/killed_64k))
{
	my $path   = log_path($log);
	my $dump   = $path =~ s/plog$/recoverable.jsonl.gz/r;
	my @chunks = find_chunks(read_file($path));
	my @counts = map { scalar @{ $_->{entries} } } @chunks;
	my $whole  = grep { $_->{whole} } @chunks;
	my $entries = 0;
	$entries += $_ for @counts;

	attach($path, 's', 1);
	@relations = split /\n/, query(
		q{SELECT relname FROM pg_class WHERE relnamespace = 's'::regnamespace AND relkind = 'f' ORDER BY 1});

	# The model reads the directory, which there is none of.
	my $model = do
	{
		no warnings 'redefine';
		local *PlogModel::read_directory =
		  sub { { version => undef, bytes => -s $path, num_entries => \@counts } };
		model_of($log, dump => $dump);
	};
	query('ALTER DATABASE postgres SET client_min_messages = error');
	relation_is($node, 's', $_, $model, $log) for grep { $_ ne 'executions' } @RELATIONS;
	query('ALTER DATABASE postgres RESET client_min_messages');
	is( query_with_warnings(
			'SELECT name, plog_version, file_bytes, chunk_count, entry_count, complete FROM s.executions'),
		join('|', basename($log), '', -s $path, scalar @chunks, $entries, 'f'),
		"$log: executions is of what was read");

	# One warning a statement, whatever it reads.
	my ($complaints) = complaints_of($node, [
			map({ "SELECT count(r::text) FROM s.$_ r;" } @relations),
			'SELECT count(*) FROM s.syscalls a JOIN s.syscalls b USING (syscall_id);',
			'SELECT (SELECT count(*) FROM s.entries), (SELECT count(*) FROM s.threads), (SELECT complete FROM s.executions);',
			'ANALYZE s.syscalls;' ]);
	my $pattern = sprintf 'read %d entries of %d whole and %d damaged chunks', $entries, $whole, @chunks - $whole;
	my @wrong = grep { (warning_in($_) // '') !~ /^plog "\Q$path\E" .*\b$pattern$/ } @$complaints[ 0 .. $#relations + 3 ];
	is(join("\n", @wrong), '', "$log: one warning in each statement");

	# Nothing is read, so nothing is missed.
	is(join('', @{ (complaints_of($node, [ 'EXPLAIN SELECT * FROM s.syscalls;', 'SELECT * FROM s.syscalls LIMIT 0;' ]))[0] }),
		'', "$log: none where nothing is read");

	# The same in native tables.
	query_with_warnings(
		sprintf q{SELECT pe_materialize('s', 'native', relations => '{%s}')}, join ',', @RELATIONS);
	my $id = query(sprintf q{SELECT execution_id FROM native.executions WHERE name = '%s'}, basename $log);
	$model = do
	{
		no warnings 'redefine';
		local *PlogModel::read_directory =
		  sub { { version => undef, bytes => -s $path, num_entries => \@counts } };
		model_of($log, dump => $dump, execution_id => $id);
	};
	relation_is($node, 'native', $_, $model, "$log, native") for grep { $_ ne 'executions' } @RELATIONS;
	is( query("SELECT plog_version, chunk_count, entry_count, complete FROM native.executions WHERE execution_id = $id"),
		join('|', '', scalar @chunks, $entries, 'f'),
		"$log, native: executions");
}
my @counted = grep { $_ ne 'executions' } @relations;

# ---------------------------------------------------------------------------
# Logs that are as they should be
# ---------------------------------------------------------------------------

for my $log (grep { !/w3a/ } @LOGS, @OLDER_FORMS)
{
	attach(log_path($log), 'plain');
	attach(log_path($log), 'recovered', 1);
	my ($complaints, $recovered) = complaints_of($node, [ digests('recovered', @relations) ]);
	is(join('', @$complaints), '', "$log: nothing to warn of");
	is($recovered, query(digests('plain', @relations)), "$log: the same rows with recover");
}
is(query('SELECT complete FROM recovered.executions'), 't', 'and complete');

# ---------------------------------------------------------------------------
# Damage
# ---------------------------------------------------------------------------

# A log of four chunks of a hundred entries of all kinds.
my @entries = inflate_entries(
	take_apart(read_file(log_path('made/all_kinds')))->{chunks}[0]{stream});
splice @entries, 400;

sub base_log
{
	return {
		chunks => [
			map {
				{
					start_instr => 0,
					entries     => 100,
					stream      => deflate_entries(@entries[ 100 * $_ .. 100 * $_ + 99 ]) }
			} 0 .. 3 ] };
}

# An entry's row without its number, as SQL.
my $row = 'md5((pc, execution_offset, asid, kind, message)::text)';

# The rows of the intact log, by their number.
write_file($file, put_together(base_log()));
attach($file, 'bad', 1);
my @intact_rows = split /\n/, query("SELECT $row FROM bad.entries ORDER BY entry_id");
is(scalar @intact_rows, 400, 'the log before it is damaged');

# Test which entries are read of a log with these bytes.  Expected are
#   rows      numbers of the intact log's entries that must be there
#   ids       the numbers they have now, if others
#   part_of   numbers of entries of which those at the beginning may be there
#   intact    how many of those stand before the damage; what comes after them
#             can be anything
#   complete  whether nothing is missing
#   lost      bytes of the file that the warning must say are lost
sub recovered_is
{
	my ($name, $bytes, %expected) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	write_file($file, $bytes);
	my ($complaints, $output) = complaints_of($node, [
			"SELECT entry_id || ' ' || $row FROM bad.entries ORDER BY entry_id;",
			q{SELECT 'kinds', array_agg(entry_id ORDER BY entry_id) = (SELECT array_agg(syscall_id ORDER BY syscall_id) FROM bad.syscalls) FROM bad.entries WHERE kind = 'syscall';},
			q{SELECT 'executions', entry_count, complete FROM bad.executions;},
			map({ "SELECT '$_', count(r::text) FROM bad.$_ r;" } @relations) ]);
	my (%found, %said);
	/^(\d+) (\w+)$/ ? ($found{$1} = $2) : /^(\w+)\|(.*)$/ && ($said{$1} //= $2) for split /\n/, $output;
	my $entries = keys %found;

	my @wrong;
	for my $complaint (@$complaints)
	{
		my $warning = warning_in($complaint) // '';
		push @wrong, $complaint
		  if $expected{complete} ? $complaint ne '' : $warning !~ / read $entries entries of /;
		push @wrong, "not so many bytes lost: $complaint"
		  if defined $expected{lost} && $complaint !~ /\b$expected{lost} bytes/;
	}

	my @rows = @{ $expected{rows} };
	my @ids  = @{ $expected{ids} // \@rows };
	my %expected_rows = map { $ids[$_] => $intact_rows[ $rows[$_] ] } 0 .. $#rows;
	my @part   = @{ $expected{part_of} // [] };
	my $intact = $expected{intact} // 0;
	for my $i (@part)
	{
		last if !defined $found{$i};
		$expected_rows{$i} = $intact-- > 0 ? $intact_rows[$i] : $found{$i};
	}
	push @wrong, map { "entry $_ is missing" } grep { !defined $found{$_} } keys %expected_rows;
	push @wrong, map { "entry $_ is wrong" }
	  grep { !defined $expected_rows{$_} || $expected_rows{$_} ne $found{$_} } keys %found;
	push @wrong, "executions: $said{executions}"
	  if $said{executions} ne "$entries|" . ($expected{complete} ? 't' : 'f');
	push @wrong, 'syscalls are not those of entries' if $said{kinds} eq 'f' && !@part;
	splice @wrong, 10;
	is(join("\n", @wrong), '', $name);
}

# The base log with changes, see put_together(); those of "chunks" by number.
sub changed_log
{
	my (%changes) = @_;
	my $plog = base_log();
	my $chunks = delete $changes{chunks} // {};

	@$plog{ keys %changes } = values %changes;
	for my $i (keys %$chunks)
	{
		@{ $plog->{chunks}[$i] }{ keys %{ $chunks->{$i} } } = values %{ $chunks->{$i} };
	}
	return put_together($plog);
}

sub without_header
{
	my ($bytes) = @_;
	return "\0" x HEADER_BYTES . substr $bytes, HEADER_BYTES;
}

my $base   = base_log();
my $intact = put_together($base);
my $at     = $base->{directory};
my @chunk  = @{ $base->{chunks} };
my @all    = (0 .. 399);

recovered_is('intact', $intact, rows => \@all, complete => 1);
recovered_is('no header', without_header($intact), rows => \@all);
recovered_is('no header, no directory', without_header(substr $intact, 0, $at), rows => \@all);
recovered_is('no directory', substr($intact, 0, $at), rows => \@all);
recovered_is("$_ bytes of the directory", substr($intact, 0, $at + $_), rows => \@all)
  for 1, 3, 4, 5, 27, 28, 29, 4 + 24 * 4 - 1;
recovered_is('no file yet', '', rows => []);
recovered_is('a header of zeros, and no more', "\0" x $_, rows => []) for 24, 128;

# Directories that lie.
my $unknown = 18446744073709551615;
recovered_is("directory at $_", changed_log(written_directory => $_), rows => \@all)
  for 0, 127, 128, $chunk[1]{position}, $chunk[2]{position} + 17, $at - 1, $at + 1, length $intact, 2**40, $unknown;
recovered_is("a directory of $_ chunks", changed_log(count => $_), rows => \@all) for 0, 1, 3, 5, 1000, 2**32 - 1;
for my $position (0, 127, $chunk[1]{position}, $chunk[2]{position} - 1, $chunk[2]{position} + 1,
	$chunk[2]{position} + 100, $chunk[3]{position}, $chunk[3]{position} + 1, $at, 2**63, $unknown)
{
	recovered_is(sprintf('third chunk at %u', $position),
		changed_log(chunks => { 2 => { written_position => $position } }), rows => \@all);
}
for my $by (-1, 1, 50)
{
	recovered_is("all chunks moved by $by",
		changed_log(chunks => { map { $_ => { written_position => $chunk[$_]{position} + $by } } 0 .. 3 }),
		rows => \@all);
}
recovered_is('chunks the other way round', changed_log(chunks => {
			1 => { written_position => $chunk[2]{position} },
			2 => { written_position => $chunk[1]{position} } }), rows => \@all);

# The numbers of the entries are the directory's.  What a chunk holds beyond them
# would have the next chunk's, and is left out.
for my $count (101, 150, 1000)
{
	recovered_is("third chunk of $count entries",
		changed_log(chunks => { 2 => { entries => $count } }),
		rows => \@all,
		ids  => [ 0 .. 299, map { 200 + $count + $_ } 0 .. 99 ]);
}
for my $count (0, 1, 99)
{
	recovered_is("third chunk of $count entries",
		changed_log(chunks => { 2 => { entries => $count } }),
		rows => [ 0 .. 199 + $count, 300 .. 399 ],
		ids  => [ 0 .. 299 + $count ]);
}
recovered_is("third chunk of $_ entries", changed_log(chunks => { 2 => { entries => $_ } }), rows => \@all)
  for 2**60, 2**63, $unknown;

# Chunks that are damaged.  The others' entries keep their numbers.
sub flipped
{
	my ($stream, $byte) = @_;
	substr($stream, $byte, 1) ^= "\x10";
	return $stream;
}

for my $i (0 .. 3)
{
	my @others = grep { int($_ / 100) != $i } @all;
	my @part   = (100 * $i .. 100 * $i + 99);
	my $stream = $chunk[$i]{stream};
	my $bytes  = length $stream;

	for my $case (
		[ 'a bit of its header',     flipped($stream, 0) ],
		[ 'another bit of it',       flipped($stream, 1) ],
		[ 'a bit near its start',    flipped($stream, 10) ],
		[ 'a bit in the middle',     flipped($stream, $bytes / 2) ],
		[ 'a bit near its end',      flipped($stream, -10) ],
		[ 'a bit of its checksum',   flipped($stream, -1) ],
		[ 'all of it to zeros',      "\0" x $bytes ],
		[ 'all of it to text',       substr 'no plog ' x $bytes, 0, $bytes ],
		[ 'all of it to noise',      join '', map { chr int rand 256 } 1 .. $bytes ],
		[ 'all of it to headers',    substr "\x78\xda" x $bytes, 0, $bytes ],
		[ 'all of it to another stream', Compress::Zlib::compress(join '', map { chr int rand 256 } 1 .. 500) ],
		[ 'its second half to zeros', substr($stream, 0, $bytes / 2) . "\0" x ($bytes - int($bytes / 2)) ],
		[ 'its end away',            substr $stream, 0, -50 ],
		[ 'all but its start away',  substr $stream, 0, 10 ],
		[ 'its start away',          substr $stream, 50 ])
	{
		my ($what, $changed) = @$case;
		my $same = 0;
		$same++ while $same < length $changed && substr($changed, $same, 1) eq substr $stream, $same, 1;
		my ($before) = find_chunks("\0" x FIRST_CHUNK . substr $stream, 0, $same);
		recovered_is("chunk $i, $what", changed_log(chunks => { $i => { stream => $changed } }),
			rows    => \@others,
			part_of => \@part,
			intact  => $before ? scalar @{ $before->{entries} } : 0);
	}

	# Without a directory, the others are found, and numbered as they come.
	my $bytes_without = without_header(changed_log(chunks => { $i => { stream => "\0" x $bytes } }));
	recovered_is("chunk $i gone, no directory", substr($bytes_without, 0, $at),
		rows => \@others, ids => [ 0 .. 299 ], lost => $i < 3 ? $bytes : undef);
}
recovered_is('two chunks gone', changed_log(chunks => {
			1 => { stream => flipped($chunk[1]{stream}, 0) },
			2 => { stream => flipped($chunk[2]{stream}, 0) } }),
	rows => [ 0 .. 99, 300 .. 399 ],
	lost => length($chunk[1]{stream}) + length $chunk[2]{stream});
recovered_is('all chunks gone', changed_log(chunks => { map { $_ => { stream => flipped($chunk[$_]{stream}, 0) } } 0 .. 3 }),
	rows => []);

# Entries that are not whole, in a chunk that is.
my $third = join '', map { frame($_) } @entries[ 200 .. 299 ];
recovered_is('half an entry', changed_log(chunks => { 2 => { stream => Compress::Zlib::compress(substr $third, 0, -3) } }),
	rows => [ grep { $_ != 299 } @all ]);
recovered_is('an entry too long', changed_log(chunks => { 2 => { stream => Compress::Zlib::compress($third . pack('V', 2**32 - 1)) } }),
	rows => \@all);
recovered_is('a bit of its checksum keeps all entries', changed_log(chunks => { 1 => { stream => flipped($chunk[1]{stream}, -1) } }),
	rows => \@all);

# Junk between chunks, of which the directory knows, or does not, or which
# there is none of.
my %junk = (
	'a zero'         => "\0",
	'ten zeros'      => "\0" x 10,
	'many zeros'     => "\0" x 100_000,
	'text'           => 'This is no chunk. ' x 20,
	'noise'          => join('', map { chr int rand 256 } 1 .. 70_000),
	'stream headers' => "\x78\xda" x 500,
	'a cut stream'   => substr(deflate_entries(map { 'x' x $_ } 1 .. 200), 0, 60),
	'another stream' => Compress::Zlib::compress('This is a stream that is no chunk. ' x 5));
for my $what (sort keys %junk)
{
	for my $i (1 .. 3)
	{
		my $known = changed_log(chunks => { $i => { junk => $junk{$what} } });
		my $lost = length $junk{$what};
		recovered_is("$what before chunk $i", $known, rows => \@all, lost => $lost);
		recovered_is("$what before chunk $i, no directory", substr(without_header($known), 0, $at + $lost),
			rows => \@all, lost => $lost);

		# The directory stands where it did, and tells where chunks were.
		my $unknown_junk = substr($intact, 0, $chunk[$i]{position}) . $junk{$what}
		  . substr($intact, $chunk[$i]{position});
		recovered_is("$what before chunk $i, unknown to the directory", $unknown_junk, rows => \@all)
		  if $what ne 'many zeros' && $what ne 'noise';
	}
	recovered_is("$what before the first chunk",
		substr(without_header($intact), 0, 128) . $junk{$what} . substr($intact, 128, $at - 128),
		rows => \@all, lost => length $junk{$what});
	recovered_is("$what after the last chunk",
		substr(without_header($intact), 0, $at) . $junk{$what}, rows => \@all);
}

# What is no plog does not become one.
for my $case (
	[ 'text', "This is no plog, but as long as its header is.\n" x 10, 'header' ],
	[ 'a recording', read_file(dirname(log_path('real/w1libs')) . '/w1-rr-nondet.log'), 'header' ],
	[ 'another version', pack('V', 3) . substr($intact, 4), 'version 3' ],
	[ 'a part of a header', substr($intact, 0, 23), 'header' ])
{
	my ($name, $bytes, $message) = @$case;
	write_file($file, $bytes);
	my ($complaints) = complaints_of($node, [ 'SELECT count(*) FROM bad.entries;' ]);
	like($complaints->[0], qr/\A\S* ERROR:  XX001: .*$message/, "$name is no plog with recover either");
}

# A message that is not one costs its entry's rows, not the others'.
for my $case (
	[ 'an entry',    "\x08\x01\x10\xff" ],
	[ 'a syscall',   entry(1, bytes_field(58, varint_field(1, 7) . "\x12\xff")) ],
	[ 'an argument', entry(1, bytes_field(58, varint_field(1, 7) . bytes_field(7, "\x0a\xff"))) ],
	[ 'an asid_info', entry(1, bytes_field(40, varint_field(1, 7) . "\x12\xff")) ])
{
	my ($name, $body) = @$case;
	my @third = @entries[ 200 .. 299 ];
	$third[50] = $body;
	write_file($file, changed_log(chunks => { 2 => { stream => deflate_entries(@third) } }));
	my ($complaints, $output) = complaints_of($node, [
			map({ "SELECT '$_', count(r::text) FROM bad.$_ r;" } @relations),
			"SELECT count(*) FROM bad.entries WHERE entry_id <> 250;" ]);
	unlike(join('', @$complaints), qr/ERROR/, "$name that is malformed is no error");
	like($output, qr/\n399$/, "$name that is malformed leaves the other entries");
}

# A limit stays one.
write_file($file, changed_log(chunks => { 2 => { stream => Compress::Zlib::compress("\0" x (2 << 20)) } }));
like((complaints_of($node, [ q{SET pandelephant.max_chunk_size = '1MB';}, 'SELECT count(*) FROM bad.entries;' ]))[0][1],
	qr/ERROR:  54000/, 'a chunk larger than allowed');

# Damage to a log with chunks larger than chunk_size, and many of them.
{
	my $log  = 'made/outgrown_chunks_64k';
	my $plog = take_apart(read_file(log_path($log)));
	my $last = $#{ $plog->{chunks} };
	my @first_entry = (0);
	push @first_entry, $first_entry[-1] + $_->{entries} for @{ $plog->{chunks} };

	attach(log_path($log), 'plain');
	for my $i (0, 4, $last)
	{
		my $damaged = take_apart(read_file(log_path($log)));
		my $stream  = $damaged->{chunks}[$i]{stream};
		$damaged->{chunks}[$i]{stream} = flipped($stream, length($stream) / 3);
		write_file($file, put_together($damaged));
		my ($from, $to) = @first_entry[ $i, $i + 1 ];
		my $same = 'FROM %s.entries WHERE entry_id NOT BETWEEN ' . "$from AND $to - 1";
		my $digest = "SELECT count(*), sum(hashtextextended((entry_id, pc, execution_offset, asid, kind, message)::text, 0)::numeric) $same";
		is(query_with_warnings(sprintf $digest, 'bad'), query(sprintf $digest, 'plain'), "$log, chunk $i: the others");
		my ($before) = find_chunks("\0" x FIRST_CHUNK . substr $stream, 0, length($stream) / 3);
		$to = $from + @{ $before->{entries} };
		$same = "FROM %s.entries WHERE entry_id BETWEEN $from AND $to - 1";
		$digest =~ s/FROM %s.*/$same/;
		is(query_with_warnings(sprintf $digest, 'bad'), query(sprintf $digest, 'plain'), "$log, chunk $i: what stands before the damage");
	}
}

# ---------------------------------------------------------------------------
# Cut anywhere
# ---------------------------------------------------------------------------

for my $log (qw(made/outgrown_chunks_64k edges/arg_struct))
{
	my $bytes     = read_file(log_path($log));
	my $directory_at = take_apart($bytes)->{directory};
	my %offset = map { $_ => 1 } 0, 24, 127, 128, 129, 136, $directory_at, $directory_at + 3, length($bytes) - 1;
	$offset{ 24 + int rand(length($bytes) - 24) } = 1 while keys %offset < ($log =~ /^made/ ? $CUTS : 40);

	attach(log_path($log), 'plain');
	my $wanted = "md5(coalesce(string_agg((entry_id, pc, execution_offset, asid, kind, message)::text, ' ' ORDER BY entry_id), ''))";
	my @wrong;
	my $most = 0;
	for my $offset (sort { $a <=> $b } keys %offset)
	{
		my $cut = substr $bytes, 0, $offset;
		my $expected = 0;
		$expected += @{ $_->{entries} } for find_chunks(substr $cut, 0, $offset < $directory_at ? $offset : $directory_at);

		write_file($file, $cut);
		my ($complaints, $output) = complaints_of($node, [
				"SELECT count(*), coalesce(max(entry_id), -1) + 1, $wanted = (SELECT $wanted FROM plain.entries WHERE entry_id < $expected) FROM bad.entries;",
				"SELECT (SELECT count(*) FROM bad.syscalls) = (SELECT count(*) FROM plain.syscalls WHERE syscall_id < $expected);",
				"SELECT count(*) FROM bad.syscall_arguments WHERE syscall_id >= $expected;",
				"SELECT entry_count, complete FROM bad.executions;",
				"SELECT count(r::text) >= 0 FROM bad.$counted[ rand @counted ] r;" ]);
		my $good = join "\n", "$expected|$expected|t", 't', 0, "$expected|f", 't';
		push @wrong, "cut at $offset: $output" if $output ne $good;
		push @wrong, "cut at $offset: $_" for grep { !defined warning_in($_) } @$complaints;
		push @wrong, "cut at $offset: less than before" if $expected < $most;
		$most = $expected;
	}
	is(join("\n", @wrong), '', "$log, cut at " . keys(%offset) . ' places');
}

# ---------------------------------------------------------------------------
# Logs that grow
# ---------------------------------------------------------------------------

# Between the scans of one statement.  The log starts with two of its chunks.
{
	my $bytes = without_header($intact);
	my $next  = "$directory/next";
	my $cut   = $chunk[2]{position};

	query(
		qq{CREATE FUNCTION grow(entry bigint, at bigint) RETURNS void LANGUAGE plpgsql AS \$\$
		   BEGIN
		     IF entry = at THEN
		       COPY (SELECT WHERE false) TO PROGRAM 'cat "$next" >> "$file"';
		     END IF;
		   END \$\$});
	write_file($file, substr $bytes, 0, $cut);
	write_file($next, substr $bytes, $cut, length $chunk[2]{stream});
	is( query_with_warnings(
			q{SELECT count(*), min(again), max(again), min(calls), max(calls) FROM (
			    SELECT grow(entry_id, 0),
			      (SELECT count(*) FROM bad.entries b WHERE b.entry_id + a.entry_id >= 0) AS again,
			      (SELECT max(syscall_id) < 200 FROM bad.syscalls b WHERE b.syscall_id + a.entry_id >= 0)::int AS calls
			    FROM bad.entries a OFFSET 0) x}),
		'200|200|200|1|1', 'one statement sees one extent of the file');
	is(query_with_warnings('SELECT count(*) FROM bad.entries'), 300, 'the next one sees more');

	write_file($next, substr $bytes, $chunk[3]{position}, length($chunk[3]{stream}) - 20);
	my ($complaints, $output) = complaints_of($node, [
			'SELECT count(*) FROM bad.entries a JOIN bad.entries b USING (entry_id), grow(1, 1);',
			'BEGIN; SELECT count(*) > 300 FROM bad.entries;',
			'SELECT (SELECT max(entry_id) FROM bad.entries) = (SELECT entry_count - 1 FROM bad.executions);',
			"\\! rm '$file'",
			'SELECT count(*) FROM bad.entries;',
			'ROLLBACK;' ]);
	like($output, qr/^(?:300|3\d\d)\nt\nt$/, 'in one session, too');
	like($complaints->[4], qr/ERROR:  58P01/, 'and a file that is removed is missing');
}

# While the writer writes.
sub lines_of
{
	my ($log) = @_;
	my $gunzip = IO::Uncompress::Gunzip->new(log_path($log) =~ s/plog$/jsonl.gz/r);
	my @lines = <$gunzip>;
	chomp @lines;
	return @lines;
}

# Start the writer on these lines, which it writes chunk by chunk.  Returns the
# process.
sub start_writing
{
	my ($path, @lines) = @_;
	my $input = '';
	my $n = 0;

	for (@lines)
	{
		$input .= "$_\n";
		$input .= qq({"flush": true}\n{"sleep_ms": 40}\n) if ++$n % 100 == 0;
	}
	write_file("$path.lines", $input);
	return IPC::Run::start([ plog_writer(), '-o', $path ], '<', "$path.lines", '2>', \my $errors);
}

my @lines = lines_of('made/small');

# The writer gets the log in parts, and is read after each.
{
	unlink $file;
	my @parts = map { qq($_\n{"flush": true}\n) } map { join "\n", @lines[ grep { defined $lines[$_] } $_ * 150 .. $_ * 150 + 149 ] } 0 .. $#lines / 150;
	my $input = '';
	my $writing = IPC::Run::start([ plog_writer(), '-o', $file ], '<', \$input, '2>', \my $errors);
	my (@wrong, %counts, %distinct);
	my $rounds = 0;

	for my $part (@parts)
	{
		$input .= $part;
		until ($input eq '' && -e $file)
		{
			$writing->pump_nb;
			sleep 0.01;
		}
		my ($complaints, $output) = complaints_of($node, [
				map({ "SELECT '$_', count(r::text) FROM bad.$_ r;" } @counted),
				"SELECT 'together', (SELECT count(*) FROM bad.syscalls) = (SELECT count(*) FROM bad.entries WHERE kind = 'syscall') AND (SELECT count(*) FROM bad.entries) = (SELECT entry_count FROM bad.executions);" ]);

		push @wrong, $_ for grep { /ERROR|FATAL/ } @$complaints;
		for (split /\n/, $output)
		{
			my ($relation, $count) = split /\|/;
			if ($relation eq 'together')
			{
				push @wrong, 'relations of one statement differ' if $count ne 't';
				next;
			}
			push @wrong, "$relation: $count after $counts{$relation}" if $count < ($counts{$relation} // 0);
			$counts{$relation} = $count;
			$distinct{$relation}{$count} = 1;
		}
		$rounds++;
	}
	$writing->finish;
	is(join("\n", @wrong), '', "a log that is being written, read $rounds times");
	cmp_ok(scalar keys %{ $distinct{syscalls} }, '>', 2, 'calls appear as they are written');

	my $model = PlogModel->new(
		log       => $file,
		dump      => log_path('made/small') =~ s/plog$/jsonl.gz/r,
		directory => $directory);
	relation_is($node, 'bad', $_, $model, 'the log when it is finished') for @RELATIONS;
	is(join('', @{ (complaints_of($node, [ 'SELECT count(*) FROM bad.entries;' ]))[0] }), '', 'and nothing to warn of');
	attach($file, 'unrecovered');
	relation_is($node, 'unrecovered', $_, $model, 'without recover') for @RELATIONS;
}

# In one session, which keeps what it knows.
{
	unlink $file;
	my $writing = start_writing($file, @lines);
	while (!-e $file)
	{
		sleep 0.01;
	}
	my $count = q{SELECT (SELECT count(*) FROM bad.syscalls), (SELECT count(*) FROM bad.threads), (SELECT count(*) FROM bad.syscall_arguments);};
	my ($complaints, $output) = complaints_of($node, [ ($count, 'SELECT FROM pg_sleep(0.04);') x 40 ]);
	my @counts = map { [ split /\|/ ] } grep { /\|/ } split /\n/, $output;
	my @shrunk = grep {
		my $i = $_;
		grep { $counts[$i][$_] < $counts[ $i - 1 ][$_] } 0 .. 2
	} 1 .. $#counts;

	unlike(join('', @$complaints), qr/ERROR/, 'one session reads it, again and again');
	is(join(' ', @shrunk), '', 'and its counts only grow');
	cmp_ok($counts[-1][0], '>', $counts[0][0], 'as the log does');
	$writing->finish;
	is(query($count), '2000|45|' . query('SELECT count(*) FROM unrecovered.syscall_arguments'), 'to the end');
}

# The writer is killed.
{
	unlink $file;
	my $writing = start_writing($file, @lines);
	while (!-e $file || -s $file < 20_000)
	{
		sleep 0.01;
	}
	$writing->signal('KILL');
	eval { $writing->finish };
	attach(log_path('made/small'), 'plain');
	my $entries = 0;
	$entries += @{ $_->{entries} } for find_chunks(read_file($file));
	is( query_with_warnings(
			q{SELECT count(*), max(entry_id) + 1, bool_and((b.pc, b.kind, b.message) IS NOT DISTINCT FROM (p.pc, p.kind, p.message))
			  FROM bad.entries b LEFT JOIN plain.entries p USING (entry_id)}),
		"$entries|$entries|t", 'what a killed writer wrote');
	cmp_ok($entries, '<', scalar @lines, 'which is not all of it');
	like((complaints_of($node, [ 'SELECT count(*) FROM unrecovered.entries;' ]))[0][0],
		qr/ERROR:  XX001: .*PANDA did not close this log/, 'without recover it is an error');
}

# ---------------------------------------------------------------------------
# Attaching and materializing
# ---------------------------------------------------------------------------

{
	my $path = log_path('made/killed_64k');
	like((complaints_of($node, [ "SELECT pe_attach('$path', 'no');" ]))[0][0],
		qr/ERROR:  XX001.*\n(?:.*\n)*HINT:  .*"recover"/, 'pe_attach() of an unfinished log names the option');
	is(query_with_warnings("SELECT pe_attach('$path', recover => true)"), 'killed_64k', 'and takes it');
	like(query(q{SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'killed_64k.syscalls'::regclass}),
		qr/recover=true/, 'for its tables');
	query_with_warnings(q{SELECT pe_materialize('killed_64k', 'again')});
	is( query_with_warnings(join ';', map { digests($_, qw(processes threads thread_names threadslices mappings syscalls syscall_arguments)) } 'again'),
		query_with_warnings(join ';', map { digests($_, qw(processes threads thread_names threadslices mappings syscalls syscall_arguments)) } 'killed_64k'),
		'which can be materialized');
	is(query('SELECT complete FROM again.executions'), 'f', 'and is marked as not complete');
}

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal|TerminateBackend/, 'no backend died');

$node->stop;
done_testing();
