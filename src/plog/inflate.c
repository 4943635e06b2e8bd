/*-------------------------------------------------------------------------
 *
 * inflate.c
 *		Inflating chunks: whole ones by libdeflate, others by zlib.
 *
 * libdeflate is two to three times as fast as zlib but wants the whole stream
 * and a buffer large enough for all it inflates to, and cannot be interrupted.
 * So it inflates chunks up to WHOLE_BYTES; larger ones, and streams whose end
 * is not known, go through zlib in pieces.
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
 * zlib reads the file, and is interrupted, in pieces of this many bytes; a
 * stream's first pieces are smaller, because it may be of a few bytes.
 */
#define PIECE_BYTES			((size_t) 256 * 1024)
#define FIRST_PIECE_BYTES	4096

/* The size of a large page, where there are any. */
#define HUGE_PAGE_BYTES		((uintptr_t) 2 * 1024 * 1024)

/* Deflate cannot compress better than this. */
#define DEFLATE_MAX_RATIO	1032

/* What a chunk may grow beyond chunk_size in the ordinary case. */
#define CHUNK_SLACK_BYTES	(64 * 1024)

static inline uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
poll_caller(PlogReader *reader)
{
	if (reader->options.poll != NULL)
		reader->options.poll();
}

static PlogStatus
out_of_memory(uint64_t position, PlogError *error)
{
	return plog_fail(error, PLOG_OUT_OF_MEMORY, position, "out of memory");
}

static PlogStatus
chunk_too_large(PlogReader *reader, uint64_t position, PlogError *error)
{
	return plog_fail(error, PLOG_LIMIT, position,
					 "chunk inflates to more than the allowed %llu bytes",
					 (unsigned long long) reader->options.max_chunk);
}

void
plog_inflate_reset(PlogReader *reader)
{
	if (reader->stream != NULL)
	{
		inflateEnd(reader->stream);
		free(reader->stream);
		reader->stream = NULL;
	}
}

/*
 * Open the reader's zlib stream.
 */
static z_stream *
open_stream(PlogReader *reader)
{
	z_stream   *stream;

	plog_inflate_reset(reader);
	stream = calloc(1, sizeof(z_stream));
	if (stream == NULL)
		return NULL;
	if (inflateInit(stream) != Z_OK)
	{
		free(stream);
		return NULL;
	}
	reader->stream = stream;
	return stream;
}

/*
 * Make room for more output, at most max_chunk and one byte in all: that one
 * byte tells a chunk of exactly the limit from a larger one.
 */
static PlogStatus
grow_output(PlogReader *reader, uint64_t position, PlogBuffer *inflated, PlogError *error)
{
	uint64_t	wanted;

	if (inflated->length > reader->options.max_chunk)
		return chunk_too_large(reader, position, error);
	if (inflated->length < inflated->capacity)
		return PLOG_OK;
	wanted = inflated->capacity < PIECE_BYTES ? PIECE_BYTES : inflated->capacity / 2 * 3;
	if (wanted > reader->options.max_chunk)
		wanted = reader->options.max_chunk + 1;
	if (!plog_buffer_reserve(inflated, (size_t) wanted))
		return out_of_memory(position, error);
	return PLOG_OK;
}

/*
 * Feed the next piece of the file to zlib: as much as the stream has had, and
 * some more.
 */
static PlogStatus
fill_input(PlogReader *reader, z_stream *stream, uint64_t *at, uint64_t limit, PlogError *error)
{
	size_t		wanted = (size_t) min_u64((uint64_t) stream->total_in + FIRST_PIECE_BYTES, PIECE_BYTES);
	size_t		piece = (size_t) min_u64(limit - *at, wanted);
	PlogStatus	status;

	poll_caller(reader);
	if (!plog_buffer_reserve(&reader->compressed, PIECE_BYTES))
		return out_of_memory(*at, error);
	status = plog_read_at(reader, *at, reader->compressed.data, piece, error);
	if (status != PLOG_OK)
		return status;
	stream->next_in = reader->compressed.data;
	stream->avail_in = (uInt) piece;
	*at += piece;
	return PLOG_OK;
}

