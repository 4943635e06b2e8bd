/*-------------------------------------------------------------------------
 *
 * server.c
 *		pe_library_server(): another server's library as a part of this one.
 *
 * The views of the other library become foreign tables of postgres_fdw in a schema of
 * their own.  A library owns a range of execution_ids, which is a check constraint of
 * the foreign tables: the planner leaves the server out where a query's condition is
 * outside of it.  In the view's query the same range would be a filter, and keep the
 * parts from being asked at the same time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat/remote.h"
#include "library/library.h"
#include "library/query.h"
#include "library/views.h"
#include "materialize/sql.h"
#include "relations/list.h"

/* The parameters of pe_library_server(). */
enum
{
	SCHEMA,
	SERVER,
	REMOTE_SCHEMA,
	FIRST_EXECUTION_ID,
	LAST_EXECUTION_ID
};

PG_FUNCTION_INFO_V1(pe_library_server);

static void
check_server(const char *server)
{
	ForeignServer *found = GetForeignServerByName(server, false);
	const char *wrapper = GetForeignDataWrapper(found->fdwid)->fdwname;

	if (strcmp(wrapper, "postgres_fdw") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not a server of postgres_fdw", server)));
}

/*
 * Report a range of ids of which this library, or another server's, has some.
 */
static void
check_range(const Library *library, int64 first, int64 last)
{
	Parameters	parameters = {0};

	if (first > last)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the range of ids of a server must not be empty")));
	add_bigint(&parameters, first);
	add_bigint(&parameters, last);
	if (run_with(psprintf("SELECT FROM %s WHERE execution_id OPERATOR(pg_catalog.>=) $1 "
						  "AND execution_id OPERATOR(pg_catalog.<=) $2 "
						  "UNION ALL SELECT FROM %s WHERE first_execution_id OPERATOR(pg_catalog.<=) $2 "
						  "AND last_execution_id OPERATOR(pg_catalog.>=) $1 LIMIT 1",
						  library_table(library, REGISTRY_TABLE),
						  cold_table(library, SERVERS_TABLE)), &parameters) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("library \"%s\" has executions between " INT64_FORMAT " and " INT64_FORMAT,
						library->schema, first, last),
				 errhint("Each library has a range of ids of its own: see pe_library().")));
}

/*
 * The names of all relations, as a list.
 */
static char *
list_of_relations(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < relation_count; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", quote_identifier(relations[i]->name));
	return list.data;
}

/*
 * Make the foreign tables, in a new schema.
 */
static void
import_tables(const char *schema, const char *server, const char *remote_schema, int64 first,
			  int64 last)
{
	Oid			schema_oid;

	sql_run("CREATE SCHEMA %s", quote_identifier(schema));
	sql_run("IMPORT FOREIGN SCHEMA %s LIMIT TO (%s) FROM SERVER %s INTO %s",
			quote_identifier(remote_schema), list_of_relations(), quote_identifier(server),
			quote_identifier(schema));
	schema_oid = get_namespace_oid(schema, false);
	for (int i = 0; i < relation_count; i++)
	{
		const char *table = quote_qualified_identifier(schema, relations[i]->name);

		if (!OidIsValid(get_relname_relid(relations[i]->name, schema_oid)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("schema \"%s\" of server \"%s\" has no relation \"%s\"", remote_schema,
							server, relations[i]->name),
					 errhint("It must be a library, and the user of the server must have the right to read it.")));
		sql_run("ALTER FOREIGN TABLE %s ADD CONSTRAINT execution_id_range "
				"CHECK (execution_id >= " INT64_FORMAT " AND execution_id <= " INT64_FORMAT ")",
				table, first, last);
		sql_run("ALTER FOREIGN TABLE %s OPTIONS (%s)", table, OPTIONS_OF_REMOTE_TABLE);
	}
}

static void
insert_server(const Library *library, const char *schema, const char *server, int64 first,
			  int64 last)
{
	Parameters	parameters = {0};

	add_text(&parameters, schema);
	add_text(&parameters, server);
	add_bigint(&parameters, first);
	add_bigint(&parameters, last);
	run_with(psprintf("INSERT INTO %s (schema, server, first_execution_id, last_execution_id) "
					  "VALUES ($1, $2, $3, $4)", cold_table(library, SERVERS_TABLE)), &parameters);
}

/*
 * pe_library_server(schema name, server name, remote_schema name, first_execution_id
 * bigint, last_execution_id bigint) returns name: the schema of the foreign tables.
 */
Datum
pe_library_server(PG_FUNCTION_ARGS)
{
	Library		library;
	const char *server = NameStr(*PG_GETARG_NAME(SERVER));
	int64		first = PG_GETARG_INT64(FIRST_EXECUTION_ID);
	int64		last = PG_GETARG_INT64(LAST_EXECUTION_ID);
	Name		result = palloc0(NAMEDATALEN);
	char	   *schema;

	PreventCommandDuringRecovery("pe_library_server()");
	library = library_of_call(fcinfo, SCHEMA);
	check_server(server);
	schema = psprintf("%s_%s", library.schema, server);
	if (strlen(schema) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the names of library and server are too long together")));
	if (strcmp(schema, library.cold) == 0 || strcmp(schema, library.native) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("a server of a library must not be called \"%s\"", server),
				 errdetail("Schema \"%s\" is another part of the library.", schema)));
	namestrcpy(result, schema);
	sql_connect();
	check_range(&library, first, last);
	import_tables(schema, server, NameStr(*PG_GETARG_NAME(REMOTE_SCHEMA)), first, last);
	insert_server(&library, schema, server, first, last);
	make_library_views(&library);
	sql_finish();
	PG_RETURN_NAME(result);
}
