/*-------------------------------------------------------------------------
 *
 * test_descriptor.c
 *		Tests of schemas: the built-in ones, and those of descriptors.
 *
 *-------------------------------------------------------------------------
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "image.h"
#include "plog/descriptor.h"
#include "plog_test.h"
#include "tap.h"

/* Field numbers of descriptor.proto, written out. */
#define SET_FILE			1
#define FILE_PACKAGE		2
#define FILE_MESSAGE		4
#define MESSAGE_NAME		1
#define MESSAGE_FIELD		2
#define MESSAGE_NESTED		3

/*
 * Add a field to a message's descriptor.  type_name NULL: it has none.
 */
static void
put_field(Bytes *message, const char *name, uint64_t number, uint64_t label, uint64_t type,
		  const char *type_name)
{
	Bytes		field = {0};

	put_bytes(&field, 1, name, strlen(name));
	put_number(&field, 3, number);
	put_number(&field, 4, label);
	put_number(&field, 5, type);
	if (type_name != NULL)
		put_bytes(&field, 6, type_name, strlen(type_name));
	put_message(message, MESSAGE_FIELD, &field);
	bytes_free(&field);
}

static Bytes
message_called(const char *name)
{
	Bytes		message = {0};

	put_bytes(&message, MESSAGE_NAME, name, strlen(name));
	return message;
}

/*
 * Add a message to another's descriptor, or as FILE_MESSAGE to a file's.
 */
static void
put_last(Bytes *to, uint32_t number, Bytes *message)
{
	put_message(to, number, message);
	bytes_free(message);
}

/*
 * A set of one file.
 */
static Bytes
set_of_file(const char *package, Bytes *messages)
{
	Bytes		file = {0};
	Bytes		set = {0};

	if (package != NULL)
		put_bytes(&file, FILE_PACKAGE, package, strlen(package));
	put(&file, messages->data, messages->length);
	put_last(&set, SET_FILE, &file);
	bytes_free(messages);
	return set;
}

/*
 * A set of one message.
 */
static Bytes
set_of_message(const char *package, Bytes *message)
{
	Bytes		messages = {0};

	put_last(&messages, FILE_MESSAGE, message);
	return set_of_file(package, &messages);
}

/*
 * Parse a set and free it.  The schema's names are gone then.
 */
static PlogStatus
parse(Bytes *set, PlogSchema *schema, PlogError *error)
{
	PlogBytes	bytes = tap_copy(set->data, set->length);

	bytes_free(set);
	memset(schema, 0, sizeof(*schema));
	memset(error, 0, sizeof(*error));
	return plog_schema_parse(bytes, schema, error);
}

static void
expect_refused_set(Bytes *set, PlogStatus status, const char *message)
{
	PlogSchema	schema;
	PlogError	error;

	EXPECT_NUMBER(parse(set, &schema, &error), status);
	if (strcmp(error.message, message) != 0)
		tap_fail("\"%s\" instead of \"%s\"", error.message, message);
	plog_schema_free(&schema);
}

static const PlogSchemaField *
field_called(const PlogSchema *schema, uint32_t message, const char *name)
{
	return plog_schema_find_name(schema, message, tap_copy(name, strlen(name)));
}

static void
sound_descriptors(void)
{
	Bytes		entry = message_called("LogEntry");
	Bytes		inner = message_called("Inner");
	Bytes		set;
	PlogSchema	schema;
	PlogError	error;
	const PlogSchemaField *field;

	put_field(&inner, "self", 300, 3, 11, ".panda.LogEntry.Inner");
	put_field(&inner, "text", 2, 1, 9, NULL);
	put_last(&entry, MESSAGE_NESTED, &inner);
	put_field(&entry, "pc", 1, 1, 4, NULL);
	put_field(&entry, "inner", 536870911, 1, 11, ".panda.LogEntry.Inner");
	put_field(&entry, "group", 7, 3, 10, ".panda.LogEntry.Inner");
	set = set_of_message("panda", &entry);
	EXPECT_NUMBER(parse(&set, &schema, &error), PLOG_OK);
	EXPECT_NUMBER(schema.message_count, 2);
	EXPECT_NUMBER(schema.field_count, 5);
	EXPECT_NUMBER(schema.entry, 0);

	/* in order of their numbers; ranked by length, then bytes */
	field = plog_schema_find(&schema, schema.entry, 536870911);
	if (EXPECT(field != NULL))
	{
		EXPECT_BYTES(field->name, "inner");
		EXPECT_NUMBER(field->message, 1);
		EXPECT_NUMBER(field->rank, 2);
		EXPECT(!field->is_repeated);
		EXPECT(plog_schema_find(&schema, field->message, 300)->message == 1);
		EXPECT(plog_schema_find(&schema, field->message, 3) == NULL);
	}
	field = field_called(&schema, schema.entry, "group");
	if (EXPECT(field != NULL))
	{
		EXPECT_NUMBER(field->number, 7);
		EXPECT_NUMBER(field->rank, 1);
		EXPECT(field->is_repeated);
	}
	EXPECT(field_called(&schema, schema.entry, "text") == NULL);
	plog_schema_free(&schema);
}

