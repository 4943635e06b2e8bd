/*-------------------------------------------------------------------------
 *
 * log.h
 *		The logs that a command is about.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOG_H
#define LOG_H

#include "database.h"

typedef struct Log
{
	const char *given;			/* its name as it was given */
	char	   *path;			/* absolute; of a compressed one, where it is unpacked */
	char	   *name;			/* the execution's, if the path does not give it */
	char	   *schema;			/* where it is attached */
	char	   *large_object;	/* if it was sent to the server: its number; else NULL */
	bool		recover;
	bool		is_shape;		/* ours, for the tables of such a log, not one of the user's */
} Log;

/* The name of a file without the directories before it. */
extern const char *base_name(const char *path);
/* The name of a log with another ending, for a file in this directory. */
extern char *file_beside(const char *log, const char *ending);
/* A file's absolute name. */
extern char *absolute_path(const char *path);
/* End unless there is a log that can be read; unpack it if it is compressed. */
extern void log_check(Log *log);
/* End if what is here is known for something else. */
extern void log_refuse_others(const Log *log);
/* Take the next operand as the log of a command that is of one, and check it. */
extern void log_take(Log *log);
/* What can be told without the file being here. */
extern void log_name(Log *log, const char *given);

/*
 * Attach it, as an execution of some number; the result is that of pe_attach()
 * or an error.
 */
extern PGresult *log_attach(PGconn *connection, Log *log, int execution_id);
/* The same, where an error ends pe, in the search path. */
extern void log_open(PGconn *connection, Log *log);
/*
 * The same without the views for questions, which take longer to make than the
 * relations, for a command that reads rows as they come.
 */
extern void log_open_relations(PGconn *connection, Log *log);
/* The schema that a log gets by its name, with a number if that is not 0. */
extern char *log_schema(const Log *log, int number);
/* Set the search path to a schema and public. */
extern void set_search_path(PGconn *connection, const char *schema);

/*
 * How many rows a relation of an attached log has, if somebody is to see how
 * far they are; else 0.
 */
extern int64_t log_rows(PGconn *connection, const Log *log, const char *relation);

extern char *quote_name(PGconn *connection, const char *name);

#endif
