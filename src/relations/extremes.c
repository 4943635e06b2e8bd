/*-------------------------------------------------------------------------
 *
 * extremes.c
 *		The least and the greatest number of a column, from the catalog.
 *
 * Execution offsets are known chunk by chunk, ids that are entry_ids by the first
 * and the last entry that has a row, and ids that count from 1 by the number of
 * rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "relations/extremes.h"
#include "relations/offsets.h"
#include "relations/relation_read.h"

/*
 * Is a column an id that counts the rows from 1?
 */
static bool
counts_rows(const PlogRelation *relation, int column)
{
	return relation->columns[column].skip == SKIP_SLICE ||
		(!relation->reads_chunks && column != COLUMN_EXECUTION_ID && column == relation->key[0]);
}

bool
relation_knows_extremes(const PlogRelation *relation, int column)
{
	switch (relation->columns[column].skip)
	{
		case SKIP_ENTRY_OFFSET:
		case SKIP_SYSCALL_OFFSET:
			return true;
		case SKIP_ENTRY:
			return relation->entries_with_rows != NULL;
		default:
			return relation->count != NULL && counts_rows(relation, column);
	}
}

static void
take_extreme(Extreme extreme, int64 number, bool *found, int64 *value)
{
	if (!*found || (extreme == EXTREME_LEAST ? number < *value : number > *value))
		*value = number;
	*found = true;
}

static bool
extreme_of_rows(RelationScan *scan, int column, Extreme extreme, int64 *value)
{
	bool		found = false;

	relation_rewind(scan);
	while (relation_next(scan))
	{
		if (!scan->row.nulls[column])
			take_extreme(extreme, DatumGetInt64(scan->row.values[column]), &found, value);
	}
	return found;
}

/*
 * The least or greatest offset of all chunks; of the rows, where offsets are not
 * in the same order as bigints.
 */
static bool
extreme_offset(RelationScan *scan, int column, Extreme extreme, int64 *value)
{
	const Catalog *catalog = relation_catalog(scan);
	bool		is_of_entries = scan->relation->columns[column].skip == SKIP_ENTRY_OFFSET;
	bool		found = false;

	for (uint64 i = 0; i < catalog->summary.chunk_count; i++)
	{
		const CatalogChunk *chunk = &catalog->chunks[i];
		const CatalogSpan *span = is_of_entries ? &chunk->entry_offsets.span :
			&chunk->syscall_offsets.span;

		CHECK_FOR_INTERRUPTS();
		if (catalog_span_is_empty(span))
			continue;
		if (!span_is_in_order(span))
			return extreme_of_rows(scan, column, extreme, value);
		take_extreme(extreme, (int64) (extreme == EXTREME_LEAST ? span->first : span->last),
					 &found, value);
	}
	return found;
}

bool
relation_find_extreme(RelationScan *scan, int column, Extreme extreme, int64 *value)
{
	const PlogRelation *relation = scan->relation;
	const CatalogSummary *summary = &relation_catalog(scan)->summary;
	const CatalogSpan *entries;
	uint64		count;

	switch (relation->columns[column].skip)
	{
		case SKIP_ENTRY_OFFSET:
		case SKIP_SYSCALL_OFFSET:
			return extreme_offset(scan, column, extreme, value);
		case SKIP_ENTRY:
			entries = relation->entries_with_rows(summary);
			*value = (int64) (extreme == EXTREME_LEAST ? entries->first : entries->last);
			return !catalog_span_is_empty(entries);
		default:
			count = relation->count(summary);
			*value = extreme == EXTREME_LEAST ? 1 : (int64) count;
			return count > 0;
	}
}
