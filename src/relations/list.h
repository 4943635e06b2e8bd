/*-------------------------------------------------------------------------
 *
 * list.h
 *		The list of all relations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIST_H
#define PANDELEPHANT_LIST_H

#include "relations/relation.h"

/* In the order in which pe_attach() and pe_materialize() go through them. */
extern const PlogRelation *const relations[];
extern const int relation_count;

/* The relation of that name, or NULL. */
extern const PlogRelation *find_relation(const char *name);

#endif							/* PANDELEPHANT_LIST_H */
