/*-------------------------------------------------------------------------
 *
 * json.h
 *		Parsing JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_JSON_H
#define PANDELEPHANT_COMPAT_JSON_H

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "utils/jsonfuncs.h"

/*
 * An action of the parser returns JsonActionResult, and ends with
 * JSON_ACTION_DONE.
 */
#if PG_VERSION_NUM >= 160000
typedef JsonParseErrorType JsonActionResult;
#define JSON_ACTION_DONE	return JSON_SUCCESS
#else
typedef void JsonActionResult;
#define JSON_ACTION_DONE	return
#endif

/*
 * A lexer for text in the database encoding.
 */
static inline JsonLexContext *
make_json_lexer(const char *json, size_t length)
{
#if PG_VERSION_NUM >= 170000
	return makeJsonLexContextCstringLen(NULL, json, length, GetDatabaseEncoding(), true);
#else
	return makeJsonLexContextCstringLen(unconstify(char *, json), (int) length,
										GetDatabaseEncoding(), true);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_JSON_H */
