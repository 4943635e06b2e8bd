/*-------------------------------------------------------------------------
 *
 * nesting.h
 *		How deep structs and messages may be nested.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_NESTING_H
#define PANDELEPHANT_NESTING_H

/* Structs and messages that are nested deeper are refused. */
#define MAX_NESTING		1000

#endif							/* PANDELEPHANT_NESTING_H */
