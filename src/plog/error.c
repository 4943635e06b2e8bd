/*-------------------------------------------------------------------------
 *
 * error.c
 *		How the file format layer says what is wrong.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "plog/error.h"

/*
 * Fill in an error; for PLOG_SYSTEM_ERROR, with errno.
 */
void
plog_fill_error(PlogError *error, PlogStatus status, uint64_t offset, const char *format,...)
{
	va_list		arguments;

	error->status = status;
	error->system_errno = status == PLOG_SYSTEM_ERROR ? errno : 0;
	error->offset = offset;
	error->is_packed = false;
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
}
