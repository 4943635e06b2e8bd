/*-------------------------------------------------------------------------
 *
 * message_jsonb.c
 *		Any message of a log, as jsonb.
 *
 * A message becomes an object.  Its fields are collected in the order in which they
 * stand, then sorted by name as jsonb wants them, which brings together the values
 * of a repeated field.  Only then are the values written that count.
 *
 * A field is known if the schema has its number, and it is written in the way that
 * values of its type are; then its name is its key.  All other fields have their
 * number as key, and a value that goes by their wire type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "values/jsonb.h"
#include "values/jsonb_scalar.h"
#include "values/message_fields.h"
#include "values/message_jsonb.h"
#include "values/nesting.h"

/* The digits of a field's number, and a NUL. */
#define NUMBER_DIGITS		11

/* A message that is being written. */
typedef struct MessageWriter
{
	FieldCollector collector;
	JsonbWriter jsonb;
	int			nesting;		/* how many messages the current one is in */
} MessageWriter;

static bool write_message(MessageWriter *writer, uint32 message, const CollectedField *parts,
						  int part_count, JEntry *entry);

/*
 * The value of a field that the schema does not know.
 */
static bool
write_unknown(MessageWriter *writer, const CollectedField *field, JEntry *entry)
{
	const WireField *wire = &field->wire;

	if (wire->type == WIRE_GROUP_START)
		return write_message(writer, PLOG_SCHEMA_NONE, field, 1, entry);
	if (wire->type == WIRE_BYTES)
		*entry = put_jsonb_unknown_bytes(&writer->jsonb, wire->bytes);
	else
		*entry = put_jsonb_unsigned(&writer->jsonb, wire->value);
	return true;
}

static bool
is_message(const CollectedField *field)
{
	return field->known != NULL &&
		(field->known->type == PLOG_TYPE_MESSAGE || field->known->type == PLOG_TYPE_GROUP);
}

/*
 * One value of a field that is not packed.  False if it is a message that is not
 * protobuf.
 */
static bool
write_value(MessageWriter *writer, const CollectedField *field, JEntry *entry)
{
	const WireField *wire = &field->wire;

	if (field->known == NULL)
		return write_unknown(writer, field, entry);
	if (is_message(field))
		return write_message(writer, field->message, field, 1, entry);
	switch (field->known->type)
	{
		case PLOG_TYPE_STRING:
			*entry = put_jsonb_guest_text(&writer->jsonb, wire->bytes);
			return true;
		case PLOG_TYPE_BYTES:
			*entry = put_jsonb_hex(&writer->jsonb, wire->bytes);
			return true;
		default:
			*entry = put_jsonb_number(&writer->jsonb, field->known->type, wire->value);
			return true;
	}
}

/*
 * Arrays
 */

static bool
is_packed(const CollectedField *field)
{
	return field->known != NULL && !plog_type_matches(field->known->type, field->wire.type);
}

/*
 * Read the next value of a packed field.  False at the end, or where a value is
 * cut off: then some bytes are left.
 */
static bool
next_packed(WireCursor *cursor, WireType wire, uint64 *value)
{
	Size		left = cursor->end - cursor->at;

	CHECK_FOR_INTERRUPTS();
	switch (wire)
	{
		case WIRE_FIXED32:
			if (left < 4)
				return false;
			*value = wire_load32(cursor->at);
			cursor->at += 4;
			return true;
		case WIRE_FIXED64:
			if (left < 8)
				return false;
			*value = wire_load64(cursor->at);
			cursor->at += 8;
			return true;
		default:
			return left > 0 && wire_varint(cursor, value);
	}
}

/*
 * Count a packed field's values.  False if the last one is cut off.
 */
static bool
count_packed(const CollectedField *field, uint64 *count)
{
	WireCursor	cursor = wire_cursor(field->wire.bytes);
	WireType	wire = WIRE_VARINT;
	uint64		value;

	(void) plog_type_is_packable(field->known->type, &wire);
	while (cursor.at < cursor.end)
	{
		if (!next_packed(&cursor, wire, &value))
			return false;
		(*count)++;
	}
	return true;
}

static void
write_packed(MessageWriter *writer, JsonbOpened *array, const CollectedField *field)
{
	WireCursor	cursor = wire_cursor(field->wire.bytes);
	WireType	wire = WIRE_VARINT;
	uint64		value;

	(void) plog_type_is_packable(field->known->type, &wire);
	while (next_packed(&cursor, wire, &value))
		add_to_jsonb(&writer->jsonb, array, put_jsonb_number(&writer->jsonb, field->known->type, value));
}

