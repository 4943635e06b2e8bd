/*-------------------------------------------------------------------------
 *
 * schema.c
 *		What messages a log is made of: their fields, names and types.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "plog/buffer.h"
#include "plog/schema.h"

/* Elements are sorted, and names looked up, between two polls. */
#define ELEMENTS_PER_POLL	4096

uint64_t	plog_names_compared = 0;

static inline void
poll_at(size_t number)
{
	if (number % ELEMENTS_PER_POLL == 0 && wire_poll != NULL)
		wire_poll();
}

/*
 * Merge two neighbouring runs of sorted elements.
 */
static void
merge_runs(const char *from, char *to, size_t first, size_t middle, size_t end, size_t size,
		   int (*compare) (const void *, const void *))
{
	size_t		left = first;
	size_t		right = middle;

	for (size_t i = first; i < end; i++)
	{
		size_t	   *next = right == end ||
			(left < middle && compare(from + left * size, from + right * size) <= 0) ?
			&left : &right;

		poll_at(i);
		memcpy(to + i * size, from + (*next)++ * size, size);
	}
}

/*
 * This is a merge sort.  qsort() may allocate memory, which would be lost if
 * wire_poll leaves.
 */
PlogStatus
plog_schema_sort(PlogSchema *schema, void *array, size_t count, size_t size,
				 int (*compare) (const void *, const void *), PlogError *error)
{
	char	   *from = array;
	char	   *to;

	if (count < 2)
		return PLOG_OK;
	free(schema->scratch);
	schema->scratch = malloc(count * size);
	if (schema->scratch == NULL)
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	to = schema->scratch;
	for (size_t run = 1; run < count; run *= 2)
	{
		char	   *merged = to;

		for (size_t first = 0; first < count; first += 2 * run)
		{
			size_t		middle = first + run < count ? first + run : count;
			size_t		end = middle + run < count ? middle + run : count;

			merge_runs(from, to, first, middle, end, size, compare);
		}
		to = from;
		from = merged;
	}
	if (from != (char *) array)
		memcpy(array, from, count * size);
	return PLOG_OK;
}

PlogStatus
plog_schema_add_message(PlogSchema *schema, PlogError *error)
{
	void	   *messages = schema->messages;

	if (schema->message_count == PLOG_SCHEMA_MAX_MESSAGES)
		return plog_fail(error, PLOG_LIMIT, 0, "it describes more than %d messages",
						 PLOG_SCHEMA_MAX_MESSAGES);
	if (!plog_array_reserve(&messages, schema->message_count, &schema->message_capacity,
							sizeof(PlogSchemaMessage)))
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	schema->messages = messages;
	schema->messages[schema->message_count].first_field = 0;
	schema->messages[schema->message_count].field_count = 0;
	schema->message_count++;
	return PLOG_OK;
}

PlogStatus
plog_schema_add_field(PlogSchema *schema, uint32_t message, const PlogSchemaField *field,
					  PlogError *error)
{
	void	   *fields = schema->fields;

	if (schema->field_count == PLOG_SCHEMA_MAX_FIELDS)
		return plog_fail(error, PLOG_LIMIT, 0, "it describes more than %d fields",
						 PLOG_SCHEMA_MAX_FIELDS);
	if (!plog_array_reserve(&fields, schema->field_count, &schema->field_capacity,
							sizeof(PlogSchemaField)))
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	schema->fields = fields;
	if (schema->messages[message].field_count++ == 0)
		schema->messages[message].first_field = schema->field_count;
	schema->fields[schema->field_count++] = *field;
	return PLOG_OK;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t	number_a = ((const PlogSchemaField *) a)->number;
	uint32_t	number_b = ((const PlogSchemaField *) b)->number;

	return (number_a > number_b) - (number_a < number_b);
}

static int
compare_names(PlogBytes a, PlogBytes b)
{
	plog_names_compared++;
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return a.length == 0 ? 0 : memcmp(a.data, b.data, a.length);
}

/* A field that is being sorted by name. */
typedef struct NamedField
{
	PlogBytes	name;
	uint32_t	field;			/* of the message's */
} NamedField;

static int
compare_named_fields(const void *a, const void *b)
{
	return compare_names(((const NamedField *) a)->name, ((const NamedField *) b)->name);
}

/*
 * Rank the names of a message's fields, which are sorted by number.
 */
