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
	{"execution_id", COLUMN_BIGINT},
	{"syscall_id", COLUMN_BIGINT},
	{"thread_id", COLUMN_BIGINT},
	{"process_id", COLUMN_BIGINT},
	{"pid", COLUMN_BIGINT},
	{"tid", COLUMN_BIGINT},
	{"name", COLUMN_TEXT},
	{"retval", COLUMN_BIGINT},
	{"pc", COLUMN_UNSIGNED},
	{"execution_offset", COLUMN_BIGINT},
	{"asid", COLUMN_UNSIGNED}
};

static uint64
count_syscalls(const Catalog *catalog)
{
	return catalog->messages[CATALOG_SYSCALL];
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

static bool
next_syscall(RelationScan *scan)
{
	const PlogEntry *entry = &scan->entry;
	PlogSyscall syscall;

	if (!relation_next_syscall(scan, &syscall))
		return false;
	set_bigint(scan, SYSCALL_ID, true, (int64) scan->entry_id);
	if (scan->catalog != NULL)
		set_thread_and_process(scan, &syscall);
	set_bigint(scan, PID, PLOG_HAS(&syscall, PLOG_SYSCALL_PID), syscall.pid);
	set_bigint(scan, TID, PLOG_HAS(&syscall, PLOG_SYSCALL_TID), syscall.tid);
	if (column_is_wanted(scan, NAME))
		set_guest_text(scan, NAME, syscall.call_name);
	set_bigint(scan, RETVAL, PLOG_HAS(&syscall, PLOG_SYSCALL_RETCODE), syscall.retcode);
	set_known(scan, PC, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
	set_known(scan, EXECUTION_OFFSET, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	set_bigint(scan, ASID, PLOG_HAS(entry, PLOG_ENTRY_ASID), (int64) entry->asid);
	return true;
}

const PlogRelation syscalls_relation = {
	.name = "syscalls",
	.columns = columns,
	.column_count = lengthof(columns),
	.native = {
		.key = "syscall_id",
		.references = {{"thread_id", "threads"}, {"process_id", "processes"}},
		.indexes = {"thread_id, execution_offset", "execution_offset"},
		.text_index = "name"
	},
	.reads_chunks = true,
	.catalog_columns = COLUMN_BIT(THREAD_ID) | COLUMN_BIT(PROCESS_ID),
	.count = count_syscalls,
	.next = next_syscall
};
