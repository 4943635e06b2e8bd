# pe trace: what protoc reads in a trace, entry by entry beside SQL.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use IPC::Run;
use PeCommand;
use PlogTest;
use Test::More;

my $files = work_directory();
my $node  = start_server('trace');
my $proto = abs_path("$FindBin::RealBin/../../proto");

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET search_path = s, public; $sql");
}

# Messages in protobuf's text form: each a hash of lists, as every field may come
# several times.
sub read_text
{
	my ($text) = @_;
	my @open = ({});

	for my $line (split /\n/, $text)
	{
		if ($line =~ /^ *(\w+) \{$/)
		{
			my $message = {};
			push @{ $open[-1]{$1} }, $message;
			push @open, $message;
		}
		elsif ($line =~ /^ *\}$/)
		{
			pop @open;
		}
		else
		{
			my ($name, $value) = $line =~ /^ *(\w+): (.*)$/ or die "no field: $line";
			$value =~ s/^"(.*)"$/unescape($1)/e;
			push @{ $open[-1]{$name} }, $value;
		}
	}
	return $open[0];
}

sub unescape
{
	my ($text) = @_;
	my %letter = (n => "\n", r => "\r", t => "\t");
	return $text =~ s/\\([0-7]{3})|\\(.)/defined $1 ? chr oct $1 : $letter{$2} \/\/ $2/ger;
}

sub packets_of
{
	my ($file) = @_;
	my ($text, $error);
	IPC::Run::run([ 'protoc', "--proto_path=$proto", '--decode=perfetto.protos.Trace', 'trace.proto' ],
		'<', $file, '>', \$text, '2>', \$error) or die "protoc: $error";
	unlike($text, qr/^ *\d+:/m, 'every field is known');
	return @{ read_text($text)->{packet} };
}

# Lines that are found beside those of a query, in any order.
sub lines_are
{
	my ($found, $sql, $test_name) = @_;
	my $have   = join "\n", sort @$found;
	my $expect = join "\n", sort split /\n/, query($sql);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	if ($have eq $expect)
	{
		pass($test_name);
		return;
	}
	fail($test_name);
	my %expected = map { $_ => 1 } split /\n/, $expect;
	my %found    = map { $_ => 1 } split /\n/, $have;
	my @more = grep { !$expected{$_} } sort keys %found;
	my @less = grep { !$found{$_} } sort keys %expected;
	diag("too much: $_")   for splice @more, 0, 4;
	diag("too little: $_") for splice @less, 0, 4;
}

# A call that was entered and returned: no call of its thread has an offset
# between the two.
my $pairs = q{(SELECT e.syscall_id AS entry, r.syscall_id AS return
	FROM syscalls e JOIN syscalls r ON r.thread_id = e.thread_id AND r.syscall_id =
		(SELECT min(n.syscall_id) FROM syscalls n WHERE n.thread_id = e.thread_id AND n.syscall_id > e.syscall_id)
	WHERE e.on_entry AND NOT r.on_entry AND r.name = e.name AND r.execution_offset > e.execution_offset
		AND NOT EXISTS (SELECT FROM syscalls o WHERE o.thread_id = e.thread_id AND (o.syscall_id < e.syscall_id AND o.execution_offset > e.execution_offset
			OR o.syscall_id > r.syscall_id AND o.execution_offset < r.execution_offset)))};

my %kind = (TYPE_SLICE_BEGIN => 'begin', TYPE_SLICE_END => 'end', TYPE_INSTANT => 'instant', TYPE_COUNTER => 'counter');
my $failed = "CASE WHEN left(name, 2) IN ('Nt', 'Zw') THEN retval & 3221225472 = 3221225472 ELSE retval BETWEEN -4095 AND -1 END";

