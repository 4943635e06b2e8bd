/*-------------------------------------------------------------------------
 *
 * forest.h
 *		The processes of a log, each below its parent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FOREST_H
#define FOREST_H

#include "database.h"

typedef struct Process
{
	int			parent;			/* 0 if the log knows none */
	int			first_child;	/* 0 if there is none */
	int			next_sibling;	/* 0 if it is the last */
	int			depth;			/* how many ancestors it has */
} Process;

/*
 * process_ids are counted from 1, so that they are places; 0 stands for no
 * process, and its children are those without a parent.
 */
typedef struct Forest
{
	PGresult   *rows;			/* one for each process, in the order of process_id */
	int			count;
	Process    *processes;
	int		   *order;			/* all processes, each before its children */
} Forest;

/*
 * Read the processes by a query, whose first columns are process_id, of which it
 * is in the order, and parent_process_id.
 */
extern void forest_read(PGconn *connection, const char *sql, Forest *forest);
/* What the query says of a process; NULL for NULL. */
extern const char *forest_value(const Forest *forest, int process, int column);
/* The same as a number, 0 for NULL. */
extern int64_t forest_number(const Forest *forest, int process, int column);
extern void forest_free(Forest *forest);

#endif
