/*-------------------------------------------------------------------------
 *
 * row.h
 *		A relation's row as a foreign table shows it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ROW_H
#define PANDELEPHANT_ROW_H

#include "fdw/columns.h"
#include "fdw/scan_plan.h"
#include "relations/pass.h"

/* An attribute that is filled from the row of a relation. */
typedef struct FilledAttribute
{
	int			index;			/* in the tuple, from 0 */
	int			part;			/* of the pass */
	int			column;
	Oid			type;			/* declared */
	bool		is_converted;	/* declared with another type than the column's */
} FilledAttribute;

typedef struct RowShape
{
	int			attribute_count;	/* of the tuple */
	int			filled_count;
	FilledAttribute *filled;
	ColumnSet	wanted;			/* the columns of part 0 that they come from */
	bool		is_direct;		/* a tuple has the relation's columns unchanged, in order */
} RowShape;

/*
 * The shape of a foreign table's rows, of which the query needs the attributes
 * with these numbers; 0 means all attributes.
 */
extern RowShape *make_row_shape(Relation table, const PlogRelation *relation, List *attributes);

/*
 * The shape of the rows of a joined scan, whose fields are packed: see
 * pack_field().  wanted is not set.
 */
extern RowShape *make_joined_shape(const List *fields);

/*
 * If the table's rows have the same shape as the relation's, have the scan make
 * its rows directly in a tuple's values.  fill_row() then has nothing to do.
 */
extern void share_row(const RowShape *shape, RelationScan *scan, Datum *values, bool *nulls);

/*
 * Turn the current rows of relations, by the number of their part, into a tuple's
 * values.  Conversions allocate in the current memory context.
 */
extern void fill_row(const RowShape *shape, RelationRow *const *rows, Datum *values, bool *nulls);

#endif							/* PANDELEPHANT_ROW_H */
