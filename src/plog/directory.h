/*-------------------------------------------------------------------------
 *
 * directory.h
 *		The header and the directory of a log that PANDA has closed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_DIRECTORY_H
#define PLOG_DIRECTORY_H

#include "plog/reader.h"

/*
 * Read header and directory, and check every bound in them.
 * PLOG_SYSTEM_ERROR, PLOG_NOT_A_PLOG, PLOG_OTHER_VERSION, PLOG_UNFINISHED,
 * PLOG_CORRUPT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_read_directory(PlogReader *reader, PlogError *error);

/*
 * The checksum that header and directory have in the file now; reader->checksum
 * is what it was when they were read.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT.
 */
extern PlogStatus plog_directory_checksum(PlogReader *reader, uint32_t *checksum, PlogError *error);

#endif							/* PLOG_DIRECTORY_H */
