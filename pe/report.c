/*-------------------------------------------------------------------------
 *
 * report.c
 *		pe report: a page that shows logs.
 *
 * The page is report.html, report.css and report.js, which embed.sh has made
 * strings of, and a list of logs in JSON between them.  All numbers are made by
 * SQL; a log of many calls is put into bins of offsets there, and what is more
 * than a page can hold is left out, and said to be.
 *
 * No library draws the page: rows that fold, lanes, shapes and lines of forks
 * are no chart that d3, uPlot or vega has, so all of that would have to be
 * written with any of them, and each would be a part of every page.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "logs.h"
#include "options.h"
#include "output.h"
#include "plugin.h"
#include "progress.h"
#include "report_page.h"
#include "server.h"

/* Up to so many calls, each is in the page. */
#define MOST_CALLS "20000"
/* Up to so many slices, each is in the page. */
#define MOST_SLICES "20000"
/* Of what grows with a log: how many cells the timeline has, and rows a table. */
#define MOST_CELLS "40000"
#define MOST_ROWS "20000"
/* Bins of offsets, before there are too many cells; and where entries are many. */
#define BINS "16384"
#define BINS_OF_LARGE_LOG "2048"
#define ENTRIES_OF_LARGE_LOG "1000000"

static PGconn *connection;

/* ------------------------------------------------------------------------
 * SQL
 * ------------------------------------------------------------------------ */

/* A text, cut to some characters. */
#define CUT(text, length) \
	"CASE WHEN length(" text ") > " length " THEN left(" text ", " length ") || U&'\\2026' ELSE " text " END"

/*
 * The result of a call that failed, or NULL.  Few results are such that the name
 * has to be looked at.
 */
#define FAILURE \
	"CASE WHEN retval BETWEEN -4095 AND -1 OR retval & 3221225472 = 3221225472 THEN " \
	"CASE WHEN left(name, 2) IN ('Nt', 'Zw') THEN CASE WHEN retval & 3221225472 = 3221225472 THEN retval END " \
	"WHEN retval BETWEEN -4095 AND -1 THEN retval END END"

#define EXEC_CALLS "'sys_execve', 'sys_execveat'"
#define EXIT_CALLS "'sys_exit', 'sys_exit_group', 'NtTerminateProcess', 'ZwTerminateProcess'"
#define ACCEPT_CALLS "'sys_accept', 'sys_accept4'"
#define SENDERS "'sys_sendto', 'sys_send', 'sys_sendmsg'"
#define RECEIVERS "'sys_recvfrom', 'sys_recv', 'sys_recvmsg'"
#define SOCKET_CALLS \
	"'sys_bind', 'sys_connect', 'sys_listen', 'sys_shutdown', 'sys_getsockname', 'sys_getpeername', " \
	"'sys_setsockopt', 'sys_getsockopt', 'sys_sendmmsg', 'sys_recvmmsg', " ACCEPT_CALLS ", " SENDERS ", " RECEIVERS
#define OPEN_CALLS "'sys_open', 'sys_openat', 'sys_openat2', 'sys_creat'"
#define READ_CALLS "'sys_read', 'sys_pread64', 'sys_readv', 'sys_preadv', 'sys_preadv2'"
#define WRITE_CALLS "'sys_write', 'sys_pwrite64', 'sys_writev', 'sys_pwritev', 'sys_pwritev2'"

/*
 * Bins are of 2^shift offsets, of which the first begins at a multiple.  That
 * is so for all 64 bits, and bins are halved in number by a shift.
 */
static const char scale_sql[] =
"CREATE TEMP TABLE report_scale AS "
"SELECT coalesce(first_execution_offset, 0) AS first, coalesce((SELECT min(shift) FROM generate_series(0, 63) shift "
"	WHERE (last_execution_offset >> shift)::numeric - (first_execution_offset >> shift) < "
"		CASE WHEN entry_count > " ENTRIES_OF_LARGE_LOG " THEN " BINS_OF_LARGE_LOG " ELSE " BINS " END), 0) AS shift "
"FROM executions";

