/*-------------------------------------------------------------------------
 *
 * explain.c
 *		What EXPLAIN shows of a foreign scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "catalog/kept.h"
#include "compat/explain.h"
#include "fdw/ancestors.h"
#include "fdw/fdw.h"
#include "fdw/scan_logs.h"

static const char *
operator_name(StrategyNumber strategy)
{
	static const char *const names[] = {"", "<", "<=", "=", ">=", ">",[STRATEGY_LIKE] = "~~"};

	return names[strategy];
}

/*
 * A condition as SQL.  In a joined scan the table's alias is told, too.
 */
static void
append_condition(StringInfo sql, const ScanPlan *plan, const ConditionShape *shape,
				 Node *expression, List *names)
{
	Oid			table = plan->table;
	char	   *value = deparse_expression(expression, names, false, false);
	StringInfoData column;

	initStringInfo(&column);
	if (list_length(plan->parts) > 1)
	{
		PartShape	part = unpack_part(list_nth(plan->parts, shape->part));

		table = part.table;
		appendStringInfo(&column, "%s.", quote_identifier(part.alias));
	}
	appendStringInfoString(&column, quote_identifier(get_attname(table, shape->attribute, false)));
	if (shape->strategy == STRATEGY_CONTAINS)
		appendStringInfo(sql, "(strpos(%s, %s) > 0)", column.data, value);
	else
		appendStringInfo(sql, shape->is_array ? "(%s %s ANY (%s))" : "(%s %s %s)", column.data,
						 operator_name(shape->strategy), value);
}

/*
 * The names by which the expressions of a scan are shown.
 */
static List *
names_of_scan(ForeignScanState *node, ExplainState *explain)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *ancestors = NIL;

	if (has_plan_parameter((Node *) plan->fdw_exprs, NULL))
		ancestors = find_ancestors(explain->pstmt, (Plan *) plan);
	return set_deparse_context_plan(explain->deparse_cxt, (Plan *) plan, ancestors);
}

/*
 * Show the conditions, if there are any.
 */
static void
explain_conditions(ForeignScanState *node, const ScanPlan *scan, ExplainState *explain)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	List	   *shapes = scan->conditions;
	List	   *names;
	StringInfoData sql;

	if (shapes == NIL)
		return;
	names = names_of_scan(node, explain);
	initStringInfo(&sql);
	for (int i = 0; i < list_length(shapes); i++)
	{
		ConditionShape shape = unpack_condition(list_nth(shapes, i));

		if (i > 0)
			appendStringInfoString(&sql, " AND ");
		append_condition(&sql, scan, &shape, list_nth(plan->fdw_exprs, i), names);
	}
	ExplainPropertyText("Pushed Filter", sql.data, explain);
}

/*
 * Append a part's relation, and its alias where that is another name.
 */
static void
append_relation(StringInfo text, const PartShape *part)
{
	const char *name = get_table_options(part->table).relation->name;

	appendStringInfo(text, "(%s", name);
	if (strcmp(name, part->alias) != 0)
		appendStringInfo(text, " %s", quote_identifier(part->alias));
	appendStringInfoChar(text, ')');
}

/*
 * Show the relation, or those that are joined.
 */
static void
explain_relations(const ScanPlan *plan, const PlogRelation *relation, ExplainState *explain)
{
	static const char *const joins[] = {
		[PART_INNER] = "INNER JOIN",
		[PART_LEFT] = "LEFT JOIN",
		[PART_SEMI] = "SEMI JOIN",
		[PART_ANTI] = "ANTI JOIN"
	};
	StringInfoData text;

	if (list_length(plan->parts) <= 1)
	{
		ExplainPropertyText("Relation", relation->name, explain);
		return;
	}
	initStringInfo(&text);
	for (int i = 0; i < list_length(plan->parts); i++)
	{
		PartShape	part = unpack_part(list_nth(plan->parts, i));

		if (i > 0)
			appendStringInfo(&text, " %s ", joins[part.join]);
		append_relation(&text, &part);
	}
	ExplainPropertyText("Relations", text.data, explain);
}

/*
 * Show what a scan computes that gives groups: its keys, its aggregates, and what
 * is left of the filter of rows.
 */
static void
explain_groups(ForeignScanState *node, const ScanPlan *plan, ExplainState *explain)
{
	const ForeignScan *scan = (const ForeignScan *) node->ss.ps.plan;
	List	   *names = names_of_scan(node, explain);
	int			output_count = list_length(plan->outputs);
	List	   *keys = NIL;
	List	   *aggregates = NIL;

	for (int i = 0; i < output_count; i++)
	{
		TargetEntry *entry = list_nth_node(TargetEntry, scan->fdw_scan_tlist, i);
		char	   *sql = deparse_expression((Node *) entry->expr, names, false, false);

		if (unpack_output(list_nth(plan->outputs, i)).kind == AGGREGATE_KEY)
			keys = lappend(keys, sql);
		else
			aggregates = lappend(aggregates, sql);
	}
	if (keys != NIL)
		ExplainPropertyList("Group Key", keys, explain);
	if (aggregates != NIL)
		ExplainPropertyList("Aggregates", aggregates, explain);
	if (list_length(scan->fdw_scan_tlist) > output_count + list_length(plan->fields))
	{
		TargetEntry *entry = list_nth_node(TargetEntry, scan->fdw_scan_tlist, output_count);
		List	   *filters = list_copy_tail(((BoolExpr *) entry->expr)->args, 1);

		ExplainPropertyText("Row Filter",
							deparse_expression((Node *) make_ands_explicit(filters), names,
											   false, false), explain);
	}
}

