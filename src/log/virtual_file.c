/*-------------------------------------------------------------------------
 *
 * virtual_file.c
 *		Logs read through PostgreSQL's virtual file descriptors.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "pgstat.h"
#include "storage/fd.h"

#include "log/virtual_file.h"

static int
open_virtual(const char *path)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	return PathNameOpenFile(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | PG_BINARY);
}

static PlogStatus
identify_virtual(int file, PlogIdentity *identity, PlogError *error)
{
	struct stat state;
	int			result = -1;

	/* FileSize() opens the file again if need be; a FIFO, which has no size, was just opened */
	if (FileSize(file) >= 0 || errno == ESPIPE)
		result = fstat(FileGetRawDesc(file), &state);
	return plog_identity_of(result, &state, identity, error);
}

static ssize_t
pread_virtual(int file, void *data, size_t length, uint64_t position)
{
	return FileRead(file, data, (int) length, (off_t) position, PG_WAIT_EXTENSION);
}

static void
close_virtual(int file)
{
	FileClose(file);
}

const PlogSource virtual_files = {open_virtual, identify_virtual, pread_virtual, close_virtual};
