/*-------------------------------------------------------------------------
 *
 * reader.h
 *		A log that is open: what is known of the file, and reading its chunks.
 *
 * A reader is a struct that the caller owns, cleared to zero before
 * plog_reader_open(), and not moved while it is open.  plog_reader_close()
 * releases everything in it, whatever has happened; it may be called at any time
 * and more than once, also after a poll function has left by longjmp.
 *
 * Where the chunks are is found by plog_read_directory() of directory.h, or by
 * plog_recover() of recover.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_READER_H
#define PLOG_READER_H

#include "plog/chunk.h"
#include "plog/inflate.h"

typedef struct PlogReaderOptions
{
	/* An inflated chunk beyond this, in bytes, is refused with PLOG_LIMIT. */
	uint64_t	max_chunk;

	/*
	 * Called now and then in all work whose length the file decides.  It may
	 * leave by longjmp.  NULL: there is none.
	 */
	void		(*poll) (void);
} PlogReaderOptions;

typedef struct PlogReader
{
	PlogInput	input;
	PlogIdentity identity;		/* when the file was opened, or looked at again */

	/* from the header; 0 where the writer did not close the log */
	uint32_t	version;
	uint32_t	chunk_size;		/* what chunks are about as large as; not a bound */
	uint64_t	directory;		/* bytes, in the file */

	/* from the directory, or as recovery found them */
	uint64_t	chunk_count;
	PlogChunk  *chunks;
	uint64_t	entry_count;	/* entry_ids are below this */
	bool		complete;		/* nothing of the log is lost */
	uint32_t	checksum;		/* crc32 of header and directory */

	/* see change.h */
	bool		knows_content;
	uint64_t	content;		/* if it is known: what is in the file */
	int64_t		verified_ctime;	/* the last ctime at which that was so */

	PlogInflater inflater;

	/* working memory of recovery */
	PlogBuffer	recovery_inflated;
	PlogBuffer	recovery_searched;
	PlogChunk  *hints;			/* the directory's chunks */
} PlogReader;

/*
 * Open a file; header and directory are not read yet.  PLOG_SYSTEM_ERROR,
 * PLOG_WRONG_FILE_TYPE.
 */
extern PlogStatus plog_reader_open(PlogReader *reader, const char *path,
								   const PlogReaderOptions *options, PlogError *error);

/*
 * Take the state that the file has now as the one that is read.  Nothing that
 * was read before counts any more.  PLOG_SYSTEM_ERROR, PLOG_WRONG_FILE_TYPE,
 * PLOG_CHANGED.
 */
extern PlogStatus plog_look_again(PlogReader *reader, PlogError *error);

/*
 * Read and inflate a chunk into the caller's buffer, whose capacity is reused;
 * free it with plog_buffer_free().  The chunk must hold as many entries as the
 * directory says.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT, PLOG_LIMIT,
 * PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_read_chunk(PlogReader *reader, const PlogChunk *chunk,
								  PlogBuffer *inflated, PlogError *error);

/*
 * The same in two steps, for callers that walk all entries anyway: inflate, and
 * when plog_next_body() has returned false, check that it came to the end of the
 * chunk and gave as many entries as the directory says.
 */
extern PlogStatus plog_inflate(PlogReader *reader, const PlogChunk *chunk,
							   PlogBuffer *inflated, PlogError *error);
extern PlogStatus plog_check_walk(const PlogChunk *chunk, const WireCursor *cursor,
								  uint64_t entries, PlogError *error);

/*
 * The second step for callers that may not walk all entries.  PLOG_CORRUPT.
 */
extern PlogStatus plog_check_entries(PlogReader *reader, const PlogChunk *chunk,
									 const PlogBuffer *inflated, PlogError *error);

/*
 * Free the memory that only reading chunks needs; it is allocated again then.
 */
extern void plog_reader_rest(PlogReader *reader);

extern void plog_reader_close(PlogReader *reader);

#endif							/* PLOG_READER_H */
