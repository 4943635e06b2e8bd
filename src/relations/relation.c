/*-------------------------------------------------------------------------
 *
 * relation.c
 *		What all relations share: the list of them, and reading their rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "catalog/kept.h"
#include "compat/varlena.h"
#include "pandelephant.h"
#include "relations/relation.h"
#include "text/guest_text.h"

/*
 * The most that a row may hold, in bytes: a tuple of it must still fit into what
 * PostgreSQL allocates at once, also while it is compressed.
 */
#define MAX_ROW_BYTES			((Size) MaxAllocSize - 8192)

/* Guest strings up to this length are copied before it is known what they are. */
#define SHORT_TEXT_BYTES		256

/* The first block of a row's texts, and how large later ones get, in bytes. */
#define ARENA_FIRST_BYTES		((Size) 8192)
#define ARENA_MOST_BYTES		((Size) 1024 * 1024)

/* In the order in which pe_attach() and pe_materialize() go through them. */
const PlogRelation *const relations[] = {
	&executions_relation,
	&processes_relation,
	&threads_relation,
	&thread_names_relation,
	&threadslices_relation,
	&mappings_relation,
	&code_points_relation,
	&syscalls_relation,
	&syscall_arguments_relation,
	&taint_flows_relation,
	&strace_relation,
	&entries_relation,
	&recordings_relation
};

const int	relation_count = lengthof(relations);

const PlogRelation *
find_relation(const char *name)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (strcmp(relations[i]->name, name) == 0)
			return relations[i];
	}
	return NULL;
}

int
find_column(const PlogRelation *relation, const char *name)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		if (strcmp(relation->columns[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char *
column_type_name(ColumnType type)
{
	switch (type)
	{
		case COLUMN_BIGINT:
		case COLUMN_UNSIGNED:
			return "pg_catalog.int8";
		case COLUMN_INTEGER:
			return "pg_catalog.int4";
		case COLUMN_TEXT:
			return "pg_catalog.text";
		case COLUMN_TEXT_ARRAY:
			return "pg_catalog.text[]";
		case COLUMN_BOOLEAN:
			return "pg_catalog.bool";
		case COLUMN_JSONB:
			return "pg_catalog.jsonb";
		case COLUMN_BYTEA:
			return "pg_catalog.bytea";
	}
	pg_unreachable();
}

Oid
column_type_oid(ColumnType type)
{
	switch (type)
	{
		case COLUMN_BIGINT:
		case COLUMN_UNSIGNED:
			return INT8OID;
		case COLUMN_INTEGER:
			return INT4OID;
		case COLUMN_TEXT:
			return TEXTOID;
		case COLUMN_TEXT_ARRAY:
			return TEXTARRAYOID;
		case COLUMN_BOOLEAN:
			return BOOLOID;
		case COLUMN_JSONB:
			return JSONBOID;
		case COLUMN_BYTEA:
			return BYTEAOID;
	}
	pg_unreachable();
}

char *
allocate_in_new_block(RelationScan *scan, Size bytes)
{
	RowArena   *arena = &scan->arena;

	/* the blocks before stay until the row is done: it points there */
	arena->size = Max(bytes + sizeof(uint64), Max(arena->size * 2, ARENA_FIRST_BYTES));
	arena->size = Min(arena->size, Max(bytes + sizeof(uint64), ARENA_MOST_BYTES));
	if (arena->size > MAX_ROW_BYTES - scan->row_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": a row of relation \"%s\" is longer than PostgreSQL allows",
						scan->file->filename, scan->relation->name)));
	scan->row_bytes += arena->size;
	arena->block = MemoryContextAllocHuge(arena->context, arena->size);
	arena->used = bytes;
	return arena->block;
}

/*
 * Forget the current row's memory, but for the block being filled.  Most rows
 * need none that is not in a block: then not even a call.
 */
static inline void
reset_row(RelationScan *scan)
{
	RowArena   *arena = &scan->arena;

	if (arena->used > 0)
	{
		/* blocks of the largest size are not left behind, row for row */
		if (arena->used > arena->size / 2 ||
			(scan->row_bytes > arena->size && arena->size >= ARENA_MOST_BYTES))
		{
			MemoryContextReset(arena->context);
			arena->block = NULL;
			arena->size = 0;
		}
		arena->used = 0;
		scan->row_bytes = arena->size;
	}
	if (!scan->row_context->isReset || scan->row_context->firstchild != NULL)
		MemoryContextReset(scan->row_context);
}

void
set_text(RelationScan *scan, int column, const char *data, Size length)
{
	copy_bytes(text_to_fill(scan, column, length), data, length);
}

void
set_guest_text(RelationScan *scan, int column, PlogBytes guest)
{
	if (guest.data == NULL)
	{
		scan->nulls[column] = true;
		return;
	}

	/* most are short, and the same in every encoding: copy while looking */
	if (guest.length <= SHORT_TEXT_BYTES &&
		copy_plain_guest_text(text_to_fill(scan, column, guest.length), guest))
		return;
	if (guest_text_is_plain(guest))
		set_text(scan, column, (const char *) guest.data, guest.length);
	else
	{
		resetStringInfo(&scan->converted);
		append_guest_text(&scan->converted, guest);
		set_text(scan, column, scan->converted.data, scan->converted.len);
	}
}

void
set_catalog_text(RelationScan *scan, int column, uint32 text)
{
	const CatalogText *catalog_text;

	if (text == CATALOG_NONE)
	{
		scan->nulls[column] = true;
		return;
	}
	catalog_text = &scan->catalog->texts[text];
	set_text(scan, column, scan->catalog->pool + catalog_text->offset, catalog_text->length);
}

/*
 * An array is written in place, as there may be millions of texts in it:
 * construct_array() would copy each of them and not be interrupted.
 */
void
set_catalog_texts(RelationScan *scan, int column, const uint32 *texts, uint32 count)
{
	const Catalog *catalog = scan->catalog;
	Size		bytes = ARR_OVERHEAD_NONULLS(1);
	ArrayType  *array;
	char	   *at;

	if (count == 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->row_context);

		set_value(scan, column, PointerGetDatum(construct_empty_array(TEXTOID)));
		MemoryContextSwitchTo(caller);
		return;
	}
	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		bytes += INTALIGN(VARHDRSZ + catalog->texts[texts[i]].length);
	}
	array = (ArrayType *) allocate_in_row(scan, bytes);
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
	set_value(scan, column, PointerGetDatum(array));
}

