/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Scanning a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "catalog/kept.h"
#include "compat/explain.h"
#include "fdw/aggregate.h"
#include "fdw/fdw.h"
#include "fdw/scan.h"
#include "fdw/sort.h"
#include "log/extent.h"
#include "relations/relation_read.h"

/*
 * The foreign table that is scanned.  Where aggregates are, no relation is
 * open for the scan.
 */
static Oid
scanned_table(const ForeignScanState *node)
{
	const ForeignScan *plan = (const ForeignScan *) node->ss.ps.plan;

	return linitial_oid(list_nth(plan->fdw_private, FOREIGN_SCAN_TABLE));
}

void
pandelephantBeginForeignScan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PlogScan   *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state = palloc0(sizeof(PlogScan));
	state->options = get_table_options(scanned_table(node));
	state->query = node->ss.ps.state->es_query_cxt;
	if (list_nth(plan->fdw_private, FOREIGN_SCAN_ORDER) != NIL)
		state->ordered_attribute = linitial_int(list_nth(plan->fdw_private, FOREIGN_SCAN_ORDER));
	state->wants_first_rows = linitial_int(list_nth(plan->fdw_private, FOREIGN_SCAN_FIRST_ROWS));
	state->aggregates = list_nth(plan->fdw_private, FOREIGN_SCAN_AGGREGATES);
	if (state->aggregates == NIL)
		state->shape = make_row_shape(node->ss.ss_currentRelation, state->options.relation,
									  list_concat_unique_int(list_copy(list_nth(plan->fdw_private, FOREIGN_SCAN_ATTRIBUTES)),
															 list_nth(plan->fdw_private, FOREIGN_SCAN_ORDER)));
	state->conditions = begin_conditions(node, list_nth(plan->fdw_private, FOREIGN_SCAN_CONDITIONS));
	state->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant scan",
										   ALLOCSET_DEFAULT_SIZES);
	node->fdw_state = state;

	/* workers see what is there when the statement begins: so must we */
	if (!IsParallelWorker() && node->ss.ps.state->es_plannedstmt->parallelModeNeeded &&
		!state->options.execution.recover)
		settle_extent(state->options.execution.filename, state->query);
}

void
open_scan(PlogScan *state)
{
	const ExecutionOptions *execution = &state->options.execution;
	MemoryContext caller;
	PlogFile   *file;

	if (state->scan != NULL)
		return;
	caller = MemoryContextSwitchTo(state->context);
	file = plog_file_open(execution->filename, execution->recover, state->query);
	if (state->parallel != NULL)
		plog_file_must_be(file, &state->parallel->state);
	else if (IsParallelWorker())
		plog_file_must_be_older(file);
	state->scan = relation_begin(state->options.relation, file, execution,
								 state->shape != NULL ? state->shape->wanted :
								 columns_of_aggregates(state->aggregates),
								 state->wants_first_rows && state->parallel == NULL);
	if (state->parallel != NULL)
		state->scan->walk.shared_next_chunk = &state->parallel->next_chunk;
	MemoryContextSwitchTo(caller);
}

/*
 * Go to the first row, with the parameters of now.
 */
static void
start_scan(PlogScan *state)
{
	evaluate_conditions(state->conditions);
	open_scan(state);
	relation_restrict(state->scan, state->conditions->conditions, state->conditions->count);
	state->is_started = true;
}

/*
 * Does the order that the plan was promised no longer hold?
 */
static bool
must_sort(PlogScan *state)
{
	if (state->ordered_attribute == 0)
		return false;
	for (int i = 0; i < state->shape->filled_count; i++)
	{
		const FilledAttribute *filled = &state->shape->filled[i];

		if (filled->index == state->ordered_attribute - 1 &&
			comes_sorted(state->options.relation, filled->column,
						 &relation_catalog(state->scan)->summary))
			return false;
	}
	return true;
}

/*
 * Give the one row of aggregates.
 */
static void
give_aggregates(PlogScan *state, TupleTableSlot *slot)
{
	for (int i = 0; i < list_length(state->aggregates); i++)
	{
		int64		value = 0;

		slot->tts_isnull[i] = !compute_aggregate(state->scan, list_nth(state->aggregates, i),
												 &value);
		slot->tts_values[i] = Int64GetDatum(value);
	}
	ExecStoreVirtualTuple(slot);
}

