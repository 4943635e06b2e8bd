/*-------------------------------------------------------------------------
 *
 * message.c
 *		Any message of a log, as jsonb.
 *
 * A message becomes an object: first its fields are collected as they stand,
 * then sorted by name as jsonb wants them, which brings together the values of
 * a repeated one, and only then the values that count are written.
 *
 * A field is known if the schema has its number and its type is written as
 * this one is; it stands under its name.  All others stand under their number,
 * as what their wire type shows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat/numeric.h"
#include "values/argument.h"
#include "values/jsonb.h"
#include "values/message.h"
#include "text/guest_text.h"

/* So many fields of a message, and of those that it is in, are collected at a time. */
#define MAX_FIELDS			((int) (MaxAllocSize / sizeof(CollectedField)))

/* There is room for so many at first. */
#define FIRST_FIELDS		16

/* The digits of a field's number, with a NUL behind. */
#define NUMBER_DIGITS		11

/* Bytes are looked at, or converted, in pieces of so many. */
#define PIECE_BYTES			((Size) 1024 * 1024)

/* Sorting checks for interrupts after so many comparisons. */
#define COMPARISONS_PER_CHECK	65536

/* A message's field, as it was found. */
typedef struct CollectedField
{
	const PlogSchemaField *known;	/* NULL: unknown */
	uint32		message;		/* that a known field's value is, if any */
	WireField	wire;
	int			order;			/* in the message */
} CollectedField;

typedef struct FieldList
{
	CollectedField *fields;
	int			count;
	int			capacity;
} FieldList;

/* A form that all of an entry's payloads of a number have told. */
typedef struct KnownForm
{
	bool		is_known;
	PlogPayloadForm form;
} KnownForm;

/* A message on its way into jsonb. */
typedef struct MessageWriter
{
	const PlogSchema *schema;
	PlogBytes	entry;
	KnownForm	taint_flow;
	KnownForm	edge_coverage;
	JsonbWriter jsonb;
	int			nesting;		/* messages that the current one is in */
	int			capacity;		/* of all lists of fields that are in use */
} MessageWriter;

static bool write_message(MessageWriter *writer, uint32 message, const CollectedField *parts,
						  int part_count, JEntry *entry);

/*
 * Collecting
 */

static void
collect_field(MessageWriter *writer, FieldList *list, const PlogSchemaField *known,
			  uint32 message, const WireField *wire)
{
	CollectedField *field;

	if (list->count == list->capacity)
	{
		if (list->capacity > MAX_FIELDS - writer->capacity)
			report_too_large("it has too many fields");
		writer->capacity += list->capacity;
		list->capacity *= 2;
		list->fields = repalloc(list->fields, sizeof(CollectedField) * list->capacity);
	}
	field = &list->fields[list->count];
	field->known = known;
	field->message = message;
	field->wire = *wire;
	field->order = list->count++;
}

/*
 * What the entry's payloads of that number are, found out once.
 */
static PlogPayloadForm
form_of_payload(MessageWriter *writer, uint32 number)
{
	KnownForm  *known = number == PLOG_ENTRY_TAINT_FLOW ?
		&writer->taint_flow : &writer->edge_coverage;

	if (!known->is_known)
		known->form = plog_payload_form(writer->entry, number);
	known->is_known = true;
	return known->form;
}

/*
 * Find a field in the schema, and the message that it is, if any.
 */
static const PlogSchemaField *
find_number(MessageWriter *writer, uint32 message, bool is_entry, uint32 number, uint32 *its_message)
{
	const PlogSchemaField *known;

	*its_message = PLOG_SCHEMA_NONE;
	if (message == PLOG_SCHEMA_NONE)
		return NULL;
	if (is_entry && writer->schema->has_forms && plog_payload_has_forms(number))
		return plog_schema_find_payload(writer->schema, number, form_of_payload(writer, number),
										its_message);
	known = plog_schema_find(writer->schema, message, number);
	if (known != NULL)
		*its_message = known->message;
	return known;
}

