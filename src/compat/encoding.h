/*-------------------------------------------------------------------------
 *
 * encoding.h
 *		Converting text from UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_ENCODING_H
#define PANDELEPHANT_COMPAT_ENCODING_H

#include "catalog/namespace.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"

/*
 * Convert one character from UTF-8 to the database encoding, with a NUL behind
 * it.  False where the encoding lacks it, or there is no conversion.  The
 * converted bytes of a character stay below size.
 */
#if PG_VERSION_NUM >= 140000

static inline bool
convert_utf8_character(const unsigned char *character, int length,
					   unsigned char *converted, int size)
{
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());

	if (!OidIsValid(conversion))
		return false;
	return pg_do_encoding_conversion_buf(conversion, PG_UTF8, GetDatabaseEncoding(),
										 unconstify(unsigned char *, character), length,
										 converted, size, true) == length;
}

#else

static inline bool
convert_utf8_character(const unsigned char *character, int length,
					   unsigned char *converted, int size pg_attribute_unused())
{
	MemoryContext context = CurrentMemoryContext;
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	volatile bool done = false;

	if (!OidIsValid(conversion))
		return false;

	/* a conversion procedure holds nothing that an error would leave behind */
	PG_TRY();
	{
		OidFunctionCall5(conversion, Int32GetDatum(PG_UTF8), Int32GetDatum(GetDatabaseEncoding()),
						 CStringGetDatum(character), CStringGetDatum(converted),
						 Int32GetDatum(length));
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_UNTRANSLATABLE_CHARACTER &&
			error->sqlerrcode != ERRCODE_CHARACTER_NOT_IN_REPERTOIRE)
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(error);
	}
	PG_END_TRY();
	Assert(!done || strlen((char *) converted) < (size_t) size);
	return done;
}

#endif

#endif							/* PANDELEPHANT_COMPAT_ENCODING_H */