/*
 * Give the next row of a scan that makes its rows in the slot.  As long as
 * nobody has taken the slot for something else, it need not be cleared for the
 * next row: that would cost as much as making some of the rows.
 */
static inline TupleTableSlot *
next_direct_row(PlogScan *state, TupleTableSlot *slot)
{
	if (!relation_next(state->scan))
		return ExecClearTuple(slot);
	if (TTS_SHOULDFREE(slot))
		ExecClearTuple(slot);
	if (TTS_EMPTY(slot))
		ExecStoreVirtualTuple(slot);
	return slot;
}

/*
 * Start a scan, and find out how its rows come.
 */
static void
start_rows(PlogScan *state, TupleTableSlot *slot)
{
	start_scan(state);
	if (state->aggregates != NIL)
		return;
	share_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
	if (must_sort(state))
		sort_scan(state, slot);
	else
		state->gives_direct_rows = state->shape->is_direct;
}

/*
 * Give the next row, whatever kind of scan it is.
 */
static pg_noinline TupleTableSlot *
next_row(PlogScan *state, TupleTableSlot *slot)
{
	bool		is_first = !state->is_started;

	if (is_first)
		start_rows(state, slot);
	if (state->gives_direct_rows)
		return next_direct_row(state, slot);
	ExecClearTuple(slot);
	if (state->sort != NULL)
		(void) next_sorted_row(state, slot);
	else if (state->aggregates != NIL)
	{
		if (is_first)
			give_aggregates(state, slot);
	}
	else if (relation_next(state->scan))
	{
		fill_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
	}
	return slot;
}

TupleTableSlot *
pandelephantIterateForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	return state->gives_direct_rows ? next_direct_row(state, slot) : next_row(state, slot);
}

void
pandelephantReScanForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	end_sort(state);
	state->is_started = state->gives_direct_rows = false;
}

void
pandelephantEndForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	if (state == NULL)
		return;
	end_sort(state);
	MemoryContextDelete(state->context);
}

/*
 * The summary of the log's catalog, if it is there without reading the file.
 */
static bool
summary_at_hand(const PlogScan *state, const ExecutionOptions *execution,
				CatalogSummary *summary)
{
	PlogIdentity identity;
	PlogError	error;

	if (state != NULL && state->scan != NULL && state->scan->catalog != NULL)
	{
		*summary = state->scan->catalog->summary;
		return true;
	}
	return plog_identify(execution->filename, &identity, &error) == PLOG_OK &&
		catalog_peek(&identity, execution->recover, summary);
}

/*
 * Show what the guest is, if that is known without reading the file.
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

void
pandelephantExplainForeignScan(ForeignScanState *node, ExplainState *explain)
{
	TableOptions options = get_table_options(scanned_table(node));
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PlogScan   *state = node->fdw_state;
	CatalogSummary summary;
	bool		has_summary = summary_at_hand(state, &options.execution, &summary);

	ExplainPropertyText("Plog", options.execution.filename, explain);
	ExplainPropertyText("Relation", options.relation->name, explain);
	if (has_summary)
		ExplainPropertyText("Wire Form", catalog_form_text(&summary), explain);
	explain_guest(&options.execution, has_summary ? &summary : NULL, explain);
	if (list_nth(plan->fdw_private, FOREIGN_SCAN_AGGREGATES) != NIL)
	{
		ExplainPropertyBool("From Catalog", true, explain);
		return;
	}
	explain_conditions(node, list_nth(plan->fdw_private, FOREIGN_SCAN_CONDITIONS), explain);
	if (explain->analyze && state != NULL && state->scan != NULL &&
		options.relation->reads_chunks)
	{
		const ChunkCounts *workers = &state->workers_counts;

		ExplainPropertyUInteger("Chunks Read", NULL,
								state->scan->walk.chunks_read + workers->read, explain);
		ExplainPropertyUInteger("Chunks Skipped", NULL,
								state->scan->walk.chunks_skipped + workers->skipped, explain);
		ExplainPropertyUInteger("Chunks Cached", NULL,
								state->scan->walk.chunks_cached + workers->cached, explain);
		if (explain->verbose)
			ExplainPropertyUInteger("Texts Compared", NULL,
									count_compared_texts(state->conditions), explain);
	}
}
