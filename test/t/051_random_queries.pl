# Random queries of foreign tables and of native copies of the same rows: joins
# of every kind, LATERAL and other subqueries, aggregates, orders, limits,
# parameters, under settings that change the plan.
#
# PLOG_QUERIES is how many queries, PLOG_SEED the first one's number, 1 where it is
# not given, so that who changes something else is not surprised:
# PLOG_SEED=17 PLOG_QUERIES=1 runs the query of number 17 alone.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use RandomLog qw(random_log);
use RandomModel;
use Test::More;

my $count = $ENV{PLOG_QUERIES} // 200;
my $seed  = $ENV{PLOG_SEED} // 1;
note("PLOG_SEED=$seed PLOG_QUERIES=$count");

# A query that takes longer on either side is left out, and so many may be.
my $TIMEOUT = '5s';
my $MOST_LEFT_OUT = 0.05;

# Failures shown in full.
my $SHOWN = 5;

my $node      = start_server('random_queries');
my $directory = temporary_directory('random_queries');

# ---------------------------------------------------------------------------
# Seven logs, foreign and native
# ---------------------------------------------------------------------------

# Random logs that can be read, of more than a few entries.  They are the same
# ones for all queries.
my @paths = map { log_path($_) } qw(real/w1sum real/w1struct made/small);
for (my $number = 1; @paths < 7; $number++)
{
	my $image = random_log($number);
	my $model = RandomModel->new(image => $image, plog => '', name => '');
	next if $model->is_malformed || @{ $model->{entries} } < 40 || !@{ $model->{calls} };
	push @paths, "$directory/random_$number.plog";
	write_file($paths[-1], $image);
}

my @relations = grep { $_ ne 'executions' } split /\n/, do
{
	$node->safe_psql('postgres', "SELECT pe_attach('$paths[0]', 'l1', 'e1', 1)");
	$node->safe_psql('postgres', q{SELECT relname FROM pg_class WHERE relnamespace = 'l1'::regnamespace
		AND relkind = 'f' AND relname NOT IN ('recordings', 'strace') ORDER BY 1});
};
my $all = join ',', @relations, 'executions';

# l1 to l7 are the logs, n1 to n7 their native rows; f and n all of them.
my $setup = "CREATE SCHEMA f; CREATE SCHEMA n;\n";
for my $i (1 .. @paths)
{
	$setup .= "SELECT pe_attach('$paths[$i - 1]', 'l$i', 'e$i', $i);\n" if $i > 1;
	$setup .= "SELECT count(*) FROM pe_materialize('l$i', 'native', relations => '{$all}');\n"
	  . "DO \$\$BEGIN ASSERT (SELECT execution_id FROM native.executions WHERE name = 'e$i') = $i; END\$\$;\nCREATE SCHEMA n$i;\n";
}
for my $relation (@relations)
{
	$setup .= "CREATE TABLE f.$relation (LIKE l1.$relation) PARTITION BY LIST (execution_id);\n"
	  . "CREATE VIEW n.$relation AS SELECT * FROM native.$relation;\n";
	for my $i (1 .. @paths)
	{
		$setup .= "CREATE FOREIGN TABLE f.${relation}_$i PARTITION OF f.$relation FOR VALUES IN ($i) SERVER pandelephant"
		  . " OPTIONS (filename '$paths[$i - 1]', relation '$relation', execution 'e$i', execution_id '$i');\n"
		  . "CREATE VIEW n$i.$relation AS SELECT * FROM native.$relation WHERE execution_id = $i;\n";
	}
}
$node->safe_psql('postgres', "$setup ANALYZE native.syscalls;");

# The columns of each relation with their types, and some values of each.
my (%type, %values);
for my $relation (@relations)
{
	%{ $type{$relation} } = map { split /\|/ } split /\n/, $node->safe_psql('postgres', qq{
		SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
		WHERE attrelid = 'l1.$relation'::regclass AND attnum > 0});
	for my $column (grep { $type{$relation}{$_} =~ /^(?:bigint|integer|text|boolean)$/ } sort keys %{ $type{$relation} })
	{
		my $found = $node->safe_psql('postgres', qq{
			SELECT execution_id, quote_literal(v) FROM (
			  SELECT execution_id, v, row_number() OVER (PARTITION BY execution_id ORDER BY hashtext(v::text)) AS n
			  FROM (SELECT DISTINCT execution_id, "$column" AS v FROM native.$relation) d
			  WHERE v IS NOT NULL AND v::text !~ '[\\n\\\\]') r
			WHERE n <= 10});
		$values{$relation}{$column} = {};
		for (split /\n/, $found)
		{
			my ($log, $value) = split /\|/, $_, 2;
			push @{ $values{$relation}{$column}{$log} }, $value;
		}
	}
}
note(sprintf 'set up in %.0f s', time - $^T);

