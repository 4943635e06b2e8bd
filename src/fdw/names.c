/*-------------------------------------------------------------------------
 *
 * names.c
 *		Errors about names that do not exist, with the most similar one that does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/varlena.h"

#include "fdw/names.h"
#include "relations/list.h"

void
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

void
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
	pg_unreachable();
}
