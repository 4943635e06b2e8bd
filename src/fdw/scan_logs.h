/*-------------------------------------------------------------------------
 *
 * scan_logs.h
 *		The logs of a scan: which they are, and going from one to the next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCAN_LOGS_H
#define PANDELEPHANT_SCAN_LOGS_H

#include "fdw/guard.h"
#include "fdw/scan.h"

/*
 * Find out which logs are to be read, unless that is known.  With only_fixed, no
 * conditions are used whose values may change when the scan starts again.
 */
extern void find_logs(PlogScan *state, bool only_fixed);

/*
 * Open the log of a table of one log and start to read the relation, unless that is
 * done.
 */
extern void open_scan(PlogScan *state);

/*
 * Go to the first row of the next log that may have one.  False if there is none; the
 * last log stays open, for a scan that starts again may begin with it.
 */
extern bool start_next_log(PlogScan *state);

/*
 * Go to the next row of the log that is open, unless that has to be skipped; then false.
 */
extern bool try_next_row(PlogScan *state);

/*
 * After an error: if the setting allows it, close the log, warn, and go on without.
 */
extern void skip_log(PlogScan *state, const RegisteredLog *log, const Guard *guard);

/*
 * How many chunks, and how many logs, this process has read so far.
 */
extern ChunkCounts chunk_counts(const PlogScan *state);
extern uint64 count_read_logs(const PlogScan *state);

#endif							/* PANDELEPHANT_SCAN_LOGS_H */
