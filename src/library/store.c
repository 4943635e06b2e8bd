/*-------------------------------------------------------------------------
 *
 * store.c
 *		pe_library_store(): the log of an execution into the database.
 *
 * The registry's row is locked, so that moves of one execution follow each other.  Then
 * the file is copied into a large object, and both tables of the library name that from
 * then on: all of it in one transaction, which leaves nothing behind if it fails.  The
 * file stays: queries with an older snapshot still read it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/kept.h"
#include "compat/roles.h"
#include "fdw/logs.h"
#include "fdw/options.h"
#include "library/move.h"
#include "library/register.h"
#include "library/store.h"
#include "log/large_object.h"
#include "materialize/result_rows.h"
#include "materialize/sql.h"
#include "materialize/store.h"
#include "materialize/trust.h"

/* The parameters of pe_library_store(). */
enum
{
	SCHEMA,
	EXECUTIONS
};

/* A row of pe_library_store(): an execution, and the large object that has its log. */
typedef struct StoredLog
{
	const char *execution;
	Oid			object;
	uint64		bytes;
} StoredLog;

PG_FUNCTION_INFO_V1(pe_library_store);

/*
 * Copy the file of a log, which must be as it was registered, into a large object.  Its
 * catalog is returned, too, if it is at hand, or NULL.
 */
static Oid
copy_log(const RegisteredLog *log, const Catalog **catalog)
{
	PlogFile   *file = plog_file_open(log->execution.filename, log->execution.recover, NULL);
	Oid			object;

	check_registered(file, log);
	object = store_log(file);
	*catalog = catalog_at_hand(file);
	plog_file_close(file);
	return object;
}

/*
 * See that the large object is what was registered, and let it have the file's catalog,
 * so that the first query does not make one.
 */
static void
check_stored(const RegisteredLog *log, const Catalog *catalog)
{
	PlogFile   *file = plog_file_open(log->execution.filename, log->execution.recover, NULL);

	check_registered(file, log);
	if (catalog != NULL)
	{
		CatalogKey	key = catalog_key(file);

		/*
		 * Others will see these versions of the pages, or, after a rollback or another
		 * change, none of that identity.
		 */
		key.identity.look = 0;
		catalog_save(catalog, file, &key);
	}
	plog_file_close(file);
}

char *
stored_log_comment(const Library *library)
{
	return psprintf("log of an execution of library \"%s\"", library->schema);
}

/*
 * Let the large object belong to the owner of the library's files: whoever may change the
 * library may then read it, and remove it.
 */
static void
give_to_owner(const Library *library, Oid object)
{
	Oid			owner = table_owner(library->registry.files);

	sql_run("COMMENT ON LARGE OBJECT %u IS %s", object,
			quote_literal_cstr(stored_log_comment(library)));
	if (owner == GetUserId())
		return;
	if (!may_set_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be able to SET ROLE \"%s\"", GetUserNameFromId(owner, false)),
				 errdetail("The large object of a log belongs to the owner of library \"%s\".",
						   library->schema)));
	sql_run("ALTER LARGE OBJECT %u OWNER TO %s", object,
			quote_identifier(GetUserNameFromId(owner, false)));
}

/*
 * Store the log of one execution.
 */
static StoredLog
store_execution(const Library *library, const char *name)
{
	StoredLog	stored;
	RegisteredLog log;
	const Catalog *catalog;
	int64		execution_id;
	Oid			object;

	(void) lock_execution(library, name, &execution_id);
	push_latest_snapshot();
	log = find_registered_log(library, execution_id);
	if (is_large_object_name(log.execution.filename, &object))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("the log of execution \"%s\" of library \"%s\" is in a large object already",
						name, library->schema)));
	object = copy_log(&log, &catalog);
	PopActiveSnapshot();
	give_to_owner(library, object);

	/* what queries will read must be what was registered */
	push_latest_snapshot();
	note_stored(library, &log, object);
	log.execution.filename = large_object_name(object);
	check_stored(&log, catalog);
	PopActiveSnapshot();

	stored.execution = name;
	stored.object = object;
	stored.bytes = log.noted.bytes;
	return stored;
}

/*
 * Do all of pe_library_store() in its first call.
 */
static void
start_store(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	Library		library = library_of_call(fcinfo, SCHEMA);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant store",
												  ALLOCSET_DEFAULT_SIZES);
	StoredLog  *stored;
	Datum	   *names;
	bool	   *nulls;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(EXECUTIONS), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &count);
	stored = palloc(sizeof(StoredLog) * (Size) (count + 1));
	sql_connect();
	lock_executions(&library, PG_GETARG_ARRAYTYPE_P(EXECUTIONS));
	for (int i = 0; i < count; i++)
	{
		const char *name;
		MemoryContext caller;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of an execution must not be NULL")));
		name = MemoryContextStrdup(call->multi_call_memory_ctx, TextDatumGetCString(names[i]));
		caller = MemoryContextSwitchTo(context);
		stored[i] = store_execution(&library, name);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	sql_finish();
	MemoryContextDelete(context);
	call->max_calls = (uint64) count;
	call->user_fctx = stored;
}

/*
 * pe_library_store(schema name, executions text[]) returns a row for each execution.
 */
Datum
pe_library_store(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const StoredLog *stored;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		PreventCommandDuringRecovery("pe_library_store()");
		PreventCommandIfReadOnly("pe_library_store()");
		check_file_privilege("filename");
		if (PG_ARGISNULL(EXECUTIONS))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("executions of pe_library_store() must not be NULL")));
		call = begin_result_rows(fcinfo, &caller);
		start_store(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	stored = &((StoredLog *) call->user_fctx)[call->call_cntr];
	values[0] = CStringGetTextDatum(stored->execution);
	values[1] = ObjectIdGetDatum(stored->object);
	values[2] = Int64GetDatum((int64) stored->bytes);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
