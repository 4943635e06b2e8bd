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
 * The thread and the process of a call; none where it has no pid.
 */
static void
set_thread_and_process(RelationScan *scan, const PlogSyscall *syscall)
{
	const Catalog *catalog = scan->catalog;
	uint32		thread = CATALOG_NONE;

	if (PLOG_HAS(syscall, PLOG_SYSCALL_PID))
	{
		CatalogThreadKey key = catalog_key_of_syscall(syscall);

		thread = catalog_find_thread(catalog, &key);
	}
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

static void
set_numbers(RelationScan *scan, const PlogEntry *entry, const PlogSyscall *syscall)
{
	set_bigint(scan, SYSCALL_ID, true, (int64) scan->entry_id);
	if (column_is_wanted(scan, THREAD_ID) || column_is_wanted(scan, PROCESS_ID))
		set_thread_and_process(scan, syscall);
	set_bigint(scan, PID, PLOG_HAS(syscall, PLOG_SYSCALL_PID), syscall->pid);
	set_bigint(scan, TID, PLOG_HAS(syscall, PLOG_SYSCALL_TID), syscall->tid);
	set_bigint(scan, RETVAL, PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE), syscall->retcode);
	set_known(scan, PC, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
	set_known(scan, EXECUTION_OFFSET, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	set_bigint(scan, ASID, PLOG_HAS(entry, PLOG_ENTRY_ASID), (int64) entry->asid);
}

static bool
next_syscall(RelationScan *scan)
{
	const PlogEntry *entry = &scan->entry;
	PlogSyscall syscall;

	do
	{
		if (!relation_next_syscall(scan, &syscall))
			return false;
		set_numbers(scan, entry, &syscall);
	} while (!relation_row_matches(scan, NUMBER_COLUMNS));

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
	.count = count_syscalls,
	.count_in_chunk = count_in_chunk,
	.next = next_syscall
};