static void
no_fields(void)
{
	Bytes		entry = message_called("LogEntry");
	Bytes		set = set_of_message(NULL, &entry);
	PlogSchema	schema;
	PlogError	error;

	EXPECT_NUMBER(parse(&set, &schema, &error), PLOG_OK);
	EXPECT_NUMBER(schema.entry, 0);
	EXPECT(plog_schema_find(&schema, 0, 1) == NULL);
	EXPECT(field_called(&schema, 0, "pc") == NULL);
	plog_schema_free(&schema);

	EXPECT_NUMBER(parse(&set, &schema, &error), PLOG_OK);
	EXPECT_NUMBER(schema.entry, PLOG_SCHEMA_NONE);
	EXPECT_NUMBER(schema.entry_candidates, 0);
	plog_schema_free(&schema);
}

/*
 * Of several messages called LogEntry.
 */
static void
several_entries(void)
{
	for (int with_panda = 0; with_panda < 2; with_panda++)
	{
		Bytes		set = {0};
		PlogSchema	schema;
		PlogError	error;

		for (int i = 0; i < 2 + with_panda; i++)
		{
			static const char *const packages[] = {"one", "two", "panda"};
			Bytes		entry = message_called("LogEntry");
			Bytes		one = set_of_message(packages[i], &entry);

			put(&set, one.data, one.length);
			bytes_free(&one);
		}
		EXPECT_NUMBER(parse(&set, &schema, &error), PLOG_OK);
		EXPECT_NUMBER(schema.entry, with_panda ? 2 : PLOG_SCHEMA_NONE);
		EXPECT_NUMBER(schema.entry_candidates, with_panda ? 1 : 2);
		plog_schema_free(&schema);
	}
}

static void
damaged_descriptors(void)
{
	static const struct
	{
		const char *name;
		uint64_t	number;
		uint64_t	type;
		const char *type_name;
		const char *message;
	}			fields[] = {
		{"1st", 1, 4, NULL, "a field has no proper name"},
		{"a.b", 1, 4, NULL, "a field has no proper name"},
		{"", 1, 4, NULL, "a field has no proper name"},
		{"f", 0, 4, NULL, "a field has no proper number"},
		{"f", 536870912, 4, NULL, "a field has no proper number"},
		{"f", UINT64_MAX, 4, NULL, "a field has no proper number"},
		{"f", 1, 0, NULL, "a field has no type that is known"},
		{"f", 1, 19, NULL, "a field has no type that is known"},
		{"f", 1, 11, NULL, "a field does not name the message it holds"},
		{"f", 1, 11, "LogEntry", "a field does not name the message it holds"},
		{"f", 1, 11, ".Other", "a field holds a message that is not described; "
		"protoc includes it with --include_imports"}
	};
	Bytes		message;
	Bytes		set;

	for (size_t i = 0; i < lengthof(fields); i++)
	{
		message = message_called("LogEntry");
		put_field(&message, fields[i].name, fields[i].number, 1, fields[i].type,
				  fields[i].type_name);
		set = set_of_message(NULL, &message);
		expect_refused_set(&set, PLOG_CORRUPT, fields[i].message);
	}
	message = message_called("Log Entry");
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_CORRUPT, "a message has no proper name");
	message = message_called("LogEntry");
	set = set_of_message("no package", &message);
	expect_refused_set(&set, PLOG_CORRUPT, "a package has no proper name");
	put(&set, "\x0a\x05\x01", 3);
	expect_refused_set(&set, PLOG_CORRUPT, "it is not a whole FileDescriptorSet");
	put(&set, "\x0a\x01\xff", 3);
	expect_refused_set(&set, PLOG_CORRUPT, "it is not protobuf");
	put(&set, "\x0a\x03\x22\x01\xff", 5);
	expect_refused_set(&set, PLOG_CORRUPT, "it is not protobuf");
	message = message_called("LogEntry");
	put(&message, "\x12\x01\xff", 3);
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_CORRUPT, "it is not protobuf");
}

