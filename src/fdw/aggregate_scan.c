/*-------------------------------------------------------------------------
 *
 * aggregate_scan.c
 *		Computing groups and their aggregates from the rows of a scan.
 *
 * A row is taken where the pass has made it.  Only if an expression needs it, it is
 * put into a slot, where PostgreSQL evaluates the expression, with its own rules of
 * overflow and of division by zero.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "compat/varlena.h"
#include "fdw/aggregate_scan.h"
#include "fdw/condition.h"
#include "fdw/group_table.h"
#include "relations/extremes.h"

/*
 * A key has a bit for each of its values, which is set if that is NULL, in whole words;
 * then the values that are not NULL.  Each takes a word; behind that of a text, which is
 * its length, are its bytes.
 */
#define KEY_VALUE_BYTES		sizeof(int64)

static inline Size
null_bits_bytes(int key_count)
{
	return TYPEALIGN(64, key_count) / 8;
}

/* A value that is taken from each row: a column's, or an expression's. */
typedef struct RowValue
{
	int			part;
	int			column;			/* -1: an expression */
	int64		divisor;		/* the value is the column's divided by it; 0: it is not */
	ExprState  *expression;
	Oid			type;
} RowValue;

/* An aggregate. */
typedef struct RowAggregate
{
	AggregateForm form;
	RowValue	argument;		/* unless it counts rows */
	ExprState  *filter;			/* which rows it takes; NULL: all */
} RowAggregate;

struct Aggregation
{
	GroupSource source;
	MemoryContext context;		/* of all this */
	const RowShape *shape;
	ExprContext *expressions;	/* its scan tuple is the slot */
	List	   *fields;			/* the variables that the slot has */
	TupleTableSlot *slot;		/* for the row */
	bool		uses_slot;		/* does any expression need it? */
	ExprState  *filter;			/* which rows are taken; NULL: all */

	int			key_count;
	RowValue   *keys;
	int			aggregate_count;
	RowAggregate *aggregates;
	AggregateForm *forms;		/* of the aggregates */

	StringInfoData key;			/* of the row at hand */
	GroupTable *groups;			/* NULL: not computed yet */
	bool		reads_log;		/* nothing but the log is at work */
};

/*
 * The number, from 0, of a variable among those of the slot.
 */
static int
number_of_field(const List *fields, const Var *variable)
{
	ListCell   *cell;

	foreach(cell, fields)
	{
		const Var  *field = lfirst(cell);

		if (field->varno == variable->varno && field->varattno == variable->varattno)
			return foreach_current_index(cell);
	}
	elog(ERROR, "variable %d of relation %d is no field of the scan", variable->varattno,
		 (int) variable->varno);
}

/*
 * Replace the variables of an expression by those of the slot.
 */
static Node *
place_variables(Node *node, List *fields)
{
	if (node == NULL)
		return NULL;
	if (!IsA(node, Var))
		return expression_tree_mutator(node, place_variables, fields);
	return (Node *) makeVar(INDEX_VAR,
							(AttrNumber) (number_of_field(fields, (const Var *) node) + 1),
							exprType(node), exprTypmod(node), exprCollation(node), 0);
}

/*
 * Prepare to evaluate an expression for each row.
 */
static ExprState *
begin_expression(Aggregation *aggregation, Node *expression, ForeignScanState *node)
{
	aggregation->uses_slot = true;
	return ExecInitExpr((Expr *) place_variables(expression, aggregation->fields),
						(PlanState *) node);
}

/*
 * Prepare to check a clause for each row.
 */
static ExprState *
begin_filter(Aggregation *aggregation, Node *clause, ForeignScanState *node)
{
	aggregation->uses_slot = true;
	return ExecInitQual(list_make1(place_variables(clause, aggregation->fields)),
						(PlanState *) node);
}

/*
 * A column divided by a positive constant makes intervals, of time mostly.  It is
 * computed here, so that no row has to be put into the slot for it.  False, with the value
 * unchanged, if an expression is something else.
 */
