/*-------------------------------------------------------------------------
 *
 * test_messages.c
 *		Tests of the decoders of messages, but for calls and taint flows.
 *
 * Field numbers are written out, not taken from format.h, so that a wrong one
 * there is found.
 *
 *-------------------------------------------------------------------------
 */
#include "messages.h"
#include "plog/message.h"
#include "plog/payload.h"
#include "plog_test.h"

#define PAYLOAD(kind)					payload_of(&entry, PLOG_ENTRY_##kind)

/* What is merged, until the next payload. */
static PlogBuffer merged;

static PlogBytes
payload_of(const PlogEntry *entry, uint32_t kind)
{
	PlogBytes	payload;

	EXPECT(plog_payload(entry, kind, &merged, &payload));
	return payload;
}

/*
 * LogEntry
 */
static void
entry_fields(void)
{
	PlogEntry	entry;
	PlogBytes	body = COPY("\x08\xff\x01\x10\x80\x02\x18\x07"
							"\x2a\x02" "li" "\xc2\x02\x02" "ai" "\xd2\x03\x02" "sc" "\xba\x06\x02" "pt");

	EXPECT(plog_decode_entry(body, &entry));
	EXPECT_PRESENT(entry, BIT(PLOG_ENTRY_PC) | BIT(PLOG_ENTRY_INSTR) | BIT(PLOG_ENTRY_ASID));
	EXPECT_NUMBER(entry.pc, 255);
	EXPECT_NUMBER(entry.instr, 256);
	EXPECT_NUMBER(entry.asid, 7);
	EXPECT_NUMBER(entry.kind, 5);
	EXPECT_BYTES(PAYLOAD(ASID_LIBRARIES), "li");
	EXPECT_BYTES(PAYLOAD(ASID_INFO), "ai");
	EXPECT_BYTES(PAYLOAD(SYSCALL), "sc");
	EXPECT_BYTES(PAYLOAD(PROC_TRACE), "pt");
	EXPECT(entry.body.data == body.data && entry.body.length == body.length);
}

static void
entry_presence(void)
{
	PlogEntry	entry;

	EXPECT(plog_decode_entry(COPY(""), &entry));
	EXPECT_PRESENT(entry, 0);
	EXPECT_NUMBER(entry.kind, 0);
	EXPECT(PAYLOAD(SYSCALL).data == NULL && PAYLOAD(ASID_INFO).data == NULL);
	EXPECT(PAYLOAD(ASID_LIBRARIES).data == NULL && PAYLOAD(PROC_TRACE).data == NULL);

	EXPECT(plog_decode_entry(COPY("\x08\x00"), &entry));
	EXPECT_PRESENT(entry, BIT(PLOG_ENTRY_PC));
	EXPECT(plog_decode_entry(COPY("\x10\x00"), &entry));
	EXPECT_PRESENT(entry, BIT(PLOG_ENTRY_INSTR));
	EXPECT(plog_decode_entry(COPY("\x18\x00"), &entry));
	EXPECT_PRESENT(entry, BIT(PLOG_ENTRY_ASID));

	/* a payload that is there, and empty */
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x00"), &entry));
	EXPECT_BYTES(PAYLOAD(SYSCALL), "");
	EXPECT_PRESENT(entry, 0);

	/* the writer's first entry */
	EXPECT(plog_decode_entry(COPY("\x08" MINUS_1 "\x10" MINUS_1), &entry));
	EXPECT_NUMBER(entry.pc, PLOG_UNKNOWN);
	EXPECT_NUMBER(entry.instr, PLOG_UNKNOWN);
	EXPECT_NUMBER(entry.kind, 0);
}

static void
entry_kinds(void)
{
	PlogEntry	entry;

	/* taint labels, three at once, in any order */
	EXPECT(plog_decode_entry(COPY("\x40\x01\x30\x02\x38\x03"), &entry));
	EXPECT_NUMBER(entry.kind, 6);
	EXPECT(plog_decode_entry(COPY("\x08\x01" UNKNOWN_FIELDS), &entry));
	EXPECT_NUMBER(entry.kind, 1000);
	EXPECT(plog_decode_entry(COPY("\xba\x06\x00\xd2\x03\x00\xc2\x02\x00"), &entry));
	EXPECT_NUMBER(entry.kind, 40);
}

