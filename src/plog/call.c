/*-------------------------------------------------------------------------
 *
 * call.c
 *		Entries, system calls and their arguments: the messages that a log has by
 *		the million, and the fast way to decode them.
 *
 * In each part the fast way comes first: take_…() functions for what PANDA writes,
 * that return false, or how far they came, where a message is otherwise.  What
 * decodes any message follows.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/call.h"

/*
 * Eight bytes are read at a time; the last eight may overlap those before.  In a
 * message of less than eight bytes no end is found.
 */
WIRE_NOINLINE uint32_t
wire_short_window_ends(const uint8_t *at, size_t length)
{
	uint32_t	ends = 0;

	for (size_t i = 0; i < length && length >= 8; i += 8)
	{
		size_t		place = i < length - 8 ? i : length - 8;

		ends |= wire_ends_as_bits(wire_load64(at + place)) << place;
	}
	return ends;
}

/*
 * Take a number that was found, if it is wanted.  False where wire_number() is.
 */
WIRE_INLINE bool
take_number(WireNumbers *numbers, int number, uint32_t wanted, uint64_t *value)
{
	return (wanted & 1u << number) == 0 || wire_number(numbers, number, value);
}

WIRE_INLINE bool
take_number32(WireNumbers *numbers, int number, uint32_t wanted, uint32_t *value)
{
	uint64_t	value64 = *value;
	bool		is_taken = take_number(numbers, number, wanted, &value64);

	*value = (uint32_t) value64;
	return is_taken;
}

/*
 * Start with an entry that has nothing.  A memset() of this size would take as long
 * as the rest.
 */
WIRE_INLINE void
clear_entry(PlogEntry *entry, PlogBytes body)
{
	entry->present = 0;
	entry->kind = 0;
	entry->pc = 0;
	entry->instr = 0;
	entry->asid = 0;
	entry->body = body;
	entry->payload.data = NULL;
	entry->payload.length = 0;
	entry->has_more_payloads = false;
}

/*
 * Take the numbers that an entry begins with, if PANDA has written it: pc and
 * instr, and mostly asid.  Returns where the rest begins.
 */
WIRE_INLINE size_t
take_entry_numbers(WireNumbers *numbers, uint32_t wanted, PlogEntry *entry)
{
	if (!wire_find_number(numbers, PLOG_ENTRY_PC) ||
		!take_number(numbers, PLOG_ENTRY_PC, wanted, &entry->pc))
		return 0;
	entry->present = 1u << PLOG_ENTRY_PC;
	if (!wire_find_number(numbers, PLOG_ENTRY_INSTR) ||
		!take_number(numbers, PLOG_ENTRY_INSTR, wanted, &entry->instr))
		return numbers->next[PLOG_ENTRY_PC];
	entry->present |= 1u << PLOG_ENTRY_INSTR;
	if (!wire_find_number(numbers, PLOG_ENTRY_ASID) ||
		!take_number(numbers, PLOG_ENTRY_ASID, wanted, &entry->asid))
		return numbers->next[PLOG_ENTRY_INSTR];
	entry->present |= 1u << PLOG_ENTRY_ASID;
	return numbers->next[PLOG_ENTRY_ASID];
}

/*
 * Take a payload of less than 16 kB that begins in the window and is all the rest
 * of the entry.
 */
WIRE_INLINE bool
take_only_payload(const WireNumbers *numbers, const uint8_t *at, PlogEntry *entry)
{
	const uint8_t *end = entry->body.data + entry->body.length;
	const uint8_t *behind_tag;
	const uint8_t *payload;
	uint32_t	ends = numbers->ends & (numbers->ends - 1);
	uint32_t	tag;
	size_t		length;

	/* the window tells where the payload begins, too, without a load */
	if (ends == 0)
		return false;
	behind_tag = entry->body.data + (uint32_t) __builtin_ctz(numbers->ends) + 1;
	payload = entry->body.data + (uint32_t) __builtin_ctz(ends) + 1;
	if (behind_tag - at > 2 || payload - behind_tag > 2 || end - behind_tag < 2)
		return false;
	tag = at[0];
	if (behind_tag - at == 2)
		tag = (tag & 0x7f) | (uint32_t) at[1] << 7;
	length = (behind_tag[0] & 0x7f) | (behind_tag[1] * (size_t) (payload - behind_tag - 1)) << 7;
	if (length != (size_t) (end - payload) || (tag & 7) != WIRE_BYTES || tag >> 3 <= PLOG_ENTRY_ASID)
		return false;
	entry->kind = tag >> 3;
	entry->payload.data = payload;
	entry->payload.length = length;
	return true;
}

