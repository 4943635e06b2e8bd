/*-------------------------------------------------------------------------
 *
 * reference.c
 *		The plain way to decode the messages that are decoded most often.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"
#include "reference.h"

static bool
same_bytes(PlogBytes a, PlogBytes b)
{
	return a.data == b.data && a.length == b.length;
}

/*
 * The same of what may be a copy.
 */
static bool
equal_bytes(PlogBytes a, PlogBytes b)
{
	return (a.data == NULL) == (b.data == NULL) && a.length == b.length &&
		(a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/*
 * Put a message behind another.
 */
static void
append_message(PlogBuffer *whole, PlogBytes *message, PlogBytes part)
{
	FUZZ_CHECK(plog_buffer_reserve(whole, whole->length + part.length + 1));
	if (part.length > 0)
		memcpy(whole->data + whole->length, part.data, part.length);
	whole->length += part.length;
	message->data = whole->data;
	message->length = whole->length;
}

static const uint32_t kinds[] = {PLOG_ENTRY_ASID_LIBRARIES, PLOG_ENTRY_ASID_INFO,
PLOG_ENTRY_TAINT_FLOW, PLOG_ENTRY_SYSCALL, PLOG_ENTRY_PROC_TRACE, PLOG_ENTRY_ASID + 1};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static PlogBuffer whole_payloads[KINDS];

static bool
is_malformed(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		;
	return result != WIRE_END;
}

/*
 * An entry, and its payloads of some kinds, all that there are of each; of those
 * one of which is malformed, the first such alone.
 */
static bool
plain_entry(PlogBytes body, PlogEntry *entry, PlogBytes *payloads)
{
	WireCursor	cursor = wire_cursor(body);
	WireField	field;
	WireResult	result;
	bool		ends[KINDS] = {false};

	for (size_t i = 0; i < KINDS; i++)
		whole_payloads[i].length = 0;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number > PLOG_ENTRY_ASID)
		{
			if (entry->kind == 0 || field.number < entry->kind)
				entry->kind = field.number;
			for (size_t i = 0; i < KINDS; i++)
			{
				if (field.number != kinds[i] || field.type != WIRE_BYTES || ends[i])
					continue;
				ends[i] = is_malformed(field.bytes);
				if (ends[i])
					whole_payloads[i].length = 0;
				append_message(&whole_payloads[i], &payloads[i], field.bytes);
			}
		}
		else if (field.type == WIRE_VARINT)
		{
			uint64_t   *numbers[] = {NULL, &entry->pc, &entry->instr, &entry->asid};

			*numbers[field.number] = field.value;
			entry->present |= 1u << field.number;
		}
	}
	return result == WIRE_END;
}

/*
 * All but the numbers that are not wanted must be the same, whichever are wanted.
 */
void
reference_entry(PlogBytes body)
{
	PlogEntry	plain = {0};
	PlogBytes	payloads[KINDS] = {{NULL, 0}};
	bool		is_valid = plain_entry(body, &plain, payloads);

	for (uint32_t wanted = 0; wanted < 2u << PLOG_ENTRY_ASID; wanted += 2)
	{
		PlogEntry	entry;

		FUZZ_CHECK(plog_decode_entry_numbers(body, wanted, &entry) == is_valid);
		if (!is_valid)
			continue;
		FUZZ_CHECK(entry.present == plain.present && entry.kind == plain.kind);
		FUZZ_CHECK((wanted & 1u << PLOG_ENTRY_PC) == 0 || entry.pc == plain.pc);
		FUZZ_CHECK((wanted & 1u << PLOG_ENTRY_INSTR) == 0 || entry.instr == plain.instr);
		FUZZ_CHECK((wanted & 1u << PLOG_ENTRY_ASID) == 0 || entry.asid == plain.asid);
		for (size_t i = 0; i < KINDS; i++)
			FUZZ_CHECK(equal_bytes(fuzz_payload(&entry, kinds[i]), payloads[i]));
	}
}

