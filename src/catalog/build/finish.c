/*-------------------------------------------------------------------------
 *
 * finish.c
 *		What only the whole file can tell.
 *
 * A process is a leader, the thread with tid = pid, and the threads of its pid
 * that are not older than it but older than the pid's next leader; or the
 * threads of a pid that have no such leader.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/finish.h"

/*
 * Threads by pid, unknown pids last; in a pid the leaders first, by their
 * create_time, an unknown one before all; then by order of appearance.
 */
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
 * are sorted as compare_threads() does.  An unknown create_time is not later
 * than any; a thread whose own is unknown belongs to the leader whose is too,
 * or to an only leader.
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

	/* how many leaders are not later */
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
 * Give every thread the thread that stands for its process: the leader, or the
 * first of those of its pid that have none.
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
 * Let a process have what its thread says.
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
	process->span.first = Min(process->span.first, thread->span.first);
	process->span.last = Max(process->span.last, thread->span.last);
}

/*
 * Make the processes, in the order of their first thread.
 */
static void
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
		process->span.first = PLOG_UNKNOWN;
	}
	for (uint32 i = 0; i < count; i++)
	{
		CatalogProcess *process = &catalog->processes[catalog->threads[i].process];

		check_interrupts_at(i);
		add_thread_to_process(process, &catalog->threads[i]);
		process->pid = catalog->threads[i].pid;
	}

	/* a leader's create_time counts before all others */
	for (uint32 i = 0; i < count; i++)
	{
		const CatalogThread *thread = &catalog->threads[i];

		if (is_leader(thread) && thread->key.has_create_time)
			catalog->processes[thread->process].create_time = thread->key.create_time;
	}
	pfree(representatives);
	pfree(processes);
}

/*
 * List the names of each thread, in the order of their ids.
 */
static void
list_names_of_threads(Catalog *catalog)
{
	uint32		name_count = catalog->summary.name_count;
	uint32		next = 0;

	catalog->names_of_threads = MemoryContextAllocHuge(catalog->context,
													   sizeof(uint32) * (name_count + 1));
	for (uint32 i = 0; i < name_count; i++)
	{
		check_interrupts_at(i);
		catalog->threads[catalog->names[i].thread].name_count++;
	}
	for (uint32 i = 0; i < catalog->summary.thread_count; i++)
	{
		check_interrupts_at(i);
		catalog->threads[i].first_name = next;
		next += catalog->threads[i].name_count;
		catalog->threads[i].name_count = 0;
	}
	for (uint32 i = 0; i < name_count; i++)
	{
		CatalogThread *thread = &catalog->threads[catalog->names[i].thread];

		check_interrupts_at(i);
		catalog->names_of_threads[thread->first_name + thread->name_count++] = i;
	}
}

/*
 * A text as a name of a process.
 */
typedef struct ProcessName
{
	uint32		process;
	uint32		text;
	uint32		name;			/* the first that it comes from */
} ProcessName;

static int
compare_process_names_by_text(const void *a, const void *b)
{
	const ProcessName *name_a = a;
	const ProcessName *name_b = b;
	int			order;

	check_interrupts_in_sort();
	order = compare_u64(name_a->process, name_b->process);
	if (order == 0)
		order = compare_u64(name_a->text, name_b->text);
	return order != 0 ? order : compare_u64(name_a->name, name_b->name);
}

static int
compare_process_names_by_appearance(const void *a, const void *b)
{
	const ProcessName *name_a = a;
	const ProcessName *name_b = b;
	int			order;

	check_interrupts_in_sort();
	order = compare_u64(name_a->process, name_b->process);
	return order != 0 ? order : compare_u64(name_a->name, name_b->name);
}

/*
 * List the names of each process: the union of its threads', in the order
 * first seen.
 */
static void
list_names_of_processes(Catalog *catalog)
{
	uint32		name_count = catalog->summary.name_count;
	uint32		count = 0;
	ProcessName *names = MemoryContextAllocHuge(CurrentMemoryContext,
												sizeof(ProcessName) * (name_count + 1));

	for (uint32 i = 0; i < name_count; i++)
	{
		check_interrupts_at(i);
		names[i].process = catalog->threads[catalog->names[i].thread].process;
		names[i].text = catalog->names[i].text;
		names[i].name = i;
	}
	qsort(names, name_count, sizeof(ProcessName), compare_process_names_by_text);
	for (uint32 i = 0; i < name_count; i++)
	{
		if (count == 0 || names[count - 1].process != names[i].process ||
			names[count - 1].text != names[i].text)
			names[count++] = names[i];
	}
	qsort(names, count, sizeof(ProcessName), compare_process_names_by_appearance);

	catalog->names_of_processes = MemoryContextAllocHuge(catalog->context,
														 sizeof(uint32) * (count + 1));
	catalog->names_of_processes_count = count;
	for (uint32 i = 0; i < count; i++)
	{
		CatalogProcess *process = &catalog->processes[names[i].process];

		if (process->name_count++ == 0)
			process->first_name = i;
		catalog->names_of_processes[i] = names[i].text;
	}
	pfree(names);
}

