# Logs of a library in large objects: registering one, moving a file's log into the database,
# rights, failures, what changes meanwhile, dump and restore, a standby that reads them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $node      = start_server('stored_logs', new_sessions => 1);
my $directory = temporary_directory('stored_logs');

sub query
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

# What each of the statements of a session fails with, with its SQLSTATE, or '', and all
# that they print.
sub session
{
	my ($statements, %options) = @_;
	my ($complaints, $output) = complaints_of($node, [ map { "$_;" } @$statements ], %options);
	return ([ map { /((?:ERROR|FATAL|WARNING):  \w{5}: .*)/ ? $1 : '' } @$complaints[ 0 .. $#$statements ] ], $output);
}

sub fails_with
{
	my ($statement, $expected, $test_name, %options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like((session([$statement], %options))[0][0], $expected, $test_name);
}

# Of each execution and relation how many rows there are, and a digest of them, but for
# the log's name.
sub digest
{
	my ($on, $schema, $database) = @_;
	return $on->safe_psql($database // 'postgres', join(' UNION ALL ', map {
		my $row = $_ eq 'executions' ? "to_jsonb(r) - 'plog'" : 'r';
		"SELECT '$_' AS relation, execution_id, count(*), sum(hashtextextended(($row)::text, 0)::numeric)
		FROM $schema.$_ r GROUP BY execution_id" } @RELATIONS, 'strace') . ' ORDER BY 1, 2');
}

# A psql that waits for what it is told.
sub other_session
{
	my ($in, $out, $err) = ('', '', '');
	my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err,
		IPC::Run::timeout(180));
	return { in => \$in, out => \$out, err => \$err, run => $run };
}

sub ask
{
	my ($other, $statements) = @_;
	${ $other->{out} } = '';
	${ $other->{in} } .= "$statements;\n\\echo done\n";
	$other->{run}->pump until ${ $other->{out} } =~ s/done\n$//;
	return ${ $other->{out} };
}

# Let sessions work until a query says so.
sub wait_until
{
	my ($query, @others) = @_;
	my $end = time + 60;
	until (query($query) eq 't')
	{
		die "$query: not within a minute" if time > $end;
		$_->{run}->pump_nb foreach @others;
	}
}

sub end
{
	my ($other) = @_;
	${ $other->{in} } .= "\\q\n";
	$other->{run}->finish;
	return ${ $other->{err} };
}

mkdir "$directory/logs";
my %LOGS = (a => 'made/small', b => 'real/w1sum', c => 'made/all_kinds', d => 'real/w1struct');
copy(log_path($LOGS{$_}), "$directory/logs/$_.plog") or die "could not copy: $!" foreach keys %LOGS;
my $objects = sub { query('SELECT count(*) FROM pg_largeobject_metadata') };
my $names   = 'SELECT name, filename FROM lab.logs ORDER BY execution_id';

# ---------------------------------------------------------------------------
# Moving logs
# ---------------------------------------------------------------------------

query(qq{SELECT pe_library('lab'); SELECT pe_library_add('lab', '$directory/logs', recover => true);
	UPDATE lab.logs SET description = 'said by ' || name});
my $all = digest($node, 'lab');
my $registry = q{SELECT to_jsonb(l) - 'filename' FROM lab.logs l ORDER BY execution_id};
my $rows = query($registry);

my ($errors, $output) = session([
	'BEGIN', q{SELECT pe_library_store('lab', executions => ARRAY['a', 'b'])}, 'ROLLBACK' ]);
is(join('', @$errors), '', 'moved, and');
is(query($names) =~ /large/, '', 'undone');
is($objects->(), 0, 'without a trace');

$output = query(q{SELECT execution, bytes, large_object FROM pe_library_store('lab', executions => ARRAY['b', 'a'])});
my %object = $output =~ /^(\w)\|\d+\|(\d+)$/mg;
is($output, join("\n", map { join '|', $_, -s "$directory/logs/$_.plog", $object{$_} } qw(b a)), 'a row for each');
is(query($names), "a|large object $object{a}\nb|large object $object{b}\nc|$directory/logs/c.plog\nd|$directory/logs/d.plog",
	'the registry names large objects');
is(query($registry), $rows, 'and all else stays');
is(query("SELECT lo_get($object{a}) = pg_read_binary_file('$directory/logs/a.plog')"), 't', 'they have the bytes of the files');
{
	my ($complaints) = complaints_of($node, [ 'SET client_min_messages = debug1;', 'SELECT count(*) FROM lab.threads WHERE execution_id = 1;' ]);
	like($complaints->[1], qr/catalog of plog "large object $object{a}" loaded from disk/, 'the catalog of the file is that of the large object');
	unlike($complaints->[1], qr/built/, 'and is not built again');
}
rename "$directory/logs/$_.plog", "$directory/$_.plog" foreach qw(a b);
is(digest($node, 'lab'), $all, 'the rows are the same, without the files');
is(query(q{SELECT count(*) FROM pe_library_refresh('lab')}), 0, 'a refresh has nothing to say');
rename "$directory/$_.plog", "$directory/logs/$_.plog" foreach qw(a b);
is(query(qq{SELECT count(*) FROM pe_library_refresh('lab'), pe_library_add('lab', '$directory/logs')}), 0,
	'nor are files registered again whose logs were stored');
fails_with(q{SELECT pe_library_store('lab', ARRAY['c', 'a'])},
	qr/42710: the log of execution "a" of library "lab" is in a large object already/, 'one that is there already');
is(query($names) =~ /large.*large.*large/s, '', 'keeps the others');
fails_with(q{SELECT pe_library_store('lab', ARRAY['x'])}, qr/42704: library "lab" has no execution "x"/, 'no such execution');
fails_with(q{SELECT pe_library_store('lab', ARRAY['c', NULL])}, qr/22004: the name of an execution/, 'NULL');
fails_with(q{BEGIN READ ONLY; SELECT pe_library_store('lab', ARRAY['c'])}, qr/25006: /, 'in a read-only transaction');

# The transaction itself sees the log there, also with workers.
my $PARALLEL = 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
  . 'SET max_parallel_workers_per_gather = 2;';
my $sum = 'SELECT count(*), sum(length(r::text)) FROM lab.entries r';
my $sum_before = query($sum);
($errors, $output) = session([
	$PARALLEL, 'BEGIN', q{SELECT pe_library_store('lab', ARRAY['c'])}, $sum,
	"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sum",
	q{SELECT count(*) > 5 FROM pe_materialize('lab', ARRAY['c'])}, $sum, q{SELECT pe_library_freeze('lab', 'c')}, $sum, 'ROLLBACK' ]);
is(join('', @$errors), '', 'seen by the transaction');
is(scalar(() = $output =~ /^\Q$sum_before\E$/mg), 3, 'with the same rows');
like($output, qr/Workers Launched: [12]/, 'and workers');

# ---------------------------------------------------------------------------
# Native tables
# ---------------------------------------------------------------------------

query(q{SELECT count(*) FROM pe_materialize('lab', ARRAY['a', 'd'])});
is(digest($node, 'lab'), $all, 'a log in a large object becomes native');
$object{d} = query(q{SELECT large_object FROM pe_library_store('lab', ARRAY['d'])});
unlink "$directory/logs/d.plog";
is(digest($node, 'lab'), $all, 'the log of a native execution is stored');
is(query(q{SELECT pe_library_freeze('lab', 'a'), pe_library_freeze('lab', 'd')}), 't|t', 'back to the large objects');
is(digest($node, 'lab'), $all, 'without a change');

# ---------------------------------------------------------------------------
# Large objects that were there
# ---------------------------------------------------------------------------

my $own = query(qq{SELECT pe_store('} . log_path('made/killed_64k') . q{')});
is(query(qq{SELECT execution_id, name, filename, complete FROM pe_library_add('lab', large_object => $own, recover => true, execution_id => 50)}),
	"50|large object $own|large object $own|f", 'a large object is registered');
is(query(qq{SELECT count(*) = (SELECT count(*) FROM lab.syscalls WHERE execution_id = 51) FROM lab.syscalls WHERE execution_id = 50}
	=~ s/^/SELECT pe_library_add('lab', '@{[log_path('made\/killed_64k')]}', recover => true, execution_id => 51, execution => 'e'); /r)
	=~ /(.*)$/ && $1, 't', 'and shows what the file shows');
is(query(q{SELECT large_object = } . "$own" . q{ FROM pe_library_store('lab', ARRAY['e'])}), 'f', 'a log that is recovered is stored');
is(query(q{SELECT count(DISTINCT c) FROM (SELECT count(*) AS c FROM lab.entries WHERE execution_id >= 50 GROUP BY execution_id) x}), 1,
	'and shows the same');
is(query(q{SELECT name FROM pe_library_add('lab', execution => 'made here', large_object => pe_store('} . log_path('made/small') . q{'))}),
	'made here', 'one that the statement makes');
fails_with(q{SELECT pe_library_add('lab', large_object => 12)}, qr/42704: large object 12 does not exist/, 'none');
fails_with(qq{SELECT pe_library_add('lab', '$directory/logs/a.plog', large_object => 12)}, qr/22023: /, 'two logs');
fails_with(q{SELECT pe_library_add('lab')}, qr/22004: /, 'or no log');
fails_with(qq{SELECT pe_library_add('lab', 'large object $own')}, qr/42602: path/, 'not as the name of a file');
query(q{SELECT count(*) FROM pe_cache('lab_cold'); ANALYZE lab_cold.syscalls});

# ---------------------------------------------------------------------------
# Removing
# ---------------------------------------------------------------------------

my $made = query(q{SELECT large_object FROM lab_cold.log_files WHERE execution_id = pe_execution('e', 'lab')});
is(query(q{SELECT pe_library_remove('lab', 'e'), pe_library_remove('lab', 50, unlink => true),
	pe_library_remove('lab', 'made here', unlink => true)}), 't|t|t', 'executions are removed');
is(query("SELECT count(*) FROM pg_largeobject_metadata WHERE oid IN ($made, $own)"), 2,
	'large objects stay, and those that the library has not made');
query("SELECT lo_unlink($_)") foreach $made, $own;
query(qq{SELECT pe_library_add('lab', '$directory/logs/b.plog', execution => 'again'); SELECT pe_library_store('lab', ARRAY['again'])});
my $before = $objects->();
query(q{SELECT pe_library_add('lab', large_object => (SELECT large_object FROM lab_cold.log_files
	WHERE execution_id = pe_execution('again', 'lab')), execution => 'too')});
is(query(q{BEGIN; SELECT pe_library_remove('lab', 'again', unlink => true);
	SELECT count(*) > 0 FROM lab.syscalls WHERE execution_id = pe_execution('too', 'lab'); ROLLBACK}), "t\nt", 'with unlink, but for what another execution has');
query(q{SELECT pe_library_remove('lab', 'too', unlink => true)});
is($objects->(), $before, 'and what it has not made');
is(query(q{SELECT pe_library_remove('lab', 'again', unlink => true)}), 't', 'with unlink,');
is($before - $objects->(), 1, 'what it has made goes');

# ---------------------------------------------------------------------------
# Failures
# ---------------------------------------------------------------------------

my $c     = "$directory/logs/c.plog";
my $bytes = read_file($c);
my $first = take_apart($bytes)->{chunks}[0];
query(q{SELECT pe_library_remove('lab', 'c')});
query(qq{SELECT pe_library_add('lab', '$c', execution_id => 3)});
$all = digest($node, 'lab');
$before = $objects->();
my $file_names = query($names);
my %failures = (
	missing => [ sub { unlink $c }, qr/58P01: could not open file "\Q$c\E"/ ],
	damaged => [ sub {
			my $at = $first->{position} + int(length($first->{stream}) / 2);
			write_file($c, substr($bytes, 0, $at) . chr(ord(substr $bytes, $at, 1) ^ 0x55) . substr($bytes, $at + 1)) },
		qr/XX001: cannot read plog "\Q$c\E"/ ],
	cut => [ sub { write_file($c, substr $bytes, 0, length($bytes) - 10) }, qr/XX001: cannot read plog "\Q$c\E"/ ],
	changed => [ sub { write_file($c, read_file(log_path('made/small'))) },
		qr/55000: plog "\Q$c\E" of execution "c" has changed since it was registered/ ]);
for my $what (sort keys %failures)
{
	$failures{$what}[0]->();
	fails_with(q{SELECT pe_library_store('lab', ARRAY['c'])}, $failures{$what}[1], "$what: an error");
	is(query($names), $file_names, "$what: the registry stays as it was");
	is($objects->(), $before, "$what: there is no new large object");
}
write_file($c, $bytes);

# A copy that is interrupted leaves nothing.
{
	my $stream = deflate_entries(inflate_entries($first->{stream}));
	my $long   = "$directory/long.plog";
	write_file($long, put_together({ chunks => [ map { { entries => $first->{entries}, stream => $stream } } 1 .. 200 ] }));
	query(qq{SELECT pe_library_add('lab', '$long', execution_id => 60)});

	my $other = other_session();
	my $pid   = ask($other, 'SELECT pg_backend_pid()');
	my $size  = query(q{SELECT pg_relation_size('pg_largeobject')});
	${ $other->{in} } .= "SELECT 'stored' FROM pe_library_store('lab', ARRAY['long']);\n\\echo done\n";
	wait_until("SELECT pg_relation_size('pg_largeobject') > $size + 1000000", $other);
	query("SELECT pg_cancel_backend($pid)");
	$other->{run}->pump until ${ $other->{out} } =~ /done\n$/;
	like(end($other), qr/canceling statement/, 'a copy is cancelled');
	is($objects->(), $before, 'and leaves no large object');
	is(query(q{SELECT filename FROM lab.logs WHERE execution_id = 60}), $long, 'nor a change');
	query(q{SELECT pe_library_remove('lab', 60)});
}

# ---------------------------------------------------------------------------
# Others at the same time
# ---------------------------------------------------------------------------

{
	my $count = 'SELECT count(*) FROM lab.syscalls WHERE execution_id = 3';
	my $calls = query($count);
	my $reader = other_session();
	my $mover  = other_session();
	my $second = other_session();
	ask($reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; $count");
	ask($mover, q{BEGIN; SELECT pe_library_store('lab', ARRAY['c'])});
	is(query($count), $calls, 'others read the file until the move is committed');

	# a store, a move into native tables and a refresh wait, and then see the large object
	utime 1, 1, $c or die $!;
	my $native  = other_session();
	my $refresh = other_session();
	${ $second->{in} }  .= "SELECT pe_library_store('lab', ARRAY['c']);\n\\echo done\n";
	${ $native->{in} }  .= "BEGIN; SELECT count(*) > 5 FROM pe_materialize('lab', ARRAY['c']);\n$count;\nROLLBACK;\n\\echo done\n";
	${ $refresh->{in} } .= "SELECT name, action FROM pe_library_refresh('lab');\n\\echo done\n";
	wait_until('SELECT count(DISTINCT pid) = 3 FROM pg_locks WHERE NOT granted', $second, $native, $refresh);
	ask($mover, 'COMMIT');
	for ($second, $native, $refresh)
	{
		$_->{run}->pump until ${ $_->{out} } =~ s/done\n$//;
	}
	like(end($second), qr/ERROR:  the log of execution "c" of library "lab" is in a large object already\n$/,
		'a second store waits, and is refused');
	is(${ $native->{out} }, "t\n$calls\n", 'a move into native tables reads the large object');
	is(${ $refresh->{out} }, '', 'a refresh does not note the file');
	is(ask($reader, $count), "$calls\n", 'a snapshot of before reads the file');
	is(join('', map { end($_) } $reader, $mover, $native, $refresh), '', 'without an error');
	unlink $c;
	is(digest($node, 'lab'), $all, 'all rows are there');
	is(query(q{SELECT count(*) FROM pe_library_refresh('lab')}), 0, 'in the state that the registry tells');
}
$object{c} = query(q{SELECT large_object FROM lab_cold.log_files WHERE execution_id = 3});

# ---------------------------------------------------------------------------
# Commands of one library that wait for each other
# ---------------------------------------------------------------------------

# Have sessions wait, each for one before it, in the order given; then let the first
# end its transaction.  Returns what each of the others prints and complains of.
sub in_turn
{
	my ($holder, @statements) = @_;
	my $first = other_session();
	my @others;

	ask($first, "BEGIN; $holder");
	foreach my $statement (@statements)
	{
		push @others, other_session();
		${ $others[-1]{in} } .= "$statement;\n\\echo done\n";
		wait_until('SELECT count(DISTINCT pid) = ' . @others . ' FROM pg_locks WHERE NOT granted', @others);
	}
	ask($first, 'COMMIT');
	end($first);
	return map {
		$_->{run}->pump until ${ $_->{out} } =~ s/done\n$//;
		[ ${ $_->{out} }, end($_) ] } @others;
}

{
	my %file = map { $_ => "$directory/logs/w$_.plog" } qw(a b c);
	copy(log_path($LOGS{$_}), $file{$_}) or die $! foreach keys %file;
	query(q{SELECT pe_library('waits')});
	query("SELECT pe_library_add('waits', '$file{$_}')") foreach sort keys %file;
	my $files = 'LOCK TABLE waits_cold.log_files IN ACCESS EXCLUSIVE MODE';
	my $unlink = q{SELECT pe_library_remove('waits', 'wa', unlink => true)};

	# the first move into native tables locks the registry
	my @found = in_turn($files, q{SELECT execution FROM pe_library_store('waits', ARRAY['wa'])},
		q{BEGIN; SELECT count(*) > 5 FROM pe_materialize('waits', ARRAY['wa']); ROLLBACK});
	is_deeply(\@found, [ [ "wa\n", '' ], [ "t\n", '' ] ], 'a first move into native tables waits for a store');
	@found = in_turn($files, "BEGIN; $unlink; ROLLBACK",
		q{BEGIN; SELECT count(*) > 5 FROM pe_materialize('waits', ARRAY['wa']); ROLLBACK});
	is_deeply(\@found, [ [ "t\n", '' ], [ "t\n", '' ] ], 'and for a removal');

	# executions are locked in the order of their ids
	@found = in_turn(q{SELECT FROM waits.logs WHERE name = 'wb' FOR UPDATE},
		q{SELECT count(*) FROM pe_library_store('waits', ARRAY['wb', 'wc'])},
		q{SELECT count(*) FROM pe_library_store('waits', ARRAY['wc', 'wb'])});
	is(join('', sort map { $_->[0] } @found), "2\n", 'one of two stores is done');
	like(join('', map { $_->[1] } @found), qr/^ERROR:  the log of execution "w[bc]" of library "waits" is in a large object already\n$/,
		'the other is refused');

	# an execution that is registered meanwhile keeps the large object
	my ($object) = query(q{SELECT large_object FROM waits_cold.log_files WHERE filename LIKE 'large%' ORDER BY execution_id LIMIT 1});
	my $all_calls = query('SELECT count(*) FROM waits.syscalls');
	@found = in_turn(qq{SELECT pe_library_add('waits', large_object => $object, execution => 'too')}, $unlink);
	is_deeply(\@found, [ [ "t\n", '' ] ], 'a removal waits for who registers its large object again');
	is(query('SELECT count(*) FROM waits.syscalls'), $all_calls, 'and leaves it that');

	# who keeps native tables as they are, who moves out of them, and who moves into them
	query(q{SELECT count(*) FROM pe_materialize('waits', ARRAY['wb'])});
	@found = in_turn('SELECT count(*) FROM waits_native.syscalls; LOCK TABLE waits_native.executions IN SHARE MODE', q{SELECT pe_library_freeze('waits', 'wb')},
		q{SELECT count(*) > 5 FROM pe_materialize('waits', ARRAY['wb'])});
	is_deeply(\@found, [ [ "t\n", '' ], [ "t\n", '' ] ], 'a move into native tables waits for one out of them');
	is(query('SELECT count(*) FROM waits.syscalls'), $all_calls, 'all calls are there');

	# only what pe_library_store() has made for this library is removed
	query(q{CREATE ROLE editor LOGIN; GRANT pg_read_server_files TO editor;
		GRANT USAGE ON SCHEMA waits, waits_cold TO editor; GRANT ALL ON ALL TABLES IN SCHEMA waits, waits_cold TO editor});
	my $secret = query(q{SELECT pe_store('} . log_path('made/small') . q{')});
	my $another = $object{b};
	foreach my $other ($secret, $another)
	{
		($errors) = session([
			qq{UPDATE waits.logs SET filename = 'large object $other' WHERE name = 'wc'},
			qq{UPDATE waits_cold.log_files SET filename = 'large object $other', stored_from = 'x'
				WHERE execution_id = (SELECT execution_id FROM waits.logs WHERE name = 'wc')} ], extra_params => [ '-U', 'editor' ]);
		is(join('', @$errors), '', 'who may name files changes a row');
		query(q{BEGIN; SELECT pe_library_remove('waits', 'wc', unlink => true); COMMIT});
		is(query("SELECT count(*) FROM pg_largeobject_metadata WHERE oid = $other"), 1, 'and removes nothing of others by that');
		query(qq{SELECT pe_library_add('waits', '$file{c}')});
	}
	query("SELECT lo_unlink($secret)");

	# who may not read a large object does not say that it is missing
	($errors, $output) = session([ q{SELECT name, action, error FROM pe_library_refresh('waits') WHERE name = 'wb'} ],
		extra_params => [ '-U', 'editor' ]);
	like($output, qr/^(wb\|failed\|permission denied for large object \d+\n?)?$/, 'a refresh by a role without rights');
	is(query(q{SELECT count(*) FROM waits.logs WHERE state <> 'ready'}), 0, 'changes nothing for others');

	fails_with(qq{SELECT pe_library_add('waits', '$file{c}', large_object => $another)}, qr/22023: pe_library_add\(\) takes a file or a large object, not both/,
		'one log at a time');
	fails_with(q{SELECT pe_library_add('waits', large_object => 0)}, qr/42704: large object 0 does not exist/, 'no large object');
	query(q{CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER keep BEFORE UPDATE ON waits.logs FOR EACH ROW EXECUTE FUNCTION keep()});
	fails_with(q{SELECT pe_library_store('waits', ARRAY['wc'])}, qr/55000: could not change the log of execution "wc" of library "waits"/,
		"a user's trigger keeps the registry as it is");
	query(q{DROP FUNCTION keep CASCADE});
	query("SELECT pe_library_remove('waits', execution_id, unlink => true) FROM waits.logs");
	query(q{SET client_min_messages = error; DROP SCHEMA waits, waits_cold, waits_native CASCADE; DROP OWNED BY editor; DROP ROLE editor});
	unlink values %file;
}

# ---------------------------------------------------------------------------
# Large objects that change
# ---------------------------------------------------------------------------

{
	my $put     = sub { "SELECT lo_truncate(lo_open($object{c}, 131072), 0), lo_put($object{c}, 0, pg_read_binary_file('$_[0]'))" };
	my $refresh = q{SELECT name, action, error FROM pe_library_refresh('lab')};
	my $count   = 'SELECT count(*) FROM lab.syscalls WHERE execution_id = 3';
	my $state   = q{SELECT state FROM lab.logs WHERE execution_id = 3};
	my $small   = log_path('made/small');
	my $calls   = query($count);
	write_file($c, $bytes);

	query($put->($small));
	fails_with($count, qr/55000: plog "large object $object{c}" of execution "c" has changed since/, 'written anew, it is an error');
	is(query($refresh), 'c|changed|', 'until a refresh');
	is(query($count), query('SELECT count(*) FROM lab.syscalls WHERE execution_id = 1'), 'then it shows what is in it');

	query($put->($small));
	is(query($refresh), '', 'written again with the same bytes, it is the same');
	query($put->($c));
	is(query($refresh), 'c|changed|', 'and back');
	query("BEGIN; SELECT lo_put($object{c}, @{[length($bytes) - 4]}, '\\xffffffff'); COMMIT");
	is(query(q{SELECT name, action FROM pe_library_refresh('lab')}), 'c|damaged', 'damaged, with the same size');
	query($put->($c));
	is(query($refresh), 'c|ready|', 'and whole again');

	query("SELECT lo_unlink($object{c})");
	fails_with($count, qr/42704: large object $object{c} does not exist/, 'gone');
	like((session([ 'SET pandelephant.skip_damaged_logs = on', 'SELECT count(*) FROM lab.syscalls' ]))[0][1],
		qr/WARNING:  42704: execution "c" is skipped: large object $object{c} does not exist/, 'or skipped, by the setting');
	is(query($refresh), "c|missing|large object $object{c} does not exist", 'which is noted');
	query("SELECT lo_from_bytea($object{c}, pg_read_binary_file('$c'))");
	is(query($refresh), 'c|ready|', 'and that it is back');
	is(query($count), $calls, 'with all calls');
	is(query($state), 'ready', 'ready');
	is(digest($node, 'lab'), $all, 'nothing else has changed');
}

# ---------------------------------------------------------------------------
# Rights
# ---------------------------------------------------------------------------

{
	$before = $objects->();
	query(qq{
		CREATE ROLE librarian LOGIN; GRANT pg_read_server_files TO librarian;
		CREATE ROLE helper LOGIN; GRANT librarian TO helper;
		CREATE ROLE writer LOGIN; CREATE ROLE asker LOGIN;
		GRANT CREATE ON DATABASE postgres TO librarian});
	my %as = map { $_ => [ extra_params => [ '-U', $_ ] ] } qw(librarian helper writer asker);
	($errors) = session([
		q{SELECT pe_library('theirs')}, qq{SELECT pe_library_add('theirs', '$directory/logs/a.plog')},
		qq{SELECT pe_library_add('theirs', '$directory/logs/b.plog')},
		'GRANT USAGE ON SCHEMA theirs, theirs_cold TO writer, asker', 'GRANT SELECT ON ALL TABLES IN SCHEMA theirs TO asker',
		'GRANT ALL ON ALL TABLES IN SCHEMA theirs, theirs_cold TO writer' ], @{ $as{librarian} });
	is(join('', @$errors), '', 'a library of a role that may name files');
	my $store = q{SELECT pe_library_store('theirs', ARRAY['a'])};
	fails_with($store, qr/42501: permission denied to set option "filename"/, 'who may not name files stores none', @{ $as{writer} });
	query('REVOKE EXECUTE ON FUNCTION lo_create(oid) FROM PUBLIC');
	fails_with($store, qr/42501: permission denied for function lo_create/, 'nor who may not create large objects', @{ $as{librarian} });
	query('GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC');
	is((session([$store], @{ $as{helper} }))[0][0], '', 'a member of the role that has the library stores a log');
	my $theirs = query('SELECT large_object FROM theirs_cold.log_files WHERE execution_id = 1');
	is(query("SELECT lomowner::regrole FROM pg_largeobject_metadata WHERE oid = $theirs"), 'librarian', 'which belongs to that role');

	my $count = 'SELECT count(*) FROM theirs.syscalls';
	fails_with($count, qr/42501: permission denied for large object $theirs/, 'who reads a view needs the large object', @{ $as{asker} });
	is((session([ "$count WHERE execution_id = 2" ], @{ $as{asker} }))[0][0], '', 'but not for other executions');
	query("GRANT SELECT ON LARGE OBJECT $theirs TO asker");
	is((session([$count], @{ $as{asker} }))[0][0], '', 'and no more than that');

	# the registry names no large object that was not registered
	my $secret = query(q{SELECT pe_store('} . log_path('made/small') . q{')});
	($errors) = session([
		qq{SELECT pe_library_add('theirs', large_object => $secret)},
		qq{UPDATE theirs_cold.log_files SET filename = 'large object $secret'},
		'BEGIN', qq{UPDATE theirs.logs SET filename = 'large object $secret' WHERE execution_id = 2}, $count, 'ROLLBACK' ], @{ $as{writer} });
	is(join(' ', map { /(\d+):/ ? $1 : 'ok' } @$errors), '42501 42501 ok ok 42501 ok', 'a role that may only write to the registry names none');
	fails_with(qq{SELECT pe_library_add('theirs', large_object => $secret)}, qr/42501: permission denied for large object/,
		'nor does who may not read it', @{ $as{librarian} });
	query("SELECT lo_unlink($secret)");
	fails_with(q{SELECT pe_library_remove('theirs', 'a', unlink => true)}, qr/42501: /, 'who may not change the library unlinks none', @{ $as{asker} });
	is((session([q{SELECT pe_library_remove('theirs', 'a', unlink => true)}], @{ $as{helper} }))[0][0], '', 'a member removes it');
	query("SET client_min_messages = error; DROP OWNED BY librarian, helper, writer, asker CASCADE; DROP ROLE librarian, helper, writer, asker");
	is($objects->(), $before, 'nothing is left of it');
}

# ---------------------------------------------------------------------------
# Compressed logs
# ---------------------------------------------------------------------------

SKIP:
{
	my $packed = "$directory/packed.plog.gz";
	IPC::Run::run([ qw(gzip -c), log_path('made/small') ], '>', $packed) or skip 'no gzip', 2;
	query(q{LOAD 'pandelephant'; ALTER SYSTEM SET pandelephant.unpacked_cache_size = '10MB'});
	query('SELECT pg_reload_conf()');
	$node->poll_query_until('postgres', q{SELECT current_setting('pandelephant.unpacked_cache_size') = '10MB'}) or die;
	query(qq{SELECT pe_library_add('lab', '$packed', execution => 'packed', execution_id => 70)});
	is(query(q{SELECT bytes FROM pe_library_store('lab', ARRAY['packed']);
		SELECT lo_get(large_object) = pg_read_binary_file('} . log_path('made/small') . q{') FROM lab_cold.log_files WHERE execution_id = 70}),
		(-s log_path('made/small')) . "\nt", 'a compressed log is stored unpacked');
	query(q{LOAD 'pandelephant'; ALTER SYSTEM RESET pandelephant.unpacked_cache_size});
	query('SELECT pg_reload_conf()');
	is(query('SELECT count(*) FROM lab.syscalls WHERE execution_id = 70'), query('SELECT count(*) FROM lab.syscalls WHERE execution_id = 1'),
		'and needs no cache any more');
}

# ---------------------------------------------------------------------------
# Dump and restore, vacuumlo, a standby
# ---------------------------------------------------------------------------

{
	# an execution in its file, one native and without its log, large objects of both makes
	copy(log_path('rules/flows'), "$directory/logs/file.plog") or die $!;
	query(qq{SELECT pe_library_add('lab', '$directory/logs/file.plog', execution_id => 80);
		SELECT pe_library_add('lab', large_object => pe_store('$directory/logs/b.plog'), execution => 'own', execution_id => 81);
		SELECT count(*) FROM pe_materialize('lab', ARRAY['d'])});
	$all = digest($node, 'lab');
	is(query(q{SELECT count(*) FILTER (WHERE native <> '{}'), count(*) FILTER (WHERE filename LIKE 'large object%'), count(*) FROM lab.logs}),
		'1|6|7', 'executions of all kinds');

	my $dump = "$directory/dump";
	$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'dumped');
	query('CREATE DATABASE restored');
	$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), $dump ], 'restored');
	is(digest($node, 'lab', 'restored'), $all, 'the restored library shows the same');
	is(query(q{SELECT count(*) FROM pe_library_refresh('lab')}, 'restored'), 0, 'for which a refresh has no more to say');
	my $versions = 'SELECT array_agg(modified ORDER BY execution_id) FROM lab_cold.log_files WHERE large_object IS NOT NULL';
	isnt(query($versions, 'restored'), query($versions), 'but knows the large objects by now');
	is(query(q{SELECT pe_library_freeze('lab', 'd')}, 'restored'), 't', 'a native execution becomes cold there');
	is(digest($node, 'lab', 'restored'), $all, 'and all is the same');

  SKIP:
	{
		my $found = eval { IPC::Run::run([qw(vacuumlo --version)], '>', \my $version, '2>', \my $error) };
		skip 'vacuumlo is not installed', 2 if !$found;
		query(q{SELECT lo_from_bytea(0, '\x00')}, 'restored');
		$node->command_ok([ 'vacuumlo', $node->connstr('restored') =~ /host/ ? ('-h', $node->host, '-p', $node->port) : (), 'restored' ], 'vacuumlo');
		is(query('SELECT count(*) FROM pg_largeobject_metadata', 'restored'), 6, 'removes what no library has');
	}

	$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on");
	$node->restart;
	$node->backup('base');
	my $class = ref $node;
	my $standby = $class->can('new') ? $class->new('standby') : $class->get_new_node('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	is(digest($standby, 'lab'), $all, 'a standby shows the library');
	query(q{SELECT pe_library_store('lab', ARRAY['file'])});
	unlink "$directory/logs/file.plog";
	$standby->poll_query_until('postgres', q{SELECT filename LIKE 'large object%' FROM lab.logs WHERE execution_id = 80}) or die 'it does not follow';
	is(digest($standby, 'lab'), $all, 'and a log that is stored afterwards');
	is($standby->psql('postgres', q{SELECT pe_library_store('lab', ARRAY['file'])}), 3, 'but stores none itself');
	$standby->stop;
}

$node->stop;
done_testing();
