/*-------------------------------------------------------------------------
 *
 * message.c
 *		The messages that the relations are made of, as structs of views.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/argument.h"
#include "plog/message.h"
#include "plog/reader.h"

/* A field's number and wire type in one, to switch on. */
#define FIELD(number, type)	((number) << 3 | (type))

/* Longer field numbers than any that a decoder knows. */
#define FIELD_OF(field)		((field).number < 0x10000000 ? FIELD((field).number, (field).type) : 0)

/*
 * Take a number that was found, if it is wanted.  False where that is not for a
 * window to do.
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
 * Start with an entry that has nothing.  A memset() of this size would cost as
 * much as the rest.
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
 * Take the numbers that an entry begins with, where they stand as PANDA writes
 * them: pc and instr, and of most entries asid.  Returns where the rest begins.
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
 * Take a payload of less than 16 kB that is all the rest of an entry, and begins
 * in the window.
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

	/* where the payload begins is told by the window, too, and waits for no load */
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
 * Note a payload of an entry.  Of several, the kind is the lowest number.
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
 * Decode what is left of an entry, whatever it is.
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

bool
plog_decode_entry_2016(const PlogEntry *entry, PlogEntry2016 *entry_2016)
{
	WireCursor	cursor = wire_cursor(entry->body);
	WireField	field;

	memset(entry_2016, 0, sizeof(*entry_2016));

	/* kinds are the lowest numbers, and these are the lowest of them */
	if (entry->kind != PLOG_ENTRY_2016_PROCESS_NAME && entry->kind != PLOG_ENTRY_2016_PROCESS_ID)
		return false;
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_ENTRY_2016_PROCESS_NAME, WIRE_BYTES):
				entry_2016->process_name = field.bytes;
				break;
			case FIELD(PLOG_ENTRY_2016_PROCESS_ID, WIRE_VARINT):
				entry_2016->process_id = (uint32_t) field.value;
				break;
			default:
				continue;
		}
		entry_2016->present |= 1u << field.number;
	}
	return entry_2016->present != 0;
}

static bool
is_well_formed(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		;
	return result == WIRE_END;
}

/*
 * Append all messages of a field to a buffer that has room for them.  One that is
 * malformed is all that is left then: what follows it would be read as its rest.
 */
static void
append_parts(PlogBytes message, uint32_t number, PlogBuffer *merged)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	bool		are_well_formed = true;

	merged->length = 0;
	while (are_well_formed && wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES || field.bytes.length == 0)
			continue;
		are_well_formed = is_well_formed(field.bytes);
		if (!are_well_formed)
			merged->length = 0;
		memcpy(merged->data + merged->length, field.bytes.data, field.bytes.length);
		merged->length += field.bytes.length;
	}
}

bool
plog_merge_field(PlogBytes message, uint32_t number, PlogBuffer *merged, PlogBytes *whole)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	uint64_t	parts = 0;
	size_t		length = 0;

	whole->data = NULL;
	whole->length = 0;
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES)
			continue;
		*whole = field.bytes;
		length += field.bytes.length;
		parts++;
	}

	/* one that all the others are empty beside needs no copy, either */
	if (parts < 2 || whole->length == length)
		return true;
	if (!plog_buffer_reserve(merged, length))
		return false;
	append_parts(message, number, merged);
	whole->data = merged->data;
	whole->length = merged->length;
	return true;
}

bool
plog_find_any_payload(const PlogEntry *entry, uint32_t kind)
{
	WireCursor	cursor = wire_cursor(entry->body);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == kind && field.type == WIRE_BYTES)
			return true;
	}
	return false;
}

bool
plog_find_payload(const PlogEntry *entry, uint32_t kind, PlogBuffer *merged, PlogBytes *payload)
{
	return plog_merge_field(entry->body, kind, merged, payload);
}

/*
 * Start to walk a repeated field of a message.
 */
static PlogRepeated
repeated_field(PlogBytes message, uint32_t number)
{
	PlogRepeated repeated;

	repeated.cursor = wire_cursor(message);
	repeated.number = number;
	repeated.packed.at = repeated.packed.end = repeated.packed.stop = NULL;
	return repeated;
}

/*
 * Is this a run of varints?
 */
