/*-------------------------------------------------------------------------
 *
 * memory.c
 *		Memory, and texts that grow.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pe.h"

void *
allocate(size_t size)
{
	return enlarge(NULL, size);
}

void *
enlarge(void *memory, size_t size)
{
	void	   *enlarged = realloc(memory, size > 0 ? size : 1);

	if (enlarged == NULL)
		die(FAILED, "out of memory");
	return enlarged;
}

char *
copy_text(const char *text)
{
	size_t		size = strlen(text) + 1;

	return memcpy(allocate(size), text, size);
}

char *
format_text(const char *format, ...)
{
	va_list		arguments;
	char	   *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		die(FAILED, "out of memory");
	va_end(arguments);
	return text;
}

/*
 * Make room for some more bytes and the NUL.
 */
static void
text_make_room(Text *text, size_t length)
{
	size_t		size = text->size > 0 ? text->size : 256;

	if (length >= SIZE_MAX / 4 || text->length >= SIZE_MAX / 4)
		die(FAILED, "out of memory");
	while (size <= text->length + length)
		size *= 2;
	if (size > text->size)
	{
		text->data = enlarge(text->data, size);
		text->size = size;
	}
}

void
text_append(Text *text, const char *data, size_t length)
{
	text_make_room(text, length);
	if (length > 0)
		memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void
text_add(Text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void
text_format(Text *text, const char *format, ...)
{
	va_list		arguments;
	char	   *added;

	va_start(arguments, format);
	if (vasprintf(&added, format, arguments) < 0)
		die(FAILED, "out of memory");
	va_end(arguments);
	text_add(text, added);
	free(added);
}

void
text_clear(Text *text)
{
	text->length = 0;
	text_append(text, "", 0);
}

bool
text_read(Text *text, int descriptor)
{
	for (;;)
	{
		ssize_t		count;

		text_make_room(text, 65536);
		wait_for(descriptor, 1 /* POLLIN */, -1);
		count = read(descriptor, text->data + text->length, 65536);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
		{
			text->data[text->length] = '\0';
			return count == 0;
		}
		text->length += (size_t) count;
	}
}
