/*-------------------------------------------------------------------------
 *
 * threadslices.c
 *		One row per stretch over which a thread was seen to run.
 *
 * An asid_info says over which instructions a process ran, and lists its threads:
 * the one that ran, or all that were seen so far.  In a list of several, the thread
 * that is listed for the first time is the one that ran, if there is just one such
 * thread.
 *
 * In a log without any asid_info, the slices come from proc_trace.  It says only
 * where a slice starts: the slice ends at the instruction before the next one
 * starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "relations/walk.h"

enum
{
	THREADSLICE_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	PROCESS_ID,
	START_OFFSET,
	END_OFFSET
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"threadslice_id", COLUMN_BIGINT, SKIP_SLICE, .is_never_null = true,
		.comment = "key"},
	{"thread_id", COLUMN_BIGINT, SKIP_SLICE_THREAD,
		.comment = "the thread that ran; NULL if the log does not tell which one: asidstory "
		"lists all threads of a process that share a create_time, and this is the one that it "
		"lists for the first time"},
	{"process_id", COLUMN_BIGINT, SKIP_SLICE_PROCESS,
		.comment = "the process that ran"},
	{"start_execution_offset", COLUMN_BIGINT, SKIP_SLICE_START,
		.comment = "where it begins"},
	{"end_execution_offset", COLUMN_BIGINT, SKIP_SLICE_END,
		.comment = "where it ends, as written: asidstory ends a slice 100 instructions early, so "
		"it can be negative near the beginning of a log"}
};

static const ColumnStatistics statistics[] = {
	{.column = THREAD_ID, .rows_of = &threads_relation},
	{.column = PROCESS_ID, .rows_of = &processes_relation}
};

/* Where the scan is within the current chunk. */
typedef struct SliceState
{
	uint64		chunk;			/* the current chunk */
	uint64		slice;			/* how many of its slices were given */
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
		state = scan->state = palloc0(sizeof(SliceState));
	state->slice = 0;
	state->chunk = PG_UINT64_MAX;
}

/*
 * Read the next entry.  In a new chunk, slices are counted from 0 again.
 */
static bool
next_entry(RelationScan *scan, SliceState *state)
{
	if (!relation_next_entry(scan))
		return false;
	if (state->chunk != scan->walk.chunk)
	{
		state->chunk = scan->walk.chunk;
		state->slice = 0;
	}
	return true;
}

/*
 * Give the slice its id, its thread if it is known (or CATALOG_NONE), and the
 * process of thread_of_process.
 */
static void
set_ids(RelationScan *scan, SliceState *state, uint32 thread, uint32 thread_of_process)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	bool		has_process = thread_of_process != CATALOG_NONE;

	state->slice++;
	set_bigint(row, THREADSLICE_ID, true,
			   (int64) (catalog->chunks[scan->walk.chunk].first_slice + state->slice));
	set_id(row, THREAD_ID, thread);
	set_bigint(row, PROCESS_ID, has_process,
			   has_process ? (int64) catalog->threads[thread_of_process].process + 1 : 0);
}

/*
 * Find the thread that ran, going by an asid_info (CATALOG_NONE if it lists several
 * and does not tell which one), and the first thread that it lists.  False if it
 * lists none.
 */
static bool
find_threads(RelationScan *scan, const PlogAsidInfo *info, uint32 *ran, uint32 *first)
{
	const Catalog *catalog = scan->catalog;
	bool		is_summary = PLOG_HAS(info, PLOG_ASID_INFO_COUNT);
	PlogListedThreads threads = plog_listed_threads(info);
	uint32		new_thread = CATALOG_NONE;
	bool		has_several = false;
	bool		has_several_new = false;
	CatalogThreadKey key;

	if (!plog_next_listed_thread(&threads))
		return false;
	key = catalog_key_of_asid_info(info, threads.has_tid, threads.tid);
	*first = *ran = catalog_find_thread(catalog, &key);
	if (is_summary || *first == CATALOG_NONE)
		return true;
	if (catalog->threads[*first].first_listed == scan->entry_id)
		new_thread = *first;
	while (plog_next_listed_thread(&threads))
	{
		uint32		thread;

		CHECK_FOR_INTERRUPTS();
		key = catalog_key_of_asid_info(info, threads.has_tid, threads.tid);
		thread = catalog_find_thread(catalog, &key);
		has_several |= thread != *first;
		if (thread == CATALOG_NONE || thread == new_thread ||
			catalog->threads[thread].first_listed != scan->entry_id)
			continue;
		has_several_new |= new_thread != CATALOG_NONE;
		new_thread = thread;
	}
	if (has_several)
		*ran = has_several_new ? CATALOG_NONE : new_thread;
	return true;
}

/*
 * The next slice of an asid_info.
 */
static bool
next_from_asid_info(RelationScan *scan, SliceState *state)
{
	RelationRow *row = &scan->row;
	PlogAsidInfo info;
	uint32		thread;
	uint32		first;

	for (;;)
	{
		PlogBytes	message;

		if (!next_entry(scan, state))
			return false;
		message = entry_payload(&scan->entry, PLOG_ENTRY_ASID_INFO, scan->merged);
		if (message.data == NULL)
			continue;
		if (!plog_decode_asid_info(message, scan->catalog->summary.form.asid_info_2018, &info))
			report_malformed_entry(scan->file, scan->entry_id);
		else if (find_threads(scan, &info, &thread, &first))
			break;
	}
	set_ids(scan, state, thread, thread != CATALOG_NONE ? thread : first);
	set_known(row, START_OFFSET, PLOG_HAS(&info, PLOG_ASID_INFO_START_INSTR), info.start_instr);
	set_known(row, END_OFFSET, PLOG_HAS(&info, PLOG_ASID_INFO_END_INSTR), info.end_instr);
	return true;
}

