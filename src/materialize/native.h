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

/* The Oid of that table, or invalid where there is none; does it exist? */
extern Oid	native_table_oid(const char *target, const PlogRelation *relation);
extern Oid	partition_oid(const char *target, const PlogRelation *relation,
						  int64 execution_id, bool is_new);
extern bool native_table_exists(const char *target, const PlogRelation *relation);
extern bool partition_exists(const char *target, const PlogRelation *relation, int64 execution_id);

/*
 * Report what has the name of a native table or view, but is none, and those
 * whose owner is not to be trusted.  Is everything there?
 */
extern bool check_native_tables(const char *target);

/*
 * Create the schema and what is missing of its tables and views.  The views
 * call functions of the extension, which is in that schema.
 */
extern void ensure_native_tables(const char *target, const char *extension_schema);

/*
 * Have the tables all columns, and does the view of system calls use them?  Those
 * that an earlier version made lack some.  To bring them up to date takes the
 * locks of lock_native_tables(); nothing that they hold is lost.
 */
extern bool native_tables_are_current(const char *target, const char *extension_schema);
extern void update_native_tables(const char *target, const char *extension_schema);

/*
 * Wait while another session makes the execution of that name; and, to replace
 * or drop one, while another replaces or drops any.  Both hold to the end of the
 * transaction.  Two that replace at once would each keep the other from its
 * locks; so no native table may be locked, not even to be read, by who waits.
 */
extern void wait_for_replacements(const char *target);
extern void wait_for_execution(const char *target, const char *name);

/*
 * Create an empty partition, not attached yet, with all of the relation's columns.
 */
extern void create_partition(const char *target, const PlogRelation *relation,
							 int64 execution_id, bool is_new);

/*
 * Give a partition its primary key.
 */
extern void add_primary_key(const char *target, const PlogRelation *relation,
							int64 execution_id, bool is_new);

/*
 * Give a partition the foreign keys to the execution's other partitions.
 * "copied" has the places in relations[] of those that there are.
 */
extern void add_foreign_keys(const char *target, const PlogRelation *relation,
							 int64 execution_id, bool is_new, uint32 copied);

/*
 * Build a table's indexes again, for rows that load_partitions() put there.
 */
extern void rebuild_indexes(Oid table);

/*
 * The length of a loaded partition's longest value in the column with the
 * text_index, in bytes; 0 where there is none.
 */
extern uint64 find_longest_text(const char *target, const PlogRelation *relation,
								int64 execution_id, bool is_new);

/*
 * Give a loaded partition its indexes.
 */
extern void index_partition(const char *target, const PlogRelation *relation,
							int64 execution_id, bool is_new, uint64 longest_text);

/*
 * Detach and drop all of an execution's partitions, and let its row in
 * executions be.  Never cascades.
 */
extern void drop_partitions(const char *target, int64 execution_id);

/*
 * Do something that needs strong locks: it runs in a subtransaction, waits for
 * a lock only for a moment, and is tried again, interruptibly, while it does
 * not get it.  An error is reported where a session that keeps it from them waits
 * for this one.
 */
extern void retry_for_locks(const char *target, void (*work) (void *argument), void *argument);

/*
 * Take the locks of a change to the set of executions, all or none, without
 * waiting: for retry_for_locks().
 */
extern void lock_native_tables(const char *target);

#endif							/* PANDELEPHANT_NATIVE_H */
