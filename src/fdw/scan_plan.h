/*-------------------------------------------------------------------------
 *
 * scan_plan.h
 *		What the planner leaves in a ForeignScan's fdw_private for the executor.
 *
 * A plan may be copied, stored and sent to workers, so it consists of lists.
 * Everybody but scan_plan.c sees structs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCAN_PLAN_H
#define PANDELEPHANT_SCAN_PLAN_H

#include "access/attnum.h"
#include "access/stratnum.h"
#include "nodes/pg_list.h"

/* A comparison of a column to a value that is known when the scan starts. */
typedef struct ConditionShape
{
	AttrNumber	attribute;		/* of the table */
	int			column;			/* of the relation */
	StrategyNumber strategy;	/* of the btree operator */
	Oid			type;			/* of the value, or of its elements */
	bool		is_array;		/* column operator ANY (value) */
} ConditionShape;

typedef enum AggregateKind
{
	AGGREGATE_COUNT,			/* of rows */
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_VALUE				/* none: of the column that rows are grouped by */
} AggregateKind;

/* An aggregate over all rows of a relation, or of a group. */
typedef struct AggregateShape
{
	AggregateKind kind;
	int			column;			/* of the relation; 0 for a count */
} AggregateShape;

typedef struct ScanPlan
{
	Oid			table;
	List	   *attributes;		/* numbers of those that the query needs, as integers */
	List	   *conditions;		/* packed; their values are in fdw_exprs, in the same order */
	List	   *aggregates;		/* packed, one for each column of the result; NIL:
								 * the scan gives rows */
	bool		is_grouped;		/* aggregates are by the relation's grouped column */
	AttrNumber	ordered_attribute;	/* whose ascending order is promised; 0: none */
	bool		wants_first_rows;	/* the query may end after a few rows */
} ScanPlan;

/* A path's fdw_private is packed likewise; NIL unpacks to zeros. */
extern List *pack_scan_plan(const ScanPlan *plan);
extern ScanPlan unpack_scan_plan(const List *packed);

extern List *pack_condition(const ConditionShape *shape);
extern ConditionShape unpack_condition(const List *packed);

extern List *pack_aggregate(const AggregateShape *shape);
extern AggregateShape unpack_aggregate(const List *packed);

#endif							/* PANDELEPHANT_SCAN_PLAN_H */
