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

#endif							/* PANDELEPHANT_H */
