/*-------------------------------------------------------------------------
 *
 * characters.c
 *		Characters of UTF-8, which all connections speak.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include <libpq-fe.h>

#include "characters.h"

size_t
character_length(const char *text)
{
	unsigned char first = (unsigned char) *text;
	size_t		length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;

	for (size_t i = 1; i < length; i++)
	{
		if (((unsigned char) text[i] & 0xc0) != 0x80)
			return 1;
	}
	return length;
}

int
character_width(const char *text)
{
	static int	utf8 = -1;
	int			width;

	if ((unsigned char) *text < 0x80 || character_length(text) == 1)
		return 1;
	if (utf8 < 0)
		utf8 = pg_char_to_encoding("UTF8");
	width = PQdsplen(text, utf8);
	return width < 0 ? 1 : width;
}

bool
is_control(const char *text)
{
	unsigned char first = (unsigned char) text[0];

	return first < ' ' || first == 0x7f ||
		(first == 0xc2 && (unsigned char) text[1] >= 0x80 && (unsigned char) text[1] <= 0x9f);
}

/*
 * The number of a character of some bytes, which are valid.
 */
static uint32_t
code_point(const char *text, size_t length)
{
	unsigned char first = (unsigned char) *text;
	uint32_t	number = length == 1 ? first : first & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		number = number << 6 | ((unsigned char) text[i] & 0x3f);
	return number;
}

/*
 * Whether a character, which is no control character, ends a line or turns the
 * direction of the text around it.
 */
static bool
moves_text(uint32_t number)
{
	return number == 0x2028 || number == 0x2029 || number == 0x200e || number == 0x200f ||
		number == 0x061c || (number >= 0x202a && number <= 0x202e) ||
		(number >= 0x2066 && number <= 0x2069);
}

void
text_add_line(Text *text, const char *string, bool ascii)
{
	for (const char *c = string; *c != '\0';)
	{
		size_t		length = character_length(c);
		uint32_t	number = code_point(c, length);

		if (length == 1 && (number >= 0x80 || is_control(c)))
			text_format(text, "\\x%02x", (unsigned char) *c);
		else if (length > 1 && (ascii || is_control(c) || moves_text(number)))
			text_format(text, number > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned int) number);
		else
			text_append(text, c, length);
		c += length;
	}
}

size_t
columns_of_line(const char *line)
{
	size_t		width = 0;

	for (; *line != '\0'; line += character_length(line))
		width += (size_t) character_width(line);
	return width;
}

void
text_add_columns(Text *text, const char *line, size_t columns)
{
	size_t		used = 0;

	for (size_t length; *line != '\0'; line += length)
	{
		size_t		width = (size_t) character_width(line);

		length = character_length(line);
		if (used + width > columns)
			break;
		text_append(text, line, length);
		used += width;
	}
	for (; used < columns; used++)
		text_add(text, " ");
}
