# The pictures of the documentation, from the shipped logs: what pe report's page
# shows in Chromium.  make pictures runs it, with the pe that is installed.
#
# usage: pictures.pl DIRECTORY
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/t";

use Browser;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Temp qw(tempdir);

my $directory = abs_path(shift // die "usage: pictures.pl DIRECTORY\n");
my $work      = tempdir(CLEANUP => 1);
my $plogs     = "$FindBin::RealBin/plogs/real";

die "Chromium and chromedriver are not installed\n" if !Browser::is_installed();

# as the documentation calls them
for my $name ([ w3a => 'session' ], [ w1libs => 'boot' ])
{
	copy("$plogs/$name->[0].plog", "$work/$name->[1].plog") or die "could not copy $name->[0]: $!";
	system('pe', 'report', "$work/$name->[1].plog", '-o', "$work/$name->[1].html") == 0 or die "pe report failed\n";
}

my $browser = Browser->new($work);

sub show
{
	my ($name) = @_;
	$browser->open("$work/$name.html");
	$browser->becomes("document.querySelector('.tools span')?.textContent") or die "$name is not drawn\n";
}

# a timeline as it opens
show('session');
$browser->picture("$directory/timeline.png");

# a call under the pointer, in a range that was zoomed into
show('boot');
my ($left, $top, $width) = @{ $browser->run(q{
	const box = document.querySelector('.rows canvas').getBoundingClientRect();
	return [box.left, box.top, box.width]}) };
my $zoom = q{document.querySelector('.tools span').textContent};
my $all  = $browser->run("return $zoom");
$browser->drag($left + $width * .21, $top + 30, $left + $width * .24);
$browser->becomes("$zoom !== '$all'") or die "nothing was zoomed into\n";
my $tip = '';
for (my $part = 30; $part < 200 && $tip !~ /\w\(.*=/; $part++)
{
	$browser->move($left + $width * ($part + .5) / 240, $top + 50);
	$browser->becomes('true');
	$tip = $browser->run(q{const tip = document.querySelector('.tip'); return tip.hidden ? '' : tip.innerText});
}
$tip =~ /\w\(.*=/ or die "no call is shown\n";
$browser->picture("$directory/call.png");

# a process that was chosen, and its tables
show('boot');
$browser->run("location.hash = '#log=1&process=3'");
$browser->becomes(q{document.querySelector('.undo')}) or die "nothing is chosen\n";
$browser->run(q{[...document.querySelectorAll('h3, h2, caption')].find(title => /calls/i.test(title.textContent)).scrollIntoView(); scrollBy(0, -60)});
$browser->becomes('true');
$browser->picture("$directory/tables.png");
$browser->close;
