/*-------------------------------------------------------------------------
 *
 * processes.c
 *		One row per process.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation_scan.h"

enum
{
	PROCESS_ID = COLUMN_EXECUTION_ID + 1,
	PARENT_PROCESS_ID,
	PID,
	PPID,
	CREATE_TIME,
	NAMES,
	ASID,
	FIRST_SEEN,
	LAST_SEEN
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"process_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"parent_process_id", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the parent: of the processes with pid ppid, the one that existed when this "
		"one began; if no process had this pid, the process of a thread with this tid, because "
		"logs before August 2021 contain the tid of the parent; NULL if none is in the log"},
	{"pid", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the guest's number of the process; it can be used again"},
	{"ppid", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the first one seen: if the parent ends, its children get another"},
	{"create_time", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "nanoseconds from the start of the guest to the start of the leading thread; "
		"unsigned; NULL if PANDA wrote 0"},
	{"names", COLUMN_TEXT_ARRAY, SKIP_NONE,
		.comment = "the names of its threads, in the order first seen; {} if there is none"},
	{"asid", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the last address space that asidstory saw; it changes at execve; unsigned"},
	{"first_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the first time"},
	{"last_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the last time"}
};

static const ColumnStatistics statistics[] = {
	{.column = PARENT_PROCESS_ID, .rows_of = &processes_relation},
	{.column = PID, .rows_of = &processes_relation}
};

static uint64
count_processes(const CatalogSummary *summary)
{
	return summary->process_count;
}

static bool
next_process(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	const CatalogProcess *process;

	if (scan->position >= catalog->summary.process_count)
		return false;
	process = &catalog->processes[scan->position++];
	set_bigint(row, PROCESS_ID, true, (int64) scan->position);
	set_bigint(row, PARENT_PROCESS_ID, process->parent != CATALOG_NONE,
			   (int64) process->parent + 1);
	set_said(row, PID, &process->pid);
	set_said(row, PPID, &process->ppid);
	set_bigint(row, CREATE_TIME, process->has_create_time, (int64) process->create_time);
	if (column_is_wanted(scan, NAMES))
		set_catalog_texts(row, NAMES, catalog, catalog->names_of_processes + process->first_name,
						  process->name_count);
	set_said(row, ASID, &process->asid);
	set_span(row, FIRST_SEEN, LAST_SEEN, &process->span);
	return true;
}

const PlogRelation processes_relation = {
	.name = "processes",
	.comment = "One row per process.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {PROCESS_ID},
	.native = {
		.key = "process_id",
		.references = {{"parent_process_id", "processes"}},
		.indexes = {"parent_process_id"}
	},
	.catalog.is_needed = true,
	.is_indexed = true,
	.beliefs.rows = {.rows = 10, .entries_per_row = 2000},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_processes,
	.next = next_process
};
