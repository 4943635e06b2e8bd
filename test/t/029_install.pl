# make install and make uninstall: where pe, its link and its manual go.
use strict;
use warnings;

use FindBin;

use File::Find;
use File::Temp qw(tempdir);
use Test::More;

my $source      = "$FindBin::RealBin/../..";
my $destination = tempdir(CLEANUP => 1);

# The files below the destination.
sub installed
{
	my @files;
	find(sub { push @files, $File::Find::name if -l || !-d }, $destination);
	return @files;
}

sub make
{
	my ($goal) = @_;
	return system("make -s -C '$source' with_llvm=no DESTDIR='$destination' PREFIX=/opt/pe $goal >&2");
}

is(make('install'), 0, 'make install');
my $link = readlink "$destination/opt/pe/bin/pe";
ok(-x "$destination$link", 'the link leads to pe');
like($link, qr/\A\/.*\/pe\z/, 'by a path without DESTDIR');
ok(-e $destination . ($link =~ s/pe\z/psql/r) || -e ($link =~ s/pe\z/psql/r), 'beside psql');
ok(-e "$destination/opt/pe/share/man/man1/pe.1", 'the manual');
is(make('uninstall'), 0, 'make uninstall');
is_deeply([ installed() ], [], 'leaves nothing');

# Without Perl's module for TAP tests, they are left out.
my $perl = tempdir(CLEANUP => 1);
open my $script, '>', "$perl/perl" or die $!;
print $script qq{#!/bin/sh\ncase "\$*" in *IPC::Run*) exit 2;; esac\nexec '$^X' "\$@"\n};
close $script;
chmod 0755, "$perl/perl";
for my $case ([ "$perl:", 1 ], [ '', 0 ])
{
	my ($path, $is_without) = @$case;
	local $ENV{PATH} = "$path$ENV{PATH}";
	my $commands = `make -n -C '$source' with_llvm=no installcheck REGRESS=`;
	is($commands =~ /no module IPC::Run/ ? 1 : 0, $is_without, 'make installcheck says whether a module is missing');
	is($commands =~ /prove/ ? 1 : 0, 1 - $is_without, 'and runs the tests that need it');
}

done_testing();
