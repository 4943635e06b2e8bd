/*-------------------------------------------------------------------------
 *
 * taint_flows.c
 *		One row per taint flow: data that went from one place in the guest to
 *		another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/place.h"
#include "plog/payload.h"
#include "relations/walk.h"

enum
{
	TAINT_FLOW_ID = COLUMN_EXECUTION_ID + 1,
	SOURCE_THREAD_ID,
	SOURCE_CODE_POINT_ID,
	SOURCE_PC,
	SOURCE_EXECUTION_OFFSET,
	SOURCE_IS_STORE,
	SOURCE_SIZE,
	SOURCE_VALUE,
	SOURCE_LABEL,
	SINK_THREAD_ID,
	SINK_CODE_POINT_ID,
	SINK_PC,
	SINK_EXECUTION_OFFSET,
	SINK_IS_STORE,
	SINK_SIZE,
	SINK_VALUE,
	IS_COPY,
	OFFSET,
	CARDINALITY,
	TCN,
	CB
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"taint_flow_id", COLUMN_BIGINT, SKIP_ENTRY, .is_never_null = true,
		.comment = "key: the entry_id of its entry"},
	{"source_thread_id", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the thread that wrote"},
	{"source_code_point_id", COLUMN_BIGINT, SKIP_NONE,
		.comment = "where it wrote: in the mapping of the process that contains the pc and was "
		"seen at that time, or nearest to it; of several, one with the asid of the entry, then "
		"the one that was first seen last; NULL if there is none, as in the kernel"},
	{"source_pc", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the instruction that wrote; unsigned"},
	{"source_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it wrote"},
	{"source_is_store", COLUMN_BOOLEAN, SKIP_NONE,
		.comment = "as the plugin writes it"},
	{"source_size", COLUMN_INTEGER, SKIP_NONE,
		.comment = "how many bytes"},
	{"source_value", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the value; unsigned"},
	{"source_label", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the taint label"},
	{"sink_thread_id", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the thread that read"},
	{"sink_code_point_id", COLUMN_BIGINT, SKIP_NONE,
		.comment = "where it read, as for the source"},
	{"sink_pc", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the instruction that read; unsigned"},
	{"sink_execution_offset", COLUMN_BIGINT, SKIP_NONE,
		.comment = "when it read"},
	{"sink_is_store", COLUMN_BOOLEAN, SKIP_NONE,
		.comment = "as the plugin writes it"},
	{"sink_size", COLUMN_INTEGER, SKIP_NONE,
		.comment = "how many bytes"},
	{"sink_value", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the value; unsigned"},
	{"is_copy", COLUMN_BOOLEAN, SKIP_NONE,
		.comment = "as the plugin writes it"},
	{"offset", COLUMN_INTEGER, SKIP_NONE,
		.comment = "as the plugin writes it"},
	{"cardinality", COLUMN_INTEGER, SKIP_NONE,
		.comment = "how many labels"},
	{"tcn", COLUMN_INTEGER, SKIP_NONE,
		.comment = "the length of the computation"},
	{"cb", COLUMN_BIGINT, SKIP_NONE,
		.comment = "controlled bits"}
};

static const ColumnStatistics statistics[] = {
	{.column = SOURCE_THREAD_ID, .rows_of = &threads_relation},
	{.column = SOURCE_CODE_POINT_ID, .rows_of = &code_points_relation},
	{.column = SINK_THREAD_ID, .rows_of = &threads_relation},
	{.column = SINK_CODE_POINT_ID, .rows_of = &code_points_relation}
};

/* The columns of one end of a flow. */
typedef struct EndColumns
{
	int			thread_id;
	int			code_point_id;
	int			pc;
	int			execution_offset;
	int			is_store;
	int			size;
	int			value;
} EndColumns;

static const EndColumns source_columns = {
	SOURCE_THREAD_ID, SOURCE_CODE_POINT_ID, SOURCE_PC, SOURCE_EXECUTION_OFFSET,
	SOURCE_IS_STORE, SOURCE_SIZE, SOURCE_VALUE
};

static const EndColumns sink_columns = {
	SINK_THREAD_ID, SINK_CODE_POINT_ID, SINK_PC, SINK_EXECUTION_OFFSET,
	SINK_IS_STORE, SINK_SIZE, SINK_VALUE
};

static uint64
count_taint_flows(const CatalogSummary *summary)
{
	return summary->messages[CATALOG_TAINT_FLOW];
}

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->messages[CATALOG_TAINT_FLOW];
}

/*
 * The finder of places in modules, which is the scan's state.
 */
static PlaceFinder *
finder_of(RelationScan *scan)
{
	if (scan->state == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		scan->state = place_finder_create(scan->catalog);
		MemoryContextSwitchTo(caller);
	}
	return scan->state;
}

/*
 * The index of an end's code point.
 */