for my $log (qw(real/w1libs made/all_kinds made/tail_minus1 made/form_pre2020 rules/parents rules/leaders rules/inverted rules/values
	rules/entries_2016 edges/pid_reuse edges/instr_minus1 edges/nul_in_str faults/parents made/empty_only_bogus))
{
	my $trace = "$files/trace";
	my ($code, $output, $error) = pe([ 'trace', log_path($log), '-o', $trace, '--force' ]);

	is("$code$output$error", 0, "$log: a trace");
	query("DROP SCHEMA IF EXISTS s CASCADE; SELECT pe_attach('" . log_path($log) . "', schema => 's');
		DROP TABLE IF EXISTS pairs; CREATE TABLE pairs AS SELECT * FROM $pairs p");
	my @packets = packets_of($trace);
	my @events  = grep { $_->{track_event} } @packets;
	my (%attribute, %track, @tracks);

	is_deeply([ grep { $_->{trusted_packet_sequence_id}[0] != 1 } @packets ], [], "$log: all packets are of one sequence");
	for (map { @{ $_->{attribute} } } map { @{ $_->{trace_attributes} // [] } } @packets)
	{
		$attribute{ $_->{key}[0] } = $_->{long_value}[0] // $_->{string_value}[0];
	}
	is(join('|', @attribute{qw(log guest processes threads calls calls_without_offset)}),
		query('SELECT name, guest, (SELECT count(*) FROM processes), (SELECT count(*) FROM threads), (SELECT count(*) FROM syscalls),
			(SELECT count(*) FROM syscalls WHERE execution_offset IS NULL) FROM executions'), "$log: what the trace says of itself");
	like($attribute{unit_of_time}, qr/nanosecond stands for an instruction/, "$log: and of its time");

	# Tracks
	@tracks = map { @{ $_->{track_descriptor} // [] } } @packets;
	$track{ $_->{uuid}[0] } = $_ for @tracks;
	is(scalar keys %track, scalar @tracks, "$log: a track is described once");
	is(join(' ', map { $track{0}{$_}[0] } qw(child_ordering process_ordering thread_ordering)),
		'EXPLICIT PROCESS_ORDERING_EXPLICIT THREAD_ORDERING_EXPLICIT', "$log: the order is what ranks say");
	my @ranks = map { $_->{sibling_order_rank}[0] } grep { $_->{uuid}[0] } @tracks;
	is_deeply(\@ranks, [ 1 .. @ranks ], "$log: ranks");
	my %first_thread = split /[|\n]/, query('SELECT process_id, min(thread_id) FROM threads GROUP BY process_id');
	my %process_of   = split /[|\n]/, query('SELECT thread_id, process_id FROM threads');
	my %rank;
	my @described;
	for my $thread (grep { $_->{thread} } @tracks)
	{
		my ($id, $process) = ($thread->{uuid}[0], $track{ $thread->{parent_uuid}[0] });
		push @described, join '|', $id, $thread->{thread}[0]{tid}[0], $thread->{thread}[0]{pid}[0], $process->{process}[0]{pid}[0],
		  $thread->{thread}[0]{thread_name}[0] // '', $process->{process}[0]{process_name}[0] // '';
		$rank{ $process_of{$id} } //= $process->{sibling_order_rank}[0];
	}
	lines_are(\@described,
		q{SELECT thread_id, thread_id, (SELECT min(thread_id) FROM threads o WHERE o.process_id = t.process_id) AS first,
			(SELECT min(thread_id) FROM threads o WHERE o.process_id = t.process_id),
			concat_ws(' ', tid, t.names[cardinality(t.names)]), concat_ws(' ', pid, p.names[cardinality(p.names)])
		  FROM threads t JOIN processes p USING (process_id)}, "$log: threads are known by thread_id, and named as the guest knows them");
	my @children = map { [ split /\|/ ] } split /\n/, query('SELECT process_id, parent_process_id FROM processes WHERE parent_process_id IS NOT NULL');
	my %parent = map { @$_ } @children;
	my $below = sub {
		my ($child, %seen) = @_;
		$child = $parent{$child} while defined $parent{$child} && !$seen{$child}++;
		return !defined $parent{$child};
	};
	is_deeply([ grep { $below->($_->[0]) && $rank{ $_->[0] } <= $rank{ $_->[1] } } @children ], [], "$log: parents stand above their children");

	# Calls
	my (@calls, @ends, %open, %count, @unnested, @counted, $last_at, %flow_from, %flow_to, @programs);
	for my $packet (@events)
	{
		my $event = $packet->{track_event}[0];
		my $at    = $packet->{timestamp}[0];
		my $kind  = $kind{ $event->{type}[0] };
		my $on    = $event->{track_uuid}[0];
		my %note  = map { my $note = $_; $note->{name}[0] => (map { $note->{$_}[0] } grep { /_value$/ } keys %$note)[0] }
		  @{ $event->{debug_annotations} // [] };

		if ($kind eq 'counter')
		{
			push @{ $count{$on} }, $event->{counter_value}[0];
			next;
		}
		push @calls, join '|', $note{syscall_id}, $kind, $at, $track{$on}{thread} ? $on : '', $event->{name}[0] // '', $note{retval} // ''
		  if exists $note{syscall_id};
		if ($kind eq 'begin')
		{
			push @{ $open{$on} }, { call => $note{syscall_id}, at => $at, name => $event->{name}[0], first => !$open{$on} };
		}
		elsif ($kind eq 'end')
		{
			my $begun = pop @{ $open{$on} };
			push @unnested, "$on at $at" if !$begun || defined $begun->{call} != defined $note{syscall_id} || $begun->{at} > $at;
			push @programs, join '|', $on, $begun->{at}, $at, $begun->{name} if !defined $note{syscall_id};
		}
		elsif ($track{$on}{thread} && !@{ $open{$on} // [] })
		{
			push @unnested, "$on at $at, an instant";
		}
		$flow_from{$_} = $note{syscall_id} for @{ $event->{flow_ids} // [] };
		$flow_to{$_} = "$on|$at" for @{ $event->{terminating_flow_ids} // [] };
	}
	lines_are(\@calls, q{SELECT syscall_id, CASE WHEN syscall_id IN (SELECT entry FROM pairs) THEN 'begin' WHEN syscall_id IN (SELECT return FROM pairs) THEN 'end'
			ELSE 'instant' END AS kind, execution_offset, thread_id, CASE WHEN syscall_id IN (SELECT return FROM pairs) THEN '' ELSE coalesce(name, '(no name)') END, retval
		FROM syscalls WHERE execution_offset IS NOT NULL}, "$log: every call with an offset");
	is_deeply([ @unnested, grep { @{ $open{$_} } } sort keys %open ], [], "$log: slices nest, and calls stand in them");

	my @arguments;
	for my $event (map { $_->{track_event}[0] } @events)
	{
		my @notes = @{ $event->{debug_annotations} // [] };
		next if !@notes || $notes[0]{name}[0] ne 'syscall_id';
		my $id = (shift @notes)->{uint_value}[0];
		shift @notes if @notes && $notes[0]{name}[0] eq 'retval' && exists $notes[0]{int_value};
		for my $position (0 .. $#notes)
		{
			my ($type) = grep { /_value$/ } keys %{ $notes[$position] };
			my $value = $type ? $notes[$position]{$type}[0] : '';
			$value = sprintf '0x%x', $value if ($type // '') eq 'pointer_value';
			push @arguments, "$id|$position|$notes[$position]{name}[0]|" . ($type // '') . '|' . (($type // '') eq 'double_value' ? '' : $value =~ s/\n/\\n/gr);
		}
	}
	lines_are(\@arguments, q{SELECT syscall_id, position, coalesce(name, 'arg' || position), CASE WHEN value IS NULL THEN '' WHEN argument_type = 'POINTER' THEN 'pointer_value'
			WHEN argument_type LIKE 'UNSIGNED%' THEN 'uint_value' WHEN argument_type LIKE 'SIGNED%' THEN 'int_value'
			WHEN argument_type IN ('FLOAT', 'DOUBLE') THEN 'double_value' WHEN argument_type = 'BOOL' THEN 'bool_value' ELSE 'string_value' END,
			CASE WHEN argument_type NOT IN ('FLOAT', 'DOUBLE') THEN replace(value, E'\n', '\n') END
		FROM syscall_arguments WHERE syscall_id IN (SELECT syscall_id FROM syscalls WHERE execution_offset IS NOT NULL)}, "$log: their arguments");

	# Programs
	my $execs = q{(SELECT DISTINCT thread_id, execution_offset AS at FROM (SELECT *, lead(retval) OVER (PARTITION BY thread_id ORDER BY syscall_id) AS next
			FROM syscalls WHERE name IN ('sys_execve', 'sys_execveat')) e
		WHERE thread_id IS NOT NULL AND execution_offset IS NOT NULL AND CASE WHEN on_entry THEN next IS NULL OR next >= 0 ELSE retval = 0 END)};
	lines_are([ map { s/\|[^|]*$//r } @programs ],
		qq{SELECT thread_id, at, until + CASE WHEN until < 0 THEN 18446744073709551616 ELSE 0 END FROM
			(SELECT thread_id, at, coalesce(lead(at) OVER (PARTITION BY thread_id ORDER BY at), last_seen_execution_offset) AS until FROM
			(SELECT thread_id, at FROM $execs x UNION SELECT thread_id, first_seen_execution_offset FROM threads WHERE first_seen_execution_offset IS NOT NULL) b
			JOIN threads USING (thread_id)) p}, "$log: a program lasts from one exec to the next");
	if ($log eq 'real/w1libs')
	{
		my @of_three = map { (split /\|/)[3] } sort { (split /\|/, $a)[1] <=> (split /\|/, $b)[1] } grep { /^3\|/ } @programs;
		is("@of_three", 'bash ls', "$log: and is named as it was then called");
	}

	# Counters
	my (@found, @jumps);
	for my $track (sort keys %count)
	{
		my $of = $track{$track}{parent_uuid}[0] ? $track{ $track{$track}{parent_uuid}[0] }{process}[0]{pid}[0] : 0;
		push @found, "$of|$track{$track}{name}[0]|$count{$track}[-1]";
		push @jumps, $track if "@{ $count{$track} }" ne join ' ', 1 .. @{ $count{$track} };
	}
	is_deeply(\@jumps, [], "$log: counters count");
	lines_are(\@found, qq{WITH c AS (SELECT coalesce((SELECT min(thread_id) FROM threads t WHERE t.process_id = s.process_id), -1) AS of, coalesce($failed, false) AS failed
			FROM syscalls s WHERE execution_offset IS NOT NULL)
		SELECT 0, 'calls', count(*) FROM c HAVING count(*) > 0
		UNION ALL SELECT 0, 'failed calls', count(*) FROM c WHERE failed HAVING count(*) > 0
		UNION ALL SELECT of, 'calls', count(*) FROM c WHERE of > 0 GROUP BY of
		UNION ALL SELECT of, 'failed calls', count(*) FROM c WHERE of > 0 AND failed GROUP BY of}, "$log: up to the calls of each process and of all");

	# Flows
	my @flows;
	push @flows, join '|', $_, $flow_from{$_} // '', $flow_to{$_} // '' for sort keys %{ { %flow_from, %flow_to } };
	lines_are(\@flows, q{SELECT * FROM (SELECT c.process_id,
			coalesce((SELECT syscall_id FROM syscalls s WHERE s.process_id = c.parent_process_id AND s.retval = c.pid
					AND s.name IN ('sys_clone', 'sys_clone3', 'sys_fork', 'sys_vfork') AND execution_offset <= c.first_seen_execution_offset
					AND execution_offset > coalesce((SELECT max(o.first_seen_execution_offset) FROM processes o WHERE o.pid = c.pid
						AND (o.first_seen_execution_offset, o.process_id) < (c.first_seen_execution_offset, c.process_id)), -1)
				ORDER BY execution_offset DESC, syscall_id DESC LIMIT 1),
				(SELECT syscall_id FROM syscalls s WHERE s.process_id = c.parent_process_id AND execution_offset < c.first_seen_execution_offset
				ORDER BY execution_offset DESC, syscall_id DESC LIMIT 1)) AS call,
			(SELECT min(thread_id) FROM threads t WHERE t.process_id = c.process_id) AS thread,
			(SELECT first_seen_execution_offset FROM threads WHERE thread_id = (SELECT min(thread_id) FROM threads t WHERE t.process_id = c.process_id))
		FROM processes c WHERE parent_process_id IS NOT NULL) f WHERE call IS NOT NULL}, "$log: forks flow from the parent's call to the child");
}

# ---------------------------------------------------------------------------
# The file
# ---------------------------------------------------------------------------

chdir $files or die $!;
my $small = log_path('real/w1sum');

is((pe([ 'trace', $small ]))[0], 0, 'a trace without a name for it');
my $bytes = slurp("$files/w1sum.perfetto-trace");
isnt(length $bytes, 0, 'is called as the log, in this directory');
pe_fails([ 'trace', $small ], 5, 'exists already: .*w1sum.perfetto-trace', 'a file that is there');
is((pe([ 'trace', $small, '--force' ]))[0], 0, '--force');
ok(slurp("$files/w1sum.perfetto-trace") eq $bytes, 'the same log gives the same trace');
pe_fails([ 'trace', $small, log_path('real/w1libs') ], 2, 'trace is of one log', 'two logs');
pe_fails([ 'trace', log_path('real/w1killed') ], 3, 'PANDA did not close', 'an unfinished log');
ok(!-e "$files/w1killed.perfetto-trace", 'leaves no trace');
is((pe([ 'trace', '--recover', log_path('real/w1killed') ]))[0], 0, 'but with --recover');

done_testing();
