/*-------------------------------------------------------------------------
 *
 * threadslices.c
 *		One row per stretch over which a thread was seen to run.
 *
 * asid_info says from where to where its threads ran.  Where a log has none,
 * the slices come from proc_trace, which says only where they start: each
 * runs to the instruction before the next one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "relations/relation.h"

enum
{
	THREADSLICE_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	START_OFFSET,
	END_OFFSET
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION},
	{"threadslice_id", COLUMN_BIGINT, SKIP_SLICE},
	{"thread_id", COLUMN_BIGINT, SKIP_SLICE_THREAD},
	{"start_execution_offset", COLUMN_BIGINT, SKIP_SLICE_START},
	{"end_execution_offset", COLUMN_BIGINT, SKIP_SLICE_END}
};

/* Where the scan is within the current entry. */
typedef struct SliceState
{
	PlogAsidInfo info;
	bool		in_asid_info;	/* tids of info are left */
	bool		is_first;		/* the next tid is the message's first */
	uint64		slice;			/* of the current chunk: how many were given */
	uint64		chunk;			/* that chunk */
	uint64		visit;			/* asid_infos counted, from 1 */
	uint64	   *visits;			/* by thread: the last asid_info that gave it */
} SliceState;

static uint64
count_threadslices(const CatalogSummary *summary)
{
	return summary->slice_count;
}

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->slices;
}

static void
begin_threadslices(RelationScan *scan)
{
	SliceState *state = scan->state;

	if (state == NULL)
	{
		Size		bytes = sizeof(uint64) * ((Size) scan->catalog->summary.thread_count + 1);

		state = scan->state = palloc0(sizeof(SliceState));
		state->visits = MemoryContextAllocHuge(scan->context, bytes);
		memset(state->visits, 0, bytes);
	}
	state->in_asid_info = false;
	state->slice = 0;
	state->chunk = PG_UINT64_MAX;
}

/*
 * Read the next entry, keeping count of the chunk's slices.
 */
static bool
next_entry(RelationScan *scan, SliceState *state)
{
	if (!relation_next_entry(scan))
		return false;
	if (state->chunk != scan->chunk)
	{
		state->chunk = scan->chunk;
		state->slice = 0;
	}
	return true;
}

static void
set_thread_and_id(RelationScan *scan, SliceState *state, uint32 thread)
{
	state->slice++;
	set_bigint(scan, THREADSLICE_ID, true,
			   (int64) (scan->catalog->chunks[scan->chunk].first_slice + state->slice));
	set_bigint(scan, THREAD_ID, thread != CATALOG_NONE, (int64) thread + 1);
}

/*
 * The next thread of the current asid_info that counts, or CATALOG_NONE.
 */
static uint32
next_thread_of_asid_info(RelationScan *scan, SliceState *state)
{
	const Catalog *catalog = scan->catalog;
	bool		form_2018 = catalog->summary.form.asid_info_2018;
	uint64		tid = 0;

	while (form_2018 ? state->is_first : plog_next_number(&state->info.tids, &tid))
	{
		CatalogThreadKey key = catalog_key_of_asid_info(&state->info, !form_2018, (uint32) tid);
		uint32		thread = catalog_find_thread(catalog, &key);
		bool		counts = catalog_tid_counts(catalog, &state->info, state->is_first,
												thread, scan->entry_id);

		CHECK_FOR_INTERRUPTS();
		state->is_first = false;
		if (thread == CATALOG_NONE || !counts || state->visits[thread] == state->visit)
			continue;
		state->visits[thread] = state->visit;
		return thread;
	}
	return CATALOG_NONE;
}

/*
 * The next slice of an asid_info.
 */
static bool
next_from_asid_info(RelationScan *scan, SliceState *state)
{
	for (;;)
	{
		PlogBytes	message;

		if (state->in_asid_info)
		{
			const PlogAsidInfo *info = &state->info;
			uint32		thread = next_thread_of_asid_info(scan, state);

			if (thread != CATALOG_NONE)
			{
				set_thread_and_id(scan, state, thread);
				set_known(scan, START_OFFSET, PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR),
						  info->start_instr);
				set_known(scan, END_OFFSET, PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR),
						  info->end_instr);
				return true;
			}
			state->in_asid_info = false;
		}
		if (!next_entry(scan, state))
			return false;
		message = entry_payload(&scan->entry, PLOG_ENTRY_ASID_INFO, scan->merged);
		if (message.data == NULL)
			continue;
		if (!plog_decode_asid_info(message, scan->catalog->summary.form.asid_info_2018,
								   &state->info))
		{
			report_malformed_entry(scan->file, scan->entry_id);
			continue;
		}
		state->in_asid_info = true;
		state->is_first = true;
		state->visit++;
	}
}

