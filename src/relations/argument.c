/*-------------------------------------------------------------------------
 *
 * argument.c
 *		The value of a system call's argument, as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "relations/argument.h"
#include "text.h"

/* A member of a struct, on its way into a JSON object. */
typedef struct StructMember
{
	PlogArgument argument;
	const char *name;			/* as text */
	int			next;			/* the next member of the same name, or -1 */
	bool		is_repeated;	/* a member before has the same name */
} StructMember;

static bool append_json_value(StringInfo json, const PlogArgument *argument);

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
	if (bytes.length > MaxAllocSize / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%zu bytes of a plog are more than a text can hold", bytes.length)));
	enlargeStringInfo(text, (int) (bytes.length * 2));
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

static void
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

void
append_json_string(StringInfo json, PlogBytes guest)
{
	StringInfoData text;

	initStringInfo(&text);
	append_guest_text(&text, guest);
	escape_json(json, text.data);
	pfree(text.data);
}

static int
compare_members(const void *a, const void *b, void *members)
{
	int			index_a = *(const int *) a;
	int			index_b = *(const int *) b;
	int			order;

	CHECK_FOR_INTERRUPTS();
	order = strcmp(((StructMember *) members)[index_a].name, ((StructMember *) members)[index_b].name);
	return order != 0 ? order : index_a - index_b;
}

/*
 * Chain the members of the same name.
 */
static void
chain_repeated_members(StructMember *members, int count)
{
	int		   *sorted = palloc(sizeof(int) * (count + 1));

	for (int i = 0; i < count; i++)
		sorted[i] = i;
	qsort_arg(sorted, count, sizeof(int), compare_members, members);
	for (int i = 1; i < count; i++)
	{
		StructMember *before = &members[sorted[i - 1]];
		StructMember *member = &members[sorted[i]];

		if (strcmp(before->name, member->name) == 0)
		{
			before->next = sorted[i];
			member->is_repeated = true;
		}
	}
	pfree(sorted);
}

/*
 * Decode the members of a struct.  NULL where one is not protobuf.
 */
static StructMember *
decode_members(PlogRepeated repeated, int *count)
{
	StructMember *members = palloc(sizeof(StructMember) * 8);
	int			capacity = 8;
	PlogBytes	message;

	*count = 0;
	while (plog_next_bytes(&repeated, &message))
	{
		StructMember *member;

		if (*count == capacity)
		{
			capacity *= 2;
			if (capacity > (int) (MaxAllocSize / sizeof(StructMember)))
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("a struct of a plog has too many members")));
			members = repalloc(members, sizeof(StructMember) * capacity);
		}
		member = &members[(*count)++];
		member->next = -1;
		member->is_repeated = false;
		member->name = NULL;
		if (!plog_decode_argument(message, false, &member->argument))
			return NULL;
	}
	return members;
}

/*
 * An array of primitives: its members' values, in order.
 */
static bool
append_json_array(StringInfo json, const StructMember *members, int count)
{
	appendStringInfoChar(json, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		if (!append_json_value(json, &members[i].argument))
			return false;
	}
	appendStringInfoChar(json, ']');
	return true;
}

/*
 * The values of a member's name: one, or an array of all.
 */
static bool
append_json_member(StringInfo json, const StructMember *members, int index)
{
	if (members[index].next < 0)
		return append_json_value(json, &members[index].argument);
	appendStringInfoChar(json, '[');
	for (int i = index; i >= 0; i = members[i].next)
	{
		if (i != index)
			appendStringInfoString(json, ", ");
		if (!append_json_value(json, &members[i].argument))
			return false;
	}
	appendStringInfoChar(json, ']');
	return true;
}

static bool
append_json_object(StringInfo json, StructMember *members, int count)
{
	bool		is_first = true;
	StringInfoData name;

	initStringInfo(&name);
	for (int i = 0; i < count; i++)
	{
		resetStringInfo(&name);
		append_guest_text(&name, members[i].argument.name);
		members[i].name = name.len == 0 ? "" : pnstrdup(name.data, name.len);
	}
	pfree(name.data);
	chain_repeated_members(members, count);

	appendStringInfoChar(json, '{');
	for (int i = 0; i < count; i++)
	{
		if (members[i].is_repeated)
			continue;
		if (!is_first)
			appendStringInfoString(json, ", ");
		is_first = false;
		escape_json(json, members[i].name);
		appendStringInfoString(json, ": ");
		if (!append_json_member(json, members, i))
			return false;
	}
	appendStringInfoChar(json, '}');
	return true;
}

/*
 * A struct: an object of its members, or an array.
 */
static bool
append_json_struct(StringInfo json, const PlogArgument *argument)
{
	PlogRepeated repeated;
	StructMember *members;
	int			count;
	bool		is_array;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (!plog_decode_struct(argument->struct_data, &repeated))
		return false;
	members = decode_members(repeated, &count);
	if (members == NULL)
		return false;
	is_array = argument->struct_type.length == strlen(PLOG_STRUCT_TYPE_ARRAY) &&
		memcmp(argument->struct_type.data, PLOG_STRUCT_TYPE_ARRAY, argument->struct_type.length) == 0;
	return is_array ?
		append_json_array(json, members, count) : append_json_object(json, members, count);
}

/*
 * A member's value as JSON.
 */
static bool
append_json_value(StringInfo json, const PlogArgument *argument)
{
	if (!argument_has_value(argument))
	{
		appendStringInfoString(json, "null");
		return true;
	}
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_STR:
			append_json_string(json, argument->bytes);
			return true;
		case PLOG_ARGUMENT_PTR:
			append_unsigned(json, argument->number);
			return true;
		case PLOG_ARGUMENT_BYTES:
			appendStringInfoChar(json, '"');
			append_hex(json, argument->bytes);
			appendStringInfoChar(json, '"');
			return true;
		case PLOG_ARGUMENT_FLOAT:
		case PLOG_ARGUMENT_DOUBLE:
			{
				/* NaN and the infinities are no JSON numbers */
				int			start = json->len;

				append_argument_value(json, argument);
				if (!isdigit((unsigned char) json->data[json->len - 1]))
				{
					char	   *special = pstrdup(json->data + start);

					json->len = start;
					appendStringInfo(json, "\"%s\"", special);
				}
				return true;
			}
		default:
			return append_argument_value(json, argument);
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
			appendBinaryStringInfo(text, "\\x", 2);
			append_hex(text, argument->bytes);
			return true;
		case PLOG_ARGUMENT_STRUCT_TYPE:
			return append_json_struct(text, argument);
		default:
			return true;
	}
}
