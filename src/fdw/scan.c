/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Scanning a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "fdw/fdw.h"
#include "fdw/scan_logs.h"
#include "log/extent.h"

ScanPlan
plan_of_scan(const ForeignScanState *node)
{
	return unpack_scan_plan(((const ForeignScan *) node->ss.ps.plan)->fdw_private);
}

/*
 * The attributes that a scan fills: those that the query needs, and the one that
 * the rows may have to be sorted by.
 */
static List *
filled_attributes(const ScanPlan *plan)
{
	List	   *attributes = list_copy(plan->attributes);

	return plan->ordered_attribute == 0 ? attributes :
		list_append_unique_int(attributes, plan->ordered_attribute);
}

/*
 * The conditions of each part, which stand together.
 */
static void
split_conditions(PlogScan *state)
{
	Condition  *next = state->conditions->conditions;
	ListCell   *cell;

	state->part_conditions = palloc0(sizeof(PartConditions) * state->part_count);
	foreach(cell, state->plan.conditions)
		state->part_conditions[unpack_condition(lfirst(cell)).part].count++;
	for (int i = 0; i < state->part_count; i++)
	{
		state->part_conditions[i].conditions = next;
		next += state->part_conditions[i].count;
	}
}

/*
 * The only part of a scan that is not joined.
 */
static void
plan_only_part(PlogScan *state)
{
	state->part_count = 1;
	state->parts = palloc0(sizeof(PartPlan));
	state->parts[0].relation = state->options.relation;
	state->parts[0].kind = PART_DRIVER;
	state->parts[0].wanted = state->shape->wanted;
}

/*
 * The parts of a joined scan.  The columns that they have to set are those of the
 * rows, those that the ids of lookups come from, and those of conditions that are
 * checked in the row.
 */
static void
plan_joined_parts(PlogScan *state)
{
	ListCell   *cell;

	state->part_count = list_length(state->plan.parts);
	state->parts = palloc0(sizeof(PartPlan) * state->part_count);
	for (int i = 0; i < state->part_count; i++)
	{
		PartShape	shape = unpack_part(list_nth(state->plan.parts, i));
		PartPlan   *part = &state->parts[i];

		part->relation = get_table_options(shape.table).relation;
		part->kind = shape.kind;
		part->join = shape.join;
		part->id_part = shape.id_part;
		part->id_column = shape.id_column;
		if (part->kind == PART_LOOKUP)
			state->parts[part->id_part].wanted |= COLUMN_BIT(part->id_column);
	}
	foreach(cell, state->plan.fields)
	{
		FieldShape	field = unpack_field(lfirst(cell));

		state->parts[field.part].wanted |= COLUMN_BIT(field.column);
	}
	foreach(cell, state->plan.conditions)
	{
		ConditionShape condition = unpack_condition(lfirst(cell));
		PartPlan   *part = &state->parts[condition.part];
		ColumnSet	checked = part->kind == PART_DRIVER ? part->relation->checked_columns : 0;

		part->wanted |= COLUMN_BIT(condition.column) & ~checked;
	}
}

void
pandelephantBeginForeignScan(ForeignScanState *node, int eflags)
{
	PlogScan   *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state = palloc0(sizeof(PlogScan));
	state->plan = plan_of_scan(node);
	state->options = get_table_options(state->plan.table);
	state->query = node->ss.ps.state->es_query_cxt;
	state->snapshot = node->ss.ps.state->es_snapshot;
	if (state->plan.parts != NIL)
		state->shape = make_joined_shape(state->plan.fields);
	else
		state->shape = make_row_shape(node->ss.ss_currentRelation, state->options.relation,
									  filled_attributes(&state->plan));
	if (state->plan.parts != NIL)
		plan_joined_parts(state);
	else
		plan_only_part(state);
	if (state->plan.group_source != GROUPS_NONE)
		state->aggregation = begin_aggregation(node, &state->plan, state->shape);
	state->conditions = begin_conditions(node, state->plan.conditions);
	split_conditions(state);
	state->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant scan",
										   ALLOCSET_DEFAULT_SIZES);
	state->queue.context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant logs",
												ALLOCSET_DEFAULT_SIZES);
	node->fdw_state = state;

	/* workers see the file as it is when the statement begins, so the leader must, too */
	if (!IsParallelWorker() && node->ss.ps.state->es_plannedstmt->parallelModeNeeded &&
		state->options.library == NULL && !state->options.execution.recover)
		settle_extent(state->options.execution.filename, state->query);
}

/*
 * Go to the first row of the first log, with the current parameters.
 */
static void
start_scan(PlogScan *state)
{
	evaluate_conditions(state->conditions);
	find_logs(state, false);
	state->queue.next = 0;
	memset(&state->queue.claims, 0, sizeof(state->queue.claims));
	state->has_more = start_next_log(state);
	state->counts.starts++;
	state->is_started = true;
}

/*
 * Go to the next row, of the log that is open or of a later one.  The rows of each are
 * made in the slot, if those of the first are.
 */
