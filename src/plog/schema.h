/*-------------------------------------------------------------------------
 *
 * schema.h
 *		What messages a log is made of: their fields, names and types.
 *
 * A schema is made from the messages that we know (builtin.c) or from a descriptor
 * that the user gives (descriptor.c).  Messages refer to each other by index, so
 * types may be recursive.  Names point into what the schema was made from; they are
 * identifiers, so they are ASCII.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_SCHEMA_H
#define PLOG_SCHEMA_H

#include "plog/error.h"
#include "plog/form.h"

/* The types of fields, numbered as in FieldDescriptorProto. */
typedef enum PlogFieldType
{
	PLOG_TYPE_DOUBLE = 1,
	PLOG_TYPE_FLOAT = 2,
	PLOG_TYPE_INT64 = 3,
	PLOG_TYPE_UINT64 = 4,
	PLOG_TYPE_INT32 = 5,
	PLOG_TYPE_FIXED64 = 6,
	PLOG_TYPE_FIXED32 = 7,
	PLOG_TYPE_BOOL = 8,
	PLOG_TYPE_STRING = 9,
	PLOG_TYPE_GROUP = 10,
	PLOG_TYPE_MESSAGE = 11,
	PLOG_TYPE_BYTES = 12,
	PLOG_TYPE_UINT32 = 13,
	PLOG_TYPE_ENUM = 14,
	PLOG_TYPE_SFIXED32 = 15,
	PLOG_TYPE_SFIXED64 = 16,
	PLOG_TYPE_SINT32 = 17,
	PLOG_TYPE_SINT64 = 18
} PlogFieldType;

#define PLOG_TYPE_FIRST			PLOG_TYPE_DOUBLE
#define PLOG_TYPE_LAST			PLOG_TYPE_SINT64

/* The greatest field number that protobuf allows. */
#define PLOG_FIELD_NUMBER_MAX	((1u << 29) - 1)

/* No message. */
#define PLOG_SCHEMA_NONE		UINT32_MAX

/* A descriptor with more than this is refused. */
#define PLOG_SCHEMA_MAX_MESSAGES	100000
#define PLOG_SCHEMA_MAX_FIELDS		1000000

typedef struct PlogSchemaField
{
	uint32_t	number;
	uint32_t	rank;			/* among the message's names: shorter ones
								 * first, then by their bytes */
	PlogFieldType type;
	bool		is_repeated;
	uint32_t	message;		/* index, of a MESSAGE or GROUP */
	PlogBytes	name;
} PlogSchemaField;

typedef struct PlogSchemaMessage
{
	uint32_t	first_field;	/* in the schema's fields, sorted by number */
	uint32_t	field_count;
} PlogSchemaMessage;

typedef struct PlogSchema
{
	uint32_t	entry;			/* index of LogEntry, or PLOG_SCHEMA_NONE */
	uint32_t	entry_candidates;	/* how many messages could be it */
	uint32_t	message_count;
	uint32_t	field_count;
	uint32_t	message_capacity;
	uint32_t	field_capacity;
	PlogSchemaMessage *messages;
	PlogSchemaField *fields;

	/* of the messages that we know: the messages of payloads by their form */
	bool		has_forms;
	uint32_t	form_messages[PLOG_PAYLOAD_FORMS];	/* of all but PLOG_FORM_USUAL */

	uint32_t   *by_name;		/* for each message, from its first_field on: the
								 * indexes of its fields in the order of their names */

	/* while it is made; released with the schema, also after an interrupt */
	void	   *scratch;		/* of a sort */
	void	   *named;			/* the fields that are being sorted by name */
	void	   *source;			/* the descriptor's parser */
	void		(*free_source) (void *source);
} PlogSchema;

/*
 * A payload whose name is not that of the field with its number is found under a
 * number that no field can have: a Bir, and a message where entries of 2016 have
 * a number.
 */
#define PLOG_SCHEMA_BIR			(PLOG_FIELD_NUMBER_MAX + 1)
#define PLOG_SCHEMA_AS_MESSAGE(number)	(PLOG_SCHEMA_BIR + (number))

/*
 * Build a schema, cleared to zero before: add a message, then its fields, then the
 * next message, and so on.  Then plog_schema_finish() sorts them; as protobuf does,
 * it refuses a message that has a number or a name twice.  PLOG_LIMIT,
 * PLOG_OUT_OF_MEMORY; plog_schema_finish() also PLOG_CORRUPT.
 */
extern PlogStatus plog_schema_add_message(PlogSchema *schema, PlogError *error);
extern PlogStatus plog_schema_add_field(PlogSchema *schema, uint32_t message,
										const PlogSchemaField *field, PlogError *error);
extern PlogStatus plog_schema_finish(PlogSchema *schema, PlogError *error);

/* Free a schema's memory, whatever state it is in, also after wire_poll has left. */
extern void plog_schema_free(PlogSchema *schema);

/*
 * While a schema is made: sort an array, and call wire_poll meanwhile.
 */
extern PlogStatus plog_schema_sort(PlogSchema *schema, void *array, size_t count, size_t size,
								   int (*compare) (const void *, const void *), PlogError *error);

/* Free what is only needed while it is made. */
extern void plog_schema_release(PlogSchema *schema);

/* How many names have been compared so far, for all schemas: for tests. */
extern uint64_t plog_names_compared;

/*
 * The messages that we know, in the form of a log.  PLOG_LIMIT,
 * PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_schema_builtin(PlogForm form, PlogSchema *schema, PlogError *error);

/* The field of that number, or NULL. */
extern const PlogSchemaField *plog_schema_find(const PlogSchema *schema, uint32_t message,
											   uint32_t number);

/*
 * The field of an entry's payload, and the index of its message, given its form by
 * plog_payload_form().
 */
extern const PlogSchemaField *plog_schema_find_payload(const PlogSchema *schema, uint32_t number,
													   PlogPayloadForm form, uint32_t *message);

/* The number that a field has on the wire. */
static inline uint32_t
plog_schema_wire_number(const PlogSchemaField *field)
{
	if (field->number <= PLOG_FIELD_NUMBER_MAX)
		return field->number;
	return field->number == PLOG_SCHEMA_BIR ? PLOG_ENTRY_TAINT_FLOW : field->number - PLOG_SCHEMA_BIR;
}

/* The field of that name, or NULL. */
extern const PlogSchemaField *plog_schema_find_name(const PlogSchema *schema, uint32_t message,
													PlogBytes name);

/* Is the field of a type that is written with that wire type? */
extern bool plog_type_matches(PlogFieldType type, WireType wire);

/* May values of the type be packed, and with what wire type is each written then? */
extern bool plog_type_is_packable(PlogFieldType type, WireType *wire);

#endif							/* PLOG_SCHEMA_H */
