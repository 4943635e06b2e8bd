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

/*
 * The rare cases, in wire.c: a varint of several bytes, and a group.
 */
extern bool wire_long_varint(WireCursor *cursor, uint64_t *value);
extern bool wire_skip_group(WireCursor *cursor, uint32_t number, PlogBytes *content);

/*
 * Start to read a message.
 */
static inline WireCursor
wire_cursor(PlogBytes message)
{
	WireCursor	cursor;

	cursor.at = message.data;
	cursor.end = message.data + message.length;
	return cursor;
}

/*
 * Read a varint.  False where it runs past the end or beyond ten bytes.
 */
static inline bool
wire_varint(WireCursor *cursor, uint64_t *value)
{
	if (cursor->at < cursor->end && *cursor->at < 0x80)
	{
		*value = *cursor->at++;
		return true;
	}
	return wire_long_varint(cursor, value);
}

static inline uint32_t
wire_load32(const uint8_t *at)
{
	return (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

static inline uint64_t
wire_load64(const uint8_t *at)
{
	return (uint64_t) wire_load32(at) | (uint64_t) wire_load32(at + 4) << 32;
}

/*
 * Read the next field.  After WIRE_MALFORMED the cursor must not be used.
 */
static inline WireResult
wire_next(WireCursor *cursor, WireField *field)
{
	uint64_t	tag;
	uint64_t	length;
	size_t		left;

	if (cursor->at == cursor->end)
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
