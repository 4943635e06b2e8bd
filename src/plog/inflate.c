/*-------------------------------------------------------------------------
 *
 * inflate.c
 *		Inflating chunks: whole ones by libdeflate, others by zlib.
 *
 * libdeflate is two to three times as fast as zlib, but it needs the whole stream
 * and a buffer that is large enough for all it inflates to, and it cannot be
 * interrupted.  So it inflates chunks up to WHOLE_BYTES.  Larger ones, and streams
 * whose end is not known, are inflated by zlib, in pieces.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <sys/mman.h>

#include <libdeflate.h>
#include <zlib.h>

#include "plog/inflate.h"

/* The largest chunk, inflated or not, that goes through libdeflate. */
#define WHOLE_BYTES		((size_t) 64 * 1024 * 1024)

/*
 * zlib is given the file in pieces of this many bytes, with a check for
 * interrupts before each.  A stream's first pieces are smaller, because it may
 * have a few bytes only.
 */
#define PIECE_BYTES			((size_t) 256 * 1024)
#define FIRST_PIECE_BYTES	4096

/* The size of a large page, where there are any. */
#define HUGE_PAGE_BYTES		((uintptr_t) 2 * 1024 * 1024)

/* Deflate cannot compress better than this. */
#define DEFLATE_MAX_RATIO	1032

/* How much larger than usual a chunk can be before the first buffer is too small. */
#define CHUNK_SLACK_BYTES	(64 * 1024)

static PlogStatus
out_of_memory(uint64_t position, PlogError *error)
{
	return plog_fail(error, PLOG_OUT_OF_MEMORY, position, "out of memory");
}

static PlogStatus
chunk_too_large(PlogInflater *inflater, uint64_t position, PlogError *error)
{
	return plog_fail(error, PLOG_LIMIT, position,
					 "chunk inflates to more than the allowed %llu bytes",
					 (unsigned long long) inflater->max_chunk);
}

void
plog_inflate_reset(PlogInflater *inflater)
{
	if (inflater->stream != NULL)
	{
		inflateEnd(inflater->stream);
		free(inflater->stream);
		inflater->stream = NULL;
	}
}

void
plog_inflate_rest(PlogInflater *inflater)
{
	plog_inflate_reset(inflater);
	if (inflater->decompressor != NULL)
		libdeflate_free_decompressor(inflater->decompressor);
	inflater->decompressor = NULL;
	plog_buffer_free(&inflater->compressed);
}

/*
 * Open the zlib stream.
 */
static z_stream *
open_stream(PlogInflater *inflater)
{
	z_stream   *stream;

	plog_inflate_reset(inflater);
	stream = calloc(1, sizeof(z_stream));
	if (stream == NULL)
		return NULL;
	if (inflateInit(stream) != Z_OK)
	{
		free(stream);
		return NULL;
	}
	inflater->stream = stream;
	return stream;
}

/*
 * Make room for more output, at most max_chunk and one byte in all: by that byte
 * a chunk of exactly the limit is told from a larger one.
 */
static PlogStatus
grow_output(PlogInflater *inflater, uint64_t position, PlogBuffer *inflated, PlogError *error)
{
	uint64_t	wanted;

	if (inflated->length > inflater->max_chunk)
		return chunk_too_large(inflater, position, error);
	if (inflated->length < inflated->capacity)
		return PLOG_OK;
	wanted = inflated->capacity < PIECE_BYTES ? PIECE_BYTES : inflated->capacity / 2 * 3;
	if (wanted > inflater->max_chunk)
		wanted = inflater->max_chunk + 1;
	if (!plog_buffer_reserve(inflated, (size_t) wanted))
		return out_of_memory(position, error);
	return PLOG_OK;
}

/*
 * Give zlib the next piece of the file: as many bytes as the stream has had so
 * far, and some more.
 */