static bool
packed_is_valid(PlogBytes packed)
{
	WireCursor	cursor = wire_cursor(packed);
	uint64_t	value;

	while (cursor.at < cursor.stop || wire_go_on(&cursor))
	{
		if (!wire_varint(&cursor, &value))
			return false;
	}
	return true;
}

/*
 * Decode today's AsidInfo.
 */
static bool
decode_asid_info_today(PlogBytes message, PlogAsidInfo *info)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	info->names = repeated_field(message, PLOG_ASID_INFO_NAMES);
	info->tids = repeated_field(message, PLOG_ASID_INFO_TIDS);
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_ASID_INFO_PID, WIRE_VARINT):
				info->pid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_ASID_INFO_CREATE_TIME, WIRE_VARINT):
				info->create_time = field.value;
				break;
			case FIELD(PLOG_ASID_INFO_PPID, WIRE_VARINT):
				info->ppid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_ASID_INFO_ASID, WIRE_VARINT):
				info->asid = field.value;
				break;
			case FIELD(PLOG_ASID_INFO_START_INSTR, WIRE_VARINT):
				info->start_instr = field.value;
				break;
			case FIELD(PLOG_ASID_INFO_END_INSTR, WIRE_VARINT):
				info->end_instr = field.value;
				break;
			case FIELD(PLOG_ASID_INFO_COUNT, WIRE_VARINT):
				info->count = field.value;
				break;
			case FIELD(PLOG_ASID_INFO_NAMES, WIRE_BYTES):
			case FIELD(PLOG_ASID_INFO_TIDS, WIRE_VARINT):
				break;
			case FIELD(PLOG_ASID_INFO_TIDS, WIRE_BYTES):
				if (!packed_is_valid(field.bytes))
					return false;
				break;
			default:
				continue;
		}
		info->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * Decode the AsidInfo of June 2018 to September 2020, into today's fields.
 */
static bool
decode_asid_info_2018(PlogBytes message, PlogAsidInfo *info)
{
	const uint8_t *start;
	WireCursor	cursor = wire_cursor(message);
	PlogBytes	name;
	WireField	field;
	WireResult	result;

	info->names = repeated_field(message, PLOG_ASID_INFO_2018_NAME);
	info->tids = repeated_field(message, 0);
	while (start = cursor.at, (result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		uint32_t	today;

		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_ASID_INFO_2018_ASID, WIRE_VARINT):
				info->asid = field.value;
				today = PLOG_ASID_INFO_ASID;
				break;
			case FIELD(PLOG_ASID_INFO_2018_NAME, WIRE_BYTES):
				/* not repeated in this form: walk the last alone */
				name.data = start;
				name.length = (size_t) (cursor.at - start);
				info->names.cursor = wire_cursor(name);
				today = PLOG_ASID_INFO_NAMES;
				break;
			case FIELD(PLOG_ASID_INFO_2018_PID, WIRE_VARINT):
				info->pid = (uint32_t) field.value;
				today = PLOG_ASID_INFO_PID;
				break;
			case FIELD(PLOG_ASID_INFO_2018_START_INSTR, WIRE_VARINT):
				info->start_instr = field.value;
				today = PLOG_ASID_INFO_START_INSTR;
				break;
			case FIELD(PLOG_ASID_INFO_2018_END_INSTR, WIRE_VARINT):
				info->end_instr = field.value;
				today = PLOG_ASID_INFO_END_INSTR;
				break;
			case FIELD(PLOG_ASID_INFO_2018_COUNT, WIRE_VARINT):
				info->count = field.value;
				today = PLOG_ASID_INFO_COUNT;
				break;
			default:
				continue;
		}
		info->present |= 1u << today;
	}
	return result == WIRE_END;
}

/*
 * Decode an AsidInfo.  The earlier form is given in the fields of today's:
 * its one name as names, and no tids.
 */
bool
plog_decode_asid_info(PlogBytes message, bool form_2018, PlogAsidInfo *info)
{
	memset(info, 0, sizeof(*info));
	return form_2018 ?
		decode_asid_info_2018(message, info) : decode_asid_info_today(message, info);
}

/*
 * Is a call's argument a name and then one field, as most are, and so without
 * anything that shows the earlier form?  False where that takes longer to tell:
 * a window that ends with the argument must not begin before the call.
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
	return plain.type == WIRE_VARINT && plain.kind != PLOG_ARGUMENT_2020_PTR &&
		end - call.data >= WIRE_WINDOW_BYTES &&
		wire_is_one_varint(wire_window_ends(end - WIRE_WINDOW_BYTES), plain.field.length);
}

/*
 * Count a run of arguments of less than 128 bytes each: most of a call.  Given
 * the call, stop at one that may show the earlier form.
 */
