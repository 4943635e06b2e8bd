/*-------------------------------------------------------------------------
 *
 * message.c
 *		The messages that the relations are made of, as structs of views.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/message.h"

/* A field's number and wire type in one, to switch on. */
#define FIELD(number, type)	((number) << 3 | (type))

/* Longer field numbers than any that a decoder knows. */
#define FIELD_OF(field)		((field).number < 0x10000000 ? FIELD((field).number, (field).type) : 0)

/*
 * Decode a LogEntry.
 */
bool
plog_decode_entry(PlogBytes body, PlogEntry *entry)
{
	WireCursor	cursor = wire_cursor(body);
	WireField	field;
	WireResult	result;

	memset(entry, 0, sizeof(*entry));
	entry->body = body;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number > PLOG_ENTRY_ASID)
		{
			if (entry->kind == 0 || field.number < entry->kind)
				entry->kind = field.number;
			if (field.type != WIRE_BYTES)
				continue;
			switch (field.number)
			{
				case PLOG_ENTRY_SYSCALL:
					entry->syscall = field.bytes;
					break;
				case PLOG_ENTRY_ASID_INFO:
					entry->asid_info = field.bytes;
					break;
				case PLOG_ENTRY_ASID_LIBRARIES:
					entry->asid_libraries = field.bytes;
					break;
				case PLOG_ENTRY_PROC_TRACE:
					entry->proc_trace = field.bytes;
					break;
			}
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
 * Count a run of arguments of less than 128 bytes each: most of a call.
 */
static inline void
skip_arguments(WireCursor *cursor, PlogSyscall *syscall)
{
	const uint8_t *at = cursor->at;

	while (cursor->stop - at >= 2 && at[0] == FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES) &&
		   at[1] < 0x80 && at[1] <= cursor->end - at - 2)
	{
		at += 2 + at[1];
		syscall->argument_count++;
		syscall->present |= 1u << PLOG_SYSCALL_ARGS;
	}
	cursor->at = at;
}

/*
 * Decode a Syscall; its arguments are walked afterwards.
 */
bool
plog_decode_syscall(PlogBytes message, PlogSyscall *syscall)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	memset(syscall, 0, sizeof(*syscall));
	syscall->arguments = repeated_field(message, PLOG_SYSCALL_ARGS);
	for (;;)
	{
		skip_arguments(&cursor, syscall);
		result = wire_next(&cursor, &field);
		if (result != WIRE_FIELD)
			break;
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
			case FIELD(PLOG_SYSCALL_ARGS, WIRE_BYTES):
				syscall->argument_count++;
				break;
			default:
				continue;
		}
		syscall->present |= 1u << field.number;
	}
	return result == WIRE_END;
}

/*
 * The bits of a number argument as its field's type reads them.
 */
static uint64_t
argument_number(uint32_t kind, uint64_t value)
{
	switch (kind)
	{
		case PLOG_ARGUMENT_U32:
		case PLOG_ARGUMENT_U16:
			return (uint32_t) value;
		case PLOG_ARGUMENT_I32:
		case PLOG_ARGUMENT_I16:
			return (uint64_t) (int64_t) (int32_t) (uint32_t) value;
		case PLOG_ARGUMENT_BOOL:
			return value != 0;
		default:
			return value;
	}
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
				kind = PLOG_ARGUMENT_STRUCT_TYPE;
				break;
			case PLOG_ARGUMENT_STRUCT_TYPE:
				argument->struct_type = field.bytes;
				break;
		}
		if (argument->kind != 0 && kind > argument->kind)
			continue;
		argument->kind = kind;
		argument->number = argument_number(kind, field.value);
		argument->bytes = field.bytes;
	}
	return result == WIRE_END;
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
 * The next string or message of a repeated field.
 */
bool
plog_next_bytes(PlogRepeated *repeated, PlogBytes *bytes)
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

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number)
			continue;
		if (field.type == WIRE_BYTES)
			return PLOG_EVIDENCE_EARLIER;
		if (field.type == WIRE_VARINT)
			return PLOG_EVIDENCE_TODAY;
	}
	return PLOG_EVIDENCE_NONE;
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

/*
 * The form of a call's arguments: one whose field 2 is a varint, SyscallArg's
 * ptr, shows the earlier.  Nothing shows today's for certain.
 */
PlogEvidence
plog_arguments_evidence(const PlogSyscall *syscall)
{
	PlogRepeated arguments = syscall->arguments;
	PlogBytes	argument;

	while (plog_next_bytes(&arguments, &argument))
	{
		WireCursor	cursor = wire_cursor(argument);
		WireField	field;

		while (wire_next(&cursor, &field) == WIRE_FIELD)
		{
			if (field.number == PLOG_ARGUMENT_2020_PTR && field.type == WIRE_VARINT)
				return PLOG_EVIDENCE_EARLIER;
		}
	}
	return PLOG_EVIDENCE_NONE;
}
