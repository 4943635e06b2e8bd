/*-------------------------------------------------------------------------
 *
 * entries.c
 *		One row per entry, of any plugin.
 *
 * Messages are decoded by the built-in schema, in the form that the log has, or by
 * the file that option "descriptor" names.  The form comes from the catalog, or for
 * a query that wants few rows from a chunk (chunk_form.h).  The names of a few
 * kinds depend on it, too.  With a descriptor the catalog is not used, because it
 * may be unable to read such a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "catalog/kept.h"
#include "compat/varlena.h"
#include "relations/chunk_form.h"
#include "relations/walk.h"
#include "values/message_jsonb.h"
#include "values/schema_source.h"

enum
{
	ENTRY_ID = COLUMN_EXECUTION_ID + 1,
	CHUNK,
	PC,
	EXECUTION_OFFSET,
	ASID,
	KIND,
	MESSAGE
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"entry_id", COLUMN_BIGINT, SKIP_ENTRY, .is_never_null = true,
		.comment = "key: the number of the entry in the log, from 0"},
	{"chunk", COLUMN_INTEGER, SKIP_NONE,
		.comment = "the number of the chunk in the file, from 0"},
	{"pc", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the instruction; unsigned"},
	{"execution_offset", COLUMN_BIGINT, SKIP_ENTRY_OFFSET,
		.comment = "when it was written"},
	{"asid", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the address space; unsigned"},
	{"kind", COLUMN_TEXT, SKIP_KIND,
		.comment = "the name of its message; NULL for the empty entry with which PANDA begins "
		"every log"},
	{"message", COLUMN_JSONB, SKIP_NONE,
		.comment = "the message, with the field names of PANDA's schema"}
};

/* The name of an unknown kind is this, followed by its field number. */
#define UNKNOWN_KIND	"field "

/* The kinds that a query wants, as field numbers, sorted. */
typedef struct KindSet
{
	uint32	   *kinds;
	int			count;

	/* the same, in the way that the catalog's chunks list them */
	uint64		listed[CATALOG_LISTED_KINDS / 64];
	bool		has_others;
} KindSet;

/*
 * The schemas of all forms that the log may have, going by one chunk.  Most
 * messages come out the same by several of them.
 */
typedef struct PossibleSchemas
{
	const PlogSchema *schemas[5];
	int			count;
	uint64		chunk;			/* the one that they go by */
} PossibleSchemas;

typedef struct EntryState
{
	const PlogSchema *kind_schema;	/* for most kinds: today's or the descriptor's */
	const PlogSchema *schema;	/* of the log's form, or the descriptor's; NULL: not needed yet */
	const PlogSchema *schema_2016;	/* to find kinds by name; NULL: not needed yet */
	PossibleSchemas possible;	/* for messages, as long as schema is NULL */
	bool		is_restricted;	/* to kinds … */
	KindSet		wanted;			/* … of these */
} EntryState;

static uint64
count_entries(const CatalogSummary *summary)
{
	return summary->entries_read;
}

/*
 * The built-in schema in the form that the log has.
 */
static const PlogSchema *
schema_of_log(RelationScan *scan)
{
	EntryState *state = scan->state;

	if (state->schema == NULL)
	{
		PlogForm	form = relation_catalog(scan)->summary.form;
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		state->schema = builtin_schema(form);
		MemoryContextSwitchTo(caller);
	}
	return state->schema;
}

/*
 * Find the schemas to decode by.  Most kinds have the same name in every form, so
 * only messages need the log's form.
 */
static void
find_schemas(RelationScan *scan)
{
	EntryState *state = scan->state;
	PlogForm	form;

	memset(&form, 0, sizeof(form));
	if (scan->execution->descriptor != NULL)
		state->kind_schema = state->schema = descriptor_schema(scan->execution->descriptor);
	else
		state->kind_schema = builtin_schema(form);
	if (state->schema != NULL || !column_is_wanted(scan, MESSAGE))
		return;
	if (!scan->wants_first_rows || relation_catalog_at_hand(scan) != NULL)
		(void) schema_of_log(scan);
}

/*
 * The entry's field of that name.  Only the form of 2016 has some of them.
 */
