/*-------------------------------------------------------------------------
 *
 * native.h
 *		The native tables of a target schema.
 *
 * executions is a plain table.  Every other relation is a table partitioned by
 * execution_id; each execution has a partition of its own, called after the
 * relation and the execution_id.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_NATIVE_H
#define PANDELEPHANT_NATIVE_H

#include "relations/relation.h"

/* Is the relation kept in a partitioned table of its own? */
static inline bool
has_partitions(const PlogRelation *relation)
{
	return relation != &executions_relation && !relation->is_view;
}

/* A relation's table, qualified and quoted. */
extern char *native_table(const char *target, const PlogRelation *relation);

/*
 * An execution's partition of a relation: quoted, alone and qualified.  A new
 * one stands beside the one that it will replace.
 */
extern char *partition_name(const PlogRelation *relation, int64 execution_id, bool is_new);
extern char *partition_of(const char *target, const PlogRelation *relation,
						  int64 execution_id, bool is_new);

/* Does that table exist? */
extern bool native_table_exists(const char *target, const PlogRelation *relation);
extern bool partition_exists(const char *target, const PlogRelation *relation, int64 execution_id);

/*
 * Create the schema and what is missing of its tables and views.  The views
 * call functions of the extension, which is in that schema.
 */
extern void ensure_native_tables(const char *target, const char *extension_schema);

/*
 * Create an empty partition, not attached yet.
 */
extern void create_partition(const char *target, const PlogRelation *relation,
							 int64 execution_id, bool is_new);

/*
 * Give a loaded partition its primary key, its indexes, and the foreign keys
 * to the execution's other partitions.  "copied" has the places in relations[]
 * of those that there are.
 */
extern void index_partition(const char *target, const PlogRelation *relation,
							int64 execution_id, bool is_new, uint32 copied);

/*
 * Detach and drop all of an execution's partitions, and let its row in
 * executions be.  Never cascades.
 */
extern void drop_partitions(const char *target, int64 execution_id);

/*
 * Do something that needs strong locks: it runs in a subtransaction, waits for
 * a lock only for a moment, and is tried again, interruptibly, while it does
 * not get it.
 */
extern void retry_for_locks(void (*work) (void *argument), void *argument);

/*
 * Take the locks of a change to the set of executions, all or none, without
 * waiting: for retry_for_locks().
 */
extern void lock_native_tables(const char *target);

#endif							/* PANDELEPHANT_NATIVE_H */
