/*-------------------------------------------------------------------------
 *
 * inflate.h
 *		Inflating chunks: whole ones by libdeflate, others by zlib.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_INFLATE_H
#define PLOG_INFLATE_H

#include "plog/buffer.h"
#include "plog/source.h"

struct libdeflate_decompressor;

/* What inflating needs besides the file; cleared to zero before it is used. */
typedef struct PlogInflater
{
	PlogInput  *input;			/* the file that chunks are read from */
	uint64_t	max_chunk;		/* see PlogReaderOptions */

	/*
	 * All bytes that were inflated, wanted or not.  Of what libdeflate refused,
	 * the deflated bytes are counted.
	 */
	uint64_t	inflated_bytes;

	/* working memory */
	PlogBuffer	compressed;
	struct libdeflate_decompressor *decompressor;
	void	   *stream;			/* a z_stream while one is open */
} PlogInflater;

/* How a stream ended. */
typedef struct PlogStreamEnd
{
	bool		whole;			/* to its end, with the right checksum */
	uint64_t	length;			/* bytes of the file that it took */
	const char *reason;			/* where not whole: a static string */
} PlogStreamEnd;

/*
 * Inflate a chunk that must be exactly one whole stream.  "usual" is how many
 * bytes a chunk usually inflates to; it only decides how large a buffer is tried
 * first.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT, PLOG_LIMIT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_inflate_chunk(PlogInflater *inflater, uint64_t position, uint64_t length,
									 uint64_t usual, PlogBuffer *inflated, PlogError *error);

/*
 * Inflate a stream of unknown length that starts at position and ends before
 * limit, as far as it can be inflated, or until there are "enough" inflated
 * bytes.  A damaged stream is not an error: *end says how far it went.
 * PLOG_SYSTEM_ERROR, PLOG_CORRUPT where the file is shorter than it was,
 * PLOG_LIMIT, PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_inflate_stream(PlogInflater *inflater, uint64_t position, uint64_t limit,
									  uint64_t enough, PlogBuffer *inflated,
									  PlogStreamEnd *end, PlogError *error);

/*
 * Inflate the beginning of what may be a stream, from memory.  Returns how many
 * bytes came out, at most "room"; 0 where it is not a stream, or where there is
 * no memory to find out.
 */
extern size_t plog_inflate_start(PlogInflater *inflater, const uint8_t *data, size_t length,
								 uint8_t *inflated, size_t room);

/* Close a stream that a longjmp or plog_inflate_start() left open. */
extern void plog_inflate_reset(PlogInflater *inflater);

/* Free the working memory; it is allocated again when it is needed. */
extern void plog_inflate_rest(PlogInflater *inflater);

#endif							/* PLOG_INFLATE_H */
