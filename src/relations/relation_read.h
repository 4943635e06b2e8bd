/*-------------------------------------------------------------------------
 *
 * relation_read.h
 *		Reading the rows of a relation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RELATION_READ_H
#define PANDELEPHANT_RELATION_READ_H

#include "relations/relation_scan.h"

/*
 * Start to read a relation.  The caller opens the file, in the same memory
 * context, which is the current one.  With wants_first_rows, the catalog is not
 * built where it would only save work: for a caller who wants the first rows
 * soon, and perhaps no others.  If the catalog has to be built, the wished columns are
 * kept on the way.
 */
extern RelationScan *relation_begin(const PlogRelation *relation, PlogFile *file,
									const ExecutionOptions *execution, ColumnSet wanted,
									bool wants_first_rows, ColumnBlocks wish);

/* Read the next row into scan->row.  False at the end. */
extern bool relation_next(RelationScan *scan);

/* Start again at the first row. */
extern void relation_rewind(RelationScan *scan);

/*
 * Start again at the first row, and leave out rows that do not meet all of the
 * conditions, as far as that saves work: the relation's condition_columns say
 * for which columns it does.  The caller keeps the conditions.
 */
extern void relation_restrict(RelationScan *scan, const Condition *conditions,
							  int condition_count);

#endif							/* PANDELEPHANT_RELATION_READ_H */
