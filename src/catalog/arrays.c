/*-------------------------------------------------------------------------
 *
 * arrays.c
 *		The table of a catalog's arrays.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/arrays.h"

#define ARRAY(pointer, element, number) \
	{sizeof(element), offsetof(Catalog, pointer), offsetof(Catalog, number), \
	 sizeof(((Catalog *) NULL)->number)}

const CatalogArrayShape catalog_arrays[CATALOG_ARRAYS] = {
	[CATALOG_THREADS] = ARRAY(threads, CatalogThread, summary.thread_count),
	[CATALOG_PROCESSES] = ARRAY(processes, CatalogProcess, summary.process_count),
	[CATALOG_NAMES] = ARRAY(names, CatalogName, summary.name_count),
	[CATALOG_MAPPINGS] = ARRAY(mappings, CatalogMapping, summary.mapping_count),
	[CATALOG_CODE_POINTS] = ARRAY(code_points, CatalogCodePoint, summary.code_point_count),
	[CATALOG_CODE_POINTS_BY_PLACE] =
	ARRAY(code_points_by_place, uint32, summary.code_point_count),
	[CATALOG_TEXTS] = ARRAY(texts, CatalogText, text_count),
	[CATALOG_NAMES_OF_THREADS] = ARRAY(names_of_threads, uint32, summary.name_count),
	[CATALOG_NAMES_OF_PROCESSES] = ARRAY(names_of_processes, uint32, names_of_processes_count),
	[CATALOG_CHUNKS] = ARRAY(chunks, CatalogChunk, summary.chunk_count),
	[CATALOG_THREADS_OF_CHUNKS] = ARRAY(threads_of_chunks, uint32, threads_of_chunks_count),
	[CATALOG_NAMES_OF_CHUNKS] = ARRAY(names_of_chunks, uint32, names_of_chunks_count),
	[CATALOG_CALL_GROUPS] = ARRAY(call_groups, CatalogCallGroup, summary.call_group_count),
	[CATALOG_POOL] = ARRAY(pool, char, pool_bytes),
	[CATALOG_THREADS_OF_MAPPINGS] = ARRAY(unfinished.threads_of_mappings, uint32, summary.mapping_count),
	[CATALOG_FIRST_TRACES] = ARRAY(unfinished.first_traces, CatalogTrace, summary.chunk_count),
	[CATALOG_OPEN_SLICES] = ARRAY(unfinished.open_slices, CatalogOpenSlice, unfinished.open_slice_count)
};

void *
catalog_array_start(const Catalog *catalog, CatalogArray array)
{
	void	   *start;

	memcpy(&start, (const char *) catalog + catalog_arrays[array].start, sizeof(start));
	return start;
}

void
catalog_set_array_start(Catalog *catalog, CatalogArray array, void *start)
{
	memcpy((char *) catalog + catalog_arrays[array].start, &start, sizeof(start));
}

uint64
catalog_array_count(const Catalog *catalog, CatalogArray array)
{
	const char *count = (const char *) catalog + catalog_arrays[array].count;

	return catalog_arrays[array].count_bytes == sizeof(uint32) ?
		*(const uint32 *) count : *(const uint64 *) count;
}

void
catalog_set_array_count(Catalog *catalog, CatalogArray array, uint64 count)
{
	char	   *place = (char *) catalog + catalog_arrays[array].count;

	if (catalog_arrays[array].count_bytes == sizeof(uint32))
		*(uint32 *) place = (uint32) count;
	else
		*(uint64 *) place = count;
}