static PlogStatus
fill_input(PlogInflater *inflater, z_stream *stream, uint64_t *at, uint64_t limit, PlogError *error)
{
	size_t		wanted = (size_t) plog_min((uint64_t) stream->total_in + FIRST_PIECE_BYTES, PIECE_BYTES);
	size_t		piece = (size_t) plog_min(limit - *at, wanted);
	PlogStatus	status;

	plog_poll(inflater->input);
	if (!plog_buffer_reserve(&inflater->compressed, PIECE_BYTES))
		return out_of_memory(*at, error);
	status = plog_read_at(inflater->input, *at, inflater->compressed.data, piece, error);
	if (status != PLOG_OK)
		return status;
	stream->next_in = inflater->compressed.data;
	stream->avail_in = (uInt) piece;
	*at += piece;
	return PLOG_OK;
}

PlogStatus
plog_inflate_stream(PlogInflater *inflater, uint64_t position, uint64_t limit, uint64_t enough,
					PlogBuffer *inflated, PlogStreamEnd *end, PlogError *error)
{
	z_stream   *stream = open_stream(inflater);
	uint64_t	at = position;

	inflated->length = 0;
	end->whole = false;
	end->reason = NULL;
	if (stream == NULL)
		return out_of_memory(position, error);

	while (end->reason == NULL && !end->whole && inflated->length < enough)
	{
		PlogStatus	status;
		size_t		room;
		int			code;

		if (stream->avail_in == 0 && at < limit)
		{
			status = fill_input(inflater, stream, &at, limit, error);
			if (status != PLOG_OK)
				return status;
		}
		status = grow_output(inflater, position, inflated, error);
		if (status != PLOG_OK)
			return status;

		plog_poll(inflater->input);
		room = (size_t) plog_min(inflated->capacity - inflated->length, PIECE_BYTES * 4);
		room = (size_t) plog_min(room, enough - inflated->length);
		stream->next_out = inflated->data + inflated->length;
		stream->avail_out = (uInt) room;
		code = inflate(stream, Z_NO_FLUSH);
		inflated->length += room - stream->avail_out;
		inflater->inflated_bytes += room - stream->avail_out;
		if (code == Z_STREAM_END)
			end->whole = true;
		else if (code == Z_MEM_ERROR)
			return out_of_memory(position, error);
		else if (code != Z_OK && code != Z_BUF_ERROR)
			end->reason = "chunk does not inflate";
		else if (stream->avail_in == 0 && stream->avail_out > 0 && at == limit)
			end->reason = "chunk is cut off";
	}
	if (inflated->length > inflater->max_chunk)
		return chunk_too_large(inflater, position, error);
	end->length = at - position - stream->avail_in;
	plog_inflate_reset(inflater);
	return PLOG_OK;
}

size_t
plog_inflate_start(PlogInflater *inflater, const uint8_t *data, size_t length,
				   uint8_t *inflated, size_t room)
{
	/* many are tried, so the stream of the last one is used again */
	z_stream   *stream = inflater->stream != NULL ? inflater->stream : open_stream(inflater);

	if (stream == NULL || inflateReset(stream) != Z_OK)
		return 0;
	stream->next_in = (uint8_t *) data;
	stream->avail_in = (uInt) length;
	stream->next_out = inflated;
	stream->avail_out = (uInt) room;
	(void) inflate(stream, Z_NO_FLUSH);
	inflater->inflated_bytes += room - stream->avail_out;
	return room - stream->avail_out;
}

/*
 * Ask for large pages, where the system has them.  A chunk's memory is written
 * from one end to the other, and the first touch of thousands of small pages
 * takes longer than inflating many a chunk.  Nothing depends on this advice.
 */
static void
ask_for_huge_pages(const PlogBuffer *buffer)
{
#ifdef MADV_HUGEPAGE
	uintptr_t	start = ((uintptr_t) buffer->data + HUGE_PAGE_BYTES - 1) &
		~(HUGE_PAGE_BYTES - 1);
	uintptr_t	end = ((uintptr_t) buffer->data + buffer->capacity) & ~(HUGE_PAGE_BYTES - 1);

	if (start < end)
		(void) madvise((void *) start, end - start, MADV_HUGEPAGE);
#else
	(void) buffer;
#endif
}

