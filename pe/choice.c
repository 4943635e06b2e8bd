/*-------------------------------------------------------------------------
 *
 * choice.c
 *		Processes that the user chose.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "forest.h"
#include "options.h"

static const char processes_sql[] =
"SELECT process_id, parent_process_id, pid FROM processes ORDER BY process_id";

static const char threads_sql[] =
"SELECT coalesce(array_agg(thread_id), '{}') FROM threads WHERE process_id = ANY ($1::bigint[])";

void
array_begin(Text *array)
{
	text_add(array, "{");
}

void
array_add(Text *array, const char *element, size_t length)
{
	text_add(array, array->length > 1 ? ",\"" : "\"");
	for (size_t i = 0; i < length; i++)
	{
		if (element[i] == '"' || element[i] == '\\')
			text_add(array, "\\");
		text_append(array, &element[i], 1);
	}
	text_add(array, "\"");
}

void
array_end(Text *array)
{
	text_add(array, "}");
}

/*
 * Choose the processes that have a pid.
 */
static void
choose_pid(const Forest *forest, bool *chosen, const char *pid)
{
	bool		found = false;

	for (int process = 1; process <= forest->count; process++)
	{
		const char *other = forest_value(forest, process, 2);

		if (other != NULL && strcmp(other, pid) == 0)
			chosen[process] = found = true;
	}
	if (!found)
		die(FAILED, "no process of the log has pid %s", pid);
}

char *
choose_processes(PGconn *connection, const char *pids, bool with_descendants)
{
	Forest		forest;
	bool	   *chosen;
	Text		array = {0};

	forest_read(connection, processes_sql, &forest);
	chosen = allocate(sizeof(bool) * (size_t) (forest.count + 1));
	memset(chosen, 0, sizeof(bool) * (size_t) (forest.count + 1));
	for (;;)
	{
		size_t		length = strcspn(pids, ",");
		char	   *pid = format_text("%.*s", (int) length, pids);

		if (length == 0 || strspn(pid, "0123456789") != length)
			misused("\"%s\" is no pid", pid);
		choose_pid(&forest, chosen, pid);
		free(pid);
		pids += length;
		if (*pids++ == '\0')
			break;
	}
	array_begin(&array);
	for (int i = 0; i < forest.count; i++)
	{
		int			process = forest.order[i];
		int			parent = forest.processes[process].parent;

		if (with_descendants && parent != 0 && chosen[parent])
			chosen[process] = true;
		if (chosen[process])
			text_format(&array, "%s%d", array.length > 1 ? "," : "", process);
	}
	array_end(&array);
	free(chosen);
	forest_free(&forest);
	return array.data;
}

char *
threads_of_processes(PGconn *connection, const char *processes)
{
	PGresult   *result = database_must(connection, BAD_LOG, threads_sql, 1, &processes);
	char	   *threads = copy_text(PQgetvalue(result, 0, 0));

	PQclear(result);
	return threads;
}
