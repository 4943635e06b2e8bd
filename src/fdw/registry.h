/*-------------------------------------------------------------------------
 *
 * registry.h
 *		Which logs are registered in a library, as scans read it.
 *
 * A library has two tables of logs.  Its registry, with a row for each execution, is
 * there for users: they may read it, join it, add columns to it, and whoever may
 * write to it renames executions or removes them.  The table of files says which
 * file each execution is, and how to read it.  It stands in the schema of the
 * library's foreign tables, whose option "library" is its name, and refers to the
 * registry by a foreign key, so that schemas and the registry can be renamed.
 *
 * A scan opens no file that is not in the table of files:
 *
 * - The owner of the table of files must be a superuser or member of
 *   pg_read_server_files; a table of anybody else is refused.  So only those have
 *   owned it who may name files anyway.
 * - A trigger lets only superusers and members of pg_read_server_files write to it,
 *   whatever was granted: see pe_library_check_file().
 * - A row of the registry that has no row in the table of files, or names another
 *   file, is reported.
 * - The owner of the foreign table must have the right to read the table of files,
 *   so that nobody can show himself a library by a foreign table of his own.
 *
 * Writing to the registry, or owning it, thus reads nothing that the library does
 * not have.
 *
 * Both tables are read in C, under the query's snapshot.  That calls no code of who
 * owns them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTRY_H
#define PANDELEPHANT_REGISTRY_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "fdw/registry_native.h"
#include "relations/execution.h"
#include "relations/relation.h"
#include "relations/row_condition.h"

/* The names that a new library's tables get. */
#define REGISTRY_TABLE		"logs"
#define FILES_TABLE			"log_files"
#define SOURCES_TABLE		"log_sources"
#define SERVERS_TABLE		"log_servers"
#define KNOWN_TABLE			"log_known"

/* The tables of a library. */
typedef struct Registry
{
	Oid			files;
	Oid			logs;
} Registry;

/* What a library has noted of a file, to tell whether it is still the same. */
typedef struct NotedFile
{
	uint64		bytes;
	uint32		checksum;		/* of the log's header and directory */
	bool		has_offsets;	/* and they are in the order of bigints */
	int64		first_offset;	/* execution offsets of all that is in the log */
	int64		last_offset;
} NotedFile;

typedef struct RegisteredLog
{
	ExecutionOptions execution;
	NotedFile	noted;
} RegisteredLog;

/* The logs that were found, in the order of their execution's ids. */
typedef struct RegisteredLogs
{
	int			count;
	RegisteredLog *logs;
} RegisteredLogs;

/*
 * The tables of the library that a foreign table shows, whose option "library" is
 * given.  Errors are reported.
 */
extern Registry find_registry(Oid foreign_table, const char *library);

/*
 * Report a table of files that must not be believed: its owner may not name files.
 * Whoever reads or changes a library that he has not got from find_registry() has to
 * check this before any file is opened that the table names.
 */
extern void check_files_table(Oid files);

/*
 * What a query wants of a library: relations, which are PlogRelations, that it does not
 * read from native tables.
 */
typedef struct RegistryWish
{
	const List *relations;
	NativeTables native;
} RegistryWish;

/*
 * Read which logs are registered, in the current memory context.  Conditions on
 * execution_id restrict them; others are ignored.  Executions of which the query reads
 * one of the relations from native tables are left out; none are if the wish is NULL.
 */
extern RegisteredLogs read_registry(const Registry *registry, Snapshot snapshot,
									const Condition *conditions, int condition_count,
									const RegistryWish *wish);

/* How many logs are registered. */
extern uint64 count_registered(const Registry *registry, Snapshot snapshot);

#endif							/* PANDELEPHANT_REGISTRY_H */
