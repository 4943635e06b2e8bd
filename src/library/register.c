/*-------------------------------------------------------------------------
 *
 * register.c
 *		Registering a log in a library, and noting again what has become of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "fdw/logs.h"
#include "fdw/registry_size.h"
#include "library/query.h"
#include "library/register.h"
#include "log/large_object.h"
#include "materialize/sql.h"
#include "relations/offsets.h"
#include "relations/relation_read.h"
#include "values/schema_source.h"

/* The columns of executions before this one are not noted: the caller says them. */
#define FIRST_NOTED		"plog_version"

/* What is found in a log to be noted. */
typedef struct NotedLog
{
	int64		modified;		/* see modified_of() */
	NotedFile	file;
	CatalogSpan span;
	int64		counts[REGISTRY_COUNTS];
	RelationScan *scan;			/* its row is that of executions */
} NotedLog;

/*
 * What tells pe_library_refresh() whether a log was written anew: the file's mtime, in
 * nanoseconds since 1970, or the large object's version.
 */
static int64
modified_of(const PlogFile *file)
{
	Oid			object;

	return is_large_object_name(file->filename, &object) ? large_object_version(object) :
		file->reader.identity.mtime;
}

/*
 * Read a log, whose execution's row stays in the current memory context.
 */
static NotedLog
read_log(const ExecutionOptions *execution)
{
	PlogFile   *file = plog_file_open(execution->filename, execution->recover, NULL);
	NotedLog	noted;
	const Catalog *catalog;

	memset(&noted, 0, sizeof(noted));
	if (execution->descriptor != NULL)
		check_descriptor(execution->descriptor);
	noted.scan = relation_begin(&executions_relation, file, execution, ~(ColumnSet) 0, false, 0);
	catalog = relation_catalog(noted.scan);
	if (!relation_next(noted.scan))
		elog(ERROR, "plog \"%s\" is no execution", execution->filename);
	noted.modified = modified_of(file);
	noted.file.bytes = file->reader.identity.size;
	noted.file.checksum = file->reader.checksum;
	noted.span = catalog->summary.span;
	counts_of_summary(&catalog->summary, noted.counts);
	return noted;
}

/*
 * The number of the first column of executions that is noted.
 */
static int
first_noted_column(void)
{
	return find_column(&executions_relation, FIRST_NOTED);
}

/*
 * Add what is noted in the registry as parameters; the names of the columns go into a
 * list.
 */
static void
add_execution(const NotedLog *noted, Parameters *parameters, StringInfo names)
{
	const PlogRelation *relation = &executions_relation;

	for (int i = first_noted_column(); i < relation->column_count; i++)
	{
		add_parameter(parameters, column_type_oid(relation->columns[i].type),
					  noted->scan->row.values[i], noted->scan->row.nulls[i]);
		appendStringInfo(names, "%s%s", names->len > 0 ? ", " : "", relation->columns[i].name);
	}
}

/*
 * "$first, …, $last"
 */
static char *
parameter_list(int first, int last)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = first; i <= last; i++)
		appendStringInfo(&list, "%s$%d", i > first ? ", " : "", i);
	return list.data;
}

