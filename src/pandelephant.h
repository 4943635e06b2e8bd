/*-------------------------------------------------------------------------
 *
 * pandelephant.h
 *		The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_H
#define PANDELEPHANT_H


/* Does pe_materialize() load relations in one pass where it can? */
extern bool pandelephant_bulk_load;

#endif							/* PANDELEPHANT_H */
