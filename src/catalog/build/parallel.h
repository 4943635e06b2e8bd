/*-------------------------------------------------------------------------
 *
 * parallel.h
 *		Building the pieces of a log by parallel workers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PARALLEL_H
#define PANDELEPHANT_CATALOG_PARALLEL_H

#include "catalog/build/piece.h"

/*
 * Build the pieces of a log, in the current memory context.  NULL if that is not
 * worthwhile, or if no worker can be had.  The taker is this process's; workers start
 * their own by the wish.
 */
extern Pieces *build_pieces(PlogFile *file, const KnownForm *known, uint32 wish, void *taker);

#endif							/* PANDELEPHANT_CATALOG_PARALLEL_H */
