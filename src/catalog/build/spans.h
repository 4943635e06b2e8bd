/*-------------------------------------------------------------------------
 *
 * spans.h
 *		Extending spans of execution offsets and entry_ids.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SPANS_H
#define PANDELEPHANT_CATALOG_SPANS_H

#include "catalog/catalog.h"

static inline void
clear_span(CatalogSpan *span)
{
	span->first = PLOG_UNKNOWN;
	span->last = 0;
}

/*
 * Extend a span to cover an execution offset, if that is known.
 */
static inline void
extend_span(CatalogSpan *span, bool is_present, uint64 offset)
{
	if (!is_present || offset == PLOG_UNKNOWN)
		return;
	span->first = Min(span->first, offset);
	span->last = Max(span->last, offset);
}

/*
 * Extend a span to cover another one.
 */
static inline void
merge_span(CatalogSpan *span, const CatalogSpan *other)
{
	span->first = Min(span->first, other->first);
	span->last = Max(span->last, other->last);
}

/*
 * Note the execution offset of a row.
 */
static inline void
note_offset(CatalogOffsets *offsets, bool is_present, uint64 offset)
{
	if (is_present && offset != PLOG_UNKNOWN)
		extend_span(&offsets->span, true, offset);
	else
		offsets->unknown++;
}

#endif							/* PANDELEPHANT_CATALOG_SPANS_H */
