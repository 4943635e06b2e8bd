/*-------------------------------------------------------------------------
 *
 * messages.h
 *		What each kind of message adds to a catalog.
 *
 * Only chunk.c, which reads the entries, calls the functions that take a message;
 * they take it from the entry at hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_MESSAGES_H
#define PANDELEPHANT_CATALOG_MESSAGES_H

#include "catalog/build/builder.h"

/* libraries.c: mappings */
extern void start_libraries(Builder *builder);
extern void build_from_loaded_libs(Builder *builder, PlogBytes message);

/*
 * Give the threads, names and mappings of kept messages the spans over which
 * these were repeated.  To be called at the end of a pass.
 */
extern void settle_libraries(Builder *builder);

/* flows.c: threads of taint flows */
extern void build_from_taint_flow(Builder *builder);

/* syscalls.c: calls */
extern void build_from_syscall(Builder *builder, PlogBytes message);

/* slices.c: when threads ran, and their names */
extern void start_slices(Builder *builder);
extern void build_from_asid_info(Builder *builder, PlogBytes message);
extern void build_from_entry_2016(Builder *builder, const PlogEntry *entry);
extern void build_from_proc_trace(Builder *builder, PlogBytes message);

/*
 * Refuse a log whose asid_infos name far more pairs of a thread and a name than
 * they have bytes: it was made to take forever.
 */
extern void check_pairs(Builder *builder);

/*
 * The form of asid_infos is known, or will never be: report the one that was
 * malformed in the guessed form, unless the guess was wrong.
 */
extern void settle_malformed_guess(Builder *builder);

#endif							/* PANDELEPHANT_CATALOG_MESSAGES_H */
