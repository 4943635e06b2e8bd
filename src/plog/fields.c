/*-------------------------------------------------------------------------
 *
 * fields.c
 *		Decoding a message into a struct, by a table of where its fields go.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/fields.h"
#include "plog/repeated.h"

/*
 * Are these bytes varints one after the other?
 */
static bool
packed_is_valid(PlogBytes packed)
{
	WireCursor	cursor = wire_cursor(packed);
	uint64_t	value;

	while (cursor.at < cursor.stop || wire_go_on(&cursor))
	{
		if (!wire_varint(&cursor, &value))
			return false;
	}
	return true;
}

/*
 * It recurses as deep as the tables do, whatever the message holds.
 */
bool
plog_decode_fields(PlogBytes message, const PlogPlaces *places, void *into)
{
	WireCursor	cursor = wire_cursor(message);
	const uint8_t *start = cursor.at;	/* where the field's tag begins */
	uint32_t	present = 0;
	WireField	field;
	WireResult	result;

	for (; (result = wire_next(&cursor, &field)) == WIRE_FIELD; start = cursor.at)
	{
		const PlogPlace *place;
		PlogBytes	alone;
		char	   *to;

		if (field.number >= places->count)
			continue;
		place = &places->places[field.number];
		to = (char *) into + place->offset;
		switch (WIRE_KEY(place->kind, field.type))
		{
			case WIRE_KEY(PLOG_PLACE_UINT32, WIRE_VARINT):
				*(uint32_t *) to = (uint32_t) field.value;
				break;
			case WIRE_KEY(PLOG_PLACE_UINT64, WIRE_VARINT):
				*(uint64_t *) to = field.value;
				break;
			case WIRE_KEY(PLOG_PLACE_BOOL, WIRE_VARINT):
				*(bool *) to = field.value != 0;
				break;
			case WIRE_KEY(PLOG_PLACE_BYTES, WIRE_BYTES):
				*(PlogBytes *) to = field.bytes;
				break;
			case WIRE_KEY(PLOG_PLACE_MESSAGE, WIRE_BYTES):
				if (!plog_decode_fields(field.bytes, place->message, to))
					return false;
				break;
			case WIRE_KEY(PLOG_PLACE_LAST, WIRE_BYTES):
				alone.data = start;
				alone.length = (size_t) (cursor.at - start);
				*(PlogRepeated *) to = plog_repeated(alone, field.number);
				break;
			case WIRE_KEY(PLOG_PLACE_MANY_NUMBERS, WIRE_BYTES):
				if (!packed_is_valid(field.bytes))
					return false;
				break;
			case WIRE_KEY(PLOG_PLACE_MANY_NUMBERS, WIRE_VARINT):
			case WIRE_KEY(PLOG_PLACE_MANY, WIRE_BYTES):
				break;
			default:
				continue;
		}
		present |= UINT32_C(1) << place->present;
	}
	*(uint32_t *) into |= present;
	return result == WIRE_END;
}
