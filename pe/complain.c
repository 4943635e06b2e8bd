/*-------------------------------------------------------------------------
 *
 * complain.c
 *		What pe says on standard error, and its end.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pe.h"
#include "progress.h"

/*
 * C0, DEL, and C1 as UTF-8 has it (0xc2 0x80 to 0xc2 0x9f).
 */
char *
make_plain(char *text)
{
	for (unsigned char *c = (unsigned char *) text; *c != '\0'; c++)
	{
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = '?';
	}
	return text;
}

static void complain_list(const char *format, va_list arguments) PRINTF(1, 0);

static void
complain_list(const char *format, va_list arguments)
{
	char	   *text = NULL;

	progress_hide();
	if (vasprintf(&text, format, arguments) < 0)
		return;
	fprintf(stderr, "pe: %s\n", make_plain(text));
	free(text);
}

void
complain(const char *format, ...)
{
	va_list		arguments;

	va_start(arguments, format);
	complain_list(format, arguments);
	va_end(arguments);
}

void
die(int status, const char *format, ...)
{
	va_list		arguments;

	va_start(arguments, format);
	complain_list(format, arguments);
	va_end(arguments);
	finish(status);
}

void
finish(int status)
{
	ignore_signals();
	progress_end();
	exit(status);
}
