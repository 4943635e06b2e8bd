/*-------------------------------------------------------------------------
 *
 * refresh.c
 *		pe_library_refresh(): noting what has become of a library's files.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "fdw/options.h"
#include "library/attempt.h"
#include "library/query.h"
#include "library/register.h"
#include "library/sources.h"
#include "log/large_object.h"
#include "log/unpacked.h"
#include "materialize/result_rows.h"
#include "materialize/sql.h"

/* What was done, a row of the result. */
typedef struct Action
{
	bool		has_execution_id;
	int64		execution_id;
	const char *name;			/* or NULL */
	const char *filename;
	const char *action;
	const char *error;			/* or NULL */
} Action;

typedef struct Refresh
{
	Library		library;
	MemoryContext context;		/* of the actions and their texts */
	Action	   *actions;
	int			count;
	int			capacity;
} Refresh;

PG_FUNCTION_INFO_V1(pe_library_refresh);

static void
add_action(Refresh *refresh, const ExecutionOptions *execution, bool has_id, const char *action,
		   const char *error)
{
	MemoryContext caller = MemoryContextSwitchTo(refresh->context);
	Action	   *added;

	if (refresh->count == refresh->capacity)
	{
		refresh->capacity = Max(16, refresh->capacity * 2);
		refresh->actions = refresh->actions == NULL ?
			palloc(sizeof(Action) * refresh->capacity) :
			repalloc_huge(refresh->actions, sizeof(Action) * refresh->capacity);
	}
	added = &refresh->actions[refresh->count++];
	added->has_execution_id = has_id;
	added->execution_id = execution->execution_id;
	added->name = execution->name == NULL ? NULL : pstrdup(execution->name);
	added->filename = pstrdup(execution->filename);
	added->action = action;
	added->error = error == NULL ? NULL : pstrdup(error);
	MemoryContextSwitchTo(caller);
}

/* What is known of a registered log besides what a scan needs. */
typedef struct Registration
{
	const RegisteredLog *log;
	int64		modified;		/* what was noted: see register.c */
	const char *state;
	bool		is_native;		/* native tables have something of it */
} Registration;

static char *
text_of_row(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

static Registration
find_registration(const Library *library, const RegisteredLog *log)
{
	Registration registration = {log, 0, "", false};
	Parameters	parameters = {0};
	bool		is_null;

	add_bigint(&parameters, log->execution.execution_id);
	if (run_with(psprintf("SELECT f.modified, l.state, l.native OPERATOR(pg_catalog.<>) '{}' "
						  "FROM %s f JOIN %s l USING (execution_id) "
						  "WHERE execution_id OPERATOR(pg_catalog.=) $1",
						  cold_table(library, FILES_TABLE),
						  library_table(library, REGISTRY_TABLE)), &parameters) > 0)
	{
		registration.modified = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
															SPI_tuptable->tupdesc, 1, &is_null));
		registration.state = text_of_row(2);
		registration.is_native = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0],
															SPI_tuptable->tupdesc, 3, &is_null));
	}
	SPI_freetuptable(SPI_tuptable);
	return registration;
}

/*
 * Write in the registry what is wrong with a log, unless it says so.
 */
static void
note_state(Refresh *refresh, const Registration *registration, const char *state,
		   const char *error)
{
	const ExecutionOptions *execution = &registration->log->execution;
	Parameters	parameters = {0};

	if (strcmp(registration->state, state) == 0)
		return;
	add_bigint(&parameters, execution->execution_id);
	add_text(&parameters, state);
	add_text(&parameters, error);
	add_text(&parameters, execution->filename);

	/* the execution may have been stored in a large object meanwhile */
	if (run_with(psprintf("UPDATE %s SET state = $2, error = $3 "
						  "WHERE execution_id OPERATOR(pg_catalog.=) $1 "
						  "AND filename OPERATOR(pg_catalog.=) $4",
						  library_table(&refresh->library, REGISTRY_TABLE)), &parameters) > 0)
		add_action(refresh, execution, true, state, error);
}

/*
 * Is a file, by its times and size, what was registered?  Of a compressed one the size
 * was noted that it has unpacked.
 */
