# Joins that a scan makes: random ones of foreign tables of one log, compared with
# native copies of the same rows, and what must be left to PostgreSQL.
#
# PLOG_QUERIES is how many queries, PLOG_SEED the first one's number: PLOG_SEED=17
# PLOG_QUERIES=1 runs the query of number 17 alone.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogFile;
use PlogSession;
use PlogTest;
use Test::More;

my $count = $ENV{PLOG_QUERIES} // 200;
my $seed  = $ENV{PLOG_SEED} // 1;
note("PLOG_SEED=$seed PLOG_QUERIES=$count");

# A query that takes longer is left out.
my $TIMEOUT = '20s';

# Failures shown in full.
my $SHOWN = 5;

my $node      = start_server('joins');
my $directory = temporary_directory('joins');

# Columns are kept of these small logs, too, so that scans read both.
$node->append_conf('postgresql.conf', "pandelephant.min_column_log_size = 0\n");
$node->reload;

# ---------------------------------------------------------------------------
# Logs, foreign and native
# ---------------------------------------------------------------------------

my @LOGS = qw(real/w1struct made/small made/all_kinds rules/flows real/w1_sep2020form edges/pid_reuse
	made/outgrown_chunks_64k);

my @RELATIONS = qw(executions processes threads thread_names threadslices syscalls syscall_arguments
	mappings code_points taint_flows);

my $setup = '';
for my $i (1 .. @LOGS)
{
	my $path = log_path($LOGS[ $i - 1 ]);

	$setup .= "SELECT pe_attach('$path', 'l$i', 'e$i', $i); CREATE SCHEMA n$i;\n"
	  . join '', map { "CREATE TABLE n$i.$_ AS SELECT * FROM l$i.$_;\n" } @RELATIONS;
}
$node->safe_psql('postgres', $setup);

# The columns of each relation with their types, and some values of each, by log.
my (%type, %values);
for my $relation (@RELATIONS)
{
	%{ $type{$relation} } = map { split /\|/ } split /\n/, $node->safe_psql('postgres', qq{
		SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
		WHERE attrelid = 'l1.$relation'::regclass AND attnum > 0});
	for my $column (grep { $type{$relation}{$_} =~ /^(?:bigint|integer|text)$/ } sort keys %{ $type{$relation} })
	{
		for my $i (1 .. @LOGS)
		{
			$values{$relation}{$column}{$i} = [ split /\n/, $node->safe_psql('postgres', qq{
				SELECT quote_literal(v) FROM (SELECT DISTINCT "$column" AS v FROM n$i.$relation) d
				WHERE v IS NOT NULL AND v::text !~ '[\\n\\\\]' ORDER BY hashtext(v::text) LIMIT 10}) ];
		}
	}
}

# ---------------------------------------------------------------------------
# Random queries
# ---------------------------------------------------------------------------

# What refers to what: relation, column, the other relation and its key.
my @REFERENCES = (
	[qw(processes parent_process_id processes process_id)], [qw(threads process_id processes process_id)],
	[qw(thread_names thread_id threads thread_id)], [qw(threadslices thread_id threads thread_id)],
	[qw(threadslices process_id processes process_id)], [qw(syscalls thread_id threads thread_id)],
	[qw(syscalls process_id processes process_id)], [qw(mappings process_id processes process_id)],
	[qw(code_points mapping_id mappings mapping_id)], [qw(taint_flows source_thread_id threads thread_id)],
	[qw(taint_flows sink_code_point_id code_points code_point_id)],
	[qw(syscall_arguments syscall_id syscalls syscall_id)]);

my @SETTINGS = (
	map({ "enable_$_ = off" } qw(hashjoin mergejoin nestloop material memoize hashagg sort)),
	q{work_mem = '64kB'}, 'join_collapse_limit = 1', 'from_collapse_limit = 1',
	'pandelephant.enable_skipping = off', ('pandelephant.enable_columns = off') x 3,
	'pandelephant.enable_aggregate_pushdown = off', q{pandelephant.chunk_cache_size = '1MB'},
	'plan_cache_mode = force_generic_plan', 'plan_cache_mode = force_custom_plan',
	'max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
	  . ' SET min_parallel_table_scan_size = 0',
	'parallel_leader_participation = off');
