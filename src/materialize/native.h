/*-------------------------------------------------------------------------
 *
 * native.h
 *		The native tables of a target schema: names, finding them, owners, columns.
 *
 * The table executions has a row for each execution.  Most other relations are
 * tables partitioned by execution_id, or tables without partitions in the layout
 * "plain"; some are views of those.  NativeShape.kind says which.  A partition is
 * made for one execution, or shared by many: see place.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_NATIVE_H
#define PANDELEPHANT_NATIVE_H

#include "relations/relation.h"

/* How many characters of a text that may be long are indexed. */
#define INDEXED_START			256

typedef enum NativeLayout
{
	LAYOUT_PARTITIONED,
	LAYOUT_PLAIN				/* see plain.h */
} NativeLayout;

/* A target schema, and the execution in it that is being worked on. */
typedef struct NativeTarget
{
	const char *schema;
	const char *extension_schema;	/* has the functions that views and indexes call */
	NativeLayout new_layout;	/* of tables that are made where there are none */
	int64		execution_id;
	bool		is_replacement;	/* new partitions stand beside those they will replace */
} NativeTarget;

/* The table, view or index of that name in the target; invalid if there is none. */
extern Oid	find_in_target(const NativeTarget *target, const char *name);

/*
 * Does the target have a table, or a type, that keeps a table from having that
 * name?
 */
extern bool is_taken_in_target(const NativeTarget *target, const char *name);

/* A table's name, qualified and quoted; likewise of a relation's native table. */
extern char *table_name(Oid table);
extern char *native_table(const NativeTarget *target, const PlogRelation *relation);

/* A relation's native table or view; invalid if there is none. */
extern Oid	native_table_oid(const NativeTarget *target, const PlogRelation *relation);
extern bool native_table_exists(const NativeTarget *target, const PlogRelation *relation);

/*
 * The layout of the tables that are there, or else of those that will be made.
 */
extern NativeLayout native_layout(const NativeTarget *target);

/* Does a relation refer to another one, and by that to the execution? */
extern bool refers_to_another(const PlogRelation *relation);

/*
 * The partition of a relation's table that holds the execution, whatever its
 * name is; invalid if there is none.  Is it made for other executions, too?
 */
extern Oid	partition_oid(const NativeTarget *target, const PlogRelation *relation,
						  bool *is_shared);

/* How many partitions of a relation's table are made for one execution each. */
extern int	own_partition_count(const NativeTarget *target, const PlogRelation *relation);

/*
 * Give what was added to a table to the table's owner.  Any member of the owning
 * role may add something, and could take it away again if it stayed his own.
 */
extern void give_to_owner_of(Oid table, Oid added);

/* The names of a relation's columns, as SQL. */
extern char *column_names(const PlogRelation *relation);

/*
 * Tables that an earlier version made lack some of their relation's columns.
 * They are added behind the others, and are NULL in all rows.
 */
extern bool table_has_all_columns(Oid table, const PlogRelation *relation);
extern void add_missing_columns(Oid table, const PlogRelation *relation);

#endif							/* PANDELEPHANT_NATIVE_H */
