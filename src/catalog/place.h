/*-------------------------------------------------------------------------
 *
 * place.h
 *		Which mapping of a process a pc lies in.
 *
 * A process may have had several modules at one address, one after the other, or
 * the same one under several asids; so it is asked for at a time and, if it is
 * known, by an asid.  Of the mappings that contain the pc
 *
 *		those seen at the time come before others, else those seen nearest to it;
 *		of these, those with the asid;
 *		of these, the one first seen last;
 *		of these, the one with the greatest id.
 *
 * Where the time is not known, all count as seen then.  A mapping that was never
 * seen at a known time is the place only if there is no other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLACE_H
#define PANDELEPHANT_PLACE_H

#include "catalog/catalog.h"

typedef struct PlaceFinder PlaceFinder;

/* What is asked for. */
typedef struct PlaceQuery
{
	uint64		pc;
	bool		has_offset;		/* is the time, an execution offset, known? */
	uint64		offset;
	bool		has_asid;
	uint64		asid;
} PlaceQuery;

/*
 * Something to find places with, in the current memory context.  What it takes
 * for a process is set up when that process is first asked for.  The catalog must
 * be finished.
 */
extern PlaceFinder *place_finder_create(const Catalog *catalog);

/* The index of the mapping, or CATALOG_NONE. */
extern uint32 place_find(PlaceFinder *finder, uint32 process, const PlaceQuery *query);

/*
 * The same of an end of a taint flow, and where in the mapping it is.  It has
 * none without a thread, that is without pid, nor where its pc is not known.
 */
extern uint32 place_find_flow_end(PlaceFinder *finder, const PlogEntry *entry,
								  const PlogFlowEnd *end, uint64 *offset);

/* How many steps all has taken so far. */
extern uint64 place_steps(const PlaceFinder *finder);

#endif							/* PANDELEPHANT_PLACE_H */
