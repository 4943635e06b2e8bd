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
/* Undo that; false if it cannot be. */
extern bool logs_close(PGconn *connection, const LogSet *set);

#endif
