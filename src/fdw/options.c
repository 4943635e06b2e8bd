/*-------------------------------------------------------------------------
 *
 * options.c
 *		The options of foreign tables, their columns, and IMPORT FOREIGN SCHEMA.
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
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "compat/roles.h"
#include "fdw/options.h"
#include "relations/list.h"

/* An option, and the catalog of the objects that may have it. */
typedef struct ValidOption
{
	const char *name;
	Oid			catalog;
	bool		names_file;		/* a path of the server's */
} ValidOption;

static const ValidOption valid_options[] = {
	{"filename", ForeignTableRelationId, true},
	{"relation", ForeignTableRelationId, false},
	{"execution", ForeignTableRelationId, false},
	{"execution_id", ForeignTableRelationId, false},
	{"description", ForeignTableRelationId, false},
	{"recover", ForeignTableRelationId, false},
	{"descriptor", ForeignTableRelationId, true},
	{"recording", ForeignTableRelationId, true},
	{"qcow", ForeignTableRelationId, true},
	{"guest", ForeignTableRelationId, false},
	{"column_name", AttributeRelationId, false}
};

PG_FUNCTION_INFO_V1(pandelephant_fdw_validator);

/*
 * A name among others, the nearest so far to what the user wrote.
 */
typedef struct NearestName
{
	const char *wanted;
	const char *name;			/* NULL: none yet */
	int			distance;
} NearestName;

static void
consider_name(NearestName *nearest, const char *name)
{
	/* what was written may be long; its start is enough to compare */
	int			length = (int) strnlen(nearest->wanted, NAMEDATALEN);
	int			distance = varstr_levenshtein(nearest->wanted, length,
											  name, (int) strlen(name), 1, 1, 1, true);

	if (nearest->name == NULL || distance < nearest->distance)
	{
		nearest->name = name;
		nearest->distance = distance;
	}
}

void
report_unknown_relation(const char *name)
{
	NearestName nearest = {name, NULL, 0};

	for (int i = 0; i < relation_count; i++)
		consider_name(&nearest, relations[i]->name);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
			 errmsg("a plog has no relation \"%s\"", name),
			 errhint("Perhaps you meant the relation \"%s\".", nearest.name)));
	pg_unreachable();
}

/*
 * Report that a relation, or no relation at all if it is NULL, has a column of
 * that name.
 */
static void
report_unknown_column(const PlogRelation *relation, const char *name)
{
	NearestName nearest = {name, NULL, 0};

	for (int i = 0; i < relation_count; i++)
	{
		if (relation != NULL && relation != relations[i])
			continue;
		for (int j = 0; j < relations[i]->column_count; j++)
			consider_name(&nearest, relations[i]->columns[j].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
			 relation == NULL ?
			 errmsg("no relation of a plog has a column \"%s\"", name) :
			 errmsg("relation \"%s\" of a plog has no column \"%s\"", relation->name, name),
			 errhint("Perhaps you meant the column \"%s\".", nearest.name)));
}

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
 * Parse the option execution_id.
 */
static int64
execution_id_of(DefElem *definition)
{
	const char *value = defGetString(definition);
	char	   *end;
	int64		execution_id;

	errno = 0;
	execution_id = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0')
		report_invalid_value(definition, "a bigint");
	return execution_id;
}

/*
 * Parse the option recover.
 */
static bool
recover_of(DefElem *definition)
{
	bool		recover = false;

	if (!parse_bool(defGetString(definition), &recover))
		report_invalid_value(definition, "a boolean");
	return recover;
}

/*
 * All guests, to be listed.
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

/*
 * Parse the option guest.
 */
static Guest
guest_of(DefElem *definition)
{
	const char *value = defGetString(definition);
	NearestName nearest = {value, NULL, 0};
	Guest		guest = GUEST_AUTO;

	if (find_guest(value, &guest))
		return guest;
	for (int i = 0; i < GUESTS; i++)
		consider_name(&nearest, guest_properties[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", definition->defname, value),
			 errdetail("A guest is one of %s.", guest_names()),
			 errhint("Perhaps you meant the guest \"%s\".", nearest.name)));
	pg_unreachable();
}

/*
 * Check one option of an object in that catalog.
 */
static void
check_option(DefElem *definition, Oid catalog)
{
	const ValidOption *option = NULL;
	const char *value = defGetString(definition);

	for (int i = 0; i < (int) lengthof(valid_options); i++)
	{
		if (valid_options[i].catalog == catalog &&
			strcmp(valid_options[i].name, definition->defname) == 0)
			option = &valid_options[i];
	}
	if (option == NULL)
		report_unknown_option(definition->defname, catalog);
	if (option->names_file)
		check_file_privilege(option->name);
	if (option->names_file && value[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must not be empty", option->name)));
	if (strcmp(option->name, "relation") == 0 && find_relation(value) == NULL)
		report_unknown_relation(value);
	if (strcmp(option->name, "execution_id") == 0)
		(void) execution_id_of(definition);
	if (strcmp(option->name, "recover") == 0)
		(void) recover_of(definition);
	if (strcmp(option->name, "guest") == 0)
		(void) guest_of(definition);
	if (strcmp(option->name, "column_name") == 0)
	{
		for (int i = 0; i < relation_count; i++)
		{
			if (find_column(relations[i], value) >= 0)
				return;
		}
		report_unknown_column(NULL, value);
	}
}

static void
report_missing_filename(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("option \"filename\" is required"),
			 errhint("It names a plog, a file of the server.")));
}

