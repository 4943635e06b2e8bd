/*-------------------------------------------------------------------------
 *
 * database.h
 *		Connections to PostgreSQL, and what their servers complain of.
 *
 * Nothing here looks at the words of a message: what kind of error it is, its
 * SQLSTATE tells.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DATABASE_H
#define DATABASE_H

#include <libpq-fe.h>

#include "pe.h"

/* Connect.  The connection may be bad; PQstatus tells. */
extern PGconn *database_open(const char *const *keywords, const char *const *values);
extern void database_close(PGconn *connection);

/* Send a statement with parameters in text; it is under way then. */
extern void database_send(PGconn *connection, const char *sql, int count, const char *const *values);
/* Wait for the next result of what is under way; NULL if there is none. */
extern PGresult *database_next(PGconn *connection);
/* Its last result, or its first error. */
extern PGresult *database_finish(PGconn *connection);
extern PGresult *database_run(PGconn *connection, const char *sql, int count,
							  const char *const *values);
/* The same, where an error ends pe, with a code if it has none of its own. */
extern PGresult *database_must(PGconn *connection, int otherwise, const char *sql, int count,
							   const char *const *values);
/* End what is under way, and wait for the server to have ended it. */
extern void database_cancel(void);

/* What is done before a wait, such as showing what there is so far. */
extern void database_while_waiting(void (*work) (void));

extern bool result_is_error(const PGresult *result);
/* "" if it has none, as if the connection was lost */
extern const char *result_state(const PGresult *result);
extern int	code_of_result(PGconn *connection, const PGresult *result, int otherwise);

/*
 * Print an error as one line, with a hint in place of the server's, if one is
 * given.
 */
extern void complain_of_result(PGconn *connection, const PGresult *result, const char *hint);
/* Print a notice or a warning, unless it is the last one again. */
extern void complain_of_notice(const PGresult *result);
/* Print an error in what the user wrote, with its place. */
extern void complain_of_sql(PGconn *connection, const PGresult *result, const char *sql,
							int position_before, bool with_caret);
extern void fail_with_result(PGconn *connection, const PGresult *result, int otherwise) NORETURN;

/* What errors of reading a log hint at: pe's option, not the server's. */
extern void database_hint_for_logs(const char *hint);

#endif
