/*-------------------------------------------------------------------------
 *
 * place_index.h
 *		Searching some mappings for the one that contains a pc at a time.
 *
 * Only place.c uses this.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PLACE_INDEX_H
#define PANDELEPHANT_CATALOG_PLACE_INDEX_H

#include "catalog/catalog.h"

/* What several indexes share. */
typedef struct PlaceWork
{
	const CatalogMapping *mappings; /* of the catalog */
	MemoryContext context;		/* holds the indexes */
	Size		bytes;			/* that their nodes take */
	uint64		steps;			/* that building and searching have taken */
} PlaceWork;

struct PlaceNode;
struct PlaceTree;

/* An index of some mappings. */
typedef struct PlaceIndex
{
	PlaceWork  *work;
	uint32		count;			/* of mappings */
	uint32		unseen;			/* how many were never seen at a known offset */
	uint32	   *order;			/* indexes of mappings: the unseen ones first, then
								 * by first offset, then by id */
	struct PlaceTree *trees;	/* by pc */
	uint32		tree_count;
	struct PlaceNode *nodes;
	uint32		node_count;
	uint32		node_capacity;
} PlaceIndex;

/* Make the index of the mappings with these indexes. */
extern void place_index_build(PlaceIndex *index, PlaceWork *work, const uint32 *mappings,
							  uint32 count);

/*
 * Each of these returns the index of a mapping that contains the pc, or
 * CATALOG_NONE.  If several will do, it is the one first seen last, and of these
 * the one with the greatest id.
 */

/* One that was seen at a time, if has_offset, or else at any time. */
extern uint32 place_index_find_seen(const PlaceIndex *index, uint64 pc, bool has_offset,
									uint64 offset);

/* The one seen nearest to a time at which none was seen; how near is in *distance. */
extern uint32 place_index_find_nearest(const PlaceIndex *index, uint64 pc, uint64 offset,
									   uint64 *distance);

/* One that was never seen at a known time. */
extern uint32 place_index_find_unseen(const PlaceIndex *index, uint64 pc);

#endif							/* PANDELEPHANT_CATALOG_PLACE_INDEX_H */