/*
 * Note a payload of an entry.  The entry's kind is the lowest number of them.
 */
static void
note_payload(PlogEntry *entry, const WireField *field)
{
	if (entry->kind != 0)
		entry->has_more_payloads = true;
	if (entry->kind == 0 || field->number < entry->kind)
	{
		entry->kind = field->number;
		entry->payload.data = NULL;
		entry->payload.length = 0;
	}
	if (field->number == entry->kind && field->type == WIRE_BYTES)
		entry->payload = field->bytes;
}

/*
 * Decode the rest of any entry.
 */
static WIRE_NOINLINE bool
decode_rest_of_entry(const uint8_t *at, PlogEntry *entry)
{
	WireCursor	cursor = wire_cursor(entry->body);
	WireField	field;
	WireResult	result;

	cursor.at = at;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number > PLOG_ENTRY_ASID)
		{
			note_payload(entry, &field);
			continue;
		}
		if (field.type != WIRE_VARINT)
			continue;
		switch (field.number)
		{
			case PLOG_ENTRY_PC:
				entry->pc = field.value;
				break;
			case PLOG_ENTRY_INSTR:
				entry->instr = field.value;
				break;
			case PLOG_ENTRY_ASID:
				entry->asid = field.value;
				break;
		}
		entry->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

bool
plog_decode_entry_numbers(PlogBytes body, uint32_t wanted, PlogEntry *entry)
{
	WireNumbers numbers = wire_numbers(body);
	const uint8_t *at;

	clear_entry(entry, body);
	at = body.data + take_entry_numbers(&numbers, wanted, entry);
	return take_only_payload(&numbers, at, entry) || decode_rest_of_entry(at, entry);
}

/*
 * Is an argument a name and one field, as most are?  Then nothing in it shows the
 * form of 2020.  False as well where finding that out would take longer: the window
 * that ends with the argument must not begin before the call.
 */
WIRE_INLINE bool
shows_nothing(PlogBytes call, PlogBytes argument)
{
	PlogPlainArgument plain;
	PlogBytes	bytes;
	const uint8_t *end = argument.data + argument.length;

	if (!plog_take_plain_argument(argument, &plain))
		return false;
	if (plain.type == WIRE_BYTES)
		return plog_take_plain_bytes(&plain, &bytes);
	return plain.type == WIRE_VARINT && plain.kind != PLOG_ARGUMENT_2020_POINTER &&
		end - call.data >= WIRE_WINDOW_BYTES &&
		wire_is_one_varint(wire_window_ends(end - WIRE_WINDOW_BYTES), plain.field.length);
}

/*
 * Count arguments as long as each has less than 128 bytes, as most do.  Given the
 * call, stop at an argument that may show the form of 2020.
 */
WIRE_INLINE void
pass_arguments(WireCursor *cursor, const PlogBytes *call, PlogSyscall *syscall)
{
	const uint8_t *at = cursor->at;
	uint64_t	count = 0;

	while (cursor->stop - at >= 2 && at[0] == WIRE_KEY(PLOG_SYSCALL_ARGS, WIRE_BYTES) &&
		   at[1] < 0x80 && at[1] <= cursor->end - at - 2)
	{
		PlogBytes	argument = {at + 2, at[1]};

		if (call != NULL && !shows_nothing(*call, argument))
			break;
		at += 2 + argument.length;
		count++;
	}
	cursor->at = at;
	syscall->argument_count += count;
	syscall->present |= (uint32_t) (count > 0) << PLOG_SYSCALL_ARGS;
}

