/*-------------------------------------------------------------------------
 *
 * test_messages.c
 *		Tests of the message decoders.
 *
 * Field numbers are written out, not taken from format.h, so that a wrong one
 * there is found.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "bytes.h"
#include "plog/flow.h"
#include "plog/message.h"
#include "plog/payload.h"
#include "plog_test.h"
#include "tap.h"

/* Ten bytes of varint: a negative number, as protobuf writes it. */
#define MINUS_1		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
#define MINUS_2		"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"

/* The same in five bytes, as some writers do with 32-bit numbers. */
#define SHORT_MINUS_2	"\xfe\xff\xff\xff\x0f"

/* Field 1000, which no message has, of every wire type. */
#define UNKNOWN_FIELDS \
	"\xc0\x3e\x01" \
	"\xc1\x3e\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\xc2\x3e\x02" "??" \
	"\xc3\x3e\x08\x01\xc4\x3e" \
	"\xc5\x3e\x01\x02\x03\x04"

/*
 * What was built, as bytes that live until the end of the test.
 */
static PlogBytes
take(Bytes *bytes)
{
	PlogBytes	copy = tap_copy(bytes->data, bytes->length);

	bytes_free(bytes);
	return copy;
}

/*
 * The fields given are present, and no others.
 */
#define EXPECT_PRESENT(message, bits)	EXPECT_NUMBER((message).present, (bits))
#define BIT(field)						(UINT32_C(1) << (field))

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

/*
 * The names, or the numbers, that a walk gives, joined by commas.
 */
static PlogBytes
joined_bytes(PlogRepeated repeated)
{
	Bytes		all = {0};
	PlogBytes	one;

	while (plog_next_bytes(&repeated, &one))
	{
		put(&all, one.data, one.length);
		put_8(&all, ',');
	}
	return take(&all);
}

static PlogBytes
joined_numbers(PlogRepeated repeated)
{
	Bytes		all = {0};
	uint64_t	one;

	while (plog_next_number(&repeated, &one))
	{
		put_varint(&all, one);
		put_8(&all, ',');
	}
	return take(&all);
}

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
 * Syscall
 */
static void
syscall_fields(void)
{
	PlogSyscall syscall;

	EXPECT(plog_decode_syscall(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x28" MINUS_2 "\x32\x04" "read"
									"\x3a\x02" "a1" "\x3a\x00\x3a\x02" "a3" UNKNOWN_FIELDS), &syscall));
	EXPECT_PRESENT(syscall, 0xfe);
	EXPECT_NUMBER(syscall.pid, 1);
	EXPECT_NUMBER(syscall.ppid, 2);
	EXPECT_NUMBER(syscall.tid, 3);
	EXPECT_NUMBER(syscall.create_time, 4);
	EXPECT(syscall.retcode == -2);
	EXPECT_BYTES(syscall.call_name, "read");
	EXPECT_NUMBER(syscall.argument_count, 3);
	EXPECT_BYTES(joined_bytes(syscall.arguments), "a1,,a3,");
}

/*
 * What the arguments hide from who passes them unseen, and what they do not.
 */
