/*-------------------------------------------------------------------------
 *
 * add.c
 *		pe_library_add(): registering a log, or those of a directory or pattern.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "fdw/logs.h"
#include "library/attempt.h"
#include "library/query.h"
#include "library/register.h"
#include "library/sources.h"
#include "log/large_object.h"
#include "materialize/file_parameter.h"
#include "materialize/result_rows.h"
#include "materialize/sql.h"

/* The parameters of pe_library_add(). */
enum
{
	SCHEMA,
	FILENAME,
	EXECUTION,
	EXECUTION_ID,
	DESCRIPTION,
	RECOVER,
	DESCRIPTOR,
	RECORDING,
	QCOW,
	GUEST,
	LARGE_OBJECT
};

/* The logs that were added, for the rows that the function returns. */
typedef struct AddedLogs
{
	const Library *library;
	MemoryContext context;		/* of the array and its texts */
	NewLog	   *logs;
	int			count;
	int			capacity;
} AddedLogs;

PG_FUNCTION_INFO_V1(pe_library_add);

static char *
text_parameter(FunctionCallInfo fcinfo, int parameter)
{
	return PG_ARGISNULL(parameter) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(parameter));
}

/*
 * What the parameters say of each log.
 */
static NewLog
log_of_call(FunctionCallInfo fcinfo)
{
	NewLog		log = {0};

	log.execution.name = text_parameter(fcinfo, EXECUTION);
	log.has_execution_id = !PG_ARGISNULL(EXECUTION_ID);
	if (log.has_execution_id)
		log.execution.execution_id = PG_GETARG_INT64(EXECUTION_ID);
	log.execution.description = text_parameter(fcinfo, DESCRIPTION);
	log.execution.recover = !PG_ARGISNULL(RECOVER) && PG_GETARG_BOOL(RECOVER);
	log.execution.descriptor = file_parameter(fcinfo, DESCRIPTOR, "descriptor");
	log.execution.recording = file_parameter(fcinfo, RECORDING, "recording");
	log.execution.qcow = file_parameter(fcinfo, QCOW, "qcow");
	log.guest = text_parameter(fcinfo, GUEST);
	if (log.guest != NULL && !find_guest(log.guest, &log.execution.guest))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("invalid value for option \"guest\": \"%s\"", log.guest)));
	return log;
}

/*
 * Report parameters that say something of one log, where there may be several.
 */
static void
check_several(const NewLog *log)
{
	const char *parameter = log->execution.name != NULL ? "execution" :
		log->has_execution_id ? "execution_id" :
		log->execution.recording != NULL ? "recording" :
		log->execution.qcow != NULL ? "qcow" : NULL;

	if (parameter != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" is for one file, not for a directory or pattern",
						parameter)));
}

static NewLog *
append_log(AddedLogs *added)
{
	if (added->count == added->capacity)
	{
		added->capacity = Max(16, added->capacity * 2);
		added->logs = added->logs == NULL ?
			MemoryContextAlloc(added->context, sizeof(NewLog) * added->capacity) :
			repalloc_huge(added->logs, sizeof(NewLog) * added->capacity);
	}
	return &added->logs[added->count++];
}

/*
 * Register one log, and keep what it got.
 */
static void
add_log(AddedLogs *added, NewLog log)
{
	NewLog	   *kept;

	register_log(added->library, &log);
	kept = append_log(added);
	*kept = log;
	kept->execution.name = MemoryContextStrdup(added->context, log.execution.name);
	kept->execution.filename = MemoryContextStrdup(added->context, log.execution.filename);
}

/* A log that is added in a subtransaction. */
typedef struct AttemptedLog
{
	AddedLogs  *added;
	const NewLog *log;
} AttemptedLog;

static void
add_attempted(void *argument)
{
	const AttemptedLog *attempted = argument;

	add_log(attempted->added, *attempted->log);
}

/*
 * Register one of several logs.  One that cannot be read is an error, unless the
 * setting says that it is skipped.
 */
