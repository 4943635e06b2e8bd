/*-------------------------------------------------------------------------
 *
 * attach.c
 *		pe_attach(): a schema with a foreign table for each relation of a log, and
 *		the views beside them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat/utility.h"
#include "fdw/options.h"
#include "materialize/comments.h"
#include "materialize/questions.h"
#include "materialize/sql.h"
#include "materialize/trust.h"
#include "relations/list.h"
#include "values/schema_source.h"

/* The parameters of pe_attach(). */
enum
{
	FILENAME,
	SCHEMA,
	EXECUTION,
	EXECUTION_ID,
	DESCRIPTION,
	RECOVER,
	DESCRIPTOR,
	RECORDING,
	QCOW,
	GUEST
};

PG_FUNCTION_INFO_V1(pe_attach);

/*
 * The schema's name by default: the file's, cut to what a name can hold.
 */
static char *
default_schema(const char *filename)
{
	char	   *name = execution_name_of(filename);

	name[pg_mbcliplen(name, (int) strlen(name), NAMEDATALEN - 1)] = '\0';
	return name;
}

/*
 * Report an existing schema that has something with a relation's name.
 */
static void
check_existing_schema(Oid schema_oid, const char *schema)
{
	StringInfoData taken;

	initStringInfo(&taken);
	for (int i = 0; i < relation_count; i++)
	{
		if (OidIsValid(get_relname_relid(relations[i]->name, schema_oid)))
			appendStringInfo(&taken, "%s\"%s\"", taken.len > 0 ? ", " : "", relations[i]->name);
	}
	if (taken.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("schema \"%s\" already has %s", schema, taken.data),
				 errhint("Name another schema, or drop what is there.")));
}

static void
append_option(StringInfo command, const char *name, const char *value)
{
	appendStringInfo(command, ", %s %s", name, quote_literal_cstr(value));
}

/*
 * The file that a parameter names, or NULL.  A relative path is reported: the
 * server would read it as below the data directory, which nobody means.
 */
static char *
file_parameter(FunctionCallInfo fcinfo, int parameter, const char *option)
{
	char	   *name;

	if (PG_ARGISNULL(parameter))
		return NULL;
	name = text_to_cstring(PG_GETARG_TEXT_PP(parameter));
	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must not be empty", option)));
	if (!is_absolute_path(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("path \"%s\" of option \"%s\" must be absolute", name, option),
				 errhint("The file is read by the server, which does not know your working directory.")));
	return name;
}

/*
 * Report what is wrong with the files before anything is created.
 */
static void
check_files(FunctionCallInfo fcinfo, const char *filename)
{
	bool		recover = !PG_ARGISNULL(RECOVER) && PG_GETARG_BOOL(RECOVER);
	const char *descriptor = file_parameter(fcinfo, DESCRIPTOR, "descriptor");

	(void) file_parameter(fcinfo, RECORDING, "recording");
	(void) file_parameter(fcinfo, QCOW, "qcow");
	plog_file_close(plog_file_open(filename, recover, NULL));
	if (descriptor != NULL)
		check_descriptor(descriptor);
}

/*
 * Run a utility command as if the user had given it.  SPI would add the text of
 * the command to errors and notices, as a context that means nothing to users of
 * pe_attach().
 */
static void
run_command(const char *command)
{
	ListCell   *cell;

	foreach(cell, pg_parse_query(command))
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		PlannedStmt *statement = makeNode(PlannedStmt);

		statement->commandType = CMD_UTILITY;
		statement->canSetTag = false;
		statement->utilityStmt = raw->stmt;
		statement->stmt_location = raw->stmt_location;
		statement->stmt_len = raw->stmt_len;
		process_utility(statement, command);
		CommandCounterIncrement();
	}
}

/*
 * Append a parameter as an option, unless it is NULL.
 */
static void
append_text_option(StringInfo command, const char *name, FunctionCallInfo fcinfo, int parameter)
{
	if (!PG_ARGISNULL(parameter))
		append_option(command, name, text_to_cstring(PG_GETARG_TEXT_PP(parameter)));
}

/*
 * Attach a log.  Returns the schema's name.
 */
Datum
pe_attach(PG_FUNCTION_ARGS)
{
	Name		result = palloc0(NAMEDATALEN);
	const char *filename;
	const char *schema;
	Oid			schema_oid;
	StringInfoData command;

	if (PG_ARGISNULL(FILENAME))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("pe_attach() needs the name of a file")));
	check_file_privilege("filename");
	filename = file_parameter(fcinfo, FILENAME, "filename");
	schema = PG_ARGISNULL(SCHEMA) ? default_schema(filename) : NameStr(*PG_GETARG_NAME(SCHEMA));

	if (schema[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("the name of a schema must not be empty")));
	check_files(fcinfo, filename);

	schema_oid = get_namespace_oid(schema, true);

	/* who has not named the schema does not expect one that somebody else made */
	if (OidIsValid(schema_oid) && PG_ARGISNULL(SCHEMA))
		check_schema_owner(schema_oid);
	if (OidIsValid(schema_oid))
		check_existing_schema(schema_oid, schema);
	else
		run_command(psprintf("CREATE SCHEMA %s", quote_identifier(schema)));

	initStringInfo(&command);
	appendStringInfo(&command,
					 "IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO %s OPTIONS (filename %s",
					 quote_identifier(schema), quote_literal_cstr(filename));
	append_text_option(&command, "execution", fcinfo, EXECUTION);
	if (!PG_ARGISNULL(EXECUTION_ID))
		append_option(&command, "execution_id",
					  psprintf(INT64_FORMAT, PG_GETARG_INT64(EXECUTION_ID)));
	append_text_option(&command, "description", fcinfo, DESCRIPTION);
	if (!PG_ARGISNULL(RECOVER) && PG_GETARG_BOOL(RECOVER))
		append_option(&command, "recover", "true");
	append_text_option(&command, "descriptor", fcinfo, DESCRIPTOR);
	append_text_option(&command, "recording", fcinfo, RECORDING);
	append_text_option(&command, "qcow", fcinfo, QCOW);

	/* the function that earlier versions of the extension made has no such parameter */
	if (PG_NARGS() > GUEST)
		append_text_option(&command, "guest", fcinfo, GUEST);
	appendStringInfoChar(&command, ')');
	run_command(command.data);

	schema_oid = get_namespace_oid(schema, false);
	for (int i = 0; i < relation_count; i++)
		comment_on_relation(get_relname_relid(relations[i]->name, schema_oid), relations[i]);

	sql_connect();
	(void) make_question_views(schema,
							   get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));
	sql_finish();

	namestrcpy(result, schema);
	PG_RETURN_NAME(result);
}