/*
 * Whether two names, either of which may be NULL, are the same; such that the
 * names can be hashed.
 */
#define SAME_NAME(a, b) \
	"(" a " IS NULL) = (" b " IS NULL) AND coalesce(" a ", '') = coalesce(" b ", '')"

/* Calls by all that the page tells apart.  $1: shift, $2: first offset. */
static const char cells_sql[] =
"CREATE TEMP TABLE report_cells AS "
"SELECT process_id, thread_id, name, bin, failure, count(*) AS calls, min(syscall_id) AS first_id, "
"	max(syscall_id) AS last_id, min(execution_offset) AS first, max(execution_offset) AS last "
"FROM (SELECT process_id, thread_id, name, (execution_offset >> $1::int) - ($2::bigint >> $1::int) AS bin, "
"		" FAILURE " AS failure, syscall_id, execution_offset FROM syscalls) s "
"GROUP BY process_id, thread_id, name, bin, failure";

static const char names_sql[] =
"CREATE TEMP TABLE report_names AS SELECT name, row_number() OVER (ORDER BY name COLLATE \"C\") - 1 AS number "
"FROM (SELECT DISTINCT name FROM report_cells) n";

/* How much wider bins must be. */
static const char coarser_sql[] =
"WITH cells AS MATERIALIZED (SELECT DISTINCT process_id, thread_id, bin FROM report_cells WHERE bin IS NOT NULL) "
"SELECT min(step) FROM generate_series(0, 14) step WHERE (SELECT count(*) FROM "
"	(SELECT DISTINCT process_id, thread_id, bin >> step FROM cells) c) <= " MOST_CELLS " OR step = 14";

/* The cells of the picture.  $1: how much wider than bins. */
static const char picture_sql[] =
"CREATE TEMP TABLE report_picture AS "
"SELECT process_id, thread_id, bin, min(first_id) AS first_id, max(last_id) AS last_id, "
"	string_agg(number || ',' || calls || ',' || failed, ',' ORDER BY number) AS names "
"FROM (SELECT process_id, thread_id, bin >> $1::int AS bin, number, sum(calls) AS calls, "
"		coalesce(sum(calls) FILTER (WHERE failure IS NOT NULL), 0) AS failed, min(first_id) AS first_id, max(last_id) AS last_id "
"	FROM report_cells c JOIN report_names n ON " SAME_NAME("n.name", "c.name") " WHERE bin IS NOT NULL "
"	GROUP BY 1, 2, 3, 4) c "
"GROUP BY process_id, thread_id, bin";

/*
 * Calls of some ids are asked for by a parameter, an array: as a constant it is
 * hashed, where one of a subquery would be searched from its beginning for each
 * row.
 */
static const char texts_sql[] =
"CREATE TEMP TABLE report_texts AS SELECT syscall_id, " CUT("call", "160") " AS call FROM strace "
"WHERE syscall_id = ANY ($1::bigint[])";
static const char texts_ids_sql[] =
"SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM (SELECT first_id AS id FROM report_picture "
"	UNION SELECT last_id FROM report_picture) p";

/* Those calls whose arguments say what no other relation does. */
static const char few_sql[] =
"CREATE TEMP TABLE report_few AS "
"SELECT syscall_id, process_id, thread_id, name, retval, on_entry, execution_offset, pid, tid FROM syscalls "
"WHERE name IN ('sys_socket', " EXEC_CALLS ", " EXIT_CALLS ", " SOCKET_CALLS ")";

