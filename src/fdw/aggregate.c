/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *		Counts, minima and maxima of a whole relation, from its catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
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

List *
find_aggregates(const PathTarget *target, const RelOptInfo *baserel,
				const PlogRelation *relation, const AttributeMapping *mappings)
{
	List	   *aggregates = NIL;
	ListCell   *cell;

	foreach(cell, target->exprs)
	{
		const Aggref *aggregate = lfirst(cell);
		AggregateShape shape;

		if (!IsA(aggregate, Aggref) || !match_aggregate(aggregate, baserel, mappings, &shape) ||
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
columns_of_aggregates(const List *aggregates)
{
	ColumnSet	columns = 0;
	ListCell   *cell;

	foreach(cell, aggregates)
		columns |= COLUMN_BIT(unpack_aggregate(lfirst(cell)).column);
	return columns;
}
