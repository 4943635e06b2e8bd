/*-------------------------------------------------------------------------
 *
 * options.h
 *		The options of foreign tables and of IMPORT FOREIGN SCHEMA.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_OPTIONS_H
#define PANDELEPHANT_OPTIONS_H

#include "nodes/pg_list.h"

#include "relations/execution.h"
#include "relations/relation.h"

/*
 * A foreign table shows one log, or all logs of a library.  Of a library's table
 * the execution is empty: see registry.h.
 */
typedef struct TableOptions
{
	const PlogRelation *relation;
	const char *library;		/* name of its table of files; NULL: one log */
	ExecutionOptions execution;
} TableOptions;

/*
 * The options of a foreign table.  Errors are reported.
 */
extern TableOptions get_table_options(Oid table);

/*
 * Check the options of IMPORT FOREIGN SCHEMA.  Those that are missing are NULL or
 * zero, but for the log or the library, which must be named.
 */
extern TableOptions check_import_options(List *definitions);

/*
 * Only superusers and members of pg_read_server_files may name a file of the
 * server.
 */
extern void check_file_privilege(const char *option);

/*
 * The default name of an execution: the file's, without directory and ".plog".
 */
extern char *execution_name_of(const char *filename);

#endif							/* PANDELEPHANT_OPTIONS_H */