/* The last successful exec of each process, all ends, and all calls on sockets. */
static const char commands_sql[] =
"CREATE TEMP TABLE report_commands AS "
"SELECT DISTINCT ON (process_id) process_id, syscall_id FROM ("
"	SELECT process_id, syscall_id, retval, on_entry, lead(retval) OVER (PARTITION BY thread_id ORDER BY syscall_id) AS next "
"	FROM report_few WHERE name IN (" EXEC_CALLS ")) e "
"WHERE CASE WHEN on_entry THEN next IS NULL OR next >= 0 ELSE retval = 0 END "
"ORDER BY process_id, syscall_id DESC";
static const char arguments_ids_sql[] =
"SELECT coalesce(array_agg(syscall_id ORDER BY syscall_id), '{}') FROM (SELECT syscall_id FROM report_few WHERE name NOT IN (" EXEC_CALLS ") "
"	UNION SELECT syscall_id FROM report_commands) f";
static const char arguments_sql[] =
"CREATE TEMP TABLE report_arguments AS "
"SELECT syscall_id, position, name, argument_type, struct_type, " CUT("value", "1000") " AS value FROM syscall_arguments "
"WHERE syscall_id = ANY ($1::bigint[])";

static const char files_sql[] =
"CREATE TEMP TABLE report_files AS "
"SELECT process_id, path, count(*) FILTER (WHERE name IN (" OPEN_CALLS ") AND failure IS NULL) AS opened, "
"	coalesce(sum(retval) FILTER (WHERE name IN (" READ_CALLS ") AND retval > 0), 0) AS read, "
"	coalesce(sum(retval) FILTER (WHERE name IN (" WRITE_CALLS ") AND retval > 0), 0) AS written, "
"	count(*) AS calls, count(failure) AS failed, min(execution_offset) AS first, max(execution_offset) AS last "
"FROM (SELECT execution_id, syscall_id, process_id, name, retval, " FAILURE " AS failure, execution_offset FROM syscalls) s "
"JOIN (SELECT execution_id, syscall_id, value AS path FROM syscall_arguments "
"	WHERE name IN ('filename', 'pathname', 'path', 'oldname', 'newname', 'dir_name', 'specialfile', 'filename(from fd)') "
"		AND argument_type = 'STRING' AND value NOT IN ('', 'n/a', '[unknown filename]')) a USING (execution_id, syscall_id) "
"GROUP BY process_id, path";

static const char sockets_sql[] =
"CREATE TEMP TABLE report_sockets AS "
"WITH events AS ("
"	SELECT process_id, syscall_id, name, retval, execution_offset, retval AS descriptor, true AS makes FROM report_few "
"	WHERE name IN ('sys_socket', " ACCEPT_CALLS ") AND retval >= 0 "
"	UNION ALL "
"	SELECT process_id, syscall_id, f.name, retval, execution_offset, pe_bigint(value), false "
"	FROM report_few f JOIN report_arguments a USING (syscall_id) "
"	WHERE position = 0 AND f.name IN (" SOCKET_CALLS ")), "
"stretches AS ("
"	SELECT *, count(*) FILTER (WHERE makes) OVER (PARTITION BY process_id, descriptor ORDER BY syscall_id) AS stretch "
"	FROM events) "
"SELECT process_id, descriptor, stretch, min(syscall_id) AS first_id, "
"	concat_ws(' ', CASE max(family) WHEN 1 THEN 'AF_UNIX' WHEN 2 THEN 'AF_INET' WHEN 10 THEN 'AF_INET6' "
"			WHEN 16 THEN 'AF_NETLINK' WHEN 17 THEN 'AF_PACKET' ELSE max(family)::text END, "
"		CASE max(type) & 15 WHEN 1 THEN CASE WHEN max(guest) LIKE 'mips%' THEN 'SOCK_DGRAM' ELSE 'SOCK_STREAM' END "
"			WHEN 2 THEN CASE WHEN max(guest) LIKE 'mips%' THEN 'SOCK_STREAM' ELSE 'SOCK_DGRAM' END "
"			WHEN 3 THEN 'SOCK_RAW' WHEN 5 THEN 'SOCK_SEQPACKET' ELSE (max(type) & 15)::text END) AS socket, "
"	max(coalesce('port ' || port, address)) FILTER (WHERE name = 'sys_bind' AND retval = 0) AS bound, "
"	max(coalesce(address, '') || CASE WHEN retval = 0 THEN ' done' ELSE ' ' || coalesce(pe_error_name(retval, guest), retval::text, '?') END) "
"		FILTER (WHERE name = 'sys_connect') AS connected, "
"	coalesce(sum(retval) FILTER (WHERE name IN (" SENDERS ") AND retval > 0), 0) AS sent, "
"	coalesce(sum(retval) FILTER (WHERE name IN (" RECEIVERS ") AND retval > 0), 0) AS received, "
"	count(*) AS calls, count(*) FILTER (WHERE retval BETWEEN -4095 AND -1) AS failed, "
"	min(execution_offset) AS first, max(execution_offset) AS last "
"FROM stretches s CROSS JOIN (SELECT guest FROM executions) e LEFT JOIN ("
"	SELECT a.syscall_id, pe_bigint(max(value) FILTER (WHERE f.name = 'sys_socket' AND position = 0)) AS family, "
"		pe_bigint(max(value) FILTER (WHERE f.name = 'sys_socket' AND position = 1)) AS type, "
"		max(value) FILTER (WHERE a.name = 'port') AS port, max(value) FILTER (WHERE struct_type LIKE 'sockaddr%') AS address "
"	FROM report_arguments a JOIN report_few f USING (syscall_id) GROUP BY a.syscall_id) d USING (syscall_id) "
"GROUP BY process_id, descriptor, stretch";

