/*-------------------------------------------------------------------------
 *
 * server_file.c
 *		Files of the server other than logs: descriptors, recordings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "miscadmin.h"
#include "pgstat.h"

#include "log/server_file.h"

/* One read takes at most this many bytes, so that it can be interrupted. */
#define READ_PIECE		((Size) 1024 * 1024)

/*
 * Report that the operating system refused something.
 */
static void
report_file_error(const char *doing, const ServerFile *file)
{
	bool		is_explained = errno == ENOENT || errno == EACCES;

	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not %s %s \"%s\": %m", doing, file->what, file->name),
			 is_explained ?
			 errhint("The file is read by the server, with the rights of its operating system user.") : 0));
}

static int64
mtime_of(const struct stat *state)
{
	return (int64) ((uint64) state->st_mtim.tv_sec * 1000000000 + (uint64) state->st_mtim.tv_nsec);
}

static void
close_with_context(void *file)
{
	server_file_close(file);
}

/*
 * The state of an open file.
 */
static struct stat
state_of(const ServerFile *file)
{
	struct stat state;

	/* FileSize() opens the file again if need be; a FIFO, which has no size, was just opened */
	if ((FileSize(file->file) < 0 && errno != ESPIPE) ||
		fstat(FileGetRawDesc(file->file), &state) != 0)
		report_file_error("stat", file);
	return state;
}

ServerFile *
server_file_open(const char *what, const char *name, bool missing_ok)
{
	ServerFile *file = palloc0(sizeof(ServerFile));
	struct stat state;

	file->what = what;
	file->name = name;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	file->file = PathNameOpenFile(name, O_RDONLY | O_NONBLOCK | PG_BINARY);
	if (file->file < 0 && errno == ENOENT && missing_ok)
		return NULL;
	if (file->file < 0)
		report_file_error("open", file);
	file->callback.func = close_with_context;
	file->callback.arg = file;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &file->callback);
	state = state_of(file);
	if (!S_ISREG(state.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot read %s \"%s\": it is not a regular file", what, name)));
	file->size = (uint64) state.st_size;
	file->mtime = mtime_of(&state);
	return file;
}

Size
server_file_read(ServerFile *file, uint8 *bytes, Size size)
{
	int			got;

	CHECK_FOR_INTERRUPTS();
	got = FileRead(file->file, (char *) bytes, (int) Min(size, READ_PIECE), file->position,
				   PG_WAIT_EXTENSION);
	if (got < 0)
		report_file_error("read", file);
	file->position += got;
	return (Size) got;
}

bool
server_file_has_changed(const ServerFile *file)
{
	struct stat state = state_of(file);

	return (uint64) state.st_size != file->size || mtime_of(&state) != file->mtime;
}

void
server_file_close(ServerFile *file)
{
	if (file->file >= 0)
		FileClose(file->file);
	file->file = -1;
}
