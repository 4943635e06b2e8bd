# README.md and the pages of doc/: every command in them is run, in order, and
# prints what the page shows; the reference lists what the database has.
#
# All pages are read one after the other in one database, and then once more.
# PLOG_DOCUMENTS names a directory to which pages are written with the outputs
# that were found, and PLOG_PAGES the only pages to read, by a pattern.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use DocumentPage;
use File::Basename qw(basename dirname);
use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $top   = abs_path("$FindBin::RealBin/../..");
my $files = work_directory();
my $node  = start_server('documents');
my @pages = map { DocumentPage->new($_) } "$top/README.md", "$top/CONTRIBUTING.md", sort glob "$top/doc/*.md";
@pages = grep { $_->{path} =~ /$ENV{PLOG_PAGES}/ } @pages if defined $ENV{PLOG_PAGES};
my %page  = map { $_->{path} => $_ } @pages;

# Where the pages put logs, and where they are in the test.
my $said  = '/tmp/logs';
my $logs  = "$files/logs";

# What is told by the database: columns separated by tabs, the last one is the
# comment.
my %reference_query = (
	functions => q{
		SELECT concat_ws(E'\t',
			proname || '(' || regexp_replace(pg_get_function_arguments(p.oid), '::[a-z]+(\[\])?', '', 'g') || ')',
			pg_get_function_result(p.oid), coalesce(obj_description(p.oid, 'pg_proc'), ''))
		FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
			AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pandelephant')
			AND proname NOT LIKE 'pandelephant\_fdw\_%' AND prorettype <> 'trigger'::regtype
		ORDER BY proname COLLATE "C", pg_get_function_arguments(p.oid) COLLATE "C"},
	settings => q{
		SELECT concat_ws(E'\t', name, current_setting(name), context, short_desc)
		FROM pg_settings WHERE name LIKE 'pandelephant.%' ORDER BY name COLLATE "C"});

# The order is that of the table.
sub columns_query
{
	my ($relation) = @_;
	return qq{
		SELECT concat_ws(E'\\t', attname, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), ''))
		FROM pg_attribute WHERE attrelid = 'boot.$relation'::regclass AND attnum > 0 AND NOT attisdropped
		ORDER BY attnum};
}

my $patience = 1800;
my $psql;
my $in;
my $out;

$ENV{PGHOST}      = $node->host;
$ENV{PGPORT}      = $node->port;
$ENV{PGDATABASE}  = 'postgres';
$ENV{PGUSER}      = $node->safe_psql('postgres', 'SELECT current_user');
$ENV{PG_COLOR}    = 'never';
$ENV{LC_MESSAGES} = 'C';

# what pe info draws is as wide as this, and of these characters
$ENV{COLUMNS} = 80;
$ENV{LC_ALL}  = 'C.UTF-8';

# A session of psql that shows all that a reader sees, in its order.
sub start_psql
{
	$in   = "\\set VERBOSITY default\n";
	$out  = '';
	$psql = IPC::Run::start([ 'stdbuf', '-oL', 'psql', '-X', '-q', '-P', 'pager=off' ], '<', \$in, '>', \$out, '2>&1',
		IPC::Run::timeout($patience));
}

sub run_sql
{
	my ($text) = @_;

	$out = '';
	$in .= "$text\n\\echo [end of block]\n";
	$psql->pump until $out =~ s/^\[end of block\]\n\z//m;
	return ($out =~ /^(?:ERROR|FATAL):/m ? 1 : 0, $out);
}

# Blocks of a page share the directory that the last cd led to.
sub run_shell
{
	my ($text, $directory) = @_;
	my $found = '';

	IPC::Run::run([ 'bash', '-e', '-c', "cd '$$directory'\n$text\npwd >'$files/pwd'" ],
		'<', \undef, '>', \$found, '2>&1', IPC::Run::timeout($patience));
	my $status = $? >> 8;
	chomp($$directory = slurp("$files/pwd")) if $status == 0;
	return ($status, $found);
}

