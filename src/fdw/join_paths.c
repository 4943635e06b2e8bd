/*-------------------------------------------------------------------------
 *
 * join_paths.c
 *		The ways to have a pass join tables that the planner may choose from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"

#include "compat/planner.h"
#include "fdw/fdw.h"
#include "fdw/join.h"
#include "fdw/order.h"

/*
 * May a scan join in this query at all?
 */
static bool
may_join(const PlannerInfo *root, const RelOptInfo *joinrel)
{
	CmdType		command = root->parse->commandType;
	ListCell   *cell;

	if (!pandelephant_enable_join_pushdown)
		return false;

	/* a joined path cannot have parameters */
	if (!bms_is_empty(joinrel->lateral_relids))
		return false;

	/*
	 * Where rows are locked, updated or deleted, a row may have to be checked again with
	 * the other tables' rows kept: that takes a plan of the join beside the scan.
	 */
	if (root->rowMarks != NIL || (command != CMD_SELECT && command != CMD_INSERT))
		return false;

	/*
	 * Behind row security and security barriers, conditions that may leak what they see
	 * must come after those of the barrier.  PostgreSQL orders them table by table.
	 */
	if (root->qual_security_level > 0)
		return false;

	/* an expression that has to be evaluated below an outer join would have no place */
	foreach(cell, root->placeholder_list)
	{
		if (bms_overlap(lfirst_node(PlaceHolderInfo, cell)->ph_eval_at, joinrel->relids))
			return false;
	}
	return true;
}

/*
 * Can a pass give all variables of expressions?  It cannot give whole rows and system
 * columns.
 */
static bool
gives_variables(const JoinPlan *join, Node *expressions)
{
	List	   *variables = pull_var_clause(expressions, PVC_RECURSE_PLACEHOLDERS);
	ListCell   *cell;

	foreach(cell, variables)
	{
		JoinedPlace place;

		if (find_joined_table(join, lfirst(cell), &place) == NULL)
			return false;
	}
	return true;
}

/*
 * Can PostgreSQL check the local clauses in joined rows?  A volatile function has to be
 * called for each row of its table, not for each joined row.
 */
static bool
can_check_locally(const JoinPlan *join)
{
	ListCell   *cell;

	foreach(cell, join->local_clauses)
	{
		Node	   *clause = (Node *) lfirst_node(RestrictInfo, cell)->clause;

		if (contain_volatile_functions(clause) || !gives_variables(join, clause))
			return false;
	}
	return true;
}

/*
 * The share of the chunks that a pass reads.  Conditions on the ids of arguments are
 * conditions on those of calls, unless a call may come without them.
 */
static double
scanned_share(const JoinPlan *join)
{
	double		scanned = join->tables[0].plan->scanned;

	for (int i = 1; i < join->count; i++)
	{
		const JoinedTable *table = &join->tables[i];

		if (table->kind == PART_ARGUMENTS && (table->join == PART_INNER || table->join == PART_SEMI))
			scanned = Min(scanned, table->plan->scanned);
	}
	return scanned;
}

/*
 * What a pass costs: the scan of the driver, and little for each row that is looked at
 * for one of the driver's.
 */
static Cost
estimate_join(PlannerInfo *root, const JoinPlan *join, const RelOptInfo *joinrel, double scanned)
{
	const JoinedTable *driver = &join->tables[0];
	Cost		cost = estimate_scan_of_share(driver->plan, driver->rel, scanned);
	double		rows = driver->rel->rows;
	bool		has_arguments = false;
	QualCost	local;

	for (int i = 1; i < join->count; i++)
	{
		const JoinedTable *table = &join->tables[i];
		double		share = table->rel->rows / Max(table->rel->tuples, 1);

		/* each call has so many arguments */
		if (table->kind == PART_ARGUMENTS)
			rows *= table->rel->tuples / Max(driver->rel->tuples, 1);
		has_arguments |= table->kind == PART_ARGUMENTS;
		cost += rows * cpu_operator_cost;

		/* conditions on looked-up rows are checked once for each id that follows another */
		if (table->kind == PART_ARGUMENTS)
			cost += rows * table->rel->baserestrictcost.per_tuple;
		if (table->join == PART_INNER)
			rows *= Min(share, 1);
	}
	cost_qual_eval(&local, join->local_clauses, root);
	cost += local.startup + rows * local.per_tuple;

	/* a row of the driver is counted in its scan */
	return has_arguments ? cost + joinrel->rows * cpu_tuple_cost : cost;
}