static void
entry_odd_fields(void)
{
	PlogEntry	entry;

	/* of a number the last one counts; a message is all of them */
	EXPECT(plog_decode_entry(COPY("\x08\x01\xd2\x03\x02\x08\x05\x08\x02\xd2\x03\x02\x18\x06"), &entry));
	EXPECT_NUMBER(entry.pc, 2);
	EXPECT_BYTES(PAYLOAD(SYSCALL), "\x08\x05\x18\x06");
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x02\x08\x05\xc2\x02\x02" "xy" "\xd2\x03\x00"
								  "\xd2\x03\x02\x18\x06\xc2\x02\x00"), &entry));
	EXPECT_NUMBER(entry.kind, 40);
	EXPECT_BYTES(PAYLOAD(SYSCALL), "\x08\x05\x18\x06");
	EXPECT_BYTES(PAYLOAD(ASID_INFO), "xy");
	EXPECT(PAYLOAD(PROC_TRACE).data == NULL);

	/* a part that is malformed */
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x01\x0a\xd2\x03\x02\x08\x05"), &entry));
	EXPECT_BYTES(PAYLOAD(SYSCALL), "\x0a");
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x02\x18\x06\xd2\x03\x01\x0a"), &entry));
	EXPECT_BYTES(PAYLOAD(SYSCALL), "\x0a");
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x00\xd2\x03\x00"), &entry));
	EXPECT(PAYLOAD(SYSCALL).data != NULL);
	EXPECT_NUMBER(PAYLOAD(SYSCALL).length, 0);
	plog_buffer_free(&merged);

	/* of other wire types, they are skipped */
	EXPECT(plog_decode_entry(COPY("\x0d\x01\x00\x00\x00\x12\x01" "a" "\x1b\x1c"
								  "\xd0\x03\x05\xc5\x02\x01\x00\x00\x00"), &entry));
	EXPECT_PRESENT(entry, 0);
	EXPECT(PAYLOAD(SYSCALL).data == NULL && PAYLOAD(ASID_INFO).data == NULL);
	EXPECT(plog_decode_entry(COPY("\xd3\x03\x08\x01\xd4\x03"), &entry));
	EXPECT(PAYLOAD(SYSCALL).data == NULL);
	EXPECT(plog_decode_entry(COPY("\xd2\x03\x01" "a" "\xd0\x03\x05"), &entry));
	EXPECT_BYTES(PAYLOAD(SYSCALL), "a");
	EXPECT(plog_decode_entry(COPY("\x08\x05\x0d\x01\x00\x00\x00"), &entry));
	EXPECT_NUMBER(entry.pc, 5);
	EXPECT(plog_decode_entry(COPY("\x08\x05\x12\x10" "instr, as a text"), &entry));
	EXPECT_PRESENT(entry, BIT(PLOG_ENTRY_PC));
	EXPECT_NUMBER(entry.kind, 0);

	/* numbers that agree with known ones in their low bits */
	EXPECT(plog_decode_entry(COPY("\x88\x02\x01\x90\x04\x01\x98\x80\x80\x80\x0f\x01"), &entry));
	EXPECT_PRESENT(entry, 0);
	EXPECT(plog_decode_entry(COPY("\xd2\x83\x80\x80\x08\x01" "a"), &entry));
	EXPECT(PAYLOAD(SYSCALL).data == NULL);
}

/*
 * AsidInfo
 */