# As the page would have it.
sub as_shown
{
	my ($text) = @_;

	$text =~ s/\Q$logs\E/$said/g;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

# What does not count: how wide a column is in which the directory's name
# stands, and how a version of PostgreSQL prints the number of rows.
sub as_compared
{
	my ($text, $wide) = @_;

	$text =~ s/(actual rows=\d+)\.00/$1/g;
	$text =~ s/ +/ /g, $text =~ s/-{3,}/---/g, $text =~ s/^ +//mg if $wide;
	return $text;
}

sub output_is
{
	my ($found, $output, $test_name) = @_;
	my $expected = as_shown(join "\n", @{ $output->{lines} });
	my $wide = $expected =~ /\Q$said\E|QUERY PLAN/;
	my @lines = map { s/\\ \\\.\\\.\\\.\z/.*/r } map { quotemeta } split /\n/, as_compared($expected, $wide);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	if ($expected =~ / \.\.\.$/m)
	{
		my $pattern = join "\n", @lines;
		like(as_compared($found, $wide), qr/\A$pattern\z/, $test_name);
	}
	else
	{
		is(as_compared($found, $wide), as_compared($expected, $wide), $test_name);
	}
}

# Do what a page says.
sub follow
{
	my ($page, $time) = @_;
	my $directory = $top;
	my %found;

	start_psql();
	for my $block (@{ $page->{blocks} })
	{
		# what the page attaches is there until its last block
		reference_is_right($page) if $block == $page->{blocks}[-1] && $time eq 'first';

		my $test_name = sprintf '%s, line %d: %s, %s time', basename($page->{path}), $block->{line},
		  $block->{language} || 'text', $time;

		if (defined $block->{reason})
		{
			note("$test_name: not run: $block->{reason}") if $time eq 'first';
			next;
		}
		next if $block->{language} !~ /\A(?:sh|sql)\z/;

		my $text = join("\n", @{ $block->{lines} }) =~ s/\Q$said\E/$logs/gr;
		my ($status, $output) =
		  $block->{language} eq 'sql' ? run_sql($text) : run_shell($text, \$directory);

		$found{ $block->{line} } = $output = as_shown($output);
		if ($block->{output})
		{
			output_is($output, $block->{output}, $test_name);
		}
		else
		{
			is($status, 0, $test_name) or diag($output);
		}
	}
	$in .= "\\q\n";
	$psql->finish;
	return \%found;
}

for my $page (@pages)
{
	my $name = basename($page->{path});

	is_deeply($page->{faults}, [], "$name: each block is run, or says why not");
	for my $link (@{ $page->{links} })
	{
		my ($file, $anchor) = split /#/, $link, 2;
		my $to   = $file eq '' ? $page->{path} : dirname($page->{path}) . "/$file";
		my $path = -e $to ? abs_path($to) : '';

		ok($path ne '' && (!defined $anchor || !$page{$path} || $page{$path}{anchors}{$anchor}),
			"$name: a link to $link");
	}
}
for my $page (@pages)
{
	is_deeply([ grep { !-e "$top/$_" } @{ $page->{files} } ], [], basename($page->{path}) . ': the files that it names are there');
}
cmp_ok(-s "$top/README.md", '<', 12_000, 'README.md is short');

# The tables of a page that are made from the database, at this point of the page.
sub reference_is_right
{
	my ($page) = @_;

	for my $table (@{ $page->{tables} })
	{
		my @expected = reference_table($table);

		is_deeply($table->{rows}, \@expected, basename($page->{path}) . ": $table->{name}")
		  or diag(map { "$_\n" } @expected);
		$table->{expected} = \@expected;
	}
	return if !@{ $page->{tables} };

	my @listed   = map { $_->{name} =~ /\Acolumns of (\w+)/ ? $1 : () } @{ $page->{tables} };
	my @attached = split /\n/,
	  $node->safe_psql('postgres', q{SELECT relname FROM pg_class WHERE relnamespace = 'boot'::regnamespace});
	is_deeply([ sort @listed ], [ sort @attached ], 'all relations and views have a table of their columns');

	my ($section) = slurp($page->{path}) =~ /^## Options\n(.*?)^## /ms;
	my @options   = $section =~ /^\| `(\w+)` \|/mg;
	my @known     = slurp("$top/src/fdw/options.c") =~ /\{"(\w+)", ForeignTableRelationId/g;
	cmp_ok(scalar @known, '>', 5, 'options are found');
	is_deeply([ sort @options ], [ sort @known ], 'all options are in a table');
}

# A cell of a table without its markup.
sub without_markup
{
	my ($cell) = @_;
	return $cell =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr =~ tr/`//dr;
}

# The rows that a table should have.  The last cell stays as it is where the
# database tells nothing, or the same without the markup.
sub reference_table
{
	my ($table) = @_;
	my %written = map { /\A(\| `.*?` \|).*?\| ([^|]*(?:\\\|[^|]*)*) \|\z/ ? ($1 => $2) : () } @{ $table->{rows} };
	my $query =
	    $table->{name} =~ /\Acolumns of (\w+)\z/ ? columns_query($1)
	  : $reference_query{ $table->{name} } // die "no table is called \"$table->{name}\"";
	my @expected;

	for my $row (split /\n/, $node->safe_psql('postgres', "LOAD 'pandelephant'; $query"))
	{
		my @cells = split /\t/, $row, -1;
		my $told  = pop(@cells) =~ s/\|/\\|/gr;
		my $start = "| `$cells[0]` |";

		$told = $written{$start} // '' if $told eq '' || $told eq without_markup($written{$start} // '');
		push @expected, '| ' . join(' | ', (map { "`$_`" } @cells), $told) . ($told eq '' ? '|' : ' |');
	}
	return @expected;
}

for my $time ('first', 'second')
{
	for my $page (@pages)
	{
		my $found = follow($page, $time);

		next if !$ENV{PLOG_DOCUMENTS} || $time ne 'first';
		my $to = "$ENV{PLOG_DOCUMENTS}/" . basename($page->{path});
		my $new = $page->with_contents($found);
		open my $file, '>', $to or die "could not open $to: $!";
		print $file $new;
		close $file;
	}
}
is($node->safe_psql('postgres', q{
	SELECT 'schema ' || nspname FROM pg_namespace
	WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public', 'pandelephant')
	UNION ALL SELECT 'relation ' || relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
	UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname <> 'postgres' AND NOT datistemplate
	UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user}),
	'', 'the pages leave nothing behind');
is($node->safe_psql('postgres', q{SELECT name FROM pandelephant.executions}), '', 'nor an execution')
  if !defined $ENV{PLOG_PAGES};

$node->stop;
done_testing();
