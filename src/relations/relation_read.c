/*-------------------------------------------------------------------------
 *
 * relation_read.c
 *		Reading the rows of a relation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "log/chunk.h"
#include "relations/call_search.h"
#include "relations/calls.h"
#include "relations/chunks.h"
#include "relations/kept_calls.h"
#include "relations/relation_read.h"

/*
 * Have the catalog at hand, if that saves work.  Building it takes as long as
 * reading all chunks, so it is not built for a caller who wants few rows.
 */
static void
find_useful_catalog(RelationScan *scan)
{
	if (scan->wants_first_rows)
		(void) relation_catalog_at_hand(scan);
	else
		(void) relation_catalog(scan);
}

RelationScan *
relation_begin(const PlogRelation *relation, PlogFile *file,
			   const ExecutionOptions *execution, ColumnSet wanted, bool wants_first_rows,
			   ColumnBlocks wish)
{
	RelationScan *scan = palloc0(sizeof(RelationScan));

	scan->relation = relation;
	scan->execution = execution;
	scan->file = file;
	scan->wanted = wanted;
	scan->wants_first_rows = wants_first_rows;
	scan->kept.wish = wish;
	scan->context = CurrentMemoryContext;
	row_init(&scan->row, file->filename, relation->name);
	scan->restriction.highest_entry = PG_UINT64_MAX;
	scan->entry_numbers = PLOG_ALL_NUMBERS;
	scan->call.numbers = PLOG_ALL_NUMBERS;
	if (relation->reads_chunks)
	{
		relation_begin_chunks(scan);
		scan->merged = plog_buffer_create();
		scan->kept.log = log_columns_start(scan->context);
	}
	if (relation->catalog.is_needed || (wanted & relation->catalog.columns) != 0)
		(void) relation_catalog(scan);
	else if ((wanted & relation->catalog.form_columns) != 0)
		find_useful_catalog(scan);
	kept_calls_restrict(scan);
	if (relation->begin != NULL)
		relation->begin(scan);
	return scan;
}

bool
relation_next(RelationScan *scan)
{
	const PlogRelation *relation = scan->relation;

	set_value(&scan->row, COLUMN_EXECUTION_ID, Int64GetDatum(scan->execution->execution_id));
	do
	{
		CHECK_FOR_INTERRUPTS();
		row_reset(&scan->row);
		if (!relation->next(scan))
			return false;
	} while (!relation_row_matches(scan, ~relation->checked_columns));
	return true;
}

void
relation_rewind(RelationScan *scan)
{
	scan->position = 0;
	scan->walk.starts++;
	scan->walk.next_chunk = 0;
	scan->walk.entries.at = scan->walk.entries.end = NULL;
	scan->kept.is_current = false;
	if (scan->relation->begin != NULL)
		scan->relation->begin(scan);
}

/*
 * Find the range of entries that can meet the conditions.
 */
static void
restrict_entries(const PlogRelation *relation, ScanRestriction *restriction)
{
	restriction->lowest_entry = 0;
	restriction->highest_entry = PG_UINT64_MAX;
	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];
		int64		lowest;
		int64		highest;

		if (relation->columns[condition->column].skip != SKIP_ENTRY)
			continue;
		if (condition->value_count == 0)
		{
			/* no entry matches; a range always has one, so leave the first */
			restriction->highest_entry = 0;
			continue;
		}
		lowest = condition->ranges[0].lowest;
		highest = condition->ranges[condition->value_count - 1].highest;
		restriction->lowest_entry = Max(restriction->lowest_entry, (uint64) Max(lowest, 0));
		if (highest < PG_INT64_MAX)
			restriction->highest_entry = Min(restriction->highest_entry, (uint64) Max(highest, 0));
	}
}

void
relation_restrict(RelationScan *scan, const Condition *conditions, int condition_count)
{
	relation_set_conditions(scan, conditions, condition_count);
	restrict_entries(scan->relation, &scan->restriction);
	call_search_restrict(scan);
	if (relation_has_catalog(scan->relation, scan->execution) &&
		relation_skips_by_catalog(scan->relation, conditions, condition_count))
		find_useful_catalog(scan);
	if (call_gains_by_catalog(scan))
		(void) relation_catalog_at_hand(scan);

	/* a condition may be on a column that is not wanted */
	if ((scan->restriction.columns & scan->relation->catalog.columns) != 0)
		(void) relation_catalog(scan);
	kept_calls_restrict(scan);
	relation_rewind(scan);
}
