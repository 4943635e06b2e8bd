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
