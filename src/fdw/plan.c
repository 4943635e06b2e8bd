/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Planning the scan of a foreign table.
 *
 * Planning looks at the file's size and at the summary of a catalog that is
 * there already, never into the file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/bitmapset.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "utils/rel.h"

#include "catalog/kept.h"
#include "compat/planner.h"
#include "fdw/condition.h"
#include "fdw/aggregate.h"
#include "fdw/fdw.h"
#include "fdw/options.h"
#include "fdw/plan.h"
#include "fdw/sort.h"

/*
 * Without a catalog, a log is taken to have an entry for so many of its bytes.
 * The logs that we know have between 6 and 40.
 */
#define BYTES_PER_ENTRY			20.0

/* The size that a file is taken to have that cannot be looked at, in bytes. */
#define DEFAULT_FILE_BYTES		(10.0 * BLCKSZ)

/* So many heap pages cost about as much to scan as one page of a log. */
#define INFLATED_PER_PAGE		4

/* About how many bytes of the file a chunk takes. */
#define BYTES_PER_CHUNK			(4.0 * 1024 * 1024)

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
	if (relation == &executions_relation || relation == &recordings_relation)
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
	if (relation == &taint_flows_relation || relation == &code_points_relation)
		return 1 + entries / 1000;

	/* processes, threads and their names */
	return 10 + entries / 2000;
}

double
count_rows(const PlogPlan *state, const PlogRelation *relation)
{
	return state->has_catalog && relation->count != NULL ?
		(double) relation->count(&state->summary) : guess_rows(relation, state->entries);
}

/*
 * The table's column that shows a column of the relation as it is, or NULL.
 */
static Var *
variable_of_column(RelOptInfo *baserel, const PlogPlan *state, int column)
{
	Oid			type = column_type_oid(state->options.relation->columns[column].type);

	for (int i = 0; i < baserel->max_attr; i++)
	{
		if (state->mappings[i].column == column && state->mappings[i].type == type)
			return makeVar(baserel->relid, (AttrNumber) (i + 1), type, -1, InvalidOid, 0);
	}
	return NULL;
}

/*
 * The numbers that a column can have, as far as is known.  False: it is not.
 */
static bool
column_range(const PlogPlan *state, const RelOptInfo *baserel, int column,
			 const CatalogSummary *summary, double *lowest, double *highest)
{
	const PlogRelation *relation = state->options.relation;

	switch (relation->columns[column].skip)
	{
		case SKIP_ENTRY:
			*lowest = 0;
			*highest = state->entries;
			return true;
		case SKIP_ENTRY_OFFSET:
		case SKIP_SYSCALL_OFFSET:
		case SKIP_SLICE_START:
		case SKIP_SLICE_END:
			if (summary == NULL || catalog_span_is_empty(&summary->span) ||
				summary->span.last > (uint64) PG_INT64_MAX)
				return false;
			*lowest = (double) summary->span.first;
			*highest = (double) summary->span.last;
			return true;
		default:
			*lowest = 1;
			*highest = baserel->tuples;
			return column == relation->key[0];
	}
}

/*
 * Narrow a range by a condition on a column, if it is a comparison to a
 * constant of a column whose range is known.
 */
static bool
narrow_range(const PlogPlan *state, const RelOptInfo *baserel, const CatalogSummary *summary,
			 RestrictInfo *clause, double *lowest, double *highest, int *column)
{
	FoundConditions found = find_conditions(list_make1(clause), (RelOptInfo *) baserel,
											state->options.relation, state->mappings);
	double		full_lowest;
	double		full_highest;
	ConstantComparison constant;

	if (!get_constant_comparison(&found, &constant) ||
		(*column != 0 && *column != constant.column) ||
		!column_range(state, baserel, constant.column, summary, &full_lowest, &full_highest))
		return false;
	if (*column == 0)
	{
		*column = constant.column;
		*lowest = full_lowest;
		*highest = full_highest;
	}
	*lowest = Max(*lowest, (double) constant.range.lowest);
	*highest = Min(*highest, (double) constant.range.highest);
	return true;
}

/*
 * How a column's numbers are spread; NULL where nothing is known but between
 * which they are.
 */
