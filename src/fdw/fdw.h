/*-------------------------------------------------------------------------
 *
 * fdw.h
 *		The callbacks of the foreign data wrapper.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_FDW_H
#define PANDELEPHANT_FDW_H

#include "access/parallel.h"
#include "foreign/fdwapi.h"

/* The slots of a ForeignScan's fdw_private. */
enum ForeignScanPrivate
{
	/* integer list of the attribute numbers that the query needs */
	FOREIGN_SCAN_ATTRIBUTES,

	/* list of the shapes of conditions, see find_conditions(); values: fdw_exprs */
	FOREIGN_SCAN_CONDITIONS,

	/* list of the shapes of aggregates, see find_aggregates(); NIL: rows */
	FOREIGN_SCAN_AGGREGATES,

	/* list of one Oid: the table's */
	FOREIGN_SCAN_TABLE,

	/* integer list of the attribute whose ascending order is promised; or NIL */
	FOREIGN_SCAN_ORDER,

	/* integer list of one: does the query want a few rows only? */
	FOREIGN_SCAN_FIRST_ROWS
};

/* plan.c */
extern void pandelephantGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid table);
extern void pandelephantGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid table);
extern void pandelephantGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage,
											 RelOptInfo *input_rel, RelOptInfo *output_rel,
											 void *extra);
extern ForeignScan *pandelephantGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel, Oid table,
											   ForeignPath *best_path, List *tlist,
											   List *scan_clauses, Plan *outer_plan);

/* parallel.c */
extern bool pandelephantIsForeignScanParallelSafe(PlannerInfo *root, RelOptInfo *baserel,
												  RangeTblEntry *entry);
extern Size pandelephantEstimateDSMForeignScan(ForeignScanState *node, ParallelContext *context);
extern void pandelephantInitializeDSMForeignScan(ForeignScanState *node, ParallelContext *context,
												 void *coordinate);
extern void pandelephantReInitializeDSMForeignScan(ForeignScanState *node, ParallelContext *context,
												   void *coordinate);
extern void pandelephantInitializeWorkerForeignScan(ForeignScanState *node, shm_toc *toc,
													void *coordinate);
extern void pandelephantShutdownForeignScan(ForeignScanState *node);

/* scan.c */
extern void pandelephantBeginForeignScan(ForeignScanState *node, int eflags);
extern TupleTableSlot *pandelephantIterateForeignScan(ForeignScanState *node);
extern void pandelephantReScanForeignScan(ForeignScanState *node);
extern void pandelephantEndForeignScan(ForeignScanState *node);
extern void pandelephantExplainForeignScan(ForeignScanState *node, struct ExplainState *explain);

/* analyze.c */
extern bool pandelephantAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
											BlockNumber *totalpages);

/* import.c */
extern List *pandelephantImportForeignSchema(ImportForeignSchemaStmt *statement, Oid server);

#endif							/* PANDELEPHANT_FDW_H */
