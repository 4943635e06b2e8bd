/*-------------------------------------------------------------------------
 *
 * condition.h
 *		What the rows that a query wants have to meet.
 *
 * Conditions are advice: a relation may leave out rows that do not meet one,
 * to save work, but need not.  PostgreSQL checks every row again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CONDITION_H
#define PANDELEPHANT_CONDITION_H

#include "access/stratnum.h"

/*
 * A row meets a condition if its column compares by the strategy (BTLess… to
 * BTGreaterStrategyNumber) to any of the values; NULL never does.  All
 * conditions must be met.
 *
 * Values of columns of type bigint or integer are int64 Datums.  Of a text
 * column they are text of any header, and the strategy is equality, byte by
 * byte.  There are no NULLs among them: where there is no value at all, no row
 * meets the condition.
 */
typedef struct Condition
{
	int			column;
	StrategyNumber strategy;
	int			value_count;
	Datum	   *values;
} Condition;

#endif							/* PANDELEPHANT_CONDITION_H */
