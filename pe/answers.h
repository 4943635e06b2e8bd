/*-------------------------------------------------------------------------
 *
 * answers.h
 *		What a log answered once, kept for the next time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "log.h"

/*
 * What database_run() gives for a query that depends on the log alone.  Of a log
 * that has not changed since, the answer may be one that was kept.
 */
extern PGresult *ask_once(PGconn *connection, const Log *log, const char *sql, int count,
						  const char *const *values);

#endif
