/*-------------------------------------------------------------------------
 *
 * join.c
 *		Joins of foreign tables of one log that one pass over it can make.
 *
 * A pass reads one table, the driver, and for each of its rows finds those of the
 * others: the arguments of a system call, or the row of an id.  So of two tables that
 * are joined, one has to hang on the other in one of these ways, by a condition that
 * equals an id to the column that refers to it, as the descriptors declare.  Of two
 * joins, the driver of one has to hang on a table of the other, and all of its tables
 * come along.
 *
 * What is not planned here is left to PostgreSQL: each reason stands where it is
 * found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/join.h"

bool		pandelephant_enable_join_pushdown = true;

static bool
texts_are_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * Do two tables show the same log, or the same library?  All options that say what is
 * read, and how, have to be the same: a pass opens one file, and has one execution.
 */
static bool
show_same_log(const TablePlan *a, const TablePlan *b)
{
	const ExecutionOptions *one = &a->options.execution;
	const ExecutionOptions *other = &b->options.execution;

	if (a->options.library != NULL || b->options.library != NULL)
		return texts_are_equal(a->options.library, b->options.library) &&
			get_rel_namespace(a->table) == get_rel_namespace(b->table);
	return texts_are_equal(one->filename, other->filename) &&
		texts_are_equal(one->name, other->name) &&
		texts_are_equal(one->description, other->description) &&
		texts_are_equal(one->descriptor, other->descriptor) &&
		texts_are_equal(one->recording, other->recording) &&
		texts_are_equal(one->qcow, other->qcow) &&
		one->execution_id == other->execution_id &&
		one->recover == other->recover &&
		one->guest == other->guest;
}

/*
 * Is there a condition that only leaves out some of the rows which do not meet it?
 */
static bool
has_search(const FoundConditions *found)
{
	ListCell   *cell;

	foreach(cell, found->shapes)
	{
		ConditionShape shape = unpack_condition(lfirst(cell));

		if (is_search(&shape))
			return true;
	}
	return false;
}

/*
 * Add a base relation's clauses: conditions that the pass checks, or local ones.
 * False if there is one that can be neither.
 */
static bool
take_clauses_of_table(JoinPlan *join, JoinedTable *table)
{
	RelOptInfo *rel = table->rel;
	ListCell   *cell;

	foreach(cell, rel->baserestrictinfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		FoundConditions found;

		/* a constant that decides on all rows is checked by a node above base scans only */
		if (clause->pseudoconstant)
			return false;
		found = find_conditions_of_part(list_make1(clause), rel, table->plan->options.relation,
										table->plan->mappings, ~(ColumnSet) 0, 0);
		table->conditions.shapes = list_concat(table->conditions.shapes, found.shapes);
		table->conditions.expressions = list_concat(table->conditions.expressions,
													found.expressions);
		if (found.shapes == NIL || has_search(&found))
			join->local_clauses = lappend(join->local_clauses, clause);
	}
	return true;
}

/*
 * The plan of one foreign table, as a join of one.  NULL if it cannot be joined.
 */
static JoinPlan *
plan_of_table(RelOptInfo *rel)
{
	JoinPlan   *join;

	/*
	 * A table of LATERAL or of a lookup gets values of others for each of its scans: a
	 * joined path cannot have parameters.
	 */
	if (!bms_is_empty(rel->lateral_relids) || rel->fdw_private == NULL)
		return NULL;
	join = palloc0(sizeof(JoinPlan));
	join->count = 1;
	join->tables[0].rel = rel;
	join->tables[0].plan = rel->fdw_private;
	join->tables[0].kind = PART_DRIVER;
	join->tables[0].join = PART_INNER;
	return take_clauses_of_table(join, &join->tables[0]) ? join : NULL;
}

/*
 * A plan that was found for a join is kept: who changes it takes a copy.
 */
const JoinPlan *
plan_of_relation(RelOptInfo *rel)
{
	return IS_JOIN_REL(rel) ? rel->fdw_private : IS_SIMPLE_REL(rel) ? plan_of_table(rel) : NULL;
}

const JoinedTable *
find_joined_table(const JoinPlan *join, const Var *variable, JoinedPlace *place)
{
	if (!IsA(variable, Var) || variable->varlevelsup != 0 || variable->varattno <= 0)
		return NULL;
	for (int i = 0; i < join->count; i++)
	{
		const JoinedTable *table = &join->tables[i];

		if ((Index) variable->varno != table->rel->relid)
			continue;
		place->part = i;
		place->column = table->plan->mappings[variable->varattno - 1].column;
		return place->column >= 0 ? table : NULL;
	}
	return NULL;
}

/*
 * Find where a bigint is that one side of a comparison is.
 */