/*
 * Check the options of a wrapper, server, user mapping, table or column.
 */
Datum
pandelephant_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	bool		has_filename = false;
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *definition = lfirst(cell);

		check_option(definition, catalog);
		if (strcmp(definition->defname, "filename") == 0)
			has_filename = true;
	}
	if (catalog == ForeignTableRelationId && !has_filename)
		report_missing_filename();
	PG_RETURN_VOID();
}

const char *
check_import_options(List *options, bool *recover, const char **descriptor)
{
	const char *filename = NULL;
	ListCell   *cell;

	*recover = false;
	*descriptor = NULL;
	foreach(cell, options)
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "relation") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", definition->defname),
					 errhint("Use LIMIT TO to choose relations.")));
		check_option(definition, ForeignTableRelationId);
		if (strcmp(definition->defname, "filename") == 0)
			filename = defGetString(definition);
		if (strcmp(definition->defname, "recover") == 0)
			*recover = recover_of(definition);
		if (strcmp(definition->defname, "descriptor") == 0)
			*descriptor = defGetString(definition);
	}
	if (filename == NULL)
		report_missing_filename();
	return filename;
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
	const char *relation_name = NULL;
	ListCell   *cell;

	memset(&options, 0, sizeof(options));
	options.execution.execution_id = 1;
	foreach(cell, GetForeignTable(table)->options)
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "filename") == 0)
			options.execution.filename = defGetString(definition);
		else if (strcmp(definition->defname, "relation") == 0)
			relation_name = defGetString(definition);
		else if (strcmp(definition->defname, "execution") == 0)
			options.execution.name = defGetString(definition);
		else if (strcmp(definition->defname, "execution_id") == 0)
			options.execution.execution_id = execution_id_of(definition);
		else if (strcmp(definition->defname, "description") == 0)
			options.execution.description = defGetString(definition);
		else if (strcmp(definition->defname, "descriptor") == 0)
			options.execution.descriptor = defGetString(definition);
		else if (strcmp(definition->defname, "recording") == 0)
			options.execution.recording = defGetString(definition);
		else if (strcmp(definition->defname, "qcow") == 0)
			options.execution.qcow = defGetString(definition);
		else if (strcmp(definition->defname, "recover") == 0)
			options.execution.recover = recover_of(definition);
		else if (strcmp(definition->defname, "guest") == 0)
			options.execution.guest = guest_of(definition);
	}
	if (options.execution.filename == NULL)
		report_missing_filename();
	if (options.execution.name == NULL)
		options.execution.name = execution_name_of(options.execution.filename);
	if (relation_name == NULL)
		relation_name = get_rel_name(table);
	options.relation = find_relation(relation_name);
	if (options.relation == NULL)
		report_unknown_relation(relation_name);
	return options;
}

/*
 * The relation's column that an attribute shows: the one of its option
 * column_name, or else of its name.
 */
static int
column_of_attribute(Relation table, Form_pg_attribute attribute, const PlogRelation *relation)
{
	const char *name = NameStr(attribute->attname);
	ListCell   *cell;
	int			column;

	foreach(cell, GetForeignColumnOptions(RelationGetRelid(table), attribute->attnum))
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "column_name") == 0)
			name = defGetString(definition);
	}
	column = find_column(relation, name);
	if (column < 0)
		report_unknown_column(relation, name);
	return column;
}

/*
 * May a column be declared with that type?
 */
static bool
type_is_valid(ColumnType type, Oid declared)
{
	if (type == COLUMN_UNSIGNED && (declared == NUMERICOID || declared == TEXTOID))
		return true;
	return declared == column_type_oid(type);
}

AttributeMapping *
map_attributes(Relation table, const PlogRelation *relation)
{
	TupleDesc	descriptor = RelationGetDescr(table);
	AttributeMapping *mappings = palloc(sizeof(AttributeMapping) * (descriptor->natts + 1));

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		const RelationColumn *column;

		mappings[i].column = -1;
		mappings[i].type = attribute->atttypid;
		if (attribute->attisdropped)
			continue;
		mappings[i].column = column_of_attribute(table, attribute, relation);
		column = &relation->columns[mappings[i].column];
		if (!type_is_valid(column->type, attribute->atttypid) || attribute->atttypmod != -1)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
					 errmsg("column \"%s\" of foreign table \"%s\" cannot be of type %s",
							NameStr(attribute->attname), RelationGetRelationName(table),
							format_type_with_typemod(attribute->atttypid, attribute->atttypmod)),
					 column->type == COLUMN_UNSIGNED ?
					 errhint("Column \"%s\" of relation \"%s\" is of type bigint, numeric or text.",
							 column->name, relation->name) :
					 errhint("Column \"%s\" of relation \"%s\" is of type %s.",
							 column->name, relation->name,
							 format_type_be(column_type_oid(column->type)))));
	}
	return mappings;
}
