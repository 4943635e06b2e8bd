/*-------------------------------------------------------------------------
 *
 * test_wire.c
 *		Tests of the wire cursor, by bytes written out by hand.
 *
 *-------------------------------------------------------------------------
 */
#include "bytes.h"
#include "plog/chunk.h"
#include "plog/message.h"
#include "plog_test.h"
#include "tap.h"

/* How deep groups may nest. */
#define MAX_GROUP_DEPTH		100

/* A message of every wire type, and where its fields end. */
#define ALL_TYPES \
	"\x08\x96\x01" \
	"\x11\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\x1a\x03" "abc" \
	"\x23\x08\x01\x24" \
	"\x2d\x01\x02\x03\x04"

static const size_t all_types_ends[] = {0, 3, 12, 17, 21, 26};

/*
 * The first bytes of a message, with the rest of it behind their end: whoever
 * reads on finds what he hopes for.
 */
static PlogBytes
cut(PlogBytes message, size_t length)
{
	message.length = length;
	return message;
}

/*
 * Read a message's first field.
 */
static WireResult
read_field(PlogBytes message, WireField *field)
{
	WireCursor	cursor = wire_cursor(message);

	return wire_next(&cursor, field);
}

#define READ(literal, field)	read_field(COPY(literal), (field))

/*
 * Is this message malformed in its first field?
 */
static bool
is_malformed(PlogBytes message)
{
	WireField	field;

	return read_field(message, &field) == WIRE_MALFORMED;
}

#define MALFORMED(literal)	is_malformed(COPY(literal))

/*
 * A varint reads as the value, moves the cursor behind itself, and reads as
 * nothing when it is cut anywhere.
 */
static void
expect_varint(PlogBytes bytes, uint64_t wanted)
{
	WireCursor	cursor = wire_cursor(bytes);
	uint64_t	value = ~wanted;

	EXPECT(wire_varint(&cursor, &value));
	EXPECT_NUMBER(value, wanted);
	EXPECT(cursor.at == cursor.end);
	for (size_t length = 0; length < bytes.length; length++)
	{
		cursor = wire_cursor(tap_copy(bytes.data, length));
		EXPECT(!wire_varint(&cursor, &value));
		cursor = wire_cursor(cut(bytes, length));
		EXPECT(!wire_varint(&cursor, &value));
	}
}

/*
 * The same with something behind it: a few bytes or many, as the cursor reads
 * otherwise where there are ten.
 */
