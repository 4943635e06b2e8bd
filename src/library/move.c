/*-------------------------------------------------------------------------
 *
 * move.c
 *		Moving executions of a library into native tables, and back to their logs.
 *
 * An execution has its rows in one place.  The registry says which relations are in
 * native tables; scans of the foreign tables leave those out.  So a move is a load
 * into, or a drop from, the native tables, and an update of the registry's row, in one
 * transaction.  The row is locked first, so that two moves of one execution follow each
 * other.
 *
 * The native executions refer to the registry by a foreign key: the row of an execution
 * that has rows in native tables is neither deleted nor gets another id but by
 * pe_library_remove().  The key also tells that the library's views show the native
 * tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "library/move.h"
#include "library/query.h"
#include "library/register.h"
#include "library/views.h"
#include "materialize/choice.h"
#include "materialize/execution.h"
#include "materialize/result_rows.h"
#include "materialize/sql.h"
#include "relations/list.h"

/* The parameters of pe_materialize() of a library. */
enum
{
	LIBRARY,
	EXECUTIONS,
	RELATIONS
};

/* A row of pe_materialize(): a relation of an execution, and its number of rows. */
typedef struct MovedRelation
{
	const char *execution;
	const char *relation;
	uint64		row_count;
} MovedRelation;

typedef struct Moved
{
	MovedRelation *rows;
	int			count;
	int			capacity;
} Moved;

PG_FUNCTION_INFO_V1(pe_materialize_library);
PG_FUNCTION_INFO_V1(pe_library_freeze);

void
lock_registry(const Library *library)
{
	sql_run("LOCK TABLE %s IN ROW EXCLUSIVE MODE", library_table(library, REGISTRY_TABLE));
}

void
lock_executions(const Library *library, ArrayType *names)
{
	Parameters	parameters = {0};

	lock_registry(library);
	add_parameter(&parameters, TEXTARRAYOID, PointerGetDatum(names), false);
	run_with(psprintf("SELECT FROM %s WHERE name OPERATOR(pg_catalog.=) ANY ($1) "
					  "ORDER BY execution_id FOR UPDATE",
					  library_table(library, REGISTRY_TABLE)), &parameters);
	SPI_freetuptable(SPI_tuptable);
}

bool
lock_execution(const Library *library, const char *name, int64 *execution_id)
{
	Parameters	parameters = {0};
	bool		is_null;
	bool		is_native;

	lock_registry(library);
	add_text(&parameters, name);
	if (run_with(psprintf("SELECT execution_id, native OPERATOR(pg_catalog.<>) '{}' FROM %s "
						  "WHERE name OPERATOR(pg_catalog.=) $1 FOR UPDATE",
						  library_table(library, REGISTRY_TABLE)), &parameters) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("library \"%s\" has no execution \"%s\"", library->schema, name)));
	*execution_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
												&is_null));
	is_native = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2,
										   &is_null));
	SPI_freetuptable(SPI_tuptable);
	return is_native;
}

void
push_latest_snapshot(void)
{
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
}

RegisteredLog
find_registered_log(const Library *library, int64 execution_id)
{
	NumberRange range = {execution_id, execution_id};
	Condition	condition = {.column = COLUMN_EXECUTION_ID,.value_count = 1,.ranges = &range};
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	RegisteredLogs logs = read_registry(&library->registry, snapshot, &condition, 1, NULL);

	UnregisterSnapshot(snapshot);
	if (logs.count == 0)
		elog(ERROR, "execution " INT64_FORMAT " is not registered", execution_id);
	return logs.logs[0];
}

/*
 * Write in the registry which relations of an execution are native.
 */
static void
note_native(const Library *library, int64 execution_id, List *names)
{
	Datum		elements[MAX_RELATIONS];
	int			count = 0;
	Parameters	parameters = {0};
	ListCell   *cell;

	foreach(cell, names)
		elements[count++] = CStringGetTextDatum(lfirst(cell));
	add_bigint(&parameters, execution_id);
	add_parameter(&parameters, TEXTARRAYOID,
				  PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false,
												  TYPALIGN_INT)), false);
	run_with(psprintf("UPDATE %s SET native = $2 WHERE execution_id OPERATOR(pg_catalog.=) $1",
					  library_table(library, REGISTRY_TABLE)), &parameters);
}

