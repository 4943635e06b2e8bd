/*-------------------------------------------------------------------------
 *
 * paths.c
 *		The ways to scan a foreign table that the planner may choose from.
 *
 * Besides a plain scan, whose rows come in the order of the key, these are: a scan
 * in the order of execution offsets, lookups by a key, and a parallel scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

#include "compat/planner.h"
#include "fdw/condition.h"
#include "fdw/estimate.h"
#include "fdw/fdw.h"
#include "fdw/order.h"

/*
 * Add a path whose rows are in the order of their execution offsets, if the
 * catalog proves that they come in that order.
 */
static void
add_offset_order_path(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	Cost		startup_cost = baserel->baserestrictcost.startup;
	ScanPlan	ordered = {0};
	List	   *pathkeys = order_by_offset(root, baserel, plan, &ordered.ordered_attribute);

	pathkeys = truncate_useless_pathkeys(root, baserel, pathkeys);
	if (pathkeys == NIL)
		return;
	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, baserel->rows, startup_cost,
									  startup_cost + estimate_scan(plan, baserel), pathkeys,
									  baserel->lateral_relids, pack_scan_plan(&ordered)));
}

/*
 * Callback: is a member of an equivalence class the variable?
 */
static bool
member_is_variable(PlannerInfo *root pg_attribute_unused(), RelOptInfo *baserel,
				   EquivalenceClass *class pg_attribute_unused(), EquivalenceMember *member,
				   void *variable)
{
	const Var  *found = (const Var *) member->em_expr;

	return IsA(found, Var) && (Index) found->varno == baserel->relid &&
		found->varattno == ((const Var *) variable)->varattno;
}

/*
 * The tables that a lookup by a clause gets its value from; NULL if it cannot.
 */
static Relids
outer_of_clause(RelOptInfo *baserel, RestrictInfo *clause)
{
	Relids		outer;

	if (!join_clause_is_movable_to(clause, baserel))
		return NULL;
	outer = bms_union(clause->clause_relids, baserel->lateral_relids);
	return bms_del_member(outer, (int) baserel->relid);
}

/*
 * Add a path whose conditions get their values from other tables of a join.
 */
static void
add_parameterized_path(PlannerInfo *root, RelOptInfo *baserel, Relids outer, double rows,
					   Cost cost)
{
	ParamPathInfo *parameters = get_baserel_parampathinfo(root, baserel, outer);

	parameters->ppi_rows = clamp_row_est(rows);
	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, parameters->ppi_rows, 0, cost, NIL, outer, NIL));
}

/*
 * Add a path that looks up the rows of one key, which other tables of a join give.
 * A lookup reads a single chunk, which the cache often has.
 */
static void
add_lookup_path(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan, Relids outer,
				double rows)
{
	add_parameterized_path(root, baserel, outer, rows,
						   rows * cpu_tuple_cost +
						   plan->log.entries / estimate_chunks(plan) * cpu_operator_cost);
}

/*
 * The clauses of joins that compare the variable, which shows a column, to what
 * other tables give: those of equivalence classes, and those of outer and anti joins,
 * which are in no equivalence class because a row without a partner stays.
 */
static List *
lookup_clauses(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan, Var *variable,
			   int column)
{
	const PlogRelation *relation = plan->options.relation;
	List	   *clauses = generate_implied_equalities_for_column(root, baserel, member_is_variable,
																 variable,
																 baserel->lateral_referencers);
	ListCell   *cell;

	foreach(cell, baserel->joininfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		FoundConditions found = find_conditions(list_make1(clause), baserel, relation,
												plan->mappings);

		if (is_lookup(&found, column))
			clauses = lappend(clauses, clause);
	}
	return clauses;
}

/*
 * Add a path of a lookup for each join clause on the first column of the key, which
 * tells the chunk; in a library together with each set of tables that tells the log.
 */
static void
add_key_lookups(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan, List *outers)
{
	const PlogRelation *relation = plan->options.relation;
	int			column = relation->key[0];
	Var		   *variable = variable_of_column(baserel, plan, column);
	double		keys = distinct_values(relation, column, &plan->log);
	double		rows = baserel->tuples / plan->log.logs / Max(keys, 1);
	ListCell   *cell;

	if (variable == NULL || !relation->reads_chunks)
		return;
	foreach(cell, lookup_clauses(root, baserel, plan, variable, column))
	{
		Relids		outer = outer_of_clause(baserel, lfirst_node(RestrictInfo, cell));
		ListCell   *outer_cell;

		if (bms_is_empty(outer))
			continue;
		if (plan->logs_left <= 1)
			add_lookup_path(root, baserel, plan, outer, rows);
		foreach(outer_cell, outers)
			add_lookup_path(root, baserel, plan, bms_union(outer, lfirst(outer_cell)), rows);
	}
}

/*
 * Add a path that reads the log of one execution of a library, which other tables of
 * a join give, for each join clause on the execution's id.  Returns the sets of those
 * tables.
 */
static List *
add_log_lookups(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	Var		   *variable = variable_of_column(baserel, plan, COLUMN_EXECUTION_ID);
	double		logs = plan->log.logs;
	double		rows = baserel->rows / plan->logs_left;
	List	   *outers = NIL;
	ListCell   *cell;

	if (variable == NULL || plan->options.library == NULL)
		return NIL;
	foreach(cell, lookup_clauses(root, baserel, plan, variable, COLUMN_EXECUTION_ID))
	{
		Relids		outer = outer_of_clause(baserel, lfirst_node(RestrictInfo, cell));

		if (bms_is_empty(outer))
			continue;
		add_parameterized_path(root, baserel, outer, rows, estimate_scan(plan, baserel) / logs);
		outers = lappend(outers, outer);
	}
	return outers;
}

/*
 * Add paths of lookups by what other tables of a join give.
 */
static void
add_lookup_paths(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	add_key_lookups(root, baserel, plan, add_log_lookups(root, baserel, plan));
}

/*
 * Add a path of a parallel scan, if the log is large enough.
 */
static void
add_parallel_path(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	int			workers = estimate_workers(plan, baserel, plan->scanned);
	double		share = processes_of_workers(workers);
	ForeignPath *path;

	if (workers == 0)
		return;
	path = create_foreign_scan_path(root, baserel, clamp_row_est(baserel->rows / share),
									baserel->baserestrictcost.startup,
									baserel->baserestrictcost.startup +
									estimate_scan(plan, baserel) / share,
									NIL, NULL, NIL);
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	add_partial_path(baserel, (Path *) path);
}

void
pandelephantGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid table pg_attribute_unused())
{
	TablePlan   *plan = baserel->fdw_private;
	Cost		startup_cost = baserel->baserestrictcost.startup;

	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, baserel->rows, startup_cost,
									  startup_cost + estimate_scan(plan, baserel),
									  truncate_useless_pathkeys(root, baserel,
																natural_order(root, baserel, plan)),
									  baserel->lateral_relids, NIL));
	add_offset_order_path(root, baserel, plan);
	add_lookup_paths(root, baserel, plan);
	if (baserel->consider_parallel && baserel->lateral_relids == NULL &&
		plan->options.relation->reads_chunks)
		add_parallel_path(root, baserel, plan);
}
