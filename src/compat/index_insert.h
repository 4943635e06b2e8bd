/*-------------------------------------------------------------------------
 *
 * index_insert.h
 *		Entering a row of a table into the table's indexes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_INDEX_INSERT_H
#define PANDELEPHANT_COMPAT_INDEX_INSERT_H

#include "executor/executor.h"

/*
 * Enter a new row into all indexes of a table, which ExecOpenIndices() has opened.
 * No index may check its keys later than now.
 */
static inline void
insert_index_entries(ResultRelInfo *table, TupleTableSlot *slot, EState *state)
{
	List	   *unchecked;

#if PG_VERSION_NUM >= 160000
	unchecked = ExecInsertIndexTuples(table, slot, state, false, false, NULL, NIL, false);
#elif PG_VERSION_NUM >= 140000
	unchecked = ExecInsertIndexTuples(table, slot, state, false, false, NULL, NIL);
#else
	state->es_result_relation_info = table;
	unchecked = ExecInsertIndexTuples(slot, state, false, NULL, NIL);
#endif
	Assert(unchecked == NIL);
	list_free(unchecked);
}

#endif							/* PANDELEPHANT_COMPAT_INDEX_INSERT_H */
