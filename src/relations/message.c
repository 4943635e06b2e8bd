/*-------------------------------------------------------------------------
 *
 * message.c
 *		Any message of a log, as jsonb.
 *
 * A message becomes an object: first its fields are collected as they stand,
 * then sorted by name as jsonb wants them, which brings together the values of
 * a repeated one, and only then the values that count are converted.
 *
 * A field is known if the schema has its number and its type is written as
 * this one is; it stands under its name.  All others stand under their number,
 * as what their wire type shows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "compat.h"
#include "relations/argument.h"
#include "relations/message.h"
#include "text.h"

/* A string in jsonb, and the whole of it, must stay below this, in bytes. */
#define JSONB_MAX_BYTES		((Size) JENTRY_OFFLENMASK)

/* The most elements or members that a container can have in memory. */
#define MAX_FIELDS			((int) (MaxAllocSize / sizeof(CollectedField)))
#define MAX_ELEMENTS		((int) (MaxAllocSize / sizeof(JsonbValue)))
#define MAX_PAIRS			((int) (MaxAllocSize / sizeof(JsonbPair)))

/* The digits of a field's number, with a NUL behind. */
#define NUMBER_DIGITS		11

/* A shorter text is moved out of the buffer that it was converted in. */
#define SHORT_TEXT_BYTES	512

/* A message's field, as it was found. */
typedef struct CollectedField
{
	const PlogSchemaField *known;	/* NULL: unknown */
	WireField	wire;
	int			order;			/* in the message */
} CollectedField;

typedef struct FieldList
{
	CollectedField *fields;
	int			count;
	int			capacity;
} FieldList;

static bool message_to_json(const PlogSchema *schema, uint32 message, PlogBytes body,
							JsonbValue *json);

static void
report_too_large(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("cannot show a message of a plog as jsonb: %s", what)));
}

/*
 * Collecting
 */

static void
collect_field(FieldList *list, const PlogSchemaField *known, const WireField *wire)
{
	CollectedField *field;

	if (list->count == list->capacity)
	{
		if (list->capacity >= MAX_FIELDS / 2)
			report_too_large("it has too many fields");
		list->capacity *= 2;
		list->fields = repalloc(list->fields, sizeof(CollectedField) * list->capacity);
	}
	field = &list->fields[list->count];
	field->known = known;
	field->wire = *wire;
	field->order = list->count++;
}

/*
 * Find a field in the schema.  NULL where it is unknown.
 */
static const PlogSchemaField *
find_field(const PlogSchema *schema, uint32 message, const WireField *wire)
{
	const PlogSchemaField *known;
	WireType	packed;

	if (message == PLOG_SCHEMA_NONE)
		return NULL;
	known = plog_schema_find(schema, message, wire->number);
	if (known == NULL || plog_type_matches(known->type, wire->type))
		return known;
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

/*
 * Collect a message's fields.  False where it is not protobuf.
 */
static bool
collect_fields(const PlogSchema *schema, uint32 message, bool is_entry, PlogBytes body,
			   FieldList *list)
{
	WireCursor	cursor = wire_cursor(body);
	WireField	wire;
	WireResult	result;

	list->count = 0;
	list->capacity = 16;
	list->fields = palloc(sizeof(CollectedField) * list->capacity);
	while ((result = wire_next(&cursor, &wire)) == WIRE_FIELD)
	{
		CHECK_FOR_INTERRUPTS();
		if (!(is_entry && is_column(&wire)))
			collect_field(list, find_field(schema, message, &wire), &wire);
	}
	return result == WIRE_END;
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

	return order != 0 ? order : field_a->order - field_b->order;
}

/*
 * Values
 */

static JsonbValue
json_string(const char *data, Size length)
{
	JsonbValue	json;

	if (length > JSONB_MAX_BYTES)
		report_too_large("it holds a string that is too long");
	json.type = jbvString;
	json.val.string.val = unconstify(char *, data);
	json.val.string.len = (int) length;
	return json;
}

static JsonbValue
json_numeric(Numeric numeric)
{
	JsonbValue	json;

	json.type = jbvNumeric;
	json.val.numeric = numeric;
	return json;
}

/*
 * A number that stands in decimal, as NaN's and the infinities' names do,
 * which are no JSON numbers.
 */
static JsonbValue
json_decimal(char *digits, bool is_number)
{
	if (!is_number)
		return json_string(pstrdup(digits), strlen(digits));
	return json_numeric(DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
															ObjectIdGetDatum(InvalidOid),
															Int32GetDatum(-1))));
}

static JsonbValue
json_unsigned(uint64 value)
{
	char		digits[32];

	if (value <= (uint64) PG_INT64_MAX)
		return json_numeric(int64_to_numeric((int64) value));
	snprintf(digits, sizeof(digits), UINT64_FORMAT, value);
	return json_decimal(digits, true);
}

static JsonbValue
json_signed(int64 value)
{
	return json_numeric(int64_to_numeric(value));
}

