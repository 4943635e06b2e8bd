/*-------------------------------------------------------------------------
 *
 * syscalls.c
 *		One row per system call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/calls.h"
#include "relations/kept_calls.h"
#include "relations/walk.h"

enum
{
	SYSCALL_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	PROCESS_ID,
	PID,
	TID,
	NAME,
	RETVAL,
	ON_ENTRY,
	PC,
	EXECUTION_OFFSET,
	ASID
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION, .is_never_null = true,
		.comment = "the execution"},
	{"syscall_id", COLUMN_BIGINT, SKIP_ENTRY, .is_never_null = true,
		.comment = "key: the entry_id of its entry, so it grows with time and has gaps"},
	{"thread_id", COLUMN_BIGINT, SKIP_SYSCALL_THREAD,
		.comment = "the thread that called"},
	{"process_id", COLUMN_BIGINT, SKIP_SYSCALL_PROCESS,
		.comment = "the process that called"},
	{"pid", COLUMN_BIGINT, SKIP_SYSCALL_PID,
		.comment = "pid of the process"},
	{"tid", COLUMN_BIGINT, SKIP_SYSCALL_TID,
		.comment = "tid of the thread"},
	{"name", COLUMN_TEXT, SKIP_SYSCALL_NAME,
		.comment = "as PANDA writes it: sys_openat, where strace prints openat"},
	{"retval", COLUMN_BIGINT, SKIP_NONE,
		.comment = "the result, signed; -4095 to -1 are errors; NULL if the call was logged on "
		"entry"},
	{"on_entry", COLUMN_BOOLEAN, SKIP_NONE,
		.comment = "the call was logged when it was entered, and has no result yet"},
	{"pc", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the instruction; unsigned"},
	{"execution_offset", COLUMN_BIGINT, SKIP_SYSCALL_OFFSET,
		.comment = "when it was logged"},
	{"asid", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the address space; unsigned"}
};

/* What has the columns where a chunk's calls are kept: see relation.h. */
static const ColumnBlocks column_blocks[] = {
	[COLUMN_EXECUTION_ID] = COLUMNS_BIT(COLUMNS_CALLS),
	[SYSCALL_ID] = COLUMNS_BIT(COLUMNS_CALLS),
	[THREAD_ID] = COLUMNS_BIT(COLUMNS_THREADS),
	[PROCESS_ID] = COLUMNS_BIT(COLUMNS_THREADS),
	[PID] = COLUMNS_BIT(COLUMNS_THREADS),
	[TID] = COLUMNS_BIT(COLUMNS_THREADS),
	[NAME] = COLUMNS_BIT(COLUMNS_CALLS),
	[RETVAL] = COLUMNS_BIT(COLUMNS_RETVALS),
	[ON_ENTRY] = COLUMNS_BIT(COLUMNS_RETVALS),
	[PC] = COLUMNS_BIT(COLUMNS_PCS),
	[EXECUTION_OFFSET] = COLUMNS_BIT(COLUMNS_OFFSETS),
	[ASID] = COLUMNS_BIT(COLUMNS_THREADS)
};

static const ColumnStatistics statistics[] = {
	{.column = THREAD_ID, .rows_of = &threads_relation, .spread = SPREAD_THREADS},
	{.column = PROCESS_ID, .rows_of = &processes_relation, .spread = SPREAD_PROCESSES},
	{.column = PID, .rows_of = &processes_relation, .spread = SPREAD_PIDS},
	{.column = TID, .rows_of = &threads_relation, .spread = SPREAD_TIDS},
	{.column = NAME, .spread = SPREAD_NAMES, .guessed_values = 100, .width = 12}
};

/* The columns that depend on whether a call was logged when it was entered. */
#define RESULT_COLUMNS	(COLUMN_BIT(RETVAL) | COLUMN_BIT(ON_ENTRY))

/* What a scan remembers from call to call. */
typedef struct SyscallState
{
	uint32		last_thread;	/* of the last call, or CATALOG_NONE */
} SyscallState;

