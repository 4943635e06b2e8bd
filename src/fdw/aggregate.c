/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *		Counts, minima and maxima of a whole relation, from its catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "fdw/aggregate.h"
#include "relations/extremes.h"

/*
 * Find out what an aggregate is.  False if it is not one that a catalog could
 * give: count(*), or min or max of a column that is a bigint.
 */
static bool
match_aggregate(const Aggref *aggregate, const RelOptInfo *baserel,
				const AttributeMapping *mappings, AggregateShape *shape)
{
	const char *name = get_func_name(aggregate->aggfnoid);
	const Var  *variable;

	if (aggregate->aggfnoid >= FirstNormalObjectId || aggregate->aggfilter != NULL ||
		aggregate->aggdistinct != NIL || aggregate->aggorder != NIL ||
		aggregate->agglevelsup != 0 || aggregate->aggsplit != AGGSPLIT_SIMPLE)
		return false;
	if (aggregate->aggstar)
	{
		shape->kind = AGGREGATE_COUNT;
		shape->column = 0;
		return strcmp(name, "count") == 0;
	}

	if (strcmp(name, "min") == 0)
		shape->kind = AGGREGATE_MIN;
	else if (strcmp(name, "max") == 0)
		shape->kind = AGGREGATE_MAX;
	else
		return false;
	variable = (const Var *) ((TargetEntry *) linitial(aggregate->args))->expr;
	if (list_length(aggregate->args) != 1 || !IsA(variable, Var) ||
		(Index) variable->varno != baserel->relid || variable->varattno <= 0 ||
		variable->vartype != INT8OID || aggregate->aggtype != INT8OID)
		return false;
	shape->column = mappings[variable->varattno - 1].column;
	return shape->column >= 0;
}

/*
 * Is an expression the column that the relation's rows can be grouped by?  Texts
 * that are equal must be the same, byte by byte.
 */
static bool
is_grouped_column(const Node *expression, const RelOptInfo *baserel,
				  const PlogRelation *relation, const AttributeMapping *mappings)
{
	const Var  *variable = (const Var *) expression;

	return IsA(expression, Var) && (Index) variable->varno == baserel->relid &&
		variable->varlevelsup == 0 && variable->varattno > 0 && variable->vartype == TEXTOID &&
		mappings[variable->varattno - 1].column == relation->grouped.column &&
		get_collation_isdeterministic(variable->varcollid);
}

bool
groups_by_known_column(const Query *query, const RelOptInfo *baserel,
					   const PlogRelation *relation, const AttributeMapping *mappings)
{
	const SortGroupClause *clause;

	if (list_length(query->groupClause) != 1 || query->groupingSets != NIL)
		return false;
	clause = linitial(query->groupClause);
	return clause->eqop == TextEqualOperator &&
		is_grouped_column(get_sortgroupclause_expr(unconstify(SortGroupClause *, clause),
												   query->targetList),
						  baserel, relation, mappings);
}

List *
find_aggregates(const PathTarget *target, bool is_grouped, const RelOptInfo *baserel,
				const PlogRelation *relation, const AttributeMapping *mappings)
{
	List	   *aggregates = NIL;
	ListCell   *cell;

	foreach(cell, target->exprs)
	{
		const Aggref *aggregate = lfirst(cell);
		AggregateShape shape;

		if (is_grouped && is_grouped_column((Node *) aggregate, baserel, relation, mappings))
		{
			shape.kind = AGGREGATE_VALUE;
			shape.column = relation->grouped.column;
			aggregates = lappend(aggregates, pack_aggregate(&shape));
			continue;
		}
		if (!IsA(aggregate, Aggref) || !match_aggregate(aggregate, baserel, mappings, &shape) ||
			(shape.kind != AGGREGATE_COUNT && is_grouped) ||
			(shape.kind != AGGREGATE_COUNT && !relation_knows_extremes(relation, shape.column)))
			return NIL;
		aggregates = lappend(aggregates, pack_aggregate(&shape));
	}
	return aggregates;
}

bool
compute_aggregate(RelationScan *scan, const AggregateShape *shape, int64 *value)
{
	if (shape->kind == AGGREGATE_COUNT)
	{
		*value = (int64) scan->relation->count(&relation_catalog(scan)->summary);
		return true;
	}
	return relation_find_extreme(scan, shape->column,
								 shape->kind == AGGREGATE_MIN ? EXTREME_LEAST : EXTREME_GREATEST,
								 value);
}

ColumnSet
columns_of_aggregates(const ScanPlan *plan, const PlogRelation *relation)
{
	ColumnSet	columns = plan->is_grouped ? COLUMN_BIT(relation->grouped.column) : 0;
	ListCell   *cell;

	foreach(cell, plan->aggregates)
		columns |= COLUMN_BIT(unpack_aggregate(lfirst(cell)).column);
	return columns;
}
