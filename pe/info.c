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

#include "logs.h"
#include "options.h"
#include "output.h"
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

/* A line for each; NULL is left out. */
static const char summary_sql[] =
"SELECT plog AS log, name AS execution, description, file_bytes AS bytes, chunk_count AS chunks, "
"complete, first_execution_offset || ' to ' || last_execution_offset || ' instructions' AS "
"	\"time span\", "
"(SELECT count(*) FROM processes) AS processes, (SELECT count(*) FROM threads) AS threads, "
"(SELECT count(*) FROM mappings) AS mappings, (SELECT count(*) FROM syscalls) AS \"system calls\", "
"entry_count AS entries FROM executions";

static const char kinds_sql[] =
"SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY count(*) DESC, kind";

/*
 * What an error says of a log, after the log's name: why it is not complete.
 */
static char *
reason_of(const PGresult *error, const char *path)
{
	const char *message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
	char	   *quoted = format_text("\"%s\": ", path);
	const char *found = message != NULL ? strstr(message, quoted) : NULL;
	char	   *reason = copy_text(found != NULL ? found + strlen(quoted) : message != NULL ? message : "");

	free(quoted);
	return reason;
}

static void
print_summary(const PGresult *result, const char *reason)
{
	for (int i = 0; i < PQnfields(result); i++)
	{
		const char *name = PQfname(result, i);
		const char *value = PQgetvalue(result, 0, i);

		if (PQgetisnull(result, 0, i))
			continue;
		if (strcmp(name, "complete") == 0 && *value == 't')
			value = "yes";
		else if (strcmp(name, "complete") == 0)
			value = format_text("no%s%s; --recover makes the other commands read it as far as it goes",
								reason != NULL ? ": " : "", reason != NULL ? reason : "");
		output_format("%-18s%s\n", name, value);
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
 * Attach the log and print what is in it.  Returns the error that ended it, or
 * NULL.
 */
static PGresult *
print_info(PGconn *connection, Log *log, const char *reason)
{
	PGresult   *result;
	PGresult   *kinds;

	/* of what is recovered, the reason says more than a warning */
	PQclear(database_must(connection, FAILED, "SET client_min_messages = error", 0, NULL));

	/* which nothing here asks, and which take longer to make than all else */
	PQclear(database_must(connection, FAILED, "SET pandelephant.question_views = off", 0, NULL));
	result = log_attach(connection, log, 1);
	if (result_is_error(result))
		return result;
	PQclear(result);
	set_search_path(connection, log->schema);
	result = database_run(connection, catalog_sql, 0, NULL);
	if (result_is_error(result))
		return result;
	PQclear(result);
	result = database_run(connection, summary_sql, 0, NULL);
	if (result_is_error(result))
		return result;
	kinds = database_run(connection, kinds_sql, 0, NULL);
	if (result_is_error(kinds))
	{
		PQclear(result);
		return kinds;
	}
	print_summary(result, reason);
	print_kinds(kinds);
	PQclear(result);
	PQclear(kinds);
	return NULL;
}

/*
 * A log that is not complete is read as far as it goes, and said to be so.
 */
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
		Log		   *log = &logs.logs[i];
		PGresult   *error;

		progress_begin(base_name(log->given));
		if (i > 0)
		{
			output_text("\n");
			connection = server_enter_again(connection);
		}
		error = print_info(connection, log, NULL);
		if (error != NULL && strcmp(result_state(error), "XX001") == 0 && !log->recover)
		{
			char	   *reason = reason_of(error, log->path);

			connection = server_enter_again(connection);
			log->recover = true;
			error = print_info(connection, log, reason);
		}
		if (error != NULL)
			fail_with_result(connection, error, BAD_LOG);
	}
	output_close();
	finish(DONE);
}
