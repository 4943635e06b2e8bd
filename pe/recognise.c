/*-------------------------------------------------------------------------
 *
 * recognise.c
 *		What a file is that was given as a log.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <unistd.h>

#include "recognise.h"

/* How many bytes are looked at. */
#define LOOKED_AT 512

PlogFileKind
recognise_file(const char *path)
{
	uint8_t		bytes[LOOKED_AT];
	int			file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t		length = file >= 0 ? read(file, bytes, sizeof(bytes)) : 0;

	if (file >= 0)
		close(file);
	return length > 0 ? plog_recognise(bytes, (size_t) length) : PLOG_FILE_MAY_BE_LOG;
}
