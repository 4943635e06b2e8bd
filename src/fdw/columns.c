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
#include "utils/lsyscache.h"

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

/*
 * Report an attribute that cannot be declared with its type.
 */
static void
report_invalid_type(Relation table, Form_pg_attribute attribute, const PlogRelation *relation,
					const RelationColumn *column)
{
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

/*
 * Report a generated column, whose value nobody would compute.
 */
static void
report_generated_column(Relation table, Form_pg_attribute attribute)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" of foreign table \"%s\" cannot be a generated column",
					NameStr(attribute->attname), RelationGetRelationName(table)),
			 errdetail("A foreign table that shows a plog has no stored values."),
			 errhint("Drop the column, and compute its expression in queries or in a view.")));
}

AttributeMapping *
map_attributes(Relation table, const PlogRelation *relation)
{
	TupleDesc	descriptor = RelationGetDescr(table);
	AttributeMapping *mappings = palloc(sizeof(AttributeMapping) * (descriptor->natts + 1));

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		int32		modifier = attribute->atttypmod;
		const RelationColumn *column;

		mappings[i].column = -1;
		mappings[i].type = InvalidOid;
		if (attribute->attisdropped)
			continue;
		if (attribute->attgenerated == ATTRIBUTE_GENERATED_STORED)
			report_generated_column(table, attribute);

		/* PostgreSQL computes virtual ones from the other columns itself */
		if (attribute->attgenerated != '\0')
			continue;
		mappings[i].column = column_of_attribute(table, attribute, relation);
		mappings[i].type = getBaseTypeAndTypmod(attribute->atttypid, &modifier);
		column = &relation->columns[mappings[i].column];
		if (!type_is_valid(column->type, mappings[i].type) || modifier != -1)
			report_invalid_type(table, attribute, relation, column);
	}
	return mappings;
}
