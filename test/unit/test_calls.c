/*-------------------------------------------------------------------------
 *
 * test_calls.c
 *		Tests of the decoders of system calls and their arguments.
 *
 * Field numbers are written out, not taken from format.h, so that a wrong one
 * there is found.
 *
 *-------------------------------------------------------------------------
 */
#include "messages.h"
#include "plog/message.h"
#include "plog_test.h"

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

void
test_calls(void)
{
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
}
