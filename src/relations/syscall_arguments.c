/*-------------------------------------------------------------------------
 *
 * syscall_arguments.c
 *		One row per argument of a system call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "relations/argument.h"
#include "relations/relation.h"

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
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION},
	{"syscall_id", COLUMN_BIGINT, SKIP_ENTRY},
	{"position", COLUMN_INTEGER, SKIP_NONE},
	{"name", COLUMN_TEXT, SKIP_NONE},
	{"argument_type", COLUMN_TEXT, SKIP_NONE},
	{"value", COLUMN_TEXT, SKIP_NONE},
	{"struct_type", COLUMN_TEXT, SKIP_NONE}
};

/* The columns for which an argument must be decoded. */
#define DECODED_COLUMNS \
	(COLUMN_BIT(NAME) | COLUMN_BIT(ARGUMENT_TYPE) | COLUMN_BIT(VALUE) | COLUMN_BIT(STRUCT_TYPE))

/* Bytes up to this length are printed at once, and not to be interrupted. */
#define SHORT_BYTES		(64 * 1024)

/* Where the scan is within the current call. */
typedef struct ArgumentState
{
	PlogRepeated arguments;
	uint64		left;			/* arguments not given yet */
	int32		position;		/* of the next */
	Datum		types[PLOG_ARGUMENT_STRUCT_TYPE + 1];	/* texts, by kind */
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
 * The scan's own state, with the names of all types as texts.
 */
static ArgumentState *
make_state(RelationScan *scan)
{
	ArgumentState *state = palloc0(sizeof(ArgumentState));

	for (uint32 kind = 0; kind < lengthof(state->types); kind++)
	{
		const char *name = argument_type_name(kind);

		if (name != NULL)
			state->types[kind] = CStringGetTextDatum(name);
	}
	scan->entry_numbers = 0;
	scan->syscall_numbers = 1u << PLOG_SYSCALL_ARGS;
	return state;
}

static void
begin_syscall_arguments(RelationScan *scan)
{
	if (scan->state == NULL)
		scan->state = make_state(scan);
	((ArgumentState *) scan->state)->left = 0;
}

/*
 * Go to the next call that has arguments.
 */
static bool
next_call(RelationScan *scan, ArgumentState *state)
{
	PlogSyscall syscall;

	do
	{
		if (!relation_next_syscall(scan, &syscall))
			return false;
	} while (syscall.argument_count == 0);
	state->arguments = syscall.arguments;
	state->left = syscall.argument_count;
	state->position = 0;
	return true;
}

/*
 * A value that takes more than copying or printing a number.
 */
static void
set_long_value(RelationScan *scan, const PlogArgument *argument)
{
	MemoryContext caller;
	bool		is_valid;

	resetStringInfo(&scan->converted);
	caller = MemoryContextSwitchTo(scan->row_context);
	is_valid = append_argument_value(&scan->converted, argument);
	MemoryContextSwitchTo(caller);
	if (is_valid)
		set_text(scan, VALUE, scan->converted.data, scan->converted.len);
	else
	{
		report_malformed_entry(scan->file, scan->entry_id);
		scan->nulls[VALUE] = true;
	}
}

/*
 * Bytes as bytea prints them.
 */
static void
set_short_bytes(RelationScan *scan, PlogBytes bytes)
{
	char	   *text = text_to_fill(scan, VALUE, 2 + bytes.length * 2);

	text[0] = '\\';
	text[1] = 'x';
	print_hex(text + 2, bytes);
}

static void
set_argument_value(RelationScan *scan, const PlogArgument *argument)
{
	char		number[ARGUMENT_NUMBER_BYTES];
	int			length;

	if (argument->kind == PLOG_ARGUMENT_STR)
		set_guest_text(scan, VALUE, argument->bytes);
	else if (!argument_has_value(argument))
		scan->nulls[VALUE] = true;
	else if ((length = print_argument_number(number, argument)) > 0)
		memcpy(text_to_fill(scan, VALUE, length), number, length);
	else if (argument->kind == PLOG_ARGUMENT_BYTES && argument->bytes.length <= SHORT_BYTES)
		set_short_bytes(scan, argument->bytes);
	else
		set_long_value(scan, argument);
}

static void
set_argument(RelationScan *scan, PlogBytes message)
{
	const ArgumentState *state = scan->state;
	PlogArgument argument;

	if (!plog_decode_argument(message, scan->catalog->summary.form.arguments_2020, &argument))
	{
		report_malformed_entry(scan->file, scan->entry_id);
		memset(&argument, 0, sizeof(argument));
	}
	if (column_is_wanted(scan, NAME))
		set_guest_text(scan, NAME, argument.name);
	scan->values[ARGUMENT_TYPE] = state->types[argument.kind];
	scan->nulls[ARGUMENT_TYPE] = argument.kind == 0;
	if (column_is_wanted(scan, VALUE))
		set_argument_value(scan, &argument);
	if (column_is_wanted(scan, STRUCT_TYPE))
		set_guest_text(scan, STRUCT_TYPE, argument.struct_type);
}

static bool
next_syscall_argument(RelationScan *scan)
{
	ArgumentState *state = scan->state;
	PlogBytes	message;

	if (state->left == 0 && !next_call(scan, state))
		return false;
	state->left--;
	if (!plog_next_bytes(&state->arguments, &message))
		elog(ERROR, "a system call has fewer arguments than were counted");
	set_bigint(scan, SYSCALL_ID, true, (int64) scan->entry_id);
	set_value(scan, POSITION, Int32GetDatum(state->position++));
	if ((scan->wanted & DECODED_COLUMNS) != 0)
		set_argument(scan, message);
	return true;
}

const PlogRelation syscall_arguments_relation = {
	.name = "syscall_arguments",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {SYSCALL_ID, POSITION},
	.native = {
		.key = "syscall_id, position",
		.references = {{"syscall_id", "syscalls"}}
	},
	.reads_chunks = true,
	.catalog_columns = DECODED_COLUMNS,
	.condition_columns = ~(ColumnSet) 0,
	.count = count_syscall_arguments,
	.count_in_chunk = count_in_chunk,
	.begin = begin_syscall_arguments,
	.next = next_syscall_argument
};
