/*-------------------------------------------------------------------------
 *
 * call_groups.h
 *		Counting system calls by thread, name and result.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_CALL_GROUPS_H
#define PANDELEPHANT_CATALOG_CALL_GROUPS_H

#include "catalog/build/builder.h"

extern void start_call_groups(Builder *builder);

/*
 * Count the call of the entry at hand, of a thread and a name that may be
 * CATALOG_NONE.
 */
extern void count_in_group(Builder *builder, uint32 thread, uint32 name,
						   const PlogSyscall *syscall);

/* Add what a group counts to that of the same thread, name and result. */
extern void add_call_group(Builder *builder, const CatalogCallGroup *group);

/* There are too many groups: keep none, now or later. */
extern void drop_call_groups(Builder *builder);

#endif							/* PANDELEPHANT_CATALOG_CALL_GROUPS_H */
