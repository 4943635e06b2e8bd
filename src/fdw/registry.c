/*-------------------------------------------------------------------------
 *
 * registry.c
 *		Which logs are registered in a library, as scans read it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat/roles.h"
#include "fdw/registry.h"
#include "fdw/registry_table.h"

/* A condition with more values than this is not looked up value by value. */
#define MAX_LOOKUPS			64

static Oid
owner_of_table(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

void
check_files_table(Oid files)
{
	Oid			owner = owner_of_table(files);

	if (get_rel_relkind(files) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that pe_library() made", get_rel_name(files))));
	if (!has_privs_of_role(owner, ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table %s must not name files of the server", qualified_table_name(files)),
				 errdetail("It belongs to role \"%s\", which is neither a superuser nor a member of role pg_read_server_files.",
						   GetUserNameFromId(owner, false))));
}

/*
 * Report a foreign table whose owner has no right to read the table of files.
 */
static void
check_right_to_files(Oid files, Oid foreign_table)
{
	Oid			owner = owner_of_table(foreign_table);

	if (pg_class_aclcheck(files, owner, ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", qualified_table_name(files)),
				 errdetail("Role \"%s\", which owns foreign table \"%s\", needs the right to read it.",
						   GetUserNameFromId(owner, false), get_rel_name(foreign_table))));
}

/*
 * The registry that a table of files refers to.
 */
static Oid
registry_of_files(Oid files)
{
	Oid			logs = table_of_executions(files);

	if (!OidIsValid(logs))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s does not refer to the logs of a library", qualified_table_name(files)),
				 errhint("Column \"execution_id\" must have a foreign key to them.")));
	return logs;
}

Registry
find_registry(Oid foreign_table, const char *library)
{
	Oid			schema = get_rel_namespace(foreign_table);
	Registry	registry;

	registry.files = get_relname_relid(library, schema);
	if (!OidIsValid(registry.files))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table %s does not exist",
						quote_qualified_identifier(get_namespace_name(schema), library)),
				 errdetail("It is what option \"library\" of foreign table \"%s\" names.",
						   get_rel_name(foreign_table))));
	check_files_table(registry.files);
	check_right_to_files(registry.files, foreign_table);
	registry.logs = registry_of_files(registry.files);
	return registry;
}

/* What the registry says of a log. */
typedef struct RegistryRow
{
	int64		execution_id;
	char	   *name;
	char	   *description;
	char	   *filename;
	bool		is_native;		/* what is asked for is in native tables */
} RegistryRow;

/* Rows as they are read; elements are of either kind. */
typedef struct RowList
{
	int			count;
	int			capacity;
	Size		element_bytes;
	char	   *elements;
} RowList;

static void *
add_row(RowList *rows)
{
	if (rows->count == rows->capacity)
	{
		rows->capacity = Max(16, rows->capacity * 2);
		rows->elements = rows->elements == NULL ?
			palloc(rows->element_bytes * rows->capacity) :
			repalloc_huge(rows->elements, rows->element_bytes * rows->capacity);
	}
	return memset(rows->elements + rows->element_bytes * rows->count++, 0, rows->element_bytes);
}

/* Who reads the registry. */
typedef struct RegistryReader
{
	Snapshot	snapshot;
	const RegistryWish *wish;
	KnownPartition known;
	RowList		log_rows;
	RowList		file_rows;
} RegistryReader;

/*
 * Does the query read a relation of an execution from native tables, whose names the
 * registry has in an array?
 */
static bool
reads_native(RegistryReader *reader, Datum array, int64 execution_id)
{
	const List *relations = reader->wish->relations;
	Datum	   *names;
	bool	   *nulls;
	int			count;
	bool		found = false;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &count);
	for (int i = 0; i < count && !found; i++)
	{
		const char *name = nulls[i] ? "" : TextDatumGetCString(names[i]);

		for (int j = 0; j < list_length(relations) && !found; j++)
		{
			const PlogRelation *relation = list_nth(relations, j);

			found = strcmp(name, relation->name) == 0 &&
				query_reads_native(&reader->wish->native, &reader->known, relation, execution_id,
								   reader->snapshot);
		}
	}
	return found;
}

static void
take_log(RegistryReader *reader, const OpenTable *open, HeapTuple row, RegistryRow *log)
{
	Datum		native;

	log->execution_id = registry_bigint(open, row, LOG_EXECUTION_ID);
	log->name = registry_text(open, row, LOG_NAME);
	log->description = registry_text(open, row, LOG_DESCRIPTION);
	log->filename = registry_text(open, row, LOG_FILENAME);
	log->is_native = reader->wish != NULL && registry_value(open, row, LOG_NATIVE, &native) &&
		reads_native(reader, native, log->execution_id);
}

static void
take_file(const OpenTable *open, HeapTuple row, RegisteredLog *log)
{
	ExecutionOptions *execution = &log->execution;
	char	   *guest = registry_text(open, row, FILE_GUEST);
	Datum		value;

	execution->execution_id = registry_bigint(open, row, FILE_EXECUTION_ID);
	execution->filename = registry_text(open, row, FILE_FILENAME);
	execution->recover = registry_value(open, row, FILE_RECOVER, &value) && DatumGetBool(value);
	execution->descriptor = registry_text(open, row, FILE_DESCRIPTOR);
	execution->recording = registry_text(open, row, FILE_RECORDING);
	execution->qcow = registry_text(open, row, FILE_QCOW);
	if (guest == NULL || !find_guest(guest, &execution->guest))
		execution->guest = GUEST_AUTO;
	log->noted.bytes = (uint64) registry_bigint(open, row, FILE_BYTES);
	log->noted.checksum = (uint32) registry_bigint(open, row, FILE_CHECKSUM);
	log->noted.first_offset = registry_bigint(open, row, FILE_FIRST_OFFSET);
	log->noted.last_offset = registry_bigint(open, row, FILE_LAST_OFFSET);
	log->noted.has_offsets = registry_value(open, row, FILE_FIRST_OFFSET, &value) &&
		log->noted.first_offset >= 0 && log->noted.first_offset <= log->noted.last_offset;
}

