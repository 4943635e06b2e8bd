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
 * The plans and SubPlans above a plan, the nearest first, in the form that
 * set_deparse_context_plan() wants.  NIL if the statement has no such plan.
 */
extern List *find_ancestors(const PlannedStmt *statement, const Plan *plan);

#endif							/* PANDELEPHANT_ANCESTORS_H */
