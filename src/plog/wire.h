/*-------------------------------------------------------------------------
 *
 * wire.h
 *		A cursor over the fields of a protobuf message.
 *
 * Everything it gives points into the message: nothing is copied or
 * allocated.  Every length is checked against what is left before it is
 * used.  Format: https://protobuf.dev/programming-guides/encoding/
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_WIRE_H
#define PLOG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A view of bytes that somebody else owns; data is NULL where it is absent. */
typedef struct PlogBytes
{
	const uint8_t *data;
	size_t		length;
} PlogBytes;

typedef enum WireType
{
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_GROUP_START = 3,
	WIRE_GROUP_END = 4,
	WIRE_FIXED32 = 5
} WireType;

typedef struct WireCursor
{
	const uint8_t *at;
	const uint8_t *end;
	const uint8_t *stop;		/* at most the end: there wire_go_on() is asked */
} WireCursor;

typedef struct WireField
{
	uint32_t	number;
	WireType	type;
	uint64_t	value;			/* of a varint, fixed64 or fixed32 field */
	PlogBytes	bytes;			/* of a bytes field; of a group, its content */
} WireField;

typedef enum WireResult
{
	WIRE_FIELD,					/* a field was read */
	WIRE_END,					/* the message ended with the last field */
	WIRE_MALFORMED				/* not protobuf, or running past the end */
} WireResult;

/* No varint is longer. */
#define WIRE_VARINT_BYTES	10

/* A message is walked for so many bytes between two calls of wire_poll. */
#define WIRE_POLL_BYTES		((ptrdiff_t) 1024 * 1024)

/*
 * What is called while a long message is walked; NULL: nothing.  It may leave
 * by longjmp: whoever walks a message with memory of its own sets it to NULL.
 */
extern void (*wire_poll) (void);

/*
 * The decoders of hot messages are worth their size where they are used, and what
 * they rarely come to is not to cost them registers.
 */
#define WIRE_INLINE		static inline __attribute__((always_inline))
#define WIRE_NOINLINE	__attribute__((noinline))

/*
 * The rare cases, in wire.c: a varint near the end of its message, a window of
 * a message that is shorter, a group, and a cursor that has come to its stop.
 * wire_go_on() is false at the end.
 */
extern bool wire_short_varint(WireCursor *cursor, uint64_t *value);
extern uint32_t wire_short_window_ends(const uint8_t *at, size_t length);
extern bool wire_skip_group(WireCursor *cursor, uint32_t number, PlogBytes *content);
extern bool wire_go_on(WireCursor *cursor);

WIRE_INLINE const uint8_t *
wire_next_stop(const uint8_t *at, const uint8_t *end)
{
	return end - at > WIRE_POLL_BYTES ? at + WIRE_POLL_BYTES : end;
}

/*
 * Start to read a message.
 */
WIRE_INLINE WireCursor
wire_cursor(PlogBytes message)
{
	WireCursor	cursor;

	cursor.at = message.data;
	cursor.end = message.data + message.length;
	cursor.stop = wire_next_stop(cursor.at, cursor.end);
	return cursor;
}

