/*-------------------------------------------------------------------------
 *
 * scan.h
 *		What a foreign scan keeps between its calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCAN_H
#define PANDELEPHANT_SCAN_H

#include "fdw/aggregate_scan.h"
#include "fdw/evaluate.h"
#include "fdw/row.h"
#include "fdw/scan_plan.h"
#include "fdw/shared_logs.h"
#include "fdw/sort.h"

/*
 * How many chunks a scan has read, skipped, and found in the cache; how many it had the
 * columns of instead; and how many lines of calls it has printed.
 */
typedef struct ChunkCounts
{
	uint64		read;
	uint64		skipped;
	uint64		cached;
	uint64		kept;
	uint64		printed;		/* lines of calls */
} ChunkCounts;

/*
 * What the list of logs depends on: which execution_id is asked for, if it is one or
 * all.
 */
typedef struct LogChoice
{
	bool		is_simple;		/* it is; else the next two mean nothing */
	bool		has_value;
	int64		value;
} LogChoice;

/* A foreign scan: the fdw_state of its node. */
typedef struct PlogScan
{
	TableOptions options;
	ScanPlan	plan;
	RowShape   *shape;			/* of the rows */
	Aggregation *aggregation;	/* NULL: rows are given, not groups of them */
	int			part_count;
	PartPlan   *parts;			/* of the pass */
	PartConditions *part_conditions;	/* by part; they are those of conditions */
	ScanConditions *conditions;
	MemoryContext query;		/* lives as long as the query */
	Snapshot	snapshot;		/* of the query */

	/* the logs to be read; of a library, those that conditions leave */
	ScanLogs	logs;
	bool		has_logs;
	LogChoice	choice;			/* what the list was made for */
	MemoryContext logs_context; /* holds it */
	int			next_log;		/* not in a parallel scan, which has … */
	LogClaims	claims;			/* … these */

	RegisteredLog open_log;		/* the log that is open */
	SharedLog  *shared_log;		/* what processes share of it, in a parallel scan */
	MemoryContext context;		/* of its file and pass */
	ResourceOwner owner;		/* where it may be skipped: of what reading it holds */
	Pass	   *pass;			/* over it; NULL: none is open */
	RelationScan *scan;			/* the pass's driver; or NULL */
	bool		is_started;		/* with the current parameters */
	bool		has_more;		/* the log that is open may have more rows */
	bool		gives_direct_rows;	/* they are made in the slot, see share_row() */
	SortedRows *sorted;			/* the rows, if the order that the plan was
								 * promised no longer holds; else NULL */
	ParallelScan *parallel;		/* NULL: not parallel */
	ChunkCounts closed_counts;	/* of the logs that are closed again */
	ChunkCounts workers_counts; /* kept when the shared memory goes */
	uint64		starts;			/* how often the scan has started */
	uint64		logs_read;		/* logs of which rows or chunks were read */
	uint64		workers_logs_read;
} PlogScan;

/*
 * What the planner left for a scan.
 */
extern ScanPlan plan_of_scan(const ForeignScanState *node);

/*
 * Open the log of a table of one log and start to read the relation, unless that is
 * done.
 */
extern void open_scan(PlogScan *state);

/*
 * Find out which logs are to be read, unless that is known.  With only_fixed, no
 * conditions are used whose values may change when the scan starts again.
 */
extern void find_logs(PlogScan *state, bool only_fixed);

/*
 * How many chunks, and how many logs, this process has read so far.
 */
extern ChunkCounts chunk_counts(const PlogScan *state);
extern uint64 count_read_logs(const PlogScan *state);

#endif							/* PANDELEPHANT_SCAN_H */
