/*-------------------------------------------------------------------------
 *
 * native.c
 *		The native tables of a target schema.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "partitioning/partbounds.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat/partition.h"
#include "materialize/native.h"
#include "materialize/sql.h"
#include "materialize/subtransaction.h"
#include "materialize/trust.h"
#include "relations/list.h"

/*
 * What of a target schema is locked besides its tables, as PostgreSQL locks
 * objects: nobody can do that by a function.  Numbers of parts of the schema,
 * which has none.
 */
enum TargetLock
{
	LOCK_LOADS = 1,				/* held, shared, by who loads partitions */
	LOCK_REPLACEMENTS,			/* held by who replaces or drops an execution */
	LOCK_SOURCE					/* with the source: held by who loads from there */
};

/*
 * A btree takes values up to 2,704 bytes; texts that may be longer are indexed
 * by their start.  The numbers are characters, of up to four bytes.
 */
#define INDEXED_WHOLE_BYTES		2000
#define INDEXED_START			256

char *
native_table(const char *target, const PlogRelation *relation)
{
	return quote_qualified_identifier(target, relation->name);
}

/*
 * The name that a partition has, where nothing else has it.
 */
static char *
unquoted_partition_name(const PlogRelation *relation, int64 execution_id, bool is_new)
{
	return psprintf("%s_" INT64_FORMAT "%s", relation->name, execution_id, is_new ? "_new" : "");
}

/*
 * The Oid of a table of the target, or invalid.
 */
static Oid
find_table(const char *target, const char *name)
{
	Oid			schema = get_namespace_oid(target, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

/*
 * Does the target have a table, or another thing that keeps one from having
 * that name?
 */
static bool
is_taken(const char *target, const char *name)
{
	return OidIsValid(find_table(target, name)) ||
		SearchSysCacheExists2(TYPENAMENSP, CStringGetDatum(name),
							  ObjectIdGetDatum(get_namespace_oid(target, false)));
}

Oid
native_table_oid(const char *target, const PlogRelation *relation)
{
	return find_table(target, relation->name);
}

bool
native_table_exists(const char *target, const PlogRelation *relation)
{
	return OidIsValid(native_table_oid(target, relation));
}

char *
table_name(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
}

/*
 * The partition of a table that holds an execution, and only that.
 */
static Oid
partition_of_table(Relation table, int64 execution_id)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc partitions = get_partitions(table);
	PartitionBoundInfo bounds = partitions->boundinfo;
	bool		is_equal = false;
	int			place;
	int			index;

	if (partitions->nparts == 0 || key->strategy != PARTITION_STRATEGY_LIST)
		return InvalidOid;
	place = partition_list_bsearch(key->partsupfunc, key->partcollation, bounds,
								   Int64GetDatum(execution_id), &is_equal);
	if (place < 0 || !is_equal)
		return InvalidOid;
	index = bounds->indexes[place];
	for (int i = 0; i < bounds->ndatums; i++)
	{
		if (i != place && bounds->indexes[i] == index)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("partition \"%s\" holds more than one execution",
							get_rel_name(partitions->oids[index]))));
	}
	return partitions->oids[index];
}

Oid
partition_oid(const char *target, const PlogRelation *relation, int64 execution_id)
{
	Oid			parent = native_table_oid(target, relation);
	Relation	table;
	Oid			partition;

	if (!OidIsValid(parent) || get_rel_relkind(parent) != RELKIND_PARTITIONED_TABLE)
		return InvalidOid;
	table = table_open(parent, AccessShareLock);
	partition = partition_of_table(table, execution_id);
	table_close(table, AccessShareLock);
	return partition;
}

/*
 * What belongs to a table belongs to the table's owner, whoever adds it: a
 * member of that role may, and could take it away otherwise.
 */
static void
give_to_owner_of(Oid table, Oid added)
{
	Oid			owner = table_owner(table);

	if (table_owner(added) == owner)
		return;
	ATExecChangeOwner(added, owner, true, AccessExclusiveLock);
	CommandCounterIncrement();
}

/*
 * The definition of a relation's columns.
 */
