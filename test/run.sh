#!/usr/bin/env bash
# make test: installs what is missing, then runs every test (test/suite.sh) as
# an unprivileged user in a throw-away copy of the sources, and adds up. The
# last line is "N passed, N failed".
#
# To run some of them: make test REGRESS=name PROVE_TESTS=test/t/001_name.pl
# To run them with AddressSanitizer and UndefinedBehaviorSanitizer in the
# extension: make test SANITIZE=1
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/common.sh"

# All runs well within it; a hung test shall not hang its caller. TIME_LIMIT
# sets another, for a machine that is busy with other things.
time_limit=${TIME_LIMIT:-50m}
[ -z "${SANITIZE:-}" ] || time_limit=${TIME_LIMIT:-150m}

# Leaves nothing behind and prints the sum of what the runners recorded. Fails
# unless there was something to add up and all of it passed. Not to get as far
# as the end counts as one failure.
finish() {
	local status=$? passed failed all_passed=0 all_failed=0
	trap - EXIT
	stop_tests
	while read -r _ passed failed; do
		all_passed=$((all_passed + passed))
		all_failed=$((all_failed + failed))
	done < <([ -z "$work" ] || cat "$work/log/totals" 2>/dev/null)
	clean_up
	if [ "$status" -ne 0 ] && [ "$all_failed" -eq 0 ]; then
		all_failed=1
	fi
	if [ "$all_passed" -eq 0 ] && [ "$all_failed" -eq 0 ]; then
		echo "no test ran"
		status=1
	fi
	echo "$all_passed passed, $all_failed failed"
	[ "$all_failed" -eq 0 ] || status=1
	exit "$status"
}

# What only root can test, where there is root. What suite.sh has built is
# there, unless it failed.
test_as_root() {
	local bindir passed failed status=0
	bindir=$work/postgres$("$pg_config" --bindir)
	if [ "$(id -u)" -ne 0 ] || [ ! -x "$bindir/pe" ] || [ -n "${PROVE_TESTS:-}${REGRESS:-}" ]; then
		return
	fi
	printf '\n== as root\n'
	(cd "$work/src" && TMPDIR=$work/tmp PATH=$bindir:$PATH timeout 5m prove -v test/root/*.pl) </dev/null 2>&1 |
		tee "$work/log/root.log" || status=1
	passed=$(grep -c '^ok' "$work/log/root.log") || true
	failed=$(grep -c '^not ok' "$work/log/root.log") || true
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	echo "root $passed $failed" >>"$work/log/totals"
}

main() {
	local status=0 settings
	bash "$root/test/packages.sh" || die "the packages that the tests need could not be installed"
	find_postgres
	make_workspace

	# what tests are told by the environment
	mapfile -t settings < <(env | grep -E '^(PANDELEPHANT|PLANS|PLOG)_[A-Z_]*=')
	run_as_tester "$time_limit" \
		env "PG_CONFIG=$pg_config" ${REGRESS:+"REGRESS=$REGRESS"} \
		${SANITIZE:+"SANITIZE=$SANITIZE"} "${settings[@]}" \
		${PROVE_TESTS:+"PROVE_TESTS=$PROVE_TESTS"} ${PROVE_FLAGS:+"PROVE_FLAGS=$PROVE_FLAGS"} \
		bash test/suite.sh "$work" || status=$?
	[ "$status" -ne 124 ] || echo "stopped: the tests took longer than $time_limit"
	test_as_root
	return "$status"
}

trap finish EXIT
main
