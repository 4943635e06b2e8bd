/*-------------------------------------------------------------------------
 *
 * digits.c
 *		Bytes as hex digits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "text/digits.h"

/* Interrupts are checked for each time so many bytes were converted. */
#define BYTES_PER_CHECK		((size_t) 1024 * 1024)

/* The size of the smallest vectors that compilers use. */
#define BLOCK_BYTES			16

static inline char
hex_digit(uint8_t nibble)
{
	return (char) (nibble + '0' + (nibble > 9 ? 'a' - '0' - 10 : 0));
}

/*
 * Print BLOCK_BYTES bytes.  Compilers vectorize this loop.
 */
static void
print_hex_block(char *pg_restrict digits, const uint8_t *pg_restrict bytes)
{
	for (int i = 0; i < BLOCK_BYTES; i++)
	{
		digits[2 * i] = hex_digit(bytes[i] >> 4);
		digits[2 * i + 1] = hex_digit(bytes[i] & 15);
	}
}

static inline void
print_hex_word(char *digits, const uint8_t *bytes)
{
	uint32		word;

	memcpy(&word, bytes, sizeof(word));
	put_digits(digits, make_hex_digits(pg_ntoh32(word)));
}

/*
 * The rest after whole blocks is printed by one more block, which ends with the last
 * byte and overwrites digits that are there already.
 */
void
print_hex(char *digits, PlogBytes bytes)
{
	const uint8_t *data = bytes.data;
	size_t		length = bytes.length;
	size_t		at = 0;

	if (length >= BLOCK_BYTES)
	{
		for (; length - at >= BLOCK_BYTES; at += BLOCK_BYTES)
		{
			if (at > 0 && at % BYTES_PER_CHECK == 0)
				CHECK_FOR_INTERRUPTS();
			print_hex_block(digits + 2 * at, data + at);
		}
		if (at < length)
			print_hex_block(digits + 2 * (length - BLOCK_BYTES), data + length - BLOCK_BYTES);
	}
	else if (length >= sizeof(uint32))
	{
		for (; length - at >= sizeof(uint32); at += sizeof(uint32))
			print_hex_word(digits + 2 * at, data + at);
		if (at < length)
			print_hex_word(digits + 2 * (length - sizeof(uint32)), data + length - sizeof(uint32));
	}
	else
	{
		for (; at < length; at++)
		{
			digits[2 * at] = hex_digit(data[at] >> 4);
			digits[2 * at + 1] = hex_digit(data[at] & 15);
		}
	}
}
