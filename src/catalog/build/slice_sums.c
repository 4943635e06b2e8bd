/*-------------------------------------------------------------------------
 *
 * slice_sums.c
 *		Adding up the slices of each thread.
 *
 * How long something ran is the sum of the ends of its slices minus the sum of their
 * starts.  There are sums for all slices of a log or for none: if one slice has no start
 * or no end, or offsets that are too large to be added safely, the catalog has none.
 *
 * Which thread ran is settled as relations/threadslices.c does it.  Of an asid_info that
 * lists several threads, that can depend on what was listed before.  Where a log is read
 * in pieces, a piece does not know that of its first slices, and leaves them open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"

#include "catalog/build/slice_sums.h"

static bool
is_summed(bool is_present, uint64 offset)
{
	return is_present && offset != PLOG_UNKNOWN &&
		(int64) offset >= -CATALOG_SUMMED_OFFSET && (int64) offset <= CATALOG_SUMMED_OFFSET;
}

/*
 * Take the slice of a message.  False if there are no sums, or this slice ends it.
 */
static bool
take_slice(Builder *builder, const PlogAsidInfo *info, CatalogSliceSums *slice)
{
	CatalogSummary *summary = &builder->catalog->summary;

	if (!is_summed(PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr) ||
		!is_summed(PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr))
		summary->has_slice_sums = false;
	slice->slices = 1;
	slice->starts = (int64) info->start_instr;
	slice->ends = (int64) info->end_instr;
	return summary->has_slice_sums;
}

void
merge_slice_sums(Builder *builder, CatalogSliceSums *to, const CatalogSliceSums *from)
{
	to->slices += from->slices;
	if (pg_add_s64_overflow(to->starts, from->starts, &to->starts) ||
		pg_add_s64_overflow(to->ends, from->ends, &to->ends))
		builder->catalog->summary.has_slice_sums = false;
}

void
sum_slice(Builder *builder, const PlogAsidInfo *info, uint32 thread)
{
	CatalogSliceSums slice;

	if (take_slice(builder, info, &slice))
		merge_slice_sums(builder, &builder->catalog->threads[thread].ran, &slice);
}

/*
 * Add a slice to the thread that ran, if just one of those that are listed is new.
 */
static void
sum_settled_slice(Builder *builder, const CatalogSliceSums *slice, uint32 first, uint32 new_count,
				  uint32 new_thread)
{
	CatalogThread *threads = builder->catalog->threads;

	merge_slice_sums(builder, new_count == 1 ? &threads[new_thread].ran : &threads[first].listed,
					 slice);
}

void
sum_slice_of_several(Builder *builder, const PlogAsidInfo *info, uint32 first,
					 const IndexList *new_threads)
{
	Catalog    *catalog = builder->catalog;
	CatalogSliceSums slice;

	if (!take_slice(builder, info, &slice))
		return;
	if (new_threads->count == 0 || !is_later_piece(builder))
	{
		sum_settled_slice(builder, &slice, first, new_threads->count,
						  new_threads->count == 0 ? CATALOG_NONE : new_threads->indexes[0]);
		return;
	}
	for (uint32 i = 0; i < new_threads->count; i++)
	{
		make_room(&builder->things, CATALOG_OPEN_SLICES, catalog->unfinished.open_slice_count);
		catalog->unfinished.open_slices[catalog->unfinished.open_slice_count++] = (CatalogOpenSlice)
		{
			builder->at.entry_id, slice, first, new_threads->indexes[i]
		};
		CHECK_FOR_INTERRUPTS();
	}
}

void
merge_open_slices(Builder *builder, const CatalogOpenSlice *slices, uint64 count,
				  const uint32 *threads)
{
	for (uint64 i = 0; i < count;)
	{
		const CatalogOpenSlice *slice = &slices[i];
		uint32		new_thread = CATALOG_NONE;
		uint32		new_count = 0;

		for (; i < count && slices[i].entry_id == slice->entry_id; i++)
		{
			uint32		thread = threads[slices[i].thread];

			CHECK_FOR_INTERRUPTS();
			if (builder->catalog->threads[thread].first_listed != slice->entry_id)
				continue;
			new_thread = thread;
			new_count++;
		}
		sum_settled_slice(builder, &slice->sums, threads[slice->first], new_count, new_thread);
	}
}

void
settle_slice_sums(Catalog *catalog)
{
	CatalogSummary *summary = &catalog->summary;
	const CatalogSliceSums none = {0};

	summary->has_slice_sums &= !summary->slices_from_proc_trace;
	for (uint32 i = 0; i < summary->thread_count && !summary->has_slice_sums; i++)
	{
		CHECK_FOR_INTERRUPTS();
		catalog->threads[i].ran = catalog->threads[i].listed = none;
	}
}
