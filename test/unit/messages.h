/*-------------------------------------------------------------------------
 *
 * messages.h
 *		What the tests of decoders share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdlib.h>

#include "bytes.h"
#include "plog/repeated.h"
#include "tap.h"

/* Ten bytes of varint: a negative number, as protobuf writes it. */
#define MINUS_1		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
#define MINUS_2		"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"

/* The same in five bytes, as some writers do with 32-bit numbers. */
#define SHORT_MINUS_2	"\xfe\xff\xff\xff\x0f"

/* Field 1000, which no message has, of every wire type. */
#define UNKNOWN_FIELDS \
	"\xc0\x3e\x01" \
	"\xc1\x3e\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\xc2\x3e\x02" "??" \
	"\xc3\x3e\x08\x01\xc4\x3e" \
	"\xc5\x3e\x01\x02\x03\x04"

/*
 * What was built, as bytes that live until the end of the test.
 */
static inline PlogBytes
take(Bytes *bytes)
{
	PlogBytes	copy = tap_copy(bytes->data, bytes->length);

	bytes_free(bytes);
	return copy;
}

/*
 * The fields given are present, and no others.
 */
#define EXPECT_PRESENT(message, bits)	EXPECT_NUMBER((message).present, (bits))
#define BIT(field)						(UINT32_C(1) << (field))

/*
 * The names, or the numbers, that a walk gives, joined by commas.
 */
static inline PlogBytes
joined_bytes(PlogRepeated repeated)
{
	Bytes		all = {0};
	PlogBytes	one;

	while (plog_next_bytes(&repeated, &one))
	{
		put(&all, one.data, one.length);
		put_8(&all, ',');
	}
	return take(&all);
}

static inline PlogBytes
joined_numbers(PlogRepeated repeated)
{
	Bytes		all = {0};
	uint64_t	one;

	while (plog_next_number(&repeated, &one))
	{
		put_varint(&all, one);
		put_8(&all, ',');
	}
	return take(&all);
}

#endif							/* MESSAGES_H */
