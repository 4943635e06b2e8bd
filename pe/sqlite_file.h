/*-------------------------------------------------------------------------
 *
 * sqlite_file.h
 *		A SQLite file that is written in one go.
 *
 * The file appears under its name when it is whole.  What fails ends pe, and
 * leaves nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQLITE_FILE_H
#define SQLITE_FILE_H

#include <libpq-fe.h>

#include "pe.h"

/* Begin a file, which must not be there, unless it may be overwritten. */
extern void sqlite_begin(const char *path, bool overwrite);
/* Run statements. */
extern void sqlite_run(const char *sql);
/* Prepare for rows of a table, whose columns a result has. */
extern void sqlite_table(const char *table, const PGresult *result);
extern void sqlite_row(const PGresult *result, int row);
extern void sqlite_table_end(void);
/* Give the file its name. */
extern void sqlite_end(void);

#endif
