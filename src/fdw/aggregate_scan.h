/*-------------------------------------------------------------------------
 *
 * aggregate_scan.h
 *		Computing groups and their aggregates from the rows of a scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_AGGREGATE_SCAN_H
#define PANDELEPHANT_AGGREGATE_SCAN_H

#include "nodes/execnodes.h"
#include "utils/resowner.h"

#include "fdw/row.h"
#include "fdw/scan_plan.h"

typedef struct Aggregation Aggregation;

/*
 * Prepare to compute what a plan says, in the current memory context.  The caller keeps
 * the shape of the rows.
 */
extern Aggregation *begin_aggregation(ForeignScanState *node, const ScanPlan *plan,
									  const RowShape *rows);

/* Start with no groups. */
extern void start_groups(Aggregation *aggregation);

/*
 * Add the rows of a pass, which is at its start, to their groups.  What the groups and
 * expressions hold belongs to the owner, what reading holds to the current one.
 */
extern void add_rows_of_log(Aggregation *aggregation, Pass *pass, ResourceOwner owner);

/*
 * Was it the log that an error in add_rows_of_log() is of, and not an expression or the
 * sort of groups?
 */
extern bool was_reading_log(const Aggregation *aggregation);

/* No more rows will come: go to the first group. */
extern void finish_groups(Aggregation *aggregation);

/* The next group, in the current memory context.  False at the end. */
extern bool next_group(Aggregation *aggregation, Datum *values, bool *nulls);

/* Did the groups not fit into memory, so that they were sorted on disk? */
extern bool groups_were_sorted(const Aggregation *aggregation);

/* Forget the groups. */
extern void forget_groups(Aggregation *aggregation);

#endif							/* PANDELEPHANT_AGGREGATE_SCAN_H */