/*
 * Slices that begin in the same bin, with the instructions that their processes
 * ran.  $1: shift.  An offset of a negative number, from 2^63 on, counts for no
 * instructions.
 */
static const char slices_sql[] =
"CREATE TEMP TABLE report_slices AS "
"SELECT process_id, thread_id, start_execution_offset >> $1::int AS first, max(end_execution_offset >> $1::int) AS last, "
"	sum(end_execution_offset - start_execution_offset) FILTER (WHERE start_execution_offset >= 0) "
"		+ count(*) FILTER (WHERE start_execution_offset >= 0) AS instructions "
"FROM threadslices WHERE start_execution_offset <= end_execution_offset GROUP BY 1, 2, 3";

static const char modules_sql[] =
"CREATE TEMP TABLE report_modules AS "
"SELECT process_id, mapping_id, name, path, base_address, size, first_seen_execution_offset AS first, "
"	last_seen_execution_offset AS last FROM modules";

static const char points_sql[] =
"CREATE TEMP TABLE report_points AS "
"SELECT process_id, coalesce(m.path, m.name) AS module, code_point_id, \"offset\", "
"	coalesce(sources, 0) AS sources, coalesce(sinks, 0) AS sinks "
"FROM code_points JOIN mappings m USING (mapping_id) "
"LEFT JOIN (SELECT source_code_point_id AS code_point_id, count(*) AS sources FROM taint_flows GROUP BY 1) a "
"	USING (code_point_id) "
"LEFT JOIN (SELECT sink_code_point_id AS code_point_id, count(*) AS sinks FROM taint_flows GROUP BY 1) b "
"	USING (code_point_id)";

/* What is said of the log as a whole.  $1: bins are of 2^$1 offsets, $2: one where they begin. */
static const char facts_sql[] =
"SELECT row_to_json(f) FROM ("
"	SELECT name, description, regexp_replace(plog, '^.*/', '') AS file, plog_version, file_bytes, chunk_count, entry_count, "
"		first_execution_offset AS first, last_execution_offset AS last, complete, guest, "
"		(SELECT count(*) FROM processes) AS processes, (SELECT count(*) FROM threads) AS threads, "
"		c.calls, c.failed, c.outside, c.calls <= " MOST_CALLS " AS detail, "
"		(SELECT count(*) FROM report_modules) AS modules, (SELECT count(*) FROM mappings) AS mappings, "
"		(SELECT count(*) FROM report_files) AS files, (SELECT count(*) FROM report_sockets) AS sockets, "
"		(SELECT count(*) FROM report_points) AS points, (SELECT count(*) FROM taint_flows) AS flows, "
"		trunc(2::numeric ^ $1::int) AS width, ($2::bigint >> $1::int) << $1::int AS base "
"	FROM executions, (SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(calls) FILTER (WHERE failure IS NOT NULL), 0) AS failed, "
"			coalesce(sum(calls) FILTER (WHERE bin IS NULL), 0) AS outside FROM report_cells) c) f";

