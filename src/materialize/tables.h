/*-------------------------------------------------------------------------
 *
 * tables.h
 *		Making the native tables of a target schema.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_TABLES_H
#define PANDELEPHANT_TABLES_H

#include "materialize/native.h"

/*
 * Report a table or view that has the name of a native one but is none, and one
 * whose owner is not to be trusted.  Returns whether all native tables are there.
 */
extern bool check_native_tables(const NativeTarget *target);

/*
 * Create the schema and the missing tables and views, after such a check.
 */
extern void ensure_native_tables(const NativeTarget *target);

/*
 * Are the tables and the view as this version makes them?  Tables of an earlier
 * version lack columns.  An update loses nothing; it must be done under the locks
 * of lock_for_change() with changes_tables.
 */
extern bool native_tables_are_current(const NativeTarget *target);
extern void update_native_tables(const NativeTarget *target);

#endif							/* PANDELEPHANT_TABLES_H */
