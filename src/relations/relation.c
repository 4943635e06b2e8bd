/*-------------------------------------------------------------------------
 *
 * relation.c
 *		Columns of relations: finding them by name, and their types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "relations/relation.h"

int
find_column(const PlogRelation *relation, const char *name)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		if (strcmp(relation->columns[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char *
column_type_name(ColumnType type)
{
	switch (type)
	{
		case COLUMN_BIGINT:
		case COLUMN_UNSIGNED:
			return "pg_catalog.int8";
		case COLUMN_INTEGER:
			return "pg_catalog.int4";
		case COLUMN_TEXT:
			return "pg_catalog.text";
		case COLUMN_TEXT_ARRAY:
			return "pg_catalog.text[]";
		case COLUMN_BOOLEAN:
			return "pg_catalog.bool";
		case COLUMN_JSONB:
			return "pg_catalog.jsonb";
		case COLUMN_BYTEA:
			return "pg_catalog.bytea";
	}
	pg_unreachable();
}

Oid
column_type_oid(ColumnType type)
{
	switch (type)
	{
		case COLUMN_BIGINT:
		case COLUMN_UNSIGNED:
			return INT8OID;
		case COLUMN_INTEGER:
			return INT4OID;
		case COLUMN_TEXT:
			return TEXTOID;
		case COLUMN_TEXT_ARRAY:
			return TEXTARRAYOID;
		case COLUMN_BOOLEAN:
			return BOOLOID;
		case COLUMN_JSONB:
			return JSONBOID;
		case COLUMN_BYTEA:
			return BYTEAOID;
	}
	pg_unreachable();
}
