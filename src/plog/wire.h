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
	const uint8_t *stop;		/* the end, or where wire_go_on() is called before it */
} WireCursor;

typedef struct WireField
{
	uint32_t	number;
	WireType	type;
	uint64_t	value;			/* of a varint, fixed64 or fixed32 field */
	PlogBytes	bytes;			/* of a bytes field; of a group, its content */
} WireField;

/*
 * A field's number and wire type in one number, to switch on.  A field number that
 * is greater than any that a decoder knows becomes 0.
 */
#define WIRE_KEY(number, type)	((number) << 3 | (type))
#define WIRE_KEY_OF(field) \
	((field).number < 0x10000000 ? WIRE_KEY((field).number, (field).type) : 0)

typedef enum WireResult
{
	WIRE_FIELD,					/* a field was read */
	WIRE_END,					/* the message ended with the last field */
	WIRE_MALFORMED				/* it is not protobuf, or runs past the end */
} WireResult;

/* The longest varint. */
#define WIRE_VARINT_BYTES	10

/* wire_poll is called each time so many bytes of a message were walked. */
#define WIRE_POLL_BYTES		((ptrdiff_t) 1024 * 1024)

/*
 * A function that is called while a long message is walked, or NULL.  It may leave by
 * longjmp.  A caller that would lose memory by that sets it to NULL.
 */
extern void (*wire_poll) (void);

/*
 * What is used for each field of each message is inlined.  Rare cases are kept out of
 * line, so that they do not take registers from the rest.
 */
#define WIRE_INLINE		static inline __attribute__((always_inline))
#define WIRE_NOINLINE	__attribute__((noinline))

/*
 * The rare cases, in wire.c: a varint near the end of its message, a group, and a
 * cursor that has come to its stop.  wire_go_on() is false at the end.
 */
extern bool wire_short_varint(WireCursor *cursor, uint64_t *value);
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
 * Put the seven low bits of each of eight bytes together to one number.
 */
WIRE_INLINE uint64_t
wire_gather(uint64_t word)
{
	word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
	word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (word & UINT64_C(0x000000000fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
}

/*
 * The value of the varint that eight bytes begin with.  "ends" is wire_ends() of
 * them.
 */
WIRE_INLINE uint64_t
wire_value(uint64_t word, uint64_t ends)
{
	return wire_gather(word & (ends ^ (ends - 1)));
}

/* The high bits of the bytes, among eight, that end a varint. */
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
 * Take the next field if it has that number, is bytes, and is shorter than 128 bytes.
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
