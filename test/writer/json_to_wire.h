/*-------------------------------------------------------------------------
 *
 * json_to_wire.h
 *		Turns JSON into the bytes of a protobuf message.
 *
 * The shape is that of proto3's JSON: 64-bit integers as strings or numbers,
 * bytes in base64, fields by their name in the schema.  The bytes are made
 * straight from the generated descriptors, without protobuf-c's messages in
 * between, because those cannot hold strings with a NUL in them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_TO_WIRE_H
#define JSON_TO_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json_parse.h"

typedef struct WireBuffer
{
	uint8_t    *data;
	size_t		bytes;
	size_t		allocated;
	char		error[256];		/* of the last json_to_wire() that failed */
} WireBuffer;

/* Add a byte, or bytes. */
extern void wire_put_byte(WireBuffer *wire, uint8_t byte);
extern void wire_put_bytes(WireBuffer *wire, const void *from, size_t bytes);

/*
 * Add the fields of a message, in the order in which the object has them; null
 * is absent, and a name that repeats is written each time.  Returns false, with
 * wire->error set, if a name or a value does not fit the message.
 */
extern bool json_to_wire(const JsonNode *object, const ProtobufCMessageDescriptor *message, WireBuffer *wire);

#endif							/* JSON_TO_WIRE_H */
