/*-------------------------------------------------------------------------
 *
 * columns.c
 *		Which of a relation's columns the attributes of a foreign table show.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"

#include "fdw/columns.h"
#include "fdw/names.h"

/*
 * The relation's column that an attribute shows: the one of its option
 * column_name, or else of its name.
 */
static int
column_of_attribute(Relation table, Form_pg_attribute attribute, const PlogRelation *relation)
{
	const char *name = NameStr(attribute->attname);
	ListCell   *cell;
	int			column;

	foreach(cell, GetForeignColumnOptions(RelationGetRelid(table), attribute->attnum))
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "column_name") == 0)
			name = defGetString(definition);
	}
	column = find_column(relation, name);
	if (column < 0)
		report_unknown_column(relation, name);
	return column;
}

/*
 * May a column be declared with that type?
 */
static bool
type_is_valid(ColumnType type, Oid declared)
{
	if (type == COLUMN_UNSIGNED && (declared == NUMERICOID || declared == TEXTOID))
		return true;
	return declared == column_type_oid(type);
}

AttributeMapping *
map_attributes(Relation table, const PlogRelation *relation)
{
	TupleDesc	descriptor = RelationGetDescr(table);
	AttributeMapping *mappings = palloc(sizeof(AttributeMapping) * (descriptor->natts + 1));

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		const RelationColumn *column;

		mappings[i].column = -1;
		mappings[i].type = attribute->atttypid;
		if (attribute->attisdropped)
			continue;
		mappings[i].column = column_of_attribute(table, attribute, relation);
		column = &relation->columns[mappings[i].column];
		if (!type_is_valid(column->type, attribute->atttypid) || attribute->atttypmod != -1)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
					 errmsg("column \"%s\" of foreign table \"%s\" cannot be of type %s",
							NameStr(attribute->attname), RelationGetRelationName(table),
							format_type_with_typemod(attribute->atttypid, attribute->atttypmod)),
					 column->type == COLUMN_UNSIGNED ?
					 errhint("Column \"%s\" of relation \"%s\" is of type bigint, numeric or text.",
							 column->name, relation->name) :
					 errhint("Column \"%s\" of relation \"%s\" is of type %s.",
							 column->name, relation->name,
							 format_type_be(column_type_oid(column->type)))));
	}
	return mappings;
}
