/*-------------------------------------------------------------------------
 *
 * shell.c
 *		pe shell: psql, with the log attached.
 *
 *-------------------------------------------------------------------------
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
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

void
run_shell(void)
{
	PGconn	   *connection;
	Log			log;
	char	   *psql = find_program("psql");
	const char *const words[] = {psql, "-v", "PROMPT1=pe%R%x%# ", NULL};
	Program		program = {.words = words, .input = STDIN_FILENO, .output = STDOUT_FILENO,
		.error = STDERR_FILENO, .inherited = -1};
	int			status;

	if (psql == NULL)
		die(NO_SERVER, "no psql found in \"%s\"", program_directory());
	log_name(&log, take_operand("LOG"));
	no_more_operands();
	log_check(&log);
	connection = server_enter();
	log_open(connection, &log);
	keep_search_path(connection, log.schema);
	database_close(connection);

	if (isatty(STDIN_FILENO))
	{
		printf("The log is attached: \\d lists its relations, \\q leaves.\n");
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