static const char names_list[] =
"SELECT to_json(name) FROM report_names ORDER BY number";

static const char processes_list[] =
"SELECT json_build_array(process_id, parent_process_id, pid, " CUT("names[cardinality(names)]", "200") ", " CUT("command", "1000") ", "
"	first_seen_execution_offset, last_seen_execution_offset, coalesce(instructions, 0), exit_code, ended) "
"FROM processes LEFT JOIN ("
"	SELECT process_id, sum(instructions) AS instructions FROM report_slices GROUP BY process_id) r USING (process_id) "
"LEFT JOIN ("
"	SELECT c.process_id, coalesce(max(value) FILTER (WHERE a.name = 'args'), "
"		max(value) FILTER (WHERE position = CASE f.name WHEN 'sys_execveat' THEN 1 ELSE 0 END)) AS command "
"	FROM report_commands c JOIN report_few f USING (syscall_id) JOIN report_arguments a USING (syscall_id) "
"	WHERE argument_type = 'STRING' AND btrim(value) NOT IN ('', 'n/a') GROUP BY c.process_id) c USING (process_id) "
"LEFT JOIN ("
"	SELECT DISTINCT ON (process_id) process_id, 'exited' AS ended, pe_bigint(a.value) AS exit_code FROM report_few f "
"	LEFT JOIN report_arguments a ON a.syscall_id = f.syscall_id AND a.position = CASE WHEN f.name LIKE 'sys%' THEN 0 ELSE 1 END "
"	LEFT JOIN report_arguments h ON h.syscall_id = f.syscall_id AND h.position = 0 "
"	WHERE f.name IN (" EXIT_CALLS ") AND CASE f.name WHEN 'sys_exit' THEN f.tid = f.pid WHEN 'sys_exit_group' THEN true "
"		ELSE h.value IN ('0xffffffff', '0xffffffffffffffff') END "
"	ORDER BY process_id, f.name = 'sys_exit', f.syscall_id DESC) x USING (process_id) "
"ORDER BY process_id";

static const char threads_list[] =
"SELECT json_build_array(thread_id, process_id, tid, " CUT("names[cardinality(names)]", "200") ", first_seen_execution_offset, "
"	last_seen_execution_offset) FROM threads ORDER BY thread_id";

static const char thread_calls_list[] =
"SELECT json_build_array(thread_id, sum(calls), coalesce(sum(calls) FILTER (WHERE failure IS NOT NULL), 0)) FROM report_cells "
"WHERE thread_id IS NOT NULL GROUP BY thread_id ORDER BY thread_id";

static const char slices_list[] =
"SELECT json_build_array(process_id, thread_id, start_execution_offset, end_execution_offset) FROM threadslices "
"WHERE start_execution_offset <= end_execution_offset ORDER BY threadslice_id";

/* Slices in bins, those that touch as one.  $1: how much wider than bins, $2: bins are of 2^$2 offsets then. */
static const char slices_in_bins_list[] =
"WITH bins AS ("
"	SELECT process_id, thread_id, first >> $1::int AS first, max(last >> $1::int) AS last FROM report_slices GROUP BY 1, 2, 3), "
"before AS (SELECT *, max(last) OVER (PARTITION BY process_id, thread_id ORDER BY first "
"	ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM bins), "
"islands AS (SELECT *, count(*) FILTER (WHERE before IS NULL OR first > before + 1) "
"	OVER (PARTITION BY process_id, thread_id ORDER BY first) AS island FROM before) "
"SELECT json_build_array(process_id, thread_id, min(first) << $2::int, (max(last) << $2::int) + ((1::bigint << $2::int) - 1)) FROM islands "
"GROUP BY process_id, thread_id, island ORDER BY process_id, thread_id, island";

