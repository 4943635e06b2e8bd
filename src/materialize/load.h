/*-------------------------------------------------------------------------
 *
 * load.h
 *		Loading an execution's partitions in one pass over its log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOAD_H
#define PANDELEPHANT_LOAD_H

#include "nodes/pg_list.h"

#include "relations/execution.h"
#include "relations/relation.h"

/* A partition that an execution is loaded into, and what was found on the way. */
typedef struct LoadedPartition
{
	const PlogRelation *relation;
	Oid			table;
	bool		is_new;			/* made for the execution, and not seen by others yet */
	uint64		row_count;
	uint64		longest_text;	/* in bytes, of the column with the text_index */
} LoadedPartition;

/*
 * Can the rows of a foreign table be loaded into a partition without INSERT?  They
 * can if it takes the relation's rows unchanged, and has nothing to check, to
 * compute or to fire.  A new one must not have its keys yet; rows of a relation
 * meet them by construction, and references to those tables that are listed.
 */
extern bool can_load(const LoadedPartition *partition, Oid source, const List *referenced);

/*
 * Load an execution's partitions, which have no row of it.  Foreign keys are not
 * checked.  Indexes of new partitions get no entries, so that they must be rebuilt.
 * Progress is shown as that of a COPY into "shown_table".
 */
extern void load_partitions(const ExecutionOptions *execution, Oid shown_table,
							LoadedPartition *partitions, int count);

#endif							/* PANDELEPHANT_LOAD_H */
