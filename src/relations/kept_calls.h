/*-------------------------------------------------------------------------
 *
 * kept_calls.h
 *		The system calls of chunks whose columns are kept.
 *
 * A scan of calls goes through the chunks of its log.  Where a chunk's columns are kept,
 * its calls come from there instead of from its inflated entries, one after the other
 * and with the same values.  So those who make rows need not know the difference.
 *
 * Conditions are checked on columns as far as that is quick; calls that meet them are
 * checked again one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_KEPT_CALLS_H
#define PANDELEPHANT_KEPT_CALLS_H

#include "relations/relation_scan.h"

/* Find out what the scan needs of columns, after its conditions have changed. */
extern void kept_calls_restrict(RelationScan *scan);

/*
 * Have somebody be asked whenever a chunk comes from columns, who reads arguments.
 */
extern void kept_calls_add_user(RelationScan *calls, const KeptUser *user);

/* Decode more blocks of the chunk that is being entered.  False where that fails. */
extern bool kept_calls_decode(RelationScan *scan, ColumnBlocks blocks);

/*
 * Go before the first call of a chunk, if all that is needed of it is kept.  Else the
 * chunk has to be read.
 */
extern bool kept_calls_enter(RelationScan *scan, uint64 chunk);

/* Keep the columns of a chunk that was read, if that is wanted. */
extern void kept_calls_keep(RelationScan *scan, uint64 chunk, const PlogBuffer *inflated);

/* Free the memory of chunks. */
extern void kept_calls_rest(RelationScan *scan);

/*
 * The next call of the chunk, in scan->entry and syscall: of their fields, those that
 * wanted columns come from.  Arguments are not there.  False at the end of the chunk.
 */
extern bool kept_calls_next(RelationScan *scan, PlogSyscall *syscall);

/* The current call's name, which it has, as text that stays as long as the chunk. */
extern Datum kept_call_name(RelationScan *scan);

/* The index of the current call's thread, which it has. */
extern uint32 kept_call_thread(RelationScan *scan, const PlogSyscall *syscall);

/* An argument of the current call.  False where it is malformed. */
extern bool kept_call_argument(const RelationScan *scan, uint32 position, PlogArgument *argument);

/* A guest string as text in the current memory context. */
extern Datum kept_text(PlogBytes guest);

#endif							/* PANDELEPHANT_KEPT_CALLS_H */
