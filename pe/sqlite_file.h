/*-------------------------------------------------------------------------
 *
 * sqlite_file.h
 *		The SQLite file that pe writes.
 *
 * A new one appears under its name when it is whole, and one that is there is
 * changed by one transaction.  What fails ends pe, and leaves nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQLITE_FILE_H
#define SQLITE_FILE_H

#include <libpq-fe.h>
#include <sqlite3.h>

#include "pe.h"

/* Begin a file, which must not be there, unless it may be overwritten. */
extern void sqlite_begin(const char *path, bool overwrite);
/* Begin to change a file, which is made if it is not there. */
extern void sqlite_change(const char *path);
/* Run statements. */
extern void sqlite_run(const char *sql);
/* Prepare one; it is to be given up by sqlite3_finalize(). */
extern sqlite3_stmt *sqlite_prepare(const char *sql);
/* End unless SQLite's code is that of success. */
extern void sqlite_check(int code);
/*
 * Prepare for rows of a table, whose columns a result has.  Values whose
 * argument_type is BYTES can become blobs.
 */
extern void sqlite_table(const char *table, const PGresult *result, bool bytes_are_blobs);
extern void sqlite_row(const PGresult *result, int row);
extern void sqlite_table_end(void);
/* Give a new file its name, or end the transaction. */
extern void sqlite_end(void);
/* The file's name, for complaints. */
extern const char *sqlite_name(void);

#endif
