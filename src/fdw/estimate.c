/*-------------------------------------------------------------------------
 *
 * estimate.c
 *		What planning finds out about a foreign table, and estimates from it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"

#include "catalog/kept.h"
#include "fdw/condition.h"
#include "fdw/estimate.h"
#include "fdw/registry.h"
#include "fdw/registry_size.h"

/*
 * Without a catalog, a log is taken to have an entry for so many of its bytes.
 * The logs that we know have between 6 and 40.
 */
#define BYTES_PER_ENTRY			20.0

/* The size that is assumed of a file that cannot be looked at, in bytes. */
#define DEFAULT_FILE_BYTES		(10.0 * BLCKSZ)

/* About how many bytes of the file a chunk takes. */
#define BYTES_PER_CHUNK			(4.0 * 1024 * 1024)

/* A page of a log is inflated: it costs about as much as so many heap pages. */
#define HEAP_PAGES_PER_PAGE		4

/* What it costs to open a log and read its header and directory. */
#define LOG_COST			(4 * random_page_cost)

/*
 * Of a library the planner knows how many logs there are, and what is in a log on
 * average.
 */
static void
look_at_library(TablePlan *plan)
{
	Registry	registry = find_registry(plan->table, plan->options.library);
	RegistrySize size;

	estimate_registry(&registry, &size);
	plan->summary = size.average;
	plan->log.summary = &plan->summary;
	plan->log.entries = (double) plan->summary.entry_count;
	plan->log.logs = Max(size.logs, 1);
	plan->file_pages = ceil(size.file_bytes / BLCKSZ);
}

static void
look_at_file(TablePlan *plan)
{
	const ExecutionOptions *execution = &plan->options.execution;
	const PlogRelation *relation = plan->options.relation;
	double		file_bytes = DEFAULT_FILE_BYTES;
	PlogIdentity identity;

	/* if the file is missing, the scan will report it */
	if (plog_file_peek(execution->filename, &identity))
	{
		file_bytes = (double) identity.size;
		if (catalog_peek(&identity, execution->recover, &plan->summary))
			plan->log.summary = &plan->summary;
	}
	plan->file_pages = ceil(file_bytes / BLCKSZ);
	plan->log.logs = 1;
	plan->log.entries = plan->log.summary != NULL ? (double) plan->summary.entry_count :
		file_bytes / BYTES_PER_ENTRY;
	for (int i = 0; plan->log.summary != NULL && i < relation->column_count; i++)
	{
		if (column_is_sorted(relation, i, plan->log.summary))
			plan->sorted_column = i;
	}
}

void
look_at_log(TablePlan *plan)
{
	if (plan->options.library != NULL)
		look_at_library(plan);
	else
		look_at_file(plan);
	plan->logs_left = plan->log.logs;
}

/* The numbers that conditions leave of a column. */
typedef struct NarrowedColumn
{
	int			column;			/* 0: no condition was found yet */
	double		lowest;
	double		highest;
} NarrowedColumn;

/*
 * Narrow a column by a clause.  False if the clause is not a comparison to a
 * constant, or compares another column, or one whose bounds are unknown.
 */
static bool
narrow_column(const TablePlan *plan, RelOptInfo *baserel, RestrictInfo *clause,
			  NarrowedColumn *narrowed)
{
	const PlogRelation *relation = plan->options.relation;
	FoundConditions found = find_conditions(list_make1(clause), baserel, relation,
											plan->mappings);
	ConstantComparison constant;
	double		lowest;
	double		highest;

	if (!get_constant_comparison(&found, &constant) ||
		(narrowed->column != 0 && narrowed->column != constant.column) ||
		!find_bounds(relation, constant.column, &plan->log, &lowest, &highest))
		return false;
	if (narrowed->column == 0)
	{
		narrowed->column = constant.column;
		narrowed->lowest = lowest;
		narrowed->highest = highest;
	}
	narrowed->lowest = Max(narrowed->lowest, (double) constant.range.lowest);
	narrowed->highest = Min(narrowed->highest, (double) constant.range.highest);
	return true;
}

/*
 * Is a clause a comparison of the execution's id, which tells the log?
 */