/*
 * Start with a call that has nothing.
 */
WIRE_INLINE void
clear_syscall(PlogSyscall *syscall)
{
	syscall->present = 0;
	syscall->pid = 0;
	syscall->ppid = 0;
	syscall->tid = 0;
	syscall->create_time = 0;
	syscall->retcode = 0;
	syscall->call_name.data = NULL;
	syscall->call_name.length = 0;
	syscall->argument_count = 0;
	syscall->arguments_are_last = true;
}

/*
 * Take the numbers that a call begins with, if PANDA has written it.  Returns where
 * the rest begins.
 */
WIRE_INLINE const uint8_t *
take_syscall_numbers(PlogBytes message, uint32_t wanted, PlogSyscall *syscall)
{
	WireNumbers numbers = wire_numbers(message);

	if (!wire_find_number(&numbers, PLOG_SYSCALL_PID) ||
		!wire_find_number(&numbers, PLOG_SYSCALL_PPID) ||
		!wire_find_number(&numbers, PLOG_SYSCALL_TID) ||
		!wire_find_number(&numbers, PLOG_SYSCALL_CREATE_TIME) ||
		!wire_find_number(&numbers, PLOG_SYSCALL_RETCODE) ||
		!take_number32(&numbers, PLOG_SYSCALL_PID, wanted, &syscall->pid) ||
		!take_number32(&numbers, PLOG_SYSCALL_PPID, wanted, &syscall->ppid) ||
		!take_number32(&numbers, PLOG_SYSCALL_TID, wanted, &syscall->tid) ||
		!take_number(&numbers, PLOG_SYSCALL_CREATE_TIME, wanted, &syscall->create_time) ||
		!take_number(&numbers, PLOG_SYSCALL_RETCODE, wanted, (uint64_t *) &syscall->retcode))
		return message.data;
	syscall->present = 1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_PPID |
		1u << PLOG_SYSCALL_TID | 1u << PLOG_SYSCALL_CREATE_TIME | 1u << PLOG_SYSCALL_RETCODE;
	return message.data + numbers.next[PLOG_SYSCALL_RETCODE];
}

/*
 * Decode the rest of any call.
 */
