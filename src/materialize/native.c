/*-------------------------------------------------------------------------
 *
 * native.c
 *		The native tables of a target schema: names, finding them, owners, columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "lib/stringinfo.h"
#include "partitioning/partbounds.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat/partition.h"
#include "fdw/registry_native.h"
#include "materialize/native.h"
#include "materialize/sql.h"
#include "materialize/trust.h"
#include "relations/list.h"

Oid
find_in_target(const NativeTarget *target, const char *name)
{
	Oid			schema = get_namespace_oid(target->schema, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

bool
is_taken_in_target(const NativeTarget *target, const char *name)
{
	return OidIsValid(find_in_target(target, name)) ||
		SearchSysCacheExists2(TYPENAMENSP, CStringGetDatum(name),
							  ObjectIdGetDatum(get_namespace_oid(target->schema, false)));
}

char *
table_name(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
}

char *
native_table(const NativeTarget *target, const PlogRelation *relation)
{
	return quote_qualified_identifier(target->schema, relation->name);
}

Oid
native_table_oid(const NativeTarget *target, const PlogRelation *relation)
{
	return find_in_target(target, relation->name);
}

bool
native_table_exists(const NativeTarget *target, const PlogRelation *relation)
{
	return OidIsValid(native_table_oid(target, relation));
}

NativeLayout
native_layout(const NativeTarget *target)
{
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table = relations[i]->native.kind == NATIVE_PARTITIONED ?
			native_table_oid(target, relations[i]) : InvalidOid;

		if (OidIsValid(table))
			return get_rel_relkind(table) == RELKIND_RELATION ? LAYOUT_PLAIN : LAYOUT_PARTITIONED;
	}
	return target->new_layout;
}

bool
refers_to_another(const PlogRelation *relation)
{
	for (int i = 0; relation->native.references[i][0] != NULL; i++)
	{
		if (find_relation(relation->native.references[i][1]) != relation)
			return true;
	}
	return false;
}

/*
 * How many values of execution_id has a partition of a table been made for?
 */
static int
value_count(PartitionBoundInfo bounds, int partition)
{
	int			count = 0;

	for (int i = 0; i < bounds->ndatums; i++)
		count += bounds->indexes[i] == partition;
	return count;
}

Oid
partition_oid(const NativeTarget *target, const PlogRelation *relation, bool *is_shared)
{
	Oid			parent = native_table_oid(target, relation);
	Relation	table;
	Oid			partition;
	int			number;

	*is_shared = false;
	if (!OidIsValid(parent) || get_rel_relkind(parent) != RELKIND_PARTITIONED_TABLE)
		return InvalidOid;
	table = table_open(parent, AccessShareLock);
	partition = partition_of_execution(table, target->execution_id, &number);
	*is_shared = OidIsValid(partition) && value_count(get_partitions(table)->boundinfo, number) > 1;
	table_close(table, AccessShareLock);
	return partition;
}

int
own_partition_count(const NativeTarget *target, const PlogRelation *relation)
{
	Relation	table = table_open(native_table_oid(target, relation), AccessShareLock);
	PartitionDesc partitions = get_partitions(table);
	PartitionBoundInfo bounds = partitions->boundinfo;
	int		   *values = palloc0(sizeof(int) * (partitions->nparts + 1));
	int			count = 0;

	/* in one pass, for there may be thousands */
	for (int i = 0; partitions->nparts > 0 && i < bounds->ndatums; i++)
	{
		if (bounds->indexes[i] >= 0)
			values[bounds->indexes[i]]++;
	}
	for (int i = 0; i < partitions->nparts; i++)
		count += values[i] == 1;
	pfree(values);
	table_close(table, AccessShareLock);
	return count;
}

void
give_to_owner_of(Oid table, Oid added)
{
	Oid			owner = table_owner(table);

	if (table_owner(added) == owner)
		return;
	ATExecChangeOwner(added, owner, true, AccessExclusiveLock);
	CommandCounterIncrement();
}

char *
column_names(const PlogRelation *relation)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < relation->column_count; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name));
	return names.data;
}

bool
table_has_all_columns(Oid table, const PlogRelation *relation)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		if (get_attnum(table, relation->columns[i].name) == InvalidAttrNumber)
			return false;
	}
	return true;
}

void
add_missing_columns(Oid table, const PlogRelation *relation)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		const RelationColumn *column = &relation->columns[i];

		if (get_attnum(table, column->name) == InvalidAttrNumber)
			sql_run("ALTER TABLE %s ADD COLUMN %s %s", table_name(table),
					quote_identifier(column->name), column_type_name(column->type));
	}
}
