/*-------------------------------------------------------------------------
 *
 * condition.c
 *		Finding the conditions of a query that a relation can use.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/condition.h"

/* PostgreSQL's strpos(text, text) and position(text, text), which do the same. */
#define STRPOS_FUNCTION		868
#define POSITION_FUNCTION	849

/* A clause that may become a condition. */
typedef struct Comparison
{
	Var		   *variable;
	Oid			operator;		/* with the variable on its left */
	Expr	   *value;
	Oid			collation;
	bool		is_array;
} Comparison;

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
 * Is the value known when a scan starts?  It is not if it depends on the table's
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

bool
is_integer_type(Oid type)
{
	return type == INT8OID || type == INT4OID || type == INT2OID;
}

/*
 * The btree strategy of a comparison's operator for the column's type, and the
 * type of the value.  InvalidStrategy if the operator is none of a btree, or the
 * comparison is one that relations do not evaluate.
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

	/* texts are equal as bytes only by a deterministic collation */
	if (column_type == TEXTOID && *type == TEXTOID && strategy == BTEqualStrategyNumber &&
		OidIsValid(comparison->collation) &&
		get_collation_isdeterministic(comparison->collation))
		return BTEqualStrategyNumber;
	return InvalidStrategy;
}

/*
 * Is a clause strpos(…, …) > 0, however that is written?  Then the call of strpos().
 */
static const FuncExpr *
match_contains(const OpExpr *clause)
{
	const FuncExpr *place = linitial(clause->args);
	const Const *least = lsecond(clause->args);
	RegProcedure comparison = get_opcode(clause->opno);
	int32		number;

	if (!IsA(place, FuncExpr) || !IsA(least, Const) || least->constisnull ||
		least->consttype != INT4OID ||
		(place->funcid != STRPOS_FUNCTION && place->funcid != POSITION_FUNCTION))
		return NULL;
	number = DatumGetInt32(least->constvalue);
	if ((number == 0 && (comparison == F_INT4GT || comparison == F_INT4NE)) ||
		(number == 1 && comparison == F_INT4GE))
		return place;
	return NULL;
}

/*
 * Take apart a clause that demands a text, or a pattern, somewhere in a variable.  Where a
 * collation takes different texts for equal, what it finds need not be there as bytes.
 */
static bool
match_search(Expr *clause, Index relid, Comparison *comparison, StrategyNumber *strategy)
{
	const OpExpr *operation = (const OpExpr *) clause;
	const FuncExpr *contains;
	List	   *arguments;

	if (!IsA(clause, OpExpr) || list_length(operation->args) != 2)
		return false;
	contains = match_contains(operation);
	if (contains == NULL && operation->opno != OID_TEXT_LIKE_OP)
		return false;
	*strategy = contains != NULL ? STRATEGY_CONTAINS : STRATEGY_LIKE;
	arguments = contains != NULL ? contains->args : operation->args;
	comparison->variable = linitial(arguments);
	comparison->value = lsecond(arguments);
	comparison->collation = contains != NULL ? contains->inputcollid : operation->inputcollid;
	comparison->is_array = false;
	return IsA(comparison->variable, Var) && (Index) comparison->variable->varno == relid &&
		comparison->variable->varlevelsup == 0 && comparison->variable->varattno > 0 &&
		OidIsValid(comparison->collation) && get_collation_isdeterministic(comparison->collation);
}

/*
 * Add a clause's condition on the lines of calls, if it is one that they are searched by.
 */
static void
find_search(Expr *clause, Index relid, const PlogRelation *relation,
			const AttributeMapping *mappings, int part, FoundConditions *found)
{
	Comparison	comparison;
	const AttributeMapping *mapping;
	ConditionShape shape;

	if (relation->searched_column == 0 ||
		!match_search(clause, relid, &comparison, &shape.strategy) ||
		!value_is_known(comparison.value, relid))
		return;
	mapping = &mappings[comparison.variable->varattno - 1];
	if (mapping->column != relation->searched_column || mapping->type != TEXTOID ||
		comparison.variable->vartype != TEXTOID || exprType((Node *) comparison.value) != TEXTOID)
		return;
	shape.attribute = comparison.variable->varattno;
	shape.column = mapping->column;
	shape.type = TEXTOID;
	shape.is_array = false;
	shape.part = part;
	found->shapes = lappend(found->shapes, pack_condition(&shape));
	found->expressions = lappend(found->expressions, comparison.value);
}

void
find_condition(Expr *clause, Index relid, const PlogRelation *relation,
			   const AttributeMapping *mappings, ColumnSet columns, int part,
			   FoundConditions *found)
{
	Comparison	comparison;
	const AttributeMapping *mapping;
	Oid			column_type;
	ConditionShape shape;

	find_search(clause, relid, relation, mappings, part, found);
	if (!match_comparison(clause, relid, &comparison) ||
		!value_is_known(comparison.value, relid))
		return;
	mapping = &mappings[comparison.variable->varattno - 1];
	if (mapping->column < 0 || (columns & COLUMN_BIT(mapping->column)) == 0)
		return;

	/* a column that is declared with another type compares as that type does */
	column_type = column_type_oid(relation->columns[mapping->column].type);
	if (mapping->type != column_type || comparison.variable->vartype != column_type)
		return;
	shape.strategy = strategy_of(&comparison, column_type, &shape.type);
	if (shape.strategy == InvalidStrategy)
		return;
	shape.attribute = comparison.variable->varattno;
	shape.column = mapping->column;
	shape.is_array = comparison.is_array;
	shape.part = part;
	found->shapes = lappend(found->shapes, pack_condition(&shape));
	found->expressions = lappend(found->expressions, comparison.value);
}

FoundConditions
find_conditions_of_part(List *clauses, RelOptInfo *baserel, const PlogRelation *relation,
						const AttributeMapping *mappings, ColumnSet columns, int part)
{
	FoundConditions found = {NIL, NIL};
	ListCell   *cell;

	foreach(cell, clauses)
	{
		const RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (!clause->pseudoconstant)
			find_condition(clause->clause, baserel->relid, relation, mappings, columns, part,
						   &found);
	}
	return found;
}

FoundConditions
find_conditions(List *clauses, RelOptInfo *baserel, const PlogRelation *relation,
				const AttributeMapping *mappings)
{
	/* one on the execution's id always saves work: it tells which logs of a library are read */
	return find_conditions_of_part(clauses, baserel, relation, mappings,
								   relation->condition_columns | COLUMN_BIT(COLUMN_EXECUTION_ID),
								   0);
}

int64
integer_of_datum(Datum value, Oid type)
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

NumberRange
range_of_comparison(StrategyNumber strategy, int64 value)
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
	ConditionShape shape;
	const Const *value;

	if (list_length(found->shapes) != 1)
		return false;
	shape = unpack_condition(linitial(found->shapes));
	value = linitial(found->expressions);
	if (!IsA(value, Const) || value->constisnull || shape.is_array || !is_integer_type(shape.type))
		return false;
	constant->column = shape.column;
	constant->range = range_of_comparison(shape.strategy,
										  integer_of_datum(value->constvalue, value->consttype));
	return true;
}

bool
is_lookup(const FoundConditions *found, int column)
{
	ConditionShape shape;

	if (list_length(found->shapes) != 1)
		return false;
	shape = unpack_condition(linitial(found->shapes));
	return shape.column == column && !shape.is_array && shape.strategy == BTEqualStrategyNumber;
}
