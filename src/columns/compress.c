/*-------------------------------------------------------------------------
 *
 * compress.c
 *		Compressing blocks of columns.
 *
 * LZ4 is chosen for the speed of reading: see README.md for what was measured.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <lz4.h>

#include "columns/compress.h"

uint32
compress_block(void *to, const void *from, uint32 bytes)
{
	if (bytes < 2 || bytes > LZ4_MAX_INPUT_SIZE)
		return 0;
	return (uint32) LZ4_compress_default(from, to, (int) bytes, (int) bytes - 1);
}

bool
restore_block(void *to, uint32 bytes, const void *from, uint32 stored)
{
	return bytes <= LZ4_MAX_INPUT_SIZE && stored <= LZ4_MAX_INPUT_SIZE &&
		LZ4_decompress_safe(from, to, (int) stored, (int) bytes) == (int) bytes;
}