static PlogStatus
rank_names(PlogSchema *schema, PlogSchemaField *fields, uint32_t count, uint32_t *by_name,
		   NamedField *named, PlogError *error)
{
	PlogStatus	status;

	for (uint32_t i = 0; i < count; i++)
	{
		named[i].name = fields[i].name;
		named[i].field = i;
	}
	status = plog_schema_sort(schema, named, count, sizeof(NamedField), compare_named_fields, error);
	if (status != PLOG_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
	{
		poll_at(i);
		if (i > 0 && compare_names(named[i].name, named[i - 1].name) == 0)
			return plog_fail(error, PLOG_CORRUPT, 0, "a message has two fields called \"%.*s\"",
							 named[i].name.length < 100 ? (int) named[i].name.length : 100,
							 (const char *) named[i].name.data);
		by_name[i] = named[i].field;
		fields[named[i].field].rank = i;
	}
	return PLOG_OK;
}

/*
 * Sort a message's fields by number, and rank their names.
 */
static PlogStatus
sort_fields(PlogSchema *schema, const PlogSchemaMessage *message, NamedField *named,
			PlogError *error)
{
	PlogSchemaField *fields = &schema->fields[message->first_field];
	PlogStatus	status;

	status = plog_schema_sort(schema, fields, message->field_count, sizeof(PlogSchemaField),
							  compare_numbers, error);
	if (status != PLOG_OK)
		return status;
	for (uint32_t i = 1; i < message->field_count; i++)
	{
		if (fields[i].number == fields[i - 1].number)
			return plog_fail(error, PLOG_CORRUPT, 0, "a message has two fields with number %u",
							 fields[i].number);
	}
	return rank_names(schema, fields, message->field_count, &schema->by_name[message->first_field],
					  named, error);
}

PlogStatus
plog_schema_finish(PlogSchema *schema, PlogError *error)
{
	NamedField *named;
	PlogStatus	status = PLOG_OK;

	if (schema->field_count == 0)
		return PLOG_OK;
	schema->by_name = malloc(schema->field_count * sizeof(uint32_t));
	schema->named = named = malloc(schema->field_count * sizeof(NamedField));
	if (schema->by_name == NULL || named == NULL)
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	for (uint32_t i = 0; i < schema->message_count && status == PLOG_OK; i++)
	{
		poll_at(i);
		if (schema->messages[i].field_count > 0)
			status = sort_fields(schema, &schema->messages[i], named, error);
	}
	plog_schema_release(schema);
	return status;
}

void
plog_schema_release(PlogSchema *schema)
{
	free(schema->scratch);
	free(schema->named);
	schema->scratch = schema->named = NULL;
}

void
plog_schema_free(PlogSchema *schema)
{
	plog_schema_release(schema);
	if (schema->source != NULL)
		schema->free_source(schema->source);
	free(schema->messages);
	free(schema->fields);
	free(schema->by_name);
	memset(schema, 0, sizeof(*schema));
}

const PlogSchemaField *
plog_schema_find(const PlogSchema *schema, uint32_t message, uint32_t number)
{
	const PlogSchemaField *fields;
	uint32_t	low = 0;
	uint32_t	high = schema->messages[message].field_count;

	/* without any field in any message there is no array of fields */
	if (high == 0)
		return NULL;
	fields = &schema->fields[schema->messages[message].first_field];

	/* most messages number their fields from 1 without gaps */
	if (number - 1 < high && fields[number - 1].number == number)
		return &fields[number - 1];
	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (fields[middle].number == number)
			return &fields[middle];
		if (fields[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const PlogSchemaField *
plog_schema_find_payload(const PlogSchema *schema, uint32_t number, PlogPayloadForm form,
						 uint32_t *message)
{
	bool		is_usual = !schema->has_forms || form == PLOG_FORM_USUAL;
	const PlogSchemaField *field;

	field = plog_schema_find(schema, schema->entry,
							 form == PLOG_FORM_BIR && !is_usual ? PLOG_SCHEMA_BIR : number);
	*message = PLOG_SCHEMA_NONE;
	if (field != NULL)
		*message = is_usual ? field->message : schema->form_messages[form];
	return field;
}

const PlogSchemaField *
plog_schema_find_name(const PlogSchema *schema, uint32_t message, PlogBytes name)
{
	const PlogSchemaMessage *found = &schema->messages[message];
	uint32_t	low = 0;
	uint32_t	high = found->field_count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		const PlogSchemaField *field =
			&schema->fields[found->first_field + schema->by_name[found->first_field + middle]];
		int			order = compare_names(field->name, name);

		if (order == 0)
			return field;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool
plog_type_is_packable(PlogFieldType type, WireType *wire)
{
	switch (type)
	{
		case PLOG_TYPE_INT64:
		case PLOG_TYPE_UINT64:
		case PLOG_TYPE_INT32:
		case PLOG_TYPE_UINT32:
		case PLOG_TYPE_SINT32:
		case PLOG_TYPE_SINT64:
		case PLOG_TYPE_BOOL:
		case PLOG_TYPE_ENUM:
			*wire = WIRE_VARINT;
			return true;
		case PLOG_TYPE_DOUBLE:
		case PLOG_TYPE_FIXED64:
		case PLOG_TYPE_SFIXED64:
			*wire = WIRE_FIXED64;
			return true;
		case PLOG_TYPE_FLOAT:
		case PLOG_TYPE_FIXED32:
		case PLOG_TYPE_SFIXED32:
			*wire = WIRE_FIXED32;
			return true;
		case PLOG_TYPE_STRING:
		case PLOG_TYPE_BYTES:
		case PLOG_TYPE_MESSAGE:
		case PLOG_TYPE_GROUP:
			break;
	}
	return false;
}

bool
plog_type_matches(PlogFieldType type, WireType wire)
{
	WireType	packed;

	if (plog_type_is_packable(type, &packed))
		return wire == packed;

	/* since editions, a message's field may be delimited like a group */
	if (type == PLOG_TYPE_MESSAGE || type == PLOG_TYPE_GROUP)
		return wire == WIRE_BYTES || wire == WIRE_GROUP_START;
	return wire == WIRE_BYTES;
}