/*
 * All values of a field, in an array.
 */
static bool
write_array(MessageWriter *writer, const CollectedField *fields, int count, JEntry *entry)
{
	uint64		elements = 0;
	JsonbOpened array;

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!is_packed(&fields[i]))
			elements++;
		else if (!count_packed(&fields[i], &elements))
			return false;
	}
	array = open_jsonb_array(&writer->jsonb, (uint32) Min(elements, PG_UINT32_MAX));
	for (int i = 0; i < count; i++)
	{
		JEntry		element;

		CHECK_FOR_INTERRUPTS();
		if (is_packed(&fields[i]))
		{
			write_packed(writer, &array, &fields[i]);
			continue;
		}
		if (!write_value(writer, &fields[i], &element))
			return false;
		add_to_jsonb(&writer->jsonb, &array, element);
	}
	*entry = close_jsonb(&writer->jsonb, &array);
	return true;
}

/*
 * Objects
 */

/*
 * A field's key: its name, or its number if it is unknown.
 */
static JEntry
write_key(MessageWriter *writer, const CollectedField *field)
{
	char		digits[NUMBER_DIGITS];

	if (field->known != NULL)
		return put_jsonb_string(&writer->jsonb, (const char *) field->known->name.data,
								field->known->name.length);
	return put_jsonb_string(&writer->jsonb, digits,
							snprintf(digits, NUMBER_DIGITS, "%u", field->wire.number));
}

/*
 * The value of a field that stands so many times in the message.
 */
static bool
write_values(MessageWriter *writer, const CollectedField *fields, int count, JEntry *entry)
{
	bool		is_array = fields->known != NULL ? fields->known->is_repeated : count > 1;

	if (is_array)
		return write_array(writer, fields, count, entry);

	/* a field that should stand once: messages are merged, else the last one counts */
	if (is_message(fields))
		return write_message(writer, fields->message, fields, count, entry);
	return write_value(writer, &fields[count - 1], entry);
}

/*
 * An object of the collected fields.
 */
static bool
write_object(MessageWriter *writer, FieldList *list, JEntry *entry)
{
	JsonbOpened object;
	int			names = 0;

	sort_fields(list);
	for (int first = 0; first < list->count; first += count_same_name(list, first))
		names++;
	object = open_jsonb_object(&writer->jsonb, names);
	for (int first = 0; first < list->count; first += count_same_name(list, first))
		add_to_jsonb(&writer->jsonb, &object, write_key(writer, &list->fields[first]));
	for (int first = 0, count; first < list->count; first += count)
	{
		JEntry		value;

		count = count_same_name(list, first);
		if (!write_values(writer, &list->fields[first], count, &value))
			return false;
		add_to_jsonb(&writer->jsonb, &object, value);
	}
	*entry = close_jsonb(&writer->jsonb, &object);
	return true;
}

/*
 * A message as a JSON object, merged from so many fields that it is in.  Of
 * PLOG_SCHEMA_NONE, all fields are unknown.
 */
static bool
write_message(MessageWriter *writer, uint32 message, const CollectedField *parts, int part_count,
			  JEntry *entry)
{
	FieldList	list;
	bool		is_valid = true;

	check_stack_depth();
	if (++writer->nesting > MAX_NESTING)
		report_too_large("it is nested too deep");
	start_fields(&writer->collector, &list);
	for (int i = 0; i < part_count && is_valid; i++)
	{
		CHECK_FOR_INTERRUPTS();
		is_valid = collect_fields(&writer->collector, message, false, parts[i].wire.bytes, &list);
	}
	is_valid = is_valid && write_object(writer, &list, entry);
	free_fields(&writer->collector, &list);
	writer->nesting--;
	return is_valid;
}

Jsonb *
entry_to_jsonb(const PlogSchema *schema, PlogBytes body)
{
	MessageWriter writer = {.collector = {.schema = schema, .entry = body}};
	FieldList	list;
	JEntry		entry;

	begin_jsonb(&writer.jsonb);
	start_fields(&writer.collector, &list);
	if (!collect_fields(&writer.collector, schema->entry, true, body, &list) ||
		!write_object(&writer, &list, &entry))
		return NULL;
	return end_jsonb(&writer.jsonb);
}
