/*-------------------------------------------------------------------------
 *
 * leftover.h
 *		Partitions whose execution was dropped while others used the tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LEFTOVER_H
#define PANDELEPHANT_LEFTOVER_H

#include "materialize/native.h"

/*
 * Drop the partitions, of one execution each, that are empty because the execution was
 * dropped; those that another session uses stay.  The caller has locked out others
 * that replace or drop executions.
 */
extern void drop_leftover_partitions(const NativeTarget *target);

#endif							/* PANDELEPHANT_LEFTOVER_H */
