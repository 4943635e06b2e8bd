# pe export: all relations in a SQLite file, JSON as PANDA's own reader prints
# it, CSV; several logs at once, and serving them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IPC::Run;
use IO::Uncompress::Gunzip qw(gunzip);
use JSON::PP;
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $node  = start_server('files');

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub sqlite
{
	my ($file, $sql) = @_;
	my ($output, $error);
	IPC::Run::run([ 'sqlite3', '-init', '/dev/null', '-batch', $file, $sql ],
		'<', \undef, '>', \$output, '2>', \$error)
	  or return "sqlite3: $error";
	chomp $output;
	return $output;
}

sub exports
{
	my ($arguments, $test_name) = @_;
	my ($code, $output, $error) = pe([ 'export', @$arguments ]);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is("$code$output$error", 0, $test_name);
}

chdir $files or die $!;

# ---------------------------------------------------------------------------
# All relations in a SQLite file
# ---------------------------------------------------------------------------

my %as_text = (
	bytea    => q{encode(%1$s, 'hex')},
	'text[]' => q{to_json(%1$s)::text},
	'bigint[]' => q{to_json(%1$s)::text},
	boolean  => q{%1$s::int::text},
	jsonb    => q{%1$s::text});

for my $log (qw(real/w1libs made/all_kinds edges/bad_utf8 edges/nul_in_name rules/values))
{
	exports([ '--tables', 'native', log_path($log), 'native.db' ], "$log: native tables");
	query(q{SELECT pe_attach('} . log_path($log) . q{', schema => 's')});
	for my $relation (split /\n/, query(q{SELECT relname FROM pg_class WHERE relnamespace = 's'::regnamespace ORDER BY 1}))
	{
		my @columns = map { [ split /\|/ ] } split /\n/,
		  query(qq{SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
			WHERE attrelid = 's.$relation'::regclass AND attnum > 0 ORDER BY attnum});
		my $postgres = join q{ || ',' || },
		  map { sprintf "coalesce(encode(convert_to(%s, 'UTF8'), 'hex'), 'null')", sprintf $as_text{ $_->[1] } // '%1$s::text', qq{"$_->[0]"} } @columns;
		my $sqlite = join q{ || ',' || },
		  map { sprintf q{CASE WHEN "%s" IS NULL THEN 'null' ELSE lower(hex(%s)) END}, $_->[0],
			$_->[1] eq 'bytea' ? qq{lower(hex("$_->[0]"))}
			# BYTES are a blob, and nothing else is
			: $_->[0] eq 'value' ? q{CASE typeof(value) WHEN 'blob' THEN '\x' || lower(hex(value)) ELSE value END}
			: qq{"$_->[0]"} } @columns;
		my @found    = sort split /\n/, sqlite('native.db', "SELECT $sqlite FROM \"$relation\"");
		my @expected = sort split /\n/, query("SELECT $postgres FROM s.$relation");
		is_deeply(\@found, \@expected, sprintf '%s: %s, %d rows', $log, $relation, scalar @expected);
	}
	is(sqlite('native.db', 'PRAGMA foreign_key_check; PRAGMA integrity_check'), 'ok', "$log: keys");
	is( sqlite('native.db', q{SELECT count(*), count(CASE WHEN typeof(value) = 'blob' THEN 1 END) FROM syscall_arguments
			WHERE argument_type = 'BYTES' OR typeof(value) = 'blob'}) =~ s/^(\d+)\|\1$/same/r,
		'same', "$log: bytes, and they alone, are blobs");
	query('DROP SCHEMA s CASCADE');
	unlink 'native.db';
}

# PANDelephant's tables of the second generation, which pe ingest makes, too.
exports([ '--orm', '2', log_path('made/all_kinds'), log_path('rules/flows'), 'second.db' ], 'generation 2, two logs');
is(sqlite('second.db', 'SELECT name, count(*) FROM executions JOIN processes USING (execution_id) GROUP BY name'),
	"all_kinds|37\nflows|5", 'both are there');
is(sqlite('second.db', q{SELECT DISTINCT length(syscall_id), typeof(syscall_id) FROM syscalls}), '32|text', 'uuids are hexadecimal digits');
like(sqlite('second.db', q{SELECT value FROM syscall_arguments WHERE argument_type = 'BYTES' AND value LIKE '%ELF%' LIMIT 1}),
	qr/^\\x7fELF\\x02/, 'bytes are readable');
is(sqlite('second.db', 'PRAGMA foreign_key_check; PRAGMA integrity_check'), 'ok', 'keys');
unlink 'second.db';

# ---------------------------------------------------------------------------
# JSON, as PANDA's reader prints it
# ---------------------------------------------------------------------------

for my $log (qw(made/all_kinds real/w1sum real/w1struct real/w1_sep2020form real/w1_pre2020form edges/arg_bytes_val edges/arg_struct
	made/empty_only_bogus))
{
	my $dump;
	gunzip(log_path($log) =~ s/plog$/jsonl.gz/r => \$dump) or die $log;
	exports([ '--json', log_path($log), 'dump' ], "$log: JSON");
	my $found    = JSON::PP->new->utf8->decode(slurp('dump'));
	my @expected = map { JSON::PP->new->utf8->decode($_) } split /\n/, $dump;
	is(scalar @$found, scalar @expected, "$log: entries");

	# a result is signed, also where an old dump prints 64 bits without a sign
	for my $call (map { $_->{syscall} // () } @expected)
	{
		$call->{retcode} = '' . unpack('q', pack 'Q', $call->{retcode})
		  if ($call->{retcode} // '') =~ /^\d{19,}$/;
	}
	my ($wrong) = grep { JSON::PP->new->canonical->encode($found->[$_]) ne JSON::PP->new->canonical->encode($expected[$_]) } 0 .. $#expected;
	is_deeply($found->[ $wrong // 0 ], $expected[ $wrong // 0 ], "$log: all of them are the same");
	unlink 'dump';
}

# ---------------------------------------------------------------------------
# CSV
# ---------------------------------------------------------------------------

exports([ '--csv', log_path('real/w1libs'), 'csv' ], 'CSV');
query(q{SELECT pe_attach('} . log_path('real/w1libs') . q{', schema => 's')});
for my $relation (split /\n/, query(q{SELECT relname FROM pg_class WHERE relnamespace = 's'::regnamespace ORDER BY 1}))
{
	my $expected = query("COPY (SELECT * FROM s.$relation) TO STDOUT (FORMAT csv, HEADER)");
	is(slurp("csv/$relation.csv") =~ s/\n\z//r, $expected, "CSV of $relation");
}
pe_fails([ 'export', '--csv', log_path('made/small'), 'csv' ], 5, 'exists already', 'CSV twice');
exports([ '--csv', '--force', log_path('made/small'), 'csv' ], 'CSV by force');
is((() = slurp('csv/syscalls.csv') =~ /\n/g), 2001, 'which is the new one');

# ---------------------------------------------------------------------------
# Which kind
# ---------------------------------------------------------------------------

my $small = log_path('made/small');
exports([ $small, 'by_ending.json' ], 'by its ending');
is(scalar @{ decode_json(slurp('by_ending.json')) }, query(q{SELECT pe_attach('} . $small . q{', schema => 'e')}) && query('SELECT count(*) FROM e.entries'), 'it is JSON');
pe_fails([ 'export', $small, 'x.txt' ], 2, 'what is x.txt to be', 'an unknown ending');
pe_fails([ 'export', '--json', '--csv', $small, 'x' ], 2, '--csv and --json', 'two kinds');
pe_fails([ 'export', '--tables', 'x', $small, 'x' ], 2, 'no tables x', 'no such tables');
pe_fails([ 'export', $small, 'by_ending.json' ], 5, 'exists already', 'JSON twice');
symlink 'target.db', 'link.db';
copy('by_ending.json', 'target.db');
exports([ '--force', $small, 'link.db' ], 'through a link');
is(readlink 'link.db', 'target.db', 'which stays one');
is(sqlite('target.db', 'SELECT count(*) FROM syscalls'), 2000, 'and what it leads to is written');
system('mkfifo', 'fifo.db');
pe_fails([ 'export', '--force', $small, 'fifo.db' ], 1, 'not a file', 'a FIFO');
ok(-p 'fifo.db', 'which stays one');

# ---------------------------------------------------------------------------
# Several logs
# ---------------------------------------------------------------------------

mkdir 'logs';
copy($small, 'logs/a.plog');
copy(log_path('real/w1libs'), 'logs/b.plog');
my $counts = 'SELECT execution_id, name, (SELECT count(*) FROM syscalls s WHERE s.execution_id = e.execution_id) FROM executions e ORDER BY 1';
my @two = ('logs/a.plog', 'logs/b.plog');
is((pe([ 'query', '--tuples-only', @two, $counts ]))[1], "1|a|2000\n2|b|2222\n", 'query of two');
exports([ @two, 'both.db' ], 'export of two');
is((pe([ 'query', '--tuples-only', 'logs/a.plog', 'logs', $counts ]))[1], "1|a|2000\n2|a|2000\n3|b|2222\n", 'a directory');
is((pe([ 'query', '--tuples-only', 'logs', $counts ]))[1], "1|a|2000\n2|b|2222\n", 'nothing but a directory');
mkdir 'empty';
pe_fails([ 'query', 'empty', 'SELECT 1' ], 3, 'no log in the directory', 'a directory without logs');
is(sqlite('both.db', 'SELECT executions.name, count(*) FROM executions JOIN processes USING (execution_id) JOIN threads USING (process_id)
	JOIN syscalls USING (thread_id) GROUP BY 1 ORDER BY 1'), "a|2000\nb|2222", 'two in one file');
is((() = (pe([ 'info', 'logs/a.plog', 'logs/b.plog' ]))[1] =~ /^system calls/mg), 2, 'info of two');
pe_fails([ 'query', '--name', 'x', 'logs/a.plog', 'logs/b.plog', 'SELECT 1' ], 2, '--name is for one', 'a name for two');
nothing_is_left('after several logs');

# ---------------------------------------------------------------------------
# Serving
# ---------------------------------------------------------------------------

{
	local $ENV{PGPORT} = 1;
	my $started = start_pe([ 'serve', 'logs/a.plog' ]);
	$started->{run}->pump until ${ $started->{output} } =~ /\n/;
	chomp(my $url = ${ $started->{output} });
	IPC::Run::run([ 'psql', '-XAtq', '-d', $url, '-c', 'SELECT count(*) FROM syscalls' ], '<', \undef, '>', \my $count, '2>', \my $error);
	is($count, "2000\n", 'another program finds the log');
	$started->{run}->signal('INT');
	$started->{run}->finish;
	is(${ $started->{error} }, '', 'and Ctrl-C ends it without a word');
	nothing_is_left('after serving');
}

chdir '/';
$node->stop;
done_testing();
