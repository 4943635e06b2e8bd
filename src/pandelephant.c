/*-------------------------------------------------------------------------
 *
 * pandelephant.c
 *		Module magic and settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"

#include "compat.h"
#include "pandelephant.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

int			pandelephant_max_chunk_size = 1024 * 1024;

/*
 * Define the settings.
 */
void
_PG_init(void)
{
	DefineCustomIntVariable("pandelephant.max_chunk_size",
							"Sets the largest inflated chunk of a plog that is read.",
							"A log with a larger chunk is refused: it may be made to exhaust memory.",
							&pandelephant_max_chunk_size,
							1024 * 1024, 1024, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	MarkGUCPrefixReserved("pandelephant");
}