static WIRE_NOINLINE bool
decode_rest_of_syscall(WireCursor cursor, PlogSyscall *syscall)
{
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (WIRE_KEY_OF(field) == WIRE_KEY(PLOG_SYSCALL_ARGS, WIRE_BYTES))
		{
			syscall->argument_count++;
			syscall->present |= 1u << PLOG_SYSCALL_ARGS;
			pass_arguments(&cursor, NULL, syscall);
			continue;
		}
		if (syscall->argument_count > 0 || PLOG_HAS(syscall, PLOG_SYSCALL_CALL_NAME))
			syscall->arguments_are_last = false;
		switch (WIRE_KEY_OF(field))
		{
			case WIRE_KEY(PLOG_SYSCALL_PID, WIRE_VARINT):
				syscall->pid = (uint32_t) field.value;
				break;
			case WIRE_KEY(PLOG_SYSCALL_PPID, WIRE_VARINT):
				syscall->ppid = (uint32_t) field.value;
				break;
			case WIRE_KEY(PLOG_SYSCALL_TID, WIRE_VARINT):
				syscall->tid = (uint32_t) field.value;
				break;
			case WIRE_KEY(PLOG_SYSCALL_CREATE_TIME, WIRE_VARINT):
				syscall->create_time = field.value;
				break;
			case WIRE_KEY(PLOG_SYSCALL_RETCODE, WIRE_VARINT):
				syscall->retcode = (int64_t) field.value;
				break;
			case WIRE_KEY(PLOG_SYSCALL_CALL_NAME, WIRE_BYTES):
				syscall->call_name = field.bytes;
				break;
			default:
				continue;
		}
		syscall->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * Take the name of a call, if it comes next.
 */
WIRE_INLINE void
take_call_name(WireCursor *cursor, PlogSyscall *syscall)
{
	if (wire_take_bytes(cursor, PLOG_SYSCALL_CALL_NAME, &syscall->call_name))
		syscall->present |= 1u << PLOG_SYSCALL_CALL_NAME;
}

/*
 * Let the walk of a call's arguments start here, where the first one may be.
 */
WIRE_INLINE void
set_arguments(const WireCursor *cursor, PlogBytes message, PlogSyscall *syscall)
{
	syscall->arguments = plog_repeated(message, PLOG_SYSCALL_ARGS);
	syscall->arguments.cursor.at = cursor->at;
}

/*
 * Decode what follows a call's numbers, or the whole call if it does not begin
 * with them.
 */
static WIRE_NOINLINE bool
decode_behind_numbers(PlogBytes message, const uint8_t *at, uint32_t wanted, PlogSyscall *syscall)
{
	WireCursor	cursor = wire_cursor(message);

	cursor.at = at;
	take_call_name(&cursor, syscall);
	set_arguments(&cursor, message, syscall);
	if ((wanted & 1u << PLOG_SYSCALL_ARGS) == 0 && cursor.at < cursor.end &&
		*cursor.at == WIRE_KEY(PLOG_SYSCALL_ARGS, WIRE_BYTES))
		return true;
	pass_arguments(&cursor, NULL, syscall);
	return cursor.at == cursor.end || decode_rest_of_syscall(cursor, syscall);
}

bool
plog_decode_syscall_numbers(PlogBytes message, uint32_t wanted, PlogSyscall *syscall)
{
	const uint8_t *at;

	clear_syscall(syscall);
	at = take_syscall_numbers(message, wanted, syscall);
	if ((wanted & PLOG_CALL_NAME_NUMBERS) == 0 && at < message.data + message.length &&
		(*at == WIRE_KEY(PLOG_SYSCALL_CALL_NAME, WIRE_BYTES) ||
		 *at == WIRE_KEY(PLOG_SYSCALL_ARGS, WIRE_BYTES)))
		return true;
	return decode_behind_numbers(message, at, wanted, syscall);
}

/*
 * Does one of the arguments show the form of 2020?
 */
static PlogEvidence
arguments_evidence(PlogBytes call, PlogRepeated arguments)
{
	PlogBytes	argument;

	while (plog_next_bytes(&arguments, &argument))
	{
		if (!shows_nothing(call, argument) && plog_argument_is_2020(argument))
			return PLOG_EVIDENCE_EARLIER;
	}
	return PLOG_EVIDENCE_NONE;
}

/*
 * Is an argument well-formed, with a name and a value of NamedData?
 */
static bool
is_named_value(PlogBytes message)
{
	PlogArgument argument;

	return plog_decode_argument(message, false, &argument) && argument.name.data != NULL &&
		argument.kind != 0;
}

PlogEvidence
plog_arguments_evidence(const PlogSyscall *syscall)
{
	PlogRepeated arguments = syscall->arguments;
	PlogEvidence evidence = PLOG_EVIDENCE_NONE;
	PlogBytes	argument;

	while (plog_next_bytes(&arguments, &argument))
	{
		if (plog_argument_is_2020(argument))
			return PLOG_EVIDENCE_EARLIER;
		if (evidence == PLOG_EVIDENCE_NONE && is_named_value(argument))
			evidence = PLOG_EVIDENCE_TODAY;
	}
	return evidence;
}

bool
plog_decode_syscall_and_form(PlogBytes message, uint32_t wanted, PlogSyscall *syscall,
							 PlogEvidence *evidence)
{
	WireCursor	cursor = wire_cursor(message);
	PlogRepeated left;

	clear_syscall(syscall);
	cursor.at = take_syscall_numbers(message, wanted, syscall);
	take_call_name(&cursor, syscall);
	set_arguments(&cursor, message, syscall);
	left = syscall->arguments;
	*evidence = PLOG_EVIDENCE_NONE;
	pass_arguments(&cursor, &message, syscall);
	if (cursor.at == cursor.end)
		return true;
	left.cursor.at = cursor.at;
	if (!decode_rest_of_syscall(cursor, syscall))
		return false;
	*evidence = arguments_evidence(message, left);
	return true;
}

/*
 * Decode an argument that is a name and a simple value and nothing else, as most
 * are.  False where it is not, or malformed.
 */
WIRE_INLINE bool
take_plain_argument(PlogBytes message, PlogArgument *argument)
{
	PlogPlainArgument plain;
	PlogBytes	bytes = {NULL, 0};
	uint64_t	number = 0;
	bool		is_taken = false;

	if (!plog_take_plain_argument(message, &plain))
		return false;
	if (plain.type == WIRE_VARINT && plog_is_kind_of(PLOG_VARINT_KINDS, plain.kind))
		is_taken = plog_take_plain_number(&plain, &number);
	else if (plain.type == WIRE_BYTES && plog_is_kind_of(PLOG_BYTES_KINDS, plain.kind))
		is_taken = plog_take_plain_bytes(&plain, &bytes);
	argument->kind = plain.kind;
	argument->number = number;
	argument->name = plain.name;
	argument->bytes = bytes;
	argument->struct_type.data = argument->struct_data.data = NULL;
	argument->struct_type.length = argument->struct_data.length = 0;
	return is_taken;
}

/*
 * The wire type that the schema gives to a field of NamedData.
 */
static bool
argument_type_matches(uint32_t kind, WireType type)
{
	switch (kind)
	{
		case PLOG_ARGUMENT_NAME:
		case PLOG_ARGUMENT_STR:
		case PLOG_ARGUMENT_BYTES:
		case PLOG_ARGUMENT_STRUCT_TYPE:
		case PLOG_ARGUMENT_STRUCT_DATA:
			return type == WIRE_BYTES;
		case PLOG_ARGUMENT_FLOAT:
			return type == WIRE_FIXED32;
		case PLOG_ARGUMENT_DOUBLE:
			return type == WIRE_FIXED64;
		default:
			return type == WIRE_VARINT;
	}
}

/*
 * The fields of a SyscallArg are those of NamedData, each with a number lower by 1,
 * without the name.
 */
bool
plog_decode_argument(PlogBytes message, bool form_2020, PlogArgument *argument)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;
	uint32_t	last = form_2020 ? PLOG_ARGUMENT_I16 : PLOG_ARGUMENT_STRUCT_DATA;

	if (!form_2020 && take_plain_argument(message, argument))
		return true;
	memset(argument, 0, sizeof(*argument));
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		uint32_t	kind = form_2020 ? field.number + 1 : field.number;

		if (kind > last || !argument_type_matches(kind, field.type))
			continue;
		switch (kind)
		{
			case PLOG_ARGUMENT_NAME:
				argument->name = field.bytes;
				continue;
			case PLOG_ARGUMENT_STRUCT_DATA:
				argument->struct_data = field.bytes;
				argument->message = message;
				kind = PLOG_ARGUMENT_STRUCT_TYPE;
				break;
			case PLOG_ARGUMENT_STRUCT_TYPE:
				argument->struct_type = field.bytes;
				break;
		}
		if (argument->kind != 0 && kind > argument->kind)
			continue;
		argument->kind = kind;
		argument->number = plog_argument_number(kind, field.value);
		argument->bytes = field.bytes;
	}
	return result == WIRE_END;
}

PlogRepeated
plog_struct_parts(const PlogArgument *argument)
{
	return plog_repeated(argument->message, PLOG_ARGUMENT_STRUCT_DATA);
}

bool
plog_decode_struct(PlogBytes message, PlogRepeated *members)
{
	*members = plog_repeated(message, PLOG_STRUCT_MEMBERS);
	return plog_is_well_formed(message);
}
