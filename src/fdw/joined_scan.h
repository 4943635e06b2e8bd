/*-------------------------------------------------------------------------
 *
 * joined_scan.h
 *		The plan of a scan that joins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_JOINED_SCAN_H
#define PANDELEPHANT_JOINED_SCAN_H

#include "nodes/pathnodes.h"

#include "fdw/scan_plan.h"

/*
 * Make the plan node of a join relation that has a JoinPlan.  What else the scan has to
 * know is in scan already.
 */
extern ForeignScan *make_joined_scan(ScanPlan *scan, PlannerInfo *root, RelOptInfo *joinrel,
									 List *tlist);

#endif							/* PANDELEPHANT_JOINED_SCAN_H */
