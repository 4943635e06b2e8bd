/*-------------------------------------------------------------------------
 *
 * order.h
 *		The orders that the rows of a foreign table come in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ORDER_H
#define PANDELEPHANT_ORDER_H

#include "fdw/estimate.h"

/*
 * The number of the table's attribute that shows a column of the relation unchanged,
 * or 0; and the attribute itself, or NULL.
 */
extern AttrNumber attribute_of_column(const RelOptInfo *baserel, const TablePlan *plan,
									  int column);
extern Var *variable_of_column(RelOptInfo *baserel, const TablePlan *plan, int column);

/*
 * The order of the execution's id, as a list of one pathkey, if that is what the
 * query's order starts with; else NIL.  All rows have the same id.
 */
extern List *order_by_execution(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan);

/*
 * The ascending order of a column, as a list of one pathkey, if anybody asks for
 * it; else NIL.
 */
extern List *order_by_column(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan,
							 int column);

/*
 * The order of execution offsets, if the catalog proves that rows come in it; else
 * NIL.  sorted is the attribute that has the offsets.
 */
extern List *order_by_offset(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan,
							 AttrNumber *sorted);

/*
 * The order that rows come in anyway: that of the relation's key.  Pathkeys that
 * are useless are not left out, here and above.
 */
extern List *natural_order(PlannerInfo *root, RelOptInfo *baserel, const TablePlan *plan);

#endif							/* PANDELEPHANT_ORDER_H */
