/*-------------------------------------------------------------------------
 *
 * groups.c
 *		Rows that the catalog has counted, by their values in some columns.
 *
 * A counted row stands for all rows that have its values in the columns which the
 * descriptor lists.  Of one column, the classed one, it has just one of a class of
 * numbers: those that lie between the starts of two classes.  So it can be asked
 * which rows fail, but not with which number.  But the least and the greatest number of
 * a class are each that of a counted row.
 *
 * Of other columns, the summed ones, it has numbers near the mean: those counted rows
 * that share all other values have together the sums that the rows have.  So they can
 * be asked how long something took, but not when.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "relations/groups.h"

bool
relation_knows_groups(const PlogRelation *relation, const CatalogSummary *summary,
					  ColumnSet columns)
{
	const CountedRows *counted = &relation->counted;

	return (columns & ~counted->columns) == 0 && counted->next != NULL &&
		(summary == NULL || counted->is_known(summary, columns));
}

/*
 * Does a class of numbers start there?
 */
static bool
class_starts_at(const CountedRows *counted, int64 number)
{
	for (int i = 0; i < counted->class_count; i++)
	{
		if (counted->class_starts[i] == number)
			return true;
	}
	return false;
}

bool
relation_classes_tell(const PlogRelation *relation, NumberRange range)
{
	const CountedRows *counted = &relation->counted;

	return (range.lowest == PG_INT64_MIN || class_starts_at(counted, range.lowest)) &&
		(range.highest == PG_INT64_MAX || class_starts_at(counted, range.highest + 1));
}

bool
relation_begin_groups(RelationScan *scan, ColumnSet columns)
{
	if (!relation_has_catalog(scan->relation, scan->execution) ||
		!relation_knows_groups(scan->relation, &relation_catalog(scan)->summary, columns))
		return false;
	scan->position = 0;
	return true;
}

bool
relation_next_group(RelationScan *scan, uint64 *count)
{
	set_value(&scan->row, COLUMN_EXECUTION_ID, Int64GetDatum(scan->execution->execution_id));
	do
	{
		CHECK_FOR_INTERRUPTS();
		row_reset(&scan->row);
		if (!scan->relation->counted.next(scan, count))
			return false;
	} while (!relation_row_matches(scan, ~(ColumnSet) 0));
	return true;
}
