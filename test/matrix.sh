#!/usr/bin/env bash
# make matrix: makes minimal Debian systems with debootstrap, runs make demo and
# make test in each as a newcomer would, and prints a table of what came of it.
# It needs root, debootstrap and some gigabytes; it is no part of make test.
#
# From the environment:
#   SYSTEMS     Debian's names of the systems to make
#   TESTERS     who runs the goals: root, or newcomer, an ordinary user with sudo
#   GOALS       what they run
#   MATRIX_DIR  where systems are kept between runs, and the logs
#   MIRROR      where Debian's packages are taken from
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

systems=${SYSTEMS:-bullseye bookworm trixie sid}
testers=${TESTERS:-root newcomer}
goals=${GOALS:-demo test}
directory=${MATRIX_DIR:-/var/tmp/pandelephant-matrix}
mirror=${MIRROR:-http://deb.debian.org/debian}

# A path with a blank in it: nothing may break on one.
sources="/srv/a path/pandelephant"

# Makes the system of that name, unless it is there: Debian's minimal one, with
# what a newcomer has to have before the first command: make, and sudo.
make_system() {
	local base=$directory/base/$1
	if [ -e "$base/.complete" ]; then
		return
	fi
	rm -rf "$base"
	mkdir -p "${base%/*}"
	debootstrap --variant=minbase --include=make,sudo "$1" "$base" "$mirror" >"$directory/$1.debootstrap.log" 2>&1 ||
		die "$1 could not be made: see $directory/$1.debootstrap.log"
	chroot "$base" useradd --create-home --shell /bin/bash newcomer
	echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$base/etc/sudoers.d/newcomer"
	: >"$base/.complete"
}

# Copies the sources into a system, for somebody to own.
copy_sources() {
	mkdir -p "$1$sources"
	source_files |
		tar -C "$root" --no-recursion --ignore-failed-read --null -T - -cf - |
		tar -C "$1$sources" -xf -
	chroot "$1" chown -R "$2:" "${sources%/*}"
}

# Runs one goal in a system, in namespaces of its own, so that its mounts and
# its processes end with it.
run_goal() {
	local system=$1 tester=$2 goal=$3
	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount --pid --fork --kill-child --mount-proc sh -c '
		set -e
		system=$1 tester=$2 goal=$3 sources=$4
		mount -t proc proc "$system/proc"
		mount --rbind /dev "$system/dev"
		mount -t tmpfs tmpfs "$system/run"
		cp /etc/resolv.conf /etc/hosts "$system/etc"
		printf "127.0.0.1 %s\n" "$(hostname)" >>"$system/etc/hosts"
		exec chroot "$system" su - "$tester" -c "cd \"$sources\" && make --no-print-directory $goal"
	' sh "$system" "$tester" "$goal" "$sources" </dev/null
}

# The server's version in a system, or a dash.
server_version() {
	# shellcheck disable=SC2016
	chroot "$1" sh -c 'for p in /usr/lib/postgresql/*/bin/postgres; do "$p" -V || :; done' </dev/null 2>/dev/null |
		sed -nE '$s/.*\(PostgreSQL\) ([^ ]*).*/\1/p' | grep . || echo -
}

main() {
	local name tester goal log status=0 result rows=()
	[ "$(id -u)" -eq 0 ] || die "make matrix needs root, for debootstrap and chroot"
	command -v debootstrap >/dev/null || die "make matrix needs debootstrap"
	mkdir -p "$directory"
	directory=$(cd "$directory" && pwd)
	system=$directory/system
	trap 'rm -rf --one-file-system "$system"' EXIT
	for name in $systems; do
		make_system "$name"
		for tester in $testers; do
			rm -rf --one-file-system "$system"
			cp -a "$directory/base/$name" "$system"
			copy_sources "$system" "$tester"
			for goal in $goals; do
				log=$directory/$name.$tester.$goal.log
				echo "$name, $tester: make $goal ..."
				if run_goal "$system" "$tester" "$goal" >"$log" 2>&1; then
					result=ok
				else
					result=failed
					status=1
				fi
				rows+=("$(printf '| %-8s | %-8s | %-8s | %-6s | %-6s | %s |' "$name" \
					"$(server_version "$system")" "$tester" "$goal" "$result" \
					"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)")")
				echo "${rows[-1]}"
			done
		done
	done
	printf '\n| Debian   | server   | as       | goal   |        | tests |\n|---|---|---|---|---|---|\n'
	printf '%s\n' "${rows[@]}"
	return "$status"
}

main
