# Logs that are compressed: the server says what to do, or unpacks them once into a cache
# that keeps within its bounds.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node      = start_server('packed_logs', new_sessions => 1);
my $directory = temporary_directory('packed_logs');
my $cache     = $node->data_dir . '/pandelephant_cache/unpacked';
my %PROGRAMS  = (gz => [qw(gzip -c)], zst => [qw(zstd -q -c)], xz => [qw(xz -c)]);

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# What a session says of statements, with SQLSTATEs, details and hints, and how often a log
# was unpacked or one evicted.
sub session
{
	my (@statements) = @_;
	my ($complaints, $output) = complaints_of($node, [ 'SET client_min_messages = debug1;', map { "$_;" } @statements ]);
	my @errors = map { my ($state, $rest) = /ERROR:  (\w{5}: .*?)\n((?:.|\n)*)/ ? ($1, $2) : ('', ''); $state . ($rest =~ /HINT:  (.*)/ ? " HINT: $1" : '') } @$complaints;
	my $all = join '', @$complaints;
	return ([ @errors[ 1 .. $#errors ] ], $output, scalar(() = $all =~ /" unpacked$/mg), scalar(() = $all =~ /evicting unpacked/g));
}

sub pack_log
{
	my ($log, $ending, $path) = @_;
	$path //= "$directory/" . execution_of($log) . ".plog.$ending";
	IPC::Run::run([ @{ $PROGRAMS{$ending} }, log_path($log) ], '>', "$path.new") or die "could not pack $log";
	rename "$path.new", $path or die $!;
	return $path;
}

sub set
{
	my ($value) = @_;
	query("LOAD 'pandelephant'; ALTER SYSTEM SET pandelephant.unpacked_cache_size = '$value'");
	query('SELECT pg_reload_conf()');
	$node->poll_query_until('postgres', "SELECT current_setting('pandelephant.unpacked_cache_size') = '$value'") or die;
}

sub copies
{
	my @copies = glob "$cache/*";
	return @copies;
}

sub content
{
	my ($schema) = @_;
	return join '', map { "SELECT '$_', count(*), sum(hashtextextended((to_jsonb(r) - 'plog' - 'name')::text, 0)::numeric) FROM $schema.$_ r;\n" }
	  @RELATIONS, 'strace';
}

# ---------------------------------------------------------------------------
# Off
# ---------------------------------------------------------------------------

my %packed = map { $_ => pack_log('made/all_kinds', $_) } keys %PROGRAMS;
is(query(q{LOAD 'pandelephant'; SHOW pandelephant.unpacked_cache_size}), '0', 'it is off');
for my $ending (sort keys %packed)
{
	my ($errors) = session("SELECT pe_attach('$packed{$ending}', 'off')");
	like($errors->[0], qr/^XX001: cannot read plog .*: it is compressed by \w+.* HINT: .*zcat.*\bpe\b.*pandelephant\.unpacked_cache_size/,
		"$ending: what to do");
}
is(scalar(copies()), 0, 'and nothing is unpacked');

# ---------------------------------------------------------------------------
# On
# ---------------------------------------------------------------------------

set('10MB');
query(q{SELECT pe_attach('} . log_path('made/all_kinds') . q{', 'plain')});
my $expected = query(content('plain')) =~ s/^executions.*\n//r;
for my $ending (sort keys %packed)
{
	my (undef, undef, $unpacked) = session("SELECT pe_attach('$packed{$ending}', '$ending')");
	is($unpacked, 1, "$ending: is unpacked when it is attached");
	(undef, undef, $unpacked) = session(split /;\n/, content($ending));
	is($unpacked, 0, "$ending: and not again");
	is(query(content($ending)) =~ s/^executions.*\n//r, $expected, "$ending: it shows what the log shows");
	is(query("SELECT name, file_bytes FROM $ending.executions"),
		"all_kinds.plog.$ending|" . -s log_path('made/all_kinds'), "$ending: with the size of the log");
	query("SELECT pe_materialize('$ending', 'native', relations => '{syscalls}')");
}
is(query('SELECT count(*) / 3 FROM native.syscalls'), query('SELECT count(*) FROM plain.syscalls'), 'materialized');
is(scalar(copies()), 3, 'three copies');
like(query('SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(message) FROM gz.entries'), qr/Workers Launched: [12]/, 'by workers, too');
{
	my ($first) = query('SET client_min_messages = debug1; SELECT count(*) FROM gz.threads');
	my $errors;
	$node->psql('postgres', 'SET client_min_messages = debug1; SELECT count(*) FROM gz.threads', stderr => \$errors);
	like($errors, qr/catalog of plog .* loaded from disk/, 'its catalog is kept');
}

# ---------------------------------------------------------------------------
# Other files of that name
# ---------------------------------------------------------------------------

{
	pack_log('made/small', 'gz', $packed{gz});
	sleep 0.1;
	my ($errors, $output, $unpacked) = session('SELECT count(*) FROM gz.syscalls');
	is("$errors->[0]$unpacked", 1, 'a file that was replaced is unpacked');
	is($output + 0, 2000, 'and read');
	system('cp', log_path('made/all_kinds'), $packed{gz}) == 0 or die;
	is(query('SELECT count(*) FROM gz.syscalls'), query('SELECT count(*) FROM plain.syscalls'), 'replaced by one that is not compressed');
	unlink $packed{gz};
	like((session('SELECT count(*) FROM gz.syscalls'))[0][0], qr/^58P01: could not open file/, 'removed, it is gone');
}

# ---------------------------------------------------------------------------
# Damage
# ---------------------------------------------------------------------------

for my $ending (sort keys %PROGRAMS)
{
	my $bytes = read_file(pack_log('made/all_kinds', $ending));
	my $path  = "$directory/damaged.plog.$ending";
	my $before = copies();

	write_file($path, substr $bytes, 0, length($bytes) / 2);
	like((session("SELECT pe_attach('$path')"))[0][0], qr/^XX001: cannot unpack plog "\Q$path\E": it was cut off/, "$ending: cut");
	substr($bytes, length($bytes) / 2, 8) = "\xff" x 8;
	write_file($path, $bytes);
	like((session("SELECT pe_attach('$path')"))[0][0], qr/^XX001: cannot unpack plog "\Q$path\E": /, "$ending: damaged");
	is(scalar(copies()), $before, "$ending: nothing is left of it");
}
{
	my $path = "$directory/text.plog.gz";
	IPC::Run::run([qw(gzip -c)], '<', \('x' x 1000), '>', $path) or die;
	like((session("SELECT pe_attach('$path')"))[0][0], qr/^XX001: cannot read plog ".*": file does not start with a plog header: it is text/,
		'what is no log after all');
}

# ---------------------------------------------------------------------------
# Bounds
# ---------------------------------------------------------------------------

{
	my $bomb = "$directory/bomb.plog.gz";
	IPC::Run::run([ 'bash', '-c', "head -c 300000000 /dev/zero | gzip -1 >'$bomb'" ]) or die;
	my ($errors) = session("SELECT pe_attach('$bomb')");
	like($errors->[0], qr/^54000: unpacked, plog ".*" takes more than 10240 kB HINT: Raise/, 'a bomb stops at the limit');
	is(scalar(grep { /tmp$/ } copies()), 0, 'and is gone');

	my $total = 0;
	for my $i (1 .. 6)
	{
		my $path = pack_log('real/w1libs', 'gz', "$directory/$i.plog.gz");
		sleep 0.05;
		query("SELECT pe_attach('$path', 'e$i')");
	}
	set('2MB');
	my (undef, undef, undef, $evicted) = session("SELECT pe_attach('" . pack_log('real/w1libs', 'gz', "$directory/7.plog.gz") . "', 'e7')");
	cmp_ok($evicted, '>', 3, 'what was used first goes');
	$total += -s $_ for copies();
	cmp_ok($total, '<=', 2 * 1024 * 1024, 'until the rest is within the limit');
	is(query('SELECT count(*) FROM e1.syscalls'), query('SELECT count(*) FROM e7.syscalls'), 'and is unpacked again when it is wanted');
	set('0');
	like((session('SELECT count(*) FROM e1.syscalls'))[0][0], qr/^XX001: .*compressed by gzip/, 'off again');
}

# ---------------------------------------------------------------------------
# Cancelled, and several at once
# ---------------------------------------------------------------------------

{
	set('1GB');
	my $large = "$directory/large.plog.gz";
	IPC::Run::run([ 'bash', '-c', "{ cat '" . log_path('made/small') . "'; head -c 900000000 /dev/zero; } | gzip -1 >'$large'" ]) or die;
	my ($errors) = session("SET statement_timeout = '100ms'", "SELECT pe_attach('$large', 'x')");
	like($errors->[1], qr/^57014: /, 'unpacking can be cancelled');
	is(scalar(grep { /tmp$/ } copies()), 0, 'which leaves nothing');

	my $path = pack_log('real/w3a', 'xz');
	my @runs = map {
		my ($out, $err) = ('', '');
		{ out => \$out, err => \$err, run => IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'),
			'-c', "SET client_min_messages = debug1; SELECT pe_attach('$path', 's$_')" ], '>', \$out, '2>', \$err) }
	} 1 .. 4;
	$_->{run}->finish for @runs;
	is(join(' ', map { ${ $_->{out} } =~ s/\s//gr } @runs), 's1 s2 s3 s4', 'several sessions at once');
	is(scalar(() = join('', map { ${ $_->{err} } } @runs) =~ /" unpacked$/mg), 1, 'unpack it once');
}

$node->stop;
done_testing();
