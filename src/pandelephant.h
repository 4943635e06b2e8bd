/*-------------------------------------------------------------------------
 *
 * pandelephant.h
 *		The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_H
#define PANDELEPHANT_H


/* Are chunks skipped that cannot hold a match?  For tests. */
extern bool pandelephant_enable_skipping;

/* Does pe_materialize() load relations in one pass where it can? */
extern bool pandelephant_bulk_load;

#endif							/* PANDELEPHANT_H */
