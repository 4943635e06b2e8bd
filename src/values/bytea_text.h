/*-------------------------------------------------------------------------
 *
 * bytea_text.h
 *		The bytes of a varlena, and of a text in bytea's hex form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_BYTEA_TEXT_H
#define PANDELEPHANT_BYTEA_TEXT_H

#include "compat/varlena.h"
#include "plog/wire.h"

static inline PlogBytes
bytes_of_varlena(const void *value)
{
	PlogBytes	bytes = {(const uint8_t *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

	return bytes;
}

/* The value of a hex digit of either case, or -1. */
static inline int
hex_digit(uint8 digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/*
 * The bytes that a text in bytea's hex form stands for, in new memory.  False if
 * the text is not in that form.
 */
extern bool decode_bytea_text(PlogBytes text, PlogBytes *bytes);

#endif							/* PANDELEPHANT_BYTEA_TEXT_H */
