# Logs of any content against a model that reads them by itself: every relation,
# read by one process and by several, without and with a catalog on disk, while its
# columns are kept and from those, with option recover, and of the same log without
# header and directory.  What the catalog tells of groups of rows is what PostgreSQL
# makes of the rows.
#
# PLOG_RANDOM is how many logs, PLOG_SEED the first one's number, 1 where it is not
# given, so that who changes something else is not surprised:
# PLOG_SEED=17 PLOG_RANDOM=1 reads the log of number 17 alone.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PlogFile;
use PlogReader qw(describe_plog);
use PlogSession;
use PlogTest;
use RandomLog qw(random_log stripped);
use RandomModel qw(%MODEL_COLUMNS @MODEL_RELATIONS);
use Test::More;

my $count = $ENV{PLOG_RANDOM} // 200;
my $seed  = $ENV{PLOG_SEED}   // 1;
note("PLOG_SEED=$seed PLOG_RANDOM=$count");

# So many logs are read by a session, and failures are shown in full.
my $BATCH = 100;
my $SHOWN = 5;

my $node      = start_server('random_logs');
my $directory = temporary_directory('random_logs');

# The ways in which a log is read, in an order in which a catalog is written
# before it is found.
my $ALONE = 'SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0;';
my $TOGETHER = 'SET max_parallel_workers_per_gather = 1; SET max_parallel_maintenance_workers = 3;'
  . ' SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;';
my $UNKEPT = 'SET pandelephant.catalog_cache = off;';
my $KEPT = 'SET pandelephant.min_column_log_size = 0;';
my @WAYS = (
	{ name => 'serial',   settings => "$ALONE $UNKEPT" },
	{ name => 'pieces',   settings => "$TOGETHER $UNKEPT" },
	{ name => 'cold',     settings => $ALONE },
	{ name => 'warm',     settings => "$ALONE SET pandelephant.enable_skipping = off;", is_after => 1 },
	{ name => 'keeping',  settings => "$ALONE $KEPT" },
	{ name => 'kept',     settings => "$TOGETHER $KEPT", is_after => 1 },
	{ name => 'recover',  settings => $ALONE, recover => 1 },
	{ name => 'stripped', settings => $ALONE, recover => 1, stripped => 1 });

# Each way has foreign tables of its own, for a link that shows one log after the
# other.
my %columns;
for my $way (@WAYS)
{
	my $recover = $way->{recover} ? 'true' : 'false';

	mkdir "$directory/$way->{name}" or die "could not make a directory: $!";
	$way->{link} = "$directory/$way->{name}/log.plog";
	write_file($way->{link}, random_log(1));
	$node->safe_psql('postgres', "SELECT pe_attach('$way->{link}', '$way->{name}', recover => $recover)");
}
for my $relation (@MODEL_RELATIONS)
{
	my @there = split /\n/, $node->safe_psql('postgres', qq{SELECT attname FROM pg_attribute
		WHERE attrelid = to_regclass('serial.$relation') AND attnum > 1 ORDER BY attnum});
	my %is_there = map { $_ => 1 } @there;
	my @modelled = grep { $is_there{$_} } @{ $MODEL_COLUMNS{$relation} };

	is("@there", "@{ $MODEL_COLUMNS{$relation} }", "$relation: columns");
	$columns{$relation} = \@modelled if @there;
}

# Groups of a relation that the catalog may know, and a query for those that are not what
# PostgreSQL makes of the rows.
my %GROUPS = (
	threadslices => 'thread_id, process_id, count(*), sum(start_execution_offset), avg(end_execution_offset),'
	  . ' sum(end_execution_offset - start_execution_offset + 1)',
	syscalls => 'thread_id, name, count(*), min(retval), max(retval)');

sub groups_that_differ
{
	my ($schema, $relation) = @_;
	my @groups = map { "SELECT $GROUPS{$relation} FROM $_ GROUP BY 1, 2" }
	  "$schema.$relation", "(SELECT * FROM $schema.$relation OFFSET 0) r";

	return "($groups[0] EXCEPT ALL $groups[1]) UNION ALL ($groups[1] EXCEPT ALL $groups[0])";
}

# The statements that read logs in one way.
sub script
{
	my ($way, @logs) = @_;
	my $script = "$way->{settings}\nSET client_min_messages = error;\n\\set VERBOSITY verbose\n";

	for my $log (@logs)
	{
		my $path = $way->{stripped} ? $log->{stripped} : $log->{path};
		$script .= "\\! ln -sfn '$path' '$way->{link}'\n";
		for my $relation (grep { $columns{$_} } @MODEL_RELATIONS)
		{
			my $key = $relation eq 'syscall_arguments' ? '1, 2, 3' : '1, 2';
			my $list = join ', ', map { qq("$_") } 'execution_id', @{ $columns{$relation} };
			$script .= "\\echo == $log->{seed} $relation\n\\warn == $log->{seed} $relation\n"
			  . "COPY (SELECT $list FROM $way->{name}.$relation ORDER BY $key) TO STDOUT;\n";
		}
		for my $relation (sort keys %GROUPS)
		{
			$script .= "\\echo == $log->{seed} groups_of_$relation\n\\warn == $log->{seed} groups_of_$relation\n"
			  . 'COPY (' . groups_that_differ($way->{name}, $relation) . ") TO STDOUT;\n";
		}
	}
	return $script;
}

