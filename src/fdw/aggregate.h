/*-------------------------------------------------------------------------
 *
 * aggregate.h
 *		Finding the groups and aggregates of a query that a scan can compute.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_AGGREGATE_H
#define PANDELEPHANT_AGGREGATE_H

#include "nodes/pathnodes.h"

#include "fdw/join.h"
#include "fdw/scan_plan.h"

/* Setting pandelephant.enable_aggregate_pushdown, for tests. */
extern bool pandelephant_enable_aggregate_pushdown;

/* What a query with groups or aggregates wants of the rows of a table or a join. */
typedef struct GroupedQuery
{
	const JoinPlan *join;		/* of the rows; of one table, it is one of one */

	/* expressions of the keys, then of the aggregates: what the scan gives */
	List	   *outputs;
	List	   *shapes;			/* packed, see pack_output(), in the same order */
	int			key_count;

	List	   *filters;		/* clauses that rows must meet and the pass does not check */
	List	   *variables;		/* that all of these need */
	List	   *having;			/* clauses that groups must meet, above the scan */
	List	   *parameters;		/* Params of keys, aggregates and filters */
	bool		is_partial;		/* the aggregates' states are wanted */
} GroupedQuery;

/*
 * Find out what a query wants of the rows of input, for a path with that target and
 * HAVING.  False if the scan cannot give it.
 */
extern bool find_grouped_query(PlannerInfo *root, RelOptInfo *input, const PathTarget *target,
							   List *having, GroupedQuery *query);

/* Can the catalog give all of it as totals: the number of rows, and extremes of columns? */
extern bool totals_give_query(const GroupedQuery *query);

/* Can the catalog give it by its counted rows? */
extern bool counted_rows_give_query(const GroupedQuery *query);

#endif							/* PANDELEPHANT_AGGREGATE_H */
