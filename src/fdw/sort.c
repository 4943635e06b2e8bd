/*-------------------------------------------------------------------------
 *
 * sort.c
 *		The order of execution offsets, which a plan was promised.
 *
 * A replay's offsets never decrease, and where the catalog proves it of a log,
 * a plan may rely on it.  But a plan can outlive the file: when the proof does
 * not hold any more, the scan sorts by itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator_d.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/tuplesort.h"

#include "compat/sort.h"
#include "fdw/sort.h"
#include "relations/relation_read.h"

bool
comes_sorted(const PlogRelation *relation, int column, const CatalogSummary *summary)
{
	switch (relation->columns[column].skip)
	{
		case SKIP_SYSCALL_OFFSET:
			return summary->syscalls_are_sorted;
		case SKIP_ENTRY_OFFSET:
			return summary->entries_are_sorted;
		default:
			return false;
	}
}

void
sort_scan(PlogScan *state, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(state->context);
	AttrNumber	attribute = (AttrNumber) state->ordered_attribute;
	Oid			operator = Int8LessOperator;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;

	/* what lives as long as the scan */
	state->sort = begin_heap_sort(slot->tts_tupleDescriptor, 1, &attribute, &operator,
								  &collation, &nulls_first);
	state->sorted_slot = MakeSingleTupleTableSlot(slot->tts_tupleDescriptor, &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(caller);
	while (relation_next(state->scan))
	{
		CHECK_FOR_INTERRUPTS();
		ExecClearTuple(slot);
		MemoryContextSwitchTo(state->scan->row.context);
		fill_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
		MemoryContextSwitchTo(caller);
		ExecStoreVirtualTuple(slot);
		tuplesort_puttupleslot(state->sort, slot);
	}
	ExecClearTuple(slot);
	tuplesort_performsort(state->sort);
}

bool
next_sorted_row(PlogScan *state, TupleTableSlot *slot)
{
	if (!tuplesort_gettupleslot(state->sort, true, false, state->sorted_slot, NULL))
		return false;
	ExecCopySlot(slot, state->sorted_slot);
	return true;
}

void
end_sort(PlogScan *state)
{
	if (state->sort == NULL)
		return;
	ExecDropSingleTupleTableSlot(state->sorted_slot);
	tuplesort_end(state->sort);
	state->sort = NULL;
}