/*
 * The summary of the log's catalog, if it is at hand without reading the log.
 */
static bool
summary_at_hand(const PlogScan *state, const ExecutionOptions *execution,
				CatalogSummary *summary)
{
	PlogIdentity identity;

	if (state != NULL && state->scan != NULL && state->scan->catalog != NULL)
	{
		*summary = state->scan->catalog->summary;
		return true;
	}
	return plog_file_peek(execution->filename, &identity) &&
		catalog_peek(&identity, execution->recover, summary);
}

/*
 * Show the guest, if it is known without reading the log.
 */
static void
explain_guest(const ExecutionOptions *execution, const CatalogSummary *summary,
			  ExplainState *explain)
{
	Guest		guest = execution->guest;

	if (guest == GUEST_AUTO && summary != NULL)
		guest = (Guest) summary->guest;
	if (guest != GUEST_AUTO)
		ExplainPropertyText("Guest", guest_properties[guest].name, explain);
}

/*
 * Does a condition on the lines of calls leave some unprinted?
 */
static bool
searches_lines(const ScanPlan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->conditions)
	{
		ConditionShape shape = unpack_condition(lfirst(cell));

		if (is_search(&shape))
			return true;
	}
	return false;
}

/*
 * Show how many chunks were read by all processes, and how many were not.
 */
static void
explain_chunks(const PlogScan *state, const ScanPlan *plan, ExplainState *explain)
{
	ChunkCounts own = chunk_counts(state);
	const ChunkCounts *workers = &state->counts.workers_chunks;

	ExplainPropertyUInteger("Chunks Read", NULL, own.read + workers->read, explain);
	ExplainPropertyUInteger("Chunks Skipped", NULL, own.skipped + workers->skipped, explain);
	ExplainPropertyUInteger("Chunks Cached", NULL, own.cached + workers->cached, explain);

	/* only then, since few logs have columns */
	if (own.kept + workers->kept > 0)
		ExplainPropertyUInteger("Chunks From Columns", NULL, own.kept + workers->kept, explain);
	if (searches_lines(plan))
		ExplainPropertyUInteger("Lines Printed", NULL, own.printed + workers->printed, explain);
	if (explain->verbose)
		ExplainPropertyUInteger("Texts Compared", NULL,
								count_compared_texts(state->conditions), explain);
}

/*
 * Show what a table of one log shows.
 */
static void
explain_log(const PlogScan *state, const ScanPlan *plan, const TableOptions *options,
			ExplainState *explain)
{
	CatalogSummary summary;
	bool		has_summary = summary_at_hand(state, &options->execution, &summary);

	ExplainPropertyText("Plog", options->execution.filename, explain);
	explain_relations(plan, options->relation, explain);
	if (has_summary)
		ExplainPropertyText("Wire Form", catalog_form_text(&summary), explain);
	explain_guest(&options->execution, has_summary ? &summary : NULL, explain);
}

/*
 * Show which library a table shows.
 */
static void
explain_library(const ScanPlan *plan, const TableOptions *options, ExplainState *explain)
{
	Registry	registry = find_registry(plan->table, options->library);

	ExplainPropertyText("Library",
						quote_qualified_identifier(get_namespace_name(get_rel_namespace(registry.logs)),
												   get_rel_name(registry.logs)), explain);
	explain_relations(plan, options->relation, explain);
}

/*
 * Show how many logs were read by all processes, and how many were not.  A log that
 * several processes read counts for each.
 */
static void
explain_logs(const PlogScan *state, ExplainState *explain)
{
	Registry	registry = find_registry(state->plan.table, state->options.library);
	uint64		offered = state->counts.starts * count_registered(&registry, state->snapshot);
	uint64		read = count_read_logs(state) + state->counts.workers_logs_read;

	ExplainPropertyUInteger("Logs Read", NULL, read, explain);
	ExplainPropertyUInteger("Logs Skipped", NULL, offered > read ? offered - read : 0, explain);
}

void
pandelephantExplainForeignScan(ForeignScanState *node, ExplainState *explain)
{
	ScanPlan	plan = plan_of_scan(node);
	TableOptions options = get_table_options(plan.table);
	PlogScan   *state = node->fdw_state;
	bool		is_from_catalog = plan.group_source == GROUPS_OF_TOTALS ||
		plan.group_source == GROUPS_OF_COUNTED_ROWS;

	if (options.library != NULL)
		explain_library(&plan, &options, explain);
	else
		explain_log(state, &plan, &options, explain);
	if (plan.group_source != GROUPS_NONE)
		explain_groups(node, &plan, explain);
	if (explain->analyze && state != NULL && state->aggregation != NULL &&
		groups_were_sorted(state->aggregation))
		ExplainPropertyBool("Groups Sorted on Disk", true, explain);
	explain_conditions(node, &plan, explain);
	if (is_from_catalog)
		ExplainPropertyBool("From Catalog", true, explain);
	if (!explain->analyze || state == NULL || !state->queue.is_known)
		return;
	if (options.library != NULL)
		explain_logs(state, explain);
	if (!is_from_catalog && options.relation->reads_chunks &&
		(options.library != NULL || state->scan != NULL))
		explain_chunks(state, &plan, explain);
}
