/*-------------------------------------------------------------------------
 *
 * message.h
 *		The messages that the relations are made of, as structs of views.
 *
 * Every decoder reads one message from bytes that the caller keeps alive, and
 * returns false where they are not protobuf: a field running past the end, an
 * endless varint.  What it fills points into those bytes.  A field that is
 * absent has its bit in "present" clear and is 0 or empty; one that the
 * schema does not know, or that comes with another wire type, is skipped; of
 * one that should stand once and stands twice, the last counts.  A message that
 * should stand once and stands twice is merged, as protobuf does: it is one, of
 * the bytes of both.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_MESSAGE_H
#define PLOG_MESSAGE_H

#include "plog/format.h"
#include "plog/wire.h"

/* Is the field, by its PLOG_… number, present in the message? */
#define PLOG_HAS(message, field)	(((message)->present >> (field) & 1) != 0)

/*
 * The wire forms that differ from today's.  A log has one form throughout;
 * the catalog finds out which.
 */
typedef struct PlogForm
{
	bool		asid_info_2018; /* AsidInfo before September 2020 */
	bool		arguments_2020; /* SyscallArg instead of NamedData */
	bool		loaded_libs_2020;	/* LoadedLibs without its process */
	bool		entries_2016;	/* LogEntry with a process's name and id in it */
} PlogForm;

typedef struct PlogEntry
{
	uint32_t	present;		/* of pc, instr and asid */
	uint32_t	kind;			/* lowest field number of a payload, 0: none */
	uint64_t	pc;
	uint64_t	instr;
	uint64_t	asid;
	PlogBytes	body;			/* the whole LogEntry */
	PlogBytes	payload;		/* of that kind; data is NULL where it is no message */
	bool		has_more_payloads;	/* of other kinds, or of that kind again */
} PlogEntry;

/* What asidstory wrote into an entry itself, until June 2018. */
typedef struct PlogEntry2016
{
	uint32_t	present;		/* by PLOG_ENTRY_2016_PROCESS_… */
	uint32_t	process_id;
	PlogBytes	process_name;
} PlogEntry2016;

/*
 * The repeated fields of a message, walked by a plog_next_… function.
 */
typedef struct PlogRepeated
{
	WireCursor	cursor;
	uint32_t	number;			/* the field's */
	WireCursor	packed;			/* rest of a packed field's values */
} PlogRepeated;

typedef struct PlogAsidInfo
{
	uint32_t	present;		/* by PLOG_ASID_INFO_…, in either form */
	uint32_t	pid;
	uint32_t	ppid;
	uint64_t	create_time;
	uint64_t	asid;
	uint64_t	start_instr;
	uint64_t	end_instr;
	uint64_t	count;
	PlogRepeated names;			/* the one name of the 2018 form, too */
	PlogRepeated tids;
} PlogAsidInfo;

typedef struct PlogSyscall
{
	uint32_t	present;
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	int64_t		retcode;
	PlogBytes	call_name;
	uint64_t	argument_count;
	bool		arguments_are_last; /* nothing else follows the name or
								 * the first of them */
	PlogRepeated arguments;
} PlogSyscall;

/* An argument's kind is the number of its field in NamedData. */
typedef struct PlogArgument
{
	uint32_t	kind;			/* PLOG_ARGUMENT_STR … _STRUCT_TYPE, 0: no value */
	uint64_t	number;			/* a number's bits: extended by sign or zero
								 * from its width; an IEEE float's 32 */
	PlogBytes	name;			/* data is NULL where absent */
	PlogBytes	bytes;			/* of STR and BYTES */
	PlogBytes	struct_type;	/* data is NULL where absent */
	PlogBytes	struct_data;	/* the last; data is NULL where absent */
	PlogBytes	message;		/* the argument, where it has a struct_data */
} PlogArgument;

typedef struct PlogLoadedLibs
{
	uint32_t	present;
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	PlogBytes	proc_name;
	PlogRepeated modules;
} PlogLoadedLibs;

typedef struct PlogModule
{
	uint32_t	present;
	PlogBytes	name;
	PlogBytes	file;
	uint64_t	base_addr;
	uint64_t	size;
} PlogModule;

typedef struct PlogProcTrace
{
	uint32_t	present;
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	uint64_t	asid;
	uint64_t	start_instr;
	PlogBytes	name;
} PlogProcTrace;

