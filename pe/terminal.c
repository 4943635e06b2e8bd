/*-------------------------------------------------------------------------
 *
 * terminal.c
 *		What the user's terminal can show.
 *
 *-------------------------------------------------------------------------
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "options.h"
#include "terminal.h"

/* A line that is narrower has no room for what is to be in it. */
#define LEAST_COLUMNS 40
#define MOST_COLUMNS 1000
#define USUAL_COLUMNS 80

size_t
terminal_columns(void)
{
	const char *said = getenv("COLUMNS");
	long		columns = said != NULL ? strtol(said, NULL, 10) : 0;
	struct winsize size;

	if (columns <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns <= 0)
		columns = USUAL_COLUMNS;
	if (columns < LEAST_COLUMNS)
		columns = LEAST_COLUMNS;
	return columns < MOST_COLUMNS ? (size_t) columns : MOST_COLUMNS;
}

bool
terminal_is_ascii(void)
{
	return has(OPTION_ASCII) || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}