my %has_setting = map { $_ => 1 } split /\n/, $node->safe_psql('postgres',
	"LOAD 'pandelephant'; SELECT name FROM pg_settings");
@SETTINGS = grep { /^([\w.]+)/ && $has_setting{$1} } @SETTINGS;

my @parameters;		# of the query at hand: relation and column of each
my $log;			# that it is of, by its number

sub chance { return rand() < $_[0] }
sub one_of { return $_[ int rand @_ ] }

sub literal
{
	my ($relation, $column) = @_;
	my $type = $type{$relation}{$column};
	my $value = one_of(@{ $values{$relation}{$column}{$log} }) // q{'7'};

	return one_of(q{'-1'}, q{'0'}, q{'9223372036854775807'}, 'NULL') . '::bigint' if $type eq 'bigint' && chance(0.05);
	return "$value\::$type";
}

sub value
{
	my ($relation, $column) = @_;

	return literal($relation, $column) if @parameters >= 3 || chance(0.6);
	push @parameters, [ $relation, $column ];
	return '$' . @parameters;
}

sub condition
{
	my ($alias, $relation) = @_;
	my $column = one_of(sort keys %{ $values{$relation} });
	my $type = $type{$relation}{$column};
	my $name = qq($alias."$column");
	my $kind = int rand 10;

	return "$name IS " . one_of('NULL', 'NOT NULL') if $kind == 0;
	return "$name IN (" . join(', ', map { value($relation, $column) } 1 .. 1 + int rand 4) . ')' if $kind == 1;
	return "$name = ANY (ARRAY[" . join(', ', map { literal($relation, $column) } 1 .. 1 + int rand 30) . '])' if $kind == 2;
	return "$name BETWEEN " . value($relation, $column) . ' AND ' . value($relation, $column) if $kind == 3;
	return "$name LIKE " . one_of(q{'sys_%'}, q{'%s%'}) if $kind == 4 && $type eq 'text';
	return "($name = " . value($relation, $column) . ' OR ' . condition($alias, $relation) . ')' if $kind == 5;
	return "$name " . one_of('=', '=', '=', '<', '<=', '>', '>=', '<>') . ' ' . value($relation, $column);
}

# What can be joined to a relation: the other, and the columns of both.
sub neighbour
{
	my ($relation) = @_;
	my @found = ([ 'executions', 'execution_id', 'execution_id' ]);

	for (@REFERENCES)
	{
		my ($from, $column, $to, $key) = @$_;
		push @found, ([ $to, $column, $key ]) x 3 if $from eq $relation;
		push @found, ([ $from, $key, $column ]) x ($from eq 'syscall_arguments' ? 6 : 1) if $to eq $relation;
	}
	return one_of(@found);
}

sub join_condition
{
	my ($left, $right, $left_column, $right_column) = @_;
	my @conditions = ("$left.$left_column = $right->[0].$right_column");

	@conditions = ("$right->[0].$right_column = $left.$left_column") if chance(0.3);
	push @conditions, "$left.execution_id = $right->[0].execution_id" if chance(0.8);
	push @conditions, condition(@$right) if chance(0.3);
	return join ' AND ', @conditions;
}

