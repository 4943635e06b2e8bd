/*-------------------------------------------------------------------------
 *
 * finish.h
 *		Finishing a catalog: what only the whole log can tell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_FINISH_H
#define PANDELEPHANT_CATALOG_FINISH_H

#include "catalog/build/builder.h"

/*
 * Settle which threads are one process, the mappings of processes, the order of
 * names, the numbers of slices and the rest of the summary.
 */
extern void finish_catalog(Catalog *catalog, const PassFacts *facts);

#endif							/* PANDELEPHANT_CATALOG_FINISH_H */
