/*-------------------------------------------------------------------------
 *
 * materialize.c
 *		The functions pe_materialize(), pe_drop_execution() and pe_native_tables().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "fdw/registry.h"
#include "materialize/choice.h"
#include "materialize/execution.h"
#include "materialize/result_rows.h"
#include "materialize/sql.h"
#include "materialize/tables.h"

/* The parameters of pe_materialize(). */
enum
{
	SOURCE,
	TARGET,
	IF_EXISTS,
	RELATIONS
};

/* A row of pe_materialize(): a relation's name and number of rows. */
typedef struct CopiedRelation
{
	const char *name;
	uint64		row_count;
} CopiedRelation;

PG_FUNCTION_INFO_V1(pe_materialize);
PG_FUNCTION_INFO_V1(pe_drop_execution);
PG_FUNCTION_INFO_V1(pe_native_tables);

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

/*
 * The target schema that a parameter of a function names.
 */
static NativeTarget
target_of_call(FunctionCallInfo fcinfo, int parameter)
{
	NativeTarget target = {0};

	target.schema = NameStr(*PG_GETARG_NAME(parameter));
	target.extension_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	return target;
}

/*
 * Report native tables of a library, whose registry says what is in them.
 */
static void
check_is_no_library(const NativeTarget *target)
{
	Oid			executions = native_table_oid(target, &executions_relation);
	const char *referred;

	if (!OidIsValid(executions) || get_rel_relkind(executions) != RELKIND_RELATION)
		return;
	referred = get_rel_name(table_of_executions(executions));

	/* a user's own table may be referred to, too */
	if (referred == NULL || strcmp(referred, REGISTRY_TABLE) != 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("the native tables of schema \"%s\" belong to a library", target->schema),
			 errhint("Use pe_materialize() with the library and the names of executions, pe_library_freeze() or pe_library_remove().")));
}

/*
 * List what was copied, in the order of relations[].
 */
static CopiedRelation *
list_copied(const Materialization *copy)
{
	CopiedRelation *copied = palloc(sizeof(CopiedRelation) * (copy->partition_count + 1));

	copied[0].name = executions_relation.name;
	copied[0].row_count = copy->execution_count;
	for (int i = 0; i < copy->partition_count; i++)
	{
		copied[i + 1].name = copy->partitions[i].relation->name;
		copied[i + 1].row_count = copy->partitions[i].row_count;
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
	copy.target = target_of_call(fcinfo, TARGET);
	check_is_no_library(&copy.target);
	copy.source = find_source(NameStr(*PG_GETARG_NAME(SOURCE)));
	copy.copied = choose_relations(&copy.source, PG_ARGISNULL(RELATIONS) ? NULL :
								   PG_GETARG_ARRAYTYPE_P(RELATIONS));

	/* a large object may have been made by an argument of this call */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	sql_connect();
	if (materialize(&copy, if_exists))
		call->max_calls = (uint64) copy.partition_count + 1;
	sql_finish();
	PopActiveSnapshot();
	call->user_fctx = list_copied(&copy);
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

		/* the error that a standby would raise otherwise is about a lock */
		PreventCommandDuringRecovery("pe_materialize()");
		call = begin_result_rows(fcinfo, &caller);
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
 * Drop an execution from the native tables.  False if there is none of that
 * name.
 */
Datum
pe_drop_execution(PG_FUNCTION_ARGS)
{
	char	   *execution = text_to_cstring(PG_GETARG_TEXT_PP(0));
	NativeTarget target = target_of_call(fcinfo, 1);
	bool		found;

	PreventCommandDuringRecovery("pe_drop_execution()");
	check_is_no_library(&target);
	sql_connect();
	found = drop_execution(&target, execution);
	sql_finish();
	PG_RETURN_BOOL(found);
}

static NativeLayout
parse_layout(const char *text)
{
	if (strcmp(text, "partitioned") == 0)
		return LAYOUT_PARTITIONED;
	if (strcmp(text, "plain") == 0)
		return LAYOUT_PLAIN;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for parameter \"layout\": \"%s\"", text),
			 errhint("Valid values are \"partitioned\" and \"plain\".")));
	pg_unreachable();
}

/*
 * pe_native_tables(schema name, layout text) returns name: make native tables without
 * rows, or those that are missing.
 */
Datum
pe_native_tables(PG_FUNCTION_ARGS)
{
	NativeTarget target = target_of_call(fcinfo, 0);
	NativeLayout layout = parse_layout(text_to_cstring(PG_GETARG_TEXT_PP(1)));

	PreventCommandDuringRecovery("pe_native_tables()");
	target.new_layout = layout;
	sql_connect();
	ensure_native_tables(&target);
	sql_finish();
	if (native_layout(&target) != layout)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("the native tables of schema \"%s\" are of another layout", target.schema),
				 errhint("Name another schema.")));
	PG_RETURN_NAME(PG_GETARG_NAME(0));
}
