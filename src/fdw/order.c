/*-------------------------------------------------------------------------
 *
 * order.c
 *		The orders that the rows of a foreign table come in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"

#include "compat/planner.h"
#include "fdw/order.h"

AttrNumber
attribute_of_column(const RelOptInfo *baserel, const TablePlan *plan, int column)
{
	for (int i = 0; i < baserel->max_attr; i++)
	{
		if (plan->mappings[i].column == column &&
			shows_column_unchanged(&plan->mappings[i], plan->options.relation))
			return (AttrNumber) (i + 1);
	}
	return 0;
}

Var *
variable_of_column(RelOptInfo *baserel, const TablePlan *plan, int column)
{
	AttrNumber	attribute = attribute_of_column(baserel, plan, column);
	Oid			type = column_type_oid(plan->options.relation->columns[column].type);

	return attribute == 0 ? NULL :
		makeVar(baserel->relid, attribute, type, -1, InvalidOid, 0);
}

List *
order_by_column(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan, int column)
{
	Var		   *variable = variable_of_column(baserel, plan, column);

	return variable == NULL ? NIL : order_by_expression(root, baserel, (Expr *) variable);
}

List *
order_by_execution(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	List	   *pathkey = order_by_column(root, baserel, plan, COLUMN_EXECUTION_ID);

	if (pathkey == NIL || root->query_pathkeys == NIL ||
		linitial(pathkey) != linitial(root->query_pathkeys))
		return NIL;
	return pathkey;
}

List *
order_by_offset(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan,
				AttrNumber *sorted)
{
	List	   *pathkey;

	if (plan->sorted_column == 0 || !has_useful_pathkeys(root, baserel))
		return NIL;
	*sorted = attribute_of_column(baserel, plan, plan->sorted_column);
	pathkey = order_by_column(root, baserel, plan, plan->sorted_column);
	return pathkey == NIL ? NIL :
		list_concat(order_by_execution(root, baserel, plan), pathkey);
}

/*
 * The order of the logs of a library: that of the execution's id.  False if nobody
 * asks for it, so that no order behind it means anything either.  A query for one id
 * needs no pathkey.
 */
static bool
order_of_logs(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan, List **pathkeys)
{
	List	   *pathkey = order_by_column(root, baserel, plan, COLUMN_EXECUTION_ID);

	*pathkeys = NIL;
	if (pathkey == NIL)
		return false;
	if (!EC_MUST_BE_REDUNDANT(linitial_node(PathKey, pathkey)->pk_eclass))
		*pathkeys = pathkey;
	return true;
}

List *
natural_order(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	List	   *pathkeys;

	/* to search all equivalence classes for each of many tables takes long */
	if (!has_useful_pathkeys(root, baserel))
		return NIL;
	if (plan->options.library == NULL)
		pathkeys = order_by_execution(root, baserel, plan);
	else if (!order_of_logs(root, baserel, plan, &pathkeys))
		return NIL;
	for (int i = 0; i < MAX_KEY_COLUMNS; i++)
	{
		int			column = plan->options.relation->key[i];
		List	   *pathkey = column == 0 ? NIL : order_by_column(root, baserel, plan, column);

		if (pathkey == NIL)
			break;
		pathkeys = list_concat(pathkeys, pathkey);
	}
	return pathkeys;
}
