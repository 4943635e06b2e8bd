/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *		Work whose locks, or whose failure, are not to last.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SUBTRANSACTION_H
#define PANDELEPHANT_SUBTRANSACTION_H

/*
 * Do something in a subtransaction, and undo it if that is wanted, or if it
 * fails.  Returns the error then, which is in the caller's memory context, else
 * NULL.
 */
extern ErrorData *run_in_subtransaction(void (*work) (void *argument), void *argument,
										bool is_undone);

#endif							/* PANDELEPHANT_SUBTRANSACTION_H */