static Datum
array_of_counts(const int64 counts[REGISTRY_COUNTS])
{
	Datum		elements[REGISTRY_COUNTS];

	for (int i = 0; i < REGISTRY_COUNTS; i++)
		elements[i] = Int64GetDatum(counts[i]);
	return PointerGetDatum(construct_array(elements, REGISTRY_COUNTS, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * Add what is noted in the table of files, as the parameters that
 * NOTED_FILE_COLUMNS names.
 */
#define NOTED_FILE_COLUMNS \
	"file_bytes, modified, checksum, first_execution_offset, last_execution_offset, counts"

static void
add_file(const NotedLog *noted, Parameters *parameters)
{
	bool		is_known = !catalog_span_is_empty(&noted->span) && span_is_in_order(&noted->span);

	add_bigint(parameters, (int64) noted->file.bytes);
	add_bigint(parameters, noted->modified);
	add_bigint(parameters, noted->file.checksum);
	add_parameter(parameters, INT8OID, Int64GetDatum((int64) noted->span.first), !is_known);
	add_parameter(parameters, INT8OID, Int64GetDatum((int64) noted->span.last), !is_known);
	add_parameter(parameters, INT8ARRAYOID, array_of_counts(noted->counts), false);
}

void
check_log(const RegisteredLog *log)
{
	PlogFile   *file = plog_file_open(log->execution.filename, log->execution.recover, NULL);

	check_registered(file, log);
	plog_file_close(file);
}

/*
 * Has a table a row with that text?
 */
static bool
has_text(const char *table, const char *column, const char *text)
{
	Parameters	parameters = {0};
	uint64		found;

	add_text(&parameters, text);
	found = run_with(psprintf("SELECT 1 FROM %s WHERE %s OPERATOR(pg_catalog.=) $1 LIMIT 1", table,
							  column), &parameters);
	SPI_freetuptable(SPI_tuptable);
	return found > 0;
}

bool
file_is_registered(const Library *library, const char *filename)
{
	const char *files = cold_table(library, FILES_TABLE);

	return has_text(files, "filename", filename) || has_text(files, "stored_from", filename);
}

bool
file_is_known(const Library *library, const char *filename)
{
	return has_text(cold_table(library, KNOWN_TABLE), "filename", filename) ||
		file_is_registered(library, filename);
}

void
lock_sources(const Library *library)
{
	sql_run("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", cold_table(library, SOURCES_TABLE));
}

static void
note_known(const Library *library, const char *filename)
{
	Parameters	parameters = {0};
	Oid			object;

	if (is_large_object_name(filename, &object))
		return;
	add_text(&parameters, filename);
	run_with(psprintf("INSERT INTO %s (filename) VALUES ($1) ON CONFLICT DO NOTHING",
					  cold_table(library, KNOWN_TABLE)), &parameters);
}

/*
 * The name of an execution whose name was not given: that of the file; if that is
 * taken, with its directory's before it; and if that is, too, the whole path.
 */
static char *
choose_name(const Library *library, const char *filename)
{
	const char *registry = library_table(library, REGISTRY_TABLE);
	char	   *name = execution_name_of(filename);
	char	   *directory = pstrdup(filename);
	char	   *slash = strrchr(directory, '/');

	if (!has_text(registry, "name", name) || slash == NULL)
		return name;
	*slash = '\0';
	slash = strrchr(directory, '/');
	name = psprintf("%s/%s", slash == NULL ? directory : slash + 1, name);
	return has_text(registry, "name", name) ? pstrdup(filename) : name;
}

/*
 * Insert the row of the registry; sets the log's execution_id.
 */
static void
insert_log(const Library *library, NewLog *log, const NotedLog *noted)
{
	Parameters	parameters = {0};
	StringInfoData names;
	bool		is_null;

	initStringInfo(&names);
	appendStringInfoString(&names, "name, description, filename, recover, recording, source");
	add_text(&parameters, log->execution.name);
	add_text(&parameters, log->execution.description);
	add_text(&parameters, log->execution.filename);
	add_boolean(&parameters, log->execution.recover);
	add_text(&parameters, log->execution.recording);
	add_text(&parameters, log->source);
	add_execution(noted, &parameters, &names);
	if (log->has_execution_id)
	{
		appendStringInfoString(&names, ", execution_id");
		add_bigint(&parameters, log->execution.execution_id);
	}
	run_with(psprintf("INSERT INTO %s (%s) VALUES (%s) RETURNING execution_id",
					  library_table(library, REGISTRY_TABLE), names.data,
					  parameter_list(1, parameters.count)), &parameters);
	log->execution.execution_id =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	SPI_freetuptable(SPI_tuptable);
}

static void
insert_file(const Library *library, const NewLog *log, const NotedLog *noted)
{
	const ExecutionOptions *execution = &log->execution;
	Parameters	parameters = {0};

	add_bigint(&parameters, execution->execution_id);
	add_text(&parameters, execution->filename);
	add_boolean(&parameters, execution->recover);
	add_text(&parameters, execution->descriptor);
	add_text(&parameters, execution->recording);
	add_text(&parameters, execution->qcow);
	add_text(&parameters, log->guest);
	add_file(noted, &parameters);
	run_with(psprintf("INSERT INTO %s (execution_id, filename, recover, descriptor, recording, qcow, "
					  "guest, " NOTED_FILE_COLUMNS ") VALUES (%s)",
					  cold_table(library, FILES_TABLE), parameter_list(1, parameters.count)),
			 &parameters);
}

void
register_log(const Library *library, NewLog *log)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant register",
												  ALLOCSET_DEFAULT_SIZES);
	NotedLog	noted;

	if (log->execution.name == NULL)
		log->execution.name = choose_name(library, log->execution.filename);
	MemoryContextSwitchTo(context);
	noted = read_log(&log->execution);
	insert_log(library, log, &noted);
	insert_file(library, log, &noted);
	note_known(library, log->execution.filename);
	log->entry_count = noted.counts[1];
	log->complete = noted.scan->file->reader.complete;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Columns in a list that get the values of parameters.
 */
static char *
assignments(const char *names, int first, int last)
{
	return psprintf("(%s) = ROW(%s)", names, parameter_list(first, last));
}

/*
 * The row of a log, whose execution_id is $1, unless the execution was stored in a large
 * object meanwhile: then the file, $2, is not its log any more.
 */
#define WHERE_IT_IS \
	"WHERE execution_id OPERATOR(pg_catalog.=) $1 AND filename OPERATOR(pg_catalog.=) $2"

bool
renew_log(const Library *library, const RegisteredLog *log)
{
	bool		is_there;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant register",
												  ALLOCSET_DEFAULT_SIZES);
	const ExecutionOptions *execution = &log->execution;
	Parameters	of_registry = {0};
	Parameters	of_file = {0};
	StringInfoData names;
	NotedLog	noted;

	MemoryContextSwitchTo(context);
	initStringInfo(&names);
	noted = read_log(execution);
	add_bigint(&of_registry, execution->execution_id);
	add_text(&of_registry, execution->filename);
	add_execution(&noted, &of_registry, &names);
	is_there = run_with(psprintf("UPDATE %s SET %s, state = 'ready', error = NULL " WHERE_IT_IS,
								 library_table(library, REGISTRY_TABLE),
								 assignments(names.data, 3, of_registry.count)), &of_registry) > 0;
	add_bigint(&of_file, execution->execution_id);
	add_text(&of_file, execution->filename);
	add_file(&noted, &of_file);
	run_with(psprintf("UPDATE %s SET %s " WHERE_IT_IS, cold_table(library, FILES_TABLE),
					  assignments(NOTED_FILE_COLUMNS, 3, of_file.count)), &of_file);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return is_there;
}

void
note_version(const Library *library, const RegisteredLog *log)
{
	Parameters	parameters = {0};
	Oid			object;

	if (!is_large_object_name(log->execution.filename, &object))
		return;
	add_bigint(&parameters, log->execution.execution_id);
	add_text(&parameters, log->execution.filename);
	add_bigint(&parameters, large_object_version(object));
	run_with(psprintf("UPDATE %s SET modified = $3 " WHERE_IT_IS,
					  cold_table(library, FILES_TABLE)), &parameters);
}

void
note_stored(const Library *library, const RegisteredLog *log, Oid object)
{
	Parameters	parameters = {0};
	uint64		rows;

	add_bigint(&parameters, log->execution.execution_id);
	add_text(&parameters, log->execution.filename);
	add_text(&parameters, large_object_name(object));
	rows = run_with(psprintf("UPDATE %s SET filename = $3 " WHERE_IT_IS,
							 library_table(library, REGISTRY_TABLE)), &parameters);
	add_bigint(&parameters, large_object_version(object));
	rows += run_with(psprintf("UPDATE %s SET (filename, stored_from, modified) = ROW($3, $2, $4) " WHERE_IT_IS,
							  cold_table(library, FILES_TABLE)), &parameters);

	if (rows != 2)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("could not change the log of execution \"%s\" of library \"%s\"",
						log->execution.name, library->schema),
				 errhint("A trigger or rule of the library's tables may keep the row as it is.")));
}