static const CatalogQuantiles *
quantiles_of_column(const PlogRelation *relation, int column, const CatalogSummary *summary)
{
	const CatalogQuantiles *quantiles = NULL;

	if (summary != NULL && relation->columns[column].skip == SKIP_ENTRY_OFFSET)
		quantiles = &summary->entry_quantiles;
	if (summary != NULL && relation->columns[column].skip == SKIP_SYSCALL_OFFSET)
		quantiles = &summary->syscall_quantiles;
	return quantiles != NULL && quantiles->count > 1 ? quantiles : NULL;
}

/*
 * The share of rows whose number is below one.
 */
static double
share_below(const CatalogQuantiles *quantiles, double number)
{
	uint32		above = 0;
	double		before;

	while (above < quantiles->count && (double) quantiles->offsets[above] < number)
		above++;
	if (above == 0)
		return 0;
	if (above == quantiles->count)
		return 1;
	before = (double) quantiles->offsets[above - 1];
	return (above - 1 + (number - before) / ((double) quantiles->offsets[above] - before)) /
		(quantiles->count - 1);
}

/*
 * The share of rows whose number is within a range, both ends included.
 */
static double
share_within(const PlogPlan *state, const RelOptInfo *baserel, int column,
			 const CatalogSummary *summary, double lowest, double highest)
{
	const CatalogQuantiles *quantiles = quantiles_of_column(state->options.relation, column, summary);
	double		full_lowest;
	double		full_highest;
	double		share = 1;

	if (quantiles != NULL)
		share = share_below(quantiles, highest + 1) - share_below(quantiles, lowest);
	else if (column_range(state, baserel, column, summary, &full_lowest, &full_highest))
		share = (highest - lowest + 1) / (full_highest - full_lowest + 1);
	return Min(Max(share, 0), 1);
}

/*
 * The share of rows that the clauses leave.  What rows are numbered by is
 * spread evenly, and so, for want of a sample, are the ends of threadslices;
 * other offsets are spread as the catalog shows.  That part tells the share of
 * chunks, too.
 */
static double
clauses_selectivity(PlannerInfo *root, RelOptInfo *baserel, PlogPlan *state,
					const CatalogSummary *summary)
{
	List	   *others = NIL;
	double		lowest = 0;
	double		highest = 0;
	int			column = 0;
	ListCell   *cell;

	foreach(cell, baserel->baserestrictinfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);

		if (!narrow_range(state, baserel, summary, clause, &lowest, &highest, &column))
			others = lappend(others, clause);
	}
	state->scanned = column == 0 ? 1 :
		share_within(state, baserel, column, summary, lowest, highest);
	return state->scanned * clauselist_selectivity(root, others, 0, JOIN_INNER, NULL);
}

void
pandelephantGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	PlogPlan   *state = palloc0(sizeof(PlogPlan));
	Relation	relation = table_open(table, NoLock);
	double		file_bytes = DEFAULT_FILE_BYTES;
	const CatalogSummary *summary = NULL;
	PlogIdentity identity;
	PlogError	error;

	state->table = table;
	state->options = get_table_options(table);
	state->mappings = map_attributes(relation, state->options.relation);
	table_close(relation, NoLock);

	/* that the file is missing is for the scan to report */
	if (plog_identify(state->options.execution.filename, &identity, &error) == PLOG_OK)
	{
		file_bytes = (double) identity.size;
		state->has_catalog = catalog_peek(&identity, state->options.execution.recover,
										  &state->summary);
	}
	if (state->has_catalog)
		summary = &state->summary;
	for (int i = 0; summary != NULL && i < state->options.relation->column_count; i++)
	{
		if (comes_sorted(state->options.relation, i, summary))
			state->sorted_column = i;
	}
	state->file_pages = ceil(file_bytes / BLCKSZ);
	if (summary != NULL)
		state->entries = (double) summary->entry_count;
	else
		state->entries = file_bytes / BYTES_PER_ENTRY;
	baserel->tuples = count_rows(state, state->options.relation);
	baserel->fdw_private = state;	/* statistics are asked for from here on */
	state->attributes = needed_attributes(baserel);
	baserel->rows = clamp_row_est(baserel->tuples *
								  clauses_selectivity(root, baserel, state, summary));
}

/*
 * About how many chunks the log has.
 */
static double
chunk_count(const PlogPlan *state)
{
	double		chunks = ceil(state->file_pages * BLCKSZ / BYTES_PER_CHUNK);

	return Max(1, chunks);
}

/*
 * What a scan costs: reading, inflating and walking the chunks that conditions
 * leave, or from the catalog neither, and looking at the rows in them.
 */
