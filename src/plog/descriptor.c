/*-------------------------------------------------------------------------
 *
 * descriptor.c
 *		The schema of another PANDA's messages, from a FileDescriptorSet or one
 *		FileDescriptorProto.
 *
 * Nothing recurses: messages are put into a list, which is walked from the start
 * while nested messages are added at its end.  When all messages are known, the types
 * of fields are looked up by full name.
 *
 * Only messages and their fields are read.  Enums are shown as numbers, the fields of
 * oneofs are like others, and a map is a repeated message with key and value.
 * Extensions are not read, so their fields are unknown.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "plog/descriptor.h"
#include "plog/buffer.h"

/* Field numbers of google/protobuf/descriptor.proto */
#define SET_FILE				1
#define FILE_PACKAGE			2
#define FILE_MESSAGE			4
#define FILE_ENUM				5
#define MESSAGE_NAME			1
#define MESSAGE_FIELD			2
#define MESSAGE_NESTED			3
#define FIELD_NAME				1
#define FIELD_NUMBER			3
#define FIELD_LABEL				4
#define FIELD_TYPE				5
#define FIELD_TYPE_NAME			6

#define LABEL_REPEATED			3

/* How deep messages may be nested, and how long all full names may be. */
#define MAX_NESTING				64
#define MAX_NAMES_BYTES			((size_t) 16 * 1024 * 1024)

/* So many messages and fields are looked at between two polls. */
#define THINGS_PER_POLL			4096

#define ENTRY_NAME				"LogEntry"
#define ENTRY_FULL_NAME			"panda.LogEntry"

/* Where a message of the schema comes from. */
typedef struct MessageSource
{
	PlogBytes	body;			/* its DescriptorProto */
	size_t		name;			/* where its full name starts in names */
	size_t		name_length;
	uint32_t	nesting;		/* messages around it */
} MessageSource;

/* The schema owns it, so that no memory is lost when wire_poll leaves. */
typedef struct Parser
{
	PlogBytes	set;
	PlogSchema *schema;
	PlogError  *error;
	MessageSource *sources;		/* by message */
	uint32_t	source_capacity;
	PlogBytes  *type_names;		/* by field; data is NULL where it has none */
	uint32_t	type_name_capacity;
	PlogBuffer	names;			/* full names */
	struct FullName *sorted;	/* by full name */
	uint64_t	things;			/* messages and fields that were looked at */
} Parser;

/*
 * Fail because of what is at a place of the set.
 */
static PlogStatus
malformed(Parser *parser, const uint8_t *at, const char *what)
{
	return plog_fail(parser->error, PLOG_CORRUPT, (uint64_t) (at - parser->set.data), "%s", what);
}

static PlogStatus
out_of_memory(Parser *parser)
{
	return plog_fail(parser->error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
}

/*
 * Let the caller be interrupted now and then.  Most messages here are short, so the
 * wire cursor does not.
 */
static void
poll_caller(Parser *parser)
{
	if (++parser->things % THINGS_PER_POLL == 0 && wire_poll != NULL)
		wire_poll();
}

/*
 * Is this a name, or with dots the full name of a package or message?
 */
static bool
is_identifier(PlogBytes name, bool with_dots)
{
	for (size_t i = 0; i < name.length; i++)
	{
		uint8_t		c = name.data[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(c >= '0' && c <= '9' && i > 0) || (c == '.' && with_dots))
			continue;
		return false;
	}
	return name.length > 0;
}

static bool
bytes_are(const uint8_t *data, size_t length, const char *text)
{
	return length == strlen(text) && memcmp(data, text, length) == 0;
}

/*
 * Append to the full names.
 */
static PlogStatus
append_name(Parser *parser, const uint8_t *data, size_t length)
{
	PlogBuffer *names = &parser->names;

	if (length > MAX_NAMES_BYTES - names->length)
		return plog_fail(parser->error, PLOG_LIMIT, 0, "its messages' names are too long");
	if (names->length + length > names->capacity &&
		!plog_buffer_reserve(names, (names->length + length) * 2))
		return out_of_memory(parser);
	if (length > 0)
		memcpy(names->data + names->length, data, length);
	names->length += length;
	return PLOG_OK;
}

/*
 * Append the full name of a message: the one of the package or message that it is in,
 * and its own.
 */
static PlogStatus
append_full_name(Parser *parser, size_t outer, size_t outer_length, PlogBytes name,
				 MessageSource *source)
{
	PlogStatus	status = PLOG_OK;

	source->name = parser->names.length;
	if (outer_length > 0)
	{
		/* make room first, since names may move, and the name is copied from there */
		if (outer_length > MAX_NAMES_BYTES ||
			!plog_buffer_reserve(&parser->names, parser->names.length + outer_length))
			return out_of_memory(parser);
		status = append_name(parser, parser->names.data + outer, outer_length);
		if (status == PLOG_OK)
			status = append_name(parser, (const uint8_t *) ".", 1);
	}
	if (status == PLOG_OK)
		status = append_name(parser, name.data, name.length);
	source->name_length = parser->names.length - source->name;
	return status;
}

/*
 * The last string of a field.  Its data is NULL if there is none.
 */
static PlogStatus
find_string(Parser *parser, PlogBytes message, uint32_t number, PlogBytes *string)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	string->data = NULL;
	string->length = 0;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number == number && field.type == WIRE_BYTES)
			*string = field.bytes;
	}
	return result == WIRE_END ? PLOG_OK : malformed(parser, message.data, "it is not protobuf");
}

