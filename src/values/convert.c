/*-------------------------------------------------------------------------
 *
 * convert.c
 *		pe_readable(), pe_bigint() and pe_hex(): values of logs as text that people
 *		can read, and as numbers that SQL can compute with.
 *
 * Casts would do the same, but one value among millions that is not valid text, or
 * too large, would end the query.  These functions return NULL, or their argument,
 * instead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "compat/varlena.h"
#include "text/guest_text.h"
#include "values/bytea_text.h"

PG_FUNCTION_INFO_V1(pe_readable);
PG_FUNCTION_INFO_V1(pe_readable_bytea);
PG_FUNCTION_INFO_V1(pe_bigint);
PG_FUNCTION_INFO_V1(pe_bigint_jsonb);
PG_FUNCTION_INFO_V1(pe_bigint_numeric);
PG_FUNCTION_INFO_V1(pe_hex);
PG_FUNCTION_INFO_V1(pe_hex_bigint);
PG_FUNCTION_INFO_V1(pe_hex_integer);
PG_FUNCTION_INFO_V1(pe_hex_jsonb);
PG_FUNCTION_INFO_V1(pe_hex_numeric);

/* A byte takes as many in text at the most: \xHH. */
#define TEXT_PER_BYTE		4

/*
 * Can bytes be shown as text, whatever they are?  A value has 1 GB at the most.
 */
static bool
fits_as_text(PlogBytes bytes)
{
	return bytes.length < MaxAllocSize / TEXT_PER_BYTE - VARHDRSZ;
}

/*
 * Bytes as text, in the way that the guest's strings are shown.
 */
static Datum
readable(PlogBytes bytes)
{
	StringInfoData text;

	initStringInfo(&text);
	append_guest_text(&text, bytes);
	return PointerGetDatum(cstring_to_text_with_len(text.data, text.len));
}

/*
 * pe_readable(text) returns text: bytes in bytea's hex form as readable text, and
 * any other text unchanged.
 */
Datum
pe_readable(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	PlogBytes	bytes;

	if (!decode_bytea_text(bytes_of_varlena(value), &bytes) || !fits_as_text(bytes))
		PG_RETURN_TEXT_P(value);
	PG_RETURN_DATUM(readable(bytes));
}

/*
 * pe_readable(bytea) returns text, or NULL where it might be too long
 */
Datum
pe_readable_bytea(PG_FUNCTION_ARGS)
{
	PlogBytes	bytes = bytes_of_varlena(PG_GETARG_BYTEA_PP(0));

	if (!fits_as_text(bytes))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(readable(bytes));
}

/*
 * Parse a hex number.  False if it is none, or has more than 64 bits.
 */
static bool
parse_hex(const uint8_t *at, const uint8_t *end, uint64 *number)
{
	if (at == end)
		return false;
	for (*number = 0; at < end; at++)
	{
		int			digit = hex_digit(*at);

		if (digit < 0 || *number >> 60 != 0)
			return false;
		*number = *number << 4 | (uint64) digit;
	}
	return true;
}

/*
 * Parse a decimal number, which may have a fraction of zeros.  False if it is none,
 * or greater than the limit.
 */
static bool
parse_decimal(const uint8_t *at, const uint8_t *end, uint64 limit, uint64 *number)
{
	const uint8_t *start = at;

	for (*number = 0; at < end && isdigit(*at); at++)
	{
		uint64		digit = *at - '0';

		if (*number > (limit - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	if (at == start)
		return false;
	if (at < end && *at == '.')
	{
		do
			at++;
		while (at < end && *at == '0');
	}
	return at == end;
}

/*
 * Parse a number as any of our relations shows it, as 64 bits: decimal from -2^63
 * to 2^64-1, or hex after 0x.
 */
static bool
parse_number(PlogBytes text, uint64 *number)
{
	const uint8_t *end = text.data + text.length;

	if (text.length > 2 && text.data[0] == '0' && text.data[1] == 'x')
		return parse_hex(text.data + 2, end, number);
	if (text.length == 0 || text.data[0] != '-')
		return parse_decimal(text.data, end, PG_UINT64_MAX, number);
	if (!parse_decimal(text.data + 1, end, UINT64CONST(1) << 63, number))
		return false;
	*number = 0 - *number;
	return true;
}

static bool
parse_numeric(Numeric numeric, uint64 *number)
{
	char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(numeric)));
	PlogBytes	text = {(const uint8_t *) digits, strlen(digits)};

	return parse_number(text, number);
}

/*
 * Parse a JSON number, or a string that has a number.
 */
static bool
parse_jsonb(Jsonb *jsonb, uint64 *number)
{
	JsonbValue	value;
	PlogBytes	text;

	if (!JB_ROOT_IS_SCALAR(jsonb) || !JsonbExtractScalar(&jsonb->root, &value))
		return false;
	if (value.type == jbvNumeric)
		return parse_numeric(value.val.numeric, number);
	if (value.type != jbvString)
		return false;
	text.data = (const uint8_t *) value.val.string.val;
	text.length = (size_t) value.val.string.len;
	return parse_number(text, number);
}

static Datum
hex_text(uint64 number)
{
	char		digits[32];

	snprintf(digits, sizeof(digits), "0x%llx", (unsigned long long) number);
	return CStringGetTextDatum(digits);
}

/*
 * pe_bigint(text), pe_bigint(jsonb) and pe_bigint(numeric) return bigint: the same
 * 64 bits, or NULL if the argument is no such number.
 */
Datum
pe_bigint(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_number(bytes_of_varlena(PG_GETARG_TEXT_PP(0)), &number))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) number);
}

Datum
pe_bigint_jsonb(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_jsonb(PG_GETARG_JSONB_P(0), &number))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) number);
}

Datum
pe_bigint_numeric(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_numeric(PG_GETARG_NUMERIC(0), &number))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) number);
}

/*
 * pe_hex(text), of jsonb, of numeric and of bigint, return text: 0x and the hex digits
 * of the same 64 bits, or NULL if the argument is no such number.
 */
Datum
pe_hex(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_number(bytes_of_varlena(PG_GETARG_TEXT_PP(0)), &number))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(hex_text(number));
}

Datum
pe_hex_jsonb(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_jsonb(PG_GETARG_JSONB_P(0), &number))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(hex_text(number));
}

Datum
pe_hex_numeric(PG_FUNCTION_ARGS)
{
	uint64		number;

	if (!parse_numeric(PG_GETARG_NUMERIC(0), &number))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(hex_text(number));
}

/* without it, a constant would be both a bigint and a numeric */
Datum
pe_hex_integer(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(hex_text((uint64) PG_GETARG_INT32(0)));
}

Datum
pe_hex_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(hex_text((uint64) PG_GETARG_INT64(0)));
}
