/*-------------------------------------------------------------------------
 *
 * plog_json.c
 *		Entries as PANDA's own reader prints them.
 *
 * That is protobuf's JSON: integers of 64 bits are strings, bytes are in
 * base64.  The relation entries has them as numbers and in hex, so the fields'
 * types have to be looked up, by name, for a message says nothing of its
 * types.  What a field was called that had another meaning earlier is asked of
 * the schemas of all times, today's first.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/plog.pb-c.h"

#include "output.h"
#include "plog_json.h"

#define SCHEMAS 8

/* A message's descriptors at the same place of several schemas. */
typedef struct Message
{
	const ProtobufCMessageDescriptor *descriptors[SCHEMAS];
} Message;

/* Where the JSON text is read. */
static const char *json;

static void print_value(const ProtobufCFieldDescriptor *field, const Message *message);

static const ProtobufCFieldDescriptor *
find_field(const Message *message, const char *name, Message *inner)
{
	const ProtobufCFieldDescriptor *first = NULL;

	memset(inner, 0, sizeof(*inner));
	for (int i = 0; i < SCHEMAS; i++)
	{
		const ProtobufCFieldDescriptor *field = message->descriptors[i] == NULL ? NULL :
			protobuf_c_message_descriptor_get_field_by_name(message->descriptors[i], name);

		if (field == NULL)
			continue;
		if (first == NULL)
			first = field;
		if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			inner->descriptors[i] = field->descriptor;
	}
	return first;
}

static bool
is_64_bits(const ProtobufCFieldDescriptor *field)
{
	switch (field->type)
	{
		case PROTOBUF_C_TYPE_INT64:
		case PROTOBUF_C_TYPE_UINT64:
		case PROTOBUF_C_TYPE_SINT64:
		case PROTOBUF_C_TYPE_FIXED64:
		case PROTOBUF_C_TYPE_SFIXED64:
			return true;
		default:
			return false;
	}
}

static void
skip_blanks(void)
{
	while (isspace((unsigned char) *json))
		json++;
}

/*
 * The end of the string that begins here.
 */
static const char *
end_of_string(void)
{
	const char *end = json + 1;

	while (*end != '"' && *end != '\0')
		end += *end == '\\' && end[1] != '\0' ? 2 : 1;
	return *end == '"' ? end + 1 : end;
}

static int
hex_digit(char c)
{
	return isdigit((unsigned char) c) ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

static void
print_base64(const char *hex, size_t digits)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t		length = digits / 2;

	output_text("\"");
	for (size_t i = 0; i < length; i += 3)
	{
		uint32_t	bits = 0;
		char		group[4];

		for (size_t j = 0; j < 3; j++)
		{
			int			byte = i + j < length ?
				hex_digit(hex[2 * (i + j)]) * 16 + hex_digit(hex[2 * (i + j) + 1]) : 0;

			bits = bits << 8 | (uint32_t) byte;
		}
		for (int j = 0; j < 4; j++)
			group[j] = (size_t) j <= length - i ? letters[bits >> (18 - 6 * j) & 63] : '=';
		output_bytes(group, 4);
	}
	output_text("\"");
}

/*
 * Print the members of an object, after its brace, up to the other one.
 */
static void
print_members(const Message *message)
{
	for (skip_blanks(); *json == '"'; skip_blanks())
	{
		const char *end = end_of_string();
		char	   *name = format_text("%.*s", (int) (end - json - 2), json + 1);
		const ProtobufCFieldDescriptor *field;
		Message		inner;

		field = find_field(message, name, &inner);
		free(name);
		output_bytes(json, (size_t) (end - json));
		output_text(": ");
		json = end;
		skip_blanks();
		if (*json == ':')
			json++;
		print_value(field, &inner);
		skip_blanks();
		if (*json == ',')
		{
			output_text(", ");
			json++;
		}
	}
	if (*json == '}')
		json++;
	output_text("}");
}

static void
print_list(const ProtobufCFieldDescriptor *field, const Message *message)
{
	json++;
	output_text("[");
	for (skip_blanks(); *json != ']' && *json != '\0'; skip_blanks())
	{
		print_value(field, message);
		skip_blanks();
		if (*json == ',')
		{
			output_text(", ");
			json++;
		}
	}
	if (*json == ']')
		json++;
	output_text("]");
}

/*
 * The shortest text of a number that reads back the same; jsonb writes out all
 * its zeros.
 */
static void
print_float(const char *number, bool is_double)
{
	char		text[64];
	double		value = strtod(number, NULL);

	for (int digits = is_double ? 15 : 6; digits <= (is_double ? 17 : 9); digits++)
	{
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (is_double ? strtod(text, NULL) == value : strtof(text, NULL) == (float) value)
			break;
	}
	output_text(text);
}

static void
print_value(const ProtobufCFieldDescriptor *field, const Message *message)
{
	const char *end;

	skip_blanks();
	if (*json == '{')
	{
		json++;
		output_text("{");
		print_members(message);
	}
	else if (*json == '[')
		print_list(field, message);
	else if (*json == '"')
	{
		end = end_of_string();
		if (field != NULL && field->type == PROTOBUF_C_TYPE_BYTES)
			print_base64(json + 1, (size_t) (end - json - 2));
		else
			output_bytes(json, (size_t) (end - json));
		json = end;
	}
	else
	{
		size_t		length = strcspn(json, ",]} \t\r\n");
		bool		quoted = field != NULL && is_64_bits(field);

		if (field != NULL && (field->type == PROTOBUF_C_TYPE_DOUBLE || field->type == PROTOBUF_C_TYPE_FLOAT))
		{
			print_float(json, field->type == PROTOBUF_C_TYPE_DOUBLE);
			json += length;
			return;
		}
		output_text(quoted ? "\"" : "");
		output_bytes(json, length);
		output_text(quoted ? "\"" : "");
		json += length;
	}
}

void
print_entry(const char *pc, const char *instr, const char *asid, const char *message)
{
	static const Message entry = {{
		&panda__log_entry__descriptor, &panda__log_entry_december2020__descriptor,
		&panda__log_entry_september2020__descriptor, &panda__log_entry2018__descriptor,
		&panda__log_entry2016__descriptor, &panda__log_entry_elsewhere__descriptor,
		&panda__log_entry_tsm_august2020__descriptor, &panda__log_entry_tsm_earlier__descriptor
	}};

	output_format("{\"pc\": \"%s\", \"instr\": \"%s\"", pc, instr);
	if (asid != NULL)
		output_format(", \"asid\": \"%s\"", asid);
	/* the message's members go on where the entry's own end */
	json = message + 1;
	if (*json != '}')
		output_text(", ");
	print_members(&entry);
}
