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

/* A partition to load, and what was found on the way. */
typedef struct LoadedPartition
{
	const PlogRelation *relation;
	Oid			table;
	uint64		row_count;
	uint64		longest_text;	/* bytes, of the column with the text_index */
} LoadedPartition;

/*
 * Can the rows of a foreign table be loaded into an empty table: is what comes
 * into it nothing but the relation's rows as they are, with nothing to check,
 * compute or fire?  For a table without its keys; those must hold by
 * construction.
 */
extern bool can_load(const PlogRelation *relation, Oid source, Oid table);

/*
 * Load an execution's partitions, which are empty and seen by nobody else.
 * Foreign keys are not checked and indexes not fed: indexes that are there must
 * be built again.  Progress is shown as that of a COPY into the table
 * "shown_table".
 */
extern void load_partitions(const ExecutionOptions *execution, Oid shown_table,
							LoadedPartition *partitions, int count);

#endif							/* PANDELEPHANT_LOAD_H */