static const PlogSchemaField *
find_kind(RelationScan *scan, PlogBytes name)
{
	EntryState *state = scan->state;
	const PlogSchema *schema = state->kind_schema;
	const PlogSchemaField *field = plog_schema_find_name(schema, schema->entry, name);

	if (field != NULL || scan->execution->descriptor != NULL)
		return field;
	if (state->schema_2016 == NULL)
	{
		PlogForm	form;

		memset(&form, 0, sizeof(form));
		form.entries_2016 = true;
		state->schema_2016 = builtin_schema(form);
	}
	return plog_schema_find_name(state->schema_2016, state->schema_2016->entry, name);
}

/*
 * Can the log be of a form, going by what a chunk shows?
 */
static bool
form_is_possible(const PlogForm *form, const ShownForms *shown)
{
	/* each form lacks what came after it; that of 2016 lacks all three */
	if (form->entries_2016)
		return shown->asid_info == PLOG_EVIDENCE_NONE && shown->arguments == PLOG_EVIDENCE_NONE &&
			shown->loaded_libs == PLOG_EVIDENCE_NONE;
	if (shown->asid_info != PLOG_EVIDENCE_NONE &&
		form->asid_info_2018 != (shown->asid_info == PLOG_EVIDENCE_EARLIER))
		return false;
	if (form->asid_info_2018)
		return shown->arguments != PLOG_EVIDENCE_TODAY;
	if (shown->arguments != PLOG_EVIDENCE_NONE &&
		form->arguments_2020 != (shown->arguments == PLOG_EVIDENCE_EARLIER))
		return false;
	return form->arguments_2020 || shown->loaded_libs == PLOG_EVIDENCE_NONE ||
		form->loaded_libs_2020 == (shown->loaded_libs == PLOG_EVIDENCE_EARLIER);
}

/*
 * List the schemas of all forms that the log may have, going by the current chunk.
 */
static void
list_possible_schemas(RelationScan *scan, PossibleSchemas *possible)
{
	static const PlogForm forms[lengthof(possible->schemas)] = {
		{.entries_2016 = true},
		{.asid_info_2018 = true},
		{.arguments_2020 = true},
		{.loaded_libs_2020 = true},
		{.asid_info_2018 = false}
	};
	MemoryContext caller = MemoryContextSwitchTo(scan->context);
	ShownForms	shown = relation_shown_forms(scan);

	for (int i = 0; i < (int) lengthof(forms); i++)
	{
		if (form_is_possible(&forms[i], &shown))
			possible->schemas[possible->count++] = builtin_schema(forms[i]);
	}
	possible->chunk = scan->walk.chunk;
	MemoryContextSwitchTo(caller);
}

/*
 * The number in the name of an unknown kind; 0 if it is no such name.
 */
static uint32
unknown_kind_number(const char *name, Size length)
{
	Size		at = strlen(UNKNOWN_KIND);
	uint64		number = 0;

	if (length <= at || memcmp(name, UNKNOWN_KIND, at) != 0 || name[at] == '0')
		return 0;
	for (; at < length; at++)
	{
		if (name[at] < '0' || name[at] > '9')
			return 0;
		number = number * 10 + (name[at] - '0');
		if (number > PLOG_FIELD_NUMBER_MAX)
			return 0;
	}
	return (uint32) number;
}

/*
 * The field number of the kind of that name; 0 if no entry can be of that kind.
 * Entries of other kinds may have the number, too: fields of another form, or of
 * somebody's own messages.
 */
static uint32
kind_of_name(RelationScan *scan, text *name)
{
	const PlogSchema *schema = ((EntryState *) scan->state)->kind_schema;
	const PlogSchemaField *field;
	PlogBytes	bytes;
	uint32		number;

	bytes.data = (const uint8_t *) VARDATA_ANY(name);
	bytes.length = VARSIZE_ANY_EXHDR(name);
	field = find_kind(scan, bytes);
	if (field != NULL)
		return plog_schema_wire_number(field);
	number = unknown_kind_number((const char *) bytes.data, bytes.length);
	return number != 0 && plog_schema_find(schema, schema->entry, number) == NULL ? number : 0;
}

static int
compare_kinds(const void *a, const void *b)
{
	uint32		kind_a = *(const uint32 *) a;
	uint32		kind_b = *(const uint32 *) b;

	return (kind_a > kind_b) - (kind_a < kind_b);
}

static bool
contains_kind(const KindSet *set, uint32 kind)
{
	return bsearch(&kind, set->kinds, set->count, sizeof(uint32), compare_kinds) != NULL;
}

