#!/usr/bin/env bash
# Installs the packages that lie in a directory into a system that has neither
# PostgreSQL nor what built them, uses the extension and pe, purges both, and
# sees that nothing is left. As root, in a system made for it.
#
# usage: use_packages.sh DIRECTORY LOG
# LOG is a plog with 2222 system calls, test/plogs/real/w1libs.plog.
set -euo pipefail

packages=$1
log=/tmp/packaged.plog
export DEBIAN_FRONTEND=noninteractive

# Fails unless a command prints this.
prints() {
	local expected=$1 found
	shift
	found=$("$@") || return
	if [ "$found" != "$expected" ]; then
		echo "$*: printed $found, not $expected" >&2
		return 1
	fi
	echo "ok - $*"
}

as_newcomer() {
	setpriv --reuid=newcomer --regid=newcomer --init-groups env HOME=/home/newcomer "$@"
}

# What the packages have left, but for what dpkg and apt say of them.
left_over() {
	find / -xdev \( -path /proc -o -path /srv -o -path /tmp -o -path /var/log -o -path /var/lib/apt \
		-o -path /home -o -path /root \) -prune -o -name '*pandelephant*' -print -o -name pe.1.gz -print
	command -v pe || true
}

main() {
	local version count='SELECT count(*) FROM'
	install -m 644 "$2" "$log"
	apt-get -qq update
	apt-get -qq install -y --no-install-recommends "$packages"/pandelephant_*.deb >/dev/null
	prints 4 sh -c "pe info $log 2>/tmp/said; echo \$?"
	for version in "$packages"/postgresql-*-pandelephant_*.deb; do
		apt-get -qq install -y --no-install-recommends "$version" >/dev/null
		version=${version##*/postgresql-}
		version=${version%%-*}
		as_newcomer pg_virtualenv -v "$version" psql -XAtq -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pandelephant' \
			-c "SELECT pe_attach('$log', schema => 'log')" -o /home/newcomer/found -c "$count log.syscalls" >/dev/null
		prints 2222 tail -n 1 /home/newcomer/found
	done
	prints 2222 as_newcomer pe query --tuples-only "$log" "$count syscalls"
	prints 2222 pe query --tuples-only "$log" "$count syscalls"
	prints yes sh -c '[ -e /usr/share/bash-completion/completions/pe ] && echo yes'
	apt-get -qq purge -y pandelephant 'postgresql-*-pandelephant' >/dev/null
	prints '' left_over
}

main "$@" </dev/null
