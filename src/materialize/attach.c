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
#include "utils/snapmgr.h"

#include "compat/utility.h"
#include "fdw/options.h"
#include "log/large_object.h"
#include "materialize/comments.h"
#include "materialize/file_parameter.h"
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
	GUEST,
	LARGE_OBJECT,
	KEEP_COLUMNS
};

PG_FUNCTION_INFO_V1(pe_attach);

/* The log that a call names. */
typedef struct AttachedLog
{
	const char *name;			/* as plog_file_open() takes it */
	bool		is_large_object;
	Oid			object;			/* if it is one */
} AttachedLog;

/*
 * The schema's name by default: the file's, cut to what a name can hold.
 */
static char *
default_schema(const AttachedLog *log)
{
	char	   *name = log->is_large_object ? psprintf("large_object_%u", log->object) :
		execution_name_of(log->name);

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
 * The log: a file or a large object.
 */
static AttachedLog
named_log(FunctionCallInfo fcinfo)
{
	AttachedLog log = {NULL, false, InvalidOid};

	/* the function that earlier versions of the extension made has fewer parameters */
	log.is_large_object = PG_NARGS() > LARGE_OBJECT && !PG_ARGISNULL(LARGE_OBJECT);
	if (PG_ARGISNULL(FILENAME) == !log.is_large_object)
		ereport(ERROR,
				(errcode(PG_ARGISNULL(FILENAME) ? ERRCODE_NULL_VALUE_NOT_ALLOWED :
						 ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("pe_attach() needs the name of a file, or a large object")));
	if (!log.is_large_object)
	{
		check_file_privilege("filename");
		log.name = file_parameter(fcinfo, FILENAME, "filename");
		return log;
	}
	log.object = PG_GETARG_OID(LARGE_OBJECT);
	if (!OidIsValid(log.object))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("large object %u does not exist", log.object)));
	log.name = large_object_name(log.object);
	return log;
}

/*
 * Report what is wrong with the files before anything is created.
 */
static void
check_files(FunctionCallInfo fcinfo, const AttachedLog *log)
{
	bool		recover = !PG_ARGISNULL(RECOVER) && PG_GETARG_BOOL(RECOVER);
	const char *descriptor = file_parameter(fcinfo, DESCRIPTOR, "descriptor");

	(void) file_parameter(fcinfo, RECORDING, "recording");
	(void) file_parameter(fcinfo, QCOW, "qcow");
	plog_file_close(plog_file_open(log->name, recover, NULL));
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
 * The command that makes the foreign tables.
 */
static char *
import_command(FunctionCallInfo fcinfo, const AttachedLog *log, const char *schema)
{
	StringInfoData command;

	initStringInfo(&command);
	appendStringInfo(&command,
					 "IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO %s OPTIONS (%s %s",
					 quote_identifier(schema), log->is_large_object ? "large_object" : "filename",
					 quote_literal_cstr(log->is_large_object ? psprintf("%u", log->object) :
										log->name));
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

	/* the function that earlier versions of the extension made has no such parameters */
	if (PG_NARGS() > GUEST)
		append_text_option(&command, "guest", fcinfo, GUEST);
	if (PG_NARGS() > KEEP_COLUMNS)
		append_text_option(&command, "keep_columns", fcinfo, KEEP_COLUMNS);
	appendStringInfoChar(&command, ')');
	return command.data;
}

/*
 * Attach a log.  Returns the schema's name.
 */
Datum
pe_attach(PG_FUNCTION_ARGS)
{
	Name		result = palloc0(NAMEDATALEN);
	AttachedLog log = named_log(fcinfo);
	const char *schema;
	Oid			schema_oid;

	schema = PG_ARGISNULL(SCHEMA) ? default_schema(&log) : NameStr(*PG_GETARG_NAME(SCHEMA));
	if (schema[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("the name of a schema must not be empty")));

	/* a large object may have been made by an argument of this call */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	check_files(fcinfo, &log);

	schema_oid = get_namespace_oid(schema, true);

	/* who has not named the schema does not expect one that somebody else made */
	if (OidIsValid(schema_oid) && PG_ARGISNULL(SCHEMA))
		check_schema_owner(schema_oid);
	if (OidIsValid(schema_oid))
		check_existing_schema(schema_oid, schema);
	else
		run_command(psprintf("CREATE SCHEMA %s", quote_identifier(schema)));
	run_command(import_command(fcinfo, &log, schema));
	PopActiveSnapshot();

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
