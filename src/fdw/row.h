/*-------------------------------------------------------------------------
 *
 * row.h
 *		A relation's row as a foreign table shows it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ROW_H
#define PANDELEPHANT_ROW_H

#include "fdw/options.h"
#include "relations/relation_scan.h"

/* An attribute that is filled from the relation's row. */
typedef struct FilledAttribute
{
	int			index;			/* in the tuple, from 0 */
	int			column;
	Oid			type;			/* declared */
	bool		is_converted;	/* declared otherwise than the column's type */
} FilledAttribute;

typedef struct RowShape
{
	int			attribute_count;	/* of the tuple */
	int			filled_count;
	FilledAttribute *filled;
	ColumnSet	wanted;			/* the columns they come from */
	bool		is_direct;		/* a tuple's values are those of the relation's columns */
} RowShape;

/*
 * The shape of a foreign table's rows, of which the query needs the attributes
 * of those numbers (all of them where 0 is among them).  NIL: none.
 */
extern RowShape *make_row_shape(Relation table, const PlogRelation *relation, List *attributes);

/*
 * Have the scan make its rows where a tuple's values are, if their shapes are
 * the same: fill_row() has nothing left to do then.
 */
extern void share_row(const RowShape *shape, RelationScan *scan, Datum *values, bool *nulls);

/*
 * Turn the scan's current row into a tuple's values.  Conversions allocate in
 * the current memory context.
 */
extern void fill_row(const RowShape *shape, const RelationScan *scan, Datum *values, bool *nulls);

#endif							/* PANDELEPHANT_ROW_H */