static bool
begin_quotient(const Aggregation *aggregation, const Node *expression, RowValue *value)
{
	const OpExpr *division = (const OpExpr *) expression;
	const FilledAttribute *field;
	const Const *constant;
	int64		divisor;

	if (!IsA(expression, OpExpr) ||
		(division->opfuncid != F_INT84DIV && division->opfuncid != F_INT8DIV) ||
		!IsA(linitial(division->args), Var) || !IsA(lsecond(division->args), Const))
		return false;
	field = &aggregation->shape->filled[number_of_field(aggregation->fields,
														linitial_node(Var, division->args))];
	constant = lsecond_node(Const, division->args);
	if (constant->constisnull || field->is_converted)
		return false;
	divisor = integer_of_datum(constant->constvalue, constant->consttype);
	if (divisor <= 0)
		return false;
	value->part = field->part;
	value->column = field->column;
	value->divisor = divisor;
	return true;
}

static RowValue
begin_value(Aggregation *aggregation, const OutputShape *shape, Node *expression,
			ForeignScanState *node)
{
	RowValue	value = {.part = shape->part,.column = shape->column,.type = shape->type};

	if (shape->column < 0 && !begin_quotient(aggregation, expression, &value))
		value.expression = begin_expression(aggregation, expression, node);
	return value;
}

static void
begin_aggregate(Aggregation *aggregation, const OutputShape *shape, Aggref *reference,
				ForeignScanState *node)
{
	int			number = aggregation->aggregate_count++;
	RowAggregate *aggregate = &aggregation->aggregates[number];

	aggregate->form.kind = shape->kind;
	aggregate->form.type = shape->type;
	aggregate->form.is_partial = reference->aggsplit != AGGSPLIT_SIMPLE;
	aggregation->forms[number] = aggregate->form;
	if (aggregation->source == GROUPS_OF_TOTALS)
	{
		aggregate->argument.column = shape->column;
		return;
	}
	if (shape->kind != AGGREGATE_COUNT_ROWS)
		aggregate->argument =
			begin_value(aggregation, shape,
						(Node *) linitial_node(TargetEntry, reference->args)->expr, node);
	if (reference->aggfilter != NULL)
		aggregate->filter = begin_filter(aggregation, (Node *) reference->aggfilter, node);
}

/*
 * Make the slot for rows: a column for each of the variables.
 */
static void
begin_slot(Aggregation *aggregation, ForeignScanState *node)
{
	TupleDesc	descriptor = CreateTemplateTupleDesc(list_length(aggregation->fields));
	ListCell   *cell;
	AttrNumber	number = 0;

	foreach(cell, aggregation->fields)
	{
		Node	   *field = lfirst(cell);

		number++;
		TupleDescInitEntry(descriptor, number, NULL, exprType(field), exprTypmod(field), 0);
		TupleDescInitEntryCollation(descriptor, number, exprCollation(field));
	}
	aggregation->slot = ExecInitExtraTupleSlot(node->ss.ps.state, descriptor, &TTSOpsVirtual);
	aggregation->expressions = CreateExprContext(node->ss.ps.state);
	aggregation->expressions->ecxt_scantuple = aggregation->slot;
}

Aggregation *
begin_aggregation(ForeignScanState *node, const ScanPlan *plan, const RowShape *rows)
{
	const ForeignScan *scan = (const ForeignScan *) node->ss.ps.plan;
	Aggregation *aggregation = palloc0(sizeof(Aggregation));
	int			output_count = list_length(plan->outputs);
	int			first_field = list_length(scan->fdw_scan_tlist) - list_length(plan->fields);

	aggregation->source = plan->group_source;
	aggregation->context = CurrentMemoryContext;
	aggregation->shape = rows;
	for (int i = first_field; i < list_length(scan->fdw_scan_tlist); i++)
		aggregation->fields = lappend(aggregation->fields,
									  list_nth_node(TargetEntry, scan->fdw_scan_tlist, i)->expr);
	begin_slot(aggregation, node);
	aggregation->keys = palloc0(sizeof(RowValue) * (output_count + 1));
	aggregation->aggregates = palloc0(sizeof(RowAggregate) * (output_count + 1));
	aggregation->forms = palloc0(sizeof(AggregateForm) * (output_count + 1));
	for (int i = 0; i < output_count; i++)
	{
		OutputShape shape = unpack_output(list_nth(plan->outputs, i));
		Node	   *output = (Node *) list_nth_node(TargetEntry, scan->fdw_scan_tlist, i)->expr;

		if (shape.kind == AGGREGATE_KEY)
			aggregation->keys[aggregation->key_count++] =
				begin_value(aggregation, &shape, output, node);
		else
			begin_aggregate(aggregation, &shape, (Aggref *) output, node);
	}
	if (first_field > output_count)
		aggregation->filter =
			begin_filter(aggregation,
						 (Node *) list_nth_node(TargetEntry, scan->fdw_scan_tlist,
												output_count)->expr, node);
	initStringInfo(&aggregation->key);
	enlargeStringInfo(&aggregation->key,
					  (int) (null_bits_bytes(output_count) + KEY_VALUE_BYTES * output_count));
	return aggregation;
}

