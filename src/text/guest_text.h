/*-------------------------------------------------------------------------
 *
 * guest_text.h
 *		Guest strings as text in the database encoding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_GUEST_TEXT_H
#define PANDELEPHANT_GUEST_TEXT_H

#include "lib/stringinfo.h"

#include "plog/wire.h"

#define BYTES_NOT_PLAIN		UINT64CONST(0x8080808080808080)
#define BYTES_PLAIN			UINT64CONST(0x0101010101010101)

/* The bits of a word after its first n bytes in memory, n from 0 to 8. */
#ifdef WORDS_BIGENDIAN
#define BYTES_BEHIND(n)		((n) == 8 ? 0 : ~UINT64CONST(0) >> (8 * (n)))
#else
#define BYTES_BEHIND(n)		((n) == 8 ? 0 : ~UINT64CONST(0) << (8 * (n)))
#endif

/*
 * Which of eight bytes are not plain, that is, ASCII other than NUL?  If none is, no
 * bit of BYTES_NOT_PLAIN is set in the result.  For a NUL the subtraction borrows into
 * the byte's high bit.
 */
static inline uint64
bytes_not_plain(uint64 word)
{
	return (word | (word - BYTES_PLAIN)) & BYTES_NOT_PLAIN;
}

/*
 * Is the string ASCII without NUL?  Then it is the same text in every encoding.
 */
extern bool guest_text_is_plain(PlogBytes guest);

/*
 * Copy a string word by word, and return whether it is plain.  Up to
 * PLOG_BUFFER_SLACK bytes after the string are read, and written after its copy.
 */
static inline bool
copy_plain_guest_text(char *to, PlogBytes guest)
{
	uint64		seen = 0;		/* bytes_not_plain() of all words so far */
	size_t		left = guest.length;
	const uint8_t *from = guest.data;
	uint64		word;

	for (; left > sizeof(word); left -= sizeof(word))
	{
		memcpy(&word, from, sizeof(word));
		seen |= bytes_not_plain(word);
		memcpy(to, &word, sizeof(word));
		from += sizeof(word);
		to += sizeof(word);
	}
	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));

	/* replace what follows the string by plain bytes */
	word ^= (word ^ BYTES_PLAIN) & BYTES_BEHIND(left);
	seen |= bytes_not_plain(word);
	return seen == 0;
}

/*
 * Is a short string plain?  Up to PLOG_BUFFER_SLACK bytes after it are read.
 */
static inline bool
short_guest_text_is_plain(PlogBytes guest)
{
	uint64		seen = 0;		/* bytes_not_plain() of all words so far */
	size_t		left = guest.length;
	const uint8_t *from = guest.data;
	uint64		word;

	for (; left > sizeof(word); left -= sizeof(word))
	{
		memcpy(&word, from, sizeof(word));
		seen |= bytes_not_plain(word);
		from += sizeof(word);
	}
	memcpy(&word, from, sizeof(word));
	word ^= (word ^ BYTES_PLAIN) & BYTES_BEHIND(left);
	return (seen | bytes_not_plain(word)) == 0;
}

/*
 * Append a guest string as text.  UTF-8 is converted to the database encoding.  NUL
 * and bytes that are not part of a valid character become \xHH, and a character that
 * the encoding lacks becomes \uXXXX or \UXXXXXXXX.  In SQL_ASCII all bytes but NUL
 * stay as they are.  It never fails because of what the bytes hold.
 */
extern void append_guest_text(StringInfo text, PlogBytes guest);

/*
 * Make room for so many more bytes.  An error is reported if the text would be longer
 * than PostgreSQL allows.
 */
extern void reserve_text(StringInfo text, Size bytes);

/* memcpy() that can be interrupted. */
extern void copy_bytes(char *to, const void *from, Size length);

#endif							/* PANDELEPHANT_GUEST_TEXT_H */
