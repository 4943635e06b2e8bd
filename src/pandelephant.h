/*-------------------------------------------------------------------------
 *
 * pandelephant.h
 *		The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_H
#define PANDELEPHANT_H

/* The largest inflated chunk that is read, in kB. */
extern int	pandelephant_max_chunk_size;

/* How much of inflated chunks a backend keeps, in kB. */
extern int	pandelephant_chunk_cache_size;

/* Are chunks skipped that cannot hold a match?  For tests. */
extern bool pandelephant_enable_skipping;

#endif							/* PANDELEPHANT_H */
