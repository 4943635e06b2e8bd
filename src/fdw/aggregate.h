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
 * from the catalog; else NIL.  mappings is map_attributes() of the table; with
 * is_grouped, groups_by_known_column() holds.
 */
extern List *find_aggregates(const PathTarget *target, bool is_grouped,
							 const RelOptInfo *baserel, const PlogRelation *relation,
							 const AttributeMapping *mappings);

/*
 * Does a query group a table by the column whose groups a catalog may know, and by
 * nothing else?
 */
extern bool groups_by_known_column(const Query *query, const RelOptInfo *baserel,
								   const PlogRelation *relation,
								   const AttributeMapping *mappings);

/*
 * Compute an aggregate of a scan's relation.  False: it is NULL.
 */
extern bool compute_aggregate(RelationScan *scan, const AggregateShape *shape, int64 *value);

/*
 * The columns that a scan for aggregates may have to read.
 */
extern ColumnSet columns_of_aggregates(const ScanPlan *plan, const PlogRelation *relation);

#endif							/* PANDELEPHANT_AGGREGATE_H */
