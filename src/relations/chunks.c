/*-------------------------------------------------------------------------
 *
 * chunks.c
 *		Which chunks a scan reads, and reading them.
 *
 * A chunk is skipped if the directory or the catalog shows that none of its rows
 * can meet the scan's conditions.  In case of doubt it is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "log/chunk.h"
#include "relations/calls.h"
#include "relations/chunks.h"
#include "relations/kept_calls.h"
#include "relations/offsets.h"

/* Does skipping by such a column need no catalog? */
static inline bool
skips_without_catalog(ColumnSkip skip)
{
	return skip == SKIP_NONE || skip == SKIP_EXECUTION || skip == SKIP_ENTRY;
}

/*
 * Can one of a chunk's offsets meet a condition?
 */
static bool
offsets_may_meet(const Condition *condition, const CatalogOffsets *offsets)
{
	if (catalog_span_is_empty(&offsets->span))
		return false;

	if (!span_is_in_order(&offsets->span))
		return true;
	return condition_overlaps(condition, (int64) offsets->span.first,
							  (int64) offsets->span.last);
}

/*
 * The number that a thread's rows have in a column.  False if they have none.
 */
static bool
number_of_thread(const CatalogThread *thread, uint32 index, ColumnSkip skip, int64 *number)
{
	switch (skip)
	{
		case SKIP_SYSCALL_THREAD:
		case SKIP_SLICE_THREAD:
			*number = (int64) index + 1;
			return true;
		case SKIP_SYSCALL_PROCESS:
		case SKIP_SLICE_PROCESS:
			*number = (int64) thread->process + 1;
			return true;
		case SKIP_SYSCALL_PID:
			*number = (int64) thread->pid.value;
			return thread->pid.place != CATALOG_NOWHERE;
		case SKIP_SYSCALL_TID:
			*number = thread->key.tid;
			return thread->key.has_tid;
		default:
			return false;
	}
}

/*
 * Can a row of one of a chunk's threads meet a condition?
 */
static bool
threads_may_meet(const Catalog *catalog, const CatalogRun *run, const Condition *condition,
				 ColumnSkip skip)
{
	for (uint64 i = 0; i < run->count; i++)
	{
		uint32		index = catalog->threads_of_chunks[run->first + i];
		int64		number;

		CHECK_FOR_INTERRUPTS();
		if (number_of_thread(&catalog->threads[index], index, skip, &number) &&
			condition_overlaps(condition, number, number))
			return true;
	}
	return false;
}

/*
 * Is one of a chunk's names of system calls among a condition's values?
 */
static bool
names_may_meet(const Catalog *catalog, const CatalogRun *run, const Condition *condition)
{
	for (uint64 i = 0; i < run->count; i++)
	{
		const CatalogText *text = &catalog->texts[catalog->names_of_chunks[run->first + i]];

		CHECK_FOR_INTERRUPTS();
		if (condition_has_text(condition, catalog->pool + text->offset, text->length))
			return true;
	}
	return false;
}

/*
 * Can a row of a chunk meet a condition, by what the catalog knows?
 */
static bool
catalog_chunk_may_meet(const RelationScan *scan, uint64 number, const Condition *condition,
					   ColumnSkip skip)
{
	const Catalog *catalog = scan->catalog;
	const CatalogChunk *chunk = &catalog->chunks[number];

	switch (skip)
	{
		case SKIP_SLICE:
			return chunk->slices > 0 &&
				condition_overlaps(condition, (int64) chunk->first_slice + 1,
								   (int64) (chunk->first_slice + chunk->slices));
		case SKIP_ENTRY_OFFSET:
			return offsets_may_meet(condition, &chunk->entry_offsets);
		case SKIP_SYSCALL_OFFSET:
			return offsets_may_meet(condition, &chunk->syscall_offsets);
		case SKIP_SLICE_START:
			return catalog->summary.slices_from_proc_trace ||
				offsets_may_meet(condition, &chunk->slice_starts);
		case SKIP_SLICE_END:
			return catalog->summary.slices_from_proc_trace ||
				offsets_may_meet(condition, &chunk->slice_ends);
		case SKIP_SLICE_THREAD:
		case SKIP_SLICE_PROCESS:
			return catalog->summary.slices_from_proc_trace ||
				threads_may_meet(catalog, &chunk->slice_threads, condition, skip);
		case SKIP_SYSCALL_THREAD:
		case SKIP_SYSCALL_PROCESS:
			return threads_may_meet(catalog, &chunk->syscall_threads, condition, skip);
		case SKIP_SYSCALL_PID:
		case SKIP_SYSCALL_TID:
			return chunk->has_odd_syscalls ||
				threads_may_meet(catalog, &chunk->syscall_threads, condition, skip);
		case SKIP_SYSCALL_NAME:
			return names_may_meet(catalog, &chunk->syscall_names, condition);
		default:
			return true;
	}
}

/*
 * Can a chunk have a row that meets all of the scan's conditions?
 */
