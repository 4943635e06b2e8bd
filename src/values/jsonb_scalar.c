/*-------------------------------------------------------------------------
 *
 * jsonb_scalar.c
 *		Numbers, texts and bytes of messages, as jsonb.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat/numeric.h"
#include "text/guest_text.h"
#include "values/jsonb_scalar.h"
#include "values/scalar.h"

/* Checking for printable text checks for interrupts after so many bytes. */
#define PIECE_BYTES			((Size) 1024 * 1024)

/*
 * A number in decimal; or the name of NaN or an infinity, which is not a JSON
 * number, as a string.
 */
static JEntry
put_jsonb_decimal(JsonbWriter *writer, char *digits, bool is_number)
{
	Numeric		numeric;
	JEntry		entry;

	if (!is_number)
		return put_jsonb_string(writer, digits, strlen(digits));
	numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	entry = put_jsonb_numeric(writer, numeric);
	pfree(numeric);
	return entry;
}

static JEntry
put_jsonb_signed(JsonbWriter *writer, int64 value)
{
	Numeric		numeric = int64_to_numeric(value);
	JEntry		entry = put_jsonb_numeric(writer, numeric);

	pfree(numeric);
	return entry;
}

JEntry
put_jsonb_unsigned(JsonbWriter *writer, uint64 value)
{
	char		digits[32];

	if (value <= (uint64) PG_INT64_MAX)
		return put_jsonb_signed(writer, (int64) value);
	snprintf(digits, sizeof(digits), UINT64_FORMAT, value);
	return put_jsonb_decimal(writer, digits, true);
}

static JEntry
put_jsonb_float(JsonbWriter *writer, uint32 bits)
{
	StringInfoData digits;
	float		value;
	JEntry		entry;

	initStringInfo(&digits);
	append_float(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	entry = put_jsonb_decimal(writer, digits.data, isfinite(value));
	pfree(digits.data);
	return entry;
}

static JEntry
put_jsonb_double(JsonbWriter *writer, uint64 bits)
{
	StringInfoData digits;
	double		value;
	JEntry		entry;

	initStringInfo(&digits);
	append_double(&digits, bits);
	memcpy(&value, &bits, sizeof(value));
	entry = put_jsonb_decimal(writer, digits.data, isfinite(value));
	pfree(digits.data);
	return entry;
}

JEntry
put_jsonb_guest_text(JsonbWriter *writer, PlogBytes guest)
{
	int			start = writer->buffer.len;

	/* the converted text is not shorter */
	reserve_jsonb(writer, guest.length);
	if (guest_text_is_plain(guest))
		return put_jsonb_string(writer, (const char *) guest.data, guest.length);
	append_guest_text(&writer->buffer, guest);
	return appended_jsonb_string(writer, start);
}

JEntry
put_jsonb_hex(JsonbWriter *writer, PlogBytes bytes)
{
	int			start = writer->buffer.len;

	if (bytes.length > JSONB_MAX_BYTES)
		report_too_large("it is too long");
	reserve_jsonb(writer, bytes.length * 2);
	append_hex(&writer->buffer, bytes);
	return appended_jsonb_string(writer, start);
}

/*
 * Are these bytes UTF-8 without control characters?  Those are Unicode's category
 * Cc, which includes tab and newline.
 */
static bool
is_printable(PlogBytes bytes)
{
	const uint8_t *at = bytes.data;
	const uint8_t *end = at + bytes.length;
	const uint8_t *checked = at;

	while (at < end)
	{
		int			length = pg_utf_mblen(at);

		if (length > end - at || !pg_utf8_islegal(at, length))
			return false;
		if (*at < 0x20 || *at == 0x7F || (*at == 0xC2 && at[1] < 0xA0))
			return false;
		at += length;
		if ((Size) (at - checked) > PIECE_BYTES)
		{
			CHECK_FOR_INTERRUPTS();
			checked = at;
		}
	}
	return true;
}

JEntry
put_jsonb_unknown_bytes(JsonbWriter *writer, PlogBytes bytes)
{
	return is_printable(bytes) ?
		put_jsonb_guest_text(writer, bytes) : put_jsonb_hex(writer, bytes);
}

JEntry
put_jsonb_number(JsonbWriter *writer, PlogFieldType type, uint64 value)
{
	switch (type)
	{
		case PLOG_TYPE_UINT64:
		case PLOG_TYPE_FIXED64:
			return put_jsonb_unsigned(writer, value);
		case PLOG_TYPE_UINT32:
		case PLOG_TYPE_FIXED32:
			return put_jsonb_unsigned(writer, (uint32) value);
		case PLOG_TYPE_INT64:
		case PLOG_TYPE_SFIXED64:
			return put_jsonb_signed(writer, (int64) value);
		case PLOG_TYPE_INT32:
		case PLOG_TYPE_SFIXED32:
		case PLOG_TYPE_ENUM:
			return put_jsonb_signed(writer, (int32) (uint32) value);
		case PLOG_TYPE_SINT32:
			value = (uint32) value;
			return put_jsonb_signed(writer, (int32) (uint32) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_SINT64:
			return put_jsonb_signed(writer, (int64) ((value >> 1) ^ (~(value & 1) + 1)));
		case PLOG_TYPE_BOOL:
			return jsonb_boolean_entry(value != 0);
		case PLOG_TYPE_FLOAT:
			return put_jsonb_float(writer, (uint32) value);
		case PLOG_TYPE_DOUBLE:
			return put_jsonb_double(writer, value);
		default:
			pg_unreachable();
	}
}
