/*-------------------------------------------------------------------------
 *
 * name.c
 *		pe_execution(): the execution_id of an execution's name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "library/query.h"
#include "materialize/sql.h"

PG_FUNCTION_INFO_V1(pe_execution);

/*
 * The table or view of executions of a schema, or else of the search path, qualified
 * and quoted.
 */
static char *
executions_of(const char *schema)
{
	RangeVar   *name = makeRangeVar(schema == NULL ? NULL : pstrdup(schema),
									pstrdup("executions"), -1);
	Oid			table = RangeVarGetRelid(name, NoLock, false);

	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
}

/*
 * pe_execution(execution text, schema name DEFAULT NULL) returns bigint
 */
Datum
pe_execution(PG_FUNCTION_ARGS)
{
	Parameters	parameters = {0};
	const char *execution;
	const char *table;
	bool		is_null;
	int64		execution_id;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	execution = text_to_cstring(PG_GETARG_TEXT_PP(0));
	table = executions_of(PG_ARGISNULL(1) ? NULL : NameStr(*PG_GETARG_NAME(1)));
	sql_connect();
	add_text(&parameters, execution);
	if (query_with(psprintf("SELECT execution_id::pg_catalog.int8 FROM %s "
							"WHERE name OPERATOR(pg_catalog.=) $1", table), &parameters) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("%s has no execution \"%s\"", table, execution)));
	execution_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
											   &is_null));
	sql_finish();
	PG_RETURN_INT64(execution_id);
}
