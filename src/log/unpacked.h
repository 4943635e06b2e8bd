/*-------------------------------------------------------------------------
 *
 * unpacked.h
 *		The cache of logs that the server has unpacked.
 *
 * A compressed log is unpacked when it is first opened, into a directory beside the
 * catalogs, and read from there until the file is another.  What was not used for the
 * longest time is removed, so that the setting is kept to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_UNPACKED_H
#define PANDELEPHANT_UNPACKED_H

#include "plog/source.h"

/*
 * The setting pandelephant.unpacked_cache_size: how much unpacked logs may take
 * together, in kB; 0: none is unpacked.
 */
extern int	pandelephant_unpacked_cache_size;

/*
 * Is it a compressed file, and does the setting say that such are unpacked?
 */
extern bool is_to_be_unpacked(const char *path);

/*
 * How compressed logs are opened and read, by their paths.  The identity of one is that
 * of the compressed file with the size of what it holds.  Errors in unpacking are
 * reported.
 */
extern const PlogSource unpacked_files;

/*
 * That identity, if the log is unpacked by now.
 */
extern bool unpacked_file_peek(const char *path, PlogIdentity *identity);

#endif							/* PANDELEPHANT_UNPACKED_H */
