/*-------------------------------------------------------------------------
 *
 * registry_native.c
 *		Which executions of a library a query reads from native tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "partitioning/partbounds.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "compat/partition.h"
#include "fdw/registry_native.h"

/*
 * The native tables refer to the registry by their table of executions: see move.c.  The
 * triggers of that foreign key name it.
 */
static List *
find_execution_tables(Oid registry)
{
	Relation	opened = table_open(registry, AccessShareLock);
	const TriggerDesc *triggers = opened->trigdesc;
	List	   *tables = NIL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Oid			referring = triggers->triggers[i].tgconstrrelid;
		const char *name = OidIsValid(referring) ? get_rel_name(referring) : NULL;

		if (name != NULL && strcmp(name, executions_relation.name) == 0)
			tables = list_append_unique_oid(tables, referring);
	}
	table_close(opened, AccessShareLock);
	return tables;
}

List *
find_native_tables(Oid registry, const PlogRelation *relation)
{
	List	   *tables = NIL;
	const char *name = relation == &strace_relation ? syscalls_relation.name : relation->name;
	ListCell   *cell;

	foreach(cell, find_execution_tables(registry))
	{
		Oid			table = get_relname_relid(name, get_rel_namespace(lfirst_oid(cell)));

		if (OidIsValid(table) && get_rel_relkind(table) == RELKIND_PARTITIONED_TABLE)
			tables = lappend_oid(tables, table);
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
	Relation	table = try_relation_open(oid, AccessShareLock);
	PartitionDesc descriptor;

	if (table == NULL)
		return partitions;
	if (global->partition_directory == NULL)
		global->partition_directory = create_partition_directory(CurrentMemoryContext);
	descriptor = PartitionDirectoryLookup(global->partition_directory, table);
	for (int i = 0; i < descriptor->nparts; i++)
		partitions = lappend_oid(partitions, descriptor->oids[i]);
	table_close(table, NoLock);
	return partitions;
}

List *
find_native_partitions(PlannerInfo *root, const List *tables)
{
	List	   *partitions = NIL;
	ListCell   *cell;

	foreach(cell, tables)
		partitions = add_partitions(partitions, root, lfirst_oid(cell));
	return partitions;
}

Oid
partition_of_execution(Relation table, int64 execution_id, int *number)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc partitions = get_partitions(table);
	bool		is_equal = false;
	int			place;

	if (partitions->nparts == 0 || key->strategy != PARTITION_STRATEGY_LIST)
		return InvalidOid;
	place = partition_list_bsearch(key->partsupfunc, key->partcollation, partitions->boundinfo,
								   Int64GetDatum(execution_id), &is_equal);
	if (place < 0 || !is_equal)
		return InvalidOid;
	if (number != NULL)
		*number = partitions->boundinfo->indexes[place];
	return partitions->oids[partitions->boundinfo->indexes[place]];
}

bool
plan_reads_native(const List *tables, const List *noted, int64 execution_id)
{
	ListCell   *cell;

	foreach(cell, tables)
	{
		Relation	table = try_relation_open(lfirst_oid(cell), AccessShareLock);
		Oid			partition = InvalidOid;

		if (table != NULL)
		{
			partition = partition_of_execution(table, execution_id, NULL);
			table_close(table, NoLock);
		}
		if (OidIsValid(partition) && list_member_oid(noted, partition))
			return true;
	}
	return tables == NIL;
}
