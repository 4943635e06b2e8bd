/*-------------------------------------------------------------------------
 *
 * aggregate_paths.c
 *		Paths and plans of scans that give groups instead of rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "compat/aggregate.h"
#include "compat/planner.h"
#include "fdw/aggregate.h"
#include "fdw/aggregate_paths.h"
#include "fdw/fdw.h"
#include "fdw/joined_scan.h"

/* The places in a path's fdw_private. */
enum
{
	PATH_SCAN_PLAN,
	PATH_OUTPUTS,
	PATH_FILTERS,
	PATH_VARIABLES,
	PATH_PARAMETERS,
	PATH_HAVING
};

/*
 * The number of values of a key "column / constant", by the column's bounds.
 * PostgreSQL would take as many as the column has.  0: it is no such key.
 */
static double
values_of_quotient(const GroupedQuery *query, Node *key)
{
	List	   *arguments = IsA(key, OpExpr) ? ((OpExpr *) key)->args : NIL;
	const JoinedTable *table;
	const Const *divisor;
	JoinedPlace place;
	double		lowest;
	double		highest;
	int64		number;

	if (list_length(arguments) != 2 || !IsA(lsecond(arguments), Const) ||
		strcmp(get_opname(((OpExpr *) key)->opno), "/") != 0)
		return 0;
	table = find_joined_table(query->join, linitial(arguments), &place);
	divisor = lsecond(arguments);
	if (table == NULL || divisor->constisnull || !is_integer_type(divisor->consttype) ||
		!find_bounds(table->plan->options.relation, place.column, &table->plan->log,
					 &lowest, &highest))
		return 0;
	number = integer_of_datum(divisor->constvalue, divisor->consttype);
	return number == 0 ? 0 : (highest - lowest) / fabs((double) number) + 2;
}

/*
 * How many groups are expected of so many rows.
 */
static double
estimate_groups(PlannerInfo *root, const GroupedQuery *query, double rows)
{
	double		groups = 1;
	List	   *others = NIL;

	for (int i = 0; i < query->key_count; i++)
	{
		Node	   *key = list_nth(query->outputs, i);
		double		values = values_of_quotient(query, key);

		if (values == 0)
			others = lappend(others, key);
		else
			groups *= values;
	}
	if (others != NIL)
		groups *= estimate_groups_of(root, others, rows);
	return clamp_row_est(Min(groups, rows));
}

/*
 * A path's fdw_private.
 */
static List *
pack_path(const GroupedQuery *query, GroupSource source)
{
	ScanPlan	scan = {0};

	scan.group_source = source;
	scan.outputs = query->shapes;
	return lappend(list_make5(pack_scan_plan(&scan), query->outputs, query->filters,
							  query->variables, query->parameters), query->having);
}

/*
 * Add a path that gives groups from the catalog.  If there is none yet, the scan
 * builds it, which workers help with, and which serves later queries, too.
 */
static void
add_catalog_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
				 const GroupedQuery *query, GroupSource source)
{
	const TablePlan *plan = query->join->tables[0].plan;
	double		groups = estimate_groups(root, query, input->rows);
	Cost		cost = groups * cpu_tuple_cost;

	if (plan->log.summary == NULL)
		cost += plan->file_pages * seq_page_cost / 2;
	add_path(output, (Path *)
			 create_foreign_aggregate_path(root, output, output->reltarget, groups, cost,
										   pack_path(query, source)));
}

/*
 * What remains of a scan's cost if its rows become groups where they are made: no
 * tuple is made of them, nor given to another node.
 */
#define COST_WITHOUT_TUPLES		0.8

/*
 * What it costs to compute groups from the rows of a scan.
 */
static Cost
cost_of_groups(const GroupedQuery *query, Cost scan, double rows, double groups)
{
	int			expressions = list_length(query->outputs) + list_length(query->filters);

	return scan * COST_WITHOUT_TUPLES + rows * cpu_operator_cost * expressions / 2 + groups * cpu_tuple_cost;
}

/*
 * The cost of the cheapest scan that makes the rows, or of what PostgreSQL has found
 * cheaper.
 */
static Cost
cost_of_scan(const RelOptInfo *input)
{
	Cost		cost = -1;
	ListCell   *cell;

	foreach(cell, input->pathlist)
	{
		const Path *path = lfirst(cell);

		if (IsA(path, ProjectionPath))
			path = ((const ProjectionPath *) path)->subpath;
		if (IsA(path, ForeignPath) && path->param_info == NULL &&
			(cost < 0 || path->total_cost < cost))
			cost = path->total_cost;
	}
	return cost < 0 ? input->cheapest_total_path->total_cost : cost;
}

/*
 * Add a path that reads all rows and gives groups.
 */