# ---------------------------------------------------------------------------
# Queries
# ---------------------------------------------------------------------------

# What joins what, by which columns beside execution_id.
my @LINKS = (
	[ 'processes', 'threads', 'process_id' ], [ 'processes', 'syscalls', 'process_id' ],
	[ 'processes', 'mappings', 'process_id' ], [ 'processes', 'threadslices', 'process_id' ],
	[ 'threads', 'thread_names', 'thread_id' ], [ 'threads', 'threadslices', 'thread_id' ],
	[ 'threads', 'syscalls', 'thread_id' ], [ 'syscalls', 'syscall_arguments', 'syscall_id' ],
	[ 'syscalls', 'entries', 'syscall_id', 'entry_id' ], [ 'mappings', 'code_points', 'mapping_id' ],
	[ 'taint_flows', 'threads', 'source_thread_id', 'thread_id' ],
	[ 'taint_flows', 'code_points', 'sink_code_point_id', 'code_point_id' ],
	[ 'taint_flows', 'entries', 'taint_flow_id', 'entry_id' ],
	[ 'processes', 'processes', 'parent_process_id', 'process_id' ],
	[ 'syscalls', 'syscalls', 'execution_offset' ], [ 'syscalls', 'entries', 'execution_offset' ]);
@LINKS = grep { my ($a, $b, $x, $y) = @$_; $type{$a}{$x} && $type{$b}{ $y // $x } } @LINKS;

# What changes plans.
my @SETTINGS = (
	map({ "enable_$_ = off" } qw(hashjoin mergejoin nestloop material memoize hashagg sort incremental_sort
		indexscan seqscan parallel_append partition_pruning gathermerge)),
	'enable_partitionwise_join = on', 'enable_partitionwise_aggregate = on',
	'jit = on; SET jit_above_cost = 0', q{work_mem = '64kB'}, 'join_collapse_limit = 1', 'from_collapse_limit = 1',
	'pandelephant.enable_skipping = off', 'pandelephant.enable_aggregate_pushdown = off', q{pandelephant.chunk_cache_size = '1MB'},
	'plan_cache_mode = force_generic_plan', 'plan_cache_mode = force_custom_plan',
	map({ "max_parallel_workers_per_gather = $_; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
		  . ' SET min_parallel_table_scan_size = 0; SET min_parallel_index_scan_size = 0' } 2, 3),
	'parallel_leader_participation = off');
my %has_setting = map { $_ => 1 } split /\n/, $node->safe_psql('postgres',
	"LOAD 'pandelephant'; SELECT name FROM pg_settings");
@SETTINGS = grep { /^([\w.]+)/ && $has_setting{$1} } @SETTINGS;

sub chance { return rand() < $_[0] }
sub one_of { return $_[ int rand @_ ] }

# Parameters of the query at hand: their types, and where it has them, of which
# column they are.
my @parameters;

# The one log that it is of; '': of all.
my $of_which;

# A literal of a column, or a parameter.
sub value
{
	my ($relation, $column, $may_be_parameter) = @_;
	my $type = $type{$relation}{$column};

	if ($may_be_parameter && chance(0.4) && @parameters < 3)
	{
		push @parameters, [ $relation, $column ];
		return '$' . @parameters;
	}
	return literal($relation, $column);
}

sub literal
{
	my ($relation, $column) = @_;
	my $type = $type{$relation}{$column};
	my $of_log = $values{$relation}{$column};
	my $value = one_of(@{ $of_log->{ $of_which || one_of(1 .. @paths) } // [] }) // ($type eq 'boolean' ? q{'true'} : q{'7'});

	return one_of(q{'-1'}, q{'0'}, q{'9223372036854775807'}) . "::$type" if $type eq 'bigint' && chance(0.05);
	return "$value\::$type";
}

# A condition on a table of that alias.
sub condition
{
	my ($alias, $relation) = @_;
	my @columns = sort keys %{ $values{$relation} };
	my $column = chance(0.4) ? one_of(grep { /(?:_id|pid|tid|offset|name|kind)$/ } @columns) : one_of(@columns);
	my $type = $type{$relation}{$column};
	my $name = qq($alias."$column");
	my $kind = int rand 10;

	if (chance(0.05) && $type{$relation}{names})
	{
		return one_of("'bash' = ANY ($alias.names)", "cardinality($alias.names) > 1", "$alias.names \@> '{cat}'");
	}
	if (chance(0.1) && $relation eq 'entries')
	{
		return one_of(qq($alias.message ? 'syscall'), qq(($alias.message->'syscall'->>'pid') = '75'),
			qq(length($alias.message::text) > 100));
	}
	return "$name IS " . one_of('NULL', 'NOT NULL') if $kind == 0;
	return "$name IN (" . join(', ', map { value($relation, $column, 1) } 1 .. 1 + int rand 4) . ')' if $kind == 1;
	return "$name = ANY (ARRAY[" . join(', ', map { literal($relation, $column) } 1 .. 1 + int rand 30) . '])' if $kind == 2;
	return "$name BETWEEN " . join ' AND ', map { value($relation, $column, 1) } 1, 2 if $kind == 3 && $type ne 'boolean';
	return "$name LIKE " . one_of(q{'sys_%'}, q{'%s%'}, q{'%a_'}) if $kind == 4 && $type eq 'text';
	return "($name = " . value($relation, $column, 1) . ' OR ' . condition($alias, $relation) . ')' if $kind == 5;
	return 'NOT (' . condition($alias, $relation) . ')' if $kind == 6 && chance(0.5);
	return "$name IS NOT DISTINCT FROM " . value($relation, $column, 0) if $kind == 7 && chance(0.3);
	return "$name " . one_of('=', '=', '=', '<', '<=', '>', '>=', '<>') . ' ' . value($relation, $column, 1);
}

# Conditions by which two tables are joined: [ alias, relation ] each.
sub join_condition
{
	my ($left, $right, $link) = @_;
	my (undef, undef, $left_column, $right_column) = @$link;
	$right_column //= $left_column;
	my @conditions = ("$left->[0].$left_column = $right->[0].$right_column");

	push @conditions, "$left->[0].execution_id = $right->[0].execution_id" if chance(0.9) || $link->[2] eq 'execution_offset';
	push @conditions, condition(@$right) if chance(0.15);
	return join ' AND ', @conditions;
}

# A table that can be joined to one: its relation and the link, in that direction.
sub neighbour
{
	my ($relation) = @_;
	my @found;

	for my $link (@LINKS)
	{
		my ($a, $b, $x, $y) = @$link;
		push @found, $link if $a eq $relation;
		push @found, [ $b, $a, $y // $x, $x ] if $b eq $relation;
	}
	return one_of(@found);
}

# What rows are grouped by: a column, or an expression of one.
sub key_of
{
	my ($column, $tables) = @_;
	my ($alias, $name) = $column =~ /^(\w+)\."(\w+)"$/;
	my ($relation) = map { $_->[1] } grep { $_->[0] eq $alias } @$tables;
	my $type = $type{$relation}{$name};

	return $column if chance(0.6);
	return "$column " . one_of('/', '%') . ' ' . one_of(2, 10, 1000, 10000000, -3) if $type =~ /^(?:bigint|integer)$/;
	return one_of('length', 'upper') . "($column)" if $type eq 'text';
	return "$column IS NULL";
}

# A query of schema S, with its parameters; whether its rows are ordered.
sub random_query
{
	my @tables = ([ 't1', one_of(@relations, 'syscalls', 'syscall_arguments') ]);
	my $from = "S.$tables[0][1] t1";
	my (@where, $query);

	# what joins many rows with many is for small logs
	my $is_large = $of_which eq '' || $of_which <= 2;

	@parameters = ();
	for my $i (2 .. ($is_large ? one_of(1, 2, 2) : one_of(1, 2, 2, 3, 3, 4)))
	{
		my $left = one_of(@tables);
		my $link = neighbour($left->[1]) // next;
		my $right = [ "t$i", $link->[1] ];
		my $on = join_condition($left, $right, $link);
		my $kind = $is_large ? 1 + int rand 7 : int rand 8;

		if ($kind == 0)
		{
			my $order = join ', ', map { qq("$_") } grep { !/names|message/ } sort keys %{ $type{ $right->[1] } };
			$from .= ' ' . one_of('CROSS JOIN', 'LEFT JOIN')
			  . " LATERAL (SELECT * FROM S.$right->[1] t$i WHERE $on ORDER BY $order LIMIT " . (1 + int rand 3) . ") t$i";
			$from .= ' ON true' if $from =~ /LEFT JOIN LATERAL \((?!.*LATERAL)/s;
			push @tables, $right;
		}
		elsif ($kind == 1)
		{
			push @where, one_of('', 'NOT ') . "EXISTS (SELECT FROM S.$right->[1] t$i WHERE $on AND " . condition(@$right) . ')';
		}
		elsif ($kind == 2)
		{
			my (undef, undef, $x, $y) = @$link;
			$y //= $x;
			push @where, "$left->[0].$x " . one_of('IN', 'IN', 'NOT IN') . " (SELECT $y FROM S.$right->[1] t$i WHERE "
			  . condition(@$right) . " AND t$i.execution_id = $left->[0].execution_id)";
		}
		else
		{
			$from .= ' ' . one_of('JOIN', 'JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN') . " S.$right->[1] t$i ON $on";
			$from =~ s/FULL(?= JOIN S\.\w+ t$i ON )/LEFT/ if $on !~ /\A[\w.]+ = [\w.]+(?: AND t\d\.execution_id = t\d\.execution_id)?\z/;
			push @tables, $right;
		}
	}
	push @where, condition(@{ one_of(@tables) }) for 1 .. one_of(0, 0, 0, 1, 1, 2);
	my $where = @where ? ' WHERE ' . join ' AND ', @where : '';

	# columns, or aggregates
	my @columns = map { my ($alias, $relation) = @$_; map { qq($alias."$_") } sort keys %{ $type{$relation} } } @tables;
	my $is_ordered = 0;
	if (chance(0.4))
	{
		my @keys = map { key_of(one_of(@columns), \@tables) } 1 .. int rand 3;
		my @numbers = map { my ($alias, $relation) = @$_; map { qq($alias."$_") }
			  grep { $type{$relation}{$_} =~ /^(?:bigint|integer)$/ } sort keys %{ $type{$relation} } } @tables;
		my @aggregates = map { one_of('count(*)', 'count(' . one_of(@columns) . ')', 'count(DISTINCT ' . one_of(@numbers) . ')',
			map({ "$_(" . one_of(@numbers) . ')' } qw(min max sum avg)),
			one_of(qw(sum avg min max)) . '((' . one_of(@numbers) . ' % 1000)::' . one_of(qw(smallint integer)) . ')',
			one_of(qw(bool_and bool_or every)) . '(' . condition(@{ one_of(@tables) }) . ')',
			one_of('count(*) * 1.5', 'count(*) + max(' . one_of(@numbers) . ')', 'max(' . one_of(@numbers) . ') - 1000'),
			'sum(CASE WHEN ' . condition(@{ one_of(@tables) }) . ' THEN 1 END)',
			'min(' . one_of(@columns) . '::text)', 'count(*) FILTER (WHERE ' . condition(@{ one_of(@tables) }) . ')') } 1 .. 1 + int rand 3;
		my @list = (@keys, @aggregates);
		$query = 'SELECT ' . join(', ', @list) . " FROM $from$where";
		$query .= ' GROUP BY ' . join ', ', 1 .. @keys if @keys;
		$query .= ' HAVING count(*) > ' . int rand 3 if chance(0.2);
		if (chance(0.5))
		{
			$query .= ' ORDER BY ' . join(', ', map { $_ . one_of('', ' DESC') } 1 .. @list) . ' LIMIT ' . int rand 20;
			$is_ordered = 1;
		}
	}
	else
	{
		my @list = chance(0.3) ? @columns : map { one_of(@columns) } 1 .. 1 + int rand 4;
		$query = 'SELECT ' . one_of('', '', 'DISTINCT ') . join(', ', @list) . " FROM $from$where";
		if (chance(0.5))
		{
			my @order = map { $_ . one_of('', ' DESC', ' NULLS FIRST') } 1 .. @list;
			@order = (@order[ grep { 1 } reverse 0 .. $#order ]) if chance(0.3);
			$query .= ' ORDER BY ' . join(', ', @order) . ' LIMIT ' . one_of(1, 5, 100) . one_of('', ' OFFSET 3');
			$is_ordered = 1;
		}
		else
		{
			$query = "SELECT count(*), sum(hashtextextended(q::text, 0)::numeric) FROM ($query) q";
		}
	}
	return ($query, [@parameters], $is_ordered);
}

# A query as statements, seven times where it has parameters.
sub statements
{
	my ($query, $parameters, $schema, $arguments) = @_;

	$query =~ s/\bS\./$schema./g;
	return "$query;\n" if !@$parameters;
	my $types = join ', ', map { $type{ $_->[0] }{ $_->[1] } } @$parameters;
	return "PREPARE q ($types) AS $query;\n" . join('', map { "EXECUTE q (" . join(', ', @$_) . ");\n" } @$arguments) . "DEALLOCATE q;\n";
}

# The query of a number: SQL for its foreign and its native tables.
sub query_of
{
	my ($number) = @_;
	srand $number;
	my $log = $of_which = one_of('', '', '', 1 .. @paths);
	my ($query, $parameters, $is_ordered) = random_query();
	my @arguments = map { [ map { literal(@$_) } @$parameters ] } 1 .. 7;
	my $settings = join '', map { "SET $_;\n" } chance(0.8) ? map { one_of(@SETTINGS) } 1 .. 1 + int rand 4 : ();

	return {
		number => $number,
		is_ordered => $is_ordered,
		settings => $settings,
		foreign => statements($query, $parameters, $log ? "l$log" : 'f', \@arguments),
		native => statements($query, $parameters, $log ? "n$log" : 'n', \@arguments) };
}

# ---------------------------------------------------------------------------
# Running them
# ---------------------------------------------------------------------------

my @queries = map { query_of($_) } $seed .. $seed + $count - 1;

# Start a session that runs some of them.
sub start_session
{
	my ($name, @some) = @_;
	my $script = "\\set VERBOSITY verbose\nSET client_min_messages = error;\n";

	for my $query (@some)
	{
		for my $side (qw(foreign native))
		{
			$script .= "\\echo == $query->{number} $side\n\\warn == $query->{number} $side\n"
			  . "RESET ALL; SET jit = off; SET statement_timeout = '$TIMEOUT'; SET client_min_messages = error; DEALLOCATE ALL;\n"
			  . ($side eq 'foreign' ? $query->{settings} : '') . $query->{$side};
		}
	}
	write_file("$directory/$name.sql", $script);
	return IPC::Run::start(
		[ 'psql', '-XAtq', '-P', 'null=NULL', '-d', $node->connstr('postgres'), '-f', "$directory/$name.sql" ],
		'>', "$directory/$name.out", '2>', "$directory/$name.err", IPC::Run::timeout(60 + 80 * @some));
}

sub sections
{
	my ($file) = @_;
	my (undef, @parts) = split /^(== \d+ \w+)\n/m, read_file($file), -1;
	return map { s/^== //r } @parts;
}

my $started = time;
my $half = int(@queries / 2);
my @sessions = (start_session('first', @queries[ 0 .. $half - 1 ]), start_session('second', @queries[ $half .. $#queries ]));
$_->finish for @sessions;
my %output = map { sections("$directory/$_.out") } qw(first second);
my %errors = map { sections("$directory/$_.err") } qw(first second);

my ($left_out, $rows, $empty, $failed) = (0, 0, 0, 0);
for my $query (@queries)
{
	my ($foreign, $native) = map { $output{"$query->{number} $_"} // 'the session ended' } qw(foreign native);
	my ($foreign_error, $native_error) = map { $errors{"$query->{number} $_"} // '' } qw(foreign native);

	if ("$foreign_error$native_error" =~ /57014/)
	{
		$left_out++;
		next;
	}
	if (!$query->{is_ordered})
	{
		$_ = join "\n", sort split /\n/ for $foreign, $native;
	}

	# an error of the query's own, as a sum beyond bigint, is the same on both sides
	s/^.*?(ERROR:  \w+: [^\n]*).*/$1/s for $foreign_error, $native_error;
	my $is_same = $foreign eq $native && $foreign_error eq $native_error;
	ok($is_same, "query $query->{number}");
	$rows += () = $foreign =~ /\n/g;
	$empty++ if $foreign !~ /[1-9]/;
	next if $is_same || $failed++ >= $SHOWN;
	diag("PLOG_SEED=$query->{number} PLOG_QUERIES=1 runs this query alone");
	diag("$query->{settings}$query->{foreign}");
	diag('foreign: ' . substr("$foreign$foreign_error", 0, 1500));
	diag('native: ' . substr("$native$native_error", 0, 1500));
}
note(sprintf 'queries run in %.0f s', time - $started);
note("$left_out queries took too long, $empty found nothing, $rows rows");
cmp_ok($left_out, '<=', 1 + $MOST_LEFT_OUT * $count, 'few queries took too long');

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
