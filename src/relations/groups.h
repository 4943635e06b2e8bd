/*-------------------------------------------------------------------------
 *
 * groups.h
 *		Rows that the catalog has counted, by their values in some columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_GROUPS_H
#define PANDELEPHANT_GROUPS_H

#include "relations/relation_scan.h"

/*
 * Does a catalog know how many rows of a relation have which values in these
 * columns?  Without a summary: may it turn out to, once there is one?
 */
extern bool relation_knows_groups(const PlogRelation *relation, const CatalogSummary *summary,
								  ColumnSet columns);

/*
 * Does a counted row's number in the relation's classed column meet a condition if
 * and only if the numbers of all rows that it stands for do?
 */
extern bool relation_classes_tell(const PlogRelation *relation, NumberRange range);

/*
 * Start with the first counted row of a scan's relation, whose catalog is built if
 * need be.  False if it turns out that the catalog does not know the columns: then
 * the rows must be read.
 */
extern bool relation_begin_groups(RelationScan *scan, ColumnSet columns);

/*
 * Go to the next counted row that meets the scan's conditions, and tell how many
 * rows it stands for.  False at the end.
 */
extern bool relation_next_group(RelationScan *scan, uint64 *count);

#endif							/* PANDELEPHANT_GROUPS_H */
