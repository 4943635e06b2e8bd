/*-------------------------------------------------------------------------
 *
 * kept.h
 *		The catalogs that a backend has.
 *
 * A backend keeps the catalogs that it uses, and some that it used lately.  If
 * it does not have the one that it needs, that is read from disk; if it is not
 * there either, it is built and put there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_KEPT_H
#define PANDELEPHANT_CATALOG_KEPT_H

#include "catalog/catalog.h"
#include "catalog/store/store.h"

/* What identifies an opened log. */
extern CatalogKey catalog_key(const PlogFile *file);

/*
 * The catalog of an opened log.  It stays at least as long as the current memory
 * context.  Errors in the log are reported.  If it has to be built, the chunks are
 * offered with that wish: see catalog_build().
 */
extern const Catalog *catalog_of(PlogFile *file, uint32 wish);

/*
 * The same, but NULL if the catalog would have to be built.
 */
extern const Catalog *catalog_at_hand(PlogFile *file);

/*
 * Get the summary of the catalog of a file in that state, if the backend has the
 * catalog or it is on disk.  The log itself is not read, so this is fast.  It is
 * a hint only: whether a catalog is really that of the log can be told only by
 * reading the log's header and directory.
 */
extern bool catalog_peek(const PlogIdentity *identity, bool recover, CatalogSummary *summary);

#endif							/* PANDELEPHANT_CATALOG_KEPT_H */