static void
syscall_without_arguments(void)
{
	const uint32_t numbers = ~(1u << PLOG_SYSCALL_ARGS);
	PlogSyscall syscall;

	/* fields as PANDA writes them: the last argument is not even whole */
	EXPECT(plog_decode_syscall_numbers(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x28" MINUS_2
											"\x32\x04" "read" "\x3a\x02" "a1" "\x3a\x7f"),
									   numbers, &syscall));
	EXPECT_PRESENT(syscall, 0x7e);
	EXPECT(syscall.retcode == -2);
	EXPECT_BYTES(syscall.call_name, "read");
	EXPECT(!plog_decode_syscall(COPY("\x32\x04" "read" "\x3a\x02" "a1" "\x3a\x7f"), &syscall));

	/* who asks first whether they are last is told */
	EXPECT(plog_decode_syscall(COPY("\x32\x04" "read" "\x3a\x02" "a1" "\x3a\x02" "a2"), &syscall));
	EXPECT(syscall.arguments_are_last);
	EXPECT(plog_decode_syscall(COPY("\x3a\x02" "a1" "\x32\x04" "read"), &syscall));
	EXPECT(!syscall.arguments_are_last);
	EXPECT(plog_decode_syscall(COPY("\x3a\x02" "a1" UNKNOWN_FIELDS), &syscall));
	EXPECT(!syscall.arguments_are_last);
	EXPECT(plog_decode_syscall(COPY("\x08\x01" UNKNOWN_FIELDS), &syscall));
	EXPECT(syscall.arguments_are_last);
	EXPECT(plog_decode_syscall(COPY("\x32\x04" "read" "\x28" MINUS_2 "\x3a\x02" "a1"), &syscall));
	EXPECT(!syscall.arguments_are_last);
	EXPECT(plog_decode_syscall(COPY("\x32\x04" "read" "\x32\x04" "open"), &syscall));
	EXPECT(!syscall.arguments_are_last);

	/* without the name, that it is cut off is not seen either */
	EXPECT(plog_decode_syscall_numbers(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x28" MINUS_2
											"\x32\x04" "re"),
									   numbers & ~(1u << PLOG_SYSCALL_CALL_NAME), &syscall));
	EXPECT_PRESENT(syscall, 0x3e);
	EXPECT(syscall.retcode == -2);
	EXPECT(!plog_decode_syscall_numbers(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x28" MINUS_2
											 "\x32\x04" "re"),
										numbers, &syscall));

	/* with it, those before the first that is not whole are there to be walked */
	EXPECT(plog_decode_syscall_numbers(COPY("\x08\x01\x10\x02\x18\x03\x20\x04\x28" MINUS_2
											"\x32\x04" "read" "\x3a\x02" "a1" "\x3a\x02" "a2"),
									   numbers, &syscall));
	EXPECT_BYTES(joined_bytes(syscall.arguments), "a1,a2,");
}

static void
syscall_presence(void)
{
	PlogSyscall syscall;

	EXPECT(plog_decode_syscall(COPY(""), &syscall));
	EXPECT_PRESENT(syscall, 0);
	EXPECT(syscall.call_name.data == NULL);
	EXPECT_NUMBER(syscall.argument_count, 0);
	for (uint32_t number = 1; number <= 7; number++)
	{
		Bytes		bytes = {0};

		if (number >= 6)
			put_string(&bytes, number, "");
		else
			put_number(&bytes, number, 0);
		EXPECT(plog_decode_syscall(take(&bytes), &syscall));
		EXPECT_PRESENT(syscall, BIT(number));
	}
	EXPECT_NUMBER(syscall.argument_count, 1);
	EXPECT(plog_decode_syscall(COPY("\x32\x00"), &syscall));
	EXPECT_BYTES(syscall.call_name, "");
}

static void
syscall_odd_fields(void)
{
	PlogSyscall syscall;

	EXPECT(plog_decode_syscall(COPY("\x08\x01\x32\x01" "a" "\x28\x01"
									"\x08\x02\x32\x01" "b" "\x28\x00"), &syscall));
	EXPECT_NUMBER(syscall.pid, 2);
	EXPECT_BYTES(syscall.call_name, "b");
	EXPECT_NUMBER(syscall.retcode, 0);

	/* other wire types; an argument that is none stands between two */
	EXPECT(plog_decode_syscall(COPY("\x0a\x00\x15\x01\x02\x03\x04\x30\x01\x38\x01"), &syscall));
	EXPECT_PRESENT(syscall, 0);
	EXPECT(plog_decode_syscall(COPY("\x3a\x01" "a" "\x38\x01\x3a\x01" "b"), &syscall));
	EXPECT_NUMBER(syscall.argument_count, 2);
	EXPECT_BYTES(joined_bytes(syscall.arguments), "a,b,");

	EXPECT(plog_decode_syscall(COPY("\x08" MINUS_2 "\x10\x80\x80\x80\x80\x10\x18" SHORT_MINUS_2),
							   &syscall));
	EXPECT_NUMBER(syscall.pid, UINT32_MAX - 1);
	EXPECT_NUMBER(syscall.ppid, 0);
	EXPECT_NUMBER(syscall.tid, UINT32_MAX - 1);
}

/*
 * Calls of three arguments, of lengths around those whose own length takes
 * another byte, whole and cut within the last.
 */
