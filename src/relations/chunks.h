/*-------------------------------------------------------------------------
 *
 * chunks.h
 *		Which chunks a scan reads, and reading them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHUNKS_H
#define PANDELEPHANT_CHUNKS_H

#include "relations/relation_scan.h"

/* Have a scan be ready to read chunks, which are released with its memory. */
extern void relation_begin_chunks(RelationScan *scan);

/* Go to the next chunk that may have rows to give.  False at the end. */
extern bool relation_read_chunk(RelationScan *scan);

/* Go to the entries of a chunk, whose inflated bytes the caller keeps. */
extern void relation_enter_chunk(RelationScan *scan, uint64 chunk, const PlogBuffer *bytes);

/* Would the catalog let the scan skip chunks? */
extern bool relation_skips_by_catalog(const PlogRelation *relation, const Condition *conditions,
									  int condition_count);

#endif							/* PANDELEPHANT_CHUNKS_H */
