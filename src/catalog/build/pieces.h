/*-------------------------------------------------------------------------
 *
 * pieces.h
 *		Building a catalog by several processes.
 *
 * The log is cut into pieces, runs of chunks.  Each is gone through by one of
 * the processes as if it were a log of its own (parallel.c); then the leader
 * puts the pieces together in the order of the file (merge.c), so that things
 * are numbered as one process would have numbered them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PIECES_H
#define PANDELEPHANT_CATALOG_PIECES_H

#include "catalog/build/builder.h"

/* The arrays of a piece, which are those of a catalog that is not finished. */
typedef enum PieceArray
{
	PIECE_THREADS,
	PIECE_NAMES,
	PIECE_MAPPINGS,
	PIECE_TEXTS,
	PIECE_CHUNKS,
	PIECE_THREADS_OF_CHUNKS,
	PIECE_NAMES_OF_CHUNKS,
	PIECE_POOL,
	PIECE_ARRAYS
} PieceArray;

/* A piece, in one run of memory with its arrays behind it. */
typedef struct Piece
{
	uint64		bytes;			/* of all of it */
	CatalogSummary summary;
	uint64		counts[PIECE_ARRAYS];
	uint64		places[PIECE_ARRAYS];	/* bytes from the piece's beginning */

	/* what else its builder knew, see there */
	CatalogSpan entry_order;
	CatalogSpan syscall_order;
	OffsetSample entry_sample;
	OffsetSample syscall_sample;
	CatalogSpan entry_span;
	CatalogSpan syscall_span;
	uint64		inflated_bytes;
	uint64		pairs;
	GuestFacts	guest_facts;
	bool		knows_asid_info_form;
	bool		guessed_asid_info_form;
	bool		knows_loaded_libs_form;
	bool		has_asid_info;
	bool		has_entries_2016;
	bool		wants_earlier_pieces;
} Piece;

typedef struct Pieces
{
	uint64		chunks;			/* of the log, in each piece but the last */
	uint64		count;
	Piece	  **pieces;			/* NULL: not there, go through its chunks */
	uint64		bytes;			/* that those take which are there */
} Pieces;

/*
 * Build the pieces of a log, with the help of parallel workers.  NULL where
 * that does not pay or no worker is to be had.
 */
extern Pieces *build_pieces(PlogFile *file, PlogForm form, bool knows_form, bool has_asid_info);

/*
 * Add the piece that begins with a chunk to what is built of the chunks before,
 * and return of how many chunks it is; 0 where there is no such piece, or it
 * does not fit to what the chunks before have shown.
 */
extern uint64 merge_piece(Builder *builder, Pieces *pieces, uint64 chunk);

#endif							/* PANDELEPHANT_CATALOG_PIECES_H */