/*
 * The value that a row has.
 */
static inline Datum
value_of_row(const Aggregation *aggregation, const RowValue *value, const Pass *pass,
			 bool *is_null)
{
	const RelationRow *row;

	if (value->column < 0)
		return ExecEvalExprSwitchContext(value->expression, aggregation->expressions, is_null);
	row = pass_row(pass, value->part);
	*is_null = row->nulls[value->column];
	if (value->divisor != 0 && !*is_null)
		return Int64GetDatum(DatumGetInt64(row->values[value->column]) / value->divisor);
	return row->values[value->column];
}

/*
 * Numbers and booleans as 64 bits.
 */
static inline int64
number_of_datum(Datum value, Oid type)
{
	return type == BOOLOID ? DatumGetBool(value) : integer_of_datum(value, type);
}

/*
 * Append a number to the key at hand, which has room for it.
 */
static inline void
append_number_to_key(StringInfo key, int64 number)
{
	memcpy(key->data + key->len, &number, sizeof(number));
	key->len += sizeof(number);
}

/*
 * Append a text to the key at hand, its length and its bytes, and have room for so
 * many values behind it.
 */
static void
append_text_to_key(StringInfo key, Datum value, int values_behind)
{
	struct varlena *text = PG_DETOAST_DATUM_PACKED(value);
	Size		length = VARSIZE_ANY_EXHDR(text);

	append_number_to_key(key, (int64) length);
	enlargeStringInfo(key, (int) (length + KEY_VALUE_BYTES * values_behind));
	memcpy(key->data + key->len, VARDATA_ANY(text), length);
	key->len += (int) length;
}

/*
 * Make the key of a row.
 */
static inline void
make_key(Aggregation *aggregation, const Pass *pass)
{
	StringInfo	key = &aggregation->key;

	key->len = (int) null_bits_bytes(aggregation->key_count);
	memset(key->data, 0, key->len);
	for (int i = 0; i < aggregation->key_count; i++)
	{
		const RowValue *value = &aggregation->keys[i];
		bool		is_null;
		Datum		datum = value_of_row(aggregation, value, pass, &is_null);

		if (is_null)
			key->data[i / 8] |= 1 << i % 8;
		else if (value->type == TEXTOID)
			append_text_to_key(key, datum, aggregation->key_count - i - 1);
		else
			append_number_to_key(key, number_of_datum(datum, value->type));
	}
}

/*
 * Add a row to an aggregate of its group.
 */
static inline void
add_to_aggregate(Aggregation *aggregation, const RowAggregate *aggregate, AggregateState *state,
				 const Pass *pass)
{
	bool		is_null;
	Datum		value;

	if (aggregate->filter != NULL && !ExecQual(aggregate->filter, aggregation->expressions))
		return;
	if (aggregate->form.kind == AGGREGATE_COUNT_ROWS)
	{
		state->count += (int64) pass->row_count;
		return;
	}
	value = value_of_row(aggregation, &aggregate->argument, pass, &is_null);
	if (is_null)
		return;
	if (aggregate->form.kind == AGGREGATE_COUNT)
		state->count += (int64) pass->row_count;
	else
		aggregate_add(aggregate->form.kind, state,
					  number_of_datum(value, aggregate->form.type), pass->row_count);
}

/*
 * Put a row into the slot.
 */
