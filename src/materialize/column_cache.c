/*-------------------------------------------------------------------------
 *
 * column_cache.c
 *		pe_cache(), pe_cached_columns() and pe_cache_empty(): the columns that are
 *		kept of logs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "catalog/kept.h"
#include "catalog/store/files.h"
#include "columns/log_columns.h"
#include "compat/progress.h"
#include "compat/roles.h"
#include "fdw/guard.h"
#include "log/chunk.h"
#include "materialize/result_rows.h"
#include "materialize/source.h"
#include "text/guest_text.h"

PG_FUNCTION_INFO_V1(pe_cache);
PG_FUNCTION_INFO_V1(pe_cached_columns);
PG_FUNCTION_INFO_V1(pe_cache_empty);

/* A log whose columns are made, and what was made. */
typedef struct CachedLog
{
	const char *filename;
	bool		recover;
	Oid			table;			/* one of those that show it */
	const RegisteredLog *registered;	/* in a library, or NULL */
	uint64		chunks;			/* made now */
	uint64		bytes;			/* written now */
} CachedLog;

/*
 * Take a log into the list, unless it is there.
 */
static List *
add_log(List *logs, Oid table, const RegisteredLog *shown, bool is_registered)
{
	const ExecutionOptions *execution = &shown->execution;
	CachedLog  *log;
	ListCell   *cell;

	foreach(cell, logs)
	{
		log = lfirst(cell);
		if (log->recover == execution->recover && strcmp(log->filename, execution->filename) == 0)
			return logs;
	}
	log = palloc0(sizeof(CachedLog));
	log->filename = execution->filename;
	log->recover = execution->recover;
	log->table = table;
	log->registered = is_registered ? shown : NULL;
	return lappend(logs, log);
}

/*
 * Take the logs that a foreign table shows into the list.
 */
static List *
add_table(List *logs, Oid table)
{
	TableOptions options = get_table_options(table);
	RegistryWish wish = {list_make1((void *) options.relation), {NIL, NIL}};
	ScanLogs	shown;

	check_may_select(table);
	if (options.relation->column_blocks == NULL)
		return logs;
	shown = options.library == NULL ? logs_of_file(&options) :
		logs_of_library(table, &options, GetActiveSnapshot(), &wish, NULL, 0);
	for (int i = 0; i < shown.list.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		logs = add_log(logs, table, &shown.list.logs[i], shown.are_registered);
	}
	return logs;
}

/*
 * List the logs that the foreign tables of a schema show.
 */
static List *
find_logs(const char *schema)
{
	List	   *logs = NIL;
	ListCell   *cell;

	foreach(cell, find_plog_tables(schema))
		logs = add_table(logs, lfirst_oid(cell));
	return logs;
}

/*
 * Make the columns of a log's chunks, as far as they are not there.
 */
static void
cache_chunks(CachedLog *log, PlogFile *file, ColumnBlocks blocks)
{
	const Catalog *catalog = catalog_of(file, 0);
	LogColumns	columns = log_columns_start(CurrentMemoryContext);
	PlogBuffer *inflated = plog_buffer_create();

	if (catalog->summary.form.arguments_2020)
		blocks &= ~COLUMNS_OF_ARGUMENTS;
	for (uint64 chunk = 0; chunk < file->reader.chunk_count; chunk++)
	{
		uint64		before = columns.kept_bytes;

		CHECK_FOR_INTERRUPTS();
		if (catalog->chunks[chunk].messages[CATALOG_SYSCALL] == 0 ||
			log_columns_are_kept(&columns, file, chunk, blocks))
			continue;
		plog_file_read_chunk(file, chunk, inflated);
		if (!log_columns_keep(&columns, file, chunk, &catalog->chunks[chunk], inflated, blocks))
		{
			ereport(NOTICE,
					(errmsg("not all columns of plog \"%s\" are kept", file->filename),
					 errhint("There may be no room on the disk, or the settings pandelephant.column_cache_size and pandelephant.catalog_cache do not allow it.")));
			break;
		}
		log->chunks += columns.kept_bytes > before;
		report_copied_bytes(file->reader.chunks[chunk].position + file->reader.chunks[chunk].length);
	}
	log->bytes = columns.kept_bytes;
}

/*
 * Open a log, which stays open until the current memory context is reset, and make its
 * columns, showing in pg_stat_progress_copy how far that is.
 */
static void
open_and_cache(CachedLog *log, ColumnBlocks blocks)
{
	PlogFile   *file = plog_file_open(log->filename, log->recover, NULL);

	start_copy_progress(log->table, file->reader.identity.size);
	cache_chunks(log, file, blocks);
}

/*
 * The same for a library's log, if it need not be skipped.
 */