/*
 * The same, but NULL also where it is written otherwise than its type is.
 */
static const PlogSchemaField *
find_field(MessageWriter *writer, uint32 message, bool is_entry, const WireField *wire,
		   uint32 *its_message)
{
	const PlogSchemaField *known = find_number(writer, message, is_entry, wire->number, its_message);
	WireType	packed;

	if (known == NULL || plog_type_matches(known->type, wire->type))
		return known;
	if (is_entry && writer->schema->has_forms && wire->type == WIRE_BYTES)
		return find_number(writer, message, false, PLOG_SCHEMA_AS_MESSAGE(wire->number), its_message);
	if (known->is_repeated && wire->type == WIRE_BYTES && plog_type_is_packable(known->type, &packed))
		return known;
	return NULL;
}

/*
 * Is this one of LogEntry's fields that are columns?
 */
static bool
is_column(const WireField *wire)
{
	return wire->number <= PLOG_ENTRY_ASID && wire->type == WIRE_VARINT;
}

static void
start_fields(MessageWriter *writer, FieldList *list)
{
	list->count = 0;
	list->capacity = FIRST_FIELDS;
	writer->capacity += list->capacity;
	list->fields = palloc(sizeof(CollectedField) * list->capacity);
}

/*
 * Collect a message's fields, behind those that are there.  False where it is
 * not protobuf.
 */
static bool
collect_fields(MessageWriter *writer, uint32 message, bool is_entry, PlogBytes body,
			   FieldList *list)
{
	WireCursor	cursor = wire_cursor(body);
	WireField	wire;
	WireResult	result;

	while ((result = wire_next(&cursor, &wire)) == WIRE_FIELD)
	{
		CHECK_FOR_INTERRUPTS();
		if (!(is_entry && is_column(&wire)))
		{
			uint32		its_message;
			const PlogSchemaField *known = find_field(writer, message, is_entry, &wire,
													  &its_message);

			collect_field(writer, list, known, its_message, &wire);
		}
	}
	return result == WIRE_END;
}

static void
free_fields(MessageWriter *writer, FieldList *list)
{
	writer->capacity -= list->capacity;
	pfree(list->fields);
}

/*
 * Sorting
 */

static int
digits_of(uint32 number)
{
	int			digits = 1;

	while (number >= 10)
	{
		number /= 10;
		digits++;
	}
	return digits;
}

/*
 * The order of jsonb's keys: shorter ones first, then by their bytes.  An
 * unknown field's number is before a name as long, and among numbers as long
 * the order of digits is that of numbers.
 */
static int
compare_keys(const CollectedField *a, const CollectedField *b)
{
	Size		length_a;
	Size		length_b;

	if (a->known != NULL && b->known != NULL)
		return a->known->rank < b->known->rank ? -1 : a->known->rank > b->known->rank;
	if (a->known == NULL && b->known == NULL)
		return a->wire.number < b->wire.number ? -1 : a->wire.number > b->wire.number;
	length_a = a->known != NULL ? a->known->name.length : (Size) digits_of(a->wire.number);
	length_b = b->known != NULL ? b->known->name.length : (Size) digits_of(b->wire.number);
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	return a->known == NULL ? -1 : 1;
}

