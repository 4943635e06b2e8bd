/*-------------------------------------------------------------------------
 *
 * wire.c
 *		The rare cases of the wire cursor.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/wire.h"

/*
 * How deep groups may be nested.  Nobody writes groups any more; this bounds the
 * stack of open groups.
 */
#define WIRE_GROUP_DEPTH	100

void		(*wire_poll) (void) = NULL;

/*
 * Let the caller be interrupted, and go on to the next stop.
 */
bool
wire_go_on(WireCursor *cursor)
{
	if (cursor->at == cursor->end)
		return false;
	if (wire_poll != NULL)
		wire_poll();
	cursor->stop = wire_next_stop(cursor->at, cursor->end);
	return true;
}

/*
 * Read a varint byte by byte.
 */
bool
wire_short_varint(WireCursor *cursor, uint64_t *value)
{
	uint64_t	result = 0;
	int			shift;

	for (shift = 0; shift < 70; shift += 7)
	{
		uint8_t		byte;

		if (cursor->at == cursor->end)
			return false;
		byte = *cursor->at++;
		result |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			*value = result;
			return true;
		}
	}
	return false;
}

/*
 * Move to the end of a group whose start tag was just read, and give its content.
 */
bool
wire_skip_group(WireCursor *cursor, uint32_t number, PlogBytes *content)
{
	uint32_t	open[WIRE_GROUP_DEPTH];
	int			depth = 0;

	open[depth++] = number;
	content->data = cursor->at;
	while (depth > 0)
	{
		const uint8_t *start = cursor->at;
		uint64_t	tag;
		uint64_t	length;
		size_t		left;

		if (cursor->at >= cursor->stop && !wire_go_on(cursor))
			return false;
		if (!wire_varint(cursor, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
			return false;
		left = (size_t) (cursor->end - cursor->at);
		switch (tag & 7)
		{
			case WIRE_VARINT:
				if (!wire_varint(cursor, &length))
					return false;
				break;
			case WIRE_BYTES:
				if (!wire_varint(cursor, &length) ||
					length > (uint64_t) (cursor->end - cursor->at))
					return false;
				cursor->at += length;
				break;
			case WIRE_FIXED64:
				if (left < 8)
					return false;
				cursor->at += 8;
				break;
			case WIRE_FIXED32:
				if (left < 4)
					return false;
				cursor->at += 4;
				break;
			case WIRE_GROUP_START:
				if (depth == WIRE_GROUP_DEPTH)
					return false;
				open[depth++] = (uint32_t) (tag >> 3);
				break;
			case WIRE_GROUP_END:
				if (open[--depth] != tag >> 3)
					return false;
				content->length = (size_t) (start - content->data);
				break;
			default:
				return false;
		}
	}
	return true;
}