static uint64
count_syscalls(const CatalogSummary *summary)
{
	return summary->messages[CATALOG_SYSCALL];
}

/*
 * The fields of an entry that the columns come from.
 */
static uint32
entry_numbers_of(ColumnSet columns)
{
	uint32		numbers = 0;

	if ((columns & (COLUMN_BIT(PC) | RESULT_COLUMNS)) != 0)
		numbers |= 1u << PLOG_ENTRY_PC;
	if ((columns & COLUMN_BIT(EXECUTION_OFFSET)) != 0)
		numbers |= 1u << PLOG_ENTRY_INSTR;
	if ((columns & COLUMN_BIT(ASID)) != 0)
		numbers |= 1u << PLOG_ENTRY_ASID;
	return numbers;
}

/*
 * The fields of a call that the columns come from.
 */
static uint32
syscall_numbers_of(ColumnSet columns)
{
	uint32		numbers = 0;

	if ((columns & (COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID))) != 0)
		numbers |= 1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_TID |
			1u << PLOG_SYSCALL_CREATE_TIME;
	if ((columns & COLUMN_BIT(NAME)) != 0)
		numbers |= 1u << PLOG_SYSCALL_CALL_NAME;
	if ((columns & COLUMN_BIT(PID)) != 0)
		numbers |= 1u << PLOG_SYSCALL_PID;
	if ((columns & COLUMN_BIT(TID)) != 0)
		numbers |= 1u << PLOG_SYSCALL_TID;
	if ((columns & RESULT_COLUMNS) != 0)
		numbers |= 1u << PLOG_SYSCALL_RETCODE;
	return numbers;
}

static void
begin_syscalls(RelationScan *scan)
{
	ColumnSet	columns = scan->wanted | scan->restriction.columns;

	scan->entry_numbers = entry_numbers_of(columns);
	scan->call.numbers = syscall_numbers_of(columns);

	/* decoding has to go as far as the first argument */
	if (scan->call.keeps_arguments)
		scan->call.numbers |= 1u << PLOG_SYSCALL_CALL_NAME;
	if (scan->state == NULL)
	{
		SyscallState *state = MemoryContextAlloc(scan->context, sizeof(SyscallState));

		state->last_thread = CATALOG_NONE;
		scan->state = state;
	}
}

/*
 * The index of a call's thread, which is often the thread of the call before.
 * CATALOG_NONE if the call has no pid.
 */
static inline uint32
find_thread(RelationScan *scan, const PlogSyscall *syscall)
{
	const Catalog *catalog = scan->catalog;
	SyscallState *state = scan->state;
	CatalogThreadKey key;

	if (!PLOG_HAS(syscall, PLOG_SYSCALL_PID))
		return CATALOG_NONE;
	if (scan->kept.is_current)
		return kept_call_thread(scan, syscall);
	key = catalog_key_of_syscall(syscall);
	if (state->last_thread == CATALOG_NONE ||
		!catalog_thread_keys_are_equal(&catalog->threads[state->last_thread].key, &key))
		state->last_thread = catalog_find_thread(catalog, &key);
	return state->last_thread;
}

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->messages[CATALOG_SYSCALL];
}

/*
 * The number that the current call has in a column.  False if that is NULL.
 */
