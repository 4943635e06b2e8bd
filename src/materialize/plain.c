/*-------------------------------------------------------------------------
 *
 * plain.c
 *		Native tables of the layout "plain": without partitions, for Citus.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "materialize/plain.h"
#include "materialize/sql.h"
#include "relations/list.h"

/*
 * The references of a relation: to others within the execution, or to the execution
 * itself.
 */
static void
add_references(const NativeTarget *target, const PlogRelation *relation)
{
	const NativeShape *native = &relation->native;
	const char *table = native_table(target, relation);

	if (!refers_to_another(relation))
		sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id) REFERENCES %s", table,
				native_table(target, &executions_relation));
	for (int i = 0; native->references[i][0] != NULL; i++)
		sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id, %s) REFERENCES %s", table,
				native->references[i][0],
				native_table(target, find_relation(native->references[i][1])));
}

void
finish_plain_table(const NativeTarget *target, const PlogRelation *relation)
{
	const NativeShape *native = &relation->native;
	const char *table = native_table(target, relation);

	if (native->kind == NATIVE_VIEW)
		return;
	if (native->kind == NATIVE_TABLE)
	{
		sql_run("CREATE INDEX ON %s (%s)", table, native->name);
		return;
	}
	add_references(target, relation);
	for (int i = 0; native->indexes[i] != NULL; i++)
		sql_run("CREATE INDEX ON %s (execution_id, %s)", table, native->indexes[i]);

	/* nobody knows how long the texts of later executions are */
	if (native->text_index != NULL)
		sql_run("CREATE INDEX ON %s (execution_id, pg_catalog.\"left\"(%s, %d))", table,
				native->text_index, INDEXED_START);
}

/*
 * Analyze a table, unless its rows are elsewhere: of a distributed one nothing is here,
 * and Citus does not analyze shards in a transaction that has written to them.
 */
static void
analyze_rows(Oid table)
{
	int64		bytes;

	if (sql_get_bigint(&bytes, "SELECT pg_catalog.pg_relation_size(%u::pg_catalog.oid::pg_catalog.regclass)",
					   table) && bytes > 0)
		sql_run("ANALYZE %s", table_name(table));
}

void
load_plain_tables(Materialization *copy)
{
	copy->partition_count = 0;
	for (int i = 0; i < relation_count; i++)
	{
		const PlogRelation *relation = relations[i];
		LoadedPartition *loaded;

		if (relation->native.kind != NATIVE_PARTITIONED || !has_relation(copy->copied, relation))
			continue;
		loaded = &copy->partitions[copy->partition_count++];
		memset(loaded, 0, sizeof(*loaded));
		loaded->relation = relation;
		loaded->table = native_table_oid(&copy->target, relation);
		loaded->row_count = insert_rows(copy, relation, native_table(&copy->target, relation));
	}
	for (int i = 0; i < copy->partition_count; i++)
		analyze_rows(copy->partitions[i].table);
	analyze_rows(native_table_oid(&copy->target, &executions_relation));
}

/*
 * The value of a column of the row that a query returned, as a literal.
 */
static char *
literal_of_column(int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column + 1);

	return value == NULL ? "NULL" : quote_literal_cstr(value);
}

uint64
update_plain_execution(const Materialization *copy)
{
	const PlogRelation *relation = &executions_relation;
	int64		execution_id = copy->target.execution_id;
	StringInfoData values;

	/* a table that is distributed cannot be updated from a foreign table of here */
	if (sql_run("%s", source_query(&copy->source, relation, execution_id)) != 1)
		return 0;
	initStringInfo(&values);
	for (int i = COLUMN_EXECUTION_ID + 1; i < relation->column_count; i++)
		appendStringInfo(&values, "%s%s = %s", values.len > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name), literal_of_column(i));
	return sql_run("UPDATE %s SET %s WHERE execution_id = " INT64_FORMAT,
				   native_table(&copy->target, relation), values.data, execution_id);
}