/* The thread at an end of a taint flow. */
typedef struct PlogFlowThread
{
	uint32_t	present;
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
} PlogFlowThread;

/* An end of a taint flow: its TaintSource or TaintSink, and the FlowPoint in it. */
typedef struct PlogFlowEnd
{
	uint32_t	present;		/* by PLOG_FLOW_END_… */
	uint32_t	size;
	uint32_t	label;			/* of a source */
	uint64_t	value;
	uint64_t	instr;
	bool		is_store;
	bool		has_pc;
	uint64_t	pc;
	PlogFlowThread thread;
} PlogFlowEnd;

typedef struct PlogTaintFlow
{
	uint32_t	present;		/* by PLOG_FLOW_… */
	PlogFlowEnd source;
	PlogFlowEnd sink;
	bool		copy;
	uint32_t	offset;
	uint32_t	card;
	uint32_t	tcn;
	uint32_t	cb;
} PlogTaintFlow;

/*
 * Some numbers of LogEntry's fields have had several meanings, and which of them
 * a payload has, only its own fields tell.
 */
typedef enum PlogPayloadForm
{
	PLOG_FORM_USUAL,			/* that of LogEntry, as far as can be seen */
	PLOG_FORM_TAINT_FLOW,		/* certainly today's TaintFlow */
	PLOG_FORM_FLOW_AUGUST_2020, /* taint_flow: TaintFlowAugust2020 */
	PLOG_FORM_FLOW_OF_ASIDS,	/* likewise: TaintFlowOfAsids */
	PLOG_FORM_FLOW_UNKNOWN,		/* likewise: one whose fields have no names */
	PLOG_FORM_BIR,				/* not taint_flow: Bir */
	PLOG_FORM_THREAD_EDGES,		/* edge_coverage: ThreadEdges */
	PLOG_PAYLOAD_FORMS
} PlogPayloadForm;

/* Has the field of that number several meanings? */
static inline bool
plog_payload_has_forms(uint32_t number)
{
	return number == PLOG_ENTRY_TAINT_FLOW || number == PLOG_ENTRY_EDGE_COVERAGE;
}

/*
 * What an entry's payload of that number is.  It may not even be well-formed, or
 * not be there.
 */
extern PlogPayloadForm plog_payload_form(PlogBytes entry, uint32_t number);

/*
 * Decode an entry's payload of PLOG_FORM_TAINT_FLOW.  As protobuf's readers do, it
 * takes together what comes twice: the payload itself, too.
 */
extern bool plog_decode_taint_flow(PlogBytes entry, PlogTaintFlow *flow);

/*
 * The two that are decoded most often can leave out numbers: of those fields
 * whose bits, by their PLOG_… numbers, are not in wanted, only the presence is
 * told.  What it costs to put a number together is most of what these cost.
 *
 * Without PLOG_SYSCALL_ARGS in wanted, decoding stops at a call's first
 * argument, and without PLOG_SYSCALL_CALL_NAME besides at its name: for who knows
 * already that arguments_are_last, and all of the call well-formed.  Arguments
 * are not counted then, and without the name they cannot be walked, either.
 */
extern bool plog_decode_entry_numbers(PlogBytes body, uint32_t wanted, PlogEntry *entry);
extern bool plog_decode_syscall_numbers(PlogBytes message, uint32_t wanted, PlogSyscall *syscall);

#define PLOG_ALL_NUMBERS	UINT32_MAX

/* With any of these in wanted, a call's name is decoded. */
#define PLOG_CALL_NAME_NUMBERS	(1u << PLOG_SYSCALL_CALL_NAME | 1u << PLOG_SYSCALL_ARGS)

static inline bool
plog_decode_entry(PlogBytes body, PlogEntry *entry)
{
	return plog_decode_entry_numbers(body, PLOG_ALL_NUMBERS, entry);
}

static inline bool
plog_decode_syscall(PlogBytes message, PlogSyscall *syscall)
{
	return plog_decode_syscall_numbers(message, PLOG_ALL_NUMBERS, syscall);
}

/*
 * What a well-formed entry says of a process by the form of 2016.  False where
 * it says nothing.
 */
extern bool plog_decode_entry_2016(const PlogEntry *entry, PlogEntry2016 *entry_2016);

/*
 * An entry's payload of a kind, which mostly is the only one; data is NULL where
 * there is none that is a message.  One that stands several times is merged in the
 * caller's buffer, and stays there as long as that is not used again.  False: there
 * is no memory for that.
 */
