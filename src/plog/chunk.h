/*-------------------------------------------------------------------------
 *
 * chunk.h
 *		A chunk of a log, and walking the entries in it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_CHUNK_H
#define PLOG_CHUNK_H

#include "plog/buffer.h"
#include "plog/format.h"
#include "plog/wire.h"

/* A chunk: one zlib stream in the file. */
typedef struct PlogChunk
{
	uint64_t	position;		/* bytes, in the file */
	uint64_t	length;			/* bytes, in the file */
	uint64_t	first_entry;	/* the entry_id of its first entry */
	uint64_t	entries;		/* how many it holds */

	/*
	 * If recovery found the chunk torn or corrupt, how many inflated bytes at its
	 * beginning hold whole entries; 0 if the chunk is whole.
	 */
	uint64_t	salvaged;

	uint64_t	ending;			/* its last bytes, if plog_note_endings() was called */
} PlogChunk;

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
 * How far ahead of the walk a chunk's bytes are prefetched.  Each entry tells
 * where the next one begins, so the processor cannot see far ahead by itself.
 */
#define PLOG_PREFETCH_BYTES		1024
#define PLOG_CACHE_LINE_BYTES	64

/*
 * The next entry of an inflated chunk.  False at its end, and where what is left
 * is not a whole entry.
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

	/* not a pointer: it may be beyond the end of the buffer */
	ahead = (uintptr_t) cursor->at + PLOG_PREFETCH_BYTES;
	__builtin_prefetch((const void *) ahead);
	__builtin_prefetch((const void *) (ahead + PLOG_CACHE_LINE_BYTES));
	__builtin_prefetch((const void *) (ahead + 2 * PLOG_CACHE_LINE_BYTES));
	return true;
}

#endif							/* PLOG_CHUNK_H */
