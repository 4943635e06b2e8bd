/*-------------------------------------------------------------------------
 *
 * reader.h
 *		Reading a plog: the file, its chunks, their entries.
 *
 * A reader is a struct that the caller owns, cleared to zero before
 * plog_reader_open().  Whatever happens then, plog_reader_close() releases
 * everything, and may be called at any time and more than once: also after a
 * poll function has left by longjmp.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_READER_H
#define PLOG_READER_H

#include <sys/types.h>

#include "plog/error.h"
#include "plog/message.h"

struct stat;

/*
 * Bytes of malloc'd memory that grow as needed.  So many behind its capacity
 * may be read, whatever they hold: who looks at strings word by word need not
 * stop before the last.
 */
#define PLOG_BUFFER_SLACK	8

typedef struct PlogBuffer
{
	uint8_t    *data;
	size_t		length;
	size_t		capacity;
} PlogBuffer;

/* A chunk: one zlib stream in the file. */
typedef struct PlogChunk
{
	uint64_t	position;		/* bytes, in the file */
	uint64_t	length;			/* bytes, in the file */
	uint64_t	first_entry;	/* the entry_id of its first entry */
	uint64_t	entries;		/* how many it holds */

	/*
	 * Of a chunk that recovery found torn or corrupt: how many inflated bytes
	 * at its beginning hold whole entries.  0: the chunk is whole.
	 */
	uint64_t	salvaged;

	/* its last bytes, if plog_note_endings() was called */
	uint64_t	ending;
} PlogChunk;

typedef struct PlogReaderOptions
{
	/* An inflated chunk beyond this, in bytes, is refused with PLOG_LIMIT. */
	uint64_t	max_chunk;

	/*
	 * Called now and then in work whose length the file decides.  It may
	 * leave by longjmp.  NULL: none.
	 */
	void		(*poll) (void);
} PlogReaderOptions;

/*
 * How a reader comes to its file: the system's calls, or those of who has to
 * keep few files open.  Each works and fails, with errno, as the call it is
 * named after.
 */
typedef struct PlogSource
{
	int			(*open) (const char *path);
	int			(*fstat) (int file, struct stat *state);
	ssize_t		(*pread) (int file, void *data, size_t length, uint64_t position);
	void		(*close) (int file);
} PlogSource;

/* What tells one state of a file from another. */
typedef struct PlogIdentity
{
	uint64_t	device;
	uint64_t	inode;
	uint64_t	size;			/* bytes */
	int64_t		mtime;			/* nanoseconds since 1970 */
	int64_t		ctime;			/* likewise */

	/*
	 * 0; or, where the file was changed just before, so that its next change
	 * may leave the times as they are, a number that no other look at it has.
	 * The caller sets it.
	 */
	uint64_t	look;
} PlogIdentity;

struct libdeflate_decompressor;

typedef struct PlogReader
{
	const PlogSource *source;	/* set before it is opened; NULL: the system's */
	bool		is_open;
	int			fd;				/* the source's */
	PlogReaderOptions options;
	PlogIdentity identity;		/* when it was opened */

	/* from the header; 0 where the writer did not close the log */
	uint32_t	version;
	uint32_t	chunk_size;		/* a hint, never a bound */
	uint64_t	directory;		/* bytes, in the file */

	/* from the directory, or as recovery found them */
	uint64_t	chunk_count;
	PlogChunk  *chunks;
	uint64_t	entry_count;	/* entry_ids are below this */
	bool		complete;		/* nothing of the log is lost */
	uint32_t	checksum;		/* crc32 of header and directory */

	/*
	 * Of all that was inflated, wanted or not: what libdeflate refused counts as
	 * it is deflated.
	 */
	uint64_t	inflated_bytes;

	/* what is in the file, if plog_note_content() was called */
	bool		knows_content;
	uint64_t	content;
	int64_t		verified_ctime;	/* the last ctime at which it was so */

	/* working memory */
	PlogBuffer	compressed;
	struct libdeflate_decompressor *decompressor;
	void	   *stream;			/* a z_stream while one is open */
	PlogBuffer	recovery_inflated;
	PlogBuffer	recovery_searched;
	PlogChunk  *hints;			/* the directory's chunks, during recovery */
} PlogReader;

/*
 * Stat a file without opening it.  PLOG_SYSTEM_ERROR, PLOG_WRONG_FILE_TYPE.
 */
extern PlogStatus plog_identify(const char *path, PlogIdentity *identity, PlogError *error);

/*
 * Open a file; header and directory are not read yet.  PLOG_SYSTEM_ERROR,
 * PLOG_WRONG_FILE_TYPE.
 */
extern PlogStatus plog_reader_open(PlogReader *reader, const char *path,
								   const PlogReaderOptions *options, PlogError *error);

/*
 * Let the file's state be that of now.  Nothing of what was read before counts
 * any more.  PLOG_SYSTEM_ERROR, PLOG_WRONG_FILE_TYPE, PLOG_CHANGED.
 */
