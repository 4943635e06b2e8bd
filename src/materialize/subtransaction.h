/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *		Work that can fail, or be undone, without ending the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SUBTRANSACTION_H
#define PANDELEPHANT_SUBTRANSACTION_H

/*
 * Call a function in a subtransaction, which is rolled back if the function fails,
 * or if is_undone is true.  A rollback releases the locks that it took.  Returns
 * the error if it failed, allocated in the caller's memory context, otherwise NULL.
 */
extern ErrorData *run_in_subtransaction(void (*work) (void *argument), void *argument,
										bool is_undone);

#endif							/* PANDELEPHANT_SUBTRANSACTION_H */
