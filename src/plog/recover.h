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
	uint64_t	torn_chunks;	/* of which only the whole entries are kept */
	uint64_t	entries;		/* in both */
	uint64_t	malformed_entries;	/* of those; they are not read */
	uint64_t	lost_bytes;		/* of the file: outside of chunks, or after a tear */
	uint64_t	lost_entries;	/* as far as the directory tells */
	uint64_t	surplus_entries;	/* beyond the directory's count of their chunk; they
									 * are not read */
	char		damage[200];	/* what plog_read_directory() said, or "" */
} PlogRecovery;

/*
 * Read what there is of header and directory, then walk the file from its first
 * chunk.  Each zlib stream tells where it ends.  After a damaged one, the next is
 * where the directory says, or where one is found by searching.
 *
 * Fills in the reader as plog_read_directory() does; reader->complete tells whether
 * nothing is missing.  Entries have the numbers that the directory gives them; in
 * chunks that it does not have, they are counted.  What a chunk has beyond the
 * directory's count is left out, because the next chunk's entries have those numbers.
 *
 * PLOG_SYSTEM_ERROR, PLOG_OTHER_VERSION, PLOG_LIMIT, PLOG_OUT_OF_MEMORY;
 * PLOG_NOT_A_PLOG where there is neither a header nor a chunk.
 */
extern PlogStatus plog_recover(PlogReader *reader, PlogRecovery *recovery, PlogError *error);

#endif							/* PLOG_RECOVER_H */
