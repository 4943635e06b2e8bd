/*-------------------------------------------------------------------------
 *
 * strace.c
 *		One row per system call, as strace prints it.
 *
 * Of native data, a view makes the same text from the tables, by the same
 * functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "relations/call_search.h"
#include "relations/calls.h"
#include "relations/kept_calls.h"
#include "relations/walk.h"
#include "strace/strace.h"
#include "text/guest_text.h"
#include "values/argument_text.h"
#include "values/scalar.h"

enum
{
	SYSCALL_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	PID,
	TID,
	EXECUTION_OFFSET,
	CALL
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"syscall_id", COLUMN_BIGINT, SKIP_ENTRY, .is_never_null = true,
		.comment = "as in syscalls"},
	{"thread_id", COLUMN_BIGINT, SKIP_SYSCALL_THREAD,
		.comment = "as in syscalls"},
	{"pid", COLUMN_BIGINT, SKIP_SYSCALL_PID,
		.comment = "as in syscalls"},
	{"tid", COLUMN_BIGINT, SKIP_SYSCALL_TID,
		.comment = "as in syscalls"},
	{"execution_offset", COLUMN_BIGINT, SKIP_SYSCALL_OFFSET,
		.comment = "as in syscalls"},
	{"call", COLUMN_TEXT, SKIP_NONE,
		.comment = "the call as strace prints it"}
};

/* What has the columns where a chunk's calls are kept: see relation.h. */
static const ColumnBlocks column_blocks[] = {
	[COLUMN_EXECUTION_ID] = COLUMNS_BIT(COLUMNS_CALLS),
	[SYSCALL_ID] = COLUMNS_BIT(COLUMNS_CALLS),
	[THREAD_ID] = COLUMNS_BIT(COLUMNS_THREADS),
	[PID] = COLUMNS_BIT(COLUMNS_THREADS),
	[TID] = COLUMNS_BIT(COLUMNS_THREADS),
	[EXECUTION_OFFSET] = COLUMNS_BIT(COLUMNS_OFFSETS),
	[CALL] = COLUMNS_BIT(COLUMNS_RETVALS) | COLUMNS_OF_ARGUMENTS
};

static const ColumnStatistics statistics[] = {
	{.column = THREAD_ID, .rows_of = &threads_relation, .spread = SPREAD_THREADS},
	{.column = PID, .rows_of = &processes_relation, .spread = SPREAD_PIDS},
	{.column = TID, .rows_of = &threads_relation, .spread = SPREAD_TIDS}
};

/* What a scan reuses from call to call. */
typedef struct StraceState
{
	StraceArgument *arguments;
	Size		capacity;
	StringInfoData call;
} StraceState;

static uint64
count_strace(const CatalogSummary *summary)
{
	return summary->messages[CATALOG_SYSCALL];
}

static void
begin_strace(RelationScan *scan)
{
	if (scan->state == NULL)
	{
		StraceState *state = palloc0(sizeof(StraceState));

		initStringInfo(&state->call);
		scan->state = state;
	}
}

/*
 * A copy of row->converted that lives as long as the row.
 */
static PlogBytes
keep_converted(RelationRow *row)
{
	Size		length = row->converted.len;
	uint8	   *copy = MemoryContextAlloc(row->context, length + 1);
	PlogBytes	kept = {copy, length};

	copy_bytes((char *) copy, row->converted.data, length);
	return kept;
}

/*
 * A guest string as text.
 */
static PlogBytes
text_of_guest(RelationRow *row, PlogBytes guest)
{
	if (guest.data == NULL || guest_text_is_plain(guest))
		return guest;
	resetStringInfo(&row->converted);
	append_guest_text(&row->converted, guest);
	return keep_converted(row);
}

/*
 * An argument's value, the same text as in syscall_arguments.
 */
static PlogBytes
text_of_value(RelationScan *scan, const PlogArgument *argument)
{
	RelationRow *row = &scan->row;
	PlogBytes	absent = {NULL, 0};
	MemoryContext caller;
	bool		is_valid;

	if (!argument_has_value(argument))
		return absent;
	if (argument->kind == PLOG_ARGUMENT_STR)
		return text_of_guest(row, argument->bytes);
	resetStringInfo(&row->converted);
	caller = MemoryContextSwitchTo(row->context);
	is_valid = append_argument_value(&row->converted, argument);
	MemoryContextSwitchTo(caller);
	if (!is_valid)
	{
		report_malformed_entry(scan->file, scan->entry_id);
		return absent;
	}
	return keep_converted(row);
}

/*
 * Make room for so many arguments of a call.
 */
static void
enlarge_arguments(RelationScan *scan, StraceState *state, uint64 count)
{
	if (count <= state->capacity)
		return;
	if (count > MaxAllocSize / sizeof(StraceArgument))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": the system call of entry %llu has too many arguments",
						scan->file->filename, (unsigned long long) scan->entry_id)));
	if (state->arguments != NULL)
		pfree(state->arguments);
	state->arguments = NULL;
	state->capacity = Min(Max((Size) count, state->capacity * 2), MaxAllocSize / sizeof(StraceArgument));
	state->arguments = MemoryContextAlloc(scan->context, sizeof(StraceArgument) * state->capacity);
}