/*
 * Add a message to the list.  "outer" is where the full name of the package or message
 * that it is in starts in names.
 */
static PlogStatus
add_message(Parser *parser, PlogBytes body, size_t outer, size_t outer_length, uint32_t nesting)
{
	uint32_t	index = parser->schema->message_count;
	void	   *sources = parser->sources;
	MessageSource *source;
	PlogBytes	name;
	PlogStatus	status;

	poll_caller(parser);
	if (nesting > MAX_NESTING)
		return plog_fail(parser->error, PLOG_LIMIT, (uint64_t) (body.data - parser->set.data),
						 "its messages are nested more than %d deep", MAX_NESTING);
	status = find_string(parser, body, MESSAGE_NAME, &name);
	if (status != PLOG_OK)
		return status;
	if (!is_identifier(name, false))
		return malformed(parser, body.data, "a message has no proper name");
	if (!plog_array_reserve(&sources, index, &parser->source_capacity, sizeof(MessageSource)))
		return out_of_memory(parser);
	parser->sources = sources;
	source = &parser->sources[index];
	source->body = body;
	source->nesting = nesting;
	status = append_full_name(parser, outer, outer_length, name, source);
	if (status != PLOG_OK)
		return status;
	return plog_schema_add_message(parser->schema, parser->error);
}

/*
 * Add a field to a message.
 */
static PlogStatus
add_field(Parser *parser, uint32_t message, PlogBytes body)
{
	uint32_t	index = parser->schema->field_count;
	void	   *type_names = parser->type_names;
	WireCursor	cursor = wire_cursor(body);
	WireField	wire;
	WireResult	result;
	PlogBytes	type_name = {NULL, 0};
	PlogSchemaField field;
	uint64_t	number = 0;
	uint64_t	type = 0;

	poll_caller(parser);
	memset(&field, 0, sizeof(field));
	field.message = PLOG_SCHEMA_NONE;
	while ((result = wire_next(&cursor, &wire)) == WIRE_FIELD)
	{
		if (wire.number == FIELD_NAME && wire.type == WIRE_BYTES)
			field.name = wire.bytes;
		else if (wire.number == FIELD_NUMBER && wire.type == WIRE_VARINT)
			number = wire.value;
		else if (wire.number == FIELD_LABEL && wire.type == WIRE_VARINT)
			field.is_repeated = wire.value == LABEL_REPEATED;
		else if (wire.number == FIELD_TYPE && wire.type == WIRE_VARINT)
			type = wire.value;
		else if (wire.number == FIELD_TYPE_NAME && wire.type == WIRE_BYTES)
			type_name = wire.bytes;
	}
	if (result != WIRE_END)
		return malformed(parser, body.data, "it is not protobuf");
	if (!is_identifier(field.name, false))
		return malformed(parser, body.data, "a field has no proper name");
	if (number < 1 || number > PLOG_FIELD_NUMBER_MAX)
		return malformed(parser, body.data, "a field has no proper number");
	if (type < PLOG_TYPE_FIRST || type > PLOG_TYPE_LAST)
		return malformed(parser, body.data, "a field has no type that is known");
	field.number = (uint32_t) number;
	field.type = (PlogFieldType) type;

	if (!plog_array_reserve(&type_names, index, &parser->type_name_capacity, sizeof(PlogBytes)))
		return out_of_memory(parser);
	parser->type_names = type_names;
	if (field.type == PLOG_TYPE_MESSAGE || field.type == PLOG_TYPE_GROUP)
	{
		if (type_name.length < 2 || type_name.data[0] != '.')
			return malformed(parser, body.data, "a field does not name the message it holds");
		parser->type_names[index] = type_name;
	}
	else
		parser->type_names[index].data = NULL;
	return plog_schema_add_field(parser->schema, message, &field, parser->error);
}

