/*-------------------------------------------------------------------------
 *
 * forest.c
 *		The processes of a log, each below its parent.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "forest.h"

/*
 * Of processes that are their own ancestors, which hostile logs have, the one
 * that appeared first has no parent, as in process_tree.
 */
static void
cut_circles(Forest *forest)
{
	Process    *processes = forest->processes;
	int		   *climbed = allocate(sizeof(int) * (size_t) (forest->count + 1));

	/* by which climb a process was met first */
	memset(climbed, 0, sizeof(int) * (size_t) (forest->count + 1));
	for (int start = 1; start <= forest->count; start++)
	{
		int			met = start;
		int			first;

		for (; met != 0 && climbed[met] == 0; met = processes[met].parent)
			climbed[met] = start;
		if (met == 0 || climbed[met] != start)
			continue;
		first = met;
		for (int other = processes[met].parent; other != met; other = processes[other].parent)
			first = other < first ? other : first;
		processes[first].parent = 0;
	}
	free(climbed);
}

/*
 * Put the processes in order, each with its children behind it.
 */
static void
put_in_order(Forest *forest)
{
	Process    *processes = forest->processes;
	int			next = processes[0].first_child;
	int			count = 0;

	while (next != 0)
	{
		Process    *process = &processes[next];

		forest->order[count++] = next;
		process->depth = process->parent != 0 ? processes[process->parent].depth + 1 : 0;
		if (process->first_child != 0)
		{
			next = process->first_child;
			continue;
		}
		while (next != 0 && processes[next].next_sibling == 0)
			next = processes[next].parent;
		next = next != 0 ? processes[next].next_sibling : 0;
	}
}

void
forest_read(PGconn *connection, const char *sql, Forest *forest)
{
	PGresult   *rows = database_must(connection, BAD_LOG, sql, 0, NULL);
	int			count = PQntuples(rows);
	Process    *processes = allocate(sizeof(Process) * (size_t) (count + 1));

	memset(processes, 0, sizeof(Process) * (size_t) (count + 1));
	*forest = (Forest) {rows, count, processes, allocate(sizeof(int) * (size_t) (count + 1))};
	for (int i = 1; i <= count; i++)
	{
		int64_t		parent = forest_number(forest, i, 1);

		if (forest_number(forest, i, 0) != i || parent < 0 || parent > count)
			die(BAD_LOG, "the processes are not numbered from 1 on");
		processes[i].parent = (int) parent;
	}
	cut_circles(forest);
	/* from the last, for each comes in front of its siblings that are there */
	for (int i = count; i > 0; i--)
	{
		Process    *parent = &processes[processes[i].parent];

		processes[i].next_sibling = parent->first_child;
		parent->first_child = i;
	}
	put_in_order(forest);
}

const char *
forest_value(const Forest *forest, int process, int column)
{
	return PQgetisnull(forest->rows, process - 1, column) ? NULL :
		PQgetvalue(forest->rows, process - 1, column);
}

int64_t
forest_number(const Forest *forest, int process, int column)
{
	return strtoll(PQgetvalue(forest->rows, process - 1, column), NULL, 10);
}

void
forest_free(Forest *forest)
{
	PQclear(forest->rows);
	free(forest->processes);
	free(forest->order);
}
