#!/usr/bin/perl
#
# Checks that files and structs are of a size that is read at once: a C file has at
# most 600 lines, or says at its top why it is one file; a struct has at most 25 fields.
#
# usage: sizes.pl FOLDER...
#
# Prints TAP: a test for each rule, and each place that breaks it.

use strict;
use warnings;

use File::Find;
use FindBin;
use lib $FindBin::Bin;

use Rules;

my $MOST_LINES  = 600;
my $MOST_FIELDS = 25;

my (@long, @wide, $structs);

find({ wanted => \&read_file, no_chdir => 1 }, @ARGV);
check('there are structs', $structs ? () : ("none in @ARGV"));
check("a file of more than $MOST_LINES lines says why it is one file",  @long);
check("no struct has more than $MOST_FIELDS fields", @wide);
end_of_rules();

sub read_file
{
	# what the build makes is not read
	/\.[ch]$/ && !/\.pb-c\.[ch]$/ && !/report_page\.h$/ or return;
	open my $handle, '<', $_ or die "could not open $_: $!\n";
	my $text  = do { local $/; readline $handle };
	my $lines = ($text =~ tr/\n//);
	my ($head) = $text =~ m{\A(/\*.*?\*/)}s;

	close $handle;
	push @long, "$_: $lines lines" if $lines > $MOST_LINES && ($head // '') !~ /\bone file\b/;
	while ($text =~ /^(?:typedef )?struct (\w+)\s*\n\{\n(.*?)\n\}/msg)
	{
		my ($name, $fields) = ($1, count_fields($2));

		$structs++;
		push @wide, "$_: struct $name, $fields fields" if $fields > $MOST_FIELDS;
	}
}

# Declarations, each of as many fields as it has names; those of a struct or union
# within count as its own.
sub count_fields
{
	my ($body) = @_;
	my $count = 0;

	$body =~ s{/\*.*?\*/}{}gs;
	foreach my $declaration (grep { /\w/ } split /;/, $body)
	{
		# the parameters of a function are no fields
		1 while $declaration =~ s/\([^()]*\)//g;
		$count += 1 + ($declaration =~ tr/,//);
	}
	return $count;
}
