/*-------------------------------------------------------------------------
 *
 * aggregate_paths.h
 *		Plans of scans that give groups instead of rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_AGGREGATE_PATHS_H
#define PANDELEPHANT_AGGREGATE_PATHS_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/*
 * The plan of a path that pandelephantGetForeignUpperPaths() added to output.
 */
extern ForeignScan *plan_groups(PlannerInfo *root, RelOptInfo *output, const ForeignPath *path,
								List *tlist, Plan *outer_plan);

#endif							/* PANDELEPHANT_AGGREGATE_PATHS_H */
