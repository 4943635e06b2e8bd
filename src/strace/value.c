/*-------------------------------------------------------------------------
 *
 * value.c
 *		The value of an argument as strace prints it.
 *
 * It is made from the text that is in syscall_arguments.value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "utils/jsonfuncs.h"

#include "compat/json.h"
#include "strace/strace.h"
#include "text/guest_text.h"
#include "values/bytea_text.h"

/* What an argument without a value is printed as. */
#define NO_VALUE	"?"

/* Strings are escaped a block at a time. */
#define BLOCK_BYTES		1024
#define LONGEST_ESCAPE	4

/* Bytes are looked at with a check for interrupts after so many. */
#define BYTES_PER_CHECK	(1024 * 1024)

static inline bool
byte_is_plain(uint8 byte, bool in_path)
{
	if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\')
		return false;
	return !in_path || (byte != '<' && byte != '>');
}

/*
 * Write a byte as an octal escape: with as few digits as possible, but always three
 * if a digit follows.
 */
static char *
write_octal(char *to, uint8 byte, bool before_digit)
{
	*to++ = '\\';
	if (before_digit || byte >= 0100)
		*to++ = '0' + (byte >> 6);
	if (before_digit || byte >= 010)
		*to++ = '0' + ((byte >> 3) & 7);
	*to++ = '0' + (byte & 7);
	return to;
}

/*
 * Write a byte as an escape, of at most LONGEST_ESCAPE bytes.
 */
static char *
write_escape(char *to, uint8 byte, bool before_digit)
{
	static const char letters[] = "tnvfr";	/* for bytes 9 to 13 */

	if (byte >= '\t' && byte <= '\r')
	{
		*to++ = '\\';
		*to++ = letters[byte - '\t'];
	}
	else if (byte == '"' || byte == '\\')
	{
		*to++ = '\\';
		*to++ = byte;
	}
	else
		to = write_octal(to, byte, before_digit);
	return to;
}

/*
 * Append bytes, with escapes for all that are not printable ASCII.
 */
static void
append_escaped(StringInfo text, PlogBytes bytes, bool in_path)
{
	const uint8_t *at = bytes.data;
	const uint8_t *end = at + bytes.length;

	while (at < end)
	{
		const uint8_t *block_end = at + Min(end - at, BLOCK_BYTES);
		char	   *to;

		CHECK_FOR_INTERRUPTS();
		reserve_text(text, BLOCK_BYTES * LONGEST_ESCAPE);
		to = text->data + text->len;
		for (; at < block_end; at++)
		{
			if (byte_is_plain(*at, in_path))
				*to++ = *at;
			else
				to = write_escape(to, *at, at + 1 < end && at[1] >= '0' && at[1] <= '7');
		}
		*to = '\0';
		text->len = (int) (to - text->data);
	}
}

static void
append_quoted(StringInfo text, PlogBytes bytes)
{
	appendStringInfoChar(text, '"');
	append_escaped(text, bytes, false);
	appendStringInfoChar(text, '"');
}

bool
strace_is_word(PlogBytes bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
	{
		uint8		byte = bytes.data[i];

		if (IS_HIGHBIT_SET(byte) || !(isalnum(byte) || strchr("_.+-$@", byte) != NULL) || byte == '\0')
			return false;
		if (i % BYTES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return true;
}

void
append_strace_name(StringInfo text, PlogBytes name)
{
	if (strace_is_word(name))
	{
		reserve_text(text, name.length);
		copy_bytes(text->data + text->len, name.data, name.length);
		text->len += (int) name.length;
		text->data[text->len] = '\0';
	}
	else
		append_quoted(text, name);
}

/*
 * The bytes of a value in bytea's hex form, in new memory.
 */
static PlogBytes
decode_bytes(PlogBytes value)
{
	PlogBytes	bytes;

	if (!decode_bytea_text(value, &bytes))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid value of an argument of type %s", "BYTES"),
				 errdetail("It is not in the hex form of bytea.")));
	return bytes;
}

void
append_strace_path(StringInfo text, const StraceArgument *argument)
{
	PlogBytes	path = argument->value;

	if (argument->kind == PLOG_ARGUMENT_BYTES)
		path = decode_bytes(path);
	appendStringInfoChar(text, '<');
	append_escaped(text, path, true);
	appendStringInfoChar(text, '>');
	if (path.data != argument->value.data)
		pfree(unconstify(uint8_t *, path.data));
}

/*
 * Parse a decimal number as 64 bits, extended by its sign.  False if it is none.
 */
static bool
parse_number(PlogBytes decimal, uint64 *number)
{
	bool		is_negative = decimal.length > 0 && decimal.data[0] == '-';
	size_t		i = is_negative ? 1 : 0;

	/* 2^64 has 20 digits */
	if (decimal.length == i || decimal.length > i + 20)
		return false;
	for (*number = 0; i < decimal.length; i++)
	{
		if (decimal.data[i] < '0' || decimal.data[i] > '9')
			return false;
		*number = *number * 10 + (decimal.data[i] - '0');
	}
	if (is_negative)
		*number = -*number;
	return true;
}

/*
 * Cut a number to the bits that its kind has, as an unsigned and a signed number.
 */
