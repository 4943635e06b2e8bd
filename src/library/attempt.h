/*-------------------------------------------------------------------------
 *
 * attempt.h
 *		Work on one log of several, which may turn out to be damaged.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_ATTEMPT_H
#define PANDELEPHANT_LIBRARY_ATTEMPT_H

/*
 * Call a function in a subtransaction and a memory context of its own, which is gone
 * afterwards.  Returns NULL, or the error by which it failed, in the caller's memory
 * context.  An error that says nothing of the log is reported: that the command was
 * cancelled, or was not given a lock, memory or room on the disk.
 */
extern ErrorData *attempt(void (*work) (void *argument), void *argument);

#endif							/* PANDELEPHANT_LIBRARY_ATTEMPT_H */
