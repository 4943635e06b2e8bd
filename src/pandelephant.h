/*-------------------------------------------------------------------------
 *
 * pandelephant.h
 *		The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_H
#define PANDELEPHANT_H

/* The most that the catalog of a log may take, in kB. */
extern int	pandelephant_max_catalog_size;

/* Are catalogs kept on disk, and how much of them, in kB? */
extern bool pandelephant_catalog_cache;
extern int	pandelephant_catalog_cache_size;

/* Are chunks skipped that cannot hold a match?  For tests. */
extern bool pandelephant_enable_skipping;

/* Does pe_materialize() load relations in one pass where it can? */
extern bool pandelephant_bulk_load;

#endif							/* PANDELEPHANT_H */