static void
asid_info_fields(void)
{
	PlogAsidInfo info;

	EXPECT(plog_decode_asid_info(COPY("\x08\x01\x10\x02\x18\x03\x20\x04"
									  "\x2a\x01" "a" "\x2a\x00\x2a\x01" "b"
									  "\x30\x06\x30\x10\x38\x07\x40\x08\x48\x09"), false, &info));
	EXPECT_PRESENT(info, 0x3fe);
	EXPECT_NUMBER(info.pid, 1);
	EXPECT_NUMBER(info.create_time, 2);
	EXPECT_NUMBER(info.ppid, 3);
	EXPECT_NUMBER(info.asid, 4);
	EXPECT_NUMBER(info.start_instr, 7);
	EXPECT_NUMBER(info.end_instr, 8);
	EXPECT_NUMBER(info.count, 9);
	EXPECT_BYTES(joined_bytes(info.names), "a,,b,");
	EXPECT_BYTES(joined_numbers(info.tids), "\x06,\x10,");

	/* a walk of a copy leaves the original at its start */
	EXPECT_BYTES(joined_bytes(info.names), "a,,b,");
	EXPECT_BYTES(joined_numbers(info.tids), "\x06,\x10,");
}

static void
asid_info_fields_2018(void)
{
	PlogAsidInfo info;

	EXPECT(plog_decode_asid_info(COPY("\x08\x01\x12\x02" "sh" "\x18\x03\x20\x04\x28\x05\x30\x06"),
								 true, &info));
	EXPECT_PRESENT(info, BIT(PLOG_ASID_INFO_PID) | BIT(PLOG_ASID_INFO_ASID) | BIT(PLOG_ASID_INFO_NAMES) |
				   BIT(PLOG_ASID_INFO_START_INSTR) | BIT(PLOG_ASID_INFO_END_INSTR) |
				   BIT(PLOG_ASID_INFO_COUNT));
	EXPECT_NUMBER(info.asid, 1);
	EXPECT_NUMBER(info.pid, 3);
	EXPECT_NUMBER(info.start_instr, 4);
	EXPECT_NUMBER(info.end_instr, 5);
	EXPECT_NUMBER(info.count, 6);
	EXPECT_NUMBER(info.ppid, 0);
	EXPECT_NUMBER(info.create_time, 0);
	EXPECT_BYTES(joined_bytes(info.names), "sh,");
	EXPECT_NUMBER(joined_numbers(info.tids).length, 0);

	EXPECT(plog_decode_asid_info(COPY("\x30\x06"), true, &info));
	EXPECT_PRESENT(info, BIT(PLOG_ASID_INFO_COUNT));
	EXPECT_NUMBER(joined_bytes(info.names).length, 0);
	EXPECT_NUMBER(joined_numbers(info.tids).length, 0);

	/* the name is not repeated: the last one counts */
	EXPECT(plog_decode_asid_info(COPY("\x12\x01" "a" "\x08\x01\x12\x02" "bc" "\x10\x05\x18\x01"),
								 true, &info));
	EXPECT_BYTES(joined_bytes(info.names), "bc,");
	EXPECT(plog_decode_asid_info(COPY("\x12\x01" "a" "\x12\x00"), true, &info));
	EXPECT_BYTES(joined_bytes(info.names), ",");
}

/*
 * Each field by itself sets its own bit and no other.
 */
static void
asid_info_presence(void)
{
	PlogAsidInfo info;
	PlogBytes	message;
	static const int today_of_2018[] = {0, 4, 5, 1, 7, 8, 9};

	EXPECT(plog_decode_asid_info(COPY(""), false, &info));
	EXPECT_PRESENT(info, 0);
	EXPECT(plog_decode_asid_info(COPY(""), true, &info));
	EXPECT_PRESENT(info, 0);
	for (uint32_t number = 1; number <= 9; number++)
	{
		Bytes		bytes = {0};

		if (number == 5)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		message = take(&bytes);
		EXPECT(plog_decode_asid_info(message, false, &info));
		EXPECT_PRESENT(info, BIT(number));
	}
	for (uint32_t number = 1; number <= 6; number++)
	{
		Bytes		bytes = {0};

		if (number == 2)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		message = take(&bytes);
		EXPECT(plog_decode_asid_info(message, true, &info));
		EXPECT_PRESENT(info, BIT(today_of_2018[number]));
	}
}