sub random_query
{
	my @tables = ([ 't1', one_of(qw(syscalls syscalls syscalls syscall_arguments), @RELATIONS) ]);
	my $from = "S.$tables[0][1] t1";
	my @where;

	@parameters = ();
	for my $i (2 .. one_of(2, 2, 2, 3, 3, 4, 5))
	{
		my $left = one_of(@tables);
		my ($relation, $left_column, $right_column) = @{ neighbour($left->[1]) };
		my $right = [ "t$i", $relation ];
		my $on = join_condition($left->[0], $right, $left_column, $right_column);
		my $kind = rand;

		if ($kind < 0.1)
		{
			push @where, one_of('', 'NOT ') . "EXISTS (SELECT FROM S.$relation t$i WHERE $on" . (chance(0.6) ? ' AND ' . condition(@$right) : '') . ')';
		}
		elsif ($kind < 0.15)
		{
			push @where, "$left->[0].$left_column " . one_of('IN', 'NOT IN') . " (SELECT $right_column FROM S.$relation t$i WHERE "
			  . condition(@$right) . ')';
		}
		elsif ($kind < 0.2)
		{
			# aggregates of a join for each row
			push @where, '(SELECT ' . one_of("count(*)", "min(t$i.$right_column)") . " FROM S.$relation t$i JOIN S.executions x$i"
			  . " USING (execution_id) WHERE $on) " . one_of('> 0', '< 3', 'IS NULL');
		}
		else
		{
			$from .= ' ' . one_of(('JOIN') x 6, ('LEFT JOIN') x 3, 'RIGHT JOIN', 'FULL JOIN') . " S.$relation t$i ON $on";
			$from =~ s/FULL(?= JOIN S\.\w+ t$i ON )/LEFT/ if $on !~ /\A[\w.]+ = [\w.]+(?: AND t\d\.execution_id = t\d\.execution_id)?\z/;
			push @tables, $right;
		}
	}
	push @where, condition(@{ one_of(@tables) }) for 1 .. one_of(0, 1, 1, 2, 3);
	my $where = @where ? ' WHERE ' . join ' AND ', @where : '';
	my @columns = map { my ($alias, $relation) = @$_; map { qq($alias."$_") } sort keys %{ $type{$relation} } } @tables;
	my @list = map { one_of(@columns) } 1 .. 1 + int rand 5;
	push @list, one_of(@tables)->[0] if chance(0.1);	# a whole row
	my $query;

	if (chance(0.25))
	{
		$query = "SELECT $list[0], count(*), count($list[-1]) FROM $from$where GROUP BY 1 ORDER BY 2 DESC, 1, 3 LIMIT 20";
	}
	elsif (chance(0.4))
	{
		my @keys = grep { /\."(?:syscall_id|position|threadslice_id|process_id|thread_id|execution_offset)"/ } @columns;
		my @order = ((map { one_of(@keys, @list) } 1 .. one_of(1, 2, 3)), @list);
		$query = 'SELECT ' . join(', ', @list) . " FROM $from$where ORDER BY " . join(', ', @order) . ' LIMIT ' . one_of(1, 10, 200);
	}
	else
	{
		$query = 'SELECT count(*), sum(hashtextextended(q::text, 0)::numeric) FROM (SELECT ' . join(', ', @list) . " FROM $from$where) q";
	}
	return ($query, [@parameters]);
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

my $script = "\\set VERBOSITY verbose\n";
my %queries;
for my $number ($seed .. $seed + $count - 1)
{
	srand $number;
	$log = 1 + int rand @LOGS;
	my ($query, $parameters) = random_query();
	my @arguments = map { [ map { literal(@$_) } @$parameters ] } 1 .. 7;
	my $settings = join '', map { "SET $_;\n" } chance(0.7) ? map { one_of(@SETTINGS) } 1 .. 1 + int rand 3 : ();
	my $foreign = statements($query, $parameters, "l$log", \@arguments);
	my $native = statements($query, $parameters, "n$log", \@arguments);
	my $explained = $query =~ s/\bS\./l$log./gr =~ s/\$\d/NULL/gr;

	$queries{$number} = "$settings$foreign";
	$script .= "\\warn == $number errors\nRESET ALL; SET jit = off; SET statement_timeout = '$TIMEOUT'; DEALLOCATE ALL;\n"
	  . "\\echo == $number native\n$native$settings\\echo == $number foreign\n$foreign"
	  . "\\echo == $number plan\nEXPLAIN (COSTS OFF) $explained;\n";
}
write_file("$directory/queries.sql", $script);
my ($output, $errors) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-P', 'null=NULL', '-d', $node->connstr('postgres'), '-f', "$directory/queries.sql" ],
	'>', \$output, '2>', \$errors, IPC::Run::timeout(60 + 20 * $count));
