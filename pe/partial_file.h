/*-------------------------------------------------------------------------
 *
 * partial_file.h
 *		A file that appears under its name when it is whole.
 *
 * Until then it is beside that under a name of its own, and is removed if pe
 * ends.  There is one at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PARTIAL_FILE_H
#define PARTIAL_FILE_H

#include "pe.h"

/*
 * Begin one, whose name must not be there, unless it may be overwritten; of a
 * link then what it leads to.  Returns a descriptor.
 */
extern int	partial_begin(const char *path, bool overwrite);
/* Where it is now, and where it will be. */
extern const char *partial_path(void);
extern const char *partial_final_path(void);
/* Give it its name and the usual rights. */
extern void partial_end(void);

#endif
