/*-------------------------------------------------------------------------
 *
 * orm.c
 *		pe_orm_views(): views over native tables that PANDelephant's ORM classes
 *		read as their own tables.
 *
 * The ids of the views are computed.  Each id by which rows are looked up or joined
 * has an expression index on the native table, which makes it as fast as a stored
 * key.  pe_materialize() gives these indexes to later partitions, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "materialize/lock.h"
#include "materialize/orm_tables.h"
#include "materialize/sql.h"
#include "materialize/tables.h"
#include "materialize/trust.h"

/* The comments that mark our own views and types, by generation. */
static const char *const own_comments[] = {
	"PANDelephant's ORM, generation 1 (made by pe_orm_views)",
	"PANDelephant's ORM, generation 2 (made by pe_orm_views)"
};

typedef struct OrmViews
{
	NativeTarget target;
	const char *views;			/* their schema */
	int			generation;		/* from 0 */
} OrmViews;

PG_FUNCTION_INFO_V1(pe_orm_views);
PG_FUNCTION_INFO_V1(pe_orm_refuse);

static bool
has_column(const OrmViews *orm, const OrmColumn *column)
{
	return (column->generations & (1 << orm->generation)) != 0;
}

static bool
is_indexed(const OrmViews *orm, const OrmColumn *column)
{
	return has_column(orm, column) && (column->indexed & (1 << orm->generation)) != 0;
}

/*
 * Append the start of a call that computes an id of a kind, up to the arguments
 * that the template has.
 */
static void
append_id_call(StringInfo sql, const OrmViews *orm, const char *kind, int length)
{
	appendStringInfo(sql, "%s.", quote_identifier(orm->target.extension_schema));
	if (length == 0 || orm->generation == 0)
		appendStringInfoString(sql, "pe_orm_id(execution_id, ");
	else
		appendStringInfo(sql, "pe_orm_uuid('%.*s', execution_id, ", length, kind);
}

/*
 * Append a template's SQL; see OrmColumn.
 */
static void
append_template(StringInfo sql, const OrmViews *orm, const char *template)
{
	while (*template != '\0')
	{
		char		mark = *template++;
		int			length;

		if (mark != '$' && mark != '#' && mark != '@')
		{
			appendStringInfoChar(sql, mark);
			continue;
		}
		length = (int) strspn(template, "abcdefghijklmnopqrstuvwxyz_");
		if (mark == '$')
			appendStringInfoString(sql, quote_qualified_identifier(orm->target.schema,
																   pnstrdup(template, length)));
		else
		{
			append_id_call(sql, orm, template, length);
			length++;			/* the parenthesis */
		}
		template += length;
	}
}

/*
 * How many labels argtype has.
 */
static int
argument_type_count(const OrmViews *orm)
{
	int			count = 0;

	while (orm_argument_types[count] != NULL)
		count++;
	return orm->generation == 0 ? count - 1 : count;
}

/*
 * Append the expression of an argument's type.  Types without a label are shown as
 * STRING.
 */
static void
append_argument_type(StringInfo sql, const OrmViews *orm)
{
	const char *type = quote_qualified_identifier(orm->views, ORM_ARGUMENT_TYPE);

	appendStringInfoString(sql, "CASE argument_type");
	for (int i = 0; i < argument_type_count(orm); i++)
		appendStringInfo(sql, " WHEN '%s' THEN '%s'::%s", orm_argument_types[i],
						 orm_argument_types[i], type);
	appendStringInfo(sql, " ELSE '%s'::%s END", orm_argument_types[0], type);
}

/*
 * The generation of an object that pe_orm_views() made; -1 if it did not make it.
 */
static int
generation_of(Oid object, Oid catalog)
{
	char	   *comment = GetComment(object, catalog, 0);

	for (int i = 0; comment != NULL && i < (int) lengthof(own_comments); i++)
	{
		if (strcmp(comment, own_comments[i]) == 0)
			return i;
	}
	return -1;
}

/*
 * Report an object that has a name we need, unless we made it.
 */
