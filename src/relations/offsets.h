/*-------------------------------------------------------------------------
 *
 * offsets.h
 *		Execution offsets as bigints.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_OFFSETS_H
#define PANDELEPHANT_OFFSETS_H

#include "catalog/catalog.h"

/*
 * Are the offsets of a span, which is not empty, in the same order as bigints?
 * An offset of 2^63 or more is a negative bigint.  Where a span has such offsets,
 * its first and last are not the least and the greatest bigint in it, and
 * nothing follows from them.
 */
static inline bool
span_is_in_order(const CatalogSpan *span)
{
	return span->last <= (uint64) PG_INT64_MAX;
}

#endif							/* PANDELEPHANT_OFFSETS_H */
