/*-------------------------------------------------------------------------
 *
 * shared.c
 *		Partitions, or tables without partitions, that hold many executions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "lib/stringinfo.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "materialize/partition.h"
#include "materialize/shared.h"
#include "materialize/source.h"
#include "materialize/sql.h"
#include "materialize/trust.h"
#include "relations/list.h"

/*
 * A name for a partition whose first execution is the target's.  Never that of the
 * partition of one execution, which clients may drop by its name.
 */
static char *
shared_partition_name(const NativeTarget *target, const PlogRelation *relation)
{
	const char *wanted = psprintf("%s_from_" INT64_FORMAT, relation->name, target->execution_id);
	char	   *name = pstrdup(wanted);

	for (int i = 1; is_taken_in_target(target, name); i++)
		name = psprintf("%s_%d", wanted, i);
	return name;
}

static char *
join_texts(List *texts)
{
	StringInfoData joined;
	ListCell   *cell;

	initStringInfo(&joined);
	foreach(cell, texts)
		appendStringInfo(&joined, "%s%s", joined.len > 0 ? ", " : "", (char *) lfirst(cell));
	return joined.data;
}

void
create_shared_partitions(const NativeTarget *target, List *execution_ids)
{
	const char *ids = join_texts(execution_ids);
	const char *condition = psprintf("execution_id IN (%s)", ids);
	LoadedPartition *partitions = palloc0(sizeof(LoadedPartition) * MAX_RELATIONS);
	int			count = 0;

	for (int i = 0; i < relation_count; i++)
	{
		LoadedPartition *partition = &partitions[count];

		if (relations[i]->native.kind != NATIVE_PARTITIONED)
			continue;
		partition->relation = relations[i];
		partition->table = create_partition_for(target, relations[i],
												shared_partition_name(target, relations[i]),
												condition);
		add_primary_key(partition);
		add_foreign_keys(partition, partitions, ++count);

		/*
		 * An execution that came after the last ANALYZE must not be taken for one
		 * without rows, as it would be if all others stood in a list of values.
		 */
		sql_run("ALTER TABLE %s ALTER execution_id SET STATISTICS 1", table_name(partition->table));
		index_partition(target, partition);
	}
	for (int i = 0; i < count; i++)
		attach_partition_for(target, &partitions[i], ids);
}

/*
 * Is an index ours of just the execution's id and a whole text?
 */
static bool
is_whole_text_index(Oid index, Oid table, const char *column)
{
	int64		found;

	return sql_get_bigint(&found,
						  "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_index i "
						  "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid "
						  "AND a.attname = %s AND i.indkey[1] = a.attnum "
						  "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND NOT c.relispartition "
						  "WHERE i.indexrelid = %u AND i.indrelid = %u AND i.indnatts = 2",
						  quote_literal_cstr(column), index, table);
}

void
shorten_text_index(const PlogRelation *relation, Oid partition)
{
	LoadedPartition shortened = {0};
	List	   *indexes;
	ListCell   *cell;
	Relation	table;
	bool		is_found = false;

	if (relation->native.text_index == NULL)
		return;
	table = table_open(partition, AccessShareLock);
	indexes = RelationGetIndexList(table);
	table_close(table, NoLock);
	foreach(cell, indexes)
	{
		if (!is_whole_text_index(lfirst_oid(cell), partition, relation->native.text_index))
			continue;
		sql_run("DROP INDEX %s", table_name(lfirst_oid(cell)));
		is_found = true;
	}
	if (!is_found)
		return;
	shortened.relation = relation;
	shortened.table = partition;
	add_short_text_index(&shortened);
}

void
analyze_if_grown(Oid table)
{
	int64		found;

	if (sql_get_bigint(&found,
					   "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_class WHERE oid = %u "
					   "AND pg_catalog.pg_relation_size(oid) > 1.5 * greatest(relpages, 0) "
					   "* pg_catalog.current_setting('block_size')::pg_catalog.int8", table))
		sql_run("ANALYZE (SKIP_LOCKED) %s", table_name(table));
}

/*
 * Where the rows of a relation are that are deleted: the execution's partition, or the
 * table.  InvalidOid: nowhere.
 */
static Oid
table_of_rows(const NativeTarget *target, const PlogRelation *relation)
{
	bool		is_shared;

	if (relation->native.kind != NATIVE_PARTITIONED || !native_table_exists(target, relation))
		return InvalidOid;
	return native_layout(target) == LAYOUT_PLAIN ? native_table_oid(target, relation) :
		partition_oid(target, relation, &is_shared);
}

/*
 * Lock the tables, and then executions, before any row.  Who adds an execution has
 * locked that table when it waits for users' tables that refer to native ones, and
 * their users may wait for the rows.
 */
static void
lock_to_delete(const NativeTarget *target)
{
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table = table_of_rows(target, relations[i]);

		if (OidIsValid(table))
			LockRelationOid(table, RowExclusiveLock);
	}
	LockRelationOid(native_table_oid(target, &executions_relation), RowExclusiveLock);
}

void
delete_rows(const NativeTarget *target)
{
	lock_to_delete(target);

	/* those that refer to others first */
	for (int i = relation_count - 1; i >= 0; i--)
	{
		Oid			table = table_of_rows(target, relations[i]);

		if (!OidIsValid(table))
			continue;
		if (native_layout(target) == LAYOUT_PARTITIONED)
			check_table_owner(table);
		sql_run("DELETE FROM %s WHERE execution_id = " INT64_FORMAT,
				native_table(target, relations[i]), target->execution_id);
	}
}
