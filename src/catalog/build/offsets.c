/*-------------------------------------------------------------------------
 *
 * offsets.c
 *		The order and the distribution of the execution offsets of a log's rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/build/offsets.h"
#include "catalog/sorting.h"

void
start_row_offsets(RowOffsets *rows)
{
	rows->are_sorted = true;
	rows->least = PG_UINT64_MAX;
	rows->previous = 0;
	rows->sample.seen = 0;
	rows->sample.stride = 1;
	rows->sample.count = 0;
}

/*
 * Remove every second offset.
 */
static void
thin_sample(OffsetSample *sample)
{
	for (uint32 i = 0; i < sample->count; i += 2)
		sample->offsets[i / 2] = sample->offsets[i];
	sample->count = (sample->count + 1) / 2;
	sample->stride *= 2;
}

void
add_to_sample(OffsetSample *sample, uint64 offset)
{
	if (sample->count == SAMPLE_OFFSETS)
		thin_sample(sample);
	sample->offsets[sample->count++] = offset;
}

static void
merge_sample(OffsetSample *sample, const OffsetSample *later)
{
	OffsetSample other = *later;

	while (sample->stride < other.stride)
		thin_sample(sample);
	while (other.stride < sample->stride)
		thin_sample(&other);
	while (sample->count + other.count > SAMPLE_OFFSETS)
	{
		thin_sample(sample);
		thin_sample(&other);
	}
	memcpy(sample->offsets + sample->count, other.offsets, sizeof(uint64) * other.count);
	sample->count += other.count;
	sample->seen += other.seen;
}

void
merge_row_offsets(RowOffsets *rows, const RowOffsets *later)
{
	bool		has_rows = later->least <= later->previous;

	merge_sample(&rows->sample, &later->sample);
	if (!has_rows && later->are_sorted)
		return;
	rows->are_sorted = rows->are_sorted && later->are_sorted && later->least >= rows->previous;
	rows->least = Min(rows->least, later->least);
	rows->previous = later->previous;
}

static int
compare_offsets(const void *a, const void *b)
{
	return compare_u64(*(const uint64 *) a, *(const uint64 *) b);
}

void
find_quantiles(const OffsetSample *sample, const CatalogSpan *span, CatalogQuantiles *quantiles)
{
	uint64		offsets[SAMPLE_OFFSETS];

	/* an offset of 2^63 or more is a negative bigint */
	quantiles->count = 0;
	if (sample->count < 2 || span->last > (uint64) PG_INT64_MAX)
		return;
	memcpy(offsets, sample->offsets, sizeof(uint64) * sample->count);
	qsort(offsets, sample->count, sizeof(uint64), compare_offsets);
	quantiles->count = Min(sample->count, CATALOG_QUANTILES);
	for (uint32 i = 0; i < quantiles->count; i++)
		quantiles->offsets[i] = offsets[i * (sample->count - 1) / (quantiles->count - 1)];
	quantiles->offsets[0] = span->first;
	quantiles->offsets[quantiles->count - 1] = span->last;
}
