/*-------------------------------------------------------------------------
 *
 * sql.h
 *		The words of SQL, as far as pe has to know them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_H
#define SQL_H

/* A statement without the semicolons, blanks and comments at its end. */
extern char *sql_without_end(const char *sql);

#endif