static Cost
scan_cost(const PlogPlan *state, const RelOptInfo *baserel)
{
	double		chunk_share = 1 / chunk_count(state);
	double		scanned = Min(1, state->scanned + chunk_share);
	Cost		cost = baserel->tuples * scanned *
		(cpu_tuple_cost + baserel->baserestrictcost.per_tuple);

	if (state->options.relation->reads_chunks)
		cost += scanned * (state->file_pages * seq_page_cost + state->entries * cpu_operator_cost);
	return cost;
}

/*
 * Where the query's order starts with the execution's id, which is the same in
 * all rows, that order, as pathkeys of one; else NIL.
 */
static List *
order_by_execution(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state)
{
	Var		   *variable = variable_of_column(baserel, state, COLUMN_EXECUTION_ID);
	List	   *pathkey = variable == NULL ? NIL :
		order_by_expression(root, baserel, (Expr *) variable);

	if (pathkey == NIL || root->query_pathkeys == NIL ||
		linitial(pathkey) != linitial(root->query_pathkeys))
		return NIL;
	return pathkey;
}

/*
 * The order that rows come in by themselves: that of the relation's key.
 */
static List *
natural_order(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state)
{
	List	   *pathkeys = order_by_execution(root, baserel, state);

	for (int i = 0; i < MAX_KEY_COLUMNS; i++)
	{
		int			column = state->options.relation->key[i];
		Var		   *variable = column == 0 ? NULL :
			variable_of_column(baserel, state, column);
		List	   *pathkey;

		if (variable == NULL)
			break;
		pathkey = order_by_expression(root, baserel, (Expr *) variable);
		if (pathkey == NIL)
			break;
		pathkeys = list_concat(pathkeys, pathkey);
	}
	return truncate_useless_pathkeys(root, baserel, pathkeys);
}

/*
 * Offer rows in the order of their execution offsets, where the catalog proves
 * that they come so.
 */
static void
add_offset_order_path(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state)
{
	Cost		startup_cost = baserel->baserestrictcost.startup;
	Var		   *variable;
	List	   *pathkeys;

	if (state->sorted_column == 0)
		return;
	variable = variable_of_column(baserel, state, state->sorted_column);
	pathkeys = variable == NULL ? NIL :
		list_concat(order_by_execution(root, baserel, state),
					order_by_expression(root, baserel, (Expr *) variable));
	pathkeys = truncate_useless_pathkeys(root, baserel, pathkeys);
	if (pathkeys == NIL)
		return;
	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, baserel->rows, startup_cost,
									  startup_cost + scan_cost(state, baserel), pathkeys,
									  baserel->lateral_relids,
									  list_make1_int(variable->varattno)));
}

/*
 * Is the equivalence class's member the variable?
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
 * Offer to look up the rows of one key, given by another table of a join: that
 * takes a single chunk, which the cache will often have.
 */
static void
add_lookup_path(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state,
				RestrictInfo *clause, double rows)
{
	Relids		outer;
	ParamPathInfo *parameters;

	if (!join_clause_is_movable_to(clause, baserel))
		return;
	outer = bms_union(clause->clause_relids, baserel->lateral_relids);
	outer = bms_del_member(outer, (int) baserel->relid);
	if (bms_is_empty(outer))
		return;
	parameters = get_baserel_parampathinfo(root, baserel, outer);
	parameters->ppi_rows = clamp_row_est(rows);
	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, parameters->ppi_rows, 0,
									  rows * cpu_tuple_cost +
									  state->entries / chunk_count(state) * cpu_operator_cost,
									  NIL, outer, NIL));
}

/*
 * The clauses of joins that compare the variable to what other tables give.
 * Those of outer and anti joins are in no equivalence class: that a row has no
 * partner does not make the two equal.
 */
static List *
lookup_clauses(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state, Var *variable)
{
	const PlogRelation *relation = state->options.relation;
	List	   *clauses = generate_implied_equalities_for_column(root, baserel, member_is_variable,
																 variable,
																 baserel->lateral_referencers);
	ListCell   *cell;

	foreach(cell, baserel->joininfo)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		FoundConditions found = find_conditions(list_make1(clause), baserel, relation,
												state->mappings);

		if (looks_up(&found, relation->key[0]))
			clauses = lappend(clauses, clause);
	}
	return clauses;
}

/*
 * Offer such lookups for the join clauses on the first column of the key, where
 * that tells the chunk.
 */