WIRE_INLINE void
pass_arguments(WireCursor *cursor, const PlogBytes *call, PlogSyscall *syscall)
{
	const uint8_t *at = cursor->at;
	uint64_t	count = 0;

	while (cursor->stop - at >= 2 && at[0] == FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES) &&
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
 * Take the numbers that a call begins with, where they stand as PANDA writes them.
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
 * Decode what is left of a call, whatever it is.
 */
static WIRE_NOINLINE bool
decode_rest_of_syscall(WireCursor cursor, PlogSyscall *syscall)
{
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (FIELD_OF(field) == FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES))
		{
			syscall->argument_count++;
			syscall->present |= 1u << PLOG_SYSCALL_ARGS;
			pass_arguments(&cursor, NULL, syscall);
			continue;
		}
		if (syscall->argument_count > 0 || PLOG_HAS(syscall, PLOG_SYSCALL_CALL_NAME))
			syscall->arguments_are_last = false;
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_SYSCALL_PID, WIRE_VARINT):
				syscall->pid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_SYSCALL_PPID, WIRE_VARINT):
				syscall->ppid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_SYSCALL_TID, WIRE_VARINT):
				syscall->tid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_SYSCALL_CREATE_TIME, WIRE_VARINT):
				syscall->create_time = field.value;
				break;
			case FIELD(PLOG_SYSCALL_RETCODE, WIRE_VARINT):
				syscall->retcode = (int64_t) field.value;
				break;
			case FIELD(PLOG_SYSCALL_CALL_NAME, WIRE_BYTES):
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
 * Take the name of a call, where it comes next.
 */
WIRE_INLINE void
take_call_name(WireCursor *cursor, PlogSyscall *syscall)
{
	if (wire_take_bytes(cursor, PLOG_SYSCALL_CALL_NAME, &syscall->call_name))
		syscall->present |= 1u << PLOG_SYSCALL_CALL_NAME;
}

/*
 * Start to walk a call's arguments: before the first there is none to walk over.
 */
WIRE_INLINE void
set_arguments(const WireCursor *cursor, PlogBytes message, PlogSyscall *syscall)
{
	syscall->arguments = repeated_field(message, PLOG_SYSCALL_ARGS);
	syscall->arguments.cursor.at = cursor->at;
}

/*
 * Decode what follows a call's numbers, or all of a call that does not begin
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
		*cursor.at == FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES))
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
		(*at == FIELD(PLOG_SYSCALL_CALL_NAME, WIRE_BYTES) ||
		 *at == FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES)))
		return true;
	return decode_behind_numbers(message, at, wanted, syscall);
}

/*
 * Is an argument well-formed, and its field 2 a varint?
 */
static bool
is_argument_2020(PlogBytes argument)
{
	WireCursor	cursor = wire_cursor(argument);
	WireField	field;
	WireResult	result;
	bool		has_pointer = false;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		has_pointer |= field.number == PLOG_ARGUMENT_2020_PTR && field.type == WIRE_VARINT;
	return result == WIRE_END && has_pointer;
}

/*
 * What a call's arguments show: one whose field 2 is a varint, SyscallArg's
 * ptr, shows the earlier form, if it is well-formed.  Nothing shows today's for
 * certain.
 */
static PlogEvidence
arguments_evidence(PlogBytes call, PlogRepeated arguments)
{
	PlogBytes	argument;

	while (plog_next_bytes(&arguments, &argument))
	{
		if (!shows_nothing(call, argument) && is_argument_2020(argument))
			return PLOG_EVIDENCE_EARLIER;
	}
	return PLOG_EVIDENCE_NONE;
}

/*
 * Is an argument well-formed, and has a name and one more of NamedData's fields?
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
		if (is_argument_2020(argument))
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
 * Decode an argument that is a name and a simple value and nothing else, as
 * most are.  False where it is another, or malformed.
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
 * Decode an argument, or a member of a struct.  The value that counts is the
 * present one of the lowest field number.  SyscallArg's fields are NamedData's
 * less its name, each one number lower.
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
	return repeated_field(argument->message, PLOG_ARGUMENT_STRUCT_DATA);
}

/*
 * Decode a StructData: check it and start to walk its members.
 */
