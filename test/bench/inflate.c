/*-------------------------------------------------------------------------
 *
 * inflate.c
 *		How long inflating a plog takes, and nothing but that: what the
 *		benchmark measures queries by.
 *
 * Reads and inflates every chunk into the same memory, by zlib or by
 * libdeflate, and prints the seconds that one pass took, the number of chunks
 * and their inflated bytes.  A pass before that finds out how large the chunks
 * are, and warms the page cache.  Short logs are inflated again and again.
 *
 * "first" is what it takes a process that has inflated nothing before: by
 * libdeflate, in one pass, into memory that the kernel has yet to hand out.
 *
 *-------------------------------------------------------------------------
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libdeflate.h>
#include <zlib.h>

#include "plog/directory.h"

/* A measurement takes this long, in seconds, or one pass. */
#define MIN_SECONDS		0.3

/* Inflates a whole zlib stream of known inflated length. */
typedef bool (*Inflate) (const PlogBuffer *compressed, PlogBuffer *inflated);

typedef struct Log
{
	const char *path;
	PlogReader	reader;
	size_t	   *lengths;		/* of the inflated chunks, bytes */
	uint64_t	bytes;			/* their sum */
	PlogBuffer	compressed;		/* of the current chunk */
	PlogBuffer	inflated;
} Log;

static void
die(const char *what, const char *message)
{
	fprintf(stderr, "inflate: %s: %s\n", what, message);
	exit(1);
}

/*
 * The time by the wall's clock, or by the processor's.
 */
static double
seconds_now(void)
{
	const char *clock = getenv("CLOCK");
	struct timespec now;

	clock_gettime(clock != NULL && strcmp(clock, "cpu") == 0 ?
				  CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static bool
inflate_by_zlib(const PlogBuffer *compressed, PlogBuffer *inflated)
{
	uLongf		length = inflated->length;

	return uncompress(inflated->data, &length, compressed->data, compressed->length) == Z_OK &&
		length == inflated->length;
}

static bool
inflate_by_libdeflate(const PlogBuffer *compressed, PlogBuffer *inflated)
{
	static struct libdeflate_decompressor *decompressor = NULL;

	if (decompressor == NULL)
		decompressor = libdeflate_alloc_decompressor();
	return decompressor != NULL &&
		libdeflate_zlib_decompress(decompressor, compressed->data, compressed->length,
								   inflated->data, inflated->length, NULL) == LIBDEFLATE_SUCCESS;
}

static Inflate
find_inflate(const char *library)
{
	if (strcmp(library, "zlib") == 0)
		return inflate_by_zlib;
	if (strcmp(library, "libdeflate") == 0)
		return inflate_by_libdeflate;
	die(library, "neither zlib nor libdeflate nor first");
	return NULL;
}

/*
 * Make room for so many bytes, and write to all of it: memory that nobody has
 * used yet is slow.
 */
static void
make_room(const Log *log, PlogBuffer *buffer, size_t capacity)
{
	if (!plog_buffer_reserve(buffer, capacity))
		die(log->path, "out of memory");
	memset(buffer->data, 0xFF, buffer->capacity);
}

static void
open_log(Log *log, const char *path)
{
	PlogReaderOptions options = {INT64_MAX, NULL};
	PlogError	error;

	memset(log, 0, sizeof(*log));
	log->path = path;
	if (plog_reader_open(&log->reader, path, &options, &error) != PLOG_OK ||
		plog_read_directory(&log->reader, &error) != PLOG_OK)
		die(path, error.message);
}

/*
 * Find out how much a log inflates to, and make room for it.
 */
static void
measure_log(Log *log)
{
	size_t		longest = 0;
	PlogError	error;

	log->lengths = calloc(log->reader.chunk_count + 1, sizeof(size_t));
	if (log->lengths == NULL)
		die(log->path, "out of memory");

	for (uint64_t i = 0; i < log->reader.chunk_count; i++)
	{
		const PlogChunk *chunk = &log->reader.chunks[i];

		if (plog_read_chunk(&log->reader, chunk, &log->inflated, &error) != PLOG_OK)
			die(log->path, error.message);
		log->lengths[i] = log->inflated.length;
		log->bytes += log->inflated.length;
		longest = chunk->length > longest ? (size_t) chunk->length : longest;
	}
	make_room(log, &log->compressed, longest);
	make_room(log, &log->inflated, log->inflated.capacity);
}

static void
inflate_log(Log *log, Inflate inflate)
{
	PlogError	error;

	for (uint64_t i = 0; i < log->reader.chunk_count; i++)
	{
		const PlogChunk *chunk = &log->reader.chunks[i];

		log->compressed.length = (size_t) chunk->length;
		log->inflated.length = log->lengths[i];
		if (plog_read_at(&log->reader.input, chunk->position, log->compressed.data,
						 log->compressed.length, &error) != PLOG_OK)
			die(log->path, error.message);
		if (!inflate(&log->compressed, &log->inflated))
			die(log->path, "a chunk could not be inflated");
	}
}

/*
 * Inflate a log in one pass.  The reader finds room as it goes.
 */
static double
inflate_for_the_first_time(Log *log)
{
	double		start = seconds_now();
	PlogError	error;

	for (uint64_t i = 0; i < log->reader.chunk_count; i++)
	{
		if (plog_inflate(&log->reader, &log->reader.chunks[i], &log->inflated,
						 &error) != PLOG_OK)
			die(log->path, error.message);
		log->bytes += log->inflated.length;
	}
	return seconds_now() - start;
}

/*
 * Inflate an open log until the clock has something to measure.  Returns the
 * seconds of a pass.
 */
static double
inflate_again_and_again(Log *log, Inflate inflate)
{
	double		start = seconds_now();
	int			passes = 0;

	do
	{
		inflate_log(log, inflate);
		passes++;
	} while (seconds_now() - start < MIN_SECONDS);
	return (seconds_now() - start) / passes;
}

static void
close_log(Log *log)
{
	plog_buffer_free(&log->compressed);
	plog_buffer_free(&log->inflated);
	free(log->lengths);
	plog_reader_close(&log->reader);
}

int
main(int argc, char **argv)
{
	Log			log;
	double		seconds;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
	{
		printf("zlib %s, libdeflate %s\n", zlibVersion(), LIBDEFLATE_VERSION_STRING);
		return 0;
	}
	if (argc != 3)
	{
		fputs("usage: inflate zlib|libdeflate|first FILE\n"
			  "       inflate --version\n", stderr);
		return 2;
	}

	open_log(&log, argv[2]);
	if (strcmp(argv[1], "first") == 0)
		seconds = inflate_for_the_first_time(&log);
	else
	{
		Inflate		inflate = find_inflate(argv[1]);

		measure_log(&log);
		seconds = inflate_again_and_again(&log, inflate);
	}
	printf("%.6f %llu %llu\n", seconds,
		   (unsigned long long) log.reader.chunk_count, (unsigned long long) log.bytes);
	close_log(&log);
	return 0;
}
