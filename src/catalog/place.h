/*-------------------------------------------------------------------------
 *
 * place.h
 *		Which mapping of a process contains a pc.
 *
 * A process may have several modules at one address, one after the other, or the
 * same module under several asids.  So the search is for a pc at a time and, if it
 * is known, in an asid.  Of the mappings that contain the pc, it prefers
 *
 *		those seen at that time, or else those seen nearest to it;
 *		of these, those with the asid;
 *		of these, the one first seen last;
 *		of these, the one with the greatest id.
 *
 * If the time is not known, all mappings count as seen at it.  A mapping that was
 * never seen at a known time is found only if there is no other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PLACE_H
#define PANDELEPHANT_CATALOG_PLACE_H

#include "catalog/catalog.h"

typedef struct PlaceFinder PlaceFinder;

/* What to search for. */
typedef struct PlaceQuery
{
	uint64		pc;
	bool		has_offset;		/* is the time known? */
	uint64		offset;			/* the time, an execution offset */
	bool		has_asid;
	uint64		asid;
} PlaceQuery;

/*
 * Prepare for searches, in the current memory context, in a catalog that is
 * finished.  The index of a process is made when it is first searched.
 */
extern PlaceFinder *place_finder_create(const Catalog *catalog);

/* The index of the mapping, or CATALOG_NONE. */
extern uint32 place_find(PlaceFinder *finder, uint32 process, const PlaceQuery *query);

/*
 * The same for an end of a taint flow; *offset is set to its distance from the
 * mapping's base address.  An end without a pid or a known pc is in no mapping.
 */
extern uint32 place_find_flow_end(PlaceFinder *finder, const PlogEntry *entry,
								  const PlogFlowEnd *end, uint64 *offset);

/* The number of steps of all searches so far, for tests. */
extern uint64 place_steps(const PlaceFinder *finder);

#endif							/* PANDELEPHANT_CATALOG_PLACE_H */
