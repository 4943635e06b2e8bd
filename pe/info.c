/*-------------------------------------------------------------------------
 *
 * info.c
 *		pe info: what is in a log.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "characters.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "picture.h"
#include "plugin.h"
#include "progress.h"
#include "server.h"

/* Which plugin writes entries of a kind. */
static const struct
{
	const char *kind;
	const char *plugin;
}			plugins[] = {
	{"asid_info", "asidstory"},
	{"asid_libraries", "loaded_libs"},
	{"attack_point", "taint2"},
	{"attack_point_pri", "pri_taint"},
	{"basic_block", "collect_code"},
	{"bir", "bir"},
	{"call_stack", "callstack_instr"},
	{"dwarf2_call", "dwarf2"},
	{"dwarf2_ret", "dwarf2"},
	{"dwarf_call", "pri_dwarf"},
	{"dwarf_ret", "pri_dwarf"},
	{"edge_coverage", "edge_coverage"},
	{"label_liveness", "tainted_branch"},
	{"llvmEntry", "llvm_trace2"},
	{"pri_trace_src_info", "pri_trace"},
	{"proc_trace", "proc_trace"},
	{"serial_tx", "serial_taint"},
	{"signal_event", "signal"},
	{"syscall", "syscalls_logger"},
	{"taint_flow", "tsm"},
	{"taint_label_number", "taint2"},
	{"taint_label_physical_addr", "taint2"},
	{"taint_label_virtual_addr", "taint2"},
	{"taint_query", "taint2"},
	{"taint_query_hypercall", "taint2"},
	{"taint_query_pri", "pri_taint"},
	{"taint_query_unique_label_set", "taint2"},
	{"tainted_branch", "tainted_branch"},
	{"tainted_branch_summary", "tainted_branch"},
	{"tainted_instr", "tainted_instr"},
	{"tainted_instr_summary", "tainted_instr"},
	{"tainted_mmio_label", "tainted_mmio"},
	{"trace", "edge_coverage"},
	{"tsm_change", "tsm"},
};

const char *
plugin_of_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
	{
		if (strcmp(plugins[i].kind, kind) == 0)
			return plugins[i].plugin;
	}
	return NULL;
}

/*
 * This makes the log's catalog, if it is not there: it reads the log, and nothing
 * that is asked later does.
 */
static const char catalog_sql[] = "SELECT count(*) FROM processes";

/* A plan of this says what form the log has, once there is the catalog. */
static const char plan_sql[] = "EXPLAIN (FORMAT JSON) SELECT FROM executions";

/* A line for each; NULL is left out.  $1: the plan. */
static const char summary_sql[] =
"SELECT plog AS log, name AS execution, description, file_bytes AS bytes, chunk_count AS chunks, "
"complete, guest, jsonb_path_query_first($1::jsonb, '$.**.\"Wire Form\"') #>> '{}' AS \"wire form\", "
"first_execution_offset || ' to ' || last_execution_offset || ' instructions' AS \"time span\", "
"processes, threads, mappings, syscalls AS \"system calls\", "
"nullif(concat_ws(', ', CASE WHEN slices = 0 THEN 'threadslices (asidstory, proc_trace)' END, "
"	CASE WHEN syscalls = 0 THEN 'syscalls (syscalls_logger)' END, "
"	CASE WHEN mappings = 0 THEN 'mappings (loaded_libs)' END, "
"	CASE WHEN flows = 0 THEN 'taint_flows (tsm)' END), '') AS missing, "
"entry_count AS entries FROM executions, "
"(SELECT count(*) AS processes FROM processes) p, (SELECT count(*) AS threads FROM threads) t, "
"(SELECT count(*) AS mappings FROM mappings) m, (SELECT count(*) AS syscalls FROM syscalls) s, "
"(SELECT count(*) AS slices FROM threadslices) l, (SELECT count(*) AS flows FROM taint_flows) f";

static const char kinds_sql[] =
"SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY count(*) DESC, kind";

/* What the server said is lost of the log, or NULL. */
static char *loss = NULL;

/*
 * Of a log that is recovered, a warning's detail says what is lost.
 */
