/*-------------------------------------------------------------------------
 *
 * numbers.c
 *		A list of numbers in few bytes.
 *
 * The loops are plain, so that the compiler makes vector instructions of them.
 *
 *-------------------------------------------------------------------------
 */
#include "columns/numbers.h"

typedef enum PackedWay
{
	PACKED_ABOVE_LEAST,
	PACKED_DIFFERENCES,
	PACKED_CODES
} PackedWay;

/* What is in front of a list. */
typedef struct PackedHeader
{
	uint8_t		way;
	uint8_t		width;			/* bytes of each number */
	uint64_t	base;			/* added to each number, or difference */
	uint64_t	first;			/* DIFFERENCES: the number before the first;
								 * CODES: how many different numbers follow */
} PackedHeader;

/* So many numbers are unpacked at once: they stay in the processor's nearest cache. */
#define TILE	1024

/* The least and the greatest of signed numbers. */
typedef struct Range
{
	int64_t		least;
	int64_t		greatest;
} Range;

static inline void
widen(Range *range, int64_t number)
{
	range->least = number < range->least ? number : range->least;
	range->greatest = number > range->greatest ? number : range->greatest;
}

/*
 * How many bytes it takes to tell the numbers of a range apart.
 */
static uint8_t
width_of(const Range *range)
{
	uint64_t	most = (uint64_t) range->greatest - (uint64_t) range->least;
	uint8_t		width = 0;

	for (; most > 0; most >>= 8)
		width++;
	return width;
}

static uint8_t *
write_header(uint8_t *to, const PackedHeader *header)
{
	to[0] = header->way;
	to[1] = header->width;
	memcpy(to + 2, &header->base, sizeof(uint64_t));
	memcpy(to + 10, &header->first, sizeof(uint64_t));
	return to + PACKED_HEADER_BYTES;
}

static PackedHeader
read_header(const uint8_t *from)
{
	PackedHeader header;

	header.way = from[0];
	header.width = from[1];
	memcpy(&header.base, from + 2, sizeof(uint64_t));
	memcpy(&header.first, from + 10, sizeof(uint64_t));
	return header;
}

static void
write_above_least(uint8_t *to, const uint64_t *numbers, size_t count, uint64_t base, uint8_t width)
{
	for (uint8_t byte = 0; byte < width; byte++, to += count)
	{
		for (size_t i = 0; i < count; i++)
			to[i] = (uint8_t) ((numbers[i] - base) >> 8 * byte);
	}
}

static void
write_differences(uint8_t *to, const uint64_t *numbers, size_t count, uint64_t base, uint8_t width)
{
	for (uint8_t byte = 0; byte < width; byte++, to += count)
	{
		to[0] = 0;
		for (size_t i = 1; i < count; i++)
			to[i] = (uint8_t) ((numbers[i] - numbers[i - 1] - base) >> 8 * byte);
	}
}

/*
 * The code of a number; NUMBER_CODES where there are too many different ones.
 */
static uint32_t
code_of(NumberCodes *codes, uint64_t number)
{
	uint64_t	hash = (number ^ codes->seed) * UINT64_C(0x9E3779B97F4A7C15);
	uint32_t	slot = (uint32_t) ((hash ^ hash >> 29) >> 32) & (2 * NUMBER_CODES - 1);

	while (codes->slots[slot] != 0)
	{
		if (codes->values[codes->slots[slot] - 1] == number)
			return codes->slots[slot] - 1;
		slot = (slot + 1) & (2 * NUMBER_CODES - 1);
	}
	if (codes->count == NUMBER_CODES)
		return NUMBER_CODES;
	codes->values[codes->count] = number;
	codes->slots[slot] = (uint16_t) ++codes->count;
	return codes->count - 1;
}

/*
 * Pack a list by codes, if that takes less than so many bytes; or return 0.
 */
static size_t
pack_codes(uint8_t *to, const uint64_t *numbers, size_t count, NumberCodes *codes, size_t most)
{
	PackedHeader header = {PACKED_CODES, 2, 0, 0};
	uint8_t    *at = to + PACKED_HEADER_BYTES;
	size_t		bytes;

	codes->count = 0;
	memset(codes->slots, 0, sizeof(codes->slots));
	for (size_t i = 0; i < count; i++)
	{
		if (code_of(codes, numbers[i]) == NUMBER_CODES ||
			codes->count * sizeof(uint64_t) + count >= most)
			return 0;
	}
	header.first = codes->count;
	header.width = codes->count <= 256 ? 1 : 2;
	bytes = PACKED_HEADER_BYTES + codes->count * sizeof(uint64_t) + header.width * count;
	if (bytes >= most)
		return 0;
	write_header(to, &header);
	memcpy(at, codes->values, codes->count * sizeof(uint64_t));
	at += codes->count * sizeof(uint64_t);
	for (size_t i = 0; i < count; i++)
	{
		uint32_t	code = code_of(codes, numbers[i]);

		at[i] = (uint8_t) code;
		if (header.width == 2)
			at[count + i] = (uint8_t) (code >> 8);
	}
	return bytes;
}

