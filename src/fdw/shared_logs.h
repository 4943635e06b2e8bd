/*-------------------------------------------------------------------------
 *
 * shared_logs.h
 *		The logs of a parallel scan, which its processes share.
 *
 * The processes claim one log after the other, and the chunks of their log.  Who
 * finds no log any more that nobody has claimed helps with those that have chunks
 * left.  So small logs are opened by one process each, and large ones are read by
 * all.
 *
 * The leader reads which logs there are; the workers find the list in the shared
 * memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SHARED_LOGS_H
#define PANDELEPHANT_SHARED_LOGS_H

#include "port/atomics.h"
#include "storage/spin.h"

#include "fdw/logs.h"

/* What the processes share about a log. */
typedef struct SharedLog
{
	slock_t		mutex;			/* of the next four */
	bool		is_known;		/* has a process opened it? */
	PlogFileState state;		/* as that process has seen it */
	uint64		chunk_count;
	bool		was_warned_of;	/* it is skipped, and a process has said so */
	pg_atomic_uint64 next_chunk;	/* to be claimed */
} SharedLog;

/* What the processes of a parallel scan share. */
typedef struct ParallelScan
{
	pg_atomic_uint64 next_log;	/* to be claimed */

	/* counts of the workers that are done */
	pg_atomic_uint64 chunks_read;
	pg_atomic_uint64 chunks_skipped;
	pg_atomic_uint64 chunks_cached;
	pg_atomic_uint64 chunks_kept;
	pg_atomic_uint64 lines_printed;
	pg_atomic_uint64 logs_read;

	bool		are_registered;
	int			log_count;
	Size		list;			/* offset of the packed list from here, in bytes */
	SharedLog	logs[FLEXIBLE_ARRAY_MEMBER];
} ParallelScan;

/* A process's place among the logs of a parallel scan. */
typedef struct LogClaims
{
	bool		is_helping;		/* nothing is left that nobody has claimed */
	int			next;			/* the next log to help with */
} LogClaims;

/* The size of the shared memory for these logs, and filling it. */
extern Size shared_logs_bytes(const ScanLogs *logs);
extern void share_logs(const ScanLogs *logs, ParallelScan *parallel);

/* The list of logs, in the current memory context; texts stay in the shared memory. */
extern ScanLogs get_shared_logs(const ParallelScan *parallel);

/* Start again at the first log. */
extern void reset_shared_logs(ParallelScan *parallel);

/*
 * Claim the number of a log to read; -1 at the end.  With can_help false, a log is
 * read by one process alone.
 */
extern int	claim_log(ParallelScan *parallel, LogClaims *claims, bool can_help);

/* Get the state of a log in which a process has opened it; false if none has. */
extern bool get_shared_log(SharedLog *shared, PlogFileState *state);

/*
 * A log was opened: see that all processes have opened the same.
 */
extern void enter_shared_log(SharedLog *shared, PlogFile *file);

/* A log cannot be read: nobody needs to help with it. */
extern void skip_shared_log(SharedLog *shared);

/* Is this the first process that has to warn of a log that cannot be read? */
extern bool is_first_to_warn(SharedLog *shared);

#endif							/* PANDELEPHANT_SHARED_LOGS_H */
