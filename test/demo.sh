#!/usr/bin/env bash
# make demo: installs what is missing, builds and installs the extension,
# shows a log in a throw-away server (test/demo.sql) and says how to go on.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

plog=test/plogs/real/w1libs.plog

finish() {
	local status=$?
	trap - EXIT
	clean_up
	[ "$status" -eq 0 ] || echo "the demo failed" >&2
	exit "$status"
}

# Says what happens, and shows a command's output only if it fails.
quietly() {
	echo "$1 ..."
	shift
	if ! "$@" >"$work/log/step" 2>&1; then
		cat "$work/log/step" >&2
		return 1
	fi
}

# A server that runs as root's "postgres" reads no file in root's home.
say_how_to_go_on() {
	local file=$root/$plog
	echo "
The throw-away server is gone, the extension is installed. To go on in psql,
on another one that lives until you leave it:
"
	if ! "${as_tester[@]}" test -r "$file"; then
		echo "    install -m 644 $file /tmp/"
		file=/tmp/${plog##*/}
	fi
	echo "    pg_virtualenv -v $version psql
    CREATE EXTENSION pandelephant;
    SELECT pe_attach('$file', schema => 'boot');
    SELECT * FROM boot.processes;

The queries above are in test/demo.sql; doc/relations.md describes every relation, and README.md what else there is."
}

main() {
	bash "$root/test/packages.sh" || die "the packages that the demo needs could not be installed"
	find_postgres
	version=$("$pg_config" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/')
	make_workspace
	quietly "building against PostgreSQL $version" \
		run_as_tester 10m make -s -j"$(nproc)" with_llvm=no PG_CONFIG="$pg_config"
	cd "$work/src"
	quietly "installing" as_root make -s --no-print-directory with_llvm=no \
		PG_CONFIG="$pg_config" install
	run_as_tester 10m \
		pg_virtualenv -v "$version" -o "unix_socket_directories=$work/tmp" \
		psql -X -q -P pager=off -v ON_ERROR_STOP=1 -v "plog=$work/src/$plog" -f test/demo.sql
	say_how_to_go_on
}

trap finish EXIT
main
