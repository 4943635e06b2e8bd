/*-------------------------------------------------------------------------
 *
 * logs.h
 *		Several logs at once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOGS_H
#define LOGS_H

#include "log.h"

typedef struct LogSet
{
	Log		   *logs;
	int			count;
	char	   *schema;			/* where all of them are found, once they are attached */
} LogSet;

/*
 * Take the operands that are left as logs; a directory stands for the logs in
 * it.  End unless all of them can be read.
 */
extern void logs_take(LogSet *set);
/* Attach them, each as an execution, and put them in the search path. */
extern void logs_open(PGconn *connection, LogSet *set);
/*
 * Detach them, and leave the database to the next call if that can be done.  For
 * a command that has written nothing else but temporary tables, or only into schemas
 * of its own.  The connection is closed then.
 */
extern void logs_leave(PGconn *connection, const LogSet *set);
/* The same of one log that was opened alone. */
extern void log_leave(PGconn *connection, const Log *log);

#endif
