/*-------------------------------------------------------------------------
 *
 * convert.c
 *		pe_readable(), pe_bigint() and pe_hex(): what logs hold as what people read
 *		and SQL computes with.
 *
 * Casts do the same where they can; but one value among millions that is not
 * valid text, or too large, ends the query.  These give NULL, or what they were
 * given, instead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "compat/varlena.h"
#include "plog/wire.h"
#include "text/guest_text.h"

/* Digits are read with a check for interrupts after so many. */
#define DIGITS_PER_CHECK	(1024 * 1024)

PG_FUNCTION_INFO_V1(pe_readable);
PG_FUNCTION_INFO_V1(pe_readable_bytea);
PG_FUNCTION_INFO_V1(pe_bigint);
PG_FUNCTION_INFO_V1(pe_bigint_jsonb);
PG_FUNCTION_INFO_V1(pe_bigint_numeric);
PG_FUNCTION_INFO_V1(pe_hex);
PG_FUNCTION_INFO_V1(pe_hex_bigint);
PG_FUNCTION_INFO_V1(pe_hex_jsonb);

static PlogBytes
bytes_of_varlena(const void *value)
{
	PlogBytes	bytes = {(const uint8_t *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

	return bytes;
}

static inline int
hex_digit(uint8 digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (uint8) tolower(digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/*
 * Bytes as text: as the guest's strings are shown.
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
 * The bytes that a text shows in bytea's hex form, in new memory.  False: it is
 * not in that form.
 */
static bool
decode_bytea_text(PlogBytes text, PlogBytes *bytes)
{
	uint8	   *decoded;

	if (text.length < 2 || text.length % 2 != 0 || text.data[0] != '\\' || text.data[1] != 'x')
		return false;
	bytes->length = text.length / 2 - 1;
	bytes->data = decoded = palloc(bytes->length + 1);
	for (size_t i = 0; i < bytes->length; i++)
	{
		int			high = hex_digit(text.data[2 * i + 2]);
		int			low = hex_digit(text.data[2 * i + 3]);

		if (high < 0 || low < 0)
			return false;
		decoded[i] = (uint8) (high << 4 | low);
		if (i % DIGITS_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return true;
}

/*
 * pe_readable(text) returns text: bytes in bytea's hex form as readable text;
 * any other text as it is.
 */
Datum
pe_readable(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	PlogBytes	bytes;

	if (!decode_bytea_text(bytes_of_varlena(value), &bytes))
		PG_RETURN_TEXT_P(value);
	PG_RETURN_DATUM(readable(bytes));
}

/*
 * pe_readable(bytea) returns text
 */
Datum
pe_readable_bytea(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(readable(bytes_of_varlena(PG_GETARG_BYTEA_PP(0))));
}

/*
 * The number of hex digits.  False: they are none, or it has more than 64 bits.
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
 * The number of decimal digits, behind which a fraction of zeros may be.  False:
 * they are none, or it is greater than the limit.
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
 * The 64 bits of a number as any of our relations has it: decimal, from -2^63 to
 * 2^64-1, or hex behind 0x.
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
 * A JSON number, or a string that is one.
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
 * pe_bigint(text), of jsonb and of numeric, returns bigint: the same 64 bits, or
 * NULL where it is no such number.
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
 * pe_hex(text), of jsonb and of bigint, returns text: 0x and the digits of the
 * same 64 bits, or NULL where it is no such number.
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
pe_hex_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(hex_text((uint64) PG_GETARG_INT64(0)));
}
