# pe report: the numbers of the page beside those of SQL, what a page is made
# of, a log whose every text is hostile, and, where Chromium is installed, what
# the page does.
use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::RealBin;

use Browser;
use Encode qw(decode);
use File::Copy qw(copy);
use IPC::Run;
use JSON::PP;
use PeCommand;
use PlogTest;
use Test::More;

my $files  = work_directory();
my $node   = start_server('report');
my $writer = "$FindBin::RealBin/../writer/plog_write";

sub query
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET search_path = s, public; $sql");
}

sub attach
{
	my ($log, $recover) = @_;
	query("DROP SCHEMA IF EXISTS s CASCADE");
	query("SELECT pe_attach('" . $log =~ s/'/''/gr . "', schema => 's', recover => " . ($recover ? 'true' : 'false') . ')');
}

# The data of a page.
sub data_of
{
	my ($file) = @_;
	my ($json) = slurp($file) =~ /<script type="application\/json" id="logs">\n(.*?)\n<\/script>/s;
	return decode_json($json);
}

sub sum
{
	my ($column, @rows) = @_;
	my $sum = 0;
	$sum += $_->[$column] // 0 for @rows;
	return $sum;
}

# ---------------------------------------------------------------------------
# Numbers
# ---------------------------------------------------------------------------

my $failed = "CASE WHEN left(name, 2) IN ('Nt', 'Zw') THEN retval & 3221225472 = 3221225472 ELSE retval BETWEEN -4095 AND -1 END";

# Rows of the page, as lines of values, beside those of a query.
sub rows_are
{
	my ($rows, $sql, $test_name) = @_;
	my $found = join "\n", sort map { join '|', map { $_ // '' } @$_ } @$rows;
	my $expected = join "\n", sort split /\n/, decode('UTF-8', query($sql));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($found eq $expected, $test_name) or diag(substr($found, 0, 500), "\n--\n", substr($expected, 0, 500));
}

for my $log (qw(real/w1libs real/w1killed real/w3a made/all_kinds made/tail_minus1 made/form_pre2020 rules/flows
	rules/inverted edges/pid_reuse edges/instr_minus1 made/empty_only_bogus faults/offsets_across_2e63))
{
	my $recover = $log =~ /killed/;
	my ($code, $output, $error) =
	  pe([ 'report', log_path($log), '-o', "$files/page.html", '--force', ($recover ? '--recover' : ()) ]);

	is("$code$output", 0, "$log: a page");
	attach(log_path($log), $recover);
	my ($data) = @{ data_of("$files/page.html")->{logs} };
	my $facts = $data->{facts};
	my @names = @{ $data->{names} };

	is(join('|', map { $_ // '' } @$facts{qw(name entry_count file_bytes processes threads calls failed mappings first last guest)}),
		query("SELECT name, entry_count, file_bytes, (SELECT count(*) FROM processes), (SELECT count(*) FROM threads),
			(SELECT count(*) FROM syscalls), (SELECT count(*) FROM syscalls WHERE $failed), (SELECT count(*) FROM mappings),
			first_execution_offset, last_execution_offset, guest FROM executions"),
		"$log: what the page says of the log");
	is($facts->{complete} ? 't' : 'f', query('SELECT complete FROM executions'), "$log: whether it is complete");
	rows_are([ map { [ @$_[ 0 .. 2 ] ] } @{ $data->{processes} } ],
		'SELECT process_id, parent_process_id, pid FROM processes', "$log: processes");
	rows_are([ map { [ @$_[ 0 .. 2, 4, 5 ] ] } @{ $data->{threads} } ],
		'SELECT thread_id, process_id, tid, first_seen_execution_offset, last_seen_execution_offset FROM threads', "$log: threads");
	rows_are([ map { [ $_->[0], $names[ $_->[1] ], @$_[ 2 .. 5 ] ] } @{ $data->{mix} } ],
		"SELECT process_id, name, count(*), count(*) FILTER (WHERE $failed), min(execution_offset), max(execution_offset)
		 FROM syscalls GROUP BY process_id, name", "$log: calls by process and name");
	rows_are($data->{threadcalls},
		"SELECT thread_id, count(*), count(*) FILTER (WHERE $failed) FROM syscalls WHERE thread_id IS NOT NULL GROUP BY thread_id",
		"$log: calls of threads");
	rows_are([ map { [ $_->[0], $names[ $_->[1] ], @$_[ 2 .. 5 ] ] } @{ $data->{errors} } ],
		"SELECT process_id, name, coalesce(pe_error_name(retval, (SELECT guest FROM executions)), (-retval)::text), count(*),
			min(execution_offset), max(execution_offset)
		 FROM syscalls WHERE retval BETWEEN -4095 AND -1 GROUP BY process_id, name, retval", "$log: errors");
	rows_are([ map { [ @$_[ 0, 1 ] ] } @{ $data->{kinds} } ],
		'SELECT kind, count(*) FROM entries WHERE kind IS NOT NULL GROUP BY kind', "$log: kinds of entries");
	rows_are([ map { [ @$_[ 0, 1, 3 ] ] } @{ $data->{modules} } ],
		'SELECT process_id, name, pe_hex(base_address) FROM modules', "$log: modules as last seen");
	rows_are([ map { [ @$_[ 0, 1, 2, 5 .. 9 ] ] } @{ $data->{processes} } ],
		'SELECT process_id, parent_process_id, pid, first_seen_execution_offset, last_seen_execution_offset, instructions, exit_code,
			CASE ended WHEN $$exited$$ THEN ended END FROM process_tree', "$log: processes as process_tree has them");
	rows_are([ map { [ $_->[0], ($_->[4] // '') =~ s/\n/ /gr ] } @{ $data->{processes} } ],
		q{SELECT process_id, CASE WHEN length(command_line) > 1000 THEN left(command_line, 1000) || U&'\2026' ELSE replace(command_line, E'\n', ' ') END
		  FROM process_tree}, "$log: command lines");
	is(scalar @{ $data->{modules} }, $facts->{modules}, "$log: so many are said to be there");
	is(scalar @{ $data->{coverage} }, query('SELECT count(*) FROM code_points'), "$log: code points");
	rows_are([ map { [ @$_[ 2 .. 4 ] ] } @{ $data->{coverage} } ],
		'SELECT pe_hex("offset"), (SELECT count(*) FROM taint_flows WHERE source_code_point_id = code_point_id),
			(SELECT count(*) FROM taint_flows WHERE sink_code_point_id = code_point_id) FROM code_points', "$log: flows of each");
	rows_are([ map { [ @$_[ 0, 1, 5 ] ] } @{ $data->{files} } ],
		q{SELECT process_id, value, count(*) FROM syscalls JOIN syscall_arguments a USING (syscall_id)
		  WHERE a.name IN ('filename', 'pathname', 'path', 'oldname', 'newname', 'filename(from fd)') AND argument_type = 'STRING'
			AND value NOT IN ('', 'n/a', '[unknown filename]') GROUP BY 1, 2}, "$log: calls on paths");

	if ($facts->{detail})
	{
		rows_are([ map { [ @$_[ 0 .. 2 ], $names[ $_->[3] ], $_->[4] ? 't' : 'f', $_->[5] ] } @{ $data->{calls} } ],
			"SELECT process_id, thread_id, execution_offset, name, coalesce($failed, false),
				CASE WHEN length(call) > 500 THEN left(call, 500) || '\x{e2}\x{80}\x{a6}' ELSE call END
			 FROM syscalls JOIN (SELECT syscall_id, call FROM strace) t USING (syscall_id)", "$log: calls");
	}
	else
	{
		my (%counted, @lines);
		for my $cell (@{ $data->{cells} })
		{
			my ($process, $thread, $bin, $first, $last, @numbers) = @$cell;
			my $calls = 0;
			while (my ($name, $count, $failures) = splice @numbers, 0, 3)
			{
				push @lines, [ $process, $thread, $facts->{base} + $bin * $facts->{width}, $names[$name], $count, $failures ];
				$calls += $count;
			}
			push @{ $counted{ defined $last ? 'several' : 'one' } }, $calls;
		}
		rows_are(\@lines, "SELECT process_id, thread_id, execution_offset - execution_offset % $facts->{width}, name, count(*),
			count(*) FILTER (WHERE $failed) FROM syscalls WHERE execution_offset IS NOT NULL GROUP BY 1, 2, 3, 4", "$log: bins");
		ok(!(grep { $_ < 2 } @{ $counted{several} }) && !(grep { $_ != 1 } @{ $counted{one} }), "$log: a bin of several calls has a first and a last one");
		rows_are([ map { [ $_->[3] ] } @{ $data->{cells} } ],
			"SELECT CASE WHEN length(call) > 160 THEN left(call, 160) || '\x{e2}\x{80}\x{a6}' ELSE call END FROM strace WHERE syscall_id IN (
				SELECT min(syscall_id) FROM syscalls GROUP BY process_id, thread_id, execution_offset / $facts->{width})", "$log: first calls of bins");
	}
}

# ---------------------------------------------------------------------------
# A page
# ---------------------------------------------------------------------------

my $libs = log_path('real/w1libs');
chdir $files or die $!;

{
	my ($code, $output, $error) = pe([ 'report', $libs ]);
	is("$code$output$error", 0, 'a page without a name for it');
	ok(-s "$files/w1libs.html", "is called as the log, in this directory");
	my $page = slurp("$files/w1libs.html");
	pe_fails([ 'report', $libs ], 5, 'exists already: .*w1libs.html', 'a file that is there');
	is(slurp("$files/w1libs.html"), $page, 'which stays as it was');
	pe_fails([ 'report', '-o', 'w1libs.html', $libs ], 5, 'exists already', 'also where it is named');
	is((pe([ 'report', $libs, '--force' ]))[0], 0, '--force');
	ok(slurp("$files/w1libs.html") eq $page, 'the same log gives the same page');
	is_deeply([ sort { $a cmp $b } grep { !/w3\.org\/2000\/svg/ } $page =~ /(?:https?:)?\/\/[a-z]+\.[a-z.\/0-9]+/g ], [], 'it names no place of the network');
	like($page, qr/default-src 'none'/, 'and may not load anything');

	copy($libs, "$files/x.plog");
	IPC::Run::run([ 'gzip', '-f', "$files/x.plog" ]);
	pe([ 'report', "$files/x.plog.gz" ]);
	is(data_of("$files/x.html")->{logs}[0]{facts}{calls}, 2222, 'a compressed log');
}

pe_fails([ 'report', log_path('real/w1killed'), '-o', 'killed.html' ], 3, 'PANDA did not close', 'an unfinished log');
ok(!-e "$files/killed.html", 'leaves no page');
is_deeply([ grep { /pe-export/ } glob("$files/.* $files/*") ], [], 'nor a part of one');
pe([ 'report', '--name', 'a <b>name</b>', $libs, '-o', 'named.html' ]);
is(data_of("$files/named.html")->{logs}[0]{facts}{name}, 'a <b>name</b>', '--name');

{
	my @logs = (log_path('rules/flows'), log_path('made/all_kinds'), $libs);
	is((pe([ 'report', @logs, '-o', 'three.html' ]))[0], 0, 'several logs');
	my @facts = map { $_->{facts} } @{ data_of("$files/three.html")->{logs} };
	is(join(' ', map { $_->{name} } @facts), 'flows all_kinds w1libs', 'each is in the page');
	is($facts[2]{calls}, 2222, 'with its own numbers');
}

# ---------------------------------------------------------------------------
# Hostile text
# ---------------------------------------------------------------------------

# It ends the element, begins a comment, a tag, another line of JavaScript, turns
# the direction of text, and has control characters.
my $evil = q{</script><script>window.broken = 1</script><!--<img src=x onerror="window.broken=1">]]>} . "'\"`\${1}"
  . "\x{2028}\x{2029}\x{202e}\x{5d0}\e[31m\x01\x7f\x{9b}";
my %thread = (pid => 10, ppid => 1, tid => 10, create_time => '5');
my @entries = (
	{ asid_info => { asid => '4096', %thread{qw(pid ppid create_time)}, tids => [10], names => [$evil], start_instr => '10', end_instr => '90' } },
	{ asid_libraries => { %thread, proc_name => $evil, modules => [ { name => $evil, file => $evil, base_addr => '4096', size => '4096' } ] } },
	map({ { syscall => { %thread, retcode => $_->[1], call_name => $_->[0], args => [ map { { arg_name => $_, str => $evil } } qw(filename args), $evil ] } } }
		[ sys_execve => '0' ], [ sys_openat => '3' ], [ sys_openat => '-2' ], [ $evil => '-22' ], [ sys_bind => '0' ], [ sys_connect => '0' ]),
	{ taint_flow => { source => { cp => { thread => \%thread, pc => '4100' }, size => 1, value => '1', instr => '20', is_store => JSON::PP::false, label => 1 },
			sink => { cp => { thread => \%thread, pc => '4200' }, size => 1, value => '1', instr => '30', is_store => JSON::PP::true },
			copy => JSON::PP::true, offset => 0, card => 1, tcn => 1, cb => 1 } });
my $number = 10;
my $lines = join '', map { JSON::PP->new->utf8->encode({ pc => '18446744071589331488', instr => (++$number) . '', asid => '4096', %$_ }) . "\n" } @entries;
IPC::Run::run([ $writer, '-o', "$files/hostile.plog" ], '<', \$lines) or die 'could not write hostile.plog';
is((pe([ 'report', "$files/hostile.plog", '--name', $evil =~ s/[\x00-\x1f\x7f-\x{ffff}]//gr, '--description', '</script>' ]))[0], 0, 'a hostile log');
{
	my $page = slurp("$files/hostile.html");
	my ($json) = $page =~ /id="logs">\n(.*?)\n<\/script>\n<script>'use strict'/s;
	unlike($json, qr/[<>&]|\xe2\x80[\xa8\xa9]/, 'nothing in the data can end it');
	is(() = $page =~ /<\/script/gi, 2, 'the page has its own two scripts');
	my $data = decode_json($json)->{logs}[0];
	is($data->{processes}[0][3], $evil, 'and the text is all there');
	is($data->{coverage}[0][1], $evil, 'that of modules too');
}

# ---------------------------------------------------------------------------
# In a browser
# ---------------------------------------------------------------------------

SKIP:
{
	skip 'Chromium and chromedriver are not installed: what the page does was not tried', 1 if !Browser::is_installed();

	my $pictures = ($ENV{TESTLOGDIR} // $ENV{TESTDATADIR} // "$files") . '/pictures';
	mkdir $pictures;
	my $browser = Browser->new($files);
	my $zoom    = q{document.querySelector('.tools span').textContent};
	my $escape  = "\x{e00c}";
	my %arrow   = (left => "\x{e012}", up => "\x{e013}", right => "\x{e014}", down => "\x{e015}");

	# open a page, and wait for the picture
	my $show = sub {
		my ($file) = @_;
		$browser->open($file);
		ok($browser->becomes("document.querySelector('.tools span')?.textContent"), "$file: it is drawn");
	};
	# the totals of a table's foot, by its caption
	my $total = sub {
		my ($caption, $column) = @_;
		return $browser->run(qq{
			const table = [...document.querySelectorAll('table')].find(table => table.caption.textContent.startsWith("$caption"));
			return table.tFoot.querySelector('[data-total="$column"]').textContent.replace(/Total: |,/g, '')});
	};
	# a change of the picture's range
	my $zooms = sub {
		my ($work, $test_name) = @_;
		my $before = $browser->run("return $zoom");
		$work->();
		ok($browser->becomes("$zoom !== " . encode_json([$before]) . '[0]'), $test_name);
	};

	for my $log (qw(real/w1libs real/w3a made/all_kinds))
	{
		my $name = execution_of($log);
		pe([ 'report', log_path($log), '-o', "$files/$name.html", '--force' ]);
		attach(log_path($log));
		$show->("$files/$name.html");
		my $middle = $browser->run(q{
			const box = document.querySelector('.rows canvas').getBoundingClientRect();
			return [box.left, box.top, box.width]});
		my ($left, $top, $width) = @$middle;

		is($total->('The tree of processes', 'rows'), query('SELECT count(*) FROM processes'),   "$name: processes");
		is($total->('Who ran',               'rows'), query('SELECT count(*) FROM threads'),     "$name: threads");
		is($total->('How often',             'calls'), query('SELECT count(*) FROM syscalls'),   "$name: calls");
		is($total->('How often', 'failed'), query("SELECT count(*) FROM syscalls WHERE $failed"), "$name: failed calls");
		is($total->('The tree of processes', 'calls'), query('SELECT count(process_id) FROM syscalls'), "$name: calls of processes");
		is($total->('What each process had mapped', 'rows'),
			query('SELECT count(*) FROM modules'), "$name: modules");
		$browser->picture("$pictures/$name.png");

		$zooms->(sub { $browser->wheel($left + $width / 2, $top + 30, -200) }, "$name: the wheel zooms");
		$zooms->(sub { $browser->key('0') },          "$name: 0 shows all");
		$zooms->(sub { $browser->key('+') },          "$name: + zooms");
		$zooms->(sub { $browser->key($arrow{right}) }, "$name: an arrow moves");
		$zooms->(sub { $browser->key($arrow{left}) },  "$name: the other one too");
		$zooms->(sub { $browser->key('-') },          "$name: - zooms out");
		$zooms->(sub { $browser->drag($left + $width * .3, $top + 30, $left + $width * .5) }, "$name: a dragged range zooms");
		$zooms->(sub { $browser->key('0') }, "$name: and back");

		my $tip = '';
		for (my $part = 0; $part < 60 && $tip !~ /calls? *,|[a-z0-9_]\(.*=/; $part++)
		{
			$browser->move($left + $width * ($part + .5) / 60, $top + 30);
			$browser->becomes('true');
			$tip = $browser->run(q{const tip = document.querySelector('.tip'); return tip.hidden ? '' : tip.innerText});
		}
		my $line = $name eq 'w3a' ? qr/\d calls?, \d+ failed.*\d × \w+.*first: \w+\(/s : qr/\w+\(.*\) = /s;
		like($tip, $line, "$name: the pointer over a call shows it");

		my $y = $browser->run(q{
			const box = document.querySelector('.row[data-key^="process"]').getBoundingClientRect();
			return box.top + box.height / 2});
		$browser->click($left + $width / 2, $y);
		ok($browser->becomes(q{location.hash.includes('process=')}), "$name: a click on a row chooses its process");
		my ($process) = $browser->run('return location.hash') =~ /process=(\d+)/;
		ok($browser->becomes(q{document.querySelector('.undo')?.offsetWidth > 0}), "$name: there is a button to undo it");
		is($total->('The tree of processes', 'rows'), 1, "$name: the tables are of it: processes");
		is($total->('How often', 'calls'), query("SELECT count(*) FROM syscalls WHERE process_id = $process"), "$name: calls");
		is($browser->run(q{return document.querySelectorAll('.row.faded').length > 0}), 1, "$name: the others fade");
		$browser->picture("$pictures/$name-chosen.png");
		$browser->key($escape);
		ok($browser->becomes(q{location.hash === '' && !document.querySelector('.undo')}), "$name: Esc undoes it");
		is($total->('How often', 'calls'), query('SELECT count(*) FROM syscalls'), "$name: all calls again");
		$browser->run("location.hash = '#log=1&process=2'");
		ok($browser->becomes(q{document.querySelector('.undo')}), "$name: the address chooses");
		$browser->run(q{document.querySelector('.undo').click()});
		ok($browser->becomes(q{!document.querySelector('.undo')}), "$name: the button undoes it");
		$browser->run(q{document.querySelector('.row[data-key^="process"] button').click()});
		ok($browser->becomes(q{document.querySelector('.undo')}), "$name: a click on a name chooses");
		$browser->key($escape);
		$browser->run(q{document.querySelector('.rows canvas').focus()});
		$browser->key($arrow{down});
		ok($browser->becomes(q{document.querySelector('.undo')}), "$name: an arrow chooses, too");
		$browser->key($escape);

		my ($fold) = $browser->run(q{const fold = [...document.querySelectorAll('.row:not(.thread) button')].find(button => button.textContent.startsWith('▸'));
			const text = fold?.textContent ?? ''; fold?.click(); return text});
		ok($fold eq '' || $browser->becomes(q{document.querySelector('.row:not(.thread) button[aria-expanded="true"]')}), "$name: equal siblings open");
		like($fold, qr/\A▸ 60 × .*true\z/, 'w3a: they are one row') if $name eq 'w3a';
		my $key = $browser->run(q{const row = document.querySelector('.row'); row.querySelector('input').click(); return row.dataset.key});
		ok($browser->becomes("!document.querySelector('[data-key=\"$key\"]')"), "$name: an empty box hides a process");
		ok($browser->becomes(q{[...document.querySelectorAll('.tools button')].some(button => button.textContent === 'Show 1 hidden process' && !button.hidden)}),
			"$name: which can be shown again");
		like($browser->pdf, qr/\A%PDF/, "$name: it prints");
		is_deeply([ $browser->complaints ], [], "$name: no error on the console");
	}

	$browser->dark;
	$show->("$files/w1libs.html");
	is_deeply($browser->run(q{
		const canvas = document.querySelector('.rows canvas');
		return [...canvas.getContext('2d').getImageData(canvas.width - 2, 1, 1, 1).data]}), [ 20, 23, 26, 255 ], "the picture's ground is dark, too");
	$browser->picture("$pictures/dark.png");

	$show->("$files/hostile.html");
	is($browser->run('return window.broken ?? 0'), 0, 'a hostile log runs nothing');
	is($browser->run(q{return document.querySelectorAll('img').length + document.querySelectorAll('script').length}), 2, 'and makes no element');
	is($browser->run(q{return document.body.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2028]/g)?.length ?? 0}), 0,
		'control characters are shown escaped');
	ok($browser->run(q{return [...document.querySelectorAll('bdi')].some(bdi => bdi.textContent.includes('\\\\x1b[31m\\\\x01\\\\x7f'))}), 'so that they can be read');
	is($browser->run(q{
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		let loose = 0;
		while (walk.nextNode())
			if (walk.currentNode.data.includes('\u05d0') && !walk.currentNode.parentElement.closest('bdi, script')) loose++;
		return loose}), 0, 'and stand for themselves, whatever their direction');
	$browser->picture("$pictures/hostile.png");
	is_deeply([ $browser->complaints ], [], 'no error on the console');

	$show->("$files/three.html");
	is($browser->run(q{return document.querySelectorAll('section.log').length}), 3, 'several logs have a part each');
	is_deeply([ $browser->complaints ], [], 'no error on the console');
	$browser->close;
}

done_testing();
