/*-------------------------------------------------------------------------
 *
 * test_numbers.c
 *		Tests of packed lists of numbers.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "columns/numbers.h"
#include "plog_test.h"
#include "tap.h"

/* More than are unpacked at once, and not a multiple of that. */
#define COUNT	2500

static uint64_t numbers[COUNT];
static NumberCodes codes;

/*
 * Numbers that look random, but are the same each time.
 */
static uint64_t
next_random(void)
{
	static uint64_t state = 1;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/*
 * Pack the first numbers, and expect to have them back, and nothing from fewer bytes.
 * Returns how many bytes they took.
 */
static size_t
expect_restored(size_t count, NumberCodes *with_codes)
{
	uint8_t    *room = malloc(PACKED_MOST_BYTES(count) + 1);
	size_t		bytes = pack_numbers(room, numbers, count, with_codes);
	PlogBytes	packed = tap_copy(room, bytes);
	PlogBytes	rest = packed;
	uint64_t   *restored = malloc((count + 1) * sizeof(uint64_t));

	EXPECT(bytes <= PACKED_MOST_BYTES(count));
	EXPECT(unpack_numbers(&rest, restored, count));
	EXPECT(count == 0 || memcmp(restored, numbers, count * sizeof(uint64_t)) == 0);
	EXPECT_NUMBER(rest.length, 0);
	for (size_t length = 0; length < bytes; length += length < 40 ? 1 : 97)
	{
		rest = tap_copy(room, length);
		EXPECT(!unpack_numbers(&rest, restored, count));
	}
	free(restored);
	free(room);
	return bytes;
}

static void
fill(uint64_t (*number) (size_t i))
{
	for (size_t i = 0; i < COUNT; i++)
		numbers[i] = number(i);
}

static uint64_t
same(size_t i)
{
	(void) i;
	return UINT64_MAX;
}

static uint64_t
ascending(size_t i)
{
	return UINT64_C(0xffffffff81000000) + 3 * i;
}

static uint64_t
small_and_negative(size_t i)
{
	return (uint64_t) -100 + i % 200;
}

static uint64_t
wrapping(size_t i)
{
	return i % 2 == 0 ? (uint64_t) INT64_MAX - i : (uint64_t) INT64_MIN + i;
}

static uint64_t
random_number(size_t i)
{
	(void) i;
	return next_random();
}

static uint64_t
few_values(size_t i)
{
	return (i % 7) * UINT64_C(0x123456789abcdef1);
}

static uint64_t
several_values(size_t i)
{
	return (i * i % 300) * UINT64_C(0x123456789abcdef1);
}

static void
lists_are_restored(void)
{
	uint64_t	(*const fillers[]) (size_t i) = {
		same, ascending, small_and_negative, wrapping, random_number, few_values, several_values
	};
	static const size_t counts[] = {0, 1, 2, 3, 1023, 1024, 1025, COUNT};

	for (size_t filler = 0; filler < lengthof(fillers); filler++)
	{
		fill(fillers[filler]);
		for (size_t i = 0; i < lengthof(counts); i++)
		{
			expect_restored(counts[i], NULL);
			codes.seed = filler;
			expect_restored(counts[i], &codes);
		}
	}
}

static void
lists_are_small(void)
{
	fill(same);
	EXPECT_NUMBER(expect_restored(COUNT, &codes), PACKED_HEADER_BYTES);
	fill(ascending);
	EXPECT(expect_restored(COUNT, NULL) <= PACKED_HEADER_BYTES + COUNT);
	fill(small_and_negative);
	EXPECT_NUMBER(expect_restored(COUNT, NULL), PACKED_HEADER_BYTES + COUNT);
	fill(few_values);
	EXPECT_NUMBER(expect_restored(COUNT, &codes), PACKED_HEADER_BYTES + 7 * 8 + COUNT);
}

/*
 * More different numbers than are told apart are packed without codes.
 */
static void
too_many_values(void)
{
	static uint64_t many[3 * NUMBER_CODES];
	static uint64_t restored[3 * NUMBER_CODES];
	uint8_t    *room = malloc(PACKED_MOST_BYTES(lengthof(many)));
	PlogBytes	packed;

	for (size_t i = 0; i < lengthof(many); i++)
		many[i] = next_random();
	packed.data = room;
	packed.length = pack_numbers(room, many, lengthof(many), &codes);
	EXPECT(unpack_numbers(&packed, restored, lengthof(many)));
	EXPECT(memcmp(many, restored, sizeof(many)) == 0);
	free(room);
}

/*
 * Whatever the bytes are, only they are read; a code that stands for nothing is refused.
 */
static void
any_bytes(void)
{
	static uint64_t restored[COUNT];
	uint8_t		room[PACKED_MOST_BYTES(64)];
	PlogBytes	packed;

	fill(few_values);
	packed.length = pack_numbers(room, numbers, 64, &codes);
	room[packed.length - 1] = 7;
	packed = tap_copy(room, packed.length);
	EXPECT(!unpack_numbers(&packed, restored, 64));
	for (int i = 0; i < 20000; i++)
	{
		uint8_t		bytes[64];
		size_t		length = next_random() % sizeof(bytes);

		for (size_t j = 0; j < length; j++)
			bytes[j] = (uint8_t) next_random();
		if (length > 1)
		{
			bytes[0] %= 4;
			bytes[1] %= 10;
		}
		if (length > 17 && i % 2 == 0)
			memset(bytes + 11, 0, 7);
		packed = tap_copy(bytes, length);
		(void) unpack_numbers(&packed, restored, next_random() % COUNT);
		EXPECT(packed.length <= length);
	}
}

void
test_numbers(void)
{
	tap_run("lists of numbers are restored", lists_are_restored);
	tap_run("lists of numbers are small", lists_are_small);
	tap_run("lists of many different numbers", too_many_values);
	tap_run("lists of numbers from any bytes", any_bytes);
}
