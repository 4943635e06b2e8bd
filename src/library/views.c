/*-------------------------------------------------------------------------
 *
 * views.c
 *		The views of a library: a view of each relation over all of its parts.
 *
 * A view of UNION ALL is planned like a table with partitions: a condition on
 * execution_id reaches each part, which finds by it the one log or partition.  While
 * there is but one part, the view is no more than another name for that.
 *
 * They read the parts with the rights of their owner, so that a grant on the view is
 * all that a reader needs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "library/query.h"
#include "library/views.h"
#include "materialize/native.h"
#include "materialize/sql.h"
#include "relations/list.h"

/*
 * Add a part to the query of a view, if it is there.
 */
static void
append_part(StringInfo query, const char *schema, const PlogRelation *relation)
{
	Oid			schema_oid = get_namespace_oid(schema, true);

	if (!OidIsValid(schema_oid) || !OidIsValid(get_relname_relid(relation->name, schema_oid)))
		return;
	appendStringInfo(query, "%sSELECT %s FROM %s", query->len > 0 ? " UNION ALL " : "",
					 column_names(relation), quote_qualified_identifier(schema, relation->name));
}

/*
 * The query of executions: the registry, which calls one column otherwise.
 */
static char *
query_of_registry(const Library *library)
{
	StringInfoData query;

	initStringInfo(&query);
	for (int i = 0; i < executions_relation.column_count; i++)
	{
		const char *name = executions_relation.columns[i].name;

		appendStringInfo(&query, "%s%s", i > 0 ? ", " : "SELECT ",
						 strcmp(name, "plog") == 0 ? "filename AS plog" : quote_identifier(name));
	}
	appendStringInfo(&query, " FROM %s", library_table(library, REGISTRY_TABLE));
	return query.data;
}

/*
 * The schemas of other servers' libraries.
 */
static List *
find_servers(const Library *library)
{
	const Parameters none = {0};
	uint64		count = run_with(psprintf("SELECT schema FROM %s ORDER BY first_execution_id",
										  cold_table(library, SERVERS_TABLE)), &none);
	List	   *schemas = NIL;

	for (uint64 i = 0; i < count; i++)
		schemas = lappend(schemas, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return schemas;
}

static char *
query_of_parts(const Library *library, const PlogRelation *relation, List *servers)
{
	StringInfoData query;
	ListCell   *cell;

	initStringInfo(&query);
	if (relation == &executions_relation)
		appendStringInfoString(&query, query_of_registry(library));
	else
	{
		append_part(&query, library->cold, relation);
		if (library_has_native(library))
			append_part(&query, library->native, relation);
	}
	foreach(cell, servers)
		append_part(&query, lfirst(cell), relation);
	return query.data;
}

void
make_library_views(const Library *library)
{
	List	   *servers = find_servers(library);

	for (int i = 0; i < relation_count; i++)
	{
		const PlogRelation *relation = relations[i];
		char	   *query = query_of_parts(library, relation, servers);

		if (query[0] != '\0')
			sql_run("CREATE OR REPLACE VIEW %s AS %s", library_table(library, relation->name),
					query);
	}
}
