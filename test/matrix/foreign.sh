#!/usr/bin/env bash
# make unit-foreign: builds the unit tests of src/plog for a machine of 32 bits
# and for one that is big-endian, and runs them; qemu runs the latter.
#
# It adds the architectures i386 and s390x to the Debian system that it runs in,
# so it belongs in one that was made for it: make matrix does that.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/../common.sh"

# Debian's name of the machine, what its compiler's name begins with, and the
# program that runs its programs, if this machine cannot.
machines=(
	"i386 i686-linux-gnu"
	"s390x s390x-linux-gnu qemu-s390x"
)

install_what_is_needed() {
	local machine name prefix packages=(make protobuf-c-compiler libc6-dev qemu-user)
	for machine in "${machines[@]}"; do
		read -r name prefix _ <<<"$machine"
		as_root dpkg --add-architecture "$name"
		packages+=("gcc-$prefix" "libdeflate-dev:$name" "zlib1g-dev:$name" "libprotobuf-c-dev:$name")
	done
	as_root apt-get -qq update
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
}

main() {
	local machine name prefix run log passed=0 failed=0 status=0
	install_what_is_needed
	for machine in "${machines[@]}"; do
		read -r name prefix run <<<"$machine"
		printf '\n== unit tests on %s\n' "$name"
		log=$root/test/unit/build/$name.log
		mkdir -p "${log%/*}"
		make -s --no-print-directory -C "$root/test/unit" -j"$(nproc)" \
			MACHINE="$name" CC="$prefix-gcc" RUN="$run" check 2>&1 | tee "$log" || status=1
		passed=$((passed + $(grep -c '^ok' "$log" || true)))
		failed=$((failed + $(grep -c '^not ok' "$log" || true)))
	done
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	echo "$passed passed, $failed failed"
	return "$status"
}

main </dev/null
