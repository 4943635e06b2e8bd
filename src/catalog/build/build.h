/*-------------------------------------------------------------------------
 *
 * build.h
 *		Building the catalog of a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_BUILD_H
#define PANDELEPHANT_CATALOG_BUILD_H

#include "catalog/catalog.h"

/*
 * Build the catalog of an opened log, in a new memory context below parent.
 * Errors in the log are reported.  With a wish the chunks are given to
 * who takes them: see taker.h.
 */
extern Catalog *catalog_build(PlogFile *file, MemoryContext parent, uint32 wish);

#endif							/* PANDELEPHANT_CATALOG_BUILD_H */
