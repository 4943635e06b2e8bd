/*-------------------------------------------------------------------------
 *
 * calls.h
 *		The system call at hand: decoding as little of it as the query needs.
 *
 * Most queries read system calls, and most of what a call costs besides inflating
 * is its decoding.  Two things are saved:
 *
 * Only the fields that columns come from are put together, by their bits in
 * scan->call.numbers, which the relation sets when it begins.
 *
 * Arguments are not looked at where no column needs them.  The invariant is that
 * a call gives rows only if all of it is known to be well-formed.  Decoding makes
 * sure of that if it goes through the call's arguments (PLOG_SYSCALL_ARGS), and
 * the catalog has made sure for every call of a chunk without has_mixed_syscalls.
 * In such a chunk nothing but arguments follows a call's name or its first
 * argument.  So decoding can stop there, and nothing that is left out can change
 * a field, although of a field that stands twice the last one counts.  In all
 * other chunks, and without a catalog, scan->call.checked has the arguments
 * decoded just to check them.
 *
 * Measured with callgrind, SELECT count(*) FROM syscalls WHERE retval < 0 on a log of
 * 200,000 calls takes 260 instructions a call, besides inflating.  With all fields
 * put together it takes 224 more, with the arguments checked 139 more.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CALLS_H
#define PANDELEPHANT_CALLS_H

#include "relations/relation_scan.h"

/*
 * Decide for a chunk which fields of its calls are decoded only to check them.
 */
static inline void
call_enter_chunk(RelationScan *scan, uint64 chunk)
{
	bool		is_checked = scan->catalog != NULL && pandelephant_enable_skipping &&
		!scan->catalog->chunks[chunk].has_mixed_syscalls;

	scan->call.checked = is_checked ? 0 : 1u << PLOG_SYSCALL_ARGS;
}

/*
 * Decode a call.  False where it is malformed.
 */
static inline bool
call_decode(RelationScan *scan, PlogBytes message, PlogSyscall *syscall)
{
	scan->call.message = message;
	return plog_decode_syscall_numbers(message, scan->call.numbers | scan->call.checked, syscall);
}

/*
 * Is it worth looking for a catalog only to leave arguments unchecked?
 */
extern bool call_gains_by_catalog(const RelationScan *scan);

/*
 * Was the current call logged when it was entered, so that it has no result yet?
 *
 * The entry's pc and the call's retcode must have been decoded.  They alone
 * answer for nearly all calls; only for the others is more looked at, which may
 * build the catalog.
 */
extern bool call_may_be_entry(RelationScan *scan, const PlogSyscall *syscall);

static inline bool
call_is_entry(RelationScan *scan, const PlogSyscall *syscall)
{
	return syscall->retcode == 0 && PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) &&
		PLOG_HAS(&scan->entry, PLOG_ENTRY_PC) && scan->entry.pc < GUEST_LAST_KERNEL_START &&
		call_may_be_entry(scan, syscall);
}

#endif							/* PANDELEPHANT_CALLS_H */
