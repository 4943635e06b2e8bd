/*-------------------------------------------------------------------------
 *
 * layout.h
 *		What a catalog file looks like: a header, then the catalog's arrays as
 *		they stand in memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_LAYOUT_H
#define PANDELEPHANT_CATALOG_LAYOUT_H

#include "port/pg_crc32c.h"

#include "catalog/arrays.h"
#include "catalog/store/store.h"

/*
 * Increase this with every change of what a catalog holds or of what it means.
 * That includes a repair of how logs are understood, since the catalogs on disk
 * were built without it.
 */
#define CATALOG_FORMAT			15

/* Arrays in a file begin at multiples of this many bytes. */
#define ARRAY_ALIGNMENT			8

/*
 * What a file is found by: all that can be known of a catalog without opening
 * the log.  So a large object has one file for all of its states.  It is compared as bytes, so it has no padding.
 */
typedef struct StoreName
{
	uint32		format;			/* CATALOG_FORMAT */
	uint32		layout;			/* a hash of the sizes of structs */
	uint32		encoding;		/* of the texts */
	uint32		recover;		/* 0 or 1 */
	PlogIdentity identity;
} StoreName;

typedef struct StoreHeader
{
	uint64		magic;
	pg_crc32c	header_checksum;	/* of the header from body_checksum on */
	pg_crc32c	body_checksum;	/* of everything behind the header */
	StoreName	name;
	int64		state;			/* mtime, which is not in the name of a large object */
	uint32		checksum;		/* as in CatalogKey */
	uint32		chunks_checksum;	/* likewise */
	CatalogSummary summary;
	uint64		counts[CATALOG_FILE_ARRAYS];	/* numbers of elements */
} StoreHeader;

extern StoreName store_name(const PlogIdentity *identity, bool recover);

/* Fill in a header but for its checksums, which depend on the body. */
extern void store_make_header(StoreHeader *header, const Catalog *catalog, const CatalogKey *key);
extern pg_crc32c store_header_checksum(const StoreHeader *header);

/* Is it an undamaged header of that name, with a sound summary? */
extern bool store_header_is_sound(const StoreHeader *header, const StoreName *name);

/* How many bytes the arrays of a header take. */
extern uint64 store_body_bytes(const StoreHeader *header);

/*
 * Give an empty catalog the summary and the counts of a header, and find where
 * its arrays begin in a body of so many bytes.  Returns false if the header
 * contradicts itself, or its arrays do not fill the body exactly.
 */
extern bool store_place_arrays(const StoreHeader *header, uint64 body_bytes, Catalog *catalog,
							   uint64 places[CATALOG_FILE_ARRAYS]);

#endif							/* PANDELEPHANT_CATALOG_LAYOUT_H */
