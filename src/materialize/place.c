/*-------------------------------------------------------------------------
 *
 * place.c
 *		In which partitions of the native tables an execution lies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/registry.h"
#include "materialize/place.h"
#include "materialize/shared.h"
#include "materialize/sql.h"
#include "relations/list.h"

int			pandelephant_own_partitions = 16;

/* An execution with so many entries is large. */
#define LARGE_ENTRIES			100000

/* One in so many executions with partitions of their own may be small. */
#define SMALL_SHARE				4

/* Each such id is kept for a large execution. */
#define RESERVED_EVERY			16

/* How many ids, reserved ones among them, the next shared partitions look at. */
#define SHARED_IDS				512

static bool
is_reserved(int64 execution_id)
{
	return execution_id % RESERVED_EVERY == 0;
}

/*
 * Is there no partition yet that would hold the execution?
 */
static bool
is_free(const NativeTarget *target, int64 execution_id)
{
	NativeTarget other = *target;

	other.execution_id = execution_id;
	for (int i = 0; i < relation_count; i++)
	{
		bool		is_shared;

		if (relations[i]->native.kind == NATIVE_PARTITIONED &&
			OidIsValid(partition_oid(&other, relations[i], &is_shared)))
			return false;
	}
	return true;
}

bool
has_partitions(const NativeTarget *target)
{
	return !is_free(target, target->execution_id);
}

bool
shares_partitions(const NativeTarget *target)
{
	for (int i = 0; i < relation_count; i++)
	{
		bool		is_shared;

		if (relations[i]->native.kind == NATIVE_PARTITIONED &&
			OidIsValid(partition_oid(target, relations[i], &is_shared)) && is_shared)
			return true;
	}
	return false;
}

/*
 * How many entries the log has.
 */
static int64
entry_count(const Source *source)
{
	int64		count;

	return sql_get_bigint(&count, "SELECT entry_count FROM (%s) AS execution (%s)",
						  source_query(source, &executions_relation,
									   source->execution.execution_id),
						  column_names(&executions_relation)) ? count : 0;
}

/*
 * How many executions have partitions of their own.
 */
static int
own_count(const NativeTarget *target)
{
	int			count = 0;

	for (int i = 0; i < relation_count; i++)
	{
		int			own;

		if (relations[i]->native.kind != NATIVE_PARTITIONED)
			continue;
		own = own_partition_count(target, relations[i]);
		count = Max(count, own);
	}
	return count;
}

/*
 * May the execution have partitions of its own?  Small ones leave most of them to
 * large ones.
 */
static bool
may_have_own_partitions(const Materialization *copy)
{
	int			count = own_count(&copy->target);

	return count < pandelephant_own_partitions / SMALL_SHARE ||
		(count < pandelephant_own_partitions && entry_count(&copy->source) >= LARGE_ENTRIES);
}

static int64
next_execution_id(const NativeTarget *target)
{
	int64		execution_id;

	if (!sql_get_bigint(&execution_id,
						"SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(%s, 'execution_id')::pg_catalog.regclass)",
						quote_literal_cstr(native_table(target, &executions_relation))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"execution_id\" of table \"%s.executions\" has no sequence",
						target->schema)));
	return execution_id;
}

/* Large executions of a library that may come later and have their own partitions then. */
typedef struct LargeExecutions
{
	int64	   *ids;
	int			count;
} LargeExecutions;

/*
 * Those behind the execution.  Their ids are given, so that none can be reserved for them.
 */
static LargeExecutions
large_executions(const Materialization *copy)
{
	const NativeTarget *target = &copy->target;
	Oid			executions = source_table(&copy->source, &executions_relation);
	int			room = pandelephant_own_partitions - own_count(target);
	LargeExecutions large = {NULL, 0};

	if (!copy->source.is_library || room <= 0)
		return large;
	sql_run("SELECT execution_id FROM %s WHERE execution_id > " INT64_FORMAT
			" AND entry_count >= %d ORDER BY 1 LIMIT %d",
			quote_qualified_identifier(get_namespace_name(get_rel_namespace(executions)),
									   REGISTRY_TABLE),
			target->execution_id, LARGE_ENTRIES, room);
	large.ids = palloc(sizeof(int64) * (SPI_processed + 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		is_null;

		large.ids[large.count++] =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null));
	}
	return large;
}

static bool
is_one_of(const LargeExecutions *large, int64 execution_id)
{
	for (int i = 0; i < large->count; i++)
	{
		if (large->ids[i] == execution_id)
			return true;
	}
	return false;
}

/*
 * The ids that shared partitions made now are for: that of the execution, and those
 * behind it that no partition holds.
 */
static List *
ids_to_share(const Materialization *copy)
{
	const NativeTarget *target = &copy->target;
	LargeExecutions large = large_executions(copy);
	List	   *ids = list_make1(psprintf(INT64_FORMAT, target->execution_id));
	int64		id = target->execution_id;

	for (int i = 1; i < SHARED_IDS && id < PG_INT64_MAX; i++)
	{
		id++;

		/* ids that are given keep to no order that leaves any out */
		if ((copy->keeps_id ? !is_one_of(&large, id) : !is_reserved(id)) && is_free(target, id))
			ids = lappend(ids, psprintf(INT64_FORMAT, id));
	}

	/* a partition of one id would be taken for an execution's own */
	for (id = 0; list_length(ids) < 2; id--)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_free(target, id))
			ids = lappend(ids, psprintf(INT64_FORMAT, id));
	}
	return ids;
}

void
ensure_shared_partitions(const Materialization *copy)
{
	const NativeTarget *target = &copy->target;
	Oid			executions = native_table_oid(target, &executions_relation);

	if (!is_free(target, target->execution_id))
		return;
	LockRelationOid(executions, ShareRowExclusiveLock);
	if (is_free(target, target->execution_id))
		create_shared_partitions(target, ids_to_share(copy));
	else
		UnlockRelationOid(executions, ShareRowExclusiveLock);	/* others need not wait for the load */
}

bool
choose_place(Materialization *copy)
{
	NativeTarget *target = &copy->target;
	bool		is_plain = native_layout(target) == LAYOUT_PLAIN;
	bool		is_own = !is_plain && may_have_own_partitions(copy);

	if (!copy->keeps_id)
	{
		do
			target->execution_id = next_execution_id(target);
		while (!is_plain && (is_own ? !is_free(target, target->execution_id) :
							 is_reserved(target->execution_id) &&
							 is_free(target, target->execution_id)));
	}
	return is_own;
}
