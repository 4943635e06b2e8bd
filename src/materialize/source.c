/*-------------------------------------------------------------------------
 *
 * source.c
 *		The foreign tables that pe_materialize() copies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/columns.h"
#include "materialize/source.h"
#include "relations/list.h"

StaticAssertDecl(MAX_RELATIONS <= 32, "a RelationSet has 32 bits");

int
place_of_relation(const PlogRelation *relation)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (relations[i] == relation)
			return i;
	}
	pg_unreachable();
}

Oid
source_table(const Source *source, const PlogRelation *relation)
{
	return source->tables[place_of_relation(relation)];
}

/*
 * The options of a table except its relation, as one text to compare.
 */
static char *
log_options(Oid table)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, GetForeignTable(table)->options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "relation") != 0)
			appendStringInfo(&text, "%s%s %s", text.len > 0 ? ", " : "", option->defname,
							 quote_literal_cstr(defGetString(option)));
	}
	return text.data;
}

static bool
shows_plog(Oid table)
{
	ForeignServer *server = GetForeignServer(GetForeignTable(table)->serverid);

	return OidIsValid(server->fdwid) &&
		strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, "pandelephant") == 0;
}

void
check_may_select(Oid table)
{
	AclResult	acl = pg_class_aclcheck(table, GetUserId(), ACL_SELECT);

	if (acl != ACLCHECK_OK)
		aclcheck_error(acl, OBJECT_FOREIGN_TABLE, get_rel_name(table));
}

/*
 * Take a foreign table into the source.
 */
static void
add_table(Source *source, Oid table, Oid *first)
{
	TableOptions options = get_table_options(table);
	int			place = place_of_relation(options.relation);

	check_may_select(table);
	if (options.library != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("schema \"%s\" shows the logs of a library", source->schema),
				 errhint("Use pe_materialize() with the library and the names of executions.")));
	if (OidIsValid(source->tables[place]))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("schema \"%s\" shows the relation \"%s\" twice", source->schema,
						options.relation->name),
				 errdetail("The tables are \"%s\" and \"%s\".",
						   get_rel_name(source->tables[place]), get_rel_name(table))));
	source->tables[place] = table;
	if (!OidIsValid(*first))
	{
		*first = table;
		source->execution = options.execution;
	}
	else if (strcmp(log_options(*first), log_options(table)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				 errmsg("the foreign tables of schema \"%s\" differ in their options",
						source->schema),
				 errdetail("\"%s\" has %s; \"%s\" has %s.", get_rel_name(*first),
						   log_options(*first), get_rel_name(table), log_options(table)),
				 errhint("All of them must show one log.")));
}

List *
find_plog_tables(const char *schema)
{
	Oid			schema_oid = LookupExplicitNamespace(schema, false);
	List	   *tables = NIL;
	Relation	pg_class;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_class_relnamespace, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(schema_oid));
	pg_class = table_open(RelationRelationId, AccessShareLock);
	scan = systable_beginscan(pg_class, InvalidOid, false, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_FOREIGN_TABLE && shows_plog(form->oid))
			tables = lappend_oid(tables, form->oid);
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	if (tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" has no foreign table that shows a plog", schema),
				 errhint("Make them with pe_attach() or IMPORT FOREIGN SCHEMA.")));
	return tables;
}

Source
find_source(const char *schema)
{
	Oid			first = InvalidOid;
	Source		source;
	ListCell   *cell;

	memset(&source, 0, sizeof(source));
	source.schema = schema;
	foreach(cell, find_plog_tables(schema))
		add_table(&source, lfirst_oid(cell), &first);
	return source;
}

Source
find_library_source(const char *schema, Oid executions, const ExecutionOptions *execution)
{
	Oid			schema_oid = LookupExplicitNamespace(schema, false);
	Source		source;

	memset(&source, 0, sizeof(source));
	source.schema = schema;
	source.is_library = true;
	source.execution = *execution;
	for (int i = 0; i < relation_count; i++)
	{
		source.tables[i] = relations[i] == &executions_relation ? executions :
			get_relname_relid(relations[i]->name, schema_oid);
		if (OidIsValid(source.tables[i]))
			check_may_select(source.tables[i]);
	}
	return source;
}

/*
 * The attribute of a table that shows a column, or 0.
 */
static AttrNumber
attribute_of_column(const AttributeMapping *mappings, int attribute_count, int column)
{
	for (int i = 0; i < attribute_count; i++)
	{
		if (mappings[i].column == column)
			return (AttrNumber) (i + 1);
	}
	return 0;
}

/*
 * Append the attribute of the source's table that shows a column.
 */
static void
append_source_column(StringInfo query, Relation table, const AttributeMapping *mappings,
					 const PlogRelation *relation, int column)
{
	AttrNumber	attribute = attribute_of_column(mappings, RelationGetDescr(table)->natts, column);

	if (attribute == 0 || !shows_column_unchanged(&mappings[attribute - 1], relation))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("foreign table \"%s\" does not show the column \"%s\" of relation \"%s\" as %s",
						RelationGetRelationName(table), relation->columns[column].name,
						relation->name,
						format_type_be(column_type_oid(relation->columns[column].type))),
				 errhint("Attach the log again, with pe_attach().")));
	appendStringInfo(query, ", %s",
					 quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(table),
															attribute - 1)->attname)));
}

char *
source_query(const Source *source, const PlogRelation *relation, int64 execution_id)
{
	Relation	table = table_open(source_table(source, relation), AccessShareLock);
	AttributeMapping *mappings = map_attributes(table, relation);
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT " INT64_FORMAT, execution_id);
	for (int column = COLUMN_EXECUTION_ID + 1; column < relation->column_count; column++)
		append_source_column(&query, table, mappings, relation, column);
	appendStringInfo(&query, " FROM %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
												RelationGetRelationName(table)));
	if (source->is_library)
		appendStringInfo(&query, " WHERE execution_id OPERATOR(pg_catalog.=) " INT64_FORMAT,
						 source->execution.execution_id);
	table_close(table, NoLock);
	return query.data;
}
