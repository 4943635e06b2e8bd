/*-------------------------------------------------------------------------
 *
 * sort.h
 *		Beginning a sort.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_SORT_H
#define PANDELEPHANT_COMPAT_SORT_H

#include "miscadmin.h"
#include "utils/tuplesort.h"

/*
 * tuplesort_begin_heap() for rows that are read once.
 */
static inline Tuplesortstate *
begin_heap_sort(TupleDesc descriptor, int key_count, AttrNumber *attributes, Oid *operators,
				Oid *collations, bool *nulls_first)
{
#if PG_VERSION_NUM >= 150000
	return tuplesort_begin_heap(descriptor, key_count, attributes, operators, collations,
								nulls_first, work_mem, NULL, TUPLESORT_NONE);
#else
	return tuplesort_begin_heap(descriptor, key_count, attributes, operators, collations,
								nulls_first, work_mem, NULL, false);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_SORT_H */
