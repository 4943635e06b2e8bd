/*-------------------------------------------------------------------------
 *
 * options.c
 *		The options of foreign tables and of IMPORT FOREIGN SCHEMA.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "access/reloptions.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat/roles.h"
#include "fdw/names.h"
#include "fdw/options.h"
#include "log/large_object.h"
#include "relations/list.h"

/*
 * An option, the catalog of the objects that may have it, and how its value is
 * taken into a table's options: a text is put where text_offset says, other
 * values are parsed.
 */
typedef struct ValidOption
{
	const char *name;
	Oid			catalog;
	bool		names_file;		/* its value is a path on the server */
	Size		text_offset;	/* of a const char * in ExecutionOptions */
	void		(*parse) (DefElem *definition, TableOptions *options);	/* or NULL */
} ValidOption;

static void parse_filename(DefElem *definition, TableOptions *options);
static void parse_log_object(DefElem *definition, TableOptions *options);
static void parse_library(DefElem *definition, TableOptions *options);
static void parse_relation(DefElem *definition, TableOptions *options);
static void parse_execution_id(DefElem *definition, TableOptions *options);
static void parse_recover(DefElem *definition, TableOptions *options);
static void parse_guest(DefElem *definition, TableOptions *options);
static void parse_keep_columns(DefElem *definition, TableOptions *options);
static void parse_column_name(DefElem *definition, TableOptions *options);

#define TEXT_OPTION(field)	offsetof(ExecutionOptions, field), NULL

static const ValidOption valid_options[] = {
	{"filename", ForeignTableRelationId, true, 0, parse_filename},
	{"large_object", ForeignTableRelationId, false, 0, parse_log_object},
	{"library", ForeignTableRelationId, false, 0, parse_library},
	{"relation", ForeignTableRelationId, false, 0, parse_relation},
	{"execution", ForeignTableRelationId, false, TEXT_OPTION(name)},
	{"execution_id", ForeignTableRelationId, false, 0, parse_execution_id},
	{"description", ForeignTableRelationId, false, TEXT_OPTION(description)},
	{"recover", ForeignTableRelationId, false, 0, parse_recover},
	{"descriptor", ForeignTableRelationId, true, TEXT_OPTION(descriptor)},
	{"recording", ForeignTableRelationId, true, TEXT_OPTION(recording)},
	{"qcow", ForeignTableRelationId, true, TEXT_OPTION(qcow)},
	{"guest", ForeignTableRelationId, false, 0, parse_guest},
	{"keep_columns", ForeignTableRelationId, false, 0, parse_keep_columns},
	{"column_name", AttributeRelationId, false, 0, parse_column_name}
};

PG_FUNCTION_INFO_V1(pandelephant_fdw_validator);

static void
report_unknown_option(const char *name, Oid catalog)
{
	NearestName nearest = {name, NULL, 0};

	for (int i = 0; i < (int) lengthof(valid_options); i++)
	{
		if (valid_options[i].catalog == catalog)
			consider_name(&nearest, valid_options[i].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 nearest.name != NULL ?
			 errhint("Perhaps you meant the option \"%s\".", nearest.name) :
			 errhint("There are no valid options in this context.")));
}

void
check_file_privilege(const char *option)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"%s\"", option),
				 errdetail("Only superusers and members of role pg_read_server_files may name a file of the server.")));
}

static void
report_invalid_value(DefElem *definition, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", definition->defname,
					defGetString(definition)),
			 errhint("It wants %s.", wanted)));
}

/*
 * Take the name of the log, which there must be only one of.
 */
static void
take_log(TableOptions *options, const char *name)
{
	if (options->execution.filename != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("options \"filename\" and \"large_object\" exclude each other")));
	options->execution.filename = name;
}

static void
parse_filename(DefElem *definition, TableOptions *options)
{
	Oid			object;

	if (is_large_object_name(defGetString(definition), &object))
		report_invalid_value(definition, "the name of a file; option \"large_object\" names a large object");
	take_log(options, defGetString(definition));
}

static void
parse_log_object(DefElem *definition, TableOptions *options)
{
	Oid			object;

	if (!parse_large_object(defGetString(definition), &object))
		report_invalid_value(definition, "the number of a large object");
	take_log(options, large_object_name(object));
}

static void
parse_library(DefElem *definition, TableOptions *options)
{
	options->library = defGetString(definition);
	if (options->library[0] == '\0')
		report_invalid_value(definition, "the name of a table");
}

static void
parse_relation(DefElem *definition, TableOptions *options)
{
	options->relation = find_relation(defGetString(definition));
	if (options->relation == NULL)
		report_unknown_relation(defGetString(definition));
}

static void
parse_execution_id(DefElem *definition, TableOptions *options)
{
	const char *value = defGetString(definition);
	char	   *end;

	errno = 0;
	options->execution.execution_id = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0')
		report_invalid_value(definition, "a bigint");
}

static void
parse_recover(DefElem *definition, TableOptions *options)
{
	if (!parse_bool(defGetString(definition), &options->execution.recover))
		report_invalid_value(definition, "a boolean");
}

/*
 * The names of all guests, as a list in a sentence.
 */
static char *
guest_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < GUESTS; i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : i == GUESTS - 1 ? " and " : ", ",
						 guest_properties[i].name);
	return names.data;
}

