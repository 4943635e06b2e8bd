/*-------------------------------------------------------------------------
 *
 * syscall_arguments.c
 *		One row per argument of a system call.
 *
 * It is long, but one file: a row is made in one of three ways, ready with others of
 * its call, alone, or from columns, which share their state and are compiled into one
 * loop.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat/varlena.h"
#include "plog/call.h"
#include "relations/call_arguments.h"
#include "relations/chunk_form.h"
#include "relations/kept_arguments.h"
#include "relations/walk.h"
#include "text/digits.h"
#include "text/guest_text.h"
#include "values/argument_text.h"
#include "values/scalar.h"

enum
{
	SYSCALL_ID = COLUMN_EXECUTION_ID + 1,
	POSITION,
	NAME,
	ARGUMENT_TYPE,
	VALUE,
	STRUCT_TYPE
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"syscall_id", COLUMN_BIGINT, SKIP_ENTRY, .is_never_null = true,
		.comment = "the call"},
	{"position", COLUMN_INTEGER, SKIP_NONE, .is_never_null = true,
		.comment = "from 0; what the plugin adds (filename(from fd), args, port) is last"},
	{"name", COLUMN_TEXT, SKIP_NONE,
		.comment = "the name of the argument"},
	{"argument_type", COLUMN_TEXT, SKIP_NONE,
		.comment = "see Arguments"},
	{"value", COLUMN_TEXT, SKIP_NONE,
		.comment = "see Arguments"},
	{"struct_type", COLUMN_TEXT, SKIP_NONE,
		.comment = "of a STRUCT, the C type"}
};

/* What has the columns where a chunk's calls are kept: see relation.h. */
static const ColumnBlocks column_blocks[] = {
	[COLUMN_EXECUTION_ID] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[SYSCALL_ID] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[POSITION] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[NAME] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[ARGUMENT_TYPE] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[VALUE] = COLUMNS_BIT(COLUMNS_ARGUMENTS),
	[STRUCT_TYPE] = COLUMNS_BIT(COLUMNS_ARGUMENTS)
};

static const ColumnStatistics statistics[] = {
	{.column = SYSCALL_ID, .rows_of = &syscalls_relation}
};

/* The columns for which an argument must be decoded. */
#define DECODED_COLUMNS \
	(COLUMN_BIT(NAME) | COLUMN_BIT(ARGUMENT_TYPE) | COLUMN_BIT(VALUE) | COLUMN_BIT(STRUCT_TYPE))

/* Bytes up to this length are printed without a check for interrupts. */
#define SHORT_BYTES		(64 * 1024)

/*
 * Nearly all arguments are a name and a simple value.  Up to so many of a call's
 * are made into rows in one go, which saves a sixth of a scan of three
 * columns of all arguments.
 */
#define READY_ARGUMENTS		8

/* Such an argument is shorter than this, in bytes; as hex, it has two digits a byte. */
#define READY_BYTES			128

/* The tag that stands before it in its call, followed by a byte with its length. */
#define ARGUMENT_TAG		(PLOG_SYSCALL_ARGS << 3 | WIRE_BYTES)

/* A text's size in words.  It is written by words, up to one beyond its end. */
#define TEXT_WORDS(bytes)	((VARHDRSZ + (bytes)) / sizeof(uint64) + 2)

typedef struct ReadyArgument
{
	Datum		type;
	uint64		name[TEXT_WORDS(READY_BYTES)];
	uint64		value[TEXT_WORDS(2 * READY_BYTES)];
} ReadyArgument;

