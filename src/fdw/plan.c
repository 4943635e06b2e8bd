/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Planning a foreign table: how large it is, and the plan of its scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "fdw/aggregate_paths.h"
#include "fdw/condition.h"
#include "fdw/estimate.h"
#include "fdw/fdw.h"
#include "fdw/joined_scan.h"
#include "fdw/registry.h"

/* The numbers of the table's attributes that the query needs; 0: all. */
static List *
needed_attributes(RelOptInfo *baserel)
{
	Bitmapset  *attributes = NULL;
	List	   *numbers = NIL;
	ListCell   *cell;
	int			member = -1;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &attributes);
	foreach(cell, baserel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, cell)->clause, baserel->relid, &attributes);
	while ((member = bms_next_member(attributes, member)) >= 0)
	{
		int			number = member + FirstLowInvalidHeapAttributeNumber;

		if (number >= 0)
			numbers = lappend_int(numbers, number);
	}
	return numbers;
}

void
pandelephantGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	TablePlan  *plan = palloc0(sizeof(TablePlan));
	Relation	relation = table_open(table, NoLock);

	plan->table = table;
	plan->options = get_table_options(table);
	plan->mappings = map_attributes(relation, plan->options.relation);
	table_close(relation, NoLock);
	look_at_log(plan);

	/*
	 * Now, before subqueries beside this table are planned: of the native strace, arguments
	 * that are newer than the calls do no harm, but calls that are newer lack them.
	 */
	if (plan->options.library != NULL)
		plan->native = find_native_tables(root, find_registry(table, plan->options.library).logs,
										  plan->options.relation);
	plan->attributes = needed_attributes(baserel);
	baserel->tuples = plan->log.logs * expected_rows(plan->options.relation, &plan->log);
	baserel->fdw_private = plan;	/* from here on statistics.c can use it */
	baserel->rows = clamp_row_est(baserel->tuples * estimate_clauses(root, baserel, plan));
}

/*
 * May the query end before it has seen all rows?  It may if it has a LIMIT and
 * nothing that needs all rows first.
 */
static bool
wants_first_rows(const PlannerInfo *root, const ForeignPath *path)
{
	const Query *query = root->parse;

	return root->limit_tuples >= 0 && !query->hasAggs && !query->hasWindowFuncs &&
		query->groupClause == NIL && query->distinctClause == NIL && query->setOperations == NULL &&
		(query->sortClause == NIL || path->path.pathkeys != NIL);
}

ForeignScan *
pandelephantGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel,
						   Oid table pg_attribute_unused(),
						   ForeignPath *best_path, List *tlist, List *scan_clauses,
						   Plan *outer_plan)
{
	const TablePlan *plan;
	ScanPlan	scan;
	FoundConditions found;

	if (IS_UPPER_REL(baserel))
		return plan_groups(root, baserel, best_path, tlist, outer_plan);
	scan = unpack_scan_plan(best_path->fdw_private);
	scan.wants_first_rows = wants_first_rows(root, best_path);
	if (IS_JOIN_REL(baserel))
		return make_joined_scan(&scan, root, baserel, tlist);
	plan = baserel->fdw_private;
	scan.table = plan->table;
	found = find_conditions(scan_clauses, baserel, plan->options.relation, plan->mappings);
	scan.attributes = plan->attributes;
	scan.conditions = found.shapes;
	scan.native = plan->native;
	return make_foreignscan(tlist, extract_actual_clauses(scan_clauses, false),
							baserel->relid, found.expressions, pack_scan_plan(&scan),
							NIL, NIL, outer_plan);
}
