/*-------------------------------------------------------------------------
 *
 * choice.h
 *		Which relations pe_materialize() copies.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHOICE_H
#define PANDELEPHANT_CHOICE_H

#include "utils/array.h"

#include "materialize/source.h"

/*
 * The relations with these names, or, if that is NULL, those that are copied by
 * default; and the relations that they refer to.  Views are not among them, but
 * the relations that they show are.  If the source lacks one, that is reported.
 */
extern RelationSet choose_relations(const Source *source, ArrayType *names);

#endif							/* PANDELEPHANT_CHOICE_H */
