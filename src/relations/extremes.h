/*-------------------------------------------------------------------------
 *
 * extremes.h
 *		The least and the greatest number of a column, from the catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_EXTREMES_H
#define PANDELEPHANT_EXTREMES_H

#include "relations/relation_scan.h"

typedef enum Extreme
{
	EXTREME_LEAST,
	EXTREME_GREATEST
} Extreme;

/*
 * Does a catalog know the extremes of a column?
 */
extern bool relation_knows_extremes(const PlogRelation *relation, int column);

/*
 * An extreme of such a column over all rows of a scan's log, whose catalog is
 * built if need be.  False: there are no rows, or all have NULL.  Where the
 * catalog turns out not to tell, all rows are read, so the scan must have been
 * begun with the column among those wanted.
 */
extern bool relation_find_extreme(RelationScan *scan, int column, Extreme extreme, int64 *value);

#endif							/* PANDELEPHANT_EXTREMES_H */
