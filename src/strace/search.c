/*-------------------------------------------------------------------------
 *
 * search.c
 *		What a call must have for its line to match a pattern, or to contain a text.
 *
 * Printing a call takes many times as long as reading it.  A query for lines that
 * contain a text needs few of them printed if the bytes of the log show which calls
 * cannot have it.  The invariant is: a line that contains the text is of a call that
 * has each word of the search, byte by byte, in its name or in a string or bytes of
 * its arguments.
 *
 * A line consists of pieces: guest strings, and what formatting makes, which are
 * numbers, digits of a struct's bytes, and the constant texts that are listed below.
 * It follows from call.c and value.c that:
 *
 * - A line has no other bytes than printable ASCII.  So a text with others is in no
 *   line.
 * - Between two pieces there is always one of the SEPARATORS.  So a part of the text
 *   without separators stands within one piece.
 * - If such a part is neither within a constant text nor made of the characters of
 *   numbers only, it stands within a guest string.
 * - A guest string is printed byte by byte, but for escapes, each of which begins
 *   with a backslash.  So a part that has no backslash either stands in the string as
 *   it is, except for a beginning that may be the tail of an escape: "nasswd" is in
 *   "\nasswd".  What follows the longest such beginning is a word.
 *
 * What is left of the text is no word: separators, backslashes, parts that formatting
 * may have made.  If there is no word at all, every line is printed.
 *
 * In an encoding other than UTF-8, a guest string is converted before it is printed.
 * Nothing is searched for there, lest all depend on conversions never making ASCII of
 * other characters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "strace/search.h"
#include "strace/strace.h"

#define SEPARATORS	" (),=\"<>{}[]"

/* What numbers and digits of bytes consist of. */
#define OF_NUMBERS	"0123456789abcdefx.+-"

/* What formatting writes besides errors, see there, and numbers. */
static const char *const constants[] = {
	"?", "NULL", "true", "false", "NaN", "Infinity", "-Infinity",
	"filename(from fd)", "args", "port", "errno", "Unknown error"
};

/* A longer part is in no constant text. */
#define LONGEST_CONSTANT	64

/* A literal text that is taken apart. */
typedef struct Parts
{
	StraceSearch *search;
	uint8	   *buffer;			/* holds the text's bytes, without its escapes */
	size_t		end;			/* how many it holds */
	size_t		start;			/* where the current part starts in it */
	bool		is_first;		/* nothing comes before the part in the line */
} Parts;

static inline bool
is_one_of(uint8 byte, const char *characters)
{
	return byte != '\0' && strchr(characters, byte) != NULL;
}

/*
 * How many of the first bytes are digits of a base, up to a number?
 */
static size_t
count_digits(PlogBytes bytes, const char *digits, size_t most)
{
	size_t		count = 0;

	while (count < bytes.length && count < most && is_one_of(bytes.data[count], digits))
		count++;
	return count;
}

/*
 * How many of the first bytes may be the tail of an escape?  Escapes are those of
 * append_escaped(), a backslash with a letter or up to three octal digits; and those
 * that append_guest_text() makes of a byte, whose own backslash is escaped, x and two
 * digits after it.
 */
static size_t
escape_tail(PlogBytes part)
{
	static const char hex[] = "0123456789abcdef";
	size_t		octal = count_digits(part, "01234567", 3);
	size_t		hexadecimal = count_digits(part, hex, 2);
	size_t		tail = Max(octal, hexadecimal);

	if (is_one_of(part.data[0], "tnvfr"))
		tail = Max(tail, 1);
	if (part.data[0] == 'x')
	{
		PlogBytes	digits = {part.data + 1, part.length - 1};

		hexadecimal = 1 + count_digits(digits, hex, 2);
		tail = Max(tail, hexadecimal);
	}
	return tail;
}

/*
 * May formatting have made a part by itself?
 */
