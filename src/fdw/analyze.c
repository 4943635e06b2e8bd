/*-------------------------------------------------------------------------
 *
 * analyze.c
 *		ANALYZE of a foreign table: a sample of its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"
#include "utils/snapmgr.h"

#include "compat/sampling.h"
#include "fdw/fdw.h"
#include "fdw/guard.h"
#include "fdw/registry_size.h"
#include "fdw/row.h"
#include "relations/relation_read.h"

/* A sample of rows, chosen by Vitter's algorithm. */
typedef struct Sample
{
	Relation	table;
	const RowShape *shape;
	MemoryContext context;		/* of the caller */
	HeapTuple  *rows;			/* in that context */
	int			wanted;
	int			count;
	double		rows_seen;
	double		rows_to_skip;
	ReservoirStateData reservoir;
	Datum	   *values;
	bool	   *nulls;
	MemoryContext row_context;
} Sample;

/*
 * Consider a row for the sample.
 */
static void
sample_row(Sample *sample, RelationRow *row)
{
	if (sample->count == sample->wanted && sample->rows_to_skip < 0)
		sample->rows_to_skip = reservoir_get_next_S(&sample->reservoir, sample->rows_seen,
													sample->wanted);
	if (sample->count < sample->wanted || sample->rows_to_skip <= 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(sample->row_context);
		int			place = sample->count;

		fill_row(sample->shape, &row, sample->values, sample->nulls);
		MemoryContextSwitchTo(caller);
		if (sample->count < sample->wanted)
			sample->count++;
		else
		{
			place = (int) (sample->wanted * sample_random_fraction(&sample->reservoir));
			heap_freetuple(sample->rows[place]);
		}
		sample->rows[place] = heap_form_tuple(RelationGetDescr(sample->table), sample->values,
											  sample->nulls);
		MemoryContextReset(sample->row_context);
	}
	if (sample->count == sample->wanted)
		sample->rows_to_skip -= 1;
	sample->rows_seen += 1;
}

/*
 * Consider all rows of a log for the sample.  The log stays open until the current
 * memory context is reset.
 */
static void
sample_log(Sample *sample, const TableOptions *options, const RegisteredLog *log,
		   bool is_registered)
{
	const ExecutionOptions *execution = &log->execution;
	PlogFile   *file = plog_file_open(execution->filename, execution->recover, NULL);
	RelationScan *scan;
	MemoryContext context;

	if (is_registered)
		check_registered(file, log);
	scan = relation_begin(options->relation, file, execution, sample->shape->wanted, false, 0);
	context = MemoryContextSwitchTo(sample->context);
	while (relation_next(scan))
	{
		CHECK_FOR_INTERRUPTS();
		sample_row(sample, &scan->row);
	}
	MemoryContextSwitchTo(context);
}

/*
 * The same, if the log need not be skipped.
 */
static void
try_to_sample_log(Sample *sample, const TableOptions *options, const RegisteredLog *log)
{
	ResourceOwner owner = NULL;
	Guard		guard = begin_guard(&owner);

	PG_TRY();
	{
		sample_log(sample, options, log, true);
		end_guard(&guard);
	}
	PG_CATCH();
	{
		catch_skipped(&guard, &owner, log, NULL);
	}
	PG_END_TRY();
	release_guard(&owner);
}

/*
 * Sample all logs.
 */
static void
sample_logs(Sample *sample, const TableOptions *options, const ScanLogs *logs)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant analyze log",
												  ALLOCSET_DEFAULT_SIZES);

	sample->context = MemoryContextSwitchTo(context);
	for (int i = 0; i < logs->list.count; i++)
	{
		if (logs->are_registered && pandelephant_skip_damaged_logs)
			try_to_sample_log(sample, options, &logs->list.logs[i]);
		else
			sample_log(sample, options, &logs->list.logs[i], logs->are_registered);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(sample->context);
	MemoryContextDelete(context);
}

/*
 * The logs that a table shows.
 */
static ScanLogs
logs_of_table(Relation table, const TableOptions *options)
{
	RegistryWish wish = {list_make1((void *) options->relation), {NIL, NIL}};

	return options->library == NULL ? logs_of_file(options) :
		logs_of_library(RelationGetRelid(table), options, GetActiveSnapshot(), &wish, NULL, 0);
}

static int
acquire_sample_rows(Relation table, int level, HeapTuple *rows, int target_rows,
					double *total_rows, double *dead_rows)
{
	TableOptions options = get_table_options(RelationGetRelid(table));
	int			attributes = RelationGetDescr(table)->natts;
	ScanLogs	logs = logs_of_table(table, &options);
	Sample		sample = {0};

	sample.table = table;
	sample.shape = make_row_shape(table, options.relation, list_make1_int(0));
	sample.rows = rows;
	sample.wanted = target_rows;
	sample.rows_to_skip = -1;
	sample.values = palloc(sizeof(Datum) * (attributes + 1));
	sample.nulls = palloc(sizeof(bool) * (attributes + 1));
	sample.row_context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant analyze row",
											   ALLOCSET_DEFAULT_SIZES);
	reservoir_init_selection_state(&sample.reservoir, target_rows);
	sample_logs(&sample, &options, &logs);
	MemoryContextDelete(sample.row_context);

	*total_rows = sample.rows_seen;
	*dead_rows = 0;
	ereport(level,
			(errmsg("\"%s\": plog has %.0f rows; %d rows in sample",
					RelationGetRelationName(table), sample.rows_seen, sample.count)));
	return sample.count;
}

bool
pandelephantAnalyzeForeignTable(Relation table, AcquireSampleRowsFunc *func,
								BlockNumber *totalpages)
{
	TableOptions options = get_table_options(RelationGetRelid(table));
	uint64		bytes;

	if (options.library == NULL)
		bytes = plog_file_identify(options.execution.filename).size;
	else
	{
		Registry	registry = find_registry(RelationGetRelid(table), options.library);
		RegistrySize size;

		estimate_registry(&registry, &size);
		bytes = (uint64) size.file_bytes;
	}
	*func = acquire_sample_rows;
	*totalpages = (BlockNumber) Min(bytes / BLCKSZ + 1, (uint64) MaxBlockNumber);
	return true;
}
