/*-------------------------------------------------------------------------
 *
 * executions.c
 *		The one row that describes a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation_scan.h"

enum
{
	NAME = COLUMN_EXECUTION_ID + 1,
	DESCRIPTION,
	PLOG,
	VERSION,
	FILE_BYTES,
	CHUNK_COUNT,
	ENTRY_COUNT,
	FIRST_EXECUTION_OFFSET,
	LAST_EXECUTION_OFFSET,
	COMPLETE,
	GUEST
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "1, or what option execution_id says; in native tables, a number"},
	{"name", COLUMN_TEXT, SKIP_NONE, .is_never_null = true,
		.comment = "the name of the file without .plog, or option execution"},
	{"description", COLUMN_TEXT, SKIP_NONE,
		.comment = "option description"},
	{"plog", COLUMN_TEXT, SKIP_NONE,
		.comment = "the name of the file, as given"},
	{"plog_version", COLUMN_INTEGER, SKIP_NONE,
		.comment = "the version of the format"},
	{"file_bytes", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the size of the file"},
	{"chunk_count", COLUMN_INTEGER, SKIP_NONE,
		.comment = "how many compressed chunks it has"},
	{"entry_count", COLUMN_BIGINT, SKIP_NONE,
		.comment = "entries of all plugins that are read"},
	{"first_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the smallest offset of an entry"},
	{"last_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the largest offset of an entry"},
	{"complete", COLUMN_BOOLEAN, SKIP_NONE,
		.comment = "false: read with recover, and something is missing"},
	{"guest", COLUMN_TEXT, SKIP_NONE,
		.comment = "option guest, or what the log shows"}
};

static uint64
count_executions(const CatalogSummary *summary pg_attribute_unused())
{
	return 1;
}

/*
 * How many entries can be read.  In a damaged log some may be lost, but their
 * numbers are still counted.
 */
static uint64
entries_read(const PlogReader *reader)
{
	uint64		entries = 0;

	for (uint64 i = 0; i < reader->chunk_count; i++)
		entries += reader->chunks[i].entries;
	return entries;
}

static bool
next_execution(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const PlogReader *reader = &scan->file->reader;
	const ExecutionOptions *execution = scan->execution;

	if (scan->position++ > 0)
		return false;
	set_text(row, NAME, execution->name, strlen(execution->name));
	if (execution->description != NULL)
		set_text(row, DESCRIPTION, execution->description, strlen(execution->description));
	set_text(row, PLOG, execution->filename, strlen(execution->filename));
	if (reader->version == 0)
		set_null(row, VERSION);
	else
		set_value(row, VERSION, Int32GetDatum((int32) reader->version));
	set_bigint(row, FILE_BYTES, true, (int64) reader->identity.size);
	set_value(row, CHUNK_COUNT, Int32GetDatum((int32) reader->chunk_count));
	set_bigint(row, ENTRY_COUNT, true, (int64) entries_read(reader));
	if (scan->catalog != NULL)
		set_span(row, FIRST_EXECUTION_OFFSET, LAST_EXECUTION_OFFSET, &scan->catalog->summary.span);
	set_value(row, COMPLETE, BoolGetDatum(reader->complete));
	if (column_is_wanted(scan, GUEST))
	{
		const char *guest = guest_properties[relation_guest(scan)].name;

		set_text(row, GUEST, guest, strlen(guest));
	}
	return true;
}

const PlogRelation executions_relation = {
	.name = "executions",
	.comment = "One row per log.",
	.columns = columns,
	.column_count = lengthof(columns),
	.native = {
		.kind = NATIVE_TABLE,
		.name = "name"
	},
	.catalog.columns = COLUMN_BIT(FIRST_EXECUTION_OFFSET) | COLUMN_BIT(LAST_EXECUTION_OFFSET),
	.beliefs.rows = {.rows = 1, .is_exact = true},
	.count = count_executions,
	.next = next_execution
};