/* Where the scan is within the current call. */
typedef struct ArgumentState
{
	RelationScan *calls;		/* the scan that reads the calls, mostly this one */
	bool		is_needed;		/* calls without a row that meets the conditions are not
								 * wanted */
	PlogRepeated arguments;		/* those that were not read yet */
	int32		position;		/* of the next row's argument */
	int			ready_count;	/* rows that were made ready … */
	int			given_count;	/* … and how many of them were given */
	PlogBytes	message;		/* if all were given: the next argument */

	bool		is_kept;		/* the current call comes from columns, and … */
	KeptArguments kept;			/* … this has its arguments instead */

	/* the form of arguments: see chunk_form.h */
	bool		knows_form;
	bool		form_2020;		/* SyscallArg instead of NamedData */
	uint64		form_chunk;		/* without a catalog: the chunk that showed it */

	/* how rows are made ready */
	bool		makes_ready;	/* are they? */
	bool		wants_name;
	bool		wants_value;
	bool		ready_nulls[STRUCT_TYPE + 1];	/* the columns that are NULL in them */
	ReadyArgument ready[READY_ARGUMENTS];

	/* conditions that are checked before a row is made; or NULL */
	const Condition *name_condition;
	const Condition *value_condition;
	bool		may_be_number;	/* one of its values looks like one, or like bytes */

	Datum		types[PLOG_ARGUMENT_STRUCT_TYPE + 1];	/* their names as text, by kind */
} ArgumentState;

static uint64
count_syscall_arguments(const CatalogSummary *summary)
{
	return summary->argument_count;
}

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->arguments;
}

/*
 * Does one of a condition's texts begin as a number or as bytes do?
 */
static bool
has_number(const Condition *condition)
{
	for (int i = 0; i < condition->value_count; i++)
	{
		const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[i]);
		const char *text = VARDATA_ANY(value);

		CHECK_FOR_INTERRUPTS();
		if (VARSIZE_ANY_EXHDR(value) > 0 && strchr("-0123456789\\", text[0]) != NULL)
			return true;
	}
	return false;
}

/*
 * Prepare for a chunk whose calls come from columns.
 */
static bool
prepare_kept_chunk(RelationScan *scan, RelationScan *calls)
{
	ArgumentState *state = scan->state;
	const ScanRestriction *restriction = &scan->restriction;
	KeptWish	wish = {0};

	wish.decoded = (scan->wanted & DECODED_COLUMNS) != 0;
	wish.values = column_is_wanted(scan, VALUE);
	wish.skips_calls = scan == calls || state->is_needed;
	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];

		if (condition->column == NAME)
			wish.name = condition;
		if (condition->column == VALUE)
			wish.value = condition;
	}
	wish.no_numbers = wish.value != NULL && !has_number(wish.value);
	return kept_arguments_prepare(&state->kept, calls, &scan->row, &wish);
}

/*
 * The scan's own state, with the names of all types as texts.
 */
static ArgumentState *
make_state(RelationScan *scan)
{
	ArgumentState *state = palloc0(sizeof(ArgumentState));
	KeptUser	user = {prepare_kept_chunk, scan};

	state->calls = scan;
	for (uint32 kind = 0; kind < lengthof(state->types); kind++)
	{
		const char *name = argument_type_name(kind);

		if (name != NULL)
			state->types[kind] = CStringGetTextDatum(name);
	}
	kept_calls_add_user(scan, &user);

	/* no numbers are needed, but decoding has to go as far as the first argument */
	scan->entry_numbers = 0;
	scan->call.numbers = 1u << PLOG_SYSCALL_CALL_NAME;
	return state;
}

static void
begin_syscall_arguments(RelationScan *scan)
{
	ArgumentState *state = scan->state;

	if (state == NULL)
		scan->state = state = make_state(scan);
	memset(&state->arguments, 0, sizeof(state->arguments));
	state->wants_name = column_is_wanted(scan, NAME);
	state->wants_value = column_is_wanted(scan, VALUE);
	state->ready_nulls[NAME] = !state->wants_name;
	state->ready_nulls[VALUE] = !state->wants_value;
	state->ready_nulls[STRUCT_TYPE] = true;
	state->ready_count = state->given_count = 0;
	state->is_kept = false;
}

static void
set_form(RelationScan *scan, ArgumentState *state, bool form_2020)
{
	state->knows_form = true;
	state->form_2020 = form_2020;
	state->form_chunk = state->calls->walk.chunk;
	state->makes_ready = (scan->wanted & DECODED_COLUMNS) != 0 && !form_2020;
}

/*
 * Find out the form of arguments.
 */
static pg_noinline void
find_form(RelationScan *scan, ArgumentState *state)
{
	RelationScan *calls = state->calls;
	MemoryContext caller = MemoryContextSwitchTo(scan->row.context);
	PlogEvidence evidence = PLOG_EVIDENCE_NONE;

	if (calls->catalog == NULL && !state->knows_form)
		evidence = relation_shown_forms(calls).arguments;
	MemoryContextSwitchTo(caller);
	set_form(scan, state, evidence == PLOG_EVIDENCE_NONE ?
			 relation_catalog(calls)->summary.form.arguments_2020 :
			 evidence == PLOG_EVIDENCE_EARLIER);
}

