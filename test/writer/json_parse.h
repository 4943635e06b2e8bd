/*-------------------------------------------------------------------------
 *
 * json_parse.h
 *		A JSON parser for lines that hold any bytes.
 *
 * Python writes a byte that is not part of valid UTF-8 as a lone surrogate,
 * \udc80 to \udcff, which other parsers reject.  This one gives the byte back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_PARSE_H
#define JSON_PARSE_H

#include <stdbool.h>
#include <stddef.h>

/* How deep objects and arrays may nest: 8 MB of stack are enough for it. */
#define JSON_MAX_DEPTH	30000

typedef enum JsonType
{
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonType;

typedef struct JsonNode
{
	JsonType	type;
	bool		boolean;		/* JSON_BOOL */
	const char *name;			/* member of an object, else NULL */
	size_t		name_bytes;
	const char *text;			/* JSON_STRING, decoded; JSON_NUMBER, as written */
	size_t		text_bytes;
	struct JsonNode *first;		/* children of JSON_ARRAY and JSON_OBJECT */
	struct JsonNode *next;		/* sibling */
} JsonNode;

typedef struct JsonParser
{
	char	   *cursor;
	char	   *end;
	int			depth;
	const char *error;			/* what went wrong, or NULL */
	JsonNode  **blocks;			/* nodes, reused from line to line */
	size_t		block_count;
	size_t		node_count;
} JsonParser;

/*
 * Parse one value out of text, decoding strings in place.  The nodes are the
 * parser's and live until the next call.  Returns NULL on a syntax error, with
 * parser->error and parser->cursor set.  A parser starts out zeroed.
 *
 * Decoded strings and names have a NUL behind them, and may hold others.
 */
extern JsonNode *json_parse(JsonParser *parser, char *text, size_t bytes);

/* Give back the nodes. */
extern void json_parser_free(JsonParser *parser);

#endif							/* JSON_PARSE_H */
