/*-------------------------------------------------------------------------
 *
 * group_table.h
 *		Groups of rows by their keys, each with the states of some aggregates.
 *
 * A key is a string of bytes: two rows are in the same group if their keys are the
 * same bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_GROUP_TABLE_H
#define PANDELEPHANT_GROUP_TABLE_H

#include "fdw/aggregate_state.h"

typedef struct GroupTable GroupTable;

/*
 * Make an empty table in a new memory context below the current one.  forms are of
 * the aggregates, and are kept by the caller.  When the groups take more than so
 * many bytes, they are sorted on disk.
 */
extern GroupTable *group_table_create(const AggregateForm *forms, int form_count,
									  Size most_bytes);

/* Free it with all groups. */
extern void group_table_free(GroupTable *table);

/* The states of the group of a key, which is added if it is new. */
extern AggregateState *group_table_find(GroupTable *table, const char *key, Size key_bytes);

/* No more keys will come: be ready to give the groups. */
extern void group_table_finish(GroupTable *table);

/* The next group, valid until the next call.  False at the end. */
extern bool group_table_next(GroupTable *table, const char **key, AggregateState **states);

/* Were groups sorted on disk? */
extern bool group_table_is_sorted(const GroupTable *table);

#endif							/* PANDELEPHANT_GROUP_TABLE_H */