static bool
is_as_registered(const Registration *registration, const PlogIdentity *identity)
{
	const RegisteredLog *log = registration->log;

	return strcmp(registration->state, "ready") == 0 &&
		identity->mtime == registration->modified &&
		(identity->size == log->noted.bytes || is_to_be_unpacked(log->execution.filename));
}

/* A registration that is renewed, or compared to its log, in a subtransaction. */
typedef struct Renewal
{
	Refresh    *refresh;
	const Registration *registration;
	bool		was_renewed;
} Renewal;

static void
renew(void *argument)
{
	Renewal    *renewal = argument;

	renewal->was_renewed = renew_log(&renewal->refresh->library, renewal->registration->log);
}

static void
compare(void *argument)
{
	check_log(((const Renewal *) argument)->registration->log);
}

/*
 * Note whether the log is still that of the rows in native tables, which would not
 * change with a new registration.
 */
static void
refresh_native(Refresh *refresh, const Registration *registration)
{
	Renewal		comparison = {refresh, registration, false};
	ErrorData  *error = attempt(compare, &comparison);

	if (error == NULL)
		note_state(refresh, registration, "ready", NULL);
	else
		note_state(refresh, registration,
				   error->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE ?
				   "changed" : "damaged", error->message);
}

/*
 * Register a log as it is now, unless it cannot be read.
 */
static void
renew_or_note(Refresh *refresh, const Registration *registration)
{
	Renewal		renewal = {refresh, registration, false};
	ErrorData  *error = attempt(renew, &renewal);

	if (error != NULL)
		note_state(refresh, registration, "damaged", error->message);
	else if (renewal.was_renewed)
		add_action(refresh, &registration->log->execution, true, "changed", NULL);
}

/*
 * Is a large object, by its size and a look at two of its pages, what was registered?
 */
static bool
object_is_as_registered(const Registration *registration, Oid object)
{
	PlogIdentity identity;

	return strcmp(registration->state, "ready") == 0 && large_object_peek(object, &identity) &&
		identity.size == registration->log->noted.bytes &&
		large_object_version(object) == registration->modified;
}

/*
 * Look at a registered large object.  Other versions of its pages may hold what was
 * registered, as they do in a restored database.
 */
static void
refresh_object(Refresh *refresh, const Registration *registration, Oid object)
{
	Renewal		comparison = {refresh, registration, false};
	ErrorData  *error;

	if (object_is_as_registered(registration, object))
		return;
	error = attempt(compare, &comparison);
	if (error == NULL)
	{
		note_version(&refresh->library, registration->log);
		note_state(refresh, registration, "ready", NULL);
	}
	else if (error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE)
		/* others may read it */
		add_action(refresh, &registration->log->execution, true, "failed", error->message);
	else if (error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT)
		note_state(refresh, registration, "missing", error->message);
	else if (registration->is_native)
		refresh_native(refresh, registration);
	else
		renew_or_note(refresh, registration);
}

/*
 * Look at a registered log.
 */
static void
refresh_log(Refresh *refresh, const RegisteredLog *log)
{
	Registration registration = find_registration(&refresh->library, log);
	PlogIdentity identity;
	PlogError	problem;
	Oid			object;

	if (is_large_object_name(log->execution.filename, &object))
		refresh_object(refresh, &registration, object);
	else if (plog_identify(log->execution.filename, &identity, &problem) != PLOG_OK)
		note_state(refresh, &registration, "missing", problem.message);
	else if (is_as_registered(&registration, &identity))
		return;
	else if (registration.is_native)
		refresh_native(refresh, &registration);
	else
		renew_or_note(refresh, &registration);
}

/* A new file, which is registered in a subtransaction. */
typedef struct Discovery
{
	Refresh    *refresh;
	NewLog		log;
} Discovery;

static void
register_discovery(void *argument)
{
	Discovery  *discovery = argument;

	register_log(&discovery->refresh->library, &discovery->log);
	add_action(discovery->refresh, &discovery->log.execution, true, "added", NULL);
}

static void
register_new_file(Refresh *refresh, const NewLog *source, const char *filename)
{
	Discovery	discovery = {refresh, *source};
	ErrorData  *error;

	discovery.log.execution.filename = filename;
	error = attempt(register_discovery, &discovery);
	if (error != NULL)
	{
		discovery.log.execution.name = NULL;
		add_action(refresh, &discovery.log.execution, false, "failed", error->message);
	}
}

