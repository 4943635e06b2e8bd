/*-------------------------------------------------------------------------
 *
 * relation_row.h
 *		A relation's row: its values, and the memory that they are in.
 *
 * A row's values are valid until the next row is begun.  Columns are NULL until
 * a value is put there, and then keep it: so every row has to set all columns
 * that are wanted.  It may set others, too.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RELATION_ROW_H
#define PANDELEPHANT_RELATION_ROW_H

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "catalog/catalog.h"
#include "compat/varlena.h"
#include "relations/relation.h"

/* Memory for one row's texts: blocks, the last of which is being filled. */
typedef struct RowArena
{
	MemoryContext context;
	char	   *block;
	Size		used;
	Size		size;
} RowArena;

typedef struct RelationRow
{
	/* by column; the scan's own arrays, unless the caller gave others */
	Datum	   *values;
	bool	   *nulls;

	RowArena	arena;
	Size		row_bytes;		/* in all blocks of the arena */
	MemoryContext context;		/* for what is not in the arena; reset before every row */
	StringInfoData converted;	/* a text being made, before it is put into the row */

	/* for error messages */
	const char *filename;
	const char *relation_name;
} RelationRow;

/* Make an empty row, in the current memory context. */
extern void row_init(RelationRow *row, const char *filename, const char *relation_name);

/* The most that is left of a row's memory for the next row, in bytes. */
#define ARENA_MOST_BYTES		((Size) 1024 * 1024)

/*
 * Free the row's memory, except the block that is being filled.  Most rows need
 * no other memory; for those, no function is called.
 */
static inline void
row_reset(RelationRow *row)
{
	RowArena   *arena = &row->arena;

	if (arena->used > 0)
	{
		/* blocks of the largest size must not pile up from row to row */
		if (arena->used > arena->size / 2 ||
			(row->row_bytes > arena->size && arena->size >= ARENA_MOST_BYTES))
		{
			MemoryContextReset(arena->context);
			arena->block = NULL;
			arena->size = 0;
		}
		arena->used = 0;
		row->row_bytes = arena->size;
	}
	if (!row->context->isReset || row->context->firstchild != NULL)
		MemoryContextReset(row->context);
}

/*
 * Memory for the current row.  Up to a word may be written behind it.
 */
extern char *allocate_in_new_block(RelationRow *row, Size bytes);

static inline char *
allocate_in_row(RelationRow *row, Size bytes)
{
	RowArena   *arena = &row->arena;
	char	   *start = arena->block + arena->used;

	bytes = MAXALIGN(bytes);
	if (arena->size - arena->used < bytes + sizeof(uint64))
		return allocate_in_new_block(row, bytes);
	arena->used += bytes;
	return start;
}

/*
 * Numbers
 */

static inline void
set_null(RelationRow *row, int column)
{
	row->nulls[column] = true;
}

static inline void
set_value(RelationRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static inline void
set_bigint(RelationRow *row, int column, bool is_present, int64 value)
{
	row->values[column] = Int64GetDatum(value);
	row->nulls[column] = !is_present;
}

/* An id, which is an index plus one; CATALOG_NONE is NULL. */
static inline void
set_id(RelationRow *row, int column, uint32 index)
{
	set_bigint(row, column, index != CATALOG_NONE, (int64) index + 1);
}

/* An offset or pc: 2^64-1 is "not known". */
static inline bool
place_is_known(bool is_present, uint64 value)
{
	return is_present && value != PLOG_UNKNOWN;
}

static inline void
set_known(RelationRow *row, int column, bool is_present, uint64 value)
{
	set_bigint(row, column, place_is_known(is_present, value), (int64) value);
}

static inline void
set_span(RelationRow *row, int first_column, int last_column, const CatalogSpan *span)
{
	bool		is_present = !catalog_span_is_empty(span);

	set_bigint(row, first_column, is_present, (int64) span->first);
	set_bigint(row, last_column, is_present, (int64) span->last);
}

static inline void
set_said(RelationRow *row, int column, const CatalogSaid *said)
{
	set_bigint(row, column, said->place != CATALOG_NOWHERE, (int64) said->value);
}

/*
 * Texts
 */

/*
 * Write the header of a text of so many bytes.  Returns where the bytes belong.
 */
static inline char *
start_text(char *datum, Size length)
{
	if (length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		SET_VARSIZE_SHORT(datum, length + VARHDRSZ_SHORT);
		return VARDATA_SHORT(datum);
	}
	SET_VARSIZE(datum, length + VARHDRSZ);
	return VARDATA(datum);
}

/*
 * Make a text of so many bytes the value of a column, for the caller to fill.
 */
static inline char *
text_to_fill(RelationRow *row, int column, Size length)
{
	char	   *datum = allocate_in_row(row, length + VARHDRSZ);

	set_value(row, column, PointerGetDatum(datum));
	return start_text(datum, length);
}

/* Bytes that are text in the database encoding already. */
extern void set_text(RelationRow *row, int column, const char *data, Size length);

/* A guest string; NULL where data is NULL. */
extern void set_guest_text(RelationRow *row, int column, PlogBytes guest);

/* A text of the catalog, by its index; CATALOG_NONE is NULL. */
extern void set_catalog_text(RelationRow *row, int column, const Catalog *catalog, uint32 text);

/* An array of texts of the catalog, by their indexes. */
extern void set_catalog_texts(RelationRow *row, int column, const Catalog *catalog,
							  const uint32 *texts, uint32 count);

#endif							/* PANDELEPHANT_RELATION_ROW_H */
