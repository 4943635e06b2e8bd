/*-------------------------------------------------------------------------
 *
 * code_points.c
 *		One row per place in a module that a taint flow begins or ends at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation_scan.h"

enum
{
	CODE_POINT_ID = COLUMN_EXECUTION_ID + 1,
	MAPPING_ID,
	OFFSET
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"code_point_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"mapping_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the module"},
	{"offset", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "from the mapping's base_address; unsigned. offset is a reserved word in SQL: "
		"write \"offset\""}
};

static const ColumnStatistics statistics[] = {
	{.column = MAPPING_ID, .rows_of = &mappings_relation}
};

static uint64
count_code_points(const CatalogSummary *summary)
{
	return summary->code_point_count;
}

static bool
next_code_point(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const CatalogCodePoint *point;

	if (scan->position >= scan->catalog->summary.code_point_count)
		return false;
	point = &scan->catalog->code_points[scan->position++];
	set_bigint(row, CODE_POINT_ID, true, (int64) scan->position);
	set_bigint(row, MAPPING_ID, true, (int64) point->mapping + 1);
	set_bigint(row, OFFSET, true, (int64) point->offset);
	return true;
}

const PlogRelation code_points_relation = {
	.name = "code_points",
	.comment = "One row per place in a module at which a taint flow begins or ends.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {CODE_POINT_ID},
	.native = {
		.key = "code_point_id",
		.references = {{"mapping_id", "mappings"}},
		.indexes = {"mapping_id"}
	},
	.catalog.is_needed = true,
	.is_indexed = true,
	.beliefs.rows = {.rows = 1, .entries_per_row = 1000},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_code_points,
	.next = next_code_point
};
