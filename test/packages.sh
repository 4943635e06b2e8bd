#!/usr/bin/env bash
# Installs the Debian packages that building, the demo and the tests need.
# Only those that are missing; nothing happens, and no network is touched, if
# none is. Where there is no apt-get it does nothing: a missing tool is then
# named by the step that wants it.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

packages=(
	gcc libc6-dev make                     # the build
	libdeflate-dev zlib1g-dev              # inflate
	liblz4-dev                             # columns that are kept
	libprotobuf-c-dev protobuf-c-compiler  # the plog schema
	libpq-dev libsqlite3-dev               # pe: its connections, its files
	libzstd-dev liblzma-dev zstd xz-utils  # logs that are compressed, in the server and in pe
	protobuf-compiler                      # descriptor sets for the tests
	perl libipc-run-perl                   # TAP tests
	postgresql-common                      # pg_virtualenv
	clang                                  # fuzzing
	sqlite3                                # what pe export wrote
	python3-sqlalchemy python3-psycopg2    # the examples
	locales                                # a server that speaks German
)

# Prints the version to use: the newest that is complete, else the newest
# server, which then wants its headers, else the newest headers, which then
# want their server. Nothing if there is none of either.
installed_version() {
	local version
	version=$(newest_with "$server" "$headers")
	version=${version:-$(newest_with "$server")}
	echo "${version:-$(newest_with "$headers")}"
}

# Prints the version that Debian's package "postgresql" stands for.
default_version() {
	apt-cache depends postgresql |
		sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1
}

# Prints the package of clang's runtime, libFuzzer and the sanitizers, that
# belongs to Debian's package "clang"; before version 14 it had another name.
clang_runtime() {
	local version package
	version=$(apt-cache depends clang | sed -n 's/^ *Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	for package in "libclang-rt-$version-dev" "libclang-common-$version-dev"; do
		if [ -n "$version" ] && apt-cache show "$package" >/dev/null 2>&1; then
			echo "$package"
			return
		fi
	done
}

is_installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# A source that does not answer is no reason to stop: what cannot be installed
# for want of it, apt-get install will say.
update_lists() {
	if [ -z "${updated:-}" ]; then
		apt_get update || true
		updated=1
	fi
}

# A freshly installed server package makes a cluster and starts every cluster
# of the machine. The tests bring their own, so it shall do neither: these two
# files tell it, for as long as the installation takes.
no_cluster=/etc/postgresql-common/createcluster.d/pandelephant.conf
no_start=/usr/sbin/policy-rc.d

keep_servers_still() {
	trap let_servers_go EXIT
	trap 'exit 130' INT TERM HUP
	as_root mkdir -p "${no_cluster%/*}"
	echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
	if [ -e "$no_start" ]; then
		no_start=
	else
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$no_start" >/dev/null
		as_root chmod 755 "$no_start"
	fi
}

let_servers_go() {
	as_root rm -f "$no_cluster" ${no_start:+"$no_start"}
}

main() {
	local version runtime package missing=()
	if ! command -v apt-get >/dev/null; then
		echo "not a Debian system: what doc/install.md lists under Dependencies has to be there"
		return
	fi

	# Somebody who names a pg_config brings that PostgreSQL along.
	if [ -z "${PG_CONFIG:-}" ]; then
		version=$(installed_version)
		if [ -z "$version" ]; then
			update_lists
			version=$(default_version)
		fi
		packages+=("postgresql-$version" "postgresql-server-dev-$version")
		# the headers of version 13 include OpenSSL's
		[ "$version" -ne 13 ] || packages+=(libssl-dev)
	fi

	runtime=$(clang_runtime)
	if [ -z "$runtime" ]; then
		update_lists
		runtime=$(clang_runtime)
	fi
	packages+=("$runtime")

	for package in "${packages[@]}"; do
		is_installed "$package" || missing+=("$package")
	done
	if [ ${#missing[@]} -eq 0 ]; then
		return
	fi

	echo "installing ${missing[*]} ..."
	update_lists
	keep_servers_still
	apt_get install -y --no-install-recommends "${missing[@]}"
}

main </dev/null
