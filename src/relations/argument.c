/*-------------------------------------------------------------------------
 *
 * argument.c
 *		The value of a system call's argument, as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "relations/argument.h"
#include "relations/struct.h"
#include "text.h"

/* Bytes are converted with a check for interrupts after so many. */
#define BYTES_PER_CHECK		(1024 * 1024)

const char *
argument_type_name(const PlogArgument *argument)
{
	switch (argument->kind)
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
	static const char digits[] = "0123456789abcdef";
	char	   *at;

	reserve_text(text, bytes.length * 2);
	at = text->data + text->len;
	for (size_t i = 0; i < bytes.length; i++)
	{
		if (i % BYTES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		*at++ = digits[bytes.data[i] >> 4];
		*at++ = digits[bytes.data[i] & 15];
	}
	*at = '\0';
	text->len += (int) (bytes.length * 2);
}

/*
 * What shortest_dec.h cannot: PostgreSQL's names of the infinities and of NaN.
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
	char		digits[MAXINT8LEN + 1];

	appendBinaryStringInfo(text, digits, pg_ulltoa_n(value, digits));
}

static void
append_signed(StringInfo text, int64 value)
{
	char		digits[MAXINT8LEN + 1];

	pg_lltoa(value, digits);
	appendStringInfoString(text, digits);
}

/*
 * A pointer: 0x and lower-case hex.
 */
static void
append_pointer(StringInfo text, uint64 value)
{
	static const char hex[] = "0123456789abcdef";
	char		digits[16];
	int			at = sizeof(digits);

	do
	{
		digits[--at] = hex[value & 15];
		value >>= 4;
	} while (value != 0);
	appendBinaryStringInfo(text, "0x", 2);
	appendBinaryStringInfo(text, digits + at, (int) sizeof(digits) - at);
}

bool
append_argument_value(StringInfo text, const PlogArgument *argument)
{
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_STR:
			append_guest_text(text, argument->bytes);
			return true;
		case PLOG_ARGUMENT_PTR:
			append_pointer(text, argument->number);
			return true;
		case PLOG_ARGUMENT_U64:
		case PLOG_ARGUMENT_U32:
		case PLOG_ARGUMENT_U16:
			append_unsigned(text, argument->number);
			return true;
		case PLOG_ARGUMENT_I64:
		case PLOG_ARGUMENT_I32:
		case PLOG_ARGUMENT_I16:
			append_signed(text, (int64) argument->number);
			return true;
		case PLOG_ARGUMENT_FLOAT:
			append_float(text, (uint32) argument->number);
			return true;
		case PLOG_ARGUMENT_DOUBLE:
			append_double(text, argument->number);
			return true;
		case PLOG_ARGUMENT_BOOL:
			appendStringInfoString(text, argument->number != 0 ? "true" : "false");
			return true;
		case PLOG_ARGUMENT_BYTES:
			reserve_text(text, argument->bytes.length * 2 + 2);
			appendBinaryStringInfo(text, "\\x", 2);
			append_hex(text, argument->bytes);
			return true;
		case PLOG_ARGUMENT_STRUCT_TYPE:
			return append_struct(text, argument);
		default:
			return true;
	}
}
