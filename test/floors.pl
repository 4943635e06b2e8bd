#!/usr/bin/perl
#
# Checks that the arrows between the files of a folder go down only, by the
# floors that its file "floors" names: what each file includes, and whom it calls
# as the linker's symbols of its object show.
#
# usage: floors.pl FOLDER       after the objects are built beside their sources
#
# Prints TAP: a test for each rule, and each arrow that breaks it.

use strict;
use warnings;

use File::Find;
use FindBin;
use lib $FindBin::Bin;

use Rules;

my $top = shift // die "usage: floors.pl FOLDER\n";

my %floor;		# by name: its number, 0 is the top
my %is_used;	# names that stand for a file
my %arrows;		# from a file to another: why it goes there
my %calls;		# by file: those whose symbols it uses
my %defined;	# by symbol: the file
my %called;		# by file: its undefined symbols
my @files;		# without their endings

read_floors("$top/floors");
find({ wanted => \&read_file, no_chdir => 1 }, $top);
@files = do { my %seen; grep { !$seen{$_}++ } sort @files };
add_calls();

check("$top: every file stands on a floor", grep { !defined room($_) } @files);
$is_used{ room($_) // '' } = 1 foreach @files;
check("$top: every floor has a file", grep { !$is_used{$_} } sort keys %floor);
check("$top: there are objects to ask", %defined ? () : ("$top: none is built"));
check("$top: arrows go down only", map { upward($_) } sort keys %arrows);
check("$top: no files go in a circle", circles());
end_of_rules();

sub read_floors
{
	my ($name) = @_;
	my $number = 0;

	open my $lines, '<', $name or die "could not open $name: $!\n";
	while (my $line = <$lines>)
	{
		$line =~ s/#.*//;
		next unless $line =~ /\S/;
		$floor{$_} = $number foreach split ' ', $line;
		$number++;
	}
	close $lines;
}

# A C file's includes of others of the folder, or an object's symbols.
sub read_file
{
	my ($file, $ending) = /^\Q$top\E\/(.*)\.([cho])$/ or return;

	if ($ending eq 'o')
	{
		read_object($file);
		return;
	}
	push @files, $file;
	open my $lines, '<', $_ or die "could not open $_: $!\n";
	while (my $line = <$lines>)
	{
		next unless $line =~ /^\s*#\s*include\s+"(?:\Q$top\E\/)?([^"]+)\.h"/;
		add_arrow($file, $1, "includes $1.h") if -e "$top/$1.h";
	}
	close $lines;
}

sub read_object
{
	my ($file) = @_;

	# what is left of a source that is gone
	return unless -e "$top/$file.c";
	open my $lines, '-|', 'nm', '-P', "$top/$file.o" or die "could not run nm: $!\n";
	while (my $line = <$lines>)
	{
		my ($symbol, $kind) = split ' ', $line;

		$defined{$symbol} = $file if $kind =~ /^[ABCDGRSTVW]$/;
		push @{ $called{$file} }, $symbol if $kind eq 'U';
	}
	close $lines or die "nm failed for $file.o\n";
}

sub add_calls
{
	foreach my $file (keys %called)
	{
		foreach my $symbol (grep { defined $defined{$_} } @{ $called{$file} })
		{
			my $to = $defined{$symbol};

			$calls{$file}{$to} = 1;
			add_arrow($file, $to, "uses $symbol of $to");
		}
	}
}

sub add_arrow
{
	my ($from, $to, $why) = @_;

	$arrows{"$from $to"} //= $why unless $from eq $to;
}

# The name that a file stands under.
sub room
{
	my ($name) = @_;

	until (exists $floor{$name})
	{
		return undef unless $name =~ s/\/[^\/]*$//;
	}
	return $name;
}

# An arrow between rooms must come down by a floor at least.
sub upward
{
	my ($arrow) = @_;
	my ($from, $to) = split ' ', $arrow;
	my ($room, $other) = (room($from), room($to));

	return () if !defined $room || !defined $other || $room eq $other;
	return () if $floor{$room} < $floor{$other};
	return "$from $arrows{$arrow}";
}

# Each group of files that reach each other by calls: Tarjan's strongly
# connected components.
sub circles
{
	my (%index, %lowest, %is_open, @open, @circles);
	my $visit;

	$visit = sub {
		my ($file) = @_;

		$index{$file} = $lowest{$file} = keys %index;
		$is_open{$file} = 1;
		push @open, $file;
		foreach my $next (sort keys %{ $calls{$file} })
		{
			$visit->($next) unless exists $index{$next};
			$lowest{$file} = $lowest{$next}
			  if $is_open{$next} && $lowest{$next} < $lowest{$file};
		}
		return if $lowest{$file} != $index{$file};
		my @group;
		do { push @group, pop @open; delete $is_open{ $group[-1] } } until $group[-1] eq $file;
		push @circles, join ' ', sort @group if @group > 1;
	};
	foreach my $file (@files)
	{
		$visit->($file) unless exists $index{$file};
	}
	return @circles;
}
