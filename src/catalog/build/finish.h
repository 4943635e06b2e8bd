/*-------------------------------------------------------------------------
 *
 * finish.h
 *		What the files share that settle what only the whole file can tell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_FINISH_H
#define PANDELEPHANT_CATALOG_FINISH_H

#include "miscadmin.h"

#include "catalog/catalog.h"

/* Sorts and loops check for interrupts after this many comparisons or things. */
#define COMPARISONS_PER_CHECK	65536

static inline void
check_interrupts_in_sort(void)
{
	static uint32 comparisons = 0;

	if (++comparisons % COMPARISONS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
}

/*
 * Let a loop over things be interrupted.
 */
static inline void
check_interrupts_at(uint32 index)
{
	if (index % COMPARISONS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
}

static inline int
compare_u64(uint64 a, uint64 b)
{
	return a < b ? -1 : a > b ? 1 : 0;
}

/* parents.c: find each process's parent, once there are processes. */
extern void find_parents(Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_FINISH_H */
