/*-------------------------------------------------------------------------
 *
 * execution.c
 *		Adding, replacing and dropping an execution of the native tables.
 *
 * Partitions that an execution gets for itself are built, loaded and indexed first,
 * while no other session can see them.  Only then are locks taken that others may
 * wait for: the lock on executions, and then those on the other tables in the order of
 * relations[].  In partitions that hold rows of others, rows are inserted and
 * deleted, which disturbs no reader.
 *
 * To detach an execution's own partitions, stronger locks are needed, which readers of
 * all executions wait for.  They are taken only if they can be had at once and the
 * transaction ends with the statement; else the rows are deleted.  See lock.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"

#include "materialize/execution.h"
#include "materialize/leftover.h"
#include "materialize/lock.h"
#include "materialize/partition.h"
#include "materialize/place.h"
#include "materialize/plain.h"
#include "materialize/shared.h"
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

static void
attach_partitions(const Materialization *copy)
{
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (copy->partitions[i].is_new)
			attach_partition(&copy->target, &copy->partitions[i]);
	}
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

/*
 * A new execution, and whether another session was faster: has added one of its name, or
 * taken its place.
 */
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
 * Report that another session has made partitions for the ids of several executions, and
 * this one's among them, while its own were loaded.
 */
static void
check_place_is_free(Addition *addition)
{
	const Materialization *copy = addition->copy;

	for (int i = 0; i < copy->partition_count; i++)
	{
		bool		is_shared;

		if (!copy->partitions[i].is_new ||
			!OidIsValid(partition_oid(&copy->target, copy->partitions[i].relation, &is_shared)))
			continue;
		addition->was_overtaken = true;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("another session has made partitions for the execution")));
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
	Materialization *copy = addition->copy;
	NativeTarget *target = &copy->target;
	bool		is_plain = native_layout(target) == LAYOUT_PLAIN;
	bool		comes_first = is_plain;	/* the row in executions */
	bool		is_own;

	if (!native_tables_are_current(target))
		wait_for_replacements(target);
	wait_for_changes(target);
	is_own = choose_place(copy);
	if (!is_own || has_partitions(target))
		update_tables_of_earlier_version(target);
	if (!is_plain)
	{
		if (!is_own)
			ensure_shared_partitions(copy);
		prepare_partitions(copy);
		comes_first = rows_need_execution(copy);
	}
	if (comes_first)
	{
		lock_executions(addition);
		insert_execution(copy);
	}
	if (is_plain)
	{
		load_plain_tables(copy);
		return;
	}
	load_prepared_partitions(copy);
	update_tables_of_earlier_version(target);
	if (!comes_first)
	{
		lock_executions(addition);
		insert_execution(copy);
	}
	check_place_is_free(addition);
	attach_partitions(copy);
}

/*
 * Were partitions chosen for the execution that were there before?
 */
static bool
fills_old_partition(const Materialization *copy)
{
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (!copy->partitions[i].is_new)
			return true;
	}
	return false;
}

/*
 * Do some work.  If it fails because a text of the log is too long for the index of a
 * partition that others have rows in, change the index and do it again.  Returns the
 * error, if there is one; then nothing was done.
 */
static ErrorData *
try_with_any_text(void (*work) (void *argument), void *argument, Materialization *copy)
{
	ErrorData  *error = run_in_subtransaction(work, argument, false);

	if (error == NULL || error->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED ||
		copy->has_long_text || native_layout(&copy->target) == LAYOUT_PLAIN ||
		!fills_old_partition(copy))
		return error;
	FreeErrorData(error);
	copy->has_long_text = true;
	return run_in_subtransaction(work, argument, false);
}

/*
 * Add an execution.  False, with nothing done, if another session was faster.
 */
