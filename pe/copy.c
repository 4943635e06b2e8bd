/*-------------------------------------------------------------------------
 *
 * copy.c
 *		Rows that servers send and take by COPY.
 *
 *-------------------------------------------------------------------------
 */
#include <poll.h>
#include <string.h>

#include "copy.h"
#include "progress.h"

/* How many bytes are kept before they are sent. */
#define KEPT 65536

static size_t kept = 0;

static void
begin(PGconn *connection, const char *sql, ExecStatusType expected, int otherwise)
{
	PGresult   *result;

	database_send(connection, sql, 0, NULL);
	result = database_next(connection);
	if (PQresultStatus(result) != expected)
		fail_with_result(connection, result, otherwise);
	PQclear(result);
}

void
copy_out_begin(PGconn *connection, const char *sql)
{
	begin(connection, sql, PGRES_COPY_OUT, BAD_LOG);
}

int
copy_out_next(PGconn *connection, char **data)
{
	PGresult   *result;
	int			length;

	while ((length = PQgetCopyData(connection, data, 1)) == 0)
	{
		if (!wait_for(PQsocket(connection), POLLIN, 200))
		{
			progress_waiting();
			continue;
		}
		if (!PQconsumeInput(connection))
			break;
	}
	if (length > 0)
		return length;
	result = database_finish(connection);
	if (result_is_error(result))
		fail_with_result(connection, result, BAD_LOG);
	PQclear(result);
	return -1;
}

void
copy_in_begin(PGconn *connection, const char *sql)
{
	begin(connection, sql, PGRES_COPY_IN, FAILED);
	PQsetnonblocking(connection, 1);
	kept = 0;
}

/*
 * Send what the connection has kept.
 */
static void
flush(PGconn *connection)
{
	int			left;

	while ((left = PQflush(connection)) > 0)
	{
		wait_for(PQsocket(connection), POLLOUT | POLLIN, -1);
		if (!PQconsumeInput(connection))
			break;
	}
	if (left < 0)
		fail_with_result(connection, NULL, NO_SERVER);
	kept = 0;
}

void
copy_in_put(PGconn *connection, const char *data, size_t length)
{
	if (PQputCopyData(connection, data, (int) length) < 0)
		fail_with_result(connection, NULL, NO_SERVER);
	kept += length;
	if (kept > KEPT)
		flush(connection);
}

char *
copy_in_end(PGconn *connection)
{
	PGresult   *result;
	char	   *rows;

	flush(connection);
	PQsetnonblocking(connection, 0);
	if (PQputCopyEnd(connection, NULL) < 0)
		fail_with_result(connection, NULL, NO_SERVER);
	result = database_finish(connection);
	if (result_is_error(result))
		fail_with_result(connection, result, FAILED);
	rows = copy_text(PQcmdTuples(result));
	PQclear(result);
	return rows;
}
