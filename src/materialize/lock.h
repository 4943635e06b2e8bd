/*-------------------------------------------------------------------------
 *
 * lock.h
 *		What sessions that change a target schema wait for.
 *
 * All of these locks are held until the end of the transaction.  They must be
 * waited for in the order in which they stand here, the first three before any
 * native table is locked, even if only to read it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOCK_H
#define PANDELEPHANT_LOCK_H

#include "materialize/native.h"

/* Wait until no other session loads from the same source into the target. */
extern void wait_for_source(const NativeTarget *target, const char *source);

/* Wait until no other session replaces or drops an execution or changes tables. */
extern void wait_for_replacements(const NativeTarget *target);

/* Wait until no other session is in the last step of a change; then one may load. */
extern void wait_for_changes(const NativeTarget *target);

/*
 * Lock everything that the last step of a change to the execution needs; with
 * changes_tables, what a change of the native tables themselves needs.  No lock
 * is waited for while another of these is held.
 */
extern void lock_for_change(const NativeTarget *target, bool changes_tables);

/*
 * Lock everything that the last step of a change to the execution needs, if no other
 * session has any of it.
 */
extern bool try_to_lock_for_change(const NativeTarget *target);

#endif							/* PANDELEPHANT_LOCK_H */