/*
 * Restrict the wanted kinds by one more condition.
 */
static void
restrict_kinds(RelationScan *scan, const Condition *condition)
{
	EntryState *state = scan->state;
	KindSet		set = {0};

	set.kinds = palloc(sizeof(uint32) * (condition->value_count + 1));
	for (int i = 0; i < condition->value_count; i++)
	{
		uint32		kind = kind_of_name(scan, DatumGetTextPP(condition->texts[i]));

		CHECK_FOR_INTERRUPTS();
		if (kind != 0 && (!state->is_restricted || contains_kind(&state->wanted, kind)))
		{
			set.kinds[set.count++] = kind;
			if (kind < CATALOG_LISTED_KINDS)
				set.listed[kind / 64] |= UINT64CONST(1) << (kind % 64);
			else
				set.has_others = true;
		}
	}
	qsort(set.kinds, set.count, sizeof(uint32), compare_kinds);
	if (state->is_restricted)
		pfree(state->wanted.kinds);
	state->wanted = set;
	state->is_restricted = true;
}

/*
 * Does a chunk have entries of a wanted kind?
 */
static bool
chunk_may_match(const RelationScan *scan, const CatalogChunk *chunk)
{
	const EntryState *state = scan->state;

	if (!state->is_restricted)
		return true;
	for (int i = 0; i < (int) lengthof(state->wanted.listed); i++)
	{
		if ((chunk->kinds[i] & state->wanted.listed[i]) != 0)
			return true;
	}
	return chunk->has_other_kinds && state->wanted.has_others;
}

static void
begin_entries(RelationScan *scan)
{
	const ScanRestriction *restriction = &scan->restriction;
	EntryState *state = scan->state;
	MemoryContext caller = MemoryContextSwitchTo(scan->context);

	if (state == NULL)
	{
		state = scan->state = palloc0(sizeof(EntryState));
		find_schemas(scan);
	}
	if (state->is_restricted)
		pfree(state->wanted.kinds);
	state->is_restricted = false;
	for (int i = 0; i < restriction->condition_count; i++)
	{
		if (restriction->conditions[i].column == KIND)
			restrict_kinds(scan, &restriction->conditions[i]);
	}
	MemoryContextSwitchTo(caller);
}

/*
 * Set the name of a kind.  An entry without payload, as the first of a log, has
 * the number 0, and no kind.
 */
static void
set_kind_name(RelationRow *row, const PlogSchema *schema, uint32 kind, PlogPayloadForm form)
{
	const PlogSchemaField *field;
	uint32		message;
	char		name[32];

	if (kind == 0)
	{
		set_null(row, KIND);
		return;
	}
	field = plog_schema_find_payload(schema, kind, form, &message);
	if (field != NULL)
		set_text(row, KIND, (const char *) field->name.data, field->name.length);
	else
		set_text(row, KIND, name, (Size) snprintf(name, sizeof(name), UNKNOWN_KIND "%u", kind));
}

/*
 * Set the name of the entry's kind.
 */
static void
set_kind(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const PlogSchema *schema = ((EntryState *) scan->state)->kind_schema;
	PlogPayloadForm form = PLOG_FORM_USUAL;

	if (scan->execution->descriptor == NULL && plog_kind_depends_on_form(&scan->entry))
		schema = schema_of_log(scan);
	if (schema->has_forms && plog_payload_has_forms(scan->entry.kind))
		form = plog_payload_form(scan->entry.body, scan->entry.kind);
	set_kind_name(row, schema, scan->entry.kind, form);
}

/*
 * The catalog knows how many entries are of each kind, if all kinds have numbers
 * that it lists and names that depend on nothing else.
 */
static bool
knows_kinds(const CatalogSummary *summary, ColumnSet columns pg_attribute_unused())
{
	return summary->kinds.others == 0 && summary->kinds.uncertain == 0;
}

/*
 * Go to the next kind that entries have.
 */
static bool
next_kind(RelationScan *scan, uint64 *count)
{
	const CatalogKindCounts *kinds = &scan->catalog->summary.kinds;
	EntryState *state = scan->state;

	while (scan->position < CATALOG_LISTED_KINDS && kinds->listed[scan->position] == 0)
		scan->position++;
	if (scan->position == CATALOG_LISTED_KINDS)
		return false;
	*count = kinds->listed[scan->position];
	set_kind_name(&scan->row, state->kind_schema, (uint32) scan->position, PLOG_FORM_USUAL);
	scan->position++;
	return true;
}

