/*-------------------------------------------------------------------------
 *
 * compare.c
 *		Comparing what src/plog decodes with what protobuf-c does.
 *
 * protobuf-c's side is taken by the fields' names in plog.proto, so neither
 * format.h nor the decoders have a say in which field is which.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "plog/chunk.h"
#include "plog/payload.h"
#include "proto/plog.pb-c.h"
#include "tap.h"

/* What a value is called and which kind of argument it makes. */
typedef struct ValueName
{
	const char *name;
	uint32_t	kind;
} ValueName;

static const ValueName value_names[] = {
	{"str", PLOG_ARGUMENT_STR},
	{"ptr", PLOG_ARGUMENT_PTR},
	{"u64", PLOG_ARGUMENT_U64},
	{"u32", PLOG_ARGUMENT_U32},
	{"u16", PLOG_ARGUMENT_U16},
	{"i64", PLOG_ARGUMENT_I64},
	{"i32", PLOG_ARGUMENT_I32},
	{"i16", PLOG_ARGUMENT_I16},
	{"float_val", PLOG_ARGUMENT_FLOAT},
	{"double_val", PLOG_ARGUMENT_DOUBLE},
	{"bool_val", PLOG_ARGUMENT_BOOL},
	{"bytes_val", PLOG_ARGUMENT_BYTES},
	{"struct_type", PLOG_ARGUMENT_STRUCT_TYPE},
	{"struct_data", PLOG_ARGUMENT_STRUCT_TYPE},
};

/*
 * protobuf-c gives strings as C strings, which end at the first NUL for
 * whoever reads them; but it copies all their bytes into memory of one byte
 * more.  So an allocator that remembers what was asked for knows the length of
 * strings with NULs in them, too.
 */
typedef union BlockHeader
{
	size_t		size;
	max_align_t align;
} BlockHeader;

static void *
allocate(void *data, size_t size)
{
	BlockHeader *header = malloc(sizeof(BlockHeader) + size);

	(void) data;
	if (header == NULL)
		abort();
	header->size = size;
	return header + 1;
}

static void
release(void *data, void *block)
{
	(void) data;
	if (block != NULL)
		free((BlockHeader *) block - 1);
}

static ProtobufCAllocator allocator = {allocate, release, NULL};

/*
 * The bytes of a string that protobuf-c has allocated; absent ones are NULL.
 */
static PlogBytes
string_bytes(const char *string)
{
	PlogBytes	bytes = {NULL, 0};

	if (string != NULL)
	{
		bytes.data = (const uint8_t *) string;
		bytes.length = ((const BlockHeader *) (const void *) string)[-1].size - 1;
	}
	return bytes;
}

/*
 * Where a message has a field.  NULL where the schema has none of the name.
 */
static const void *
find_field(const ProtobufCMessage *message, const char *name, const ProtobufCFieldDescriptor **field)
{
	*field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
	return *field == NULL ? NULL : (const char *) message + (*field)->offset;
}

/*
 * The field's quantifier: of an optional number whether it is present, of a
 * repeated field how often.
 */
static const void *
quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (const char *) message + field->quantifier_offset;
}

static bool
is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const void *at = (const char *) message + field->offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *) quantifier(message, field) > 0;
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void *const *) at != NULL;
	return *(const protobuf_c_boolean *) quantifier(message, field) != 0;
}

/*
 * A number's bits, extended to 64 by its type.
 */
static uint64_t
number_bits(const ProtobufCFieldDescriptor *field, const void *at)
{
	uint64_t	bits64;
	uint32_t	bits32;

	memcpy(&bits32, at, sizeof(bits32));
	switch (field->type)
	{
		case PROTOBUF_C_TYPE_UINT64:
		case PROTOBUF_C_TYPE_INT64:
		case PROTOBUF_C_TYPE_DOUBLE:
			memcpy(&bits64, at, sizeof(bits64));
			return bits64;
		case PROTOBUF_C_TYPE_INT32:
			return (uint64_t) (int64_t) (int32_t) bits32;
		case PROTOBUF_C_TYPE_BOOL:
			return *(const protobuf_c_boolean *) at != 0;
		default:
			return bits32;
	}
}