RelationScan *
relation_begin(const PlogRelation *relation, PlogFile *file,
			   const ExecutionOptions *execution, ColumnSet wanted, bool wants_first_rows)
{
	RelationScan *scan = palloc0(sizeof(RelationScan));

	scan->relation = relation;
	scan->execution = execution;
	scan->file = file;
	scan->wanted = wanted;
	scan->wants_first_rows = wants_first_rows;
	scan->context = CurrentMemoryContext;
	scan->row_context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant row",
											  ALLOCSET_DEFAULT_SIZES);
	scan->arena.context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant row texts",
												ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&scan->converted);
	scan->values = palloc0(sizeof(Datum) * MAX_COLUMNS);
	scan->nulls = palloc(sizeof(bool) * MAX_COLUMNS);
	memset(scan->nulls, true, sizeof(bool) * MAX_COLUMNS);
	scan->entry_numbers = PLOG_ALL_NUMBERS;
	scan->syscall_numbers = PLOG_ALL_NUMBERS;
	scan->highest_entry = PG_UINT64_MAX;
	scan->last_thread = CATALOG_NONE;
	if (relation->reads_chunks)
	{
		scan->inflated = plog_buffer_create();
		scan->merged = plog_buffer_create();
		scan->release.func = relation_release_chunk;
		scan->release.arg = scan;
		MemoryContextRegisterResetCallback(scan->context, &scan->release);
	}
	if (relation->needs_catalog || (wanted & relation->catalog_columns) != 0)
		scan->catalog = catalog_of(file);
	else if ((wanted & relation->form_columns) != 0)
		scan->catalog = wants_first_rows ? catalog_at_hand(file) : catalog_of(file);
	if (relation->begin != NULL)
		relation->begin(scan);
	return scan;
}