static char *
column_definitions(const PlogRelation *relation)
{
	StringInfoData definitions;

	initStringInfo(&definitions);
	for (int i = 0; i < relation->column_count; i++)
	{
		appendStringInfo(&definitions, "%s%s %s", i > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name),
						 column_type_name(relation->columns[i].type));
		if (i == COLUMN_EXECUTION_ID)
			appendStringInfoString(&definitions, has_partitions(relation) ?
								   " NOT NULL" :
								   " GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
	}
	return definitions.data;
}

/*
 * Does the extension have the pe_strace() that takes on_entry and the guest?  Not
 * as long as it has not been updated to 0.3.0.
 */
static bool
has_strace_of_guest(const char *extension_schema)
{
	static const Oid types[] = {
		TEXTOID, INT8OID, BOOLOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID
	};

	return OidIsValid(LookupFuncName(list_make2(makeString(pstrdup(extension_schema)),
												makeString("pe_strace")),
									 lengthof(types), types, true));
}

/*
 * The system calls as strace prints them, from their native tables.
 */
static void
create_strace_view(const char *target, const char *extension_schema)
{
	bool		takes_guest = has_strace_of_guest(extension_schema) &&
		get_attnum(native_table_oid(target, &syscalls_relation), "on_entry") != InvalidAttrNumber &&
		get_attnum(native_table_oid(target, &executions_relation), "guest") != InvalidAttrNumber;
	char	   *function = psprintf("%s.pe_strace", quote_identifier(extension_schema));
	char	   *old_call = psprintf("%s(s.name, s.retval, s.pc, a.names, a.types, a.values)", function);
	char	   *call = !takes_guest ? old_call :
		psprintf("CASE WHEN s.on_entry IS NULL THEN %s ELSE "
				 "%s(s.name, s.retval, s.on_entry, a.names, a.types, a.values, e.guest) END",
				 old_call, function);

	/* rows of before 0.3.0 have no on_entry, and tell by pc */
	sql_run("CREATE OR REPLACE VIEW %s AS "
			"SELECT s.execution_id, s.syscall_id, s.thread_id, s.pid, s.tid, s.execution_offset, "
			"(SELECT %s FROM (SELECT pg_catalog.array_agg(a.name) AS names, "
			"pg_catalog.array_agg(a.argument_type) AS types, pg_catalog.array_agg(a.value) AS values "
			"FROM (SELECT a.name, a.argument_type, a.value FROM %s a "
			"WHERE a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"ORDER BY a.position) a) a) AS call "
			"FROM %s s LEFT JOIN %s e ON e.execution_id = s.execution_id",
			native_table(target, &strace_relation), call,
			native_table(target, &syscall_arguments_relation),
			native_table(target, &syscalls_relation), native_table(target, &executions_relation));
}

/*
 * Does the view of system calls take all that the function could use?
 */
static bool
strace_view_is_current(const char *target, const char *extension_schema)
{
	int64		found;

	return !has_strace_of_guest(extension_schema) ||
		sql_get_bigint(&found,
					   "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_depend d "
					   "JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
					   "JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
					   "WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass "
					   "AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
					   "AND a.attname = 'on_entry' AND r.ev_class = %u AND d.refobjid = %u LIMIT 1",
					   native_table_oid(target, &strace_relation),
					   native_table_oid(target, &syscalls_relation));
}

static void
create_native_table(const char *target, const PlogRelation *relation,
					const char *extension_schema)
{
	if (relation == &strace_relation)
		create_strace_view(target, extension_schema);
	else if (has_partitions(relation))
		sql_run("CREATE TABLE %s (%s, PRIMARY KEY (execution_id, %s)) PARTITION BY LIST (execution_id)",
				native_table(target, relation), column_definitions(relation),
				relation->native.key);
	else
	{
		sql_run("CREATE TABLE %s (%s, UNIQUE (name))",
				native_table(target, relation), column_definitions(relation));
		sql_run("ALTER TABLE %s ALTER COLUMN name SET NOT NULL", native_table(target, relation));
	}
}

/*
 * Does a table have the column?
 */
static bool
table_has_column(Oid table, const RelationColumn *column)
{
	return get_attnum(table, column->name) != InvalidAttrNumber;
}

/*
 * Must a table have the column to be one of ours?  The tables of earlier versions
 * lack some others.
 */