static void
add_rows_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
			  const GroupedQuery *query)
{
	double		groups = estimate_groups(root, query, input->rows);

	add_path(output, (Path *)
			 create_foreign_aggregate_path(root, output, output->reltarget, groups,
										   cost_of_groups(query, cost_of_scan(input),
														  input->rows, groups),
										   pack_path(query, GROUPS_OF_ROWS)));
}

/*
 * Add a path of a parallel scan that gives the groups of each process's rows.
 */
static void
add_partial_path_of_rows(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
						 const GroupedQuery *query)
{
	const Path *scan = linitial(input->partial_pathlist);
	double		groups = estimate_groups(root, query, scan->rows);
	ForeignPath *path;

	path = create_foreign_aggregate_path(root, output, output->reltarget, groups,
										 cost_of_groups(query, scan->total_cost, scan->rows, groups),
										 pack_path(query, GROUPS_OF_ROWS));
	path->path.parallel_aware = true;
	path->path.parallel_workers = scan->parallel_workers;
	add_partial_path(output, (Path *) path);
}

/*
 * Add the path of a query that needs no more than the catalog, if it is one.
 */
static bool
add_path_of_catalog(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
					const GroupedQuery *query)
{
	if (totals_give_query(query))
		add_catalog_path(root, input, output, query, GROUPS_OF_TOTALS);
	else if (counted_rows_give_query(query))
		add_catalog_path(root, input, output, query, GROUPS_OF_COUNTED_ROWS);
	else
		return false;
	return true;
}

/*
 * Where the catalog gives the groups, there is nothing to do in parallel.
 */
void
pandelephantGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage,
								 RelOptInfo *input_rel, RelOptInfo *output_rel, void *extra)
{
	GroupedQuery query = {0};
	bool		is_partial = stage == UPPERREL_PARTIAL_GROUP_AGG;

	/* of a partition, the aggregates are named by the partitioned table's columns */
	if (!pandelephant_enable_aggregate_pushdown ||
		(stage != UPPERREL_GROUP_AGG && !is_partial) ||
		(input_rel->reloptkind != RELOPT_BASEREL && input_rel->reloptkind != RELOPT_JOINREL) ||
		(is_partial && input_rel->partial_pathlist == NIL))
		return;
	query.is_partial = is_partial;
	if (!find_grouped_query(root, input_rel, output_rel->reltarget,
							is_partial ? NIL :
							(List *) ((GroupPathExtraData *) extra)->havingQual, &query))
		return;
	output_rel->fdw_private = (void *) query.join;
	if (is_partial)
	{
		if (query.join->tables[0].plan->options.relation->reads_chunks)
			add_partial_path_of_rows(root, input_rel, output_rel, &query);
	}
	else if (!add_path_of_catalog(root, input_rel, output_rel, &query))
		add_rows_path(root, input_rel, output_rel, &query);
}

/*
 * The filters are expressions of the rows' columns, so they are put where the keys and
 * aggregates are, behind those.  No expression that PostgreSQL computes
 * from the scan's row may be the same: an AND with a constant never is.
 */
static TargetEntry *
make_filter_entry(List *filters, int number)
{
	List	   *arguments = lcons(makeBoolConst(true, false), list_copy(filters));

	return makeTargetEntry(makeBoolExpr(AND_EXPR, arguments, -1), (AttrNumber) number, NULL, true);
}

ForeignScan *
plan_groups(PlannerInfo *root, RelOptInfo *output, const ForeignPath *path, List *tlist,
			Plan *outer_plan)
{
	ScanPlan	scan = unpack_scan_plan(list_nth(path->fdw_private, PATH_SCAN_PLAN));
	List	   *filters = list_nth(path->fdw_private, PATH_FILTERS);
	List	   *columns = add_to_flat_tlist(NIL, list_nth(path->fdw_private, PATH_VARIABLES));
	List	   *expressions = plan_pass(&scan, root, output->fdw_private, columns);
	List	   *scan_tlist = NIL;
	ListCell   *cell;

	foreach(cell, (List *) list_nth(path->fdw_private, PATH_OUTPUTS))
		scan_tlist = lappend(scan_tlist,
							 makeTargetEntry(lfirst(cell), (AttrNumber) (list_length(scan_tlist) + 1),
											 NULL, false));
	if (filters != NIL)
		scan_tlist = lappend(scan_tlist, make_filter_entry(filters, list_length(scan_tlist) + 1));
	foreach(cell, columns)
		scan_tlist = lappend(scan_tlist,
							 makeTargetEntry(lfirst_node(TargetEntry, cell)->expr,
											 (AttrNumber) (list_length(scan_tlist) + 1),
											 NULL, true));
	return make_foreignscan(tlist, list_nth(path->fdw_private, PATH_HAVING), 0,
							list_concat(expressions,
										list_copy(list_nth(path->fdw_private, PATH_PARAMETERS))),
							pack_scan_plan(&scan), scan_tlist, NIL, outer_plan);
}
