/*-------------------------------------------------------------------------
 *
 * recognise.h
 *		What a file is instead of a plog, by its first bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_RECOGNISE_H
#define PLOG_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum PlogFileKind
{
	PLOG_FILE_MAY_BE_LOG,
	PLOG_FILE_GZIP,
	PLOG_FILE_ZSTD,
	PLOG_FILE_XZ,
	PLOG_FILE_RECORDING,
	PLOG_FILE_JSON,
	PLOG_FILE_ELF,
	PLOG_FILE_SQLITE,
	PLOG_FILE_TEXT
} PlogFileKind;

/* Give all bytes of the file, or its first few hundred. */
extern PlogFileKind plog_recognise(const uint8_t *bytes, size_t length);

/* Is it compressed? */
static inline bool
plog_is_packed(PlogFileKind kind)
{
	return kind == PLOG_FILE_GZIP || kind == PLOG_FILE_ZSTD || kind == PLOG_FILE_XZ;
}

/* What it is and what to do, as part of a sentence; NULL for what may be a log. */
extern const char *plog_advice(PlogFileKind kind);

#endif