static bool
is_required_column(const PlogRelation *relation, int column)
{
	if (relation->native.kind == NATIVE_VIEW || column == COLUMN_EXECUTION_ID ||
		(relation == &executions_relation && strcmp(relation->columns[column].name, "name") == 0))
		return true;
	for (int i = 0; i < MAX_KEY_COLUMNS; i++)
	{
		if (relation->key[i] == column)
			return true;
	}
	return false;
}

/*
 * Report a table that is there, but is not one of ours.
 */
static void
check_native_table(const char *target, const PlogRelation *relation)
{
	Oid			table = find_table(target, relation->name);
	char		kind = get_rel_relkind(table);
	bool		is_ours = kind == (relation->native.kind == NATIVE_VIEW ? RELKIND_VIEW :
								   has_partitions(relation) ? RELKIND_PARTITIONED_TABLE :
								   RELKIND_RELATION);

	for (int i = 0; i < relation->column_count && is_ours; i++)
	{
		AttrNumber	attribute = get_attnum(table, relation->columns[i].name);

		is_ours = attribute == InvalidAttrNumber ? !is_required_column(relation, i) :
			get_atttype(table, attribute) == column_type_oid(relation->columns[i].type);
	}
	if (!is_ours)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s.%s\" is not a table that pe_materialize() made", target, relation->name),
				 errhint("Name another target schema.")));
	check_table_owner(table);
}

bool
check_native_tables(const char *target)
{
	Oid			schema = get_namespace_oid(target, true);
	bool		is_complete = true;

	if (!OidIsValid(schema))
		return false;
	check_schema_owner(schema);
	for (int i = 0; i < relation_count; i++)
	{
		if (native_table_exists(target, relations[i]))
			check_native_table(target, relations[i]);
		else
			is_complete = false;
	}
	return is_complete;
}

static void
create_schema(void *target)
{
	sql_run("CREATE SCHEMA %s", quote_identifier(target));
}

/*
 * Create the target if it is missing.  Who is second waits for the first, and
 * then need not.
 */
static void
ensure_schema(const char *target)
{
	while (!OidIsValid(get_namespace_oid(target, true)))
	{
		ErrorData  *error = run_in_subtransaction(create_schema, (void *) target, false);

		if (error == NULL)
			return;
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION &&
			error->sqlerrcode != ERRCODE_DUPLICATE_SCHEMA)
			ReThrowError(error);
		FreeErrorData(error);
		AcceptInvalidationMessages();
	}
}

void
ensure_native_tables(const char *target, const char *extension_schema)
{
	if (check_native_tables(target))
		return;

	/* somebody else may be making them: wait until that is done, and look again */
	ensure_schema(target);
	wait_for_replacements(target);
	if (check_native_tables(target))
		return;
	for (int i = 0; i < relation_count; i++)
	{
		if (native_table_exists(target, relations[i]))
			continue;
		create_native_table(target, relations[i], extension_schema);
		give_to_owner_of(native_table_oid(target, &executions_relation),
						 native_table_oid(target, relations[i]));
	}
}

/*
 * Give a table the columns that it lacks, all NULL.
 */
static void
add_missing_columns(const char *table, Oid table_oid, const PlogRelation *relation)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		if (!table_has_column(table_oid, &relation->columns[i]))
			sql_run("ALTER TABLE %s ADD COLUMN %s %s", table,
					quote_identifier(relation->columns[i].name),
					column_type_name(relation->columns[i].type));
	}
}

bool
native_tables_are_current(const char *target, const char *extension_schema)
{
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table = native_table_oid(target, relations[i]);

		for (int j = 0; j < relations[i]->column_count; j++)
		{
			if (!table_has_column(table, &relations[i]->columns[j]))
				return false;
		}
	}
	return strace_view_is_current(target, extension_schema);
}

void
update_native_tables(const char *target, const char *extension_schema)
{
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table = native_table_oid(target, relations[i]);
		ListCell   *cell;

		if (relations[i]->native.kind == NATIVE_VIEW)
			continue;

		/* until now they belonged to who had added them */
		foreach(cell, find_inheritance_children(table, NoLock))
			give_to_owner_of(table, lfirst_oid(cell));
		add_missing_columns(native_table(target, relations[i]), table, relations[i]);
	}
	if (!strace_view_is_current(target, extension_schema))
		create_strace_view(target, extension_schema);
}

