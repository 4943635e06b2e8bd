/*-------------------------------------------------------------------------
 *
 * sorting.h
 *		Helpers for sorting and going through many things.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SORTING_H
#define PANDELEPHANT_CATALOG_SORTING_H

#include "miscadmin.h"

/* Interrupts are checked for once in this many comparisons or elements. */
#define ELEMENTS_PER_CHECK		65536

/*
 * To be called by every comparison function: qsort() itself does not check for
 * interrupts.
 */
static inline void
check_interrupts_in_sort(void)
{
	static uint32 comparisons = 0;

	if (++comparisons % ELEMENTS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
}

/*
 * To be called by a loop over the elements of an array, with their index.
 */
static inline void
check_interrupts_at(uint32 index)
{
	if (index % ELEMENTS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
}

static inline int
compare_u64(uint64 a, uint64 b)
{
	return a < b ? -1 : a > b ? 1 : 0;
}

#endif							/* PANDELEPHANT_CATALOG_SORTING_H */
