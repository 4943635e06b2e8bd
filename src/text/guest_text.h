/*-------------------------------------------------------------------------
 *
 * text.h
 *		Guest strings as text in the database encoding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_TEXT_H
#define PANDELEPHANT_TEXT_H

#include "lib/stringinfo.h"

#include "plog/wire.h"

/*
 * Of eight bytes, has one its high bit set here that is not plain, ASCII other
 * than NUL?  Of a NUL, the subtraction borrows into the high bit.
 */
#define BYTES_NOT_PLAIN		UINT64CONST(0x8080808080808080)
#define BYTES_PLAIN			UINT64CONST(0x0101010101010101)

/* All bits of a word but those of its first n bytes in memory, 0 to 8. */
#ifdef WORDS_BIGENDIAN
#define BYTES_BEHIND(n)		((n) == 8 ? 0 : ~UINT64CONST(0) >> (8 * (n)))
#else
#define BYTES_BEHIND(n)		((n) == 8 ? 0 : ~UINT64CONST(0) << (8 * (n)))
#endif

static inline uint64
bytes_not_plain(uint64 word)
{
	return (word | (word - BYTES_PLAIN)) & BYTES_NOT_PLAIN;
}

/*
 * Is the string the same text in every database encoding: ASCII without NUL?
 */
extern bool guest_text_is_plain(PlogBytes guest);

/*
 * Copy a string word by word, and tell the same of it.  Up to PLOG_BUFFER_SLACK
 * bytes behind the string are read, and written behind its copy.
 */
static inline bool
copy_plain_guest_text(char *to, PlogBytes guest)
{
	uint64		seen = 0;		/* high bits: bytes that are not plain */
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

	/* what is behind the string becomes plain */
	word ^= (word ^ BYTES_PLAIN) & BYTES_BEHIND(left);
	seen |= bytes_not_plain(word);
	return seen == 0;
}

/*
 * Append a guest string as text: UTF-8 converted to the database encoding; a
 * byte that is not part of a valid character, and NUL, as \xHH; a character
 * that the encoding lacks as \uXXXX or \UXXXXXXXX.  SQL_ASCII keeps all bytes
 * but NUL.  Never fails for what the bytes hold.
 */
extern void append_guest_text(StringInfo text, PlogBytes guest);

/*
 * Make room for so many bytes more.  A text beyond what PostgreSQL allows is
 * refused.
 */
extern void reserve_text(StringInfo text, Size bytes);

/* memcpy() that can be interrupted. */
extern void copy_bytes(char *to, const void *from, Size length);

#endif							/* PANDELEPHANT_TEXT_H */
