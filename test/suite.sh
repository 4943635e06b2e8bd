#!/usr/bin/env bash
# Builds the extension with every warning an error, installs it into a private
# copy of the PostgreSQL installation and runs unit tests, fuzz targets,
# pg_regress and TAP tests against it. test/run.sh starts it, unprivileged, in a throw-away copy
# of the sources; PG_CONFIG names the PostgreSQL.
#
# usage: suite.sh DIRECTORY
# DIRECTORY has log/, in which log/totals gets a line "runner passed failed"
# for each runner. With SANITIZE in the environment the extension is built with
# AddressSanitizer and UndefinedBehaviorSanitizer.
set -uo pipefail

work=$1
log=$work/log
failures=()

step() {
	printf '\n== %s\n' "$*"
}

# Notes what a runner found: its name, tests passed, tests failed, and the
# function that shows what failed.
record() {
	echo "$1 $2 $3" >>"$log/totals"
	[ "$3" -eq 0 ] || failures+=("$4")
}

# Runs a command, on the terminal and in the log of that name.
logged() {
	local name=$1
	shift
	"$@" 2>&1 | tee "$log/$name.log"
}

# Prints how many lines of a log match.
count() {
	grep -cE "$2" "$log/$1.log"
}

# Prints the number that the log's last match of a pattern has in its first
# parentheses, or 0.
number() {
	local n
	n=$(sed -nE "s#.*$2.*#\\1#p" "$log/$1.log" | tail -n 1)
	echo "${n:-0}"
}

