/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Scanning a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "fdw/fdw.h"
#include "fdw/row.h"

/* What a foreign scan keeps between its calls. */
typedef struct PlogScan
{
	TableOptions options;
	RowShape   *shape;
	MemoryContext context;		/* of the file and the relation scan */
	RelationScan *scan;			/* NULL until the first row is wanted */
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
	PlogFile   *file = plog_file_open(state->options.execution.filename);

	state->scan = relation_begin(state->options.relation, file,
								 &state->options.execution, state->shape->wanted);
	MemoryContextSwitchTo(caller);
}

TupleTableSlot *
pandelephantIterateForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (state->scan == NULL)
		open_scan(state);
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

	if (state->scan != NULL)
		relation_rewind(state->scan);
}

void
pandelephantEndForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	if (state != NULL)
		MemoryContextDelete(state->context);
}

void
pandelephantExplainForeignScan(ForeignScanState *node, ExplainState *explain)
{
	TableOptions options = get_table_options(RelationGetRelid(node->ss.ss_currentRelation));
	PlogScan   *state = node->fdw_state;

	ExplainPropertyText("Plog", options.execution.filename, explain);
	ExplainPropertyText("Relation", options.relation->name, explain);
	if (explain->analyze && state != NULL && state->scan != NULL &&
		options.relation->reads_chunks)
		ExplainPropertyUInteger("Chunks Read", NULL, state->scan->chunks_read, explain);
}
