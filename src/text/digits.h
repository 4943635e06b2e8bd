/*-------------------------------------------------------------------------
 *
 * digits.h
 *		Numbers and bytes as digits.
 *
 * Eight digits are made at once, in a word whose most significant byte is the first
 * digit, and the leading zeros are shifted out.  The number of digits is hard to
 * predict, so a branch on it would take longer than making all eight.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_DIGITS_H
#define PANDELEPHANT_DIGITS_H

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "plog/wire.h"

/* Printing a number may write to so many bytes, however many digits it has. */
#define DIGITS_BYTES		24

/* '0' in each byte. */
#define DIGITS_ZERO			UINT64CONST(0x3030303030303030)

/* Numbers below this have eight digits at most. */
#define DIGITS_LIMIT		UINT64CONST(100000000)

static inline void
put_digits(char *to, uint64 digits)
{
	digits = pg_hton64(digits);
	memcpy(to, &digits, sizeof(digits));
}

/*
 * The eight lower-case hex digits of a number.
 */
static inline uint64
make_hex_digits(uint32 value)
{
	uint64		nibbles = value;
	uint64		letters;

	nibbles = (nibbles | nibbles << 16) & UINT64CONST(0x0000FFFF0000FFFF);
	nibbles = (nibbles | nibbles << 8) & UINT64CONST(0x00FF00FF00FF00FF);
	nibbles = (nibbles | nibbles << 4) & UINT64CONST(0x0F0F0F0F0F0F0F0F);

	/* 1 for each byte that is above 9 */
	letters = (nibbles + UINT64CONST(0x0606060606060606)) >> 4 & UINT64CONST(0x0101010101010101);
	return nibbles + DIGITS_ZERO + letters * ('a' - '0' - 10);
}

/*
 * The eight decimal digits of a number below DIGITS_LIMIT, as numbers.  The two halves
 * of the word, and then its four quarters, are divided at once by multiplying and
 * shifting, which is exact for numbers of that size.
 */
static inline uint64
make_decimals(uint32 value)
{
	uint64		digits = (uint64) (value / 10000) << 32 | value % 10000;
	uint64		upper;

	upper = digits * 10486 >> 20 & UINT64CONST(0x0000007F0000007F);
	digits = digits - upper * 100 + (upper << 16);
	upper = digits * 103 >> 10 & UINT64CONST(0x000F000F000F000F);
	return digits - upper * 10 + (upper << 8);
}

/*
 * Print a number to a buffer of DIGITS_BYTES.  Returns how many digits it has.
 */
static inline int
print_decimal(char *to, uint64 value)
{
	uint64		digits;
	int			leading;

	if (value >= DIGITS_LIMIT)
		return pg_ulltoa_n(value, to);
	digits = make_decimals((uint32) value);
	leading = (63 - pg_leftmost_one_pos64(digits | 1)) / 8;
	put_digits(to, (digits + DIGITS_ZERO) << 8 * leading);
	return 8 - leading;
}

/*
 * Print a pointer to a buffer of DIGITS_BYTES, as 0x and lower-case hex digits.
 * Returns its length.
 */
static inline int
print_pointer(char *to, uint64 value)
{
	int			leading = (63 - pg_leftmost_one_pos64(value | 1)) / 4;
	int			shift = 8 * (leading & 7);
	uint64		first = make_hex_digits((uint32) (value >> 32));
	uint64		last = make_hex_digits((uint32) value);

	if (leading >= 8)
	{
		first = last;
		last = 0;
	}
	to[0] = '0';
	to[1] = 'x';
	put_digits(to + 2, first << shift | last >> 1 >> (63 - shift));
	put_digits(to + 10, last << shift);
	return 2 + 16 - leading;
}

/* Print bytes as lower-case hex digits, of which there are twice as many. */
extern void print_hex(char *digits, PlogBytes bytes);

#endif							/* PANDELEPHANT_DIGITS_H */