/*
 * Read a message: add its fields, and its nested messages to the list.
 */
static PlogStatus
read_message(Parser *parser, uint32_t message)
{
	/* the list may move when it grows */
	MessageSource source = parser->sources[message];
	WireCursor	cursor = wire_cursor(source.body);
	WireField	field;
	PlogStatus	status = PLOG_OK;

	while (status == PLOG_OK && wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.type != WIRE_BYTES)
			continue;
		if (field.number == MESSAGE_FIELD)
			status = add_field(parser, message, field.bytes);
		else if (field.number == MESSAGE_NESTED)
			status = add_message(parser, field.bytes, source.name, source.name_length,
								 source.nesting + 1);
	}
	return status;
}

/*
 * Add the outermost messages of a file.
 */
static PlogStatus
read_file(Parser *parser, PlogBytes file)
{
	size_t		package = parser->names.length;
	WireCursor	cursor = wire_cursor(file);
	WireField	field;
	PlogBytes	name;
	PlogStatus	status = find_string(parser, file, FILE_PACKAGE, &name);

	if (status == PLOG_OK && name.length > 0 && !is_identifier(name, true))
		status = malformed(parser, name.data, "a package has no proper name");
	if (status == PLOG_OK)
		status = append_name(parser, name.data, name.length);
	while (status == PLOG_OK && wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == FILE_MESSAGE && field.type == WIRE_BYTES)
			status = add_message(parser, field.bytes, package, name.length, 0);
	}
	return status;
}

/*
 * Is it the descriptor of one file, not a set of them?  A set has only field 1; a file
 * has messages or enums as well.
 */
static bool
is_file(PlogBytes bytes)
{
	WireCursor	cursor = wire_cursor(bytes);
	WireField	field;
	WireResult	result;
	bool		has_types = false;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		has_types |= field.type == WIRE_BYTES &&
			(field.number == FILE_MESSAGE || field.number == FILE_ENUM);
	return result == WIRE_END && has_types;
}

/*
 * Read all files.
 */
static PlogStatus
read_files(Parser *parser)
{
	WireCursor	cursor = wire_cursor(parser->set);
	WireField	field;
	WireResult	result;
	PlogStatus	status;

	if (is_file(parser->set))
		return read_file(parser, parser->set);
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number != SET_FILE || field.type != WIRE_BYTES)
			continue;
		status = read_file(parser, field.bytes);
		if (status != PLOG_OK)
			return status;
	}
	if (result != WIRE_END)
		return malformed(parser, parser->set.data, "it is not a whole FileDescriptorSet");
	return PLOG_OK;
}

/*
 * Read all files, and then all messages.
 */
static PlogStatus
read_set(Parser *parser)
{
	PlogStatus	status = read_files(parser);

	for (uint32_t i = 0; status == PLOG_OK && i < parser->schema->message_count; i++)
		status = read_message(parser, i);
	return status;
}

/* What sorting compares: a full name. */
typedef struct FullName
{
	const uint8_t *name;
	size_t		length;
	uint32_t	message;
} FullName;

