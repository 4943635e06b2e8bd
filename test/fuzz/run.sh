#!/usr/bin/env bash
# Builds the fuzz targets and runs them all at once: each first on what earlier
# findings left in regressions/, then on new inputs. Prints a line of TAP for
# each; a finding is shown, and kept in build/findings/. What a run learns stays
# in build/corpus/ for the next.
#
# usage: run.sh [SECONDS]
# SECONDS are of one processor, 300 by default; with several it takes less long.
# PG_CONFIG names the PostgreSQL that target json is built against.
set -uo pipefail

seconds=${1:-300}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$here/build
targets=(walk recover message json)

limits=(-timeout=25 -rss_limit_mb=2048)

# How long each target runs, all together using the processors for SECONDS.
processors=$(nproc)
[ "$processors" -le ${#targets[@]} ] || processors=${#targets[@]}
time=$((seconds / processors > 0 ? seconds / processors : 1))

# Runs a target on regression inputs and then on new ones. The log tells the
# rest.
run_target() {
	local target=$1
	local regressions=("$here/regressions/$target"/*)
	if [ -e "${regressions[0]}" ]; then
		"$build/$target" "${limits[@]}" "${regressions[@]}" || return
	fi
	"$build/$target" "${limits[@]}" -max_total_time="$time" \
		-max_len=8192 -dict="$here/plog.dict" -print_final_stats=1 \
		-artifact_prefix="$build/findings/$target-" "$build/corpus/$target"
}

main() {
	local target number=0 failed=0 log inputs running=()
	make -s --no-print-directory -C "$here" -j"$(nproc)" || return
	mkdir -p "$build/findings"
	echo "1..${#targets[@]}"
	for target in "${targets[@]}"; do
		run_target "$target" >"$build/findings/$target.log" 2>&1 &
		running+=($!)
	done
	for target in "${targets[@]}"; do
		log=$build/findings/$target.log
		number=$((number + 1))
		if wait "${running[number - 1]}"; then
			inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
			echo "ok $number - $target: ${inputs:-0} inputs"
		else
			failed=$((failed + 1))
			grep -vE '^(#[0-9]|INFO|\s*NEW_FUNC)' "$log" | tail -n 60 | sed 's/^/# /'
			echo "not ok $number - $target"
		fi
	done
	return $((failed > 0))
}

main