bool
relation_next(RelationScan *scan)
{
	set_value(scan, COLUMN_EXECUTION_ID, Int64GetDatum(scan->execution->execution_id));
	do
	{
		CHECK_FOR_INTERRUPTS();
		reset_row(scan);
		if (!scan->relation->next(scan))
			return false;
	} while (!relation_row_matches(scan, ~scan->relation->checked_columns));
	return true;
}

void
relation_rewind(RelationScan *scan)
{
	scan->position = 0;
	scan->next_chunk = 0;
	scan->rewinds += scan->is_rewound;
	scan->is_rewound = true;
	scan->entries.at = scan->entries.end = NULL;
	if (scan->relation->begin != NULL)
		scan->relation->begin(scan);
}

/*
 * Can the log's catalog be asked for?  A log whose entries are decoded by a
 * descriptor may be one that no catalog can be made of: what it has in our
 * fields may be something else.
 */
static bool
has_catalog(const RelationScan *scan)
{
	return scan->relation != &entries_relation || scan->execution->descriptor == NULL;
}

const Catalog *
relation_catalog(RelationScan *scan)
{
	if (scan->catalog == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		scan->catalog = catalog_of(scan->file);
		MemoryContextSwitchTo(caller);
	}
	return scan->catalog;
}

Guest
relation_guest(RelationScan *scan)
{
	return scan->execution->guest != GUEST_AUTO ? scan->execution->guest :
		(Guest) relation_catalog(scan)->summary.guest;
}

/*
 * Have a catalog to save work by.  To build one takes as long as to read all
 * chunks, and who wants a few rows may not need to.
 */
static void
find_catalog(RelationScan *scan, bool may_build)
{
	MemoryContext caller = MemoryContextSwitchTo(scan->context);

	scan->catalog = may_build ? catalog_of(scan->file) : catalog_at_hand(scan->file);
	MemoryContextSwitchTo(caller);
}

/*
 * Find between which entries a match can be.
 */
static void
restrict_entries(RelationScan *scan)
{
	scan->lowest_entry = 0;
	scan->highest_entry = PG_UINT64_MAX;
	for (int i = 0; i < scan->condition_count; i++)
	{
		const Condition *condition = &scan->conditions[i];
		int64		lowest;
		int64		highest;

		if (scan->relation->columns[condition->column].skip != SKIP_ENTRY)
			continue;
		if (condition->value_count == 0)
		{
			/* none; the first is no harm */
			scan->highest_entry = 0;
			continue;
		}
		lowest = condition->ranges[0].lowest;
		highest = condition->ranges[condition->value_count - 1].highest;
		scan->lowest_entry = Max(scan->lowest_entry, (uint64) Max(lowest, 0));
		if (highest < PG_INT64_MAX)
			scan->highest_entry = Min(scan->highest_entry, (uint64) Max(highest, 0));
	}
}

/*
 * May it pay to look for a catalog only to leave arguments unchecked?  One has to be
 * read from disk, which takes as long as a chunk: not for a few rows, and not
 * again and again.
 */
static bool
saves_work_by_catalog(const RelationScan *scan)
{
	return scan->relation->saves_argument_check && pandelephant_enable_skipping &&
		!scan->is_rewound && !scan->wants_first_rows &&
		scan->lowest_entry == 0 && scan->highest_entry == PG_UINT64_MAX;
}

void
relation_restrict(RelationScan *scan, const Condition *conditions, int condition_count)
{
	scan->conditions = conditions;
	scan->condition_count = condition_count;
	scan->restricted = 0;
	for (int i = 0; i < condition_count; i++)
		scan->restricted |= COLUMN_BIT(conditions[i].column);
	if (scan->catalog == NULL && has_catalog(scan) &&
		relation_skips_by_catalog(scan->relation, conditions, condition_count))
		find_catalog(scan, !scan->wants_first_rows);
	restrict_entries(scan);
	if (scan->catalog == NULL && saves_work_by_catalog(scan))
		find_catalog(scan, false);
	relation_rewind(scan);
}

