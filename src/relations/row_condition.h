/*-------------------------------------------------------------------------
 *
 * row_condition.h
 *		A condition that the rows of a query must meet.
 *
 * Conditions are advice: to save work, a relation may leave out rows that do not
 * meet them, but it need not.  PostgreSQL checks every row again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ROW_CONDITION_H
#define PANDELEPHANT_ROW_CONDITION_H

#include "strace/search.h"

/* The numbers between two, inclusive: none if lowest > highest. */
typedef struct NumberRange
{
	int64		lowest;
	int64		highest;
} NumberRange;

/*
 * A row meets a condition if its column has one of the values; NULL never does.
 * Conditions on lines are otherwise, see there.
 *
 * For a column of type bigint or integer the values are ranges, ascending and
 * apart from each other, none of them empty.  For a text column they are texts
 * with any kind of header, none of them NULL, and compared byte by byte.  If
 * there is no value at all, no row meets the condition.
 */
typedef struct Condition
{
	int			column;
	int			value_count;
	NumberRange *ranges;		/* value_count of these, or NULL, … */
	Datum	   *texts;			/* … or of these, or NULL */
	struct TextSet *text_set;	/* an index of the texts: see condition_index_texts() */

	/*
	 * Of a condition on the line of a call, instead of all that: what a line must have
	 * to meet it, and a condition on the call's name that follows from it, or NULL.
	 * Nobody but PostgreSQL tells if a line meets it.
	 */
	const StraceSearch *search;
	struct Condition *name;
} Condition;

/* An index of a condition's texts. */
typedef struct TextSet
{
	Size		shortest;		/* of the texts, in bytes */
	Size		longest;
	uint32	   *slots;			/* a hash table of the texts' numbers, plus one; 0: free.
								 * NULL: there are too few texts for that */
	uint32	   *hashes;			/* of the texts in the slots */
	uint32		mask;			/* of a slot's number */

	/* statistics */
	uint64		asked;			/* texts that were looked up */
	uint64		found;			/* those of them that are in the set */
	uint64		compared;		/* comparisons byte by byte */
} TextSet;

/*
 * Make the index of a condition's texts, in the current memory context.  Before
 * that, no text is found.
 */
extern void condition_index_texts(Condition *condition);

/* Is a text, which is as long as one of them may be, among a condition's values? */
extern bool condition_find_text(const Condition *condition, const char *data, Size length);

/* Is a text among a condition's values? */
static inline bool
condition_has_text(const Condition *condition, const char *data, Size length)
{
	const TextSet *set = condition->text_set;

	return set != NULL && length >= set->shortest && length <= set->longest &&
		condition_find_text(condition, data, length);
}

/*
 * Is it worth checking rows by the texts?  Not if nearly all rows meet the
 * condition, as PostgreSQL checks again each row that is left.
 */
static inline bool
condition_texts_pay(const TextSet *set)
{
	return set->asked < 1024 || set->found < set->asked / 4 * 3;
}

/*
 * Is any number between two, inclusive, in one of a condition's ranges?
 */
static inline bool
condition_overlaps(const Condition *condition, int64 lowest, int64 highest)
{
	const NumberRange *range = condition->ranges;
	uint32		left = (uint32) condition->value_count;

	/* find the first range that does not end below lowest, or the last range */
	while (left > 1)
	{
		uint32		half = left / 2;

		if (range[half - 1].highest < lowest)
			range += half;
		left -= half;
	}
	return left > 0 && range->lowest <= highest && lowest <= range->highest;
}

#endif							/* PANDELEPHANT_ROW_CONDITION_H */
