/*-------------------------------------------------------------------------
 *
 * buffer.h
 *		Bytes of malloc'd memory that grow as needed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_BUFFER_H
#define PLOG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * This many bytes beyond a buffer's capacity can be read, whatever they hold, so
 * that strings can be read a word at a time up to the end of the buffer.
 */
#define PLOG_BUFFER_SLACK	8

typedef struct PlogBuffer
{
	uint8_t    *data;
	size_t		length;
	size_t		capacity;
} PlogBuffer;

/*
 * Make room for so many bytes in all.  False when there is no memory; the buffer
 * is as it was then.
 */
extern bool plog_buffer_reserve(PlogBuffer *buffer, size_t capacity);

/* Free the memory; the buffer is empty afterwards, and can be used again. */
extern void plog_buffer_free(PlogBuffer *buffer);

/*
 * Make room in a malloc'd array for one more element than "count".  False when
 * there is no memory; the array is as it was then.
 */
extern bool plog_array_reserve(void **array, uint32_t count, uint32_t *capacity, size_t element);

static inline uint64_t
plog_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif							/* PLOG_BUFFER_H */
