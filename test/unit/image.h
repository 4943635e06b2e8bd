/*-------------------------------------------------------------------------
 *
 * image.h
 *		Plogs built byte by byte, sound ones and hostile ones.
 *
 * An Image starts out zeroed.  Add chunks, then finish it; then every byte may
 * be overwritten before it goes to a file.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <setjmp.h>

#include "bytes.h"
#include "plog/reader.h"

typedef struct Image
{
	Bytes		file;
	Bytes		records;		/* of the directory, until it is finished */
	uint32_t	chunk_count;
	size_t		directory;		/* its position, once finished */
} Image;

/* Where things stand in a finished image; written out, not from format.h. */
#define IMAGE_VERSION				0
#define IMAGE_DIRECTORY_POSITION	8
#define IMAGE_CHUNK_SIZE			16
#define IMAGE_RECORD(image, n)			((image)->directory + 4 + 24 * (size_t) (n))
#define IMAGE_RECORD_POSITION(image, n)	(IMAGE_RECORD(image, n) + 8)
#define IMAGE_RECORD_ENTRIES(image, n)	(IMAGE_RECORD(image, n) + 16)

/*
 * Add a chunk: content that is deflated at a level of zlib's, or bytes that
 * claim to be a stream.
 */
extern void image_add_chunk(Image *image, const Bytes *content, uint64_t entries, int level);
extern void image_add_stream(Image *image, const Bytes *stream, uint64_t entries);

/* Write directory and header, with the chunk size that the header claims. */
extern void image_finish(Image *image, uint32_t chunk_size);

extern void image_free(Image *image);

/* A log of so many small chunks, finished; each has three entries. */
extern Image image_of_chunks(uint32_t count);

/* Deflate, as a zlib stream. */
extern Bytes deflated(const Bytes *content, int level);

/*
 * Write the image to a file and open a reader on it, with its directory.  The
 * caller closes it, whatever comes back.
 */
extern PlogStatus image_open(const Image *image, PlogReader *reader, uint64_t max_chunk,
							 PlogError *error);

/* The same; expects all to be well. */
extern void image_open_sound(const Image *image, PlogReader *reader, uint64_t max_chunk);

/* Expects header and directory to be sound. */
extern void expect_accepted(const Image *image);

/* Expects the header or directory to be refused, in a position of the file. */
extern void expect_refused(const Image *image, PlogStatus status, uint64_t offset);

/*
 * A poll function that counts, and leaves by longjmp the n-th time.  0: it
 * never leaves.
 */
extern jmp_buf poll_left;
extern uint64_t poll_count;
extern void poll_start(uint64_t leave_at);
extern void poll_hook(void);

#endif							/* IMAGE_H */
