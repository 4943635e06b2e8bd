/*-------------------------------------------------------------------------
 *
 * message.c
 *		Fuzz target: every decoder of messages, and the wire cursor.
 *
 * An input's first byte chooses the decoder; the rest is the message.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"
#include "reference.h"

/* How deep structs are followed; further ones are like these. */
#define MAX_DEPTH	64

static void walk_struct(PlogBytes message, int depth);

/*
 * Walk the strings or messages of a repeated field.
 */
static void
walk_bytes(PlogRepeated repeated, PlogBytes message, void (*walk) (PlogBytes))
{
	PlogBytes	bytes;

	while (plog_next_bytes(&repeated, &bytes))
	{
		FUZZ_CHECK(bytes.data != NULL && fuzz_lies_in(bytes, message));
		if (walk != NULL)
			walk(bytes);
	}
}

/*
 * Decode an argument in either form.
 */
static void
walk_argument_at_depth(PlogBytes message, int depth)
{
	for (int form_2020 = 0; form_2020 < 2; form_2020++)
	{
		PlogArgument argument;

		reference_argument(message, form_2020);
		if (!plog_decode_argument(message, form_2020, &argument))
			continue;
		FUZZ_CHECK(argument.kind == 0 || (argument.kind >= PLOG_ARGUMENT_STR &&
										  argument.kind <= PLOG_ARGUMENT_STRUCT_TYPE));
		FUZZ_CHECK(!form_2020 || argument.kind <= PLOG_ARGUMENT_I16);
		FUZZ_CHECK(fuzz_lies_in(argument.name, message) && fuzz_lies_in(argument.bytes, message) &&
				   fuzz_lies_in(argument.struct_type, message) &&
				   fuzz_lies_in(argument.struct_data, message));
		if (argument.struct_data.data != NULL && depth < MAX_DEPTH)
			walk_struct(argument.struct_data, depth + 1);
	}
}

static void
walk_struct(PlogBytes message, int depth)
{
	PlogRepeated members;
	PlogBytes	member;

	if (!plog_decode_struct(message, &members))
		return;
	while (plog_next_bytes(&members, &member))
		walk_argument_at_depth(member, depth);
}

static void
walk_argument(PlogBytes message)
{
	walk_argument_at_depth(message, 0);
}

static void
walk_asid_info(PlogBytes message)
{
	PlogEvidence evidence = plog_asid_info_evidence(message);

	for (int form_2018 = 0; form_2018 < 2; form_2018++)
	{
		PlogAsidInfo info;
		uint64_t	number;

		if (!plog_decode_asid_info(message, form_2018, &info))
			continue;
		FUZZ_CHECK(evidence != PLOG_EVIDENCE_TODAY || !form_2018 ||
				   !PLOG_HAS(&info, PLOG_ASID_INFO_NAMES) || info.names.cursor.at != NULL);
		walk_bytes(info.names, message, NULL);
		while (plog_next_number(&info.tids, &number))
			FUZZ_CHECK(!form_2018);
	}
}

static void
walk_syscall(PlogBytes message)
{
	PlogSyscall syscall;
	PlogRepeated arguments;
	PlogBytes	argument;
	uint64_t	count = 0;

	reference_syscall(message);
	if (!plog_decode_syscall(message, &syscall))
		return;
	FUZZ_CHECK(fuzz_lies_in(syscall.call_name, message));
	arguments = syscall.arguments;
	while (plog_next_bytes(&arguments, &argument))
		count++;
	FUZZ_CHECK(count == syscall.argument_count);
	FUZZ_CHECK((count > 0) == PLOG_HAS(&syscall, PLOG_SYSCALL_ARGS));
	walk_bytes(syscall.arguments, message, walk_argument);
}

static void
walk_module(PlogBytes message)
{
	PlogModule	module;

	if (plog_decode_module(message, &module))
		FUZZ_CHECK(fuzz_lies_in(module.name, message) && fuzz_lies_in(module.file, message));
}

static void
walk_loaded_libs(PlogBytes message)
{
	PlogLoadedLibs libs;

	(void) plog_loaded_libs_evidence(message);
	if (!plog_decode_loaded_libs(message, &libs))
		return;
	FUZZ_CHECK(fuzz_lies_in(libs.proc_name, message));
	walk_bytes(libs.modules, message, walk_module);
}

static void
walk_proc_trace(PlogBytes message)
{
	PlogProcTrace trace;

	if (plog_decode_proc_trace(message, &trace))
		FUZZ_CHECK(fuzz_lies_in(trace.name, message));
}

/*
 * Decode an entry with these two payloads of a taint flow, and tell its form.
 */