static inline bool
next_row_of_logs(PlogScan *state, TupleTableSlot *slot)
{
	while (state->has_more)
	{
		if (likely(!state->queue.logs.are_registered) || !pandelephant_skip_damaged_logs ?
			pass_next(state->pass) : try_next_row(state))
			return true;
		state->has_more = start_next_log(state);
		if (state->has_more)
			share_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
	}
	return false;
}

/*
 * Was the plan promised an order that no longer holds?
 */
static bool
must_sort(PlogScan *state)
{
	if (state->plan.ordered_attribute == 0)
		return false;
	for (int i = 0; i < state->shape->filled_count; i++)
	{
		const FilledAttribute *filled = &state->shape->filled[i];

		if (filled->index == state->plan.ordered_attribute - 1)
			return !column_is_sorted(state->options.relation, filled->column,
									 &relation_catalog(state->scan)->summary);
	}
	return true;
}

/*
 * Give the next row of a scan that makes its rows in the slot.  The slot is not
 * cleared for the next row as long as nobody used it for something else: clearing
 * it would cost as much as making some of the rows.
 */
static inline TupleTableSlot *
next_direct_row(PlogScan *state, TupleTableSlot *slot)
{
	if (!next_row_of_logs(state, slot))
		return ExecClearTuple(slot);
	if (TTS_SHOULDFREE(slot))
		ExecClearTuple(slot);
	if (TTS_EMPTY(slot))
		ExecStoreVirtualTuple(slot);
	return slot;
}

/*
 * Add the rows of the log that is open to the groups.  Where logs may be skipped, those
 * of one that turns out to be damaged stay as far as they were read, as they do in a
 * scan that gives rows.
 */
static void
add_rows(PlogScan *state)
{
	Guard		guard;

	if (!state->queue.logs.are_registered || !pandelephant_skip_damaged_logs)
	{
		add_rows_of_log(state->aggregation, state->pass, CurrentResourceOwner);
		return;
	}
	guard = begin_guard(&state->owner);
	PG_TRY();
	{
		add_rows_of_log(state->aggregation, state->pass, guard.owner);
		end_guard(&guard);
	}
	PG_CATCH();
	{
		/* an expression may have called a function that has to be cleaned up after */
		if (!was_reading_log(state->aggregation))
			PG_RE_THROW();
		skip_log(state, &state->open_log, &guard);
	}
	PG_END_TRY();
}

/*
 * Compute the groups of the rows of all logs.
 */
static void
compute_groups(PlogScan *state)
{
	start_groups(state->aggregation);
	while (state->has_more)
	{
		add_rows(state);
		state->has_more = start_next_log(state);
	}
	finish_groups(state->aggregation);
}

/*
 * Start a scan, and decide how it makes its rows.
 */
static void
start_rows(PlogScan *state, TupleTableSlot *slot)
{
	start_scan(state);
	if (state->aggregation != NULL)
	{
		compute_groups(state);
		return;
	}
	state->gives_direct_rows = state->shape->is_direct;
	if (!state->has_more)
		return;
	share_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
	if (must_sort(state))
	{
		state->gives_direct_rows = false;
		state->sorted = sort_rows(state->pass, state->shape, state->plan.ordered_attribute, slot,
								  state->context);
	}
}

/*
 * Give the next row of any kind of scan.
 */
static pg_noinline TupleTableSlot *
next_row(PlogScan *state, TupleTableSlot *slot)
{
	if (!state->is_started)
		start_rows(state, slot);
	if (state->gives_direct_rows)
		return next_direct_row(state, slot);
	ExecClearTuple(slot);
	if (state->sorted != NULL)
		(void) next_sorted_row(state->sorted, slot);
	else if (state->aggregation != NULL)
	{
		/* columns for filters and for rows have no value */
		memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
		if (next_group(state->aggregation, slot->tts_values, slot->tts_isnull))
			ExecStoreVirtualTuple(slot);
	}
	else if (next_row_of_logs(state, slot))
	{
		fill_row(state->shape, state->pass->rows, slot->tts_values, slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
	}
	return slot;
}

TupleTableSlot *
pandelephantIterateForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	return state->gives_direct_rows ? next_direct_row(state, slot) : next_row(state, slot);
}

/*
 * Forget the sorted rows, if there are any.
 */
static void
forget_sorted_rows(PlogScan *state)
{
	if (state->sorted != NULL)
		end_sort(state->sorted);
	state->sorted = NULL;
}

void
pandelephantReScanForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	forget_sorted_rows(state);
	if (state->aggregation != NULL)
		forget_groups(state->aggregation);
	state->is_started = state->gives_direct_rows = false;
}

void
pandelephantEndForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;

	if (state == NULL)
		return;
	forget_sorted_rows(state);
	if (state->aggregation != NULL)
		forget_groups(state->aggregation);
	MemoryContextDelete(state->context);
	MemoryContextDelete(state->queue.context);
	release_guard(&state->owner);
}
