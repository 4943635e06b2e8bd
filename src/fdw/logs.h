/*-------------------------------------------------------------------------
 *
 * logs.h
 *		Which logs a scan reads.
 *
 * A scan opens a log, reads its rows, closes it and goes on to the next, so that
 * it has one log open at a time, however many it reads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOGS_H
#define PANDELEPHANT_LOGS_H

#include "fdw/options.h"

/* The logs of a scan, in the order in which they are read. */
typedef struct ScanLogs
{
	int			count;
	const ExecutionOptions *executions;
} ScanLogs;

/*
 * The logs that a foreign table with these options shows.  The options are kept by
 * the caller as long as the logs.
 */
extern ScanLogs find_logs(const TableOptions *options);

#endif							/* PANDELEPHANT_LOGS_H */
