/*-------------------------------------------------------------------------
 *
 * pass.c
 *		One pass over a log that makes the rows of one relation, or of several
 *		relations joined.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "relations/call_arguments.h"
#include "relations/groups.h"
#include "relations/pass.h"
#include "relations/relation_read.h"

/* How many ranges of ids there is room for at first. */
#define FIRST_RANGES	16

/*
 * Make the row that stands for a part without a row.
 */
static void
make_no_row(RelationRow *row)
{
	row->values = palloc0(sizeof(Datum) * MAX_COLUMNS);
	row->nulls = palloc(sizeof(bool) * MAX_COLUMNS);
	memset(row->nulls, true, sizeof(bool) * MAX_COLUMNS);
}

/*
 * Start a part that hangs on others.
 */
static void
begin_part(Pass *pass, PassPart *part)
{
	RelationScan *driver = pass_driver(pass);

	part->scan = relation_begin(part->plan.relation, driver->file, driver->execution,
								part->plan.wanted, driver->wants_first_rows, driver->kept.wish);
	set_value(&part->scan->row, COLUMN_EXECUTION_ID,
			  Int64GetDatum(driver->execution->execution_id));
	if (part->plan.kind != PART_ARGUMENTS)
		return;
	call_arguments_begin(part->scan, driver,
						 part->plan.join == PART_INNER || part->plan.join == PART_SEMI);

	/* the driver goes by the catalog that was found for the arguments, too */
	if (part->scan->catalog != NULL)
		(void) relation_catalog_at_hand(driver);
}

/*
 * The columns that a pass leaves behind if it has to build the catalog first: then it
 * reads them instead of inflating the log once more.
 */
static ColumnBlocks
columns_to_leave(const PlogFile *file, KeepColumns asked, const PartPlan *plans, int part_count)
{
	PlogForm	unknown;
	ColumnBlocks read = 0;

	memset(&unknown, 0, sizeof(unknown));
	for (int i = 0; i < part_count; i++)
	{
		const PlogRelation *relation = plans[i].relation;

		for (int column = 0; relation->column_blocks != NULL && column < relation->column_count; column++)
			read |= relation->column_blocks[column];
	}
	return log_columns_to_keep(file, asked, unknown, read);
}

Pass *
pass_begin(PlogFile *file, const ExecutionOptions *execution, const PartPlan *plans,
		   int part_count, bool wants_first_rows, bool reads_rows)
{
	Pass	   *pass = palloc0(sizeof(Pass));
	ColumnBlocks wish = wants_first_rows || !reads_rows ? 0 :
		columns_to_leave(file, execution->keep_columns, plans, part_count);

	pass->context = CurrentMemoryContext;
	pass->part_count = part_count;
	pass->parts = palloc0(sizeof(PassPart) * part_count);
	make_no_row(&pass->no_row);
	for (int i = 0; i < part_count; i++)
	{
		PassPart   *part = &pass->parts[i];

		part->plan = plans[i];
		if (i == 0)
			part->scan = relation_begin(plans[0].relation, file, execution, plans[0].wanted,
										wants_first_rows, wish);
		else
			begin_part(pass, part);
		pass->rows[i] = &part->scan->row;
	}
	return pass;
}

/*
 * Read the row of an id.  Ids are indexes plus one, and the rows of relations that
 * come from the catalog are in the order of the indexes.
 */
static bool
read_row_of_id(PassPart *part, int64 id)
{
	RelationScan *scan = part->scan;

	if (id < 1)
		return false;
	scan->position = (uint64) id - 1;
	row_reset(&scan->row);
	return scan->relation->next(scan) && relation_row_matches(scan, ~(ColumnSet) 0);
}

/*
 * Look up the row of a part that belongs to the current rows of the parts before.
 */
static inline bool
look_up(const Pass *pass, PassPart *part)
{
	const RelationRow *row = pass->rows[part->plan.id_part];
	int			column = part->plan.id_column;
	int64		id = 1;			/* of the only execution */

	if (column != COLUMN_EXECUTION_ID)
	{
		if (row->nulls[column])
			return false;
		id = DatumGetInt64(row->values[column]);
	}
	if (!part->has_last || part->last_id != id)
	{
		part->last_matches = read_row_of_id(part, id);
		part->last_id = id;
		part->has_last = true;
	}
	return part->last_matches;
}

/*
 * Go to the next row of a part that belongs to the current rows of those before.
 */
static inline bool
find_row(const Pass *pass, PassPart *part)
{
	if (part->is_done)
		return false;
	if (part->plan.kind == PART_ARGUMENTS)
		return call_arguments_next(part->scan);
	part->is_done = true;
	return look_up(pass, part);
}

/*
 * Go before the first row of a part, for the current rows of the parts before.
 */
static inline void
start_part(PassPart *part)
{
	part->is_found = part->is_done = false;
	if (part->plan.kind == PART_ARGUMENTS)
		call_arguments_start(part->scan);
}

/*
 * Go to the next row that a part has in a joined row.  False if there is none left.
 */