static bool
chooses_logs(const TablePlan *plan, RelOptInfo *baserel, RestrictInfo *clause)
{
	FoundConditions found = find_conditions(list_make1(clause), baserel, plan->options.relation,
											plan->mappings);

	return found.shapes != NIL &&
		unpack_condition(linitial(found.shapes)).column == COLUMN_EXECUTION_ID;
}

/*
 * Estimate the share of a library's logs that a base relation's clauses leave.
 */
static double
estimate_logs(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan)
{
	List	   *choosing = NIL;
	ListCell   *cell;

	foreach(cell, plan->options.library == NULL ? NIL : baserel->baserestrictinfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (chooses_logs(plan, baserel, clause))
			choosing = lappend(choosing, clause);
	}
	return choosing == NIL ? 1 : clauselist_selectivity(root, choosing, 0, JOIN_INNER, NULL);
}

/*
 * Does a clause equal the key to one value, whatever that will be?
 */
static bool
compares_key(const TablePlan *plan, RelOptInfo *baserel, RestrictInfo *clause)
{
	const PlogRelation *relation = plan->options.relation;
	FoundConditions found = find_conditions(list_make1(clause), baserel, relation,
											plan->mappings);

	return is_lookup(&found, relation->key[0]);
}

/*
 * The clauses on one column, the first whose bounds are known, tell the share of
 * chunks: rows come in the order of their ids and offsets.  PostgreSQL estimates
 * the other clauses.  One that looks up the key by a parameter leaves a chunk of a log.
 */
double
estimate_clauses(PlannerInfo *root, RelOptInfo *baserel, TablePlan *plan)
{
	NarrowedColumn narrowed = {0, 0, 0};
	List	   *others = NIL;
	bool		is_one_key = false;
	double		share_of_logs = estimate_logs(root, baserel, plan);
	double		share_of_chunks;
	double		one_chunk;
	ListCell   *cell;

	foreach(cell, baserel->baserestrictinfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (narrow_column(plan, baserel, clause, &narrowed))
			continue;
		is_one_key |= compares_key(plan, baserel, clause);
		others = lappend(others, clause);
	}
	share_of_chunks = narrowed.column == 0 ? 1 :
		share_within(plan->options.relation, narrowed.column, &plan->log,
					 narrowed.lowest, narrowed.highest);
	plan->logs_left = Max(plan->log.logs * share_of_logs, 1);
	one_chunk = 1 / estimate_chunks(plan);
	plan->scanned = share_of_logs *
		(is_one_key ? Min(share_of_chunks, one_chunk) : share_of_chunks);
	return share_of_chunks * clauselist_selectivity(root, others, 0, JOIN_INNER, NULL);
}

double
estimate_chunks(const TablePlan *plan)
{
	double		chunks = ceil(plan->file_pages * BLCKSZ / plan->log.logs / BYTES_PER_CHUNK);

	return Max(1, chunks);
}

/*
 * Chunks that conditions leave are read, inflated and walked, unless the rows come
 * from the catalog; and each of their rows is looked at.
 */
Cost
estimate_scan_of_share(const TablePlan *plan, const RelOptInfo *baserel, double scanned)
{
	double		chunk_share = 1 / (estimate_chunks(plan) * plan->log.logs);
	double		read = Min(1, scanned + chunk_share);
	Cost		cost = baserel->tuples * read *
		(cpu_tuple_cost + baserel->baserestrictcost.per_tuple);

	if (plan->options.relation->reads_chunks)
		cost += read * (plan->file_pages * seq_page_cost +
						plan->log.logs * plan->log.entries * cpu_operator_cost);
	if (plan->options.library != NULL)
		cost += plan->logs_left * LOG_COST;
	return cost;
}

Cost
estimate_scan(const TablePlan *plan, const RelOptInfo *baserel)
{
	return estimate_scan_of_share(plan, baserel, plan->scanned);
}

int
estimate_workers(const TablePlan *plan, RelOptInfo *baserel, double scanned)
{
	/* one chunk is read by one process */
	if (scanned < 1 && rint(scanned * estimate_chunks(plan) * plan->log.logs) <= 1)
		return 0;
	return compute_parallel_worker(baserel, plan->file_pages * scanned * HEAP_PAGES_PER_PAGE, -1,
								   max_parallel_workers_per_gather);
}

double
processes_of_workers(int workers)
{
	return workers + (parallel_leader_participation ? Max(1.0 - 0.3 * workers, 0) : 0);
}
