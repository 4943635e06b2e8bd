/*-------------------------------------------------------------------------
 *
 * error.h
 *		How the file format layer says what is wrong.
 *
 * Nothing in src/plog prints, exits or asserts on what a file holds: a
 * function that can fail returns a PlogStatus and fills a PlogError.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_ERROR_H
#define PLOG_ERROR_H

#include <stdbool.h>
#include <stdint.h>

typedef enum PlogStatus
{
	PLOG_OK,
	PLOG_SYSTEM_ERROR,			/* a system call failed; see system_errno */
	PLOG_WRONG_FILE_TYPE,		/* a directory, FIFO, socket or device */
	PLOG_NOT_A_PLOG,			/* too short, or no plog header */
	PLOG_OTHER_VERSION,			/* a plog of a version that is not supported */
	PLOG_UNFINISHED,			/* the writer never wrote header and directory */
	PLOG_CORRUPT,				/* header, directory, chunk or entry is damaged */
	PLOG_CHANGED,				/* no longer the file that was opened */
	PLOG_LIMIT,					/* something is larger than the caller allows */
	PLOG_OUT_OF_MEMORY
} PlogStatus;

typedef struct PlogError
{
	PlogStatus	status;
	int			system_errno;	/* for PLOG_SYSTEM_ERROR */
	uint64_t	offset;			/* in the file, bytes: where it was noticed */
	bool		is_packed;		/* for PLOG_NOT_A_PLOG: it is a compressed file */
	char		message[200];	/* lower case, no period, ASCII */
} PlogError;

/*
 * Fill in the error and return the status, for "return plog_fail(…)".  It is a macro,
 * so that compilers and analysers see which status is returned.
 */
#define plog_fail(error, status, ...) \
	(plog_fill_error((error), (status), __VA_ARGS__), (status))

extern void plog_fill_error(PlogError *error, PlogStatus status, uint64_t offset,
							const char *format,...)
			__attribute__((format(printf, 4, 5)));

#endif							/* PLOG_ERROR_H */
