/*-------------------------------------------------------------------------
 *
 * partition.c
 *		The partitions of an execution: making, completing, attaching, dropping them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "materialize/partition.h"
#include "materialize/sql.h"
#include "relations/list.h"

/*
 * A btree takes values of up to 2,704 bytes.  A column that has a longer text than
 * INDEXED_WHOLE_BYTES is indexed by the first INDEXED_START characters, which are
 * up to four bytes each.
 */
#define INDEXED_WHOLE_BYTES		2000

/*
 * The name that a partition gets if nothing else has it.
 */
static char *
wanted_partition_name(const NativeTarget *target, const PlogRelation *relation, bool is_beside)
{
	return psprintf("%s_" INT64_FORMAT "%s", relation->name, target->execution_id,
					is_beside ? "_new" : "");
}

/*
 * A name for a new partition that nothing else has.
 */
static char *
free_partition_name(const NativeTarget *target, const PlogRelation *relation)
{
	const char *wanted = wanted_partition_name(target, relation, target->is_replacement);
	char	   *name = pstrdup(wanted);

	for (int i = 1; is_taken_in_target(target, name); i++)
		name = psprintf("%s_%d", wanted, i);
	return name;
}

Oid
create_partition_for(const NativeTarget *target, const PlogRelation *relation, const char *name,
					 const char *condition)
{
	Oid			parent = native_table_oid(target, relation);
	Oid			partition;

	/* with the constraint, ATTACH PARTITION need not scan the partition */
	sql_run("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED "
			"INCLUDING CONSTRAINTS INCLUDING STORAGE, "
			"CONSTRAINT pandelephant_partition CHECK (%s)) USING heap",
			quote_qualified_identifier(target->schema, name), native_table(target, relation),
			condition);
	partition = find_in_target(target, name);
	give_to_owner_of(parent, partition);

	/* the whole table will have them when the partition is attached */
	add_missing_columns(partition, relation);
	return partition;
}

Oid
create_partition(const NativeTarget *target, const PlogRelation *relation)
{
	return create_partition_for(target, relation, free_partition_name(target, relation),
								psprintf("execution_id = " INT64_FORMAT, target->execution_id));
}

void
attach_partition_for(const NativeTarget *target, const LoadedPartition *loaded,
					 const char *execution_ids)
{
	const PlogRelation *relation = loaded->relation;
	const char *partition = table_name(loaded->table);

	if (!refers_to_another(relation))
		sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id) REFERENCES %s", partition,
				native_table(target, &executions_relation));
	sql_run("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)",
			native_table(target, relation), partition, execution_ids);
	sql_run("ALTER TABLE %s DROP CONSTRAINT pandelephant_partition", partition);
}

void
attach_partition(const NativeTarget *target, const LoadedPartition *loaded)
{
	Oid			partition = loaded->table;
	const char *name = wanted_partition_name(target, loaded->relation, false);

	if (strcmp(get_rel_name(partition), name) != 0 && !is_taken_in_target(target, name))
		sql_run("ALTER TABLE %s RENAME TO %s", table_name(partition), quote_identifier(name));
	attach_partition_for(target, loaded, psprintf(INT64_FORMAT, target->execution_id));
}

void
add_primary_key(const LoadedPartition *partition)
{
	/* of an execution's own partition, hardly any row changes */
	sql_run("ALTER TABLE %s ADD PRIMARY KEY (execution_id, %s)%s", table_name(partition->table),
			partition->relation->native.key, partition->is_new ? " WITH (fillfactor = 100)" : "");
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
add_foreign_keys(const LoadedPartition *partition, const LoadedPartition *partitions, int count)
{
	const NativeShape *native = &partition->relation->native;

	for (int i = 0; native->references[i][0] != NULL; i++)
	{
		const PlogRelation *referenced = find_relation(native->references[i][1]);

		for (int j = 0; j < count; j++)
		{
			if (partitions[j].relation == referenced)
				sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id, %s) REFERENCES %s",
						table_name(partition->table), native->references[i][0],
						table_name(partitions[j].table));
		}
	}
}

