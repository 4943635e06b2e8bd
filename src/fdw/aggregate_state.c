/*-------------------------------------------------------------------------
 *
 * aggregate_state.c
 *		The state of an aggregate: what was added to it, and its result.
 *
 * Results are exact and of the types that PostgreSQL's aggregates have: a sum of
 * bigints is a numeric, as is every average.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat/aggregate.h"
#include "fdw/aggregate_state.h"

/* Room for the digits of any AggregateNumber, its sign and a NUL. */
#define NUMBER_DIGITS		48

void
aggregate_combine(AggregateKind kind, AggregateState *state, const AggregateState *other)
{
	AggregateNumber number = state->number;

	if (other->count == 0)
		return;
	switch (kind)
	{
		case AGGREGATE_SUM:
		case AGGREGATE_AVG:
			number += other->number;
			break;
		case AGGREGATE_MIN:
		case AGGREGATE_AND:
			if (state->count == 0 || other->number < number)
				number = other->number;
			break;
		case AGGREGATE_MAX:
		case AGGREGATE_OR:
			if (state->count == 0 || other->number > number)
				number = other->number;
			break;
		case AGGREGATE_KEY:
		case AGGREGATE_COUNT_ROWS:
		case AGGREGATE_COUNT:
			break;
	}
	state->number = number;
	state->count += other->count;
}

/*
 * A number as numeric.
 */
static Datum
numeric_of_number(AggregateNumber number)
{
	char		digits[NUMBER_DIGITS];
	char	   *at = digits + NUMBER_DIGITS - 1;
	bool		is_negative = number < 0;

	if (number >= PG_INT64_MIN && number <= PG_INT64_MAX)
		return DirectFunctionCall1(int8_numeric, Int64GetDatum((int64) number));
	*at = '\0';
	while (number != 0)
	{
		int			digit = (int) (number % 10);

		*--at = (char) ('0' + abs(digit));
		number /= 10;
	}
	if (is_negative)
		*--at = '-';
	return DirectFunctionCall3(numeric_in, CStringGetDatum(at), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

Datum
datum_of_number(int64 number, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return Int16GetDatum((int16) number);
		case INT4OID:
			return Int32GetDatum((int32) number);
		case BOOLOID:
			return BoolGetDatum(number != 0);
		default:
			return Int64GetDatum(number);
	}
}

/*
 * A sum of numbers that are no bigints, as a bigint.
 */
static Datum
bigint_of_sum(AggregateNumber sum)
{
	if (sum < PG_INT64_MIN || sum > PG_INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range")));
	return Int64GetDatum((int64) sum);
}

/*
 * The state of a sum or an average, as PostgreSQL's partial aggregate gives it.
 */
static Datum
partial_sum(const AggregateForm *form, const AggregateState *state, bool *is_null)
{
	Datum		numbers[2];

	if (form->type == INT8OID)
	{
		*is_null = state->count == 0;
		return *is_null ? (Datum) 0 :
			PointerGetDatum(serialize_bigint_sum(state->count, numeric_of_number(state->number)));
	}
	if (form->kind == AGGREGATE_SUM)
	{
		*is_null = state->count == 0;
		return *is_null ? (Datum) 0 : bigint_of_sum(state->number);
	}
	*is_null = false;
	numbers[0] = Int64GetDatum(state->count);
	numbers[1] = bigint_of_sum(state->number);
	return PointerGetDatum(construct_array(numbers, lengthof(numbers), INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
aggregate_result(const AggregateForm *form, const AggregateState *state, bool *is_null)
{
	bool		is_sum = form->kind == AGGREGATE_SUM || form->kind == AGGREGATE_AVG;

	*is_null = false;
	if (form->kind == AGGREGATE_COUNT_ROWS || form->kind == AGGREGATE_COUNT)
		return Int64GetDatum(state->count);
	if (is_sum && form->is_partial)
		return partial_sum(form, state, is_null);
	*is_null = state->count == 0;
	if (*is_null)
		return (Datum) 0;
	if (form->kind == AGGREGATE_AVG)
		return DirectFunctionCall2(numeric_div, numeric_of_number(state->number),
								   DirectFunctionCall1(int8_numeric,
													   Int64GetDatum(state->count)));
	if (form->kind == AGGREGATE_SUM)
		return form->type == INT8OID ? numeric_of_number(state->number) :
			bigint_of_sum(state->number);
	return datum_of_number((int64) state->number, form->type);
}