# Start to read logs in one way.
sub start_reading
{
	my ($way, @logs) = @_;
	my $at = "$directory/$way->{name}";

	write_file("$at/script", script($way, @logs));
	return IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$at/script" ],
		'>', "$at/output", '2>', "$at/errors", IPC::Run::timeout(60 + 10 * @logs));
}

# What was found, by log and relation.
sub sections
{
	my ($file) = @_;
	my (undef, @parts) = split /^(== \d+ \w+)\n/m, read_file($file), -1;
	return { map { s/^== //r } @parts };
}

# What is wrong with what was found of a log; '' if nothing is.
sub complaint
{
	my ($way, $log, $relation, $rows, $error) = @_;
	my $outcome = $way->{recover} ? 'rows' : $log->{model}->outcome($relation);
	my $is_error = $error =~ /\A(?:psql:\S+ )?ERROR:  XX001: .*malformed message/;

	return '' if $is_error && $outcome ne 'rows';
	return "$relation: $error" if $error ne '';
	return "$relation: no error" if $outcome eq 'error';
	my $expected = expected_rows($way, $log, $relation);
	return '' if $rows eq $expected;

	my %has = map { $_ => 1 } split /\n/, $rows;
	my %should = map { $_ => 1 } split /\n/, $expected;
	my @missing = map { "  expected: $_" } grep { !$has{$_} } split /\n/, $expected;
	my @more = map { "  found:    $_" } grep { !$should{$_} } split /\n/, $rows;
	return join "\n", "$relation (@{ $columns{$relation} }):", @missing > 5 ? @missing[ 0 .. 4 ] : @missing,
	  @more > 5 ? @more[ 0 .. 4 ] : @more, @missing + @more ? () : '  another order, or number';
}

# What is wrong with the groups of a log; '' if nothing is.
sub complaint_of_groups
{
	my ($log, $relation, $rows, $error) = @_;
	my $may_fail = $log->{model}->outcome($relation) ne 'rows' && $error =~ /XX001: .*malformed message/;

	return '' if $rows eq '' && ($error eq '' || $may_fail || $error =~ /ERROR:  22003: bigint out of range/);
	return "groups of $relation: $error$rows";
}

sub expected_rows
{
	my ($way, $log, $relation) = @_;

	if ($relation eq 'executions')
	{
		my %changed = (plog => $way->{link});
		%changed = (%changed, plog_version => undef, file_bytes => -s $log->{stripped}, complete => 'f') if $way->{stripped};
		return $log->{model}->rows_with('executions', \%changed, @{ $columns{executions} });
	}
	return $log->{model}->rows($relation, @{ $columns{$relation} });
}

# The files of columns.
sub glob_columns
{
	my @files = glob $node->data_dir . '/pandelephant_cache/*.columns';
	return @files;
}

my ($failed, $malformed) = (0, 0);
for (my $first = 0; $first < $count; $first += $BATCH)
{
	my @logs;

	for my $number ($seed + $first .. $seed + ($first + $BATCH < $count ? $first + $BATCH : $count) - 1)
	{
		my %log = (seed => $number, path => "$directory/$number.plog", stripped => "$directory/$number.cut.plog");
		$log{image} = random_log($number);
		write_file($log{path}, $log{image});
		write_file($log{stripped}, stripped($log{image}));
		push @logs, \%log;
	}

	# two at a time, and the model meanwhile
	my @ways = @WAYS;
	my @reading = map { start_reading($_, @logs) } splice @ways, 0, 2;
	$_->{model} = RandomModel->new(image => $_->{image}, plog => 'log.plog', name => 'log') for @logs;
	while (@reading)
	{
		(shift @reading)->finish;
		push @reading, start_reading(shift(@ways), @logs) if @ways && (!$ways[0]{is_after} || !@reading);
		push @reading, start_reading(shift(@ways), @logs) if @ways && @reading < 2 && !$ways[0]{is_after};
	}

	my %found = map { $_->{name} => [ sections("$directory/$_->{name}/output"), sections("$directory/$_->{name}/errors") ] } @WAYS;
	for my $log (@logs)
	{
		my %wrong;

		for my $way (@WAYS)
		{
			my ($rows, $errors) = @{ $found{ $way->{name} } };
			for my $relation (grep { $columns{$_} } @MODEL_RELATIONS)
			{
				my $key = "$log->{seed} $relation";
				my $complaint = complaint($way, $log, $relation, $rows->{$key} // '',
					$errors->{$key} // 'the session ended');
				push @{ $wrong{$complaint} }, $way->{name} if $complaint ne '';
			}
			for my $relation (sort keys %GROUPS)
			{
				my $key = "$log->{seed} groups_of_$relation";
				my $complaint = complaint_of_groups($log, $relation, $rows->{$key} // '',
					$errors->{$key} // 'the session ended');
				push @{ $wrong{$complaint} }, $way->{name} if $complaint ne '';
			}
		}
		ok(!%wrong, "log $log->{seed}");
		$malformed++ if $log->{model}->is_malformed;
		if (%wrong && $failed++ < $SHOWN)
		{
			diag("PLOG_SEED=$log->{seed} PLOG_RANDOM=1 reads this log alone");
			diag("@{ $wrong{$_} }: $_") for sort keys %wrong;
			diag(describe_plog($log->{image}));
		}
		unlink @$log{qw(path stripped)};
	}
}
note("$malformed of the logs were malformed");

cmp_ok(scalar(glob_columns()), '>', 0, 'columns of some logs were kept');
unlike(read_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'no backend died');
$node->stop;
done_testing();
