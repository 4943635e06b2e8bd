/*-------------------------------------------------------------------------
 *
 * bytes.c
 *		Building runs of bytes: messages, chunks, files.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/*
 * Make room at the end.
 */
static uint8_t *
extend(Bytes *bytes, size_t length)
{
	uint8_t    *end;

	if (length > bytes->capacity - bytes->length)
	{
		bytes->capacity = (bytes->length + length) * 2;
		bytes->data = realloc(bytes->data, bytes->capacity);
		if (bytes->data == NULL)
			abort();
	}
	end = bytes->data + bytes->length;
	bytes->length += length;
	return end;
}

void
put(Bytes *bytes, const void *data, size_t length)
{
	if (length > 0)
		memcpy(extend(bytes, length), data, length);
}

void
put_fill(Bytes *bytes, uint8_t value, size_t count)
{
	if (count > 0)
		memset(extend(bytes, count), value, count);
}

void
put_8(Bytes *bytes, uint8_t value)
{
	*extend(bytes, 1) = value;
}

void
put_32(Bytes *bytes, uint32_t value)
{
	extend(bytes, 4);
	set_32(bytes, bytes->length - 4, value);
}

void
put_64(Bytes *bytes, uint64_t value)
{
	extend(bytes, 8);
	set_64(bytes, bytes->length - 8, value);
}

void
set_32(Bytes *bytes, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes->data[at + i] = (uint8_t) (value >> 8 * i);
}

void
set_64(Bytes *bytes, size_t at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes->data[at + i] = (uint8_t) (value >> 8 * i);
}

void
put_varint(Bytes *bytes, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_8(bytes, (uint8_t) (value | 0x80));
	put_8(bytes, (uint8_t) value);
}

void
put_tag(Bytes *bytes, uint32_t number, int type)
{
	put_varint(bytes, (uint64_t) number << 3 | (unsigned) type);
}

void
put_number(Bytes *bytes, uint32_t number, uint64_t value)
{
	put_tag(bytes, number, WIRE_VARINT);
	put_varint(bytes, value);
}

void
put_bytes(Bytes *bytes, uint32_t number, const void *data, size_t length)
{
	put_tag(bytes, number, WIRE_BYTES);
	put_varint(bytes, length);
	put(bytes, data, length);
}

void
put_message(Bytes *bytes, uint32_t number, const Bytes *message)
{
	put_bytes(bytes, number, message->data, message->length);
}

void
put_entry(Bytes *bytes, const void *data, size_t length)
{
	put_32(bytes, (uint32_t) length);
	put(bytes, data, length);
}

void
bytes_free(Bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}
