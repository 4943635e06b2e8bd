/*-------------------------------------------------------------------------
 *
 * relation_scan.c
 *		What a scan has at hand: its catalog, the guest, and whether the current
 *		row meets its conditions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat/varlena.h"
#include "catalog/kept.h"
#include "relations/relation_scan.h"

bool		pandelephant_enable_skipping = true;

const Catalog *
relation_catalog(RelationScan *scan)
{
	if (scan->catalog == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		scan->catalog = catalog_of(scan->file);
		MemoryContextSwitchTo(caller);
	}
	return scan->catalog;
}

const Catalog *
relation_catalog_at_hand(RelationScan *scan)
{
	if (scan->catalog == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		scan->catalog = catalog_at_hand(scan->file);
		MemoryContextSwitchTo(caller);
	}
	return scan->catalog;
}

Guest
relation_guest(RelationScan *scan)
{
	return scan->execution->guest != GUEST_AUTO ? scan->execution->guest :
		(Guest) relation_catalog(scan)->summary.guest;
}

/*
 * Is a text one of a condition's values?  It is taken for one where checking does
 * not pay.
 */
static bool
has_text(const RelationScan *scan, const Condition *condition, Datum text)
{
	const struct varlena *found = (const struct varlena *) DatumGetPointer(text);
	TextSet    *set = condition->text_set;
	bool		is_found;

	if (!scan->restriction.is_final && !condition_texts_pay(set))
		return true;
	is_found = condition_has_text(condition, VARDATA_ANY(found), VARSIZE_ANY_EXHDR(found));
	set->asked++;
	set->found += is_found;
	return is_found;
}

/*
 * Does the row meet the conditions on those of the columns that are texts?
 */
static pg_noinline bool
texts_meet_conditions(const RelationScan *scan, ColumnSet columns)
{
	const ScanRestriction *restriction = &scan->restriction;

	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];
		int			column = condition->column;

		if (condition->texts != NULL && (columns & COLUMN_BIT(column)) != 0 &&
			!has_text(scan, condition, scan->row.values[column]))
			return false;
	}
	return true;
}

/*
 * This is done for every row.  Numbers come first, as they are compared without
 * a call.
 */
bool
relation_check_conditions(const RelationScan *scan, ColumnSet columns)
{
	const ScanRestriction *restriction = &scan->restriction;
	const RelationRow *row = &scan->row;
	bool		has_texts = false;

	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];
		int			column = condition->column;
		int64		number;

		if ((columns & COLUMN_BIT(column)) == 0)
			continue;
		if (row->nulls[column] || condition->value_count == 0)
			return false;
		if (condition->texts != NULL)
		{
			has_texts = true;
			continue;
		}
		number = scan->relation->columns[column].type == COLUMN_INTEGER ?
			DatumGetInt32(row->values[column]) : DatumGetInt64(row->values[column]);
		if (!condition_overlaps(condition, number, number))
			return false;
	}
	return !has_texts || texts_meet_conditions(scan, columns);
}
