/*-------------------------------------------------------------------------
 *
 * calls.c
 *		The system call at hand: whether it was logged when it was entered.
 *
 * A few calls may never return.  PANDA logs those also when they are entered, with
 * a result of 0 that means nothing.  Calls that return are logged with a pc of the
 * kernel, calls that are entered with a pc of the program.
 *
 * Before 2021, PANDA logged returning calls with the program's pc, and no
 * entered calls.  Such a log is recognised by the pc of the calls that are logged
 * only when they return, which the catalog knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/calls.h"

/*
 * The pc below which a call is an entered one; 0 if the log has none.
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
	uint32		numbers = scan->call.numbers | scan->call.checked;
	PlogSyscall decoded;

	if (PLOG_HAS(syscall, PLOG_SYSCALL_CALL_NAME) || (numbers & PLOG_CALL_NAME_NUMBERS) != 0 ||
		!plog_decode_syscall_numbers(scan->call.message, 1u << PLOG_SYSCALL_CALL_NAME, &decoded))
		return syscall->call_name;
	return decoded.call_name;
}

bool
call_may_be_entry(RelationScan *scan, const PlogSyscall *syscall)
{
	CallDecoding *call = &scan->call;

	if (call->knows_entry_limit && scan->entry.pc >= call->entry_limit)
		return false;
	if (!call_is_logged_on_entry(find_call_name(scan, syscall)))
		return false;
	if (!call->knows_entry_limit)
	{
		call->entry_limit = find_entry_limit(scan);
		call->knows_entry_limit = true;
	}
	return scan->entry.pc < call->entry_limit;
}

/*
 * The catalog may have to be read from disk, which takes as long as a chunk: that
 * is not worth it for a few rows, nor each time that a scan starts again.
 */
bool
call_gains_by_catalog(const RelationScan *scan)
{
	return scan->relation->gains_by_unchecked_arguments && pandelephant_enable_skipping &&
		scan->walk.starts == 0 && !scan->wants_first_rows &&
		scan->restriction.lowest_entry == 0 && scan->restriction.highest_entry == PG_UINT64_MAX;
}