/*
 * One of the locks of a target, which exists.
 */
static LOCKTAG
tag_of_target(const char *target, enum TargetLock lock)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, NamespaceRelationId, get_namespace_oid(target, false), lock);
	return tag;
}

/*
 * Wait for a lock, to be held to the end of the transaction, and look at the
 * catalogs anew.
 */
static void
wait_for_lock(const LOCKTAG *tag, LOCKMODE mode)
{
	(void) LockAcquire(tag, mode, false, false);
	AcceptInvalidationMessages();
}

void
wait_for_source(const char *target, const char *source)
{
	LOCKTAG		tag;

	/* the two make one object, which has no other name */
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, get_namespace_oid(target, false),
					   get_namespace_oid(source, false), LOCK_SOURCE);
	wait_for_lock(&tag, ExclusiveLock);
}

void
wait_for_replacements(const char *target)
{
	LOCKTAG		tag = tag_of_target(target, LOCK_REPLACEMENTS);

	wait_for_lock(&tag, ExclusiveLock);
}

void
wait_for_changes(const char *target)
{
	LOCKTAG		tag = tag_of_target(target, LOCK_LOADS);

	wait_for_lock(&tag, ShareLock);
}

/*
 * A name for a partition that nothing else has.
 */
static char *
free_partition_name(const char *target, const PlogRelation *relation, int64 execution_id,
					bool is_new)
{
	const char *wanted = unquoted_partition_name(relation, execution_id, is_new);
	char	   *name = pstrdup(wanted);

	for (int i = 1; is_taken(target, name); i++)
		name = psprintf("%s_%d", wanted, i);
	return name;
}

Oid
create_partition(const char *target, const PlogRelation *relation, int64 execution_id, bool is_new)
{
	Oid			parent = native_table_oid(target, relation);
	char	   *name = free_partition_name(target, relation, execution_id, is_new);
	Oid			partition;

	/* the check spares ATTACH a scan of the partition */
	sql_run("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED "
			"INCLUDING CONSTRAINTS INCLUDING STORAGE, "
			"CONSTRAINT pandelephant_partition CHECK (execution_id = " INT64_FORMAT "))",
			quote_qualified_identifier(target, name), native_table(target, relation), execution_id);
	partition = find_table(target, name);
	give_to_owner_of(parent, partition);

	/* the whole table gets them when the partition is attached */
	add_missing_columns(table_name(partition), partition, relation);
	return partition;
}

/*
 * Does a relation refer to another one, and so to the execution?
 */
static bool
refers_to_another(const PlogRelation *relation)
{
	for (int i = 0; relation->native.references[i][0] != NULL; i++)
	{
		if (find_relation(relation->native.references[i][1]) != relation)
			return true;
	}
	return false;
}

void
attach_partition(const char *target, const PlogRelation *relation, int64 execution_id, Oid partition)
{
	const char *name = unquoted_partition_name(relation, execution_id, false);

	if (strcmp(get_rel_name(partition), name) != 0 && !is_taken(target, name))
		sql_run("ALTER TABLE %s RENAME TO %s", table_name(partition), quote_identifier(name));
	if (!refers_to_another(relation))
		sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id) REFERENCES %s", table_name(partition),
				native_table(target, &executions_relation));
	sql_run("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (" INT64_FORMAT ")",
			native_table(target, relation), table_name(partition), execution_id);
	sql_run("ALTER TABLE %s DROP CONSTRAINT pandelephant_partition", table_name(partition));
}

void
add_primary_key(const PlogRelation *relation, Oid partition)
{
	sql_run("ALTER TABLE %s ADD PRIMARY KEY (execution_id, %s)", table_name(partition),
			relation->native.key);
}

void
rebuild_indexes(Oid table)
{
	Relation	opened = table_open(table, AccessShareLock);
	List	   *indexes = RelationGetIndexList(opened);
	char	   *schema = get_namespace_name(RelationGetNamespace(opened));
	ListCell   *cell;

	table_close(opened, NoLock);
	foreach(cell, indexes)
		sql_run("REINDEX INDEX %s",
				quote_qualified_identifier(schema, get_rel_name(lfirst_oid(cell))));
}

