/*-------------------------------------------------------------------------
 *
 * condition.c
 *		Telling a relation what rows a query wants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "compat/explain.h"
#include "fdw/ancestors.h"
#include "fdw/condition.h"

/* The places of a condition's shape, an integer list. */
enum ConditionShape
{
	SHAPE_ATTRIBUTE,			/* number of the table's attribute */
	SHAPE_COLUMN,				/* of the relation */
	SHAPE_STRATEGY,
	SHAPE_TYPE,					/* of a value, an Oid */
	SHAPE_IS_ARRAY				/* = ANY (array) and the like */
};

/* A clause on its way to a condition. */
typedef struct Comparison
{
	Var		   *variable;
	Oid			operator;		/* with the variable on its left */
	Expr	   *value;
	Oid			collation;
	bool		is_array;
} Comparison;

/*
 * Planning
 */

/*
 * Take apart "variable operator value", either way round, and "variable
 * operator ANY (array)".
 */
static bool
match_comparison(Expr *clause, Index relid, Comparison *comparison)
{
	List	   *arguments;
	Expr	   *left;
	Expr	   *right;

	if (IsA(clause, OpExpr))
	{
		arguments = ((OpExpr *) clause)->args;
		comparison->operator = ((OpExpr *) clause)->opno;
		comparison->collation = ((OpExpr *) clause)->inputcollid;
		comparison->is_array = false;
	}
	else if (IsA(clause, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) clause)->useOr)
	{
		arguments = ((ScalarArrayOpExpr *) clause)->args;
		comparison->operator = ((ScalarArrayOpExpr *) clause)->opno;
		comparison->collation = ((ScalarArrayOpExpr *) clause)->inputcollid;
		comparison->is_array = true;
	}
	else
		return false;
	if (list_length(arguments) != 2)
		return false;
	left = linitial(arguments);
	right = lsecond(arguments);
	if (!comparison->is_array &&
		IsA(right, Var) && (Index) ((Var *) right)->varno == relid)
	{
		Expr	   *swapped = left;

		left = right;
		right = swapped;
		comparison->operator = get_commutator(comparison->operator);
	}
	if (!IsA(left, Var) || (Index) ((Var *) left)->varno != relid ||
		((Var *) left)->varlevelsup != 0 || ((Var *) left)->varattno <= 0)
		return false;
	comparison->variable = (Var *) left;
	comparison->value = right;
	return OidIsValid(comparison->operator);
}

/*
 * Is the value known when a scan starts?  Not if it depends on the table's
 * row, or changes from row to row.
 */
static bool
value_is_known(Expr *value, Index relid)
{
	Bitmapset  *attributes = NULL;

	pull_varattnos((Node *) value, relid, &attributes);
	return bms_is_empty(attributes) &&
		!contain_volatile_functions((Node *) value) &&
		!contain_subplans((Node *) value);
}

static bool
is_integer_type(Oid type)
{
	return type == INT8OID || type == INT4OID || type == INT2OID;
}

/*
 * The strategy of an operator in the order of the column's type, or 0: its
 * meaning is unknown to us, or it is one that relations do not evaluate.  type
 * is set to the value's.
 */
static StrategyNumber
strategy_of(const Comparison *comparison, Oid column_type, Oid *type)
{
	Oid			class = GetDefaultOpClass(column_type, BTREE_AM_OID);
	Oid			family = OidIsValid(class) ? get_opclass_family(class) : InvalidOid;
	Oid			value_type = exprType((Node *) comparison->value);
	Oid			left_type;
	int			strategy;

	if (!OidIsValid(family) || !op_in_opfamily(comparison->operator, family))
		return InvalidStrategy;
	get_op_opfamily_properties(comparison->operator, family, false, &strategy, &left_type, type);
	if (comparison->is_array)
		value_type = get_element_type(value_type);
	if (left_type != column_type || value_type != *type)
		return InvalidStrategy;
	if (is_integer_type(column_type) && is_integer_type(*type))
		return (StrategyNumber) strategy;

	/* only a deterministic collation's equality is that of bytes */
	if (column_type == TEXTOID && *type == TEXTOID && strategy == BTEqualStrategyNumber &&
		OidIsValid(comparison->collation) &&
		get_collation_isdeterministic(comparison->collation))
		return BTEqualStrategyNumber;
	return InvalidStrategy;
}

/*
 * Add the condition that a clause is, if it is one.
 */
static void
find_condition(Expr *clause, Index relid, const PlogRelation *relation,
			   const AttributeMapping *mappings, FoundConditions *found)
{
	Comparison	comparison;
	const AttributeMapping *mapping;
	StrategyNumber strategy;
	Oid			column_type;
	Oid			type;
	List	   *shape;

	if (!match_comparison(clause, relid, &comparison) ||
		!value_is_known(comparison.value, relid))
		return;
	mapping = &mappings[comparison.variable->varattno - 1];
	if (mapping->column < 0 ||
		(relation->condition_columns & COLUMN_BIT(mapping->column)) == 0)
		return;

	/* declared otherwise, the column compares otherwise */
	column_type = column_type_oid(relation->columns[mapping->column].type);
	if (mapping->type != column_type || comparison.variable->vartype != column_type)
		return;
	strategy = strategy_of(&comparison, column_type, &type);
	if (strategy == InvalidStrategy)
		return;

	shape = list_make3_int(comparison.variable->varattno, mapping->column, strategy);
	shape = lappend_int(shape, (int) type);
	shape = lappend_int(shape, comparison.is_array);
	found->shapes = lappend(found->shapes, shape);
	found->expressions = lappend(found->expressions, comparison.value);
}

