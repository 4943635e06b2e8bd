/*-------------------------------------------------------------------------
 *
 * copying.c
 *		How far a server is with what it copies for us.
 *
 *-------------------------------------------------------------------------
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "copying.h"
#include "progress.h"

static PGconn *watcher = NULL;
static PGconn *(*open_watcher) (void) = NULL;
static char *watched = NULL;
static bool asked = false;

static void
ask(void)
{
	const char *const values[] = {watched};

	asked = PQsendQueryParams(watcher,
							  "SELECT coalesce(c.relname::text, ''), p.tuples_processed, "
							  "p.bytes_processed, p.bytes_total "
							  "FROM pg_stat_progress_copy p LEFT JOIN pg_class c ON c.oid = p.relid "
							  "WHERE p.pid = $1::int", 1, NULL, values, NULL, NULL, 0) == 1;
}

static void
show(const PGresult *result)
{
	int64_t		rows = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
	int64_t		bytes = strtoll(PQgetvalue(result, 0, 2), NULL, 10);
	int64_t		total = strtoll(PQgetvalue(result, 0, 3), NULL, 10);

	/* what is left is told by bytes, what is done by rows */
	if (total > 0 && bytes > 0 && bytes <= total)
		progress_show(PQgetvalue(result, 0, 0), "rows", rows,
					  (int64_t) ((double) rows * (double) total / (double) bytes));
	else
		progress_show(PQgetvalue(result, 0, 0), "rows", rows, 0);
}

/*
 * Nothing here waits for the server: an answer is shown once it is there.
 */
static void
look(void)
{
	PGresult   *result;

	if (!progress_due())
		return;
	if (watcher == NULL)
		watcher = open_watcher();
	if (PQstatus(watcher) != CONNECTION_OK)
		return;
	if (!asked)
	{
		ask();
		return;
	}
	if (!PQconsumeInput(watcher) || PQisBusy(watcher))
		return;
	while ((result = PQgetResult(watcher)) != NULL)
	{
		if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
			show(result);
		PQclear(result);
	}
	ask();
}

void
watch_copying(PGconn *connection, PGconn *(*open_another) (void))
{
	watched = format_text("%d", PQbackendPID(connection));
	open_watcher = open_another;
	database_while_waiting(look);
}

void
end_watching(void)
{
	database_while_waiting(NULL);
	if (watcher != NULL)
		PQfinish(watcher);
	watcher = NULL;
	asked = false;
	progress_end();
}