static bool
find_bigint(const JoinPlan *join, const Node *side, JoinedPlace *place)
{
	const Var  *variable = (const Var *) side;
	const JoinedTable *table = find_joined_table(join, variable, place);

	/* a domain's variable would stand below a cast; a bigint shown as numeric is no Var of int8 */
	return table != NULL && variable->vartype == INT8OID &&
		table->plan->mappings[variable->varattno - 1].type == INT8OID;
}

/*
 * Take apart a clause that equals a bigint of one join to a bigint of another.
 */
static bool
match_equality(const RestrictInfo *clause, const JoinPlan *one, const JoinPlan *other,
			   JoinedPlace *of_one, JoinedPlace *of_other)
{
	const OpExpr *expression = (const OpExpr *) clause->clause;

	if (!IsA(expression, OpExpr) || get_opcode(expression->opno) != F_INT8EQ)
		return false;
	return (find_bigint(one, linitial(expression->args), of_one) &&
			find_bigint(other, lsecond(expression->args), of_other)) ||
		(find_bigint(one, lsecond(expression->args), of_one) &&
		 find_bigint(other, linitial(expression->args), of_other));
}

/*
 * The same value of the join is in several places: where an id was looked up by
 * another column, and in the arguments of a call.  Go to the first such place.
 */
static JoinedPlace
first_place(const JoinPlan *join, JoinedPlace place)
{
	for (;;)
	{
		const JoinedTable *table = &join->tables[place.part];

		/* a table without a row has NULL where the other column has its id */
		if (table->join != PART_INNER || place.column == COLUMN_EXECUTION_ID ||
			place.column != table->plan->options.relation->key[0])
			return place;
		if (table->kind == PART_LOOKUP)
		{
			place.part = table->id_part;
			place.column = table->id_column;
		}
		else if (table->kind == PART_ARGUMENTS)
		{
			place.part = 0;
			place.column = join->tables[0].plan->options.relation->key[0];
		}
		else
			return place;
	}
}

/*
 * Does a column refer to another relation's rows, by their ids?
 */
static bool
refers_to(const PlogRelation *relation, int column, const PlogRelation *other)
{
	for (int i = 0; relation->native.references[i][0] != NULL; i++)
	{
		if (strcmp(relation->native.references[i][0], relation->columns[column].name) == 0 &&
			strcmp(relation->native.references[i][1], other->name) == 0)
			return true;
	}
	return false;
}

/*
 * Can the driver of a join hang on another join by the column there that equals one of
 * its own?  Then that is noted in the driver.
 */
static bool
can_hang_by(const JoinPlan *base, JoinedPlace from, JoinedPlace to, JoinedTable *driver)
{
	const PlogRelation *relation = driver->plan->options.relation;

	from = first_place(base, from);
	if (to.part != 0)
		return false;

	/* every row of an execution has its id, unless it is of a table without a row */
	if (relation == &executions_relation)
	{
		driver->kind = PART_LOOKUP;
		return to.column == COLUMN_EXECUTION_ID && from.column == COLUMN_EXECUTION_ID &&
			base->tables[from.part].join == PART_INNER;
	}
	if (to.column == COLUMN_EXECUTION_ID || to.column != relation->key[0])
		return false;
	if (relation == &syscall_arguments_relation)
	{
		driver->kind = PART_ARGUMENTS;
		return from.part == 0 &&
			base->tables[0].plan->options.relation == &syscalls_relation &&
			refers_to(relation, to.column, &syscalls_relation) &&
			from.column == syscalls_relation.key[0];
	}
	driver->kind = PART_LOOKUP;
	driver->id_part = from.part;
	driver->id_column = from.column;
	return relation->is_indexed &&
		refers_to(base->tables[from.part].plan->options.relation, from.column, relation);
}

/*
 * Does a clause let the driver of a join hang on a table of another one?
 */
static bool
find_link(const RestrictInfo *clause, const JoinPlan *base, const JoinPlan *hung,
		  JoinedTable *driver)
{
	JoinedPlace from;
	JoinedPlace to;

	return match_equality(clause, base, hung, &from, &to) &&
		can_hang_by(base, from, first_place(hung, to), driver);
}

/*
 * The expression of a value that conditions equal a bigint column to, or NULL.
 */
static const Expr *
equal_value(const JoinedTable *table, int column)
{
	ListCell   *shapes;
	ListCell   *expressions;

	forboth(shapes, table->conditions.shapes, expressions, table->conditions.expressions)
	{
		ConditionShape shape = unpack_condition(lfirst(shapes));

		if (shape.column == column && shape.strategy == BTEqualStrategyNumber &&
			!shape.is_array)
			return lfirst(expressions);
	}
	return NULL;
}

/*
 * Do conditions let the driver of a join hang on a table of another one?  Where both
 * columns equal the same value, PostgreSQL drops the clause that equals them to each
 * other.
 */
