/*-------------------------------------------------------------------------
 *
 * options.h
 *		The options of foreign tables, their columns, and IMPORT FOREIGN SCHEMA.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_OPTIONS_H
#define PANDELEPHANT_OPTIONS_H

#include "nodes/pg_list.h"
#include "utils/rel.h"

#include "compat/noreturn.h"
#include "relations/execution.h"
#include "relations/relation.h"

typedef struct TableOptions
{
	const PlogRelation *relation;
	ExecutionOptions execution;
} TableOptions;

/* Which of a relation's columns a table's attribute shows, and how. */
typedef struct AttributeMapping
{
	int			column;			/* -1: a dropped attribute */
	Oid			type;			/* declared; may differ for COLUMN_UNSIGNED */
} AttributeMapping;

/*
 * The options of a foreign table.  Errors are reported.
 */
extern TableOptions get_table_options(Oid table);

/*
 * What each attribute of a foreign table shows: as many as it has attributes.
 * Errors are reported: an unknown column, or one of another type.
 */
extern AttributeMapping *map_attributes(Relation table, const PlogRelation *relation);

/*
 * Check the options of IMPORT FOREIGN SCHEMA, and give the file's name, whether
 * it is read with "recover", and the descriptor's name or NULL.
 */
extern const char *check_import_options(List *options, bool *recover, const char **descriptor);

/*
 * Only superusers and members of pg_read_server_files may name a file of the
 * server.
 */
extern void check_file_privilege(const char *option);

/*
 * The default name of an execution: the file's, without directory and ".plog".
 */
extern char *execution_name_of(const char *filename);

/*
 * Report that there is no relation of that name.
 */
pg_noreturn extern void report_unknown_relation(const char *name);

#endif							/* PANDELEPHANT_OPTIONS_H */
