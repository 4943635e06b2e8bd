# Rules that the sources keep: TAP, a test for each, and each place that breaks it.
package Rules;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(check end_of_rules);

my $tests  = 0;
my $status = 0;

sub check
{
	my ($rule, @broken) = @_;

	$tests++;
	print @broken ? 'not ok' : 'ok', " $tests - $rule\n";
	print "#   $_\n" foreach sort @broken;
	$status = 1 if @broken;
}

# Prints the plan and exits: 1 if a rule is broken.
sub end_of_rules
{
	print "1..$tests\n";
	exit $status;
}

1;
