/*-------------------------------------------------------------------------
 *
 * condition.h
 *		Telling a relation what rows a query wants.
 *
 * When a query is planned, the clauses of its WHERE that compare a column to
 * something known before the scan starts are found, and the expressions of
 * that go into the plan.  They are evaluated when a scan starts, or starts
 * again, so that parameters of prepared statements, subqueries and nested
 * loops serve as well as constants do.
 *
 * What is pushed down this way is advice: PostgreSQL checks every row again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_FDW_CONDITION_H
#define PANDELEPHANT_FDW_CONDITION_H

#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"

#include "fdw/options.h"
#include "relations/row_condition.h"

struct ExplainState;

/* What was found in a query's clauses. */
typedef struct FoundConditions
{
	List	   *shapes;			/* of integer lists, for the plan's fdw_private */
	List	   *expressions;	/* of the values, for its fdw_exprs */
} FoundConditions;

/*
 * Find the conditions of a list of clauses (RestrictInfos) that the relation
 * can use.  mappings is map_attributes() of the table.
 */
extern FoundConditions find_conditions(List *clauses, RelOptInfo *baserel,
									   const PlogRelation *relation,
									   const AttributeMapping *mappings);

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
 * Is what was found one comparison of that column to one number?
 */
extern bool looks_up(const FoundConditions *found, int column);

/* A scan's conditions, and what evaluates them. */
typedef struct ScanConditions
{
	int			count;
	Condition  *conditions;		/* as last evaluated */
	List	   *shapes;
	List	   *states;			/* of the expressions */
	List	   *expressions;	/* of the values */
	ExprContext *expression_context;
	MemoryContext constants;	/* holds the values that never change */
	MemoryContext context;		/* holds the others; reset when evaluated again */
	bool		are_evaluated;
} ScanConditions;

/*
 * Prepare to evaluate the conditions of a plan, in the current memory context.
 */
extern ScanConditions *begin_conditions(ForeignScanState *node, List *shapes);

/*
 * Evaluate the conditions with the parameters of now; constants once.
 */
extern void evaluate_conditions(ScanConditions *conditions);

/*
 * Show the conditions in EXPLAIN, where there are any.
 */
extern void explain_conditions(ForeignScanState *node, List *shapes,
							   struct ExplainState *explain);

/* How many values of lists of texts were compared with rows. */
extern uint64 count_compared_texts(const ScanConditions *conditions);

#endif							/* PANDELEPHANT_FDW_CONDITION_H */