static int
compare_fields(const void *a, const void *b)
{
	const CollectedField *field_a = a;
	const CollectedField *field_b = b;
	int			order = compare_keys(field_a, field_b);
	static uint32 comparisons = 0;

	if (++comparisons % COMPARISONS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
	return order != 0 ? order : field_a->order - field_b->order;
}

/*
 * Values
 */

/*
 * A number that stands in decimal, as NaN's and the infinities' names do,
 * which are no JSON numbers.
 */
static JEntry
write_decimal(MessageWriter *writer, char *digits, bool is_number)
{
	Numeric		numeric;
	JEntry		entry;

	if (!is_number)
		return put_jsonb_string(&writer->jsonb, digits, strlen(digits));
	numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	entry = put_jsonb_numeric(&writer->jsonb, numeric);
	pfree(numeric);
	return entry;
}

static JEntry
write_signed(MessageWriter *writer, int64 value)
{
	Numeric		numeric = int64_to_numeric(value);
	JEntry		entry = put_jsonb_numeric(&writer->jsonb, numeric);

	pfree(numeric);
	return entry;
}

static JEntry
write_unsigned(MessageWriter *writer, uint64 value)
{
	char		digits[32];

	if (value <= (uint64) PG_INT64_MAX)
		return write_signed(writer, (int64) value);
	snprintf(digits, sizeof(digits), UINT64_FORMAT, value);
	return write_decimal(writer, digits, true);
}

static JEntry
write_float(MessageWriter *writer, uint32 bits)
{
	StringInfoData digits;
	float		value;
	JEntry		entry;

	initStringInfo(&digits);
	append_float(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	entry = write_decimal(writer, digits.data, isfinite(value));
	pfree(digits.data);
	return entry;
}

static JEntry
write_double(MessageWriter *writer, uint64 bits)
{
	StringInfoData digits;
	double		value;
	JEntry		entry;

	initStringInfo(&digits);
	append_double(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	entry = write_decimal(writer, digits.data, isfinite(value));
	pfree(digits.data);
	return entry;
}

static JEntry
write_guest_text(MessageWriter *writer, PlogBytes guest)
{
	int			start = writer->jsonb.buffer.len;

	/* conversion makes nothing shorter */
	reserve_jsonb(&writer->jsonb, guest.length);
	if (guest_text_is_plain(guest))
		return put_jsonb_string(&writer->jsonb, (const char *) guest.data, guest.length);
	append_guest_text(&writer->jsonb.buffer, guest);
	return appended_jsonb_string(&writer->jsonb, start);
}

static JEntry
write_hex(MessageWriter *writer, PlogBytes bytes)
{
	int			start = writer->jsonb.buffer.len;

	if (bytes.length > JSONB_MAX_BYTES)
		report_too_large("it is too long");
	reserve_jsonb(&writer->jsonb, bytes.length * 2);
	append_hex(&writer->jsonb.buffer, bytes);
	return appended_jsonb_string(&writer->jsonb, start);
}

/*
 * Is this text rather than anything else: UTF-8 without control characters
 * (Unicode's category Cc, tab and newline among them)?
 */
static bool
is_printable(PlogBytes bytes)
{
	const uint8_t *at = bytes.data;
	const uint8_t *end = at + bytes.length;
	const uint8_t *checked = at;

	while (at < end)
	{
		int			length = pg_utf_mblen(at);

		if (length > end - at || !pg_utf8_islegal(at, length))
			return false;
		if (*at < 0x20 || *at == 0x7F || (*at == 0xC2 && at[1] < 0xA0))
			return false;
		at += length;
		if ((Size) (at - checked) > PIECE_BYTES)
		{
			CHECK_FOR_INTERRUPTS();
			checked = at;
		}
	}
	return true;
}

/*
 * A value of a type that is a number on the wire.
 */
static JEntry
write_number(MessageWriter *writer, PlogFieldType type, uint64 value)
{
	switch (type)
	{
		case PLOG_TYPE_UINT64:
		case PLOG_TYPE_FIXED64:
			return write_unsigned(writer, value);
		case PLOG_TYPE_UINT32:
		case PLOG_TYPE_FIXED32:
			return write_unsigned(writer, (uint32) value);
		case PLOG_TYPE_INT64:
		case PLOG_TYPE_SFIXED64:
			return write_signed(writer, (int64) value);
		case PLOG_TYPE_INT32:
		case PLOG_TYPE_SFIXED32:
		case PLOG_TYPE_ENUM:
			return write_signed(writer, (int32) (uint32) value);
		case PLOG_TYPE_SINT32:
			value = (uint32) value;
			return write_signed(writer, (int32) (uint32) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_SINT64:
			return write_signed(writer, (int64) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_BOOL:
			return jsonb_boolean_entry(value != 0);
		case PLOG_TYPE_FLOAT:
			return write_float(writer, (uint32) value);
		case PLOG_TYPE_DOUBLE:
			return write_double(writer, value);
		default:
			pg_unreachable();
	}
}

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
		*entry = is_printable(wire->bytes) ?
			write_guest_text(writer, wire->bytes) : write_hex(writer, wire->bytes);
	else
		*entry = write_unsigned(writer, wire->value);
	return true;
}

static bool
is_message(const CollectedField *field)
{
	return field->known != NULL &&
		(field->known->type == PLOG_TYPE_MESSAGE || field->known->type == PLOG_TYPE_GROUP);
}

/*
 * One value of a field that is not packed.  False where it is a message that
 * is not protobuf.
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
			*entry = write_guest_text(writer, wire->bytes);
			return true;
		case PLOG_TYPE_BYTES:
			*entry = write_hex(writer, wire->bytes);
			return true;
		default:
			*entry = write_number(writer, field->known->type, wire->value);
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
 * Read the next value of a packed field.  False at its end, and where it is
 * cut off: then something is left.
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
 * Count a packed field's values.  False where they are cut off.
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
		add_to_jsonb(&writer->jsonb, array, write_number(writer, field->known->type, value));
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
 * What a field is called.
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
 * The value of a field that stands so many times.
 */
static bool
write_values(MessageWriter *writer, const CollectedField *fields, int count, JEntry *entry)
{
	bool		is_array = fields->known != NULL ? fields->known->is_repeated : count > 1;

	if (is_array)
		return write_array(writer, fields, count, entry);

	/* of a field that should stand once, the last counts; a message is all of them */
	if (is_message(fields))
		return write_message(writer, fields->message, fields, count, entry);
	return write_value(writer, &fields[count - 1], entry);
}

/*
 * How many of a list's fields from one on have its name.
 */
static int
count_alike(const FieldList *list, int first)
{
	int			next = first + 1;

	while (next < list->count && compare_keys(&list->fields[first], &list->fields[next]) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		next++;
	}
	return next - first;
}

/*
 * An object of the collected fields.
 */
static bool
write_object(MessageWriter *writer, FieldList *list, JEntry *entry)
{
	JsonbOpened object;
	int			names = 0;

	qsort(list->fields, list->count, sizeof(CollectedField), compare_fields);
	for (int first = 0; first < list->count; first += count_alike(list, first))
		names++;
	object = open_jsonb_object(&writer->jsonb, names);
	for (int first = 0; first < list->count; first += count_alike(list, first))
		add_to_jsonb(&writer->jsonb, &object, write_key(writer, &list->fields[first]));
	for (int first = 0, count; first < list->count; first += count)
	{
		JEntry		value;

		count = count_alike(list, first);
		if (!write_values(writer, &list->fields[first], count, &value))
			return false;
		add_to_jsonb(&writer->jsonb, &object, value);
	}
	*entry = close_jsonb(&writer->jsonb, &object);
	return true;
}

/*
 * A message as a JSON object, whose parts stand in so many fields; of
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
	start_fields(writer, &list);
	for (int i = 0; i < part_count && is_valid; i++)
	{
		CHECK_FOR_INTERRUPTS();
		is_valid = collect_fields(writer, message, false, parts[i].wire.bytes, &list);
	}
	is_valid = is_valid && write_object(writer, &list, entry);
	free_fields(writer, &list);
	writer->nesting--;
	return is_valid;
}

Jsonb *
entry_to_jsonb(const PlogSchema *schema, PlogBytes body)
{
	MessageWriter writer = {.schema = schema, .entry = body};
	FieldList	list;
	JEntry		entry;

	begin_jsonb(&writer.jsonb);
	start_fields(&writer, &list);
	if (!collect_fields(&writer, schema->entry, true, body, &list) ||
		!write_object(&writer, &list, &entry))
		return NULL;
	return end_jsonb(&writer.jsonb);
}