static pg_attribute_always_inline bool
number_in_column(RelationScan *scan, const PlogSyscall *syscall, int column, int64 *number)
{
	const PlogEntry *entry = &scan->entry;
	uint32		thread;

	switch (column)
	{
		case COLUMN_EXECUTION_ID:
			*number = scan->execution->execution_id;
			return true;
		case SYSCALL_ID:
			*number = (int64) scan->entry_id;
			return true;
		case THREAD_ID:
			thread = find_thread(scan, syscall);
			*number = (int64) thread + 1;
			return thread != CATALOG_NONE;
		case PROCESS_ID:
			thread = find_thread(scan, syscall);
			*number = thread == CATALOG_NONE ? 0 : (int64) scan->catalog->threads[thread].process + 1;
			return thread != CATALOG_NONE;
		case PID:
			*number = syscall->pid;
			return PLOG_HAS(syscall, PLOG_SYSCALL_PID);
		case TID:
			*number = syscall->tid;
			return PLOG_HAS(syscall, PLOG_SYSCALL_TID);
		case RETVAL:
			*number = syscall->retcode;
			return PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) &&
				!call_is_entry(scan, syscall);
		case PC:
			*number = (int64) entry->pc;
			return place_is_known(PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
		case EXECUTION_OFFSET:
			*number = (int64) entry->instr;
			return place_is_known(PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
		case ASID:
			*number = (int64) entry->asid;
			return PLOG_HAS(entry, PLOG_ENTRY_ASID);
	}
	return false;
}

/*
 * Set a column that is a number, if it is wanted.  The column is a constant where
 * this is called, so that the compiler leaves no switch.
 */
static pg_attribute_always_inline void
set_number(RelationScan *scan, const PlogSyscall *syscall, int column)
{
	int64		number = 0;
	bool		is_present;

	if (!column_is_wanted(scan, column))
		return;
	is_present = number_in_column(scan, syscall, column, &number);
	set_bigint(&scan->row, column, is_present, number);
}

/*
 * Does the current call meet the conditions?  They are checked before the row is
 * made, as most calls may not meet them.  Setting the columns first took a sixth of
 * the instructions of a call, besides inflating.
 */
static inline bool
meets_conditions(RelationScan *scan, const PlogSyscall *syscall)
{
	const ScanRestriction *restriction = &scan->restriction;

	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];
		int64		number;

		if (condition->column == NAME)
		{
			if (!relation_guest_text_meets(scan, condition, syscall->call_name))
				return false;
		}
		else if (!number_in_column(scan, syscall, condition->column, &number) ||
				 !condition_overlaps(condition, number, number))
			return false;
	}
	return true;
}

static inline void
set_name(RelationScan *scan, const PlogSyscall *syscall)
{
	RelationRow *row = &scan->row;

	if (!scan->kept.is_current)
		set_guest_text(row, NAME, syscall->call_name);
	else if (syscall->call_name.data == NULL)
		set_null(row, NAME);
	else
		set_value(row, NAME, kept_call_name(scan));
}

static bool
next_syscall(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	PlogSyscall syscall;

	do
	{
		if (!relation_next_syscall(scan, &syscall))
			return false;
	} while (!meets_conditions(scan, &syscall));

	set_number(scan, &syscall, SYSCALL_ID);
	set_number(scan, &syscall, THREAD_ID);
	set_number(scan, &syscall, PROCESS_ID);
	set_number(scan, &syscall, PID);
	set_number(scan, &syscall, TID);
	set_number(scan, &syscall, RETVAL);
	if (column_is_wanted(scan, ON_ENTRY))
		set_value(row, ON_ENTRY, BoolGetDatum(call_is_entry(scan, &syscall)));
	set_number(scan, &syscall, PC);
	set_number(scan, &syscall, EXECUTION_OFFSET);
	set_number(scan, &syscall, ASID);
	if (column_is_wanted(scan, NAME))
		set_name(scan, &syscall);
	if (scan->call.keeps_arguments)
		scan->call.arguments = syscall.arguments;
	return true;
}

/* The columns that call groups tell. */
#define GROUP_COLUMNS \
	(COLUMN_BIT(COLUMN_EXECUTION_ID) | COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID) | \
	 COLUMN_BIT(PID) | COLUMN_BIT(TID) | COLUMN_BIT(NAME) | RESULT_COLUMNS)

/* The classes of results, each by its first number; below the first start is one more. */
static const int64 result_class_starts[] = {-4095, 0, 1};

/*
 * Call groups tell threads, and so processes.  A pid or tid may differ from that of
 * its thread.
 */
