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
	return relation->native.kind == NATIVE_PARTITIONED;
}

/* A relation's table, qualified and quoted. */
extern char *native_table(const char *target, const PlogRelation *relation);

/* Any table's name, likewise. */
extern char *table_name(Oid table);

/* The Oid of a relation's table, or invalid where there is none; does it exist? */
extern Oid	native_table_oid(const char *target, const PlogRelation *relation);
extern bool native_table_exists(const char *target, const PlogRelation *relation);

/*
 * The partition of a relation's table that holds an execution, whatever its
 * name; invalid where there is none.  One that holds others, too, is reported.
 */
extern Oid	partition_oid(const char *target, const PlogRelation *relation, int64 execution_id);

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
 * locks of lock_for_change(); nothing that they hold is lost.
 */
extern bool native_tables_are_current(const char *target, const char *extension_schema);
extern void update_native_tables(const char *target, const char *extension_schema);

/*
 * Wait while another session loads from the same source into the same target;
 * while another replaces or drops an execution, to do so; and while one does
 * that last step for which nobody may load, to load.  All hold to the end of the
 * transaction; they are to be waited for in this order, and before a native
 * table is locked, if only to be read.
 */
extern void wait_for_source(const char *target, const char *source);
extern void wait_for_replacements(const char *target);
extern void wait_for_changes(const char *target);

/*
 * Create an empty partition with all columns, not attached yet; a new one stands beside the one
 * that it will replace.  Attach one.
 */
extern Oid	create_partition(const char *target, const PlogRelation *relation,
							 int64 execution_id, bool is_new);
extern void attach_partition(const char *target, const PlogRelation *relation,
							 int64 execution_id, Oid partition);

/*
 * Give a partition its primary key.
 */
extern void add_primary_key(const PlogRelation *relation, Oid partition);

/*
 * Give a partition the foreign keys to the execution's other partitions.
 * "partitions" has those that there are, in the places of relations[].
 */
extern void add_foreign_keys(const PlogRelation *relation, Oid partition, const Oid *partitions);

/*
 * Build a table's indexes again, for rows that load_partitions() put there.
 */
extern void rebuild_indexes(Oid table);

/*
 * The length of a loaded partition's longest value in the column with the
 * text_index, in bytes; 0 where there is none.
 */
extern uint64 find_longest_text(const PlogRelation *relation, Oid partition);

/*
 * Give a loaded partition its indexes.
 */
extern void index_partition(const char *target, const PlogRelation *relation, Oid table,
							uint64 longest_text);

/*
 * Detach and drop all of an execution's partitions, and let its row in
 * executions be.  Never cascades.
 */
extern void drop_partitions(const char *target, int64 execution_id);

/*
 * Lock all that a change to an execution, or to the tables themselves as well,
 * needs, against readers, too: after waiting, but never for one lock while
 * another is held.
 */
extern void lock_for_change(const char *target, int64 execution_id, bool changes_tables);

#endif							/* PANDELEPHANT_NATIVE_H */
