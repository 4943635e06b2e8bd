/*-------------------------------------------------------------------------
 *
 * unpack.h
 *		Files that were compressed by gzip, zstd or xz.
 *
 * Like src/plog this is plain C, which the server and the program pe share.  A
 * compressed file says nothing of how large it becomes, and a small one can become very
 * large: whoever takes the bytes has to bound that.  What memory the decoders take is
 * bounded here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef UNPACK_UNPACK_H
#define UNPACK_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "plog/recognise.h"

/* How many bytes are read or written at a time. */
#define UNPACK_PIECE_BYTES 262144

/*
 * The work on one file, cleared to zero before it begins.  The functions may leave by
 * longjmp.
 */
typedef struct Unpacker
{
	/* read at most so many bytes; 0 at the end */
	size_t		(*read) (void *context, uint8_t *bytes, size_t size);
	/* take what comes next of the unpacked file */
	void		(*write) (void *context, const uint8_t *bytes, size_t length);
	void	   *context;

	/* the decoder; unpack() and unpack_end() alone know what it is */
	void	   *decoder;
	void		(*free_decoder) (void *decoder);
} Unpacker;

/*
 * Unpack a file of a kind that plog_is_packed(), to its end.  NULL, or what is wrong, as a part of a
 * sentence.
 */
extern const char *unpack(Unpacker *unpacker, PlogFileKind kind);

/* What unpack() returns if there is no memory. */
extern const char unpack_out_of_memory[];

/*
 * Free the decoder.  It may be called at any time, also after one of the functions has
 * left by longjmp, and more than once.
 */
extern void unpack_end(Unpacker *unpacker);

#endif							/* UNPACK_UNPACK_H */
