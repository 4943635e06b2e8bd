/*-------------------------------------------------------------------------
 *
 * slice_sums.h
 *		Adding up the slices of each thread.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SLICE_SUMS_H
#define PANDELEPHANT_CATALOG_SLICE_SUMS_H

#include "catalog/build/builder.h"

/* Add the slice of an asid_info that is of one thread. */
extern void sum_slice(Builder *builder, const PlogAsidInfo *info, uint32 thread);

/*
 * Add the slice of an asid_info that lists several threads: the first one, and those
 * that no asid_info before has listed, in the log or in the piece.
 */
extern void sum_slice_of_several(Builder *builder, const PlogAsidInfo *info, uint32 first,
								 const IndexList *new_threads);

/* Add sums of a thread, or an open slice, of a piece to the catalog. */
extern void merge_slice_sums(Builder *builder, CatalogSliceSums *to, const CatalogSliceSums *from);

/*
 * Add a piece's open slices, whose threads have these indexes in the catalog.  The
 * catalog has the threads of the piece already.
 */
extern void merge_open_slices(Builder *builder, const CatalogOpenSlice *slices, uint64 count,
							  const uint32 *threads);

/* A finished catalog has sums or it has none. */
extern void settle_slice_sums(Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_SLICE_SUMS_H */
