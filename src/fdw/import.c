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
#include "fdw/names.h"
#include "fdw/options.h"
#include "relations/list.h"
#include "values/schema_source.h"

/* The only schema of a plog. */
#define PLOG_SCHEMA		"plog"

/*
 * The CREATE FOREIGN TABLE command for a relation.  The option relation is always
 * there, so that the table can be renamed.
 */
static char *
create_table_command(const PlogRelation *relation, const char *server, List *options)
{
	StringInfoData command;
	ListCell   *cell;

	initStringInfo(&command);
	appendStringInfo(&command, "CREATE FOREIGN TABLE %s (", quote_identifier(relation->name));
	for (int i = 0; i < relation->column_count; i++)
		appendStringInfo(&command, "%s%s %s%s", i > 0 ? ", " : "",
						 quote_identifier(relation->columns[i].name),
						 column_type_name(relation->columns[i].type),
						 relation->columns[i].is_never_null ? " NOT NULL" : "");
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
	TableOptions options;
	List	   *commands = NIL;
	ListCell   *cell;

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
	options = check_import_options(statement->options);

	/* report a file that cannot be read now, not in the first query */
	if (options.library == NULL)
		plog_file_close(plog_file_open(options.execution.filename, options.execution.recover,
									   NULL));
	if (options.execution.descriptor != NULL)
		check_descriptor(options.execution.descriptor);

	for (int i = 0; i < relation_count; i++)
	{
		/* PostgreSQL drops those that LIMIT TO or EXCEPT leave out */
		commands = lappend(commands,
						   create_table_command(relations[i], GetForeignServer(server)->servername,
												statement->options));
	}
	return commands;
}
