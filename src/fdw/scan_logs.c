/*-------------------------------------------------------------------------
 *
 * scan_logs.c
 *		The logs of a scan: which they are, and going from one to the next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "fdw/fdw.h"
#include "fdw/scan_logs.h"

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

	if (!state->queue.is_known || !state->queue.logs.are_registered || state->parallel != NULL)
		return state->queue.is_known;
	choice = choice_of_conditions(&state->part_conditions[0]);
	return choice.is_simple && state->queue.choice.is_simple &&
		choice.has_value == state->queue.choice.has_value && choice.value == state->queue.choice.value;
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
	RegistryWish wish;
	int			count = only_fixed && !conditions_are_fixed(state->conditions, COLUMN_EXECUTION_ID) ?
		0 : conditions->count;

	if (has_right_logs(state))
		return;
	MemoryContextReset(state->queue.context);
	caller = MemoryContextSwitchTo(state->queue.context);
	if (state->parallel != NULL)
		state->queue.logs = get_shared_logs(state->parallel);
	else if (state->options.library == NULL)
		state->queue.logs = logs_of_file(&state->options);
	else
	{
		wish.relations = relations_of_parts(state);
		wish.native = state->plan.native;
		state->queue.logs = logs_of_library(state->plan.table, &state->options, state->snapshot,
											&wish, conditions->conditions, count);
	}
	MemoryContextSwitchTo(caller);
	state->queue.choice = choice_of_conditions(conditions);
	if (count < conditions->count)
		state->queue.choice.is_simple = false;
	state->queue.is_known = true;
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
	return add_counts(state->counts.chunks, open_counts(state));
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
	return state->counts.logs_read + open_log_was_read(state);
}

/*
 * Close the log that is open, if there is one.
 */
static void
close_log(PlogScan *state)
{
	state->counts.logs_read = count_read_logs(state);
	state->counts.chunks = chunk_counts(state);
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
	if (state->queue.logs.are_registered)
		check_registered(file, log);
	if (shared != NULL)
		enter_shared_log(shared, file);
	else if (IsParallelWorker() && !state->queue.logs.are_registered)
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
		(!state->queue.logs.are_registered ||
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
	const RegisteredLog *log = &state->queue.logs.list.logs[number];
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
		open_log(state, &state->queue.logs.list.logs[0], NULL);
}

void
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
		skip_log(state, &state->queue.logs.list.logs[number], &guard);
	}
	PG_END_TRY();
	if (!is_started && state->parallel != NULL)
		skip_shared_log(&state->parallel->logs[number]);
	return is_started;
}

bool
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
		return claim_log(state->parallel, &state->queue.claims, state->options.relation->reads_chunks);
	return state->queue.next < state->queue.logs.list.count ? state->queue.next++ : -1;
}

bool
start_next_log(PlogScan *state)
{
	int			number;

	while ((number = next_log_number(state)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (!state->queue.logs.are_registered)
			start_log(state, number);
		else if (!log_may_match(&state->queue.logs.list.logs[number], state->options.relation,
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
