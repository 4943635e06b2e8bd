/*-------------------------------------------------------------------------
 *
 * memory.c
 *		The memory that building a catalog takes, and its limit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/memory.h"
#include "catalog/catalog.h"

void
account_for(BuildMemory *memory, Size bytes)
{
	uint64		limit = (uint64) pandelephant_max_catalog_size * 1024;

	memory->bytes += bytes;
	if (memory->bytes_of_pieces != NULL)
	{
		if (pg_atomic_fetch_add_u64(memory->bytes_of_pieces, bytes) + bytes > limit)
			siglongjmp(*memory->leave_piece, 1);
	}
	else if (memory->bytes > limit)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": what it names takes more than the allowed %d kB",
						memory->filename, pandelephant_max_catalog_size),
				 errhint("Raise \"pandelephant.max_catalog_size\" if you trust the log.")));
}

uint32
larger_capacity(BuildMemory *memory, uint32 capacity, Size element_bytes)
{
	uint32		wanted;

	if (capacity >= MAX_THINGS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("plog names too many different things")));
	wanted = capacity == 0 ? 64 : Min(capacity * 2, MAX_THINGS);
	account_for(memory, (wanted - capacity) * element_bytes);
	return wanted;
}

void *
grow_array(BuildMemory *memory, void *array, uint32 count, uint32 *capacity, Size element_bytes)
{
	if (count < *capacity)
		return array;
	*capacity = larger_capacity(memory, *capacity, element_bytes);
	if (array == NULL)
		return MemoryContextAllocHuge(memory->scratch, *capacity * element_bytes);
	return repalloc_huge(array, *capacity * element_bytes);
}

void
append_index(BuildMemory *memory, IndexList *list, uint32 index)
{
	list->indexes = grow_array(memory, list->indexes, list->count, &list->capacity,
							   sizeof(uint32));
	list->indexes[list->count++] = index;
}