static const char calls_list[] =
"SELECT json_build_array(process_id, s.thread_id, s.execution_offset, number, (" FAILURE ") IS NOT NULL, " CUT("call", "500") ") "
"FROM syscalls s JOIN strace t USING (execution_id, syscall_id) JOIN (SELECT name AS known, number FROM report_names) n "
"	ON " SAME_NAME("known", "name") " ORDER BY syscall_id";

static const char cells_list[] =
"SELECT format('[%s,%s,%s,%s,%s,%s]', coalesce(process_id::text, 'null'), coalesce(thread_id::text, 'null'), bin, "
"	coalesce(to_json(f.call)::text, 'null'), "
"	CASE WHEN first_id = last_id THEN 'null' ELSE coalesce(to_json(l.call)::text, 'null') END, names) "
"FROM report_picture LEFT JOIN report_texts f ON f.syscall_id = first_id LEFT JOIN report_texts l ON l.syscall_id = last_id "
"ORDER BY process_id, thread_id, bin";

static const char mix_list[] =
"SELECT json_build_array(process_id, number, sum(calls), coalesce(sum(calls) FILTER (WHERE failure IS NOT NULL), 0), min(first), max(last)) "
"FROM report_cells c JOIN report_names n ON " SAME_NAME("n.name", "c.name") " GROUP BY process_id, number ORDER BY process_id, number";

static const char errors_list[] =
"SELECT json_build_array(process_id, number, CASE WHEN left(c.name, 2) IN ('Nt', 'Zw') THEN pe_hex(failure & 4294967295) "
"	ELSE coalesce(pe_error_name(failure, (SELECT guest FROM executions)), (-failure)::text) END, sum(calls), min(first), max(last)) "
"FROM report_cells c JOIN report_names n ON " SAME_NAME("n.name", "c.name") " WHERE failure IS NOT NULL "
"GROUP BY process_id, number, c.name, failure ORDER BY process_id, number, failure";

static const char files_list[] =
"SELECT json_build_array(process_id, " CUT("path", "1000") ", opened, read, written, calls, failed, first, last) FROM report_files "
"ORDER BY calls DESC, process_id, path COLLATE \"C\" LIMIT " MOST_ROWS;

static const char network_list[] =
"SELECT json_build_array(process_id, descriptor, nullif(socket, ''), bound, trim(connected), sent, received, calls, failed, first, last) "
"FROM report_sockets ORDER BY first_id, descriptor LIMIT " MOST_ROWS;

static const char modules_list[] =
"SELECT json_build_array(process_id, " CUT("name", "200") ", " CUT("path", "1000") ", pe_hex(base_address), size, first, last) "
"FROM report_modules ORDER BY mapping_id LIMIT " MOST_ROWS;

static const char points_list[] =
"SELECT json_build_array(process_id, " CUT("module", "1000") ", pe_hex(\"offset\"), sources, sinks) FROM report_points "
"ORDER BY code_point_id LIMIT " MOST_ROWS;

/* The innermost query is one that the catalog answers. */
static const char kinds_sql[] =
"SELECT kind, to_json(kind), entries FROM (SELECT kind, count(*) AS entries FROM entries GROUP BY kind) k "
"ORDER BY entries DESC, kind COLLATE \"C\"";

static const char drop_sql[] =
"DROP TABLE IF EXISTS pg_temp.report_scale, pg_temp.report_cells, pg_temp.report_names, pg_temp.report_picture, pg_temp.report_texts, "
"	pg_temp.report_few, pg_temp.report_commands, pg_temp.report_arguments, pg_temp.report_files, pg_temp.report_sockets, pg_temp.report_slices, "
"	pg_temp.report_modules, pg_temp.report_points";

/* What the SQL calls $1 and $2. */
typedef struct Parameters
{
	const char *values[2];
	int			count;
} Parameters;

