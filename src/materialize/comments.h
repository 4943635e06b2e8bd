/*-------------------------------------------------------------------------
 *
 * comments.h
 *		Comments on tables, from the descriptors of relations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMMENTS_H
#define PANDELEPHANT_COMMENTS_H

#include "relations/relation.h"

/*
 * Comment on the table or view that shows a relation, and on its columns of the
 * relation's names.  A comment that is there, perhaps a user's, stays.
 */
extern void comment_on_relation(Oid table, const PlogRelation *relation);

#endif							/* PANDELEPHANT_COMMENTS_H */
