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

/* The numbers between two, inclusive: none if lowest > highest. */
typedef struct NumberRange
{
	int64		lowest;
	int64		highest;
} NumberRange;

/*
 * A row meets a condition if its column has any of the values; NULL never does.
 * All conditions must be met.
 *
 * Of columns of type bigint or integer the values are ranges, ascending and
 * apart from each other, none of them empty.  Of a text column they are text of
 * any header, to be equal byte by byte, and no NULL.  Where there is no value at
 * all, no row meets the condition.
 */
typedef struct Condition
{
	int			column;
	int			value_count;
	NumberRange *ranges;		/* value_count of these, or NULL, … */
	Datum	   *texts;			/* … or of these, or NULL */
	struct TextSet *text_set;	/* which finds them, see condition_index_texts() */
} Condition;

/* How texts are looked for among a condition's values. */
typedef struct TextSet
{
	Size		longest;		/* of the values, in bytes */
	uint32	   *slots;			/* places of values, plus one, by hash; 0: free.
								 * NULL: there are too few values for that */
	uint32	   *hashes;			/* of the values in the slots */
	uint32		mask;			/* of a slot's number */

	/* what was asked for, and what that cost */
	uint64		asked;
	uint64		found;
	uint64		compared;		/* values that were compared byte by byte */
} TextSet;

/*
 * Make the set of a condition's texts, in the current memory context.  Until
 * then none is found.
 */
extern void condition_index_texts(Condition *condition);

/* Is a text among a condition's values? */
extern bool condition_has_text(const Condition *condition, const char *data, Size length);

/*
 * Does it pay to check rows by the texts?  Not where nearly all rows meet them:
 * PostgreSQL looks again at each that is left.
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

	/* the first range that does not end before them, or the last */
	while (left > 1)
	{
		uint32		half = left / 2;

		if (range[half - 1].highest < lowest)
			range += half;
		left -= half;
	}
	return left > 0 && range->lowest <= highest && lowest <= range->highest;
}

#endif							/* PANDELEPHANT_CONDITION_H */
