/*-------------------------------------------------------------------------
 *
 * space.h
 *		Memory that is used again for one chunk after the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SPACE_H
#define PANDELEPHANT_SPACE_H

#include "storage/shmem.h"
#include "utils/memutils.h"

typedef struct Space
{
	void	   *data;
	Size		capacity;		/* bytes */
} Space;

/*
 * Have room for so many elements, of which the first ones are kept.  Memory comes
 * from the context.
 */
static inline void *
space_for(Space *space, MemoryContext context, Size elements, Size element_bytes)
{
	Size		bytes = mul_size(Max(elements, 1), element_bytes);

	if (bytes > space->capacity)
	{
		bytes = Max(bytes, space->capacity * 2);
		space->data = space->data == NULL ? MemoryContextAllocHuge(context, bytes) :
			repalloc_huge(space->data, bytes);
		space->capacity = bytes;
	}
	return space->data;
}

#endif							/* PANDELEPHANT_SPACE_H */
