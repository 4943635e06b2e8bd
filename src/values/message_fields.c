/*-------------------------------------------------------------------------
 *
 * message_fields.c
 *		The fields of a message, collected and sorted for jsonb.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "values/jsonb.h"
#include "values/message_fields.h"

/* The most fields of a message, and of those that it is in, that are collected at once. */
#define MAX_FIELDS			((int) (MaxAllocSize / sizeof(CollectedField)))

/* The first size of a list, in fields. */
#define FIRST_FIELDS		16

/* Sorting checks for interrupts after so many comparisons. */
#define COMPARISONS_PER_CHECK	65536

static void
collect_field(FieldCollector *collector, FieldList *list, const PlogSchemaField *known,
			  uint32 message, const WireField *wire)
{
	CollectedField *field;

	if (list->count == list->capacity)
	{
		if (list->capacity > MAX_FIELDS - collector->capacity)
			report_too_large("it has too many fields");
		collector->capacity += list->capacity;
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
 * The form of the entry's payloads of that number, which is found out once.
 */
static PlogPayloadForm
form_of_payload(FieldCollector *collector, uint32 number)
{
	KnownForm  *known = number == PLOG_ENTRY_TAINT_FLOW ?
		&collector->taint_flow : &collector->edge_coverage;

	if (!known->is_known)
		known->form = plog_payload_form(collector->entry, number);
	known->is_known = true;
	return known->form;
}

/*
 * Find the field of that number in the schema, and the message that it is, if any.
 */
static const PlogSchemaField *
find_number(FieldCollector *collector, uint32 message, bool is_entry, uint32 number,
			uint32 *its_message)
{
	const PlogSchemaField *known;

	*its_message = PLOG_SCHEMA_NONE;
	if (message == PLOG_SCHEMA_NONE)
		return NULL;
	if (is_entry && collector->schema->has_forms && plog_payload_has_forms(number))
		return plog_schema_find_payload(collector->schema, number, form_of_payload(collector, number),
										its_message);
	known = plog_schema_find(collector->schema, message, number);
	if (known != NULL)
		*its_message = known->message;
	return known;
}

/*
 * Find the field in the schema.  It is unknown, too, if it is not written in the
 * way that values of its type are.
 */
static const PlogSchemaField *
find_field(FieldCollector *collector, uint32 message, bool is_entry, const WireField *wire,
		   uint32 *its_message)
{
	const PlogSchemaField *known = find_number(collector, message, is_entry, wire->number, its_message);
	WireType	packed;

	if (known == NULL || plog_type_matches(known->type, wire->type))
		return known;
	if (is_entry && collector->schema->has_forms && wire->type == WIRE_BYTES)
		return find_number(collector, message, false, PLOG_SCHEMA_AS_MESSAGE(wire->number), its_message);
	if (known->is_repeated && wire->type == WIRE_BYTES && plog_type_is_packable(known->type, &packed))
		return known;
	return NULL;
}

/*
 * Is it one of LogEntry's fields that are columns of entries: pc, instr or asid?
 */
static bool
is_column(const WireField *wire)
{
	return wire->number <= PLOG_ENTRY_ASID && wire->type == WIRE_VARINT;
}

void
start_fields(FieldCollector *collector, FieldList *list)
{
	list->count = 0;
	list->capacity = FIRST_FIELDS;
	collector->capacity += list->capacity;
	list->fields = palloc(sizeof(CollectedField) * list->capacity);
}

bool
collect_fields(FieldCollector *collector, uint32 message, bool is_entry, PlogBytes body,
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
			const PlogSchemaField *known = find_field(collector, message, is_entry, &wire,
													  &its_message);

			collect_field(collector, list, known, its_message, &wire);
		}
	}
	return result == WIRE_END;
}

void
free_fields(FieldCollector *collector, FieldList *list)
{
	collector->capacity -= list->capacity;
	pfree(list->fields);
}

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
 * The order of jsonb's keys: shorter ones first, then by their bytes.  The key of
 * an unknown field is its number.  Among numbers this is the order of numbers, and
 * a number is before a name of the same length.
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

void
sort_fields(FieldList *list)
{
	qsort(list->fields, list->count, sizeof(CollectedField), compare_fields);
}

int
count_same_name(const FieldList *list, int first)
{
	int			next = first + 1;

	while (next < list->count && compare_keys(&list->fields[first], &list->fields[next]) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		next++;
	}
	return next - first;
}