static void
fill_slot(Aggregation *aggregation, const Pass *pass)
{
	MemoryContext caller = MemoryContextSwitchTo(aggregation->expressions->ecxt_per_tuple_memory);
	TupleTableSlot *slot = aggregation->slot;

	ExecClearTuple(slot);
	fill_row(aggregation->shape, pass->rows, slot->tts_values, slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	MemoryContextSwitchTo(caller);
}

/*
 * Add the pass's current row.
 */
static void
add_row(Aggregation *aggregation, const Pass *pass)
{
	AggregateState *states;

	if (aggregation->uses_slot)
	{
		ResetExprContext(aggregation->expressions);
		fill_slot(aggregation, pass);
		if (aggregation->filter != NULL &&
			!ExecQual(aggregation->filter, aggregation->expressions))
			return;
	}
	make_key(aggregation, pass);
	states = group_table_find(aggregation->groups, aggregation->key.data, aggregation->key.len);
	for (int i = 0; i < aggregation->aggregate_count; i++)
		add_to_aggregate(aggregation, &aggregation->aggregates[i], &states[i], pass);
}

/*
 * Add what the catalog knows of all rows of a log.
 */
static void
add_totals(Aggregation *aggregation, RelationScan *scan)
{
	AggregateState *states = group_table_find(aggregation->groups, "", 0);

	for (int i = 0; i < aggregation->aggregate_count; i++)
	{
		const RowAggregate *aggregate = &aggregation->aggregates[i];
		bool		is_least = aggregate->form.kind == AGGREGATE_MIN;
		int64		value;

		if (aggregate->form.kind == AGGREGATE_COUNT_ROWS)
			states[i].count += (int64) scan->relation->count(&relation_catalog(scan)->summary);
		else if (relation_find_extreme(scan, aggregate->argument.column,
									   is_least ? EXTREME_LEAST : EXTREME_GREATEST, &value))
			aggregate_add(aggregate->form.kind, &states[i], value, 1);
	}
}

/*
 * The catalog's counted rows stand for the log's rows, if the plan says so and that
 * holds for the log of today.
 */
void
add_rows_of_log(Aggregation *aggregation, Pass *pass, ResourceOwner owner)
{
	ResourceOwner reading = CurrentResourceOwner;

	aggregation->reads_log = true;
	if (aggregation->source == GROUPS_OF_TOTALS)
	{
		add_totals(aggregation, pass_driver(pass));
		return;
	}
	if (aggregation->source == GROUPS_OF_COUNTED_ROWS)
		(void) pass_count(pass);
	while (pass_next(pass))
	{
		aggregation->reads_log = false;
		CurrentResourceOwner = owner;
		add_row(aggregation, pass);
		CurrentResourceOwner = reading;
		aggregation->reads_log = true;
	}
}

bool
was_reading_log(const Aggregation *aggregation)
{
	return aggregation->reads_log;
}

void
start_groups(Aggregation *aggregation)
{
	MemoryContext caller = MemoryContextSwitchTo(aggregation->context);

	forget_groups(aggregation);
	aggregation->groups = group_table_create(aggregation->forms, aggregation->aggregate_count,
											 (Size) work_mem * 1024);
	MemoryContextSwitchTo(caller);

	/* without keys there is a group even if there are no rows */
	if (aggregation->key_count == 0)
		(void) group_table_find(aggregation->groups, "", 0);
}

void
finish_groups(Aggregation *aggregation)
{
	group_table_finish(aggregation->groups);
}

/*
 * Take the values of a group from its key.
 */
static void
give_keys(const Aggregation *aggregation, const char *key, Datum *values, bool *nulls)
{
	const char *null_bits = key;

	key += null_bits_bytes(aggregation->key_count);
	for (int i = 0; i < aggregation->key_count; i++)
	{
		Oid			type = aggregation->keys[i].type;
		int64		number;

		nulls[i] = (null_bits[i / 8] & 1 << i % 8) != 0;
		if (nulls[i])
			continue;
		memcpy(&number, key, sizeof(number));
		key += sizeof(number);
		if (type == TEXTOID)
		{
			text	   *made = palloc(VARHDRSZ + number);

			SET_VARSIZE(made, VARHDRSZ + number);
			memcpy(VARDATA(made), key, number);
			values[i] = PointerGetDatum(made);
			key += number;
		}
		else
			values[i] = datum_of_number(number, type);
	}
}

bool
next_group(Aggregation *aggregation, Datum *values, bool *nulls)
{
	const char *key;
	AggregateState *states;

	if (!group_table_next(aggregation->groups, &key, &states))
		return false;
	give_keys(aggregation, key, values, nulls);
	for (int i = 0; i < aggregation->aggregate_count; i++)
	{
		int			output = aggregation->key_count + i;

		values[output] = aggregate_result(&aggregation->forms[i], &states[i], &nulls[output]);
	}
	return true;
}

bool
groups_were_sorted(const Aggregation *aggregation)
{
	return aggregation->groups != NULL && group_table_is_sorted(aggregation->groups);
}

void
forget_groups(Aggregation *aggregation)
{
	if (aggregation->groups != NULL)
		group_table_free(aggregation->groups);
	aggregation->groups = NULL;
}
