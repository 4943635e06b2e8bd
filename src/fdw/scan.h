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
#include "fdw/logs.h"
#include "fdw/row.h"
#include "fdw/scan_plan.h"
#include "fdw/sort.h"
#include "log/plog_file.h"

/*
 * How many chunks a scan has read, skipped, and found in the cache; and how many it had
 * the columns of instead.
 */
typedef struct ChunkCounts
{
	uint64		read;
	uint64		skipped;
	uint64		cached;
	uint64		kept;
} ChunkCounts;

/* What the processes of a parallel scan share. */
typedef struct ParallelScan
{
	PlogFileState state;		/* of the file that the leader opened */
	pg_atomic_uint64 next_chunk;	/* to be claimed */
	pg_atomic_uint64 read;		/* ChunkCounts of the workers that are done */
	pg_atomic_uint64 skipped;
	pg_atomic_uint64 cached;
	pg_atomic_uint64 kept;
} ParallelScan;

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
	ScanLogs	logs;
	int			current_log;	/* of logs */
	MemoryContext context;		/* of the current log's file and relation scan */
	Pass	   *pass;			/* over the current log; NULL: that is not open */
	RelationScan *scan;			/* the pass's driver; or NULL */
	bool		is_started;		/* with the current parameters */
	bool		gives_direct_rows;	/* they are made in the slot, see share_row() */
	SortedRows *sorted;			/* the rows, if the order that the plan was
								 * promised no longer holds; else NULL */
	ParallelScan *parallel;		/* NULL: not parallel */
	ChunkCounts closed_counts;	/* of the logs that are closed again */
	ChunkCounts workers_counts; /* kept when the shared memory goes */
} PlogScan;

/*
 * What the planner left for a scan.
 */
extern ScanPlan plan_of_scan(const ForeignScanState *node);

/*
 * Open the current log and start to read the relation, unless that is done.
 */
extern void open_scan(PlogScan *state);

/*
 * How many chunks this process has read and skipped, in all logs so far.
 */
extern ChunkCounts chunk_counts(const PlogScan *state);

#endif							/* PANDELEPHANT_SCAN_H */
