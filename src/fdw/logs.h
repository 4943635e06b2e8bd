/*-------------------------------------------------------------------------
 *
 * logs.h
 *		Which logs a scan reads.
 *
 * A scan opens a log, reads its rows, closes it and goes on to the next, so that
 * it has one log open at a time, however many it reads.
 *
 * Of a library's log each scan sees what was registered, or an error is reported: so
 * all scans of a query see the same, whichever process they are in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOGS_H
#define PANDELEPHANT_LOGS_H

#include "fdw/options.h"
#include "fdw/registry.h"
#include "log/plog_file.h"

/*
 * The setting: is a log of a library that cannot be read a warning, and skipped?
 */
extern bool pandelephant_skip_damaged_logs;

/* The logs of a scan, in the order in which they are read. */
typedef struct ScanLogs
{
	bool		are_registered; /* in a library; else there is one */
	RegisteredLogs list;
} ScanLogs;

/*
 * The log that a foreign table of one log shows.
 */
extern ScanLogs logs_of_file(const TableOptions *options);

/*
 * The logs that a foreign table of a library shows, as far as conditions on
 * execution_id do not rule them out, in the current memory context.
 */
extern ScanLogs logs_of_library(Oid table, const TableOptions *options, Snapshot snapshot,
								const RegistryWish *wish, const Condition *conditions,
								int condition_count);

/*
 * May a log have rows that meet the conditions, by what the library has noted?
 */
extern bool log_may_match(const RegisteredLog *log, const PlogRelation *relation,
						  const Condition *conditions, int condition_count);

/* A copy in the current memory context, with its texts. */
extern ExecutionOptions *copy_execution(const ExecutionOptions *execution);

/*
 * Report an error if a file is not what was registered.
 */
extern void check_registered(const PlogFile *file, const RegisteredLog *log);

/* Is this the error of a log that can be skipped? */
extern bool can_skip_log(const ErrorData *error, const RegisteredLog *log);

extern void warn_of_skipped_log(const ErrorData *error, const RegisteredLog *log);

#endif							/* PANDELEPHANT_LOGS_H */
