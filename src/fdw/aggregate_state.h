/*-------------------------------------------------------------------------
 *
 * aggregate_state.h
 *		The state of an aggregate: what was added to it, and its result.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_AGGREGATE_STATE_H
#define PANDELEPHANT_AGGREGATE_STATE_H

typedef enum AggregateKind
{
	AGGREGATE_KEY,				/* none: a value that rows are grouped by */
	AGGREGATE_COUNT_ROWS,
	AGGREGATE_COUNT,			/* of values that are not NULL */
	AGGREGATE_SUM,
	AGGREGATE_AVG,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_AND,
	AGGREGATE_OR
} AggregateKind;

/* Sums of bigints need more than 64 bits.  Without such integers they are left to PostgreSQL. */
#ifdef HAVE_INT128
typedef int128 AggregateNumber;
#define AGGREGATES_SUM_BIGINTS	true
#else
typedef int64 AggregateNumber;
#define AGGREGATES_SUM_BIGINTS	false
#endif

/* Zero as long as nothing was added. */
typedef struct AggregateState
{
	AggregateNumber number;		/* the sum, or the least or greatest value; of booleans 0 or 1 */
	int64		count;			/* of what was added */
} AggregateState;

/* What an aggregate is, and of values of which type. */
typedef struct AggregateForm
{
	AggregateKind kind;
	Oid			type;			/* int2, int4, int8 or bool; of a count, invalid */
	bool		is_partial;		/* its state is wanted, for PostgreSQL to finish */
} AggregateForm;

/* Add a number that so many rows have. */
static inline void
aggregate_add(AggregateKind kind, AggregateState *state, int64 number, uint64 rows)
{
	switch (kind)
	{
		case AGGREGATE_SUM:
		case AGGREGATE_AVG:
			state->number += (AggregateNumber) number * (AggregateNumber) rows;
			break;
		case AGGREGATE_MIN:
		case AGGREGATE_AND:
			if (state->count == 0 || number < state->number)
				state->number = number;
			break;
		case AGGREGATE_MAX:
		case AGGREGATE_OR:
			if (state->count == 0 || number > state->number)
				state->number = number;
			break;
		case AGGREGATE_KEY:
		case AGGREGATE_COUNT_ROWS:
		case AGGREGATE_COUNT:
			break;
	}
	state->count += (int64) rows;
}

/* Add all that was added to another state. */
extern void aggregate_combine(AggregateKind kind, AggregateState *state,
							  const AggregateState *other);

/* A number, which is within the bounds of the type, as a value of the type. */
extern Datum datum_of_number(int64 number, Oid type);

/*
 * The result of a state, in the current memory context: the aggregate's value, or
 * what PostgreSQL's partial aggregate would give.
 */
extern Datum aggregate_result(const AggregateForm *form, const AggregateState *state,
							  bool *is_null);

#endif							/* PANDELEPHANT_AGGREGATE_STATE_H */