static void
syscall_argument_lengths(void)
{
	static const size_t lengths[] = {0, 1, 2, 126, 127, 128, 129, 255, 256, 16383, 16384};

	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		Bytes		argument = {0};
		Bytes		bytes = {0};
		PlogBytes	message;
		PlogSyscall syscall;
		size_t		before_last;

		put_fill(&argument, 0x3a, lengths[i]);
		put_number(&bytes, 1, 5);
		put_message(&bytes, 7, &argument);
		put_message(&bytes, 7, &argument);
		put_number(&bytes, 3, 6);
		before_last = bytes.length;
		put_message(&bytes, 7, &argument);
		message = take(&bytes);
		EXPECT(plog_decode_syscall(message, &syscall));
		EXPECT_PRESENT(syscall, BIT(1) | BIT(3) | BIT(7));
		EXPECT_NUMBER(syscall.pid, 5);
		EXPECT_NUMBER(syscall.tid, 6);
		EXPECT_NUMBER(syscall.argument_count, 3);
		EXPECT_NUMBER(joined_bytes(syscall.arguments).length, 3 * (lengths[i] + 1));
		for (size_t length = before_last; length < message.length; length++)
		{
			PlogBytes	cut = {message.data, length};

			EXPECT(plog_decode_syscall(cut, &syscall) == (length == before_last));
		}
		EXPECT(!plog_decode_syscall(tap_copy(message.data, before_last + 1), &syscall));
		EXPECT(!plog_decode_syscall(tap_copy(message.data, message.length - 1), &syscall));
		bytes_free(&argument);
	}
}

/*
 * NamedData and SyscallArg
 */

/*
 * An argument that is a number of the kind.
 */
static void
expect_number_argument(PlogBytes message, bool form_2020, uint32_t kind, uint64_t number)
{
	PlogArgument argument;

	EXPECT(plog_decode_argument(message, form_2020, &argument));
	EXPECT_NUMBER(argument.kind, kind);
	EXPECT_NUMBER(argument.number, number);
}

#define EXPECT_TODAY(literal, kind, number) \
	expect_number_argument(COPY(literal), false, (kind), (uint64_t) (number))
#define EXPECT_2020(literal, kind, number) \
	expect_number_argument(COPY(literal), true, (kind), (uint64_t) (number))

static void
argument_numbers(void)
{
	EXPECT_TODAY("\x18\x00", PLOG_ARGUMENT_PTR, 0);
	EXPECT_TODAY("\x18" MINUS_1, PLOG_ARGUMENT_PTR, UINT64_MAX);
	EXPECT_TODAY("\x20" MINUS_2, PLOG_ARGUMENT_U64, UINT64_MAX - 1);
	EXPECT_TODAY("\x28\xff\xff\xff\xff\x0f", PLOG_ARGUMENT_U32, UINT32_MAX);
	EXPECT_TODAY("\x28" MINUS_2, PLOG_ARGUMENT_U32, UINT32_MAX - 1);
	EXPECT_TODAY("\x30\xff\xff\x03", PLOG_ARGUMENT_U16, 65535);
	EXPECT_TODAY("\x30\x80\x80\x80\x80\x10", PLOG_ARGUMENT_U16, 0);
	EXPECT_TODAY("\x38" MINUS_2, PLOG_ARGUMENT_I64, -2);
	EXPECT_TODAY("\x38" SHORT_MINUS_2, PLOG_ARGUMENT_I64, UINT32_MAX - 1);
	EXPECT_TODAY("\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", PLOG_ARGUMENT_I64, INT64_MIN);
}

/*
 * Negative 32-bit numbers come as ten bytes or, from some writers, as five.
 */
static void
argument_signs(void)
{
	EXPECT_TODAY("\x40" MINUS_2, PLOG_ARGUMENT_I32, -2);
	EXPECT_TODAY("\x40" SHORT_MINUS_2, PLOG_ARGUMENT_I32, -2);
	EXPECT_TODAY("\x40\x05", PLOG_ARGUMENT_I32, 5);
	EXPECT_TODAY("\x40\xff\xff\xff\xff\x07", PLOG_ARGUMENT_I32, INT32_MAX);
	EXPECT_TODAY("\x40\x80\x80\x80\x80\x08", PLOG_ARGUMENT_I32, INT32_MIN);
	EXPECT_TODAY("\x40\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01", PLOG_ARGUMENT_I32, INT32_MIN);
	EXPECT_TODAY("\x48" MINUS_2, PLOG_ARGUMENT_I16, -2);
	EXPECT_TODAY("\x48" SHORT_MINUS_2, PLOG_ARGUMENT_I16, -2);
	EXPECT_TODAY("\x48\xff\xff\x01", PLOG_ARGUMENT_I16, 32767);
	EXPECT_TODAY("\x48\x80\x80\xfe\xff\xff\xff\xff\xff\xff\x01", PLOG_ARGUMENT_I16, -32768);
	/* only the low 32 bits count */
	EXPECT_TODAY("\x40\x81\x80\x80\x80\x10", PLOG_ARGUMENT_I32, 1);
}

