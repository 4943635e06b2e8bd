# pe and what it is given: compressed logs, files that are none, names of logs
# that need care, SQL of files and of standard input.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use File::Copy qw(copy);
use IPC::Run;
use PeCommand;
use Test::More;

my $small = plog('made/small');
my $files = work_directory();
my @count = ('SELECT count(*) FROM syscalls');

sub write_file
{
	my ($name, $content) = @_;
	open my $handle, '>:raw', $name or die "$name: $!";
	print $handle $content;
	close $handle or die $!;
}

sub prints
{
	my ($arguments, $expected, $test_name, %option) = @_;
	my ($code, $output, $error) = pe($arguments, %option);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($output, $expected, $test_name);
	is("$code$error", 0, "$test_name: without complaint");
}

chdir $files or die $!;

# ---------------------------------------------------------------------------
# Compressed logs
# ---------------------------------------------------------------------------

my %programs = (gz => 'gzip', zst => 'zstd', xz => 'xz');

for my $ending (sort keys %programs)
{
	my $name = "packed.plog.$ending";
	is(system("$programs{$ending} -c '$small' >$name"), 0, "$programs{$ending}");
	my $bytes = slurp($name);
	my @execution = ('query', '--tuples-only', $name,
		q{SELECT e.name, count(*) FROM executions e, packed.syscalls GROUP BY 1});

	prints(\@execution, "packed|2000\n", "$ending: unpacked");
	my @kept = glob cluster_directory() . '/../../unpacked/*';
	is(scalar @kept, 1, "$ending: it is kept");
	is((stat $kept[0])[2] & 077, 0, 'for this user alone');
	my $inode = (stat $kept[0])[1];
	prints(\@execution, "packed|2000\n", "$ending: again");
	is((stat $kept[0])[1], $inode, "$ending: from what was kept");
	unlink @kept;

	write_file($name, substr $bytes, 0, length($bytes) / 2);
	pe_fails([ 'info', $name ], 3, 'cannot unpack', "$ending: cut off");
	substr $bytes, length($bytes) / 2, 40, 'x' x 40;
	write_file($name, $bytes);
	pe_fails([ 'info', $name ], 3, 'cannot unpack', "$ending: damaged");
	is_deeply([ glob cluster_directory() . '/../../unpacked/*' ], [], "$ending: nothing of it is kept");
	unlink $name;
}

# Two members after one another, and something else that was compressed.
system(q{(head -c 1000 '} . $small . q{' | gzip -c; tail -c +1001 '} . $small . q{' | gzip -c) >two.gz});
prints([ 'query', '--tuples-only', 'two.gz', @count ], "2000\n", 'two members of gzip');
system('echo "[{}]" | gzip -c >json.gz');
pe_fails([ 'info', 'json.gz' ], 3, 'it is JSON', 'JSON in gzip');

# ---------------------------------------------------------------------------
# Files that are no log
# ---------------------------------------------------------------------------

