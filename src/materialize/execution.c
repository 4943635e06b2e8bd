/*-------------------------------------------------------------------------
 *
 * execution.c
 *		Adding, replacing and dropping an execution of the native tables.
 *
 * First the execution's partitions are built, loaded and indexed, while no other
 * session can see them.  Only then are locks taken that others may wait for.  To
 * add an execution, these are the lock on executions, and then those on the other
 * tables in the order of relations[].  To replace or drop one, stronger locks are
 * needed, and none is waited for while another is held: see lock.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "utils/builtins.h"

#include "materialize/execution.h"
#include "materialize/lock.h"
#include "materialize/partition.h"
#include "materialize/plain.h"
#include "materialize/sql.h"
#include "materialize/subtransaction.h"
#include "materialize/tables.h"

static void
report_existing(const char *target, const char *execution)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("schema \"%s\" already has an execution \"%s\"", target, execution),
			 errhint("Use if_exists => 'skip' or 'replace', or attach the log under another name.")));
}

/* What find_execution() looks for. */
typedef struct Search
{
	NativeTarget *target;
	const char *name;
	bool		is_found;		/* then the target has its id */
} Search;

static void
search_execution(void *argument)
{
	Search	   *search = argument;

	search->is_found = native_table_exists(search->target, &executions_relation) &&
		sql_get_bigint_of_now(&search->target->execution_id,
							  "SELECT execution_id FROM %s WHERE name = %s",
							  native_table(search->target, &executions_relation),
							  quote_literal_cstr(search->name));
}

/*
 * Find the target's execution of that name, and set the target's execution_id.
 * False if there is none.  The execution may be one that the transaction's
 * snapshot does not show.
 *
 * The lock on executions is not kept.  Otherwise a session that waits here to
 * replace or drop an execution would block the session that it waits for.
 */
static bool
find_execution(NativeTarget *target, const char *name)
{
	Search		search = {target, name, false};
	ErrorData  *error = run_in_subtransaction(search_execution, &search, true);

	if (error != NULL)
		ReThrowError(error);
	return search.is_found;
}

/*
 * An id for a new execution.
 */
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

static void
attach_partitions(const Materialization *copy)
{
	for (int i = 0; i < copy->partition_count; i++)
		attach_partition(&copy->target, &copy->partitions[i]);
}

/*
 * Report that the transaction's snapshot does not show the execution's row, if
 * that is why no row was changed.
 */
