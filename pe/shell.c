/*-------------------------------------------------------------------------
 *
 * shell.c
 *		pe shell: psql, with the log attached; pe serve: the same for programs
 *		of the user's.
 *
 *-------------------------------------------------------------------------
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs.h"
#include "options.h"
#include "output.h"
#include "process.h"
#include "server.h"

/*
 * Have every session of the database find the log's relations by their names.
 */
static void
keep_search_path(PGconn *connection, const char *schema)
{
	char	   *quoted = quote_name(connection, schema);
	char	   *sql = format_text("ALTER DATABASE \"%s\" SET search_path = %s, public",
								  server_database(), quoted);

	PQclear(database_must(connection, FAILED, sql, 0, NULL));
	free(sql);
	PQfreemem(quoted);
}

/*
 * Attach the logs, for programs and people that connect to the database.
 */
static void
attach_for_others(LogSet *logs)
{
	PGconn	   *connection;

	logs_take(logs);
	connection = server_enter();
	logs_open(connection, logs);
	keep_search_path(connection, logs->schema);
	database_close(connection);
}

void
run_shell(void)
{
	LogSet		logs;
	char	   *psql = find_program("psql");
	const char *const words[] = {psql, "-v", "PROMPT1=pe%R%x%# ", NULL};
	Program		program = {.words = words, .input = STDIN_FILENO, .output = STDOUT_FILENO,
		.error = STDERR_FILENO, .inherited = -1};
	int			status;

	if (psql == NULL)
		die(NO_SERVER, "no psql found in \"%s\"", program_directory());
	attach_for_others(&logs);
	if (isatty(STDIN_FILENO))
	{
		printf("%s: \\d lists %s relations, \\q leaves.\n",
			   logs.count == 1 ? "The log is attached" : "The logs are attached",
			   logs.count == 1 ? "its" : "their");
		fflush(stdout);
	}
	setenv("PGHOST", server_socket_directory(), 1);
	setenv("PGPORT", "5432", 1);
	setenv("PGUSER", "pe", 1);
	setenv("PGDATABASE", server_database(), 1);
	setenv("PGCLIENTENCODING", "UTF8", 1);
	/* Ctrl-C is psql's */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	status = run_program(&program);
	finish(status == 0 ? DONE : FAILED);
}

/*
 * The socket's directory as part of a URL.
 */
static char *
url_of_socket(void)
{
	Text		text = {0};

	for (const char *c = server_socket_directory(); *c != '\0'; c++)
		text_format(&text, *c == '/' ? "%%2F" : "%c", *c);
	return text.data;
}

/*
 * Keep the server up until a signal ends pe, which is how it is meant to end.
 */
void
run_serve(void)
{
	LogSet		logs;

	attach_for_others(&logs);
	output_open(NULL);
	/* PGPORT may be of another server */
	output_format("postgresql://pe@/%s?host=%s&port=5432\n", server_database(), url_of_socket());
	output_flush();
	if (isatty(STDERR_FILENO))
		complain("the logs are served to this user's programs, by SQLAlchemy's name %s, until Ctrl-C",
				 "postgresql+psycopg2://...");
	wait_for(-1, 0, -1);
	finish(DONE);
}