# Copies the PostgreSQL installation, for a test must not change what is
# installed on the machine, and needs no privilege this way. PostgreSQL finds
# its files relative to where its programs lie; so the programs are copied,
# and symbolic links serve for the rest. Sets the array installation: where,
# in the words of PGXS.
copy_postgres() {
	local to=$work/postgres bindir pkglibdir sharedir localedir dir
	bindir=$("$PG_CONFIG" --bindir)
	pkglibdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	mkdir -p "$to$bindir"
	cp -L "$bindir"/* "$to$bindir"
	for dir in "$pkglibdir" "$sharedir"; do
		mkdir -p "$to$dir"
		cp -rs "$dir"/. "$to$dir"
	done
	# messages in other languages
	localedir=$("$PG_CONFIG" --localedir)
	if [ -d "$localedir" ]; then
		mkdir -p "$to${localedir%/*}"
		ln -sfn "$localedir" "$to$localedir"
	fi
	find "$to" -name 'pandelephant*' -exec rm -rf {} +
	installation=("bindir=$to$bindir" "pkglibdir=$to$pkglibdir" "datadir=$to$sharedir"
		"PREFIX=$to/usr/local")
	PATH=$to$bindir:$PATH
}

# AddressSanitizer must be there before anything else in a process. The server
# was built without it, so its library is preloaded, into the server alone: the
# copied program is put behind a script that does it. Another library, the
# first to be initialized, makes it start at once, not within a constructor that
# holds one of libc's locks. A finding ends the backend like a crash. Leaks are
# not looked for, as a server leaves to the system at its end what it has; nor
# do local variables live elsewhere, for check_stack_depth() measures the stack.
preload_sanitizers() {
	local program runtime starter=$work/start_sanitizer.so
	local options='abort_on_error=1:detect_leaks=0:detect_stack_use_after_return=0'
	options+=':allocator_may_return_null=1:quarantine_size_mb=32'
	program=$(command -v postgres)
	runtime=$(gcc -print-file-name=libasan.so)
	gcc -shared -fPIC -fno-builtin -Wl,-z,initfirst -o "$starter" -x c - <<-'END' || return
		#include <stdlib.h>
		__attribute__((constructor)) static void start(void) { free(malloc(1)); }
	END
	mv "$program" "$program.plain"
	cat >"$program" <<-END
		#!/bin/bash
		export LD_PRELOAD=$runtime:$starter\${LD_PRELOAD:+:\$LD_PRELOAD} ASAN_OPTIONS=$options
		export UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1
		exec -a "\$0" "$program.plain" "\$@"
	END
	chmod 755 "$program"
}

make_extension() {
	make -s --no-print-directory with_llvm=no PG_CONFIG="$PG_CONFIG" "${installation[@]}" "$@"
}

build() {
	local flags='-Wall -Wextra -Werror -DUSE_ASSERT_CHECKING' sanitizers=
	if [ -n "${SANITIZE:-}" ]; then
		sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all'
		# gcc warns of what the checks themselves make of the code
		flags+=" $sanitizers -fno-omit-frame-pointer -Wno-error=maybe-uninitialized"
		preload_sanitizers || return
	fi
	make_extension -j"$(nproc)" PG_CFLAGS="$flags" PG_LDFLAGS="$sanitizers" &&
		make_extension install || return
	if [ -f test/writer/Makefile ]; then
		make -s --no-print-directory -C test/writer -j"$(nproc)"
	fi
}

show_build() {
	echo "see above"
}

# The arrows between the files of src, and the sizes of files and structs, a line of TAP
# for each rule.
check_house() {
	local status=0
	perl test/floors.pl src || status=1
	perl test/sizes.pl src pe || status=1
	return $status
}

run_floors() {
	local status=0 passed failed
	logged floors check_house || status=1
	passed=$(count floors '^ok\b')
	failed=$(count floors '^not ok\b')
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	record floors "$passed" "$failed" show_floors
}

show_floors() {
	grep -v '^ok\b' "$log/floors.log"
}

# The unit tests print TAP, or else a line "N passed, N failed".
run_unit() {
	local status=0 passed failed
	logged unit make -s --no-print-directory -C test/unit -j"$(nproc)" check || status=1
	passed=$(count unit '^ok\b')
	failed=$(count unit '^not ok\b')
	if [ $((passed + failed)) -eq 0 ]; then
		passed=$(number unit '\b([0-9]+) passed')
		failed=$(number unit '\b([0-9]+) failed')
	fi
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	record unit "$passed" "$failed" show_unit
}

show_unit() {
	tail -n 40 "$log/unit.log"
}

# The fuzz targets, for 40 seconds of a processor; TAP, a line for each target.
run_fuzz() {
	local status=0 passed failed
	logged fuzz bash test/fuzz/run.sh 40 || status=1
	passed=$(count fuzz '^ok\b')
	failed=$(count fuzz '^not ok\b')
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	record fuzz "$passed" "$failed" show_fuzz
}

show_fuzz() {
	grep -v '^ok\b' "$log/fuzz.log"
}

start_cluster() {
	initdb -D "$work/cluster" -U postgres -A trust -E UTF8 --no-locale --no-sync &&
		pg_ctl -D "$work/cluster" -l "$log/server.log" -w \
			-o "-k $work/tmp -c listen_addresses= -c fsync=off" start
}

stop_cluster() {
	pg_ctl -D "$work/cluster" -m immediate stop >/dev/null 2>&1
}

run_regress() {
	local status=0 failed of passed=0
	if start_cluster >"$log/cluster.log" 2>&1; then
		PGHOST=$work/tmp PGUSER=postgres logged regress make_extension \
			installcheck TAP_TESTS= ${REGRESS:+"REGRESS=$REGRESS"} || status=1
	else
		cat "$log/cluster.log" "$log/server.log" 2>/dev/null | tee "$log/regress.log"
		status=1
	fi
	stop_cluster
	passed=$(number regress 'All ([0-9]+) tests? passed')
	failed=$(number regress '\b([0-9]+) of [0-9]+ tests? failed')
	of=$(number regress '\b[0-9]+ of ([0-9]+) tests? failed')
	[ "$of" -eq 0 ] || passed=$((of - failed))
	if [ $((passed + failed)) -eq 0 ]; then
		# stopped before pg_regress added up
		passed=$(count regress '^(ok [0-9]+ .*|test .* ok  +[0-9]+) ms$')
		failed=$(count regress '^(not ok [0-9]+ .*|test .* FAILED  +[0-9]+) ms$')
	fi
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	record pg_regress "$passed" "$failed" show_regress
}

show_regress() {
	if [ -s regression.diffs ]; then
		head -n 200 regression.diffs
	else
		tail -n 40 "$log/regress.log"
	fi
	if grep -qE 'PANIC|terminated by signal|TRAP:' "$log/server.log" 2>/dev/null; then
		echo "-- server log"
		grep -E -A5 'PANIC|terminated by signal|TRAP:' "$log/server.log" | head -n 40
	fi
}

# As many programs run at once as there are processors, unless PROVE_FLAGS says
# otherwise: much of what they do is waiting. --timer shows which of them takes long.
#
# prove names each program that failed with its exit status and counts. One
# that died or did not keep to its plan fails without a failed test, and counts
# as one. Where prove itself was stopped, the logs of the programs are counted,
# and show_tap names those that had not come to their end.
timestamp='^(\[[0-9:.]+\]\([0-9.]+s\) )?'

run_tap() {
	local status=0 passed failed wait_status tests
	logged tap make_extension installcheck REGRESS= ${PROVE_TESTS:+"PROVE_TESTS=$PROVE_TESTS"} \
		"PROVE_FLAGS=${PROVE_FLAGS:--j$(nproc) --timer}" || status=1
	if grep -q '^Files=' "$log/tap.log"; then
		passed=$(number tap 'Files=[0-9]+, Tests=([0-9]+),')
		failed=0
		while read -r wait_status tests; do
			passed=$((passed - tests))
			failed=$((failed + (tests > 0 ? tests : wait_status != 0)))
		done < <(sed -nE 's/^test.*\(Wstat: ([0-9]+).* Failed: ([0-9]+)\)$/\1 \2/p' "$log/tap.log")
	else
		passed=$(cat tmp_check/log/regress_log_* 2>/dev/null | grep -cE "$timestamp"'ok\b')
		failed=$(cat tmp_check/log/regress_log_* 2>/dev/null | grep -cE "$timestamp"'not ok\b')
	fi
	[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	record tap "$passed" "$failed" show_tap
}

show_tap() {
	local name file
	if ! grep -q '^Files=' "$log/tap.log"; then
		for file in tmp_check/log/regress_log_*; do
			name=test/t/${file##*/regress_log_}.pl
			grep -qE "^(\[[0-9:]+\] )?$name \.+ (ok|skipped)" "$log/tap.log" || echo "not finished, or failed: $name"
			grep -hE "$timestamp"'not ok\b' "$file"
		done
	fi
	sed -n '/^Test Summary Report/,/^Files=/p' "$log/tap.log"
	sed -nE 's|^test/t/([^ ]*)\.pl +\(Wstat.*|\1|p' "$log/tap.log" | while read -r name; do
		file=tmp_check/log/regress_log_$name
		if [ -e "$file" ]; then
			echo "-- end of $file"
			tail -n 40 "$file"
		fi
	done
}

