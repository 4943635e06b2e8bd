/*-------------------------------------------------------------------------
 *
 * chunk_cache.h
 *		The inflated chunks that a backend keeps.
 *
 * A join that looks up one call after the other would inflate a chunk for each;
 * instead the last used chunks stay, up to pandelephant.chunk_cache_size.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHUNK_CACHE_H
#define PANDELEPHANT_CHUNK_CACHE_H

#include "log/plog_file.h"

typedef struct CachedChunk CachedChunk;

/*
 * The chunk, if it is kept, or NULL.  Release it with chunk_cache_release().
 */
extern CachedChunk *chunk_cache_find(const PlogFile *file, uint64 chunk);

/*
 * Keep a chunk whose bytes are in the buffer, which is empty afterwards.  It
 * is in use already.
 */
extern CachedChunk *chunk_cache_add(const PlogFile *file, uint64 chunk, PlogBuffer *inflated);

extern void chunk_cache_release(CachedChunk *cached);

/* A chunk's bytes, valid until it is released. */
extern const PlogBuffer *chunk_cache_bytes(const CachedChunk *cached);

/* Would so many bytes stay in the cache all at once? */
extern bool chunk_cache_can_hold(uint64 bytes);

#endif							/* PANDELEPHANT_CHUNK_CACHE_H */