static bool
advance_part(Pass *pass, int number)
{
	PassPart   *part = &pass->parts[number];
	bool		is_found;

	switch (part->plan.join)
	{
		case PART_LEFT:
			if (find_row(pass, part))
			{
				part->is_found = true;
				pass->rows[number] = &part->scan->row;
				return true;
			}
			if (part->is_found)
				return false;
			part->is_found = part->is_done = true;
			pass->rows[number] = &pass->no_row;
			return true;
		case PART_SEMI:
			is_found = find_row(pass, part);
			part->is_done = true;
			return is_found;
		case PART_ANTI:
			if (part->is_found)
				return false;
			part->is_found = true;	/* there will be no other row */
			pass->rows[number] = &pass->no_row;
			return !find_row(pass, part);
		case PART_INNER:
		default:
			return find_row(pass, part);
	}
}

bool
pass_count(Pass *pass)
{
	RelationScan *driver = pass_driver(pass);

	pass->is_counted = relation_begin_groups(driver, driver->wanted | driver->restriction.columns);
	return pass->is_counted;
}

/*
 * Go to the driver's next row.
 */
static inline bool
advance_driver(Pass *pass)
{
	return pass->is_counted ? relation_next_group(pass_driver(pass), &pass->row_count) :
		relation_next(pass_driver(pass));
}

bool
pass_next(Pass *pass)
{
	int			last = pass->part_count - 1;

	if (last == 0)
		return advance_driver(pass);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (pass->level == 0)
		{
			if (!advance_driver(pass))
				return false;
		}
		else if (!advance_part(pass, pass->level))
		{
			pass->level--;
			continue;
		}
		if (pass->level == last)
			return true;
		start_part(&pass->parts[++pass->level]);
	}
}

/*
 * Add a number to ascending ranges, which have room for it.
 */
static void
add_number(Condition *condition, int64 number)
{
	int			count = condition->value_count;

	if (count > 0 && condition->ranges[count - 1].highest == number - 1)
	{
		condition->ranges[count - 1].highest = number;
		return;
	}
	condition->ranges[count].lowest = condition->ranges[count].highest = number;
	condition->value_count++;
}

/*
 * The ids of a looked-up part's rows that meet its conditions, as a condition on the
 * column of the driver that has the ids.  There are as many rows as threads or
 * processes, far fewer than the driver has.
 */
static void
find_ids(PassPart *part, Condition *ids)
{
	RelationScan *scan = part->scan;
	int			room = FIRST_RANGES;

	memset(ids, 0, sizeof(*ids));
	ids->column = part->plan.id_column;
	ids->ranges = palloc(sizeof(NumberRange) * room);
	scan->position = 0;
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		row_reset(&scan->row);
		if (!scan->relation->next(scan))
			break;
		if (!relation_row_matches(scan, ~(ColumnSet) 0))
			continue;
		if (ids->value_count == room)
		{
			room *= 2;
			ids->ranges = repalloc_huge(ids->ranges, sizeof(NumberRange) * room);
		}
		add_number(ids, (int64) scan->position);
	}
}

/*
 * Do the conditions on a part tell the driver which of its rows to leave out?  A
 * driver that is made from the catalog itself would gain nothing.
 */
static bool
tells_driver(const Pass *pass, const PassPart *part)
{
	return part->plan.kind == PART_LOOKUP && part->plan.id_part == 0 &&
		part->plan.id_column != COLUMN_EXECUTION_ID &&
		(part->plan.join == PART_INNER || part->plan.join == PART_SEMI) &&
		part->scan->restriction.condition_count > 0 &&
		pass->parts[0].plan.relation->reads_chunks;
}

/*
 * Restrict the driver: by its own conditions, and by the ids that the conditions on
 * other parts leave, so that it skips chunks by those, too.
 */
static void
restrict_driver(Pass *pass, const PartConditions *own)
{
	MemoryContext caller;
	Condition  *conditions;
	int			count = own->count;

	if (pass->part_count == 1)
	{
		relation_restrict(pass_driver(pass), own->conditions, own->count);
		return;
	}
	if (pass->driver_conditions == NULL)
		pass->driver_conditions = AllocSetContextCreate(pass->context,
														"pandelephant driver's conditions",
														ALLOCSET_SMALL_SIZES);
	MemoryContextReset(pass->driver_conditions);
	caller = MemoryContextSwitchTo(pass->driver_conditions);
	conditions = palloc(sizeof(Condition) * (own->count + pass->part_count));
	memcpy(conditions, own->conditions, sizeof(Condition) * own->count);
	for (int i = 1; i < pass->part_count; i++)
	{
		if (tells_driver(pass, &pass->parts[i]))
			find_ids(&pass->parts[i], &conditions[count++]);
	}
	MemoryContextSwitchTo(caller);
	relation_restrict(pass_driver(pass), conditions, count);
}

void
pass_restrict(Pass *pass, const PartConditions *conditions, bool is_final)
{
	Assert(is_final || pass->part_count == 1);
	for (int i = 0; i < pass->part_count; i++)
	{
		PassPart   *part = &pass->parts[i];

		part->scan->restriction.is_final = is_final;
		part->has_last = false;
		if (i > 0)
			relation_set_conditions(part->scan, conditions[i].conditions, conditions[i].count);
		if (part->plan.kind == PART_ARGUMENTS)
			call_arguments_restrict(part->scan);
	}
	restrict_driver(pass, &conditions[0]);
	pass->level = 0;
	pass->is_counted = false;
	pass->row_count = 1;
}

void
pass_rewind(Pass *pass)
{
	relation_rewind(pass_driver(pass));
	pass->level = 0;
}
