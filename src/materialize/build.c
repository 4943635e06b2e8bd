/*-------------------------------------------------------------------------
 *
 * build.c
 *		Building the partitions of an execution, or filling those that others have rows in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/lmgr.h"

#include "materialize/build.h"
#include "materialize/partition.h"
#include "materialize/shared.h"
#include "materialize/sql.h"
#include "materialize/trust.h"
#include "relations/list.h"

bool		pandelephant_bulk_load = true;

uint64
insert_rows(const Materialization *copy, const PlogRelation *relation, const char *table)
{
	return sql_run("INSERT INTO %s (%s) %s", table, column_names(relation),
				   source_query(&copy->source, relation, copy->target.execution_id));
}

void
prepare_partitions(Materialization *copy)
{
	copy->partition_count = 0;
	for (int i = 0; i < relation_count; i++)
	{
		const PlogRelation *relation = relations[i];
		LoadedPartition *partition = &copy->partitions[copy->partition_count];
		bool		is_shared;

		if (relation->native.kind != NATIVE_PARTITIONED || !has_relation(copy->copied, relation))
			continue;
		copy->partition_count++;
		memset(partition, 0, sizeof(*partition));
		partition->relation = relation;
		if (!copy->target.is_replacement)
			partition->table = partition_oid(&copy->target, relation, &is_shared);
		if (!OidIsValid(partition->table))
		{
			partition->is_new = true;
			partition->table = create_partition(&copy->target, relation);
		}
		else
		{
			/* before the table executions, which who has rows in the partition waits for */
			LockRelationOid(partition->table,
							copy->has_long_text && relation->native.text_index != NULL ?
							AccessExclusiveLock : RowExclusiveLock);
			check_table_owner(partition->table);
			if (copy->has_long_text)
				shorten_text_index(relation, partition->table);
		}
	}
}

/*
 * Can all partitions be loaded in one pass over the log?
 */
static bool
can_bulk_load(const Materialization *copy)
{
	List	   *referenced = list_make1_oid(native_table_oid(&copy->target, &executions_relation));

	if (!pandelephant_bulk_load)
		return false;
	for (int i = 0; i < copy->partition_count; i++)
		referenced = lappend_oid(referenced, copy->partitions[i].table);
	for (int i = 0; i < copy->partition_count; i++)
	{
		const LoadedPartition *partition = &copy->partitions[i];

		if (!can_load(partition, source_table(&copy->source, partition->relation), referenced))
			return false;
	}
	return true;
}

bool
rows_need_execution(const Materialization *copy)
{
	if (can_bulk_load(copy))
		return false;
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (!copy->partitions[i].is_new)
			return true;
	}
	return false;
}

/*
 * Load the partitions in one pass over the log.  Keys are declared while new
 * partitions are empty, because the rows meet them by construction and PostgreSQL
 * need not check that.  Their indexes are built when all rows are there.
 */
static void
bulk_load(Materialization *copy)
{
	ExecutionOptions execution = copy->source.execution;

	execution.execution_id = copy->target.execution_id;
	for (int i = 0; i < copy->partition_count; i++)
	{
		LoadedPartition *partition = &copy->partitions[i];

		/* report what is wrong with a foreign table, as INSERT would */
		(void) source_query(&copy->source, partition->relation, execution.execution_id);
		if (!partition->is_new)
			continue;
		add_primary_key(partition);
		add_foreign_keys(partition, copy->partitions, copy->partition_count);
	}
	load_partitions(&execution, native_table_oid(&copy->target, &executions_relation),
					copy->partitions, copy->partition_count);
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (!copy->partitions[i].is_new)
			continue;
		rebuild_indexes(copy->partitions[i].table);
		index_partition(&copy->target, &copy->partitions[i]);
	}
}

/*
 * Load the partitions one after the other.  This works with any table.
 */
static void
load_by_insert(Materialization *copy)
{
	for (int i = 0; i < copy->partition_count; i++)
	{
		LoadedPartition *partition = &copy->partitions[i];

		partition->row_count = insert_rows(copy, partition->relation, table_name(partition->table));
		if (!partition->is_new)
			continue;
		find_longest_text(partition);
		add_primary_key(partition);
		index_partition(&copy->target, partition);
		add_foreign_keys(partition, copy->partitions, copy->partition_count);
	}
}

void
load_prepared_partitions(Materialization *copy)
{
	if (can_bulk_load(copy))
		bulk_load(copy);
	else
		load_by_insert(copy);

	/* analyze new ones now, when no other session has to wait for it */
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (copy->partitions[i].is_new)
			sql_run("ANALYZE %s", table_name(copy->partitions[i].table));
		else
			analyze_if_grown(copy->partitions[i].table);
	}
}