/*
 * Does the form have to be found out before the current call's arguments are read?
 */
static inline bool
wants_form(const RelationScan *scan, const ArgumentState *state)
{
	const RelationScan *calls = state->calls;

	return (scan->wanted & DECODED_COLUMNS) != 0 &&
		(!state->knows_form || (calls->catalog == NULL && calls->walk.chunk != state->form_chunk));
}

/*
 * Go before the first argument of the current call.
 */
static inline void
start_call(RelationScan *scan, ArgumentState *state, const PlogRepeated *arguments)
{
	state->is_kept = state->calls->kept.is_current;
	if (state->is_kept)
	{
		kept_arguments_start(&state->kept);
		return;
	}
	if (wants_form(scan, state))
		find_form(scan, state);
	state->arguments = *arguments;
	state->position = 0;
}

/*
 * Go to the next call.
 */
static bool
next_call(RelationScan *scan, ArgumentState *state)
{
	PlogSyscall syscall;

	if (!relation_next_syscall(scan, &syscall))
		return false;
	start_call(scan, state, &syscall.arguments);
	return true;
}

/*
 * A value that takes more than copying or printing a number.
 */
static void
set_long_value(RelationScan *scan, const PlogArgument *argument)
{
	RelationRow *row = &scan->row;
	MemoryContext caller;
	bool		is_valid;

	resetStringInfo(&row->converted);
	caller = MemoryContextSwitchTo(row->context);
	is_valid = append_argument_value(&row->converted, argument);
	MemoryContextSwitchTo(caller);
	if (is_valid)
		set_text(row, VALUE, row->converted.data, row->converted.len);
	else
	{
		report_malformed_entry(scan->file, scan->entry_id);
		set_null(row, VALUE);
	}
}

/*
 * Bytes as bytea prints them in hex.
 */
static void
set_short_bytes(RelationScan *scan, PlogBytes bytes)
{
	char	   *text = text_to_fill(&scan->row, VALUE, 2 + bytes.length * 2);

	text[0] = '\\';
	text[1] = 'x';
	print_hex(text + 2, bytes);
}

static void
set_argument_value(RelationScan *scan, const PlogArgument *argument)
{
	RelationRow *row = &scan->row;
	char		number[DIGITS_BYTES];
	int			length;

	if (argument->kind == PLOG_ARGUMENT_STR)
		set_guest_text(row, VALUE, argument->bytes);
	else if (!argument_has_value(argument))
		set_null(row, VALUE);
	else if ((length = print_argument_number(number, argument->kind, argument->number)) > 0)
		set_text(row, VALUE, number, length);
	else if (argument->kind == PLOG_ARGUMENT_BYTES && argument->bytes.length <= SHORT_BYTES)
		set_short_bytes(scan, argument->bytes);
	else
		set_long_value(scan, argument);
}

static void
set_argument(RelationScan *scan, PlogBytes message)
{
	RelationRow *row = &scan->row;
	const ArgumentState *state = scan->state;
	PlogArgument argument;

	if (!plog_decode_call_argument(message, state->form_2020, &argument))
	{
		report_malformed_entry(scan->file, scan->entry_id);
		memset(&argument, 0, sizeof(argument));
	}
	if (column_is_wanted(scan, NAME))
		set_guest_text(row, NAME, argument.name);
	row->values[ARGUMENT_TYPE] = state->types[argument.kind];
	row->nulls[ARGUMENT_TYPE] = argument.kind == 0;
	if (column_is_wanted(scan, VALUE))
		set_argument_value(scan, &argument);
	if (column_is_wanted(scan, STRUCT_TYPE))
	{
		/* another value beside it takes precedence */
		if (argument.kind == PLOG_ARGUMENT_STRUCT_TYPE)
			set_guest_text(row, STRUCT_TYPE, argument.struct_type);
		else
			set_null(row, STRUCT_TYPE);
	}
}

