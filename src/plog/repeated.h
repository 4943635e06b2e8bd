/*-------------------------------------------------------------------------
 *
 * repeated.h
 *		Walking the values of a repeated field.
 *
 * Only for messages that their decoder has accepted: they are well-formed.  To
 * walk the values again, walk a copy of the struct.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_REPEATED_H
#define PLOG_REPEATED_H

#include "plog/wire.h"

typedef struct PlogRepeated
{
	WireCursor	cursor;			/* in the message */
	uint32_t	number;			/* the field's */
	WireCursor	packed;			/* the rest of a packed field's values */
} PlogRepeated;

/*
 * Start to walk a repeated field of a message.
 */
static inline PlogRepeated
plog_repeated(PlogBytes message, uint32_t number)
{
	PlogRepeated repeated;

	repeated.cursor = wire_cursor(message);
	repeated.number = number;
	repeated.packed.at = repeated.packed.end = repeated.packed.stop = NULL;
	return repeated;
}

/* Is the message well-formed? */
extern bool plog_is_well_formed(PlogBytes message);

/*
 * The next string or message, or the next number, packed or not.  False at the
 * end.
 */
extern bool plog_find_bytes(PlogRepeated *repeated, PlogBytes *bytes);
extern bool plog_next_number(PlogRepeated *repeated, uint64_t *number);

static inline bool
plog_next_bytes(PlogRepeated *repeated, PlogBytes *bytes)
{
	/* mostly it is the next field; repeated fields all have numbers below 16 */
	return wire_take_bytes(&repeated->cursor, repeated->number, bytes) ||
		plog_find_bytes(repeated, bytes);
}

/*
 * The same place in a copy of the message.
 */
static inline PlogRepeated
plog_repeated_in_copy(const PlogRepeated *repeated, const uint8_t *message, const uint8_t *copy)
{
	PlogRepeated moved = *repeated;

	moved.cursor.at = copy + (repeated->cursor.at - message);
	moved.cursor.end = copy + (repeated->cursor.end - message);
	moved.cursor.stop = copy + (repeated->cursor.stop - message);
	moved.packed.at = moved.packed.end = moved.packed.stop = NULL;
	return moved;
}

#endif							/* PLOG_REPEATED_H */