static void
expect_varint_followed(PlogBytes bytes, uint64_t wanted)
{
	static const uint8_t fills[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

	for (size_t i = 0; i < lengthof(fills); i++)
	{
		for (size_t count = 0; count <= 20; count++)
		{
			Bytes		longer = {0};
			WireCursor	cursor;
			uint64_t	value = ~wanted;

			put(&longer, bytes.data, bytes.length);
			put_fill(&longer, fills[i], count);
			cursor = wire_cursor(tap_copy(longer.data, longer.length));
			EXPECT(wire_varint(&cursor, &value));
			EXPECT_NUMBER(value, wanted);
			EXPECT_NUMBER(cursor.end - cursor.at, count);
			bytes_free(&longer);
		}
	}
}

static void
varints(void)
{
	const struct
	{
		PlogBytes	bytes;
		uint64_t	value;
	}			cases[] = {
		{COPY("\x00"), 0},
		{COPY("\x01"), 1},
		{COPY("\x7f"), 127},
		{COPY("\x80\x01"), 128},
		{COPY("\xac\x02"), 300},
		{COPY("\xff\x7f"), (1 << 14) - 1},
		{COPY("\x80\x80\x01"), 1 << 14},
		{COPY("\xff\xff\xff\x7f"), (1 << 28) - 1},
		{COPY("\x80\x80\x80\x80\x01"), 1 << 28},
		{COPY("\xff\xff\xff\xff\x0f"), UINT32_MAX},
		{COPY("\x80\x80\x80\x80\x80\x01"), UINT64_C(1) << 35},
		{COPY("\x80\x80\x80\x80\x80\x80\x01"), UINT64_C(1) << 42},
		{COPY("\xcd\xd7\xa6\xbc\xd6\xe8\x48"), UINT64_C(0x123456789abcd)},
		{COPY("\xef\x9b\xaf\xcd\xf8\xac\xd1\x91\x01"), UINT64_C(0x123456789abcdef)},
		{COPY("\x90\xe4\xd0\xb2\x87\xd3\xae\xee\xfe\x01"), UINT64_C(0xfedcba9876543210)},
		{COPY("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), (UINT64_C(1) << 63) - 1},
		{COPY("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), UINT64_C(1) << 63},
		{COPY("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), UINT64_MAX},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		expect_varint(cases[i].bytes, cases[i].value);
		expect_varint_followed(cases[i].bytes, cases[i].value);
	}
}

/*
 * Numbers with any bits, as the builder writes them.
 */
static void
varints_at_random(void)
{
	uint64_t	state = 1;

	for (int i = 0; i < 2000; i++)
	{
		Bytes		bytes = {0};
		uint64_t	value;

		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		value = state >> i % 64;
		put_varint(&bytes, value);
		expect_varint_followed(tap_copy(bytes.data, bytes.length), value);
		bytes_free(&bytes);
	}
}

/*
 * Find what a window shows of numbers 1 to 5.  It must be what the cursor reads
 * there.  Returns how many values were given.
 */
static int
expect_numbers_as_cursor(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireNumbers numbers = wire_numbers(message);
	int			given = 0;

	for (int number = 1; number <= 5 && wire_find_number(&numbers, number); number++)
	{
		uint64_t	value;
		WireField	field;

		EXPECT(wire_next(&cursor, &field) == WIRE_FIELD);
		EXPECT(field.type == WIRE_VARINT);
		EXPECT_NUMBER(field.number, number);
		EXPECT(cursor.at == message.data + numbers.next[number]);
		if (!wire_number(&numbers, number, &value))
		{
			EXPECT(!wire_find_number(&numbers, number + 1));
			break;
		}
		EXPECT_NUMBER(value, field.value);
		given++;
	}
	return given;
}

static void
windows_at_random(void)
{
	uint64_t	state = 2;
	int			given = 0;
	int			taken = 0;

	for (int i = 0; i < 20000; i++)
	{
		Bytes		bytes = {0};

		for (uint32_t number = 1; number <= 5; number++)
		{
			state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			if (state >> 60 == 0)
				continue;
			put_number(&bytes, number, state >> 8 >> (state >> 50) % 56);
			given++;
		}
		put(&bytes, "\xff\x07\x80\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", i % 16);
		taken += expect_numbers_as_cursor(tap_copy(bytes.data, bytes.length));
		bytes_free(&bytes);
	}

	/* those at a message's end may be left to others, but not more */
	EXPECT(taken > given / 2);
	EXPECT(taken < given);
}

static void
windows_show_no_long_varints(void)
{
	EXPECT_NUMBER(expect_numbers_as_cursor(COPY("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
												"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
												"\x18\x01\x20\x01\x28\x01\x32\x07" "ten of.")), 5);
	EXPECT_NUMBER(expect_numbers_as_cursor(COPY("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
												"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
												"\x18\x01\x20\x01\x28\x01\x32\x07" "eleven.")), 0);
}

/*
 * More bytes than a value needs are allowed, up to ten; what does not fit into
 * 64 bits is dropped.
 */
static void
overlong_varints(void)
{
	const struct
	{
		PlogBytes	bytes;
		uint64_t	value;
	}			cases[] = {
		{COPY("\x80\x00"), 0},
		{COPY("\x85\x80\x80\x00"), 5},
		{COPY("\x81\x80\x80\x80\x80\x80\x80\x00"), 1},
		{COPY("\x81\x80\x80\x80\x80\x80\x80\x80\x00"), 1},
		{COPY("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"), 1},
		{COPY("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), UINT64_MAX},
		{COPY("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7e"), 0},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		expect_varint(cases[i].bytes, cases[i].value);
		expect_varint_followed(cases[i].bytes, cases[i].value);
	}
}

static void
varints_of_eleven_bytes(void)
{
	const PlogBytes cases[] = {
		COPY("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
		COPY("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		COPY("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		for (size_t length = 10; length <= cases[i].length; length++)
		{
			WireCursor	cursor = wire_cursor(cut(cases[i], length));
			uint64_t	value;

			EXPECT(!wire_varint(&cursor, &value));
		}
	}

	/* as a tag, a value, a length, and within a group */
	EXPECT(MALFORMED("\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x01"));
	EXPECT(MALFORMED("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"));
	EXPECT(MALFORMED("\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"));
	EXPECT(MALFORMED("\x0b\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x0c"));
	EXPECT(MALFORMED("\x0b\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x0c"));
}

static void
loads_are_little_endian(void)
{
	PlogBytes	bytes = COPY("\x88\x99\xaa\xbb\xcc\xdd\xee\xff");

	EXPECT_NUMBER(wire_load32(bytes.data), 0xbbaa9988);
	EXPECT_NUMBER(wire_load64(bytes.data), UINT64_C(0xffeeddccbbaa9988));
}

static void
fields_of_every_type(void)
{
	WireCursor	cursor = wire_cursor(COPY(ALL_TYPES));
	WireField	field;

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 1);
	EXPECT_NUMBER(field.type, WIRE_VARINT);
	EXPECT_NUMBER(field.value, 150);
	EXPECT(field.bytes.data == NULL && field.bytes.length == 0);

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 2);
	EXPECT_NUMBER(field.type, WIRE_FIXED64);
	EXPECT_NUMBER(field.value, UINT64_C(0x0807060504030201));

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 3);
	EXPECT_NUMBER(field.type, WIRE_BYTES);
	EXPECT_NUMBER(field.value, 0);
	EXPECT_BYTES(field.bytes, "abc");

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 4);
	EXPECT_NUMBER(field.type, WIRE_GROUP_START);
	EXPECT_BYTES(field.bytes, "\x08\x01");

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 5);
	EXPECT_NUMBER(field.type, WIRE_FIXED32);
	EXPECT_NUMBER(field.value, 0x04030201);

	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_END);
	EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_END);
}

/*
 * Cut off anywhere, a message gives its whole fields; then it ends where it was
 * cut between two, and is malformed elsewhere.
 */
static void
expect_cut(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;
	size_t		whole = 0;
	size_t		fields = 0;

	while (whole + 1 < lengthof(all_types_ends) && all_types_ends[whole + 1] <= message.length)
		whole++;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		fields++;
	EXPECT_NUMBER(fields, whole);
	EXPECT_NUMBER(result, message.length == all_types_ends[whole] ? WIRE_END : WIRE_MALFORMED);
}

static void
cut_messages(void)
{
	PlogBytes	message = COPY(ALL_TYPES);

	for (size_t length = 0; length < sizeof(ALL_TYPES); length++)
	{
		expect_cut(tap_copy(ALL_TYPES, length));
		expect_cut(cut(message, length));
	}
}

static void
empty_messages(void)
{
	WireField	field;

	EXPECT_NUMBER(read_field(tap_copy("", 0), &field), WIRE_END);
	EXPECT_NUMBER(READ("\x0a\x00", &field), WIRE_FIELD);
	EXPECT_BYTES(field.bytes, "");
	EXPECT_NUMBER(READ("\x0b\x0c", &field), WIRE_FIELD);
	EXPECT_BYTES(field.bytes, "");
}

static void
field_numbers(void)
{
	WireField	field;

	EXPECT_NUMBER(READ("\x78\x01", &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 15);
	EXPECT_NUMBER(READ("\x80\x01\x01", &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 16);
	EXPECT_NUMBER(READ("\xf8\xff\xff\xff\x0f\x01", &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, (1 << 29) - 1);

	/* number 0, by every wire type; and an overlong 0 */
	EXPECT(MALFORMED("\x00\x01"));
	EXPECT(MALFORMED("\x01\x01\x02\x03\x04\x05\x06\x07\x08"));
	EXPECT(MALFORMED("\x02\x00"));
	EXPECT(MALFORMED("\x03\x04"));
	EXPECT(MALFORMED("\x05\x01\x02\x03\x04"));
	EXPECT(MALFORMED("\x80\x00\x01"));

	/* beyond 2^29 - 1: 2^29 itself, 2^29 + 1, and all bits */
	EXPECT(MALFORMED("\x80\x80\x80\x80\x10\x01"));
	EXPECT(MALFORMED("\x88\x80\x80\x80\x10\x01"));
	EXPECT(MALFORMED("\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"));
}

static void
unknown_wire_types(void)
{
	EXPECT(MALFORMED("\x0e\x01\x01\x01\x01\x01\x01\x01\x01"));
	EXPECT(MALFORMED("\x0f\x01\x01\x01\x01\x01\x01\x01\x01"));
	EXPECT(MALFORMED("\x0b\x0e\x0c"));
	EXPECT(MALFORMED("\x0b\x0f\x0c"));
}

/*
 * A bytes field of the length, with so many bytes there, alone and in a group.
 */
static void
expect_length(uint64_t length, size_t there, bool fits)
{
	for (int in_group = 0; in_group <= 1; in_group++)
	{
		Bytes		message = {0};
		WireField	field;

		if (in_group)
			put_tag(&message, 1, WIRE_GROUP_START);
		put_tag(&message, 2, WIRE_BYTES);
		put_varint(&message, length);
		put_fill(&message, 'x', there);
		if (in_group)
			put_tag(&message, 1, WIRE_GROUP_END);
		if (fits)
			EXPECT_NUMBER(read_field(tap_copy(message.data, message.length), &field), WIRE_FIELD);
		else
			EXPECT(is_malformed(tap_copy(message.data, message.length)));
		bytes_free(&message);
	}
}

/*
 * A length is compared with what is left, never added to a pointer first.
 */
static void
lengths_near_the_top(void)
{
	expect_length(5, 5, true);
	expect_length(7, 5, false);
	for (uint64_t i = 0; i < 64; i++)
	{
		expect_length(UINT64_MAX - i, 16, false);
		expect_length(SIZE_MAX - i, 16, false);
		expect_length(PTRDIFF_MAX - i, 16, false);
		expect_length(PTRDIFF_MAX + UINT64_C(1) + i, 16, false);
	}
	for (int bit = 5; bit < 64; bit++)
	{
		expect_length(UINT64_C(1) << bit, 16, false);
		expect_length((UINT64_C(1) << bit) + 16, 16, false);
	}
	EXPECT(MALFORMED("\x0a\x02x"));
	EXPECT(MALFORMED("\x0a\x01"));
}

/*
 * A message of a field in so many groups, one in another, and a field behind.
 */
static PlogBytes
nested_groups(int depth)
{
	Bytes		message = {0};
	PlogBytes	copy;

	for (int i = 1; i <= depth; i++)
		put_tag(&message, (uint32_t) i, WIRE_GROUP_START);
	put_number(&message, 7, 1);
	for (int i = depth; i >= 1; i--)
		put_tag(&message, (uint32_t) i, WIRE_GROUP_END);
	put_number(&message, 9, 42);
	copy = tap_copy(message.data, message.length);
	bytes_free(&message);
	return copy;
}

static void
groups_in_groups(void)
{
	WireField	field;
	WireCursor	cursor;

	for (int depth = 1; depth <= MAX_GROUP_DEPTH; depth++)
	{
		PlogBytes	message = nested_groups(depth);

		cursor = wire_cursor(message);
		EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
		EXPECT_NUMBER(field.number, 1);
		EXPECT(field.bytes.data == message.data + 1);
		EXPECT(field.bytes.length == message.length - 4);
		EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_FIELD);
		EXPECT_NUMBER(field.number, 9);
		EXPECT_NUMBER(field.value, 42);
		EXPECT_NUMBER(wire_next(&cursor, &field), WIRE_END);
	}
	EXPECT_NUMBER(READ("\x0b\x0b\x0c\x0b\x0c\x0c", &field), WIRE_FIELD);
	EXPECT_BYTES(field.bytes, "\x0b\x0c\x0b\x0c");
}

static void
groups_too_deep(void)
{
	EXPECT(is_malformed(nested_groups(MAX_GROUP_DEPTH + 1)));
	EXPECT(is_malformed(nested_groups(MAX_GROUP_DEPTH + 2)));
	EXPECT(is_malformed(nested_groups(100000)));
}

/*
 * A group holds anything, cut-off values not.
 */
static void
groups_of_every_type(void)
{
	Bytes		bytes = {0};
	PlogBytes	message;
	WireField	field;

	put_tag(&bytes, 20, WIRE_GROUP_START);
	put(&bytes, ALL_TYPES, sizeof(ALL_TYPES) - 1);
	put_tag(&bytes, 20, WIRE_GROUP_END);
	message = tap_copy(bytes.data, bytes.length);
	bytes_free(&bytes);
	EXPECT_NUMBER(read_field(message, &field), WIRE_FIELD);
	EXPECT_NUMBER(field.number, 20);
	EXPECT_NUMBER(field.bytes.length, sizeof(ALL_TYPES) - 1);
	for (size_t length = 1; length < message.length; length++)
	{
		EXPECT(is_malformed(tap_copy(message.data, length)));
		EXPECT(is_malformed(cut(message, length)));
	}
}

static void
groups_with_wrong_ends(void)
{
	/* an end without a start; another's end, alone, within, and crossed */
	EXPECT(MALFORMED("\x0c"));
	EXPECT(MALFORMED("\x0b\x14"));
	EXPECT(MALFORMED("\x0b\x13\x0c\x0c"));
	EXPECT(MALFORMED("\x0b\x13\x0c\x14"));
	EXPECT(MALFORMED("\x0b\x13\x14\x14"));
	/* field number 0, of a field and of an end; a tag beyond 32 bits */
	EXPECT(MALFORMED("\x0b\x00\x01\x0c"));
	EXPECT(MALFORMED("\x0b\x04"));
	EXPECT(MALFORMED("\x0b\x88\x80\x80\x80\x10\x01\x0c"));
	/* values that end too early */
	EXPECT(MALFORMED("\x0b\x08\x80"));
	EXPECT(MALFORMED("\x0b\x09\x01\x02\x03\x04\x05\x06\x07"));
	EXPECT(MALFORMED("\x0b\x0d\x01\x02\x03"));
}

/*
 * The framing of a chunk: u32 sizes and so many bytes.
 */
static void
entry_framing(void)
{
	WireCursor	cursor = wire_cursor(COPY("\x02\0\0\0ab\0\0\0\0\x01\0\0\0c"));
	PlogBytes	body;

	EXPECT(plog_next_body(&cursor, &body));
	EXPECT_BYTES(body, "ab");
	EXPECT(plog_next_body(&cursor, &body));
	EXPECT_BYTES(body, "");
	EXPECT(plog_next_body(&cursor, &body));
	EXPECT_BYTES(body, "c");
	EXPECT(!plog_next_body(&cursor, &body));
	EXPECT(cursor.at == cursor.end);
}

/*
 * Where no whole entry is left, the cursor stays where it is.
 */
static void
entry_framing_cut(void)
{
	const PlogBytes cases[] = {
		COPY("\x01"),
		COPY("\x01\0\0"),
		COPY("\x01\0\0\0"),
		COPY("\x03\0\0\0ab"),
		COPY("\0\0\0\x80" "abcd"),
		COPY("\xff\xff\xff\xff" "abcd"),
		COPY("\xfc\xff\xff\xff" "abcd"),
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		WireCursor	cursor = wire_cursor(cases[i]);
		PlogBytes	body;

		EXPECT(!plog_next_body(&cursor, &body));
		EXPECT(cursor.at == cases[i].data);
	}
}

/*
 * Long messages can be interrupted while they are walked.
 */
static int	polls;

static void
count_poll(void)
{
	polls++;
}

/* A message of so many times the same bytes, with others before and behind. */
static PlogBytes
repeated_bytes(PlogBytes before, PlogBytes repeated, size_t times, PlogBytes behind)
{
	Bytes		bytes = {0};
	PlogBytes	message;

	put(&bytes, before.data, before.length);
	for (size_t i = 0; i < times; i++)
		put(&bytes, repeated.data, repeated.length);
	put(&bytes, behind.data, behind.length);
	message = tap_copy(bytes.data, bytes.length);
	bytes_free(&bytes);
	return message;
}

static void
long_messages(void)
{
	const size_t times = 2 * 1024 * 1024;
	PlogBytes	none = {(const uint8_t *) "", 0};
	PlogBytes	message;
	PlogEntry	entry;
	PlogSyscall syscall;
	PlogAsidInfo info;
	PlogRepeated members;
	Bytes		packed = {0};

	wire_poll = count_poll;

	polls = 0;
	EXPECT(plog_decode_entry(COPY("\x08\x01\x10\x02"), &entry));
	EXPECT_NUMBER(polls, 0);

	/* two bytes a time: four polls, but for the first of them */
	message = repeated_bytes(none, COPY("\x78\x01"), times, COPY("\x10\x02"));
	EXPECT(plog_decode_entry(message, &entry));
	EXPECT_NUMBER(entry.instr, 2);
	EXPECT_NUMBER(polls, 4);

	polls = 0;
	message = repeated_bytes(none, COPY("\x3a\x00"), times, none);
	EXPECT(plog_decode_syscall(message, &syscall));
	EXPECT_NUMBER(syscall.argument_count, times);
	EXPECT_NUMBER(polls, 3);

	polls = 0;
	message = repeated_bytes(COPY("\x7b"), COPY("\x08\x01"), times, COPY("\x7c"));
	EXPECT(plog_decode_struct(message, &members));
	EXPECT_NUMBER(polls, 4);

	polls = 0;
	put_varint(&packed, 2 * times);
	message = repeated_bytes(none, COPY("\x01"), 2 * times, none);
	message = repeated_bytes(COPY("\x32"), tap_copy(packed.data, packed.length), 1, message);
	bytes_free(&packed);
	EXPECT(plog_decode_asid_info(message, false, &info));
	EXPECT_NUMBER(polls, 3);

	wire_poll = NULL;
}

void
test_wire(void)
{
	tap_run("wire: varints of one to ten bytes, whole and cut off", varints);
	tap_run("wire: varints of any bits, with anything behind", varints_at_random);
	tap_run("wire: windows on numbers show what the cursor reads", windows_at_random);
	tap_run("wire: varints of eleven bytes are in no window", windows_show_no_long_varints);
	tap_run("wire: varints longer than they need be", overlong_varints);
	tap_run("wire: varints of eleven bytes are malformed", varints_of_eleven_bytes);
	tap_run("wire: loads are little-endian", loads_are_little_endian);
	tap_run("wire: fields of every type", fields_of_every_type);
	tap_run("wire: messages cut off anywhere", cut_messages);
	tap_run("wire: empty messages, bytes and groups", empty_messages);
	tap_run("wire: field numbers from 1 to 2^29 - 1 alone", field_numbers);
	tap_run("wire: wire types 6 and 7 are malformed", unknown_wire_types);
	tap_run("wire: lengths up to 2^64 - 1", lengths_near_the_top);
	tap_run("wire: groups in groups, one hundred deep", groups_in_groups);
	tap_run("wire: groups nested too deep are malformed", groups_too_deep);
	tap_run("wire: groups of every type, whole and cut off", groups_of_every_type);
	tap_run("wire: groups with wrong ends or content are malformed", groups_with_wrong_ends);
	tap_run("wire: long messages can be interrupted", long_messages);
	tap_run("wire: entries in a chunk", entry_framing);
	tap_run("wire: entries running past the end of a chunk", entry_framing_cut);
}
