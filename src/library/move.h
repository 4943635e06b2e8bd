/*-------------------------------------------------------------------------
 *
 * move.h
 *		Moving executions of a library.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_MOVE_H
#define PANDELEPHANT_LIBRARY_MOVE_H

#include "utils/array.h"

#include "library/library.h"

/*
 * Lock the registry as its rows are changed.  That comes before a lock on a row: a first
 * pe_materialize() takes a stronger lock on the table and then waits for rows, so who has
 * a row must not have to wait for the table.
 */
extern void lock_registry(const Library *library);

/*
 * Lock the rows of the executions of these names, in the order of their ids, so that two
 * commands over several executions do not wait for each other.  Names that nothing has
 * are ignored.
 */
extern void lock_executions(const Library *library, ArrayType *names);

/*
 * Lock the row of the registry of the execution of that name, and find its id.  There
 * is one, or an error is reported.  Returns whether it has anything in native tables.
 */
extern bool lock_execution(const Library *library, const char *name, int64 *execution_id);

/*
 * Let a new snapshot be the active one: logs in large objects are read by that.  The
 * query's own may be too old, if another session stored the log while we waited for the
 * lock on the execution.  The caller pops it.
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
