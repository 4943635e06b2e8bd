/*-------------------------------------------------------------------------
 *
 * encode.h
 *		Making the record of a chunk from its entries.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ENCODE_H
#define PANDELEPHANT_ENCODE_H

#include "catalog/catalog.h"
#include "columns/layout.h"
#include "log/chunk.h"

/* Works on one chunk after the other. */
typedef struct ChunkEncoder ChunkEncoder;

/* Its memory is below the current memory context. */
extern ChunkEncoder *chunk_encoder_create(void);

/* Free it with its memory. */
extern void chunk_encoder_free(ChunkEncoder *encoder);

/*
 * Make a record with the blocks of a group or of both, of a chunk whose entries have
 * arguments of today's form, and of which the catalog knows that.  Returns it, with all
 * that follows it in the file, valid until the next call.  NULL where the chunk has to
 * be read from the log: see collect_calls().
 */
extern const ColumnsRecord *encode_chunk(ChunkEncoder *encoder, uint64 number,
										 const PlogChunk *chunk, const CatalogChunk *known,
										 const PlogBuffer *inflated, ColumnBlocks blocks);

static inline Size
columns_record_bytes(const ColumnsRecord *record)
{
	return sizeof(*record) + record->bytes;
}

#endif							/* PANDELEPHANT_ENCODE_H */
