/*-------------------------------------------------------------------------
 *
 * sort.h
 *		The order of execution offsets, which a plan was promised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SORT_H
#define PANDELEPHANT_SORT_H

#include "fdw/scan.h"

/*
 * Does a catalog prove that the column never decreases from row to row, and
 * is never NULL?
 */
extern bool comes_sorted(const PlogRelation *relation, int column, const CatalogSummary *summary);

/*
 * Read and sort all rows of a scan that has been started.  The slot is for the
 * table's rows.
 */
extern void sort_scan(PlogScan *state, TupleTableSlot *slot);

/* Put the next sorted row into the slot.  False at the end. */
extern bool next_sorted_row(PlogScan *state, TupleTableSlot *slot);

/* Forget the sorted rows, if there are any. */
extern void end_sort(PlogScan *state);

#endif							/* PANDELEPHANT_SORT_H */
