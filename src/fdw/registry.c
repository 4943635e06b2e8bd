/*-------------------------------------------------------------------------
 *
 * registry.c
 *		Which logs are registered in a library, as scans and the planner read it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat/roles.h"
#include "fdw/registry.h"

/* A column of one of the tables. */
typedef struct RegistryColumn
{
	const char *name;
	Oid			type;
} RegistryColumn;

/* The columns of the registry that a scan reads. */
enum
{
	LOG_EXECUTION_ID,
	LOG_NAME,
	LOG_DESCRIPTION,
	LOG_FILENAME,
	LOG_NATIVE,
	LOG_COLUMNS
};

static const RegistryColumn log_columns[LOG_COLUMNS] = {
	{"execution_id", INT8OID},
	{"name", TEXTOID},
	{"description", TEXTOID},
	{"filename", TEXTOID},
	{"native", TEXTARRAYOID}
};

/* The columns of the table of files. */
enum
{
	FILE_EXECUTION_ID,
	FILE_FILENAME,
	FILE_RECOVER,
	FILE_DESCRIPTOR,
	FILE_RECORDING,
	FILE_QCOW,
	FILE_GUEST,
	FILE_BYTES,
	FILE_CHECKSUM,
	FILE_FIRST_OFFSET,
	FILE_LAST_OFFSET,
	FILE_COUNTS,
	FILE_COLUMNS
};

static const RegistryColumn file_columns[FILE_COLUMNS] = {
	{"execution_id", INT8OID},
	{"filename", TEXTOID},
	{"recover", BOOLOID},
	{"descriptor", TEXTOID},
	{"recording", TEXTOID},
	{"qcow", TEXTOID},
	{"guest", TEXTOID},
	{"file_bytes", INT8OID},
	{"checksum", INT8OID},
	{"first_execution_offset", INT8OID},
	{"last_execution_offset", INT8OID},
	{"counts", INT8ARRAYOID}
};

#define MAX_TABLE_COLUMNS	FILE_COLUMNS

/* The most pages of the table of files that planning reads. */
#define SAMPLED_PAGES		8

/* A condition with more values than this is not looked up value by value. */
#define MAX_LOOKUPS			64

/* A table of a library, open to be read. */
typedef struct OpenTable
{
	Relation	table;
	Oid			index;			/* by execution_id; invalid: there is none */
	AttrNumber	attributes[MAX_TABLE_COLUMNS];
} OpenTable;

static const NumberRange all_numbers = {PG_INT64_MIN, PG_INT64_MAX};

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

static char *
qualified_name(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
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
				 errmsg("table %s must not name files of the server", qualified_name(files)),
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
				 errmsg("permission denied for table %s", qualified_name(files)),
				 errdetail("Role \"%s\", which owns foreign table \"%s\", needs the right to read it.",
						   GetUserNameFromId(owner, false), get_rel_name(foreign_table))));
}

Oid
table_of_executions(Oid table)
{
	Relation	opened = table_open(table, AccessShareLock);
	AttrNumber	execution_id = get_attnum(table, file_columns[FILE_EXECUTION_ID].name);
	Oid			referred = InvalidOid;
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(opened))
	{
		const ForeignKeyCacheInfo *key = lfirst(cell);

		if (key->nkeys == 1 && key->conkey[0] == execution_id)
			referred = key->confrelid;
	}
	table_close(opened, NoLock);
	return referred;
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
				 errmsg("table %s does not refer to the logs of a library", qualified_name(files)),
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

/*
 * The primary key's index, if it begins with execution_id.
 */
static Oid
index_by_execution(Relation table, AttrNumber execution_id)
{
	Oid			found = InvalidOid;
	Relation	index;

	list_free(RelationGetIndexList(table));
	if (!OidIsValid(table->rd_pkindex))
		return InvalidOid;
	index = index_open(table->rd_pkindex, AccessShareLock);
	if (index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indkey.values[0] == execution_id)
		found = table->rd_pkindex;
	index_close(index, NoLock);
	return found;
}

static OpenTable
open_table(Oid oid, const RegistryColumn *columns, int count)
{
	OpenTable	open;

	open.table = table_open(oid, AccessShareLock);
	if (open.table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("%s is not a table that pe_library() made", qualified_name(oid))));
	for (int i = 0; i < count; i++)
	{
		open.attributes[i] = get_attnum(oid, columns[i].name);
		if (open.attributes[i] == InvalidAttrNumber ||
			get_atttype(oid, open.attributes[i]) != columns[i].type)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table %s has no column \"%s\" of type %s", qualified_name(oid),
							columns[i].name, format_type_be(columns[i].type)),
					 errhint("Only pe_library() makes the tables of a library.")));
	}
	open.index = index_by_execution(open.table, open.attributes[0]);
	return open;
}

/*
 * The value of a column in a row.  False if it is NULL.
 */
static bool
get_value(const OpenTable *open, HeapTuple row, int column, Datum *value)
{
	bool		is_null;

	*value = heap_getattr(row, open->attributes[column], RelationGetDescr(open->table), &is_null);
	return !is_null;
}

