/*-------------------------------------------------------------------------
 *
 * build.h
 *		Building the partitions of an execution, or filling those that others have rows in.
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
	bool		has_long_text;	/* more than an index of whole texts takes */
	RelationSet copied;
	uint64		execution_count;	/* rows of executions that were written */
	int			partition_count;
	LoadedPartition partitions[MAX_RELATIONS];	/* in the order of relations[] */
} Materialization;

/*
 * Find the partitions that the relations will be copied into, and create those that
 * are missing.  A replacement gets new ones.
 */
extern void prepare_partitions(Materialization *copy);

/*
 * Do rows have to be inserted one by one into partitions that others have rows in, so
 * that the execution's row must be there first?
 */
extern bool rows_need_execution(const Materialization *copy);

/*
 * Load, index and analyze the partitions.
 */
extern void load_prepared_partitions(Materialization *copy);

/*
 * Copy a relation of the source into a table by INSERT.  Returns the number of
 * rows.
 */
extern uint64 insert_rows(const Materialization *copy, const PlogRelation *relation,
						  const char *table);

#endif							/* PANDELEPHANT_BUILD_H */
