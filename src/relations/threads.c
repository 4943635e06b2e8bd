/*-------------------------------------------------------------------------
 *
 * threads.c
 *		One row per thread.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "relations/relation_scan.h"

enum
{
	THREAD_ID = COLUMN_EXECUTION_ID + 1,
	PROCESS_ID,
	TID,
	NAMES,
	CREATE_TIME,
	FIRST_SEEN,
	LAST_SEEN
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"thread_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"process_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "its process"},
	{"tid", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the guest's number of the thread; it can be used again"},
	{"names", COLUMN_TEXT_ARRAY, SKIP_NONE,
		.comment = "its names, in the order first seen"},
	{"create_time", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "nanoseconds from the start of the guest to the start of the thread; "
		"unsigned; NULL if PANDA wrote 0"},
	{"first_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the first time"},
	{"last_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the last time"}
};

static const ColumnStatistics statistics[] = {
	{.column = PROCESS_ID, .rows_of = &processes_relation},
	{.column = TID, .rows_of = &threads_relation}
};

static uint64
count_threads(const CatalogSummary *summary)
{
	return summary->thread_count;
}

/*
 * Set a thread's names.  The catalog has their indexes among all names of threads,
 * where the indexes of the texts are.
 */
static void
set_names(RelationScan *scan, const CatalogThread *thread)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	uint32	   *texts = MemoryContextAllocHuge(row->context,
											   sizeof(uint32) * (thread->name_count + 1));

	for (uint32 i = 0; i < thread->name_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		texts[i] = catalog->names[catalog->names_of_threads[thread->first_name + i]].text;
	}
	set_catalog_texts(row, NAMES, catalog, texts, thread->name_count);
}

static bool
next_thread(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	const CatalogThread *thread;

	if (scan->position >= catalog->summary.thread_count)
		return false;
	thread = &catalog->threads[scan->position++];
	set_bigint(row, THREAD_ID, true, (int64) scan->position);
	set_bigint(row, PROCESS_ID, true, (int64) thread->process + 1);
	set_bigint(row, TID, thread->key.has_tid, thread->key.tid);
	if (column_is_wanted(scan, NAMES))
		set_names(scan, thread);
	set_bigint(row, CREATE_TIME, thread->key.has_create_time, (int64) thread->key.create_time);
	set_span(row, FIRST_SEEN, LAST_SEEN, &thread->span);
	return true;
}

const PlogRelation threads_relation = {
	.name = "threads",
	.comment = "One row per thread.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {THREAD_ID},
	.native = {
		.key = "thread_id",
		.references = {{"process_id", "processes"}},
		.indexes = {"process_id"}
	},
	.catalog.is_needed = true,
	.is_indexed = true,
	.beliefs.rows = {.rows = 10, .entries_per_row = 2000},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_threads,
	.next = next_thread
};