struct PlogBuffer;

extern bool plog_find_payload(const PlogEntry *entry, uint32_t kind, struct PlogBuffer *merged,
							  PlogBytes *payload);

static inline bool
plog_payload(const PlogEntry *entry, uint32_t kind, struct PlogBuffer *merged, PlogBytes *payload)
{
	const PlogBytes absent = {NULL, 0};

	if (entry->has_more_payloads)
		return plog_find_payload(entry, kind, merged, payload);
	*payload = entry->kind == kind ? entry->payload : absent;
	return true;
}

/*
 * The same of any message that should stand once in another.
 */
extern bool plog_merge_field(PlogBytes message, uint32_t number, struct PlogBuffer *merged,
							 PlogBytes *field);

/* Has an entry a payload of a kind that is a message, once or several times? */
extern bool plog_find_any_payload(const PlogEntry *entry, uint32_t kind);

static inline bool
plog_has_payload(const PlogEntry *entry, uint32_t kind)
{
	if (entry->has_more_payloads)
		return plog_find_any_payload(entry, kind);
	return entry->kind == kind && entry->payload.data != NULL;
}

extern bool plog_decode_asid_info(PlogBytes message, bool form_2018, PlogAsidInfo *info);
extern bool plog_decode_argument(PlogBytes message, bool form_2020, PlogArgument *argument);
extern bool plog_decode_loaded_libs(PlogBytes message, PlogLoadedLibs *libs);
extern bool plog_decode_module(PlogBytes message, PlogModule *module);
extern bool plog_decode_proc_trace(PlogBytes message, PlogProcTrace *trace);

/*
 * Walk a repeated field: the next string or message, or the next number,
 * packed or not.  False at the end.  Only for messages that their decoder
 * accepted, and by value: walking a copy leaves the original at its start.
 */
extern bool plog_find_bytes(PlogRepeated *repeated, PlogBytes *bytes);
extern bool plog_next_number(PlogRepeated *repeated, uint64_t *number);

static inline bool
plog_next_bytes(PlogRepeated *repeated, PlogBytes *bytes)
{
	/* it is mostly the next field; the repeated ones all have numbers below 16 */
	return wire_take_bytes(&repeated->cursor, repeated->number, bytes) ||
		plog_find_bytes(repeated, bytes);
}

/*
 * The same repeated field, of a copy of its message.
 */
static inline PlogRepeated
plog_repeated_in_copy(const PlogRepeated *repeated, const uint8_t *message, const uint8_t *copy)
{
	PlogRepeated moved = *repeated;

	moved.cursor.at = copy + (repeated->cursor.at - message);
	moved.cursor.end = copy + (repeated->cursor.end - message);
	moved.cursor.stop = copy + (repeated->cursor.stop - message);
	moved.packed.at = moved.packed.end = moved.packed.stop = NULL;
	return moved;
}

/*
 * What a message shows of the form it is written in: true where it can only be
 * the earlier form, respectively today's.  Neither may be; one message shows
 * not both, and a malformed one nothing.
 */
typedef enum PlogEvidence
{
	PLOG_EVIDENCE_NONE,
	PLOG_EVIDENCE_EARLIER,
	PLOG_EVIDENCE_TODAY
} PlogEvidence;

extern PlogEvidence plog_asid_info_evidence(PlogBytes message);
extern PlogEvidence plog_loaded_libs_evidence(PlogBytes message);

/*
 * What plog_decode_syscall_numbers() does with PLOG_SYSCALL_ARGS wanted, and what
 * the call's arguments show: nothing shows today's form for certain.
 */
extern bool plog_decode_syscall_and_form(PlogBytes message, uint32_t wanted, PlogSyscall *syscall,
										 PlogEvidence *evidence);

/*
 * The struct_data of an argument that has one: mostly one, but all that there are
 * make one struct.
 */
extern PlogRepeated plog_struct_parts(const PlogArgument *argument);

/*
 * What a call's arguments show for certain, both ways: of SyscallArg's fields one
 * is set, so that a well-formed argument of a name and a value is NamedData.
 */
extern PlogEvidence plog_arguments_evidence(const PlogSyscall *syscall);

/* The members of a struct_data, as messages for plog_decode_argument. */
extern bool plog_decode_struct(PlogBytes message, PlogRepeated *members);

#endif							/* PLOG_MESSAGE_H */
