/*-------------------------------------------------------------------------
 *
 * library.c
 *		A library: finding its schemas and tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "library/library.h"
#include "materialize/trust.h"

#define COLD_SUFFIX			"_cold"
#define NATIVE_SUFFIX		"_native"

/*
 * The name of another schema of the library.
 */
static char *
schema_beside(const char *schema, const char *suffix)
{
	if (strlen(schema) + strlen(suffix) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the name of a library must be shorter than %d bytes",
						(int) (NAMEDATALEN - strlen(NATIVE_SUFFIX)))));
	return psprintf("%s%s", schema, suffix);
}

Library
name_library(FunctionCallInfo fcinfo, int parameter)
{
	Library		library = {0};

	if (PG_ARGISNULL(parameter))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of a library must not be NULL")));
	library.schema = pstrdup(NameStr(*PG_GETARG_NAME(parameter)));
	library.cold = schema_beside(library.schema, COLD_SUFFIX);
	library.native = schema_beside(library.schema, NATIVE_SUFFIX);
	library.extension_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	return library;
}

/*
 * A table of the library, which is written to: its owner must be trusted.
 */
static Oid
find_table(const Library *library, const char *schema, const char *name)
{
	Oid			schema_oid = get_namespace_oid(schema, true);
	Oid			table = OidIsValid(schema_oid) ? get_relname_relid(name, schema_oid) : InvalidOid;

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" is not a library", library->schema),
				 errdetail("There is no table %s.", quote_qualified_identifier(schema, name)),
				 errhint("pe_library() makes a library.  Its schemas are renamed together.")));
	check_table_owner(table);
	return table;
}

Library
library_of_call(FunctionCallInfo fcinfo, int parameter)
{
	Library		library = name_library(fcinfo, parameter);

	library.registry.logs = find_table(&library, library.schema, REGISTRY_TABLE);
	library.registry.files = find_table(&library, library.cold, FILES_TABLE);
	check_files_table(library.registry.files);
	(void) find_table(&library, library.cold, SOURCES_TABLE);
	(void) find_table(&library, library.cold, SERVERS_TABLE);
	(void) find_table(&library, library.cold, KNOWN_TABLE);
	return library;
}

char *
library_table(const Library *library, const char *name)
{
	return quote_qualified_identifier(library->schema, name);
}

char *
cold_table(const Library *library, const char *name)
{
	return quote_qualified_identifier(library->cold, name);
}

bool
library_has_native(const Library *library)
{
	Oid			schema = get_namespace_oid(library->native, true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid("executions", schema));
}
