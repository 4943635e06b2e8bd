/*-------------------------------------------------------------------------
 *
 * numbers.h
 *		A list of numbers in few bytes.
 *
 * A list is packed in that of three ways which takes the fewest bytes: as what each
 * number has above the least one, as what it has above the number before, or as its
 * place in a list of the different ones.  These are as wide as the greatest of them
 * needs, 0 to 8 bytes.  First come the lowest bytes of all numbers, then the next
 * bytes of all, and so on: what compresses the list later finds the bytes together
 * that are alike.
 *
 * The numbers are 64 bits that wrap, so every number can be packed, and what is
 * unpacked is exactly what was packed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_NUMBERS_H
#define PANDELEPHANT_NUMBERS_H

#include "plog/wire.h"

/* So many different numbers of a list are told apart. */
#define NUMBER_CODES		4096

/* Working memory for telling the different numbers of a list apart. */
typedef struct NumberCodes
{
	uint64_t	seed;			/* of the hash: the caller's, random */
	uint32_t	count;
	uint64_t	values[NUMBER_CODES];
	uint16_t	slots[2 * NUMBER_CODES];	/* a hash table of codes, plus one; 0: free */
} NumberCodes;

/* What is in front of a list, in bytes: way, width and two numbers. */
#define PACKED_HEADER_BYTES	18

/* No list of that many numbers takes more bytes. */
#define PACKED_MOST_BYTES(count)	(PACKED_HEADER_BYTES + (count) * sizeof(uint64_t))

/*
 * Pack a list of numbers, and return how many bytes that takes.  Codes are tried only
 * where the caller gives memory for it, which may be NULL.
 */
extern size_t pack_numbers(uint8_t *to, const uint64_t *numbers, size_t count, NumberCodes *codes);

/*
 * Unpack a list of that many numbers, which the bytes begin with, and go on behind it.
 * False where the bytes are no such list.
 */
extern bool unpack_numbers(PlogBytes *packed, uint64_t *numbers, size_t count);

/* Is every number of a list below a limit? */
extern bool numbers_are_below(const uint64_t *numbers, size_t count, uint64_t limit);

#endif							/* PANDELEPHANT_NUMBERS_H */
