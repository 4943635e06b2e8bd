/*-------------------------------------------------------------------------
 *
 * test_forms.c
 *		Tests of taint flows, and of telling which form a message has.
 *
 * Field numbers are written out, not taken from format.h, so that a wrong one
 * there is found.
 *
 *-------------------------------------------------------------------------
 */
#include "messages.h"
#include "plog/flow.h"
#include "plog/message.h"
#include "plog/payload.h"
#include "plog_test.h"

/*
 * Put a message, which is done with, into a field of another.
 */
static void
put_part(Bytes *bytes, uint32_t number, Bytes *part)
{
	put_message(bytes, number, part);
	bytes_free(part);
}

/*
 * TaintFlow: its own fields, those of its ends, and their threads
 */
static void
taint_flow_fields(void)
{
	Bytes		thread = {0};
	Bytes		point = {0};
	Bytes		source = {0};
	Bytes		sink = {0};
	Bytes		message = {0};
	Bytes		entry = {0};
	PlogTaintFlow flow;
	PlogBytes	body;

	for (uint32_t number = 1; number <= 4; number++)
		put_number(&thread, number, 100 + number);
	put_part(&point, 1, &thread);
	put_number(&point, 2, UINT64_MAX - 1);
	put_part(&source, 1, &point);
	for (uint32_t number = 2; number <= 6; number++)
		put_number(&source, number, UINT64_MAX - number);
	put(&source, UNKNOWN_FIELDS, sizeof(UNKNOWN_FIELDS) - 1);
	put_number(&sink, 5, 0);
	put_part(&message, 1, &source);
	put_part(&message, 2, &sink);
	for (uint32_t number = 3; number <= 7; number++)
		put_number(&message, number, 200 + number);
	put_part(&entry, 57, &message);
	body = take(&entry);

	EXPECT_NUMBER(plog_payload_form(body, 57), PLOG_FORM_TAINT_FLOW);
	if (!EXPECT(plog_decode_taint_flow(body, &flow)))
		return;
	EXPECT_PRESENT(flow, 0xfe);
	EXPECT(flow.copy);
	EXPECT_NUMBER(flow.offset, 204);
	EXPECT_NUMBER(flow.card, 205);
	EXPECT_NUMBER(flow.tcn, 206);
	EXPECT_NUMBER(flow.cb, 207);
	EXPECT_PRESENT(flow.source, 0x7e);
	EXPECT_NUMBER(flow.source.size, UINT32_MAX - 2);
	EXPECT_NUMBER(flow.source.value, UINT64_MAX - 3);
	EXPECT_NUMBER(flow.source.instr, UINT64_MAX - 4);
	EXPECT(flow.source.is_store);
	EXPECT_NUMBER(flow.source.label, UINT32_MAX - 6);
	EXPECT(PLOG_HAS(&flow.source.point, PLOG_FLOW_POINT_PC));
	EXPECT_NUMBER(flow.source.point.pc, UINT64_MAX - 1);
	EXPECT_PRESENT(flow.source.point.thread, 0x1e);
	EXPECT_NUMBER(flow.source.point.thread.pid, 101);
	EXPECT_NUMBER(flow.source.point.thread.ppid, 102);
	EXPECT_NUMBER(flow.source.point.thread.tid, 103);
	EXPECT_NUMBER(flow.source.point.thread.create_time, 104);
	EXPECT_PRESENT(flow.sink, BIT(5));
	EXPECT(!flow.sink.is_store && !PLOG_HAS(&flow.sink.point, PLOG_FLOW_POINT_PC));
	EXPECT_PRESENT(flow.sink.point.thread, 0);
}

/*
 * What comes twice is taken together, the payload too: of numbers the last counts.
 */
static void
taint_flow_merged(void)
{
	PlogTaintFlow flow;
	PlogBytes	body = COPY("\xca\x03\x0c" "\x0a\x08" "\x0a\x04\x0a\x02\x08\x01" "\x10\x04" "\x20\x05"
							"\xca\x03\x12" "\x0a\x0a" "\x0a\x08\x0a\x04\x08\x09\x18\x03\x10\x07"
							"\x0a\x02" "\x10\x08" "\x20\x06");

	EXPECT_NUMBER(plog_payload_form(body, 57), PLOG_FORM_TAINT_FLOW);
	if (!EXPECT(plog_decode_taint_flow(body, &flow)))
		return;
	EXPECT_NUMBER(flow.offset, 6);
	EXPECT_NUMBER(flow.source.size, 8);
	EXPECT_NUMBER(flow.source.point.pc, 7);
	EXPECT_NUMBER(flow.source.point.thread.pid, 9);
	EXPECT_NUMBER(flow.source.point.thread.tid, 3);
	EXPECT_PRESENT(flow.source.point.thread, BIT(1) | BIT(3));
}

