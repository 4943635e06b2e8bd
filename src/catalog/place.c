/*-------------------------------------------------------------------------
 *
 * place.c
 *		Which mapping of a process contains a pc.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/place.h"
#include "catalog/place_index.h"
#include "catalog/sorting.h"

/* The mappings of a process. */
typedef struct ProcessPlaces
{
	PlaceIndex	all;
	uint32		asid_count;		/* 0 if all mappings have the same asid, or none */
	uint64	   *asids;			/* ascending */
	PlaceIndex *of_asids;		/* the mappings with each of them */
} ProcessPlaces;

struct PlaceFinder
{
	const Catalog *catalog;
	PlaceWork	work;
	uint32	   *mappings;		/* indexes, process by process */
	uint32	   *first_mappings; /* where those of each process begin, and the end */
	ProcessPlaces **processes;	/* NULL until a pc is searched in the process */
};

PlaceFinder *
place_finder_create(const Catalog *catalog)
{
	PlaceFinder *finder = palloc0(sizeof(PlaceFinder));
	uint32		process_count = catalog->summary.process_count;
	uint32		mapping_count = catalog->summary.mapping_count;
	Size		process_bytes = sizeof(ProcessPlaces *) * ((Size) process_count + 1);
	Size		first_bytes = sizeof(uint32) * ((Size) process_count + 2);
	uint32	   *next;

	finder->catalog = catalog;
	finder->work.context = CurrentMemoryContext;
	finder->work.mappings = catalog->mappings;
	finder->processes = MemoryContextAllocHuge(finder->work.context, process_bytes);
	memset(finder->processes, 0, process_bytes);
	finder->mappings = MemoryContextAllocHuge(finder->work.context,
											  sizeof(uint32) * ((Size) mapping_count + 1));

	/*
	 * Count the mappings of process p in next[p + 2].  Added up, next[p + 1] is
	 * where those of p begin; putting them there moves it to their end, which is
	 * where those of p + 1 begin.
	 */
	next = MemoryContextAllocHuge(finder->work.context, first_bytes);
	memset(next, 0, first_bytes);
	finder->first_mappings = next;
	for (uint32 i = 0; i < mapping_count; i++)
		next[catalog->mappings[i].process + 2]++;
	for (uint32 i = 1; i <= process_count; i++)
		next[i + 1] += next[i];
	for (uint32 i = 0; i < mapping_count; i++)
	{
		check_interrupts_at(i);
		finder->mappings[next[catalog->mappings[i].process + 1]++] = i;
	}
	return finder;
}

static int
compare_asids(const void *a, const void *b, void *mappings)
{
	const CatalogMapping *mapping_a = (const CatalogMapping *) mappings + *(const uint32 *) a;
	const CatalogMapping *mapping_b = (const CatalogMapping *) mappings + *(const uint32 *) b;

	check_interrupts_in_sort();
	if (mapping_a->has_asid != mapping_b->has_asid)
		return mapping_a->has_asid ? 1 : -1;
	return compare_u64(mapping_a->asid, mapping_b->asid);
}

/*
 * Make the indexes of the mappings with each asid, if there are several.
 */
static void
build_asids(PlaceFinder *finder, ProcessPlaces *places, uint32 *mappings, uint32 count)
{
	CatalogMapping *all = finder->catalog->mappings;
	uint32		runs = 1;

	qsort_arg(mappings, count, sizeof(uint32), compare_asids, all);
	for (uint32 i = 1; i < count; i++)
		runs += compare_asids(&mappings[i - 1], &mappings[i], all) != 0;
	if (runs == 1)
		return;
	places->asids = MemoryContextAllocHuge(finder->work.context, sizeof(uint64) * (Size) runs);
	places->of_asids = MemoryContextAllocHuge(finder->work.context,
											  sizeof(PlaceIndex) * (Size) runs);
	for (uint32 start = 0, end; start < count; start = end)
	{
		for (end = start + 1; end < count; end++)
		{
			if (compare_asids(&mappings[start], &mappings[end], all) != 0)
				break;
		}
		if (!all[mappings[start]].has_asid)
			continue;
		places->asids[places->asid_count] = all[mappings[start]].asid;
		place_index_build(&places->of_asids[places->asid_count++], &finder->work,
						  mappings + start, end - start);
	}
}