static const Parameters none = {{NULL, NULL}, 0};

static PGresult *
ask(const char *sql, const Parameters *parameters)
{
	return database_must(connection, BAD_LOG, sql, parameters->count, parameters->values);
}

static void
run(const char *sql)
{
	PQclear(database_must(connection, BAD_LOG, sql, -1, NULL));
}

/*
 * The only value of the only row.
 */
static char *
ask_value(const char *sql, const Parameters *parameters)
{
	PGresult   *result = ask(sql, parameters);
	char	   *value = copy_text(PQgetvalue(result, 0, 0));

	PQclear(result);
	return value;
}

static void
run_with_ids(const char *sql, const char *ids_sql)
{
	char	   *ids = ask_value(ids_sql, &none);

	PQclear(ask(sql, &(Parameters) {{ids, NULL}, 1}));
	free(ids);
}

/* ------------------------------------------------------------------------
 * The page
 * ------------------------------------------------------------------------ */

/*
 * Write JSON so that it can stand in an element script, and in JavaScript: no
 * end of it begins with "<" then, and the characters that were no text of
 * JavaScript's before 2019 are escaped.  Outside strings JSON has none of them.
 */
static void
write_json(const char *json)
{
	const char *from = json;

	for (; *json != '\0'; json++)
	{
		const char *escaped = NULL;
		size_t		length = 1;

		if (*json == '<')
			escaped = "\\u003c";
		else if (*json == '>')
			escaped = "\\u003e";
		else if (*json == '&')
			escaped = "\\u0026";
		else if (strncmp(json, "\xe2\x80\xa8", 3) == 0 || strncmp(json, "\xe2\x80\xa9", 3) == 0)
		{
			escaped = json[2] == '\xa8' ? "\\u2028" : "\\u2029";
			length = 3;
		}
		else
			continue;
		output_bytes(from, (size_t) (json - from));
		output_text(escaped);
		json += length - 1;
		from = json + 1;
	}
	output_bytes(from, (size_t) (json - from));
}

static void
write_list(const char *key, const char *sql, const Parameters *parameters)
{
	PGresult   *result;
	int64_t		rows = 0;

	output_format(",\n\"%s\":[", key);
	database_send(connection, sql, parameters->count, parameters->values);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		for (int i = 0; i < PQntuples(result); i++)
		{
			output_text(rows++ > 0 ? ",\n" : "\n");
			write_json(PQgetvalue(result, i, 0));
		}
		PQclear(result);
	}
	output_text("]");
}

/*
 * Kinds of entries with the plugin that writes them.
 */
static void
write_kinds(void)
{
	PGresult   *kinds = ask(kinds_sql, &none);
	bool		is_first = true;

	output_text(",\n\"kinds\":[");
	for (int i = 0; i < PQntuples(kinds); i++)
	{
		const char *plugin = plugin_of_kind(PQgetvalue(kinds, i, 0));

		/* an entry without a message */
		if (PQgetisnull(kinds, i, 0))
			continue;
		output_text(is_first ? "\n[" : ",\n[");
		is_first = false;
		write_json(PQgetvalue(kinds, i, 1));
		output_format(plugin != NULL ? ",%s,\"%s\"]" : ",%s,null]", PQgetvalue(kinds, i, 2), plugin);
	}
	output_text("]");
	PQclear(kinds);
}

static char *
scale_value(const char *column)
{
	char	   *sql = format_text("SELECT %s FROM report_scale", column);
	char	   *value = ask_value(sql, &none);

	free(sql);
	return value;
}

/* By how much offsets are shifted to become bins, and bins those of the picture. */
typedef struct Scale
{
	char	   *first;			/* the first offset */
	char	   *shift;
	char	   *coarser;
	char	   *bits;			/* both together */
} Scale;

/*
 * Put what the log has together, in temporary tables.
 */
