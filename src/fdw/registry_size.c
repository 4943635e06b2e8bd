/*-------------------------------------------------------------------------
 *
 * registry_size.c
 *		How much there is in a library, for the planner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "fdw/registry_size.h"
#include "fdw/registry_table.h"

/* The most pages of the table of files that planning reads. */
#define SAMPLED_PAGES		8

/*
 * The order is that of the array in the table of files, and must not change.
 */
void
counts_of_summary(const CatalogSummary *summary, int64 counts[REGISTRY_COUNTS])
{
	int			i = 0;

	counts[i++] = (int64) summary->entry_count;
	counts[i++] = (int64) summary->entries_read;
	counts[i++] = (int64) summary->messages[CATALOG_SYSCALL];
	counts[i++] = (int64) summary->messages[CATALOG_TAINT_FLOW];
	counts[i++] = (int64) summary->argument_count;
	counts[i++] = (int64) summary->slice_count;
	counts[i++] = summary->thread_count;
	counts[i++] = summary->process_count;
	counts[i++] = summary->name_count;
	counts[i++] = summary->mapping_count;
	counts[i++] = summary->code_point_count;
	counts[i++] = summary->spread.name_count;
	Assert(i == REGISTRY_COUNTS);
}

static uint32
rounded_uint32(double number)
{
	return (uint32) Min(Max(number + 0.5, 0), (double) PG_UINT32_MAX);
}

static uint64
rounded_uint64(double number)
{
	return (uint64) Min(Max(number + 0.5, 0), (double) PG_INT64_MAX);
}

/*
 * A summary that has the counts, and of which nothing else is known.
 */
static void
summary_of_counts(const double counts[REGISTRY_COUNTS], CatalogSummary *summary)
{
	int			i = 0;

	memset(summary, 0, sizeof(*summary));
	summary->span.first = 1;	/* empty */
	summary->entry_count = rounded_uint64(counts[i++]);
	summary->entries_read = rounded_uint64(counts[i++]);
	summary->messages[CATALOG_SYSCALL] = rounded_uint64(counts[i++]);
	summary->messages[CATALOG_TAINT_FLOW] = rounded_uint64(counts[i++]);
	summary->argument_count = rounded_uint64(counts[i++]);
	summary->slice_count = rounded_uint64(counts[i++]);
	summary->thread_count = rounded_uint32(counts[i++]);
	summary->process_count = rounded_uint32(counts[i++]);
	summary->name_count = rounded_uint32(counts[i++]);
	summary->mapping_count = rounded_uint32(counts[i++]);
	summary->code_point_count = rounded_uint32(counts[i++]);
	summary->spread.name_count = rounded_uint32(counts[i++]);
	Assert(i == REGISTRY_COUNTS);
}

/* What was seen of the table of files. */
typedef struct RegistrySample
{
	double		logs;
	double		file_bytes;
	double		counts[REGISTRY_COUNTS];
} RegistrySample;

static void
sample_row(const OpenTable *files, HeapTuple row, RegistrySample *sample)
{
	Datum		array;
	Datum	   *counts;
	bool	   *nulls;
	int			count;

	sample->logs++;
	sample->file_bytes += (double) registry_bigint(files, row, FILE_BYTES);
	if (!registry_value(files, row, FILE_COUNTS, &array))
		return;
	deconstruct_array(DatumGetArrayTypeP(array), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &counts, &nulls, &count);
	for (int i = 0; i < Min(count, REGISTRY_COUNTS); i++)
	{
		if (!nulls[i])
			sample->counts[i] += (double) DatumGetInt64(counts[i]);
	}
}

static void
sample_page(const OpenTable *files, BlockNumber page, Snapshot snapshot, RegistrySample *sample)
{
	TableScanDesc scan = table_beginscan_strat(files->table, snapshot, 0, NULL, true, false);
	HeapTuple	row;

	heap_setscanlimits(scan, page, 1);
	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
		sample_row(files, row, sample);
	table_endscan(scan);
}

/*
 * Some pages, evenly spread, tell how many rows a page has and what is in them.
 */
void
estimate_registry(const Registry *registry, RegistrySize *size)
{
	OpenTable	files = open_file_table(registry);
	BlockNumber pages = RelationGetNumberOfBlocks(files.table);
	BlockNumber sampled = Min(pages, SAMPLED_PAGES);
	Snapshot	snapshot;
	RegistrySample sample;

	memset(&sample, 0, sizeof(sample));
	memset(size, 0, sizeof(*size));
	if (files.table->rd_rel->relam != HEAP_TABLE_AM_OID)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table %s must have access method \"heap\"",
						qualified_table_name(registry->files))));
	snapshot = RegisterSnapshot(ActiveSnapshotSet() ? GetActiveSnapshot() :
								GetTransactionSnapshot());
	for (BlockNumber i = 0; i < sampled; i++)
		sample_page(&files, (BlockNumber) ((uint64) pages * i / sampled), snapshot, &sample);
	UnregisterSnapshot(snapshot);
	table_close(files.table, NoLock);
	for (int i = 0; i < REGISTRY_COUNTS; i++)
		sample.counts[i] /= Max(sample.logs, 1);
	summary_of_counts(sample.counts, &size->average);
	if (sampled > 0)
	{
		size->logs = sample.logs * pages / sampled;
		size->file_bytes = sample.file_bytes * pages / sampled;
	}
}
