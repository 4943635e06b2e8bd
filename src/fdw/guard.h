/*-------------------------------------------------------------------------
 *
 * guard.h
 *		Reading a log that is skipped if it turns out to be damaged.
 *
 * After an error the work goes on.  A subtransaction, which would clean up behind the
 * log, cannot be begun in parallel mode; so the locks and pins that reading takes belong
 * to a resource owner of the log's own.  Memory and files belong to the memory context
 * that the log was opened in, which the caller resets.
 *
 *		guard = begin_guard(&owner);
 *		PG_TRY();
 *		{
 *			... read ...
 *			end_guard(&guard);
 *		}
 *		PG_CATCH();
 *		{
 *			catch_skipped(&guard, &owner, log, NULL);
 *			... reset the context ...
 *		}
 *		PG_END_TRY();
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_GUARD_H
#define PANDELEPHANT_GUARD_H

#include "utils/resowner.h"

#include "fdw/shared_logs.h"

/* What is restored after reading. */
typedef struct Guard
{
	MemoryContext context;
	ResourceOwner owner;
	bool		was_parallel;
} Guard;

/*
 * Begin to read.  What reading takes belongs to the log's owner, which is made if it is
 * NULL.
 */
extern Guard begin_guard(ResourceOwner *owner);

/* The end, without an error. */
extern void end_guard(const Guard *guard);

/*
 * After an error: warn of it, and release what the log holds, if the log can be skipped;
 * else the error goes on.  Of the processes that share a log, one warns; NULL: there is
 * but one.
 */
extern void catch_skipped(const Guard *guard, ResourceOwner *owner, const RegisteredLog *log,
						  SharedLog *shared);

/* Release the owner of a log that was read without an error, and so holds nothing. */
extern void release_guard(ResourceOwner *owner);

#endif							/* PANDELEPHANT_GUARD_H */
