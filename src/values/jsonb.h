/*-------------------------------------------------------------------------
 *
 * jsonb.h
 *		Writing jsonb directly in its binary format.
 *
 * PostgreSQL's own functions first build a tree of values, which takes a multiple
 * of the memory, and then turn it into bytes without a check for interrupts.  Here
 * values are appended to a buffer in order.  Each function that writes a value
 * returns its JEntry; add_to_jsonb() stores that in the value's container.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_JSONB_H
#define PANDELEPHANT_JSONB_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "compat/noreturn.h"

/* The length that a string in jsonb, and the jsonb itself, must not exceed, in bytes. */
#define JSONB_MAX_BYTES		((Size) JENTRY_OFFLENMASK)

typedef struct JsonbWriter
{
	StringInfoData buffer;
} JsonbWriter;

/* An array or object that is being written. */
typedef struct JsonbOpened
{
	int			start;			/* where it starts in the buffer */
	int			entries;		/* where its JEntries start */
	uint32		count;			/* of values added */
	uint32		length;			/* of those values, in bytes */
} JsonbOpened;

/* Report that a message cannot be shown as jsonb. */
pg_noreturn extern void report_too_large(const char *what);

extern void begin_jsonb(JsonbWriter *writer);
extern Jsonb *end_jsonb(JsonbWriter *writer);

/*
 * Open a container of so many elements or pairs.  To an object, add first all keys,
 * sorted as jsonb wants them, then the values in the same order.
 */
extern JsonbOpened open_jsonb_array(JsonbWriter *writer, uint32 elements);
extern JsonbOpened open_jsonb_object(JsonbWriter *writer, uint32 pairs);
extern void add_to_jsonb(JsonbWriter *writer, JsonbOpened *opened, JEntry entry);
extern JEntry close_jsonb(JsonbWriter *writer, const JsonbOpened *opened);

/* Make room for so many more bytes. */
extern void reserve_jsonb(JsonbWriter *writer, Size bytes);

extern JEntry put_jsonb_string(JsonbWriter *writer, const char *data, Size length);
extern JEntry put_jsonb_numeric(JsonbWriter *writer, Numeric numeric);

static inline JEntry
jsonb_boolean_entry(bool value)
{
	return value ? JENTRY_ISBOOL_TRUE : JENTRY_ISBOOL_FALSE;
}

/* The JEntry of a string that the caller has appended to the buffer from "start" on. */
extern JEntry appended_jsonb_string(const JsonbWriter *writer, int start);

#endif							/* PANDELEPHANT_JSONB_H */
