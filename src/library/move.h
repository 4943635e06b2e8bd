/*-------------------------------------------------------------------------
 *
 * move.h
 *		Executions of a library that are in native tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_MOVE_H
#define PANDELEPHANT_LIBRARY_MOVE_H

#include "library/library.h"

/*
 * Drop an execution from the native tables, if it has anything there.  Returns
 * whether it had.
 */
extern bool drop_native(const Library *library, int64 execution_id);

#endif							/* PANDELEPHANT_LIBRARY_MOVE_H */
