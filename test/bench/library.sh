#!/usr/bin/env bash
# Growth curves of a library: what adding, planning, asking and holding cost with more
# and more logs.
#
# usage: library.sh [COUNT...]          10 100 1000 3000 by default
#
# It asks the server that PGHOST and PGPORT name, as a superuser, in a database of its
# own, and makes the logs in a directory that the server can read.  From the
# environment: LOG, the log that all are copies of (a small one by default); ROUNDS,
# how often each query is timed (5); DIRECTORY, where the logs go; NATIVE, up to how many
# logs are copied into native tables as well, for a row of their own (1000).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
log=${LOG:-$here/../plogs/real/w1sum.plog}
rounds=${ROUNDS:-5}
directory=${DIRECTORY:-$(mktemp -d)}
native=${NATIVE:-1000}
counts=("$@")
[ $# -gt 0 ] || counts=(10 100 1000 3000)
database=pandelephant_library_bench
export PGDATABASE=$database PGOPTIONS='-c client_min_messages=warning -c jit=off'

psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database" -c "CREATE DATABASE $database"
trap 'psql -Xq -d postgres -c "DROP DATABASE IF EXISTS $database"; [ -n "${DIRECTORY:-}" ] || rm -rf "$directory"' EXIT
psql -Xq -c 'CREATE EXTENSION pandelephant'
chmod 755 "$directory"

# The middle of some numbers, one a line.
median()
{
	sort -g | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }'
}

# The time of a statement in ms, its first time in the session left out.
milliseconds()
{
	{
		echo "$1;" '\timing on'
		for ((i = 0; i < rounds; i++)); do echo "$1;"; done
	} | psql -XAtq | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | median
}

# What EXPLAIN says of planning, in ms.
planning()
{
	for ((i = 0; i <= rounds; i++)); do echo "EXPLAIN (SUMMARY) $1;"; done |
		psql -XAtq | sed -n 's/^Planning Time: \([0-9.]*\) ms.*/\1/p' | tail -n "$rounds" | median
}

# How long a statement takes that is run once, in seconds.
seconds()
{
	{ echo '\timing on'; echo "$1;"; } | psql -XAtq |
		sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | awk '{ printf "%.2f", $1 / 1000 }'
}

# A row of the library's executions in native tables: copying all, planning and asking
# as of the logs, removing one, what a plan of all relations locks, and how many
# partitions a relation has.
native_row()
{
	local count=$1 last=$2 copy locks partitions
	local join='lab_native.processes p JOIN lab_native.threads t USING (execution_id, process_id) JOIN lab_native.syscalls s USING (execution_id, thread_id) JOIN lab_native.syscall_arguments a USING (execution_id, syscall_id)'

	copy=$(seconds "SELECT count(*) FROM pe_materialize('lab', (SELECT array_agg(name) FROM lab.logs))")
	psql -Xq -c 'VACUUM ANALYZE'
	locks=$(psql -XAtq <<-END
		BEGIN;
		SELECT count(*) FROM $join LEFT JOIN lab_native.thread_names n USING (execution_id, thread_id) LEFT JOIN lab_native.threadslices l USING (execution_id, thread_id) LEFT JOIN lab_native.mappings m ON m.execution_id = p.execution_id AND m.process_id = p.process_id WHERE p.execution_id >= $last \g /dev/null
		SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid();
	END
	)
	partitions=$(psql -XAtq -c "SELECT count(*) FROM pg_inherits WHERE inhparent = 'lab_native.syscalls'::regclass")
	printf 'native %6s: copy %s s, plan_all %s ms, plan_one %s ms, one %s ms, name %s ms, count %s ms, remove %s s, %s locks, %s partitions\n' \
		"$count" "$copy" "$(planning "SELECT * FROM $join")" \
		"$(planning "SELECT count(*) FROM lab_native.syscalls WHERE execution_id = $last")" \
		"$(milliseconds "SELECT count(*), sum(retval) FROM lab_native.syscalls WHERE execution_id = $last")" \
		"$(milliseconds "SELECT count(*), sum(retval) FROM lab_native.syscalls WHERE execution_id = pe_execution('last', 'lab_native')")" \
		"$(milliseconds 'SELECT count(*), sum(retval) FROM lab_native.syscalls')" \
		"$(seconds "SELECT pe_library_freeze('lab', 'last')")" "$locks" "$partitions"
}

# Locks, files and kB of memory that a session holds in the middle of a scan of all logs.
held()
{
	psql -XAtq <<-END
		BEGIN;
		DECLARE c CURSOR FOR SELECT * FROM lab.syscalls s LEFT JOIN lab.syscall_arguments a USING (execution_id, syscall_id);
		MOVE FORWARD $1 FROM c;
		SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()) || ' ' ||
			(SELECT count(*) FROM pg_ls_dir('/proc/self/fd')) || ' ' ||
			(SELECT (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\s*(\d+)'))[1]);
		COMMIT;
	END
}

printf '%6s %9s %9s %8s %8s %9s %9s %9s %9s %9s %6s %6s %8s\n' logs add_s last_ms plan_all plan_one \
	one_ms name_ms join_ms count_ms skip_ms locks files rss_kB
for count in "${counts[@]}"; do
	for ((i = 1; i <= count; i++)); do
		[ -e "$directory/$i.plog" ] || cp "$log" "$directory/$i.plog"
	done
	last=$((count + 1))
	cp "$log" "$directory/last$count.log"
	chmod -R a+rX "$directory"
	sleep 1
	psql -Xq -c 'DROP SCHEMA IF EXISTS lab, lab_cold, lab_native CASCADE'
	psql -XAtq -c "SELECT pe_library('lab')" >/dev/null
	add=$( { echo '\timing on'; echo "SELECT count(*) FROM pe_library_add('lab', '$directory');"; } |
		psql -XAtq | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | awk '{ printf "%.2f", $1 / 1000 }')
	one=$( { echo '\timing on'; echo "SELECT pe_library_add('lab', '$directory/last$count.log', execution => 'last');"; } |
		psql -XAtq | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
	psql -Xq -c 'ANALYZE lab.logs'
	read -r locks files rss < <(held $((count * 100)))
	printf '%6s %9s %9s %8s %8s %9s %9s %9s %9s %9s %6s %6s %8s\n' "$count" "$add" "$one" \
		"$(planning 'SELECT * FROM lab.processes p JOIN lab.threads t USING (execution_id, process_id) JOIN lab.syscalls s USING (execution_id, thread_id) JOIN lab.syscall_arguments a USING (execution_id, syscall_id)')" \
		"$(planning "SELECT count(*) FROM lab.syscalls WHERE execution_id = $last")" \
		"$(milliseconds "SELECT count(*), sum(retval) FROM lab.syscalls WHERE execution_id = $last")" \
		"$(milliseconds "SELECT count(*), sum(retval) FROM lab.syscalls WHERE execution_id = pe_execution('last', 'lab')")" \
		"$(milliseconds "SELECT count(*), sum(retval) FROM lab.syscalls JOIN lab.executions e USING (execution_id) WHERE e.name = 'last'")" \
		"$(milliseconds 'SELECT count(*), sum(retval) FROM lab.syscalls')" \
		"$(milliseconds "SELECT count(*) FROM lab.syscalls WHERE name = 'sys_no_such'")" \
		"$locks" "$files" "$rss"
	[ "$count" -gt "$native" ] || native_row "$count" "$last"
done