static void
things_that_stand_twice(void)
{
	Bytes		messages = {0};
	Bytes		message;
	Bytes		set;

	for (int i = 0; i < 2; i++)
	{
		message = message_called("LogEntry");
		put_last(&messages, FILE_MESSAGE, &message);
	}
	set = set_of_file(NULL, &messages);
	expect_refused_set(&set, PLOG_CORRUPT, "two messages have the same name");

	message = message_called("LogEntry");
	put_field(&message, "a", 7, 1, 4, NULL);
	put_field(&message, "b", 7, 1, 4, NULL);
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_CORRUPT, "a message has two fields with number 7");

	message = message_called("LogEntry");
	put_field(&message, "a", 7, 1, 4, NULL);
	put_field(&message, "a", 8, 1, 4, NULL);
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_CORRUPT, "a message has two fields called \"a\"");
}

/*
 * Absurdly many, deep or long ones.
 */
static void
bombs(void)
{
	Bytes		message = message_called("M");
	Bytes		messages = {0};
	Bytes		name = {0};
	Bytes		set;

	for (int i = 0; i < 65; i++)
	{
		Bytes		outer = message_called("M");

		put_last(&outer, MESSAGE_NESTED, &message);
		message = outer;
	}
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_LIMIT, "its messages are nested more than 64 deep");

	for (int i = 0; i <= 100000; i++)
	{
		message = message_called("M");
		put_last(&messages, FILE_MESSAGE, &message);
	}
	set = set_of_file(NULL, &messages);
	expect_refused_set(&set, PLOG_LIMIT, "it describes more than 100000 messages");

	message = message_called("M");
	for (int i = 0; i <= 1000000; i++)
		put_field(&message, "f", 1, 1, 4, NULL);
	set = set_of_message(NULL, &message);
	expect_refused_set(&set, PLOG_LIMIT, "it describes more than 1000000 fields");

	/* a long name, that every message of the file gets */
	put_fill(&name, 'a', 1 << 20);
	put_8(&name, 0);
	for (int i = 0; i < 20; i++)
	{
		message = message_called("M");
		put_last(&messages, FILE_MESSAGE, &message);
	}
	set = set_of_file((char *) name.data, &messages);
	expect_refused_set(&set, PLOG_LIMIT, "its messages' names are too long");
	bytes_free(&name);
}

/*
 * The messages that we know, in every form.
 */
static void
builtin_schemas(void)
{
	static const PlogForm forms[] = {
		{false, false, false, false}, {false, false, true, false}, {false, true, true, false},
		{true, true, true, false}, {true, true, true, true}
	};

	for (size_t i = 0; i < lengthof(forms); i++)
	{
		PlogSchema	schema = {0};
		PlogError	error;
		const PlogSchemaField *field;

		if (!EXPECT_NUMBER(plog_schema_builtin(forms[i], &schema, &error), PLOG_OK))
			continue;
		field = field_called(&schema, schema.entry, "asid_info");
		if (EXPECT(field != NULL && field->number == 40 && field->type == PLOG_TYPE_MESSAGE))
			EXPECT((field_called(&schema, field->message, "tids") == NULL) == forms[i].asid_info_2018);
		field = field_called(&schema, schema.entry, "process_id");
		EXPECT((field != NULL) == forms[i].entries_2016);
		field = field_called(&schema, schema.entry, "asid_libraries");
		if (EXPECT(field != NULL))
		{
			EXPECT((field->number == 5) != forms[i].entries_2016);
			EXPECT_NUMBER(plog_schema_wire_number(field), 5);
			EXPECT_NUMBER(field_called(&schema, field->message, "modules")->number,
						  forms[i].loaded_libs_2020 ? 2 : 6);
		}
		plog_schema_free(&schema);
	}
}

static void
types_and_wires(void)
{
	WireType	wire;

	EXPECT(plog_type_matches(PLOG_TYPE_SINT64, WIRE_VARINT));
	EXPECT(!plog_type_matches(PLOG_TYPE_SINT64, WIRE_BYTES));
	EXPECT(plog_type_matches(PLOG_TYPE_DOUBLE, WIRE_FIXED64));
	EXPECT(plog_type_matches(PLOG_TYPE_SFIXED32, WIRE_FIXED32));
	EXPECT(plog_type_matches(PLOG_TYPE_STRING, WIRE_BYTES));
	EXPECT(!plog_type_matches(PLOG_TYPE_STRING, WIRE_GROUP_START));
	EXPECT(plog_type_matches(PLOG_TYPE_MESSAGE, WIRE_GROUP_START));
	EXPECT(plog_type_matches(PLOG_TYPE_GROUP, WIRE_BYTES));
	EXPECT(!plog_type_is_packable(PLOG_TYPE_BYTES, &wire));
	EXPECT(plog_type_is_packable(PLOG_TYPE_FIXED64, &wire) && wire == WIRE_FIXED64);
}