void
find_longest_text(LoadedPartition *partition)
{
	const char *column = partition->relation->native.text_index;
	int64		longest;

	if (column != NULL &&
		sql_get_bigint(&longest,
					   "SELECT pg_catalog.max(pg_catalog.octet_length(%s))::pg_catalog.int8 FROM %s",
					   column, table_name(partition->table)))
		partition->longest_text = (uint64) longest;
}

/*
 * Give a partition an index like one of the whole table.
 */
static void
add_index_like(const NativeTarget *target, const PlogRelation *relation, const char *partition, Oid index)
{
	char	   *definition = TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef,
																	 ObjectIdGetDatum(index)));
	const char *what = strncmp(definition, "CREATE UNIQUE ", 14) == 0 ? "UNIQUE INDEX" : "INDEX";
	char	   *start = psprintf("CREATE %s %s ON ONLY %s ", what,
								 quote_identifier(get_rel_name(index)),
								 native_table(target, relation));

	/* other indexes will be built by ATTACH PARTITION */
	if (strncmp(definition, start, strlen(start)) == 0)
		sql_run("CREATE %s ON %s %s", what, partition, definition + strlen(start));
}

/*
 * Give a partition the indexes that users gave the whole table, so that
 * attaching the partition does not build them while other sessions wait.
 */
static void
add_indexes_of_table(const NativeTarget *target, const PlogRelation *relation, const char *partition)
{
	Relation	table = table_open(native_table_oid(target, relation), AccessShareLock);
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;

	table_close(table, NoLock);
	foreach(cell, indexes)
	{
		/* indexes of keys are made with the keys */
		if (!OidIsValid(get_index_constraint(lfirst_oid(cell))))
			add_index_like(target, relation, partition, lfirst_oid(cell));
	}
}

void
add_short_text_index(const LoadedPartition *partition)
{
	sql_run("CREATE INDEX ON %s (execution_id, pg_catalog.\"left\"(%s, %d))",
			table_name(partition->table), partition->relation->native.text_index, INDEXED_START);
}

void
index_partition(const NativeTarget *target, const LoadedPartition *loaded)
{
	const NativeShape *native = &loaded->relation->native;
	const char *partition = table_name(loaded->table);

	for (int i = 0; native->indexes[i] != NULL; i++)
		sql_run("CREATE INDEX ON %s (execution_id, %s)", partition, native->indexes[i]);
	if (native->text_index != NULL && loaded->longest_text > INDEXED_WHOLE_BYTES)
		add_short_text_index(loaded);
	else if (native->text_index != NULL)
		sql_run("CREATE INDEX ON %s (execution_id, %s)", partition, native->text_index);
	add_indexes_of_table(target, loaded->relation, partition);
}

void
drop_partitions(const NativeTarget *target)
{
	StringInfoData partitions;

	/* detach each, those that refer to others first ... */
	initStringInfo(&partitions);
	for (int i = relation_count - 1; i >= 0; i--)
	{
		bool		is_shared;
		Oid			partition = relations[i]->native.kind == NATIVE_PARTITIONED ?
			partition_oid(target, relations[i], &is_shared) : InvalidOid;

		if (!OidIsValid(partition))
			continue;

		/* before version 0.3.0, partitions belonged to the role that had added them */
		give_to_owner_of(native_table_oid(target, relations[i]), partition);
		sql_run("ALTER TABLE %s DETACH PARTITION %s", native_table(target, relations[i]),
				table_name(partition));
		appendStringInfo(&partitions, "%s%s", partitions.len > 0 ? ", " : "", table_name(partition));
	}

	/* ... and drop them together, since they refer to each other */
	if (partitions.len > 0)
		sql_run("DROP TABLE %s", partitions.data);
}