static void
argument_floats_and_bools(void)
{
	EXPECT_TODAY("\x55\x00\x00\xc0\xbf", PLOG_ARGUMENT_FLOAT, 0xbfc00000);
	EXPECT_TODAY("\x55\x00\x00\x00\x80", PLOG_ARGUMENT_FLOAT, 0x80000000);
	EXPECT_TODAY("\x59\x00\x00\x00\x00\x00\x00\xf8\xbf", PLOG_ARGUMENT_DOUBLE,
				 UINT64_C(0xbff8000000000000));
	EXPECT_TODAY("\x60\x00", PLOG_ARGUMENT_BOOL, 0);
	EXPECT_TODAY("\x60\x01", PLOG_ARGUMENT_BOOL, 1);
	EXPECT_TODAY("\x60\x02", PLOG_ARGUMENT_BOOL, 1);
	EXPECT_TODAY("\x60\x80\x80\x80\x80\x10", PLOG_ARGUMENT_BOOL, 1);
	EXPECT_TODAY("\x60\x80\x00", PLOG_ARGUMENT_BOOL, 0);
}

/*
 * A path that syscalls_logger wrote as bytes is a call's argument of text.
 */
static void
argument_paths(void)
{
	PlogArgument argument;

	EXPECT(plog_decode_call_argument(COPY("\x0a\x11" "filename(from fd)" "\x6a\x02" "/x"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STR);
	EXPECT_NUMBER(argument.bytes.length, 2);
	EXPECT(plog_decode_argument(COPY("\x0a\x11" "filename(from fd)" "\x6a\x02" "/x"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_BYTES);
	EXPECT(plog_decode_call_argument(COPY("\x0a\x11" "filename(from fD)" "\x6a\x02" "/x"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_BYTES);
	EXPECT(plog_decode_call_argument(COPY("\x6a\x02" "/x"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_BYTES);
	EXPECT(plog_decode_call_argument(COPY("\x0a\x11" "filename(from fd)" "\x28\x02"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_U32);
	EXPECT(!plog_decode_call_argument(COPY("\x0a\x11" "filename(from fd)" "\x6a\x03" "/x"), false, &argument));
}

static void
argument_bytes(void)
{
	PlogArgument argument;

	EXPECT(plog_decode_argument(COPY("\x0a\x01" "n" "\x12\x03" "a\0b"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STR);
	EXPECT_BYTES(argument.name, "n");
	EXPECT_BYTES(argument.bytes, "a\0b");
	EXPECT(argument.struct_type.data == NULL && argument.struct_data.data == NULL);

	EXPECT(plog_decode_argument(COPY("\x12\x00\x0a\x00"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STR);
	EXPECT_BYTES(argument.name, "");
	EXPECT_BYTES(argument.bytes, "");

	EXPECT(plog_decode_argument(COPY("\x6a\x02\xff\x00"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_BYTES);
	EXPECT(argument.name.data == NULL);
	EXPECT_BYTES(argument.bytes, "\xff\x00");
}

static void
argument_structs(void)
{
	PlogArgument argument;
	PlogRepeated members;

	EXPECT(plog_decode_argument(COPY("\x72\x01" "t" "\x7a\x08\x0a\x02\x28\x01\x0a\x02\x28\x02"),
								false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STRUCT_TYPE);
	EXPECT_BYTES(argument.struct_type, "t");
	EXPECT_BYTES(argument.struct_data, "\x0a\x02\x28\x01\x0a\x02\x28\x02");
	EXPECT(plog_decode_struct(argument.struct_data, &members));
	EXPECT_BYTES(joined_bytes(members), "\x28\x01,\x28\x02,");

	/* a NULL pointer; data without a type; both in the other order */
	EXPECT(plog_decode_argument(COPY("\x72\x00"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STRUCT_TYPE);
	EXPECT_BYTES(argument.struct_type, "");
	EXPECT(argument.struct_data.data == NULL);

	/* several make one struct */
	EXPECT(plog_decode_argument(COPY("\x7a\x04\x0a\x02\x28\x01\x72\x01T\x7a\x00\x7a\x04\x0a\x02\x28\x02"),
								false, &argument));
	EXPECT_BYTES(argument.struct_type, "T");
	EXPECT_BYTES(joined_bytes(plog_struct_parts(&argument)), "\x0a\x02\x28\x01,,\x0a\x02\x28\x02,");
	EXPECT(plog_decode_argument(COPY("\x7a\x00"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STRUCT_TYPE);
	EXPECT(argument.struct_type.data == NULL);
	EXPECT_BYTES(argument.struct_data, "");
	EXPECT(plog_decode_struct(argument.struct_data, &members));
	EXPECT_NUMBER(joined_bytes(members).length, 0);
	EXPECT(plog_decode_argument(COPY("\x7a\x00\x72\x01" "t"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STRUCT_TYPE);
	EXPECT_BYTES(argument.struct_type, "t");
	EXPECT_BYTES(argument.struct_data, "");

	/* members alone are walked; what is no message is no StructData */
	EXPECT(plog_decode_struct(COPY("\x08\x01\x12\x01" "x" "\x0a\x01" "m" UNKNOWN_FIELDS), &members));
	EXPECT_BYTES(joined_bytes(members), "m,");
	EXPECT(!plog_decode_struct(COPY("\x0a\x01" "m" "\x0a\x05" "n"), &members));
}

static void
argument_without_value(void)
{
	PlogArgument argument;

	EXPECT(plog_decode_argument(COPY(""), false, &argument));
	EXPECT_NUMBER(argument.kind, 0);
	EXPECT(argument.name.data == NULL);
	EXPECT(plog_decode_argument(COPY("\x0a\x04" "port"), false, &argument));
	EXPECT_NUMBER(argument.kind, 0);
	EXPECT_BYTES(argument.name, "port");
	EXPECT(plog_decode_argument(COPY(""), true, &argument));
	EXPECT_NUMBER(argument.kind, 0);
}

/*
 * Of several values the one of the lowest number counts, wherever it stands;
 * of one number the last.
 */
static void
argument_precedence(void)
{
	PlogArgument argument;

	EXPECT_TODAY("\x28\x05\x18\x03\x30\x06", PLOG_ARGUMENT_PTR, 3);
	EXPECT_TODAY("\x59\x01\x00\x00\x00\x00\x00\x00\x00\x55\x02\x00\x00\x00\x72\x01" "u" "\x7a\x00",
				 PLOG_ARGUMENT_FLOAT, 2);
	EXPECT_TODAY("\x72\x01" "t" "\x6a\x01" "x" "\x60\x01", PLOG_ARGUMENT_BOOL, 1);
	EXPECT_TODAY("\x28\x05\x28\x06", PLOG_ARGUMENT_U32, 6);
	EXPECT_TODAY("\x28\x06\x28\x00", PLOG_ARGUMENT_U32, 0);

	EXPECT(plog_decode_argument(COPY("\x18\x01\x12\x01" "s" "\x28\x02"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STR);
	EXPECT_BYTES(argument.bytes, "s");
	EXPECT(plog_decode_argument(COPY("\x72\x01" "t" "\x6a\x01" "x"), false, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_BYTES);
	EXPECT_BYTES(argument.bytes, "x");
	EXPECT(plog_decode_argument(COPY("\x0a\x01" "a" "\x12\x01" "b" "\x12\x01" "c" "\x0a\x01" "d"),
								false, &argument));
	EXPECT_BYTES(argument.name, "d");
	EXPECT_BYTES(argument.bytes, "c");
	EXPECT(plog_decode_argument(COPY("\x72\x01" "t" "\x7a\x00\x72\x01" "u"), false, &argument));
	EXPECT_BYTES(argument.struct_type, "u");
}

/*
 * A value of another wire type than its own is none.
 */
static void
argument_wrong_types(void)
{
	PlogArgument argument;
	static const struct
	{
		uint32_t	first;		/* field numbers, of one type */
		uint32_t	last;
		WireType	type;
	}			types[] = {
		{1, 2, WIRE_BYTES},
		{3, 9, WIRE_VARINT},
		{10, 10, WIRE_FIXED32},
		{11, 11, WIRE_FIXED64},
		{12, 12, WIRE_VARINT},
		{13, 15, WIRE_BYTES},
		{16, 40, (WireType) 8},
	};

	for (size_t i = 0; i < lengthof(types); i++)
	{
		for (uint32_t number = types[i].first; number <= types[i].last; number++)
		{
			Bytes		message = {0};

			if (types[i].type != WIRE_VARINT)
				put_number(&message, number, 1);
			if (types[i].type != WIRE_BYTES)
				put_string(&message, number, "x");
			if (types[i].type != WIRE_FIXED32)
			{
				put_tag(&message, number, WIRE_FIXED32);
				put_32(&message, 1);
			}
			if (types[i].type != WIRE_FIXED64)
			{
				put_tag(&message, number, WIRE_FIXED64);
				put_64(&message, 1);
			}
			put_tag(&message, number, WIRE_GROUP_START);
			put_tag(&message, number, WIRE_GROUP_END);
			EXPECT(plog_decode_argument(take(&message), false, &argument));
			EXPECT_NUMBER(argument.kind, 0);
			EXPECT(argument.name.data == NULL && argument.bytes.data == NULL);
			EXPECT(argument.struct_type.data == NULL && argument.struct_data.data == NULL);
		}
	}
	/* it does not stand in the way of one of a higher number */
	EXPECT_TODAY("\x10\x01\x28\x05", PLOG_ARGUMENT_U32, 5);
}

static void
arguments_of_2020(void)
{
	PlogArgument argument;

	EXPECT(plog_decode_argument(COPY("\x0a\x01" "s"), true, &argument));
	EXPECT_NUMBER(argument.kind, PLOG_ARGUMENT_STR);
	EXPECT_BYTES(argument.bytes, "s");
	EXPECT(argument.name.data == NULL);
	EXPECT_2020("\x10" MINUS_1, PLOG_ARGUMENT_PTR, UINT64_MAX);
	EXPECT_2020("\x18" MINUS_1, PLOG_ARGUMENT_U64, UINT64_MAX);
	EXPECT_2020("\x20" MINUS_2, PLOG_ARGUMENT_U32, UINT32_MAX - 1);
	EXPECT_2020("\x28\x05", PLOG_ARGUMENT_U16, 5);
	EXPECT_2020("\x30" MINUS_2, PLOG_ARGUMENT_I64, -2);
	EXPECT_2020("\x38" SHORT_MINUS_2, PLOG_ARGUMENT_I32, -2);
	EXPECT_2020("\x40" MINUS_2, PLOG_ARGUMENT_I16, -2);
	EXPECT_2020("\x40\x05\x10\x02", PLOG_ARGUMENT_PTR, 2);

	/* today's other fields are none of this form's */
	EXPECT_2020("\x4d\x00\x00\x00\x00\x51\x00\x00\x00\x00\x00\x00\x00\x00\x48\x01\x58\x01", 0, 0);
	EXPECT_2020("\x62\x01" "a" "\x6a\x01" "b" "\x72\x01" "c" "\x7a\x01" "d" UNKNOWN_FIELDS, 0, 0);
	EXPECT_2020("\x12\x01" "a", 0, 0);
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

/*
 * Each decoder accepts what was cut off between two fields, and nothing else.
 */
typedef bool (*Decoder) (PlogBytes message);

static bool
accepts_entry(PlogBytes message)
{
	PlogEntry	entry;

	return plog_decode_entry(message, &entry);
}

static bool
accepts_asid_info(PlogBytes message)
{
	PlogAsidInfo info;

	return plog_decode_asid_info(message, false, &info);
}

static bool
accepts_asid_info_2018(PlogBytes message)
{
	PlogAsidInfo info;

	return plog_decode_asid_info(message, true, &info);
}

static bool
accepts_syscall(PlogBytes message)
{
	PlogSyscall syscall;

	return plog_decode_syscall(message, &syscall);
}

static bool
accepts_argument(PlogBytes message)
{
	PlogArgument argument;

	return plog_decode_argument(message, false, &argument);
}

static bool
accepts_argument_2020(PlogBytes message)
{
	PlogArgument argument;

	return plog_decode_argument(message, true, &argument);
}

static bool
accepts_struct(PlogBytes message)
{
	PlogRepeated members;

	return plog_decode_struct(message, &members);
}

static bool
accepts_loaded_libs(PlogBytes message)
{
	PlogLoadedLibs libs;

	return plog_decode_loaded_libs(message, &libs);
}

static bool
accepts_module(PlogBytes message)
{
	PlogModule	module;

	return plog_decode_module(message, &module);
}

static bool
accepts_proc_trace(PlogBytes message)
{
	PlogProcTrace trace;

	return plog_decode_proc_trace(message, &trace);
}

static const Decoder decoders[] = {
	accepts_entry, accepts_asid_info, accepts_asid_info_2018, accepts_syscall, accepts_argument,
	accepts_argument_2020, accepts_struct, accepts_loaded_libs, accepts_module, accepts_proc_trace
};

/*
 * Fields 1 to 20, of the type that changes with each; where each of them ends
 * is marked in an array of flags.
 */
static PlogBytes
build_fields(unsigned first_type, bool *is_end)
{
	Bytes		message = {0};

	is_end[0] = true;
	for (uint32_t number = 1; number <= 20; number++)
	{
		switch ((number + first_type) % 5)
		{
			case 0:
				put_number(&message, number, UINT64_MAX >> 3 * number);
				break;
			case 1:
				put_string(&message, number, "\x01\x02\x03");
				break;
			case 2:
				put_tag(&message, number, WIRE_FIXED32);
				put_32(&message, number);
				break;
			case 3:
				put_tag(&message, number, WIRE_FIXED64);
				put_64(&message, number);
				break;
			case 4:
				put_tag(&message, number, WIRE_GROUP_START);
				put_number(&message, 1, 200);
				put_tag(&message, number, WIRE_GROUP_END);
				break;
		}
		is_end[message.length] = true;
	}
	return take(&message);
}

static void
decoders_on_cut_messages(void)
{
	for (unsigned first_type = 0; first_type < 5; first_type++)
	{
		bool		is_end[300] = {0};
		PlogBytes	message = build_fields(first_type, is_end);

		for (size_t length = 0; length <= message.length; length++)
		{
			PlogBytes	exact = tap_copy(message.data, length);
			PlogBytes	followed = {message.data, length};

			for (size_t i = 0; i < lengthof(decoders); i++)
			{
				EXPECT(decoders[i] (exact) == is_end[length]);
				EXPECT(decoders[i] (followed) == is_end[length]);
			}
		}
	}
}

/*
 * A field that is malformed behind good ones.
 */
static void
decoders_on_malformed_messages(void)
{
	const PlogBytes cases[] = {
		COPY("\x08\x01\x00\x01"),
		COPY("\x08\x01\x0e\x01"),
		COPY("\x08\x01\x0c"),
		COPY("\x08\x01\x0b\x14"),
		COPY("\x08\x01\xc2\x3e\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		COPY("\x08\x01\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		for (size_t j = 0; j < lengthof(decoders); j++)
			EXPECT(!decoders[j] (cases[i]));
	}
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
	tap_run("syscall: fields", syscall_fields);
	tap_run("syscall: arguments passed unseen", syscall_without_arguments);
	tap_run("syscall: presence", syscall_presence);
	tap_run("syscall: repeated and mistyped fields", syscall_odd_fields);
	tap_run("syscall: arguments of any length", syscall_argument_lengths);
	tap_run("argument: unsigned and 64-bit numbers", argument_numbers);
	tap_run("argument: sign extension, from ten bytes and from five", argument_signs);
	tap_run("argument: float, double and bool", argument_floats_and_bools);
	tap_run("argument: strings and bytes", argument_bytes);
	tap_run("argument: paths behind descriptors", argument_paths);
	tap_run("argument: structs", argument_structs);
	tap_run("argument: without value", argument_without_value);
	tap_run("argument: the lowest number counts, of one the last", argument_precedence);
	tap_run("argument: values of another wire type are none", argument_wrong_types);
	tap_run("argument: the form of 2020", arguments_of_2020);
	tap_run("loaded_libs: fields and presence", loaded_libs_fields);
	tap_run("module: fields and presence", module_fields);
	tap_run("proc_trace: fields and presence", proc_trace_fields);
	tap_run("taint_flow: fields and presence", taint_flow_fields);
	tap_run("taint_flow: what comes twice", taint_flow_merged);
	tap_run("taint_flow: malformed parts", taint_flow_malformed);
	tap_run("payload: what it is where fields have several meanings", payload_forms);
	tap_run("evidence: asid_info", evidence_of_asid_info);
	tap_run("evidence: loaded_libs", evidence_of_loaded_libs);
	tap_run("evidence: arguments", evidence_of_arguments);
	tap_run("decoders: messages cut off anywhere", decoders_on_cut_messages);
	tap_run("decoders: malformed messages", decoders_on_malformed_messages);
}
