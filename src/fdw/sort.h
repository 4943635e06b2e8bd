/*-------------------------------------------------------------------------
 *
 * sort.h
 *		Sorting the rows of a scan, for a plan that relies on their order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SORT_H
#define PANDELEPHANT_SORT_H

#include "executor/tuptable.h"
#include "utils/tuplesort.h"

#include "fdw/row.h"

/* Rows that were sorted. */
typedef struct SortedRows
{
	Tuplesortstate *sort;
	TupleTableSlot *slot;		/* for the row that is read */
} SortedRows;

/*
 * Read all rows of a pass, and sort them by a bigint attribute.  The
 * slot is one of the table's rows, and is empty afterwards.  The result is
 * allocated in the given context.
 */
extern SortedRows *sort_rows(Pass *pass, const RowShape *shape, AttrNumber attribute,
							 TupleTableSlot *slot, MemoryContext context);

/* Put the next sorted row into the slot.  False at the end. */
extern bool next_sorted_row(SortedRows *rows, TupleTableSlot *slot);

extern void end_sort(SortedRows *rows);

#endif							/* PANDELEPHANT_SORT_H */
