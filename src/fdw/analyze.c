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

#include "compat/sampling.h"
#include "fdw/fdw.h"
#include "fdw/options.h"
#include "fdw/row.h"
#include "relations/relation_read.h"

/*
 * Choose target_rows of the table's rows at random, by Vitter's algorithm.
 */
static int
acquire_sample_rows(Relation table, int level, HeapTuple *rows, int target_rows,
					double *total_rows, double *dead_rows)
{
	TableOptions options = get_table_options(RelationGetRelid(table));
	TupleDesc	descriptor = RelationGetDescr(table);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant analyze",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext row_context = AllocSetContextCreate(context, "pandelephant analyze row",
													  ALLOCSET_DEFAULT_SIZES);
	Datum	   *values;
	bool	   *nulls;
	RowShape   *shape;
	PlogFile   *file;
	RelationScan *scan;
	RelationRow *row;
	ReservoirStateData reservoir;
	double		rows_seen = 0;
	double		rows_to_skip = -1;
	int			row_count = 0;

	MemoryContextSwitchTo(context);
	values = palloc(sizeof(Datum) * (descriptor->natts + 1));
	nulls = palloc(sizeof(bool) * (descriptor->natts + 1));
	shape = make_row_shape(table, options.relation, list_make1_int(0));
	file = plog_file_open(options.execution.filename, options.execution.recover, NULL);
	scan = relation_begin(options.relation, file, &options.execution, shape->wanted, false);
	row = &scan->row;
	reservoir_init_selection_state(&reservoir, target_rows);
	while (relation_next(scan))
	{
		CHECK_FOR_INTERRUPTS();
		if (row_count == target_rows && rows_to_skip < 0)
			rows_to_skip = reservoir_get_next_S(&reservoir, rows_seen, target_rows);
		if (row_count < target_rows || rows_to_skip <= 0)
		{
			int			place = row_count;

			MemoryContextSwitchTo(row_context);
			fill_row(shape, &row, values, nulls);
			MemoryContextSwitchTo(caller);
			if (row_count < target_rows)
				row_count++;
			else
			{
				place = (int) (target_rows * sample_random_fraction(&reservoir));
				heap_freetuple(rows[place]);
			}
			rows[place] = heap_form_tuple(descriptor, values, nulls);
			MemoryContextReset(row_context);
		}
		if (row_count == target_rows)
			rows_to_skip -= 1;
		rows_seen += 1;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);

	*total_rows = rows_seen;
	*dead_rows = 0;
	ereport(level,
			(errmsg("\"%s\": plog has %.0f rows; %d rows in sample",
					RelationGetRelationName(table), rows_seen, row_count)));
	return row_count;
}

bool
pandelephantAnalyzeForeignTable(Relation table, AcquireSampleRowsFunc *func,
								BlockNumber *totalpages)
{
	TableOptions options = get_table_options(RelationGetRelid(table));
	PlogIdentity identity = plog_file_identify(options.execution.filename);

	*func = acquire_sample_rows;
	*totalpages = (BlockNumber) Min(identity.size / BLCKSZ + 1, (uint64) MaxBlockNumber);
	return true;
}
