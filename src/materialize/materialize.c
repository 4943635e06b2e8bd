/*-------------------------------------------------------------------------
 *
 * materialize.c
 *		pe_materialize() and pe_drop_execution().
 *
 * An execution's partitions are built, loaded and indexed while nobody else
 * can see them.  Only then come locks that others may wait for: executions
 * first, then the other tables in the order of relations[].  Where old
 * partitions go, and strong locks are needed, none is waited for while others
 * are held; see lock_for_change().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "fdw/names.h"
#include "materialize/load.h"
#include "materialize/native.h"
#include "materialize/source.h"
#include "materialize/sql.h"
#include "materialize/subtransaction.h"
#include "pandelephant.h"
#include "relations/list.h"

/* The parameters of pe_materialize(). */
enum
{
	SOURCE,
	TARGET,
	IF_EXISTS,
	RELATIONS
};

/* What to do where the target has an execution of that name. */
typedef enum IfExists
{
	IF_EXISTS_ERROR,
	IF_EXISTS_SKIP,
	IF_EXISTS_REPLACE
} IfExists;

typedef struct Materialization
{
	Source		source;
	const char *target;
	const char *extension_schema;
	uint32		copied;			/* set of places in relations[] */
	int64		execution_id;
	bool		is_replacement;
	bool		was_overtaken;	/* another made an execution of that name meanwhile */
	Oid			partitions[MAX_RELATIONS];	/* that were built */
	uint64		row_counts[MAX_RELATIONS];
} Materialization;

/* A relation's name and number of rows: what pe_materialize() returns. */
typedef struct CopiedRelation
{
	const char *name;
	uint64		row_count;
} CopiedRelation;

PG_FUNCTION_INFO_V1(pe_materialize);
PG_FUNCTION_INFO_V1(pe_drop_execution);

static int
place_of_relation(const PlogRelation *relation)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (relations[i] == relation)
			return i;
	}
	pg_unreachable();
}

/*
 * Add a relation, and what it refers to, to the set.
 */
static uint32
with_dependencies(uint32 copied, const PlogRelation *relation)
{
	copied |= COLUMN_BIT(place_of_relation(relation)) |
		COLUMN_BIT(place_of_relation(&executions_relation));
	for (int i = 0; relation->native.references[i][0] != NULL; i++)
	{
		const PlogRelation *referenced = find_relation(relation->native.references[i][1]);

		if (referenced != relation)
			copied = with_dependencies(copied, referenced);
	}
	return copied;
}

/*
 * Views are not copied, what they show is.
 */
static uint32
without_views(uint32 copied)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (relations[i]->native.kind == NATIVE_VIEW)
			copied &= ~COLUMN_BIT(i);
	}
	return copied;
}

/*
 * The relations that the caller named, and what they refer to.
 */
static uint32
named_relations(ArrayType *names)
{
	uint32		copied = with_dependencies(0, &executions_relation);
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *name;
		const PlogRelation *relation;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a relation must not be NULL")));
		name = TextDatumGetCString(elements[i]);
		relation = find_relation(name);
		if (relation == NULL)
			report_unknown_relation(name);
		copied = with_dependencies(copied, relation);
	}
	return without_views(copied);
}

/*
 * What is copied by default: all that the source has and that is not only
 * copied when asked for.  Without a recording there is nothing to say of one.
 */
static uint32
default_relations(const Source *source)
{
	uint32		copied = with_dependencies(0, &executions_relation);

	for (int i = 0; i < relation_count; i++)
	{
		if (OidIsValid(source->tables[i]) && !relations[i]->native.on_request &&
			relations[i]->native.kind != NATIVE_VIEW &&
			(!relations[i]->native.needs_recording || source->execution.recording != NULL))
			copied = with_dependencies(copied, relations[i]);
	}
	return copied;
}

static void
check_source_has(const Source *source, uint32 copied)
{
	for (int i = 0; i < relation_count; i++)
	{
		if ((copied & COLUMN_BIT(i)) != 0 && !OidIsValid(source->tables[i]))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("schema \"%s\" has no foreign table for the relation \"%s\"",
							source->schema, relations[i]->name),
					 errhint("Other relations refer to it.  Import it with IMPORT FOREIGN SCHEMA.")));
	}
}

static IfExists
parse_if_exists(const char *text)
{
	if (strcmp(text, "error") == 0)
		return IF_EXISTS_ERROR;
	if (strcmp(text, "skip") == 0)
		return IF_EXISTS_SKIP;
	if (strcmp(text, "replace") == 0)
		return IF_EXISTS_REPLACE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for parameter \"if_exists\": \"%s\"", text),
			 errhint("Valid values are \"error\", \"skip\" and \"replace\".")));
	pg_unreachable();
}