static void
parse_guest(DefElem *definition, TableOptions *options)
{
	const char *value = defGetString(definition);
	NearestName nearest = {value, NULL, 0};

	if (find_guest(value, &options->execution.guest))
		return;
	for (int i = 0; i < GUESTS; i++)
		consider_name(&nearest, guest_properties[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", definition->defname, value),
			 errdetail("A guest is one of %s.", guest_names()),
			 errhint("Perhaps you meant the guest \"%s\".", nearest.name)));
}

static void
parse_keep_columns(DefElem *definition, TableOptions *options)
{
	const struct config_enum_entry *entry = keep_columns_values;

	while (entry->name != NULL && pg_strcasecmp(entry->name, defGetString(definition)) != 0)
		entry++;
	if (entry->name == NULL)
		report_invalid_value(definition, "\"all\", \"calls\" or \"off\"");
	options->execution.keep_columns = (KeepColumns) entry->val;
}

/*
 * The name of a column is only checked here.  The relation is not known yet, so
 * any relation's column will do; map_attributes() uses the name.
 */
static void
parse_column_name(DefElem *definition, TableOptions *options pg_attribute_unused())
{
	for (int i = 0; i < relation_count; i++)
	{
		if (find_column(relations[i], defGetString(definition)) >= 0)
			return;
	}
	report_unknown_column(NULL, defGetString(definition));
}

static const ValidOption *
find_option(const char *name, Oid catalog)
{
	for (int i = 0; i < (int) lengthof(valid_options); i++)
	{
		if (valid_options[i].catalog == catalog && strcmp(valid_options[i].name, name) == 0)
			return &valid_options[i];
	}
	return NULL;
}

/*
 * Take an option's value into the options.
 */
static void
take_option(const ValidOption *option, DefElem *definition, TableOptions *options)
{
	if (option->parse != NULL)
		option->parse(definition, options);
	else
		*(const char **) ((char *) &options->execution + option->text_offset) =
			defGetString(definition);
}

/*
 * Check an option of an object in that catalog, and take it into the options.
 */
static void
check_option(DefElem *definition, Oid catalog, TableOptions *options)
{
	const ValidOption *option = find_option(definition->defname, catalog);

	if (option == NULL)
		report_unknown_option(definition->defname, catalog);
	if (option->names_file)
		check_file_privilege(option->name);
	if (option->names_file && defGetString(definition)[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must not be empty", option->name)));
	take_option(option, definition, options);
}

static void
report_missing_log(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("option \"filename\" or \"large_object\" is required"),
			 errhint("The one names a plog, a file of the server; the other a large object that holds one.")));
}

/*
 * A table shows one log, or a library, which says everything else of its logs.
 */
static void
check_source(List *definitions, const TableOptions *options)
{
	ListCell   *cell;

	if (options->library == NULL && options->execution.filename == NULL)
		report_missing_log();
	foreach(cell, options->library == NULL ? NIL : definitions)
	{
		const char *name = ((DefElem *) lfirst(cell))->defname;

		if (strcmp(name, "library") != 0 && strcmp(name, "relation") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("option \"%s\" cannot be combined with option \"library\"", name),
					 errhint("A library says this of each of its logs: see pe_library_add().")));
	}
}

/*
 * Check the options of a wrapper, server, user mapping, table or column.
 */
Datum
pandelephant_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *definitions = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	TableOptions options;
	ListCell   *cell;

	memset(&options, 0, sizeof(options));
	foreach(cell, definitions)
		check_option(lfirst(cell), catalog, &options);
	if (catalog == ForeignTableRelationId)
		check_source(definitions, &options);
	PG_RETURN_VOID();
}

TableOptions
check_import_options(List *definitions)
{
	TableOptions options;
	ListCell   *cell;

	memset(&options, 0, sizeof(options));
	foreach(cell, definitions)
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "relation") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", definition->defname),
					 errhint("Use LIMIT TO to choose relations.")));
		check_option(definition, ForeignTableRelationId, &options);
	}
	check_source(definitions, &options);
	return options;
}

char *
execution_name_of(const char *filename)
{
	const char *slash = strrchr(filename, '/');
	char	   *name = pstrdup(slash == NULL ? filename : slash + 1);
	size_t		length = strlen(name);

	if (length > strlen(".plog") && strcmp(name + length - strlen(".plog"), ".plog") == 0)
		name[length - strlen(".plog")] = '\0';
	return name;
}

TableOptions
get_table_options(Oid table)
{
	TableOptions options;
	ListCell   *cell;

	memset(&options, 0, sizeof(options));
	options.execution.execution_id = 1;
	foreach(cell, GetForeignTable(table)->options)
	{
		DefElem    *definition = lfirst(cell);
		const ValidOption *option = find_option(definition->defname, ForeignTableRelationId);

		if (option != NULL)
			take_option(option, definition, &options);
	}
	if (options.library == NULL && options.execution.filename == NULL)
		report_missing_log();
	if (options.library == NULL && options.execution.name == NULL)
		options.execution.name = execution_name_of(options.execution.filename);
	if (options.relation == NULL)
		options.relation = find_relation(get_rel_name(table));
	if (options.relation == NULL)
		report_unknown_relation(get_rel_name(table));
	return options;
}