/*
 * What is malformed anywhere in it spoils it.
 */
static void
taint_flow_malformed(void)
{
	PlogTaintFlow flow;

	EXPECT(plog_decode_taint_flow(COPY("\xca\x03\x08\x0a\x06\x0a\x04\x0a\x02\x08\x01"), &flow));
	EXPECT(!plog_decode_taint_flow(COPY("\xca\x03\x08\x0a\x06\x0a\x04\x0a\x02\x08\x81"), &flow));
	EXPECT(!plog_decode_taint_flow(COPY("\xca\x03\x08\x0a\x06\x0a\x04\x0a\x03\x08\x01"), &flow));
	EXPECT(!plog_decode_taint_flow(COPY("\xca\x03\x08\x0a\x06\x0a\x05\x0a\x02\x08\x01"), &flow));
	EXPECT(!plog_decode_taint_flow(COPY("\xca\x03\x08\x12\x07\x0a\x04\x0a\x02\x08\x01"), &flow));
	EXPECT(!plog_decode_taint_flow(COPY("\xca\x03\x01\x20"), &flow));
}

/* A payload of field 57 or 41, and what it is. */
typedef struct FormCase
{
	uint32_t	number;
	const char *data;
	size_t		length;
	PlogPayloadForm form;
} FormCase;

#define FORM_CASE(number, bytes, form)	{number, bytes, sizeof(bytes) - 1, form}

/*
 * What a payload is, by its fields
 */
static void
payload_forms(void)
{
	static const FormCase cases[] = {
		/* a thread in a point in either end */
		FORM_CASE(57, "\x0a\x04\x0a\x02\x0a\x00", PLOG_FORM_TAINT_FLOW),
		FORM_CASE(57, "\x12\x04\x0a\x02\x0a\x00", PLOG_FORM_TAINT_FLOW),
		FORM_CASE(57, "\x0a\x00\x12\x04\x0a\x02\x0a\x00", PLOG_FORM_TAINT_FLOW),
		FORM_CASE(57, "\x0a\x02\x08\x01\x12\x04\x0a\x02\x0a\x00", PLOG_FORM_TAINT_FLOW),
		/* a thread's pid where the point's thread would be */
		FORM_CASE(57, "\x0a\x04\x0a\x02\x08\x01", PLOG_FORM_FLOW_AUGUST_2020),
		FORM_CASE(57, "\x12\x04\x0a\x02\x08\x01\x18\x07", PLOG_FORM_FLOW_AUGUST_2020),
		/* an asid where the point would be */
		FORM_CASE(57, "\x0a\x02\x08\x01", PLOG_FORM_FLOW_OF_ASIDS),
		FORM_CASE(57, "\x12\x02\x08\x01", PLOG_FORM_FLOW_OF_ASIDS),
		/* names */
		FORM_CASE(57, "\x0a\x02ls\x10\x05", PLOG_FORM_FLOW_UNKNOWN),
		FORM_CASE(57, "\x0a\x04\x0a\x02ls", PLOG_FORM_FLOW_UNKNOWN),
		/* ends that tell nothing, or none */
		FORM_CASE(57, "\x0a\x00\x12\x00", PLOG_FORM_USUAL),
		FORM_CASE(57, "\x0a\x04\x0a\x02\x10\x01", PLOG_FORM_USUAL),
		FORM_CASE(57, "", PLOG_FORM_USUAL),
		FORM_CASE(57, "\x18\x01\x20\x02", PLOG_FORM_USUAL),
		/* numbers instead of ends, or what only a Bir has */
		FORM_CASE(57, "\x08\x01\x10\x00", PLOG_FORM_BIR),
		FORM_CASE(57, "\x08\x01", PLOG_FORM_BIR),
		FORM_CASE(57, "\x1d\x01\x02\x03\x04", PLOG_FORM_BIR),
		FORM_CASE(57, "\x22\x01x", PLOG_FORM_BIR),
		/* malformed behind what tells */
		FORM_CASE(57, "\x0a\x04\x0a\x02\x0a\x00\xff", PLOG_FORM_TAINT_FLOW),

		FORM_CASE(41, "", PLOG_FORM_USUAL),
		FORM_CASE(41, "\x12\x00", PLOG_FORM_USUAL),
		FORM_CASE(41, "\x08\x05", PLOG_FORM_THREAD_EDGES),
		FORM_CASE(41, "\x10\x05", PLOG_FORM_THREAD_EDGES),
		FORM_CASE(41, "\x1a\x00", PLOG_FORM_THREAD_EDGES),
		FORM_CASE(41, "\x08\x05\x12\x00", PLOG_FORM_USUAL)
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Bytes		entry = {0};
		PlogBytes	body;

		put_bytes(&entry, cases[i].number, cases[i].data, cases[i].length);
		body = take(&entry);
		if (plog_payload_form(body, cases[i].number) != cases[i].form)
			tap_fail("payload %zu is of form %d, not %d", i,
					 (int) plog_payload_form(body, cases[i].number), (int) cases[i].form);
	}
}