static char *
get_text(const OpenTable *open, HeapTuple row, int column)
{
	Datum		value;

	return get_value(open, row, column, &value) ? TextDatumGetCString(value) : NULL;
}

static int64
get_bigint(const OpenTable *open, HeapTuple row, int column)
{
	Datum		value;

	return get_value(open, row, column, &value) ? DatumGetInt64(value) : 0;
}

/*
 * The rows of a table whose execution_id is in a range.
 */
static SysScanDesc
begin_range(const OpenTable *open, NumberRange range, Snapshot snapshot)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], open->attributes[0], BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(range.lowest));
	ScanKeyInit(&keys[1], open->attributes[0], BTLessEqualStrategyNumber, F_INT8LE,
				Int64GetDatum(range.highest));
	return systable_beginscan(open->table, open->index, OidIsValid(open->index), snapshot,
							  lengthof(keys), keys);
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

/*
 * Is one of the relations' names among those of an array?
 */
static bool
has_name(Datum array, const List *relations)
{
	Datum	   *names;
	bool	   *nulls;
	int			count;
	bool		found = false;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		const char *name = nulls[i] ? "" : TextDatumGetCString(names[i]);
		ListCell   *cell;

		foreach(cell, relations)
			found |= strcmp(name, ((const PlogRelation *) lfirst(cell))->name) == 0;
	}
	return found;
}

static void
take_log(const OpenTable *open, HeapTuple row, const List *relations, RegistryRow *log)
{
	Datum		native;

	log->execution_id = get_bigint(open, row, LOG_EXECUTION_ID);
	log->name = get_text(open, row, LOG_NAME);
	log->description = get_text(open, row, LOG_DESCRIPTION);
	log->filename = get_text(open, row, LOG_FILENAME);
	log->is_native = relations != NIL && get_value(open, row, LOG_NATIVE, &native) &&
		has_name(native, relations);
}

static void
take_file(const OpenTable *open, HeapTuple row, RegisteredLog *log)
{
	ExecutionOptions *execution = &log->execution;
	char	   *guest = get_text(open, row, FILE_GUEST);
	Datum		value;

	execution->execution_id = get_bigint(open, row, FILE_EXECUTION_ID);
	execution->filename = get_text(open, row, FILE_FILENAME);
	execution->recover = get_value(open, row, FILE_RECOVER, &value) && DatumGetBool(value);
	execution->descriptor = get_text(open, row, FILE_DESCRIPTOR);
	execution->recording = get_text(open, row, FILE_RECORDING);
	execution->qcow = get_text(open, row, FILE_QCOW);
	if (guest == NULL || !find_guest(guest, &execution->guest))
		execution->guest = GUEST_AUTO;
	log->noted.bytes = (uint64) get_bigint(open, row, FILE_BYTES);
	log->noted.checksum = (uint32) get_bigint(open, row, FILE_CHECKSUM);
	log->noted.first_offset = get_bigint(open, row, FILE_FIRST_OFFSET);
	log->noted.last_offset = get_bigint(open, row, FILE_LAST_OFFSET);
	log->noted.has_offsets = get_value(open, row, FILE_FIRST_OFFSET, &value) &&
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
read_range(const OpenTable *logs, const OpenTable *files, NumberRange range, Snapshot snapshot,
		   const List *relations, RowList *log_rows, RowList *file_rows)
{
	SysScanDesc scan = begin_range(logs, range, snapshot);
	HeapTuple	row;

	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		take_log(logs, row, relations, add_row(log_rows));
	}
	systable_endscan(scan);
	scan = begin_range(files, range, snapshot);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		take_file(files, row, add_row(file_rows));
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
						log->execution_id, qualified_name(registry->logs)),
				 errhint("Only pe_library_add() adds a log to a library.")));
	if (log->filename == NULL || strcmp(log->filename, file->execution.filename) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("execution " INT64_FORMAT " of table %s was registered with another file",
						log->execution_id, qualified_name(registry->logs)),
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
			  int condition_count, const List *relations)
{
	OpenTable	logs = open_table(registry->logs, log_columns, LOG_COLUMNS);
	OpenTable	files = open_table(registry->files, file_columns, FILE_COLUMNS);
	const Condition *condition = choose_condition(conditions, condition_count);
	RowList		log_rows = {0, 0, sizeof(RegistryRow), NULL};
	RowList		file_rows = {0, 0, sizeof(RegisteredLog), NULL};

	if (condition == NULL || condition->value_count > MAX_LOOKUPS)
		read_range(&logs, &files, all_numbers, snapshot, relations, &log_rows, &file_rows);
	for (int i = 0; condition != NULL && i < condition->value_count &&
		 condition->value_count <= MAX_LOOKUPS; i++)
		read_range(&logs, &files, condition->ranges[i], snapshot, relations, &log_rows, &file_rows);
	table_close(logs.table, NoLock);
	table_close(files.table, NoLock);
	return join_rows(registry, &log_rows, &file_rows, conditions, condition_count);
}

