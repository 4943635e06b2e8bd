/*-------------------------------------------------------------------------
 *
 * relation_row.c
 *		A relation's row: its memory, texts and arrays.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "compat/varlena.h"
#include "relations/relation_row.h"
#include "text/guest_text.h"

/*
 * The most that a row may hold, in bytes: PostgreSQL must still be able to
 * allocate a tuple of it, even while it compresses the tuple.
 */
#define MAX_ROW_BYTES			((Size) MaxAllocSize - 8192)

/* Guest strings up to this length are copied before it is known whether they are plain. */
#define SHORT_TEXT_BYTES		256

/* The first block of a row's texts, in bytes; later ones double, up to ARENA_MOST_BYTES. */
#define ARENA_FIRST_BYTES		((Size) 8192)

void
row_init(RelationRow *row, const char *filename, const char *relation_name)
{
	row->filename = filename;
	row->relation_name = relation_name;
	row->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant row",
										 ALLOCSET_DEFAULT_SIZES);
	row->arena.context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant row texts",
											   ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&row->converted);
	row->values = palloc0(sizeof(Datum) * MAX_COLUMNS);
	row->nulls = palloc(sizeof(bool) * MAX_COLUMNS);
	memset(row->nulls, true, sizeof(bool) * MAX_COLUMNS);
}

char *
allocate_in_new_block(RelationRow *row, Size bytes)
{
	RowArena   *arena = &row->arena;

	/* the blocks before stay until the row is done: its values point there */
	arena->size = Max(bytes + sizeof(uint64), Max(arena->size * 2, ARENA_FIRST_BYTES));
	arena->size = Min(arena->size, Max(bytes + sizeof(uint64), ARENA_MOST_BYTES));
	if (arena->size > MAX_ROW_BYTES - row->row_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": a row of relation \"%s\" is longer than PostgreSQL allows",
						row->filename, row->relation_name)));
	row->row_bytes += arena->size;
	arena->block = MemoryContextAllocHuge(arena->context, arena->size);
	arena->used = bytes;
	return arena->block;
}

void
set_text(RelationRow *row, int column, const char *data, Size length)
{
	copy_bytes(text_to_fill(row, column, length), data, length);
}

void
set_guest_text(RelationRow *row, int column, PlogBytes guest)
{
	if (guest.data == NULL)
	{
		set_null(row, column);
		return;
	}

	/* most are short and plain: check them while they are copied */
	if (guest.length <= SHORT_TEXT_BYTES &&
		copy_plain_guest_text(text_to_fill(row, column, guest.length), guest))
		return;
	if (guest_text_is_plain(guest))
		set_text(row, column, (const char *) guest.data, guest.length);
	else
	{
		resetStringInfo(&row->converted);
		append_guest_text(&row->converted, guest);
		set_text(row, column, row->converted.data, row->converted.len);
	}
}

void
set_catalog_text(RelationRow *row, int column, const Catalog *catalog, uint32 text)
{
	const CatalogText *catalog_text;

	if (text == CATALOG_NONE)
	{
		set_null(row, column);
		return;
	}
	catalog_text = &catalog->texts[text];
	set_text(row, column, catalog->pool + catalog_text->offset, catalog_text->length);
}

/*
 * The array is written in place, as it may hold millions of texts:
 * construct_array() would copy each of them, and cannot be interrupted.
 */
void
set_catalog_texts(RelationRow *row, int column, const Catalog *catalog,
				  const uint32 *texts, uint32 count)
{
	Size		bytes = ARR_OVERHEAD_NONULLS(1);
	ArrayType  *array;
	char	   *at;

	if (count == 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(row->context);

		set_value(row, column, PointerGetDatum(construct_empty_array(TEXTOID)));
		MemoryContextSwitchTo(caller);
		return;
	}
	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		bytes += INTALIGN(VARHDRSZ + catalog->texts[texts[i]].length);
	}
	array = (ArrayType *) allocate_in_row(row, bytes);
	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = TEXTOID;
	ARR_DIMS(array)[0] = (int) count;
	ARR_LBOUND(array)[0] = 1;
	at = ARR_DATA_PTR(array);
	for (uint32 i = 0; i < count; i++)
	{
		const CatalogText *text = &catalog->texts[texts[i]];
		Size		length = VARHDRSZ + text->length;

		CHECK_FOR_INTERRUPTS();
		SET_VARSIZE(at, length);
		copy_bytes(VARDATA(at), catalog->pool + text->offset, text->length);
		memset(at + length, 0, INTALIGN(length) - length);
		at += INTALIGN(length);
	}
	set_value(row, column, PointerGetDatum(array));
}