/*
 * Mappings by what makes them the same, then by order of appearance.
 */
static int
compare_mapping_content(const CatalogMapping *a, const CatalogMapping *b)
{
	int			order = compare_u64(a->process, b->process);

	if (order == 0)
		order = compare_u64(a->has_asid, b->has_asid);
	if (order == 0)
		order = compare_u64(a->asid, b->asid);
	if (order == 0)
		order = compare_u64(a->name, b->name);
	if (order == 0)
		order = compare_u64(a->path, b->path);
	if (order == 0)
		order = compare_u64(a->has_base_address, b->has_base_address);
	if (order == 0)
		order = compare_u64(a->base_address, b->base_address);
	if (order == 0)
		order = compare_u64(a->has_size, b->has_size);
	if (order == 0)
		order = compare_u64(a->size, b->size);
	return order;
}

static int
compare_mappings(const void *a, const void *b, void *mappings)
{
	uint32		index_a = *(const uint32 *) a;
	uint32		index_b = *(const uint32 *) b;
	int			order;

	check_interrupts_in_sort();
	order = compare_mapping_content((const CatalogMapping *) mappings + index_a,
									(const CatalogMapping *) mappings + index_b);
	return order != 0 ? order : compare_u64(index_a, index_b);
}

/*
 * Turn the mappings of threads into those of processes: the first of equal
 * ones stays, with the span of all.
 */
static void
merge_mappings(Catalog *catalog)
{
	CatalogMapping *mappings = catalog->mappings;
	uint32		count = catalog->summary.mapping_count;
	uint32	   *sorted = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(uint32) * (count + 1));
	bool	   *is_repeated = MemoryContextAllocHuge(CurrentMemoryContext, count + 1);
	uint32		kept = 0;
	uint32		first = 0;

	memset(is_repeated, 0, count + 1);
	for (uint32 i = 0; i < count; i++)
	{
		check_interrupts_at(i);
		mappings[i].process = catalog->threads[mappings[i].process].process;
		sorted[i] = i;
	}
	qsort_arg(sorted, count, sizeof(uint32), compare_mappings, mappings);
	for (uint32 i = 1; i < count; i++)
	{
		CatalogMapping *mapping = &mappings[sorted[i]];
		CatalogMapping *first_mapping = &mappings[sorted[first]];

		check_interrupts_at(i);
		if (compare_mapping_content(first_mapping, mapping) != 0)
		{
			first = i;
			continue;
		}
		is_repeated[sorted[i]] = true;
		first_mapping->span.first = Min(first_mapping->span.first, mapping->span.first);
		first_mapping->span.last = Max(first_mapping->span.last, mapping->span.last);
	}
	for (uint32 i = 0; i < count; i++)
	{
		if (!is_repeated[i])
			mappings[kept++] = mappings[i];
	}
	catalog->summary.mapping_count = kept;
	pfree(sorted);
	pfree(is_repeated);
}

/*
 * Number the slices, and tell every chunk how its last slice from a proc_trace
 * ends.  So far each chunk knows how its own first proc_trace starts.
 */
static void
number_slices(Catalog *catalog)
{
	CatalogChunk next;

	catalog->summary.slices_from_proc_trace =
		catalog->summary.messages[CATALOG_ASID_INFO] == 0 && !catalog->summary.form.entries_2016;
	for (uint64 i = 0; i < catalog->summary.chunk_count; i++)
	{
		CatalogChunk *chunk = &catalog->chunks[i];

		if (catalog->summary.slices_from_proc_trace)
			chunk->slices = chunk->messages[CATALOG_PROC_TRACE];
		chunk->first_slice = catalog->summary.slice_count;
		catalog->summary.slice_count += chunk->slices;
	}

	memset(&next, 0, sizeof(next));
	for (uint64 i = catalog->summary.chunk_count; i-- > 0;)
	{
		CatalogChunk own = catalog->chunks[i];

		catalog->chunks[i].has_next_trace = next.has_next_trace;
		catalog->chunks[i].knows_next_trace_start = next.knows_next_trace_start;
		catalog->chunks[i].next_trace_start = next.next_trace_start;
		if (own.has_next_trace)
			next = own;
	}
}

