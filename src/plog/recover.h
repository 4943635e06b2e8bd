/*-------------------------------------------------------------------------
 *
 * recover.h
 *		Finding the chunks of a damaged or unfinished log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_RECOVER_H
#define PLOG_RECOVER_H

#include "plog/reader.h"

/* What recovery found. */
typedef struct PlogRecovery
{
	uint64_t	whole_chunks;
	uint64_t	torn_chunks;	/* of which only whole entries are kept */
	uint64_t	entries;		/* in both */
	uint64_t	malformed_entries;	/* of those: no protobuf, and not read */
	uint64_t	lost_bytes;		/* of the file, in no chunk or behind a tear */
	uint64_t	lost_entries;	/* as far as a directory tells */
	uint64_t	surplus_entries;	/* more than it counts in their chunk, and not read */
	char		damage[200];	/* what plog_read_directory() said, or "" */
} PlogRecovery;

/*
 * Read what there is of header and directory, then walk the file from its
 * first chunk: each zlib stream says where it ends, and behind a damaged one
 * the next is where the directory says or where one can be found.  Fills the
 * reader as plog_read_directory() does; reader->complete tells whether
 * anything is missing.  Entry numbers are the directory's where it has the
 * chunk, else counted: what a chunk holds beyond them is left out, for the next
 * chunk's entries have those numbers.  PLOG_SYSTEM_ERROR, PLOG_NOT_A_PLOG where there is
 * neither header nor chunk, PLOG_OTHER_VERSION, PLOG_LIMIT,
 * PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_recover(PlogReader *reader, PlogRecovery *recovery, PlogError *error);

#endif							/* PLOG_RECOVER_H */
