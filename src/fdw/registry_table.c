/*-------------------------------------------------------------------------
 *
 * registry_table.c
 *		The two tables of a library, open to be read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "fdw/registry_table.h"

/* A column of one of the tables. */
typedef struct RegistryColumn
{
	const char *name;
	Oid			type;
} RegistryColumn;

static const RegistryColumn log_columns[LOG_COLUMNS] = {
	{"execution_id", INT8OID},
	{"name", TEXTOID},
	{"description", TEXTOID},
	{"filename", TEXTOID},
	{"native", TEXTARRAYOID}
};

static const RegistryColumn file_columns[FILE_COLUMNS] = {
	{"execution_id", INT8OID},
	{"filename", TEXTOID},
	{"recover", BOOLOID},
	{"descriptor", TEXTOID},
	{"recording", TEXTOID},
	{"qcow", TEXTOID},
	{"guest", TEXTOID},
	{"file_bytes", INT8OID},
	{"checksum", INT8OID},
	{"first_execution_offset", INT8OID},
	{"last_execution_offset", INT8OID},
	{"counts", INT8ARRAYOID}
};

char *
qualified_table_name(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
}

/*
 * The primary key's index, if it begins with execution_id.
 */
static Oid
index_by_execution(Relation table, AttrNumber execution_id)
{
	Oid			found = InvalidOid;
	Relation	index;

	list_free(RelationGetIndexList(table));
	if (!OidIsValid(table->rd_pkindex))
		return InvalidOid;
	index = index_open(table->rd_pkindex, AccessShareLock);
	if (index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indkey.values[0] == execution_id)
		found = table->rd_pkindex;
	index_close(index, NoLock);
	return found;
}

static OpenTable
open_table(Oid oid, const RegistryColumn *columns, int count)
{
	OpenTable	open;

	open.table = table_open(oid, AccessShareLock);
	if (open.table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("%s is not a table that pe_library() made", qualified_table_name(oid))));
	for (int i = 0; i < count; i++)
	{
		open.attributes[i] = get_attnum(oid, columns[i].name);
		if (open.attributes[i] == InvalidAttrNumber ||
			get_atttype(oid, open.attributes[i]) != columns[i].type)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table %s has no column \"%s\" of type %s", qualified_table_name(oid),
							columns[i].name, format_type_be(columns[i].type)),
					 errhint("Only pe_library() makes the tables of a library.")));
	}
	open.index = index_by_execution(open.table, open.attributes[0]);
	return open;
}

OpenTable
open_log_table(const Registry *registry)
{
	return open_table(registry->logs, log_columns, LOG_COLUMNS);
}

OpenTable
open_file_table(const Registry *registry)
{
	return open_table(registry->files, file_columns, FILE_COLUMNS);
}

bool
registry_value(const OpenTable *open, HeapTuple row, int column, Datum *value)
{
	bool		is_null;

	*value = heap_getattr(row, open->attributes[column], RelationGetDescr(open->table), &is_null);
	return !is_null;
}

char *
registry_text(const OpenTable *open, HeapTuple row, int column)
{
	Datum		value;

	return registry_value(open, row, column, &value) ? TextDatumGetCString(value) : NULL;
}

int64
registry_bigint(const OpenTable *open, HeapTuple row, int column)
{
	Datum		value;

	return registry_value(open, row, column, &value) ? DatumGetInt64(value) : 0;
}

SysScanDesc
begin_registry_range(const OpenTable *open, NumberRange range, Snapshot snapshot)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], open->attributes[0], BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(range.lowest));
	ScanKeyInit(&keys[1], open->attributes[0], BTLessEqualStrategyNumber, F_INT8LE,
				Int64GetDatum(range.highest));
	return systable_beginscan(open->table, open->index, OidIsValid(open->index), snapshot,
							  lengthof(keys), keys);
}