# Counts what the sanitizers said in the logs of all servers.
run_sanitizers() {
	local findings
	findings=$(sanitizer_findings | wc -l)
	record sanitizers $((findings == 0)) "$findings" show_sanitizers
}

sanitizer_findings() {
	grep -rhE 'runtime error:|ERROR: AddressSanitizer|AddressSanitizer CHECK' \
		"$log/server.log" tmp_check/log 2>/dev/null
}

show_sanitizers() {
	sanitizer_findings | sort | uniq -c
	grep -rhE -A25 'runtime error:|ERROR: AddressSanitizer' \
		"$log/server.log" tmp_check/log 2>/dev/null | head -n 100
}

# Whether there is a file of any of the names given.
any() {
	[ -e "$1" ]
}

# Runs a runner, if there is something for it, under its heading; nothing once
# the suite was told to stop. What told it has also ended what was running, and
# that has been counted.
run() {
	local title=$1 runner=$2
	shift 2
	if [ -z "$stopped" ] && any "$@"; then
		step "$title"
		"$runner"
	fi
}

main() {
	local show name passed failed stopped=
	trap stop_cluster EXIT
	trap 'stopped=1' TERM

	step "build against $("$PG_CONFIG" --version), every warning an error"
	copy_postgres
	if build; then
		run "floors" run_floors test/floors.pl
		run "unit tests" run_unit test/unit/Makefile
		run "fuzzing" run_fuzz test/fuzz/run.sh
		run "pg_regress" run_regress test/sql/*.sql
		run "TAP tests" run_tap test/t/*.pl
		if [ -n "${SANITIZE:-}" ]; then
			run_sanitizers
		fi
	else
		record build 0 1 show_build
	fi

	for show in "${failures[@]}"; do
		step "what failed: ${show#show_}"
		$show
	done
	step "results"
	while read -r name passed failed; do
		printf '%-12s %s passed, %s failed\n' "$name:" "$passed" "$failed"
	done <"$log/totals"
	[ ${#failures[@]} -eq 0 ] && [ -z "$stopped" ]
}

main
