/*-------------------------------------------------------------------------
 *
 * json_to_wire.c
 *		Turns JSON into the bytes of a protobuf message.
 *
 *-------------------------------------------------------------------------
 */
#include "json_to_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plog_writer.h"

/* Wire types */
#define VARINT				0
#define FIXED_64			1
#define LENGTH_PREFIXED		2
#define FIXED_32			5

/* The longest varint of 64 bits */
#define VARINT_MAX_BYTES	10

/* The longest number that is read: more than an exact double can need. */
#define NUMBER_MAX_BYTES	1100

/* Make room for some more bytes. */
static void
reserve(WireBuffer *wire, size_t bytes)
{
	if (wire->bytes + bytes <= wire->allocated)
		return;
	wire->allocated = (wire->bytes + bytes) * 2;
	wire->data = plog_realloc(wire->data, wire->allocated);
}

void
wire_put_byte(WireBuffer *wire, uint8_t byte)
{
	reserve(wire, 1);
	wire->data[wire->bytes++] = byte;
}

void
wire_put_bytes(WireBuffer *wire, const void *from, size_t bytes)
{
	reserve(wire, bytes);
	if (bytes > 0)
		memcpy(wire->data + wire->bytes, from, bytes);
	wire->bytes += bytes;
}

/* Add a varint. */
static void
put_varint(WireBuffer *wire, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		wire_put_byte(wire, (uint8_t) (value | 0x80));
	wire_put_byte(wire, (uint8_t) value);
}

/* Add an integer of the given size, little-endian. */
static void
put_fixed(WireBuffer *wire, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		wire_put_byte(wire, (uint8_t) (value >> (8 * i)));
}

/* Put the length of all bytes from start on before them. */
static void
insert_length(WireBuffer *wire, size_t start)
{
	uint64_t	length = wire->bytes - start;
	size_t		prefix;

	reserve(wire, VARINT_MAX_BYTES);
	put_varint(wire, length);
	prefix = wire->bytes - start - length;
	memmove(wire->data + start + prefix, wire->data + start, length);
	wire->bytes = start;
	put_varint(wire, length);
	wire->bytes += length;
}

/* Note what is wrong with a field. */
static bool
fail(WireBuffer *wire, const char *problem, const char *name)
{
	snprintf(wire->error, sizeof(wire->error), "%s \"%s\"", problem, name);
	return false;
}

/* A number, or a string with one, as a C string. */
static bool
number_text(const JsonNode *node, char *text)
{
	if ((node->type != JSON_NUMBER && node->type != JSON_STRING) ||
		node->text_bytes == 0 || node->text_bytes >= NUMBER_MAX_BYTES)
		return false;
	memcpy(text, node->text, node->text_bytes);
	text[node->text_bytes] = '\0';
	return strlen(text) == node->text_bytes;
}

/*
 * An integer of the given size.  Signed and unsigned ones are taken for one
 * another, as some dumps print -1 as 2^64-1.
 */
static bool
integer_value(const JsonNode *node, int bits, uint64_t *value)
{
	char		text[NUMBER_MAX_BYTES];
	char	   *end;
	bool		fits;

	if (!number_text(node, text))
		return false;
	errno = 0;
	if (text[0] == '-')
	{
		long long	number = strtoll(text, &end, 10);

		fits = bits == 64 || number >= INT32_MIN;
		*value = (uint64_t) number;
	}
	else
	{
		unsigned long long number = strtoull(text, &end, 10);

		fits = bits == 64 || number <= UINT32_MAX;
		*value = number;
	}
	return errno == 0 && *end == '\0' && end != text && fits;
}

/* A double; NaN and the infinities by their names. */
static bool
double_value(const JsonNode *node, double *value)
{
	char		text[NUMBER_MAX_BYTES];
	char	   *end;

	if (!number_text(node, text))
		return false;
	*value = strtod(text, &end);
	return *end == '\0' && end != text;
}

