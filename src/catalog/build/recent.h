/*-------------------------------------------------------------------------
 *
 * recent.h
 *		Remembering what came up lately.
 *
 * Much of what stands in a log stands there again soon: the name of a system
 * call, a process's list of modules, the beginning of an asid_info.  To find it
 * again without hashing all of its bytes, it is remembered in a slot that is
 * chosen by a few characteristic bytes.  A slot has the last thing only, which
 * the caller compares with what he has; if it is another one, nothing is lost
 * but that comparison.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_RECENT_H
#define PANDELEPHANT_CATALOG_RECENT_H

#include "catalog/hash.h"

/* A power of two. */
#define RECENT_SLOTS			1024

/* By slot: the index of a thing, or CATALOG_NONE. */
typedef struct RecentIndexes
{
	uint32		indexes[RECENT_SLOTS];
} RecentIndexes;

static inline void
start_recent_indexes(RecentIndexes *recent)
{
	memset(recent, 0xFF, sizeof(*recent));	/* CATALOG_NONE */
}

/* The slot for something with such characteristic bytes. */
static inline uint32
recent_slot(uint64 bytes)
{
	return catalog_hash(bytes) % RECENT_SLOTS;
}

#endif							/* PANDELEPHANT_CATALOG_RECENT_H */