WIRE_INLINE uint32_t
wire_load32(const uint8_t *at)
{
	return (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

WIRE_INLINE uint64_t
wire_load64(const uint8_t *at)
{
	return (uint64_t) wire_load32(at) | (uint64_t) wire_load32(at + 4) << 32;
}

/*
 * Take the seven low bits of each of eight bytes together.
 */
WIRE_INLINE uint64_t
wire_gather(uint64_t word)
{
	word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
	word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (word & UINT64_C(0x000000000fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
}

/*
 * The value of the varint that the eight bytes begin with, whose last bytes'
 * high bits are in ends.
 */
WIRE_INLINE uint64_t
wire_value(uint64_t word, uint64_t ends)
{
	return wire_gather(word & (ends ^ (ends - 1)));
}

/* The high bits of those of eight bytes that end a varint. */
WIRE_INLINE uint64_t
wire_ends(uint64_t word)
{
	return ~word & UINT64_C(0x8080808080808080);
}

/*
 * The value of a varint of nine or ten bytes, whose first eight are in word.
 * Bits beyond the 64th are dropped, as protobuf does.
 */
WIRE_INLINE uint64_t
wire_long_value(uint64_t word, const uint8_t *at)
{
	uint64_t	value = wire_gather(word) | (uint64_t) (at[8] & 0x7f) << 56;

	return at[8] < 0x80 ? value : value | (uint64_t) at[9] << 63;
}

/*
 * Read a varint.  False where it runs past the end or beyond ten bytes.
 */
WIRE_INLINE bool
wire_varint(WireCursor *cursor, uint64_t *value)
{
	const uint8_t *at = cursor->at;
	uint64_t	word;
	uint64_t	ends;

	if (at < cursor->end && *at < 0x80)
	{
		*value = *at;
		cursor->at = at + 1;
		return true;
	}
	if (cursor->end - at < WIRE_VARINT_BYTES)
		return wire_short_varint(cursor, value);
	word = wire_load64(at);
	ends = wire_ends(word);
	if (ends != 0)
	{
		*value = wire_value(word, ends);
		cursor->at = at + __builtin_ctzll(ends) / 8 + 1;
		return true;
	}
	*value = wire_long_value(word, at);
	cursor->at = at + (at[8] < 0x80 ? 9 : 10);
	return at[8] < 0x80 || at[9] < 0x80;
}

/*
 * So many bytes are looked at together for where varints end.  A call's numbers
 * mostly take less: on Windows, whose times of creation are of nine bytes, up to
 * 32 where pids are below 16384 and the call failed.
 */
#define WIRE_WINDOW_BYTES	32

/* The most numbers that are looked for in a window.  Their tags are of one byte. */
#define WIRE_MAX_NUMBERS	5

/*
 * Those of eight bytes that end a varint, as bits: the product's highest byte
 * has one of each.
 */
WIRE_INLINE uint32_t
wire_ends_as_bits(uint64_t word)
{
	return (uint32_t) ((wire_ends(word) >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/*
 * The same of a window's bytes.
 */
WIRE_INLINE uint32_t
wire_window_ends(const uint8_t *at)
{
#ifdef __SSE2__
	__m128i		low = _mm_loadu_si128((const __m128i *) at);
	__m128i		high = _mm_loadu_si128((const __m128i *) (at + 16));

	return ~((uint32_t) _mm_movemask_epi8(low) | (uint32_t) _mm_movemask_epi8(high) << 16);
#else
	return wire_ends_as_bits(wire_load64(at)) | wire_ends_as_bits(wire_load64(at + 8)) << 8 |
		wire_ends_as_bits(wire_load64(at + 16)) << 16 |
		wire_ends_as_bits(wire_load64(at + 24)) << 24;
#endif
}

/*
 * Are there bytes in a window that are no varint, because more than ten belong
 * together?
 */
WIRE_INLINE bool
wire_has_long_run(uint32_t ends)
{
	uint32_t	runs = ~ends;	/* where two, four, … bytes that end none begin */

	runs &= runs >> 1;
	runs &= runs >> 2;
	runs &= runs >> 4;
	runs &= runs >> (WIRE_VARINT_BYTES - 8);
	return runs != 0;
}

/*
 * Are the last so many bytes of a window one varint and nothing else?
 */
WIRE_INLINE bool
wire_is_one_varint(uint32_t ends, size_t length)
{
	return length - 1 < WIRE_VARINT_BYTES &&
		ends >> (WIRE_WINDOW_BYTES - length) == UINT32_C(1) << (length - 1);
}

/*
 * The value of a valid varint of that length, behind whose start ten bytes can
 * be read.
 */
WIRE_INLINE uint64_t
wire_varint_of(const uint8_t *at, size_t length)
{
	uint64_t	word = wire_load64(at);

	if (length > 8)
		return wire_long_value(word, at);
	return wire_gather(word << (64 - 8 * length) >> (64 - 8 * length));
}

/*
 * Where a message's fields 1, 2 and so on are, as long as they are varints that
 * end in a window.
 *
 * Writers put fields in ascending order.  A decoder that looks for them one after
 * the other need not find out which each of them is: where each begins is told by
 * the bits of the window alone, so that nothing waits for memory, and nothing
 * hangs on a guess of how long a number is.  A message that begins otherwise is
 * for wire_next().
 */
typedef struct WireNumbers
{
	PlogBytes	message;
	uint32_t	ends;			/* the bytes from the next field on that end a varint,
								 * as bits from the message's start */
	size_t		next[WIRE_MAX_NUMBERS + 1]; /* where each begins, and what follows them */
} WireNumbers;

WIRE_INLINE WireNumbers
wire_numbers(PlogBytes message)
{
	WireNumbers numbers;
	uint32_t	behind = 0;		/* the window's bytes that are not the message's */

	numbers.message = message;
	numbers.next[0] = 0;
	if (message.length >= WIRE_WINDOW_BYTES)
		numbers.ends = wire_window_ends(message.data);
	else
	{
		numbers.ends = wire_short_window_ends(message.data, message.length);
		behind = UINT32_MAX << message.length;
	}

	/* a branch: what needs no check must not wait for it */
	if (__builtin_expect(wire_has_long_run(numbers.ends | behind), 0))
		numbers.ends = 0;
	return numbers;
}

/*
 * Is this number, after those before it, there?
 */
WIRE_INLINE bool
wire_find_number(WireNumbers *numbers, int number)
{
	uint32_t	ends = numbers->ends & (numbers->ends - 1);	/* less the tag's */

	if (ends == 0 || numbers->message.data[numbers->next[number - 1]] != (number << 3 | WIRE_VARINT))
		return false;
	numbers->next[number] = (uint32_t) __builtin_ctz(ends) + 1;
	numbers->ends = ends & (ends - 1);
	return true;
}

/*
 * The value of one of them.  Behind its tag ten bytes must be there to be read:
 * where they are not, nothing more is found, either.
 */
WIRE_INLINE bool
wire_number(WireNumbers *numbers, int number, uint64_t *value)
{
	size_t		at = numbers->next[number - 1] + 1;

	if (numbers->message.length - at < WIRE_VARINT_BYTES)
	{
		numbers->ends = 0;
		return false;
	}
	*value = wire_varint_of(numbers->message.data + at, numbers->next[number] - at);
	return true;
}

/*
 * Take the next field if it is the bytes field of that number, and it is shorter than 128 bytes.
 */
WIRE_INLINE bool
wire_take_bytes(WireCursor *cursor, uint32_t number, PlogBytes *bytes)
{
	const uint8_t *at = cursor->at;

	if (cursor->stop - at < 2 || at[0] != (number << 3 | WIRE_BYTES) ||
		at[1] >= 0x80 || at[1] > cursor->end - at - 2)
		return false;
	bytes->data = at + 2;
	bytes->length = at[1];
	cursor->at = at + 2 + at[1];
	return true;
}

/*
 * Read the next field.  After WIRE_MALFORMED the cursor must not be used.
 */
WIRE_INLINE WireResult
wire_next(WireCursor *cursor, WireField *field)
{
	uint64_t	tag;
	uint64_t	length;
	size_t		left;

	if (cursor->at >= cursor->stop && !wire_go_on(cursor))
		return WIRE_END;
	if (!wire_varint(cursor, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
		return WIRE_MALFORMED;

	field->number = (uint32_t) (tag >> 3);
	field->type = (WireType) (tag & 7);
	field->value = 0;
	field->bytes.data = NULL;
	field->bytes.length = 0;
	left = (size_t) (cursor->end - cursor->at);

	switch (field->type)
	{
		case WIRE_VARINT:
			return wire_varint(cursor, &field->value) ? WIRE_FIELD : WIRE_MALFORMED;

		case WIRE_BYTES:
			if (!wire_varint(cursor, &length) ||
				length > (uint64_t) (cursor->end - cursor->at))
				return WIRE_MALFORMED;
			field->bytes.data = cursor->at;
			field->bytes.length = (size_t) length;
			cursor->at += length;
			return WIRE_FIELD;

		case WIRE_FIXED64:
			if (left < 8)
				return WIRE_MALFORMED;
			field->value = wire_load64(cursor->at);
			cursor->at += 8;
			return WIRE_FIELD;

		case WIRE_FIXED32:
			if (left < 4)
				return WIRE_MALFORMED;
			field->value = wire_load32(cursor->at);
			cursor->at += 4;
			return WIRE_FIELD;

		case WIRE_GROUP_START:
			return wire_skip_group(cursor, field->number, &field->bytes) ? WIRE_FIELD : WIRE_MALFORMED;

		case WIRE_GROUP_END:
			break;
	}
	return WIRE_MALFORMED;
}

#endif							/* PLOG_WIRE_H */
