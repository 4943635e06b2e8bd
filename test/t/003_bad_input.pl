# Files that are not what they should be, and users who are not who they should
# be.  Every query has one error that says what is wrong, the backend goes on,
# and nothing stays open in it.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Compress::Zlib ();
use PlogFile;
use PlogSession;
use PlogTest;
use POSIX qw(mkfifo);
use Test::More;

# How often each file is tried in one session, to see that nothing stays open.
my $TRIES = 200;

my $node      = start_server('bad_input', new_sessions => 1);
my $directory = temporary_directory('bad');
my $file      = "$directory/bad.plog";

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# Reads all of a relation, and says what that was.
sub read_all
{
	my ($relation) = @_;
	return qq{SELECT md5(coalesce(string_agg(r::text, ' ' ORDER BY r::text COLLATE "C"), ''))
	  FROM bad.$relation r;};
}

# ---------------------------------------------------------------------------
# The log that is damaged
# ---------------------------------------------------------------------------

# A log of four chunks, of a hundred entries each of all kinds.
my @entries = inflate_entries(
	take_apart(read_file(log_path('made/all_kinds')))->{chunks}[0]{stream});
splice @entries, 400;

sub log_of
{
	my @chunk_entries = @_;
	return {
		chunks => [
			map { { start_instr => 0, entries => scalar @$_, stream => deflate_entries(@$_) } }
			  @chunk_entries ] };
}

sub base_log
{
	return log_of(map { [ @entries[ 100 * $_ .. 100 * $_ + 99 ] ] } 0 .. 3);
}

# recordings tells nothing of the log itself.
write_file($file, put_together(base_log()));
query(qq{CREATE SCHEMA bad;
	IMPORT FOREIGN SCHEMA plog EXCEPT (recordings) FROM SERVER pandelephant INTO bad OPTIONS (filename '$file')});
my @relations = split /\n/, query(
	q{SELECT relname FROM pg_class WHERE relnamespace = 'bad'::regnamespace AND relkind = 'f'
	  ORDER BY relname = 'executions' DESC, 1});
my ($intact_complaints, $intact) = complaints_of($node, [ map { read_all($_) } @relations ]);
is(join('', @$intact_complaints), '', 'the log before it is damaged');

# In a session, try to read and fail, again and again.
query(
	q{CREATE FUNCTION fail_often(tries int) RETURNS text LANGUAGE plpgsql AS $$
	  DECLARE
	    relations text[] := array(SELECT relname FROM pg_class WHERE relnamespace = 'bad'::regnamespace AND relkind = 'f');
	    failed int := 0;
	  BEGIN
	    FOR i IN 1 .. tries LOOP
	      BEGIN
	        EXECUTE 'SELECT count(r::text) FROM bad.' || relations[1 + i % cardinality(relations)] || ' r';
	      EXCEPTION WHEN OTHERS THEN
	        failed := failed + 1;
	      END;
	    END LOOP;
	    RETURN failed > 0;
	  END $$;
	  CREATE FUNCTION open_files() RETURNS bigint LANGUAGE sql VOLATILE
	  AS $$SELECT count(*) FROM pg_ls_dir('/proc/self/fd')$$});
my $count_files = -d '/proc/self/fd';