/*
 * The bytes of a string or bytes field.
 */
static PlogBytes
field_bytes(const ProtobufCFieldDescriptor *field, const void *at)
{
	const ProtobufCBinaryData *binary = at;
	PlogBytes	bytes = {binary->data, binary->len};

	if (field->type == PROTOBUF_C_TYPE_STRING)
		return string_bytes(*(char *const *) at);
	return bytes;
}

static void
differ(const Comparison *comparison, const ProtobufCMessage *theirs, const char *name)
{
	tap_fail("entry %llu: %s.%s is not what protobuf-c reads",
			 (unsigned long long) comparison->entries, theirs->descriptor->name, name);
}

/*
 * Compare an optional number.
 */
static void
compare_number(Comparison *comparison, const ProtobufCMessage *theirs, const char *name,
			   bool present, uint64_t number)
{
	const ProtobufCFieldDescriptor *field;
	const void *at = find_field(theirs, name, &field);
	bool		wanted = at != NULL && is_present(theirs, field);

	if (present != wanted || number != (wanted ? number_bits(field, at) : 0))
		differ(comparison, theirs, name);
	comparison->fields += present;
}

static bool
bytes_equal(PlogBytes a, PlogBytes b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/*
 * Compare an optional string.
 */
static void
compare_string(Comparison *comparison, const ProtobufCMessage *theirs, const char *name,
			   PlogBytes bytes)
{
	const ProtobufCFieldDescriptor *field;
	const void *at = find_field(theirs, name, &field);
	bool		wanted = at != NULL && is_present(theirs, field);

	if ((bytes.data != NULL) != wanted ||
		(wanted && !bytes_equal(bytes, field_bytes(field, at))))
		differ(comparison, theirs, name);
	comparison->fields += bytes.data != NULL;
}

/*
 * The elements of a repeated field, as an array of pointers, and their number.
 */
static void *const *
elements(const ProtobufCMessage *theirs, const char *name, size_t *count)
{
	const ProtobufCFieldDescriptor *field;
	const void *at = find_field(theirs, name, &field);

	*count = at == NULL ? 0 : *(const size_t *) quantifier(theirs, field);
	return *count == 0 ? NULL : *(void *const *const *) at;
}

/*
 * A message that another has in a field, or NULL.
 */
static const ProtobufCMessage *
submessage(const ProtobufCMessage *theirs, const char *name)
{
	const ProtobufCFieldDescriptor *field;
	const void *at = find_field(theirs, name, &field);

	return at == NULL ? NULL : *(const ProtobufCMessage *const *) at;
}

static void compare_argument(Comparison *comparison, PlogBytes message, bool form_2020,
							 const ProtobufCMessage *theirs);

/*
 * Compare the members of a struct, which are always of today's form.
 */
static void
compare_struct(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	PlogRepeated members;
	PlogBytes	member;
	size_t		count;
	void	   *const *wanted = elements(theirs, "members", &count);
	size_t		i = 0;

	if (!plog_decode_struct(message, &members))
		differ(comparison, theirs, "members");
	for (; plog_next_bytes(&members, &member); i++)
	{
		if (i < count)
			compare_argument(comparison, member, false, wanted[i]);
	}
	if (i != count)
		differ(comparison, theirs, "members");
}

/*
 * Compare the value of an argument: the first that protobuf-c's message has,
 * in the order of the fields' numbers.
 */
static void
compare_value(Comparison *comparison, const PlogArgument *argument, const ProtobufCMessage *theirs)
{
	const ProtobufCMessageDescriptor *descriptor = theirs->descriptor;
	const ProtobufCFieldDescriptor *value = NULL;
	const void *at;
	uint32_t	kind = 0;

	for (unsigned i = 0; i < descriptor->n_fields && value == NULL; i++)
	{
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		if (is_present(theirs, field) && strcmp(field->name, "arg_name") != 0)
			value = field;
	}
	for (size_t i = 0; i < lengthof(value_names) && value != NULL; i++)
	{
		if (strcmp(value->name, value_names[i].name) == 0)
			kind = value_names[i].kind;
	}
	if (argument->kind != kind)
	{
		differ(comparison, theirs, value == NULL ? "(no value)" : value->name);
		return;
	}
	if (kind == 0)
		return;
	at = (const char *) theirs + value->offset;
	if (kind == PLOG_ARGUMENT_STR || kind == PLOG_ARGUMENT_BYTES)
	{
		if (argument->bytes.data == NULL || !bytes_equal(argument->bytes, field_bytes(value, at)))
			differ(comparison, theirs, value->name);
	}
	else if (kind != PLOG_ARGUMENT_STRUCT_TYPE && argument->number != number_bits(value, at))
		differ(comparison, theirs, value->name);
	comparison->fields++;
}

static void
compare_argument(Comparison *comparison, PlogBytes message, bool form_2020,
				 const ProtobufCMessage *theirs)
{
	const ProtobufCMessage *structure = submessage(theirs, "struct_data");
	PlogBuffer	merged = {0};
	PlogBytes	whole;
	PlogArgument argument;

	if (!plog_decode_argument(message, form_2020, &argument))
		differ(comparison, theirs, "(all of it)");
	compare_string(comparison, theirs, "arg_name", argument.name);
	compare_value(comparison, &argument, theirs);
	compare_string(comparison, theirs, "struct_type", argument.struct_type);
	if ((argument.struct_data.data != NULL) != (structure != NULL))
		differ(comparison, theirs, "struct_data");
	else if (structure != NULL)
	{
		if (!plog_merge_field(argument.message, 15, &merged, &whole))
			abort();
		compare_struct(comparison, whole, structure);
		plog_buffer_free(&merged);
	}
}

static void
compare_syscall(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	PlogSyscall syscall;
	PlogEvidence evidence;
	PlogBytes	argument;
	size_t		count;
	void	   *const *wanted = elements(theirs, "args", &count);
	size_t		i = 0;

	if (!plog_decode_syscall_and_form(message, PLOG_ALL_NUMBERS, &syscall, &evidence))
		differ(comparison, theirs, "(all of it, and the form)");
	if (!plog_decode_syscall(message, &syscall))
		differ(comparison, theirs, "(all of it)");
	compare_number(comparison, theirs, "pid", PLOG_HAS(&syscall, PLOG_SYSCALL_PID), syscall.pid);
	compare_number(comparison, theirs, "ppid", PLOG_HAS(&syscall, PLOG_SYSCALL_PPID), syscall.ppid);
	compare_number(comparison, theirs, "tid", PLOG_HAS(&syscall, PLOG_SYSCALL_TID), syscall.tid);
	compare_number(comparison, theirs, "create_time",
				   PLOG_HAS(&syscall, PLOG_SYSCALL_CREATE_TIME), syscall.create_time);
	compare_number(comparison, theirs, "retcode",
				   PLOG_HAS(&syscall, PLOG_SYSCALL_RETCODE), (uint64_t) syscall.retcode);
	compare_string(comparison, theirs, "call_name", syscall.call_name);
	if (PLOG_HAS(&syscall, PLOG_SYSCALL_CALL_NAME) != (syscall.call_name.data != NULL))
		differ(comparison, theirs, "call_name");

	if (evidence == PLOG_EVIDENCE_EARLIER)
		comparison->shows_earlier_arguments = true;
	if (syscall.argument_count != count || PLOG_HAS(&syscall, PLOG_SYSCALL_ARGS) != (count > 0))
		differ(comparison, theirs, "args");
	for (; plog_next_bytes(&syscall.arguments, &argument); i++)
	{
		if (i < count)
			compare_argument(comparison, argument, comparison->form.arguments_2020, wanted[i]);
	}
	if (i != count)
		differ(comparison, theirs, "args");
}

/*
 * Compare the names: repeated today, a single one in the earlier form.
 */
static void
compare_names(Comparison *comparison, PlogAsidInfo *info, const ProtobufCMessage *theirs)
{
	const ProtobufCFieldDescriptor *single;
	const void *at = find_field(theirs, "name", &single);
	size_t		count;
	void	   *const *wanted = elements(theirs, "names", &count);
	PlogBytes	name;
	size_t		i = 0;

	if (at != NULL)
	{
		wanted = at;
		count = is_present(theirs, single);
	}
	if (PLOG_HAS(info, PLOG_ASID_INFO_NAMES) != (count > 0))
		differ(comparison, theirs, "names");
	for (; plog_next_bytes(&info->names, &name); i++)
	{
		if (i < count && !bytes_equal(name, string_bytes(wanted[i])))
			differ(comparison, theirs, "names");
	}
	if (i != count)
		differ(comparison, theirs, "names");
	comparison->fields += count;
}

static void
compare_tids(Comparison *comparison, PlogAsidInfo *info, const ProtobufCMessage *theirs)
{
	const ProtobufCFieldDescriptor *field;
	const void *at = find_field(theirs, "tids", &field);
	size_t		count = at == NULL ? 0 : *(const size_t *) quantifier(theirs, field);
	const uint32_t *wanted = at == NULL ? NULL : *(const uint32_t *const *) at;
	uint64_t	tid;
	size_t		i = 0;

	if (PLOG_HAS(info, PLOG_ASID_INFO_TIDS) != (count > 0))
		differ(comparison, theirs, "tids");
	for (; plog_next_number(&info->tids, &tid); i++)
	{
		if (i < count && (uint32_t) tid != wanted[i])
			differ(comparison, theirs, "tids");
	}
	if (i != count)
		differ(comparison, theirs, "tids");
	comparison->fields += count;
}

static void
compare_asid_info(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	PlogEvidence evidence = plog_asid_info_evidence(message);
	PlogAsidInfo info;

	if (evidence == PLOG_EVIDENCE_EARLIER)
		comparison->shows_earlier_asid_info = true;
	if (evidence != PLOG_EVIDENCE_NONE &&
		(evidence == PLOG_EVIDENCE_EARLIER) != comparison->form.asid_info_2018)
		differ(comparison, theirs, "(form)");
	if (!plog_decode_asid_info(message, comparison->form.asid_info_2018, &info))
		differ(comparison, theirs, "(all of it)");
	compare_number(comparison, theirs, "pid", PLOG_HAS(&info, PLOG_ASID_INFO_PID), info.pid);
	compare_number(comparison, theirs, "ppid", PLOG_HAS(&info, PLOG_ASID_INFO_PPID), info.ppid);
	compare_number(comparison, theirs, "create_time",
				   PLOG_HAS(&info, PLOG_ASID_INFO_CREATE_TIME), info.create_time);
	compare_number(comparison, theirs, "asid", PLOG_HAS(&info, PLOG_ASID_INFO_ASID), info.asid);
	compare_number(comparison, theirs, "start_instr",
				   PLOG_HAS(&info, PLOG_ASID_INFO_START_INSTR), info.start_instr);
	compare_number(comparison, theirs, "end_instr",
				   PLOG_HAS(&info, PLOG_ASID_INFO_END_INSTR), info.end_instr);
	compare_number(comparison, theirs, "count", PLOG_HAS(&info, PLOG_ASID_INFO_COUNT), info.count);
	compare_names(comparison, &info, theirs);
	compare_tids(comparison, &info, theirs);
}

static void
compare_module(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	PlogModule	module;

	if (!plog_decode_module(message, &module))
		differ(comparison, theirs, "(all of it)");
	compare_string(comparison, theirs, "name", module.name);
	compare_string(comparison, theirs, "file", module.file);
	compare_number(comparison, theirs, "base_addr",
				   PLOG_HAS(&module, PLOG_MODULE_BASE_ADDR), module.base_addr);
	compare_number(comparison, theirs, "size", PLOG_HAS(&module, PLOG_MODULE_SIZE), module.size);
	if (PLOG_HAS(&module, PLOG_MODULE_NAME) != (module.name.data != NULL) ||
		PLOG_HAS(&module, PLOG_MODULE_FILE) != (module.file.data != NULL))
		differ(comparison, theirs, "(presence)");
}

/*
 * Compare a LoadedLibs.  Of the earlier form src/plog makes no use; its modules
 * are the same messages in another field.
 */
static void
compare_loaded_libs(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	bool		earlier = comparison->form.loaded_libs_2020;
	PlogEvidence evidence = plog_loaded_libs_evidence(message);
	PlogLoadedLibs libs;
	PlogBytes	module;
	size_t		count;
	void	   *const *wanted = elements(theirs, "modules", &count);
	size_t		i = 0;

	if (evidence == PLOG_EVIDENCE_EARLIER)
		comparison->shows_earlier_loaded_libs = true;
	if (evidence != PLOG_EVIDENCE_NONE && (evidence == PLOG_EVIDENCE_EARLIER) != earlier)
		differ(comparison, theirs, "(form)");
	if (!plog_decode_loaded_libs(message, &libs))
		differ(comparison, theirs, "(all of it)");
	compare_string(comparison, theirs, "proc_name", libs.proc_name);
	if (PLOG_HAS(&libs, PLOG_LOADED_LIBS_PROC_NAME) != (libs.proc_name.data != NULL))
		differ(comparison, theirs, "proc_name");
	compare_number(comparison, theirs, "pid", PLOG_HAS(&libs, PLOG_LOADED_LIBS_PID), libs.pid);
	compare_number(comparison, theirs, "ppid", PLOG_HAS(&libs, PLOG_LOADED_LIBS_PPID), libs.ppid);
	compare_number(comparison, theirs, "create_time",
				   PLOG_HAS(&libs, PLOG_LOADED_LIBS_CREATE_TIME), libs.create_time);
	compare_number(comparison, theirs, "tid", PLOG_HAS(&libs, PLOG_LOADED_LIBS_TID), libs.tid);

	if (earlier)
		libs.modules.number = PLOG_LOADED_LIBS_2020_MODULES;
	if (PLOG_HAS(&libs, PLOG_LOADED_LIBS_MODULES) != (count > 0 && !earlier))
		differ(comparison, theirs, "modules");
	for (; plog_next_bytes(&libs.modules, &module); i++)
	{
		if (i < count)
			compare_module(comparison, module, wanted[i]);
	}
	if (i != count)
		differ(comparison, theirs, "modules");
}

static void
compare_proc_trace(Comparison *comparison, PlogBytes message, const ProtobufCMessage *theirs)
{
	PlogProcTrace trace;

	if (!plog_decode_proc_trace(message, &trace))
		differ(comparison, theirs, "(all of it)");
	compare_number(comparison, theirs, "pid", PLOG_HAS(&trace, PLOG_PROC_TRACE_PID), trace.pid);
	compare_number(comparison, theirs, "ppid", PLOG_HAS(&trace, PLOG_PROC_TRACE_PPID), trace.ppid);
	compare_number(comparison, theirs, "tid", PLOG_HAS(&trace, PLOG_PROC_TRACE_TID), trace.tid);
	compare_number(comparison, theirs, "create_time",
				   PLOG_HAS(&trace, PLOG_PROC_TRACE_CREATE_TIME), trace.create_time);
	compare_number(comparison, theirs, "asid", PLOG_HAS(&trace, PLOG_PROC_TRACE_ASID), trace.asid);
	compare_number(comparison, theirs, "start_instr",
				   PLOG_HAS(&trace, PLOG_PROC_TRACE_START_INSTR), trace.start_instr);
	compare_string(comparison, theirs, "name", trace.name);
	if (PLOG_HAS(&trace, PLOG_PROC_TRACE_NAME) != (trace.name.data != NULL))
		differ(comparison, theirs, "name");
}

/*
 * Compare an end of a taint flow, and what is in it.
 */
static void
compare_flow_end(Comparison *comparison, const PlogFlowEnd *end, const ProtobufCMessage *theirs,
				 bool has_label)
{
	const ProtobufCMessage *point = theirs == NULL ? NULL : submessage(theirs, "cp");
	const ProtobufCMessage *thread = point == NULL ? NULL : submessage(point, "thread");
	const PlogFlowThread *said = &end->point.thread;

	if (theirs != NULL)
	{
		compare_number(comparison, theirs, "size", PLOG_HAS(end, PLOG_FLOW_END_SIZE), end->size);
		compare_number(comparison, theirs, "value", PLOG_HAS(end, PLOG_FLOW_END_VALUE), end->value);
		compare_number(comparison, theirs, "instr", PLOG_HAS(end, PLOG_FLOW_END_INSTR), end->instr);
		compare_number(comparison, theirs, "is_store",
					   PLOG_HAS(end, PLOG_FLOW_END_IS_STORE), end->is_store);
		if (has_label)
			compare_number(comparison, theirs, "label",
						   PLOG_HAS(end, PLOG_FLOW_END_LABEL), end->label);
	}
	if (PLOG_HAS(end, PLOG_FLOW_END_POINT) != (point != NULL) ||
		(theirs == NULL && end->present != 0) || (thread == NULL && said->present != 0))
		tap_fail("entry %llu: a part of a taint flow is there that protobuf-c does not find",
				 (unsigned long long) comparison->entries);
	if (point != NULL)
		compare_number(comparison, point, "pc", PLOG_HAS(&end->point, PLOG_FLOW_POINT_PC), end->point.pc);
	if (thread == NULL)
		return;
	compare_number(comparison, thread, "pid", PLOG_HAS(said, PLOG_FLOW_THREAD_PID), said->pid);
	compare_number(comparison, thread, "ppid", PLOG_HAS(said, PLOG_FLOW_THREAD_PPID), said->ppid);
	compare_number(comparison, thread, "tid", PLOG_HAS(said, PLOG_FLOW_THREAD_TID), said->tid);
	compare_number(comparison, thread, "create_time",
				   PLOG_HAS(said, PLOG_FLOW_THREAD_CREATE_TIME), said->create_time);
	comparison->shows_flow_thread = true;
}

/*
 * Compare an entry's taint flow: one with a thread is of today's form.
 */
static void
compare_taint_flow(Comparison *comparison, PlogBytes body, const ProtobufCMessage *entry)
{
	const ProtobufCMessage *theirs = submessage(entry, "taint_flow");
	PlogTaintFlow flow;

	if (theirs == NULL)
		return;
	if (!plog_decode_taint_flow(body, &flow))
		differ(comparison, theirs, "(all of it)");
	comparison->shows_flow_thread = false;
	compare_flow_end(comparison, &flow.source, submessage(theirs, "source"), true);
	compare_flow_end(comparison, &flow.sink, submessage(theirs, "sink"), false);
	compare_number(comparison, theirs, "copy", PLOG_HAS(&flow, PLOG_FLOW_COPY), flow.copy);
	compare_number(comparison, theirs, "offset", PLOG_HAS(&flow, PLOG_FLOW_OFFSET), flow.offset);
	compare_number(comparison, theirs, "card", PLOG_HAS(&flow, PLOG_FLOW_CARD), flow.card);
	compare_number(comparison, theirs, "tcn", PLOG_HAS(&flow, PLOG_FLOW_TCN), flow.tcn);
	compare_number(comparison, theirs, "cb", PLOG_HAS(&flow, PLOG_FLOW_CB), flow.cb);
	if ((plog_payload_form(body, PLOG_ENTRY_TAINT_FLOW) == PLOG_FORM_TAINT_FLOW) !=
		comparison->shows_flow_thread)
		differ(comparison, theirs, "(form)");
}

/*
 * Compare one payload, by the function for it, where it is present.
 */
static void
compare_payload(Comparison *comparison, const PlogEntry *ours, uint32_t kind,
				const ProtobufCMessage *entry, const char *name,
				void (*compare) (Comparison *, PlogBytes, const ProtobufCMessage *))
{
	const ProtobufCMessage *theirs = submessage(entry, name);
	PlogBuffer	merged = {0};
	PlogBytes	message;

	if (!plog_payload(ours, kind, &merged, &message))
		abort();
	if ((message.data != NULL) != (theirs != NULL))
		differ(comparison, entry, name);
	else if (theirs != NULL)
		compare(comparison, message, theirs);
	plog_buffer_free(&merged);
}

/*
 * The lowest field number of a payload, known to the schema or not, or 0.
 */
static uint32_t
lowest_payload(const ProtobufCMessage *entry)
{
	uint32_t	lowest = 0;

	for (unsigned i = 0; i < entry->n_unknown_fields; i++)
	{
		if (lowest == 0 || entry->unknown_fields[i].tag < lowest)
			lowest = entry->unknown_fields[i].tag;
	}
	for (unsigned i = 0; i < entry->descriptor->n_fields; i++)
	{
		const ProtobufCFieldDescriptor *field = &entry->descriptor->fields[i];

		if (strcmp(field->name, "pc") != 0 && strcmp(field->name, "instr") != 0 &&
			strcmp(field->name, "asid") != 0 && is_present(entry, field) &&
			(lowest == 0 || field->id < lowest))
			lowest = field->id;
	}
	return lowest;
}

/*
 * Compare what an entry of 2016 says of a process.
 */
static void
compare_entry_2016(Comparison *comparison, const PlogEntry *ours, const ProtobufCMessage *theirs)
{
	PlogEntry2016 said;

	if (!comparison->form.entries_2016)
		return;
	if (plog_decode_entry_2016(ours, &said) != (said.present != 0))
		differ(comparison, theirs, "process_id");
	compare_number(comparison, theirs, "process_id",
				   PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_ID), said.process_id);
	compare_string(comparison, theirs, "process_name", said.process_name);
}