/*
 * Would make_ready_value() make a text of an argument's value, provided that a
 * string in it is plain text?
 */
static inline bool
has_simple_value(const PlogPlainArgument *plain)
{
	PlogBytes	bytes;
	uint64		number;

	if (plain->type == WIRE_VARINT)
		return plog_is_kind_of(PLOG_INTEGER_KINDS, plain->kind) &&
			plog_take_plain_number(plain, &number);
	return plain->type == WIRE_BYTES && plog_is_kind_of(PLOG_BYTES_KINDS, plain->kind) &&
		plog_take_plain_bytes(plain, &bytes);
}

/*
 * Make the text of a simple value.  False if the value is not simple.
 */
static inline bool
make_ready_value(char *datum, const PlogPlainArgument *plain)
{
	PlogBytes	bytes;
	uint64		number;
	char	   *text;
	int			length;

	if (plain->type == WIRE_VARINT && plog_is_kind_of(PLOG_INTEGER_KINDS, plain->kind))
	{
		if (!plog_take_plain_number(plain, &number))
			return false;
		length = print_argument_number(VARDATA_SHORT(datum), plain->kind, number);
		SET_VARSIZE_SHORT(datum, VARHDRSZ_SHORT + length);
		return true;
	}
	if (plain->type != WIRE_BYTES || !plog_take_plain_bytes(plain, &bytes))
		return false;
	if (plain->kind == PLOG_ARGUMENT_STR)
		return copy_plain_guest_text(start_text(datum, bytes.length), bytes);
	if (plain->kind != PLOG_ARGUMENT_BYTES)
		return false;
	text = start_text(datum, 2 + 2 * bytes.length);
	text[0] = '\\';
	text[1] = 'x';
	print_hex(text + 2, bytes);
	return true;
}

/*
 * Make those texts of an argument that are wanted.  False if set_argument() has to
 * make its row.
 */
static inline bool
make_ready(const ArgumentState *state, PlogBytes message, ReadyArgument *ready)
{
	char	   *name = (char *) ready->name;
	char	   *value = (char *) ready->value;
	PlogPlainArgument plain;

	if (!plog_take_plain_argument(message, &plain))
		return false;
	if (plain.kind == PLOG_ARGUMENT_BYTES)
		plain.kind = plog_bytes_kind(plain.name);
	if ((state->wants_name &&
		 !copy_plain_guest_text(start_text(name, plain.name.length), plain.name)) ||
		!(state->wants_value ? make_ready_value(value, &plain) : has_simple_value(&plain)))
		return false;
	ready->type = state->types[plain.kind];
	return true;
}

/*
 * Make the next arguments into rows, up to the first one that is not simple and
 * short.  False if there are none.
 */
static bool
make_ready_arguments(ArgumentState *state)
{
	const uint8_t *at = state->arguments.cursor.at;
	const uint8_t *stop = state->arguments.cursor.stop;
	int			count = 0;

	while (count < READY_ARGUMENTS && stop - at >= 2 &&
		   at[0] == ARGUMENT_TAG && at[1] < READY_BYTES && at[1] <= stop - at - 2)
	{
		PlogBytes	message = {at + 2, at[1]};

		if (!make_ready(state, message, &state->ready[count]))
			break;
		at += 2 + message.length;
		count++;
	}
	state->arguments.cursor.at = at;
	state->ready_count = count;
	state->given_count = 0;
	return count > 0;
}

/*
 * Put the current call's next argument into state->message.  The call is known to
 * be well-formed (see calls.h).  Should the catalog be wrong about that, the call
 * ends here.
 */
static bool
next_message(RelationScan *scan, ArgumentState *state)
{
	WireCursor *cursor = &state->arguments.cursor;

	if (cursor->at == cursor->end)
		return false;
	if (plog_next_bytes(&state->arguments, &state->message))
		return true;
	if (cursor->at != cursor->end)
		report_malformed_entry(scan->file, scan->entry_id);
	memset(&state->arguments, 0, sizeof(state->arguments));
	return false;
}

/*
 * Set the value of an argument that is a number.
 */
