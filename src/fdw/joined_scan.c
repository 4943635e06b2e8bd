/*-------------------------------------------------------------------------
 *
 * joined_scan.c
 *		The plan of a scan that joins.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"

#include "fdw/join.h"
#include "fdw/joined_scan.h"
#include "fdw/order.h"

/*
 * The name of a table in the query.
 */
static const char *
alias_of_table(const PlannerInfo *root, const JoinedTable *table)
{
	return root->simple_rte_array[table->rel->relid]->eref->aliasname;
}

static List *
pack_parts(const PlannerInfo *root, const JoinPlan *join)
{
	List	   *parts = NIL;

	for (int i = 0; i < join->count; i++)
	{
		const JoinedTable *table = &join->tables[i];
		PartShape	part;

		part.table = table->plan->table;
		part.kind = table->kind;
		part.join = table->join;
		part.id_part = table->id_part;
		part.id_column = table->id_column;
		part.alias = alias_of_table(root, table);
		parts = lappend(parts, pack_part(&part));
	}
	return parts;
}

/*
 * The columns of joined rows: those that the query needs, and those that PostgreSQL
 * checks clauses on.
 */
static List *
columns_of_rows(const RelOptInfo *joinrel, const List *clauses)
{
	List	   *columns = add_to_flat_tlist(NIL, pull_var_clause((Node *) joinrel->reltarget->exprs,
																 PVC_RECURSE_PLACEHOLDERS));

	return add_to_flat_tlist(columns, pull_var_clause((Node *) clauses,
													  PVC_RECURSE_PLACEHOLDERS));
}

/*
 * What the columns of joined rows show.
 */
static List *
pack_fields(const JoinPlan *join, const List *columns)
{
	List	   *fields = NIL;
	ListCell   *cell;

	foreach(cell, columns)
	{
		const Var  *variable = (const Var *) lfirst_node(TargetEntry, cell)->expr;
		JoinedPlace place;
		const JoinedTable *table = find_joined_table(join, variable, &place);
		const AttributeMapping *mapping = &table->plan->mappings[variable->varattno - 1];
		FieldShape	field;

		field.part = place.part;
		field.column = place.column;
		field.type = mapping->type;
		field.is_converted = !shows_column_unchanged(mapping, table->plan->options.relation);
		fields = lappend(fields, pack_field(&field));
	}
	return fields;
}

/*
 * Is a condition among others?
 */
static bool
has_condition(const FoundConditions *found, const ConditionShape *shape, Node *expression)
{
	ListCell   *shapes;
	ListCell   *expressions;

	forboth(shapes, found->shapes, expressions, found->expressions)
	{
		ConditionShape other = unpack_condition(lfirst(shapes));

		if (other.column == shape->column && other.strategy == shape->strategy &&
			other.type == shape->type && other.is_array == shape->is_array &&
			equal(lfirst(expressions), expression))
			return true;
	}
	return false;
}

/*
 * Conditions on the id by which a table hangs on the driver are conditions on the
 * driver's column, by which it can skip chunks.
 */
static void
pass_on_conditions(const JoinPlan *join, const JoinedTable *table, FoundConditions *of_driver)
{
	const JoinedTable *driver = &join->tables[0];
	int			key = table->plan->options.relation->key[0];
	int			column = table->kind == PART_ARGUMENTS ?
		driver->plan->options.relation->key[0] : table->id_column;
	ListCell   *shapes;
	ListCell   *expressions;

	if (table->id_part != 0 || key == COLUMN_EXECUTION_ID ||
		(table->join != PART_INNER && table->join != PART_SEMI))
		return;
	forboth(shapes, table->conditions.shapes, expressions, table->conditions.expressions)
	{
		ConditionShape shape = unpack_condition(lfirst(shapes));

		if (shape.column != key)
			continue;
		shape.column = column;
		shape.attribute = attribute_of_column(driver->rel, driver->plan, column);
		if (shape.attribute == 0 || has_condition(of_driver, &shape, lfirst(expressions)))
			continue;
		of_driver->shapes = lappend(of_driver->shapes, pack_condition(&shape));
		of_driver->expressions = lappend(of_driver->expressions, lfirst(expressions));
	}
}

/*
 * Add the conditions of a part to those of the scan.
 */
static void
add_conditions(FoundConditions *all, const FoundConditions *found, int part)
{
	ListCell   *cell;

	foreach(cell, found->shapes)
	{
		ConditionShape shape = unpack_condition(lfirst(cell));

		shape.part = part;
		all->shapes = lappend(all->shapes, pack_condition(&shape));
	}
	all->expressions = list_concat(all->expressions, list_copy(found->expressions));
}

/*
 * The conditions of all parts, in their order.
 */
static FoundConditions
conditions_of_join(const JoinPlan *join)
{
	FoundConditions of_driver;
	FoundConditions all = {NIL, NIL};

	of_driver.shapes = list_copy(join->tables[0].conditions.shapes);
	of_driver.expressions = list_copy(join->tables[0].conditions.expressions);
	for (int i = 1; i < join->count; i++)
		pass_on_conditions(join, &join->tables[i], &of_driver);
	add_conditions(&all, &of_driver, 0);
	for (int i = 1; i < join->count; i++)
		add_conditions(&all, &join->tables[i].conditions, i);
	return all;
}

/*
 * The number of the column of joined rows that shows a table's attribute, which is a
 * bigint.  It is added where the query needs only what equals it.
 */
static AttrNumber
number_of_column(List **columns, const JoinedTable *table, AttrNumber attribute)
{
	ListCell   *cell;

	foreach(cell, *columns)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);
		const Var  *variable = (const Var *) entry->expr;

		if ((Index) variable->varno == table->rel->relid && variable->varattno == attribute)
			return entry->resno;
	}
	*columns = add_to_flat_tlist(*columns, list_make1(makeVar(table->rel->relid, attribute,
															  INT8OID, -1, InvalidOid, 0)));
	return (AttrNumber) list_length(*columns);
}

List *
plan_pass(ScanPlan *scan, const PlannerInfo *root, const JoinPlan *join, const List *columns)
{
	FoundConditions conditions = conditions_of_join(join);

	scan->table = join->tables[0].plan->table;
	scan->parts = pack_parts(root, join);
	scan->fields = pack_fields(join, columns);
	scan->conditions = conditions.shapes;
	for (int i = 0; i < join->count; i++)
		scan->native = join_native_tables(&scan->native, &join->tables[i].plan->native);
	return conditions.expressions;
}

ForeignScan *
make_joined_scan(ScanPlan *scan, PlannerInfo *root, RelOptInfo *joinrel, List *tlist)
{
	const JoinPlan *join = joinrel->fdw_private;
	List	   *clauses = extract_actual_clauses(join->local_clauses, false);
	List	   *columns = columns_of_rows(joinrel, clauses);
	List	   *expressions;

	if (scan->ordered_attribute != 0)
		scan->ordered_attribute = number_of_column(&columns, &join->tables[0],
												   scan->ordered_attribute);
	expressions = plan_pass(scan, root, join, columns);
	return make_foreignscan(tlist, clauses, 0, expressions, pack_scan_plan(scan), columns, NIL,
							NULL);
}