/*
 * The condition on execution_id whose values are looked up, or NULL.
 */
static const Condition *
choose_condition(const Condition *conditions, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (conditions[i].column == COLUMN_EXECUTION_ID)
			return &conditions[i];
	}
	return NULL;
}

static bool
meets_conditions(int64 execution_id, const Condition *conditions, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (conditions[i].column == COLUMN_EXECUTION_ID &&
			!condition_overlaps(&conditions[i], execution_id, execution_id))
			return false;
	}
	return true;
}

/*
 * Read the rows of both tables whose execution_id is in a range.
 */
static void
read_range(RegistryReader *reader, const OpenTable *logs, const OpenTable *files, NumberRange range)
{
	SysScanDesc scan = begin_registry_range(logs, range, reader->snapshot);
	HeapTuple	row;

	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		take_log(reader, logs, row, add_row(&reader->log_rows));
	}
	systable_endscan(scan);
	scan = begin_registry_range(files, range, reader->snapshot);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		take_file(files, row, add_row(&reader->file_rows));
	}
	systable_endscan(scan);
}

static int
compare_logs(const void *a, const void *b)
{
	int64		first = ((const RegistryRow *) a)->execution_id;
	int64		second = ((const RegistryRow *) b)->execution_id;

	return first < second ? -1 : first > second;
}

static int
compare_files(const void *a, const void *b)
{
	int64		first = ((const RegisteredLog *) a)->execution.execution_id;
	int64		second = ((const RegisteredLog *) b)->execution.execution_id;

	return first < second ? -1 : first > second;
}

/*
 * Report a row of the registry that is not what the table of files has.
 */
static void
check_row(const Registry *registry, const RegistryRow *log, const RegisteredLog *file)
{
	if (file == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("execution " INT64_FORMAT " of table %s was not registered",
						log->execution_id, qualified_table_name(registry->logs)),
				 errhint("Only pe_library_add() adds a log to a library.")));
	if (log->filename == NULL || strcmp(log->filename, file->execution.filename) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("execution " INT64_FORMAT " of table %s was registered with another file",
						log->execution_id, qualified_table_name(registry->logs)),
				 errdetail("The file is \"%s\".", file->execution.filename),
				 errhint("Remove it with pe_library_remove(), and add it again with pe_library_add().")));
}

/*
 * Join the rows of both tables by execution_id.
 */
static RegisteredLogs
join_rows(const Registry *registry, RowList *log_rows, RowList *file_rows,
		  const Condition *conditions, int condition_count)
{
	RegistryRow *logs = (RegistryRow *) log_rows->elements;
	RegisteredLog *files = (RegisteredLog *) file_rows->elements;
	RegisteredLogs found = {0, files};
	int			file = 0;

	if (log_rows->count > 1)
		qsort(logs, log_rows->count, sizeof(RegistryRow), compare_logs);
	if (file_rows->count > 1)
		qsort(files, file_rows->count, sizeof(RegisteredLog), compare_files);
	for (int i = 0; i < log_rows->count; i++)
	{
		const RegistryRow *log = &logs[i];
		bool		is_there;

		if (log->is_native || !meets_conditions(log->execution_id, conditions, condition_count))
			continue;
		while (file < file_rows->count && files[file].execution.execution_id < log->execution_id)
			file++;
		is_there = file < file_rows->count &&
			files[file].execution.execution_id == log->execution_id;
		check_row(registry, log, is_there ? &files[file] : NULL);

		/* found.count never overtakes file, so the rows move down in the array */
		files[found.count] = files[file++];
		files[found.count].execution.name = log->name != NULL ? log->name : "";
		files[found.count++].execution.description = log->description;
	}
	return found;
}

RegisteredLogs
read_registry(const Registry *registry, Snapshot snapshot, const Condition *conditions,
			  int condition_count, const RegistryWish *wish)
{
	OpenTable	logs = open_log_table(registry);
	OpenTable	files = open_file_table(registry);
	const Condition *condition = choose_condition(conditions, condition_count);
	RegistryReader reader = {snapshot, wish, {InvalidOid, false},
		{0, 0, sizeof(RegistryRow), NULL},
		{0, 0, sizeof(RegisteredLog), NULL}
	};

	if (condition == NULL || condition->value_count > MAX_LOOKUPS)
		read_range(&reader, &logs, &files, ALL_EXECUTIONS);
	for (int i = 0; condition != NULL && i < condition->value_count &&
		 condition->value_count <= MAX_LOOKUPS; i++)
		read_range(&reader, &logs, &files, condition->ranges[i]);
	table_close(logs.table, NoLock);
	table_close(files.table, NoLock);
	return join_rows(registry, &reader.log_rows, &reader.file_rows, conditions, condition_count);
}

uint64
count_registered(const Registry *registry, Snapshot snapshot)
{
	OpenTable	logs = open_log_table(registry);
	SysScanDesc scan = begin_registry_range(&logs, ALL_EXECUTIONS, snapshot);
	uint64		count = 0;

	while (HeapTupleIsValid(systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		count++;
	}
	systable_endscan(scan);
	table_close(logs.table, NoLock);
	return count;
}