static void
asid_info_packed_tids(void)
{
	PlogAsidInfo info;

	EXPECT(plog_decode_asid_info(COPY("\x32\x03\x01\x80\x02"), false, &info));
	EXPECT_PRESENT(info, BIT(PLOG_ASID_INFO_TIDS));
	EXPECT_BYTES(joined_numbers(info.tids), "\x01,\x80\x02,");

	/* both ways in one message, in their order, with fields in between */
	EXPECT(plog_decode_asid_info(COPY("\x30\x01\x32\x02\x02\x03\x08\x63\x32\x00\x30\x04\x32\x01\x05"),
								 false, &info));
	EXPECT_BYTES(joined_numbers(info.tids), "\x01,\x02,\x03,\x04,\x05,");

	EXPECT(plog_decode_asid_info(COPY("\x32\x00"), false, &info));
	EXPECT_NUMBER(joined_numbers(info.tids).length, 0);
}

static void
asid_info_malformed_tids(void)
{
	PlogAsidInfo info;

	EXPECT(!plog_decode_asid_info(COPY("\x32\x01\x80"), false, &info));
	EXPECT(!plog_decode_asid_info(COPY("\x32\x02\x01\xff\x08\x01"), false, &info));
	EXPECT(!plog_decode_asid_info(COPY("\x32\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
								  false, &info));
	EXPECT(!plog_decode_asid_info(COPY("\x32\x03\x01\x02"), false, &info));

	/* field 6 means something else in the earlier form */
	EXPECT(plog_decode_asid_info(COPY("\x32\x01\x80"), true, &info));
	EXPECT_PRESENT(info, 0);
}

static void
asid_info_odd_fields(void)
{
	PlogAsidInfo info;

	/* the last one counts; numbers of 32 bits lose those beyond */
	EXPECT(plog_decode_asid_info(COPY("\x08\x01\x10\x01\x08\x02\x10\x02"), false, &info));
	EXPECT_NUMBER(info.pid, 2);
	EXPECT_NUMBER(info.create_time, 2);
	EXPECT(plog_decode_asid_info(COPY("\x08" MINUS_2 "\x10" MINUS_2), false, &info));
	EXPECT_NUMBER(info.pid, UINT32_MAX - 1);
	EXPECT_NUMBER(info.create_time, UINT64_MAX - 1);

	/* one form read as the other: fields of other wire types are skipped */
	EXPECT(plog_decode_asid_info(COPY("\x08\x01\x12\x01" "a" "\x28\x05" UNKNOWN_FIELDS), false, &info));
	EXPECT_PRESENT(info, BIT(PLOG_ASID_INFO_PID));
	EXPECT_NUMBER(joined_bytes(info.names).length, 0);
	EXPECT(plog_decode_asid_info(COPY("\x10\x02\x2a\x01" "a" "\x38\x07" UNKNOWN_FIELDS), true, &info));
	EXPECT_PRESENT(info, 0);
	EXPECT_NUMBER(joined_bytes(info.names).length, 0);

	/* tids of other wire types, between others */
	EXPECT(plog_decode_asid_info(COPY("\x30\x01\x35\x01\x02\x03\x04\x30\x02"), false, &info));
	EXPECT_BYTES(joined_numbers(info.tids), "\x01,\x02,");
	EXPECT(plog_decode_asid_info(COPY("\x28\x01\x2a\x01" "a"), false, &info));
	EXPECT_BYTES(joined_bytes(info.names), "a,");
}

/*
 * LoadedLibs, Module, ProcTrace
 */
static void
loaded_libs_fields(void)
{
	PlogLoadedLibs libs;

	EXPECT(plog_decode_loaded_libs(COPY("\x0a\x02" "sh" "\x10\x02\x18\x03\x20\x04\x28\x05"
										"\x32\x01" "m" "\x32\x00"
										UNKNOWN_FIELDS), &libs));
	EXPECT_PRESENT(libs, 0x7e);
	EXPECT_BYTES(libs.proc_name, "sh");
	EXPECT_NUMBER(libs.pid, 2);
	EXPECT_NUMBER(libs.ppid, 3);
	EXPECT_NUMBER(libs.create_time, 4);
	EXPECT_NUMBER(libs.tid, 5);
	EXPECT_BYTES(joined_bytes(libs.modules), "m,,");
	for (uint32_t number = 1; number <= 6; number++)
	{
		Bytes		bytes = {0};

		if (number == 1 || number == 6)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		EXPECT(plog_decode_loaded_libs(take(&bytes), &libs));
		EXPECT_PRESENT(libs, BIT(number));
	}

	/* the last one counts; the earlier form has no process */
	EXPECT(plog_decode_loaded_libs(COPY("\x0a\x01" "a" "\x10\x01\x0a\x01" "b" "\x10\x02"), &libs));
	EXPECT_BYTES(libs.proc_name, "b");
	EXPECT_NUMBER(libs.pid, 2);
	EXPECT(plog_decode_loaded_libs(COPY("\x12\x01" "m" "\x12\x01" "n"), &libs));
	EXPECT_PRESENT(libs, 0);
	EXPECT(libs.proc_name.data == NULL);
}

static void
module_fields(void)
{
	PlogModule	module;

	EXPECT(plog_decode_module(COPY("\x0a\x02" "ld" "\x12\x03" "/ld" "\x18" MINUS_1 "\x20\x04"
									UNKNOWN_FIELDS),
							  &module));
	EXPECT_PRESENT(module, 0x1e);
	EXPECT_BYTES(module.name, "ld");
	EXPECT_BYTES(module.file, "/ld");
	EXPECT_NUMBER(module.base_addr, UINT64_MAX);
	EXPECT_NUMBER(module.size, 4);
	for (uint32_t number = 1; number <= 4; number++)
	{
		Bytes		bytes = {0};

		if (number <= 2)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		EXPECT(plog_decode_module(take(&bytes), &module));
		EXPECT_PRESENT(module, BIT(number));
	}
	EXPECT(plog_decode_module(COPY("\x08\x01\x12\x01" "a" "\x20\x01\x12\x01" "b" "\x20\x02"), &module));
	EXPECT_PRESENT(module, BIT(PLOG_MODULE_FILE) | BIT(PLOG_MODULE_SIZE));
	EXPECT(module.name.data == NULL);
	EXPECT_BYTES(module.file, "b");
	EXPECT_NUMBER(module.size, 2);
}

static void
proc_trace_fields(void)
{
	PlogProcTrace trace;

	EXPECT(plog_decode_proc_trace(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x2a\x01" "n" "\x30\x06\x38\x07"
									   UNKNOWN_FIELDS), &trace));
	EXPECT_PRESENT(trace, 0xfe);
	EXPECT_NUMBER(trace.pid, 1);
	EXPECT_NUMBER(trace.create_time, 2);
	EXPECT_NUMBER(trace.ppid, 3);
	EXPECT_NUMBER(trace.asid, 4);
	EXPECT_BYTES(trace.name, "n");
	EXPECT_NUMBER(trace.tid, 6);
	EXPECT_NUMBER(trace.start_instr, 7);
	for (uint32_t number = 1; number <= 7; number++)
	{
		Bytes		bytes = {0};

		if (number == 5)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		EXPECT(plog_decode_proc_trace(take(&bytes), &trace));
		EXPECT_PRESENT(trace, BIT(number));
	}
	EXPECT(plog_decode_proc_trace(COPY("\x0a\x00\x30\x01\x30\x02\x28\x09"), &trace));
	EXPECT_PRESENT(trace, BIT(PLOG_PROC_TRACE_TID));
	EXPECT_NUMBER(trace.tid, 2);
}

void
test_messages(void)
{
	tap_run("entry: fields", entry_fields);
	tap_run("entry: presence", entry_presence);
	tap_run("entry: kind is the lowest payload", entry_kinds);
	tap_run("entry: repeated, mistyped and unknown fields", entry_odd_fields);
	tap_run("asid_info: fields", asid_info_fields);
	tap_run("asid_info: fields of 2018", asid_info_fields_2018);
	tap_run("asid_info: presence, in both forms", asid_info_presence);
	tap_run("asid_info: tids packed and unpacked", asid_info_packed_tids);
	tap_run("asid_info: malformed packed tids", asid_info_malformed_tids);
	tap_run("asid_info: repeated, mistyped and unknown fields", asid_info_odd_fields);
	tap_run("loaded_libs: fields and presence", loaded_libs_fields);
	tap_run("module: fields and presence", module_fields);
	tap_run("proc_trace: fields and presence", proc_trace_fields);
}