static bool
plain_syscall(PlogBytes message, PlogSyscall *syscall)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	syscall->arguments_are_last = true;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if ((syscall->argument_count > 0 || PLOG_HAS(syscall, PLOG_SYSCALL_CALL_NAME)) &&
			(field.number != PLOG_SYSCALL_ARGS || field.type != WIRE_BYTES))
			syscall->arguments_are_last = false;
		if (field.number > PLOG_SYSCALL_ARGS ||
			field.type != (field.number < PLOG_SYSCALL_CALL_NAME ? WIRE_VARINT : WIRE_BYTES))
			continue;
		syscall->present |= 1u << field.number;
		if (field.number == PLOG_SYSCALL_PID)
			syscall->pid = (uint32_t) field.value;
		else if (field.number == PLOG_SYSCALL_PPID)
			syscall->ppid = (uint32_t) field.value;
		else if (field.number == PLOG_SYSCALL_TID)
			syscall->tid = (uint32_t) field.value;
		else if (field.number == PLOG_SYSCALL_CREATE_TIME)
			syscall->create_time = field.value;
		else if (field.number == PLOG_SYSCALL_RETCODE)
			syscall->retcode = (int64_t) field.value;
		else if (field.number == PLOG_SYSCALL_CALL_NAME)
			syscall->call_name = field.bytes;
		else
			syscall->argument_count++;
	}
	return result == WIRE_END;
}

static PlogEvidence
plain_evidence(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	argument;
	WireField	field;

	while (wire_next(&cursor, &argument) == WIRE_FIELD)
	{
		WireCursor	fields;
		WireResult	result;
		bool		has_ptr = false;

		if (argument.number != PLOG_SYSCALL_ARGS || argument.type != WIRE_BYTES)
			continue;
		fields = wire_cursor(argument.bytes);
		while ((result = wire_next(&fields, &field)) == WIRE_FIELD)
			has_ptr |= field.number == PLOG_ARGUMENT_2020_POINTER && field.type == WIRE_VARINT;

		/* a malformed one decides nothing */
		if (has_ptr && result == WIRE_END)
			return PLOG_EVIDENCE_EARLIER;
	}
	return PLOG_EVIDENCE_NONE;
}

void
reference_syscall(PlogBytes message)
{
	PlogSyscall plain = {0};
	PlogSyscall syscall;
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	PlogBytes	argument;
	const uint32_t arguments = 1u << PLOG_SYSCALL_ARGS;
	const uint32_t behind_numbers = arguments | 1u << PLOG_SYSCALL_CALL_NAME;
	PlogEvidence evidence;
	bool		is_valid = plain_syscall(message, &plain);

	FUZZ_CHECK(plog_decode_syscall_and_form(message, arguments, &syscall, &evidence) == is_valid);
	FUZZ_CHECK(plog_decode_syscall(message, &syscall) == is_valid);
	if (!is_valid)
		return;
	FUZZ_CHECK(syscall.present == plain.present);
	FUZZ_CHECK(syscall.pid == plain.pid && syscall.ppid == plain.ppid && syscall.tid == plain.tid);
	FUZZ_CHECK(syscall.create_time == plain.create_time && syscall.retcode == plain.retcode);
	FUZZ_CHECK(same_bytes(syscall.call_name, plain.call_name));
	FUZZ_CHECK(syscall.argument_count == plain.argument_count);
	FUZZ_CHECK(syscall.arguments_are_last == plain.arguments_are_last);

	/* its arguments, in order */
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == PLOG_SYSCALL_ARGS && field.type == WIRE_BYTES)
			FUZZ_CHECK(plog_next_bytes(&syscall.arguments, &argument) &&
					   same_bytes(argument, field.bytes));
	}
	FUZZ_CHECK(!plog_next_bytes(&syscall.arguments, &argument));
	FUZZ_CHECK(plog_decode_syscall_numbers(message, arguments, &syscall) &&
			   syscall.present == plain.present);
	FUZZ_CHECK(syscall.argument_count == plain.argument_count);

	/* the same, and the form */
	FUZZ_CHECK(plog_decode_syscall_and_form(message, arguments, &syscall, &evidence) &&
			   syscall.present == plain.present && evidence == plain_evidence(message));
	FUZZ_CHECK(syscall.argument_count == plain.argument_count);
	FUZZ_CHECK(syscall.arguments_are_last == plain.arguments_are_last);

	/* whatever of it is wanted, and it may stop where nothing is any more */
	for (uint32_t wanted = 0; wanted < 2u << PLOG_SYSCALL_ARGS; wanted += 2)
	{
		uint32_t	behind = wanted & arguments ? 0 :
			wanted & 1u << PLOG_SYSCALL_CALL_NAME ? arguments : behind_numbers;

		FUZZ_CHECK(plog_decode_syscall_numbers(message, wanted, &syscall));
		if (behind != 0 && !plain.arguments_are_last)
			continue;
		FUZZ_CHECK((syscall.present | behind) == (plain.present | behind));
		FUZZ_CHECK((wanted & 1u << PLOG_SYSCALL_PID) == 0 || syscall.pid == plain.pid);
		FUZZ_CHECK((wanted & 1u << PLOG_SYSCALL_PPID) == 0 || syscall.ppid == plain.ppid);
		FUZZ_CHECK((wanted & 1u << PLOG_SYSCALL_TID) == 0 || syscall.tid == plain.tid);
		FUZZ_CHECK((wanted & 1u << PLOG_SYSCALL_CREATE_TIME) == 0 ||
				   syscall.create_time == plain.create_time);
		FUZZ_CHECK((wanted & 1u << PLOG_SYSCALL_RETCODE) == 0 || syscall.retcode == plain.retcode);
		if (behind == behind_numbers)
			continue;
		FUZZ_CHECK(same_bytes(syscall.call_name, plain.call_name));
		for (uint64_t i = 0; i < plain.argument_count; i++)
			FUZZ_CHECK(plog_next_bytes(&syscall.arguments, &argument));
		FUZZ_CHECK(!plog_next_bytes(&syscall.arguments, &argument));
	}
}

