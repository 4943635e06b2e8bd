# make install and make uninstall: where pe, its link and its manual go, and
# what is made again before it is installed.
use strict;
use warnings;

use FindBin;

use Cwd qw(abs_path);
use File::Find;
use File::Temp qw(tempdir);
use Test::More;

my $source      = abs_path("$FindBin::RealBin/../..");
my $destination = tempdir(CLEANUP => 1) . '/a blank';
my $prefix      = '/opt/another blank';

# The files below the destination.
sub installed
{
	my @files;
	find(sub { push @files, $File::Find::name if -l || !-d }, $destination);
	return @files;
}

# What make returns with these arguments.
sub make
{
	return system('make', '-s', 'with_llvm=no', @_) >> 8;
}

sub make_there
{
	my ($goal) = @_;
	return make('-C', $source, "DESTDIR=$destination", "PREFIX=$prefix", $goal);
}

is(make_there('install'), 0, 'make install');
my $link = readlink "$destination$prefix/bin/pe";
ok(-x "$destination$link", 'the link leads to pe');
like($link, qr/\A\/.*\/pe\z/, 'by a path without DESTDIR');
ok(-e $destination . ($link =~ s/pe\z/psql/r) || -e ($link =~ s/pe\z/psql/r), 'beside psql');
my $manual = "$destination$prefix/share/man/man1/pe.1";
ok(-e $manual, 'the manual');
is(make_there('uninstall'), 0, 'make uninstall');
is_deeply([ installed() ], [], 'leaves nothing');

# What another version has installed since then stays.
is(make_there('install'), 0, 'make install again');
unlink "$destination$prefix/bin/pe" or die $!;
symlink '/another/version/bin/pe', "$destination$prefix/bin/pe" or die $!;
is(make_there('uninstall'), 0, 'make uninstall after another version was installed');
is_deeply(
	[ sort(installed()) ],
	[ "$destination$prefix/bin/pe", $manual =~ s/man.*/bash-completion\/completions\/pe/r, $manual ],
	'leaves its link, manual and completion');

# What was made for another version of PostgreSQL is out of date.
my $pg_config = tempdir(CLEANUP => 1) . '/pg_config';
my $real = $ENV{PG_CONFIG} || 'pg_config';
open my $program, '>', $pg_config or die $!;
print $program qq{#!/bin/sh\ncase "\$1" in --version) echo PostgreSQL 12.0;; *) exec '$real' "\$@";; esac\n};
close $program;
chmod 0755, $pg_config;
for my $file ('pandelephant.so', 'pe/pe')
{
	is(make('-C', $source, '-q', $file), 0, "$file is up to date");
	is(make('-C', $source, '-q', "PG_CONFIG=$pg_config", $file), 1, "for another version, $file is not");
}

# Elsewhere than in the sources.
my $build = tempdir(CLEANUP => 1);
is( make('-C', $build, '-f', "$source/Makefile", "VPATH=$source", 'src/plog/wire.o', 'pe/stop.o'),
	0, 'objects are made in a directory of their own')
  unless $source =~ /\s/;

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
