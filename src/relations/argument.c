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
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "relations/argument.h"
#include "relations/struct.h"
#include "text.h"

/* Bytes are converted with a check for interrupts after so many. */
#define BYTES_PER_CHECK		(1024 * 1024)

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

/*
 * Print the eight lower-case hex digits of a number.  All are made at once, of
 * nibbles that each get a byte of their own.
 */
static inline void
print_hex_digits(char *digits, uint32 value)
{
	uint64		nibbles = value;
	uint64		letters;

	nibbles = (nibbles | nibbles << 16) & UINT64CONST(0x0000FFFF0000FFFF);
	nibbles = (nibbles | nibbles << 8) & UINT64CONST(0x00FF00FF00FF00FF);
	nibbles = (nibbles | nibbles << 4) & UINT64CONST(0x0F0F0F0F0F0F0F0F);

	/* 1 in each byte that is above 9 */
	letters = (nibbles + UINT64CONST(0x0606060606060606)) >> 4 & UINT64CONST(0x0101010101010101);
	nibbles += UINT64CONST(0x3030303030303030) + letters * ('a' - '0' - 10);
	nibbles = pg_hton64(nibbles);
	memcpy(digits, &nibbles, sizeof(nibbles));
}

/*
 * Print bytes as lower-case hex digits, twice as many.
 */
void
print_hex(char *digits, PlogBytes bytes)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *at = bytes.data;
	size_t		left = bytes.length;

	for (; left >= 4; left -= 4)
	{
		uint32		value;

		if (left % BYTES_PER_CHECK < 4)
			CHECK_FOR_INTERRUPTS();
		memcpy(&value, at, sizeof(value));
		print_hex_digits(digits, pg_ntoh32(value));
		digits += 8;
		at += 4;
	}
	for (; left > 0; left--)
	{
		*digits++ = hex[*at >> 4];
		*digits++ = hex[*at++ & 15];
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

static inline int
print_signed(char *digits, int64 value)
{
	if (value >= 0)
		return pg_ulltoa_n((uint64) value, digits);
	digits[0] = '-';
	return 1 + pg_ulltoa_n(0 - (uint64) value, digits + 1);
}

/*
 * Print a pointer: 0x and lower-case hex.
 */
static inline int
print_pointer(char *digits, uint64 value)
{
	int			skipped = value == 0 ? 15 : (63 - pg_leftmost_one_pos64(value)) / 4;
	char		all[16 + 15];	/* so that 16 can be copied from anywhere */

	print_hex_digits(all, (uint32) (value >> 32));
	print_hex_digits(all + 8, (uint32) value);
	digits[0] = '0';
	digits[1] = 'x';
	memcpy(digits + 2, all + skipped, 16);
	return 2 + 16 - skipped;
}

int
print_argument_number(char *digits, const PlogArgument *argument)
{
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_PTR:
			return print_pointer(digits, argument->number);
		case PLOG_ARGUMENT_U64:
		case PLOG_ARGUMENT_U32:
		case PLOG_ARGUMENT_U16:
			return pg_ulltoa_n(argument->number, digits);
		case PLOG_ARGUMENT_I64:
		case PLOG_ARGUMENT_I32:
		case PLOG_ARGUMENT_I16:
			return print_signed(digits, (int64) argument->number);
		default:
			return 0;
	}
}

bool
append_argument_value(StringInfo text, const PlogArgument *argument)
{
	char		number[ARGUMENT_NUMBER_BYTES];
	int			length = print_argument_number(number, argument);

	if (length > 0)
	{
		appendBinaryStringInfo(text, number, length);
		return true;
	}
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_STR:
			append_guest_text(text, argument->bytes);
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
