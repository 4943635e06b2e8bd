/*-------------------------------------------------------------------------
 *
 * sample.h
 *		A sample of the execution offsets of a log's rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SAMPLE_H
#define PANDELEPHANT_CATALOG_SAMPLE_H

#include "catalog/catalog.h"

/* So many offsets are kept at most. */
#define SAMPLE_OFFSETS		512

/*
 * Every stride-th offset of those that came.  When there is no room for more,
 * every second goes and the stride doubles.  Where samples were merged, the
 * steps between them are not exactly that long: of a log built in pieces the
 * quantiles may be slightly others.
 */
typedef struct OffsetSample
{
	uint64		seen;			/* offsets that came */
	uint64		stride;			/* a power of two */
	uint32		count;
	uint64		offsets[SAMPLE_OFFSETS];
} OffsetSample;

extern void start_sample(OffsetSample *sample);

/* Keep an offset.  Only for note_in_sample(). */
extern void add_to_sample(OffsetSample *sample, uint64 offset);

/* Add the sample of what comes behind all that came so far. */
extern void merge_sample(OffsetSample *sample, const OffsetSample *behind);

/* What the sample shows of how the offsets are spread, between two known ones. */
extern void find_quantiles(const OffsetSample *sample, const CatalogSpan *span,
						   CatalogQuantiles *quantiles);

/*
 * Let the sample see an offset, if it is known.
 */
static inline void
note_in_sample(OffsetSample *sample, bool is_present, uint64 offset)
{
	if (!is_present || offset == PLOG_UNKNOWN)
		return;
	if ((sample->seen++ & (sample->stride - 1)) == 0)
		add_to_sample(sample, offset);
}

#endif							/* PANDELEPHANT_CATALOG_SAMPLE_H */
