/*-------------------------------------------------------------------------
 *
 * copy.h
 *		Rows that servers send and take by COPY.
 *
 * What fails ends pe.  Signals are seen while something is waited for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COPY_H
#define COPY_H

#include "database.h"

/* Begin a COPY TO STDOUT of the private server. */
extern void copy_out_begin(PGconn *connection, const char *sql);
/*
 * The next piece, which is a row, or in CSV a line.  The caller frees it by
 * PQfreemem().  -1: there was the last one, and the COPY is done.
 */
extern int	copy_out_next(PGconn *connection, char **data);

/* Begin a COPY FROM STDIN. */
extern void copy_in_begin(PGconn *connection, const char *sql);
extern void copy_in_put(PGconn *connection, const char *data, size_t length);
/* End it.  Returns how many rows the server has taken, which the caller frees. */
extern char *copy_in_end(PGconn *connection);

#endif
