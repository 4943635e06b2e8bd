/*-------------------------------------------------------------------------
 *
 * jsonb_scalar.h
 *		Numbers, texts and bytes of messages, as jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_JSONB_SCALAR_H
#define PANDELEPHANT_JSONB_SCALAR_H

#include "plog/schema.h"
#include "values/jsonb.h"

/* A value of a type that is a number on the wire, by its bits there. */
extern JEntry put_jsonb_number(JsonbWriter *writer, PlogFieldType type, uint64 value);

extern JEntry put_jsonb_unsigned(JsonbWriter *writer, uint64 value);
extern JEntry put_jsonb_guest_text(JsonbWriter *writer, PlogBytes guest);

/* Bytes as a string of lower-case hex digits. */
extern JEntry put_jsonb_hex(JsonbWriter *writer, PlogBytes bytes);

/* Bytes of an unknown type: as text if they are printable text, else as hex. */
extern JEntry put_jsonb_unknown_bytes(JsonbWriter *writer, PlogBytes bytes);

#endif							/* PANDELEPHANT_JSONB_SCALAR_H */
