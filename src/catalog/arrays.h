/*-------------------------------------------------------------------------
 *
 * arrays.h
 *		The table of a catalog's arrays.
 *
 * Whatever is done with all arrays of a catalog follows this table: growing
 * them while the catalog is built, handing a piece from a worker to the leader,
 * and the layout of a file on disk.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_ARRAYS_H
#define PANDELEPHANT_CATALOG_ARRAYS_H

#include "catalog/catalog.h"

/* The arrays, in the order in which they stand in a file. */
typedef enum CatalogArray
{
	CATALOG_THREADS,
	CATALOG_PROCESSES,
	CATALOG_NAMES,
	CATALOG_MAPPINGS,
	CATALOG_CODE_POINTS,
	CATALOG_CODE_POINTS_BY_PLACE,
	CATALOG_TEXTS,
	CATALOG_NAMES_OF_THREADS,
	CATALOG_NAMES_OF_PROCESSES,
	CATALOG_CHUNKS,
	CATALOG_THREADS_OF_CHUNKS,
	CATALOG_NAMES_OF_CHUNKS,
	CATALOG_CALL_GROUPS,
	CATALOG_POOL,

	/* those before are in a file; those from here on go when a catalog is finished */
	CATALOG_FILE_ARRAYS,
	CATALOG_THREADS_OF_MAPPINGS = CATALOG_FILE_ARRAYS,
	CATALOG_FIRST_TRACES,
	CATALOG_OPEN_SLICES,
	CATALOG_ARRAYS
} CatalogArray;

typedef struct CatalogArrayShape
{
	Size		element_bytes;
	Size		start;			/* where in a Catalog the pointer to it is */
	Size		count;			/* where in a Catalog the number of elements is */
	Size		count_bytes;	/* 4 or 8; two arrays may have one count */
} CatalogArrayShape;

extern const CatalogArrayShape catalog_arrays[CATALOG_ARRAYS];

/* The first element, or NULL if the catalog does not have the array (yet). */
extern void *catalog_array_start(const Catalog *catalog, CatalogArray array);
extern void catalog_set_array_start(Catalog *catalog, CatalogArray array, void *start);

/* The number of elements, if the catalog has the array. */
extern uint64 catalog_array_count(const Catalog *catalog, CatalogArray array);

/* A number that is too large for the catalog's count loses its upper bits. */
extern void catalog_set_array_count(Catalog *catalog, CatalogArray array, uint64 count);

#endif							/* PANDELEPHANT_CATALOG_ARRAYS_H */
