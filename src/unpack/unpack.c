/*-------------------------------------------------------------------------
 *
 * unpack.c
 *		Files that were compressed by gzip, zstd or xz.
 *
 *-------------------------------------------------------------------------
 */
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "unpack/unpack.h"

/* Memory of the decoders; 2^27 is zstd's own bound for what it writes. */
#define LARGEST_ZSTD_WINDOW_LOG 27
#define LARGEST_XZ_MEMORY (UINT64_C(256) << 20)

/* What inflateInit2() takes for gzip with the largest window. */
#define GZIP_WINDOW (15 + 16)

const char	unpack_out_of_memory[] = "out of memory";

static const char cut_off[] = "it was cut off";
static const char damaged[] = "it is damaged";

/* A decoder with its buffers. */
typedef struct Decoder
{
	z_stream	gzip;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	uint8_t		input[UNPACK_PIECE_BYTES];
	uint8_t		output[UNPACK_PIECE_BYTES];
} Decoder;

static void
free_gzip(void *decoder)
{
	inflateEnd(&((Decoder *) decoder)->gzip);
	free(decoder);
}

static void
free_zstd(void *decoder)
{
	ZSTD_freeDStream(((Decoder *) decoder)->zstd);
	free(decoder);
}

static void
free_xz(void *decoder)
{
	lzma_end(&((Decoder *) decoder)->xz);
	free(decoder);
}

static size_t
read_input(Unpacker *unpacker, Decoder *decoder)
{
	return unpacker->read(unpacker->context, decoder->input, sizeof(decoder->input));
}

static void
write_output(Unpacker *unpacker, Decoder *decoder, size_t length)
{
	if (length > 0)
		unpacker->write(unpacker->context, decoder->output, length);
}

/*
 * Several gzip members after one another are one file.
 */
static const char *
unpack_gzip(Unpacker *unpacker, Decoder *decoder)
{
	z_stream   *stream = &decoder->gzip;
	int			code = Z_OK;

	unpacker->free_decoder = free_gzip;
	if (inflateInit2(stream, GZIP_WINDOW) != Z_OK)
		return unpack_out_of_memory;
	for (;;)
	{
		if (stream->avail_in == 0)
		{
			stream->next_in = decoder->input;
			stream->avail_in = (unsigned int) read_input(unpacker, decoder);
			if (stream->avail_in == 0)
				return code == Z_STREAM_END ? NULL : cut_off;
		}
		if (code == Z_STREAM_END)
			inflateReset(stream);
		stream->next_out = decoder->output;
		stream->avail_out = sizeof(decoder->output);
		code = inflate(stream, Z_NO_FLUSH);
		if (code == Z_MEM_ERROR)
			return unpack_out_of_memory;
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return damaged;
		write_output(unpacker, decoder, sizeof(decoder->output) - stream->avail_out);
	}
}

static const char *
unpack_zstd(Unpacker *unpacker, Decoder *decoder)
{
	size_t		left = 1,
				length;

	unpacker->free_decoder = free_zstd;
	decoder->zstd = ZSTD_createDStream();
	if (decoder->zstd == NULL ||
		ZSTD_isError(ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax,
											LARGEST_ZSTD_WINDOW_LOG)))
		return unpack_out_of_memory;
	while ((length = read_input(unpacker, decoder)) > 0)
	{
		ZSTD_inBuffer from = {decoder->input, length, 0};
		bool		full = true;

		while (from.pos < from.size || full)
		{
			ZSTD_outBuffer to = {decoder->output, sizeof(decoder->output), 0};

			left = ZSTD_decompressStream(decoder->zstd, &to, &from);
			if (ZSTD_isError(left))
				return ZSTD_getErrorName(left);
			write_output(unpacker, decoder, to.pos);
			full = to.pos == to.size && left != 0;
		}
	}
	return left == 0 ? NULL : cut_off;
}

static const char *
lzma_words(lzma_ret code)
{
	switch (code)
	{
		case LZMA_MEM_ERROR:
			return unpack_out_of_memory;
		case LZMA_MEMLIMIT_ERROR:
			return "it takes too much memory";
		case LZMA_BUF_ERROR:
			return cut_off;
		default:
			return damaged;
	}
}

static const char *
unpack_xz(Unpacker *unpacker, Decoder *decoder)
{
	lzma_stream *stream = &decoder->xz;
	lzma_action action = LZMA_RUN;
	lzma_ret	code;

	unpacker->free_decoder = free_xz;
	code = lzma_stream_decoder(stream, LARGEST_XZ_MEMORY, LZMA_CONCATENATED);
	while (code == LZMA_OK)
	{
		if (stream->avail_in == 0 && action == LZMA_RUN)
		{
			stream->next_in = decoder->input;
			stream->avail_in = read_input(unpacker, decoder);
			if (stream->avail_in == 0)
				action = LZMA_FINISH;
		}
		stream->next_out = decoder->output;
		stream->avail_out = sizeof(decoder->output);
		code = lzma_code(stream, action);
		write_output(unpacker, decoder, sizeof(decoder->output) - stream->avail_out);
	}
	return code == LZMA_STREAM_END ? NULL : lzma_words(code);
}

const char *
unpack(Unpacker *unpacker, PlogFileKind kind)
{
	Decoder    *decoder = calloc(1, sizeof(Decoder));

	if (decoder == NULL)
		return unpack_out_of_memory;
	unpacker->decoder = decoder;
	unpacker->free_decoder = free;
	if (kind == PLOG_FILE_GZIP)
		return unpack_gzip(unpacker, decoder);
	if (kind == PLOG_FILE_ZSTD)
		return unpack_zstd(unpacker, decoder);
	return unpack_xz(unpacker, decoder);
}

void
unpack_end(Unpacker *unpacker)
{
	if (unpacker->decoder != NULL)
		unpacker->free_decoder(unpacker->decoder);
	unpacker->decoder = NULL;
}