/*
 * The message that an entry is: the log's, unless a payload tells of another.
 */
static const ProtobufCMessageDescriptor *
message_of_entry(const Comparison *comparison, PlogBytes body)
{
	switch (plog_payload_form(body, PLOG_ENTRY_TAINT_FLOW))
	{
		case PLOG_FORM_FLOW_AUGUST_2020:
			return &panda__log_entry_tsm_august2020__descriptor;
		case PLOG_FORM_FLOW_OF_ASIDS:
			return &panda__log_entry_tsm_earlier__descriptor;
		case PLOG_FORM_BIR:
			return &panda__log_entry_elsewhere__descriptor;
		default:
			return plog_payload_form(body, PLOG_ENTRY_EDGE_COVERAGE) == PLOG_FORM_THREAD_EDGES ?
				&panda__log_entry_elsewhere__descriptor : comparison->log_entry;
	}
}

void
compare_entry(Comparison *comparison, PlogBytes body)
{
	const ProtobufCMessageDescriptor *message = message_of_entry(comparison, body);
	ProtobufCMessage *theirs = protobuf_c_message_unpack(message, &allocator,
														 body.length, body.data);
	PlogEntry	entry;

	if (!plog_decode_entry(body, &entry) || (theirs == NULL && !comparison->has_odd_fields))
		tap_fail("entry %llu: %s does not read it", (unsigned long long) comparison->entries,
				 theirs == NULL ? "protobuf-c" : "src/plog");
	if (theirs != NULL)
	{
		compare_number(comparison, theirs, "pc", PLOG_HAS(&entry, PLOG_ENTRY_PC), entry.pc);
		compare_number(comparison, theirs, "instr", PLOG_HAS(&entry, PLOG_ENTRY_INSTR), entry.instr);
		compare_number(comparison, theirs, "asid", PLOG_HAS(&entry, PLOG_ENTRY_ASID), entry.asid);
		compare_payload(comparison, &entry, PLOG_ENTRY_ASID_INFO, theirs, "asid_info",
						compare_asid_info);
		compare_payload(comparison, &entry, PLOG_ENTRY_SYSCALL, theirs, "syscall",
						compare_syscall);
		compare_payload(comparison, &entry, PLOG_ENTRY_ASID_LIBRARIES, theirs, "asid_libraries",
						compare_loaded_libs);
		compare_payload(comparison, &entry, PLOG_ENTRY_PROC_TRACE, theirs, "proc_trace",
						compare_proc_trace);
		compare_entry_2016(comparison, &entry, theirs);
		if (message == comparison->log_entry)
			compare_taint_flow(comparison, body, theirs);
		if (entry.kind != lowest_payload(theirs))
			differ(comparison, theirs, "(kind)");
		protobuf_c_message_free_unpacked(theirs, &allocator);
	}
	comparison->entries++;
}
