/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *		Finding the groups and aggregates of a query that a scan can compute.
 *
 * The scan gives a row for each group: its keys, and its aggregates.  Expressions
 * of them, in the target list or in HAVING, PostgreSQL computes from these, as it
 * sorts and limits the groups.  What a scan cannot give is left to PostgreSQL:
 *
 * - rows that one pass does not make, see join.c;
 * - aggregates of other values than integers and booleans, and other aggregates;
 *   of DISTINCT values, except of the relation's id, each of which is there once;
 *   with an order, which may matter to a user's aggregate only;
 * - keys of other types than integers, booleans and text: values that are equal
 *   must be the same bytes, which does not hold for numeric, jsonb and floats, nor
 *   for text in a nondeterministic collation;
 * - GROUPING SETS, which want several results from one pass;
 * - functions that are volatile, since they may be called more or less often; and
 *   subqueries that depend on the row, which are not part of a scan's plan;
 * - system columns and whole rows, which a row of a relation does not have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "fdw/aggregate.h"
#include "relations/extremes.h"
#include "relations/groups.h"

bool		pandelephant_enable_aggregate_pushdown = true;

/* The names of PostgreSQL's aggregates that a scan can compute. */
static const struct
{
	const char *name;
	AggregateKind kind;
	bool		is_of_booleans;
}			known_aggregates[] = {
	{"count", AGGREGATE_COUNT, false},
	{"sum", AGGREGATE_SUM, false},
	{"avg", AGGREGATE_AVG, false},
	{"min", AGGREGATE_MIN, false},
	{"max", AGGREGATE_MAX, false},
	{"bool_and", AGGREGATE_AND, true},
	{"every", AGGREGATE_AND, true},
	{"bool_or", AGGREGATE_OR, true}
};

/*
 * The place of the column that an expression shows unchanged.  The column is -1 if it
 * is none.
 */
static JoinedPlace
place_of_expression(const GroupedQuery *query, const Node *expression)
{
	const Var  *variable = (const Var *) expression;
	JoinedPlace place = {0, -1};
	const JoinedTable *table = find_joined_table(query->join, variable, &place);

	if (table == NULL ||
		!shows_column_unchanged(&table->plan->mappings[variable->varattno - 1],
								table->plan->options.relation))
		place.column = -1;
	return place;
}

/*
 * The variables of an expression, those of aggregates included.
 */
static List *
variables_of(const void *expression)
{
	return pull_var_clause((Node *) expression,
						   PVC_RECURSE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS);
}

/*
 * Can an expression be computed from a row, whenever it is wanted?
 */
static bool
is_computable(const GroupedQuery *query, Node *expression)
{
	ListCell   *cell;

	if (contain_volatile_functions(expression) || contain_subplans(expression))
		return false;
	foreach(cell, variables_of(expression))
	{
		JoinedPlace place;

		if (find_joined_table(query->join, lfirst(cell), &place) == NULL)
			return false;
	}
	return true;
}

/*
 * Add the Params of an expression to those of the query.
 */
static bool
collect_parameters(Node *node, List **parameters)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		*parameters = list_append_unique(*parameters, node);
	return expression_tree_walker(node, collect_parameters, parameters);
}

/*
 * Add a key or an aggregate to what the scan gives.
 */
static void
add_output(GroupedQuery *query, Node *expression, const OutputShape *shape)
{
	query->outputs = lappend(query->outputs, expression);
	query->shapes = lappend(query->shapes, pack_output(shape));
	(void) collect_parameters(expression, &query->parameters);
}

/*
 * Are equal values of that type and collation always the same?
 */
static bool
equal_values_are_same(const SortGroupClause *clause, Oid type, Oid collation)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
			break;
		case TEXTOID:
			if (!OidIsValid(collation) || !get_collation_isdeterministic(collation))
				return false;
			break;
		default:
			return false;
	}
	return clause->eqop == lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
}

/*
 * Add the keys that a query groups by.
 */
static bool
add_keys(PlannerInfo *root, GroupedQuery *query)
{
	ListCell   *cell;

	foreach(cell, root->parse->groupClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);
		Node	   *key = get_sortgroupclause_expr(clause, root->processed_tlist);
		JoinedPlace place = place_of_expression(query, key);
		OutputShape shape = {AGGREGATE_KEY, exprType(key), place.part, place.column};

		if (!equal_values_are_same(clause, shape.type, exprCollation(key)) ||
			!is_computable(query, key))
			return false;
		if (list_member(query->outputs, key))
			continue;
		add_output(query, key, &shape);
		query->key_count++;
	}
	return true;
}

/*
 * Can a column not be NULL?  It can, if its table may have no row in a joined one.
 */