size_t
pack_numbers(uint8_t *to, const uint64_t *numbers, size_t count, NumberCodes *codes)
{
	Range		values = {INT64_MAX, INT64_MIN};
	Range		differences = {INT64_MAX, INT64_MIN};
	PackedHeader header = {PACKED_ABOVE_LEAST, 0, 0, 0};
	size_t		bytes;
	size_t		coded;

	if (count == 0)
		return 0;
	widen(&values, (int64_t) numbers[0]);
	for (size_t i = 1; i < count; i++)
	{
		widen(&values, (int64_t) numbers[i]);
		widen(&differences, (int64_t) (numbers[i] - numbers[i - 1]));
	}
	header.width = width_of(&values);
	header.base = (uint64_t) values.least;
	if (count > 1 && width_of(&differences) < header.width)
	{
		header.way = PACKED_DIFFERENCES;
		header.width = width_of(&differences);
		header.base = (uint64_t) differences.least;
		header.first = numbers[0] - header.base;
	}
	bytes = PACKED_HEADER_BYTES + header.width * count;
	if (codes != NULL && header.width > 1 &&
		(coded = pack_codes(to, numbers, count, codes, bytes)) > 0)
		return coded;
	to = write_header(to, &header);
	if (header.way == PACKED_DIFFERENCES)
		write_differences(to, numbers, count, header.base, header.width);
	else
		write_above_least(to, numbers, count, header.base, header.width);
	return bytes;
}

/*
 * Put the bytes of some numbers together.  The bytes of one number are "apart" from
 * each other.
 */
static void
read_bytes(const uint8_t *from, size_t apart, uint8_t width, uint64_t *numbers, size_t count)
{
	if (width == 0)
		memset(numbers, 0, count * sizeof(uint64_t));
	else if (width == 1)
	{
		for (size_t i = 0; i < count; i++)
			numbers[i] = from[i];
	}
	else
	{
		for (size_t i = 0; i < count; i++)
			numbers[i] = from[i] | (uint64_t) from[apart + i] << 8;
	}
	for (uint8_t byte = 2; byte < width; byte++)
	{
		const uint8_t *next = from + apart * byte;

		for (size_t i = 0; i < count; i++)
			numbers[i] |= (uint64_t) next[i] << 8 * byte;
	}
}

/*
 * Put numbers in the place of codes.  False where a code stands for none.
 */
static bool
replace_codes(const uint8_t *values, uint64_t value_count, uint64_t *numbers, size_t count)
{
	if (!numbers_are_below(numbers, count, value_count))
		return false;
	for (size_t i = 0; i < count; i++)
		memcpy(&numbers[i], values + numbers[i] * sizeof(uint64_t), sizeof(uint64_t));
	return true;
}

/*
 * Make the numbers of what was packed.
 */
static bool
restore_numbers(const PackedHeader *header, const uint8_t *values, uint64_t *before,
				uint64_t *numbers, size_t count)
{
	switch (header->way)
	{
		case PACKED_ABOVE_LEAST:
			for (size_t i = 0; i < count; i++)
				numbers[i] += header->base;
			return true;
		case PACKED_DIFFERENCES:
			for (size_t i = 0; i < count; i++)
				numbers[i] = *before += numbers[i] + header->base;
			return true;
		default:
			return replace_codes(values, header->first, numbers, count);
	}
}

bool
unpack_numbers(PlogBytes *packed, uint64_t *numbers, size_t count)
{
	PackedHeader header;
	const uint8_t *values;
	const uint8_t *from;
	uint64_t	before;
	size_t		left;

	if (count == 0)
		return true;
	if (packed->length < PACKED_HEADER_BYTES)
		return false;
	header = read_header(packed->data);
	left = packed->length - PACKED_HEADER_BYTES;
	from = values = packed->data + PACKED_HEADER_BYTES;
	if (header.way > PACKED_CODES || header.width > sizeof(uint64_t))
		return false;
	if (header.way == PACKED_CODES)
	{
		if (header.first > left / sizeof(uint64_t))
			return false;
		from += header.first * sizeof(uint64_t);
		left -= header.first * sizeof(uint64_t);
	}
	if (header.width > 0 && count > left / header.width)
		return false;
	before = header.first;
	for (size_t i = 0; i < count; i += TILE)
	{
		size_t		some = count - i < TILE ? count - i : TILE;

		read_bytes(from + i, count, header.width, numbers + i, some);
		if (!restore_numbers(&header, values, &before, numbers + i, some))
			return false;
	}
	packed->data = from + header.width * count;
	packed->length = left - header.width * count;
	return true;
}

bool
numbers_are_below(const uint64_t *numbers, size_t count, uint64_t limit)
{
	bool		are_below = true;

	for (size_t i = 0; i < count; i++)
		are_below &= numbers[i] < limit;
	return are_below;
}