static bool
knows_groups(const CatalogSummary *summary, ColumnSet columns)
{
	return summary->has_call_groups &&
		((columns & (COLUMN_BIT(PID) | COLUMN_BIT(TID))) == 0 || !summary->has_odd_syscalls);
}

/*
 * The next group, how many of its calls the counted row stands for, and what these
 * returned: one stands for the greatest result, the others for the least one.  NULL at
 * the end.
 */
static const CatalogCallGroup *
next_part_of_group(RelationScan *scan, uint64 *count, int64 *result)
{
	const Catalog *catalog = scan->catalog;
	bool		wants_result = ((scan->wanted | scan->restriction.columns) & RESULT_COLUMNS) != 0;

	while (scan->position / 2 < catalog->summary.call_group_count)
	{
		const CatalogCallGroup *group = &catalog->call_groups[scan->position / 2];
		bool		is_greatest = scan->position % 2 != 0;

		scan->position += wants_result ? 1 : 2;
		*count = !wants_result ? group->calls : is_greatest ? 1 : group->calls - 1;
		*result = is_greatest ? group->greatest : group->least;
		if (*count > 0)
			return group;
	}
	return NULL;
}

static bool
next_group(RelationScan *scan, uint64 *count)
{
	const Catalog *catalog = scan->catalog;
	uint64		kernel_start = guest_properties[relation_guest(scan)].kernel_start;
	RelationRow *row = &scan->row;
	const CatalogCallGroup *group;
	const CatalogThread *thread;
	bool		has_thread;
	bool		is_entered;
	int64		result;

	group = next_part_of_group(scan, count, &result);
	if (group == NULL)
		return false;
	has_thread = group->thread != CATALOG_NONE;
	thread = has_thread ? &catalog->threads[group->thread] : NULL;
	is_entered = catalog_call_is_entered(catalog, group->result, kernel_start);
	set_id(row, THREAD_ID, group->thread);
	set_id(row, PROCESS_ID, has_thread ? thread->process : CATALOG_NONE);
	set_bigint(row, PID, has_thread, has_thread ? (int64) thread->pid.value : 0);
	set_bigint(row, TID, has_thread && thread->key.has_tid, has_thread ? thread->key.tid : 0);
	if (((scan->wanted | scan->restriction.columns) & COLUMN_BIT(NAME)) != 0)
		set_catalog_text(row, NAME, catalog, group->name);
	set_bigint(row, RETVAL, group->result != CATALOG_RESULT_ABSENT && !is_entered, result);
	set_value(row, ON_ENTRY, BoolGetDatum(is_entered));
	return true;
}

static const CatalogSpan *
span_of_syscalls(const CatalogSummary *summary)
{
	return &summary->syscalls.span;
}

const PlogRelation syscalls_relation = {
	.name = "syscalls",
	.comment = "One row per system call.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {SYSCALL_ID},
	.native = {
		.key = "syscall_id",
		.references = {{"thread_id", "threads"}, {"process_id", "processes"}},
		.indexes = {"thread_id, execution_offset", "execution_offset"},
		.text_index = "name"
	},
	.reads_chunks = true,
	.catalog.columns = COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID),
	.catalog.late_columns = RESULT_COLUMNS,
	.condition_columns = ~(ColumnSet) 0,
	.checked_columns = ~(ColumnSet) 0,
	.gains_by_unchecked_arguments = true,
	.beliefs.rows = {.entries_per_row = 1},
	.beliefs.statistics = statistics,
	.beliefs.statistics_count = lengthof(statistics),
	.column_blocks = column_blocks,
	.count = count_syscalls,
	.entries_with_rows = span_of_syscalls,
	.counted = {
		.columns = GROUP_COLUMNS,
		.classed_column = RETVAL,
		.class_starts = result_class_starts,
		.class_count = lengthof(result_class_starts),
		.is_known = knows_groups,
		.next = next_group
	},
	.count_in_chunk = count_in_chunk,
	.begin = begin_syscalls,
	.next = next_syscall
};
