/*-------------------------------------------------------------------------
 *
 * query.c
 *		Running generated SQL with parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "library/query.h"

void
add_parameter(Parameters *parameters, Oid type, Datum value, bool is_null)
{
	int			i = parameters->count++;

	Assert(i < MAX_PARAMETERS);
	parameters->types[i] = type;
	parameters->values[i] = value;
	parameters->nulls[i] = is_null ? 'n' : ' ';
}

void
add_text(Parameters *parameters, const char *text)
{
	add_parameter(parameters, TEXTOID, text == NULL ? (Datum) 0 : CStringGetTextDatum(text),
				  text == NULL);
}

void
add_bigint(Parameters *parameters, int64 number)
{
	add_parameter(parameters, INT8OID, Int64GetDatum(number), false);
}

void
add_boolean(Parameters *parameters, bool value)
{
	add_parameter(parameters, BOOLOID, BoolGetDatum(value), false);
}

static uint64
execute_with(const char *command, const Parameters *parameters, bool read_only)
{
	int			result = SPI_execute_with_args(command, parameters->count,
											   (Oid *) parameters->types,
											   (Datum *) parameters->values,
											   parameters->nulls, read_only, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

uint64
run_with(const char *command, const Parameters *parameters)
{
	return execute_with(command, parameters, false);
}

uint64
query_with(const char *query, const Parameters *parameters)
{
	return execute_with(query, parameters, true);
}
