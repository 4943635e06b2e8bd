/*-------------------------------------------------------------------------
 *
 * registry_table.h
 *		The two tables of a library, open to be read.
 *
 * Columns are found by their names, for users may add others to the registry.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTRY_TABLE_H
#define PANDELEPHANT_REGISTRY_TABLE_H

#include "access/genam.h"
#include "utils/relcache.h"

#include "fdw/registry.h"
#include "relations/row_condition.h"

/* The columns of the registry that a scan reads. */
enum
{
	LOG_EXECUTION_ID,
	LOG_NAME,
	LOG_DESCRIPTION,
	LOG_FILENAME,
	LOG_NATIVE,
	LOG_COLUMNS
};

/* The columns of the table of files. */
enum
{
	FILE_EXECUTION_ID,
	FILE_FILENAME,
	FILE_RECOVER,
	FILE_DESCRIPTOR,
	FILE_RECORDING,
	FILE_QCOW,
	FILE_GUEST,
	FILE_BYTES,
	FILE_CHECKSUM,
	FILE_FIRST_OFFSET,
	FILE_LAST_OFFSET,
	FILE_COUNTS,
	FILE_COLUMNS
};

/* Which conditions on execution_id all rows meet. */
#define ALL_EXECUTIONS	((NumberRange) {PG_INT64_MIN, PG_INT64_MAX})

/* A table of a library, open to be read. */
typedef struct OpenTable
{
	Relation	table;
	Oid			index;			/* by execution_id; invalid: there is none */
	AttrNumber	attributes[FILE_COLUMNS];
} OpenTable;

/*
 * Open the registry, or the table of files.  A table that has not all the columns
 * is reported.
 */
extern OpenTable open_log_table(const Registry *registry);
extern OpenTable open_file_table(const Registry *registry);

/*
 * The value of a column in a row.  False if it is NULL.
 */
extern bool registry_value(const OpenTable *open, HeapTuple row, int column, Datum *value);
/* The same as a string; NULL for NULL. */
extern char *registry_text(const OpenTable *open, HeapTuple row, int column);
/* The same as a number; 0 for NULL. */
extern int64 registry_bigint(const OpenTable *open, HeapTuple row, int column);

/*
 * The rows of a table whose execution_id is in a range.
 */
extern SysScanDesc begin_registry_range(const OpenTable *open, NumberRange range, Snapshot snapshot);

/* A table's name with its schema, for messages. */
extern char *qualified_table_name(Oid table);

#endif							/* PANDELEPHANT_REGISTRY_TABLE_H */
