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

#include "fdw/columns.h"
#include "fdw/scan_plan.h"
#include "relations/relation_scan.h"

/*
 * The aggregates of a grouping's target, packed, if all of them can be taken
 * from the catalog; else NIL.  mappings is map_attributes() of the table.
 */
extern List *find_aggregates(const PathTarget *target, const RelOptInfo *baserel,
							 const PlogRelation *relation, const AttributeMapping *mappings);

/*
 * Compute an aggregate of a scan's relation.  False: it is NULL.
 */
extern bool compute_aggregate(RelationScan *scan, const AggregateShape *shape, int64 *value);

/*
 * The columns that a scan for aggregates may have to read.
 */
extern ColumnSet columns_of_aggregates(const List *aggregates);

#endif							/* PANDELEPHANT_AGGREGATE_H */
