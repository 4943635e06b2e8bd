/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Planning the scan of a foreign table.
 *
 * Planning looks at the file's size and at a catalog that the backend has
 * already, never into the file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/bitmapset.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "utils/rel.h"

#include "compat.h"
#include "fdw/condition.h"
#include "fdw/fdw.h"
#include "fdw/options.h"

/* What planning finds out about a table. */
typedef struct PlogPlan
{
	TableOptions options;
	AttributeMapping *mappings;	/* of the table's attributes */
	double		entries;		/* of the log */
	double		file_pages;
	List	   *attributes;		/* numbers of those that the query needs */
} PlogPlan;

/*
 * Without a catalog, a log is taken to have an entry for so many of its bytes.
 * The logs that we know have between 6 and 40.
 */
#define BYTES_PER_ENTRY			20.0

/* The size that a file is taken to have that cannot be looked at, in bytes. */
#define DEFAULT_FILE_BYTES		(10.0 * BLCKSZ)

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

/*
 * How many rows a relation has in a log of so many entries, for want of a
 * catalog.
 */
static double
guess_rows(const PlogRelation *relation, double entries)
{
	if (relation == &executions_relation)
		return 1;
	if (relation == &syscalls_relation || relation == &strace_relation ||
		relation == &entries_relation)
		return entries;
	if (relation == &syscall_arguments_relation)
		return entries * 4;
	if (relation == &threadslices_relation)
		return entries / 10;
	if (relation == &mappings_relation)
		return 20 + entries / 100;

	/* processes, threads and their names */
	return 10 + entries / 2000;
}

void
pandelephantGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	PlogPlan   *state = palloc0(sizeof(PlogPlan));
	Relation	relation = table_open(table, NoLock);
	double		file_bytes = DEFAULT_FILE_BYTES;
	const Catalog *catalog = NULL;
	PlogIdentity identity;
	PlogError	error;

	state->options = get_table_options(table);
	state->mappings = map_attributes(relation, state->options.relation);
	table_close(relation, NoLock);

	/* that the file is missing is for the scan to report */
	if (plog_identify(state->options.execution.filename, &identity, &error) == PLOG_OK)
	{
		file_bytes = (double) identity.size;
		catalog = catalog_kept_of(&identity, state->options.execution.recover);
	}
	state->file_pages = ceil(file_bytes / BLCKSZ);
	if (catalog != NULL)
	{
		state->entries = (double) catalog->entry_count;
		baserel->tuples = (double) state->options.relation->count(catalog);
	}
	else
	{
		state->entries = file_bytes / BYTES_PER_ENTRY;
		baserel->tuples = guess_rows(state->options.relation, state->entries);
	}
	state->attributes = needed_attributes(baserel);
	baserel->rows = clamp_row_est(baserel->tuples *
								  clauselist_selectivity(root, baserel->baserestrictinfo,
														 0, JOIN_INNER, NULL));
	baserel->fdw_private = state;
}

void
pandelephantGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid table pg_attribute_unused())
{
	PlogPlan   *state = baserel->fdw_private;
	Cost		startup_cost = baserel->baserestrictcost.startup;
	Cost		total_cost = startup_cost;

	/* reading, inflating and walking the file; or, from the catalog, neither */
	if (state->options.relation->reads_chunks)
		total_cost += state->file_pages * seq_page_cost + state->entries * cpu_operator_cost;
	total_cost += baserel->tuples * (cpu_tuple_cost + baserel->baserestrictcost.per_tuple);
	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, baserel->rows, startup_cost, total_cost,
									  NIL, baserel->lateral_relids, NIL));
}

ForeignScan *
pandelephantGetForeignPlan(PlannerInfo *root pg_attribute_unused(), RelOptInfo *baserel,
						   Oid table pg_attribute_unused(),
						   ForeignPath *best_path pg_attribute_unused(), List *tlist, List *scan_clauses,
						   Plan *outer_plan)
{
	PlogPlan   *state = baserel->fdw_private;
	FoundConditions found = find_conditions(scan_clauses, baserel, state->options.relation,
											state->mappings);

	return make_foreignscan(tlist, extract_actual_clauses(scan_clauses, false),
							baserel->relid, found.expressions,
							list_make2(state->attributes, found.shapes),
							NIL, NIL, outer_plan);
}
