#!/usr/bin/env bash
# Builds the extension as it is shipped, generates the benchmark's log, starts
# a private server and measures (test/bench/bench.pl).  test/bench/run.sh
# starts it, unprivileged, in a throw-away copy of the sources.
#
# usage: bench.sh DIRECTORY
set -euo pipefail

work=$1

# Says what happens, and shows a command's output only if it fails.
quietly() {
	echo "$1 ..." >&2
	shift
	if ! "$@" >"$work/log/step" 2>&1; then
		cat "$work/log/step" >&2
		return 1
	fi
}

# Copies the PostgreSQL installation, as test/suite.sh does.
copy_postgres() {
	local to=$work/postgres bindir pkglibdir sharedir dir
	bindir=$("$PG_CONFIG" --bindir)
	pkglibdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	mkdir -p "$to$bindir"
	cp -L "$bindir"/* "$to$bindir"
	for dir in "$pkglibdir" "$sharedir"; do
		mkdir -p "$to$dir"
		cp -rs "$dir"/. "$to$dir"
	done
	find "$to" -name 'pandelephant*' -exec rm -rf {} +
	installation=("bindir=$to$bindir" "pkglibdir=$to$pkglibdir" "datadir=$to$sharedir"
		"PREFIX=$to/usr/local")
	PATH=$to$bindir:$PATH
}

build() {
	local make=(make -s --no-print-directory)
	"${make[@]}" -j"$(nproc)" with_llvm=no PG_CONFIG="$PG_CONFIG" all &&
		"${make[@]}" with_llvm=no PG_CONFIG="$PG_CONFIG" "${installation[@]}" install &&
		"${make[@]}" -C test/writer &&
		"${make[@]}" -C test/bench
}

# The server's settings that are not PostgreSQL's own, each with its reason:
# they are part of what is printed.
write_settings() {
	cat <<-END
		listen_addresses = ''
		unix_socket_directories = '$work/tmp'
		shared_buffers = 1GB            # tables larger than that come from the page cache
		max_wal_size = 32GB             # no checkpoint comes while something is measured:
		min_wal_size = 8GB              # they are made in between,
		checkpoint_timeout = 1d
		autovacuum = off                # and so is VACUUM ANALYZE
		fsync = off                     # the disk is not what is compared; WAL is written all the same
		jit = off                       # it would come and go with the planner's estimates
		maintenance_work_mem = 256MB    # for keys and indexes, after COPY and by pe_materialize() alike
		work_mem = 64MB                 # joins and groups stay in memory, foreign and native alike
		pandelephant.keep_columns = off # what is measured is reading the log
	END
}

start_server() {
	initdb -D "$work/cluster" -U postgres -A trust -E UTF8 --no-locale --no-sync
	write_settings >>"$work/cluster/postgresql.conf"
	write_settings >"$work/settings"
	pg_ctl -D "$work/cluster" -l "$work/log/server.log" -w start
}

# Asks the questions of questions.sql of logs of so many calls.
ask_questions() {
	local calls logs=()
	if [ -n "${LOG:-}" ]; then
		logs=("$LOG")
	else
		for calls in $QUESTIONS; do
			quietly "generating a log of $calls calls" \
				test/writer/plog_generate --syscalls "$calls" -o "$work/$calls.plog"
			chmod 644 "$work/$calls.plog"
			logs+=("$work/$calls.plog")
		done
	fi
	quietly "starting a server" start_server
	PGHOST=$work/tmp PGUSER=postgres PGDATABASE=postgres \
		perl -I test/bench test/bench/questions.pl "$work" "${logs[@]}"
	pg_ctl -s -D "$work/cluster" -m immediate stop
}

main() {
	local log=${LOG:-}
	copy_postgres
	quietly "building against $("$PG_CONFIG" --version)" build
	if [ -n "$QUESTIONS" ]; then
		ask_questions
		return
	fi
	if [ -z "$log" ]; then
		log=$work/bench.plog
		quietly "generating a log of $SYSCALLS calls" \
			test/writer/plog_generate --syscalls "$SYSCALLS" -o "$log"
		chmod 644 "$log"
	fi
	quietly "starting a server" start_server
	PGHOST=$work/tmp PGUSER=postgres PGDATABASE=postgres \
		perl -I test/bench test/bench/bench.pl "$work" "$log"
	pg_ctl -s -D "$work/cluster" -m immediate stop
}

main