/* The value of a base64 digit of either alphabet, or -1. */
static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Add what a base64 text stands for; padding may be left out. */
static bool
put_base64(WireBuffer *wire, const JsonNode *node)
{
	size_t		digits = node->text_bytes;
	uint32_t	bits = 0;

	while (digits > 0 && node->text[digits - 1] == '=')
		digits--;
	if (digits % 4 == 1)
		return false;
	for (size_t i = 0; i < digits; i++)
	{
		int			digit = base64_digit(node->text[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t) digit;
		if (i % 4 != 0)
			wire_put_byte(wire, (uint8_t) (bits >> (6 - 2 * (i % 4))));
	}
	return true;
}

/* Add a field's tag. */
static void
put_tag(WireBuffer *wire, const ProtobufCFieldDescriptor *field, int wire_type)
{
	put_varint(wire, (uint64_t) field->id << 3 | (uint64_t) wire_type);
}

/* Add an integer field. */
static bool
put_integer(WireBuffer *wire, const ProtobufCFieldDescriptor *field, const JsonNode *node)
{
	bool		is_signed = field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_INT64;
	bool		is_long = field->type == PROTOBUF_C_TYPE_INT64 || field->type == PROTOBUF_C_TYPE_UINT64;
	uint64_t	value;

	if (!integer_value(node, is_long ? 64 : 32, &value))
		return fail(wire, "invalid integer for field", field->name);
	if (!is_long)
		value = is_signed ? (uint64_t) (int64_t) (int32_t) (uint32_t) value : (uint32_t) value;
	put_tag(wire, field, VARINT);
	put_varint(wire, value);
	return true;
}

/* Add a float or double field. */
static bool
put_floating(WireBuffer *wire, const ProtobufCFieldDescriptor *field, const JsonNode *node)
{
	double		value;
	float		single;
	uint32_t	single_bits;
	uint64_t	bits;

	if (!double_value(node, &value))
		return fail(wire, "invalid number for field", field->name);
	if (field->type == PROTOBUF_C_TYPE_FLOAT)
	{
		single = (float) value;
		memcpy(&single_bits, &single, sizeof(single_bits));
		put_tag(wire, field, FIXED_32);
		put_fixed(wire, single_bits, 4);
	}
	else
	{
		memcpy(&bits, &value, sizeof(bits));
		put_tag(wire, field, FIXED_64);
		put_fixed(wire, bits, 8);
	}
	return true;
}

/* Add a string or bytes field. */
static bool
put_text(WireBuffer *wire, const ProtobufCFieldDescriptor *field, const JsonNode *node)
{
	size_t		start;

	if (node->type != JSON_STRING)
		return fail(wire, "expected a string for field", field->name);
	put_tag(wire, field, LENGTH_PREFIXED);
	start = wire->bytes;
	if (field->type == PROTOBUF_C_TYPE_STRING)
		wire_put_bytes(wire, node->text, node->text_bytes);
	else if (!put_base64(wire, node))
		return fail(wire, "invalid base64 for field", field->name);
	insert_length(wire, start);
	return true;
}

/* Add one field. */
static bool
put_field(WireBuffer *wire, const ProtobufCFieldDescriptor *field, const JsonNode *node)
{
	size_t		start;

	switch (field->type)
	{
		case PROTOBUF_C_TYPE_INT32:
		case PROTOBUF_C_TYPE_INT64:
		case PROTOBUF_C_TYPE_UINT32:
		case PROTOBUF_C_TYPE_UINT64:
			return put_integer(wire, field, node);
		case PROTOBUF_C_TYPE_FLOAT:
		case PROTOBUF_C_TYPE_DOUBLE:
			return put_floating(wire, field, node);
		case PROTOBUF_C_TYPE_STRING:
		case PROTOBUF_C_TYPE_BYTES:
			return put_text(wire, field, node);
		case PROTOBUF_C_TYPE_BOOL:
			if (node->type != JSON_BOOL)
				return fail(wire, "expected true or false for field", field->name);
			put_tag(wire, field, VARINT);
			wire_put_byte(wire, node->boolean);
			return true;
		case PROTOBUF_C_TYPE_MESSAGE:
			if (node->type != JSON_OBJECT)
				return fail(wire, "expected an object for field", field->name);
			put_tag(wire, field, LENGTH_PREFIXED);
			start = wire->bytes;
			if (!json_to_wire(node, field->descriptor, wire))
				return false;
			insert_length(wire, start);
			return true;
		default:
			return fail(wire, "unsupported type of field", field->name);
	}
}

/* Add a repeated field, one tag each. */
static bool
put_repeated(WireBuffer *wire, const ProtobufCFieldDescriptor *field, const JsonNode *array)
{
	if (array->type != JSON_ARRAY)
		return fail(wire, "expected an array for field", field->name);
	for (const JsonNode *node = array->first; node != NULL; node = node->next)
		if (!put_field(wire, field, node))
			return false;
	return true;
}

bool
json_to_wire(const JsonNode *object, const ProtobufCMessageDescriptor *message, WireBuffer *wire)
{
	for (const JsonNode *node = object->first; node != NULL; node = node->next)
	{
		const ProtobufCFieldDescriptor *field;

		field = protobuf_c_message_descriptor_get_field_by_name(message, node->name);
		if (field == NULL || strlen(node->name) != node->name_bytes)
		{
			snprintf(wire->error, sizeof(wire->error), "message \"%s\" has no field \"%s\"",
					 message->short_name, node->name);
			return false;
		}
		if (node->type == JSON_NULL)
			continue;
		if (!(field->label == PROTOBUF_C_LABEL_REPEATED ? put_repeated : put_field) (wire, field, node))
			return false;
	}
	return true;
}