static uint32
find_code_point(RelationScan *scan, const PlogFlowEnd *end)
{
	uint64		offset = 0;
	uint32		mapping = place_find_flow_end(finder_of(scan), &scan->entry, end, &offset);

	return mapping == CATALOG_NONE ? CATALOG_NONE :
		catalog_find_code_point(scan->catalog, mapping, offset);
}

static inline void
set_integer(RelationRow *row, int column, bool is_present, uint32 value)
{
	row->values[column] = Int32GetDatum((int32) value);
	row->nulls[column] = !is_present;
}

static inline void
set_boolean(RelationRow *row, int column, bool is_present, bool value)
{
	row->values[column] = BoolGetDatum(value);
	row->nulls[column] = !is_present;
}

static void
set_end(RelationScan *scan, const EndColumns *to, const PlogFlowEnd *end)
{
	RelationRow *row = &scan->row;

	if (column_is_wanted(scan, to->thread_id))
		set_id(row, to->thread_id, catalog_find_flow_thread(scan->catalog, &end->point.thread));
	if (column_is_wanted(scan, to->code_point_id))
		set_id(row, to->code_point_id, find_code_point(scan, end));
	set_known(row, to->pc, PLOG_HAS(&end->point, PLOG_FLOW_POINT_PC), end->point.pc);
	set_known(row, to->execution_offset, PLOG_HAS(end, PLOG_FLOW_END_INSTR), end->instr);
	set_boolean(row, to->is_store, PLOG_HAS(end, PLOG_FLOW_END_IS_STORE), end->is_store);
	set_integer(row, to->size, PLOG_HAS(end, PLOG_FLOW_END_SIZE), end->size);
	set_bigint(row, to->value, PLOG_HAS(end, PLOG_FLOW_END_VALUE), (int64) end->value);
}

/*
 * The next entry that is a taint flow of today's form, decoded.
 */
static bool
next_decoded_flow(RelationScan *scan, PlogTaintFlow *flow)
{
	while (relation_next_entry(scan))
	{
		PlogBytes	entry = scan->entry.body;

		if (!plog_has_payload(&scan->entry, PLOG_ENTRY_TAINT_FLOW) ||
			plog_payload_form(entry, PLOG_ENTRY_TAINT_FLOW) != PLOG_FORM_TAINT_FLOW)
			continue;
		if (plog_decode_taint_flow(entry, flow))
			return true;
		report_malformed_entry(scan->file, scan->entry_id);
	}
	return false;
}

static bool
next_taint_flow(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	PlogTaintFlow flow;

	if (!next_decoded_flow(scan, &flow))
		return false;
	set_bigint(row, TAINT_FLOW_ID, true, (int64) scan->entry_id);
	set_end(scan, &source_columns, &flow.source);
	set_bigint(row, SOURCE_LABEL, PLOG_HAS(&flow.source, PLOG_FLOW_END_LABEL), flow.source.label);
	set_end(scan, &sink_columns, &flow.sink);
	set_boolean(row, IS_COPY, PLOG_HAS(&flow, PLOG_FLOW_COPY), flow.copy);
	set_integer(row, OFFSET, PLOG_HAS(&flow, PLOG_FLOW_OFFSET), flow.offset);
	set_integer(row, CARDINALITY, PLOG_HAS(&flow, PLOG_FLOW_CARD), flow.card);
	set_integer(row, TCN, PLOG_HAS(&flow, PLOG_FLOW_TCN), flow.tcn);
	set_bigint(row, CB, PLOG_HAS(&flow, PLOG_FLOW_CB), flow.cb);
	return true;
}

static const CatalogSpan *
span_of_flows(const CatalogSummary *summary)
{
	return &summary->flow_entries;
}

const PlogRelation taint_flows_relation = {
	.name = "taint_flows",
	.comment = "One row per taint flow: one place in the code wrote data, and another place read it.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {TAINT_FLOW_ID},
	.native = {
		.key = "taint_flow_id",
		.references = {
			{"source_thread_id", "threads"}, {"sink_thread_id", "threads"},
			{"source_code_point_id", "code_points"}, {"sink_code_point_id", "code_points"}
		},
		.indexes = {
			"source_thread_id, source_execution_offset", "sink_thread_id, sink_execution_offset",
			"source_code_point_id", "sink_code_point_id"
		}
	},
	.reads_chunks = true,
	.catalog.columns = COLUMN_BIT(SOURCE_THREAD_ID) | COLUMN_BIT(SOURCE_CODE_POINT_ID) |
	COLUMN_BIT(SINK_THREAD_ID) | COLUMN_BIT(SINK_CODE_POINT_ID),
	.condition_columns = ~(ColumnSet) 0,
	.beliefs.rows = {.rows = 1, .entries_per_row = 1000},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.count = count_taint_flows,
	.entries_with_rows = span_of_flows,
	.count_in_chunk = count_in_chunk,
	.next = next_taint_flow
};
