/*-------------------------------------------------------------------------
 *
 * builtin.c
 *		The schema of the messages that we know, proto/plog.proto.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/schema.h"

#include "proto/plog.pb-c.h"

/* More messages than plog.proto has for any one LogEntry. */
#define MAX_BUILTIN_MESSAGES	128

/*
 * The LogEntry of the PANDAs that wrote a log of that form.  The messages changed one
 * after the other, so a log that has the earlier form of one has the earlier form of
 * those that changed later, too.
 */
static const ProtobufCMessageDescriptor *
entry_of_form(PlogForm form)
{
	if (form.entries_2016)
		return &panda__log_entry2016__descriptor;
	if (form.asid_info_2018)
		return &panda__log_entry2018__descriptor;
	if (form.arguments_2020)
		return &panda__log_entry_september2020__descriptor;
	if (form.loaded_libs_2020)
		return &panda__log_entry_december2020__descriptor;
	return &panda__log_entry__descriptor;
}

static PlogFieldType
field_type_of(ProtobufCType type)
{
	switch (type)
	{
		case PROTOBUF_C_TYPE_INT32:
			return PLOG_TYPE_INT32;
		case PROTOBUF_C_TYPE_SINT32:
			return PLOG_TYPE_SINT32;
		case PROTOBUF_C_TYPE_SFIXED32:
			return PLOG_TYPE_SFIXED32;
		case PROTOBUF_C_TYPE_INT64:
			return PLOG_TYPE_INT64;
		case PROTOBUF_C_TYPE_SINT64:
			return PLOG_TYPE_SINT64;
		case PROTOBUF_C_TYPE_SFIXED64:
			return PLOG_TYPE_SFIXED64;
		case PROTOBUF_C_TYPE_UINT32:
			return PLOG_TYPE_UINT32;
		case PROTOBUF_C_TYPE_FIXED32:
			return PLOG_TYPE_FIXED32;
		case PROTOBUF_C_TYPE_UINT64:
			return PLOG_TYPE_UINT64;
		case PROTOBUF_C_TYPE_FIXED64:
			return PLOG_TYPE_FIXED64;
		case PROTOBUF_C_TYPE_FLOAT:
			return PLOG_TYPE_FLOAT;
		case PROTOBUF_C_TYPE_DOUBLE:
			return PLOG_TYPE_DOUBLE;
		case PROTOBUF_C_TYPE_BOOL:
			return PLOG_TYPE_BOOL;
		case PROTOBUF_C_TYPE_ENUM:
			return PLOG_TYPE_ENUM;
		case PROTOBUF_C_TYPE_STRING:
			return PLOG_TYPE_STRING;
		case PROTOBUF_C_TYPE_BYTES:
			return PLOG_TYPE_BYTES;
		case PROTOBUF_C_TYPE_MESSAGE:
			return PLOG_TYPE_MESSAGE;
	}
	return PLOG_TYPE_BYTES;
}

/*
 * The index of a message, which is added to the schema when it is first met.
 */
static PlogStatus
index_of_message(const ProtobufCMessageDescriptor **known, const ProtobufCMessageDescriptor *message,
				 PlogSchema *schema, uint32_t *index, PlogError *error)
{
	for (*index = 0; *index < schema->message_count; (*index)++)
	{
		if (known[*index] == message)
			return PLOG_OK;
	}
	if (schema->message_count == MAX_BUILTIN_MESSAGES)
		return plog_fail(error, PLOG_LIMIT, 0, "plog.proto has more messages than expected");
	known[schema->message_count] = message;
	return plog_schema_add_message(schema, error);
}

/*
 * The message of a payload whose form is not the usual one; NULL where the names of
 * its fields are not known.
 */
static const ProtobufCMessageDescriptor *
message_of_form(PlogPayloadForm form)
{
	switch (form)
	{
		case PLOG_FORM_TAINT_FLOW:
			return &panda__taint_flow__descriptor;
		case PLOG_FORM_FLOW_AUGUST_2020:
			return &panda__taint_flow_august2020__descriptor;
		case PLOG_FORM_FLOW_OF_ASIDS:
			return &panda__taint_flow_of_asids__descriptor;
		case PLOG_FORM_BIR:
			return &panda__bir__descriptor;
		case PLOG_FORM_THREAD_EDGES:
			return &panda__thread_edges__descriptor;
		default:
			return NULL;
	}
}