static bool
is_never_null(const GroupedQuery *query, const OutputShape *shape)
{
	const JoinedTable *table = &query->join->tables[shape->part];
	const PlogRelation *relation = table->plan->options.relation;

	return table->join == PART_INNER &&
		(shape->column == COLUMN_EXECUTION_ID ||
		 (shape->column > 0 &&
		  (shape->column == relation->key[0] || shape->column == relation->key[1])));
}

/*
 * Does an aggregate of DISTINCT values see the same as one of all values?  In joined
 * rows, and in several logs, an id may stand several times.
 */
static bool
distinct_is_all(const GroupedQuery *query, const OutputShape *shape)
{
	const TableOptions *options = &query->join->tables[0].plan->options;
	const PlogRelation *relation = options->relation;

	return query->join->count == 1 && options->library == NULL && shape->column > 0 &&
		shape->column == relation->key[0] && relation->key[1] == 0;
}

/*
 * Is it an aggregate of that name for values of that type?
 */
static bool
match_kind(const char *name, Oid type, AggregateKind *kind)
{
	for (Size i = 0; i < lengthof(known_aggregates); i++)
	{
		if (strcmp(known_aggregates[i].name, name) != 0)
			continue;
		*kind = known_aggregates[i].kind;
		if (*kind == AGGREGATE_COUNT)
			return true;
		if (known_aggregates[i].is_of_booleans)
			return type == BOOLOID;
		if ((*kind == AGGREGATE_SUM || *kind == AGGREGATE_AVG) && type == INT8OID)
			return AGGREGATES_SUM_BIGINTS;
		return is_integer_type(type);
	}
	return false;
}

/*
 * Find out what an aggregate is.  False if the scan cannot compute it.
 */
static bool
match_aggregate(const GroupedQuery *query, Aggref *aggregate, OutputShape *shape)
{
	AggSplit	split = query->is_partial ? AGGSPLIT_INITIAL_SERIAL : AGGSPLIT_SIMPLE;
	JoinedPlace place;
	Node	   *argument;

	if (aggregate->aggfnoid >= FirstNormalObjectId || aggregate->aggkind != AGGKIND_NORMAL ||
		aggregate->aggorder != NIL || aggregate->agglevelsup != 0 ||
		aggregate->aggsplit != split || list_length(aggregate->args) > 1 ||
		!is_computable(query, (Node *) aggregate))
		return false;
	shape->part = 0;
	shape->column = -1;
	shape->type = InvalidOid;
	if (aggregate->aggstar)
	{
		shape->kind = AGGREGATE_COUNT_ROWS;
		return strcmp(get_func_name(aggregate->aggfnoid), "count") == 0;
	}
	if (aggregate->args == NIL)
		return false;
	argument = (Node *) linitial_node(TargetEntry, aggregate->args)->expr;
	shape->type = exprType(argument);
	place = place_of_expression(query, argument);
	shape->part = place.part;
	shape->column = place.column;
	if (!match_kind(get_func_name(aggregate->aggfnoid), shape->type, &shape->kind))
		return false;
	if (aggregate->aggdistinct != NIL && !distinct_is_all(query, shape))
		return false;
	if (shape->kind == AGGREGATE_COUNT && is_never_null(query, shape))
	{
		shape->kind = AGGREGATE_COUNT_ROWS;
		shape->column = -1;
	}
	return true;
}

/*
 * Add the aggregates that an expression above the scan needs.  Returns true, which
 * ends the walk, if it needs something that the scan cannot give.
 */
static bool
add_needed(Node *node, GroupedQuery *query)
{
	if (node == NULL || list_member(query->outputs, node))
		return false;
	if (IsA(node, Aggref))
	{
		OutputShape shape;

		if (!match_aggregate(query, (Aggref *) node, &shape))
			return true;
		add_output(query, node, &shape);
		return false;
	}
	if (IsA(node, Var) || IsA(node, PlaceHolderVar) || IsA(node, GroupingFunc))
		return true;
	return expression_tree_walker(node, add_needed, query);
}

/*
 * Find the clauses that rows must meet and the pass does not check.
 *
 * Clauses are not evaluated in the order that security barriers demand, so a query
 * with a barrier is left to PostgreSQL if it has filters.  Conditions, which the pass
 * checks, reveal nothing of the values that they compare.
 */
static bool
add_filters(PlannerInfo *root, GroupedQuery *query)
{
	ListCell   *cell;

	foreach(cell, query->join->local_clauses)
	{
		Node	   *clause = (Node *) lfirst_node(RestrictInfo, cell)->clause;

		if (!is_computable(query, clause))
			return false;
		query->filters = lappend(query->filters, clause);
		(void) collect_parameters(clause, &query->parameters);
	}
	return query->filters == NIL || root->qual_security_level == 0;
}

