/*-------------------------------------------------------------------------
 *
 * piece.c
 *		Building a piece of a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/build/chunk.h"
#include "catalog/build/messages.h"
#include "catalog/build/piece.h"

/*
 * Has it turned out that the piece cannot be used?
 */
static bool
is_unusable(const Builder *builder)
{
	return builder->facts.wants_earlier_pieces || guessed_wrong_form(builder);
}

bool
build_piece(Builder *builder, PlogFile *file, uint64 first_chunk, uint64 chunk_count,
			const KnownForm *known, void *taker, pg_atomic_uint64 *bytes_of_pieces)
{
	sigjmp_buf	too_large;

	memset(builder, 0, sizeof(*builder));
	builder->memory.bytes_of_pieces = bytes_of_pieces;
	builder->memory.leave_piece = &too_large;
	if (sigsetjmp(too_large, 0) != 0)
		return false;
	start_builder(builder, file, CurrentMemoryContext, first_chunk, chunk_count, known, taker);
	for (uint64 i = 0; i < chunk_count && !is_unusable(builder); i++)
		build_from_chunk(builder, first_chunk + i);
	settle_libraries(builder);

	/* whether it was malformed depends on what comes behind the piece */
	builder->facts.wants_earlier_pieces |= builder->facts.forms.has_malformed_guess;
	return !is_unusable(builder);
}

Piece
measure_piece(const Builder *builder)
{
	const Catalog *catalog = builder->catalog;
	Piece		piece;

	memset(&piece, 0, sizeof(piece));
	piece.summary = catalog->summary;
	piece.facts = builder->facts;
	piece.bytes = MAXALIGN(sizeof(Piece));
	for (int i = 0; i < CATALOG_ARRAYS; i++)
	{
		if (catalog_array_start(catalog, i) != NULL)
			piece.counts[i] = catalog_array_count(catalog, i);
		piece.places[i] = piece.bytes;
		piece.bytes += MAXALIGN(piece.counts[i] * catalog_arrays[i].element_bytes);
	}
	return piece;
}

void
pack_piece(Piece *packed, const Piece *piece, const Catalog *catalog)
{
	*packed = *piece;
	for (int i = 0; i < CATALOG_ARRAYS; i++)
	{
		Size		bytes = piece->counts[i] * catalog_arrays[i].element_bytes;

		if (bytes > 0)
			memcpy((char *) packed + piece->places[i], catalog_array_start(catalog, i), bytes);
	}
}
