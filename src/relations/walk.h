/*-------------------------------------------------------------------------
 *
 * walk.h
 *		Walking the entries of a log, and its system calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_WALK_H
#define PANDELEPHANT_WALK_H

#include "log/chunk.h"
#include "relations/relation_scan.h"

/* The next entry of the log, in scan->entry.  False at the end. */
extern bool relation_next_entry(RelationScan *scan);

/* The next entry that is a system call, decoded as calls.h says. */
extern bool relation_next_syscall(RelationScan *scan, PlogSyscall *syscall);

#endif							/* PANDELEPHANT_WALK_H */