/*
 * Make room for what a chunk inflates to.  What was in the buffer is lost, since
 * moving it would need the memory twice.
 */
static bool
make_room(PlogBuffer *inflated, size_t capacity)
{
	if (capacity <= inflated->capacity)
		return true;
	plog_buffer_free(inflated);
	if (!plog_buffer_reserve(inflated, capacity))
		return false;
	ask_for_huge_pages(inflated);
	return true;
}

/*
 * Inflate with libdeflate.  Where the output is too large for it, *too_large
 * is set and nothing else is done.
 */
static PlogStatus
inflate_whole(PlogInflater *inflater, uint64_t position, size_t length, uint64_t usual,
			  PlogBuffer *inflated, bool *too_large, PlogError *error)
{
	PlogStatus	status;
	size_t		capacity;
	size_t		most = (size_t) plog_min(WHOLE_BYTES, inflater->max_chunk);

	if (inflater->decompressor == NULL)
		inflater->decompressor = libdeflate_alloc_decompressor();
	if (inflater->decompressor == NULL || !plog_buffer_reserve(&inflater->compressed, length))
		return out_of_memory(position, error);
	status = plog_read_at(inflater->input, position, inflater->compressed.data, length, error);
	if (status != PLOG_OK)
		return status;

	most = (size_t) plog_min(most, (uint64_t) length * DEFLATE_MAX_RATIO + CHUNK_SLACK_BYTES);
	capacity = (size_t) plog_min(most, usual + CHUNK_SLACK_BYTES);
	for (;;)
	{
		enum libdeflate_result result;
		size_t		taken;

		plog_poll(inflater->input);
		if (!make_room(inflated, capacity))
			return out_of_memory(position, error);
		if (inflated->capacity > capacity)
			capacity = (size_t) plog_min(inflated->capacity, most);
		result = libdeflate_zlib_decompress_ex(inflater->decompressor,
											   inflater->compressed.data, length,
											   inflated->data, capacity,
											   &taken, &inflated->length);
		inflater->inflated_bytes += result == LIBDEFLATE_SUCCESS ? inflated->length : length;
		if (result == LIBDEFLATE_SUCCESS && taken == length)
			return PLOG_OK;
		if (result == LIBDEFLATE_SUCCESS)
			return plog_fail(error, PLOG_CORRUPT, position + taken,
							 "%llu bytes of junk follow a chunk",
							 (unsigned long long) (length - taken));
		if (result == LIBDEFLATE_BAD_DATA)
			return plog_fail(error, PLOG_CORRUPT, position, "chunk does not inflate");
		if (capacity == most)
		{
			*too_large = true;
			return PLOG_OK;
		}
		capacity = (size_t) plog_min(most, (uint64_t) capacity * 2);
	}
}

PlogStatus
plog_inflate_chunk(PlogInflater *inflater, uint64_t position, uint64_t length, uint64_t usual,
				   PlogBuffer *inflated, PlogError *error)
{
	bool		too_large = length > WHOLE_BYTES;
	PlogStatus	status;
	PlogStreamEnd end;

	inflated->length = 0;
	if (!too_large)
	{
		status = inflate_whole(inflater, position, (size_t) length, usual, inflated, &too_large, error);
		if (status != PLOG_OK || !too_large)
			return status;
		plog_buffer_free(inflated);
	}
	status = plog_inflate_stream(inflater, position, position + length, UINT64_MAX,
								 inflated, &end, error);
	if (status != PLOG_OK)
		return status;
	if (!end.whole)
		return plog_fail(error, PLOG_CORRUPT, position, "%s", end.reason);
	if (end.length != length)
		return plog_fail(error, PLOG_CORRUPT, position + end.length,
						 "%llu bytes of junk follow a chunk",
						 (unsigned long long) (length - end.length));
	return PLOG_OK;
}