/*
 * The mappings of a process, or NULL if it has none.
 */
static const ProcessPlaces *
places_of_process(PlaceFinder *finder, uint32 process)
{
	uint32	   *mappings = finder->mappings + finder->first_mappings[process];
	uint32		count = finder->first_mappings[process + 1] - finder->first_mappings[process];
	MemoryContext caller;
	ProcessPlaces *places;

	if (count == 0 || finder->processes[process] != NULL)
		return finder->processes[process];
	caller = MemoryContextSwitchTo(finder->work.context);
	places = palloc0(sizeof(ProcessPlaces));
	place_index_build(&places->all, &finder->work, mappings, count);
	build_asids(finder, places, mappings, count);
	MemoryContextSwitchTo(caller);
	finder->processes[process] = places;
	return places;
}

/*
 * The mappings of a process with an asid.  NULL if there are none, or if all its
 * mappings have that asid.
 */
static const PlaceIndex *
find_asid(PlaceFinder *finder, const ProcessPlaces *places, const PlaceQuery *query)
{
	uint32		low = 0;
	uint32		high = query->has_asid ? places->asid_count : 0;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		finder->work.steps++;
		if (places->asids[middle] == query->asid)
			return &places->of_asids[middle];
		if (places->asids[middle] < query->asid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

uint32
place_find(PlaceFinder *finder, uint32 process, const PlaceQuery *query)
{
	const ProcessPlaces *places = places_of_process(finder, process);
	const PlaceIndex *preferred;
	uint32		found = CATALOG_NONE;
	uint32		other;
	uint64		distance = 0;
	uint64		other_distance = 0;

	if (places == NULL)
		return CATALOG_NONE;
	preferred = find_asid(finder, places, query);
	if (preferred != NULL)
		found = place_index_find_seen(preferred, query->pc, query->has_offset, query->offset);
	if (found == CATALOG_NONE)
		found = place_index_find_seen(&places->all, query->pc, query->has_offset, query->offset);
	if (found != CATALOG_NONE)
		return found;
	if (query->has_offset)
	{
		found = place_index_find_nearest(&places->all, query->pc, query->offset, &distance);
		other = preferred == NULL ? CATALOG_NONE :
			place_index_find_nearest(preferred, query->pc, query->offset, &other_distance);
		if (found != CATALOG_NONE)
			return other != CATALOG_NONE && other_distance == distance ? other : found;
	}
	if (preferred != NULL)
		found = place_index_find_unseen(preferred, query->pc);
	return found != CATALOG_NONE ? found : place_index_find_unseen(&places->all, query->pc);
}

uint32
place_find_flow_end(PlaceFinder *finder, const PlogEntry *entry, const PlogFlowEnd *end,
					uint64 *offset)
{
	const Catalog *catalog = finder->catalog;
	uint32		thread = catalog_find_flow_thread(catalog, &end->point.thread);
	PlaceQuery	query;
	uint32		mapping;

	if (thread == CATALOG_NONE || !PLOG_HAS(&end->point, PLOG_FLOW_POINT_PC) ||
		end->point.pc == PLOG_UNKNOWN)
		return CATALOG_NONE;
	query.pc = end->point.pc;
	query.has_offset = PLOG_HAS(end, PLOG_FLOW_END_INSTR) && end->instr != PLOG_UNKNOWN;
	query.offset = end->instr;
	query.has_asid = PLOG_HAS(entry, PLOG_ENTRY_ASID);
	query.asid = entry->asid;
	mapping = place_find(finder, catalog->threads[thread].process, &query);
	if (mapping != CATALOG_NONE)
		*offset = end->point.pc - catalog->mappings[mapping].base_address;
	return mapping;
}

uint64
place_steps(const PlaceFinder *finder)
{
	return finder->work.steps;
}