/*
 * The relations that the native tables show once an execution was copied.  A view
 * shows the calls of every execution, with such arguments as there are, so both are
 * copied together.
 */
static List *
native_relations(const Materialization *copy)
{
	List	   *names = NIL;

	for (int i = 0; i < copy->partition_count; i++)
		names = lappend(names, (char *) copy->partitions[i].relation->name);
	return lappend(names, (char *) strace_relation.name);
}

static NativeTarget
native_target(const Library *library, int64 execution_id)
{
	NativeTarget target = {0};

	target.schema = library->native;
	target.extension_schema = library->extension_schema;
	target.execution_id = execution_id;
	return target;
}

static void
add_moved(Moved *moved, const char *execution, const char *relation, uint64 row_count)
{
	if (moved->count == moved->capacity)
	{
		moved->capacity = Max(64, moved->capacity * 2);
		moved->rows = moved->rows == NULL ?
			palloc(sizeof(MovedRelation) * moved->capacity) :
			repalloc_huge(moved->rows, sizeof(MovedRelation) * moved->capacity);
	}
	moved->rows[moved->count].execution = execution;
	moved->rows[moved->count].relation = relation;
	moved->rows[moved->count++].row_count = row_count;
}

/*
 * Which relations are copied: those that pe_materialize() copies by default, and those
 * that are asked for.
 */
static RelationSet
choose_moved(const Source *source, ArrayType *names)
{
	RelationSet chosen = choose_relations(source, NULL);

	return names == NULL ? chosen : chosen | choose_relations(source, names);
}

/*
 * The registry may have renamed an execution since it was copied, and another have its
 * name now.  The native tables want a name of its own for each.
 */
static void
free_name(const Library *library, const NativeTarget *target, const char *name)
{
	const char *executions = native_table(target, &executions_relation);
	Parameters	parameters = {0};

	if (!library_has_native(library))
		return;
	add_text(&parameters, name);
	add_bigint(&parameters, target->execution_id);
	run_with(psprintf("UPDATE %s n SET name = CASE WHEN EXISTS "
					  "(SELECT FROM %s o WHERE o.name OPERATOR(pg_catalog.=) l.name) "
					  "THEN pg_catalog.concat(l.name, ' (', n.execution_id, ')') ELSE l.name END "
					  "FROM %s l WHERE l.execution_id OPERATOR(pg_catalog.=) n.execution_id "
					  "AND n.name OPERATOR(pg_catalog.=) $1 "
					  "AND n.execution_id OPERATOR(pg_catalog.<>) $2",
					  executions, executions, library_table(library, REGISTRY_TABLE)),
			 &parameters);
}

/*
 * Copy one execution into the native tables.
 */
static Materialization
move_execution(const Library *library, const char *name, ArrayType *relation_names)
{
	Materialization copy;
	RegisteredLog log;
	int64		execution_id;
	Oid			executions = get_relname_relid(executions_relation.name,
											   get_namespace_oid(library->schema, false));

	if (lock_execution(library, name, &execution_id))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("execution \"%s\" of library \"%s\" is in native tables already", name,
						library->schema)));
	push_latest_snapshot();
	log = find_registered_log(library, execution_id);
	check_log(&log);
	memset(&copy, 0, sizeof(copy));
	copy.target = native_target(library, execution_id);
	copy.keeps_id = true;
	free_name(library, &copy.target, name);
	copy.source = find_library_source(library->cold, executions, &log.execution);
	copy.copied = choose_moved(&copy.source, relation_names);
	(void) materialize(&copy, IF_EXISTS_ERROR);
	PopActiveSnapshot();
	note_native(library, execution_id, native_relations(&copy));
	return copy;
}

/*
 * Are the native tables, if there are any, a part of the library?
 */
static bool
native_is_joined(const Library *library)
{
	NativeTarget target = native_target(library, 0);

	return library_has_native(library) &&
		table_of_executions(native_table_oid(&target, &executions_relation)) ==
		library->registry.logs;
}

/*
 * The foreign key by which native tables become a part of the library takes a lock on the
 * registry, under which nobody else changes it.  It is taken before that on the first row:
 * see lock_registry().
 */
