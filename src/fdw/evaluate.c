/*-------------------------------------------------------------------------
 *
 * evaluate.c
 *		Evaluating the conditions of a plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "fdw/condition.h"
#include "fdw/evaluate.h"
#include "values/bytea_text.h"

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
		conditions->conditions[i].column = unpack_condition(list_nth(shapes, i)).column;
	conditions->constants = CurrentMemoryContext;
	conditions->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant conditions",
												ALLOCSET_SMALL_SIZES);
	return conditions;
}

/*
 * Add a value, which is not NULL, to those of a condition, which has room for it.
 */
static void
add_value(Condition *condition, const ConditionShape *shape, Datum value)
{
	if (is_integer_type(shape->type))
	{
		NumberRange range = range_of_comparison(shape->strategy,
												integer_of_datum(value, shape->type));

		if (range.lowest <= range.highest)
			condition->ranges[condition->value_count++] = range;
	}
	else
	{
		/* a copy, for the value lives in the expression's context */
		condition->texts[condition->value_count++] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	}
}

/*
 * Make room for the values of a condition.
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
 * Add the elements of an array that are not NULL.
 */
static void
add_values_of_array(Condition *condition, const ConditionShape *shape, Datum array_datum)
{
	Oid			type = shape->type;
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
			add_value(condition, shape, elements[i]);
	}
	pfree(elements);
	pfree(nulls);
	if (is_integer_type(type))
		condition->value_count = join_ranges(condition->ranges, condition->value_count);
}

/*
 * A condition that a name is one of two.
 */
static Condition *
condition_on_names(const PlogBytes names[2])
{
	Condition  *condition = palloc0(sizeof(Condition));

	make_room(condition, TEXTOID, 2);
	for (int i = 0; i < 2; i++)
		condition->texts[condition->value_count++] =
			PointerGetDatum(cstring_to_text_with_len((const char *) names[i].data, (int) names[i].length));
	condition_index_texts(condition);
	return condition;
}

/*
 * Find out what a pattern or a text demands of the lines of calls.
 */
static void
set_search(Condition *condition, StrategyNumber strategy, Datum value)
{
	text	   *demanded = DatumGetTextPP(value);
	PlogBytes	bytes = bytes_of_varlena(demanded);
	const StraceSearch *search = strategy == STRATEGY_LIKE ? strace_search_pattern(bytes) :
		strace_search_text(bytes);

	condition->value_count = 1;
	condition->search = search;
	condition->name = search->names[0].data == NULL ? NULL : condition_on_names(search->names);
}

/*
 * Evaluate one condition.  Its values are allocated in the current memory context.
 */
static void
evaluate_condition(Condition *condition, const ConditionShape *shape, ExprState *expression,
				   ExprContext *expression_context)
{
	Datum		value;
	bool		is_null;

	condition->value_count = 0;
	condition->ranges = NULL;
	condition->texts = NULL;
	condition->text_set = NULL;
	condition->search = NULL;
	condition->name = NULL;
	value = ExecEvalExprSwitchContext(expression, expression_context, &is_null);

	/* no comparison to NULL is true */
	if (is_null)
		return;
	if (is_search(shape))
		set_search(condition, shape->strategy, value);
	else if (shape->is_array)
		add_values_of_array(condition, shape, value);
	else
	{
		make_room(condition, shape->type, 1);
		add_value(condition, shape, value);
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
		ConditionShape shape = unpack_condition(list_nth(conditions->shapes, i));
		bool		is_constant = IsA(list_nth(conditions->expressions, i), Const);

		if (is_constant && conditions->are_evaluated)
			continue;
		MemoryContextSwitchTo(is_constant ? conditions->constants : conditions->context);
		evaluate_condition(&conditions->conditions[i], &shape, list_nth(conditions->states, i),
						   conditions->expression_context);
	}
	MemoryContextSwitchTo(caller);
	conditions->are_evaluated = true;
}

bool
has_plan_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC;
	return expression_tree_walker(node, has_plan_parameter, context);
}

bool
conditions_are_fixed(const ScanConditions *conditions, int column)
{
	for (int i = 0; i < conditions->count; i++)
	{
		if (conditions->conditions[i].column == column &&
			has_plan_parameter(list_nth(conditions->expressions, i), NULL))
			return false;
	}
	return true;
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
