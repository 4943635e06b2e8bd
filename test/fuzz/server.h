/*-------------------------------------------------------------------------
 *
 * server.h
 *		As much of a PostgreSQL server as printing messages needs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SERVER_H
#define SERVER_H

#include <setjmp.h>

/* Where ereport(ERROR) goes to. */
extern sigjmp_buf server_error;

/* Begin a query, in a database of that encoding; release what it allocated. */
extern void server_begin(int encoding);
extern void server_end(void);

#endif							/* SERVER_H */
