/*-------------------------------------------------------------------------
 *
 * piece.h
 *		A piece of a log: the catalog of a run of its chunks, as it is handed from
 *		the process that built it to the one that merges it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PIECE_H
#define PANDELEPHANT_CATALOG_PIECE_H

#include "catalog/build/builder.h"

/* A piece, in one block of memory with its arrays behind it. */
typedef struct Piece
{
	uint64		bytes;			/* of the whole block */
	CatalogSummary summary;		/* as far as a pass fills it in */
	PassFacts	facts;
	uint64		counts[CATALOG_ARRAYS]; /* 0 for arrays that are made later */
	uint64		places[CATALOG_ARRAYS]; /* in bytes from the piece's beginning */
} Piece;

/* The pieces of a log. */
typedef struct Pieces
{
	uint64		chunks;			/* in each piece but the last */
	uint64		count;
	Piece	  **pieces;			/* NULL if it is not there: its chunks must be read */
	uint64		bytes;			/* of those that are there */
} Pieces;

static inline const void *
piece_array(const Piece *piece, CatalogArray array)
{
	return (const char *) piece + piece->places[array];
}

/*
 * Read so many chunks, in the current memory context.  bytes_of_pieces counts what
 * all pieces take together, and keeps counting what this one takes until the caller
 * subtracts builder->memory.bytes.  Returns false if that is too much, or if the
 * piece cannot be used without those before.
 */
extern bool build_piece(Builder *builder, PlogFile *file, uint64 first_chunk, uint64 chunk_count,
						const KnownForm *known, void *taker, pg_atomic_uint64 *bytes_of_pieces);

/* The piece that was built, without its arrays; it tells the size of the block. */
extern Piece measure_piece(const Builder *builder);

/* Copy it with its arrays into a block of that size. */
extern void pack_piece(Piece *packed, const Piece *piece, const Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_PIECE_H */
