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
#include "text/guest_text.h"

/* Strings up to this length are checked without a call. */
#define SHORT_TEXT_BYTES	256

bool		pandelephant_enable_skipping = true;

const Catalog *
relation_catalog(RelationScan *scan)
{
	if (scan->catalog == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);

		scan->catalog = catalog_of(scan->file, scan->kept.wish);
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

void
relation_set_conditions(RelationScan *scan, const Condition *conditions, int condition_count)
{
	ScanRestriction *restriction = &scan->restriction;

	restriction->conditions = conditions;
	restriction->condition_count = condition_count;
	restriction->columns = 0;
	for (int i = 0; i < condition_count; i++)
		restriction->columns |= COLUMN_BIT(conditions[i].column);
}

/*
 * Must a text be looked up in a condition's values?  Not where that does not pay and
 * somebody checks the condition again.
 */
static inline bool
must_look_up(const RelationScan *scan, const TextSet *set)
{
	return scan->restriction.is_final || condition_texts_pay(set);
}

/*
 * Note whether a text was found in a set, and return that.
 */
static inline bool
note_found(TextSet *set, bool is_found)
{
	set->asked++;
	set->found += is_found;
	return is_found;
}

/*
 * Does a text meet a condition?
 */
static bool
has_text(const RelationScan *scan, const Condition *condition, Datum text)
{
	const struct varlena *found = (const struct varlena *) DatumGetPointer(text);
	TextSet    *set = condition->text_set;

	return !must_look_up(scan, set) ||
		note_found(set, condition_has_text(condition, VARDATA_ANY(found),
										   VARSIZE_ANY_EXHDR(found)));
}

/*
 * Does a guest string that is not plain meet a condition, when it is text?
 */
static pg_noinline bool
converted_text_meets(RelationScan *scan, const Condition *condition, PlogBytes guest)
{
	StringInfo	text = &scan->row.converted;

	resetStringInfo(text);
	append_guest_text(text, guest);
	return condition_has_text(condition, text->data, text->len);
}

bool
relation_guest_text_meets(RelationScan *scan, const Condition *condition, PlogBytes guest)
{
	TextSet    *set = condition->text_set;
	bool		is_plain;

	if (guest.data == NULL || condition->value_count == 0)
		return false;
	if (!must_look_up(scan, set))
		return true;
	is_plain = guest.length <= SHORT_TEXT_BYTES ? short_guest_text_is_plain(guest) :
		guest_text_is_plain(guest);
	return note_found(set, is_plain ?
					  condition_has_text(condition, (const char *) guest.data, guest.length) :
					  converted_text_meets(scan, condition, guest));
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
		if (condition->search != NULL)
			continue;
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
