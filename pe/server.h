/*-------------------------------------------------------------------------
 *
 * server.h
 *		The private server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SERVER_H
#define SERVER_H

#include "database.h"

/*
 * Take a share in the private server, until the end of pe, and connect to a
 * database in it that is ours alone and has the extension.
 */
extern PGconn *server_enter(void);
/* Make that database anew; the connection is closed. */
extern PGconn *server_enter_again(PGconn *connection);
/* A further connection to it. */
extern PGconn *server_connect(void);

/* For programs and people that are to connect to it. */
extern const char *server_socket_directory(void);
extern const char *server_database(void);

/*
 * Say that the database is as it was when it was entered, by the connection
 * that is then closed; it will serve another call, unless it has grown large, or
 * has a schema more.
 */
extern void server_leave_clean(PGconn *connection);

/* A directory of this user's for files that are kept; made if it is missing. */
extern const char *cache_directory(void);

#endif
