/*-------------------------------------------------------------------------
 *
 * import.c
 *		IMPORT FOREIGN SCHEMA: a foreign table for each relation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"
#include "fdw/options.h"
#include "relations/list.h"
#include "values/schema_source.h"

/* The only schema of a plog. */
#define PLOG_SCHEMA		"plog"

/*
 * CREATE FOREIGN TABLE for a relation.  Its name stands in the options, too,
 * so that the table may be renamed.
 */
static char *
create_table_command(const PlogRelation *relation, const char *server, List *options)
{
	StringInfoData command;
	ListCell   *cell;

	initStringInfo(&command);
	appendStringInfo(&command, "CREATE FOREIGN TABLE %s (", quote_identifier(relation->name));
	for (int i = 0; i < relation->column_count; i++)
		appendStringInfo(&command, "%s%s %s", i > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name),
						 column_type_name(relation->columns[i].type));
	appendStringInfo(&command, ") SERVER %s OPTIONS (relation %s",
					 quote_identifier(server), quote_literal_cstr(relation->name));
	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		appendStringInfo(&command, ", %s %s", quote_identifier(option->defname),
						 quote_literal_cstr(defGetString(option)));
	}
	appendStringInfoChar(&command, ')');
	return command.data;
}

List *
pandelephantImportForeignSchema(ImportForeignSchemaStmt *statement, Oid server)
{
	const char *filename;
	const char *descriptor;
	List	   *commands = NIL;
	ListCell   *cell;
	bool		recover;

	if (strcmp(statement->remote_schema, PLOG_SCHEMA) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("a plog has no schema \"%s\"", statement->remote_schema),
				 errhint("Its schema is called \"%s\".", PLOG_SCHEMA)));
	foreach(cell, statement->table_list)
	{
		const RangeVar *table = lfirst_node(RangeVar, cell);

		if (find_relation(table->relname) == NULL)
			report_unknown_relation(table->relname);
	}
	filename = check_import_options(statement->options, &recover, &descriptor);

	/* what cannot be read is noticed now rather than by the first query */
	plog_file_close(plog_file_open(filename, recover, NULL));
	if (descriptor != NULL)
		check_descriptor(descriptor);

	for (int i = 0; i < relation_count; i++)
	{
		/* the server filters what the caller left out */
		commands = lappend(commands,
						   create_table_command(relations[i], GetForeignServer(server)->servername,
												statement->options));
	}
	return commands;
}