static void
cut_to_width(uint32 kind, uint64 *number, int64 *as_signed)
{
	switch (kind)
	{
		case PLOG_ARGUMENT_U32:
		case PLOG_ARGUMENT_I32:
			*as_signed = (int32) *number;
			*number = (uint32) *number;
			break;
		case PLOG_ARGUMENT_U16:
		case PLOG_ARGUMENT_I16:
			*as_signed = (int16) *number;
			*number = (uint16) *number;
			break;
		default:
			*as_signed = (int64) *number;
			break;
	}
}

bool
strace_descriptor(const StraceArgument *argument, int32 *descriptor)
{
	uint64		number;

	if (argument->kind < PLOG_ARGUMENT_U64 || argument->kind > PLOG_ARGUMENT_I16 ||
		argument->value.data == NULL || !parse_number(argument->value, &number))
		return false;
	*descriptor = (int32) number;
	return true;
}

/*
 * Append a number.  The value is decimal already.  If it is not a number, which can
 * only be in a table that somebody else filled, it is appended as a name.
 */
static void
append_number(StringInfo text, const StraceArgument *argument, NumberStyle style)
{
	uint64		number;
	int64		as_signed;

	if (style == STYLE_DECIMAL || !parse_number(argument->value, &number))
	{
		append_strace_name(text, argument->value);
		return;
	}
	if (style == STYLE_ADDRESS && number == 0)
	{
		appendStringInfoString(text, "NULL");
		return;
	}
	if (style == STYLE_DESCRIPTOR)
	{
		appendStringInfo(text, "%d", (int) (int32) number);
		return;
	}
	cut_to_width(argument->kind, &number, &as_signed);
	if (style == STYLE_SIGNED)
		appendStringInfo(text, "%lld", (long long) as_signed);
	else if (number == 0)
		appendStringInfoChar(text, '0');
	else
		appendStringInfo(text, style == STYLE_OCTAL ? "0%llo" : "0x%llx", (unsigned long long) number);
}

/*
 * The value of a struct is JSON.  An object is printed as {name=value, …}, an array
 * as [value, …].  PostgreSQL's parser calls these functions.
 */
static void
append_separator(StringInfo text)
{
	char		last = text->data[text->len - 1];

	CHECK_FOR_INTERRUPTS();
	/* printed values never end with these */
	if (last != '{' && last != '[')
		appendBinaryStringInfo(text, ", ", 2);
}

static JsonActionResult
begin_object(void *text)
{
	appendStringInfoChar(text, '{');
	JSON_ACTION_DONE;
}

static JsonActionResult
end_object(void *text)
{
	appendStringInfoChar(text, '}');
	JSON_ACTION_DONE;
}

static JsonActionResult
begin_array(void *text)
{
	appendStringInfoChar(text, '[');
	JSON_ACTION_DONE;
}

static JsonActionResult
end_array(void *text)
{
	appendStringInfoChar(text, ']');
	JSON_ACTION_DONE;
}

static JsonActionResult
begin_member(void *text, char *name, bool is_null pg_attribute_unused())
{
	append_separator(text);
	if (name[0] != '\0')
	{
		PlogBytes	bytes = {(const uint8_t *) name, strlen(name)};

		append_strace_name(text, bytes);
		appendStringInfoChar(text, '=');
	}
	JSON_ACTION_DONE;
}

static JsonActionResult
begin_element(void *text, bool is_null pg_attribute_unused())
{
	append_separator(text);
	JSON_ACTION_DONE;
}

static JsonActionResult
append_scalar(void *text, char *token, JsonTokenType type)
{
	if (type == JSON_TOKEN_STRING)
	{
		PlogBytes	string = {(const uint8_t *) token, strlen(token)};

		append_quoted(text, string);
	}
	else
		appendStringInfoString(text, type == JSON_TOKEN_NULL ? "NULL" : token);
	JSON_ACTION_DONE;
}

static void
append_struct(StringInfo text, PlogBytes json)
{
	JsonSemAction actions = {
		.semstate = text,
		.object_start = begin_object,
		.object_end = end_object,
		.array_start = begin_array,
		.array_end = end_array,
		.object_field_start = begin_member,
		.array_element_start = begin_element,
		.scalar = append_scalar
	};

	pg_parse_json_or_ereport(make_json_lexer((const char *) json.data, json.length), &actions);
}

void
append_strace_value(StringInfo text, const StraceArgument *argument, NumberStyle style)
{
	PlogBytes	bytes;

	if (argument->value.data == NULL)
	{
		/* a struct without members is a null pointer to one */
		appendStringInfoString(text, argument->kind == PLOG_ARGUMENT_STRUCT_TYPE ? "NULL" : NO_VALUE);
		return;
	}
	switch (argument->kind)
	{
		case 0:
			appendStringInfoString(text, NO_VALUE);
			break;
		case PLOG_ARGUMENT_STR:
			append_quoted(text, argument->value);
			break;
		case PLOG_ARGUMENT_BYTES:
			bytes = decode_bytes(argument->value);
			append_quoted(text, bytes);
			pfree(unconstify(uint8_t *, bytes.data));
			break;
		case PLOG_ARGUMENT_PTR:
			if (bytes_equal(argument->value, "0x0"))
				appendStringInfoString(text, "NULL");
			else
				append_strace_name(text, argument->value);
			break;
		case PLOG_ARGUMENT_STRUCT_TYPE:
			append_struct(text, argument->value);
			break;
		case PLOG_ARGUMENT_FLOAT:
		case PLOG_ARGUMENT_DOUBLE:
		case PLOG_ARGUMENT_BOOL:
			append_strace_name(text, argument->value);
			break;
		default:
			append_number(text, argument, style);
			break;
	}
}
