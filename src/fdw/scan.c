/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Scanning a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "fdw/condition.h"
#include "fdw/fdw.h"
#include "fdw/row.h"

/* What a foreign scan keeps between its calls. */
typedef struct PlogScan
{
	TableOptions options;
	RowShape   *shape;
	ScanConditions *conditions;
	MemoryContext context;		/* of the file and the relation scan */
	RelationScan *scan;			/* NULL until the first row is wanted */
	bool		is_started;		/* the conditions are those of now */
} PlogScan;

void
pandelephantBeginForeignScan(ForeignScanState *node, int eflags)
{
	Relation	table = node->ss.ss_currentRelation;
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PlogScan   *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state = palloc0(sizeof(PlogScan));
	state->options = get_table_options(RelationGetRelid(table));
	state->shape = make_row_shape(table, state->options.relation,
								  list_nth(plan->fdw_private, FOREIGN_SCAN_ATTRIBUTES));
	state->conditions = begin_conditions(node, list_nth(plan->fdw_private, FOREIGN_SCAN_CONDITIONS));
	state->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant scan",
										   ALLOCSET_DEFAULT_SIZES);
	node->fdw_state = state;
}

/*
 * Open the file, when the first row is wanted.
 */
static void
open_scan(PlogScan *state)
{
	MemoryContext caller = MemoryContextSwitchTo(state->context);
	const ExecutionOptions *execution = &state->options.execution;
	PlogFile   *file = plog_file_open(execution->filename, execution->recover);

	state->scan = relation_begin(state->options.relation, file, execution,
								 state->shape->wanted);
	MemoryContextSwitchTo(caller);
}

/*
 * Go to the first row, with the parameters of now.
 */
static void
start_scan(PlogScan *state)
{
	evaluate_conditions(state->conditions);
	if (state->scan == NULL)
		open_scan(state);
	relation_restrict(state->scan, state->conditions->conditions, state->conditions->count);
	state->is_started = true;
}

TupleTableSlot *
pandelephantIterateForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (!state->is_started)
		start_scan(state);
	ExecClearTuple(slot);
	if (relation_next(state->scan))
	{
		fill_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
	}
	return slot;
}

void
pandelephantReScanForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	state->is_started = false;
}

void
pandelephantEndForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	if (state != NULL)
		MemoryContextDelete(state->context);
}

/*
 * The log's catalog, if it is there without reading the file, or NULL.
 */
static const Catalog *
catalog_at_hand(const PlogScan *state, const ExecutionOptions *execution)
{
	PlogIdentity identity;
	PlogError	error;

	if (state != NULL && state->scan != NULL && state->scan->catalog != NULL)
		return state->scan->catalog;
	if (plog_identify(execution->filename, &identity, &error) != PLOG_OK)
		return NULL;
	return catalog_kept_of(&identity, execution->recover);
}

void
pandelephantExplainForeignScan(ForeignScanState *node, ExplainState *explain)
{
	TableOptions options = get_table_options(RelationGetRelid(node->ss.ss_currentRelation));
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PlogScan   *state = node->fdw_state;
	const Catalog *catalog;

	ExplainPropertyText("Plog", options.execution.filename, explain);
	ExplainPropertyText("Relation", options.relation->name, explain);
	catalog = catalog_at_hand(state, &options.execution);
	if (catalog != NULL)
		ExplainPropertyText("Wire Form", catalog_form_text(catalog), explain);
	explain_conditions(node, list_nth(plan->fdw_private, FOREIGN_SCAN_CONDITIONS), explain);
	if (explain->analyze && state != NULL && state->scan != NULL &&
		options.relation->reads_chunks)
	{
		ExplainPropertyUInteger("Chunks Read", NULL, state->scan->chunks_read, explain);
		ExplainPropertyUInteger("Chunks Skipped", NULL, state->scan->chunks_skipped, explain);
		ExplainPropertyUInteger("Chunks Cached", NULL, state->scan->chunks_cached, explain);
	}
}