static JsonbValue
json_boolean(bool value)
{
	JsonbValue	json;

	json.type = jbvBool;
	json.val.boolean = value;
	return json;
}

static JsonbValue
json_float(uint32 bits)
{
	StringInfoData digits;
	float		value;
	JsonbValue	json;

	initStringInfo(&digits);
	append_float(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	json = json_decimal(digits.data, isfinite(value));
	pfree(digits.data);
	return json;
}

static JsonbValue
json_double(uint64 bits)
{
	StringInfoData digits;
	double		value;
	JsonbValue	json;

	initStringInfo(&digits);
	append_double(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	json = json_decimal(digits.data, isfinite(value));
	pfree(digits.data);
	return json;
}

static JsonbValue
json_guest_text(PlogBytes guest)
{
	StringInfoData text;
	char	   *copy;

	if (guest.length > JSONB_MAX_BYTES || guest_text_is_plain(guest))
		return json_string((const char *) guest.data, guest.length);
	initStringInfo(&text);
	append_guest_text(&text, guest);
	if (text.len >= SHORT_TEXT_BYTES)
		return json_string(text.data, text.len);

	/* there may be many of them, and a StringInfo's buffer is not short */
	copy = pnstrdup(text.data, text.len);
	pfree(text.data);
	return json_string(copy, text.len);
}

static JsonbValue
json_hex(PlogBytes bytes)
{
	char	   *digits;

	if (bytes.length > JSONB_MAX_BYTES / 2)
		report_too_large("it holds bytes that are too long");
	digits = palloc(bytes.length * 2 + 1);
	hex_encode((const char *) bytes.data, bytes.length, digits);
	return json_string(digits, bytes.length * 2);
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

	while (at < end)
	{
		int			length = pg_utf_mblen(at);

		if (length > end - at || !pg_utf8_islegal(at, length))
			return false;
		if (*at < 0x20 || *at == 0x7F || (*at == 0xC2 && at[1] < 0xA0))
			return false;
		at += length;
	}
	return true;
}

/*
 * A value of a type that is a number on the wire.
 */
static JsonbValue
number_to_json(PlogFieldType type, uint64 value)
{
	switch (type)
	{
		case PLOG_TYPE_UINT64:
		case PLOG_TYPE_FIXED64:
			return json_unsigned(value);
		case PLOG_TYPE_UINT32:
		case PLOG_TYPE_FIXED32:
			return json_unsigned((uint32) value);
		case PLOG_TYPE_INT64:
		case PLOG_TYPE_SFIXED64:
			return json_signed((int64) value);
		case PLOG_TYPE_INT32:
		case PLOG_TYPE_SFIXED32:
		case PLOG_TYPE_ENUM:
			return json_signed((int32) (uint32) value);
		case PLOG_TYPE_SINT32:
			value = (uint32) value;
			return json_signed((int32) (uint32) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_SINT64:
			return json_signed((int64) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_BOOL:
			return json_boolean(value != 0);
		case PLOG_TYPE_FLOAT:
			return json_float((uint32) value);
		case PLOG_TYPE_DOUBLE:
			return json_double(value);
		default:
			pg_unreachable();
	}
}

/*
 * The value of a field that the schema does not know.
 */
static bool
unknown_to_json(const PlogSchema *schema, const WireField *wire, JsonbValue *json)
{
	if (wire->type == WIRE_GROUP_START)
		return message_to_json(schema, PLOG_SCHEMA_NONE, wire->bytes, json);
	if (wire->type == WIRE_BYTES)
		*json = is_printable(wire->bytes) ? json_guest_text(wire->bytes) : json_hex(wire->bytes);
	else
		*json = json_unsigned(wire->value);
	return true;
}

/*
 * One value of a field that is not packed.  False where it is a message that
 * is not protobuf.
 */
static bool
value_to_json(const PlogSchema *schema, const CollectedField *field, JsonbValue *json)
{
	const WireField *wire = &field->wire;

	if (field->known == NULL)
		return unknown_to_json(schema, wire, json);
	switch (field->known->type)
	{
		case PLOG_TYPE_MESSAGE:
		case PLOG_TYPE_GROUP:
			return message_to_json(schema, field->known->message, wire->bytes, json);
		case PLOG_TYPE_STRING:
			*json = json_guest_text(wire->bytes);
			return true;
		case PLOG_TYPE_BYTES:
			*json = json_hex(wire->bytes);
			return true;
		default:
			*json = number_to_json(field->known->type, wire->value);
			return true;
	}
}

/*
 * Arrays
 */

static void
begin_array(JsonbValue *array)
{
	array->type = jbvArray;
	array->val.array.nElems = 0;
	array->val.array.elems = NULL;
	array->val.array.rawScalar = false;
}

/*
 * Make room for more elements.
 */
static void
reserve_elements(JsonbValue *array, int *capacity, int more)
{
	if (more > MAX_ELEMENTS - array->val.array.nElems)
		report_too_large("it holds an array of too many elements");
	more += array->val.array.nElems;
	if (more <= *capacity)
		return;
	*capacity = Max(more, Min(*capacity * 2, MAX_ELEMENTS));
	array->val.array.elems = array->val.array.elems == NULL ?
		palloc(sizeof(JsonbValue) * *capacity) :
		repalloc(array->val.array.elems, sizeof(JsonbValue) * *capacity);
}

/*
 * Append the values of a packed field.  False where they are cut off.
 */
static bool
append_packed(JsonbValue *array, int *capacity, PlogFieldType type, PlogBytes packed)
{
	WireCursor	cursor = wire_cursor(packed);
	WireType	wire = WIRE_VARINT;

	(void) plog_type_is_packable(type, &wire);
	while (cursor.at < cursor.end)
	{
		Size		left = cursor.end - cursor.at;
		uint64		value;

		CHECK_FOR_INTERRUPTS();
		if (wire == WIRE_VARINT)
		{
			if (!wire_varint(&cursor, &value))
				return false;
		}
		else if (wire == WIRE_FIXED32 && left >= 4)
		{
			value = wire_load32(cursor.at);
			cursor.at += 4;
		}
		else if (wire == WIRE_FIXED64 && left >= 8)
		{
			value = wire_load64(cursor.at);
			cursor.at += 8;
		}
		else
			return false;
		reserve_elements(array, capacity, 1);
		array->val.array.elems[array->val.array.nElems++] = number_to_json(type, value);
	}
	return true;
}

/*
 * All values of a field, in an array.
 */
static bool
values_to_json(const PlogSchema *schema, const CollectedField *fields, int count, JsonbValue *array)
{
	int			capacity = 0;

	begin_array(array);
	reserve_elements(array, &capacity, count);
	for (int i = 0; i < count; i++)
	{
		const CollectedField *field = &fields[i];

		CHECK_FOR_INTERRUPTS();
		if (field->known != NULL && !plog_type_matches(field->known->type, field->wire.type))
		{
			if (!append_packed(array, &capacity, field->known->type, field->wire.bytes))
				return false;
			continue;
		}
		reserve_elements(array, &capacity, 1);
		if (!value_to_json(schema, field, &array->val.array.elems[array->val.array.nElems]))
			return false;
		array->val.array.nElems++;
	}
	return true;
}

/*
 * Objects
 */

/*
 * What a field is called.
 */
static JsonbValue
key_of(const CollectedField *field)
{
	char	   *digits;

	if (field->known != NULL)
		return json_string((const char *) field->known->name.data, field->known->name.length);
	digits = palloc(NUMBER_DIGITS);
	return json_string(digits, snprintf(digits, NUMBER_DIGITS, "%u", field->wire.number));
}

/*
 * Add a field, which stands so many times, to an object.
 */
static bool
append_pair(const PlogSchema *schema, const CollectedField *fields, int count, JsonbValue *object)
{
	JsonbPair  *pair = &object->val.object.pairs[object->val.object.nPairs++];
	bool		is_array = fields->known != NULL ? fields->known->is_repeated : count > 1;

	pair->key = key_of(fields);
	pair->order = 0;
	if (is_array)
		return values_to_json(schema, fields, count, &pair->value);

	/* of a field that should stand once, the last counts */
	return value_to_json(schema, &fields[count - 1], &pair->value);
}

/*
 * An object of the collected fields.
 */
static bool
fields_to_json(const PlogSchema *schema, FieldList *list, JsonbValue *object)
{
	int			names = 0;
	int			first = 0;

	qsort(list->fields, list->count, sizeof(CollectedField), compare_fields);
	for (int i = 0; i < list->count; i++)
		names += i == 0 || compare_keys(&list->fields[i - 1], &list->fields[i]) != 0;
	if (names >= MAX_PAIRS)
		report_too_large("it has too many fields");
	object->type = jbvObject;
	object->val.object.nPairs = 0;
	object->val.object.pairs = palloc(sizeof(JsonbPair) * (names + 1));
	for (int i = 1; i <= list->count; i++)
	{
		if (i < list->count && compare_keys(&list->fields[first], &list->fields[i]) == 0)
			continue;
		if (!append_pair(schema, &list->fields[first], i - first, object))
			return false;
		first = i;
	}
	return true;
}

/*
 * A message as a JSON object; of PLOG_SCHEMA_NONE, all fields are unknown.
 */
static bool
message_to_json(const PlogSchema *schema, uint32 message, PlogBytes body, JsonbValue *json)
{
	FieldList	list;
	bool		is_valid;

	check_stack_depth();
	is_valid = collect_fields(schema, message, false, body, &list) &&
		fields_to_json(schema, &list, json);
	pfree(list.fields);
	return is_valid;
}

Jsonb *
entry_to_jsonb(const PlogSchema *schema, PlogBytes body)
{
	FieldList	list;
	JsonbValue	json;

	if (!collect_fields(schema, schema->entry, true, body, &list) ||
		!fields_to_json(schema, &list, &json))
		return NULL;
	return JsonbValueToJsonb(&json);
}
