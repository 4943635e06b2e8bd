/*-------------------------------------------------------------------------
 *
 * jsonb.h
 *		Writing jsonb straight into the bytes that it is stored as.
 *
 * PostgreSQL's own way builds a tree of values first, which takes a multiple
 * of the memory, and turns it into bytes without a check for interrupts.
 * Values go into the buffer in order.  Each function that writes one gives its
 * JEntry, which its container is told by add_to_jsonb().
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_JSONB_H
#define PANDELEPHANT_JSONB_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "compat/noreturn.h"

/* A string in jsonb, and the whole of it, must stay below this, in bytes. */
#define JSONB_MAX_BYTES		((Size) JENTRY_OFFLENMASK)

typedef struct JsonbWriter
{
	StringInfoData buffer;
} JsonbWriter;

/* An array or object that is being written. */
typedef struct JsonbOpened
{
	int			start;			/* of it in the buffer */
	int			entries;		/* of its JEntries */
	uint32		count;			/* of those that were added */
	uint32		length;			/* of what they are of, in bytes */
} JsonbOpened;

/* Report that a message cannot be shown as jsonb. */
pg_noreturn extern void report_too_large(const char *what);

extern void begin_jsonb(JsonbWriter *writer);
extern Jsonb *end_jsonb(JsonbWriter *writer);

/*
 * Open a container of so many elements or pairs.  Of an object, add all keys
 * first, sorted as jsonb wants them, then the values in the same order.
 */
extern JsonbOpened open_jsonb_array(JsonbWriter *writer, uint32 elements);
extern JsonbOpened open_jsonb_object(JsonbWriter *writer, uint32 pairs);
extern void add_to_jsonb(JsonbWriter *writer, JsonbOpened *opened, JEntry entry);
extern JEntry close_jsonb(JsonbWriter *writer, const JsonbOpened *opened);

/* Make room for so many bytes more. */
extern void reserve_jsonb(JsonbWriter *writer, Size bytes);

extern JEntry put_jsonb_string(JsonbWriter *writer, const char *data, Size length);
extern JEntry put_jsonb_numeric(JsonbWriter *writer, Numeric numeric);

static inline JEntry
jsonb_boolean_entry(bool value)
{
	return value ? JENTRY_ISBOOL_TRUE : JENTRY_ISBOOL_FALSE;
}

/* The JEntry of a string that was appended to the buffer from there on. */
extern JEntry appended_jsonb_string(const JsonbWriter *writer, int start);

#endif							/* PANDELEPHANT_JSONB_H */
