/*-------------------------------------------------------------------------
 *
 * place.h
 *		In which partitions of the native tables an execution lies.
 *
 * An execution has partitions of its own or shares some with others.  A query that
 * reads all executions locks and plans every partition, so that only so many
 * executions may have their own: the first ones, and those that are large, because
 * rows are loaded faster into a table without indexes, and because a partition is
 * dropped at once.
 *
 * Partitions that are shared list the execution_ids that they are for.  The list is
 * made once, with ids that come later, since PostgreSQL cannot extend it.  Each
 * RESERVED_EVERY-th id is left out, so that a large execution that comes later can
 * still have its own partitions.  Executions of a library have ids already: those that
 * the registry says are large are left out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLACE_H
#define PANDELEPHANT_PLACE_H

#include "materialize/build.h"

/* How many executions of a target may have partitions of their own. */
extern int	pandelephant_own_partitions;

/*
 * Choose an id for a new execution, unless it has one.  True if all that is missing of
 * its partitions should be its own.
 */
extern bool choose_place(Materialization *copy);

/*
 * Make the partitions that the execution will share, unless they are there.  Waits for
 * other sessions that add an execution.
 */
extern void ensure_shared_partitions(const Materialization *copy);

/*
 * Does any relation have a partition for the execution, or one that it shares with
 * others?
 */
extern bool has_partitions(const NativeTarget *target);
extern bool shares_partitions(const NativeTarget *target);

#endif							/* PANDELEPHANT_PLACE_H */
