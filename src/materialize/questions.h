/*-------------------------------------------------------------------------
 *
 * questions.h
 *		The views beside the relations of a schema, foreign or native.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_QUESTIONS_H
#define PANDELEPHANT_QUESTIONS_H

#include "nodes/pg_list.h"

/* The setting. */
extern bool pandelephant_question_views;

/*
 * Make the views that a schema does not have, unless the setting question_views is
 * off.  One is left out where a relation that it needs is not there, or lacks
 * columns; and, with a notice, where something else has its name.  They call
 * functions of the extension, which is in that schema; none is made if it has not
 * been updated to 0.3.0.  Returns the Oids of those made.
 */
extern List *make_question_views(const char *schema, const char *extension_schema);

#endif							/* PANDELEPHANT_QUESTIONS_H */
