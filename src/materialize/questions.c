/*-------------------------------------------------------------------------
 *
 * questions.c
 *		The views beside the relations of a schema, foreign or native.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat/views.h"
#include "materialize/question_views.h"
#include "materialize/questions.h"
#include "materialize/sql.h"
#include "relations/list.h"
#include "relations/relation.h"

bool		pandelephant_question_views = true;

PG_FUNCTION_INFO_V1(pe_question_views);

/*
 * What a mark of a template stands for: the next name in it, after the mark, which
 * the template is moved behind.
 */
static char *
take_name(const char **template)
{
	size_t		length = strspn(*template, "abcdefghijklmnopqrstuvwxyz_0123456789");
	char	   *name = pnstrdup(*template, length);

	*template += length;
	return name;
}

/*
 * The query of a view in a schema.
 */
static char *
query_of_view(const QuestionView *view, const char *schema, const char *extension_schema)
{
	StringInfoData query;
	const char *template = view->query;

	initStringInfo(&query);
	while (*template != '\0')
	{
		char		mark = *template++;

		if (mark == '$')
			appendStringInfoString(&query, quote_qualified_identifier(schema, take_name(&template)));
		else if (mark == '@')
			appendStringInfoString(&query, quote_qualified_identifier(extension_schema,
																	  take_name(&template)));
		else
			appendStringInfoChar(&query, mark);
	}
	return query.data;
}

/*
 * Is a relation's table there, with all its columns as the relation has them?
 */
static bool
relation_is_whole(const PlogRelation *relation, Oid table)
{
	for (int i = 0; i < relation->column_count; i++)
	{
		AttrNumber	attribute = get_attnum(table, relation->columns[i].name);

		if (attribute == InvalidAttrNumber ||
			get_atttype(table, attribute) != column_type_oid(relation->columns[i].type))
			return false;
	}
	return true;
}

static const QuestionView *
find_view(const char *name)
{
	for (int i = 0; i < question_view_count; i++)
	{
		if (strcmp(question_views[i].name, name) == 0)
			return &question_views[i];
	}
	return NULL;
}

/*
 * Is it a view that we made?
 */
static bool
is_own_view(const QuestionView *view, Oid table)
{
	char	   *comment = GetComment(table, RelationRelationId, 0);

	return get_rel_relkind(table) == RELKIND_VIEW && comment != NULL &&
		strcmp(comment, view->comment) == 0;
}

/*
 * Does the schema have all that a view is made of?
 */
static bool
has_sources(const QuestionView *view, Oid schema)
{
	for (const char *at = strchr(view->query, '$'); at != NULL; at = strchr(at, '$'))
	{
		char	   *name = (at++, take_name(&at));
		const PlogRelation *relation = find_relation(name);
		Oid			table = get_relname_relid(name, schema);

		if (!OidIsValid(table) ||
			!(relation != NULL ? relation_is_whole(relation, table) :
			  is_own_view(find_view(name), table)))
			return false;
	}
	return true;
}

/*
 * Does something keep a view from having its name?  Of what is not ours the user
 * is told.
 */
static bool
is_taken(const QuestionView *view, Oid schema)
{
	Oid			table = get_relname_relid(view->name, schema);

	if (!OidIsValid(table) &&
		!SearchSysCacheExists2(TYPENAMENSP, CStringGetDatum(view->name), ObjectIdGetDatum(schema)))
		return false;
	if (!OidIsValid(table) || !is_own_view(view, table))
		ereport(NOTICE,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("view \"%s\" is not made: schema \"%s\" has something else of that name",
						view->name, get_namespace_name(schema)),
				 errhint("Rename it and call pe_question_views() to have the view.")));
	return true;
}

static void
make_view(const QuestionView *view, const char *schema, const char *extension_schema)
{
	const char *name = quote_qualified_identifier(schema, view->name);
	StringInfoData comments;

	sql_run("CREATE VIEW %s" VIEW_OF_INVOKER " AS %s", name,
			query_of_view(view, schema, extension_schema));
	initStringInfo(&comments);
	appendStringInfo(&comments, "COMMENT ON VIEW %s IS %s", name, quote_literal_cstr(view->comment));
	for (int i = 0; i < QUESTION_MAX_COMMENTS && view->comments[i].column != NULL; i++)
		appendStringInfo(&comments, "; COMMENT ON COLUMN %s.%s IS %s", name,
						 quote_identifier(view->comments[i].column),
						 quote_literal_cstr(view->comments[i].comment));
	sql_run("%s", comments.data);
}

/*
 * Does the extension have what the views call?
 */
static bool
has_functions(const char *extension_schema)
{
	static const Oid types[] = {INT8OID, TEXTOID};

	return OidIsValid(LookupFuncName(list_make2(makeString(pstrdup(extension_schema)),
												makeString("pe_error_name")),
									 lengthof(types), types, true));
}

/*
 * Make the views, whatever the setting says.
 */
static List *
make_views(const char *schema, const char *extension_schema)
{
	Oid			schema_oid = get_namespace_oid(schema, false);
	List	   *made = NIL;

	if (!has_functions(extension_schema))
		return NIL;
	for (int i = 0; i < question_view_count; i++)
	{
		const QuestionView *view = &question_views[i];

		if (!has_sources(view, schema_oid) || is_taken(view, schema_oid))
			continue;
		make_view(view, schema, extension_schema);
		made = lappend_oid(made, get_relname_relid(view->name, schema_oid));
	}
	return made;
}

List *
make_question_views(const char *schema, const char *extension_schema)
{
	return pandelephant_question_views ? make_views(schema, extension_schema) : NIL;
}

/*
 * pe_question_views(schema name) returns name[]: make the views that a schema does
 * not have.  Returns the names of those made.
 */
Datum
pe_question_views(PG_FUNCTION_ARGS)
{
	const char *schema = NameStr(*PG_GETARG_NAME(0));
	MemoryContext caller = CurrentMemoryContext;
	Datum	   *names = palloc(sizeof(Datum) * question_view_count);
	List	   *made;
	ListCell   *cell;
	int			count = 0;

	sql_connect();
	made = make_views(schema, get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));

	/* what SPI allocates is gone when it ends */
	caller = MemoryContextSwitchTo(caller);
	foreach(cell, made)
		names[count++] = DirectFunctionCall1(namein, CStringGetDatum(get_rel_name(lfirst_oid(cell))));
	MemoryContextSwitchTo(caller);
	sql_finish();
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}