uint64
count_registered(const Registry *registry, Snapshot snapshot)
{
	OpenTable	logs = open_table(registry->logs, log_columns, LOG_COLUMNS);
	SysScanDesc scan = begin_range(&logs, all_numbers, snapshot);
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

/*
 * The order is that of the array in the table of files, and must not change.
 */
void
counts_of_summary(const CatalogSummary *summary, int64 counts[REGISTRY_COUNTS])
{
	int			i = 0;

	counts[i++] = (int64) summary->entry_count;
	counts[i++] = (int64) summary->entries_read;
	counts[i++] = (int64) summary->messages[CATALOG_SYSCALL];
	counts[i++] = (int64) summary->messages[CATALOG_TAINT_FLOW];
	counts[i++] = (int64) summary->argument_count;
	counts[i++] = (int64) summary->slice_count;
	counts[i++] = summary->thread_count;
	counts[i++] = summary->process_count;
	counts[i++] = summary->name_count;
	counts[i++] = summary->mapping_count;
	counts[i++] = summary->code_point_count;
	counts[i++] = summary->spread.name_count;
	Assert(i == REGISTRY_COUNTS);
}

static uint32
rounded_uint32(double number)
{
	return (uint32) Min(Max(number + 0.5, 0), (double) PG_UINT32_MAX);
}

static uint64
rounded_uint64(double number)
{
	return (uint64) Min(Max(number + 0.5, 0), (double) PG_INT64_MAX);
}

/*
 * A summary that has the counts, and of which nothing else is known.
 */
static void
summary_of_counts(const double counts[REGISTRY_COUNTS], CatalogSummary *summary)
{
	int			i = 0;

	memset(summary, 0, sizeof(*summary));
	summary->span.first = 1;	/* empty */
	summary->entry_count = rounded_uint64(counts[i++]);
	summary->entries_read = rounded_uint64(counts[i++]);
	summary->messages[CATALOG_SYSCALL] = rounded_uint64(counts[i++]);
	summary->messages[CATALOG_TAINT_FLOW] = rounded_uint64(counts[i++]);
	summary->argument_count = rounded_uint64(counts[i++]);
	summary->slice_count = rounded_uint64(counts[i++]);
	summary->thread_count = rounded_uint32(counts[i++]);
	summary->process_count = rounded_uint32(counts[i++]);
	summary->name_count = rounded_uint32(counts[i++]);
	summary->mapping_count = rounded_uint32(counts[i++]);
	summary->code_point_count = rounded_uint32(counts[i++]);
	summary->spread.name_count = rounded_uint32(counts[i++]);
	Assert(i == REGISTRY_COUNTS);
}

/* What was seen of the table of files. */
typedef struct RegistrySample
{
	double		logs;
	double		file_bytes;
	double		counts[REGISTRY_COUNTS];
} RegistrySample;

static void
sample_row(const OpenTable *files, HeapTuple row, RegistrySample *sample)
{
	Datum		array;
	Datum	   *counts;
	bool	   *nulls;
	int			count;

	sample->logs++;
	sample->file_bytes += (double) get_bigint(files, row, FILE_BYTES);
	if (!get_value(files, row, FILE_COUNTS, &array))
		return;
	deconstruct_array(DatumGetArrayTypeP(array), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &counts, &nulls, &count);
	for (int i = 0; i < Min(count, REGISTRY_COUNTS); i++)
	{
		if (!nulls[i])
			sample->counts[i] += (double) DatumGetInt64(counts[i]);
	}
}

static void
sample_page(const OpenTable *files, BlockNumber page, Snapshot snapshot, RegistrySample *sample)
{
	TableScanDesc scan = table_beginscan_strat(files->table, snapshot, 0, NULL, true, false);
	HeapTuple	row;

	heap_setscanlimits(scan, page, 1);
	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
		sample_row(files, row, sample);
	table_endscan(scan);
}

/*
 * Some pages, evenly spread, tell how many rows a page has and what is in them.
 */
void
estimate_registry(const Registry *registry, RegistrySize *size)
{
	OpenTable	files = open_table(registry->files, file_columns, FILE_COLUMNS);
	BlockNumber pages = RelationGetNumberOfBlocks(files.table);
	BlockNumber sampled = Min(pages, SAMPLED_PAGES);
	Snapshot	snapshot;
	RegistrySample sample;

	memset(&sample, 0, sizeof(sample));
	memset(size, 0, sizeof(*size));
	if (files.table->rd_rel->relam != HEAP_TABLE_AM_OID)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table %s must have access method \"heap\"",
						qualified_name(registry->files))));
	snapshot = RegisterSnapshot(ActiveSnapshotSet() ? GetActiveSnapshot() :
								GetTransactionSnapshot());
	for (BlockNumber i = 0; i < sampled; i++)
		sample_page(&files, (BlockNumber) ((uint64) pages * i / sampled), snapshot, &sample);
	UnregisterSnapshot(snapshot);
	table_close(files.table, NoLock);
	for (int i = 0; i < REGISTRY_COUNTS; i++)
		sample.counts[i] /= Max(sample.logs, 1);
	summary_of_counts(sample.counts, &size->average);
	if (sampled > 0)
	{
		size->logs = sample.logs * pages / sampled;
		size->file_bytes = sample.file_bytes * pages / sampled;
	}
}