static bool
find_link_by_value(const JoinPlan *base, const JoinPlan *hung, JoinedTable *driver)
{
	JoinedPlace to = {0, driver->plan->options.relation->key[0]};
	const Expr *value = to.column == COLUMN_EXECUTION_ID ? NULL :
		equal_value(&hung->tables[0], to.column);

	for (int i = 0; i < base->count && value != NULL; i++)
	{
		const JoinedTable *table = &base->tables[i];
		JoinedPlace from = {i, COLUMN_EXECUTION_ID + 1};

		/* of a table that may have no row, the column may be NULL */
		if (table->join != PART_INNER)
			continue;
		for (; from.column < table->plan->options.relation->column_count; from.column++)
		{
			const Expr *other = equal_value(table, from.column);

			if (other != NULL && equal(other, value) && can_hang_by(base, from, to, driver))
				return true;
		}
	}
	return false;
}

/*
 * Does a clause equal the execution_id of two tables of a log, so that it holds for all
 * joined rows?  It does not where a table has no row, but for the table whose id is
 * looked up: it has one where there is an id.
 */
static bool
always_holds(const RestrictInfo *clause, const JoinPlan *base, const JoinPlan *hung,
			 const JoinedTable *driver)
{
	JoinedPlace one;
	JoinedPlace other;

	return match_equality(clause, base, hung, &one, &other) &&
		one.column == COLUMN_EXECUTION_ID && other.column == COLUMN_EXECUTION_ID &&
		(base->tables[one.part].join == PART_INNER ||
		 (driver->kind == PART_LOOKUP && driver->id_column != COLUMN_EXECUTION_ID &&
		  driver->id_part == one.part)) &&
		hung->tables[other.part].join == PART_INNER;
}

/*
 * Is a clause the constant TRUE?  PostgreSQL 16 and later leave that of an outer join's
 * clause whose sides equal the same constant.
 */
static bool
is_true(const RestrictInfo *clause)
{
	const Const *constant = (const Const *) clause->clause;

	return IsA(constant, Const) && !constant->constisnull && DatumGetBool(constant->constvalue);
}

/*
 * Do conditions equal the execution_id of two tables to the same value?
 */
static bool
have_same_execution(const JoinPlan *base, const JoinPlan *hung)
{
	for (int i = 0; i < base->count; i++)
	{
		const Expr *value = equal_value(&base->tables[i], COLUMN_EXECUTION_ID);

		for (int j = 0; j < hung->count && value != NULL; j++)
		{
			const Expr *other = equal_value(&hung->tables[j], COLUMN_EXECUTION_ID);

			if (other != NULL && equal(other, value) &&
				base->tables[i].join == PART_INNER && hung->tables[j].join == PART_INNER)
				return true;
		}
	}
	return false;
}

/*
 * Are only rows of one execution joined?  Tables of one log have no others.  Those of a
 * library have; a pass joins the rows of one log after the other, so the query has to.
 * A log is left out where one of the tables is native, so a row must not be kept for want
 * of that table's.
 */
static bool
joins_within_logs(const JoinPlan *base, const JoinPlan *hung,
				  PartJoin part_join, List *clauses)
{
	ListCell   *cell;

	if (base->tables[0].plan->options.library == NULL)
		return true;
	if (part_join != PART_INNER && part_join != PART_SEMI)
		return false;
	if (have_same_execution(base, hung))
		return true;
	foreach(cell, clauses)
	{
		const RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		JoinedPlace one;
		JoinedPlace other;

		if (match_equality(clause, base, hung, &one, &other) &&
			one.column == COLUMN_EXECUTION_ID && other.column == COLUMN_EXECUTION_ID &&
			base->tables[one.part].join == PART_INNER && hung->tables[other.part].join == PART_INNER)
			return true;
	}
	return false;
}

/*
 * Do the conditions on a table leave out joined rows?
 */
static bool
leaves_out_rows(const JoinedTable *table)
{
	return table->join == PART_SEMI || table->join == PART_ANTI ||
		(table->join == PART_INNER && table->conditions.shapes != NIL);
}

/*
 * Put the tables into the order in which the least is done: lookups that leave out rows,
 * with those that they need, then arguments, then the other lookups.
 */