static void
report_existing(const char *target, const char *execution)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("schema \"%s\" already has an execution \"%s\"", target, execution),
			 errhint("Use if_exists => 'skip' or 'replace', or attach the log under another name.")));
}

/* What find_execution() looks for, and finds. */
typedef struct Search
{
	const char *target;
	const char *name;
	int64	   *execution_id;
	bool		found;
} Search;

static void
search_execution(void *argument)
{
	Search	   *search = argument;

	search->found = native_table_exists(search->target, &executions_relation) &&
		sql_get_bigint_of_now(search->execution_id, "SELECT execution_id FROM %s WHERE name = %s",
							  native_table(search->target, &executions_relation),
							  quote_literal_cstr(search->name));
}

/*
 * The id of the target's execution of that name.  False where it has none.  It
 * may be one that the transaction's snapshot does not show.
 *
 * The lock on executions is not kept: whoever then waited to replace or drop
 * one would be in the way of the session that it waits for.
 */
static bool
find_execution(const char *target, const char *name, int64 *execution_id)
{
	Search		search = {target, name, execution_id, false};
	ErrorData  *error = run_in_subtransaction(search_execution, &search, true);

	if (error != NULL)
		ReThrowError(error);
	return search.found;
}

/*
 * An id for a new execution.
 */
static int64
next_execution_id(const char *target)
{
	int64		execution_id;

	if (!sql_get_bigint(&execution_id,
						"SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(%s, 'execution_id')::pg_catalog.regclass)",
						quote_literal_cstr(native_table(target, &executions_relation))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"execution_id\" of table \"%s.executions\" has no sequence", target)));
	return execution_id;
}

/*
 * The names of a relation's columns.
 */
static char *
column_names(const PlogRelation *relation)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < relation->column_count; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name));
	return names.data;
}

/*
 * Copy a relation of the source into a table, by INSERT … SELECT.
 */
static uint64
copy_relation(const Materialization *copy, int place, const char *table)
{
	Oid			source = copy->source.tables[place];

	return sql_run("INSERT INTO %s (%s) SELECT %s FROM %s", table, column_names(relations[place]),
				   source_columns(&copy->source, place, copy->execution_id),
				   quote_qualified_identifier(copy->source.schema, get_rel_name(source)));
}

/*
 * The partitions to build, in the order of relations[].  Returns how many.
 */
static int
list_partitions(const Materialization *copy, LoadedPartition *partitions)
{
	int			count = 0;

	for (int i = 0; i < relation_count; i++)
	{
		LoadedPartition *partition = &partitions[count];

		if (!has_partitions(relations[i]) || (copy->copied & COLUMN_BIT(i)) == 0)
			continue;
		memset(partition, 0, sizeof(*partition));
		partition->relation = relations[i];
		partition->table = copy->partitions[i];
		count++;
	}
	return count;
}

/*
 * Can all partitions be loaded in one pass over the log?
 */
static bool
can_bulk_load(const Materialization *copy, const LoadedPartition *partitions, int count)
{
	if (!pandelephant_bulk_load)
		return false;
	for (int i = 0; i < count; i++)
	{
		const PlogRelation *relation = partitions[i].relation;

		if (!can_load(relation, copy->source.tables[place_of_relation(relation)],
					  partitions[i].table))
			return false;
	}
	return true;
}

/*
 * Load the partitions in one pass over the log.  Keys are declared while they
 * are empty: the rows meet them by construction, which need not be checked
 * then, and their indexes are built afterwards.
 */
static void
bulk_load(const Materialization *copy, LoadedPartition *partitions, int count)
{
	ExecutionOptions execution = copy->source.execution;

	execution.execution_id = copy->execution_id;
	for (int i = 0; i < count; i++)
	{
		const PlogRelation *relation = partitions[i].relation;

		/* the foreign table must show all columns here, too */
		(void) source_columns(&copy->source, place_of_relation(relation), copy->execution_id);
		add_primary_key(relation, partitions[i].table);
		add_foreign_keys(relation, partitions[i].table, copy->partitions);
	}
	load_partitions(&execution, native_table_oid(copy->target, &executions_relation),
					partitions, count);
	for (int i = 0; i < count; i++)
	{
		const PlogRelation *relation = partitions[i].relation;

		rebuild_indexes(partitions[i].table);
		index_partition(copy->target, relation, partitions[i].table, partitions[i].longest_text);
	}
}

/*
 * Load the partitions relation by relation: any table will do.
 */
