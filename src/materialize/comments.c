/*-------------------------------------------------------------------------
 *
 * comments.c
 *		Comments on tables, from the descriptors of relations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "utils/lsyscache.h"

#include "materialize/comments.h"

static void
comment_on(Oid table, AttrNumber attribute, const char *comment)
{
	char	   *present = GetComment(table, RelationRelationId, attribute);

	if (present == NULL)
		CreateComments(table, RelationRelationId, attribute, comment);
	else
		pfree(present);
}

void
comment_on_relation(Oid table, const PlogRelation *relation)
{
	comment_on(table, 0, relation->comment);
	for (int i = 0; i < relation->column_count; i++)
	{
		AttrNumber	attribute = get_attnum(table, relation->columns[i].name);

		if (attribute != InvalidAttrNumber)
			comment_on(table, attribute, relation->columns[i].comment);
	}
	CommandCounterIncrement();
}
