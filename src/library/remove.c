/*-------------------------------------------------------------------------
 *
 * remove.c
 *		pe_library_remove(): taking an execution out of a library.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"

#include "library/move.h"
#include "library/query.h"
#include "library/store.h"
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

	lock_registry(library);
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
 * The large object that pe_library_store() has made of an execution's log for this
 * library, or none.  That its comment says so is the proof: only who may remove the large
 * object can have written it, and others may be able to write to the table of files.
 */
static Oid
find_stored(const Library *library, int64 execution_id)
{
	Parameters	parameters = {0};
	Oid			object = InvalidOid;
	bool		is_null;

	add_bigint(&parameters, execution_id);
	add_text(&parameters, stored_log_comment(library));
	if (run_with(psprintf("SELECT large_object FROM %s "
						  "WHERE execution_id OPERATOR(pg_catalog.=) $1 AND stored_from IS NOT NULL "
						  "AND pg_catalog.obj_description(large_object, 'pg_largeobject') "
						  "OPERATOR(pg_catalog.=) $2",
						  cold_table(library, FILES_TABLE)), &parameters) > 0)
		object = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
												&is_null));
	SPI_freetuptable(SPI_tuptable);
	return object;
}

/*
 * Remove that large object, if no other execution of the library has it.  SQL checks that
 * the user may.  The lock comes first: who registers it for another execution has one, too.
 */
static void
unlink_stored(const Library *library, int64 execution_id)
{
	Parameters	parameters = {0};
	Oid			object = find_stored(library, execution_id);

	if (!OidIsValid(object))
		return;
	LockDatabaseObject(LargeObjectRelationId, object, 0, AccessExclusiveLock);
	add_bigint(&parameters, execution_id);
	add_parameter(&parameters, OIDOID, ObjectIdGetDatum(object), false);
	run_with(psprintf("SELECT pg_catalog.lo_unlink($2) WHERE NOT EXISTS (SELECT FROM %s "
					  "WHERE large_object OPERATOR(pg_catalog.=) $2 "
					  "AND execution_id OPERATOR(pg_catalog.<>) $1)",
					  cold_table(library, FILES_TABLE)), &parameters);
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