/*
 * Where the next proc_trace starts.  False where there is none.
 */
static bool
find_next_trace_start(RelationScan *scan, bool *is_known, uint64 *start)
{
	const CatalogChunk *chunk = &scan->catalog->chunks[scan->chunk];
	WireCursor	entries = scan->entries;
	PlogBytes	body;

	for (uint64 ahead = 1; plog_next_body(&entries, &body); ahead++)
	{
		PlogEntry	entry;
		PlogBytes	message = {NULL, 0};
		PlogProcTrace trace;
		bool		is_valid;

		CHECK_FOR_INTERRUPTS();
		is_valid = plog_decode_entry(body, &entry);
		if (is_valid)
			message = entry_payload(&entry, PLOG_ENTRY_PROC_TRACE, scan->merged);
		if (message.data != NULL)
			is_valid = plog_decode_proc_trace(message, &trace);
		if (!is_valid)
			report_malformed_entry(scan->file, scan->entry_id + ahead);
		if (!is_valid || message.data == NULL)
			continue;
		*start = trace.start_instr;
		*is_known = place_is_known(PLOG_HAS(&trace, PLOG_PROC_TRACE_START_INSTR),
								   trace.start_instr);
		return true;
	}
	*start = chunk->next_trace_start;
	*is_known = chunk->knows_next_trace_start;
	return chunk->has_next_trace;
}

/*
 * The end of a slice from a proc_trace: before the next one starts, or where
 * the execution ends; not before its own start.
 */
static void
set_end_of_trace(RelationScan *scan, bool knows_start, uint64 start)
{
	bool		is_known;
	uint64		end;

	if (find_next_trace_start(scan, &is_known, &end))
		end = end == 0 ? 0 : end - 1;
	else
	{
		is_known = !catalog_span_is_empty(&scan->catalog->summary.span);
		end = scan->catalog->summary.span.last;
	}
	if (is_known && knows_start && end < start)
		end = start;
	set_bigint(scan, END_OFFSET, is_known, (int64) end);
}

/*
 * The next slice of a log without any asid_info.
 */
static bool
next_from_proc_trace(RelationScan *scan, SliceState *state)
{
	PlogProcTrace trace;
	CatalogThreadKey key;
	bool		has_start;

	for (;;)
	{
		PlogBytes	message;

		if (!next_entry(scan, state))
			return false;
		message = entry_payload(&scan->entry, PLOG_ENTRY_PROC_TRACE, scan->merged);
		if (message.data == NULL)
			continue;
		if (plog_decode_proc_trace(message, &trace))
			break;
		report_malformed_entry(scan->file, scan->entry_id);
	}
	key = catalog_key_of_proc_trace(&trace);
	has_start = PLOG_HAS(&trace, PLOG_PROC_TRACE_START_INSTR);
	set_thread_and_id(scan, state, catalog_find_thread(scan->catalog, &key));
	set_known(scan, START_OFFSET, has_start, trace.start_instr);
	if (column_is_wanted(scan, END_OFFSET))
		set_end_of_trace(scan, place_is_known(has_start, trace.start_instr), trace.start_instr);
	return true;
}

static bool
next_threadslice(RelationScan *scan)
{
	SliceState *state = scan->state;

	return scan->catalog->summary.slices_from_proc_trace ?
		next_from_proc_trace(scan, state) : next_from_asid_info(scan, state);
}

const PlogRelation threadslices_relation = {
	.name = "threadslices",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {THREADSLICE_ID},
	.native = {
		.key = "threadslice_id",
		.references = {{"thread_id", "threads"}},
		.indexes = {"thread_id, start_execution_offset"}
	},
	.reads_chunks = true,
	.needs_catalog = true,
	.condition_columns = ~(ColumnSet) 0,
	.count = count_threadslices,
	.count_in_chunk = count_in_chunk,
	.begin = begin_threadslices,
	.next = next_threadslice
};
