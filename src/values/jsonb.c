/*-------------------------------------------------------------------------
 *
 * jsonb.c
 *		Writing jsonb directly in its binary format.
 *
 * The format is described in PostgreSQL's utils/jsonb.h.  A container is a count,
 * the JEntries of its elements, or of its keys and then its values, and their bytes.
 * Most JEntries have the length of the value; every JB_OFFSET_STRIDE'th has the
 * offset of its end instead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat/varlena.h"
#include "text/guest_text.h"
#include "values/jsonb.h"

void
report_too_large(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("cannot show a message of a plog as jsonb: %s", what)));
}

void
reserve_jsonb(JsonbWriter *writer, Size bytes)
{
	if (bytes > JSONB_MAX_BYTES - Min((Size) writer->buffer.len, JSONB_MAX_BYTES))
		report_too_large("it is too long");
	enlargeStringInfo(&writer->buffer, (int) bytes);
}

/*
 * Append zeros up to the alignment of numbers and containers.  Returns how many.
 */
static int
pad(JsonbWriter *writer)
{
	int			length = INTALIGN(writer->buffer.len) - writer->buffer.len;

	reserve_jsonb(writer, length);
	memset(writer->buffer.data + writer->buffer.len, 0, length);
	writer->buffer.len += length;
	return length;
}

void
begin_jsonb(JsonbWriter *writer)
{
	initStringInfo(&writer->buffer);
	writer->buffer.len = VARHDRSZ;
}

Jsonb *
end_jsonb(JsonbWriter *writer)
{
	Jsonb	   *jsonb = (Jsonb *) writer->buffer.data;

	SET_VARSIZE(jsonb, writer->buffer.len);
	return jsonb;
}

/*
 * Open a container: count is its number of elements or pairs, entries that of its
 * JEntries.
 */
static JsonbOpened
open_container(JsonbWriter *writer, uint32 flags, uint32 count, Size entries)
{
	uint32		header = count | flags;
	JsonbOpened opened;

	opened.start = writer->buffer.len;
	opened.count = 0;
	opened.length = 0;
	(void) pad(writer);
	reserve_jsonb(writer, sizeof(header) + sizeof(JEntry) * entries);
	memcpy(writer->buffer.data + writer->buffer.len, &header, sizeof(header));
	writer->buffer.len += sizeof(header);
	opened.entries = writer->buffer.len;
	writer->buffer.len += (int) (sizeof(JEntry) * entries);
	return opened;
}

JsonbOpened
open_jsonb_array(JsonbWriter *writer, uint32 elements)
{
	if (elements > JB_CMASK)
		report_too_large("it holds an array of too many elements");
	return open_container(writer, JB_FARRAY, elements, elements);
}

JsonbOpened
open_jsonb_object(JsonbWriter *writer, uint32 pairs)
{
	if (pairs > JB_CMASK)
		report_too_large("it has too many fields");
	return open_container(writer, JB_FOBJECT, pairs, (Size) pairs * 2);
}

void
add_to_jsonb(JsonbWriter *writer, JsonbOpened *opened, JEntry entry)
{
	opened->length += JBE_OFFLENFLD(entry);
	if (opened->count % JB_OFFSET_STRIDE == 0)
		entry = (entry & JENTRY_TYPEMASK) | opened->length | JENTRY_HAS_OFF;
	memcpy(writer->buffer.data + opened->entries + sizeof(JEntry) * opened->count,
		   &entry, sizeof(JEntry));
	opened->count++;
}

JEntry
close_jsonb(JsonbWriter *writer, const JsonbOpened *opened)
{
	return JENTRY_ISCONTAINER | (JEntry) (writer->buffer.len - opened->start);
}

JEntry
put_jsonb_string(JsonbWriter *writer, const char *data, Size length)
{
	reserve_jsonb(writer, length);
	copy_bytes(writer->buffer.data + writer->buffer.len, data, length);
	writer->buffer.len += (int) length;
	return JENTRY_ISSTRING | (JEntry) length;
}

JEntry
appended_jsonb_string(const JsonbWriter *writer, int start)
{
	Size		length = (Size) (writer->buffer.len - start);

	if ((Size) writer->buffer.len > JSONB_MAX_BYTES)
		report_too_large("it is too long");
	return JENTRY_ISSTRING | (JEntry) length;
}

JEntry
put_jsonb_numeric(JsonbWriter *writer, Numeric numeric)
{
	int			length = VARSIZE_ANY(numeric);
	int			padding = pad(writer);

	reserve_jsonb(writer, length);
	memcpy(writer->buffer.data + writer->buffer.len, numeric, length);
	writer->buffer.len += length;
	return JENTRY_ISNUMERIC | (JEntry) (padding + length);
}
