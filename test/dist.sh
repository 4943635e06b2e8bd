#!/usr/bin/env bash
# make dist: writes pandelephant-VERSION.zip, what PGXN distributes, of the
# commit that is checked out, above a check of META.json by PGXN's rules.
#
# usage: dist.sh [DIRECTORY]
# DIRECTORY is where the file is written, the current one by default.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

# What PGXN's META specification 1.0.0 wants: https://pgxn.org/meta/spec.txt
check_meta='
use strict;
use warnings;
use JSON::PP;

my ($root, $version) = @ARGV;
my $term = qr/\A[^\x00-\x20\/\\]{2,}\z/;
my $semantic = qr/\A(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-]?[a-zA-Z][-0-9A-Za-z]*)?\z/;
my @wrong;

open my $file, "<:raw", "$root/META.json" or die "META.json: $!\n";
my $meta = decode_json(do { local $/; <$file> });

for my $key (qw(name version abstract maintainer license provides meta-spec))
{
	push @wrong, "no $key" unless defined $meta->{$key} && length $meta->{$key};
}
push @wrong, "name" unless ($meta->{name} // "") =~ $term;
push @wrong, "version is not that of pandelephant.control" unless ($meta->{version} // "") eq $version;
push @wrong, "version" unless $version =~ $semantic;
push @wrong, "meta-spec" unless ($meta->{"meta-spec"}{version} // "") eq "1.0.0";
push @wrong, "release_status" unless ($meta->{release_status} // "stable") =~ /\A(?:stable|testing|unstable)\z/;
push @wrong, "license" unless ref $meta->{license} || ($meta->{license} // "") =~ /\A(?:agpl_3|apache_1_1|apache_2_0|artistic_[12]|bsd|freebsd|gfdl_1_[23]|gpl_[123]|lgpl_2_1|lgpl_3_0|mit|mozilla_1_[01]|openssl|perl_5|postgresql|qpl_1_0|ssleay|sun|zlib|open_source|restricted|unrestricted|unknown)\z/;
for my $name (keys %{ $meta->{provides} // {} })
{
	my $provided = $meta->{provides}{$name};

	push @wrong, "provides $name: version" unless ($provided->{version} // "") eq $version;
	for my $key (qw(file docfile))
	{
		next if $key eq "docfile" && !defined $provided->{$key};
		push @wrong, "provides $name: $key" unless defined $provided->{$key} && -e "$root/$provided->{$key}";
	}
}
for my $phase (keys %{ $meta->{prereqs} // {} })
{
	push @wrong, "prereqs $phase" unless $phase =~ /\A(?:configure|build|test|runtime|develop)\z/;
	for my $relation (keys %{ $meta->{prereqs}{$phase} })
	{
		push @wrong, "prereqs $phase $relation" unless $relation =~ /\A(?:requires|recommends|suggests|conflicts)\z/;
		for (values %{ $meta->{prereqs}{$phase}{$relation} })
		{
			push @wrong, "prereqs $phase $relation: $_" unless $_ eq "0" || $_ =~ $semantic;
		}
	}
}
push @wrong, "tags" if grep { !length || length > 256 || /[\/\\\x00-\x1f]/ } @{ $meta->{tags} // [] };
die map { "META.json: $_\n" } @wrong if @wrong;
'

main() {
	local version file
	version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$root/pandelephant.control")
	file=$(cd "${1:-.}" && pwd)/pandelephant-$version.zip
	perl -e "$check_meta" "$root" "$version"
	git -C "$root" -c "safe.directory=$root" archive --format=zip -9 \
		--prefix="pandelephant-$version/" -o "$file" HEAD
	echo "$file"
}

main "$@"