/*
 * A descriptor of one message with so many fields, the last of which is named
 * first.
 */
static Bytes
set_of_fields(uint32_t count)
{
	Bytes		message = message_called("LogEntry");
	Bytes		file = {0};
	Bytes		set = {0};

	for (uint32_t i = count; i > 0; i--)
	{
		char		name[32];

		snprintf(name, sizeof(name), "a_field_called_%u", i);
		put_field(&message, name, i, 1, 4, NULL);
	}
	put_last(&file, FILE_MESSAGE, &message);
	put_last(&set, SET_FILE, &file);
	return set;
}

/*
 * Names are searched for, not gone through.
 */
static void
expect_names_searched(const PlogSchema *schema)
{
	uint64_t	before = plog_names_compared;

	for (uint32_t i = 1; i <= 1000; i++)
	{
		char		name[32];
		PlogBytes	wanted = {(const uint8_t *) name, 0};
		const PlogSchemaField *found;

		wanted.length = (size_t) snprintf(name, sizeof(name), "a_field_called_%u", i * 60);
		found = plog_schema_find_name(schema, schema->entry, wanted);
		EXPECT(found != NULL && found->number == i * 60);
		name[0] = 'b';
		EXPECT(plog_schema_find_name(schema, schema->entry, wanted) == NULL);
	}
	EXPECT(plog_names_compared - before <= 2 * 1000 * 17);
}

/*
 * Reading a large one may be left at any time, and nothing is lost.
 */
static void
large_descriptors(void)
{
	const uint32_t count = 60000;
	Bytes		set = set_of_fields(count);
	static PlogBytes bytes;
	static PlogSchema schema;
	PlogError	error;
	static uint64_t polls;
	static uint64_t leave_at;

	bytes = (PlogBytes) {set.data, set.length};
	wire_poll = poll_hook;
	memset(&schema, 0, sizeof(schema));
	poll_start(0);
	EXPECT_NUMBER(plog_schema_parse(bytes, &schema, &error), PLOG_OK);
	polls = poll_count;

	/* in reading, and in each of the rounds of two sorts of fewer than 2^16 */
	EXPECT(polls > 2 * 16 * (count / 4096));
	expect_names_searched(&schema);
	plog_schema_free(&schema);

	for (leave_at = 1; leave_at <= polls; leave_at += polls / 20)
	{
		memset(&schema, 0, sizeof(schema));
		poll_start(leave_at);
		if (setjmp(poll_left) == 0)
		{
			(void) plog_schema_parse(bytes, &schema, &error);
			tap_fail("it was not left");
		}
		plog_schema_free(&schema);
	}
	wire_poll = NULL;
	bytes_free(&set);
}

/*
 * A FileDescriptorProto that is not in a set.
 */
static void
single_files(void)
{
	Bytes		message = message_called("LogEntry");
	Bytes		file = {0};
	PlogBytes	bytes;
	PlogSchema	schema;
	PlogError	error;

	put_bytes(&file, 1, "plog.proto", 10);
	put_bytes(&file, FILE_PACKAGE, "panda", 5);
	put_field(&message, "pc", 1, 1, 4, NULL);
	put_last(&file, FILE_MESSAGE, &message);
	bytes.data = file.data;
	bytes.length = file.length;
	memset(&schema, 0, sizeof(schema));
	EXPECT_NUMBER(plog_schema_parse(bytes, &schema, &error), PLOG_OK);
	EXPECT_NUMBER(schema.message_count, 1);
	EXPECT_NUMBER(schema.field_count, 1);
	EXPECT(schema.entry == 0);
	plog_schema_free(&schema);
	bytes_free(&file);
}

void
test_descriptor(void)
{
	tap_run("descriptor: messages, fields and what they hold", sound_descriptors);
	tap_run("descriptor: without fields, without messages", no_fields);
	tap_run("descriptor: several messages called LogEntry", several_entries);
	tap_run("descriptor: damaged ones", damaged_descriptors);
	tap_run("descriptor: numbers and names that stand twice", things_that_stand_twice);
	tap_run("descriptor: too many, too deep, too long", bombs);
	tap_run("descriptor: a large one may be left, and is searched", large_descriptors);
	tap_run("descriptor: of one file alone", single_files);
	tap_run("schema: the messages that we know", builtin_schemas);
	tap_run("schema: types and how they are written", types_and_wires);
}