void
add_foreign_keys(const PlogRelation *relation, Oid partition, const Oid *partitions)
{
	const NativeShape *native = &relation->native;

	for (int i = 0; native->references[i][0] != NULL; i++)
	{
		const PlogRelation *referenced = find_relation(native->references[i][1]);

		for (int place = 0; place < relation_count; place++)
		{
			if (relations[place] == referenced && OidIsValid(partitions[place]))
				sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id, %s) REFERENCES %s",
						table_name(partition), native->references[i][0],
						table_name(partitions[place]));
		}
	}
}

uint64
find_longest_text(const PlogRelation *relation, Oid partition)
{
	int64		longest;

	if (relation->native.text_index == NULL ||
		!sql_get_bigint(&longest,
						"SELECT pg_catalog.max(pg_catalog.octet_length(%s))::pg_catalog.int8 FROM %s",
						relation->native.text_index, table_name(partition)))
		return 0;
	return (uint64) longest;
}

/*
 * Give a partition an index like one of the whole table.
 */
static void
add_index_like(const char *target, const PlogRelation *relation, const char *partition, Oid index)
{
	char	   *definition = TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef,
																	 ObjectIdGetDatum(index)));
	const char *what = strncmp(definition, "CREATE UNIQUE ", 14) == 0 ? "UNIQUE INDEX" : "INDEX";
	char	   *start = psprintf("CREATE %s %s ON ONLY %s ", what,
								 quote_identifier(get_rel_name(index)),
								 native_table(target, relation));

	/* what we cannot take apart, ATTACH will build */
	if (strncmp(definition, start, strlen(start)) == 0)
		sql_run("CREATE %s ON %s %s", what, partition, definition + strlen(start));
}

/*
 * Give a partition the indexes that the whole table was given, so that
 * attaching it does not build them while others wait.
 */
static void
add_indexes_of_table(const char *target, const PlogRelation *relation, const char *partition)
{
	Relation	table = table_open(native_table_oid(target, relation), AccessShareLock);
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;

	table_close(table, NoLock);
	foreach(cell, indexes)
	{
		/* those of keys come with the keys */
		if (!OidIsValid(get_index_constraint(lfirst_oid(cell))))
			add_index_like(target, relation, partition, lfirst_oid(cell));
	}
}

void
index_partition(const char *target, const PlogRelation *relation, Oid table, uint64 longest_text)
{
	const NativeShape *native = &relation->native;
	const char *partition = table_name(table);

	for (int i = 0; native->indexes[i] != NULL; i++)
		sql_run("CREATE INDEX ON %s (execution_id, %s)", partition, native->indexes[i]);
	if (native->text_index != NULL && longest_text > INDEXED_WHOLE_BYTES)
		sql_run("CREATE INDEX ON %s (execution_id, pg_catalog.\"left\"(%s, %d))", partition,
				native->text_index, INDEXED_START);
	else if (native->text_index != NULL)
		sql_run("CREATE INDEX ON %s (execution_id, %s)", partition, native->text_index);
	add_indexes_of_table(target, relation, partition);
}

/*
 * Those of others' tables that refer to one of the tables by a foreign key, in
 * the order of their Oids.
 */
