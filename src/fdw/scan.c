/*-------------------------------------------------------------------------
 *
 * scan.c
 *		Scanning a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "fdw/fdw.h"
#include "fdw/scan.h"
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
	state->logs = find_logs(&state->options);
	state->query = node->ss.ps.state->es_query_cxt;
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
	node->fdw_state = state;

	/* workers see the file as it is when the statement begins, so the leader must, too */
	if (!IsParallelWorker() && node->ss.ps.state->es_plannedstmt->parallelModeNeeded &&
		!state->options.execution.recover)
		settle_extent(state->options.execution.filename, state->query);
}

void
open_scan(PlogScan *state)
{
	const ExecutionOptions *execution = &state->logs.executions[state->current_log];
	MemoryContext caller;
	PlogFile   *file;

	if (state->scan != NULL)
		return;
	caller = MemoryContextSwitchTo(state->context);
	if (state->parallel != NULL && IsParallelWorker())
		(void) plog_file_may_be(execution->filename, &state->parallel->state);
	file = plog_file_open(execution->filename, execution->recover, state->query);
	if (state->parallel != NULL)
		plog_file_must_be(file, &state->parallel->state);
	else if (IsParallelWorker())
		plog_file_must_be_older(file);
	state->pass = pass_begin(file, execution, state->parts, state->part_count,
							 state->plan.wants_first_rows && state->parallel == NULL);
	state->scan = pass_driver(state->pass);
	if (state->parallel != NULL)
		state->scan->walk.shared_next_chunk = &state->parallel->next_chunk;
	MemoryContextSwitchTo(caller);
}

static ChunkCounts
add_counts(ChunkCounts a, ChunkCounts b)
{
	a.read += b.read;
	a.skipped += b.skipped;
	a.cached += b.cached;
	a.kept += b.kept;
	return a;
}

ChunkCounts
chunk_counts(const PlogScan *state)
{
	ChunkCounts open = {0, 0, 0, 0};

	if (state->scan != NULL)
	{
		open.read = state->scan->walk.chunks_read;
		open.skipped = state->scan->walk.chunks_skipped;
		open.cached = state->scan->walk.chunks_cached;
		open.kept = state->scan->walk.chunks_kept;
	}
	return add_counts(state->closed_counts, open);
}

/*
 * Close the current log, if it is open.
 */
static void
close_log(PlogScan *state)
{
	state->closed_counts = chunk_counts(state);
	state->pass = NULL;
	state->scan = NULL;
	MemoryContextReset(state->context);
}

/*
 * Go to the first row of the current log.
 */
static void
start_log(PlogScan *state)
{
	open_scan(state);
	pass_restrict(state->pass, state->part_conditions, state->plan.parts != NIL);
}

/*
 * Go to the first row of the first log, with the current parameters.
 */
static void
start_scan(PlogScan *state)
{
	evaluate_conditions(state->conditions);
	if (state->current_log != 0)
		close_log(state);
	state->current_log = 0;
	start_log(state);
	state->is_started = true;
}

/*
 * Go to the first row of the next log, whose rows are made in the slot as those of
 * the logs before.  False if there is none: the last log stays open.
 */
static bool
start_next_log(PlogScan *state, TupleTableSlot *slot)
{
	if (state->current_log + 1 >= state->logs.count)
		return false;
	close_log(state);
	state->current_log++;
	start_log(state);
	if (state->aggregation == NULL)
		share_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
	return true;
}

/*
 * Go to the next row, of this log or a later one.
 */
static inline bool
next_row_of_logs(PlogScan *state, TupleTableSlot *slot)
{
	while (!pass_next(state->pass))
	{
		if (!start_next_log(state, slot))
			return false;
	}
	return true;
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
 * Compute the groups of the rows of all logs.
 */
static void
compute_groups(PlogScan *state, TupleTableSlot *slot)
{
	start_groups(state->aggregation);
	do
	{
		add_rows_of_log(state->aggregation, state->pass);
	} while (start_next_log(state, slot));
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
		compute_groups(state, slot);
		return;
	}
	share_row(state->shape, state->scan, slot->tts_values, slot->tts_isnull);
	if (must_sort(state))
		state->sorted = sort_rows(state->pass, state->shape, state->plan.ordered_attribute, slot,
								  state->context);
	else
		state->gives_direct_rows = state->shape->is_direct;
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
}
