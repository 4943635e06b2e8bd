/*-------------------------------------------------------------------------
 *
 * buffer.c
 *		Bytes of malloc'd memory that grow as needed.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "plog/buffer.h"

bool
plog_buffer_reserve(PlogBuffer *buffer, size_t capacity)
{
	uint8_t    *data;

	if (capacity <= buffer->capacity)
		return true;
	if (capacity > SIZE_MAX - PLOG_BUFFER_SLACK)
		return false;
	data = realloc(buffer->data, capacity + PLOG_BUFFER_SLACK);
	if (data == NULL)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void
plog_buffer_free(PlogBuffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

bool
plog_array_reserve(void **array, uint32_t count, uint32_t *capacity, size_t element)
{
	uint32_t	larger = *capacity == 0 ? 64 : *capacity * 2;
	void	   *grown;

	if (count < *capacity)
		return true;
	grown = realloc(*array, larger * element);
	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = larger;
	return true;
}
