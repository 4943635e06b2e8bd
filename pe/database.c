/*-------------------------------------------------------------------------
 *
 * database.c
 *		Connections to PostgreSQL.
 *
 * Every wait ends at a signal, and then what the server does for us is
 * cancelled: a server goes on with a query whose client went away.
 *
 *-------------------------------------------------------------------------
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "progress.h"

/* How long a server has to end what was cancelled, in milliseconds. */
#define CANCEL_PATIENCE 5000

/* The connection on which something is under way. */
static PGconn *busy = NULL;
static void (*work_while_waiting) (void) = NULL;

static void
take_notice(void *unused, const PGresult *result)
{
	(void) unused;
	complain_of_notice(result);
}

PGconn *
database_open(const char *const *keywords, const char *const *values)
{
	static bool registered = false;
	PGconn	   *connection = PQconnectStartParams(keywords, values, 1);
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	if (!registered)
		atexit(database_cancel);
	registered = true;
	if (connection == NULL)
		die(FAILED, "out of memory");
	PQsetNoticeReceiver(connection, take_notice, NULL);
	while (PQstatus(connection) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
		   status != PGRES_POLLING_FAILED)
	{
		wait_for(PQsocket(connection), status == PGRES_POLLING_READING ? POLLIN : POLLOUT, -1);
		status = PQconnectPoll(connection);
	}
	return connection;
}

void
database_close(PGconn *connection)
{
	if (busy == connection)
		busy = NULL;
	PQfinish(connection);
}

void
database_while_waiting(void (*work) (void))
{
	work_while_waiting = work;
}

void
database_send(PGconn *connection, const char *sql, int count, const char *const *values)
{
	busy = connection;
	if (count < 0)
		PQsendQuery(connection, sql);
	else
		PQsendQueryParams(connection, sql, count, NULL, values, NULL, NULL, 0);
}

PGresult *
database_next(PGconn *connection)
{
	PGresult   *result;

	while (PQisBusy(connection))
	{
		if (work_while_waiting != NULL)
			work_while_waiting();
		else
			progress_waiting();
		/* a picture of the progress, every now and then */
		if (!wait_for(PQsocket(connection), POLLIN, 200))
			continue;
		if (!PQconsumeInput(connection))
			break;
	}
	check_stop();
	result = PQgetResult(connection);
	if (result == NULL)
		busy = NULL;
	return result;
}

PGresult *
database_finish(PGconn *connection)
{
	PGresult   *last = NULL,
			   *result;

	while ((result = database_next(connection)) != NULL)
	{
		if (last != NULL && result_is_error(last))
			PQclear(result);
		else
		{
			PQclear(last);
			last = result;
		}
		if (PQstatus(connection) == CONNECTION_BAD)
			break;
	}
	return last;
}

PGresult *
database_run(PGconn *connection, const char *sql, int count, const char *const *values)
{
	database_send(connection, sql, count, values);
	return database_finish(connection);
}

PGresult *
database_must(PGconn *connection, int otherwise, const char *sql, int count,
			  const char *const *values)
{
	PGresult   *result = database_run(connection, sql, count, values);

	if (result_is_error(result))
		fail_with_result(connection, result, otherwise);
	return result;
}

void
database_cancel(void)
{
	PGconn	   *connection = busy;
	PGcancel   *cancel;
	char		error[256];
	int64_t		end = clock_now() + CANCEL_PATIENCE;

	/* who is ending does not go on with it, least of all from within */
	work_while_waiting = NULL;
	busy = NULL;
	if (connection == NULL || PQstatus(connection) != CONNECTION_OK)
		return;
	cancel = PQgetCancel(connection);
	if (cancel == NULL)
		return;
	if (PQcancel(cancel, error, sizeof(error)))
	{
		PGresult   *result;

		/* rows that were sent before it came to know */
		while (clock_now() < end)
		{
			if (PQisBusy(connection))
			{
				if (!wait_for(PQsocket(connection), POLLIN, (int) (end - clock_now())) ||
					!PQconsumeInput(connection))
					break;
				continue;
			}
			result = PQgetResult(connection);
			if (result == NULL || PQresultStatus(result) == PGRES_COPY_IN)
			{
				PQclear(result);
				break;
			}
			PQclear(result);
		}
	}
	PQfreeCancel(cancel);
}
