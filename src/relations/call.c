/*-------------------------------------------------------------------------
 *
 * call.c
 *		System calls that were logged when they were entered.
 *
 * A few calls may never return, and are logged on entry, too, with a result of
 * 0 that is none.  Returns are logged with a pc of the kernel's, entries with the
 * program's.  Earlier than 2021 PANDA logged returns with the program's pc, and
 * no entries: that shows by the pc of calls that are logged only when they
 * return, which the catalog knows.  Whoever reads results of other calls, or of
 * ones that the kernel's pc tells to be returns, gets along without it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/relation.h"

/*
 * Below which pc a call is an entry; 0: the log has none.
 */
static uint64
find_entry_limit(RelationScan *scan)
{
	uint64		kernel_start = guest_properties[relation_guest(scan)].kernel_start;

	return relation_catalog(scan)->summary.least_return_pc < kernel_start ? 0 : kernel_start;
}

/*
 * The name of the current call, which may not have been decoded yet.
 */
static PlogBytes
find_call_name(RelationScan *scan, const PlogSyscall *syscall)
{
	PlogSyscall decoded;

	if (PLOG_HAS(syscall, PLOG_SYSCALL_CALL_NAME) ||
		((scan->syscall_numbers | scan->checked_numbers) & PLOG_CALL_NAME_NUMBERS) != 0 ||
		!plog_decode_syscall_numbers(scan->syscall_message, 1u << PLOG_SYSCALL_CALL_NAME, &decoded))
		return syscall->call_name;
	return decoded.call_name;
}

bool
relation_may_be_entry(RelationScan *scan, const PlogSyscall *syscall)
{
	if (scan->knows_entry_limit && scan->entry.pc >= scan->entry_limit)
		return false;
	if (!call_is_logged_on_entry(find_call_name(scan, syscall)))
		return false;
	if (!scan->knows_entry_limit)
	{
		scan->entry_limit = find_entry_limit(scan);
		scan->knows_entry_limit = true;
	}
	return scan->entry.pc < scan->entry_limit;
}
