/*-------------------------------------------------------------------------
 *
 * server_file.h
 *		Files of the server other than logs: descriptors, recordings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SERVER_FILE_H
#define PANDELEPHANT_SERVER_FILE_H

#include "storage/fd.h"

/* A regular file, open to be read from its start to its end. */
typedef struct ServerFile
{
	const char *what;			/* "descriptor", for messages */
	const char *name;
	File		file;			/* -1: closed */
	off_t		position;		/* of the next byte to read */
	uint64		size;			/* when it was opened */
	int64		mtime;			/* likewise, in nanoseconds since 1970 */
	MemoryContextCallback callback;
} ServerFile;

/*
 * Open a file, which is closed with the current memory context at the latest.  NULL where
 * there is none and missing_ok is set; other errors are reported.
 */
extern ServerFile *server_file_open(const char *what, const char *name, bool missing_ok);

/*
 * Read the next bytes, at most so many, and return how many there were; 0 at the end.
 * It reads little enough at a time to be interrupted.  Errors are reported.
 */
extern Size server_file_read(ServerFile *file, uint8 *bytes, Size size);

/*
 * Has the file another size or mtime than when it was opened?  Errors are reported.
 */
extern bool server_file_has_changed(const ServerFile *file);

extern void server_file_close(ServerFile *file);

#endif							/* PANDELEPHANT_SERVER_FILE_H */