/*
 * Is a text one of a condition's values?
 */
static bool
has_text(const Condition *condition, Datum text)
{
	const struct varlena *found = (const struct varlena *) DatumGetPointer(text);
	TextSet    *set = condition->text_set;
	bool		is_found;

	if (!condition_texts_pay(set))
		return true;
	is_found = condition_has_text(condition, VARDATA_ANY(found), VARSIZE_ANY_EXHDR(found));
	set->asked++;
	set->found += is_found;
	return is_found;
}

/*
 * Does the row meet the conditions on those of the columns that are texts?
 */
static pg_noinline bool
texts_meet_conditions(const RelationScan *scan, ColumnSet columns)
{
	for (int i = 0; i < scan->condition_count; i++)
	{
		const Condition *condition = &scan->conditions[i];
		int			column = condition->column;

		if (condition->texts != NULL && (columns & COLUMN_BIT(column)) != 0 &&
			!has_text(condition, scan->values[column]))
			return false;
	}
	return true;
}

/*
 * Numbers first: a loop without a call is cheaper, and every row comes here.
 */
bool
relation_check_conditions(const RelationScan *scan, ColumnSet columns)
{
	bool		has_texts = false;

	for (int i = 0; i < scan->condition_count; i++)
	{
		const Condition *condition = &scan->conditions[i];
		int			column = condition->column;
		int64		number;

		if ((columns & COLUMN_BIT(column)) == 0)
			continue;
		if (scan->nulls[column] || condition->value_count == 0)
			return false;
		if (condition->texts != NULL)
		{
			has_texts = true;
			continue;
		}
		number = scan->relation->columns[column].type == COLUMN_INTEGER ?
			DatumGetInt32(scan->values[column]) : DatumGetInt64(scan->values[column]);
		if (!condition_overlaps(condition, number, number))
			return false;
	}
	return !has_texts || texts_meet_conditions(scan, columns);
}

/*
 * Leave the current chunk, all of whose entries were walked, unless what is
 * left of it cannot match.
 */
static inline void
leave_chunk(RelationScan *scan)
{
	if (scan->entries.at != NULL)
		plog_file_check_walk(scan->file, scan->chunk, &scan->entries,
							 scan->entry_id + 1 - scan->file->reader.chunks[scan->chunk].first_entry);
	scan->entries.at = scan->entries.end = NULL;
}

/*
 * What relation_next_entry() does, for this file to have in line.
 */
static pg_attribute_always_inline bool
next_entry(RelationScan *scan)
{
	PlogBytes	body;

	for (;;)
	{
		while (!plog_next_body(&scan->entries, &body))
		{
			leave_chunk(scan);
			if (!relation_read_chunk(scan))
				return false;
		}
		scan->entry_id++;
		CHECK_FOR_INTERRUPTS();
		if (scan->entry_id < scan->lowest_entry)
			continue;
		if (scan->entry_id > scan->highest_entry)
		{
			/* nothing is left in this chunk */
			scan->entries.at = scan->entries.end = NULL;
			continue;
		}
		if (plog_decode_entry_numbers(body, scan->entry_numbers, &scan->entry))
			return true;
		report_malformed_entry(scan->file, scan->entry_id);
	}
}

bool
relation_next_entry(RelationScan *scan)
{
	return next_entry(scan);
}

bool
relation_next_syscall(RelationScan *scan, PlogSyscall *syscall)
{
	while (next_entry(scan))
	{
		PlogBytes	message = entry_payload(&scan->entry, PLOG_ENTRY_SYSCALL, scan->merged);

		if (message.data == NULL)
			continue;
		scan->syscall_message = message;
		if (plog_decode_syscall_numbers(message,
										scan->syscall_numbers | scan->checked_numbers, syscall))
			return true;
		report_malformed_entry(scan->file, scan->entry_id);
	}
	return false;
}
