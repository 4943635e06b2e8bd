/*-------------------------------------------------------------------------
 *
 * offsets.h
 *		The order and the distribution of the execution offsets of a log's rows.
 *
 * The planner wants to know whether the rows come in order of their offsets, and
 * how many of them are in a range of offsets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_OFFSETS_H
#define PANDELEPHANT_CATALOG_OFFSETS_H

#include "catalog/catalog.h"

/* The most offsets that a sample has. */
#define SAMPLE_OFFSETS		512

/*
 * A sample has every stride-th known offset.  If it is full, every second one is
 * removed and the stride doubles.  In a merged sample some distances are not
 * exactly the stride, so the quantiles of a log that was built in pieces may
 * differ a little.
 */
typedef struct OffsetSample
{
	uint64		seen;			/* known offsets so far */
	uint64		stride;			/* a power of two */
	uint32		count;			/* of offsets in the sample */
	uint64		offsets[SAMPLE_OFFSETS];
} OffsetSample;

/*
 * The offsets of all rows of one kind.  Offsets are shown as bigints, in which
 * those of 2^63 and more are negative, so rows with such ones do not count as
 * sorted.
 */
typedef struct RowOffsets
{
	bool		are_sorted;		/* has none been less than the one before? */
	uint64		least;
	uint64		previous;		/* of the last row */
	OffsetSample sample;
} RowOffsets;

extern void start_row_offsets(RowOffsets *rows);

/* Add the offsets of rows that come after all those so far. */
extern void merge_row_offsets(RowOffsets *rows, const RowOffsets *later);

/*
 * Find the quantiles of the offsets in a sample.  The least and the greatest known
 * offset, which the sample may not have, are given by a span.
 */
extern void find_quantiles(const OffsetSample *sample, const CatalogSpan *span,
						   CatalogQuantiles *quantiles);

/* Keep an offset.  Use note_row_offset(). */
extern void add_to_sample(OffsetSample *sample, uint64 offset);

/*
 * Note the offset of the next row, which is 0 if the row has none.  Whether there
 * are such rows is counted chunk by chunk, see CatalogOffsets.
 */
static inline void
note_row_offset(RowOffsets *rows, bool is_present, uint64 offset)
{
	if (offset < rows->previous || offset > (uint64) PG_INT64_MAX)
		rows->are_sorted = false;
	rows->least = Min(rows->least, offset);
	rows->previous = offset;
	if (is_present && offset != PLOG_UNKNOWN &&
		(rows->sample.seen++ & (rows->sample.stride - 1)) == 0)
		add_to_sample(&rows->sample, offset);
}

#endif							/* PANDELEPHANT_CATALOG_OFFSETS_H */
