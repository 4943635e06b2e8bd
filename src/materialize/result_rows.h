/*-------------------------------------------------------------------------
 *
 * result_rows.h
 *		Functions that return the rows of what they did.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RESULT_ROWS_H
#define PANDELEPHANT_RESULT_ROWS_H

#include "fmgr.h"
#include "funcapi.h"

/*
 * Begin to return rows, in the first call.  What is allocated from then on lives until
 * the last row was returned; the caller switches back to *caller when its work is done.
 */
extern FuncCallContext *begin_result_rows(FunctionCallInfo fcinfo, MemoryContext *caller);

#endif							/* PANDELEPHANT_RESULT_ROWS_H */
