/*-------------------------------------------------------------------------
 *
 * bytea_text.c
 *		The bytes of a text in bytea's hex form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "values/bytea_text.h"

/* Digits are read with a check for interrupts after so many. */
#define DIGITS_PER_CHECK	(1024 * 1024)

bool
decode_bytea_text(PlogBytes text, PlogBytes *bytes)
{
	uint8	   *decoded;

	if (text.length < 2 || text.length % 2 != 0 || text.data[0] != '\\' || text.data[1] != 'x')
		return false;
	bytes->length = text.length / 2 - 1;
	bytes->data = decoded = palloc(bytes->length + 1);
	for (size_t i = 0; i < bytes->length; i++)
	{
		int			high = hex_digit(text.data[2 * i + 2]);
		int			low = hex_digit(text.data[2 * i + 3]);

		if (high < 0 || low < 0)
			return false;
		decoded[i] = (uint8) (high << 4 | low);
		if (i % DIGITS_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return true;
}