/* A thing and how many system calls are its. */
typedef struct CountedThing
{
	uint32		index;
	uint64		syscalls;
} CountedThing;

static int
compare_counted_things(const void *a, const void *b)
{
	const CountedThing *thing_a = a;
	const CountedThing *thing_b = b;

	check_interrupts_in_sort();
	if (thing_a->syscalls != thing_b->syscalls)
		return compare_u64(thing_b->syscalls, thing_a->syscalls);
	return compare_u64(thing_a->index, thing_b->index);
}

/*
 * Bring the most common of some things to the front.  Returns how many of them
 * have system calls at all.
 */
static uint32
sort_by_syscalls(CountedThing *things, uint32 count)
{
	uint32		counted = 0;

	for (uint32 i = 0; i < count; i++)
	{
		if (things[i].syscalls > 0)
			things[counted++] = things[i];
	}
	qsort(things, counted, sizeof(CountedThing), compare_counted_things);
	return counted;
}

/*
 * Note the most common names of system calls.  Longer ones than there is room
 * for are not there.
 */
static void
find_common_names(Catalog *catalog, CountedThing *things)
{
	CatalogSpread *spread = &catalog->summary.spread;

	for (uint32 i = 0; i < catalog->text_count; i++)
	{
		things[i].index = i;
		things[i].syscalls = catalog->texts[i].syscalls;
	}
	spread->name_count = sort_by_syscalls(things, catalog->text_count);
	for (uint32 i = 0; i < spread->name_count && spread->common_name_count < CATALOG_COMMON; i++)
	{
		const CatalogText *text = &catalog->texts[things[i].index];
		CatalogCommonText *common = &spread->common_names[spread->common_name_count];

		if (text->length >= CATALOG_COMMON_TEXT)
			continue;
		memcpy(common->text, catalog->pool + text->offset, text->length);
		common->syscalls = text->syscalls;
		spread->common_name_count++;
	}
}

static void
find_common_threads(Catalog *catalog, CountedThing *things)
{
	CatalogSpread *spread = &catalog->summary.spread;
	uint32		count = catalog->summary.thread_count;
	uint32		counted;

	for (uint32 i = 0; i < count; i++)
	{
		things[i].index = i;
		things[i].syscalls = catalog->threads[i].syscalls;
	}
	counted = sort_by_syscalls(things, count);
	spread->common_thread_count = Min(counted, CATALOG_COMMON);
	for (uint32 i = 0; i < spread->common_thread_count; i++)
	{
		spread->common_threads[i].value = things[i].index;
		spread->common_tids[i].value = catalog->threads[things[i].index].key.tid;
		spread->common_threads[i].syscalls = spread->common_tids[i].syscalls = things[i].syscalls;
	}
}

static void
find_common_processes(Catalog *catalog, CountedThing *things)
{
	CatalogSpread *spread = &catalog->summary.spread;
	uint32		count = catalog->summary.process_count;
	uint32		counted;

	for (uint32 i = 0; i < count; i++)
	{
		things[i].index = i;
		things[i].syscalls = 0;
	}
	for (uint32 i = 0; i < catalog->summary.thread_count; i++)
		things[catalog->threads[i].process].syscalls += catalog->threads[i].syscalls;
	counted = sort_by_syscalls(things, count);
	spread->common_process_count = Min(counted, CATALOG_COMMON);
	for (uint32 i = 0; i < spread->common_process_count; i++)
	{
		spread->common_processes[i].value = things[i].index;
		spread->common_pids[i].value = catalog->processes[things[i].index].pid.value;
		spread->common_processes[i].syscalls = spread->common_pids[i].syscalls = things[i].syscalls;
	}
}

/*
 * Find out how the values of system calls are spread.
 */
static void
find_spread(Catalog *catalog)
{
	uint32		most = Max(catalog->text_count, catalog->summary.thread_count);
	CountedThing *things = MemoryContextAllocHuge(CurrentMemoryContext,
												  sizeof(CountedThing) * ((Size) most + 1));

	find_common_names(catalog, things);
	find_common_threads(catalog, things);
	find_common_processes(catalog, things);
	pfree(things);
}

void
catalog_finish(Catalog *catalog)
{
	for (uint64 i = 0; i < catalog->summary.chunk_count; i++)
	{
		for (int kind = 0; kind < CATALOG_KINDS; kind++)
			catalog->summary.messages[kind] += catalog->chunks[i].messages[kind];
		catalog->summary.argument_count += catalog->chunks[i].arguments;
	}
	number_slices(catalog);
	make_processes(catalog);
	find_parents(catalog);
	list_names_of_threads(catalog);
	list_names_of_processes(catalog);
	merge_mappings(catalog);
	find_spread(catalog);
}
