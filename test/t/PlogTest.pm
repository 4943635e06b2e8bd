# What the tests of whole logs share: a server with the extension, the logs,
# and the comparison of a relation with the model of its log.
package PlogTest;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use Fcntl qw(:flock);
use File::Basename qw(basename dirname);
use File::Compare qw(compare);
use File::Path qw(make_path);
use PlogModel;
use PlogNode;
use Test::More;

# Before version 15 the modules had other names.
BEGIN
{
	eval { require PostgreSQL::Test::Cluster; 1 } or require PostgresNode;
}

our @EXPORT = qw(@LOGS @OLDER_FORMS %COLUMNS @RELATIONS
  start_server log_path execution_of model_of relation_is);

# The logs that are read in full, smallest first, as paths under test/plogs.
# Those in rules are cases of the data model that no other log shows, written
# by test/writer/plog_write --chunk-size 4096 from the dumps beside them.
our @LOGS = (
	map("rules/$_",
		qw(absent leaders timeless parents spans inverted asids listed summary text traces values
		  flows arguments modules)),
	map("edges/$_",
		qw(arg_None arg_bytes_val arg_float_val arg_struct bad_utf8
		  instr_minus1 nul_in_name nul_in_str pc_kernel pid_reuse proc_trace
		  reparent)),
	map("made/$_",
		qw(empty_only_bogus small all_kinds tail_minus1 outgrown_struct_64k
		  outgrown_chunks_64k instr_past_2e32)),
	map("real/$_", qw(w1sum w1struct w1libs w3a)));

# The logs of the wire forms of 2016, 2018 and 2020.
our @OLDER_FORMS =
  qw(rules/entries_2016 real/w1_pre2020form real/w1_sep2020form made/form_pre2020 made/form_sep2020);

# The columns of every relation that come after execution_id.
my $SEEN = 'first_seen_execution_offset bigint, last_seen_execution_offset bigint';
my %DECLARED = (
	executions => 'name text, description text, plog text, plog_version integer, '
	  . 'file_bytes bigint, chunk_count integer, entry_count bigint, '
	  . 'first_execution_offset bigint, last_execution_offset bigint, complete boolean, guest text',
	processes => 'process_id bigint, parent_process_id bigint, pid bigint, ppid bigint, '
	  . 'create_time bigint, '
	  . "names text[], asid bigint, $SEEN",
	threads => 'thread_id bigint, process_id bigint, tid bigint, names text[], '
	  . "create_time bigint, $SEEN",
	thread_names => "thread_name_id bigint, thread_id bigint, name text, $SEEN",
	threadslices => 'threadslice_id bigint, thread_id bigint, process_id bigint, '
	  . 'start_execution_offset bigint, end_execution_offset bigint',
	syscalls => 'syscall_id bigint, thread_id bigint, process_id bigint, pid bigint, '
	  . 'tid bigint, name text, retval bigint, on_entry boolean, pc bigint, '
	  . 'execution_offset bigint, asid bigint',
	syscall_arguments => 'syscall_id bigint, position integer, name text, '
	  . 'argument_type text, value text, struct_type text',
	mappings => 'mapping_id bigint, process_id bigint, name text, path text, asid bigint, '
	  . "base_address bigint, size bigint, $SEEN",
	code_points => 'code_point_id bigint, mapping_id bigint, offset bigint',
	taint_flows => 'taint_flow_id bigint, source_thread_id bigint, source_code_point_id bigint, '
	  . 'source_pc bigint, source_execution_offset bigint, source_is_store boolean, '
	  . 'source_size integer, source_value bigint, source_label bigint, sink_thread_id bigint, '
	  . 'sink_code_point_id bigint, sink_pc bigint, sink_execution_offset bigint, '
	  . 'sink_is_store boolean, sink_size integer, sink_value bigint, is_copy boolean, '
	  . 'offset integer, cardinality integer, tcn integer, cb bigint',
	entries => 'entry_id bigint, chunk integer, pc bigint, execution_offset bigint, '
	  . 'asid bigint, kind text, message jsonb');

# All columns of every relation with their types.
our %COLUMNS =
  map { $_ => [ 'execution_id bigint', split /, /, $DECLARED{$_} ] } keys %DECLARED;

# The relations in an order in which each comes after those it refers to.
# entries stands last: pe_materialize() writes it only when asked to.
our @RELATIONS = qw(executions processes threads thread_names threadslices
  syscalls syscall_arguments mappings code_points taint_flows entries);

my $plogs = abs_path(dirname(__FILE__) . '/../plogs');

