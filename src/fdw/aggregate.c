/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *		Counts, minima and maxima of a whole relation, from its catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "fdw/aggregate.h"
#include "relations/relation_read.h"

/*
 * Does the catalog know the extremes of a column?  Ids of things that are
 * counted from 1 are known by the count; of entries,
 * system calls and taint flows it has the first and the last.
 */
static bool
knows_extremes(const PlogRelation *relation, int column)
{
	switch (relation->columns[column].skip)
	{
		case SKIP_ENTRY_OFFSET:
		case SKIP_SYSCALL_OFFSET:
			return true;
		case SKIP_SLICE:
			return true;
		case SKIP_ENTRY:
			return relation != &syscall_arguments_relation;
		default:
			return !relation->reads_chunks && column != COLUMN_EXECUTION_ID &&
				column == relation->key[0];
	}
}

/*
 * What an aggregate is, as its shape; NIL if the catalog cannot tell.
 */
static List *
shape_of_aggregate(const Aggref *aggregate, const RelOptInfo *baserel,
				   const PlogRelation *relation, const AttributeMapping *mappings)
{
	const char *name = get_func_name(aggregate->aggfnoid);
	const Var  *variable;
	AggregateKind kind;
	int			column;

	if (aggregate->aggfnoid >= FirstNormalObjectId || aggregate->aggfilter != NULL ||
		aggregate->aggdistinct != NIL || aggregate->aggorder != NIL ||
		aggregate->agglevelsup != 0 || aggregate->aggsplit != AGGSPLIT_SIMPLE)
		return NIL;
	if (aggregate->aggstar)
		return strcmp(name, "count") == 0 ? list_make2_int(AGGREGATE_COUNT, 0) : NIL;

	if (strcmp(name, "min") == 0)
		kind = AGGREGATE_MIN;
	else if (strcmp(name, "max") == 0)
		kind = AGGREGATE_MAX;
	else
		return NIL;
	variable = (const Var *) ((TargetEntry *) linitial(aggregate->args))->expr;
	if (list_length(aggregate->args) != 1 || !IsA(variable, Var) ||
		(Index) variable->varno != baserel->relid || variable->varattno <= 0 ||
		variable->vartype != INT8OID || aggregate->aggtype != INT8OID)
		return NIL;
	column = mappings[variable->varattno - 1].column;
	if (column < 0 || !knows_extremes(relation, column))
		return NIL;
	return list_make2_int(kind, column);
}

List *
find_aggregates(const PathTarget *target, const RelOptInfo *baserel,
				const PlogRelation *relation, const AttributeMapping *mappings)
{
	List	   *shapes = NIL;
	ListCell   *cell;

	foreach(cell, target->exprs)
	{
		const Aggref *aggregate = lfirst(cell);
		List	   *shape;

		if (!IsA(aggregate, Aggref))
			return NIL;
		shape = shape_of_aggregate(aggregate, baserel, relation, mappings);
		if (shape == NIL)
			return NIL;
		shapes = lappend(shapes, shape);
	}
	return shapes;
}

/*
 * The offsets of one of a chunk's columns.
 */
static const CatalogOffsets *
offsets_of_chunk(const CatalogChunk *chunk, ColumnSkip skip)
{
	return skip == SKIP_ENTRY_OFFSET ? &chunk->entry_offsets : &chunk->syscall_offsets;
}

/*
 * The least or greatest of a column's numbers so far.
 */
static void
take_extreme(AggregateKind kind, int64 number, bool *found, int64 *value)
{
	if (!*found || (kind == AGGREGATE_MIN ? number < *value : number > *value))
		*value = number;
	*found = true;
}

/*
 * The least or greatest number of a column, from the rows.
 */
static bool
extreme_of_rows(RelationScan *scan, int column, AggregateKind kind, int64 *value)
{
	bool		found = false;

	relation_rewind(scan);
	while (relation_next(scan))
	{
		if (!scan->row.nulls[column])
			take_extreme(kind, DatumGetInt64(scan->row.values[column]), &found, value);
	}
	return found;
}

/*
 * The least or greatest offset of all chunks.  Offsets beyond 2^63 turn
 * negative in a bigint, so that a chunk's first and last are no extremes.
 */
static bool
extreme_offset(RelationScan *scan, int column, AggregateKind kind, int64 *value)
{
	const Catalog *catalog = scan->catalog;
	ColumnSkip	skip = scan->relation->columns[column].skip;
	bool		found = false;

	for (uint64 i = 0; i < catalog->summary.chunk_count; i++)
	{
		const CatalogSpan *span = &offsets_of_chunk(&catalog->chunks[i], skip)->span;

		if (catalog_span_is_empty(span))
			continue;
		if (span->last > (uint64) PG_INT64_MAX)
			return extreme_of_rows(scan, column, kind, value);
		take_extreme(kind, (int64) (kind == AGGREGATE_MIN ? span->first : span->last),
					 &found, value);
	}
	return found;
}

/*
 * The first or the last entry, or system call.
 */
static bool
extreme_entry(const PlogRelation *relation, const CatalogSummary *summary, AggregateKind kind,
			  int64 *value)
{
	const CatalogSpan *entries = relation == &entries_relation ? &summary->entries :
		relation == &taint_flows_relation ? &summary->flow_entries : &summary->syscall_entries;

	*value = (int64) (kind == AGGREGATE_MIN ? entries->first : entries->last);
	return !catalog_span_is_empty(entries);
}

bool
compute_aggregate(RelationScan *scan, const List *shape, int64 *value)
{
	const PlogRelation *relation = scan->relation;
	AggregateKind kind = (AggregateKind) list_nth_int(shape, AGGREGATE_SHAPE_KIND);
	int			column = list_nth_int(shape, AGGREGATE_SHAPE_COLUMN);
	uint64		count = relation->count(&relation_catalog(scan)->summary);

	if (kind == AGGREGATE_COUNT)
	{
		*value = (int64) count;
		return true;
	}
	if (relation->columns[column].skip == SKIP_ENTRY_OFFSET ||
		relation->columns[column].skip == SKIP_SYSCALL_OFFSET)
		return extreme_offset(scan, column, kind, value);
	if (relation->columns[column].skip == SKIP_ENTRY)
		return extreme_entry(relation, &relation_catalog(scan)->summary, kind, value);
	*value = kind == AGGREGATE_MIN ? 1 : (int64) count;
	return count > 0;
}

ColumnSet
columns_of_aggregates(const List *shapes)
{
	ColumnSet	columns = 0;
	ListCell   *cell;

	foreach(cell, shapes)
		columns |= COLUMN_BIT(list_nth_int(lfirst(cell), AGGREGATE_SHAPE_COLUMN));
	return columns;
}
