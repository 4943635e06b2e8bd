/*-------------------------------------------------------------------------
 *
 * condition.h
 *		Finding the conditions of a query that a relation can use.
 *
 * When a query is planned, the clauses of its WHERE that compare a column to
 * something known before the scan starts become conditions of the plan, and the
 * compared expressions go with them.  evaluate.c evaluates those when the scan
 * starts or starts again, so that parameters of prepared statements, subqueries
 * and nested loops serve as well as constants do.
 *
 * Conditions are advice: PostgreSQL checks every row again.  A pass of several relations,
 * or one that gives groups, checks them itself, except for those on the lines of calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_FDW_CONDITION_H
#define PANDELEPHANT_FDW_CONDITION_H

#include "nodes/pathnodes.h"

#include "fdw/columns.h"
#include "fdw/scan_plan.h"
#include "relations/row_condition.h"

/* What was found in a query's clauses: two lists in the same order. */
typedef struct FoundConditions
{
	List	   *shapes;			/* packed, see pack_condition() */
	List	   *expressions;	/* of the values */
} FoundConditions;

/*
 * Add a clause's condition on one of these columns of a part, if it is one.
 */
extern void find_condition(Expr *clause, Index relid, const PlogRelation *relation,
						   const AttributeMapping *mappings, ColumnSet columns, int part,
						   FoundConditions *found);

/*
 * Find the conditions in a list of RestrictInfos that the relation can use.
 * mappings is map_attributes() of the table.
 */
extern FoundConditions find_conditions(List *clauses, RelOptInfo *baserel,
									   const PlogRelation *relation,
									   const AttributeMapping *mappings);

/*
 * The same, on any of these columns, of a part of a pass.  The pass of a joined scan
 * can check all columns: see pass_restrict().
 */
extern FoundConditions find_conditions_of_part(List *clauses, RelOptInfo *baserel,
											   const PlogRelation *relation,
											   const AttributeMapping *mappings,
											   ColumnSet columns, int part);

/* A condition that compares a column of integers to a constant. */
typedef struct ConstantComparison
{
	int			column;
	NumberRange range;			/* what the column may be */
} ConstantComparison;

/*
 * Is what was found one such condition?
 */
extern bool get_constant_comparison(const FoundConditions *found, ConstantComparison *constant);

/*
 * Is what was found one condition that the column equals a single value?
 */
extern bool is_lookup(const FoundConditions *found, int column);

/*
 * The values of conditions.  Integers are of any of the three types.
 */
extern bool is_integer_type(Oid type);
extern int64 integer_of_datum(Datum value, Oid type);

/*
 * The integers that compare to a value as the operator of a strategy demands.
 */
extern NumberRange range_of_comparison(StrategyNumber strategy, int64 value);

#endif							/* PANDELEPHANT_FDW_CONDITION_H */
