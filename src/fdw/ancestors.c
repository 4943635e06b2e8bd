/*-------------------------------------------------------------------------
 *
 * ancestors.c
 *		The nodes of a plan above one of them.
 *
 * EXPLAIN prints a parameter as the column that it stands for, of the other table
 * of a nested loop or of an outer query.  To find the column it needs the nodes
 * above the one that uses the parameter.  It does not pass them to foreign data
 * wrappers, so we search the plan for them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"

#include "compat/plan_nodes.h"
#include "fdw/ancestors.h"

typedef struct Search
{
	const PlannedStmt *statement;
	const Plan *wanted;
	List	   *ancestors;		/* of the current plan, the nearest first */
} Search;

static bool find_below(Search *search, Plan *plan);

/*
 * Is the wanted plan this one or below it?  Then its ancestors are set.
 */
static bool
find_in(Search *search, Plan *plan)
{
	return plan != NULL && (plan == search->wanted || find_below(search, plan));
}

static bool
find_in_list(Search *search, List *plans)
{
	ListCell   *cell;

	foreach(cell, plans)
	{
		if (find_in(search, lfirst(cell)))
			return true;
	}
	return false;
}

/*
 * Look at the plans of subqueries in an expression.
 */
static bool
find_in_expression(Node *node, void *context)
{
	Search	   *search = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
	{
		SubPlan    *subplan = (SubPlan *) node;

		search->ancestors = lcons(subplan, search->ancestors);
		if (find_in(search, list_nth(search->statement->subplans, subplan->plan_id - 1)))
			return true;
		search->ancestors = list_delete_first(search->ancestors);
	}
	return expression_tree_walker(node, find_in_expression, context);
}

/*
 * Look at the plans of subqueries in a plan's own expressions.
 */
static bool
find_in_subqueries(Search *search, Plan *plan)
{
	if (find_in_expression((Node *) plan->initPlan, search) ||
		find_in_expression((Node *) plan->targetlist, search) ||
		find_in_expression((Node *) plan->qual, search))
		return true;
	switch (nodeTag(plan))
	{
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return find_in_expression((Node *) ((Join *) plan)->joinqual, search);
		case T_Result:
			return find_in_expression(((Result *) plan)->resconstantqual, search);
		default:
			return false;
	}
}

/*
 * Look at the plans that a plan has besides the outer and the inner one.
 */
static bool
find_in_members(Search *search, Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Append:
			return find_in_list(search, ((Append *) plan)->appendplans);
		case T_MergeAppend:
			return find_in_list(search, ((MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return find_in(search, ((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return find_in_list(search, ((CustomScan *) plan)->custom_plans);
		case T_ModifyTable:
			return find_in_list(search, modified_plans((ModifyTable *) plan));
		default:
			return false;
	}
}

static bool
find_below(Search *search, Plan *plan)
{
	check_stack_depth();
	search->ancestors = lcons(plan, search->ancestors);
	if (find_in(search, outerPlan(plan)) || find_in(search, innerPlan(plan)) ||
		find_in_members(search, plan) || find_in_subqueries(search, plan))
		return true;
	search->ancestors = list_delete_first(search->ancestors);
	return false;
}

List *
find_ancestors(const PlannedStmt *statement, const Plan *plan)
{
	Search		search = {statement, plan, NIL};

	return find_in(&search, statement->planTree) ? search.ancestors : NIL;
}
