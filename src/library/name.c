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
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat/varlena.h"
#include "library/query.h"
#include "log/snapshot_key.h"
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
 * Look an execution up.  Errors are reported.
 */
static int64
find_execution_id(const char *execution, const char *schema)
{
	const char *table = executions_of(schema);
	Parameters	parameters = {0};
	bool		is_null;
	int64		execution_id;

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
	return execution_id;
}

/*
 * What was found last: PostgreSQL checks every row of a scan by the function again.
 * It holds as long as the snapshot is the same.
 */
typedef struct FoundExecution
{
	SnapshotKey snapshot;
	text	   *execution;
	bool		has_schema;
	NameData	schema;
	int64		execution_id;
} FoundExecution;

static bool
is_same_text(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

static bool
holds(const FoundExecution *found, const text *execution, const char *schema)
{
	SnapshotKey key;

	if (found == NULL)
		return false;
	key = key_of_snapshot(GetActiveSnapshot());
	return is_same_key(&found->snapshot, &key) && found->has_schema == (schema != NULL) &&
		(schema == NULL || strcmp(NameStr(found->schema), schema) == 0) &&
		is_same_text(found->execution, execution);
}

/*
 * Keep what was found with the function's call in the query.
 */
static FoundExecution *
keep_found(FmgrInfo *function, const text *execution, const char *schema, int64 execution_id)
{
	MemoryContext caller = MemoryContextSwitchTo(function->fn_mcxt);
	FoundExecution *found = palloc0(sizeof(FoundExecution));

	found->snapshot = key_of_snapshot(GetActiveSnapshot());
	found->execution = (text *) DatumGetPointer(datumCopy(PointerGetDatum(execution), false, -1));
	found->has_schema = schema != NULL;
	if (schema != NULL)
		namestrcpy(&found->schema, schema);
	found->execution_id = execution_id;
	MemoryContextSwitchTo(caller);
	return found;
}

/*
 * pe_execution(execution text, schema name DEFAULT NULL) returns bigint
 */
Datum
pe_execution(PG_FUNCTION_ARGS)
{
	FmgrInfo   *function = fcinfo->flinfo;
	const char *schema = PG_ARGISNULL(1) ? NULL : NameStr(*PG_GETARG_NAME(1));
	text	   *execution;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	execution = PG_GETARG_TEXT_PP(0);
	if (!holds(function->fn_extra, execution, schema))
	{
		int64		execution_id = find_execution_id(text_to_cstring(execution), schema);
		FoundExecution *old = function->fn_extra;

		function->fn_extra = keep_found(function, execution, schema, execution_id);
		if (old != NULL)
		{
			pfree(old->execution);
			pfree(old);
		}
	}
	PG_RETURN_INT64(((FoundExecution *) function->fn_extra)->execution_id);
}
