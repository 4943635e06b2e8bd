/*-------------------------------------------------------------------------
 *
 * groups.h
 *		How many rows have each value of a column, from the catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_GROUPS_H
#define PANDELEPHANT_GROUPS_H

#include "relations/relation_scan.h"

typedef struct RelationGroups RelationGroups;

/* Does a catalog know the groups of a relation, by its grouped column? */
extern bool relation_knows_groups(const PlogRelation *relation, const CatalogSummary *summary);

/*
 * Start with the first group of a scan's relation, in the current memory context.
 * Where the catalog turns out not to know them, all rows are read, so the scan must
 * have been begun with the column among those wanted.
 */
extern RelationGroups *relation_begin_groups(RelationScan *scan);

/*
 * The next group: the column's value, valid until the next call, and its number of
 * rows.  False at the end.
 */
extern bool relation_next_group(RelationGroups *groups, Datum *value, bool *is_null,
								uint64 *count);

#endif							/* PANDELEPHANT_GROUPS_H */
