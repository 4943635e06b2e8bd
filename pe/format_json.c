/*-------------------------------------------------------------------------
 *
 * format_json.c
 *		Results as a JSON array, or as lines of JSON.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "format.h"
#include "output.h"

/* 2^53, beyond which not every integer is a double. */
#define LARGEST_DOUBLE_INTEGER "9007199254740992"

static bool large_as_strings = false;

void
json_numbers_as_strings(void)
{
	large_as_strings = true;
}

/*
 * Whether a token is an integer that a double does not hold, or may not.
 */
static bool
is_large(const char *token, size_t length)
{
	size_t		digits;

	if (length > 0 && *token == '-')
	{
		token++;
		length--;
	}
	for (digits = 0; digits < length && token[digits] >= '0' && token[digits] <= '9'; digits++)
		;
	if (digits != length)
		return false;
	return length > strlen(LARGEST_DOUBLE_INTEGER) ||
		(length == strlen(LARGEST_DOUBLE_INTEGER) &&
		 memcmp(token, LARGEST_DOUBLE_INTEGER, length) > 0);
}

/*
 * Print a JSON value, with large numbers as strings.  Whatever is not in a
 * string and not punctuation is a token.
 */
static void
print_with_strings(const char *json)
{
	while (*json != '\0')
	{
		size_t		length;

		if (*json == '"')
		{
			length = 1;
			while (json[length] != '\0' && json[length] != '"')
				length += json[length] == '\\' && json[length + 1] != '\0' ? 2 : 1;
			length += json[length] == '"';
			output_bytes(json, length);
			json += length;
			continue;
		}
		length = strcspn(json, "\"{}[],: \t\r\n");
		if (length == 0)
			output_bytes(json++, 1);
		else
		{
			bool		large = is_large(json, length);

			output_text(large ? "\"" : "");
			output_bytes(json, length);
			output_text(large ? "\"" : "");
			json += length;
		}
	}
}

static void
print_string(const char *value)
{
	const char *from = value;

	output_text("\"");
	for (; *value != '\0'; value++)
	{
		unsigned char c = (unsigned char) *value;

		if (c != '"' && c != '\\' && c >= ' ')
			continue;

		/* whole characters: a control character of two bytes must be seen as one */
		output_bytes(from, (size_t) (value - from));
		from = value + 1;
		if (c == '\n')
			output_text("\\n");
		else if (c < ' ')
			output_format("\\u%04x", c);
		else
			output_format("\\%c", c);
	}
	output_bytes(from, (size_t) (value - from));
	output_text("\"");
}

/*
 * A row is one column json, which the server made, or, of a statement that
 * cannot be part of another one, as EXPLAIN, its columns.
 */
static void
print_object(const PGresult *result, int row)
{
	if (PQnfields(result) == 1 && PQftype(result, 0) == 114 /* json */ &&
		strcmp(PQfname(result, 0), "pe_row") == 0)
	{
		const char *json = PQgetvalue(result, row, 0);

		if (large_as_strings)
			print_with_strings(json);
		else
			output_text(json);
		return;
	}
	for (int i = 0; i < PQnfields(result); i++)
	{
		Oid			type = PQftype(result, i);
		const char *value = PQgetvalue(result, row, i);

		output_text(i > 0 ? "," : "{");
		print_string(PQfname(result, i));
		output_text(":");
		if (PQgetisnull(result, row, i))
			output_text("null");
		else if (type == 114 || type == 3802)	/* json, jsonb */
			output_text(value);
		else if (type == 16)	/* bool */
			output_text(*value == 't' ? "true" : "false");
		else if (is_number_type(type) && strspn(value, "-0123456789.") == strlen(value) &&
				 !(large_as_strings && is_large(value, strlen(value))))
			output_text(value);
		else
			print_string(value);
	}
	output_text("}");
}

static bool any_row = false;

static void
json_begin(const PGresult *result)
{
	(void) result;
	any_row = false;
	output_text("[");
}

static void
json_row(const PGresult *result, int row)
{
	if (any_row)
		output_text(",");
	any_row = true;
	print_object(result, row);
	output_text("\n");
}

static void
json_end(int64_t rows)
{
	(void) rows;
	output_text("]\n");
}

static void
jsonl_begin(const PGresult *result)
{
	(void) result;
}

static void
jsonl_row(const PGresult *result, int row)
{
	print_object(result, row);
	output_text("\n");
}

static void
jsonl_end(int64_t rows)
{
	(void) rows;
}

static void
no_idle(void)
{
}

const Format json_format = {json_begin, json_row, json_end, no_idle, true};
const Format jsonl_format = {jsonl_begin, jsonl_row, jsonl_end, no_idle, true};
