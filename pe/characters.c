/*-------------------------------------------------------------------------
 *
 * characters.c
 *		Characters of UTF-8, which all connections speak.
 *
 *-------------------------------------------------------------------------
 */
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
