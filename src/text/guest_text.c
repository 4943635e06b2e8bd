/*-------------------------------------------------------------------------
 *
 * guest_text.c
 *		Guest strings as text in the database encoding.
 *
 * A guest string is memory of the recorded machine.  It is UTF-8 mostly, but may have
 * any bytes.  Nothing is dropped, and nothing makes a query fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat/encoding.h"
#include "text/guest_text.h"

/* So many bytes are looked at between two checks for interrupts. */
#define PIECE_BYTES			((Size) 1024 * 1024)

/* The most bytes that one byte or character may become. */
#define LONGEST_ESCAPE		(MAX_CONVERSION_GROWTH * 4 + 1)

/* So many single characters are converted between two checks. */
#define ROUNDS_PER_CHECK	65536

void
reserve_text(StringInfo text, Size bytes)
{
	if (bytes >= MaxAllocSize - (Size) text->len)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a text of a plog is longer than PostgreSQL allows")));
	enlargeStringInfo(text, (int) bytes);
}

void
copy_bytes(char *to, const void *from, Size length)
{
	const char *at = from;

	while (length > PIECE_BYTES)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(to, at, PIECE_BYTES);
		to += PIECE_BYTES;
		at += PIECE_BYTES;
		length -= PIECE_BYTES;
	}
	if (length > 0)
		memcpy(to, at, length);
}

static bool
piece_is_plain(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 8)
	{
		uint64		word;

		memcpy(&word, at, 8);
		if (bytes_not_plain(word) != 0)
			return false;
		at += 8;
	}
	for (; at < end; at++)
	{
		if (*at == 0 || *at >= 0x80)
			return false;
	}
	return true;
}

bool
guest_text_is_plain(PlogBytes guest)
{
	const uint8_t *at = guest.data;
	const uint8_t *end = at + guest.length;

	while (end - at > (ptrdiff_t) PIECE_BYTES)
	{
		CHECK_FOR_INTERRUPTS();
		if (!piece_is_plain(at, at + PIECE_BYTES))
			return false;
		at += PIECE_BYTES;
	}
	return piece_is_plain(at, end);
}

/*
 * The length of the valid UTF-8 character that starts here, or 0.
 */
static int
utf8_character_length(const uint8_t *at, const uint8_t *end)
{
	int			length = pg_utf_mblen(at);

	if (*at == 0 || length > end - at || !pg_utf8_islegal(at, length))
		return 0;
	return length;
}

/*
 * Append a valid UTF-8 character in the database encoding, or its escape where
 * the encoding lacks it.
 */
static void
append_converted_character(StringInfo text, const uint8_t *at, int length)
{
	unsigned char converted[MAX_CONVERSION_GROWTH * 4 + 1];

	if (*at < 0x80)
		appendStringInfoCharMacro(text, (char) *at);
	else if (convert_utf8_character(at, length, converted, sizeof(converted)))
		appendStringInfoString(text, (char *) converted);
	else
	{
		pg_wchar	character = utf8_to_unicode(at);

		if (character <= 0xFFFF)
			appendStringInfo(text, "\\u%04x", character);
		else
			appendStringInfo(text, "\\U%08x", character);
	}
}

/*
 * Append a byte that is not part of a character.
 */
static void
append_escaped_byte(StringInfo text, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	char		escape[4];

	escape[0] = '\\';
	escape[1] = 'x';
	escape[2] = digits[byte >> 4];
	escape[3] = digits[byte & 15];
	appendBinaryStringInfo(text, escape, sizeof(escape));
}

/*
 * Where to stop looking before the next check for interrupts.
 */
static const uint8_t *
end_of_piece(const uint8_t *at, const uint8_t *end)
{
	return end - at > (ptrdiff_t) PIECE_BYTES ? at + PIECE_BYTES : end;
}

void
append_guest_text(StringInfo text, PlogBytes guest)
{
	int			encoding = GetDatabaseEncoding();
	uint32		rounds = 0;
	const uint8_t *at = guest.data;
	const uint8_t *end;

	/* the address may be NULL then */
	if (guest.length == 0)
		return;
	end = at + guest.length;
	while (at < end)
	{
		const uint8_t *run = at;
		const uint8_t *piece = end_of_piece(at, end);
		int			length = 0;

		/* append what needs no conversion, a piece at a time */
		if (++rounds % ROUNDS_PER_CHECK == 0 || piece < end)
			CHECK_FOR_INTERRUPTS();
		if (encoding == PG_UTF8)
		{
			while (at < piece && (length = utf8_character_length(at, end)) > 0)
				at += length;
		}
		else
		{
			while (at < piece && *at != 0 && (*at < 0x80 || encoding == PG_SQL_ASCII))
				at++;
		}
		reserve_text(text, (Size) (at - run) + LONGEST_ESCAPE);
		appendBinaryStringInfo(text, (const char *) run, at - run);
		if (at >= piece)
			continue;

		length = encoding == PG_SQL_ASCII || encoding == PG_UTF8 ? 0 : utf8_character_length(at, end);
		if (length == 0)
			append_escaped_byte(text, *at++);
		else
		{
			append_converted_character(text, at, length);
			at += length;
		}
	}
}
