/*-------------------------------------------------------------------------
 *
 * memory.h
 *		The memory that building a catalog takes, and its limit.
 *
 * Somebody may make a log that names enough things to exhaust memory.  So memory
 * whose size depends on the log is accounted for before it is taken.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_MEMORY_H
#define PANDELEPHANT_CATALOG_MEMORY_H

#include <setjmp.h>

#include "port/atomics.h"

/* The most that the tables by which one thing is found take of memory, in bytes. */
#define TABLE_BYTES_PER_THING	64

/* Threads, names, mappings and texts are numbered with 31 bits. */
#define MAX_THINGS				((uint32) 0x7FFFFFFF)

typedef struct BuildMemory
{
	const char *filename;		/* of the log, for messages */
	MemoryContext scratch;		/* is deleted when the catalog is built */
	Size		bytes;			/* accounted for so far */

	/*
	 * While a piece of a log is built: what all pieces take together, and where
	 * to go when that is more than the limit.
	 */
	pg_atomic_uint64 *bytes_of_pieces;
	sigjmp_buf *leave_piece;
} BuildMemory;

/* A list of indexes in scratch memory. */
typedef struct IndexList
{
	uint32	   *indexes;
	uint32		count;
	uint32		capacity;
} IndexList;

/*
 * Account for bytes that are about to be taken.  If that exceeds the limit, an
 * error is reported; but while a piece is built it is abandoned instead, since
 * things that are in several pieces count several times.
 */
extern void account_for(BuildMemory *memory, Size bytes);

/*
 * The capacity that an array of so many elements grows to, which is accounted
 * for.  Reports an error if its elements can no longer be numbered.
 */
extern uint32 larger_capacity(BuildMemory *memory, uint32 capacity, Size element_bytes);

/* Grow an array in scratch memory so that one more element fits. */
extern void *grow_array(BuildMemory *memory, void *array, uint32 count, uint32 *capacity,
						Size element_bytes);

extern void append_index(BuildMemory *memory, IndexList *list, uint32 index);

#endif							/* PANDELEPHANT_CATALOG_MEMORY_H */