/* The files of a directory or pattern, which are listed in a subtransaction. */
typedef struct Listing
{
	const char *source;
	MemoryContext context;		/* of the list */
	List	   *files;
} Listing;

static void
list_files(void *argument)
{
	Listing    *listing = argument;

	MemoryContextSwitchTo(listing->context);
	listing->files = files_of_source(listing->source);
}

/*
 * Register the files of a directory or pattern that were never registered.  One whose
 * execution was removed stays away.
 */
static void
refresh_source(Refresh *refresh, const NewLog *source)
{
	Listing		listing = {source->source, CurrentMemoryContext, NIL};
	ErrorData  *error = attempt(list_files, &listing);
	ListCell   *cell;

	if (error != NULL)
	{
		ExecutionOptions directory = {0};

		directory.filename = source->source;
		add_action(refresh, &directory, false, "failed", error->message);
		return;
	}
	foreach(cell, listing.files)
	{
		CHECK_FOR_INTERRUPTS();
		if (!file_is_known(&refresh->library, lfirst(cell)))
			register_new_file(refresh, source, lfirst(cell));
	}
}

/*
 * The directories and patterns, as logs without a file.
 */
static NewLog *
find_sources(const Library *library, int *count)
{
	const Parameters none = {0};
	uint64		found = run_with(psprintf("SELECT pattern, recover::pg_catalog.text, descriptor, guest, description "
										  "FROM %s ORDER BY pattern",
										  cold_table(library, SOURCES_TABLE)), &none);
	NewLog	   *sources = palloc0(sizeof(NewLog) * (found + 1));

	for (uint64 i = 0; i < found; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		NewLog	   *log = &sources[i];

		log->source = SPI_getvalue(row, descriptor, 1);
		log->execution.recover = strcmp(SPI_getvalue(row, descriptor, 2), "true") == 0;
		log->execution.descriptor = SPI_getvalue(row, descriptor, 3);
		log->guest = SPI_getvalue(row, descriptor, 4);
		log->execution.description = SPI_getvalue(row, descriptor, 5);
		if (log->guest != NULL)
			(void) find_guest(log->guest, &log->execution.guest);
	}
	*count = (int) found;
	return sources;
}

/*
 * Do all of pe_library_refresh() in its first call.
 */
static void
start_refresh(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	Refresh    *refresh = palloc0(sizeof(Refresh));
	RegisteredLogs logs;
	NewLog	   *sources;
	int			source_count;

	refresh->library = library_of_call(fcinfo, 0);
	refresh->context = CurrentMemoryContext;
	sql_connect();
	lock_sources(&refresh->library);

	/* logs in large objects are read by this snapshot, too */
	PushActiveSnapshot(GetTransactionSnapshot());
	logs = read_registry(&refresh->library.registry, GetActiveSnapshot(), NULL, 0, NULL);
	for (int i = 0; i < logs.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		refresh_log(refresh, &logs.logs[i]);
	}
	sources = find_sources(&refresh->library, &source_count);
	for (int i = 0; i < source_count; i++)
		refresh_source(refresh, &sources[i]);
	PopActiveSnapshot();
	sql_finish();
	call->max_calls = (uint64) refresh->count;
	call->user_fctx = refresh;
}

static void
set_text(const char *text, Datum *value, bool *is_null)
{
	*is_null = text == NULL;
	if (text != NULL)
		*value = CStringGetTextDatum(text);
}

/*
 * pe_library_refresh(schema name) returns a row for each file that is not what it was.
 */
Datum
pe_library_refresh(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const Action *action;
	Datum		values[5] = {0};
	bool		nulls[5] = {false, false, false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		PreventCommandDuringRecovery("pe_library_refresh()");
		check_file_privilege("filename");
		call = begin_result_rows(fcinfo, &caller);
		start_refresh(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	action = &((Refresh *) call->user_fctx)->actions[call->call_cntr];
	nulls[0] = !action->has_execution_id;
	values[0] = Int64GetDatum(action->execution_id);
	set_text(action->name, &values[1], &nulls[1]);
	set_text(action->filename, &values[2], &nulls[2]);
	set_text(action->action, &values[3], &nulls[3]);
	set_text(action->error, &values[4], &nulls[4]);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
