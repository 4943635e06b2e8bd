/*-------------------------------------------------------------------------
 *
 * json_parse.c
 *		A JSON parser for lines that hold any bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "json_parse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plog_writer.h"

#define NODES_PER_BLOCK		4096

static JsonNode *parse_value(JsonParser *parser);

/* Note the first error, and return NULL. */
static void *
fail(JsonParser *parser, const char *error)
{
	if (parser->error == NULL)
		parser->error = error;
	return NULL;
}

/* A new, zeroed node. */
static JsonNode *
new_node(JsonParser *parser, JsonType type)
{
	size_t		block = parser->node_count / NODES_PER_BLOCK;
	JsonNode   *node;

	if (block == parser->block_count)
	{
		parser->blocks = plog_realloc(parser->blocks, (block + 1) * sizeof(JsonNode *));
		parser->blocks[block] = plog_realloc(NULL, NODES_PER_BLOCK * sizeof(JsonNode));
		parser->block_count++;
	}
	node = &parser->blocks[block][parser->node_count++ % NODES_PER_BLOCK];
	memset(node, 0, sizeof(JsonNode));
	node->type = type;
	return node;
}

/* Step over white space; the next byte, or 0 at the end. */
static char
peek(JsonParser *parser)
{
	while (parser->cursor < parser->end && strchr(" \t\r\n", *parser->cursor) != NULL && *parser->cursor != '\0')
		parser->cursor++;
	return parser->cursor < parser->end ? *parser->cursor : '\0';
}

/* Step over a word if it is next. */
static bool
accept_word(JsonParser *parser, const char *word)
{
	size_t		bytes = strlen(word);

	if ((size_t) (parser->end - parser->cursor) < bytes || memcmp(parser->cursor, word, bytes) != 0)
		return false;
	parser->cursor += bytes;
	return true;
}