static void
lock_to_join_native(const Library *library)
{
	if (!native_is_joined(library))
		sql_run("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
				library_table(library, REGISTRY_TABLE));
}

/*
 * Make the native tables a part of the library, unless they are.
 */
static void
join_native(const Library *library)
{
	NativeTarget target = native_target(library, 0);

	if (native_is_joined(library))
		return;
	sql_run("ALTER TABLE %s ADD FOREIGN KEY (execution_id) REFERENCES %s",
			native_table(&target, &executions_relation), library_table(library, REGISTRY_TABLE));
	make_library_views(library);
}

/*
 * Do all of pe_materialize() in its first call.
 */
static void
start_move(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	MemoryContext context = CurrentMemoryContext;
	Library		library = library_of_call(fcinfo, LIBRARY);
	Moved	   *moved = palloc0(sizeof(Moved));
	Datum	   *names;
	bool	   *nulls;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(EXECUTIONS), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &count);
	sql_connect();
	if (count > 0)
	{
		lock_to_join_native(&library);
		lock_executions(&library, PG_GETARG_ARRAYTYPE_P(EXECUTIONS));
	}
	for (int i = 0; i < count; i++)
	{
		const char *name = nulls[i] ? NULL :
			MemoryContextStrdup(context, TextDatumGetCString(names[i]));
		Materialization copy;
		MemoryContext caller;

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of an execution must not be NULL")));
		copy = move_execution(&library, name, PG_ARGISNULL(RELATIONS) ? NULL :
							  PG_GETARG_ARRAYTYPE_P(RELATIONS));
		caller = MemoryContextSwitchTo(context);
		add_moved(moved, name, executions_relation.name, copy.execution_count);
		for (int j = 0; j < copy.partition_count; j++)
			add_moved(moved, name, copy.partitions[j].relation->name, copy.partitions[j].row_count);
		MemoryContextSwitchTo(caller);
	}
	if (count > 0)
		join_native(&library);
	sql_finish();
	call->max_calls = (uint64) moved->count;
	call->user_fctx = moved;
}

/*
 * pe_materialize(library name, executions text[], relations text[]): move executions of
 * a library into its native tables.  Returns a row for each relation of each.
 */
Datum
pe_materialize_library(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const MovedRelation *row;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		PreventCommandDuringRecovery("pe_materialize()");
		if (PG_ARGISNULL(EXECUTIONS))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("executions of pe_materialize() must not be NULL")));
		call = begin_result_rows(fcinfo, &caller);
		start_move(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= call->max_calls)
		SRF_RETURN_DONE(call);
	row = &((Moved *) call->user_fctx)->rows[call->call_cntr];
	values[0] = CStringGetTextDatum(row->execution);
	values[1] = CStringGetTextDatum(row->relation);
	values[2] = Int64GetDatum((int64) row->row_count);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

bool
drop_native(const Library *library, int64 execution_id)
{
	NativeTarget target = native_target(library, execution_id);
	Parameters	parameters = {0};
	char	   *name = NULL;

	if (!library_has_native(library))
		return false;

	/* the registry may call it otherwise by now */
	add_bigint(&parameters, execution_id);
	if (run_with(psprintf("SELECT name FROM %s WHERE execution_id OPERATOR(pg_catalog.=) $1",
						  native_table(&target, &executions_relation)), &parameters) > 0)
		name = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	SPI_freetuptable(SPI_tuptable);
	return name != NULL && drop_execution(&target, name);
}

/*
 * pe_library_freeze(schema name, execution text) returns boolean: have an execution read
 * from its log again.  False if nothing of it is in native tables.
 */
Datum
pe_library_freeze(PG_FUNCTION_ARGS)
{
	Library		library;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int64		execution_id;
	bool		is_native;

	PreventCommandDuringRecovery("pe_library_freeze()");
	library = library_of_call(fcinfo, 0);
	sql_connect();
	is_native = lock_execution(&library, name, &execution_id);
	if (is_native)
	{
		RegisteredLog log;

		push_latest_snapshot();
		log = find_registered_log(&library, execution_id);
		check_log(&log);
		PopActiveSnapshot();
		(void) drop_native(&library, execution_id);
		note_native(&library, execution_id, NIL);
	}
	sql_finish();
	PG_RETURN_BOOL(is_native);
}
