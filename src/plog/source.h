/*-------------------------------------------------------------------------
 *
 * source.h
 *		The file that a log is read from.
 *
 * The file is read with pread, never mapped: a file that shrinks while it is
 * read is an error then, not a signal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_SOURCE_H
#define PLOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plog/error.h"

struct stat;

/* What tells one state of a file from another. */
typedef struct PlogIdentity
{
	uint64_t	device;
	uint64_t	inode;
	uint64_t	size;			/* bytes */
	int64_t		mtime;			/* nanoseconds since 1970 */
	int64_t		ctime;			/* likewise */

	/*
	 * 0, or a number that is different each time the file is looked at.  The
	 * caller sets it where the file was changed so recently that another change
	 * may not show in its times.
	 */
	uint64_t	look;
} PlogIdentity;

/*
 * How logs are opened and read: files by the system's calls, or by those of a
 * caller that has to keep few files open, or what is no file at all.  open, pread
 * and close work, and fail with errno, as the calls that they are named after;
 * identify is plog_input_identify().  Any but close may leave by longjmp.
 */
typedef struct PlogSource
{
	int			(*open) (const char *path);
	PlogStatus	(*identify) (int file, PlogIdentity *identity, PlogError *error);
	ssize_t		(*pread) (int file, void *data, size_t length, uint64_t position);
	void		(*close) (int file);
} PlogSource;

/* A file that is open for reading. */
typedef struct PlogInput
{
	const PlogSource *source;	/* NULL before it is opened: the system's */
	bool		is_open;
	int			fd;				/* the source's */
	void		(*poll) (void); /* see PlogReaderOptions */
} PlogInput;

/*
 * Stat a file without opening it.  PLOG_SYSTEM_ERROR, PLOG_WRONG_FILE_TYPE.
 */
extern PlogStatus plog_identify(const char *path, PlogIdentity *identity, PlogError *error);

/*
 * The identity of a file from what fstat() said of it: what that returned, with errno,
 * and what it filled in.  Only regular files have one.  PLOG_SYSTEM_ERROR,
 * PLOG_WRONG_FILE_TYPE, PLOG_CHANGED.
 */
extern PlogStatus plog_identity_of(int result, const struct stat *state, PlogIdentity *identity,
								   PlogError *error);

/*
 * Open a file.  PLOG_SYSTEM_ERROR, PLOG_WRONG_FILE_TYPE.
 */
extern PlogStatus plog_input_open(PlogInput *input, const char *path, PlogError *error);
extern void plog_input_close(PlogInput *input);

/*
 * The state that the open file has now.  PLOG_SYSTEM_ERROR,
 * PLOG_WRONG_FILE_TYPE, PLOG_CHANGED.
 */
extern PlogStatus plog_input_identify(PlogInput *input, PlogIdentity *identity, PlogError *error);

/*
 * Read exactly so many bytes of the file.  PLOG_SYSTEM_ERROR, PLOG_CHANGED;
 * PLOG_CORRUPT where the file is shorter than that.
 */
extern PlogStatus plog_read_at(PlogInput *input, uint64_t position, void *data, size_t length,
							   PlogError *error);

/* Report that the file is no longer what it was. */
extern PlogStatus plog_has_changed(PlogError *error);

/* Let the caller be interrupted. */
static inline void
plog_poll(const PlogInput *input)
{
	if (input->poll != NULL)
		input->poll();
}

#endif							/* PLOG_SOURCE_H */