# Where the models and what is compared with them are written.
my $scratch;

# Where models are kept that several tests of a run compare with: making that of
# a large log takes half a minute.
my $kept;

# Start a server whose database has the extension.  Its options are those of
# PlogNode::adopt().
sub start_server
{
	my ($name, %options) = @_;
	my $node =
	    PostgreSQL::Test::Cluster->can('new')
	  ? PostgreSQL::Test::Cluster->new($name)
	  : PostgresNode->get_new_node($name);

	my $tempdir = PostgreSQL::Test::Utils->can('tempdir') // TestLib->can('tempdir');
	$scratch = abs_path($tempdir->('model'));
	$kept    = dirname($scratch) . '/kept_models';

	# not the name of who runs the tests: it may be one that a test gives a role
	$ENV{PGUSER} = 'postgres';
	$node->init(extra => [ '--encoding=UTF8', '--locale=C', '--username=postgres' ]);

	# the logs are small, and to compile a query takes longer than to run it
	$node->append_conf('postgresql.conf', 'jit = off');
	$node->start;
	$node = PlogNode::adopt($node, %options);
	$node->safe_psql('postgres', 'CREATE EXTENSION pandelephant');
	return $node;
}

# The path of a log of @LOGS.
sub log_path
{
	my ($log) = @_;
	return "$plogs/$log.plog";
}

# The execution that a log is by default.
sub execution_of
{
	my ($log) = @_;
	return basename($log);
}

# The model of a log of @LOGS, see PlogModel->new().  One with no other options
# than execution_id and encoding is made once in a run of the tests.
sub model_of
{
	my ($log, %options) = @_;
	my %made_of = (log => log_path($log), dump => "$plogs/$log.jsonl.gz", directory => $scratch);

	return PlogModel->new(%made_of, %options)
	  if grep { $_ ne 'execution_id' && $_ ne 'encoding' } keys %options;

	my $name = join '-', $log =~ tr{/}{-}r, $options{encoding} // 'UTF8';
	make_path($kept);
	open my $lock, '>', "$kept/$name.lock" or die "could not open $kept/$name.lock: $!";
	flock $lock, LOCK_EX or die "could not lock $kept/$name.lock: $!";
	if (!-e "$kept/$name/counts")
	{
		make_path("$kept/$name");
		PlogModel->new(%made_of, %options, execution_id => 1, directory => "$kept/$name")
		  ->write_counts;
	}
	return PlogModel->kept("$kept/$name", %options, scratch => $scratch);
}

# Test that a relation in a schema holds what the model says, for the model's
# execution.
sub relation_is
{
	my ($node, $schema, $relation, $model, $test_name) = @_;
	my @columns  = map { /^(\w+)/ ? qq("$1") : () } @{ $COLUMNS{$relation} };
	my $key      = $relation eq 'syscall_arguments' ? '1, 2, 3' : '1, 2';
	my $file     = "$scratch/found";
	my $expected = $model->path($relation);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $copy = sprintf
	  q{COPY (SELECT %s FROM %s.%s WHERE execution_id = %d ORDER BY %s) TO '%s' (ENCODING '%s')},
	  join(', ', @columns), $schema, $relation, $model->{execution_id}, $key,
	  $file =~ s/'/''/gr, $model->{encoding};
	my ($status, undef, $error) = $node->psql('postgres', $copy);

	$test_name .= ": $relation";
	if ($status != 0)
	{
		fail($test_name);
		diag($error);
		return;
	}
	ok(compare($file, $expected) == 0, sprintf '%s, %d rows', $test_name, $model->row_count($relation))
	  or show_difference($file, $expected);
	unlink $file;
}

# Show the first lines that two files do not share.
sub show_difference
{
	my ($found, $expected) = @_;
	my (%line, %file, %differing);
	my $most = 5;

	open $file{found},    '<', $found    or die "could not open $found: $!";
	open $file{expected}, '<', $expected or die "could not open $expected: $!";
	while (1)
	{
		$line{$_} = readline $file{$_} for qw(found expected);
		last if !defined $line{found} && !defined $line{expected};
		next if ($line{found} // '') eq ($line{expected} // '');
		for (qw(found expected))
		{
			push @{ $differing{$_} }, substr $line{$_}, 0, 1000
			  if defined $line{$_} && @{ $differing{$_} // [] } < $most;
		}
	}
	for (qw(found expected))
	{
		chomp @{ $differing{$_} };
		diag(join "\n    ", sprintf('%s, of %d lines:', $_, $file{$_}->input_line_number),
			@{ $differing{$_} });
	}
}

1;
