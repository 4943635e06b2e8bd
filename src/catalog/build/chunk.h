/*-------------------------------------------------------------------------
 *
 * chunk.h
 *		Reading the chunks of a log, or of a piece of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_CHUNK_H
#define PANDELEPHANT_CATALOG_CHUNK_H

#include "catalog/build/builder.h"

/*
 * Start with an empty catalog, in the given context, of so many chunks.  What is
 * needed only while building is in the current memory context.  The caller has set
 * the builder to zero, except for what he wants to say about a piece's memory.
 */
extern void start_builder(Builder *builder, PlogFile *file, MemoryContext context,
						  uint64 first_chunk, uint64 chunk_count, const KnownForm *known,
						  void *taker);

/* Read the chunk of that number of the log, and add what it has to the catalog. */
extern void build_from_chunk(Builder *builder, uint64 chunk_number);

#endif							/* PANDELEPHANT_CATALOG_CHUNK_H */