bool
plog_decode_struct(PlogBytes message, PlogRepeated *members)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	*members = repeated_field(message, PLOG_STRUCT_MEMBERS);
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		;
	return result == WIRE_END;
}

/*
 * Decode a LoadedLibs.  One of the form before April 2021, whose field 2 holds
 * the modules, comes out without a process and feeds nothing.
 */
bool
plog_decode_loaded_libs(PlogBytes message, PlogLoadedLibs *libs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	memset(libs, 0, sizeof(*libs));
	libs->modules = repeated_field(message, PLOG_LOADED_LIBS_MODULES);
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_LOADED_LIBS_PROC_NAME, WIRE_BYTES):
				libs->proc_name = field.bytes;
				break;
			case FIELD(PLOG_LOADED_LIBS_PID, WIRE_VARINT):
				libs->pid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_LOADED_LIBS_PPID, WIRE_VARINT):
				libs->ppid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_LOADED_LIBS_CREATE_TIME, WIRE_VARINT):
				libs->create_time = field.value;
				break;
			case FIELD(PLOG_LOADED_LIBS_TID, WIRE_VARINT):
				libs->tid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_LOADED_LIBS_MODULES, WIRE_BYTES):
				break;
			default:
				continue;
		}
		libs->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * Decode a Module.
 */
bool
plog_decode_module(PlogBytes message, PlogModule *module)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	memset(module, 0, sizeof(*module));
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_MODULE_NAME, WIRE_BYTES):
				module->name = field.bytes;
				break;
			case FIELD(PLOG_MODULE_FILE, WIRE_BYTES):
				module->file = field.bytes;
				break;
			case FIELD(PLOG_MODULE_BASE_ADDR, WIRE_VARINT):
				module->base_addr = field.value;
				break;
			case FIELD(PLOG_MODULE_SIZE, WIRE_VARINT):
				module->size = field.value;
				break;
			default:
				continue;
		}
		module->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * Decode a ProcTrace.
 */
bool
plog_decode_proc_trace(PlogBytes message, PlogProcTrace *trace)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	memset(trace, 0, sizeof(*trace));
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_PROC_TRACE_PID, WIRE_VARINT):
				trace->pid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_PROC_TRACE_CREATE_TIME, WIRE_VARINT):
				trace->create_time = field.value;
				break;
			case FIELD(PLOG_PROC_TRACE_PPID, WIRE_VARINT):
				trace->ppid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_PROC_TRACE_ASID, WIRE_VARINT):
				trace->asid = field.value;
				break;
			case FIELD(PLOG_PROC_TRACE_NAME, WIRE_BYTES):
				trace->name = field.bytes;
				break;
			case FIELD(PLOG_PROC_TRACE_TID, WIRE_VARINT):
				trace->tid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_PROC_TRACE_START_INSTR, WIRE_VARINT):
				trace->start_instr = field.value;
				break;
			default:
				continue;
		}
		trace->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * What the fields of a payload show of its form.
 */
typedef struct FormSigns
{
	bool		has_flow_thread;	/* a thread in a FlowPoint in an end */
	bool		has_thread_number;	/* a number in the first field of an end */
	bool		has_asid;		/* a number instead of the first field of an end */
	bool		has_end;		/* bytes in the field of an end */
	bool		is_no_flow;		/* an end that is no message, or its point */
	bool		has_bir_field;	/* a field as only Bir has it */
} FormSigns;

/*
 * Look into the first field of a taint flow's end: today its FlowPoint, before that the thread.
 */
static void
look_at_flow_point(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (FIELD_OF(field) == FIELD(PLOG_FLOW_POINT_THREAD, WIRE_BYTES))
			signs->has_flow_thread = true;
		if (FIELD_OF(field) == FIELD(PLOG_FLOW_THREAD_PID, WIRE_VARINT))
			signs->has_thread_number = true;
	}
	signs->is_no_flow |= result == WIRE_MALFORMED;
}

/*
 * Look into an end of a taint flow.
 */
