/*-------------------------------------------------------------------------
 *
 * registry_native.c
 *		Which executions of a library a query reads from native tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "partitioning/partbounds.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "compat/partition.h"
#include "fdw/registry_native.h"

Oid
table_of_executions(Oid table)
{
	Relation	opened = table_open(table, AccessShareLock);
	AttrNumber	execution_id = get_attnum(table, "execution_id");
	Oid			referred = InvalidOid;
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(opened))
	{
		const ForeignKeyCacheInfo *key = lfirst(cell);

		if (key->nkeys == 1 && key->conkey[0] == execution_id)
			referred = key->confrelid;
	}
	table_close(opened, AccessShareLock);
	return referred;
}

/*
 * The table that has a relation's rows: lines of strace are made of calls.
 */
static const char *
native_name(const PlogRelation *relation)
{
	return relation == &strace_relation ? syscalls_relation.name : relation->name;
}

/*
 * Is a table of a query a native table of the relation?  The native tables refer to the
 * registry by their table of executions.
 */
static bool
is_native_table(const RangeTblEntry *entry, Oid registry, const PlogRelation *relation)
{
	const char *name = entry->rtekind == RTE_RELATION && entry->relkind == RELKIND_PARTITIONED_TABLE ?
		get_rel_name(entry->relid) : NULL;
	Oid			executions;

	if (name == NULL || strcmp(name, native_name(relation)) != 0)
		return false;
	executions = get_relname_relid(executions_relation.name, get_rel_namespace(entry->relid));
	return OidIsValid(executions) && table_of_executions(executions) == registry;
}

/*
 * Add the native tables of a query and its subqueries to a list.
 */
static List *
add_native_tables(List *tables, const Query *query, Oid registry, const PlogRelation *relation)
{
	ListCell   *cell;

	foreach(cell, query->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		if (entry->rtekind == RTE_SUBQUERY && entry->subquery != NULL)
			tables = add_native_tables(tables, entry->subquery, registry, relation);
		else if (is_native_table(entry, registry, relation))
			tables = list_append_unique_oid(tables, entry->relid);
	}
	return tables;
}

/*
 * Add a table's partitions to a list.  The planner takes those of its directory, which it
 * makes for each table once.
 */
static List *
add_partitions(List *partitions, PlannerInfo *root, Oid oid)
{
	PlannerGlobal *global = root->glob;
	Relation	table = table_open(oid, NoLock);	/* which the query has locked */
	PartitionDesc descriptor;

	if (global->partition_directory == NULL)
		global->partition_directory = create_partition_directory(CurrentMemoryContext);
	descriptor = PartitionDirectoryLookup(global->partition_directory, table);
	for (int i = 0; i < descriptor->nparts; i++)
		partitions = lappend_oid(partitions, descriptor->oids[i]);
	table_close(table, NoLock);
	return partitions;
}

NativeTables
find_native_tables(PlannerInfo *root, Oid registry, const PlogRelation *relation)
{
	NativeTables native = {NIL, NIL};
	ListCell   *cell;

	/* the other parts of a view may be those of a query around this one */
	for (const PlannerInfo *level = root; level != NULL; level = level->parent_root)
		native.tables = add_native_tables(native.tables, level->parse, registry, relation);
	foreach(cell, native.tables)
		native.partitions = add_partitions(native.partitions, root, lfirst_oid(cell));
	return native;
}

NativeTables
join_native_tables(const NativeTables *a, const NativeTables *b)
{
	NativeTables joined = {list_concat_unique_oid(list_copy(a->tables), b->tables),
	list_concat_unique_oid(list_copy(a->partitions), b->partitions)};

	return joined;
}

Oid
partition_of_execution(Relation table, int64 execution_id, int *number)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc partitions = get_partitions(table);
	bool		is_equal = false;
	int			place;

	if (partitions->nparts == 0 || key->strategy != PARTITION_STRATEGY_LIST ||
		key->partnatts != 1 || key->parttypid[0] != INT8OID ||
		key->partattrs[0] != get_attnum(RelationGetRelid(table), "execution_id"))
		return InvalidOid;
	place = partition_list_bsearch(key->partsupfunc, key->partcollation, partitions->boundinfo,
								   Int64GetDatum(execution_id), &is_equal);
	if (place < 0 || !is_equal)
		return InvalidOid;
	if (number != NULL)
		*number = partitions->boundinfo->indexes[place];
	return partitions->oids[partitions->boundinfo->indexes[place]];
}

/*
 * Was a partition attached for the snapshot?
 */
static bool
is_attached(Oid partition, Snapshot snapshot)
{
	Relation	inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		is_there;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(partition));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, snapshot, 1, &key);
	is_there = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return is_there;
}

/*
 * Does the query read a partition that has what the snapshot shows of its executions?
 */
static bool
reads_partition(const NativeTables *native, KnownPartition *known, Oid partition,
				Snapshot snapshot)
{
	if (!OidIsValid(partition))
		return false;

	/* executions of one partition mostly follow each other */
	if (known->partition != partition)
	{
		known->partition = partition;
		known->is_read = list_member_oid(native->partitions, partition) &&
			is_attached(partition, snapshot);
	}
	return known->is_read;
}

bool
query_reads_native(const NativeTables *native, KnownPartition *known,
				   const PlogRelation *relation, int64 execution_id, Snapshot snapshot)
{
	bool		has_partitions = false;
	ListCell   *cell;

	foreach(cell, native->tables)
	{
		Relation	table = try_relation_open(lfirst_oid(cell), AccessShareLock);
		Oid			partition;

		if (table == NULL)
			continue;
		if (strcmp(RelationGetRelationName(table), native_name(relation)) != 0)
		{
			table_close(table, NoLock);
			continue;
		}
		has_partitions = true;
		partition = partition_of_execution(table, execution_id, NULL);
		table_close(table, NoLock);
		if (reads_partition(native, known, partition, snapshot))
			return true;
	}
	return !has_partitions;
}
