/*-------------------------------------------------------------------------
 *
 * build.h
 *		Building the partitions of an execution, where no other session sees them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_BUILD_H
#define PANDELEPHANT_BUILD_H

#include "materialize/load.h"
#include "materialize/native.h"
#include "materialize/source.h"

/* Does pe_materialize() load all relations in one pass over the log if it can? */
extern bool pandelephant_bulk_load;

/* An execution that is being copied from a source into a target. */
typedef struct Materialization
{
	Source		source;
	NativeTarget target;
	bool		keeps_id;		/* the target has the execution's id already */
	RelationSet copied;
	uint64		execution_count;	/* rows of executions that were written */
	int			partition_count;
	LoadedPartition partitions[MAX_RELATIONS];	/* in the order of relations[] */
} Materialization;

/*
 * Create, load, index and analyze the partitions of the relations to be copied.
 */
extern void build_partitions(Materialization *copy);

/*
 * Copy a relation of the source into a table by INSERT.  Returns the number of
 * rows.
 */
extern uint64 insert_rows(const Materialization *copy, const PlogRelation *relation,
						  const char *table);

#endif							/* PANDELEPHANT_BUILD_H */
