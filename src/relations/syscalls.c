/*-------------------------------------------------------------------------
 *
 * syscalls.c
 *		One row per system call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation.h"

enum
{
	SYSCALL_ID = COLUMN_EXECUTION_ID + 1,
	THREAD_ID,
	PROCESS_ID,
	PID,
	TID,
	NAME,
	RETVAL,
	PC,
	EXECUTION_OFFSET,
	ASID
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_EXECUTION},
	{"syscall_id", COLUMN_BIGINT, SKIP_ENTRY},
	{"thread_id", COLUMN_BIGINT, SKIP_SYSCALL_THREAD},
	{"process_id", COLUMN_BIGINT, SKIP_SYSCALL_PROCESS},
	{"pid", COLUMN_BIGINT, SKIP_SYSCALL_PID},
	{"tid", COLUMN_BIGINT, SKIP_SYSCALL_TID},
	{"name", COLUMN_TEXT, SKIP_SYSCALL_NAME},
	{"retval", COLUMN_BIGINT, SKIP_NONE},
	{"pc", COLUMN_UNSIGNED, SKIP_NONE},
	{"execution_offset", COLUMN_BIGINT, SKIP_SYSCALL_OFFSET},
	{"asid", COLUMN_UNSIGNED, SKIP_NONE}
};

static uint64
count_syscalls(const CatalogSummary *summary)
{
	return summary->messages[CATALOG_SYSCALL];
}

/*
 * Have those fields decoded that the columns come from.
 */
static void
begin_syscalls(RelationScan *scan)
{
	ColumnSet	columns = scan->wanted | scan->restricted;
	uint32		key_numbers = 1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_TID |
		1u << PLOG_SYSCALL_CREATE_TIME;

	scan->entry_numbers = 0;
	if ((columns & COLUMN_BIT(PC)) != 0)
		scan->entry_numbers |= 1u << PLOG_ENTRY_PC;
	if ((columns & COLUMN_BIT(EXECUTION_OFFSET)) != 0)
		scan->entry_numbers |= 1u << PLOG_ENTRY_INSTR;
	if ((columns & COLUMN_BIT(ASID)) != 0)
		scan->entry_numbers |= 1u << PLOG_ENTRY_ASID;

	scan->syscall_numbers = 0;
	if ((columns & (COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID))) != 0)
		scan->syscall_numbers |= key_numbers;
	if ((columns & COLUMN_BIT(NAME)) != 0)
		scan->syscall_numbers |= 1u << PLOG_SYSCALL_CALL_NAME;
	if ((columns & COLUMN_BIT(PID)) != 0)
		scan->syscall_numbers |= 1u << PLOG_SYSCALL_PID;
	if ((columns & COLUMN_BIT(TID)) != 0)
		scan->syscall_numbers |= 1u << PLOG_SYSCALL_TID;
	if ((columns & COLUMN_BIT(RETVAL)) != 0)
		scan->syscall_numbers |= 1u << PLOG_SYSCALL_RETCODE;
}

/*
 * The thread of a call, which is often that of the call before; CATALOG_NONE
 * where it has no pid.
 */
static inline uint32
find_thread(RelationScan *scan, const PlogSyscall *syscall)
{
	const Catalog *catalog = scan->catalog;
	CatalogThreadKey key;

	if (!PLOG_HAS(syscall, PLOG_SYSCALL_PID))
		return CATALOG_NONE;
	key = catalog_key_of_syscall(syscall);
	if (scan->last_thread == CATALOG_NONE ||
		!catalog_thread_keys_are_equal(&catalog->threads[scan->last_thread].key, &key))
		scan->last_thread = catalog_find_thread(catalog, &key);
	return scan->last_thread;
}

/*
 * Set the thread and the process of a call.
 */
static void
set_thread_and_process(RelationScan *scan, const PlogSyscall *syscall)
{
	const Catalog *catalog = scan->catalog;
	uint32		thread = find_thread(scan, syscall);

	set_bigint(scan, THREAD_ID, thread != CATALOG_NONE, (int64) thread + 1);
	set_bigint(scan, PROCESS_ID, thread != CATALOG_NONE,
			   thread == CATALOG_NONE ? 0 : (int64) catalog->threads[thread].process + 1);
}

/* All columns but the name. */
#define NUMBER_COLUMNS	(~COLUMN_BIT(NAME))

static uint64
count_in_chunk(const CatalogChunk *chunk)
{
	return chunk->messages[CATALOG_SYSCALL];
}

/*
 * Set those of the columns that are numbers.
 */
static inline void
set_numbers(RelationScan *scan, const PlogEntry *entry, const PlogSyscall *syscall,
			ColumnSet columns)
{
	if ((columns & COLUMN_BIT(SYSCALL_ID)) != 0)
		set_bigint(scan, SYSCALL_ID, true, (int64) scan->entry_id);
	if ((columns & (COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID))) != 0)
		set_thread_and_process(scan, syscall);
	if ((columns & COLUMN_BIT(PID)) != 0)
		set_bigint(scan, PID, PLOG_HAS(syscall, PLOG_SYSCALL_PID), syscall->pid);
	if ((columns & COLUMN_BIT(TID)) != 0)
		set_bigint(scan, TID, PLOG_HAS(syscall, PLOG_SYSCALL_TID), syscall->tid);
	if ((columns & COLUMN_BIT(RETVAL)) != 0)
		set_bigint(scan, RETVAL, PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE), syscall->retcode);
	if ((columns & COLUMN_BIT(PC)) != 0)
		set_known(scan, PC, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
	if ((columns & COLUMN_BIT(EXECUTION_OFFSET)) != 0)
		set_known(scan, EXECUTION_OFFSET, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	if ((columns & COLUMN_BIT(ASID)) != 0)
		set_bigint(scan, ASID, PLOG_HAS(entry, PLOG_ENTRY_ASID), (int64) entry->asid);
}

/*
 * What a condition is on comes first: most rows may go no further.
 */
static bool
next_syscall(RelationScan *scan)
{
	PlogSyscall syscall;

	do
	{
		if (!relation_next_syscall(scan, &syscall))
			return false;
		set_numbers(scan, &scan->entry, &syscall, scan->restricted);
	} while (!relation_row_matches(scan, NUMBER_COLUMNS));

	set_numbers(scan, &scan->entry, &syscall, scan->wanted & ~scan->restricted);
	if (column_is_wanted(scan, NAME))
		set_guest_text(scan, NAME, syscall.call_name);
	return true;
}

const PlogRelation syscalls_relation = {
	.name = "syscalls",
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
	.catalog_columns = COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID),
	.condition_columns = ~(ColumnSet) 0,
	.checked_columns = NUMBER_COLUMNS,
	.saves_argument_check = true,
	.count = count_syscalls,
	.count_in_chunk = count_in_chunk,
	.begin = begin_syscalls,
	.next = next_syscall
};