static bool
chunk_may_match(const RelationScan *scan, uint64 number)
{
	const PlogRelation *relation = scan->relation;
	const PlogChunk *chunk = &scan->file->reader.chunks[number];

	if (!pandelephant_enable_skipping)
		return true;
	if (scan->catalog != NULL && chunk->entries == 0)
		return false;
	if (scan->catalog != NULL && relation->count_in_chunk != NULL &&
		relation->count_in_chunk(&scan->catalog->chunks[number]) == 0)
		return false;
	for (int i = 0; i < scan->restriction.condition_count; i++)
	{
		const Condition *condition = &scan->restriction.conditions[i];
		ColumnSkip	skip = relation->columns[condition->column].skip;

		if (skip == SKIP_EXECUTION &&
			!condition_overlaps(condition, scan->execution->execution_id,
								scan->execution->execution_id))
			return false;
		if (skip == SKIP_ENTRY &&
			!condition_overlaps(condition, (int64) chunk->first_entry,
								(int64) (chunk->first_entry + chunk->entries - 1)))
			return false;
		if (scan->catalog != NULL && !catalog_chunk_may_meet(scan, number, condition, skip))
			return false;
	}
	if (scan->catalog != NULL && scan->search.name != NULL &&
		!names_may_meet(scan->catalog, &scan->catalog->chunks[number].syscall_names,
						scan->search.name))
		return false;
	return scan->catalog == NULL || relation->chunk_may_match == NULL ||
		relation->chunk_may_match(scan, &scan->catalog->chunks[number]);
}

/*
 * Take the next chunk to try.
 */
static uint64
claim_chunk(ChunkWalk *walk)
{
	if (walk->shared_next_chunk != NULL)
		return pg_atomic_fetch_add_u64(walk->shared_next_chunk, 1);
	return walk->next_chunk++;
}

/*
 * About how many bytes the log inflates to, going by its header.
 */
static uint64
estimated_bytes(const PlogReader *reader)
{
	return reader->chunk_count * Max(reader->chunk_size, 4096);
}

/*
 * Give the current chunk back to the cache.
 */
static void
release_chunk(void *chunk_walk)
{
	ChunkWalk  *walk = chunk_walk;

	if (walk->cached != NULL)
		chunk_cache_release(walk->cached);
	walk->cached = NULL;
}

void
relation_begin_chunks(RelationScan *scan)
{
	ChunkWalk  *walk = &scan->walk;

	walk->inflated = plog_buffer_create();
	walk->release.func = release_chunk;
	walk->release.arg = walk;
	MemoryContextRegisterResetCallback(scan->context, &walk->release);
}

/*
 * The bytes of a chunk, from the cache or from the file.
 */
static const PlogBuffer *
fetch_chunk(RelationScan *scan, uint64 chunk)
{
	ChunkWalk  *walk = &scan->walk;

	release_chunk(walk);
	walk->cached = chunk_cache_find(scan->file, chunk);
	if (walk->cached != NULL)
	{
		walk->chunks_cached++;
		return chunk_cache_bytes(walk->cached);
	}
	plog_file_read_chunk(scan->file, chunk, walk->inflated);
	walk->chunks_read++;

	/* building the catalog has counted the entries; the scan may not get to the end */
	if (scan->catalog == NULL)
		plog_file_check_entries(scan->file, chunk, walk->inflated);

	/*
	 * Put it into the cache, unless the log is too large for that and this is the
	 * scan's first pass: then it would only drive out chunks that others use.
	 */
	if ((walk->starts > 1 || chunk_cache_can_hold(estimated_bytes(&scan->file->reader))) &&
		chunk_cache_can_hold(walk->inflated->length))
	{
		walk->cached = chunk_cache_add(scan->file, chunk, walk->inflated);
		return chunk_cache_bytes(walk->cached);
	}
	return walk->inflated;
}

bool
relation_read_chunk(RelationScan *scan)
{
	const PlogReader *reader = &scan->file->reader;
	ChunkWalk  *walk = &scan->walk;
	const PlogBuffer *bytes;
	uint64		chunk;

	while ((chunk = claim_chunk(walk)) < reader->chunk_count && !chunk_may_match(scan, chunk))
	{
		walk->chunks_skipped++;
		CHECK_FOR_INTERRUPTS();
	}
	if (chunk >= reader->chunk_count)
	{
		/* keep no memory: a query may scan many logs, one after the other */
		release_chunk(walk);
		plog_buffer_free(walk->inflated);
		plog_reader_rest(&scan->file->reader);

		/* but lookups mostly go to the same chunk again */
		if (walk->starts <= 1)
			kept_calls_rest(scan);
		return false;
	}
	if (kept_calls_enter(scan, chunk))
	{
		release_chunk(walk);
		walk->chunk = chunk;
		walk->entries.at = walk->entries.end = NULL;
		walk->chunks_kept++;
		return true;
	}
	bytes = fetch_chunk(scan, chunk);
	kept_calls_keep(scan, chunk, bytes);
	relation_enter_chunk(scan, chunk, bytes);
	return true;
}

void
relation_enter_chunk(RelationScan *scan, uint64 chunk, const PlogBuffer *bytes)
{
	ChunkWalk  *walk = &scan->walk;

	walk->chunk = chunk;
	walk->chunk_start = bytes->data;
	walk->entries = plog_entries(bytes);
	scan->search.place = NULL;
	call_enter_chunk(scan, chunk);

	/* each entry that is read counts up: the first one gets its number then */
	scan->entry_id = scan->file->reader.chunks[chunk].first_entry - 1;
}

bool
relation_skips_by_catalog(const PlogRelation *relation, const Condition *conditions,
						  int condition_count)
{
	for (int i = 0; i < condition_count; i++)
	{
		if (!skips_without_catalog(relation->columns[conditions[i].column].skip))
			return pandelephant_enable_skipping;
	}
	return false;
}
