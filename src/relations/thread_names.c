/*-------------------------------------------------------------------------
 *
 * thread_names.c
 *		One row per name of a thread.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation_scan.h"

enum
{
	THREAD_NAME_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	NAME,
	FIRST_SEEN,
	LAST_SEEN
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"thread_name_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"thread_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "its thread"},
	{"name", COLUMN_TEXT, SKIP_NONE,
		.comment = "the name"},
	{"first_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the first time"},
	{"last_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the last time"}
};

static const ColumnStatistics statistics[] = {
	{.column = THREAD_ID, .rows_of = &threads_relation}
};

static uint64
count_thread_names(const CatalogSummary *summary)
{
	return summary->name_count;
}

static bool
next_thread_name(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	const CatalogName *name;

	if (scan->position >= catalog->summary.name_count)
		return false;
	name = &catalog->names[scan->position++];
	set_bigint(row, THREAD_NAME_ID, true, (int64) scan->position);
	set_bigint(row, THREAD_ID, true, (int64) name->thread + 1);
	if (column_is_wanted(scan, NAME))
		set_catalog_text(row, NAME, catalog, name->text);
	set_span(row, FIRST_SEEN, LAST_SEEN, &name->span);
	return true;
}

const PlogRelation thread_names_relation = {
	.name = "thread_names",
	.comment = "One row per name of a thread.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {THREAD_NAME_ID},
	.native = {
		.key = "thread_name_id",
		.references = {{"thread_id", "threads"}},
		.indexes = {"thread_id"}
	},
	.catalog.is_needed = true,
	.beliefs.rows = {.rows = 10, .entries_per_row = 2000},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_thread_names,
	.next = next_thread_name
};
