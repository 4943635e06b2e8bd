/*-------------------------------------------------------------------------
 *
 * inflate.h
 *		Inflating chunks: whole ones by libdeflate, others by zlib.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_INFLATE_H
#define PLOG_INFLATE_H

#include "plog/reader.h"

/* How a stream ended. */
typedef struct PlogStreamEnd
{
	bool		whole;			/* to its end, with the right checksum */
	uint64_t	length;			/* bytes of the file that it took */
	const char *reason;			/* where not whole: a static string */
} PlogStreamEnd;

/*
 * Inflate a chunk that must be exactly one whole stream.  PLOG_SYSTEM_ERROR,
 * PLOG_CORRUPT, PLOG_LIMIT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_inflate_chunk(PlogReader *reader, uint64_t position, uint64_t length,
									 PlogBuffer *inflated, PlogError *error);

/*
 * Inflate a stream of unknown length that starts at position and ends at the
 * latest at limit, as far as it goes, or until "enough" inflated bytes are
 * there.  A damaged stream is no error: *end says how far it went.
 * PLOG_SYSTEM_ERROR, PLOG_CORRUPT where the file is shorter than it was,
 * PLOG_LIMIT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_inflate_stream(PlogReader *reader, uint64_t position, uint64_t limit,
									  uint64_t enough, PlogBuffer *inflated,
									  PlogStreamEnd *end, PlogError *error);

/*
 * Inflate the beginning of what may be a stream, and lies in memory.  Gives
 * how many bytes came out, at most "room"; 0 where it is none, or where there
 * is no memory to see.
 */
extern size_t plog_inflate_start(PlogReader *reader, const uint8_t *data, size_t length,
								 uint8_t *inflated, size_t room);

/* Close a stream that a longjmp or plog_inflate_start() left open. */
extern void plog_inflate_reset(PlogReader *reader);

#endif							/* PLOG_INFLATE_H */