# Test what reading a file is like.  Expected are
#   state     the SQLSTATE
#   message   what the error must say
#   offset    the byte of the file that it must name
#   entry     or the entry
#   hint      what its hint must say; none without it
#   relations those to look at, all by default
#   setup     SQL to run before
#   once      not to look what stays open
sub is_bad
{
	my ($name, %expected) = @_;
	my @looked_at  = @{ $expected{relations} // \@relations };
	my $path       = quotemeta($expected{path} // $file);
	my @statements = ($expected{setup} // '', map { read_all($_) } @looked_at);
	my $look_twice = $count_files && !$expected{once};

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	push @statements,
	  'SELECT fail_often(22); SELECT open_files();',
	  "SELECT fail_often($TRIES); SELECT open_files(), 'alive';"
	  if $look_twice;
	my ($complaints, $output) = complaints_of($node, \@statements);

	my @wrong;
	for my $i (0 .. $#looked_at)
	{
		my $complaint = $complaints->[ $i + 1 ];
		my ($detail)  = $complaint =~ /^DETAIL:  (.*)$/m;
		my ($hint)    = $complaint =~ /^HINT:  (.*)$/m;

		push @wrong, "$looked_at[$i]: $complaint"
		  if (() = $complaint =~ /(?:ERROR|FATAL|PANIC):/g) != 1
		  || $complaint =~ /WARNING|NOTICE/
		  || $complaint !~ /ERROR:  $expected{state}: .*$path.*$expected{message}/
		  || (defined $expected{offset} && ($detail // '') !~ /byte offset $expected{offset}\b/)
		  || (defined $expected{entry} && $complaint !~ /entry $expected{entry}\b/)
		  || ($hint // '') !~ ($expected{hint} // qr/^$/);
	}
	is(join("\n", @wrong), '', "$name: what the errors say");
	if ($look_twice)
	{
		my ($before, $after) = $output =~ /^true\n(\d+)\ntrue\n(\d+)\|alive$/m;
		ok(defined $after && $after == $before, "$name: nothing stays open")
		  or diag("before and after: $output" . join '', @$complaints[ -2, -1 ]);
	}
}

# Test that a file reads like the intact one.
sub is_good
{
	my ($name, $bytes) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	write_file($file, $bytes);

	# what "executions" says of the file's size may differ
	my @same = grep { $_ ne 'executions' } @relations;
	my ($complaints, $output) = complaints_of($node, [ map { read_all($_) } @same ]);
	is(join('', @$complaints) . $output, $intact =~ s/^.*\n//r, "$name is no harm");
}

# Test what the file is like with those bytes.
sub bytes_are_bad
{
	my ($name, $bytes, %expected) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	write_file($file, $bytes);
	is_bad($name, state => 'XX001', offset => 0, %expected);
}

# Hints.
my $recover = qr/^Set option "recover" to read the log as far as it goes\.$/;
my $rights  = qr/^The file is read by the server, with the rights of its operating system user\.$/;

# The largest number that a field of the directory can hold.
my $unknown = 18446744073709551615;

# ---------------------------------------------------------------------------
# What is no plog at all
# ---------------------------------------------------------------------------

unlink $file;
is_bad('no such file', state => '58P01', message => 'No such file', hint => $rights);
symlink "$directory/elsewhere", $file or die "could not make a link: $!";
is_bad('a link to nowhere', state => '58P01', message => 'No such file', hint => $rights);
unlink $file;
mkdir $file or die "could not make a directory: $!";
is_bad('a directory', state => '42809', message => 'it is a directory');
rmdir $file;
mkfifo($file, 0600) or die "could not make a FIFO: $!";
is_bad('a FIFO', state => '42809', message => 'it is a FIFO');
unlink $file;
symlink '/dev/zero', $file or die "could not make a link: $!";
is_bad('a device', state => '42809', message => 'it is not a regular file');
unlink $file;

SKIP:
{
	skip 'root may read everything', 2 if $> == 0;
	write_file($file, put_together(base_log()));
	chmod 0, $file;
	is_bad('an unreadable file', state => '42501', message => 'Permission denied', hint => $rights);
	unlink $file;
}

my $base   = base_log();
my $intact_bytes = put_together($base);
my $size   = length $intact_bytes;
my $at     = $base->{directory};
my @chunk  = @{ $base->{chunks} };

bytes_are_bad('an empty file', '', message => 'file is empty');
bytes_are_bad('an empty log of PANDA', read_file(log_path('edges/empty_file')),
	message => 'file is empty');
bytes_are_bad('a part of a header', substr($intact_bytes, 0, 23),
	message => 'shorter than a plog header', offset => 23);
bytes_are_bad('text', "This is no plog, but as long as its header is.\n" x 10,
	message => 'does not start with a plog header: it is text');
bytes_are_bad('another log of PANDA', read_file(log_path('real/w1libs') =~ s/w1libs.plog/w1-rr-nondet.log/r),
	message => 'does not start with a plog header: it is the log of inputs of a recording');
bytes_are_bad('a compressed file', "\x1f\x8b\x08\0" . $intact_bytes,
	message => 'does not start with a plog header: it is compressed by gzip; gunzip', hint => 'zcat');
bytes_are_bad('something else', "\x91\x92\x93\x94" . $intact_bytes,
	message => 'does not start with a plog header');
bytes_are_bad("version $_", pack('V', $_) . substr($intact_bytes, 4),
	message => "plog version $_ is not supported") for 1, 3, 255;
bytes_are_bad('another version, and short', pack('V x20', 3), message => 'plog version 3 is not supported');

# ---------------------------------------------------------------------------
# Logs that were not closed
# ---------------------------------------------------------------------------

for my $log (qw(edges/unfinished real/w1killed made/killed_64k))
{
	bytes_are_bad($log, read_file(log_path($log)),
		message => 'PANDA did not close this log', hint => $recover);
}
bytes_are_bad('a header of zeros', "\0" x 24 . substr($intact_bytes, 24),
	message => 'PANDA did not close this log', hint => $recover);
bytes_are_bad('nothing but zeros', "\0" x 128,
	message => 'PANDA did not close this log', hint => $recover);

# ---------------------------------------------------------------------------
# The directory
# ---------------------------------------------------------------------------

# A log whose header says that its directory is there.
sub directory_at
{
	my ($position) = @_;
	return substr($intact_bytes, 0, 8) . pack('Q<', $position) . substr($intact_bytes, 16);
}

for my $position (0, 1, 24, 127)
{
	bytes_are_bad("directory at $position", directory_at($position),
		message => "directory position $position lies before the first chunk",
		offset  => 8,
		hint    => $recover);
}
for my $position ($size - 3, $size, $size + 1, 2**40, 2**63 - 1024, 2**63, $unknown)
{
	my $text = sprintf '%u', $position;
	bytes_are_bad("directory at $text of $size", directory_at($position),
		message => "directory position $text lies beyond the end of the file, $size",
		offset  => 8,
		hint    => $recover);
}
bytes_are_bad('directory missing', substr($intact_bytes, 0, $at),
	message => 'lies beyond the end of the file', offset => 8, hint => $recover);
bytes_are_bad('directory within the last chunk', directory_at($at - 30),
	message => 'directory is cut off', offset => $at - 30, hint => $recover);
bytes_are_bad('directory cut off', substr($intact_bytes, 0, $at + 4 + 24 * 2 + 5),
	message => 'directory is cut off: it counts 4 chunks, the file has room for 2',
	offset  => $at,
	hint    => $recover);
bytes_are_bad('directory without its last byte', substr($intact_bytes, 0, -1),
	message => 'it counts 4 chunks, the file has room for 3', offset => $at, hint => $recover);
bytes_are_bad('edges/truncated_dir', read_file(log_path('edges/truncated_dir')),
	message => 'director', offset => '[0-9]+', hint => $recover);
bytes_are_bad('file cut within a chunk', substr($intact_bytes, 0, 1000),
	message => 'lies beyond the end of the file, 1000', offset => 8, hint => $recover);

# A log of which the directory says something else.
sub directory_bytes
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

# Where the directory's record of a chunk stands.
sub record_at
{
	my ($i) = @_;
	return $at + DIRECTORY_COUNT_BYTES + $i * DIRECTORY_RECORD_BYTES;
}

bytes_are_bad("a directory of $_ chunks", directory_bytes(count => $_),
	message => "it counts $_ chunks, the file has room for 4", offset => $at, hint => $recover)
  for 5, 65536, 2**31, 2**32 - 1;
bytes_are_bad('a directory of no chunks', directory_bytes(count => 0),
	message => 'lists none of the chunks', offset => $at, hint => $recover);
bytes_are_bad('a directory of fewer chunks', directory_bytes(count => 3),
	message => 'bytes of junk follow a chunk', offset => $chunk[3]{position}, hint => $recover);

for my $case (
	[ 0, 127 ], [ 0, 129 ], [ 0, 0 ], [ 0, $unknown ],
	[ 1, 0 ], [ 1, 128 ], [ 1, 135 ], [ 1, $unknown ],
	[ 2, $chunk[1]{position} ], [ 2, $chunk[0]{position} + 8 ], [ 2, 2**63 ],
	[ 3, $at - 7 ], [ 3, $at ], [ 3, $at + 1 ], [ 3, $size ])
{
	my ($i, $position) = @$case;
	my $text = sprintf '%u', $position;
	bytes_are_bad("chunk $i at $text", directory_bytes(chunks => { $i => { written_position => $position } }),
		message => $i == 0 ? "places the first chunk at $text instead of 128" : "places chunk $i at $text, outside of its place",
		offset  => record_at($i),
		hint    => $recover);
}
bytes_are_bad('two chunks the other way round',
	directory_bytes(chunks => {
			1 => { written_position => $chunk[2]{position} },
			2 => { written_position => $chunk[1]{position} } }),
	message => 'places chunk 2 at', offset => record_at(2), hint => $recover);
bytes_are_bad('a chunk that starts one byte early',
	directory_bytes(chunks => { 2 => { written_position => $chunk[2]{position} - 1 } }),
	message => '(?:does not inflate|cut off|junk)', offset => '[0-9]+', hint => $recover);
bytes_are_bad('a chunk that starts one byte late',
	directory_bytes(chunks => { 2 => { written_position => $chunk[2]{position} + 1 } }),
	message => '(?:junk follow|does not inflate)', offset => '[0-9]+', hint => $recover);

for my $count (0, 99, 101, 1000)
{
	bytes_are_bad("chunk of 100 entries that should have $count", directory_bytes(chunks => { 2 => { entries => $count } }),
		message => "chunk holds 100 entries where the directory says $count",
		offset  => $chunk[2]{position},
		hint    => $recover);
}
for my $count (2**31, 2**60, 2**63, $unknown)
{
	my $text = sprintf '%u', $count;
	bytes_are_bad("chunk of 100 entries that should have $text", directory_bytes(chunks => { 2 => { entries => $count } }),
		message => "directory claims $text entries for chunk 2",
		offset  => record_at(2) + 16,
		hint    => $recover);
}

# ---------------------------------------------------------------------------
# Chunks
# ---------------------------------------------------------------------------

# Flip a bit of a byte, counted from the end where it is negative.
sub flipped
{
	my ($stream, $byte) = @_;
	substr($stream, $byte, 1) ^= "\x10";
	return $stream;
}

# The log with another stream for its third chunk.
sub third_stream
{
	my ($stream, %changes) = @_;
	return directory_bytes(chunks => { 2 => { stream => $stream, %changes } });
}

my $stream   = $chunk[2]{stream};
my @third    = @entries[ 200 .. 299 ];
my $inflated = join '', map { frame($_) } @third;
my %there    = (offset => $chunk[2]{position}, hint => $recover);

bytes_are_bad('chunk with another header', third_stream(flipped($stream, 0)), message => 'chunk does not inflate', %there);
bytes_are_bad('chunk with a bit changed', third_stream(flipped($stream, length($stream) / 2)),
	message => 'chunk does not inflate', %there);
bytes_are_bad('chunk with another checksum', third_stream(flipped($stream, -1)),
	message => 'chunk does not inflate', %there);
bytes_are_bad('chunk without its end', third_stream(substr $stream, 0, -$_),
	message => 'chunk (?:does not inflate|is cut off)', %there) for 1, 4, 100;
bytes_are_bad('chunk of zeros', third_stream("\0" x length $stream), message => 'chunk does not inflate', %there);
bytes_are_bad('chunk that is gzip', third_stream(Compress::Zlib::memGzip($inflated)),
	message => 'chunk does not inflate', %there);
bytes_are_bad("$_ bytes of junk after a chunk", third_stream($stream . 'j' x $_),
	message => "$_ bytes of junk follow a chunk", offset => $chunk[2]{position} + length $stream, hint => $recover)
  for 1, 1000;
bytes_are_bad('a chunk twice', third_stream($stream x 2), message => 'bytes of junk follow a chunk',
	offset => $chunk[2]{position} + length $stream, hint => $recover);

for my $case (
	[ 'an entry one byte too long', substr($inflated, 0, -length frame($third[-1])) . pack('V', 1 + length $third[-1]) . $third[-1], 299 ],
	[ 'an entry of 4 GB', $inflated . pack('V', 2**32 - 1), 300 ],
	[ 'an entry of 2 GB', pack('V', 2**31) . $inflated, 200 ],
	[ 'half an entry', substr($inflated, 0, -1), 299 ],
	[ 'three bytes of a size', $inflated . "\0\0\0", 300 ])
{
	my ($name, $bytes, $entry) = @$case;
	bytes_are_bad($name, third_stream(Compress::Zlib::compress($bytes)),
		message => "entry $entry runs past the end of its chunk", entry => $entry, %there);
}

# What stands before the damage can be read, and is not read twice.
is(query('SELECT count(*), max(entry_id) FROM (SELECT entry_id FROM bad.entries LIMIT 200) e'),
	'200|199', 'entries before a damaged chunk can be read');

# A chunk larger than allowed is noticed before it is inflated.
my $zeros = "\0" x (4 << 20);
my $large = third_stream(Compress::Zlib::compress($zeros), entries => 1 << 20);
my $raise = qr/^Raise "pandelephant.max_chunk_size" if you trust the log\.$/;
bytes_are_bad('a chunk larger than allowed', $large,
	state => '54000', message => 'chunk inflates to more than the allowed 1048576 bytes',
	setup => q{ALTER DATABASE postgres SET pandelephant.max_chunk_size = '1MB'; \c},
	%there, hint => $raise);
query('ALTER DATABASE postgres RESET pandelephant.max_chunk_size');
is(query(qq{SET pandelephant.max_chunk_size = '5MB'; SELECT count(*) FROM bad.entries}),
	300 + (1 << 20), 'a chunk as large as allowed can be read');

# The same with one that is inflated in pieces.
{
	my $deflate = Compress::Zlib::deflateInit(-Level => 9);
	my $bomb = '';
	$bomb .= $deflate->deflate($zeros) for 1 .. 25;
	$bomb .= $deflate->flush;
	bytes_are_bad('a chunk of 100 MB', third_stream($bomb, entries => 25 << 20),
		relations => [qw(executions entries)],
		state     => '54000',
		message   => 'chunk inflates to more than the allowed 83886080 bytes',
		setup     => q{ALTER DATABASE postgres SET pandelephant.max_chunk_size = '80MB'; \c},
		once      => 1,
		%there, hint => $raise);
	query('ALTER DATABASE postgres RESET pandelephant.max_chunk_size');
}
my ($denied) = complaints_of($node, [
		'SELECT FROM bad.executions; CREATE ROLE nobody_much; SET ROLE nobody_much;',
		"SET pandelephant.max_chunk_size = '2MB';",
		'RESET ROLE; DROP ROLE nobody_much;' ]);
like($denied->[1], qr/ERROR:  42501/, 'the limit is not for everybody to raise');

# ---------------------------------------------------------------------------
# Messages
# ---------------------------------------------------------------------------

# The log with another entry in the place of entry 250.
sub entry_is
{
	my ($body) = @_;
	my @bodies = @third;
	$bodies[50] = $body;
	return third_stream(deflate_entries(@bodies));
}

my @broken = (
	[ 'a number that does not end',  "\x08\xff" ],
	[ 'a number of eleven bytes',    "\x08" . "\xff" x 10 . "\1" ],
	[ 'bytes past the end',          "\x0a\x05abcd" ],
	[ 'very many bytes',             "\x0a" . "\xff" x 9 . "\1" ],
	[ 'half of a fixed number',      "\x0d\0\0" ],
	[ 'a wire type that is none',    "\x0f" ],
	[ 'a field of number 0',         "\x00\x01" ],
	[ 'a tag that does not end',     "\xff" ]);
my $syscall = varint_field(1, 7) . varint_field(3, 7) . bytes_field(6, 'sys_x');
my $of_calls = [qw(syscall_arguments strace entries)];

# Where the message is; how its bytes are wrapped; what cannot be read.
my @places = (
	[ 'an entry', sub { entry(1) . $_[0] }, [ grep { $_ ne 'entries' } @relations, 'entries' ] ],
	[ 'a syscall', sub { entry(1, bytes_field(58, $syscall . $_[0])) }, \@relations ],
	[ 'an argument', sub { entry(1, bytes_field(58, $syscall . bytes_field(7, $_[0]))) }, $of_calls ],
	[ 'a struct', sub { entry(1, bytes_field(58, $syscall . bytes_field(7, bytes_field(15, $_[0])))) }, $of_calls ],
	[ 'a member of a struct', sub { entry(1, bytes_field(58, $syscall . bytes_field(7, bytes_field(15, bytes_field(1, $_[0]))))) }, $of_calls ],
	[ 'an asid_info', sub { entry(1, bytes_field(40, varint_field(1, 7) . varint_field(6, 7) . $_[0])) }, [qw(executions processes threads thread_names threadslices mappings entries)] ],
	[ 'a taint_flow', sub { entry(1, bytes_field(57, bytes_field(1, bytes_field(1, bytes_field(1, varint_field(1, 7)))) . $_[0])) }, [qw(executions processes threads thread_names mappings code_points taint_flows entries)] ],
	[ 'a thread of a taint_flow', sub { entry(1, bytes_field(57, bytes_field(2, bytes_field(1, bytes_field(1, varint_field(1, 7) . $_[0]))))) }, [qw(threads code_points taint_flows entries)] ],
	[ 'a proc_trace', sub { entry(1, bytes_field(103, varint_field(1, 7) . varint_field(6, 7) . $_[0])) }, [qw(executions processes threads thread_names entries)] ],
	[ 'an asid_libraries', sub { entry(1, bytes_field(5, varint_field(2, 7) . varint_field(3, 7) . varint_field(5, 7) . $_[0])) }, [qw(executions processes threads thread_names mappings entries)] ],
	[ 'a module', sub { entry(1, bytes_field(5, varint_field(2, 7) . varint_field(3, 7) . varint_field(5, 7) . bytes_field(6, $_[0]))) }, [qw(mappings entries)] ],
	[ 'a call_stack', sub { entry(1, bytes_field(10, $_[0])) }, ['entries'] ]);

for my $place (@places)
{
	my ($where, $wrap, $unreadable) = @$place;
	for my $case (@broken)
	{
		my ($what, $bytes) = @$case;
		bytes_are_bad("$what in $where", entry_is($wrap->($bytes)),
			offset    => undef,
			entry     => 250,
			message   => 'entry 250 holds a malformed message',
			relations => $unreadable,
			once      => $case != $broken[0],
			hint      => $recover);
	}
}

# One that is malformed in every form is bad before the form is known, too.
bytes_are_bad('a malformed asid_info before the first of 2018',
	put_together(log_of([
			entry(1, bytes_field(40, "\xff\xff")),
			entry(1, bytes_field(40, varint_field(1, 4096) . bytes_field(2, 'bash') . varint_field(3, 7))) ])),
	offset    => undef,
	entry     => 0,
	message   => 'entry 0 holds a malformed message',
	relations => [qw(executions processes threads thread_names threadslices entries)],
	once      => 1,
	hint      => $recover);

# A message in two parts, the first cut off where the second could be its rest.
bytes_are_bad('a syscall whose first part is malformed',
	entry_is(entry(1, bytes_field(58, "\x0a")
			  . bytes_field(58, join '', varint_field(1, 7), varint_field(3, 7), varint_field(4, 9), varint_field(5, 300)))),
	offset  => undef,
	entry   => 250,
	message => 'entry 250 holds a malformed message',
	once    => 1,
	hint    => $recover);

# ---------------------------------------------------------------------------
# What does no harm
# ---------------------------------------------------------------------------

is_good('anything in the paddings',
	substr($intact_bytes, 0, 4) . 'abcd' . substr($intact_bytes, 8, 12) . 'x' x 108 . substr($intact_bytes, 128));
is_good('any instruction count in the directory',
	directory_bytes(chunks => { map { $_ => { start_instr => (2**32 - 1, 0, $unknown, 7)[$_] } } 0 .. 3 }));
is_good("a chunk_size of $_", directory_bytes(chunk_size => $_)) for 0, 1, 2**32 - 1;
is_good('something after the directory', $intact_bytes . 'something');
is_good('another level of compression', directory_bytes(
		chunks => { map { $_ => { stream => Compress::Zlib::compress(join('', map { frame($_) } @entries[ 100 * $_ .. 100 * $_ + 99 ]), 1) } } 0 .. 3 }));
is_good('the same file again', $intact_bytes);

write_file($file, entry_is(''));
is(query('SELECT pc, execution_offset, kind, message FROM bad.entries WHERE entry_id = 250'),
	'|||{}', 'an entry of no bytes is an entry without fields');
write_file($file, entry_is(entry(1) . varint_field(1000, 7) . bytes_field(2000, 'private')));
is( query('SELECT kind, message FROM bad.entries WHERE entry_id = 250'),
	'field 1000|{"1000": 7, "2000": "private"}', 'fields that nobody knows');

# A file that changes is read anew, in the same session, too.
{
	my $other = "$directory/other.plog";
	write_file($file, put_together(log_of([ @entries[ 0 .. 9 ] ])));
	write_file($other, put_together(log_of([ @entries[ 0 .. 19 ] ])));
	my ($complaints, $output) = complaints_of($node, [
			'SELECT count(*) FROM bad.entries;',
			"\\! mv '$other' '$file'",
			'SELECT count(*) FROM bad.entries;',
			"\\! rm '$file'",
			'SELECT count(*) FROM bad.entries;' ]);
	is($output, "10\n20", 'a file that is replaced is read anew');
	like($complaints->[4], qr/ERROR:  58P01/, 'and one that is removed is missing');
}

# ---------------------------------------------------------------------------
# Planning does not open the file
# ---------------------------------------------------------------------------

mkfifo($file, 0600) or die "could not make a FIFO: $!";
like(query('EXPLAIN SELECT * FROM bad.syscalls'), qr/\Q$file\E/, 'EXPLAIN of a FIFO');
unlink $file;
write_file($file, 'nonsense');
chmod 0, $file;
like(query('EXPLAIN SELECT * FROM bad.syscalls'), qr/\Q$file\E/, 'EXPLAIN of an unreadable file');

# ---------------------------------------------------------------------------
# Privileges
# ---------------------------------------------------------------------------

write_file($file, $intact_bytes);
query(
	q{CREATE ROLE analyst LOGIN; CREATE ROLE reader LOGIN; GRANT pg_read_server_files TO reader;
	  CREATE ROLE heir LOGIN; GRANT reader TO heir;
	  CREATE ROLE noinherit LOGIN NOINHERIT; GRANT reader TO noinherit;
	  CREATE SCHEMA work; GRANT ALL ON SCHEMA work TO PUBLIC;
	  GRANT CREATE ON DATABASE postgres TO analyst, reader, heir, noinherit});

# Run statements as a role, each on its own.  Returns the SQLSTATEs of those
# that fail, and what the others print.
sub states_as
{
	my ($role, @statements) = @_;
	my ($complaints, $output) = complaints_of($node, \@statements, extra_params => [ '-U', $role ]);
	return (
		join(' ', map { /(?:ERROR|FATAL):  (\w{5})/ ? $1 : 'ok' } @$complaints[ 0 .. $#statements ]),
		$output);
}

my $options = "SERVER pandelephant OPTIONS (filename '$file'";
my @creating = (
	"CREATE FOREIGN TABLE work.threads (tid bigint) $options);",
	"IMPORT FOREIGN SCHEMA plog LIMIT TO (executions) FROM SERVER pandelephant INTO work OPTIONS (filename '$file');",
	"SELECT pe_attach('$file', 'attached');",
	"CREATE FOREIGN TABLE work.entries (entry_id bigint) $options, descriptor '/nonexistent.pb');",
	'DROP FOREIGN TABLE IF EXISTS work.threads, work.executions, work.entries; DROP SCHEMA IF EXISTS attached CASCADE;');

is((states_as('analyst', @creating))[0], '42501 42501 42501 42501 ok', 'ordinary roles may not name a file');
is((states_as('noinherit', @creating))[0], '42501 42501 42501 42501 ok', 'nor those that do not inherit the right');
is((states_as('reader', @creating))[0], 'ok ok ok ok ok', 'members of pg_read_server_files may');
is((states_as('heir', @creating))[0], 'ok ok ok ok ok', 'members of members may');
is((states_as('analyst', "SELECT pe_attach('/nonexistent/x.plog');", "SELECT pe_attach('/');", "SELECT pe_attach('/etc/passwd');"))[0],
	'42501 42501 42501', 'and nobody else learns what files there are');
is((states_as('analyst',
			"CREATE FOREIGN TABLE work.x () $options);",
			"IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO work OPTIONS (filename '/nonexistent/x.plog');",
			'CREATE FOREIGN TABLE work.x () SERVER pandelephant;'))[0],
	'42501 42501 HV002', 'by no other way');

# A table that was given to somebody: other options may be changed, not files.
query("CREATE FOREIGN TABLE work.given (execution_id bigint, tid bigint) $options, relation 'threads');
	ALTER FOREIGN TABLE work.given OWNER TO analyst");
is( (states_as('analyst',
			"ALTER FOREIGN TABLE work.given OPTIONS (SET filename '/etc/passwd');",
			"ALTER FOREIGN TABLE work.given OPTIONS (SET filename '$file');",
			"ALTER FOREIGN TABLE work.given OPTIONS (ADD descriptor '/etc/passwd');",
			'SELECT count(*) > 0 FROM work.given;'))[0],
	'42501 42501 42501 ok', 'the owner of a table may read it, and not name another file');
is( (states_as('reader',
			"ALTER FOREIGN TABLE work.given OPTIONS (SET filename '/etc/passwd');"))[0],
	'42501', 'a table belongs to its owner');
query('ALTER FOREIGN TABLE work.given OWNER TO reader');
is( (states_as('reader',
			"ALTER FOREIGN TABLE work.given OPTIONS (SET filename '/nonexistent/x.plog');",
			"ALTER FOREIGN TABLE work.given OPTIONS (ADD execution_id '5');",
			"ALTER FOREIGN TABLE work.given OPTIONS (SET filename '$file');"))[0],
	'ok ok ok', 'a reader may name another file');

# Reading takes what reading any table does.
is( join('|', states_as('analyst', 'SELECT count(*) > 0 FROM bad.threads;')),
	'42501|', 'a table of another role is not read without being granted');
query('GRANT USAGE ON SCHEMA bad TO analyst; GRANT SELECT ON bad.threads TO analyst; GRANT SELECT (pid) ON bad.syscalls TO analyst');
is( join('|', states_as('analyst',
			'SELECT count(*) > 0 FROM bad.threads;',
			'SELECT count(pid) > 0 FROM bad.syscalls;',
			'SELECT count(tid) > 0 FROM bad.syscalls;',
			'SELECT count(*) > 0 FROM bad.entries;')),
	"ok ok 42501 42501|t\nt", 'and is where it was granted, without a right to its file');
query('CREATE VIEW work.calls AS SELECT name FROM bad.syscalls; GRANT SELECT ON work.calls TO analyst');
is( join('|', states_as('analyst', 'SELECT count(*) > 0 FROM work.calls;')), 'ok|t', 'a view shows its owner\'s tables');

# pe_materialize() reads all of the source, as who calls it.
my @materialize = ("SELECT count(*) > 0 FROM pe_materialize('bad', 'native');");
is((states_as('analyst', @materialize))[0], '42501', 'pe_materialize() needs SELECT on each table');
query('GRANT SELECT ON ALL TABLES IN SCHEMA bad TO analyst; REVOKE SELECT ON bad.mappings FROM analyst');
is((states_as('analyst', @materialize))[0], '42501', 'on all of them');
is((states_as('analyst', "SELECT count(*) > 0 FROM pe_materialize('bad', 'native', relations => '{threads}');"))[0],
	'42501', 'even on one that is not asked for');
is(query("SELECT count(*) FROM pg_namespace WHERE nspname = 'native'"), 0, 'and makes nothing before');
query('GRANT SELECT ON bad.mappings TO analyst');
is( join('|', states_as('analyst', @materialize, 'SELECT count(*) > 0 FROM native.threads;')),
	"ok ok|t\nt", 'and no more than that, in a schema of its own');
is((states_as('reader', "SELECT count(*) > 0 FROM pe_materialize('bad', 'native');", "SELECT pe_drop_execution('bad', 'native');"))[0],
	'42501 42501', 'a role without rights writes and drops nothing');
is( query("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'native.threads'::regclass"),
	'analyst', 'what it writes belongs to who called it');

# ---------------------------------------------------------------------------
# The server has seen all of this
# ---------------------------------------------------------------------------

my $server_log = read_file($node->logfile);
unlike($server_log, qr/PANIC|TRAP:|terminated by signal|TerminateBackend|out of memory/, 'no backend died');
is(query('SELECT count(*) > 0 FROM bad.syscalls'), 't', 'and the server goes on');

$node->stop;
done_testing();
