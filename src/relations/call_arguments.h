/*-------------------------------------------------------------------------
 *
 * call_arguments.h
 *		The arguments of a system call that another scan has read.
 *
 * A scan of syscall_arguments mostly reads the calls itself.  In a pass, the scan of
 * syscalls reads them, and one or several scans of syscall_arguments give the rows of
 * the current call's arguments.  All that is known of a call's arguments outside of
 * syscall_arguments.c is this.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CALL_ARGUMENTS_H
#define PANDELEPHANT_CALL_ARGUMENTS_H

#include "relations/relation_scan.h"

/*
 * Have a scan of syscall_arguments that was just begun give the arguments of the
 * calls that a scan of syscalls reads.  With is_needed, that may leave out calls that
 * have no argument which meets the conditions.
 */
extern void call_arguments_begin(RelationScan *scan, RelationScan *calls, bool is_needed);

/* The conditions of the scan are others now. */
extern void call_arguments_restrict(RelationScan *scan);

/* Go before the first argument of the current call. */
extern void call_arguments_start(RelationScan *scan);

/* The next argument that meets the conditions, in scan->row.  False at the end. */
extern bool call_arguments_next(RelationScan *scan);

#endif							/* PANDELEPHANT_CALL_ARGUMENTS_H */
