/*-------------------------------------------------------------------------
 *
 * extent.h
 *		What a statement sees of a file.
 *
 * All scans of a statement see the same of a file, whatever becomes of the file
 * meanwhile, or an error is reported.  So do all of a query that is fetched from
 * by several statements; a query is known by the memory context that lives as long
 * as it does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_EXTENT_H
#define PANDELEPHANT_EXTENT_H

#include "plog/reader.h"

/*
 * Fill in a reader, whose file is open, with what the query sees of the file, or
 * else the statement: chunks, identity, content.  The query may be NULL.  With
 * "recover" the first one in a statement warns of what is lost.
 */
extern PlogStatus read_extent(PlogReader *reader, const char *filename, bool recover,
							  MemoryContext query, PlogError *error);

/*
 * Let the query see the file as it is now, whenever it opens it.  Errors are left
 * to that.
 */
extern void settle_extent(const char *filename, MemoryContext query);

#endif							/* PANDELEPHANT_EXTENT_H */