static void
load_by_insert(const Materialization *copy, LoadedPartition *partitions, int count)
{
	for (int i = 0; i < count; i++)
	{
		const PlogRelation *relation = partitions[i].relation;
		Oid			partition = partitions[i].table;

		partitions[i].row_count =
			copy_relation(copy, place_of_relation(relation), table_name(partition));
		add_primary_key(relation, partition);
		index_partition(copy->target, relation, partition, find_longest_text(relation, partition));
		add_foreign_keys(relation, partition, copy->partitions);
	}
}

/*
 * Build the execution's partitions, loaded and indexed, out of others' sight.
 */
static void
build_partitions(Materialization *copy)
{
	LoadedPartition partitions[MAX_RELATIONS];
	int			count;

	for (int i = 0; i < relation_count; i++)
	{
		if (has_partitions(relations[i]) && (copy->copied & COLUMN_BIT(i)) != 0)
			copy->partitions[i] = create_partition(copy->target, relations[i], copy->execution_id,
												   copy->is_replacement);
	}
	count = list_partitions(copy, partitions);
	if (can_bulk_load(copy, partitions, count))
		bulk_load(copy, partitions, count);
	else
		load_by_insert(copy, partitions, count);
	for (int i = 0; i < count; i++)
		copy->row_counts[place_of_relation(partitions[i].relation)] = partitions[i].row_count;
}

static void
attach_partitions(const Materialization *copy)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (has_partitions(relations[i]) && (copy->copied & COLUMN_BIT(i)) != 0)
			attach_partition(copy->target, relations[i], copy->execution_id, copy->partitions[i]);
	}
}

/*
 * Show a new execution, unless there is one of its name by now: from another
 * source, for those from this one wait.
 */
static void
show_new_execution(Materialization *copy)
{
	int			place = place_of_relation(&executions_relation);
	const char *table = native_table(copy->target, &executions_relation);
	int64		execution_id;

	sql_run("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", table);
	if (find_execution(copy->target, copy->source.execution.name, &execution_id))
	{
		copy->was_overtaken = true;
		report_existing(copy->target, copy->source.execution.name);
	}
	copy->row_counts[place] = copy_relation(copy, place, table);
	attach_partitions(copy);
}

/*
 * Report that the transaction's snapshot does not show the execution's row,
 * where that is why none was changed.
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
 * The assignments that bring an execution's row up to date.
 */
static void
update_execution(Materialization *copy)
{
	int			place = place_of_relation(&executions_relation);
	const char *names = column_names(&executions_relation);

	copy->row_counts[place] =
		sql_run("UPDATE %s SET (%s) = (SELECT %s FROM %s) WHERE execution_id = " INT64_FORMAT,
				native_table(copy->target, &executions_relation), names,
				source_columns(&copy->source, place, copy->execution_id),
				quote_qualified_identifier(copy->source.schema,
										   get_rel_name(copy->source.tables[place])),
				copy->execution_id);
	check_is_in_snapshot(copy->row_counts[place]);
}

/*
 * Put an execution's new partitions in the place of its old ones.
 */
static void
show_replaced_execution(Materialization *copy)
{
	bool		is_current = native_tables_are_current(copy->target, copy->extension_schema);

	lock_for_change(copy->target, copy->execution_id, !is_current);
	if (!is_current)
		update_native_tables(copy->target, copy->extension_schema);
	drop_partitions(copy->target, copy->execution_id);
	update_execution(copy);
	attach_partitions(copy);
}

/*
 * Bring tables that an earlier version made up to date, and show a new execution.
 */
static void
update_and_show_new_execution(Materialization *copy)
{
	lock_for_change(copy->target, copy->execution_id, true);
	update_native_tables(copy->target, copy->extension_schema);
	show_new_execution(copy);
}

/*
 * Analyze what was built, before others have to wait for it.
 */
static void
analyze_partitions(const Materialization *copy)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (has_partitions(relations[i]) && (copy->copied & COLUMN_BIT(i)) != 0)
			sql_run("ANALYZE %s", table_name(copy->partitions[i]));
	}
}

/*
 * Load and show an execution that there is none of that name of.
 */
static void
add_execution(void *argument)
{
	Materialization *copy = argument;

	if (!native_tables_are_current(copy->target, copy->extension_schema))
		wait_for_replacements(copy->target);
	wait_for_changes(copy->target);
	copy->execution_id = next_execution_id(copy->target);
	build_partitions(copy);
	analyze_partitions(copy);
	if (native_tables_are_current(copy->target, copy->extension_schema))
		show_new_execution(copy);
	else
		update_and_show_new_execution(copy);
}

/*
 * The same; but false, and nothing done, where another was faster.
 */