my %found = map { my (undef, @parts) = split /^== (\d+ \w+)\n/m, $_, -1; @parts } $output, $errors;
my ($pushed, $failed, $left_out) = (0, 0, 0);

for my $number (sort { $a <=> $b } keys %queries)
{
	my ($native, $foreign, $plan) = map { $found{"$number $_"} // 'the session ended' } qw(native foreign plan);
	my $error = $found{"$number errors"} // 'the session ended';
	my $is_same = $native eq $foreign && $error eq '';

	if ($error =~ /\A[^\n]*ERROR:  57014: /)
	{
		$left_out++;
		next;
	}
	$pushed++ if $plan =~ /Relations:/;
	ok($is_same, "query $number");
	next if $is_same || $failed++ >= $SHOWN;
	diag("PLOG_SEED=$number PLOG_QUERIES=1 runs this query alone");
	diag($queries{$number});
	diag('native: ' . substr($native, 0, 1500));
	diag('foreign: ' . substr($foreign, 0, 1500));
	diag(substr($plan, 0, 3000));
	diag($error);
}
cmp_ok($left_out, '<=', 1 + $count / 50, 'few queries took too long');
note("$pushed of $count queries had a scan that joins");
cmp_ok($pushed, '>=', $count / 4, 'many queries have a scan that joins') if $count >= 40;

# ---------------------------------------------------------------------------
# Logs that nobody has read: plans are made, and scans begin, without a catalog
# ---------------------------------------------------------------------------

# Calls of two processes by threads of the same number and time, which is one thread.
my @calls = map { {pid => $_ % 2 ? 10 : 11, name => "sys_$_", tid => 20}, {pid => 30, name => 'sys_a', tid => 30} } 1 .. 40;
my $offset = 100;
my @lines = map { $offset++; qq({"pc": "18446744071578845184", "instr": "$offset", "syscall": {"pid": $_->{pid}, "ppid": 1,)
	  . qq( "tid": $_->{tid}, "create_time": "7", "call_name": "$_->{name}", "retcode": "1", "args": [{"arg_name": "n", "str": "x"}]}}) } @calls;

my @UNREAD = (
	'SELECT count(*) FROM S.syscalls WHERE pid = 11',
	'SELECT count(*) FROM S.syscalls WHERE tid = 20',
	'SELECT count(*) FROM S.syscalls s JOIN S.threads t USING (thread_id) WHERE s.pid = 10',
	'SELECT s.name, a.value FROM S.syscalls s JOIN S.syscall_arguments a USING (syscall_id) WHERE s.thread_id = 2 LIMIT 1',
	'SELECT s.name, a.value FROM S.syscalls s JOIN S.syscall_arguments a USING (syscall_id) WHERE s.process_id = 2 LIMIT 1',
	'SELECT s.name, t.tid FROM S.syscalls s JOIN S.threads t USING (thread_id) WHERE s.process_id = 2 LIMIT 1',
	'SELECT EXISTS (SELECT FROM S.syscalls s JOIN S.syscall_arguments a USING (syscall_id) WHERE s.thread_id = 1 LIMIT 1)',
	'SELECT count(*) FROM S.syscalls s JOIN S.syscall_arguments a USING (syscall_id) WHERE s.thread_id = 1');

for my $i (0 .. $#UNREAD)
{
	my %result;

	for my $push (qw(off on))
	{
		my $schema = "unread_${i}_$push";

		write_plog("$directory/$schema.plog", \@lines, '--chunk-size', 512);
		$node->safe_psql('postgres', "SELECT pe_attach('$directory/$schema.plog', '$schema')");
		(undef, $result{$push}) = $node->psql('postgres', "SET pandelephant.enable_join_pushdown = $push;"
			  . " SET pandelephant.enable_aggregate_pushdown = $push; " . $UNREAD[$i] =~ s/\bS\./$schema./gr);
	}
	ok(length $result{off}, "$UNREAD[$i] has a result");
	is($result{on}, $result{off}, "$UNREAD[$i] of a log that nobody has read");
}

unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