/*
 * Find the variables that the rows must have.
 */
static void
find_variables(GroupedQuery *query)
{
	for (int i = 0; i < list_length(query->outputs); i++)
	{
		OutputShape shape = unpack_output(list_nth(query->shapes, i));
		Node	   *output = list_nth(query->outputs, i);

		/* to count rows, no argument is needed */
		if (shape.kind == AGGREGATE_COUNT_ROWS)
			output = (Node *) ((Aggref *) output)->aggfilter;
		query->variables = list_concat_unique(query->variables, variables_of(output));
	}
	query->variables = list_concat_unique(query->variables, variables_of(query->filters));
}

bool
find_grouped_query(PlannerInfo *root, RelOptInfo *input, const PathTarget *target,
				   List *having, GroupedQuery *query)
{
	const Query *parse = root->parse;

	query->having = having;
	if (parse->groupingSets != NIL || parse->hasTargetSRFs ||
		(!parse->hasAggs && parse->groupClause == NIL))
		return false;
	query->join = plan_of_relation(input);
	if (query->join == NULL || !add_keys(root, query) ||
		add_needed((Node *) target->exprs, query) || add_needed((Node *) having, query) ||
		!add_filters(root, query))
		return false;
	find_variables(query);
	return true;
}

bool
totals_give_query(const GroupedQuery *query)
{
	const JoinedTable *table = &query->join->tables[0];
	const PlogRelation *relation = table->plan->options.relation;

	if (query->key_count > 0 || query->is_partial || query->join->count > 1 ||
		query->filters != NIL || table->conditions.shapes != NIL || relation->count == NULL ||
		!relation_has_catalog(relation, &table->plan->options.execution))
		return false;
	for (int i = 0; i < list_length(query->outputs); i++)
	{
		OutputShape shape = unpack_output(list_nth(query->shapes, i));

		if (list_nth_node(Aggref, query->outputs, i)->aggfilter != NULL)
			return false;
		if (shape.kind == AGGREGATE_COUNT_ROWS)
			continue;
		if ((shape.kind != AGGREGATE_MIN && shape.kind != AGGREGATE_MAX) ||
			shape.column < 0 || shape.type != INT8OID ||
			!relation_knows_extremes(relation, shape.column))
			return false;
	}
	return true;
}

/*
 * Is it a comparison of the driver's classed column that its classes answer?
 */
static bool
classes_answer(const GroupedQuery *query, Expr *clause)
{
	const JoinedTable *driver = &query->join->tables[0];
	const PlogRelation *relation = driver->plan->options.relation;
	FoundConditions found = {NIL, NIL};
	ConstantComparison constant;

	find_condition(clause, driver->rel->relid, relation, driver->plan->mappings,
				   COLUMN_BIT(relation->counted.classed_column), 0, &found);
	return get_constant_comparison(&found, &constant) &&
		relation_classes_tell(relation, constant.range);
}

/*
 * Is an expression the driver's classed column?
 */
static bool
is_classed_column(const GroupedQuery *query, const Node *expression)
{
	const CountedRows *counted = &query->join->tables[0].plan->options.relation->counted;
	JoinedPlace place = place_of_expression(query, expression);

	return counted->classed_column != 0 && place.part == 0 &&
		place.column == counted->classed_column;
}

/*
 * Does an expression need more than the driver's counted rows tell?  Returns true,
 * which ends the walk, if so.  Of the classed column they tell what its classes
 * answer, and whether it is NULL.
 */
static bool
needs_rows(Node *node, const GroupedQuery *query)
{
	if (node == NULL)
		return false;
	if (IsA(node, OpExpr) && classes_answer(query, (Expr *) node))
		return false;
	if (IsA(node, NullTest) && is_classed_column(query, (Node *) ((NullTest *) node)->arg))
		return false;
	if (IsA(node, Var))
	{
		const PlogRelation *relation = query->join->tables[0].plan->options.relation;
		JoinedPlace place;

		(void) find_joined_table(query->join, (const Var *) node, &place);
		return place.part == 0 &&
			(place.column == relation->counted.classed_column ||
			 (relation->counted.summed_columns & COLUMN_BIT(place.column)) != 0 ||
			 (relation->counted.columns & COLUMN_BIT(place.column)) == 0);
	}
	return expression_tree_walker(node, needs_rows, (void *) query);
}

/*
 * Is it one of the driver's summed columns, a constant of no more than they can be, or a
 * sum or difference of those?  *terms is how many of them there may still be: for no row
 * may the expression overflow, which would be an error.
 */
