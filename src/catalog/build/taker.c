/*-------------------------------------------------------------------------
 *
 * taker.c
 *		Who has a use for the chunks that are inflated for a catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/build/taker.h"

const ChunkTaker *catalog_chunk_taker = NULL;
