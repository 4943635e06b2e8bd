/*-------------------------------------------------------------------------
 *
 * shared.h
 *		Partitions, or tables without partitions, that hold many executions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SHARED_H
#define PANDELEPHANT_SHARED_H

#include "materialize/native.h"

/*
 * Create, index and attach a partition of each relation, empty, for the executions
 * whose ids are listed, as text.  The caller has locked the table executions against
 * other sessions that add one.
 */
extern void create_shared_partitions(const NativeTarget *target, List *execution_ids);

/*
 * Have a text of any length fit into the index of a partition that holds the
 * execution: rebuild it with the beginning of each text alone.
 */
extern void shorten_text_index(const PlogRelation *relation, Oid partition);

/*
 * Analyze a table if it has become half as large again since it was analyzed, and
 * nobody else does now.
 */
extern void analyze_if_grown(Oid table);

/*
 * Delete all rows of the execution but that in executions.
 */
extern void delete_rows(const NativeTarget *target);

#endif							/* PANDELEPHANT_SHARED_H */
