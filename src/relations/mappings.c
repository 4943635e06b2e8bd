/*-------------------------------------------------------------------------
 *
 * mappings.c
 *		One row per module mapped into a process.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation_scan.h"

enum
{
	MAPPING_ID = COLUMN_EXECUTION_ID + 1,
	PROCESS_ID,
	NAME,
	PATH,
	ASID,
	BASE_ADDRESS,
	SIZE,
	FIRST_SEEN,
	LAST_SEEN
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"mapping_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"process_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the process that has it mapped"},
	{"name", COLUMN_TEXT, SKIP_NONE,
		.comment = "the name of the module"},
	{"path", COLUMN_TEXT, SKIP_NONE,
		.comment = "the file of the module"},
	{"asid", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the address space; a process that forked and then called execve has the "
		"modules of both programs, in different ones; unsigned; NULL below 4096, because such "
		"numbers are no address spaces"},
	{"base_address", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "where it begins; unsigned"},
	{"size", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "how many bytes it has; unsigned"},
	{"first_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the first time"},
	{"last_seen_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it is mentioned for the last time"}
};

static const ColumnStatistics statistics[] = {
	{.column = PROCESS_ID, .rows_of = &processes_relation}
};

static uint64
count_mappings(const CatalogSummary *summary)
{
	return summary->mapping_count;
}

static bool
next_mapping(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const Catalog *catalog = scan->catalog;
	const CatalogMapping *mapping;

	if (scan->position >= catalog->summary.mapping_count)
		return false;
	mapping = &catalog->mappings[scan->position++];
	set_bigint(row, MAPPING_ID, true, (int64) scan->position);
	set_bigint(row, PROCESS_ID, true, (int64) mapping->process + 1);
	if (column_is_wanted(scan, NAME))
		set_catalog_text(row, NAME, catalog, mapping->name);
	if (column_is_wanted(scan, PATH))
		set_catalog_text(row, PATH, catalog, mapping->path);
	set_bigint(row, ASID, mapping->has_asid, (int64) mapping->asid);
	set_bigint(row, BASE_ADDRESS, mapping->has_base_address, (int64) mapping->base_address);
	set_bigint(row, SIZE, mapping->has_size, (int64) mapping->size);
	set_span(row, FIRST_SEEN, LAST_SEEN, &mapping->span);
	return true;
}

const PlogRelation mappings_relation = {
	.name = "mappings",
	.comment = "One row per module mapped into a process.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {MAPPING_ID},
	.native = {
		.key = "mapping_id",
		.references = {{"process_id", "processes"}},
		.indexes = {"process_id"}
	},
	.catalog.is_needed = true,
	.is_indexed = true,
	.beliefs.rows = {.rows = 20, .entries_per_row = 100},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_mappings,
	.next = next_mapping
};