static inline void
set_kept_number(RelationScan *scan, const KeptArgument *kept)
{
	RelationRow *row = &scan->row;
	char	   *datum = allocate_in_row(row, VARHDRSZ_SHORT + DIGITS_BYTES);
	int			length = print_argument_number(VARDATA_SHORT(datum), kept->kind, kept->number);

	if (length > 0)
	{
		SET_VARSIZE_SHORT(datum, VARHDRSZ_SHORT + length);
		set_value(row, VALUE, PointerGetDatum(datum));
	}
	else
	{
		PlogArgument argument = {.kind = kept->kind,.number = kept->number};

		set_argument_value(scan, &argument);
	}
}

/*
 * Make the row of the next argument of a call that comes from columns.  False at the
 * end of the call.
 */
static inline bool
next_kept_argument(RelationScan *scan, ArgumentState *state)
{
	RelationRow *row = &scan->row;
	KeptArgument kept;

	if (!kept_arguments_next(&state->kept, &kept))
		return false;
	set_bigint(row, SYSCALL_ID, true, (int64) scan->entry_id);
	set_value(row, POSITION, Int32GetDatum(kept.position));
	if ((scan->wanted & DECODED_COLUMNS) == 0)
		return true;
	if (kept.is_message)
	{
		set_argument(scan, kept.message);
		return true;
	}
	if (column_is_wanted(scan, NAME))
		set_value(row, NAME, kept.name);
	set_value(row, ARGUMENT_TYPE, state->types[kept.kind]);
	if (column_is_wanted(scan, VALUE) && kept.has_text)
		set_value(row, VALUE, kept.text);
	else if (column_is_wanted(scan, VALUE))
		set_kept_number(scan, &kept);
	set_null(row, STRUCT_TYPE);
	return true;
}

/*
 * Go to the next argument of this call: either rows are ready then, or it is in
 * state->message.  Of a call that comes from columns, the row is made.  False at the
 * end.
 */
static inline bool
next_of_call(RelationScan *scan, ArgumentState *state)
{
	if (state->is_kept)
		return next_kept_argument(scan, state);
	return (state->makes_ready && make_ready_arguments(state)) || next_message(scan, state);
}

/*
 * Likewise, of this call or a later one.
 */
static bool
find_argument(RelationScan *scan, ArgumentState *state)
{
	while (!next_of_call(scan, state))
	{
		if (!next_call(scan, state))
			return false;
	}
	return true;
}

/*
 * Give the next of the ready rows.  The pointers are kept in variables because the
 * compiler would load them again after each write to nulls.
 */
static inline void
give_ready_argument(RelationScan *scan, ArgumentState *state)
{
	const ReadyArgument *ready = &state->ready[state->given_count++];
	Datum	   *values = scan->row.values;
	bool	   *nulls = scan->row.nulls;

	values[SYSCALL_ID] = Int64GetDatum((int64) scan->entry_id);
	values[POSITION] = Int32GetDatum(state->position++);
	values[NAME] = PointerGetDatum(ready->name);
	values[ARGUMENT_TYPE] = ready->type;
	values[VALUE] = PointerGetDatum(ready->value);
	memcpy(&nulls[SYSCALL_ID], &state->ready_nulls[SYSCALL_ID],
		   (STRUCT_TYPE - SYSCALL_ID + 1) * sizeof(bool));
}

/*
 * Give the row of the argument that was gone to.
 */
static void
give_argument(RelationScan *scan, ArgumentState *state)
{
	if (state->is_kept)
		return;
	if (state->given_count < state->ready_count)
	{
		give_ready_argument(scan, state);
		return;
	}
	set_bigint(&scan->row, SYSCALL_ID, true, (int64) scan->entry_id);
	set_value(&scan->row, POSITION, Int32GetDatum(state->position++));
	if ((scan->wanted & DECODED_COLUMNS) != 0)
		set_argument(scan, state->message);
}

/*
 * Give a row that is not ready yet.
 */
static pg_noinline bool
next_unready_argument(RelationScan *scan)
{
	ArgumentState *state = scan->state;

	if (!find_argument(scan, state))
		return false;
	give_argument(scan, state);
	return true;
}

static bool
next_syscall_argument(RelationScan *scan)
{
	ArgumentState *state = scan->state;

	if (state->given_count == state->ready_count)
		return (state->is_kept && next_kept_argument(scan, state)) || next_unready_argument(scan);
	give_ready_argument(scan, state);
	return true;
}

