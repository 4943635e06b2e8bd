/*-------------------------------------------------------------------------
 *
 * progress.h
 *		Reporting progress in pg_stat_progress_copy, which version 14 introduced.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_PROGRESS_H
#define PANDELEPHANT_COMPAT_PROGRESS_H

#if PG_VERSION_NUM >= 140000
#include "commands/progress.h"
#include "utils/backend_progress.h"
#endif

/*
 * Showing work as that of a COPY, in pg_stat_progress_copy.
 */
#if PG_VERSION_NUM >= 140000

static inline void
start_copy_progress(Oid table, uint64 bytes)
{
	const int	parameters[] = {
		PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL
	};
	const int64 values[] = {
		PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_FILE, (int64) bytes
	};

	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, table);
	pgstat_progress_update_multi_param(lengthof(parameters), parameters, values);
}

#define report_copied_bytes(bytes) \
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, (int64) (bytes))
#define report_copied_rows(rows) \
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, (int64) (rows))
#define end_copy_progress()		pgstat_progress_end_command()

#else

#define start_copy_progress(table, bytes)	((void) (table))
#define report_copied_bytes(bytes)			((void) 0)
#define report_copied_rows(rows)			((void) 0)
#define end_copy_progress()					((void) 0)

#endif

#endif							/* PANDELEPHANT_COMPAT_PROGRESS_H */
