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

/* plan.c */
extern void pandelephantGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid table);
extern ForeignScan *pandelephantGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel, Oid table,
											   ForeignPath *best_path, List *tlist,
											   List *scan_clauses, Plan *outer_plan);

/* paths.c */
extern void pandelephantGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid table);

/* aggregate_paths.c */
extern void pandelephantGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage,
											 RelOptInfo *input_rel, RelOptInfo *output_rel,
											 void *extra);

/* join_paths.c */
extern void pandelephantGetForeignJoinPaths(PlannerInfo *root, RelOptInfo *joinrel,
											RelOptInfo *outerrel, RelOptInfo *innerrel,
											JoinType type, JoinPathExtraData *extra);

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

/* explain.c */
extern void pandelephantExplainForeignScan(ForeignScanState *node, struct ExplainState *explain);

/* analyze.c */
extern bool pandelephantAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
											BlockNumber *totalpages);

/* import.c */
extern List *pandelephantImportForeignSchema(ImportForeignSchemaStmt *statement, Oid server);

#endif							/* PANDELEPHANT_FDW_H */
