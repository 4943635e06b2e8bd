/*-------------------------------------------------------------------------
 *
 * query.c
 *		pe query: the result of SQL.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"
#include "sql.h"

/* Names of prepared statements. */
#define AS_GIVEN "pe_given"
#define AS_JSON "pe_json"

static const Format *format;
static const char *sql;
static bool from_file = false;	/* the SQL is not one of our arguments */

/*
 * What SQL there is: that of a file, of standard input, or of the command
 * line.
 */
static const char *
read_sql(const char *file_name, const char *given)
{
	Text		text = {0};
	int			file = STDIN_FILENO;

	if (file_name == NULL && strcmp(given, "-") != 0)
		return given;
	from_file = true;
	if (file_name != NULL && strcmp(file_name, "-") != 0)
	{
		file = open(file_name, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			die(WRONG_USAGE, "cannot read \"%s\": %s", file_name, strerror(errno));
	}
	text_append(&text, "", 0);
	if (!text_read(&text, file))
		die(FAILED, "cannot read the SQL: %s", strerror(errno));
	if (strlen(text.data) != text.length)
		die(FAILED, "the SQL has a NUL");
	return text.data;
}

static void
print_while_waiting(void)
{
	format->idle();
	output_flush();
	progress_waiting();
}

/*
 * End because of an error of the SQL, after what was printed.
 */
static void
fail(PGconn *connection, const PGresult *result) NORETURN;

static void
fail(PGconn *connection, const PGresult *result)
{
	bool		corrupt = strcmp(result_state(result), "XX001") == 0;
	bool		caret = from_file || isatty(STDERR_FILENO) || strchr(sql, '\n') != NULL;

	output_flush();
	if (*result_state(result) == '\0' || PQstatus(connection) == CONNECTION_BAD)
		fail_with_result(connection, result, NO_SERVER);
	complain_of_sql(connection, result, sql, 0, caret);
	finish(corrupt ? BAD_LOG : FAILED);
}

/*
 * Print the results of what was sent, row by row.
 */
static void
print_results(PGconn *connection)
{
	PGresult   *result;
	int64_t		rows = -1;		/* of a result that has begun */

	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		switch (PQresultStatus(result))
		{
			case PGRES_SINGLE_TUPLE:
			case PGRES_TUPLES_OK:
				if (rows < 0)
				{
					format->begin(result);
					rows = 0;
				}
				for (int i = 0; i < PQntuples(result); i++, rows++)
					format->row(result, i);
				if (PQresultStatus(result) == PGRES_TUPLES_OK)
				{
					format->end(rows);
					rows = -1;
				}
				break;
			case PGRES_COPY_OUT:
				output_copy(connection, "");
				break;
			case PGRES_COPY_IN:
				PQputCopyEnd(connection, "standard input has no rows for COPY");
				break;
			case PGRES_COMMAND_OK:
			case PGRES_EMPTY_QUERY:
				break;
			default:
				fail(connection, result);
		}
		PQclear(result);
	}
}

/*
 * Prepare a statement; whether it could be.
 */
static bool
prepare(PGconn *connection, const char *name, const char *statement)
{
	PGresult   *result;
	bool		prepared;

	if (!PQsendPrepare(connection, name, statement, 0, NULL))
		return false;
	result = database_finish(connection);
	prepared = !result_is_error(result);
	PQclear(result);
	return prepared;
}

/*
 * Send a statement so that its rows come as JSON.  The server makes them, for
 * it knows all types; what cannot stand within another statement, as EXPLAIN,
 * comes as it is.  Parsed alone first, it is known to be one statement, whose
 * end is where it seems.
 */
static void
send_for_json(PGconn *connection)
{
	char	   *statement = sql_without_end(sql);
	char	   *selected = format_text("SELECT row_to_json(q) AS pe_row FROM (\n%s\n) q", statement);
	char	   *returned = format_text("WITH q AS (\n%s\n) SELECT row_to_json(q) AS pe_row FROM q",
									   statement);
	PGresult   *result;
	const char *name = AS_JSON;

	PQsendPrepare(connection, AS_GIVEN, sql, 0, NULL);
	result = database_finish(connection);
	if (result_is_error(result))
		fail(connection, result);
	PQclear(result);
	if (!prepare(connection, AS_JSON, selected) && !prepare(connection, AS_JSON, returned))
		name = AS_GIVEN;
	free(statement);
	free(selected);
	free(returned);
	PQsendQueryPrepared(connection, name, 0, NULL, NULL, NULL, 0);
}

static const Format *
choose_format(void)
{
	static const Option formats[] = {OPTION_CSV, OPTION_JSON, OPTION_JSONL, OPTION_MARKDOWN,
	OPTION_TUPLES_ONLY, OPTION_COUNT};

	only_one_of(formats);
	if (has(OPTION_NUMBERS_AS_STRINGS))
	{
		if (!has(OPTION_JSON) && !has(OPTION_JSONL))
			misused("--numbers-as-strings is for --json and --jsonl");
		json_numbers_as_strings();
	}
	if (has(OPTION_CSV))
		return &csv_format;
	if (has(OPTION_JSON))
		return &json_format;
	if (has(OPTION_JSONL))
		return &jsonl_format;
	if (has(OPTION_MARKDOWN))
		return &markdown_format;
	return has(OPTION_TUPLES_ONLY) ? &tuples_format : &table_format;
}

/*
 * The next transaction of the cluster.  If it is the same before and after,
 * nothing was written in between.
 */
static char *
next_transaction(PGconn *connection)
{
	PGresult   *result = database_must(connection, FAILED,
									   "SELECT pg_snapshot_xmax(pg_current_snapshot())", 0, NULL);
	char	   *number = copy_text(PQgetvalue(result, 0, 0));

	PQclear(result);
	return number;
}

/*
 * Leave the database as it was, for the next call, if the SQL wrote nothing.
 */
static void
tidy_up(PGconn *connection, const LogSet *logs, const char *transaction)
{
	if (PQtransactionStatus(connection) == PQTRANS_IDLE &&
		strcmp(transaction, next_transaction(connection)) == 0)
		logs_leave(connection, logs);
}

void
run_query(void)
{
	PGconn	   *connection;
	LogSet		logs;
	char	   *transaction;
	const char *given = NULL;

	format = choose_format();
	if (!has(OPTION_FILE))
	{
		if (operand_count == 1)
			misused("query needs SQL");
		if (operand_count > 1)
			given = take_last_operand("SQL");
	}
	logs_take(&logs);
	sql = read_sql(option(OPTION_FILE), given);
	if (sql[strspn(sql, " \t\r\n")] == '\\')
		die(FAILED, "invalid command %.*s: psql's are for pe shell", (int) strcspn(sql, "\r\n"), sql);
	output_open(option(OPTION_OUTPUT));
	progress_begin(base_name(logs.logs[0].given));
	connection = server_enter();
	logs_open(connection, &logs);
	transaction = next_transaction(connection);

	database_while_waiting(print_while_waiting);
	if (format->wants_json)
		send_for_json(connection);
	else
		database_send(connection, sql, -1, NULL);
	print_results(connection);
	progress_end();
	output_close();
	database_while_waiting(NULL);
	tidy_up(connection, &logs, transaction);
	finish(DONE);
}
