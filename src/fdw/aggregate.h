/*-------------------------------------------------------------------------
 *
 * aggregate.h
 *		Counts, minima and maxima of a whole relation, from its catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_AGGREGATE_H
#define PANDELEPHANT_AGGREGATE_H

#include "nodes/pathnodes.h"

#include "fdw/options.h"
#include "relations/relation_scan.h"

/*
 * What a catalog can say of a relation, as the plan has it: a list of integer
 * lists, one for each column of the result.
 */
typedef enum AggregateKind
{
	AGGREGATE_COUNT,
	AGGREGATE_MIN,
	AGGREGATE_MAX
} AggregateKind;

enum AggregateShape
{
	AGGREGATE_SHAPE_KIND,
	AGGREGATE_SHAPE_COLUMN		/* of the relation; of a count, 0 */
};

/*
 * The aggregates of a grouping's target, if all of them can be taken from the
 * catalog; else NIL.
 */
extern List *find_aggregates(const PathTarget *target, const RelOptInfo *baserel,
							 const PlogRelation *relation, const AttributeMapping *mappings);

/*
 * Take an aggregate from the scan's catalog.  False: it is NULL.
 */
extern bool compute_aggregate(RelationScan *scan, const List *shape, int64 *value);

/*
 * The columns that a scan for aggregates wants, in case that rows must be read.
 */
extern ColumnSet columns_of_aggregates(const List *shapes);

#endif							/* PANDELEPHANT_AGGREGATE_H */
