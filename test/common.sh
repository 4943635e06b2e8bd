# shellcheck shell=bash
#
# What packages.sh, run.sh and demo.sh share: finding PostgreSQL, a throw-away
# copy of the sources, an unprivileged user to work in it, and leaving nothing
# behind.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=
group=

die() {
	echo "$*" >&2
	exit 1
}

# Runs a command as root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "root or sudo is needed for: $*"
	fi
}

# What tells a server and the headers to build against in a directory of
# Debian's /usr/lib/postgresql.
server=bin/postgres
headers=lib/pgxs/src/makefiles/pgxs.mk

# Prints the newest PostgreSQL under /usr/lib/postgresql that has all files given.
newest_with() {
	local dir file
	for dir in /usr/lib/postgresql/*/; do
		for file; do
			[ -e "$dir$file" ] || continue 2
		done
		basename "$dir"
	done | sort -V | tail -n 1
}

# Sets pg_config: what PG_CONFIG names, else that of the newest Debian package
# with server and headers.
find_postgres() {
	local version
	if [ -n "${PG_CONFIG:-}" ]; then
		pg_config=$(command -v "$PG_CONFIG") || die "no such pg_config: $PG_CONFIG"
	else
		version=$(newest_with "$server" "$headers")
		[ -n "$version" ] || die "no PostgreSQL with its headers found: name one with PG_CONFIG="
		pg_config=/usr/lib/postgresql/$version/bin/pg_config
	fi
}

# Prints the names of the files to copy, each ended by NUL: what git knows and
# what it would take up; everything where there is no git.
source_files() {
	git -C "$root" -c "safe.directory=$root" \
		ls-files -z --cached --others --exclude-standard 2>/dev/null ||
		(cd "$root" && find . ! -type d -print0)
}

# Makes the directory $work with a copy of the sources in $work/src, both of
# the user that tests run as, and sets as_tester, the command prefix that runs
# something as that user with a clean environment. The caller sees to it that
# clean_up runs at exit.
#
# PostgreSQL refuses to run as root, and the user it runs as cannot read a
# clone in root's home: hence the copy. It also keeps the user's own build as
# it was, whatever flags the tests want.
make_workspace() {
	local user base=${TMPDIR:-/tmp}
	user=$(id -un)
	as_tester=()

	if [ "$(id -u)" -eq 0 ]; then
		user=postgres
		id "$user" >/dev/null 2>&1 || user=nobody
		as_tester=(setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups)
		"${as_tester[@]}" test -x "$base" || base=/tmp
	fi

	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
	work=$(mktemp -d "$base/pandelephant.XXXXXX")

	mkdir "$work/src" "$work/tmp" "$work/log"
	source_files |
		tar -C "$root" --exclude='*.o' --exclude='*.bc' --exclude='*.so' --exclude='*.pb-c.[ch]' \
			--no-recursion --ignore-failed-read --null -T - -cf - |
		tar -C "$work/src" -xf -
	chmod -R u+rwX "$work"
	[ "$(id -u)" -ne 0 ] || chown -R "$user:" "$work"

	as_tester+=(env -i "PATH=$PATH:/usr/local/bin:/usr/bin:/bin" "HOME=$work" "USER=$user"
		"LOGNAME=$user" LANG=C.UTF-8 "TMPDIR=$work/tmp" ${CI:+"CI=$CI"})
}

# Runs a command as the tests' user, for at most the given time. timeout stands
# for its process group: what ends it ends all of them.
run_as_tester() {
	local limit=$1 status=0
	shift
	set -m
	(cd "$work/src" && exec "${as_tester[@]}" timeout --kill-after=20 "$limit" "$@") </dev/null &
	group=$!
	set +m
	wait "$group" || status=$?
	group=
	return "$status"
}

# Ends what run_as_tester still runs.
stop_tests() {
	trap '' HUP INT PIPE TERM
	if [ -n "$group" ] && kill -TERM "$group" 2>/dev/null; then
		wait "$group" 2>/dev/null || true
	fi
	group=
}

# Ends what run_as_tester still runs, then the servers that outlived it, which
# have left its process group, and removes the workspace.
clean_up() {
	local pidfile
	stop_tests
	if [ -n "$work" ]; then
		cd /
		find "$work" -name postmaster.pid 2>/dev/null | while read -r pidfile; do
			"${as_tester[@]}" "$("$pg_config" --bindir)/pg_ctl" -s -D "${pidfile%/*}" \
				-m immediate stop </dev/null >/dev/null 2>&1 || true
		done
		rm -rf "$work"
	fi
}