/* Read four hexadecimal digits; -1 if they are not there. */
static int32_t
parse_hex4(JsonParser *parser)
{
	int32_t		value = 0;

	if (parser->end - parser->cursor < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int			digit = plog_hex_digit(*parser->cursor++);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* Write a character as UTF-8; the new end of the text. */
static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80)
		*out++ = (char) c;
	else if (c < 0x800)
	{
		*out++ = (char) (0xC0 | (c >> 6));
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	else if (c < 0x10000)
	{
		*out++ = (char) (0xE0 | (c >> 12));
		*out++ = (char) (0x80 | ((c >> 6) & 0x3F));
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	else
	{
		*out++ = (char) (0xF0 | (c >> 18));
		*out++ = (char) (0x80 | ((c >> 12) & 0x3F));
		*out++ = (char) (0x80 | ((c >> 6) & 0x3F));
		*out++ = (char) (0x80 | (c & 0x3F));
	}
	return out;
}

/* Decode what follows \u: a character, half of a pair, or a byte. */
static char *
parse_unicode_escape(JsonParser *parser, char *out)
{
	int32_t		c = parse_hex4(parser);

	if (c < 0)
		return fail(parser, "invalid \\u escape");
	if (c >= 0xDC80 && c <= 0xDCFF)
	{
		*out++ = (char) (c - 0xDC00);
		return out;
	}
	if (c >= 0xD800 && c <= 0xDBFF)
	{
		int32_t		low = accept_word(parser, "\\u") ? parse_hex4(parser) : -1;

		if (low < 0xDC00 || low > 0xDFFF)
			return fail(parser, "high surrogate without a low one");
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	else if (c >= 0xDC00 && c <= 0xDFFF)
		return fail(parser, "lone surrogate that is not a byte (\\udc80 to \\udcff)");
	return put_utf8(out, (uint32_t) c);
}

/* Decode one escape, the backslash being behind us. */
static char *
parse_escape(JsonParser *parser, char *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	char		c = parser->cursor < parser->end ? *parser->cursor++ : '\0';
	const char *found = c != '\0' ? strchr(from, c) : NULL;

	if (c == 'u')
		return parse_unicode_escape(parser, out);
	if (found == NULL)
		return fail(parser, "invalid escape in string");
	*out++ = to[found - from];
	return out;
}

/* Decode a string in place, and put a NUL behind it; NULL on error. */
static char *
parse_string(JsonParser *parser, size_t *bytes)
{
	char	   *start;
	char	   *out;

	if (peek(parser) != '"')
		return fail(parser, "expected a string");
	out = start = ++parser->cursor;
	while (parser->cursor < parser->end && *parser->cursor != '"')
	{
		char		c = *parser->cursor++;

		if (c == '\\')
		{
			out = parse_escape(parser, out);
			if (out == NULL)
				return NULL;
		}
		else
			*out++ = c;
	}
	if (parser->cursor == parser->end)
		return fail(parser, "unterminated string");
	parser->cursor++;
	*out = '\0';
	*bytes = (size_t) (out - start);
	return start;
}

/* A number stays text, as the field's type says what it is. */
static JsonNode *
parse_number(JsonParser *parser)
{
	JsonNode   *node = new_node(parser, JSON_NUMBER);

	node->text = parser->cursor;
	if (!accept_word(parser, "NaN") && !accept_word(parser, "Infinity") && !accept_word(parser, "-Infinity"))
		while (parser->cursor < parser->end && *parser->cursor != '\0' &&
			   strchr("+-.0123456789eE", *parser->cursor) != NULL)
			parser->cursor++;
	node->text_bytes = (size_t) (parser->cursor - node->text);
	if (node->text_bytes == 0)
		return fail(parser, "expected a value");
	return node;
}

/* The members of an object, or the elements of an array. */
static JsonNode *
parse_children(JsonParser *parser, JsonType type)
{
	JsonNode   *node = new_node(parser, type);
	JsonNode  **last = &node->first;
	char		close = type == JSON_OBJECT ? '}' : ']';

	parser->cursor++;
	if (++parser->depth > JSON_MAX_DEPTH)
		return fail(parser, "nested too deeply");
	while (peek(parser) != close || node->first != NULL)
	{
		char	   *name = NULL;
		size_t		name_bytes = 0;

		if (type == JSON_OBJECT)
		{
			name = parse_string(parser, &name_bytes);
			if (name == NULL)
				return NULL;
			if (peek(parser) != ':')
				return fail(parser, "expected \":\"");
			parser->cursor++;
		}
		*last = parse_value(parser);
		if (*last == NULL)
			return NULL;
		(*last)->name = name;
		(*last)->name_bytes = name_bytes;
		last = &(*last)->next;
		if (peek(parser) == close)
			break;
		if (peek(parser) != ',')
			return fail(parser, "expected \",\" or the end of the list");
		parser->cursor++;
	}
	parser->cursor++;
	parser->depth--;
	return node;
}

/* Any value. */
static JsonNode *
parse_value(JsonParser *parser)
{
	JsonNode   *node;

	switch (peek(parser))
	{
		case '{':
			return parse_children(parser, JSON_OBJECT);
		case '[':
			return parse_children(parser, JSON_ARRAY);
		case '"':
			node = new_node(parser, JSON_STRING);
			node->text = parse_string(parser, &node->text_bytes);
			return node->text == NULL ? NULL : node;
		default:
			break;
	}
	if (accept_word(parser, "null"))
		return new_node(parser, JSON_NULL);
	if (accept_word(parser, "false"))
		return new_node(parser, JSON_BOOL);
	if (accept_word(parser, "true"))
	{
		node = new_node(parser, JSON_BOOL);
		node->boolean = true;
		return node;
	}
	return parse_number(parser);
}

JsonNode *
json_parse(JsonParser *parser, char *text, size_t bytes)
{
	JsonNode   *node;

	parser->cursor = text;
	parser->end = text + bytes;
	parser->depth = 0;
	parser->error = NULL;
	parser->node_count = 0;
	node = parse_value(parser);
	if (node != NULL && peek(parser) != '\0')
		return fail(parser, "text after the value");
	return node;
}

void
json_parser_free(JsonParser *parser)
{
	for (size_t i = 0; i < parser->block_count; i++)
		free(parser->blocks[i]);
	free(parser->blocks);
	memset(parser, 0, sizeof(JsonParser));
}
