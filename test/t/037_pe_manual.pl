# What pe says of itself is the same everywhere: each command and each option of
# its help is in the manual and in bash's completion, is taken, and nothing else is
# in these.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PeCommand;
use Test::More;

my $doc    = "$FindBin::RealBin/../../doc";
my $manual = slurp("$doc/pe.1") =~ s/\\-/-/gr;

# The words that an option of the help has: "-o", "--output".
sub options_of
{
	my ($help) = @_;
	return map { split /, / } $help =~ /^  (--?\w[\w-]*(?:, --\w[\w-]*)?)/mg;
}

# What bash offers for the last of some words.
sub completed
{
	my (@words) = @_;
	IPC::Run::run([ 'bash', '-c', 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pe; printf "%s\n" "${COMPREPLY[@]}"',
			'bash', "$doc/pe.bash", @words ], '<', \undef, '>', \my $found, '2>', \my $error);
	is($error, '', "completion of @words");
	return split /\n/, $found;
}

# What a section of the manual, or a part of one, has in bold as its first words.
sub section
{
	my ($name) = @_;
	my ($text) = $manual =~ /^\.SS \Q$name\E\n(.*?)(?=^\.S[SH] )/ms;
	return $text // '';
}

sub unique
{
	my %seen;
	return sort grep { !$seen{$_}++ } @_;
}

# completion offers files, too, of which there are none here
chdir work_directory() or die $!;

my $help     = (pe(['--help']))[1];
my @commands = unique(grep { $_ ne 'help' } $help =~ /^(?:usage:|      ) pe ([a-z]+) /mg);
my %sections = (
	query => ['Of query'], ingest => ['Of ingest'], export => ['Of export'], report => ['Of report and trace'], trace => ['Of report and trace'],
	info => ['Of info and tree'], tree => ['Of info and tree'], strace => ['Of strace'], follow => ['Of follow'], coverage => ['Of coverage']);

cmp_ok(scalar @commands, '>=', 13, 'the help has commands');
is_deeply([ unique(grep { !/^(?:-|help$)/ } completed('pe', '')) ], \@commands, 'completion has them');
is_deeply([ unique(completed('pe', 'help', '')) ], \@commands, 'and for help');
is_deeply([ unique($manual =~ /^\\fBpe ([a-z]+)\\fR \[/mg) ], [ unique(@commands, 'help') ], 'the synopsis has them');

my ($descriptions) = $manual =~ /^\.SH COMMANDS\n(.*?)^\.SH /ms;
my @described = $descriptions =~ /^\.TP\n\.B ([a-z]+)$/mg;
is_deeply([ unique(@described) ], \@commands, 'the manual describes them');

for my $command (@commands)
{
	my ($code, $text, $error) = pe([ $command, '--help' ]);
	my @options = unique(options_of($text), '--help');
	my $written = join '', section('Of the log'), map { section($_) } @{ $sections{$command} // [] };
	my @written = ($written =~ s/\\f[BIR]//gr) =~ /(?<![\w-])(--?\w[\w-]*)/g;
	my %written = map { $_ => 1 } @written, '--help';

	is($text, (pe([ 'help', $command ]))[1], "help $command");
	is_deeply([ grep { !$written{$_} } @options ], [], "$command: the manual has each option");
	is_deeply([ unique(completed('pe', $command, '-')) ], \@options, "$command: completion has the same options");

	for my $option (grep { $_ ne '--help' } @options)
	{
		my (undef, undef, $complaint) = pe([ $command, "$option=" ]);
		my (undef, undef, $other) = pe([ $command, $option ]);
		unlike("$complaint|$other", qr/\Ape: no option \Q$option\E with a value.*\|pe: no option/s, "$command: $option is taken");
	}
	is((pe([ $command, '--no-such-option' ]))[0], 2, "$command: another is not");
}
SKIP:
{
	skip 'no man', 1 if !grep { -x "$_/man" } split /:/, $ENV{PATH};
	IPC::Run::run([ 'man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', "$doc/pe.1" ], '<', \undef, '>', \my $output, '2>', \my $error);
	is($error, '', 'the manual has no faults');
}

chdir '/';
done_testing();
