/*-------------------------------------------------------------------------
 *
 * payload.c
 *		The payloads of an entry: mostly one, but there may be any number.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/payload.h"

/*
 * Copy all messages of a field, one after the other, to a buffer that has room for
 * them.  If one is malformed, it becomes the whole result: what follows it would be
 * read as its rest.
 */
static void
append_parts(PlogBytes message, uint32_t number, PlogBuffer *merged)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	bool		are_well_formed = true;

	merged->length = 0;
	while (are_well_formed && wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES || field.bytes.length == 0)
			continue;
		are_well_formed = plog_is_well_formed(field.bytes);
		if (!are_well_formed)
			merged->length = 0;
		memcpy(merged->data + merged->length, field.bytes.data, field.bytes.length);
		merged->length += field.bytes.length;
	}
}

bool
plog_merge_field(PlogBytes message, uint32_t number, PlogBuffer *merged, PlogBytes *whole)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	uint64_t	parts = 0;
	size_t		length = 0;

	whole->data = NULL;
	whole->length = 0;
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES)
			continue;
		*whole = field.bytes;
		length += field.bytes.length;
		parts++;
	}

	/* no copy is needed if there is one, or all the others are empty */
	if (parts < 2 || whole->length == length)
		return true;
	if (!plog_buffer_reserve(merged, length))
		return false;
	append_parts(message, number, merged);
	whole->data = merged->data;
	whole->length = merged->length;
	return true;
}

bool
plog_find_any_payload(const PlogEntry *entry, uint32_t kind)
{
	WireCursor	cursor = wire_cursor(entry->body);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == kind && field.type == WIRE_BYTES)
			return true;
	}
	return false;
}

bool
plog_find_payload(const PlogEntry *entry, uint32_t kind, PlogBuffer *merged, PlogBytes *payload)
{
	return plog_merge_field(entry->body, kind, merged, payload);
}
