/*-------------------------------------------------------------------------
 *
 * ancestors.h
 *		The nodes of a plan above one of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ANCESTORS_H
#define PANDELEPHANT_ANCESTORS_H

#include "nodes/plannodes.h"

/*
 * The plans and SubPlans above a plan of a statement, the nearest first, as the
 * functions that print expressions want them; NIL where it is not found.
 */
extern List *find_ancestors(const PlannedStmt *statement, const Plan *plan);

#endif							/* PANDELEPHANT_ANCESTORS_H */