extern PlogStatus plog_look_again(PlogReader *reader, PlogError *error);

/*
 * Read header and directory, and check every bound in them.
 * PLOG_SYSTEM_ERROR, PLOG_NOT_A_PLOG, PLOG_OTHER_VERSION, PLOG_UNFINISHED,
 * PLOG_CORRUPT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_read_directory(PlogReader *reader, PlogError *error);

/*
 * Read and inflate a chunk into the caller's buffer, whose capacity is reused;
 * free it with plog_buffer_free().  The entries in it are counted and must be
 * as many as the chunk says.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT, PLOG_LIMIT,
 * PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_read_chunk(PlogReader *reader, const PlogChunk *chunk,
								  PlogBuffer *inflated, PlogError *error);

/*
 * The same in two steps, for callers that walk all entries anyway: inflate, and
 * when plog_next_body() gave no more, check that it came to the end and gave as
 * many as the chunk says.
 */
extern PlogStatus plog_inflate(PlogReader *reader, const PlogChunk *chunk,
							   PlogBuffer *inflated, PlogError *error);
extern PlogStatus plog_check_walk(const PlogChunk *chunk, const WireCursor *cursor,
								  uint64_t entries, PlogError *error);

/*
 * The check alone, of a chunk that was inflated: for who may not walk all of its
 * entries.  PLOG_CORRUPT.
 */
extern PlogStatus plog_check_entries(PlogReader *reader, const PlogChunk *chunk,
									 const PlogBuffer *inflated, PlogError *error);

/*
 * Note what is in a file whose directory was read: a checksum of that, and of
 * the last bytes of its chunks, of up to 1024 of them.  A chunk's last bytes
 * are a checksum of what it holds.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT.
 */
extern PlogStatus plog_note_content(PlogReader *reader, PlogError *error);

/*
 * Is the file still as it was when it was opened?  Being removed or replaced
 * by another does not change it.  Nor does what changes ctime alone: links,
 * names, owners, permissions.  But so does who writes and sets mtime back;
 * what was noted of the content tells them apart, and without it the file
 * counts as changed.  PLOG_SYSTEM_ERROR, PLOG_CHANGED.
 */
extern PlogStatus plog_check_unchanged(PlogReader *reader, PlogError *error);

/*
 * The same for chunks of a file that may still grow: remember how each ends,
 * and see whether one still ends so.  A whole chunk's last bytes are a checksum
 * of what it holds.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT, PLOG_CHANGED.
 */
extern PlogStatus plog_note_endings(PlogReader *reader, PlogError *error);
extern PlogStatus plog_check_chunk_unchanged(PlogReader *reader, const PlogChunk *chunk,
											 PlogError *error);

/*
 * Give back the memory that only reading chunks needs; it comes again.
 */
extern void plog_reader_rest(PlogReader *reader);

extern void plog_reader_close(PlogReader *reader);

extern void plog_buffer_free(PlogBuffer *buffer);

/*
 * Make room for so many bytes.  False when there is no memory.
 */
extern bool plog_buffer_reserve(PlogBuffer *buffer, size_t capacity);

/*
 * Read exactly so many bytes of the file.  PLOG_SYSTEM_ERROR; PLOG_CORRUPT
 * where the file is shorter than it was.
 */
extern PlogStatus plog_read_at(PlogReader *reader, uint64_t position, void *data,
							   size_t length, PlogError *error);

/*
 * Start to walk the entries of an inflated chunk.
 */
static inline WireCursor
plog_entries(const PlogBuffer *inflated)
{
	PlogBytes	entries = {inflated->data, inflated->length};

	return wire_cursor(entries);
}

/*
 * How far ahead of the walk a chunk's bytes are asked for.  Where an entry
 * begins is told by the one before, so that walking waits for memory.
 */
#define PLOG_PREFETCH_BYTES		1024
#define PLOG_CACHE_LINE_BYTES	64

/*
 * The next framed entry of an inflated chunk, or false at its end or where
 * what is left is no whole entry.
 */
static inline bool
plog_next_body(WireCursor *cursor, PlogBytes *body)
{
	size_t		left = (size_t) (cursor->end - cursor->at);
	uintptr_t	ahead;
	uint32_t	size;

	if (left < PLOG_ENTRY_SIZE_BYTES)
		return false;
	size = wire_load32(cursor->at);
	if (size > left - PLOG_ENTRY_SIZE_BYTES)
		return false;
	body->data = cursor->at + PLOG_ENTRY_SIZE_BYTES;
	body->length = size;
	cursor->at = body->data + size;

	/* no pointer: it may be beyond the end, where nothing is asked for */
	ahead = (uintptr_t) cursor->at + PLOG_PREFETCH_BYTES;
	__builtin_prefetch((const void *) ahead);
	__builtin_prefetch((const void *) (ahead + PLOG_CACHE_LINE_BYTES));
	__builtin_prefetch((const void *) (ahead + 2 * PLOG_CACHE_LINE_BYTES));
	return true;
}

#endif							/* PLOG_READER_H */
