/*-------------------------------------------------------------------------
 *
 * leftover.c
 *		Partitions whose execution was dropped while others used the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "materialize/leftover.h"
#include "materialize/lock.h"
#include "materialize/partition.h"
#include "materialize/sql.h"
#include "relations/list.h"

/*
 * The ids of executions that are gone, but have partitions of a relation; as texts.
 * Only partitions count that have the name that pe_materialize() gives.
 */
static List *
gone_executions(const NativeTarget *target, const PlogRelation *relation)
{
	List	   *ids = NIL;

	sql_run("SELECT id FROM pg_catalog.pg_inherits i "
			"JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid, "
			"pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), "
			"'^FOR VALUES IN [(]''?(-?[0-9]+)''?[)]$') AS id "
			"WHERE i.inhparent = %u AND c.relname = %s || '_' || id "
			"AND NOT EXISTS (SELECT FROM %s e WHERE e.execution_id = id::pg_catalog.int8)",
			native_table_oid(target, relation), quote_literal_cstr(relation->name),
			native_table(target, &executions_relation));
	for (uint64 i = 0; i < SPI_processed; i++)
		ids = lappend(ids, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return ids;
}

/*
 * Are all partitions of the execution, which are locked, without rows?
 */
static bool
are_empty(const NativeTarget *target)
{
	for (int i = 0; i < relation_count; i++)
	{
		bool		is_shared;
		Oid			partition = relations[i]->native.kind == NATIVE_PARTITIONED ?
			partition_oid(target, relations[i], &is_shared) : InvalidOid;
		int64		found;

		if (OidIsValid(partition) &&
			(is_shared || sql_get_bigint(&found, "SELECT 1::pg_catalog.int8 FROM %s LIMIT 1",
										 table_name(partition))))
			return false;
	}
	return true;
}

void
drop_leftover_partitions(const NativeTarget *target)
{
	List	   *ids = NIL;
	ListCell   *cell;

	/* an old snapshot does not show the executions that came since */
	if (IsolationUsesXactSnapshot())
		return;

	for (int i = 0; i < relation_count; i++)
	{
		if (relations[i]->native.kind == NATIVE_PARTITIONED)
			ids = list_concat(ids, gone_executions(target, relations[i]));
	}
	foreach(cell, ids)
	{
		NativeTarget gone = *target;

		/* one that was listed for several relations has no partition left by now */
		gone.execution_id = DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(lfirst(cell))));
		if (try_to_lock_for_change(&gone) && are_empty(&gone))
			drop_partitions(&gone);
	}
}