FoundConditions
find_conditions(List *clauses, RelOptInfo *baserel, const PlogRelation *relation,
				const AttributeMapping *mappings)
{
	FoundConditions found = {NIL, NIL};
	ListCell   *cell;

	foreach(cell, clauses)
	{
		const RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (!clause->pseudoconstant)
			find_condition(clause->clause, baserel->relid, relation, mappings, &found);
	}
	return found;
}

static int64
integer_of(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/*
 * The numbers that compare so to a value.
 */
static NumberRange
range_of(StrategyNumber strategy, int64 value)
{
	NumberRange range = {PG_INT64_MIN, PG_INT64_MAX};
	const NumberRange none = {PG_INT64_MAX, PG_INT64_MIN};

	if ((strategy == BTLessStrategyNumber && value == PG_INT64_MIN) ||
		(strategy == BTGreaterStrategyNumber && value == PG_INT64_MAX))
		return none;
	if (strategy >= BTEqualStrategyNumber)
		range.lowest = strategy == BTGreaterStrategyNumber ? value + 1 : value;
	if (strategy <= BTEqualStrategyNumber)
		range.highest = strategy == BTLessStrategyNumber ? value - 1 : value;
	return range;
}

bool
get_constant_comparison(const FoundConditions *found, ConstantComparison *constant)
{
	const List *shape;
	const Const *value;

	if (list_length(found->shapes) != 1)
		return false;
	shape = linitial(found->shapes);
	value = linitial(found->expressions);
	if (!IsA(value, Const) || value->constisnull || list_nth_int(shape, SHAPE_IS_ARRAY) ||
		!is_integer_type((Oid) list_nth_int(shape, SHAPE_TYPE)))
		return false;
	constant->column = list_nth_int(shape, SHAPE_COLUMN);
	constant->range = range_of((StrategyNumber) list_nth_int(shape, SHAPE_STRATEGY),
							   integer_of(value->constvalue, value->consttype));
	return true;
}

bool
looks_up(const FoundConditions *found, int column)
{
	const List *shape;

	if (list_length(found->shapes) != 1)
		return false;
	shape = linitial(found->shapes);
	return list_nth_int(shape, SHAPE_COLUMN) == column && !list_nth_int(shape, SHAPE_IS_ARRAY) &&
		list_nth_int(shape, SHAPE_STRATEGY) == BTEqualStrategyNumber;
}

/*
 * Execution
 */

ScanConditions *
begin_conditions(ForeignScanState *node, List *shapes)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	ScanConditions *conditions = palloc0(sizeof(ScanConditions));

	conditions->shapes = shapes;
	conditions->expressions = plan->fdw_exprs;
	conditions->states = ExecInitExprList(plan->fdw_exprs, (PlanState *) node);
	conditions->expression_context = node->ss.ps.ps_ExprContext;
	conditions->count = list_length(shapes);
	conditions->conditions = palloc0(sizeof(Condition) * (conditions->count + 1));
	for (int i = 0; i < conditions->count; i++)
		conditions->conditions[i].column = list_nth_int(list_nth(shapes, i), SHAPE_COLUMN);
	conditions->constants = CurrentMemoryContext;
	conditions->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant conditions",
												ALLOCSET_SMALL_SIZES);
	return conditions;
}

/*
 * Add a value, which is not NULL, to those of a condition.  There is room.
 */
static void
add_value(Condition *condition, StrategyNumber strategy, Datum value, Oid type)
{
	if (is_integer_type(type))
	{
		NumberRange range = range_of(strategy, integer_of(value, type));

		if (range.lowest <= range.highest)
			condition->ranges[condition->value_count++] = range;
	}
	else
	{
		/* a copy: the value may live as long as the expression's context */
		condition->texts[condition->value_count++] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	}
}

/*
 * Make room for so many values.
 */
static void
make_room(Condition *condition, Oid type, int count)
{
	Size		places = (Size) count + 1;

	if (is_integer_type(type))
		condition->ranges = MemoryContextAllocHuge(CurrentMemoryContext,
												   mul_size(sizeof(NumberRange), places));
	else
		condition->texts = MemoryContextAllocHuge(CurrentMemoryContext,
												  mul_size(sizeof(Datum), places));
}

static int
compare_ranges(const void *a, const void *b)
{
	int64		first = ((const NumberRange *) a)->lowest;
	int64		second = ((const NumberRange *) b)->lowest;

	CHECK_FOR_INTERRUPTS();
	return first < second ? -1 : first > second;
}

