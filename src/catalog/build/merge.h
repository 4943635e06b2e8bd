/*-------------------------------------------------------------------------
 *
 * merge.h
 *		Adding a piece of a log to the catalog of what is before it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_MERGE_H
#define PANDELEPHANT_CATALOG_MERGE_H

#include "catalog/build/piece.h"

/*
 * Add the piece that begins with a chunk, and free it.  Things get the indexes
 * that they would have if one process had read the whole log.  Returns the number
 * of the piece's chunks; 0 if there is no such piece, or if it contradicts what the
 * chunks before have shown, so that the chunk must be read.
 */
extern uint64 merge_piece(Builder *builder, Pieces *pieces, uint64 chunk);

#endif							/* PANDELEPHANT_CATALOG_MERGE_H */
