/*-------------------------------------------------------------------------
 *
 * columns.h
 *		Which of a relation's columns the attributes of a foreign table show.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COLUMNS_H
#define PANDELEPHANT_COLUMNS_H

#include "utils/rel.h"

#include "relations/relation.h"

/* What an attribute of a foreign table shows. */
typedef struct AttributeMapping
{
	int			column;			/* of the relation; -1: none, as of a dropped attribute */
	Oid			type;			/* declared, of a domain the type below it; may
								 * differ for COLUMN_UNSIGNED */
} AttributeMapping;

/*
 * What each attribute of a foreign table shows, in the order of the attributes.
 * Errors are reported: an unknown column, one of another type, a stored generated
 * column.  The constraints of a domain are not checked: as with other constraints
 * of foreign tables, they are for the user to be sure of.
 */
extern AttributeMapping *map_attributes(Relation table, const PlogRelation *relation);

/*
 * Does an attribute show its column as the relation gives it?  Else the column's
 * unsigned number is converted.
 */
static inline bool
shows_column_unchanged(const AttributeMapping *mapping, const PlogRelation *relation)
{
	return mapping->type == column_type_oid(relation->columns[mapping->column].type);
}

#endif							/* PANDELEPHANT_COLUMNS_H */
