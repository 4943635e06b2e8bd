/*-------------------------------------------------------------------------
 *
 * processes.c
 *		Which threads belong to one process.
 *
 * A log does not tell processes apart that have the same pid one after the other.
 * A leader is a thread whose tid is its pid.  It begins a process, to which those
 * threads of its pid belong that were created at the same time as the leader or
 * later, but before the next leader.  The threads of a pid that belong to no
 * leader are one process.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/processes.h"
#include "catalog/build/spans.h"
#include "catalog/sorting.h"

static bool
is_leader(const CatalogThread *thread)
{
	return thread->key.has_tid && thread->pid.place != CATALOG_NOWHERE &&
		thread->key.tid == thread->pid.value;
}

static bool
have_same_pid(const CatalogThread *a, const CatalogThread *b)
{
	return (a->pid.place == CATALOG_NOWHERE) == (b->pid.place == CATALOG_NOWHERE) &&
		a->pid.value == b->pid.value;
}

/*
 * By pid, unknown pids last; for one pid the leaders first, by create_time with
 * unknown ones before all others; then by order of appearance.
 */
static int
compare_threads(const void *a, const void *b, void *threads)
{
	uint32		index_a = *(const uint32 *) a;
	uint32		index_b = *(const uint32 *) b;
	const CatalogThread *thread_a = (const CatalogThread *) threads + index_a;
	const CatalogThread *thread_b = (const CatalogThread *) threads + index_b;

	check_interrupts_in_sort();
	if (!have_same_pid(thread_a, thread_b))
	{
		if (thread_a->pid.place == CATALOG_NOWHERE || thread_b->pid.place == CATALOG_NOWHERE)
			return thread_a->pid.place == CATALOG_NOWHERE ? 1 : -1;
		return compare_u64(thread_a->pid.value, thread_b->pid.value);
	}
	if (is_leader(thread_a) != is_leader(thread_b))
		return is_leader(thread_a) ? -1 : 1;
	if (is_leader(thread_a))
	{
		if (thread_a->key.has_create_time != thread_b->key.has_create_time)
			return thread_a->key.has_create_time ? 1 : -1;
		if (thread_a->key.create_time != thread_b->key.create_time)
			return compare_u64(thread_a->key.create_time, thread_b->key.create_time);
	}
	return compare_u64(index_a, index_b);
}

/*
 * The leader that a thread belongs to, or CATALOG_NONE.  The leaders of its pid
 * are given in the order of compare_threads().  A leader with an unknown
 * create_time counts as earlier than all threads.  A thread with an unknown
 * create_time belongs to a leader whose create_time is unknown, too, or to the
 * only leader.
 */
static uint32
leader_of(const Catalog *catalog, uint32 index, const uint32 *leaders, uint32 leader_count)
{
	const CatalogThread *thread = &catalog->threads[index];
	uint32		low = 0;
	uint32		high = leader_count;

	if (is_leader(thread))
		return index;
	if (leader_count == 0)
		return CATALOG_NONE;
	if (!thread->key.has_create_time)
	{
		if (leader_count == 1 || !catalog->threads[leaders[0]].key.has_create_time)
			return leaders[0];
		return CATALOG_NONE;
	}

	/* find the number of leaders that are not later */
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		const CatalogThread *leader = &catalog->threads[leaders[middle]];

		if (!leader->key.has_create_time || leader->key.create_time <= thread->key.create_time)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? CATALOG_NONE : leaders[low - 1];
}

/*
 * Find the thread that represents each thread's process: its leader, or the first
 * one of its pid that has no leader.
 */
static void
find_leaders(const Catalog *catalog, uint32 *representatives)
{
	uint32		count = catalog->summary.thread_count;
	uint32	   *sorted = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(uint32) * count);

	for (uint32 i = 0; i < count; i++)
		sorted[i] = i;
	qsort_arg(sorted, count, sizeof(uint32), compare_threads, catalog->threads);

	for (uint32 start = 0, end; start < count; start = end)
	{
		const CatalogThread *first = &catalog->threads[sorted[start]];
		uint32		leader_count = 0;
		uint32		leaderless = CATALOG_NONE;

		for (end = start; end < count && have_same_pid(first, &catalog->threads[sorted[end]]); end++)
		{
			if (is_leader(&catalog->threads[sorted[end]]))
				leader_count++;
		}
		for (uint32 i = start; i < end; i++)
		{
			uint32		leader = leader_of(catalog, sorted[i], sorted + start, leader_count);

			if (leader == CATALOG_NONE && leaderless == CATALOG_NONE)
				leaderless = sorted[i];
			representatives[sorted[i]] = leader == CATALOG_NONE ? leaderless : leader;
		}
		CHECK_FOR_INTERRUPTS();
	}
	pfree(sorted);
}

/*
 * Add to a process what is known of one of its threads.
 */
static void
add_thread_to_process(CatalogProcess *process, const CatalogThread *thread)
{
	if (thread->ppid.place < process->ppid.place)
		process->ppid = thread->ppid;
	if (thread->asid.place != CATALOG_NOWHERE &&
		(process->asid.place == CATALOG_NOWHERE || thread->asid.place > process->asid.place))
		process->asid = thread->asid;
	if (thread->key.has_create_time &&
		(!process->has_create_time || thread->key.create_time < process->create_time))
	{
		process->has_create_time = true;
		process->create_time = thread->key.create_time;
	}
	merge_span(&process->span, &thread->span);
}

void
make_processes(Catalog *catalog)
{
	uint32		count = catalog->summary.thread_count;
	uint32	   *representatives = MemoryContextAllocHuge(CurrentMemoryContext,
														 sizeof(uint32) * (count + 1));
	uint32	   *processes = MemoryContextAllocHuge(CurrentMemoryContext,
												   sizeof(uint32) * (count + 1));
	Size		process_bytes;

	find_leaders(catalog, representatives);
	memset(processes, 0xFF, sizeof(uint32) * (count + 1));	/* CATALOG_NONE */
	for (uint32 i = 0; i < count; i++)
	{
		if (processes[representatives[i]] == CATALOG_NONE)
			processes[representatives[i]] = catalog->summary.process_count++;
		catalog->threads[i].process = processes[representatives[i]];
	}

	process_bytes = sizeof(CatalogProcess) * (catalog->summary.process_count + 1);
	catalog->processes = MemoryContextAllocHuge(catalog->context, process_bytes);
	memset(catalog->processes, 0, process_bytes);
	for (uint32 i = 0; i < catalog->summary.process_count; i++)
	{
		CatalogProcess *process = &catalog->processes[i];

		process->pid.place = process->ppid.place = process->asid.place = CATALOG_NOWHERE;
		clear_span(&process->span);
	}
	for (uint32 i = 0; i < count; i++)
	{
		CatalogProcess *process = &catalog->processes[catalog->threads[i].process];

		check_interrupts_at(i);
		add_thread_to_process(process, &catalog->threads[i]);
		process->pid = catalog->threads[i].pid;
	}

	/* if a leader's create_time is known, it is that of the process */
	for (uint32 i = 0; i < count; i++)
	{
		const CatalogThread *thread = &catalog->threads[i];

		if (is_leader(thread) && thread->key.has_create_time)
			catalog->processes[thread->process].create_time = thread->key.create_time;
	}
	pfree(representatives);
	pfree(processes);
}