void
call_arguments_begin(RelationScan *scan, RelationScan *calls, bool is_needed)
{
	ArgumentState *state = scan->state;
	KeptUser	user = {prepare_kept_chunk, scan};

	state->calls = calls;
	state->is_needed = is_needed;
	calls->call.keeps_arguments = true;
	kept_calls_add_user(calls, &user);
}

void
call_arguments_restrict(RelationScan *scan)
{
	ArgumentState *state = scan->state;
	const ScanRestriction *restriction = &scan->restriction;

	state->name_condition = state->value_condition = NULL;
	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];

		if (condition->column == NAME)
			state->name_condition = condition;
		if (condition->column == VALUE)
			state->value_condition = condition;
	}
	state->may_be_number = state->value_condition != NULL && has_number(state->value_condition);
}

void
call_arguments_start(RelationScan *scan)
{
	ArgumentState *state = scan->state;

	scan->entry_id = state->calls->entry_id;
	state->ready_count = state->given_count = 0;
	start_call(scan, state, &state->calls->call.arguments);
}

/*
 * Can the value of a simple argument meet the condition on values?
 */
static inline bool
value_may_meet(RelationScan *scan, const ArgumentState *state, const PlogPlainArgument *plain)
{
	PlogBytes	bytes;
	uint32		kind = plain->kind == PLOG_ARGUMENT_BYTES ? plog_bytes_kind(plain->name) :
		plain->kind;

	if (kind != PLOG_ARGUMENT_STR || !plog_take_plain_bytes(plain, &bytes))
		return state->may_be_number;
	return relation_guest_text_meets(scan, state->value_condition, bytes);
}

/*
 * Can an argument meet the conditions on names and values?  Where it is not simple,
 * that is left to those who make its row.
 */
static inline bool
argument_may_meet(RelationScan *scan, const ArgumentState *state, PlogBytes message)
{
	PlogPlainArgument plain;
	bool		may_meet = true;

	if (state->form_2020 || !plog_take_plain_argument(message, &plain))
		return true;
	if (state->name_condition != NULL)
		may_meet = relation_guest_text_meets(scan, state->name_condition, plain.name);
	if (may_meet && state->value_condition == NULL)
		return true;
	return !has_simple_value(&plain) || (may_meet && value_may_meet(scan, state, &plain));
}

/*
 * Go to the next argument of the call that may meet the conditions, as
 * next_of_call() does.
 */
static bool
next_that_may_meet(RelationScan *scan, ArgumentState *state)
{
	if (state->is_kept || (state->name_condition == NULL && state->value_condition == NULL))
		return next_of_call(scan, state);
	while (next_message(scan, state))
	{
		CHECK_FOR_INTERRUPTS();
		if (argument_may_meet(scan, state, state->message))
		{
			/* one row at a time may be ready */
			state->given_count = 0;
			state->ready_count = state->makes_ready &&
				state->message.length < READY_BYTES &&
				make_ready(state, state->message, &state->ready[0]);
			return true;
		}
		state->position++;
	}
	return false;
}

bool
call_arguments_next(RelationScan *scan)
{
	ArgumentState *state = scan->state;

	do
	{
		CHECK_FOR_INTERRUPTS();
		row_reset(&scan->row);
		if (state->given_count == state->ready_count && !next_that_may_meet(scan, state))
			return false;
		give_argument(scan, state);
	} while (!relation_row_matches(scan, ~(ColumnSet) 0));
	return true;
}

const PlogRelation syscall_arguments_relation = {
	.name = "syscall_arguments",
	.comment = "One row per argument of a system call.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {SYSCALL_ID, POSITION},
	.native = {
		.key = "syscall_id, position",
		.references = {{"syscall_id", "syscalls"}}
	},
	.reads_chunks = true,
	.catalog.form_columns = DECODED_COLUMNS,
	.condition_columns = ~(ColumnSet) 0,
	.gains_by_unchecked_arguments = true,
	.beliefs.rows = {.entries_per_row = 0.25},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.column_blocks = column_blocks,
	.count = count_syscall_arguments,
	.count_in_chunk = count_in_chunk,
	.begin = begin_syscall_arguments,
	.next = next_syscall_argument
};
