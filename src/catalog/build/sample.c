/*-------------------------------------------------------------------------
 *
 * sample.c
 *		A sample of the execution offsets of a log's rows, for the planner to
 *		know how they are spread in time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/build/sample.h"

void
start_sample(OffsetSample *sample)
{
	sample->seen = 0;
	sample->stride = 1;
	sample->count = 0;
}

/*
 * Let every second offset go.
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

void
merge_sample(OffsetSample *sample, const OffsetSample *behind)
{
	OffsetSample other = *behind;

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

static int
compare_offsets(const void *a, const void *b)
{
	uint64		offset_a = *(const uint64 *) a;
	uint64		offset_b = *(const uint64 *) b;

	return offset_a < offset_b ? -1 : offset_a > offset_b;
}

void
find_quantiles(const OffsetSample *sample, const CatalogSpan *span, CatalogQuantiles *quantiles)
{
	uint64		offsets[SAMPLE_OFFSETS];

	/* offsets beyond 2^63 turn negative in a bigint, and are no range any more */
	quantiles->count = 0;
	if (sample->count < 2 || span->last > (uint64) PG_INT64_MAX)
		return;
	memcpy(offsets, sample->offsets, sizeof(uint64) * sample->count);
	qsort(offsets, sample->count, sizeof(uint64), compare_offsets);
	quantiles->count = Min(sample->count, CATALOG_QUANTILES);
	for (uint32 i = 0; i < quantiles->count; i++)
		quantiles->offsets[i] = offsets[i * (sample->count - 1) / (quantiles->count - 1)];

	/* the sample may have missed the very first and the very last */
	quantiles->offsets[0] = span->first;
	quantiles->offsets[quantiles->count - 1] = span->last;
}