/*
 * The order that joined rows come in: that of the driver's key, and within a call that
 * of the arguments' positions.
 */
static List *
order_of_join(PlannerInfo *root, RelOptInfo *joinrel, const JoinPlan *join)
{
	const JoinedTable *driver = &join->tables[0];
	List	   *pathkeys = natural_order(root, driver->rel, driver->plan);
	bool		is_whole = pathkeys != NIL && driver->plan->options.relation == &syscalls_relation &&
		order_by_column(root, driver->rel, driver->plan, syscalls_relation.key[0]) != NIL;

	for (int i = 1; i < join->count && is_whole; i++)
	{
		const JoinedTable *table = &join->tables[i];
		List	   *pathkey;

		if (table->kind != PART_ARGUMENTS || table->join == PART_SEMI || table->join == PART_ANTI)
			continue;
		pathkey = order_by_column(root, table->rel, table->plan,
								  table->plan->options.relation->key[1]);
		if (pathkey == NIL)
			break;
		pathkeys = list_concat(pathkeys, pathkey);
	}
	return truncate_useless_pathkeys(root, joinrel, pathkeys);
}

/*
 * Add a path whose rows are in the order of the driver's execution offsets, if the
 * catalog proves that they come in it.
 */
static void
add_offset_order_path(PlannerInfo *root, RelOptInfo *joinrel, const JoinedTable *driver,
					  Cost startup_cost, Cost cost)
{
	ScanPlan	ordered = {0};
	List	   *pathkeys = order_by_offset(root, driver->rel, driver->plan,
										   &ordered.ordered_attribute);

	pathkeys = truncate_useless_pathkeys(root, joinrel, pathkeys);
	if (pathkeys != NIL)
		add_path(joinrel, (Path *)
				 create_foreign_joined_path(root, joinrel, joinrel->rows, startup_cost,
											startup_cost + cost, pathkeys,
											pack_scan_plan(&ordered)));
}

/*
 * Add paths that have a pass make the join: one in the order of its rows, one in that
 * of offsets, and a parallel one if the log is large enough.
 */
static void
add_join_paths(PlannerInfo *root, RelOptInfo *joinrel, const JoinPlan *join)
{
	const JoinedTable *driver = &join->tables[0];
	double		scanned = scanned_share(join);
	Cost		startup_cost = driver->rel->baserestrictcost.startup;
	Cost		cost = estimate_join(root, join, joinrel, scanned);
	int			workers;
	double		processes;
	ForeignPath *path;

	add_path(joinrel, (Path *)
			 create_foreign_joined_path(root, joinrel, joinrel->rows, startup_cost,
										startup_cost + cost, order_of_join(root, joinrel, join),
										NIL));
	add_offset_order_path(root, joinrel, driver, startup_cost, cost);
	if (!joinrel->consider_parallel || !driver->plan->options.relation->reads_chunks)
		return;
	workers = estimate_workers(driver->plan, driver->rel, scanned);
	if (workers == 0)
		return;
	processes = processes_of_workers(workers);
	path = create_foreign_joined_path(root, joinrel, clamp_row_est(joinrel->rows / processes),
									  startup_cost, startup_cost + cost / processes, NIL, NIL);
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	add_partial_path(joinrel, (Path *) path);
}

void
pandelephantGetForeignJoinPaths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
								RelOptInfo *innerrel, JoinType type, JoinPathExtraData *extra)
{
	JoinPlan   *join;

	/* each pair of relations that makes the join comes here; the first plan will do */
	if (joinrel->fdw_private != NULL || !may_join(root, joinrel))
		return;
	join = plan_join(joinrel, outerrel, innerrel, type, extra->restrictlist);
	if (join == NULL || !gives_variables(join, (Node *) joinrel->reltarget->exprs) ||
		!can_check_locally(join))
		return;
	joinrel->fdw_private = join;
	add_join_paths(root, joinrel, join);
}
