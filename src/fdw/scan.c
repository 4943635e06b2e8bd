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
#include "fdw/guard.h"
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
	state->logs_context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant logs",
												ALLOCSET_DEFAULT_SIZES);
	node->fdw_state = state;

	/* workers see the file as it is when the statement begins, so the leader must, too */
	if (!IsParallelWorker() && node->ss.ps.state->es_plannedstmt->parallelModeNeeded &&
		state->options.library == NULL && !state->options.execution.recover)
		settle_extent(state->options.execution.filename, state->query);
}

/*
 * What the list of logs depends on, by the conditions on the driver as they are now.
 */
static LogChoice
choice_of_conditions(const PartConditions *conditions)
{
	LogChoice	choice = {true, false, 0};

	for (int i = 0; i < conditions->count; i++)
	{
		const Condition *condition = &conditions->conditions[i];

		if (condition->column != COLUMN_EXECUTION_ID)
			continue;
		choice.is_simple = !choice.has_value && condition->value_count == 1 &&
			condition->ranges[0].lowest == condition->ranges[0].highest;
		if (!choice.is_simple)
			break;
		choice.has_value = true;
		choice.value = condition->ranges[0].lowest;
	}
	return choice;
}

/*
 * Is the list of logs still right?
 */
static bool
has_right_logs(const PlogScan *state)
{
	LogChoice	choice;

	if (!state->has_logs || !state->logs.are_registered || state->parallel != NULL)
		return state->has_logs;
	choice = choice_of_conditions(&state->part_conditions[0]);
	return choice.is_simple && state->choice.is_simple &&
		choice.has_value == state->choice.has_value && choice.value == state->choice.value;
}

/*
 * The relations that are read.
 */
static List *
relations_of_parts(const PlogScan *state)
{
	List	   *relations = NIL;

	for (int i = 0; i < state->part_count; i++)
		relations = lappend(relations, (void *) state->parts[i].relation);
	return relations;
}

void
find_logs(PlogScan *state, bool only_fixed)
{
	const PartConditions *conditions = &state->part_conditions[0];
	MemoryContext caller;
	int			count = only_fixed && !conditions_are_fixed(state->conditions, COLUMN_EXECUTION_ID) ?
		0 : conditions->count;

	if (has_right_logs(state))
		return;
	MemoryContextReset(state->logs_context);
	caller = MemoryContextSwitchTo(state->logs_context);
	if (state->parallel != NULL)
		state->logs = get_shared_logs(state->parallel);
	else if (state->options.library == NULL)
		state->logs = logs_of_file(&state->options);
	else
		state->logs = logs_of_library(state->plan.table, &state->options, state->snapshot,
									  relations_of_parts(state), conditions->conditions, count);
	MemoryContextSwitchTo(caller);
	state->choice = choice_of_conditions(conditions);
	if (count < conditions->count)
		state->choice.is_simple = false;
	state->has_logs = true;
}

static ChunkCounts
add_counts(ChunkCounts a, ChunkCounts b)
{
	a.read += b.read;
	a.skipped += b.skipped;
	a.cached += b.cached;
	a.kept += b.kept;
	a.printed += b.printed;
	return a;
}

/*
 * The counts of the log that is open.
 */
static ChunkCounts
open_counts(const PlogScan *state)
{
	ChunkCounts counts = {0, 0, 0, 0, 0};

	if (state->scan != NULL)
	{
		counts.read = state->scan->walk.chunks_read;
		counts.skipped = state->scan->walk.chunks_skipped;
		counts.cached = state->scan->walk.chunks_cached;
		counts.kept = state->scan->walk.chunks_kept;
		counts.printed = state->scan->lines_printed;
	}
	return counts;
}

ChunkCounts
chunk_counts(const PlogScan *state)
{
	return add_counts(state->closed_counts, open_counts(state));
}

/*
 * Has the log that is open been read, and not just been looked at?
 */
static bool
open_log_was_read(const PlogScan *state)
{
	ChunkCounts counts = open_counts(state);

	if (state->scan == NULL)
		return false;

	/* what comes from the catalog alone reads no chunk */
	return !state->options.relation->reads_chunks ||
		state->plan.group_source == GROUPS_OF_TOTALS ||
		state->plan.group_source == GROUPS_OF_COUNTED_ROWS ||
		counts.read + counts.cached + counts.kept > 0;
}

uint64
count_read_logs(const PlogScan *state)
{
	return state->logs_read + open_log_was_read(state);
}

/*
 * Close the log that is open, if there is one.
 */
static void
close_log(PlogScan *state)
{
	state->logs_read = count_read_logs(state);
	state->closed_counts = chunk_counts(state);
	state->pass = NULL;
	state->scan = NULL;
	MemoryContextReset(state->context);
}

/*
 * See that the log that was opened is what other processes of the statement see.
 */
static void
check_opened(PlogScan *state, PlogFile *file, const RegisteredLog *log, SharedLog *shared)
{
	if (state->logs.are_registered)
		check_registered(file, log);
	if (shared != NULL)
		enter_shared_log(shared, file);
	else if (IsParallelWorker() && !state->logs.are_registered)
		plog_file_must_be_older(file);
}

