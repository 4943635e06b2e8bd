/*-------------------------------------------------------------------------
 *
 * sort.c
 *		Sorting the rows of a scan, for a plan that relies on their order.
 *
 * The execution offsets of a replay never decrease, and where the catalog of a
 * log proves that, a plan may rely on it.  But a plan can be older than the file
 * that it reads.  If the proof no longer holds, the scan sorts the rows itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator_d.h"
#include "executor/executor.h"
#include "miscadmin.h"

#include "compat/sort.h"
#include "fdw/sort.h"

SortedRows *
sort_rows(Pass *pass, const RowShape *shape, AttrNumber attribute,
		  TupleTableSlot *slot, MemoryContext context)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	SortedRows *rows = palloc(sizeof(SortedRows));
	Oid			operator = Int8LessOperator;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;

	rows->sort = begin_heap_sort(slot->tts_tupleDescriptor, 1, &attribute, &operator,
								 &collation, &nulls_first);
	rows->slot = MakeSingleTupleTableSlot(slot->tts_tupleDescriptor, &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(caller);
	while (pass_next(pass))
	{
		CHECK_FOR_INTERRUPTS();
		ExecClearTuple(slot);
		MemoryContextSwitchTo(pass_row(pass, 0)->context);
		fill_row(shape, pass->rows, slot->tts_values, slot->tts_isnull);
		MemoryContextSwitchTo(caller);
		ExecStoreVirtualTuple(slot);
		tuplesort_puttupleslot(rows->sort, slot);
	}
	ExecClearTuple(slot);
	tuplesort_performsort(rows->sort);
	return rows;
}

bool
next_sorted_row(SortedRows *rows, TupleTableSlot *slot)
{
	if (!tuplesort_gettupleslot(rows->sort, true, false, rows->slot, NULL))
		return false;
	ExecCopySlot(slot, rows->slot);
	return true;
}

void
end_sort(SortedRows *rows)
{
	ExecDropSingleTupleTableSlot(rows->slot);
	tuplesort_end(rows->sort);
}
