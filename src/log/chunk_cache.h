/*-------------------------------------------------------------------------
 *
 * chunk_cache.h
 *		The inflated chunks that a backend keeps.
 *
 * Without them a join that looks up one call after the other would inflate a chunk
 * for each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHUNK_CACHE_H
#define PANDELEPHANT_CHUNK_CACHE_H

#include "log/plog_file.h"

/* The setting pandelephant.chunk_cache_size: how much is kept, in kB. */
extern int	pandelephant_chunk_cache_size;

typedef struct CachedChunk CachedChunk;

/*
 * The chunk, if it is kept, or NULL.  Release it with chunk_cache_release().
 */
extern CachedChunk *chunk_cache_find(const PlogFile *file, uint64 chunk);

/*
 * Keep a chunk whose bytes are in the buffer, which is empty afterwards.  The chunk
 * is in use already: release it, too.
 */
extern CachedChunk *chunk_cache_add(const PlogFile *file, uint64 chunk, PlogBuffer *inflated);

extern void chunk_cache_release(CachedChunk *cached);

/* A chunk's bytes, valid until it is released. */
extern const PlogBuffer *chunk_cache_bytes(const CachedChunk *cached);

/* Can the cache keep so many bytes at once? */
extern bool chunk_cache_can_hold(uint64 bytes);

#endif							/* PANDELEPHANT_CHUNK_CACHE_H */
