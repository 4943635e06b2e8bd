/*-------------------------------------------------------------------------
 *
 * bytes.h
 *		Building runs of bytes: messages, chunks, files.
 *
 * A Bytes starts out zeroed.  When there is no memory the program ends.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "plog/wire.h"

typedef struct Bytes
{
	uint8_t    *data;
	size_t		length;
	size_t		capacity;
} Bytes;

/* Add bytes as they are; so many of one value; integers, little-endian. */
extern void put(Bytes *bytes, const void *data, size_t length);
extern void put_fill(Bytes *bytes, uint8_t value, size_t count);
extern void put_8(Bytes *bytes, uint8_t value);
extern void put_32(Bytes *bytes, uint32_t value);
extern void put_64(Bytes *bytes, uint64_t value);

/* Overwrite what stands at a position. */
extern void set_32(Bytes *bytes, size_t at, uint32_t value);
extern void set_64(Bytes *bytes, size_t at, uint64_t value);

/* Add protobuf: a bare varint, a tag, whole fields. */
extern void put_varint(Bytes *bytes, uint64_t value);
extern void put_tag(Bytes *bytes, uint32_t number, int type);
extern void put_number(Bytes *bytes, uint32_t number, uint64_t value);
extern void put_bytes(Bytes *bytes, uint32_t number, const void *data, size_t length);
extern void put_message(Bytes *bytes, uint32_t number, const Bytes *message);

#define put_string(bytes, number, literal) \
	put_bytes((bytes), (number), (literal), sizeof(literal) - 1)

/* Add an entry of a chunk: its size, and its bytes. */
extern void put_entry(Bytes *bytes, const void *data, size_t length);

extern void bytes_free(Bytes *bytes);

#endif							/* BYTES_H */