/*
 * The forms
 */
static void
evidence_of_asid_info(void)
{
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x08\x01\x10\x02")), PLOG_EVIDENCE_TODAY);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x08\x01\x12\x02" "sh")), PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x12\x00")), PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("")), PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x08\x01\x2a\x01" "a" "\x18\x02" UNKNOWN_FIELDS)),
				  PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x15\x01\x02\x03\x04\x13\x14")), PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(plog_asid_info_evidence(COPY("\x15\x01\x02\x03\x04\x12\x00")), PLOG_EVIDENCE_EARLIER);
}

static void
evidence_of_loaded_libs(void)
{
	EXPECT_NUMBER(plog_loaded_libs_evidence(COPY("\x0a\x02" "sh" "\x10\x02")), PLOG_EVIDENCE_TODAY);
	EXPECT_NUMBER(plog_loaded_libs_evidence(COPY("\x12\x04\x0a\x02" "ld")), PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(plog_loaded_libs_evidence(COPY("")), PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(plog_loaded_libs_evidence(COPY("\x0a\x01" "a" "\x32\x04\x0a\x02" "ld" "\x28\x05")),
				  PLOG_EVIDENCE_NONE);
}

/*
 * What a Syscall of the arguments shows.
 */
static PlogEvidence
arguments_show(PlogBytes message)
{
	PlogSyscall syscall;
	PlogEvidence evidence;

	EXPECT(plog_decode_syscall_and_form(message, PLOG_ALL_NUMBERS, &syscall, &evidence));
	return evidence;
}

/* A call's name that is longer than a window. */
#define LONG_NAME	"\x32\x28" "0123456789012345678901234567890123456789"

static void
evidence_of_arguments(void)
{
	/* field 2 as a varint is ptr of the earlier form, as bytes today's str */
	EXPECT_NUMBER(arguments_show(COPY("\x3a\x02\x10\x05")), PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY("\x3a\x02\x20\x01\x3a\x05\x0a\x01" "s" "\x10\x05")),
				  PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY("\x3a\x06\x0a\x01" "n" "\x12\x01" "s")), PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(arguments_show(COPY("")), PLOG_EVIDENCE_NONE);

	/* nor does it hide behind arguments of today's form, or a window of bytes */
	EXPECT_NUMBER(arguments_show(COPY(LONG_NAME "\x3a\x05\x0a\x01" "s" "\x10\x05")),
				  PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY(LONG_NAME "\x3a\x05\x0a\x01" "n" "\x18\x05"
									  "\x3a\x06\x0a\x01" "s" "\x10\x85\x05")),
				  PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY(LONG_NAME "\x3a\x07\x0a\x01" "n" "\x18\x05\x10\x05")),
				  PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY(LONG_NAME "\x3a\x08\x0a\x01" "n" "\x12\x01" "s" "\x10\x05")),
				  PLOG_EVIDENCE_EARLIER);
	EXPECT_NUMBER(arguments_show(COPY(LONG_NAME "\x3a\x06\x0a\x01" "n" "\x18\x85\x05"
									  "\x3a\x06\x0a\x01" "n" "\x12\x01" "s")),
				  PLOG_EVIDENCE_NONE);

	/* other fields of the call, and the members of a struct, show nothing */
	EXPECT_NUMBER(arguments_show(COPY("\x10\x05\x32\x02\x10\x05\x3a\x02\x18\x05")), PLOG_EVIDENCE_NONE);
	EXPECT_NUMBER(arguments_show(COPY("\x3a\x06\x7a\x04\x0a\x02\x10\x05")), PLOG_EVIDENCE_NONE);
}

void
test_forms(void)
{
	tap_run("taint_flow: fields and presence", taint_flow_fields);
	tap_run("taint_flow: what comes twice", taint_flow_merged);
	tap_run("taint_flow: malformed parts", taint_flow_malformed);
	tap_run("payload: what it is where fields have several meanings", payload_forms);
	tap_run("evidence: asid_info", evidence_of_asid_info);
	tap_run("evidence: loaded_libs", evidence_of_loaded_libs);
	tap_run("evidence: arguments", evidence_of_arguments);
}