static void
order_tables(JoinPlan *join)
{
	typedef enum
	{
		STEP_DRIVER,
		STEP_NEEDED_LOOKUP,
		STEP_NEEDED_ARGUMENTS,
		STEP_ARGUMENTS,
		STEP_LOOKUP,
		STEPS
	} Step;
	const JoinPlan before = *join;
	Step		steps[MAX_PARTS];
	int			places[MAX_PARTS];
	int			count = 0;

	for (int i = join->count - 1; i >= 0; i--)
	{
		const JoinedTable *table = &before.tables[i];

		if (i == 0)
			steps[i] = STEP_DRIVER;
		else if (table->kind == PART_ARGUMENTS)
			steps[i] = leaves_out_rows(table) ? STEP_NEEDED_ARGUMENTS : STEP_ARGUMENTS;
		else
			steps[i] = leaves_out_rows(table) ? STEP_NEEDED_LOOKUP : STEP_LOOKUP;

		/* a table comes after the one that has its id */
		for (int later = i + 1; later < join->count; later++)
		{
			if (i > 0 && before.tables[later].kind == PART_LOOKUP &&
				before.tables[later].id_part == i && steps[later] == STEP_NEEDED_LOOKUP)
				steps[i] = STEP_NEEDED_LOOKUP;
		}
	}
	for (Step step = STEP_DRIVER; step < STEPS; step++)
	{
		for (int i = 0; i < join->count; i++)
		{
			if (steps[i] != step)
				continue;
			places[i] = count;
			join->tables[count] = before.tables[i];
			join->tables[count].id_part = places[before.tables[i].id_part];
			count++;
		}
	}
}

/*
 * Add the tables of a join that hangs on another to those of that one.
 */
static void
add_tables(JoinPlan *join, const JoinPlan *hung, const JoinedTable *driver)
{
	memcpy(&join->tables[join->count], hung->tables, sizeof(JoinedTable) * hung->count);
	join->tables[join->count] = *driver;
	for (int i = 1; i < hung->count; i++)
		join->tables[join->count + i].id_part += join->count;
	join->count += hung->count;
	join->local_clauses = list_concat_copy(join->local_clauses, hung->local_clauses);
	order_tables(join);
}

/*
 * Let a join hang on another.  NULL if it cannot.
 */
static JoinPlan *
hang(RelOptInfo *joinrel, const JoinPlan *base, const JoinPlan *hung, PartJoin part_join,
	 List *clauses)
{
	JoinPlan   *join;
	JoinedTable driver = hung->tables[0];
	const RestrictInfo *link = NULL;
	List	   *local_clauses = NIL;
	ListCell   *cell;

	if (base->count + hung->count > MAX_PARTS ||
		!show_same_log(base->tables[0].plan, driver.plan) ||
		!joins_within_logs(base, hung, part_join, clauses))
		return NULL;

	/*
	 * Where rows of the hung side may be missing, all that decides on that has to be
	 * checked inside, and for one table: PostgreSQL checks only joined rows.
	 */
	if (part_join != PART_INNER && (hung->count > 1 || hung->local_clauses != NIL))
		return NULL;
	driver.join = part_join;

	/* the first link makes the join; another one is checked in joined rows */
	foreach(cell, clauses)
	{
		const RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (part_join != PART_INNER && part_join != PART_SEMI &&
			RINFO_IS_PUSHED_DOWN(clause, joinrel->relids))
			continue;
		if (find_link(clause, base, hung, &driver))
		{
			link = clause;
			break;
		}
	}
	if (link == NULL && !find_link_by_value(base, hung, &driver))
		return NULL;
	foreach(cell, clauses)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		/* see take_clauses_of_table() */
		if (clause->pseudoconstant)
			return NULL;
		if (clause == link || is_true(clause) || always_holds(clause, base, hung, &driver))
			continue;

		/* a condition of ON decides whether a row is missing; one of WHERE comes after */
		if (part_join == PART_SEMI ||
			(part_join != PART_INNER && !RINFO_IS_PUSHED_DOWN(clause, joinrel->relids)))
			return NULL;
		local_clauses = lappend(local_clauses, clause);
	}
	join = palloc(sizeof(JoinPlan));
	*join = *base;
	add_tables(join, hung, &driver);
	join->local_clauses = list_concat_copy(join->local_clauses, local_clauses);
	return join;
}

JoinPlan *
plan_join(RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel, JoinType type,
		  List *clauses)
{
	const JoinPlan *outer = plan_of_relation(outerrel);
	const JoinPlan *inner = plan_of_relation(innerrel);
	JoinPlan   *join;

	if (outer == NULL || inner == NULL)
		return NULL;
	switch (type)
	{
		case JOIN_INNER:
			join = hang(joinrel, outer, inner, PART_INNER, clauses);
			return join != NULL ? join : hang(joinrel, inner, outer, PART_INNER, clauses);
		case JOIN_LEFT:
			return hang(joinrel, outer, inner, PART_LEFT, clauses);
		case JOIN_SEMI:
			return hang(joinrel, outer, inner, PART_SEMI, clauses);
		case JOIN_ANTI:
			return hang(joinrel, outer, inner, PART_ANTI, clauses);
		default:

			/*
			 * A full join has rows without a driver's row.  A right join comes as a left
			 * one, too.  Of what is made unique first, PostgreSQL makes a plan of its own.
			 */
			return NULL;
	}
}