write_file('dump.json', qq([\n{"asid": "0", "instr": "0", "pc": "0"},\n));
write_file('notes.txt', "notes\n");
system('sqlite3', 'x.db', 'CREATE TABLE t (a)');
for my $case ([ 'dump.json', 'it is JSON' ], [ 'notes.txt', 'it is text' ],
	[ 'x.db', 'it is a SQLite database' ], [ '/bin/sh', 'it is a program' ],
	[ plog('real/w1libs') =~ s/w1libs\.plog$/w1-rr-nondet.log/r, 'log of inputs of a recording; replay' ])
{
	my ($file, $complaint) = @$case;
	pe_fails([ 'query', $file, 'SELECT 1' ], 3, $complaint, $complaint);
	pe_fails([ 'ingest', $file, 'postgresql://localhost:1/x' ], 3, $complaint, "ingest: $complaint");
}

# ---------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------

for my $name ('$user', 'native', 'orm', 'pe native', 'pe_template', 'information_schema', "caf\xe9", "\xff", 'x' x 200)
{
	copy($small, "$name.plog") or die $!;
	prints([ 'query', '--tuples-only', "./$name.plog", @count ], "2000\n", "log $name.plog");
	is((pe([ 'export', "./$name.plog", 'y.db' ]))[0], 0, "export of $name.plog");
	unlink "$name.plog", 'y.db';
}

# ---------------------------------------------------------------------------
# SQL
# ---------------------------------------------------------------------------

my $long = join ' + ', ('1') x 200_000;
prints([ 'query', '--tuples-only', $small, '-' ], "800000\n", 'SQL of 800 kB',
	input => "SELECT length('$long') + 3");
write_file('x.sql', "SELECT 1 AS one;\nSELECT 2 AS two;\n");
prints([ 'query', '--csv', $small, '-f', 'x.sql' ], "one\n1\ntwo\n2\n", 'SQL of a file');
prints([ 'query', '--csv', '--file=x.sql', '-o', 'x.csv', $small ], '', 'into a file');
is(slurp('x.csv'), "one\n1\ntwo\n2\n", 'which has it');
pe_fails([ 'query', $small, '-f', 'none.sql' ], 2, 'cannot read "none.sql"', 'no such file');
write_file('x.sql', "SELECT 1\nFROM nowhere\n");
like((pe([ 'query', $small, '-f', 'x.sql' ]))[2],
	qr/\Ape: relation "nowhere" does not exist\nLINE 2: FROM nowhere\n             \^\n\z/, 'line and caret');
pe_fails([ 'query', $small, 'SELECT 1 FROM nowhere' ], 1, 'LINE 1, at character 15: SELECT 1 FROM nowhere',
	'the place in a line');
pe_fails([ 'query', '--json', '--csv', $small, 'SELECT 1' ], 2, '--csv and --json', 'two formats');
like((pe([ 'query', $small, q{DO $$ BEGIN RAISE NOTICE 'so it is'; END $$} ]))[2], qr/\Ape: notice: so it is\n\z/, 'a notice');

# What a query leaves does not reach the next one.
for my $made ('CREATE TABLE public.made (a int)', 'CREATE FUNCTION made() RETURNS int LANGUAGE sql AS $$SELECT 1$$', q{SET work_mem = '77MB'},
	q{SELECT set_config('search_path', 'pg_catalog', false)})
{
	is((pe([ 'query', $small, $made ]))[0], 0, $made);
	prints(
		[ 'query', '--tuples-only', $small, q{SELECT to_regclass('public.made') IS NULL, to_regproc('made') IS NULL,
			current_setting('work_mem') <> '77MB', count(*) FROM syscalls} ],
		"t|t|t|2000\n", 'is gone for the next');
}
nothing_is_left('after all of it');

# The shell by the log alone.
like((pe([ $small ], input => "\\t \\a\nSELECT count(*) FROM syscalls;\n"))[1], qr/^2000$/m, 'pe LOG');
like((pe([ 'help', 'query' ]))[1], qr/\Ausage: pe query/, 'pe help query');
like((pe(['-V']))[1], qr/\Ape [0-9]/, 'pe -V');

# Completion.
sub completions
{
	my (@words) = @_;
	my $script = q{source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pe; printf '%s\n' "${COMPREPLY[@]}"};
	IPC::Run::run([ 'bash', '-c', $script, "$FindBin::RealBin/../../doc/pe.bash", @words ], '<', \undef, '>', \my $found);
	return $found;
}
is(completions('pe', 'qu'), "query\n", 'completion of a command');
is(completions('pe', 'query', '--js'), "--json\n--jsonl\n", "of a command's options");
# every option that a command's help names, and no other
for my $command (qw(shell query info serve ingest export))
{
	my %help = map { $_ => 1 } (pe([ $command, '--help' ]))[1] =~ /^ +(?:-[a-z], |      )?(--[a-z-]+)/mg;
	my @completed = grep { $_ ne '--help' } split /\n/, completions('pe', $command, '--');
	is_deeply([ sort @completed ], [ sort keys %help ], "of all options of $command");
}

chdir '/';
done_testing();
