/*-------------------------------------------------------------------------
 *
 * compress.h
 *		Compressing blocks of columns: fast to write, and faster to read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPRESS_H
#define PANDELEPHANT_COMPRESS_H

/*
 * Compress a block to where there is room for as many bytes, and return how many it
 * has then; 0 where it would not have fewer than before.
 */
extern uint32 compress_block(void *to, const void *from, uint32 bytes);

/* Restore a block.  False where what was stored is not such a block of that size. */
extern bool restore_block(void *to, uint32 bytes, const void *from, uint32 stored);

#endif							/* PANDELEPHANT_COMPRESS_H */