static Scale
gather(void)
{
	static const char *const steps[] = {names_sql, files_sql, sockets_sql, modules_sql, points_sql, NULL};
	Scale		scale;

	run(scale_sql);
	scale.shift = scale_value("shift");
	scale.first = scale_value("first");
	PQclear(ask(cells_sql, &(Parameters) {{scale.shift, scale.first}, 2}));
	PQclear(ask(slices_sql, &(Parameters) {{scale.shift, NULL}, 1}));
	run(few_sql);
	run(commands_sql);
	run_with_ids(arguments_sql, arguments_ids_sql);
	run("ANALYZE pg_temp.report_few, pg_temp.report_arguments, pg_temp.report_cells");
	for (const char *const *step = steps; *step != NULL; step++)
		run(*step);
	scale.coarser = ask_value(coarser_sql, &none);
	scale.bits = format_text("%d", atoi(scale.shift) + atoi(scale.coarser));
	PQclear(ask(picture_sql, &(Parameters) {{scale.coarser, NULL}, 1}));
	return scale;
}

static bool
holds(const char *sql)
{
	char	   *value = ask_value(sql, &none);
	bool		held = *value == 't';

	free(value);
	return held;
}

static void
write_log(void)
{
	Scale		scale = gather();
	char	   *facts = ask_value(facts_sql, &(Parameters) {{scale.bits, scale.first}, 2});

	output_text("{\"facts\":");
	write_json(facts);
	write_list("names", names_list, &none);
	write_list("processes", processes_list, &none);
	write_list("threads", threads_list, &none);
	write_list("threadcalls", thread_calls_list, &none);
	/* the count alone is what the catalog answers */
	if (holds("SELECT slices <= " MOST_SLICES " FROM (SELECT count(*) AS slices FROM threadslices OFFSET 0) s"))
		write_list("slices", slices_list, &none);
	else
		write_list("slices", slices_in_bins_list, &(Parameters) {{scale.coarser, scale.bits}, 2});
	if (holds("SELECT coalesce(sum(calls), 0) <= " MOST_CALLS " FROM report_cells"))
		write_list("calls", calls_list, &none);
	else
	{
		run_with_ids(texts_sql, texts_ids_sql);
		write_list("cells", cells_list, &none);
	}
	write_list("mix", mix_list, &none);
	write_list("errors", errors_list, &none);
	write_list("files", files_list, &none);
	write_list("network", network_list, &none);
	write_list("modules", modules_list, &none);
	write_list("coverage", points_list, &none);
	write_kinds();
	output_text("}");
	run(drop_sql);
	free(scale.first);
	free(scale.shift);
	free(scale.coarser);
	free(scale.bits);
	free(facts);
}

void
run_report(void)
{
	LogSet		logs;

	logs_take(&logs);
	output_begin_file(has(OPTION_OUTPUT) ? option(OPTION_OUTPUT) : file_beside(logs.logs[0].given, ".html"),
					  has(OPTION_FORCE));
	progress_begin(base_name(logs.logs[0].given));
	connection = server_enter();
	logs_open(connection, &logs);
	run("SET jit = off; SET work_mem = '256MB'; SET client_min_messages = error");

	output_text(report_html);
	output_text("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
				"style-src '" REPORT_CSS_HASH "'; script-src '" REPORT_JS_HASH "'\">\n<style>");
	output_text(report_css);
	output_text("</style>\n</head>\n<body>\n<noscript><p>This page is drawn by JavaScript, which is switched off."
				"</p></noscript>\n<script type=\"application/json\" id=\"logs\">\n{\"pe\":\"" PE_VERSION "\",\"logs\":[\n");
	for (int i = 0; i < logs.count; i++)
	{
		output_text(i > 0 ? ",\n" : "");
		set_search_path(connection, logs.logs[i].schema);
		write_log();
	}
	output_text("]}\n</script>\n<script>");
	output_text(report_js);
	output_text("</script>\n</body>\n</html>\n");
	output_end_file();
	logs_leave(connection, &logs);
	finish(DONE);
}