static void
collect_arguments(RelationScan *scan, StraceState *state, const PlogSyscall *syscall)
{
	PlogRepeated repeated = syscall->arguments;

	enlarge_arguments(scan, state, syscall->argument_count);
	for (uint64 i = 0; i < syscall->argument_count; i++)
	{
		StraceArgument *collected = &state->arguments[i];
		PlogArgument argument;
		PlogBytes	message;

		CHECK_FOR_INTERRUPTS();
		if (scan->kept.is_current ? !kept_call_argument(scan, (uint32) i, &argument) :
			(!plog_next_bytes(&repeated, &message) ||
			 !plog_decode_call_argument(message, scan->catalog->summary.form.arguments_2020,
										&argument)))
		{
			report_malformed_entry(scan->file, scan->entry_id);
			memset(&argument, 0, sizeof(argument));
		}
		collected->kind = argument.kind;
		collected->name = text_of_guest(&scan->row, argument.name);
		collected->value = text_of_value(scan, &argument);
	}
}

static void
set_call(RelationScan *scan, const PlogSyscall *syscall)
{
	RelationRow *row = &scan->row;
	StraceState *state = scan->state;
	MemoryContext caller;
	StraceCall	call;

	collect_arguments(scan, state, syscall);
	call.name = text_of_guest(&scan->row, syscall->call_name);
	call.guest = relation_guest(scan);
	call.has_retval = PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) &&
		!call_is_entry(scan, syscall);
	call.retval = syscall->retcode;
	call.arguments = state->arguments;
	call.argument_count = (int) syscall->argument_count;

	resetStringInfo(&state->call);
	caller = MemoryContextSwitchTo(row->context);
	append_strace(&state->call, &call);
	scan->lines_printed++;
	MemoryContextSwitchTo(caller);
	set_text(row, CALL, state->call.data, state->call.len);
}

static void
set_thread(RelationScan *scan, const PlogSyscall *syscall)
{
	uint32		thread = CATALOG_NONE;

	if (PLOG_HAS(syscall, PLOG_SYSCALL_PID))
	{
		CatalogThreadKey key = catalog_key_of_syscall(syscall);

		thread = catalog_find_thread(scan->catalog, &key);
	}
	set_id(&scan->row, THREAD_ID, thread);
}

/*
 * The columns that are set before the text of the call is made.
 */
#define CONDITION_COLUMNS \
	(COLUMN_BIT(COLUMN_EXECUTION_ID) | COLUMN_BIT(SYSCALL_ID) | COLUMN_BIT(THREAD_ID) | \
	 COLUMN_BIT(PID) | COLUMN_BIT(TID) | COLUMN_BIT(EXECUTION_OFFSET))

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->messages[CATALOG_SYSCALL];
}

static bool
next_strace(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const PlogEntry *entry = &scan->entry;
	bool		is_searched = call_search_is_on(scan);
	PlogSyscall syscall;

	do
	{
		if (!relation_next_syscall(scan, &syscall))
			return false;
		set_bigint(row, SYSCALL_ID, true, (int64) scan->entry_id);
		if (column_is_wanted(scan, THREAD_ID))
			set_thread(scan, &syscall);
		set_bigint(row, PID, PLOG_HAS(&syscall, PLOG_SYSCALL_PID), syscall.pid);
		set_bigint(row, TID, PLOG_HAS(&syscall, PLOG_SYSCALL_TID), syscall.tid);
		set_known(row, EXECUTION_OFFSET, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	} while (!relation_row_matches(scan, CONDITION_COLUMNS) ||
			 (is_searched && !scan->kept.is_current && !call_may_be_found(scan, &syscall)));

	if (column_is_wanted(scan, CALL))
		set_call(scan, &syscall);
	return true;
}

static const CatalogSpan *
span_of_syscalls(const CatalogSummary *summary)
{
	return &summary->syscalls.span;
}

const PlogRelation strace_relation = {
	.name = "strace",
	.comment = "One row per system call, as strace prints it.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {SYSCALL_ID},
	.native = {
		.kind = NATIVE_VIEW,
		.references = {{"syscall_id", "syscall_arguments"}}
	},
	.reads_chunks = true,
	.catalog.columns = COLUMN_BIT(THREAD_ID) | COLUMN_BIT(CALL),
	.condition_columns = CONDITION_COLUMNS,
	.checked_columns = CONDITION_COLUMNS,
	.searched_column = CALL,
	.beliefs.rows = {.entries_per_row = 1},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.column_blocks = column_blocks,
	.count = count_strace,
	.entries_with_rows = span_of_syscalls,
	.count_in_chunk = count_in_chunk,
	.begin = begin_strace,
	.next = next_strace
};