static int
compare_full_names(const void *a, const void *b)
{
	const FullName *name_a = a;
	const FullName *name_b = b;

	if (name_a->length != name_b->length)
		return name_a->length < name_b->length ? -1 : 1;
	return memcmp(name_a->name, name_b->name, name_a->length);
}

/*
 * Look up the messages that fields hold.
 */
static PlogStatus
resolve_types(Parser *parser)
{
	PlogSchema *schema = parser->schema;

	for (uint32_t i = 0; i < schema->field_count; i++)
	{
		PlogBytes	wanted = parser->type_names[i];
		FullName	name;
		const FullName *found;

		poll_caller(parser);
		if (wanted.data == NULL)
			continue;
		name.name = wanted.data + 1;
		name.length = wanted.length - 1;
		name.message = 0;
		found = bsearch(&name, parser->sorted, schema->message_count, sizeof(FullName), compare_full_names);
		if (found == NULL)
			return malformed(parser, wanted.data, "a field holds a message that is not described; "
							 "protoc includes it with --include_imports");
		schema->fields[i].message = found->message;
	}
	return PLOG_OK;
}

/*
 * Sort the messages by full name, check that no two have the same, and look up the
 * fields' types.
 */
static PlogStatus
resolve(Parser *parser)
{
	uint32_t	count = parser->schema->message_count;
	FullName   *sorted = parser->sorted = malloc((count + 1) * sizeof(FullName));
	PlogStatus	status;

	if (sorted == NULL)
		return out_of_memory(parser);
	for (uint32_t i = 0; i < count; i++)
	{
		sorted[i].name = parser->names.data + parser->sources[i].name;
		sorted[i].length = parser->sources[i].name_length;
		sorted[i].message = i;
	}
	status = plog_schema_sort(parser->schema, sorted, count, sizeof(FullName), compare_full_names,
							  parser->error);
	for (uint32_t i = 1; i < count && status == PLOG_OK; i++)
	{
		if (compare_full_names(&sorted[i - 1], &sorted[i]) == 0)
			status = malformed(parser, parser->sources[sorted[i].message].body.data,
							   "two messages have the same name");
	}
	return status == PLOG_OK ? resolve_types(parser) : status;
}

/*
 * Choose the message that a log's entries are.
 */
static void
find_entry(Parser *parser)
{
	PlogSchema *schema = parser->schema;
	uint32_t	best = PLOG_SCHEMA_NONE;

	schema->entry_candidates = 0;
	for (uint32_t i = 0; i < schema->message_count; i++)
	{
		const MessageSource *source = &parser->sources[i];
		const uint8_t *name = parser->names.data + source->name;
		size_t		own = source->name_length;

		while (own > 0 && name[own - 1] != '.')
			own--;
		if (!bytes_are(name + own, source->name_length - own, ENTRY_NAME))
			continue;
		if (bytes_are(name, source->name_length, ENTRY_FULL_NAME))
		{
			best = i;
			schema->entry_candidates = 1;
			break;
		}
		if (best == PLOG_SCHEMA_NONE || source->nesting < parser->sources[best].nesting)
		{
			best = i;
			schema->entry_candidates = 1;
		}
		else if (source->nesting == parser->sources[best].nesting)
			schema->entry_candidates++;
	}
	schema->entry = schema->entry_candidates == 1 ? best : PLOG_SCHEMA_NONE;
}

static void
free_parser(void *source)
{
	Parser	   *parser = source;

	free(parser->sources);
	free(parser->type_names);
	free(parser->sorted);
	plog_buffer_free(&parser->names);
	free(parser);
}

PlogStatus
plog_schema_parse(PlogBytes set, PlogSchema *schema, PlogError *error)
{
	Parser	   *parser = calloc(1, sizeof(Parser));
	PlogStatus	status;

	schema->entry = PLOG_SCHEMA_NONE;
	if (parser == NULL)
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	schema->source = parser;
	schema->free_source = free_parser;
	parser->set = set;
	parser->schema = schema;
	parser->error = error;
	status = read_set(parser);
	if (status == PLOG_OK)
		status = resolve(parser);
	if (status == PLOG_OK)
	{
		find_entry(parser);
		status = plog_schema_finish(schema, error);
	}
	free_parser(parser);
	schema->source = NULL;
	return status;
}