/*
 * Open a log and start to read the relation.
 */
static void
open_log(PlogScan *state, const RegisteredLog *log, SharedLog *shared)
{
	MemoryContext caller = MemoryContextSwitchTo(state->context);
	PlogFileState known;
	PlogFile   *file;

	if (shared != NULL && IsParallelWorker() && get_shared_log(shared, &known))
		(void) plog_file_may_be(log->execution.filename, &known);
	state->open_log.noted = log->noted;
	state->open_log.execution = *copy_execution(&log->execution);
	file = plog_file_open(log->execution.filename, log->execution.recover, state->query);
	check_opened(state, file, log, shared);
	state->pass = pass_begin(file, &state->open_log.execution, state->parts, state->part_count,
							 state->plan.wants_first_rows && state->parallel == NULL,
							 state->plan.group_source == GROUPS_NONE ||
							 state->plan.group_source == GROUPS_OF_ROWS);
	state->scan = pass_driver(state->pass);
	MemoryContextSwitchTo(caller);
}

/*
 * Is this the log that is open?
 */
static bool
is_open(const PlogScan *state, const RegisteredLog *log)
{
	const RegisteredLog *open = &state->open_log;

	return state->scan != NULL &&
		(!state->logs.are_registered ||
		 (open->execution.execution_id == log->execution.execution_id &&
		  open->noted.bytes == log->noted.bytes && open->noted.checksum == log->noted.checksum &&
		  strcmp(open->execution.filename, log->execution.filename) == 0));
}

/*
 * Go to the first row of a log, which is opened unless it is open.
 */
static void
start_log(PlogScan *state, int number)
{
	const RegisteredLog *log = &state->logs.list.logs[number];
	SharedLog  *shared = state->parallel == NULL ? NULL : &state->parallel->logs[number];

	state->shared_log = shared;
	if (!is_open(state, log))
	{
		close_log(state);
		open_log(state, log, shared);
	}
	state->scan->walk.shared_next_chunk = shared == NULL ? NULL : &shared->next_chunk;
	pass_restrict(state->pass, state->part_conditions, state->plan.parts != NIL);
}

void
open_scan(PlogScan *state)
{
	find_logs(state, false);
	if (state->scan == NULL)
		open_log(state, &state->logs.list.logs[0], NULL);
}

/*
 * After an error: if the setting allows it, close the log, warn, and go on without.
 */
static void
skip_log(PlogScan *state, const RegisteredLog *log, const Guard *guard)
{
	catch_skipped(guard, &state->owner, log, state->shared_log);
	close_log(state);
}

/*
 * Start a log, unless it has to be skipped; then false.
 */
static bool
try_to_start_log(PlogScan *state, int number)
{
	Guard		guard = begin_guard(&state->owner);
	volatile bool is_started = false;

	PG_TRY();
	{
		start_log(state, number);
		is_started = true;
		end_guard(&guard);
	}
	PG_CATCH();
	{
		skip_log(state, &state->logs.list.logs[number], &guard);
	}
	PG_END_TRY();
	if (!is_started && state->parallel != NULL)
		skip_shared_log(&state->parallel->logs[number]);
	return is_started;
}

/*
 * The same for the next row.
 */
static bool
try_next_row(PlogScan *state)
{
	Guard		guard = begin_guard(&state->owner);
	volatile bool found = false;

	PG_TRY();
	{
		found = pass_next(state->pass);
		end_guard(&guard);
	}
	PG_CATCH();
	{
		skip_log(state, &state->open_log, &guard);
	}
	PG_END_TRY();
	return found;
}

/*
 * The number of the next log to read, or -1.
 */
static int
next_log_number(PlogScan *state)
{
	if (state->parallel != NULL)
		return claim_log(state->parallel, &state->claims, state->options.relation->reads_chunks);
	return state->next_log < state->logs.list.count ? state->next_log++ : -1;
}

/*
 * Go to the first row of the next log that may have one.  False if there is none; the
 * last log stays open, for a scan that starts again may begin with it.
 */
static bool
start_next_log(PlogScan *state)
{
	int			number;

	while ((number = next_log_number(state)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (!state->logs.are_registered)
			start_log(state, number);
		else if (!log_may_match(&state->logs.list.logs[number], state->options.relation,
								state->part_conditions[0].conditions,
								state->part_conditions[0].count))
			continue;
		else if (!pandelephant_skip_damaged_logs)
			start_log(state, number);
		else if (!try_to_start_log(state, number))
			continue;
		return true;
	}
	return false;
}

/*
 * Go to the first row of the first log, with the current parameters.
 */
static void
start_scan(PlogScan *state)
{
	evaluate_conditions(state->conditions);
	find_logs(state, false);
	state->next_log = 0;
	memset(&state->claims, 0, sizeof(state->claims));
	state->has_more = start_next_log(state);
	state->starts++;
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
		if (likely(!state->logs.are_registered) || !pandelephant_skip_damaged_logs ?
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

	if (!state->logs.are_registered || !pandelephant_skip_damaged_logs)
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
	MemoryContextDelete(state->logs_context);
	release_guard(&state->owner);
}
