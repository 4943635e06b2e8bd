/*-------------------------------------------------------------------------
 *
 * json.c
 *		Fuzz target: descriptors, and entries printed by them as jsonb; system
 *		calls' arguments as text.
 *
 * An input is a byte that chooses the form and the database encoding, the u16
 * length of a FileDescriptorSet, that set, and an entry.  Where the length is 0
 * the entry is printed by the messages that we know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "mutate.h"
#include "plog/descriptor.h"
#include "values/argument_text.h"
#include "values/message_jsonb.h"
#include "values/scalar.h"
#include "server.h"

/* Before the descriptor, in bytes. */
#define CHOICES		3

static const int encodings[] = {PG_UTF8, PG_LATIN1, PG_SQL_ASCII, PG_UTF8};

/* Not on the stack, for siglongjmp. */
static PlogSchema schema;

/*
 * What a schema promises: fields are found by number, and refer to messages
 * that are there; names are unique.
 */
static void
check_schema(void)
{
	FUZZ_CHECK(schema.entry == PLOG_SCHEMA_NONE || schema.entry < schema.message_count);
	for (uint32 i = 0; i < schema.message_count; i++)
	{
		const PlogSchemaMessage *message = &schema.messages[i];

		FUZZ_CHECK(message->field_count <= schema.field_count);
		for (uint32 j = 0; j < message->field_count; j++)
		{
			const PlogSchemaField *field = &schema.fields[message->first_field + j];

			FUZZ_CHECK(plog_schema_find(&schema, i, field->number) == field);
			FUZZ_CHECK(plog_schema_find_name(&schema, i, field->name) == field);
			FUZZ_CHECK(field->rank < message->field_count);
			FUZZ_CHECK(field->message < schema.message_count ||
					   (field->message == PLOG_SCHEMA_NONE &&
						field->type != PLOG_TYPE_MESSAGE && field->type != PLOG_TYPE_GROUP));
		}
	}
}

/*
 * Fill the schema.  False where the descriptor is none that a log can be read
 * by.
 */
static bool
make_schema(uint8_t choice, PlogBytes set)
{
	PlogForm	form = {(choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0,
		(choice & 8) != 0};
	PlogError	error;
	PlogStatus	status;

	memset(&schema, 0, sizeof(schema));
	if (set.length == 0)
		status = plog_schema_builtin(form, &schema, &error);
	else
		status = plog_schema_parse(set, &schema, &error);
	if (status != PLOG_OK)
	{
		FUZZ_CHECK(set.length > 0 && error.message[0] != '\0');
		FUZZ_CHECK(error.offset <= set.length);
		return false;
	}
	check_schema();
	return schema.entry != PLOG_SCHEMA_NONE;
}

/*
 * Print the arguments of an entry's call.
 */
static void
print_arguments(PlogBytes body, bool form_2020)
{
	PlogEntry	entry;
	PlogSyscall syscall;
	PlogBytes	message;
	PlogArgument argument;
	StringInfoData text;

	if (!plog_decode_entry(body, &entry))
		return;
	message = fuzz_payload(&entry, PLOG_ENTRY_SYSCALL);
	if (message.data == NULL || !plog_decode_syscall(message, &syscall))
		return;
	initStringInfo(&text);
	while (plog_next_bytes(&syscall.arguments, &message))
	{
		resetStringInfo(&text);
		if (!plog_decode_argument(message, form_2020, &argument) ||
			!argument_has_value(&argument) || !append_argument_value(&text, &argument))
			continue;
		FUZZ_CHECK(strlen(text.data) == (size_t) text.len);
		FUZZ_CHECK(argument_type_name(argument.kind) != NULL);
		if (argument.kind == PLOG_ARGUMENT_STRUCT_TYPE)
			FUZZ_CHECK(text.len >= 2 && (text.data[text.len - 1] == '}' ||
										 text.data[text.len - 1] == ']'));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PlogBytes	set;
	PlogBytes	body;
	Jsonb	   *jsonb;

	if (size < CHOICES)
		return 0;
	set.data = data + CHOICES;
	set.length = Min((size_t) (data[1] | data[2] << 8), size - CHOICES);
	body.data = set.data + set.length;
	body.length = size - CHOICES - set.length;

	server_begin(encodings[data[0] >> 4 & 3]);
	if (make_schema(data[0], set) && sigsetjmp(server_error, 0) == 0)
	{
		jsonb = entry_to_jsonb(&schema, body);
		if (jsonb != NULL)
			server_check_jsonb(jsonb);
		print_arguments(body, (data[0] & 2) != 0);
	}
	plog_schema_free(&schema);
	server_end();
	return 0;
}

/*
 * Change the descriptor, if there is one, or the entry; seldom the choice.
 */
static void
mutate_parts(Bytes *input)
{
	Bytes		set = {0};
	Bytes		body = {0};
	uint8_t		choice = 0;
	size_t		length = 0;

	if (input->length >= CHOICES)
	{
		choice = input->data[0];
		length = Min((size_t) (input->data[1] | input->data[2] << 8), input->length - CHOICES);
		put(&set, input->data + CHOICES, length);
		put(&body, input->data + CHOICES + length, input->length - CHOICES - length);
	}
	if (random_below(8) == 0)
		choice = (uint8_t) random_below(64);
	if (length > 0 && random_below(2) == 0)
		mutate_message(&set);
	else
		mutate_message(&body);
	input->length = 0;
	put_8(input, choice);
	put_8(input, (uint8_t) set.length);
	put_8(input, (uint8_t) (set.length >> 8));
	put(input, set.data, set.length);
	put(input, body.data, body.length);
	bytes_free(&set);
	bytes_free(&body);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return mutate_input(data, size, max_size, seed, mutate_parts);
}
