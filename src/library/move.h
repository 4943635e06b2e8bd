/*-------------------------------------------------------------------------
 *
 * move.h
 *		Moving executions of a library.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_MOVE_H
#define PANDELEPHANT_LIBRARY_MOVE_H

#include "library/library.h"

/*
 * Lock the row of the registry of the execution of that name, and find its id.  There
 * is one, or an error is reported.  Returns whether it has anything in native tables.
 */
extern bool lock_execution(const Library *library, const char *name, int64 *execution_id);

/*
 * Let a new snapshot be the active one: logs in large objects are read by that, and one
 * may have been made since the query began, by who has changed the execution before it
 * was locked.  The caller pops it.
 */
extern void push_latest_snapshot(void);

/* The log of an execution, as it is registered by now. */
extern RegisteredLog find_registered_log(const Library *library, int64 execution_id);

/*
 * Drop an execution from the native tables, if it has anything there.  Returns
 * whether it had.
 */
extern bool drop_native(const Library *library, int64 execution_id);

#endif							/* PANDELEPHANT_LIBRARY_MOVE_H */
