/*-------------------------------------------------------------------------
 *
 * chunk_cache.c
 *		The inflated chunks that a backend keeps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/memutils.h"

#include "log/chunk_cache.h"

int			pandelephant_chunk_cache_size = 64 * 1024;

struct CachedChunk
{
	dlist_node	node;			/* in cached_chunks, the last used first */
	PlogIdentity identity;		/* of the file */
	uint64		position;		/* of the chunk, bytes in the file */
	uint64		salvaged;		/* see PlogChunk */
	uint64		entries;		/* it was checked that it has so many */
	int			users;
	PlogBuffer	inflated;
};

static dlist_head cached_chunks = DLIST_STATIC_INIT(cached_chunks);
static uint64 cached_bytes = 0;

static uint64
cache_limit(void)
{
	return (uint64) pandelephant_chunk_cache_size * 1024;
}

static void
forget_chunk(CachedChunk *cached)
{
	dlist_delete(&cached->node);
	cached_bytes -= cached->inflated.capacity;
	plog_buffer_free(&cached->inflated);
	pfree(cached);
}

/*
 * Forget the chunks that have not been used for the longest time, until the rest is
 * within the limit.  Those in use stay.
 */
static void
forget_old_chunks(void)
{
	dlist_node *node = dlist_is_empty(&cached_chunks) ? NULL : dlist_tail_node(&cached_chunks);

	while (cached_bytes > cache_limit() && node != NULL)
	{
		CachedChunk *cached = dlist_container(CachedChunk, node, node);

		node = dlist_has_prev(&cached_chunks, node) ? dlist_prev_node(&cached_chunks, node) : NULL;
		if (cached->users == 0)
			forget_chunk(cached);
	}
}

CachedChunk *
chunk_cache_find(const PlogFile *file, uint64 chunk)
{
	const PlogChunk *wanted = &file->reader.chunks[chunk];
	dlist_iter	iter;

	dlist_foreach(iter, &cached_chunks)
	{
		CachedChunk *cached = dlist_container(CachedChunk, node, iter.cur);

		if (cached->position == wanted->position && cached->salvaged == wanted->salvaged &&
			cached->entries == wanted->entries &&
			memcmp(&cached->identity, &file->reader.identity, sizeof(PlogIdentity)) == 0)
		{
			dlist_move_head(&cached_chunks, &cached->node);
			cached->users++;
			return cached;
		}
	}
	return NULL;
}

CachedChunk *
chunk_cache_add(const PlogFile *file, uint64 chunk, PlogBuffer *inflated)
{
	CachedChunk *cached = MemoryContextAllocZero(TopMemoryContext, sizeof(CachedChunk));

	cached->identity = file->reader.identity;
	cached->position = file->reader.chunks[chunk].position;
	cached->salvaged = file->reader.chunks[chunk].salvaged;
	cached->entries = file->reader.chunks[chunk].entries;
	cached->users = 1;
	cached->inflated = *inflated;
	memset(inflated, 0, sizeof(*inflated));
	dlist_push_head(&cached_chunks, &cached->node);
	cached_bytes += cached->inflated.capacity;
	forget_old_chunks();
	return cached;
}

void
chunk_cache_release(CachedChunk *cached)
{
	Assert(cached->users > 0);
	cached->users--;
	forget_old_chunks();
}

const PlogBuffer *
chunk_cache_bytes(const CachedChunk *cached)
{
	return &cached->inflated;
}

bool
chunk_cache_can_hold(uint64 bytes)
{
	return bytes <= cache_limit();
}
