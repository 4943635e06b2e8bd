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

static bool
plain_entry(PlogBytes body, PlogEntry *entry)
{
	WireCursor	cursor = wire_cursor(body);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number > PLOG_ENTRY_ASID)
		{
			if (entry->kind == 0 || field.number < entry->kind)
				entry->kind = field.number;
		}
		else if (field.type == WIRE_VARINT)
		{
			uint64_t   *numbers[] = {NULL, &entry->pc, &entry->instr, &entry->asid};

			*numbers[field.number] = field.value;
			entry->present |= 1u << field.number;
		}
		if (field.type != WIRE_BYTES)
			continue;
		if (field.number == PLOG_ENTRY_ASID_LIBRARIES)
			entry->asid_libraries = field.bytes;
		else if (field.number == PLOG_ENTRY_ASID_INFO)
			entry->asid_info = field.bytes;
		else if (field.number == PLOG_ENTRY_SYSCALL)
			entry->syscall = field.bytes;
		else if (field.number == PLOG_ENTRY_PROC_TRACE)
			entry->proc_trace = field.bytes;
	}
	return result == WIRE_END;
}

void
reference_entry(PlogBytes body)
{
	PlogEntry	plain = {0};
	PlogEntry	entry;
	bool		is_valid = plain_entry(body, &plain);

	FUZZ_CHECK(plog_decode_entry(body, &entry) == is_valid);
	if (!is_valid)
		return;
	FUZZ_CHECK(entry.present == plain.present && entry.kind == plain.kind);
	FUZZ_CHECK(entry.pc == plain.pc && entry.instr == plain.instr && entry.asid == plain.asid);
	FUZZ_CHECK(same_bytes(entry.asid_libraries, plain.asid_libraries));
	FUZZ_CHECK(same_bytes(entry.asid_info, plain.asid_info));
	FUZZ_CHECK(same_bytes(entry.syscall, plain.syscall));
	FUZZ_CHECK(same_bytes(entry.proc_trace, plain.proc_trace));

	/* with no number wanted, all but the numbers is the same */
	FUZZ_CHECK(plog_decode_entry_numbers(body, 0, &entry) && entry.present == plain.present);
	FUZZ_CHECK(entry.kind == plain.kind && same_bytes(entry.syscall, plain.syscall));
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

		if (argument.number != PLOG_SYSCALL_ARGS || argument.type != WIRE_BYTES)
			continue;
		fields = wire_cursor(argument.bytes);
		while (wire_next(&fields, &field) == WIRE_FIELD)
		{
			if (field.number == PLOG_ARGUMENT_2020_PTR && field.type == WIRE_VARINT)
				return PLOG_EVIDENCE_EARLIER;
		}
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

	/* without its arguments, a call that ends with them is the same but for them */
	FUZZ_CHECK(plog_decode_syscall_numbers(message, ~arguments, &syscall));
	if (plain.arguments_are_last)
		FUZZ_CHECK((syscall.present | arguments) == (plain.present | arguments) &&
				   syscall.pid == plain.pid && syscall.tid == plain.tid &&
				   syscall.retcode == plain.retcode &&
				   same_bytes(syscall.call_name, plain.call_name));

	/* nor is it another without its name */
	FUZZ_CHECK(plog_decode_syscall_numbers(message, ~behind_numbers, &syscall));
	if (plain.arguments_are_last)
		FUZZ_CHECK((syscall.present | behind_numbers) == (plain.present | behind_numbers) &&
				   syscall.pid == plain.pid && syscall.tid == plain.tid &&
				   syscall.retcode == plain.retcode);
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