static void
add_lookup_paths(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state)
{
	const PlogRelation *relation = state->options.relation;
	int			column = relation->key[0];
	Var		   *variable = variable_of_column(baserel, state, column);
	double		keys = relation == &syscall_arguments_relation ? state->entries : baserel->tuples;
	ListCell   *cell;

	if (variable == NULL || !relation->reads_chunks)
		return;
	foreach(cell, lookup_clauses(root, baserel, state, variable))
		add_lookup_path(root, baserel, state, lfirst_node(RestrictInfo, cell),
						baserel->tuples / Max(keys, 1));
}

/*
 * Offer to scan in parallel, where the log is large enough.
 */
static void
add_parallel_path(PlannerInfo *root, RelOptInfo *baserel, const PlogPlan *state)
{
	int			workers = compute_parallel_worker(baserel, state->file_pages * state->scanned * INFLATED_PER_PAGE, -1,
												  max_parallel_workers_per_gather);
	double		share = workers + (parallel_leader_participation ? Max(1.0 - 0.3 * workers, 0) : 0);
	ForeignPath *path;

	if (workers == 0)
		return;
	path = create_foreign_scan_path(root, baserel, clamp_row_est(baserel->rows / share),
									baserel->baserestrictcost.startup,
									baserel->baserestrictcost.startup +
									scan_cost(state, baserel) / share,
									NIL, NULL, NIL);
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	add_partial_path(baserel, (Path *) path);
}

void
pandelephantGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid table pg_attribute_unused())
{
	PlogPlan   *state = baserel->fdw_private;
	Cost		startup_cost = baserel->baserestrictcost.startup;

	add_path(baserel, (Path *)
			 create_foreign_scan_path(root, baserel, baserel->rows, startup_cost,
									  startup_cost + scan_cost(state, baserel),
									  natural_order(root, baserel, state),
									  baserel->lateral_relids, NIL));
	add_offset_order_path(root, baserel, state);
	add_lookup_paths(root, baserel, state);
	if (baserel->consider_parallel && baserel->lateral_relids == NULL &&
		state->options.relation->reads_chunks)
		add_parallel_path(root, baserel, state);
}

/*
 * Offer to take counts, minima and maxima of a whole table from its catalog, if
 * that is at hand.
 */
void
pandelephantGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage,
								 RelOptInfo *input_rel, RelOptInfo *output_rel,
								 void *extra pg_attribute_unused())
{
	const Query *query = root->parse;
	const PlogPlan *state = input_rel->fdw_private;
	PathTarget *target = root->upper_targets[UPPERREL_GROUP_AGG];
	List	   *aggregates;

	if (stage != UPPERREL_GROUP_AGG || input_rel->reloptkind != RELOPT_BASEREL ||
		state == NULL || !state->has_catalog || state->options.relation->count == NULL ||
		input_rel->baserestrictinfo != NIL ||
		query->groupClause != NIL || query->groupingSets != NIL || query->havingQual != NULL)
		return;
	aggregates = find_aggregates(target, input_rel, state->options.relation, state->mappings);
	if (aggregates == NIL)
		return;
	output_rel->fdw_private = input_rel->fdw_private;
	add_path(output_rel, (Path *)
			 create_foreign_aggregate_path(root, output_rel, target, cpu_tuple_cost, aggregates));
}

/*
 * May the query end before it has seen all rows: does it have a LIMIT, and
 * nothing that needs them all before?
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
	PlogPlan   *state = baserel->fdw_private;
	List	   *first_rows = list_make1_int(wants_first_rows(root, best_path));
	FoundConditions found;

	/* an integer list is an order, a list of lists are aggregates */
	if (best_path->fdw_private != NIL && IsA(best_path->fdw_private, List))
		return make_foreignscan(tlist, NIL, 0, NIL,
								lappend(list_make5(NIL, NIL, best_path->fdw_private,
												   list_make1_oid(state->table), NIL), first_rows),
								tlist, NIL, outer_plan);
	found = find_conditions(scan_clauses, baserel, state->options.relation, state->mappings);
	return make_foreignscan(tlist, extract_actual_clauses(scan_clauses, false),
							baserel->relid, found.expressions,
							lappend(list_make5(state->attributes, found.shapes, NIL,
											   list_make1_oid(state->table), best_path->fdw_private),
									first_rows),
							NIL, NIL, outer_plan);
}
