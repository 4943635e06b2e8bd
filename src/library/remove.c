/*-------------------------------------------------------------------------
 *
 * remove.c
 *		pe_library_remove(): taking an execution out of a library.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "library/move.h"
#include "library/query.h"
#include "materialize/sql.h"

/* The parameters of pe_library_remove(). */
enum
{
	SCHEMA,
	EXECUTION,
	UNLINK
};

PG_FUNCTION_INFO_V1(pe_library_remove);
PG_FUNCTION_INFO_V1(pe_library_remove_id);

/*
 * Lock the row of the execution that a column of the registry tells.  False if there is
 * none.
 */
static bool
lock_row(const Library *library, const char *column, Oid type, Datum value, int64 *execution_id)
{
	Parameters	parameters = {0};
	bool		is_null;

	add_parameter(&parameters, type, value, false);
	if (run_with(psprintf("SELECT execution_id FROM %s WHERE %s OPERATOR(pg_catalog.=) $1 FOR UPDATE",
						  library_table(library, REGISTRY_TABLE), column), &parameters) == 0)
		return false;
	*execution_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
												&is_null));
	return true;
}

/*
 * Delete an execution's row, to which nothing native refers any more.  Its file goes with
 * it, by the foreign key.
 */
static void
delete_row(const Library *library, int64 execution_id)
{
	Parameters	parameters = {0};

	add_bigint(&parameters, execution_id);
	run_with(psprintf("DELETE FROM %s WHERE execution_id OPERATOR(pg_catalog.=) $1",
					  library_table(library, REGISTRY_TABLE)), &parameters);
}

/*
 * Remove the large object that pe_library_store() has made of an execution's log, if there
 * is one, and no other execution has it; what else a large object is for, the library does
 * not know.  SQL checks that the user may.
 */
static void
unlink_stored(const Library *library, int64 execution_id)
{
	const char *files = cold_table(library, FILES_TABLE);
	Parameters	parameters = {0};

	add_bigint(&parameters, execution_id);
	run_with(psprintf("SELECT pg_catalog.lo_unlink(f.large_object) FROM %s f "
					  "JOIN pg_catalog.pg_largeobject_metadata m "
					  "ON m.oid OPERATOR(pg_catalog.=) f.large_object "
					  "WHERE f.execution_id OPERATOR(pg_catalog.=) $1 AND f.stored_from IS NOT NULL "
					  "AND NOT EXISTS (SELECT FROM %s o "
					  "WHERE o.filename OPERATOR(pg_catalog.=) f.filename "
					  "AND o.execution_id OPERATOR(pg_catalog.<>) $1)",
					  files, files), &parameters);
}

/*
 * Remove an execution, wherever its rows are.
 */
static bool
remove_execution(FunctionCallInfo fcinfo, const char *column, Oid type)
{
	Library		library;
	int64		execution_id;
	bool		found;

	PreventCommandDuringRecovery("pe_library_remove()");
	library = library_of_call(fcinfo, SCHEMA);
	sql_connect();
	found = lock_row(&library, column, type, PG_GETARG_DATUM(EXECUTION), &execution_id);
	if (found)
	{
		(void) drop_native(&library, execution_id);
		if (PG_GETARG_BOOL(UNLINK))
			unlink_stored(&library, execution_id);
		delete_row(&library, execution_id);
	}
	sql_finish();
	return found;
}

/*
 * pe_library_remove(schema name, execution text, unlink boolean) returns boolean: was
 * there one?
 */
Datum
pe_library_remove(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(remove_execution(fcinfo, "name", TEXTOID));
}

/*
 * pe_library_remove(schema name, execution_id bigint, unlink boolean) returns boolean
 */
Datum
pe_library_remove_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(remove_execution(fcinfo, "execution_id", INT8OID));
}
