#!/usr/bin/env bash
# make matrix: makes minimal Debian systems with debootstrap, runs goals in each
# as a newcomer would, and prints a table of what came of it. It needs root,
# debootstrap and some gigabytes; it is no part of make test.
#
# From the environment:
#   SYSTEMS     Debian's names of the systems to make
#   TESTERS     who runs the goals: root, or newcomer, an ordinary user with sudo
#   GOALS       what they run, each in a system of its own but for demo and test:
#               demo, test    make demo and make test
#               packages      builds Debian's packages, installs them in another
#                             system, uses them there and purges them
#               docker        the steps of the Dockerfile
#               upgrade       from earlier versions with data; needs their commits
#               unit-foreign  unit tests on 32 bits and on big-endian
#   MATRIX_DIR  where systems are kept between runs, and the logs
#   MIRROR      where Debian's packages are taken from
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

systems=${SYSTEMS:-bullseye bookworm trixie sid}
testers=${TESTERS:-root newcomer}
goals=${GOALS:-demo test packages docker upgrade unit-foreign}
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
	# a mirror may be of the past
	echo 'Acquire::Check-Valid-Until "false";' >"$base/etc/apt/apt.conf.d/90past"
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

# Makes a new copy of the system of that name, with the sources for a tester.
new_system() {
	rm -rf --one-file-system "$system"
	cp -a "$directory/base/$1" "$system"
	copy_sources "$system" "$2"
}

# Runs a command among the sources in the system, in namespaces of its own, so
# that its mounts and its processes end with it.
run_in_system() {
	local tester=$1 command=$2
	# shellcheck disable=SC2016 # the inner shell expands
	unshare --mount --pid --fork --kill-child --mount-proc sh -c '
		set -e
		system=$1 tester=$2 command=$3 sources=$4
		mount -t proc proc "$system/proc"
		mount --rbind /dev "$system/dev"
		mount -t tmpfs tmpfs "$system/run"
		cp /etc/resolv.conf /etc/hosts "$system/etc"
		printf "127.0.0.1 %s\n" "$(hostname)" >>"$system/etc/hosts"
		exec chroot "$system" su - "$tester" -c "cd \"$sources\" && $command"
	' sh "$system" "$tester" "$command" "$sources" </dev/null
}

# The packages are built in one system and used in another, which has nothing of
# what built them. pg_buildext does not work in a path with a blank.
try_packages() {
	local name=$1 tester=$2 built=$directory/packages.$1
	rm -rf "$built"
	mkdir -p "$built"
	run_in_system "$tester" 'mkdir /tmp/deb && cp -a . /tmp/deb/sources && make --no-print-directory -C /tmp/deb/sources deb' &&
		cp "$system"/tmp/deb/*.deb "$built" &&
		new_system "$name" root &&
		cp -a "$built" "$system/srv/packages" &&
		run_in_system root 'test/matrix/use_packages.sh /srv/packages test/plogs/real/w1libs.plog'
}

# The first stage of the Dockerfile in one system, the second in another.
try_dockerfile() {
	local name=$1 tester=$2 built=$directory/installed.$1
	rm -rf "$built"
	run_in_system root 'test/matrix/dockerfile.sh 1' &&
		cp -a "$system/installed" "$built" &&
		new_system "$name" root &&
		cp -a "$built" "$system/installed" &&
		run_in_system root 'test/matrix/dockerfile.sh 2'
}

# The last commit of an earlier version: the one before its number was replaced.
last_commit_of() {
	git -C "$root" -c "safe.directory=$root" log --format=%H -S"default_version = '$1'" \
		-- pandelephant.control | head -n 1
}

try_upgrade() {
	local version commit
	for version in 0.1.0 0.2.0; do
		commit=$(last_commit_of "$version")
		if [ -z "$commit" ]; then
			echo "there is no commit of $version: the history is needed"
			return 1
		fi
		mkdir -p "$system/srv/earlier/$version"
		git -C "$root" -c "safe.directory=$root" archive "$commit^" |
			tar -C "$system/srv/earlier/$version" -xf -
	done
	chroot "$system" chown -R newcomer: /srv/earlier
	run_in_system root 'bash test/packages.sh && test/matrix/upgrade.sh /srv/earlier/*'
}

run_goal() {
	local name=$1 tester=$2 goal=$3
	case $goal in
	packages) try_packages "$name" "$tester" ;;
	docker) try_dockerfile "$name" "$tester" ;;
	upgrade) try_upgrade ;;
	*) run_in_system "$tester" "make --no-print-directory $goal" ;;
	esac
}

# Whether a goal wants a system that no other has run in, and one tester only.
is_alone() {
	case $1 in
	demo | test) return 1 ;;
	*) return 0 ;;
	esac
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
			new_system "$name" "$tester"
			for goal in $goals; do
				if is_alone "$goal"; then
					[ "$tester" = "${testers##* }" ] || continue
					new_system "$name" "$tester"
				fi
				log=$directory/$name.$tester.$goal.log
				echo "$name, $tester: make $goal ..."
				if run_goal "$name" "$tester" "$goal" >"$log" 2>&1; then
					result=ok
				else
					result=failed
					status=1
				fi
				rows+=("$(printf '| %-8s | %-8s | %-8s | %-12s | %-6s | %s |' "$name" \
					"$(server_version "$system")" "$tester" "$goal" "$result" \
					"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)")")
				echo "${rows[-1]}"
			done
		done
	done
	printf '\n| Debian   | server   | as       | goal         |        | tests |\n|---|---|---|---|---|---|\n'
	printf '%s\n' "${rows[@]}"
	return "$status"
}

main