static void
note_loss(void *unused, const PGresult *notice)
{
	const char *detail = PQresultErrorField(notice, PG_DIAG_MESSAGE_DETAIL);

	(void) unused;
	if (detail == NULL)
		return;
	free(loss);
	loss = make_plain(copy_text(detail));
}

static void
print_summary(const PGresult *result)
{
	/* without the full stop of the detail, which is a sentence */
	int			length = loss != NULL ? (int) strlen(loss) - (loss[0] != '\0' && loss[strlen(loss) - 1] == '.') : 0;

	for (int i = 0; i < PQnfields(result); i++)
	{
		const char *name = PQfname(result, i);
		const char *value = PQgetvalue(result, 0, i);
		Text		line = {0};

		if (PQgetisnull(result, 0, i))
			continue;
		if (strcmp(name, "complete") == 0 && *value == 't')
			value = "yes";
		else if (strcmp(name, "complete") == 0)
			value = format_text("no%s%.*s; --recover makes the other commands read it as far as it goes",
								length > 0 ? ": " : "", length, length > 0 ? loss : "");
		/* names of files have what ends a line, too */
		text_add_line(&line, value, false);
		output_format("%-18s%s\n", name, line.data);
		free(line.data);
	}
}

static void
print_kinds(const PGresult *result)
{
	for (int i = 0; i < PQntuples(result); i++)
	{
		const char *kind = PQgetvalue(result, i, 0);
		const char *plugin = plugin_of_kind(kind);

		/* an entry without a message */
		if (PQgetisnull(result, i, 0))
			continue;
		output_format("  %-23s%10s", kind, PQgetvalue(result, i, 1));
		if (plugin != NULL)
			output_format("  of %s", plugin);
		output_text("\n");
	}
}

/*
 * Attach the log and read what is said of it.  Returns the error that ended that,
 * or NULL.
 */
static PGresult *
read_log(PGconn *connection, Log *log, PGresult **summary, PGresult **kinds)
{
	PGresult   *plan;
	PGresult   *result;

	/* which nothing here asks, and which take longer to make than all else */
	PQclear(database_must(connection, FAILED, "SET pandelephant.question_views = off", 0, NULL));
	PQsetNoticeReceiver(connection, note_loss, NULL);
	result = log_attach(connection, log, 1);
	if (result_is_error(result))
		return result;
	PQclear(result);
	set_search_path(connection, log->schema);
	result = database_run(connection, catalog_sql, 0, NULL);
	if (result_is_error(result))
		return result;
	PQclear(result);
	plan = database_must(connection, BAD_LOG, plan_sql, 0, NULL);
	result = database_run(connection, summary_sql, 1, (const char *const[]) {PQgetvalue(plan, 0, 0)});
	PQclear(plan);
	if (result_is_error(result))
		return result;
	*summary = result;
	result = ask_once(connection, log, kinds_sql, 0, NULL);
	if (result_is_error(result))
	{
		PQclear(*summary);
		return result;
	}
	*kinds = result;
	return NULL;
}

/*
 * A log that is not complete is read as far as it goes, and said to be so.
 * Returns the connection, which may be another then.
 */
static PGconn *
print_info(PGconn *connection, Log *log)
{
	PGresult   *summary;
	PGresult   *kinds;
	PGresult   *error;

	free(loss);
	loss = NULL;
	error = read_log(connection, log, &summary, &kinds);
	if (error != NULL && strcmp(result_state(error), "XX001") == 0 && !log->recover)
	{
		connection = server_enter_again(connection);
		log->recover = true;
		error = read_log(connection, log, &summary, &kinds);
	}
	if (error != NULL)
		fail_with_result(connection, error, BAD_LOG);
	print_summary(summary);
	print_kinds(kinds);
	print_picture(connection, log);
	PQclear(summary);
	PQclear(kinds);
	return connection;
}

void
run_info(void)
{
	PGconn	   *connection;
	LogSet		logs;

	logs_take(&logs);
	output_open(NULL);
	connection = server_enter();
	for (int i = 0; i < logs.count; i++)
	{
		progress_begin(base_name(logs.logs[i].given));
		if (i > 0)
		{
			output_text("\n");
			connection = server_enter_again(connection);
		}
		connection = print_info(connection, &logs.logs[i]);
	}
	output_close();
	log_leave(connection, &logs.logs[logs.count - 1]);
	finish(DONE);
}
