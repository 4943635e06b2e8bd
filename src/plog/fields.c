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

static bool
type_fits(PlogPlaceKind kind, WireType type)
{
	switch (kind)
	{
		case PLOG_PLACE_NONE:
			return false;
		case PLOG_PLACE_UINT32:
		case PLOG_PLACE_UINT64:
		case PLOG_PLACE_BOOL:
			return type == WIRE_VARINT;
		case PLOG_PLACE_MANY_NUMBERS:
			return type == WIRE_VARINT || type == WIRE_BYTES;
		case PLOG_PLACE_BYTES:
		case PLOG_PLACE_MESSAGE:
		case PLOG_PLACE_LAST:
		case PLOG_PLACE_MANY:
			break;
	}
	return type == WIRE_BYTES;
}

/*
 * Put a field into its place.  "start" is where its tag begins, "end" where the
 * field ends.
 */
static bool
put_field(const PlogPlace *place, const WireField *field, const uint8_t *start,
		  const uint8_t *end, void *into)
{
	char	   *to = (char *) into + place->offset;
	PlogBytes	alone = {start, (size_t) (end - start)};

	switch (place->kind)
	{
		case PLOG_PLACE_UINT32:
			*(uint32_t *) to = (uint32_t) field->value;
			return true;
		case PLOG_PLACE_UINT64:
			*(uint64_t *) to = field->value;
			return true;
		case PLOG_PLACE_BOOL:
			*(bool *) to = field->value != 0;
			return true;
		case PLOG_PLACE_BYTES:
			*(PlogBytes *) to = field->bytes;
			return true;
		case PLOG_PLACE_MESSAGE:
			return plog_decode_fields(field->bytes, place->message, to);
		case PLOG_PLACE_LAST:
			*(PlogRepeated *) to = plog_repeated(alone, field->number);
			return true;
		case PLOG_PLACE_MANY_NUMBERS:
			return field->type == WIRE_VARINT || packed_is_valid(field->bytes);
		case PLOG_PLACE_MANY:
		case PLOG_PLACE_NONE:
			break;
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
	const uint8_t *start = cursor.at;
	WireField	field;
	WireResult	result;

	for (; (result = wire_next(&cursor, &field)) == WIRE_FIELD; start = cursor.at)
	{
		const PlogPlace *place;

		if (field.number >= places->count)
			continue;
		place = &places->places[field.number];
		if (!type_fits(place->kind, field.type))
			continue;
		if (!put_field(place, &field, start, cursor.at, into))
			return false;
		*(uint32_t *) into |= UINT32_C(1) << place->present;
	}
	return result == WIRE_END;
}
