/*-------------------------------------------------------------------------
 *
 * parents.c
 *		Which process is the parent of which.
 *
 * A log gives only the number of a parent, which the guest may have used for
 * several processes.  The parent is the one that existed when the child was
 * created, by their create_times; or, if these are not known, by the order in
 * which they appear in the log.
 *
 * Somebody may make a log in which many children and many possible parents share
 * a few numbers.  So the possible parents of a number are sorted and searched,
 * not looked at one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/processes.h"
#include "catalog/sorting.h"

/* A process that a ppid may stand for, by its pid or the tid of a thread. */
typedef struct Candidate
{
	uint64		create_time;
	uint32		number;			/* the pid or tid */
	uint32		appearance;		/* index of the thread, or of the process's first */
	uint32		process;		/* index */
	bool		has_create_time;
} Candidate;

/*
 * The same candidates in two orders.  Both are by number first, so that those of a
 * number are at the same places in both.
 */
typedef struct Candidates
{
	uint32		count;
	Candidate  *by_time;		/* those of unknown time first */
	Candidate  *by_appearance;
} Candidates;

/* Behind every candidate with the same number and time. */
#define LAST_APPEARANCE		PG_UINT32_MAX

typedef int (*CandidateOrder) (const void *a, const void *b);

static int
compare_by_appearance(const void *a, const void *b)
{
	const Candidate *candidate_a = a;
	const Candidate *candidate_b = b;
	int			order;

	check_interrupts_in_sort();
	order = compare_u64(candidate_a->number, candidate_b->number);
	return order != 0 ? order : compare_u64(candidate_a->appearance, candidate_b->appearance);
}

static int
compare_by_time(const void *a, const void *b)
{
	const Candidate *candidate_a = a;
	const Candidate *candidate_b = b;
	int			order = compare_u64(candidate_a->number, candidate_b->number);

	if (order == 0)
		order = compare_u64(candidate_a->has_create_time, candidate_b->has_create_time);
	if (order == 0)
		order = compare_u64(candidate_a->create_time, candidate_b->create_time);
	return order != 0 ? order : compare_by_appearance(a, b);
}

static Candidate
make_candidate(uint32 number, bool has_create_time, uint64 create_time, uint32 appearance,
			   uint32 process)
{
	Candidate	candidate;

	candidate.number = number;
	candidate.has_create_time = has_create_time;
	candidate.create_time = has_create_time ? create_time : 0;
	candidate.appearance = appearance;
	candidate.process = process;
	return candidate;
}

static void
start_candidates(Candidates *candidates, uint32 most)
{
	Size		bytes = sizeof(Candidate) * ((Size) most + 1);

	candidates->count = 0;
	candidates->by_time = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
	candidates->by_appearance = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
}

static void
add_candidate(Candidates *candidates, Candidate candidate)
{
	candidates->by_time[candidates->count++] = candidate;
}

static void
sort_candidates(Candidates *candidates)
{
	memcpy(candidates->by_appearance, candidates->by_time, sizeof(Candidate) * candidates->count);
	qsort(candidates->by_time, candidates->count, sizeof(Candidate), compare_by_time);
	qsort(candidates->by_appearance, candidates->count, sizeof(Candidate), compare_by_appearance);
}

static void
free_candidates(Candidates *candidates)
{
	pfree(candidates->by_time);
	pfree(candidates->by_appearance);
}

/*
 * The number of sorted candidates that come before a given one.
 */
