/*-------------------------------------------------------------------------
 *
 * temporary.h
 *		A folder for the files that tests make, and those files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEMPORARY_H
#define TEMPORARY_H

#include "bytes.h"

/* Make the folder: in $TMPDIR, or where the system keeps such files. */
extern void temporary_make(void);

/* Remove it with all that is in it. */
extern void temporary_remove(void);

/* The path of a file in it; overwritten by the next call. */
extern const char *temporary_path(const char *name);

/* Write a file, and give its path. */
extern const char *temporary_file(const char *name, const Bytes *bytes);

#endif							/* TEMPORARY_H */
