/*-------------------------------------------------------------------------
 *
 * plan_nodes.h
 *		Fields of plan nodes that were dropped.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_PLAN_NODES_H
#define PANDELEPHANT_COMPAT_PLAN_NODES_H

#include "nodes/plannodes.h"

/*
 * The plans of a ModifyTable.  Since version 14 it has only an outer plan, like
 * other nodes.
 */
#if PG_VERSION_NUM >= 140000
#define modified_plans(modify)	NIL
#else
#define modified_plans(modify)	((modify)->plans)
#endif

#endif							/* PANDELEPHANT_COMPAT_PLAN_NODES_H */