static void
check_is_own(const OrmViews *orm, const char *name, bool is_own)
{
	if (!is_own)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("schema \"%s\" already has \"%s\", which pe_orm_views() did not make",
						orm->views, name),
				 errhint("Name another schema for the views.")));
}

/*
 * Make way for a view of that name.  A view of the same generation will be
 * replaced, and keeps its privileges; one of the other generation is dropped.
 */
static void
clear_view(const OrmViews *orm, Oid schema, const char *name, StringInfo dropped)
{
	Oid			view = get_relname_relid(name, schema);
	int			generation;

	if (!OidIsValid(view))
		return;
	generation = generation_of(view, RelationRelationId);
	check_is_own(orm, name, get_rel_relkind(view) == RELKIND_VIEW && generation >= 0);
	check_table_owner(view);
	if (generation != orm->generation)
		appendStringInfo(dropped, "%s%s", dropped->len > 0 ? ", " : "",
						 quote_qualified_identifier(orm->views, name));
}

/*
 * Make the type argtype, which the views of arguments use, in the place of one of
 * the other generation.
 */
static void
make_argument_type(const OrmViews *orm, Oid schema)
{
	const char *name = quote_qualified_identifier(orm->views, ORM_ARGUMENT_TYPE);
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
									   CStringGetDatum(ORM_ARGUMENT_TYPE),
									   ObjectIdGetDatum(schema));
	StringInfoData labels;

	if (OidIsValid(type))
	{
		int			generation = generation_of(type, TypeRelationId);

		check_is_own(orm, ORM_ARGUMENT_TYPE, generation >= 0);
		check_type_owner(type);
		if (generation == orm->generation)
			return;
		sql_run("DROP TYPE %s", name);
	}
	initStringInfo(&labels);
	for (int i = 0; i < argument_type_count(orm); i++)
		appendStringInfo(&labels, "%s'%s'", i > 0 ? ", " : "", orm_argument_types[i]);
	sql_run("CREATE TYPE %s AS ENUM (%s)", name, labels.data);
	sql_run("COMMENT ON TYPE %s IS %s", name, quote_literal_cstr(own_comments[orm->generation]));
}

/*
 * Make way for all views.
 */
static void
clear_schema(const OrmViews *orm, Oid schema)
{
	StringInfoData dropped;

	initStringInfo(&dropped);
	for (int i = 0; i < orm_table_count; i++)
	{
		const char *const *names = orm_tables[i].names;

		clear_view(orm, schema, names[0], &dropped);
		if (strcmp(names[0], names[1]) != 0)
			clear_view(orm, schema, names[1], &dropped);
	}
	if (dropped.len > 0)
		sql_run("DROP VIEW %s", dropped.data);
}

/*
 * Make a view refuse writes.  Some of the views are automatically updatable, so
 * PostgreSQL would write to the native tables.  A trigger for statements is not
 * enough: it fires only if there is one for rows, too.
 */
static void
refuse_writes(const OrmViews *orm, const char *view, Oid oid)
{
	static const char *const triggers[][3] = {
		{"pandelephant_refuse", "BEFORE", "STATEMENT"},
		{"pandelephant_refuse_rows", "INSTEAD OF", "ROW"}
	};

	for (int i = 0; i < (int) lengthof(triggers); i++)
	{
		if (!OidIsValid(get_trigger_oid(oid, triggers[i][0], true)))
			sql_run("CREATE TRIGGER %s %s INSERT OR UPDATE OR DELETE ON %s "
					"FOR EACH %s EXECUTE FUNCTION %s.pe_orm_refuse()",
					triggers[i][0], triggers[i][1], view, triggers[i][2],
					quote_identifier(orm->target.extension_schema));
	}
}

/*
 * The trigger of views that are only for reading.
 */
Datum
pe_orm_refuse(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "pe_orm_refuse")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change view \"%s\"", RelationGetRelationName(trigger->tg_relation)),
			 errdetail("It shows native tables as those of PANDelephant's ORM, for reading."),
			 errhint("Use pe_materialize() and pe_drop_execution() to change what there is.")));
	PG_RETURN_NULL();
}

