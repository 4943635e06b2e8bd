/*-------------------------------------------------------------------------
 *
 * parallel.c
 *		Parallel scans: the processes claim chunks one after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/fdw.h"
#include "fdw/scan_logs.h"
#include "log/identity.h"
#include "relations/chunks.h"

/*
 * With "recover" only the leader knows how far the file can be read, so workers
 * cannot read it.  Nor is a log scanned in parallel that was changed since the
 * statement began: a worker whose scan shares nothing with the leader's could not
 * tell whether both see the same file; see check_opened().  Workers see a large object by
 * the leader's snapshot; but if the transaction has written it itself, its catalog is in
 * no file, and each worker would have to build it.  Of a library each process sees what
 * was registered.
 */
bool
pandelephantIsForeignScanParallelSafe(PlannerInfo *root pg_attribute_unused(),
									  RelOptInfo *baserel pg_attribute_unused(),
									  RangeTblEntry *entry)
{
	TableOptions options = get_table_options(entry->relid);
	PlogIdentity identity;

	if (options.library != NULL)
		return true;
	return !options.execution.recover &&
		(!plog_file_peek(options.execution.filename, &identity) ||
		 (is_older_than_statement(&identity) && identity.look == 0));
}

/*
 * The leader finds out which logs there are.
 */
Size
pandelephantEstimateDSMForeignScan(ForeignScanState *node,
								   ParallelContext *context pg_attribute_unused())
{
	PlogScan   *state = node->fdw_state;

	state->queue.is_known = false;
	evaluate_conditions(state->conditions);
	find_logs(state, true);
	return shared_logs_bytes(&state->queue.logs);
}

/*
 * May a row of a part, or a condition on it, turn out to need the catalog?
 */
static bool
part_may_need_catalog(const PlogScan *state, int number)
{
	const PlogRelation *relation = state->parts[number].relation;
	const PartConditions *conditions = &state->part_conditions[number];
	ColumnSet	columns = state->parts[number].wanted;

	if (!relation_has_catalog(relation, &state->options.execution))
		return false;
	for (int i = 0; i < conditions->count; i++)
		columns |= COLUMN_BIT(conditions->conditions[i].column);
	return (columns & (relation->catalog.columns | relation->catalog.late_columns |
					   relation->catalog.form_columns)) != 0;
}

/*
 * May a row turn out to need the catalog?  Then each process that meets such a
 * row would build one.
 */
static bool
rows_may_need_catalog(const PlogScan *state)
{
	for (int i = 0; i < state->part_count; i++)
	{
		if (part_may_need_catalog(state, i))
			return true;
	}
	return false;
}

/*
 * The leader opens the file of a single log, and builds the catalog if rows or
 * conditions need it, before the workers start, so that they find the catalog in the
 * cache.
 */
static void
open_single_log(PlogScan *state, ParallelScan *parallel)
{
	open_scan(state);
	if (rows_may_need_catalog(state) ||
		(!state->plan.wants_first_rows &&
		 relation_skips_by_catalog(state->options.relation, state->part_conditions[0].conditions,
								   state->part_conditions[0].count)))
		(void) relation_catalog(state->scan);
	enter_shared_log(&parallel->logs[0], state->scan->file);
}

void
pandelephantInitializeDSMForeignScan(ForeignScanState *node,
									 ParallelContext *context pg_attribute_unused(),
									 void *coordinate)
{
	PlogScan   *state = node->fdw_state;
	ParallelScan *parallel = coordinate;

	share_logs(&state->queue.logs, parallel);
	if (state->options.library == NULL)
		open_single_log(state, parallel);
	state->parallel = parallel;
}

void
pandelephantReInitializeDSMForeignScan(ForeignScanState *node pg_attribute_unused(),
									   ParallelContext *context pg_attribute_unused(),
									   void *coordinate)
{
	reset_shared_logs(coordinate);
}

void
pandelephantInitializeWorkerForeignScan(ForeignScanState *node, shm_toc *toc pg_attribute_unused(),
										void *coordinate)
{
	PlogScan   *state = node->fdw_state;

	state->parallel = coordinate;
}

/*
 * A worker adds its counts to the shared ones.  The leader, which shuts down after
 * the workers, takes those before the shared memory goes.
 */
void
pandelephantShutdownForeignScan(ForeignScanState *node)
{
	PlogScan   *state = node->fdw_state;
	ParallelScan *parallel;

	if (state == NULL || state->parallel == NULL)
		return;
	parallel = state->parallel;
	if (IsParallelWorker())
	{
		ChunkCounts own = chunk_counts(state);

		pg_atomic_fetch_add_u64(&parallel->chunks_read, (int64) own.read);
		pg_atomic_fetch_add_u64(&parallel->chunks_skipped, (int64) own.skipped);
		pg_atomic_fetch_add_u64(&parallel->chunks_cached, (int64) own.cached);
		pg_atomic_fetch_add_u64(&parallel->chunks_kept, (int64) own.kept);
		pg_atomic_fetch_add_u64(&parallel->lines_printed, (int64) own.printed);
		pg_atomic_fetch_add_u64(&parallel->logs_read, (int64) count_read_logs(state));
	}
	else
	{
		state->counts.workers_chunks.read = pg_atomic_read_u64(&parallel->chunks_read);
		state->counts.workers_chunks.skipped = pg_atomic_read_u64(&parallel->chunks_skipped);
		state->counts.workers_chunks.cached = pg_atomic_read_u64(&parallel->chunks_cached);
		state->counts.workers_chunks.kept = pg_atomic_read_u64(&parallel->chunks_kept);
		state->counts.workers_chunks.printed = pg_atomic_read_u64(&parallel->lines_printed);
		state->counts.workers_logs_read = pg_atomic_read_u64(&parallel->logs_read);
	}
	state->parallel = NULL;
	if (state->scan != NULL)
		state->scan->walk.shared_next_chunk = NULL;
}