PlogStatus
plog_inflate_stream(PlogReader *reader, uint64_t position, uint64_t limit, uint64_t enough,
					PlogBuffer *inflated, PlogStreamEnd *end, PlogError *error)
{
	z_stream   *stream = open_stream(reader);
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
			status = fill_input(reader, stream, &at, limit, error);
			if (status != PLOG_OK)
				return status;
		}
		status = grow_output(reader, position, inflated, error);
		if (status != PLOG_OK)
			return status;

		poll_caller(reader);
		room = (size_t) min_u64(inflated->capacity - inflated->length, PIECE_BYTES * 4);
		room = (size_t) min_u64(room, enough - inflated->length);
		stream->next_out = inflated->data + inflated->length;
		stream->avail_out = (uInt) room;
		code = inflate(stream, Z_NO_FLUSH);
		inflated->length += room - stream->avail_out;
		reader->inflated_bytes += room - stream->avail_out;
		if (code == Z_STREAM_END)
			end->whole = true;
		else if (code == Z_MEM_ERROR)
			return out_of_memory(position, error);
		else if (code != Z_OK && code != Z_BUF_ERROR)
			end->reason = "chunk does not inflate";
		else if (stream->avail_in == 0 && stream->avail_out > 0 && at == limit)
			end->reason = "chunk is cut off";
	}
	if (inflated->length > reader->options.max_chunk)
		return chunk_too_large(reader, position, error);
	end->length = at - position - stream->avail_in;
	plog_inflate_reset(reader);
	return PLOG_OK;
}

size_t
plog_inflate_start(PlogReader *reader, const uint8_t *data, size_t length,
				   uint8_t *inflated, size_t room)
{
	/* many are tried: one that is open serves for the next */
	z_stream   *stream = reader->stream != NULL ? reader->stream : open_stream(reader);

	if (stream == NULL || inflateReset(stream) != Z_OK)
		return 0;
	stream->next_in = (uint8_t *) data;
	stream->avail_in = (uInt) length;
	stream->next_out = inflated;
	stream->avail_out = (uInt) room;
	(void) inflate(stream, Z_NO_FLUSH);
	reader->inflated_bytes += room - stream->avail_out;
	return room - stream->avail_out;
}

/*
 * Have memory come in large pages, where the system has them: a chunk's is
 * touched from one end to the other, and thousands of small pages would cost
 * more time than many a chunk takes to inflate.  It is advice; nothing depends
 * on it.
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
 * Make room for what a chunk inflates to.  What was in the buffer is lost: to
 * move it, memory would be needed twice.
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
inflate_whole(PlogReader *reader, uint64_t position, size_t length,
			  PlogBuffer *inflated, bool *too_large, PlogError *error)
{
	PlogStatus	status;
	size_t		capacity;
	size_t		most = (size_t) min_u64(WHOLE_BYTES, reader->options.max_chunk);

	if (reader->decompressor == NULL)
		reader->decompressor = libdeflate_alloc_decompressor();
	if (reader->decompressor == NULL || !plog_buffer_reserve(&reader->compressed, length))
		return out_of_memory(position, error);
	status = plog_read_at(reader, position, reader->compressed.data, length, error);
	if (status != PLOG_OK)
		return status;

	most = (size_t) min_u64(most, (uint64_t) length * DEFLATE_MAX_RATIO + CHUNK_SLACK_BYTES);
	capacity = (size_t) min_u64(most, (uint64_t) reader->chunk_size + CHUNK_SLACK_BYTES);
	for (;;)
	{
		enum libdeflate_result result;
		size_t		taken;

		poll_caller(reader);
		if (!make_room(inflated, capacity))
			return out_of_memory(position, error);
		if (inflated->capacity > capacity)
			capacity = (size_t) min_u64(inflated->capacity, most);
		result = libdeflate_zlib_decompress_ex(reader->decompressor,
											   reader->compressed.data, length,
											   inflated->data, capacity,
											   &taken, &inflated->length);
		reader->inflated_bytes += result == LIBDEFLATE_SUCCESS ? inflated->length : length;
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
		capacity = (size_t) min_u64(most, (uint64_t) capacity * 2);
	}
}

PlogStatus
plog_inflate_chunk(PlogReader *reader, uint64_t position, uint64_t length,
				   PlogBuffer *inflated, PlogError *error)
{
	bool		too_large = length > WHOLE_BYTES;
	PlogStatus	status;
	PlogStreamEnd end;

	inflated->length = 0;
	if (!too_large)
	{
		status = inflate_whole(reader, position, (size_t) length, inflated, &too_large, error);
		if (status != PLOG_OK || !too_large)
			return status;
		plog_buffer_free(inflated);
	}
	status = plog_inflate_stream(reader, position, position + length, UINT64_MAX,
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
