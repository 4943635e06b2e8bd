/*-------------------------------------------------------------------------
 *
 * result_rows.c
 *		Functions that return the rows of what they did.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "materialize/result_rows.h"

FuncCallContext *
begin_result_rows(FunctionCallInfo fcinfo, MemoryContext *caller)
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	TupleDesc	descriptor;

	*caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	call->tuple_desc = BlessTupleDesc(descriptor);
	return call;
}
