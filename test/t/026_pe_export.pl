# pe export: the SQLite file beside the views that PANDelephant's ORM reads, row
# by row, and what an export that fails or is stopped leaves.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $node  = start_server('export');

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

sub file_names
{
	opendir my $directory, $files or die $!;
	return sort grep { !/^\.\.?$/ } readdir $directory;
}

# Tables and columns, as "table|column".
my $views = q{SELECT relname, attname, row_number() OVER (PARTITION BY relname ORDER BY attnum) - 1,
	replace(format_type(atttypid, NULL), 'orm.', '')
	FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
	WHERE relnamespace = 'orm'::regnamespace AND relkind = 'v' AND attnum > 0 ORDER BY 1, 3};
my $tables = q{SELECT m.name, c.name, c.cid FROM sqlite_master m, pragma_table_info(m.name) c
	WHERE m.type = 'table' ORDER BY 1, 3};

# Every value as text that tells NULL from any other.
my %in_sqlite = (
	bytea  => q{CASE WHEN %1$s IS NULL THEN 'null' ELSE lower(hex(%1$s)) END},
	number => q{coalesce(%1$s || ' ' || typeof(%1$s), 'null')},
	text   => q{CASE WHEN %1$s IS NULL THEN 'null' ELSE hex(%1$s) || ' ' || typeof(%1$s) END});
my %in_postgres = (
	bytea  => q{coalesce(encode(%s, 'hex'), 'null')},
	number => q{coalesce(%s || ' integer', 'null')},
	text   => q{coalesce(upper(encode(convert_to(%s::text, 'UTF8'), 'hex')) || ' text', 'null')});

# ---------------------------------------------------------------------------
# Rows
# ---------------------------------------------------------------------------

for my $log (qw(real/w1libs made/all_kinds edges/bad_utf8 edges/nul_in_name edges/pc_kernel
	rules/values rules/text))
{
	my $name = execution_of($log) =~ s/.*\///r;
	my $file = "$files/$name.db";

	query("SELECT pe_attach('" . log_path($log) . "', schema => 's')");
	query(q{SELECT pe_materialize('s', 'native'); SELECT pe_orm_views('native', 'orm', 1)});

	my ($code, $output, $error) = pe([ 'export', log_path($log), $file ]);
	is("$code$output$error", 0, "$log: exported") or last;

	my @columns = map { [ split /\|/ ] } split /\n/, query($views);
	is(sqlite($file, $tables), join("\n", map { join '|', @$_[ 0 .. 2 ] } @columns), "$log: tables and columns");

	my %of_table;
	push @{ $of_table{ $_->[0] } }, $_ for @columns;
	for my $table (sort keys %of_table)
	{
		my $select = sub {
			my ($how, $from) = @_;
			return 'SELECT ' . join(q{ || ',' || }, map {
				my $kind = $_->[3] =~ /^(bigint|integer)$/ ? 'number' : $_->[3] eq 'bytea' ? 'bytea' : 'text';
				sprintf $how->{$kind}, qq{"$_->[1]"} } @{ $of_table{$table} }) . " FROM $from ORDER BY 1";
		};
		my @found    = sort split /\n/, sqlite($file, $select->(\%in_sqlite, $table));
		my @expected = sort split /\n/, query($select->(\%in_postgres, "orm.$table"));
		is_deeply(\@found, \@expected, sprintf '%s: %s, %d rows', $log, $table, scalar @expected);
	}
	is(sqlite($file, 'PRAGMA foreign_key_check; PRAGMA integrity_check'), 'ok', "$log: keys");
	query('DROP SCHEMA s, native, orm CASCADE');
	unlink $file;
}

# Values that need care, by what they are.
{
	my ($code) = pe([ 'export', log_path('real/w1libs'), "$files/x.db" ]);
	is(sqlite("$files/x.db", 'SELECT names, tid FROM threads WHERE thread_id = 3'), '{bash,ls}|77',
		"threads, as PANDelephant's README shows them");
	is( sqlite("$files/x.db", q{SELECT argument_type, typeof(value), count(*) FROM syscall_arguments
			WHERE argument_type = 'POINTER' AND value GLOB '0x*' GROUP BY 1, 2}), '', 'pointers have no 0x');
	like(
		sqlite("$files/x.db", q{EXPLAIN QUERY PLAN SELECT * FROM syscalls
			JOIN syscall_arguments USING (syscall_id) WHERE thread_id = 1}),
		qr/ix_syscalls_thread_id.*ix_syscall_arguments_syscall_id/s,
		'joins use indexes');
	is((stat "$files/x.db")[2] & 0777, 0666 & ~umask, 'the usual rights');
	unlink "$files/x.db";
}

# ---------------------------------------------------------------------------
# Failures
# ---------------------------------------------------------------------------

chdir $files or die $!;
my $small = log_path('made/small');
my $odd   = "it's \"a\"\n b.db";

is((pe([ 'export', '--name', 'first', '--', $small, $odd ]))[0], 0, 'an odd name');
like((pe([ 'export', $small, $odd ]))[2], qr/\Ape: exists already: .*--force/s, 'the file exists');
is(sqlite("$files/$odd", 'SELECT name FROM executions'), 'first', 'and is as it was');
is((pe([ 'export', '--force', '--name', 'second', $small, $odd ]))[0], 0, 'overwritten');
is(sqlite("$files/$odd", 'SELECT name FROM executions'), 'second', 'it is the new one');
unlink $odd;

pe_fails([ 'export', '--orm', '1', $small, $files ], 1, 'is a directory', 'onto a directory');
pe_fails([ 'export', $small, "$files/none/x.db" ], 1, 'cannot write in', 'into no directory');
pe_fails([ 'export', $small, 'x.db', '--recording', "$files/none" ], 3, 'none', 'no such recording');
{
	# the file is written without the program sqlite3, nor any other
	my ($pe) = grep { -x } map { "$_/pe" } split /:/, $ENV{PATH};
	local $ENV{PATH} = '/nonexistent';
	is((pe([ 'export', $small, 'x.db' ], program => [$pe]))[0], 0, 'no sqlite3');
}
is(sqlite('x.db', 'SELECT count(*) FROM syscalls'), 2000, 'is not missed');
unlink 'x.db';
is_deeply([ file_names() ], [], 'none of them leaves a file');

# ---------------------------------------------------------------------------
# Stopped, and watched
# ---------------------------------------------------------------------------

my $large = log_path('real/w3a');
{
	my $started = start_pe([ 'export', $large, 'x.db' ]);
	wait_until(sub { grep { -s } glob "$files/.pe-export.*" }, 'the first rows');
	$started->{run}->signal('INT');
	$started->{run}->finish;
	is(${ $started->{error} }, '', 'SIGINT: without a word');
	is_deeply([ file_names() ], [], 'no part of the file is left');
	nothing_is_left('SIGINT');
}

{
	my ($code, $output) = pe([ '-qec', "pe export '$large' x.db", '/dev/null' ], program => ['script']);
	is($code, 0, 'on a terminal');
	like($output, qr/\rw3a\.plog +\S* ?[1-9][0-9]* rows/, 'progress is shown');
	like($output, qr/\r\e\[K\z/, 'and wiped');
	is(sqlite("$files/x.db", 'SELECT count(*) FROM syscalls'), 229179, 'all calls are there');
}

chdir '/';
$node->stop;
done_testing();
