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

#include "fdw/join.h"
#include "fdw/scan_plan.h"

/*
 * Say in the plan of a scan what its pass does, and that its rows have these columns,
 * which are target entries of variables.  Returns the values of its conditions.
 */
extern List *plan_pass(ScanPlan *scan, const PlannerInfo *root, const JoinPlan *join,
					   const List *columns);

/*
 * Make the plan node of a join relation that has a JoinPlan.  What else the scan has to
 * know is in scan already.
 */
extern ForeignScan *make_joined_scan(ScanPlan *scan, PlannerInfo *root, RelOptInfo *joinrel,
									 List *tlist);

#endif							/* PANDELEPHANT_JOINED_SCAN_H */