static void
try_to_cache(CachedLog *log, ColumnBlocks blocks)
{
	ResourceOwner owner = NULL;
	Guard		guard = begin_guard(&owner);

	PG_TRY();
	{
		open_and_cache(log, blocks);
		end_guard(&guard);
	}
	PG_CATCH();
	{
		catch_skipped(&guard, &owner, log->registered, NULL);
	}
	PG_END_TRY();
	release_guard(&owner);
}

static void
cache_log(CachedLog *log, ColumnBlocks blocks)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pe_cache",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	if (log->registered != NULL && pandelephant_skip_damaged_logs)
		try_to_cache(log, blocks);
	else
		open_and_cache(log, blocks);
	end_copy_progress();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * The blocks of a kind of columns.
 */
static ColumnBlocks
blocks_of_kind(const char *kind)
{
	if (strcmp(kind, "calls") == 0)
		return COLUMNS_OF_CALLS;
	if (strcmp(kind, "all") == 0)
		return COLUMNS_OF_CALLS | COLUMNS_OF_ARGUMENTS;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for parameter \"kind\": \"%s\"", kind),
			 errhint("Valid values are \"calls\" and \"all\".")));
	pg_unreachable();
}

/*
 * pe_cache(schema name, kind text) returns the logs of a schema's foreign tables, how
 * many chunks of each had columns made, and how many bytes those have.
 */
Datum
pe_cache(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const CachedLog *log;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		ColumnBlocks blocks = blocks_of_kind(text_to_cstring(PG_GETARG_TEXT_PP(1)));
		MemoryContext caller;
		List	   *logs;
		ListCell   *cell;

		call = begin_result_rows(fcinfo, &caller);
		logs = find_logs(NameStr(*PG_GETARG_NAME(0)));
		foreach(cell, logs)
			cache_log(lfirst(cell), blocks);
		call->user_fctx = logs;
		call->max_calls = (uint64) list_length(logs);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	log = list_nth(call->user_fctx, (int) call->call_cntr);
	values[0] = CStringGetTextDatum(log->filename);
	values[1] = Int64GetDatum((int64) log->chunks);
	values[2] = Int64GetDatum((int64) log->bytes);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

/*
 * The files of columns that can be looked at.
 */
static List *
find_states(void)
{
	List	   *states = NIL;
	int			count;
	StoreFile  *files = store_list_files(COLUMNS_SUFFIX, &count);

	for (int i = 0; i < count; i++)
	{
		ColumnsFileState *state = palloc(sizeof(ColumnsFileState));
		char		path[MAXPGPATH];

		CHECK_FOR_INTERRUPTS();
		store_file_path(path, &files[i]);
		if (columns_file_state(path, state))
			states = lappend(states, state);
	}
	return states;
}

/*
 * The name of a log as text.  Another database, with another encoding, may have
 * written it.
 */
static Datum
text_of_name(const char *name)
{
	StringInfoData text;
	PlogBytes	bytes = {(const uint8_t *) name, strlen(name)};

	if (pg_verify_mbstr(GetDatabaseEncoding(), name, (int) bytes.length, true))
		return CStringGetTextDatum(name);
	initStringInfo(&text);
	append_guest_text(&text, bytes);
	return CStringGetTextDatum(text.data);
}

/*
 * pe_cached_columns() returns what is kept: log, kind, bytes, made, hits.  Only who may
 * read files of the server sees the names of logs.
 */
Datum
pe_cached_columns(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const ColumnsFileState *state;
	Datum		values[5];
	bool		nulls[5] = {false, false, false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		call = begin_result_rows(fcinfo, &caller);
		call->user_fctx = find_states();
		call->max_calls = (uint64) list_length(call->user_fctx);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	state = list_nth(call->user_fctx, (int) call->call_cntr);
	nulls[0] = !has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES);
	values[0] = nulls[0] ? (Datum) 0 : text_of_name(state->log);
	values[1] = CStringGetTextDatum((state->blocks & COLUMNS_OF_ARGUMENTS & ~COLUMNS_OF_CALLS) == 0 ?
									"calls" :
									(state->blocks & COLUMNS_BIT(COLUMNS_RETVALS)) == 0 ?
									"arguments" : "all");
	values[2] = Int64GetDatum((int64) state->bytes);
	values[3] = TimestampTzGetDatum(time_t_to_timestamptz((pg_time_t) state->made));
	values[4] = Int64GetDatum((int64) state->hits);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

/*
 * pe_cache_empty() removes all columns that are kept.  Returns how many bytes they had.
 */
Datum
pe_cache_empty(PG_FUNCTION_ARGS)
{
	int			count;
	StoreFile  *files = store_list_files(COLUMNS_SUFFIX, &count);
	int64		bytes = 0;

	for (int i = 0; i < count; i++)
	{
		char		path[MAXPGPATH];

		CHECK_FOR_INTERRUPTS();
		store_file_path(path, &files[i]);
		if (unlink(path) == 0)
			bytes += (int64) files[i].bytes;
	}
	PG_RETURN_INT64(bytes);
}
