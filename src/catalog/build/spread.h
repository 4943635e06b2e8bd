/*-------------------------------------------------------------------------
 *
 * spread.h
 *		The most common names, threads and processes of system calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_SPREAD_H
#define PANDELEPHANT_CATALOG_SPREAD_H

#include "catalog/catalog.h"

/* Fill in the spread in the summary.  Everything else must be finished. */
extern void find_spread(Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_SPREAD_H */
