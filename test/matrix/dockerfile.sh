#!/usr/bin/env bash
# Runs one stage of the Dockerfile in the system that this runs in: its RUN and
# COPY steps, as root. The images of PostgreSQL that it begins with are what the
# system's own packages are; a stage of two is preceded by what the first one
# has left in /installed. The last stage's system is then used.
#
# usage: dockerfile.sh STAGE
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/../common.sh"

# Prints the steps of a stage, one on a line.
steps_of() {
	sed -e ':a' -e '/\\$/{N;s/\\\n[ \t]*/ /;ba' -e '}' "$root/Dockerfile" |
		perl -ne 'BEGIN { $wanted = shift @ARGV } $stage++ if /^FROM/; print if $stage == $wanted && /^(?:RUN|COPY)/' "$1"
}

run_step() {
	local step=$1
	echo "-- $step"
	case $step in
	"RUN "*) sh -ec "${step#RUN }" ;;
	"COPY --from=build /installed /") cp -a /installed/. / ;;
	"COPY . /src") cp -a "$root" /src ;;
	*) die "not known how to do that" ;;
	esac
}

use() {
	local found
	install -m 644 "$root/test/plogs/real/w1libs.plog" /tmp
	found=$(pe query --tuples-only /tmp/w1libs.plog 'SELECT count(*) FROM syscalls')
	[ "$found" = 2222 ] || die "pe printed $found"
	found=$(setpriv --reuid=newcomer --regid=newcomer --init-groups env HOME=/home/newcomer \
		pg_virtualenv -v "$PG_MAJOR" psql -XAtq -v ON_ERROR_STOP=1 \
		-f /docker-entrypoint-initdb.d/pandelephant.sql \
		-c "SELECT pe_attach('/tmp/w1libs.plog', schema => 'log')" -c 'SELECT count(*) FROM log.syscalls')
	grep -qx 2222 <<<"$found" || die "the server said $found"
	echo "used: pe and the server find 2222 system calls"
}

main() {
	local step
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq install -y --no-install-recommends postgresql postgresql-common >/dev/null
	PG_MAJOR=$(newest_with "$server")
	export PG_MAJOR
	while read -r step; do
		run_step "$step" </dev/null
	done < <(steps_of "$1")
	[ "$1" -eq 1 ] || use
}

main "$@" </dev/null
