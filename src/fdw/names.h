/*-------------------------------------------------------------------------
 *
 * names.h
 *		Errors about names that do not exist, with the most similar one that does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_NAMES_H
#define PANDELEPHANT_NAMES_H

#include "compat/noreturn.h"
#include "relations/relation.h"

/* The most similar of some names to a wanted one. */
typedef struct NearestName
{
	const char *wanted;
	const char *name;			/* NULL: none was considered yet */
	int			distance;
} NearestName;

extern void consider_name(NearestName *nearest, const char *name);

/*
 * Report that there is no relation of that name.
 */
pg_noreturn extern void report_unknown_relation(const char *name);

/*
 * Report that a relation, or any relation if it is NULL, has no column of that
 * name.
 */
pg_noreturn extern void report_unknown_column(const PlogRelation *relation, const char *name);

#endif							/* PANDELEPHANT_NAMES_H */
