/*-------------------------------------------------------------------------
 *
 * scan.h
 *		What a foreign scan keeps between its calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCAN_H
#define PANDELEPHANT_SCAN_H

#include "executor/tuptable.h"
#include "utils/tuplesort.h"

#include "fdw/condition.h"
#include "fdw/row.h"

/* How many chunks a scan has read, and how many it did not need to. */
typedef struct ChunkCounts
{
	uint64		read;
	uint64		skipped;
	uint64		cached;
} ChunkCounts;

/* What the processes of a parallel scan share. */
typedef struct ParallelScan
{
	PlogFileState state;		/* of the file that the leader opened */
	pg_atomic_uint64 next_chunk;	/* to be claimed */
	pg_atomic_uint64 read;		/* ChunkCounts of the workers that are done */
	pg_atomic_uint64 skipped;
	pg_atomic_uint64 cached;
} ParallelScan;

typedef struct PlogScan
{
	TableOptions options;
	RowShape   *shape;
	ScanConditions *conditions;
	MemoryContext query;		/* lives as long as the query */
	MemoryContext context;		/* of the file and the relation scan */
	RelationScan *scan;			/* NULL until the first row is wanted */
	bool		is_started;		/* with the parameters of now */
	bool		gives_direct_rows;	/* then: they are made in the slot, and not sorted */
	List	   *aggregates;		/* shapes of those to give instead of rows, or NIL */
	bool		wants_first_rows;	/* see FOREIGN_SCAN_FIRST_ROWS */
	int			ordered_attribute;	/* whose order the plan was promised; 0: none */
	Tuplesortstate *sort;		/* the rows, where the promise no longer holds */
	TupleTableSlot *sorted_slot;
	ParallelScan *parallel;		/* NULL: not parallel */
	ChunkCounts workers_counts;	/* kept when the shared memory goes */
} PlogScan;

/*
 * Open the file and start to read the relation, unless that is done.
 */
extern void open_scan(PlogScan *state);

#endif							/* PANDELEPHANT_SCAN_H */
