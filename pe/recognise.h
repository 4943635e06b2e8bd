/*-------------------------------------------------------------------------
 *
 * recognise.h
 *		What a file is that was given as a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H

#include "pe.h"

typedef enum FileKind
{
	FILE_MAY_BE_LOG,
	FILE_GZIP,
	FILE_ZSTD,
	FILE_XZ,
	FILE_RECORDING,
	FILE_JSON,
	FILE_ELF,
	FILE_SQLITE,
	FILE_TEXT
} FileKind;

/* Tell by its first bytes. */
extern FileKind recognise_file(const char *path);
/* What it is and what to do, of a kind that is no log. */
extern const char *advice_for(FileKind kind);

#endif
