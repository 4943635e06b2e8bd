#!/usr/bin/env bash
# Upgrades a server from earlier versions of the extension to this one, with
# data: builds and installs the earlier one, fills a database with it, installs
# this one over it, and compares what is there before and after ALTER EXTENSION
# UPDATE. As root, in a system made for it; the last line is "N passed, N failed".
#
# usage: upgrade.sh DIRECTORY...
# Each DIRECTORY, named for a version, has its sources.
set -euo pipefail

# shellcheck source=test/common.sh
. "$(dirname "$0")/../common.sh"

passed=0
failed=0

# Notes whether two texts are the same.
is() {
	if [ "$1" = "$2" ]; then
		passed=$((passed + 1))
		echo "ok - $3"
	else
		failed=$((failed + 1))
		printf 'not ok - %s\n-- found\n%s\n-- expected\n%s\n' "$3" "$1" "$2"
	fi
}

as_newcomer() {
	setpriv --reuid=newcomer --regid=newcomer --init-groups env HOME=/home/newcomer LANG=C.UTF-8 "$@"
}

query() {
	as_newcomer "$bindir/psql" -XAtq -v ON_ERROR_STOP=1 -h /tmp -p 5999 -U postgres -d "$database" -c "$1"
}

control() {
	as_newcomer "$bindir/pg_ctl" -s -w -D "$cluster" -l "$cluster.log" -o '-k /tmp -p 5999 -c listen_addresses=' "$@"
}

build_and_install() {
	as_newcomer make -s -C "$1" -j"$(nproc)" with_llvm=no PG_CONFIG="$pg_config" >/dev/null
	make -s -C "$1" with_llvm=no PG_CONFIG="$pg_config" install >/dev/null
}

# The relations that all versions have. strace is not compared: each version
# mended how calls are printed.
relations='processes threads thread_names threadslices mappings syscalls syscall_arguments entries'

columns_of() {
	query "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'message'"
}

# What a list of "relation columns" lines holds in a schema.
rows_of() {
	local relation columns
	while IFS='|' read -r relation columns; do
		query "SELECT '$relation', count(*), md5(string_agg(r::text, E'\\n' ORDER BY r::text))
			FROM (SELECT $columns FROM $1.$relation) r"
	done <<<"$2"
}

# The lines that rows_of takes, of a schema as it is.
shape_of() {
	local relation
	for relation in $relations; do
		echo "$relation|$(columns_of "$1.$relation")"
	done
}

upgrade_from() {
	local version=${1##*/} shape before log=/tmp/w1libs.plog
	build_and_install "$1"
	control start
	database=postgres
	query "CREATE DATABASE from_${version//./_}"
	database=from_${version//./_}
	query "CREATE EXTENSION pandelephant"
	is "$(query "SELECT extversion FROM pg_extension WHERE extname = 'pandelephant'")" "$version" "$version is there"
	query "SELECT pe_attach('$log')" >/dev/null
	query "SELECT pe_materialize('w1libs', 'native')" >/dev/null
	query 'CREATE VIEW mine AS SELECT name, count(*) FROM native.syscalls GROUP BY name'
	shape=$(shape_of native)
	before=$(rows_of native "$shape"; query 'SELECT md5(string_agg(m::text, $$ $$ ORDER BY m::text)) FROM mine m')
	control stop

	build_and_install "$root"
	control start
	is "$(rows_of native "$shape"; query 'SELECT md5(string_agg(m::text, $$ $$ ORDER BY m::text)) FROM mine m')" "$before" \
		"$version: this library with that version's scripts shows native rows as before"
	is "$(query 'SELECT count(*) FROM w1libs.syscalls')" 2222 "$version: and reads foreign tables of then"
	query 'ALTER EXTENSION pandelephant UPDATE'
	is "$(rows_of native "$shape"; query 'SELECT md5(string_agg(m::text, $$ $$ ORDER BY m::text)) FROM mine m')" "$before" \
		"$version: updated, they are the same"
	is "$(query 'SELECT count(call) FROM native.strace')" 2222 "$version: native calls are printed"
	is "$(query "SELECT pe_materialize('w1libs', 'native', 'replace')" 2>&1 | grep -o 'Attach the log again')" \
		'Attach the log again' "$version: foreign tables of then are not loaded, and what to do is said"
	query 'DROP SCHEMA w1libs CASCADE' 2>/dev/null
	query "SELECT pe_attach('$log')" >/dev/null
	query "SELECT pe_attach('$log', schema => 'now', execution => 'now')" >/dev/null
	query "SET client_min_messages = error; SELECT pe_materialize('now', 'native')" >/dev/null
	is "$(query "SELECT string_agg(n::text, ' ') FROM (SELECT count(*) AS n FROM native.syscalls GROUP BY execution_id) s")" \
		'2222 2222' "$version: another execution is loaded beside it"
	query "SET client_min_messages = error; SELECT pe_materialize('w1libs', 'native', 'replace')" >/dev/null
	is "$(query "SELECT pe_drop_execution('w1libs', 'native')")" t "$version: what it loaded is replaced and dropped"
	is "$(query 'SELECT count(*) FROM native.syscalls')" 2222 "$version: and the other one stays"
	control stop
}

main() {
	local sources
	find_postgres
	bindir=$("$pg_config" --bindir)
	cluster=/home/newcomer/cluster
	database=postgres
	chown -R newcomer: "$root"
	install -m 644 "$root/test/plogs/real/w1libs.plog" /tmp
	as_newcomer "$bindir/initdb" -D "$cluster" -U postgres -A trust -E UTF8 --no-sync >/dev/null
	for sources; do
		upgrade_from "$sources"
	done
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

main "$@" </dev/null
