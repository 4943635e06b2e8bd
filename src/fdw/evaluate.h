/*-------------------------------------------------------------------------
 *
 * evaluate.h
 *		Evaluating the conditions of a plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_EVALUATE_H
#define PANDELEPHANT_EVALUATE_H

#include "nodes/execnodes.h"

#include "relations/row_condition.h"

/* A scan's conditions, and what is needed to evaluate them. */
typedef struct ScanConditions
{
	int			count;
	Condition  *conditions;		/* as last evaluated */
	List	   *shapes;			/* packed, see pack_condition() */
	List	   *expressions;	/* of the values */
	List	   *states;			/* of the expressions */
	ExprContext *expression_context;
	MemoryContext constants;	/* holds the values that never change */
	MemoryContext context;		/* holds the others; reset before each evaluation */
	bool		are_evaluated;
} ScanConditions;

/*
 * Prepare to evaluate the conditions of a plan, in the current memory context.
 */
extern ScanConditions *begin_conditions(ForeignScanState *node, List *shapes);

/*
 * Evaluate the conditions with the current parameters.  Constants are evaluated
 * only once.
 */
extern void evaluate_conditions(ScanConditions *conditions);

/*
 * Do the values of all conditions on a column stay as they are when the scan starts
 * again?
 */
extern bool conditions_are_fixed(const ScanConditions *conditions, int column);

/*
 * Is there a parameter in an expression that another node of the plan sets?
 */
extern bool has_plan_parameter(Node *node, void *context);

/* How many values of lists of texts were compared with rows. */
extern uint64 count_compared_texts(const ScanConditions *conditions);

#endif							/* PANDELEPHANT_EVALUATE_H */
