/*-------------------------------------------------------------------------
 *
 * choice.c
 *		Which relations pe_materialize() copies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "fdw/names.h"
#include "materialize/choice.h"
#include "relations/list.h"

/*
 * Add a relation, unless it is a view, and what it refers to.
 */
static RelationSet
with_relation(RelationSet chosen, const PlogRelation *relation)
{
	if (relation->native.kind != NATIVE_VIEW)
		chosen |= (RelationSet) 1 << place_of_relation(relation);
	for (int i = 0; relation->native.references[i][0] != NULL; i++)
	{
		const PlogRelation *referenced = find_relation(relation->native.references[i][1]);

		if (referenced != relation)
			chosen = with_relation(chosen, referenced);
	}
	return chosen;
}

/*
 * The relations with these names.
 */
static RelationSet
named_relations(ArrayType *names)
{
	RelationSet chosen = 0;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *name;
		const PlogRelation *relation;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a relation must not be NULL")));
		name = TextDatumGetCString(elements[i]);
		relation = find_relation(name);
		if (relation == NULL)
			report_unknown_relation(name);
		chosen = with_relation(chosen, relation);
	}
	return chosen;
}

/*
 * The relations that are copied by default: all that the source has, except those
 * that are copied on request only.
 */
static RelationSet
default_relations(const Source *source)
{
	RelationSet chosen = 0;

	for (int i = 0; i < relation_count; i++)
	{
		const NativeShape *native = &relations[i]->native;

		if (OidIsValid(source->tables[i]) && native->kind != NATIVE_VIEW && !native->on_request &&
			(!native->needs_recording || source->execution.recording != NULL))
			chosen = with_relation(chosen, relations[i]);
	}
	return chosen;
}

RelationSet
choose_relations(const Source *source, ArrayType *names)
{
	RelationSet chosen = names == NULL ? default_relations(source) : named_relations(names);

	chosen = with_relation(chosen, &executions_relation);
	for (int i = 0; i < relation_count; i++)
	{
		if (has_relation(chosen, relations[i]) && !OidIsValid(source->tables[i]))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("schema \"%s\" has no foreign table for the relation \"%s\"",
							source->schema, relations[i]->name),
					 errhint("Other relations refer to it.  Import it with IMPORT FOREIGN SCHEMA.")));
	}
	return chosen;
}