/*
 * The wire type of a field of NamedData, and the value that its type makes of
 * what the wire has.
 */
static WireType
type_of_kind(uint32_t kind, uint64_t *value)
{
	switch (kind)
	{
		case PLOG_ARGUMENT_U32:
		case PLOG_ARGUMENT_U16:
			*value = (uint32_t) *value;
			return WIRE_VARINT;
		case PLOG_ARGUMENT_I32:
		case PLOG_ARGUMENT_I16:
			*value = (uint64_t) (int64_t) (int32_t) (uint32_t) *value;
			return WIRE_VARINT;
		case PLOG_ARGUMENT_BOOL:
			*value = *value != 0;
			return WIRE_VARINT;
		case PLOG_ARGUMENT_PTR:
		case PLOG_ARGUMENT_U64:
		case PLOG_ARGUMENT_I64:
			return WIRE_VARINT;
		case PLOG_ARGUMENT_FLOAT:
			return WIRE_FIXED32;
		case PLOG_ARGUMENT_DOUBLE:
			return WIRE_FIXED64;
		default:
			return WIRE_BYTES;
	}
}

static bool
plain_argument(PlogBytes message, bool form_2020, PlogArgument *argument)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		uint32_t	kind = field.number + form_2020;

		if (kind > (form_2020 ? PLOG_ARGUMENT_I16 : PLOG_ARGUMENT_STRUCT_DATA) ||
			type_of_kind(kind, &field.value) != field.type)
			continue;
		if (kind == PLOG_ARGUMENT_NAME)
		{
			argument->name = field.bytes;
			continue;
		}
		if (kind == PLOG_ARGUMENT_STRUCT_TYPE)
			argument->struct_type = field.bytes;
		if (kind == PLOG_ARGUMENT_STRUCT_DATA)
		{
			argument->struct_data = field.bytes;
			kind = PLOG_ARGUMENT_STRUCT_TYPE;
		}
		if (argument->kind == 0 || kind <= argument->kind)
		{
			argument->kind = kind;
			argument->number = field.value;
			argument->bytes = field.bytes;
		}
	}
	return result == WIRE_END;
}

void
reference_argument(PlogBytes message, bool form_2020)
{
	PlogArgument plain = {0};
	PlogArgument argument;
	bool		is_valid = plain_argument(message, form_2020, &plain);

	FUZZ_CHECK(plog_decode_argument(message, form_2020, &argument) == is_valid);
	if (!is_valid)
		return;
	FUZZ_CHECK(argument.kind == plain.kind && argument.number == plain.number);
	FUZZ_CHECK(same_bytes(argument.name, plain.name) && same_bytes(argument.bytes, plain.bytes));
	FUZZ_CHECK(same_bytes(argument.struct_type, plain.struct_type));
	FUZZ_CHECK(same_bytes(argument.struct_data, plain.struct_data));
}
