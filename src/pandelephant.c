/*-------------------------------------------------------------------------
 *
 * pandelephant.c
 *		Module magic, settings and hooks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"

#include "catalog/catalog.h"
#include "catalog/store/files.h"
#include "columns/log_columns.h"
#include "compat/module.h"
#include "fdw/aggregate.h"
#include "fdw/join.h"
#include "fdw/logs.h"
#include "fdw/statistics.h"
#include "log/cache_directory.h"
#include "log/chunk_cache.h"
#include "log/plog_file.h"
#include "log/unpacked.h"
#include "materialize/build.h"
#include "materialize/place.h"
#include "materialize/questions.h"
#include "relations/relation_scan.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/*
 * Define the settings, and let the planner ask us.
 */
void
_PG_init(void)
{
	catalog_chunk_taker = &columns_chunk_taker;
	DefineCustomIntVariable("pandelephant.max_chunk_size",
							"Sets the largest inflated chunk of a plog that is read.",
							"A log with a larger chunk is refused: it may be made to exhaust memory.",
							&pandelephant_max_chunk_size,
							1024 * 1024, 1024, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.max_catalog_size",
							"Sets how much memory what a plog names may take.",
							"A log that names more is refused: it may be made to exhaust memory.",
							&pandelephant_max_catalog_size,
							1024 * 1024, 1024, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.chunk_cache_size",
							"Sets how much of inflated chunks each session keeps.",
							NULL,
							&pandelephant_chunk_cache_size,
							64 * 1024, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomStringVariable("pandelephant.cache_directory",
							   "Sets the directory of the files that can be made again from logs.",
							   "A relative path is one from the data directory on.",
							   &pandelephant_cache_directory,
							   DEFAULT_CACHE_DIRECTORY,
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   check_cache_directory, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.catalog_cache",
							 "Keeps what logs hold on disk, for later connections.",
							 NULL,
							 &pandelephant_catalog_cache,
							 true,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.catalog_cache_size",
							"Sets how much of it is kept on disk.",
							"What was not used for longest is removed first.",
							&pandelephant_catalog_cache_size,
							256 * 1024, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.unpacked_cache_size",
							"Sets how much logs that the server has unpacked may take on disk.",
							"If it is not 0, logs that are compressed by gzip, zstd or xz are unpacked when they are first read.",
							&pandelephant_unpacked_cache_size,
							0, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomEnumVariable("pandelephant.keep_columns",
							 "Sets which columns of system calls are kept on disk, for later queries.",
							 "A query that reads a log leaves those behind that it has read.",
							 &pandelephant_keep_columns,
							 KEEP_ALL_COLUMNS, keep_columns_values,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.column_cache_size",
							"Sets how much of columns is kept on disk.",
							"What was not used for longest is removed first.",
							&pandelephant_column_cache_size,
							256 * 1024, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.min_column_log_size",
							"Sets the size of a log from which on queries leave its columns behind.",
							NULL,
							&pandelephant_min_column_log_size,
							8 * 1024, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.enable_columns",
							 "Lets scans read the columns that are kept instead of the log.",
							 NULL,
							 &pandelephant_enable_columns,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.enable_skipping",
							 "Lets scans skip the chunks that cannot hold a match.",
							 NULL,
							 &pandelephant_enable_skipping,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.enable_aggregate_pushdown",
							 "Lets scans compute groups and aggregates.",
							 NULL,
							 &pandelephant_enable_aggregate_pushdown,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.enable_join_pushdown",
							 "Lets a scan join the tables of a log that it reads in one pass.",
							 NULL,
							 &pandelephant_enable_join_pushdown,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.skip_damaged_logs",
							 "Lets queries of a library go on without the logs that cannot be read.",
							 "Each of them is a warning instead of an error.",
							 &pandelephant_skip_damaged_logs,
							 false,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.bulk_load",
							 "Lets pe_materialize() load all relations in one pass over the log.",
							 "Without it, or where a target table is not as pe_materialize() makes it, each relation is copied by INSERT.",
							 &pandelephant_bulk_load,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("pandelephant.own_partitions",
							"Sets how many executions of native tables have partitions of their own.",
							"Later ones share partitions. Only large ones have more than a quarter of these.",
							&pandelephant_own_partitions,
							16, 0, INT_MAX,
							PGC_USERSET, 0,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("pandelephant.question_views",
							 "Makes views that answer common questions beside the relations.",
							 "pe_attach() makes them, and pe_materialize() where it makes the tables.",
							 &pandelephant_question_views,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);
	MarkGUCPrefixReserved("pandelephant");
	install_statistics_hook();
}
