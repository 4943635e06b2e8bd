/*-------------------------------------------------------------------------
 *
 * choice.h
 *		Processes that the user chose.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CHOICE_H
#define CHOICE_H

#include "database.h"

/* Text arrays of SQL, which libpq has no function for. */
extern void array_begin(Text *array);
extern void array_add(Text *array, const char *element, size_t length);
extern void array_end(Text *array);

/*
 * The processes that have one of the pids in a list, with their descendants if
 * those are wanted, as an array of process_ids in SQL.  A pid that no process has
 * ends pe.
 */
extern char *choose_processes(PGconn *connection, const char *pids, bool with_descendants);

/* The threads of such an array, likewise. */
extern char *threads_of_processes(PGconn *connection, const char *processes);

#endif