/*
 * Error context: which entry's message could not be shown.
 */
static void
add_entry_context(void *scan)
{
	errcontext("message of entry %llu of plog \"%s\"",
			   (unsigned long long) ((RelationScan *) scan)->entry_id,
			   ((RelationScan *) scan)->file->filename);
}

/*
 * The current entry's message, without knowing the log's form: all forms that the
 * log may have must give the same jsonb.  If they do not, the form is found out.
 */
static Jsonb *
make_message_of_any_form(RelationScan *scan, EntryState *state)
{
	const PossibleSchemas *possible = &state->possible;
	Jsonb	   *message = NULL;
	bool		is_certain;

	if (possible->count == 0)
		list_possible_schemas(scan, &state->possible);
	is_certain = scan->walk.chunk == possible->chunk && possible->count > 0;
	for (int i = 0; is_certain && i < possible->count; i++)
	{
		Jsonb	   *other = entry_to_jsonb(possible->schemas[i], scan->entry.body);

		is_certain = i == 0 || (message != NULL && other != NULL &&
								VARSIZE(message) == VARSIZE(other) &&
								memcmp(message, other, VARSIZE(message)) == 0);
		message = other;
	}
	return is_certain ? message : entry_to_jsonb(schema_of_log(scan), scan->entry.body);
}

static void
set_message(RelationScan *scan, EntryState *state)
{
	RelationRow *row = &scan->row;
	MemoryContext caller = MemoryContextSwitchTo(row->context);
	ErrorContextCallback context;
	Jsonb	   *message;

	context.callback = add_entry_context;
	context.arg = scan;
	context.previous = error_context_stack;
	error_context_stack = &context;
	message = state->schema == NULL ? make_message_of_any_form(scan, state) :
		entry_to_jsonb(state->schema, scan->entry.body);
	error_context_stack = context.previous;
	MemoryContextSwitchTo(caller);
	if (message == NULL)
	{
		report_malformed_entry(scan->file, scan->entry_id);
		set_null(row, MESSAGE);
		return;
	}
	set_value(row, MESSAGE, JsonbPGetDatum(message));
}

/* The columns that are made before the message. */
#define CONDITION_COLUMNS	(~COLUMN_BIT(MESSAGE))

static bool
next_entry(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	EntryState *state = scan->state;
	const PlogEntry *entry = &scan->entry;

	do
	{
		do
		{
			if (!relation_next_entry(scan))
				return false;
		} while (state->is_restricted && !contains_kind(&state->wanted, entry->kind));

		set_bigint(row, ENTRY_ID, true, (int64) scan->entry_id);
		set_value(row, CHUNK, Int32GetDatum((int32) scan->walk.chunk));
		set_known(row, PC, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
		set_known(row, EXECUTION_OFFSET, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
		set_bigint(row, ASID, PLOG_HAS(entry, PLOG_ENTRY_ASID), (int64) entry->asid);
		if (column_is_wanted(scan, KIND))
			set_kind(scan);
	} while (!relation_row_matches(scan, CONDITION_COLUMNS));

	if (column_is_wanted(scan, MESSAGE))
		set_message(scan, state);
	return true;
}

static const CatalogSpan *
span_of_entries(const CatalogSummary *summary)
{
	return &summary->entries.span;
}

const PlogRelation entries_relation = {
	.name = "entries",
	.comment = "One row per entry of any plugin.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {ENTRY_ID},
	.native = {
		.on_request = true,
		.key = "entry_id",
		.indexes = {"execution_offset"},
		.text_index = "kind"
	},
	.reads_chunks = true,
	.uses_descriptor = true,
	.catalog.late_columns = COLUMN_BIT(MESSAGE),
	.condition_columns = CONDITION_COLUMNS,
	.beliefs.rows = {.entries_per_row = 1},
	.count = count_entries,
	.chunk_may_match = chunk_may_match,
	.begin = begin_entries,
	.entries_with_rows = span_of_entries,
	.counted = {
		.columns = COLUMN_BIT(COLUMN_EXECUTION_ID) | COLUMN_BIT(KIND),
		.is_known = knows_kinds,
		.next = next_kind
	},
	.next = next_entry
};