/*
 * Add the messages of all forms, and the field under whose number a Bir is found.
 */
static PlogStatus
add_forms(const ProtobufCMessageDescriptor **known, PlogSchema *schema, PlogError *error)
{
	PlogSchemaField bir = {.number = PLOG_SCHEMA_BIR, .type = PLOG_TYPE_MESSAGE};
	PlogStatus	status = PLOG_OK;

	for (int form = 0; status == PLOG_OK && form < PLOG_PAYLOAD_FORMS; form++)
	{
		const ProtobufCMessageDescriptor *message = message_of_form((PlogPayloadForm) form);

		schema->form_messages[form] = PLOG_SCHEMA_NONE;
		if (message != NULL)
			status = index_of_message(known, message, schema, &schema->form_messages[form], error);
	}
	if (status != PLOG_OK)
		return status;
	schema->has_forms = true;
	bir.message = schema->form_messages[PLOG_FORM_BIR];
	bir.name.data = (const uint8_t *) "bir";
	bir.name.length = strlen("bir");
	return plog_schema_add_field(schema, schema->entry, &bir, error);
}

/*
 * Add the fields that are numbers in an entry of 2016 and messages in the form after
 * it, for entries in which they are messages.
 */
static PlogStatus
add_messages_of_2016(const ProtobufCMessageDescriptor **known, PlogSchema *schema, PlogError *error)
{
	static const uint32_t numbers[] = {PLOG_ENTRY_2016_PROCESS_ID, PLOG_ENTRY_2016_TOTAL_INSTR};
	PlogStatus	status = PLOG_OK;

	for (size_t i = 0; status == PLOG_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
	{
		const ProtobufCFieldDescriptor *from =
			protobuf_c_message_descriptor_get_field(&panda__log_entry2018__descriptor, numbers[i]);
		PlogSchemaField field = {.number = PLOG_SCHEMA_AS_MESSAGE(numbers[i]), .type = PLOG_TYPE_MESSAGE};

		field.name.data = (const uint8_t *) from->name;
		field.name.length = strlen(from->name);
		status = index_of_message(known, from->descriptor, schema, &field.message, error);
		if (status == PLOG_OK)
			status = plog_schema_add_field(schema, schema->entry, &field, error);
	}
	return status;
}

PlogStatus
plog_schema_builtin(PlogForm form, PlogSchema *schema, PlogError *error)
{
	const ProtobufCMessageDescriptor *known[MAX_BUILTIN_MESSAGES];
	PlogStatus	status;

	status = index_of_message(known, entry_of_form(form), schema, &schema->entry, error);
	schema->entry_candidates = 1;

	/* the list grows while it is walked, by the messages of fields */
	for (uint32_t i = 0; status == PLOG_OK && i < schema->message_count; i++)
	{
		for (unsigned j = 0; status == PLOG_OK && j < known[i]->n_fields; j++)
		{
			const ProtobufCFieldDescriptor *from = &known[i]->fields[j];
			PlogSchemaField field;

			field.number = from->id;
			field.rank = 0;
			field.type = field_type_of(from->type);
			field.is_repeated = from->label == PROTOBUF_C_LABEL_REPEATED;
			field.message = PLOG_SCHEMA_NONE;
			field.name.data = (const uint8_t *) from->name;
			field.name.length = strlen(from->name);
			if (field.type == PLOG_TYPE_MESSAGE)
				status = index_of_message(known, from->descriptor, schema, &field.message, error);
			if (status == PLOG_OK)
				status = plog_schema_add_field(schema, i, &field, error);
		}

		/* all fields of a message must be added together */
		if (status == PLOG_OK && i == schema->entry)
		{
			status = add_forms(known, schema, error);
			if (status == PLOG_OK && form.entries_2016)
				status = add_messages_of_2016(known, schema, error);
		}
	}
	return status == PLOG_OK ? plog_schema_finish(schema, error) : status;
}