/*
 * Find where the next proc_trace starts, if that is known.  False if there is no
 * next one.
 */
static bool
find_next_trace_start(RelationScan *scan, bool *is_known, uint64 *start)
{
	const CatalogChunk *chunk = &scan->catalog->chunks[scan->walk.chunk];
	WireCursor	entries = scan->walk.entries;
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
	*start = chunk->next_trace.start;
	*is_known = chunk->next_trace.has_start;
	return chunk->next_trace.exists;
}

/*
 * Set the end of a slice from a proc_trace: the instruction before the next one
 * starts, or the end of the execution, but not before its own start.
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
	set_bigint(&scan->row, END_OFFSET, is_known, (int64) end);
}

/*
 * The next slice of a log without any asid_info.
 */
static bool
next_from_proc_trace(RelationScan *scan, SliceState *state)
{
	PlogProcTrace trace;
	CatalogThreadKey key;
	uint32		thread;
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
	thread = catalog_find_thread(scan->catalog, &key);
	set_ids(scan, state, thread, thread);
	set_known(&scan->row, START_OFFSET, has_start, trace.start_instr);
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

/* The columns whose sums the catalog knows, and those that it knows them by. */
#define SUMMED_COLUMNS	(COLUMN_BIT(START_OFFSET) | COLUMN_BIT(END_OFFSET))
#define SUMS_COLUMNS \
	(COLUMN_BIT(COLUMN_EXECUTION_ID) | COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID) | \
	 SUMMED_COLUMNS)

static bool
knows_sums(const CatalogSummary *summary, ColumnSet columns pg_attribute_unused())
{
	return summary->has_slice_sums;
}

/*
 * Numbers that add up to a sum: so many are one more than the mean, which is rounded
 * down, and the others are the mean.
 */
static int64
mean_of(int64 sum, uint64 number, uint64 *larger)
{
	int64		mean = sum / (int64) number;
	int64		rest = sum % (int64) number;

	if (rest < 0)
	{
		rest += (int64) number;
		mean--;
	}
	*larger = (uint64) rest;
	return mean;
}

/*
 * Take the sums of some slices as three counted rows: those whose start and end are both
 * more than the mean, those of which one is, and the others.  Sets the offsets of one of
 * them, and returns how many slices it stands for.
 */
static uint64
set_part_of_sums(RelationRow *row, const CatalogSliceSums *sums, uint64 part)
{
	uint64		larger_starts;
	uint64		larger_ends;
	int64		start = mean_of(sums->starts, sums->slices, &larger_starts);
	int64		end = mean_of(sums->ends, sums->slices, &larger_ends);
	uint64		both = Min(larger_starts, larger_ends);
	uint64		any = Max(larger_starts, larger_ends);

	set_bigint(row, START_OFFSET, true,
			   start + (part == 0 || (part == 1 && larger_starts > both)));
	set_bigint(row, END_OFFSET, true, end + (part == 0 || (part == 1 && larger_ends > both)));
	return part == 0 ? both : part == 1 ? any - both : sums->slices - any;
}

/*
 * The next counted row.  Of a thread there are three for the slices in which it ran, and
 * three for those whose thread is not known and which list it first.
 */
static bool
next_sums(RelationScan *scan, uint64 *count)
{
	const Catalog *catalog = scan->catalog;
	RelationRow *row = &scan->row;

	while (scan->position / 6 < catalog->summary.thread_count)
	{
		uint32		index = (uint32) (scan->position / 6);
		const CatalogThread *thread = &catalog->threads[index];
		uint64		part = scan->position++ % 6;
		const CatalogSliceSums *sums = part < 3 ? &thread->ran : &thread->listed;

		CHECK_FOR_INTERRUPTS();
		*count = sums->slices == 0 ? 0 : set_part_of_sums(row, sums, part % 3);
		if (*count == 0)
			continue;
		set_id(row, THREAD_ID, part < 3 ? index : CATALOG_NONE);
		set_id(row, PROCESS_ID, thread->process);
		return true;
	}
	return false;
}

const PlogRelation threadslices_relation = {
	.name = "threadslices",
	.comment = "One row per period in which a thread was seen to run.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {THREADSLICE_ID},
	.native = {
		.key = "threadslice_id",
		.references = {{"thread_id", "threads"}, {"process_id", "processes"}},
		.indexes = {"thread_id, start_execution_offset", "process_id"}
	},
	.reads_chunks = true,
	.catalog.is_needed = true,
	.condition_columns = ~(ColumnSet) 0,
	.beliefs.rows = {.entries_per_row = 10},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_threadslices,
	.counted = {
		.columns = SUMS_COLUMNS,
		.summed_columns = SUMMED_COLUMNS,
		.is_known = knows_sums,
		.next = next_sums
	},
	.count_in_chunk = count_in_chunk,
	.begin = begin_threadslices,
	.next = next_threadslice
};