static void
make_view(const OrmViews *orm, const OrmTable *table)
{
	const char *name = quote_qualified_identifier(orm->views, table->names[orm->generation]);
	const char *separator = "";
	StringInfoData query;

	initStringInfo(&query);
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		if (!has_column(orm, column))
			continue;
		appendStringInfoString(&query, separator);
		if (column->expression == NULL)
			append_argument_type(&query, orm);
		else
			append_template(&query, orm, column->expression);
		appendStringInfo(&query, " AS %s", quote_identifier(column->name));
		separator = ", ";
	}
	appendStringInfoString(&query, " FROM ");
	append_template(&query, orm, table->source);
	sql_run("CREATE OR REPLACE VIEW %s AS SELECT %s", name, query.data);
	sql_run("COMMENT ON VIEW %s IS %s", name, quote_literal_cstr(own_comments[orm->generation]));
	refuse_writes(orm, name, get_relname_relid(table->names[orm->generation],
											   get_namespace_oid(orm->views, false)));
}

/*
 * Index the native table by an id of a view, unless it has that index.  Present and
 * later partitions get it, too.  False if there was nothing to do.
 */
static bool
make_index(const OrmViews *orm, const OrmTable *table, const OrmColumn *column)
{
	bool		is_integer = orm->generation == 0 || column->expression[0] == '#';
	char	   *name = psprintf("%s_orm_%s_%s", table->native, column->name,
								is_integer ? "id" : "uuid");
	StringInfoData expression;

	if (OidIsValid(find_in_target(&orm->target, name)))
		return false;
	initStringInfo(&expression);
	append_template(&expression, orm, column->expression);
	sql_run("CREATE INDEX %s ON %s (%s)", quote_identifier(name),
			quote_qualified_identifier(orm->target.schema, table->native), expression.data);
	return true;
}

/*
 * Make all of a table's indexes, and analyze the table for their statistics.
 */
static void
make_indexes(const OrmViews *orm, const OrmTable *table)
{
	bool		is_new = false;

	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		if (is_indexed(orm, column))
			is_new |= make_index(orm, table, column);
	}
	if (is_new)
		sql_run("ANALYZE %s", quote_qualified_identifier(orm->target.schema, table->native));
}

static void
make_all(const OrmViews *orm)
{
	Oid			schema;

	ensure_native_tables(&orm->target);

	/* keep other sessions from doing the same, or changing the tables, meanwhile */
	wait_for_replacements(&orm->target);
	if (!OidIsValid(get_namespace_oid(orm->views, true)))
		sql_run("CREATE SCHEMA %s", quote_identifier(orm->views));
	schema = get_namespace_oid(orm->views, false);
	check_schema_owner(schema);
	clear_schema(orm, schema);
	make_argument_type(orm, schema);
	for (int i = 0; i < orm_table_count; i++)
	{
		make_view(orm, &orm_tables[i]);
		make_indexes(orm, &orm_tables[i]);
	}
}

/*
 * Make the views of a generation, and the indexes that serve them.  Returns
 * their schema's name.
 */
Datum
pe_orm_views(PG_FUNCTION_ARGS)
{
	OrmViews	orm;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("target, views and generation of pe_orm_views() must not be NULL")));
	memset(&orm, 0, sizeof(orm));
	orm.target.schema = NameStr(*PG_GETARG_NAME(0));
	orm.views = NameStr(*PG_GETARG_NAME(1));
	orm.generation = PG_GETARG_INT32(2) - 1;
	orm.target.extension_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	if (orm.generation != 0 && orm.generation != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("PANDelephant's ORM has no generation %d", PG_GETARG_INT32(2)),
				 errhint("1 is that of 2020 to March 2021, 2 the one since.")));
	if (!native_table_exists(&orm.target, &executions_relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" has no native tables", orm.target.schema),
				 errhint("Make them with pe_materialize().")));
	sql_connect();
	make_all(&orm);
	sql_finish();
	PG_RETURN_NAME(PG_GETARG_NAME(1));
}
