/*-------------------------------------------------------------------------
 *
 * collect.h
 *		The calls of a chunk by columns, from its entries.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COLLECT_H
#define PANDELEPHANT_COLLECT_H

#include "catalog/catalog.h"
#include "columns/call_columns.h"
#include "log/chunk.h"

/* Works on one chunk after the other. */
typedef struct CallCollector CallCollector;

/* Its memory is below the current memory context. */
extern CallCollector *call_collector_create(void);

/*
 * Collect the calls of a chunk whose entries have arguments of today's form; their
 * arguments, too, if they are wanted.  They are as many as the catalog knows.  The
 * result is valid until the next call, as long as the inflated chunk is.  NULL where the
 * chunk has to be read from the log, because it is too large, or something in it is
 * malformed or unusual.
 */
extern const CallColumns *collect_calls(CallCollector *collector, const PlogChunk *chunk,
										const CatalogChunk *known, const PlogBuffer *inflated,
										bool wants_arguments);

#endif							/* PANDELEPHANT_COLLECT_H */
