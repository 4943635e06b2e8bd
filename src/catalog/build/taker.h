/*-------------------------------------------------------------------------
 *
 * taker.h
 *		Who has a use for the chunks that are inflated for a catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_TAKER_H
#define PANDELEPHANT_CATALOG_TAKER_H

#include "catalog/catalog.h"
#include "log/plog_file.h"

/*
 * The functions are called in each process that reads chunks: start() first, in a memory
 * context that lives until the last chunk, then take() after each chunk, with what the
 * catalog says of it.  A chunk may be given to several processes, if the piece that it is
 * in has to be built again.  The form is what the log has shown so far.  The wish, not 0,
 * comes from who wants the catalog.
 */
typedef struct ChunkTaker
{
	void	   *(*start) (PlogFile *file, uint32 wish);
	void		(*take) (void *state, uint64 chunk_number, const CatalogChunk *chunk,
						 PlogForm form, const PlogBuffer *inflated);
} ChunkTaker;

/* The taker, who is named when the library is loaded. */
extern const ChunkTaker *catalog_chunk_taker;

#endif							/* PANDELEPHANT_CATALOG_TAKER_H */