static bool
is_of_summed_columns(const GroupedQuery *query, Node *expression, int *terms)
{
	const CountedRows *counted = &query->join->tables[0].plan->options.relation->counted;

	if (IsA(expression, Const))
	{
		const Const *constant = (const Const *) expression;
		int64		value;

		if (constant->constisnull || !is_integer_type(constant->consttype))
			return false;
		value = integer_of_datum(constant->constvalue, constant->consttype);
		return --*terms >= 0 && value >= -CATALOG_SUMMED_OFFSET && value <= CATALOG_SUMMED_OFFSET;
	}
	if (IsA(expression, Var))
	{
		JoinedPlace place = place_of_expression(query, expression);

		return --*terms >= 0 && place.part == 0 && place.column >= 0 &&
			(counted->summed_columns & COLUMN_BIT(place.column)) != 0;
	}
	if (IsA(expression, OpExpr))
	{
		const OpExpr *operation = (const OpExpr *) expression;
		const char *name = get_opname(operation->opno);

		return operation->opno < FirstNormalObjectId && operation->opresulttype == INT8OID &&
			list_length(operation->args) == 2 &&
			(strcmp(name, "+") == 0 || strcmp(name, "-") == 0) &&
			is_of_summed_columns(query, linitial(operation->args), terms) &&
			is_of_summed_columns(query, lsecond(operation->args), terms);
	}
	return false;
}

/*
 * Is it an aggregate of which counted rows tell the same as the rows, because their
 * numbers have the same sum, or because they have the least and the greatest?
 */
static bool
counted_numbers_give(const GroupedQuery *query, Node *argument, AggregateKind kind)
{
	int			terms = 3;

	switch (kind)
	{
		case AGGREGATE_COUNT:
			return is_classed_column(query, argument) ||
				is_of_summed_columns(query, argument, &terms);
		case AGGREGATE_SUM:
		case AGGREGATE_AVG:
			return is_of_summed_columns(query, argument, &terms);
		case AGGREGATE_MIN:
		case AGGREGATE_MAX:
			return is_classed_column(query, argument);
		default:
			return false;
	}
}

/*
 * Does an output need more than counted rows tell?
 */
static bool
output_needs_rows(const GroupedQuery *query, Node *output, const OutputShape *shape)
{
	const Aggref *aggregate = (const Aggref *) output;

	if (shape->kind == AGGREGATE_KEY)
		return needs_rows(output, query);
	if (needs_rows((Node *) aggregate->aggfilter, query))
		return true;
	if (shape->kind == AGGREGATE_COUNT_ROWS)
		return false;
	if (counted_numbers_give(query, (Node *) linitial_node(TargetEntry, aggregate->args)->expr,
							 shape->kind))
		return false;
	return needs_rows((Node *) aggregate->args, query);
}

/*
 * The columns of the driver that rows must have: those of variables, of conditions,
 * and of the ids of lookups.
 */
static ColumnSet
columns_of_driver(const GroupedQuery *query)
{
	const JoinPlan *join = query->join;
	ColumnSet	columns = 0;
	ListCell   *cell;

	foreach(cell, query->variables)
	{
		JoinedPlace place;

		(void) find_joined_table(join, lfirst(cell), &place);
		if (place.part == 0)
			columns |= COLUMN_BIT(place.column);
	}
	foreach(cell, join->tables[0].conditions.shapes)
		columns |= COLUMN_BIT(unpack_condition(lfirst(cell)).column);
	for (int i = 1; i < join->count; i++)
	{
		if (join->tables[i].id_part == 0)
			columns |= COLUMN_BIT(join->tables[i].id_column);
	}
	return columns;
}

/*
 * Do all other tables of the join have one row at most for a row of the driver, by
 * what counted rows tell?
 */
static bool
others_are_lookups(const JoinPlan *join)
{
	for (int i = 1; i < join->count; i++)
	{
		if (join->tables[i].kind != PART_LOOKUP)
			return false;
	}
	return true;
}

bool
counted_rows_give_query(const GroupedQuery *query)
{
	const JoinedTable *driver = &query->join->tables[0];
	const PlogRelation *relation = driver->plan->options.relation;
	ListCell   *cell;

	if (query->is_partial || !others_are_lookups(query->join) ||
		!relation_has_catalog(relation, &driver->plan->options.execution) ||
		!relation_knows_groups(relation, driver->plan->log.summary, columns_of_driver(query)))
		return false;
	for (int i = 0; i < list_length(query->outputs); i++)
	{
		OutputShape shape = unpack_output(list_nth(query->shapes, i));

		if (output_needs_rows(query, list_nth(query->outputs, i), &shape))
			return false;
	}

	/* those clauses that became conditions, too */
	foreach(cell, driver->rel->baserestrictinfo)
	{
		if (needs_rows((Node *) lfirst_node(RestrictInfo, cell)->clause, query))
			return false;
	}
	return !needs_rows((Node *) query->filters, query);
}