static uint32
count_before(const Candidate *sorted, uint32 count, Candidate place, CandidateOrder order)
{
	uint32		low = 0;
	uint32		high = count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (order(&sorted[middle], &place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Among the candidates from first to end - 1, find the last one before a place, or
 * else the first one behind it, that is not the child itself.  Returns its process,
 * or CATALOG_NONE.
 */
static uint32
find_nearest(const Candidate *sorted, uint32 first, uint32 place, uint32 end, uint32 child)
{
	for (uint32 i = place; i > first; i--)
	{
		check_interrupts_at(i);
		if (sorted[i - 1].process != child)
			return sorted[i - 1].process;
	}
	for (uint32 i = place; i < end; i++)
	{
		check_interrupts_at(i);
		if (sorted[i].process != child)
			return sorted[i].process;
	}
	return CATALOG_NONE;
}

/*
 * The process with that number that is a child's parent, or CATALOG_NONE.  The
 * candidates that are the child's own threads are passed over one by one; as they
 * are passed over only for this child, that does not take long in all.
 */
static uint32
find_candidate(const Candidates *candidates, uint32 number, const CatalogProcess *child,
			   uint32 child_index, uint32 appearance)
{
	const Candidate *by_time = candidates->by_time;
	const Candidate *by_appearance = candidates->by_appearance;
	uint32		count = candidates->count;
	uint32		first = count_before(by_time, count, make_candidate(number, false, 0, 0, 0),
									 compare_by_time);
	uint32		timed = count_before(by_time, count, make_candidate(number, true, 0, 0, 0),
									 compare_by_time);
	uint32		end = count_before(by_time, count,
								   make_candidate(number, true, PG_UINT64_MAX, LAST_APPEARANCE, 0),
								   compare_by_time);
	uint32		place;

	if (!child->has_create_time)
	{
		place = count_before(by_appearance, count, make_candidate(number, false, 0, appearance, 0),
							 compare_by_appearance);
		return find_nearest(by_appearance, first, place, end, child_index);
	}
	place = count_before(by_time, count,
						 make_candidate(number, true, child->create_time, LAST_APPEARANCE, 0),
						 compare_by_time);
	for (; place > timed; place--)
	{
		check_interrupts_at(place);
		if (by_time[place - 1].process != child_index)
			return by_time[place - 1].process;
	}
	place = count_before(by_time, count, make_candidate(number, false, 0, appearance, 0),
						 compare_by_time);
	return find_nearest(by_time, first, place, timed, child_index);
}

static bool
has_number(const Candidates *candidates, uint32 number)
{
	uint32		place = count_before(candidates->by_appearance, candidates->count,
									 make_candidate(number, false, 0, 0, 0), compare_by_appearance);

	return place < candidates->count && candidates->by_appearance[place].number == number;
}

/*
 * List the index of each process's first thread.
 */
static uint32 *
list_first_threads(const Catalog *catalog)
{
	Size		bytes = sizeof(uint32) * ((Size) catalog->summary.process_count + 1);
	uint32	   *first_threads = MemoryContextAllocHuge(CurrentMemoryContext, bytes);

	for (uint32 i = catalog->summary.thread_count; i-- > 0;)
		first_threads[catalog->threads[i].process] = i;
	return first_threads;
}

static void
list_processes(const Catalog *catalog, const uint32 *first_threads, Candidates *candidates)
{
	start_candidates(candidates, catalog->summary.process_count);
	for (uint32 i = 0; i < catalog->summary.process_count; i++)
	{
		const CatalogProcess *process = &catalog->processes[i];

		check_interrupts_at(i);
		if (process->pid.place != CATALOG_NOWHERE)
			add_candidate(candidates,
						  make_candidate((uint32) process->pid.value, process->has_create_time,
										 process->create_time, first_threads[i], i));
	}
	sort_candidates(candidates);
}

static void
list_threads(const Catalog *catalog, Candidates *candidates)
{
	start_candidates(candidates, catalog->summary.thread_count);
	for (uint32 i = 0; i < catalog->summary.thread_count; i++)
	{
		const CatalogThread *thread = &catalog->threads[i];

		check_interrupts_at(i);
		if (thread->key.has_tid)
			add_candidate(candidates,
						  make_candidate(thread->key.tid, thread->key.has_create_time,
										 thread->key.create_time, i, thread->process));
	}
	sort_candidates(candidates);
}

void
find_parents(Catalog *catalog)
{
	uint32	   *first_threads = list_first_threads(catalog);
	Candidates	processes;
	Candidates	threads;

	list_processes(catalog, first_threads, &processes);
	list_threads(catalog, &threads);
	for (uint32 i = 0; i < catalog->summary.process_count; i++)
	{
		CatalogProcess *child = &catalog->processes[i];
		uint32		number = (uint32) child->ppid.value;

		check_interrupts_at(i);
		child->parent = CATALOG_NONE;
		if (child->ppid.place == CATALOG_NOWHERE)
			continue;

		/* before August 2021, the ppid is the tid of the thread that made the child */
		child->parent = find_candidate(has_number(&processes, number) ? &processes : &threads,
									   number, child, i, first_threads[i]);
	}
	free_candidates(&processes);
	free_candidates(&threads);
	pfree(first_threads);
}