static List *
referring_tables(const List *tables)
{
	Relation	catalog = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *referring = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (constraint->contype == CONSTRAINT_FOREIGN &&
			list_member_oid(tables, constraint->confrelid) &&
			!list_member_oid(tables, constraint->conrelid) &&
			!(get_rel_relispartition(constraint->conrelid) &&
			  list_member_oid(tables, partition_parent(constraint->conrelid))))
			referring = list_append_unique_oid(referring, constraint->conrelid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	list_sort(referring, list_oid_cmp);
	return referring;
}

/*
 * Add a table to those that are to be locked.
 */
static List *
with_table_lock(List *tags, Oid table)
{
	LOCKTAG    *tag = palloc0(sizeof(LOCKTAG));

	SET_LOCKTAG_RELATION(*tag, MyDatabaseId, table);
	return lappend(tags, tag);
}

/*
 * The locks of a change to an execution: that nobody loads, the native tables,
 * the execution's partitions, and users' tables that refer to either, for
 * PostgreSQL will ask for those.  To change the tables themselves takes all
 * partitions, and the views.
 */
static List *
locks_of_change(const char *target, int64 execution_id, bool changes_tables)
{
	LOCKTAG    *loads = palloc(sizeof(LOCKTAG));
	List	   *tags;
	List	   *tables = NIL;
	List	   *referring;
	ListCell   *cell;

	*loads = tag_of_target(target, LOCK_LOADS);
	tags = list_make1(loads);
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table;
		Oid			partition;

		if (!native_table_exists(target, relations[i]) ||
			(relations[i]->native.kind == NATIVE_VIEW && !changes_tables))
			continue;
		table = native_table_oid(target, relations[i]);
		tables = lappend_oid(tables, table);
		partition = partition_oid(target, relations[i], execution_id);
		if (changes_tables)
			tables = list_concat(tables, find_inheritance_children(table, NoLock));
		else if (OidIsValid(partition))
			tables = lappend_oid(tables, partition);
	}
	referring = referring_tables(tables);
	tables = list_concat(tables, referring);
	foreach(cell, tables)
		tags = with_table_lock(tags, lfirst_oid(cell));
	return tags;
}

static void
release_locks(List *tags, int count)
{
	for (int i = 0; i < count; i++)
		LockRelease(list_nth(tags, i), AccessExclusiveLock, false);
}

/*
 * Take the locks that come without waiting, but for one that is held already.
 * Returns the place of the first that does not, or -1; then none is held.
 */
static int
try_locks(List *tags, int held)
{
	for (int i = 0; i < list_length(tags); i++)
	{
		if (i == held ||
			LockAcquire(list_nth(tags, i), AccessExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			continue;
		release_locks(tags, i);
		if (held > i)
			LockRelease(list_nth(tags, held), AccessExclusiveLock, false);
		return i;
	}
	return -1;
}

static bool
are_same_locks(const List *a, const List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
	{
		if (memcmp(list_nth(a, i), list_nth(b, i), sizeof(LOCKTAG)) != 0)
			return false;
	}
	return true;
}

/*
 * Who reads several tables locks one after the other, in any order: to wait for
 * one of ours while we hold another could be a deadlock.  So one is waited for
 * at a time, with none of the others held; and that one, in PostgreSQL's queue.
 */
void
lock_for_change(const char *target, int64 execution_id, bool changes_tables)
{
	List	   *tags;
	bool		is_locked = false;

	do
	{
		int			missing = -1;

		tags = locks_of_change(target, execution_id, changes_tables);
		while ((missing = try_locks(tags, missing)) >= 0)
		{
			CHECK_FOR_INTERRUPTS();
			(void) LockAcquire(list_nth(tags, missing), AccessExclusiveLock, false, false);
		}
		AcceptInvalidationMessages();

		/* others may have added a table before we had the locks */
		is_locked = are_same_locks(tags, locks_of_change(target, execution_id, changes_tables));
		if (!is_locked)
			release_locks(tags, list_length(tags));
	} while (!is_locked);
}

void
drop_partitions(const char *target, int64 execution_id)
{
	StringInfoData partitions;

	/* detached one after the other, those that refer to others first … */
	initStringInfo(&partitions);
	for (int i = relation_count - 1; i >= 0; i--)
	{
		Oid			partition = has_partitions(relations[i]) ?
			partition_oid(target, relations[i], execution_id) : InvalidOid;

		if (!OidIsValid(partition))
			continue;

		/* until version 0.3.0 they belonged to who had added them */
		give_to_owner_of(native_table_oid(target, relations[i]), partition);
		sql_run("ALTER TABLE %s DETACH PARTITION %s", native_table(target, relations[i]),
				table_name(partition));
		appendStringInfo(&partitions, "%s%s", partitions.len > 0 ? ", " : "", table_name(partition));
	}

	/* … and dropped together, since they refer to each other */
	if (partitions.len > 0)
		sql_run("DROP TABLE %s", partitions.data);
}