/*
 * Sort ranges, and join those that overlap.  Returns how many are left.
 */
static int
join_ranges(NumberRange *ranges, int count)
{
	int			last = 0;

	if (count == 0)
		return 0;
	qsort(ranges, count, sizeof(NumberRange), compare_ranges);
	for (int i = 1; i < count; i++)
	{
		if (ranges[i].lowest <= ranges[last].highest)
			ranges[last].highest = Max(ranges[last].highest, ranges[i].highest);
		else
			ranges[++last] = ranges[i];
	}
	return last + 1;
}

/*
 * Add the elements of an array, less its NULLs.
 */
static void
add_values_of_array(Condition *condition, StrategyNumber strategy, Datum array_datum, Oid type)
{
	ArrayType  *array = DatumGetArrayTypeP(array_datum);
	int16		length;
	bool		by_value;
	char		alignment;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &elements, &nulls, &count);
	make_room(condition, type, count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			add_value(condition, strategy, elements[i], type);
	}
	pfree(elements);
	pfree(nulls);
	if (is_integer_type(type))
		condition->value_count = join_ranges(condition->ranges, condition->value_count);
}

/*
 * Evaluate one condition.  Its values stay in the current memory context.
 */
static void
evaluate_condition(Condition *condition, const List *shape, ExprState *expression,
				   ExprContext *expression_context)
{
	StrategyNumber strategy = (StrategyNumber) list_nth_int(shape, SHAPE_STRATEGY);
	Oid			type = (Oid) list_nth_int(shape, SHAPE_TYPE);
	Datum		value;
	bool		is_null;

	condition->value_count = 0;
	condition->ranges = NULL;
	condition->texts = NULL;
	condition->text_set = NULL;
	value = ExecEvalExprSwitchContext(expression, expression_context, &is_null);

	/* what compares to NULL is not true */
	if (is_null)
		return;
	if (list_nth_int(shape, SHAPE_IS_ARRAY))
		add_values_of_array(condition, strategy, value, type);
	else
	{
		make_room(condition, type, 1);
		add_value(condition, strategy, value, type);
	}
	if (condition->texts != NULL)
		condition_index_texts(condition);
}

void
evaluate_conditions(ScanConditions *conditions)
{
	MemoryContext caller = CurrentMemoryContext;

	MemoryContextReset(conditions->context);
	for (int i = 0; i < conditions->count; i++)
	{
		bool		is_constant = IsA(list_nth(conditions->expressions, i), Const);

		if (is_constant && conditions->are_evaluated)
			continue;
		MemoryContextSwitchTo(is_constant ? conditions->constants : conditions->context);
		evaluate_condition(&conditions->conditions[i], list_nth(conditions->shapes, i),
						   list_nth(conditions->states, i), conditions->expression_context);
	}
	MemoryContextSwitchTo(caller);
	conditions->are_evaluated = true;
}

uint64
count_compared_texts(const ScanConditions *conditions)
{
	uint64		compared = 0;

	for (int i = 0; i < conditions->count; i++)
	{
		if (conditions->conditions[i].text_set != NULL)
			compared += conditions->conditions[i].text_set->compared;
	}
	return compared;
}

/*
 * EXPLAIN
 */

static const char *
operator_name(StrategyNumber strategy)
{
	static const char *const names[] = {"", "<", "<=", "=", ">=", ">"};

	return names[strategy];
}

/*
 * A condition as SQL.
 */
static void
append_condition(StringInfo sql, Oid table, const List *shape, Node *expression, List *names)
{
	char	   *attribute = get_attname(table, (AttrNumber) list_nth_int(shape, SHAPE_ATTRIBUTE), false);
	char	   *value = deparse_expression(expression, names, false, false);

	appendStringInfo(sql, list_nth_int(shape, SHAPE_IS_ARRAY) ? "(%s %s ANY (%s))" : "(%s %s %s)",
					 quote_identifier(attribute),
					 operator_name((StrategyNumber) list_nth_int(shape, SHAPE_STRATEGY)), value);
}

/*
 * Is there a parameter that another node of the plan sets?
 */
static bool
has_plan_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC;
	return expression_tree_walker(node, has_plan_parameter, context);
}

void
explain_conditions(ForeignScanState *node, List *shapes, ExplainState *explain)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Oid			table = RelationGetRelid(node->ss.ss_currentRelation);
	List	   *ancestors = NIL;
	List	   *names;
	StringInfoData sql;

	if (shapes == NIL)
		return;
	if (has_plan_parameter((Node *) plan->fdw_exprs, NULL))
		ancestors = find_ancestors(explain->pstmt, (Plan *) plan);
	names = set_deparse_context_plan(explain->deparse_cxt, (Plan *) plan, ancestors);
	initStringInfo(&sql);
	for (int i = 0; i < list_length(shapes); i++)
	{
		if (i > 0)
			appendStringInfoString(&sql, " AND ");
		append_condition(&sql, table, list_nth(shapes, i), list_nth(plan->fdw_exprs, i), names);
	}
	ExplainPropertyText("Pushed Filter", sql.data, explain);
}