static bool
is_of_formatting(PlogBytes part)
{
	if (count_digits(part, OF_NUMBERS, part.length) == part.length)
		return true;
	if (part.length > LONGEST_CONSTANT)
		return false;
	for (int i = 0; i < (int) lengthof(constants); i++)
	{
		PlogBytes	constant = {(const uint8_t *) constants[i], strlen(constants[i])};

		if (bytes_contain(constant, part))
			return true;
	}
	return linux_error_contains(part);
}

/*
 * Add a word.  The first of them is the longest, which is searched for first.
 */
static void
add_word(StraceSearch *search, PlogBytes word)
{
	PlogBytes	first = search->words[0];

	if (search->word_count == STRACE_MOST_WORDS)
		return;
	if (search->word_count > 0 && first.length < word.length)
	{
		search->words[0] = word;
		word = first;
	}
	search->words[search->word_count++] = word;
}

/*
 * End the current part, if it has any bytes.
 */
static void
end_part(Parts *parts)
{
	PlogBytes	part = {parts->buffer + parts->start, parts->end - parts->start};
	size_t		tail;

	CHECK_FOR_INTERRUPTS();
	parts->start = parts->end;
	parts->is_first = false;
	if (part.length == 0 || is_of_formatting(part))
		return;
	tail = escape_tail(part);
	if (tail < part.length)
	{
		PlogBytes	word = {part.data + tail, part.length - tail};

		add_word(parts->search, word);
	}
}

/*
 * The line begins with the current part and a parenthesis.  If the part looks like a
 * name, it is that of the call, from which "sys_" may have been removed.
 */
static void
take_name(Parts *parts)
{
	PlogBytes	name = {parts->buffer + parts->start, parts->end - parts->start};
	size_t		prefix = strlen(STRACE_NAME_PREFIX);
	uint8	   *prefixed;

	if (name.length == 0 || !strace_is_word(name))
		return;
	parts->start = parts->end;	/* it need not be searched for as well */
	prefixed = palloc(prefix + name.length);
	memcpy(prefixed, STRACE_NAME_PREFIX, prefix);
	memcpy(prefixed + prefix, name.data, name.length);
	parts->search->names[0] = name;
	parts->search->names[1].data = prefixed;
	parts->search->names[1].length = prefix + name.length;
}

/*
 * Add a byte of the text.
 */
static void
add_byte(Parts *parts, uint8 byte)
{
	if (byte < ' ' || byte > '~')
		parts->search->is_never = true;
	if (byte == '(' && parts->is_first)
		take_name(parts);
	if (byte < ' ' || byte > '~' || byte == '\\' || is_one_of(byte, SEPARATORS))
		end_part(parts);
	else
		parts->buffer[parts->end++] = byte;
}

static Parts
begin_parts(size_t length)
{
	Parts		parts = {palloc0(sizeof(StraceSearch)), palloc(length + 1), 0, 0, false};

	return parts;
}

/*
 * May texts be searched for in the database's encoding?
 */
static bool
encoding_is_searched(void)
{
	return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

StraceSearch *
strace_search_text(PlogBytes text)
{
	Parts		parts = begin_parts(text.length);

	if (!encoding_is_searched())
		return parts.search;
	for (size_t i = 0; i < text.length; i++)
		add_byte(&parts, text.data[i]);
	end_part(&parts);
	return parts.search;
}

StraceSearch *
strace_search_pattern(PlogBytes pattern)
{
	Parts		parts = begin_parts(pattern.length);
	const StraceSearch nothing = {0};

	if (!encoding_is_searched())
		return parts.search;
	parts.is_first = true;
	for (size_t i = 0; i < pattern.length; i++)
	{
		if (pattern.data[i] == '%' || pattern.data[i] == '_')
			end_part(&parts);
		else if (pattern.data[i] != '\\')
			add_byte(&parts, pattern.data[i]);
		else if (++i < pattern.length)
			add_byte(&parts, pattern.data[i]);
		else
		{
			/* LIKE will say that the pattern is malformed */
			*parts.search = nothing;
			return parts.search;
		}
	}
	end_part(&parts);
	return parts.search;
}
