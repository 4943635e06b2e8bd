/*-------------------------------------------------------------------------
 *
 * log_columns.h
 *		The columns of the log that a scan reads: using those that are kept, and
 *		keeping those of the chunks that it inflates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOG_COLUMNS_H
#define PANDELEPHANT_LOG_COLUMNS_H

#include "catalog/build/taker.h"
#include "columns/encode.h"
#include "columns/file.h"
#include "columns/keep.h"

/* Setting pandelephant.enable_columns, for tests: may scans read columns? */
extern bool pandelephant_enable_columns;

/* Of one scan. */
typedef struct LogColumns
{
	MemoryContext context;		/* lives as long as the scan */
	bool		is_opened;		/* was the file looked for? */
	ColumnsFile *file;			/* NULL: there is none */
	ChunkDecoder *decoder;		/* NULL before the first chunk */
	bool		has_chunk;		/* does the decoder have a chunk? */
	uint64		chunk;
	ColumnBlocks decoded;		/* its blocks that are decoded */
	bool		is_hit;			/* was it counted that the scan reads the file? */

	ChunkEncoder *encoder;		/* NULL before the first chunk that is kept */
	bool		gave_up;		/* no more chunks can be kept */
	uint64		kept_bytes;		/* of what was kept */
} LogColumns;

/* Columns of no chunk yet, of a scan with that memory. */
extern LogColumns log_columns_start(MemoryContext context);

/*
 * Begin with a chunk, whose blocks are decoded later.  False if some of the blocks
 * are not kept.  The catalog may be NULL.
 */
extern bool log_columns_begin(LogColumns *columns, PlogFile *file, const Catalog *catalog,
							  uint64 chunk, ColumnBlocks blocks);

/*
 * Decode blocks of the chunk, unless they are decoded.  False where that cannot be
 * done; then the chunk has to be read from the log.
 */
extern bool log_columns_decode(LogColumns *columns, ColumnBlocks blocks);

static inline const CallColumns *
log_columns_of_chunk(const LogColumns *columns)
{
	return decoded_columns(columns->decoder);
}

/* Free the memory of chunks; they can be begun with again. */
extern void log_columns_rest(LogColumns *columns);

/*
 * The blocks that a scan which reads some of these, of a log of that form, should keep.
 * What is asked of one log holds whatever its size; the setting, for large logs.
 */
extern ColumnBlocks log_columns_to_keep(const PlogFile *file, KeepColumns asked, PlogForm form,
										ColumnBlocks read);

/*
 * Keep blocks of a chunk that was inflated, if they are not kept yet.  False if no
 * more chunks can be kept.
 */
extern bool log_columns_keep(LogColumns *columns, PlogFile *file, uint64 number,
							 const CatalogChunk *chunk, const PlogBuffer *inflated,
							 ColumnBlocks blocks);

/*
 * Who builds a catalog passes a set of blocks, to be kept of the chunks that are
 * inflated for it.
 */
extern const ChunkTaker columns_chunk_taker;

/* Are these blocks of a chunk kept? */
extern bool log_columns_are_kept(LogColumns *columns, PlogFile *file, uint64 chunk,
								 ColumnBlocks blocks);

#endif							/* PANDELEPHANT_LOG_COLUMNS_H */
