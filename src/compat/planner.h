/*-------------------------------------------------------------------------
 *
 * planner.h
 *		Making paths and pathkeys.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_PLANNER_H
#define PANDELEPHANT_COMPAT_PLANNER_H

#include "nodes/nodeFuncs.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/typcache.h"

#if PG_VERSION_NUM < 140000
#define list_make5(x1, x2, x3, x4, x5)	lappend(list_make4(x1, x2, x3, x4), x5)
#endif

/*
 * create_foreignscan_path() for a base relation.
 */
static inline ForeignPath *
create_foreign_scan_path(PlannerInfo *root, RelOptInfo *baserel, double rows,
						 Cost startup_cost, Cost total_cost, List *pathkeys,
						 Relids required_outer, List *private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, baserel, NULL, rows, 0, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, NIL, private);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, baserel, NULL, rows, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, NIL, private);
#else
	return create_foreignscan_path(root, baserel, NULL, rows, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, private);
#endif
}

/*
 * create_foreign_join_path() for a join that needs no other plan beside it.
 */
static inline ForeignPath *
create_foreign_joined_path(PlannerInfo *root, RelOptInfo *joinrel, double rows, Cost startup_cost,
						   Cost total_cost, List *pathkeys, List *private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreign_join_path(root, joinrel, NULL, rows, 0, startup_cost, total_cost,
									pathkeys, NULL, NULL, NIL, private);
#elif PG_VERSION_NUM >= 170000
	return create_foreign_join_path(root, joinrel, NULL, rows, startup_cost, total_cost,
									pathkeys, NULL, NULL, NIL, private);
#else
	return create_foreign_join_path(root, joinrel, NULL, rows, startup_cost, total_cost,
									pathkeys, NULL, NULL, private);
#endif
}

/*
 * create_foreign_upper_path() for one row of aggregates.
 */
static inline ForeignPath *
create_foreign_aggregate_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, double rows,
							  Cost cost, List *private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreign_upper_path(root, rel, target, rows, 0, cost, cost, NIL, NULL, NIL, private);
#elif PG_VERSION_NUM >= 170000
	return create_foreign_upper_path(root, rel, target, rows, cost, cost, NIL, NULL, NIL, private);
#else
	return create_foreign_upper_path(root, rel, target, rows, cost, cost, NIL, NULL, private);
#endif
}

/*
 * Ascending order of an expression, by its type's "less than", as pathkeys of
 * one; NIL where nobody asks for it.
 */
static inline List *
order_by_expression(PlannerInfo *root, RelOptInfo *baserel, Expr *expression)
{
	TypeCacheEntry *type = lookup_type_cache(exprType((Node *) expression), TYPECACHE_LT_OPR);

#if PG_VERSION_NUM >= 160000
	return build_expression_pathkey(root, expression, type->lt_opr, baserel->relids, false);
#else
	return build_expression_pathkey(root, expression, NULL, type->lt_opr, baserel->relids, false);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_PLANNER_H */
