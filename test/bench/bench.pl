# Measures the extension on one log and prints one table: medians, what each is
# divided by, and what is to be reached. test/bench/bench.sh starts it with a
# server to connect to.
#
# usage: bench.pl DIRECTORY LOG
# DIRECTORY is for files, and has settings: what the server was given. From the
# environment come ROUNDS, QUERY, CLOCK, PERF, SOURCES and
# LOAD_AVERAGE, see test/bench/run.sh.
use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Copy ();
use List::Util qw(max min sum0);
use POSIX qw(uname);

use PsqlSession;

my ($work, $log) = @ARGV;
my $here   = abs_path(dirname(__FILE__));
my $plogs  = abs_path("$here/../plogs");
my $rounds = $ENV{ROUNDS} || 5;
my $libs   = "$work/w1libs.plog";    # a copy, to be touched

# In seconds, except where a name ends in "memory": bytes.
my %result;     # of every measurement, round by round
my %answer;     # the last of every query
my %parts;      # of what is loaded: seconds by step
my @remarks;    # for below the table

# With CLOCK=cpu the time of the session's own process counts.
my $by_cpu = ($ENV{CLOCK} // '') eq 'cpu';

my $SERIAL = 'SET max_parallel_workers_per_gather = 0';

# While memory is measured, the load gets by with this for keys and indexes,
# which is taken off the result.
my $LITTLE_MEMORY = 8 << 20;

# So many new connections, or processes, are made for what is measured in each
# alone.
my $NEW_PROCESSES = 5;

my $NEED_CATALOG = 'SELECT count(*) FROM log.processes';

# A session that finds no catalog on disk.
my @NO_CATALOGS = (q{LOAD 'pandelephant'}, 'SET pandelephant.catalog_cache = off');

my %sql = (
	filter => 'SELECT count(*), sum(retval) FROM %s.syscalls WHERE retval < 0',
	arguments =>
	  'SELECT count(name), count(argument_type), count(value) FROM %s.syscall_arguments',
	count => 'SELECT count(*) FROM %s.syscalls',
	tree  => 'SELECT count(*), sum(calls) FROM ('
	  . 'SELECT p.process_id, p.pid, p.ppid, s.name, count(*) AS calls'
	  . ' FROM %1$s.processes p'
	  . ' JOIN %1$s.threads t USING (execution_id, process_id)'
	  . ' JOIN %1$s.syscalls s USING (execution_id, thread_id)'
	  . ' GROUP BY p.process_id, p.pid, p.ppid, s.name) tree');

# What can be measured, in the order of a round: how, and what must be there
# before. "same" names the measurement whose answer must be the same.
my %measurement = (
	zlib       => { run => sub { inflate('zlib',       $log) } },
	libdeflate => { run => sub { inflate('libdeflate', $log) } },
	filter     => { query => sprintf($sql{filter}, 'log') },
	filter_native =>
	  { query => sprintf($sql{filter}, 'native'), needs => 'native', same => 'filter' },
	filter_parallel => {
		query    => sprintf($sql{filter}, 'log'),
		settings => ['SET max_parallel_workers_per_gather = 1'],
		same     => 'filter'
	},
	arguments => { query => sprintf($sql{arguments}, 'log') },
	arguments_native =>
	  { query => sprintf($sql{arguments}, 'native'), needs => 'native', same => 'arguments' },
	one_call => {
		query => sub { "SELECT * FROM log.syscalls WHERE syscall_id = $_[0]{syscall_id}" },
		needs => 'places'
	},
	one_range => {
		query => sub {
			'SELECT count(*), sum(retval) FROM log.syscalls WHERE execution_offset'
			  . " BETWEEN $_[0]{first_offset} AND $_[0]{last_offset}";
		},
		needs => 'places'
	},
	count => { query => sprintf($sql{count}, 'log'), settings => [ $SERIAL, $NEED_CATALOG ] },
	first_count => {
		run => sub { (first_runs(3, 1, sprintf($sql{count}, 'log')))[0] },
		needs => 'catalog'
	},
	tree => { query => sprintf($sql{tree}, 'log') },
	tree_native =>
	  { query => sprintf($sql{tree}, 'native'), needs => 'native', same => 'tree' },
	catalog => {
		run => sub { catalog_build(1, $NEED_CATALOG) }
	},
	libs_libdeflate => { run => sub { inflate('libdeflate', $libs) } },
	libs_first => { run => sub { median(map { inflate('first', $libs) } 1 .. $NEW_PROCESSES) } },
	libs_catalog    => {
		run => sub { catalog_build($NEW_PROCESSES, $NEED_CATALOG =~ s/log/libs/r) }
	},
	serial_catalog => { run => \&catalog_by_one_process },
	libs_rebuild   => { run => \&rebuild_catalog },
	filter_memory => { run => \&filter_memory },
	load_memory => { needs => 'native' },
	load        => { run => \&load, needs => 'native' },
	copy        => { run => \&copy, needs => 'files' });
my @order = qw(zlib libdeflate filter filter_native filter_parallel arguments arguments_native
  one_call one_range count first_count tree tree_native catalog serial_catalog
  libs_libdeflate libs_first libs_catalog libs_rebuild
  filter_memory load copy);

# The table: the issue's letter, what is measured, what it is divided by, and
# what is to be reached: a ratio, or seconds or bytes.
my @table = (
	[ 'a', 'filter over syscalls, serial',   'filter', 'inflate by libdeflate', 'libdeflate', 1.4 ],
	[ 'b', 'the same',                       'filter', 'inflate by zlib',       'zlib',       0.55 ],
	[ '', 'the same',                       'filter', 'the same, native',      'filter_native' ],
	[ 'c', 'three columns of all arguments', 'arguments', 'the same, native', 'arguments_native', 1.0 ],
	[ 'd', 'the filter, by two processes', 'filter_parallel', 'serial', 'filter', 0.6 ],
	[ 'e', 'one system call by its id',    'one_call',  'the filter', 'filter', 0.05 ],
	[ 'e', '1 % of the log by offset',     'one_range', 'the filter', 'filter', 0.05 ],
	[ 'f', 'count(*)',                     'count', undef, undef, 0.005 ],
	[ 'f', 'first count(*) of a new connection', 'first_count', undef, undef, 0.010 ],
	[ 'g', 'processes, their calls by name', 'tree', 'the same, native', 'tree_native', 1.5 ],
	[ 'h', 'pe_materialize() from nothing', 'load', 'COPY, same keys and indexes', 'copy', 0.8 ],
	[ 'i', 'catalog build, with workers', 'catalog', 'inflate by libdeflate', 'libdeflate', 1.5 ],
	[ '', 'the same, by one process', 'serial_catalog', 'inflate by libdeflate', 'libdeflate' ],
	[ 'i', 'real/w1libs, in a new connection', 'libs_catalog', 'inflate in a new process', 'libs_first', 2 ],
	[ 'i', 'the same, again and again', 'libs_rebuild', 'inflate again and again', 'libs_libdeflate', 2 ],
	[ 'j', 'memory of the filter', 'filter_memory', undef, undef, 64 << 20 ],
	[ 'j', 'memory of pe_materialize()', 'load_memory', undef, undef, 64 << 20 ]);

sub say_step
{
	print STDERR @_, "\n";
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);
	return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

# What a program prints, without the last line's end.
sub output_of
{
	open my $pipe, '-|', @_ or die "could not run $_[0]: $!";
	my $text = do { local $/; <$pipe> };
	close $pipe or die "@_ failed\n";
	chomp $text;
	return $text;
}

# Run a statement in a session of its own.
sub run_once
{
	my $session = PsqlSession->new;
	my $text    = $session->answer($_) for @_;
	$session->finish;
}

# The seconds that inflating a log takes.
sub inflate
{
	my ($library, $file) = @_;
	my ($seconds) = split / /, output_of("$here/inflate", $library, $file);
	return $seconds;
}

# What a query takes in a new connection, the first and the second time: the
# catalog comes from disk or has to be built. What any first query of a
# connection takes is no part of it: a log of no size goes before, and the table
# is opened in a way that plans nothing.
sub first_runs
{
	my ($connections, $from_disk, $query) = @_;
	my (@first, @second);

	for (1 .. $connections)
	{
		my $session = PsqlSession->new($SERIAL, $from_disk ? () : @NO_CATALOGS);
		$session->run($_)
		  for $query =~ s/FROM \w+/FROM tiny/r,
		  $query =~ s/.* FROM (\S+)/SELECT pg_relation_is_updatable('$1'::regclass, false)/r;
		profile($session, 'catalog');
		push @first, ($session->run($query))[0];
		$session->profile(undef);
		push @second, ($session->run($query))[0];
		$session->finish;
	}
	return (median(@first), median(@second));
}

# What the first query that needs a catalog takes longer than the next.
sub catalog_build
{
	my ($first, $second) = first_runs($_[0], 0, $_[1]);
	return $first - $second;
}

sub catalog_by_one_process
{
	my $session = PsqlSession->new('SET max_parallel_maintenance_workers = 0', @NO_CATALOGS);
	my ($first) = $session->run($NEED_CATALOG);
	my ($next)  = $session->run($NEED_CATALOG);
	$session->finish;
	return $first - $next;
}

# What building takes in a session whose memory has been in use, like that of
# the program which does nothing but inflate: the log is a new one each time.
sub rebuild_catalog
{
	my $session = PsqlSession->new($SERIAL, @NO_CATALOGS);
	my $query   = $NEED_CATALOG =~ s/log/libs/r;
	my @seconds;

	for (1 .. 12)
	{
		utime undef, undef, $libs or die "could not touch $libs: $!";
		my ($first) = $session->run($query);
		my ($next)  = $session->run($query);
		push @seconds, $first - $next;
	}
	$session->finish;
	return median(@seconds[ 2 .. $#seconds ]);
}

# The bytes that the catalogs of a session take.
sub catalog_bytes
{
	my ($session) = @_;
	return 0 if $session->answer('SHOW server_version_num') < 140000;
	return $session->answer(q{SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts}
		  . q{ WHERE name = 'pandelephant catalog' OR parent = 'pandelephant catalog'});
}

# The private memory that a session has had at most, besides its catalogs.
sub memory_of
{
	my ($session) = @_;
	return $session->peak - catalog_bytes($session);
}

sub filter_memory
{
	my $session = PsqlSession->new($SERIAL, 'LOAD \'pandelephant\'',
		'SET pandelephant.chunk_cache_size = 0');
	$session->watch->run($measurement{filter}{query});
	my $memory = memory_of($session);
	$session->finish;
	return $memory;
}

# Copy the log into native tables, catalog included. Returns the seconds.
sub materialize
{
	my ($session, $schema) = @_;
	my ($seconds, $count) = $session->run(
		"SELECT sum(row_count) FROM pe_materialize('log', target => '$schema')");
	$answer{$schema} = $count;
	return $seconds;
}

# Where only one process's time counts, it has no help with indexes.
sub load_settings
{
	return $by_cpu ? ('SET max_parallel_maintenance_workers = 0', $SERIAL) : ();
}

# What a load leaves behind is not for the next measurement to pay.
sub drop_loaded
{
	my ($schema) = @_;
	run_once("DROP SCHEMA $schema CASCADE", 'CHECKPOINT');
}

sub load
{
	my ($name) = @_;
	my $session = PsqlSession->new(load_settings(), @NO_CATALOGS);
	profile($session, $name);
	my $seconds = materialize($session, 'loaded');
	$session->finish;
	drop_loaded('loaded');
	return $seconds;
}

# The native tables for queries are made while memory is measured.
sub prepare_native
{
	my $session = PsqlSession->new(@NO_CATALOGS, 'SET pandelephant.chunk_cache_size = 0',
		"SET maintenance_work_mem = '" . ($LITTLE_MEMORY >> 10) . "kB'");
	say_step('making native tables ...');
	materialize($session->watch, 'native');
	$result{load_memory} = [ memory_of($session) - $LITTLE_MEMORY ];
	$session->finish;
	run_once(map("VACUUM ANALYZE native.$_", tables('NOT relispartition')), 'CHECKPOINT');
}

# The native tables of which something is true.
sub tables
{
	my ($condition) = @_;
	my $session     = PsqlSession->new;
	my @tables      = $session->lines(q{SELECT quote_ident(relname) FROM pg_class}
		  . q{ WHERE relnamespace = 'native'::regnamespace AND relkind IN ('r', 'p')}
		  . " AND $condition ORDER BY relname");
	$session->finish;
	return @tables;
}

# Those that hold rows: executions and one partition of each other.
sub native_tables
{
	return tables(q{relkind = 'r'});
}

sub prepare_files
{
	my $session = PsqlSession->new;
	say_step('writing files for COPY ...');
	mkdir "$work/copy" or die "could not make $work/copy: $!";
	$session->run("COPY native.$_ TO '$work/copy/$_' (FORMAT binary)") for native_tables();
	$session->finish;
}

# The statements that make the keys and indexes of the native tables, on tables
# of the same names: per table those that stand alone, then the foreign keys.
sub key_statements
{
	my $session = PsqlSession->new('SET search_path = native');
	my %keys    = map { $_ => [] } native_tables();
	my @foreign;

	for ($session->lines(q{SELECT quote_ident(relname), contype, pg_get_constraintdef(k.oid, true)}
			  . q{ FROM pg_constraint k JOIN pg_class t ON t.oid = conrelid}
			  . q{ WHERE relnamespace = 'native'::regnamespace AND relkind = 'r'}
			  . q{ AND contype IN ('p', 'u', 'f') ORDER BY k.oid}))
	{
		my ($table, $type, $key) = split /\t/;
		push @{ $type eq "f" ? \@foreign : $keys{$table} }, "ALTER TABLE $table ADD $key";
	}
	for ($session->lines(q{SELECT quote_ident(relname), pg_get_indexdef(indexrelid, 0, true)}
			  . q{ FROM pg_index JOIN pg_class t ON t.oid = indrelid}
			  . q{ WHERE relnamespace = 'native'::regnamespace AND relkind = 'r'}
			  . q{ AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)}
			  . q{ ORDER BY indexrelid}))
	{
		my ($table, $statement) = split /\t/;
		push @{ $keys{$table} }, $statement;
	}
	$session->finish;
	return (\%keys, \@foreign);
}

# Load the rows that pe_materialize() has written by COPY, in the order that is
# fastest: each table's keys and indexes while it is fresh in memory, and foreign
# keys once the planner knows the tables that it checks them by.
sub copy
{
	my ($keys, $foreign) = key_statements();
	my $session = PsqlSession->new(load_settings(), 'CREATE SCHEMA copied', 'SET search_path = copied');
	my $rows    = 0;
	my %seconds = (copy => 0, keys => 0, foreign => 0, analyze => 0);
	my $run     = sub {
		my ($part, $statement) = @_;
		my ($seconds, $text) = $session->run($statement);
		$seconds{$part} += $seconds;
		return $text;
	};

	$run->('copy', 'BEGIN');
	for my $table (sort keys %$keys)
	{
		$run->('copy', "CREATE TABLE $table (LIKE native.$table"
			  . ' INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)');
		my $tag = $run->('copy', "COPY $table FROM '$work/copy/$table' (FORMAT binary)");
		$rows += ($tag =~ /(\d+)/)[0];
		$run->('keys', $_) for @{ $keys->{$table} };
	}
	$run->('analyze', "ANALYZE $_") for sort keys %$keys;
	$run->('foreign', $_)           for @$foreign;
	$run->('copy', 'COMMIT');
	$session->finish;
	drop_loaded('copied');

	die "COPY loaded $rows rows, pe_materialize() $answer{native}\n" if $rows != $answer{native};
	push @{ $parts{$_} }, $seconds{$_} for keys %seconds;
	return sum0(values %seconds);
}

# For each round, and one before, the places that e looks at: others each time,
# so that nothing is served from what the last round has left in memory.
my @places;

sub prepare_places
{
	my $session = PsqlSession->new($SERIAL);
	my ($entries, $first, $last) = split /\t/,
	  $session->answer('SELECT entry_count, first_execution_offset, last_execution_offset'
		  . ' FROM log.executions');

	$first = 0 if !length $first;
	$last  = 0 if !length $last;
	for my $round (0 .. $rounds)
	{
		my $fraction = ($round + 0.5) / ($rounds + 1);
		my $length   = int(($last - $first) / 100);
		my $start    = $first + int(($last - $first - $length) * $fraction);
		my $near     = int($entries * $fraction);
		my $call = $session->answer("SELECT syscall_id FROM log.syscalls WHERE syscall_id >= $near LIMIT 1");
		push @places,
		  { syscall_id => length $call ? $call : $near, first_offset => $start, last_offset => $start + $length };
	}
	$session->finish;
}

# Have perf look at what comes next in a session, if that is wanted.
my $profiled;

sub profile
{
	my ($session, $name) = @_;
	$session->profile($profiled ? "$work/tmp/perf.$name" : undef);
}

sub query_of
{
	my ($name, $round) = @_;
	my $query = $measurement{$name}{query};
	return ref $query ? $query->($places[$round]) : $query;
}

# Run a measurement's query in its session, which stays open.
my %session;

sub run_query
{
	my ($name, $round) = @_;
	my $settings = $measurement{$name}{settings} // [$SERIAL];

	$session{$name} //= PsqlSession->new(@$settings);
	profile($session{$name}, $name);
	(my $seconds, $answer{$name}) = $session{$name}->run(query_of($name, $round));
	return $seconds;
}

# A new connection and its first query are more than a query, so one goes
# before the rounds.
sub warm_up
{
	for my $name (@_)
	{
		my $same = $measurement{$name}{same};
		next unless $measurement{$name}{query};
		run_query($name, 0);
		die "$name and $same differ: $answer{$name}, $answer{$same}\n"
		  if $same && defined $answer{$same} && $answer{$name} ne $answer{$same};
	}
	if (my $session = $session{filter_parallel})
	{
		push @remarks, 'd: PostgreSQL did not choose a parallel plan'
		  if $session->answer("EXPLAIN $measurement{filter_parallel}{query}") !~ /Gather/;
	}
}

sub run_round
{
	my ($round, @names) = @_;

	for my $name (@names)
	{
		my $run = $measurement{$name}{run};
		push @{ $result{$name} }, $run ? $run->($name) : run_query($name, $round);
	}
}

# The first lines of what perf reports. Functions without a name are left out.
sub perf_report
{
	my ($file, $sort, $count) = @_;
	my @lines = grep { /^ +[\d.]+%/ && !/\] 0x/ } map { s/[\s-]+$//r }
	  split /\n/, output_of('sh', '-c',
		"perf report --stdio --no-children -g none --percent-limit 0.5 --sort $sort -i '$file' 2>/dev/null");

	splice @lines, $count if @lines > $count;
	return map { "$_\n" } @lines;
}

# Show the queries' plans, and what perf sees in one more round.
sub show_profiles
{
	for my $name (@_)
	{
		my $file = "$work/tmp/perf.$name";
		my $run  = $measurement{$name}{run};

		next if $run && $name ne 'load' && $name ne 'catalog';
		print "\n$name\n\n";
		print map { "$_\n" } $session{$name}->lines('EXPLAIN ' . query_of($name, 0)), '' if !$run;
		next if $name =~ /native/;
		$profiled = 1;
		$run ? $run->($name) : run_query($name, $rounds);
		$profiled = 0;
		print -s $file ?
		  (perf_report($file, 'dso', 6), "\n", perf_report($file, 'dso,symbol', 25)) :
		  "no profile: is perf installed, and may it look at a user's own processes?\n";
	}
}

# A value in the unit that suits another one, which may be itself.
sub with_unit
{
	my ($name, $value, $like) = @_;

	return sprintf '%.0f MB', $value / (1 << 20) if $name =~ /memory$/;
	return sprintf '%.2f s', $value if $like >= 0.9995;
	return sprintf $like >= 0.1 ? '%.0f ms' : '%.2f ms', $value * 1000;
}

# A measurement as text: its median, and the least and the most.
sub spread
{
	my ($name) = @_;
	my @values = @{ $result{$name} };
	my $median = median(@values);
	my ($text, $least, $most) =
	  map { with_unit($name, $_, $median) } $median, min(@values), max(@values);

	return @values == 1 ? $text : "$text (" . ($least =~ s/ .*//r) . " to $most)";
}

# A row of the table as cells.
sub cells
{
	my ($letter, $what, $name, $by_what, $by, $limit) = @_;
	my $value = median(@{ $result{$name} });
	my ($ratio, $target) = ('', '');

	if ($by)
	{
		$value /= median(@{ $result{$by} });
		$ratio  = sprintf $value < 0.1 ? '%.3f' : '%.2f', $value;
		$target = sprintf '≤ %.4g', $limit if defined $limit;
	}
	elsif (defined $limit)
	{
		$target = '≤ ' . with_unit($name, $limit, $limit) =~ s/\.00//r;
	}
	return (
		$letter, $what, spread($name), $by_what // '', $by ? spread($by) : '',
		$ratio, $target, !defined $limit ? '' : $value <= $limit ? 'yes' : 'no');
}

sub print_table
{
	my @rows = ([ '', 'what', 'median', 'divided by', 'median', 'ratio', 'to reach', 'reached' ],
		map { [ cells(@$_) ] } @_);
	my @widths = map { my $i = $_; max(map { length $_->[$i] } @rows) } 0 .. $#{ $rows[0] };

	splice @rows, 1, 0, [ map { '-' x max($_, 1) } @widths ];
	for my $row (@rows)
	{
		print '| ', join(' | ', map { sprintf '%-*s', $widths[$_], $row->[$_] } 0 .. $#$row), " |\n";
	}
}

# The part of a file that a pattern's parentheses match.
sub found_in
{
	my ($file, $pattern) = @_;
	open my $handle, '<', $file or return 'unknown';
	my $text = do { local $/; <$handle> };
	return $text =~ $pattern ? $1 : 'unknown';
}

sub megabytes
{
	my ($bytes) = @_;
	return sprintf '%.1f MB', $bytes / 1e6;
}

sub with_commas
{
	my $number = reverse shift;
	return scalar reverse $number =~ s/(\d{3})(?=\d)/$1,/gr;
}

# The compiler of the extension, which is that of the server, and how it was used.
sub compiler
{
	my $name = (split ' ', output_of($ENV{PG_CONFIG}, '--cc'))[0];
	my ($version) = output_of($name, '--version') =~ /([\d.]+)$/m;
	my @levels = output_of($ENV{PG_CONFIG}, '--cflags') =~ /(-O\w+)/g;
	return join ' ', grep { defined } $name, $version, $levels[-1];
}

# On what and with what all this is measured.
sub describe
{
	my $session = PsqlSession->new;
	my (undef, $chunks, $inflated) = split / /, output_of("$here/inflate", 'libdeflate', $log);
	my $load_average = $ENV{LOAD_AVERAGE} // 'unknown';
	my @lines = (
		sprintf('pandelephant %s (%s), PostgreSQL %s, %s, %s',
			$session->answer(q{SELECT extversion FROM pg_extension WHERE extname = 'pandelephant'}),
			$ENV{SOURCES} || 'unknown commit', $session->answer('SHOW server_version'),
			output_of("$here/inflate", '--version'),
			compiler()),
		sprintf('%s, %d cores, %.0f GB of memory, Linux %s; load average before: %s',
			found_in('/proc/cpuinfo', qr/^model name\s*: (.*)/m),
			output_of('nproc'), found_in('/proc/meminfo', qr/^MemTotal:\s*(\d+)/m) / (1 << 20),
			(uname())[2], $load_average),
		sprintf('a log of %s, %s inflated, %d chunks, %s system calls, %s arguments',
			megabytes(-s $log), megabytes($inflated), $chunks,
			map { with_commas($session->answer("SELECT count(*) FROM log.$_")) }
			  qw(syscalls syscall_arguments)));

	push @remarks, 'this machine was not quiet: a smoke test' if $load_average !~ /^0\.[0-4]/;
	push @remarks, 'CPU time of the session\'s own process: says nothing about d' if $by_cpu;
	$session->finish;
	return @lines;
}

# What the loading took, and what it made.
sub remark_on_loads
{
	return unless $parts{copy};
	push @remarks, sprintf 'h: COPY itself %.1f s, keys and indexes %.1f s, foreign keys %.1f s, ANALYZE %.1f s',
	  map { median(@{ $parts{$_} }) } qw(copy keys foreign analyze);

	my $session = PsqlSession->new;
	push @remarks, sprintf 'h: %s rows; tables %s, with their indexes %s; files for COPY %s',
	  with_commas($answer{native}),
	  map({ megabytes($session->answer("SELECT sum(pg_${_}_size(oid)) FROM pg_class"
				. q{ WHERE relnamespace = 'native'::regnamespace AND relkind = 'r'})) }
		qw(table total_relation)),
	  megabytes(sum0(map { -s } glob "$work/copy/*"));
	$session->finish;
}

# The rows of the table that QUERY names by their letters. What has no letter
# is for the whole table only.
sub wanted_rows
{
	my $letters = $ENV{QUERY} // '';
	return @table if $letters eq '';
	my @rows = grep { $_->[0] ne '' && index($letters, $_->[0]) >= 0 } @table;
	die "no row of the table is named by \"$letters\"\n" if !@rows;
	return @rows;
}

# What has to be measured for these rows, in order.
sub needed_measurements
{
	my %needed = map { $_ => 1 } grep { defined } map { @$_[ 2, 4 ] } @_;
	return grep { $needed{$_} } @order;
}

sub prepare
{
	my %needed = map { ($measurement{$_}{needs} // '') => 1 } @_;

	File::Copy::copy("$plogs/real/w1libs.plog", $libs) or die "could not write $libs: $!";
	run_once('CREATE EXTENSION pandelephant',
		"SELECT pe_attach('$log', schema => 'log', execution => 'bench')",
		"SELECT pe_attach('$libs', schema => 'libs')",
		"SELECT pe_attach('$plogs/real/w1sum.plog', schema => 'tiny')");
	prepare_native() if $needed{native} || $needed{files};
	prepare_files()  if $needed{files};
	prepare_places() if $needed{places};
	run_once($NEED_CATALOG) if $needed{catalog};
}

sub main
{
	my @rows = wanted_rows();
	my @names = needed_measurements(@rows);
	my @facts;

	prepare(@names, grep { $_ eq 'load_memory' } map { $_->[2] } @rows);
	@facts = describe();
	say_step('warming up ...');
	warm_up(@names);
	for my $round (1 .. $rounds)
	{
		my $start = time;
		run_round($round, $round % 2 ? @names : reverse @names);
		say_step(sprintf 'round %d of %d: %d s', $round, $rounds, time - $start);
	}
	show_profiles(@names) if $ENV{PERF};
	remark_on_loads();

	binmode STDOUT, ':encoding(UTF-8)';
	print "\n", map { "$_\n" } @facts,
	  "medians of $rounds rounds, interleaved, and least and most; warm page cache; server settings:\n";
	print map { "    $_" } settings();
	print "\n";
	print_table(@rows);
	print "\n", map { "$_\n" } @remarks;
	$_->finish for values %session;
}

# What the server was given, but for where it listens.
sub settings
{
	open my $file, '<', "$work/settings" or die "could not read settings: $!";
	return grep { !/^(listen|unix)/ } map { s/^ +//r } <$file>;
}

main();
