/*-------------------------------------------------------------------------
 *
 * load.h
 *		Loading an execution's new partitions in one pass over its log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOAD_H
#define PANDELEPHANT_LOAD_H

#include "relations/execution.h"
#include "relations/relation.h"

/* A partition of an execution, and what was found when it was loaded. */
typedef struct LoadedPartition
{
	const PlogRelation *relation;
	Oid			table;
	uint64		row_count;
	uint64		longest_text;	/* in bytes, of the column with the text_index */
} LoadedPartition;

/*
 * Can the rows of a foreign table be loaded into an empty table without INSERT?
 * They can if the table takes the relation's rows unchanged, and has nothing to
 * check, to compute or to fire.  The table must not have its keys yet; rows of a
 * relation meet them by construction.
 */
extern bool can_load(const PlogRelation *relation, Oid source, Oid table);

/*
 * Load an execution's partitions, which are empty and which no other session
 * sees.  Foreign keys are not checked, and indexes get no entries, so that they
 * must be rebuilt.  Progress is shown as that of a COPY into "shown_table".
 */
extern void load_partitions(const ExecutionOptions *execution, Oid shown_table,
							LoadedPartition *partitions, int count);

#endif							/* PANDELEPHANT_LOAD_H */