static bool
decode_flow_in_parts(PlogBytes first, PlogBytes second, PlogTaintFlow *flow, PlogPayloadForm *form)
{
	Bytes		entry = {0};
	PlogBytes	body;
	bool		is_valid;

	put_bytes(&entry, PLOG_ENTRY_TAINT_FLOW, first.data, first.length);
	put_bytes(&entry, PLOG_ENTRY_TAINT_FLOW, second.data, second.length);
	body.data = entry.data;
	body.length = entry.length;
	is_valid = plog_decode_taint_flow(body, flow);
	*form = plog_payload_form(body, PLOG_ENTRY_TAINT_FLOW);
	FUZZ_CHECK(*form < PLOG_PAYLOAD_FORMS);
	bytes_free(&entry);
	return is_valid;
}

/*
 * A taint flow is the same as a whole and, between any two of its fields, in parts.
 */
static void
walk_taint_flow(PlogBytes message)
{
	const PlogBytes nothing = {message.data, 0};
	PlogTaintFlow whole;
	PlogPayloadForm form;
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	if (!decode_flow_in_parts(message, nothing, &whole, &form))
		return;
	FUZZ_CHECK(form != PLOG_FORM_TAINT_FLOW ||
			   PLOG_HAS(&whole.source, PLOG_FLOW_END_POINT) ||
			   PLOG_HAS(&whole.sink, PLOG_FLOW_END_POINT));
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		PlogBytes	first = {message.data, (size_t) (cursor.at - message.data)};
		PlogBytes	second = {cursor.at, (size_t) (cursor.end - cursor.at)};
		PlogTaintFlow parts;
		PlogPayloadForm form_of_parts;

		FUZZ_CHECK(decode_flow_in_parts(first, second, &parts, &form_of_parts));
		FUZZ_CHECK(memcmp(&whole, &parts, sizeof(whole)) == 0 && form_of_parts == form);
	}
}

static void
walk_payload(const PlogEntry *entry, uint32_t kind, void (*walk) (PlogBytes message))
{
	PlogBytes	payload = fuzz_payload(entry, kind);

	FUZZ_CHECK(entry->has_more_payloads || fuzz_lies_in(payload, entry->body));
	if (payload.data != NULL)
		walk(payload);
}

static void
walk_entry(PlogBytes message)
{
	PlogEntry	entry;

	reference_entry(message);
	if (!plog_decode_entry(message, &entry))
		return;
	FUZZ_CHECK(entry.kind == 0 || entry.kind > PLOG_ENTRY_ASID);
	walk_payload(&entry, PLOG_ENTRY_ASID_LIBRARIES, walk_loaded_libs);
	walk_payload(&entry, PLOG_ENTRY_ASID_INFO, walk_asid_info);
	walk_payload(&entry, PLOG_ENTRY_TAINT_FLOW, walk_taint_flow);
	walk_payload(&entry, PLOG_ENTRY_SYSCALL, walk_syscall);
	FUZZ_CHECK(plog_payload_form(message, PLOG_ENTRY_EDGE_COVERAGE) < PLOG_PAYLOAD_FORMS);
	walk_payload(&entry, PLOG_ENTRY_PROC_TRACE, walk_proc_trace);
}

/*
 * Read varints the fast and the plain way: both give the same.
 */
static void
compare_varints(PlogBytes message)
{
	WireCursor	fast = wire_cursor(message);

	while (fast.at < fast.end)
	{
		WireCursor	plain = fast;
		uint64_t	fast_value = 0;
		uint64_t	plain_value = 0;
		bool		is_varint = wire_varint(&fast, &fast_value);

		FUZZ_CHECK(wire_short_varint(&plain, &plain_value) == is_varint);
		if (!is_varint)
			break;
		FUZZ_CHECK(fast_value == plain_value && fast.at == plain.at && fast.at <= fast.end);
	}
}

/*
 * Walk the fields; what the cursor gives lies in the message, in order.
 */
static void
walk_fields(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	const uint8_t *at = cursor.at;
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		FUZZ_CHECK(cursor.at > at && cursor.at <= cursor.end && field.number > 0);
		FUZZ_CHECK(fuzz_lies_in(field.bytes, message));
		at = cursor.at;
	}
	FUZZ_CHECK(result == WIRE_MALFORMED || cursor.at == cursor.end);
	compare_varints(message);
}

static void (*const walks[]) (PlogBytes message) = {
	walk_entry, walk_fields, walk_asid_info, walk_syscall, walk_argument,
	walk_loaded_libs, walk_module, walk_proc_trace, walk_taint_flow
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PlogBytes	message = {data + 1, size - 1};

	if (size > 0)
		walks[data[0] % (sizeof(walks) / sizeof(walks[0]))] (message);
	return 0;
}

/*
 * Change the message, seldom the decoder.
 */
static void
mutate_chosen_message(Bytes *input)
{
	Bytes		message = {0};
	uint8_t		choice = input->length > 0 ? input->data[0] : 0;

	if (input->length > 1)
		put(&message, input->data + 1, input->length - 1);
	mutate_message(&message);
	input->length = 0;
	put_8(input, random_below(16) == 0 ? (uint8_t) random_below(sizeof(walks) / sizeof(walks[0])) : choice);
	put(input, message.data, message.length);
	bytes_free(&message);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return mutate_input(data, size, max_size, seed, mutate_chosen_message);
}