static void
look_at_flow_end(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	signs->has_end = true;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (FIELD_OF(field) == FIELD(PLOG_FLOW_END_POINT, WIRE_BYTES))
			look_at_flow_point(field.bytes, signs);
		if (FIELD_OF(field) == FIELD(PLOG_FLOW_END_POINT, WIRE_VARINT))
			signs->has_asid = true;
	}
	signs->is_no_flow |= result == WIRE_MALFORMED;
}

/*
 * Look at a payload that is a TaintFlow, in one form or another, or a Bir.
 */
static void
look_at_taint_flow(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_FLOW_SOURCE, WIRE_BYTES):
			case FIELD(PLOG_FLOW_SINK, WIRE_BYTES):
				look_at_flow_end(field.bytes, signs);
				break;
			case FIELD(PLOG_BIR_LEN, WIRE_VARINT):
			case FIELD(PLOG_BIR_CACHED, WIRE_VARINT):
			case FIELD(PLOG_BIR_HIGHSCORE, WIRE_FIXED32):
			case FIELD(PLOG_BIR_FILENAME, WIRE_BYTES):
				signs->has_bir_field = true;
				break;
		}
	}
}

/*
 * What a TaintFlow shows itself to be.  An earlier form, or one without any
 * thread, is shown by names only where they fit.
 */
static PlogPayloadForm
form_of_taint_flow(const FormSigns *signs)
{
	if (signs->has_flow_thread)
		return PLOG_FORM_TAINT_FLOW;
	if (signs->has_end && signs->is_no_flow)
		return PLOG_FORM_FLOW_UNKNOWN;
	if (signs->has_thread_number)
		return PLOG_FORM_FLOW_AUGUST_2020;
	if (signs->has_asid)
		return PLOG_FORM_FLOW_OF_ASIDS;
	return signs->has_bir_field && !signs->has_end ? PLOG_FORM_BIR : PLOG_FORM_USUAL;
}

/*
 * Note whether an edge_coverage has a field as only AsidEdges, respectively only
 * ThreadEdges, has it.
 */
static void
look_at_edges(PlogBytes message, bool *is_of_asid, bool *is_of_thread)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_ASID_EDGES_EDGES, WIRE_BYTES):
				*is_of_asid = true;
				break;
			case FIELD(PLOG_THREAD_EDGES_TID, WIRE_VARINT):
			case FIELD(PLOG_THREAD_EDGES_CREATE_TIME, WIRE_VARINT):
			case FIELD(PLOG_THREAD_EDGES_EDGES, WIRE_BYTES):
				*is_of_thread = true;
				break;
		}
	}
}

PlogPayloadForm
plog_payload_form(PlogBytes entry, uint32_t number)
{
	WireCursor	cursor = wire_cursor(entry);
	FormSigns	signs = {0};
	bool		is_of_asid = false;
	bool		is_of_thread = false;
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES)
			continue;
		if (number == PLOG_ENTRY_TAINT_FLOW)
			look_at_taint_flow(field.bytes, &signs);
		if (number == PLOG_ENTRY_EDGE_COVERAGE)
			look_at_edges(field.bytes, &is_of_asid, &is_of_thread);
	}
	if (number == PLOG_ENTRY_TAINT_FLOW)
		return form_of_taint_flow(&signs);
	return is_of_thread && !is_of_asid ? PLOG_FORM_THREAD_EDGES : PLOG_FORM_USUAL;
}

/*
 * Decode the parts of a TaintFlow, adding to what was decoded of each before.
 */
static bool
add_flow_thread(PlogBytes message, PlogFlowThread *thread)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_FLOW_THREAD_PID, WIRE_VARINT):
				thread->pid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_THREAD_PPID, WIRE_VARINT):
				thread->ppid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_THREAD_TID, WIRE_VARINT):
				thread->tid = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_THREAD_CREATE_TIME, WIRE_VARINT):
				thread->create_time = field.value;
				break;
			default:
				continue;
		}
		thread->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

static bool
add_flow_point(PlogBytes message, PlogFlowEnd *end)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_FLOW_POINT_THREAD, WIRE_BYTES):
				if (!add_flow_thread(field.bytes, &end->thread))
					return false;
				break;
			case FIELD(PLOG_FLOW_POINT_PC, WIRE_VARINT):
				end->has_pc = true;
				end->pc = field.value;
				break;
		}
	}
	return result == WIRE_END;
}

