/*-------------------------------------------------------------------------
 *
 * store.h
 *		The catalogs on disk.
 *
 * They are a cache.  If a file is damaged or stale, or cannot be written, that
 * is no error: it is reported at DEBUG1 only, and the catalog is built from the
 * log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_STORE_H
#define PANDELEPHANT_CATALOG_STORE_H

#include "catalog/catalog.h"

/*
 * What identifies the log that a catalog is of.  Keys are compared as bytes, so
 * they have no padding.
 */
typedef struct CatalogKey
{
	PlogIdentity identity;
	uint32		recover;		/* 0 or 1 */
	uint32		checksum;		/* of the log's header and directory */
	uint32		chunks_checksum;	/* of the list of its chunks */
	uint32		unused;			/* zero */
} CatalogKey;

/*
 * Read the catalog of an opened log, which has that key, into a new context below
 * parent.  NULL if it is not on disk, or is not sound.
 */
extern Catalog *catalog_load(const PlogFile *file, const CatalogKey *key, MemoryContext parent);

/*
 * Read only the summary of the catalog of a log that need not be open.  The parts
 * of its key that depend on the log's contents are not compared.
 */
extern bool catalog_load_summary(const PlogIdentity *identity, bool recover,
								 CatalogSummary *summary);

/*
 * Put a catalog on disk, unless its log may change without a change of its
 * identity, or the catalog is larger than the setting allows.
 */
extern void catalog_save(const Catalog *catalog, const PlogFile *file, const CatalogKey *key);

#endif							/* PANDELEPHANT_CATALOG_STORE_H */
