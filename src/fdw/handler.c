/*-------------------------------------------------------------------------
 *
 * handler.c
 *		The foreign data wrapper's entry point.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "fdw/fdw.h"

PG_FUNCTION_INFO_V1(pandelephant_fdw_handler);

/*
 * Return the table of callbacks.
 */
Datum
pandelephant_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = pandelephantGetForeignRelSize;
	routine->GetForeignPaths = pandelephantGetForeignPaths;
	routine->GetForeignPlan = pandelephantGetForeignPlan;
	routine->GetForeignJoinPaths = pandelephantGetForeignJoinPaths;
	routine->GetForeignUpperPaths = pandelephantGetForeignUpperPaths;
	routine->BeginForeignScan = pandelephantBeginForeignScan;
	routine->IterateForeignScan = pandelephantIterateForeignScan;
	routine->ReScanForeignScan = pandelephantReScanForeignScan;
	routine->EndForeignScan = pandelephantEndForeignScan;
	routine->ExplainForeignScan = pandelephantExplainForeignScan;
	routine->IsForeignScanParallelSafe = pandelephantIsForeignScanParallelSafe;
	routine->EstimateDSMForeignScan = pandelephantEstimateDSMForeignScan;
	routine->InitializeDSMForeignScan = pandelephantInitializeDSMForeignScan;
	routine->ReInitializeDSMForeignScan = pandelephantReInitializeDSMForeignScan;
	routine->InitializeWorkerForeignScan = pandelephantInitializeWorkerForeignScan;
	routine->ShutdownForeignScan = pandelephantShutdownForeignScan;
	routine->AnalyzeForeignTable = pandelephantAnalyzeForeignTable;
	routine->ImportForeignSchema = pandelephantImportForeignSchema;
	PG_RETURN_POINTER(routine);
}
