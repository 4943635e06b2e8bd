/*-------------------------------------------------------------------------
 *
 * repeated.c
 *		Walking the values of a repeated field.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/repeated.h"

bool
plog_is_well_formed(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		;
	return result == WIRE_END;
}

bool
plog_find_bytes(PlogRepeated *repeated, PlogBytes *bytes)
{
	WireField	field;

	while (wire_next(&repeated->cursor, &field) == WIRE_FIELD)
	{
		if (field.number == repeated->number && field.type == WIRE_BYTES)
		{
			*bytes = field.bytes;
			return true;
		}
	}
	return false;
}

bool
plog_next_number(PlogRepeated *repeated, uint64_t *number)
{
	WireField	field;

	for (;;)
	{
		if (repeated->packed.at < repeated->packed.end)
			return wire_varint(&repeated->packed, number);
		if (wire_next(&repeated->cursor, &field) != WIRE_FIELD)
			return false;
		if (field.number != repeated->number)
			continue;
		if (field.type == WIRE_VARINT)
		{
			*number = field.value;
			return true;
		}
		if (field.type == WIRE_BYTES)
			repeated->packed = wire_cursor(field.bytes);
	}
}
