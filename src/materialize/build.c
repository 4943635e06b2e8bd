/*-------------------------------------------------------------------------
 *
 * build.c
 *		Building the partitions of an execution, where no other session sees them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "materialize/build.h"
#include "materialize/partition.h"
#include "materialize/sql.h"
#include "relations/list.h"

bool		pandelephant_bulk_load = true;

uint64
insert_rows(const Materialization *copy, const PlogRelation *relation, const char *table)
{
	return sql_run("INSERT INTO %s (%s) %s", table, column_names(relation),
				   source_query(&copy->source, relation, copy->target.execution_id));
}

/*
 * Create the partitions, empty.
 */
static void
create_partitions(Materialization *copy)
{
	copy->partition_count = 0;
	for (int i = 0; i < relation_count; i++)
	{
		const PlogRelation *relation = relations[i];

		if (relation->native.kind == NATIVE_PARTITIONED && has_relation(copy->copied, relation))
		{
			LoadedPartition *partition = &copy->partitions[copy->partition_count++];

			memset(partition, 0, sizeof(*partition));
			partition->relation = relation;
			partition->table = create_partition(&copy->target, relation);
		}
	}
}

/*
 * Can all partitions be loaded in one pass over the log?
 */
static bool
can_bulk_load(const Materialization *copy)
{
	if (!pandelephant_bulk_load)
		return false;
	for (int i = 0; i < copy->partition_count; i++)
	{
		const LoadedPartition *partition = &copy->partitions[i];

		if (!can_load(partition->relation, source_table(&copy->source, partition->relation),
					  partition->table))
			return false;
	}
	return true;
}

/*
 * Load the partitions in one pass over the log.  Keys are declared while the
 * partitions are empty, because the rows meet them by construction and PostgreSQL
 * need not check that.  Indexes are built when all rows are there.
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
		add_primary_key(partition);
		add_foreign_keys(partition, copy->partitions, copy->partition_count);
	}
	load_partitions(&execution, native_table_oid(&copy->target, &executions_relation),
					copy->partitions, copy->partition_count);
	for (int i = 0; i < copy->partition_count; i++)
	{
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
		find_longest_text(partition);
		add_primary_key(partition);
		index_partition(&copy->target, partition);
		add_foreign_keys(partition, copy->partitions, copy->partition_count);
	}
}

void
build_partitions(Materialization *copy)
{
	create_partitions(copy);
	if (can_bulk_load(copy))
		bulk_load(copy);
	else
		load_by_insert(copy);

	/* analyze now, when no other session has to wait for it */
	for (int i = 0; i < copy->partition_count; i++)
		sql_run("ANALYZE %s", table_name(copy->partitions[i].table));
}