static bool
try_to_add_execution(Materialization *copy)
{
	Addition	addition = {copy, false};
	ErrorData  *error = try_with_any_text(add_execution, &addition, copy);

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
replace_rows(void *argument)
{
	Materialization *copy = argument;
	bool		is_plain = native_layout(&copy->target) == LAYOUT_PLAIN;

	wait_for_changes(&copy->target);
	update_tables_of_earlier_version(&copy->target);
	if (!is_plain)
		prepare_partitions(copy);
	delete_rows(&copy->target);
	if (is_plain)
		copy->execution_count = update_plain_execution(copy);
	else
		update_execution(copy);
	check_is_in_snapshot(copy->execution_count);
	if (is_plain)
	{
		load_plain_tables(copy);
		return;
	}
	load_prepared_partitions(copy);
	attach_partitions(copy);
}

/* New partitions for an execution, and whether others kept them from taking their place. */
typedef struct Exchange
{
	Materialization *copy;
	bool		was_prevented;
} Exchange;

/*
 * Build new partitions for an execution, and put them in the place of its old
 * ones.
 */
static void
exchange_partitions(void *argument)
{
	Exchange   *exchange = argument;
	Materialization *copy = exchange->copy;
	NativeTarget *target = &copy->target;

	target->is_replacement = true;
	wait_for_changes(target);
	prepare_partitions(copy);
	load_prepared_partitions(copy);
	if (!native_tables_are_current(target))
	{
		lock_for_change(target, true);
		update_native_tables(target);
	}
	else if (!try_to_lock_for_change(target))
	{
		exchange->was_prevented = true;
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("native tables of schema \"%s\" are in use", target->schema)));
	}
	drop_partitions(target);
	update_execution(copy);
	attach_partitions(copy);
}

/*
 * Does a user's table refer to native tables by a key that does something when a row is
 * deleted?  It would not when a partition is detached.
 */
static bool
has_acting_key(const NativeTarget *target)
{
	int64		found;

	return sql_get_bigint(&found,
						  "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_constraint k "
						  "JOIN pg_catalog.pg_class c ON c.oid = k.confrelid "
						  "WHERE k.contype = 'f' AND k.confdeltype NOT IN ('a', 'r') "
						  "AND c.relnamespace = %u AND c.oid <> %u LIMIT 1",
						  get_namespace_oid(target->schema, false),
						  native_table_oid(target, &executions_relation));
}

/*
 * May the execution's own partitions be detached, if nobody uses the tables?  In a
 * transaction that goes on, others would wait for its end.
 */
static bool
may_detach_partitions(const NativeTarget *target)
{
	return native_layout(target) == LAYOUT_PARTITIONED && !IsTransactionBlock() &&
		!shares_partitions(target) && !has_acting_key(target);
}

/*
 * Replace an execution.  New partitions are built for one that has its own; if others
 * use the tables in the end, they are given up, and the rows are replaced.
 */
static void
replace_execution(Materialization *copy)
{
	Exchange	exchange = {copy, false};
	ErrorData  *error;

	if (may_detach_partitions(&copy->target))
	{
		error = run_in_subtransaction(exchange_partitions, &exchange, false);
		if (error == NULL)
			return;
		if (!exchange.was_prevented)
			ReThrowError(error);
		FreeErrorData(error);
		copy->target.is_replacement = false;
	}
	error = try_with_any_text(replace_rows, copy, copy);
	if (error != NULL)
		ReThrowError(error);
}

/*
 * Has the execution partitions that were made for it now?
 */
static bool
has_new_partition(const Materialization *copy)
{
	for (int i = 0; i < copy->partition_count; i++)
	{
		if (copy->partitions[i].is_new)
			return true;
	}
	return false;
}

/*
 * Warn if the target is published.  New partitions are loaded before they are
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
		if (has_new_partition(copy))
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
	if (may_detach_partitions(target) && try_to_lock_for_change(target))
		drop_partitions(target);
	else
		delete_rows(target);
	check_is_in_snapshot(sql_run("DELETE FROM %s WHERE execution_id = " INT64_FORMAT,
								 native_table(target, &executions_relation),
								 target->execution_id));
	if (native_layout(target) == LAYOUT_PARTITIONED && !IsTransactionBlock())
		drop_leftover_partitions(target);
	return true;
}
