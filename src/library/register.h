/*-------------------------------------------------------------------------
 *
 * register.h
 *		Registering a log in a library, and noting again what has become of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTER_H
#define PANDELEPHANT_REGISTER_H

#include "library/library.h"
#include "log/plog_file.h"

/* A log to be registered, and what came of it. */
typedef struct NewLog
{
	ExecutionOptions execution; /* name NULL: the file's */
	bool		has_execution_id;	/* else it gets the next one */
	const char *guest;			/* option "guest" as given, or NULL */
	const char *source;			/* the directory or pattern that named it, or NULL */
	int64		entry_count;
	bool		complete;
} NewLog;

/*
 * Register a log: its catalog is made, if it is not at hand, and what is in the log
 * is noted.  Name and execution_id are set to what it got.  The caller is connected
 * to SPI and has checked the privilege to name files.
 */
extern void register_log(const Library *library, NewLog *log);

/*
 * Wait for other sessions that register files of directories and patterns, and let them
 * wait until the transaction ends: what one has found new is not new to the next.
 */
extern void lock_sources(const Library *library);

/*
 * Note again what is in a registered log.  False if it is not registered any more, or in
 * a large object by now.
 */
extern bool renew_log(const Library *library, const RegisteredLog *log);

/* Report an error if a log is not as it was registered. */
extern void check_log(const RegisteredLog *log);

/*
 * Note of a log in a large object, if it is in one, that it is as it was registered.  The
 * active snapshot sees the large object.
 */
extern void note_version(const Library *library, const RegisteredLog *log);

/*
 * Note that a log is in a large object from now on, which the active snapshot sees, and
 * not in its file.
 */
extern void note_stored(const Library *library, const RegisteredLog *log, Oid object);

/* Is a file registered, or was it until its log was stored in a large object? */
extern bool file_is_registered(const Library *library, const char *filename);

/* Is it, or was it before its execution was removed? */
extern bool file_is_known(const Library *library, const char *filename);

#endif							/* PANDELEPHANT_REGISTER_H */
