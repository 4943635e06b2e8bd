#!/usr/bin/env bash
# make bench: installs what is missing, then measures the extension
# (test/bench/bench.sh) as an unprivileged user in a throw-away copy of the
# sources, and prints one table of medians.
#
#   make bench                   a log of 5 million calls, 5 rounds
#   make bench LOG=path          any finished log
#   make bench SYSCALLS=200000 ROUNDS=3
#   make bench QUERY=a,e         some of the table's rows only
#   make bench QUERY=a PERF=1    and where perf says that the time goes
#   make bench CLOCK=cpu         CPU time, for machines that are busy
#   make bench QUESTIONS='200000 1000000 5000000'
#                                the questions of questions.sql, of logs of so many
#                                calls, or of LOG
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/../common.sh"

# Five rounds take well below half an hour; others' logs may be of any size.
time_limit=24h

finish() {
	local status=$?
	trap - EXIT
	clean_up
	[ "$status" -eq 0 ] || echo "the benchmark did not get to its end" >&2
	exit "$status"
}

# Makes the log readable to the user that the server runs as, who sees nothing
# in root's home.
find_log() {
	log=$(realpath -e -- "$LOG") || die "no such log: $LOG"
	if ! "${as_tester[@]}" test -r "$log"; then
		cp --reflink=auto "$log" "$work/given.plog"
		log=$work/given.plog
		chmod 644 "$log"
	fi
}

# Prints which sources these are.
describe_sources() {
	git -C "$root" -c "safe.directory=$root" describe --always --dirty=' with changes' 2>/dev/null ||
		echo "unknown commit"
}

main() {
	local log='' load_average
	load_average=$(cut -d' ' -f1 /proc/loadavg)
	[[ ${QUERY:-} =~ ^[a-j,\ ]*$ ]] || die "QUERY names rows of the table by their letters, a to j"
	bash "$root/test/packages.sh" || die "the packages that the benchmark needs could not be installed"
	find_postgres
	make_workspace
	[ -z "${LOG:-}" ] || find_log
	run_as_tester "$time_limit" \
		env "PG_CONFIG=$pg_config" "SOURCES=$(describe_sources)" "LOAD_AVERAGE=$load_average" "LOG=$log" \
		"ROUNDS=${ROUNDS:-5}" "SYSCALLS=${SYSCALLS:-5000000}" "QUERY=${QUERY:-}" \
		"PERF=${PERF:-}" "CLOCK=${CLOCK:-}" "QUESTIONS=${QUESTIONS:-}" \
		bash test/bench/bench.sh "$work"
}

trap finish EXIT
main
