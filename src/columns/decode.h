/*-------------------------------------------------------------------------
 *
 * decode.h
 *		The columns of a chunk from the blocks of its records.
 *
 * Nothing in a block is trusted, although its checksum was right: what the lists say is
 * compared with each other, so that every number that is followed leads somewhere, and
 * with what a chunk can have, so that a few bytes cannot stand for very many rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_DECODE_H
#define PANDELEPHANT_DECODE_H

#include "catalog/catalog.h"
#include "columns/call_columns.h"
#include "columns/layout.h"

/* Works on one chunk after the other. */
typedef struct ChunkDecoder ChunkDecoder;

/* Its memory is below the current memory context. */
extern ChunkDecoder *chunk_decoder_create(void);

/* Free the memory of the current chunk. */
extern void chunk_decoder_rest(ChunkDecoder *decoder);

/*
 * Begin with a chunk that has so many entries, of which its record says that so many
 * are calls.  The catalog, if it is not NULL, knows better, and what blocks say is
 * compared with it.
 */
extern void decode_chunk(ChunkDecoder *decoder, uint64 entries, uint32 calls,
						 const CatalogChunk *known);

/* Room for a block of so many bytes, for the caller to fill. */
extern uint8_t *room_for_block(ChunkDecoder *decoder, ColumnBlock block, uint32 bytes);

/*
 * Decode a block, whose bytes are in that room.  COLUMNS_CALLS comes first, and
 * COLUMNS_ARGUMENTS before COLUMNS_NUMBERS and COLUMNS_STRINGS.  False where the block
 * is not sound.
 */
extern bool decode_block(ChunkDecoder *decoder, ColumnBlock block, uint32 bytes);

/* What was decoded so far, until the next chunk. */
extern const CallColumns *decoded_columns(const ChunkDecoder *decoder);

#endif							/* PANDELEPHANT_DECODE_H */
