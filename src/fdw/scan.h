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

/* The logs that a scan reads, one after another. */
typedef struct LogQueue
{
	ScanLogs	logs;			/* of a library, those that conditions leave */
	bool		is_known;
	LogChoice	choice;			/* what the list was made for */
	MemoryContext context;		/* holds it */
	int			next;			/* not in a parallel scan, which has … */
	LogClaims	claims;			/* … these */
} LogQueue;

/* What EXPLAIN ANALYZE tells of a scan. */
typedef struct ScanCounts
{
	uint64		starts;			/* how often it has started */
	uint64		logs_read;		/* logs of which rows or chunks were read */
	ChunkCounts chunks;			/* of the logs that are closed again */
	uint64		workers_logs_read;	/* kept when the shared memory goes, … */
	ChunkCounts workers_chunks; /* … as these */
} ScanCounts;

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

	LogQueue	queue;
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
	ScanCounts	counts;
} PlogScan;

/*
 * What the planner left for a scan.
 */
extern ScanPlan plan_of_scan(const ForeignScanState *node);

#endif							/* PANDELEPHANT_SCAN_H */
