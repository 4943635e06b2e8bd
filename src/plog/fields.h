/*-------------------------------------------------------------------------
 *
 * fields.h
 *		Decoding a message into a struct, by a table of where its fields go.
 *
 * This is how all messages are decoded of which a log does not have millions;
 * for those see call.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_FIELDS_H
#define PLOG_FIELDS_H

#include "plog/wire.h"

/* What a field becomes in the struct. */
typedef enum PlogPlaceKind
{
	PLOG_PLACE_NONE,			/* nothing: it is skipped */
	PLOG_PLACE_UINT32,
	PLOG_PLACE_UINT64,
	PLOG_PLACE_BOOL,
	PLOG_PLACE_BYTES,			/* a PlogBytes */
	PLOG_PLACE_MESSAGE,			/* a struct, by a table of its own */
	PLOG_PLACE_LAST,			/* a PlogRepeated: of the last value alone */
	PLOG_PLACE_MANY,			/* only noted as present: strings or messages */
	PLOG_PLACE_MANY_NUMBERS		/* only noted as present and checked: varints, packed or not */
} PlogPlaceKind;

typedef struct PlogPlace
{
	PlogPlaceKind kind;
	uint32_t	present;		/* the number of the bit that is set if it is present */
	size_t		offset;			/* in the struct, bytes */
	const struct PlogPlaces *message;	/* of a PLOG_PLACE_MESSAGE */
} PlogPlace;

/*
 * The table of a message, by field number.  The struct begins with the uint32_t
 * that has the bits of the fields that are present.
 */
typedef struct PlogPlaces
{
	uint32_t	count;			/* numbers below this are in the table */
	const PlogPlace *places;
} PlogPlaces;

#define PLOG_PLACES(places)		{sizeof(places) / sizeof(PlogPlace), places}

/*
 * The place of a field, by its number, in a member of a struct: one of a kind; one
 * whose bit of presence has another number; one that is a message with that table.
 */
#define PLOG_PLACE(number, kind, type, member) \
	PLOG_PLACE_AS(number, number, kind, type, member)
#define PLOG_PLACE_AS(number, present, kind, type, member) \
	[number] = {PLOG_PLACE_##kind, present, offsetof(type, member), NULL}
#define PLOG_PLACE_OF(number, table, type, member) \
	[number] = {PLOG_PLACE_MESSAGE, number, offsetof(type, member), &(table)}

/*
 * Decode a message, adding to what the struct has already.  A field with another
 * wire type than its kind has is skipped.  False where the message, or one of those
 * in it that have a table, is malformed.
 */
extern bool plog_decode_fields(PlogBytes message, const PlogPlaces *places, void *into);

#endif							/* PLOG_FIELDS_H */
