/*-------------------------------------------------------------------------
 *
 * scalar.c
 *		Values of system calls' arguments that are not structs, as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/builtins.h"

#include "text/digits.h"
#include "text/guest_text.h"
#include "values/scalar.h"

const char *
argument_type_name(uint32 kind)
{
	switch (kind)
	{
		case PLOG_ARGUMENT_STR:
			return "STRING";
		case PLOG_ARGUMENT_PTR:
			return "POINTER";
		case PLOG_ARGUMENT_U64:
			return "UNSIGNED_64";
		case PLOG_ARGUMENT_U32:
			return "UNSIGNED_32";
		case PLOG_ARGUMENT_U16:
			return "UNSIGNED_16";
		case PLOG_ARGUMENT_I64:
			return "SIGNED_64";
		case PLOG_ARGUMENT_I32:
			return "SIGNED_32";
		case PLOG_ARGUMENT_I16:
			return "SIGNED_16";
		case PLOG_ARGUMENT_FLOAT:
			return "FLOAT";
		case PLOG_ARGUMENT_DOUBLE:
			return "DOUBLE";
		case PLOG_ARGUMENT_BOOL:
			return "BOOL";
		case PLOG_ARGUMENT_BYTES:
			return "BYTES";
		case PLOG_ARGUMENT_STRUCT_TYPE:
			return "STRUCT";
		default:
			return NULL;
	}
}

void
append_hex(StringInfo text, PlogBytes bytes)
{
	reserve_text(text, bytes.length * 2);
	print_hex(text->data + text->len, bytes);
	text->len += (int) (bytes.length * 2);
	text->data[text->len] = '\0';
}

/*
 * Append PostgreSQL's names of the infinities and NaN, which shortest_dec.h does
 * not print.  False if the value is none of them.
 */
static bool
append_special_float(StringInfo text, double value)
{
	if (isnan(value))
		appendStringInfoString(text, "NaN");
	else if (isinf(value))
		appendStringInfoString(text, value < 0 ? "-Infinity" : "Infinity");
	else
		return false;
	return true;
}

void
append_float(StringInfo text, uint32 bits)
{
	char		digits[FLOAT_SHORTEST_DECIMAL_LEN];
	float		value;

	memcpy(&value, &bits, sizeof(value));
	if (append_special_float(text, value))
		return;
	float_to_shortest_decimal_buf(value, digits);
	appendStringInfoString(text, digits);
}

void
append_double(StringInfo text, uint64 bits)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];
	double		value;

	memcpy(&value, &bits, sizeof(value));
	if (append_special_float(text, value))
		return;
	double_to_shortest_decimal_buf(value, digits);
	appendStringInfoString(text, digits);
}

void
append_unsigned(StringInfo text, uint64 value)
{
	char		digits[DIGITS_BYTES];

	appendBinaryStringInfo(text, digits, print_decimal(digits, value));
}

void
append_scalar_value(StringInfo text, const PlogArgument *argument)
{
	char		number[DIGITS_BYTES];
	int			length = print_argument_number(number, argument->kind, argument->number);

	if (length > 0)
	{
		appendBinaryStringInfo(text, number, length);
		return;
	}
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_STR:
			append_guest_text(text, argument->bytes);
			break;
		case PLOG_ARGUMENT_FLOAT:
			append_float(text, (uint32) argument->number);
			break;
		case PLOG_ARGUMENT_DOUBLE:
			append_double(text, argument->number);
			break;
		case PLOG_ARGUMENT_BOOL:
			appendStringInfoString(text, argument->number != 0 ? "true" : "false");
			break;
		case PLOG_ARGUMENT_BYTES:
			reserve_text(text, argument->bytes.length * 2 + 2);
			appendBinaryStringInfo(text, "\\x", 2);
			append_hex(text, argument->bytes);
			break;
	}
}