static void
check_is_in_snapshot(uint64 row_count)
{
	if (row_count == 0 && IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
}

/* A new execution, and whether another session was faster. */
typedef struct Addition
{
	Materialization *copy;
	bool		was_overtaken;
} Addition;

/*
 * Lock out other sessions that would add an execution.  By now there may be one of
 * that name from another source; sessions that load from the same source wait for
 * each other before they start.
 */
static void
lock_executions(Addition *addition)
{
	Materialization *copy = addition->copy;
	NativeTarget other = copy->target;

	sql_run("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
			native_table(&copy->target, &executions_relation));
	if (find_execution(&other, copy->source.execution.name))
	{
		addition->was_overtaken = true;
		report_existing(copy->target.schema, copy->source.execution.name);
	}
}

/*
 * Insert the row of a new execution.
 */
static void
insert_execution(Materialization *copy)
{
	copy->execution_count = insert_rows(copy, &executions_relation,
										native_table(&copy->target, &executions_relation));
}

/*
 * Insert the row of a new execution and attach its partitions.
 */
static void
show_new_execution(Addition *addition)
{
	lock_executions(addition);
	insert_execution(addition->copy);
	attach_partitions(addition->copy);
}

/*
 * Bring the tables up to date that an earlier version made.
 */
static void
update_tables_of_earlier_version(const NativeTarget *target)
{
	if (native_tables_are_current(target))
		return;
	lock_for_change(target, true);
	update_native_tables(target);
}

/*
 * Add an execution to a target that has none of that name.  Tables that an earlier
 * version made are brought up to date on the way.
 */
static void
add_execution(void *argument)
{
	Addition   *addition = argument;
	NativeTarget *target = &addition->copy->target;

	if (!native_tables_are_current(target))
		wait_for_replacements(target);
	wait_for_changes(target);
	if (!addition->copy->keeps_id)
		target->execution_id = next_execution_id(target);
	if (native_layout(target) == LAYOUT_PLAIN)
	{
		/* its rows refer to that of the execution, which must come first */
		update_tables_of_earlier_version(target);
		lock_executions(addition);
		insert_execution(addition->copy);
		load_plain_tables(addition->copy);
		return;
	}
	build_partitions(addition->copy);
	update_tables_of_earlier_version(target);
	show_new_execution(addition);
}

/*
 * Add an execution.  False, with nothing done, if another session was faster.
 */
static bool
try_to_add_execution(Materialization *copy)
{
	Addition	addition = {copy, false};
	ErrorData  *error = run_in_subtransaction(add_execution, &addition, false);

	if (error == NULL)
		return true;
	if (!addition.was_overtaken)
		ReThrowError(error);
	FreeErrorData(error);
	return false;
}

/*
 * Update an execution's row to what the source has.
 */
static void
update_execution(Materialization *copy)
{
	int64		execution_id = copy->target.execution_id;

	copy->execution_count =
		sql_run("UPDATE %s SET (%s) = (%s) WHERE execution_id = " INT64_FORMAT,
				native_table(&copy->target, &executions_relation),
				column_names(&executions_relation),
				source_query(&copy->source, &executions_relation, execution_id), execution_id);
	check_is_in_snapshot(copy->execution_count);
}

/*
 * Delete an execution's rows, and load them again.  Readers are not disturbed.
 */
static void
replace_plain_execution(Materialization *copy)
{
	wait_for_changes(&copy->target);
	update_tables_of_earlier_version(&copy->target);
	delete_plain_rows(&copy->target);
	copy->execution_count = update_plain_execution(copy);
	check_is_in_snapshot(copy->execution_count);
	load_plain_tables(copy);
}

/*
 * Build new partitions for an execution, and put them in the place of its old
 * ones.
 */
static void
replace_execution(Materialization *copy)
{
	NativeTarget *target = &copy->target;
	bool		is_current;

	if (native_layout(target) == LAYOUT_PLAIN)
	{
		replace_plain_execution(copy);
		return;
	}
	target->is_replacement = true;
	wait_for_changes(target);
	build_partitions(copy);
	is_current = native_tables_are_current(target);
	lock_for_change(target, !is_current);
	if (!is_current)
		update_native_tables(target);
	drop_partitions(target);
	update_execution(copy);
	attach_partitions(copy);
}

/*
 * Warn if the target is published.  Partitions are loaded before they are
 * attached, so that logical replication does not see their rows.
 */
static void
warn_of_publication(const char *target)
{
	int64		published;

	if (wal_level < WAL_LEVEL_LOGICAL ||
		!sql_get_bigint(&published,
						"SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_publication_tables "
						"WHERE schemaname = %s LIMIT 1", quote_literal_cstr(target)))
		return;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("tables of schema \"%s\" are published, but what pe_materialize() loads into their partitions is not replicated",
					target),
			 errhint("Run pe_materialize() on the subscriber, too, or copy the tables.")));
}

bool
materialize(Materialization *copy, IfExists if_exists)
{
	NativeTarget *target = &copy->target;
	const char *name = copy->source.execution.name;
	bool		exists;

	ensure_native_tables(target);
	wait_for_source(target, copy->source.schema);
	do
	{
		exists = find_execution(target, name);
		if (exists && if_exists == IF_EXISTS_ERROR)
			report_existing(target->schema, name);
		if (exists && if_exists == IF_EXISTS_SKIP)
			return false;
		if (exists)
		{
			/* the session that is waited for may drop it */
			wait_for_replacements(target);
			exists = find_execution(target, name);
		}
	} while (!exists && !try_to_add_execution(copy));
	if (exists)
		replace_execution(copy);
	if (native_layout(target) == LAYOUT_PARTITIONED)
	{
		sql_run("ANALYZE %s", native_table(target, &executions_relation));
		warn_of_publication(target->schema);
	}
	return true;
}

bool
drop_execution(NativeTarget *target, const char *name)
{
	(void) check_native_tables(target);
	if (!native_table_exists(target, &executions_relation))
		return false;
	wait_for_replacements(target);
	if (!find_execution(target, name))
		return false;
	if (native_layout(target) == LAYOUT_PLAIN)
		delete_plain_rows(target);
	else
	{
		lock_for_change(target, false);
		drop_partitions(target);
	}
	check_is_in_snapshot(sql_run("DELETE FROM %s WHERE execution_id = " INT64_FORMAT,
								 native_table(target, &executions_relation),
								 target->execution_id));
	return true;
}