static void
add_one_of_several(AddedLogs *added, const NewLog *log)
{
	AttemptedLog attempted = {added, log};
	RegisteredLog skipped = {0};
	ErrorData  *error;

	if (!pandelephant_skip_damaged_logs)
	{
		add_log(added, *log);
		return;
	}
	error = attempt(add_attempted, &attempted);
	if (error == NULL)
		return;
	skipped.execution.name = log->execution.filename;
	if (!can_skip_log(error, &skipped))
		ReThrowError(error);
	warn_of_skipped_log(error, &skipped);
}

/*
 * Remember a directory or pattern for pe_library_refresh().
 */
static void
insert_source(const Library *library, const NewLog *log)
{
	Parameters	parameters = {0};

	add_text(&parameters, log->source);
	add_boolean(&parameters, log->execution.recover);
	add_text(&parameters, log->execution.descriptor);
	add_text(&parameters, log->guest);
	add_text(&parameters, log->execution.description);
	run_with(psprintf("INSERT INTO %s (pattern, recover, descriptor, guest, description) "
					  "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (pattern) DO UPDATE SET "
					  "(recover, descriptor, guest, description) = ROW($2, $3, $4, $5)",
					  cold_table(library, SOURCES_TABLE)), &parameters);
}

/*
 * Register the logs of a directory or pattern that are not registered yet.
 */
static void
add_source(AddedLogs *added, NewLog log)
{
	ListCell   *cell;

	lock_sources(added->library);
	insert_source(added->library, &log);
	foreach(cell, files_of_source(log.source))
	{
		CHECK_FOR_INTERRUPTS();
		log.execution.filename = lfirst(cell);
		if (!file_is_registered(added->library, log.execution.filename))
			add_one_of_several(added, &log);
	}
}

/*
 * Which log, or logs, a call names: a file, directory or pattern, or a large object.
 */
static char *
filename_of_call(FunctionCallInfo fcinfo, bool *is_large_object)
{
	*is_large_object = !PG_ARGISNULL(LARGE_OBJECT);
	if (PG_ARGISNULL(FILENAME) == !*is_large_object)
		ereport(ERROR,
				(errcode(PG_ARGISNULL(FILENAME) ? ERRCODE_NULL_VALUE_NOT_ALLOWED :
						 ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(*is_large_object ? "pe_library_add() takes a file or a large object, not both" :
						"pe_library_add() needs the name of a file, or a large object")));
	if (!*is_large_object)
		return file_parameter(fcinfo, FILENAME, "filename");
	large_object_keep(PG_GETARG_OID(LARGE_OBJECT));
	return large_object_name(PG_GETARG_OID(LARGE_OBJECT));
}

/*
 * Do all of pe_library_add() in its first call.
 */
static void
start_add(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	AddedLogs  *added = palloc0(sizeof(AddedLogs));
	Library		library = library_of_call(fcinfo, SCHEMA);
	NewLog		log = log_of_call(fcinfo);
	bool		is_large_object;
	char	   *filename = filename_of_call(fcinfo, &is_large_object);

	added->library = &library;
	added->context = CurrentMemoryContext;
	sql_connect();

	/* a large object may have been made by an argument of this call */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!is_large_object && names_several_files(filename))
	{
		check_several(&log);
		log.source = filename;
		add_source(added, log);
	}
	else
	{
		log.execution.filename = filename;
		add_log(added, log);
	}
	PopActiveSnapshot();
	sql_finish();
	call->max_calls = (uint64) added->count;
	call->user_fctx = added;
}

/*
 * pe_library_add(schema name, filename text, ..., large_object oid) returns a row for
 * each log that was registered.
 */
Datum
pe_library_add(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const NewLog *log;
	Datum		values[5];
	bool		nulls[5] = {false, false, false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		PreventCommandDuringRecovery("pe_library_add()");
		check_file_privilege("filename");
		call = begin_result_rows(fcinfo, &caller);
		start_add(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	log = &((AddedLogs *) call->user_fctx)->logs[call->call_cntr];
	values[0] = Int64GetDatum(log->execution.execution_id);
	values[1] = CStringGetTextDatum(log->execution.name);
	values[2] = CStringGetTextDatum(log->execution.filename);
	values[3] = Int64GetDatum(log->entry_count);
	values[4] = BoolGetDatum(log->complete);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