static bool
try_to_add_execution(Materialization *copy)
{
	ErrorData  *error = run_in_subtransaction(add_execution, copy, false);

	if (error == NULL)
		return true;
	if (!copy->was_overtaken)
		ReThrowError(error);
	FreeErrorData(error);
	copy->was_overtaken = false;
	return false;
}

static void
replace_execution(Materialization *copy)
{
	copy->is_replacement = true;
	wait_for_changes(copy->target);
	build_partitions(copy);
	analyze_partitions(copy);
	show_replaced_execution(copy);
}

/*
 * Partitions are loaded before they are attached, and so before a publication of
 * the table has them.
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

/*
 * Copy the source.  False where there was nothing to do.
 */
static bool
materialize(Materialization *copy, IfExists if_exists)
{
	const char *name = copy->source.execution.name;
	bool		exists;

	ensure_native_tables(copy->target, copy->extension_schema);
	wait_for_source(copy->target, copy->source.schema);
	do
	{
		exists = find_execution(copy->target, name, &copy->execution_id);
		if (exists && if_exists == IF_EXISTS_ERROR)
			report_existing(copy->target, name);
		if (exists && if_exists == IF_EXISTS_SKIP)
			return false;
		if (exists)
		{
			/* the one that is waited for may drop it */
			wait_for_replacements(copy->target);
			exists = find_execution(copy->target, name, &copy->execution_id);
		}
	} while (!exists && !try_to_add_execution(copy));
	if (exists)
		replace_execution(copy);
	sql_run("ANALYZE %s", native_table(copy->target, &executions_relation));
	warn_of_publication(copy->target);
	return true;
}

/*
 * What was copied, for the calls that return it row by row.
 */
static CopiedRelation *
list_copied(const Materialization *copy, uint64 *count)
{
	CopiedRelation *copied = palloc(sizeof(CopiedRelation) * MAX_RELATIONS);

	*count = 0;
	for (int i = 0; i < relation_count; i++)
	{
		if ((copy->copied & COLUMN_BIT(i)) == 0)
			continue;
		copied[*count].name = relations[i]->name;
		copied[(*count)++].row_count = copy->row_counts[i];
	}
	return copied;
}

/*
 * Do all of pe_materialize() in its first call.
 */
static void
start_materialize(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	Materialization copy;
	IfExists	if_exists;

	memset(&copy, 0, sizeof(copy));
	if (PG_ARGISNULL(SOURCE) || PG_ARGISNULL(TARGET) || PG_ARGISNULL(IF_EXISTS))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source, target and if_exists of pe_materialize() must not be NULL")));
	if_exists = parse_if_exists(text_to_cstring(PG_GETARG_TEXT_PP(IF_EXISTS)));
	copy.target = NameStr(*PG_GETARG_NAME(TARGET));
	copy.extension_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	copy.source = find_source(NameStr(*PG_GETARG_NAME(SOURCE)));
	copy.copied = PG_ARGISNULL(RELATIONS) ? default_relations(&copy.source) :
		named_relations(PG_GETARG_ARRAYTYPE_P(RELATIONS));
	check_source_has(&copy.source, copy.copied);

	sql_connect();
	if (!materialize(&copy, if_exists))
		copy.copied = 0;
	sql_finish();
	call->user_fctx = list_copied(&copy, &call->max_calls);
}

/*
 * Copy a log's foreign tables into native tables.  Returns a row for each
 * relation that was copied.
 */
Datum
pe_materialize(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	CopiedRelation *copied;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;
		TupleDesc	descriptor;

		/* else a standby would say that it cannot have a lock */
		PreventCommandDuringRecovery("pe_materialize()");
		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(descriptor);
		start_materialize(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	copied = (CopiedRelation *) call->user_fctx + call->call_cntr;
	values[0] = CStringGetTextDatum(copied->name);
	values[1] = Int64GetDatum((int64) copied->row_count);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

/*
 * Drop an execution from the native tables.  False where there is none of that
 * name.
 */
Datum
pe_drop_execution(PG_FUNCTION_ARGS)
{
	char	   *execution = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *target = NameStr(*PG_GETARG_NAME(1));
	int64		execution_id;
	bool		found = false;

	PreventCommandDuringRecovery("pe_drop_execution()");
	sql_connect();
	(void) check_native_tables(target);
	if (native_table_exists(target, &executions_relation))
	{
		wait_for_replacements(target);
		found = find_execution(target, execution, &execution_id);
	}
	if (found)
	{
		lock_for_change(target, execution_id, false);
		drop_partitions(target, execution_id);
		check_is_in_snapshot(sql_run("DELETE FROM %s WHERE execution_id = " INT64_FORMAT,
									 native_table(target, &executions_relation), execution_id));
	}
	sql_finish();
	PG_RETURN_BOOL(found);
}