static bool
add_flow_end(PlogBytes message, PlogFlowEnd *end)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_FLOW_END_POINT, WIRE_BYTES):
				if (!add_flow_point(field.bytes, end))
					return false;
				break;
			case FIELD(PLOG_FLOW_END_SIZE, WIRE_VARINT):
				end->size = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_END_VALUE, WIRE_VARINT):
				end->value = field.value;
				break;
			case FIELD(PLOG_FLOW_END_INSTR, WIRE_VARINT):
				end->instr = field.value;
				break;
			case FIELD(PLOG_FLOW_END_IS_STORE, WIRE_VARINT):
				end->is_store = field.value != 0;
				break;
			case FIELD(PLOG_FLOW_END_LABEL, WIRE_VARINT):
				end->label = (uint32_t) field.value;
				break;
			default:
				continue;
		}
		end->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

static bool
add_taint_flow(PlogBytes message, PlogTaintFlow *flow)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		switch (FIELD_OF(field))
		{
			case FIELD(PLOG_FLOW_SOURCE, WIRE_BYTES):
				if (!add_flow_end(field.bytes, &flow->source))
					return false;
				break;
			case FIELD(PLOG_FLOW_SINK, WIRE_BYTES):
				if (!add_flow_end(field.bytes, &flow->sink))
					return false;
				break;
			case FIELD(PLOG_FLOW_COPY, WIRE_VARINT):
				flow->copy = field.value != 0;
				break;
			case FIELD(PLOG_FLOW_OFFSET, WIRE_VARINT):
				flow->offset = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_CARD, WIRE_VARINT):
				flow->card = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_TCN, WIRE_VARINT):
				flow->tcn = (uint32_t) field.value;
				break;
			case FIELD(PLOG_FLOW_CB, WIRE_VARINT):
				flow->cb = (uint32_t) field.value;
				break;
			default:
				continue;
		}
		flow->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

bool
plog_decode_taint_flow(PlogBytes entry, PlogTaintFlow *flow)
{
	WireCursor	cursor = wire_cursor(entry);
	WireField	field;

	memset(flow, 0, sizeof(*flow));
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == PLOG_ENTRY_TAINT_FLOW && field.type == WIRE_BYTES &&
			!add_taint_flow(field.bytes, flow))
			return false;
	}
	return true;
}

/*
 * The next string or message of a repeated field, wherever it is.
 */
bool
plog_find_bytes(PlogRepeated *repeated, PlogBytes *bytes)
{
	WireField	field;

	while (wire_next(&repeated->cursor, &field) == WIRE_FIELD)
	{
		if (field.number == repeated->number && field.type == WIRE_BYTES)
		{
			*bytes = field.bytes;
			return true;
		}
	}
	return false;
}

/*
 * The next number of a repeated field.
 */
bool
plog_next_number(PlogRepeated *repeated, uint64_t *number)
{
	WireField	field;

	for (;;)
	{
		if (repeated->packed.at < repeated->packed.end)
			return wire_varint(&repeated->packed, number);
		if (wire_next(&repeated->cursor, &field) != WIRE_FIELD)
			return false;
		if (field.number != repeated->number)
			continue;
		if (field.type == WIRE_VARINT)
		{
			*number = field.value;
			return true;
		}
		if (field.type == WIRE_BYTES)
			repeated->packed = wire_cursor(field.bytes);
	}
}

/*
 * What the wire type of a message's field shows: the earlier form has bytes
 * (AsidInfo's name, LoadedLibs' modules) where today's has a varint.
 */
static PlogEvidence
bytes_are_earlier(PlogBytes message, uint32_t number)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;
	PlogEvidence evidence = PLOG_EVIDENCE_NONE;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number != number || evidence != PLOG_EVIDENCE_NONE)
			continue;
		if (field.type == WIRE_BYTES)
			evidence = PLOG_EVIDENCE_EARLIER;
		else if (field.type == WIRE_VARINT)
			evidence = PLOG_EVIDENCE_TODAY;
	}
	return result == WIRE_END ? evidence : PLOG_EVIDENCE_NONE;
}

PlogEvidence
plog_asid_info_evidence(PlogBytes message)
{
	return bytes_are_earlier(message, PLOG_ASID_INFO_2018_NAME);
}

PlogEvidence
plog_loaded_libs_evidence(PlogBytes message)
{
	return bytes_are_earlier(message, PLOG_LOADED_LIBS_2020_MODULES);
}
