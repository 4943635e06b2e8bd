/*-------------------------------------------------------------------------
 *
 * store.h
 *		The catalogs kept on disk.
 *
 * They are a cache: whatever is wrong with a file, or with writing one, is no
 * error, and said at DEBUG1 only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_STORE_H
#define PANDELEPHANT_CATALOG_STORE_H

#include "catalog/catalog.h"

/*
 * The catalog of that key, in a new context below parent, or NULL.  The log is
 * the opened one that the key is of.
 */
extern Catalog *catalog_load(const PlogFile *file, const CatalogKey *key, MemoryContext parent);

/*
 * Is a catalog what the backend relies on, and that of an opened log?
 */
extern bool catalog_is_sound(const Catalog *catalog, const PlogFile *file);

/*
 * May a catalog of that key be saved?  Ask before the log is read for it.
 */
extern bool catalog_may_be_saved(const CatalogKey *key);

/*
 * Put a catalog on disk.
 */
extern void catalog_save(const Catalog *catalog, const PlogFile *file, const CatalogKey *key);

/*
 * The summary of a catalog on disk.  What only the log's bytes can tell of its
 * key is not looked at.
 */
extern bool catalog_load_summary(const PlogIdentity *identity, bool recover,
								 CatalogSummary *summary);

#endif							/* PANDELEPHANT_CATALOG_STORE_H */
