/*-------------------------------------------------------------------------
 *
 * soundness.h
 *		Is a catalog one that the backend can rely on?
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SOUNDNESS_H
#define PANDELEPHANT_CATALOG_SOUNDNESS_H

#include "catalog/catalog.h"

/* Does nothing in a summary break the code that reads it? */
extern bool catalog_summary_is_sound(const CatalogSummary *summary);

/*
 * The same of a whole catalog, which must also fit the opened log that it is
 * said to be of.
 */
extern bool catalog_is_sound(const Catalog *catalog, const PlogFile *file);

#endif							/* PANDELEPHANT_CATALOG_SOUNDNESS_H */
