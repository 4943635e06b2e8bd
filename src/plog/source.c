/*-------------------------------------------------------------------------
 *
 * source.c
 *		The file that a log is read from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plog/source.h"

/* One pread reads at most this many bytes, so that it can be interrupted. */
#define READ_PIECE			((size_t) 8 * 1024 * 1024)

/*
 * Nanoseconds since 1970.  A file can have any time; one that is far enough
 * away wraps around.
 */
static int64_t
nanoseconds(struct timespec time)
{
	return (int64_t) ((uint64_t) time.tv_sec * 1000000000 + (uint64_t) time.tv_nsec);
}

static int
open_file(const char *path)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static ssize_t
read_file(int file, void *data, size_t length, uint64_t position)
{
	return pread(file, data, length, (off_t) position);
}

static void
close_file(int file)
{
	close(file);
}

static PlogStatus
identify_file(int file, PlogIdentity *identity, PlogError *error)
{
	struct stat state;

	return plog_identity_of(fstat(file, &state), &state, identity, error);
}

static const PlogSource system_files = {open_file, identify_file, read_file, close_file};

PlogStatus
plog_has_changed(PlogError *error)
{
	return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");
}

/*
 * The identity of a file in that state.  Only regular files have one.
 */
static PlogStatus
identity_of(const struct stat *state, PlogIdentity *identity, PlogError *error)
{
	if (!S_ISREG(state->st_mode))
		return plog_fail(error, PLOG_WRONG_FILE_TYPE, 0, "%s",
						 S_ISDIR(state->st_mode) ? "it is a directory" :
						 S_ISFIFO(state->st_mode) ? "it is a FIFO" :
						 "it is not a regular file");
	identity->device = (uint64_t) state->st_dev;
	identity->inode = (uint64_t) state->st_ino;
	identity->size = (uint64_t) state->st_size;
	identity->mtime = nanoseconds(state->st_mtim);
	identity->ctime = nanoseconds(state->st_ctim);
	identity->look = 0;
	return PLOG_OK;
}

PlogStatus
plog_identity_of(int result, const struct stat *state, PlogIdentity *identity, PlogError *error)
{
	if (result == 0)
		return identity_of(state, identity, error);

	/* a source may have closed the file meanwhile, and no longer find it */
	if (errno == ENOENT)
		return plog_has_changed(error);
	return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not stat file");
}

PlogStatus
plog_identify(const char *path, PlogIdentity *identity, PlogError *error)
{
	struct stat state;

	if (stat(path, &state) != 0)
		return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not stat file");
	return identity_of(&state, identity, error);
}

PlogStatus
plog_input_open(PlogInput *input, const char *path, PlogError *error)
{
	struct stat state;
	PlogIdentity unused;

	if (input->source == NULL)
		input->source = &system_files;
	input->fd = input->source->open(path);

	/* a socket cannot be opened at all; say that it is one */
	if (input->fd < 0 && errno == ENXIO && stat(path, &state) == 0 && !S_ISREG(state.st_mode))
		return identity_of(&state, &unused, error);
	if (input->fd < 0)
		return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not open file");
	input->is_open = true;
	return PLOG_OK;
}

void
plog_input_close(PlogInput *input)
{
	if (input->is_open)
		input->source->close(input->fd);
	input->is_open = false;
}

PlogStatus
plog_input_identify(PlogInput *input, PlogIdentity *identity, PlogError *error)
{
	return input->source->identify(input->fd, identity, error);
}

PlogStatus
plog_read_at(PlogInput *input, uint64_t position, void *data, size_t length, PlogError *error)
{
	size_t		done = 0;

	while (done < length)
	{
		size_t		piece = length - done < READ_PIECE ? length - done : READ_PIECE;
		ssize_t		got;

		if (done > 0)
			plog_poll(input);
		got = input->source->pread(input->fd, (char *) data + done, piece, position + done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOENT)
			/* as in plog_identity_of() */
			return plog_has_changed(error);
		if (got < 0)
			return plog_fail(error, PLOG_SYSTEM_ERROR, position + done, "could not read file");
		if (got == 0)
			return plog_fail(error, PLOG_CORRUPT, position + done, "file ends too early");
		done += (size_t) got;
	}
	return PLOG_OK;
}
