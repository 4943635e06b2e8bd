/*-------------------------------------------------------------------------
 *
 * finish.c
 *		Finishing a catalog: what only the whole log can tell.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/finish.h"
#include "catalog/build/processes.h"
#include "catalog/build/slice_sums.h"
#include "catalog/build/spread.h"
#include "catalog/sorting.h"

/*
 * Add up what the chunks have.
 */
static void
add_up_chunks(Catalog *catalog)
{
	CatalogSummary *summary = &catalog->summary;

	for (uint64 i = 0; i < summary->chunk_count; i++)
	{
		const CatalogChunk *chunk = &catalog->chunks[i];

		for (int kind = 0; kind < CATALOG_KINDS; kind++)
			summary->messages[kind] += chunk->messages[kind];
		summary->argument_count += chunk->arguments;
		summary->has_odd_syscalls |= chunk->has_odd_syscalls;
		merge_span(&summary->span, &chunk->entry_offsets.span);
	}
}

/*
 * Settle the order and the quantiles of the offsets of entries and system calls.
 */
static void
settle_offsets(Catalog *catalog, const RowOffsets *entries, const RowOffsets *syscalls)
{
	CatalogSummary *summary = &catalog->summary;
	CatalogOffsets all_entries = {{PLOG_UNKNOWN, 0}, 0};
	CatalogOffsets all_syscalls = all_entries;

	for (uint64 i = 0; i < summary->chunk_count; i++)
	{
		const CatalogChunk *chunk = &catalog->chunks[i];

		merge_span(&all_entries.span, &chunk->entry_offsets.span);
		merge_span(&all_syscalls.span, &chunk->syscall_offsets.span);
		all_entries.unknown += chunk->entry_offsets.unknown;
		all_syscalls.unknown += chunk->syscall_offsets.unknown;
	}
	summary->entries.are_sorted = entries->are_sorted && all_entries.unknown == 0;
	summary->syscalls.are_sorted = syscalls->are_sorted && all_syscalls.unknown == 0;
	find_quantiles(&entries->sample, &all_entries.span, &summary->entries.quantiles);
	find_quantiles(&syscalls->sample, &all_syscalls.span, &summary->syscalls.quantiles);
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

/* A text as the name of a process. */
typedef struct ProcessName
{
	uint32		process;
	uint32		text;
	uint32		name;			/* index of the name that it comes from */
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
 * List the names of each process: those of its threads, each once, in the order in
 * which they first appear.
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
 * Mappings of a process are the same if they differ in their spans only.
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

/*
 * Brings those that are the same together, in the order in which they appear.
 */
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
 * Turn the mappings of threads into mappings of processes.  Of those that are the
 * same the first one stays, with the span of all.
 */
static void
settle_mappings(Catalog *catalog)
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
		mappings[i].process = catalog->threads[catalog->unfinished.threads_of_mappings[i]].process;
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
		merge_span(&first_mapping->span, &mapping->span);
	}
	for (uint32 i = 0; i < count; i++)
	{
		if (!is_repeated[i])
			mappings[kept++] = mappings[i];
	}
	catalog->summary.mapping_count = kept;
	pfree(sorted);
	pfree(is_repeated);
	if (catalog->unfinished.threads_of_mappings != NULL)
		pfree(catalog->unfinished.threads_of_mappings);
	catalog->unfinished.threads_of_mappings = NULL;
}

/*
 * Number the slices, and find for every chunk the proc_trace that ends its last
 * slice: the first one of the later chunks.
 */
static void
settle_slices(Catalog *catalog)
{
	CatalogSummary *summary = &catalog->summary;
	CatalogTrace next;

	summary->slices_from_proc_trace =
		summary->messages[CATALOG_ASID_INFO] == 0 && !summary->form.entries_2016;
	for (uint64 i = 0; i < summary->chunk_count; i++)
	{
		CatalogChunk *chunk = &catalog->chunks[i];

		if (summary->slices_from_proc_trace)
			chunk->slices = chunk->messages[CATALOG_PROC_TRACE];
		chunk->first_slice = summary->slice_count;
		summary->slice_count += chunk->slices;
	}

	memset(&next, 0, sizeof(next));
	for (uint64 i = summary->chunk_count; i-- > 0;)
	{
		catalog->chunks[i].next_trace = next;
		if (catalog->unfinished.first_traces[i].exists)
			next = catalog->unfinished.first_traces[i];
	}
	pfree(catalog->unfinished.first_traces);
	catalog->unfinished.first_traces = NULL;
}

void
finish_catalog(Catalog *catalog, const PassFacts *facts)
{
	catalog->summary.form.entries_2016 = facts->forms.has_entries_2016;
	catalog->summary.guest = decide_guest(&facts->guest, catalog);
	add_up_chunks(catalog);
	settle_offsets(catalog, &facts->entries, &facts->syscalls);
	settle_slices(catalog);
	settle_slice_sums(catalog);
	make_processes(catalog);
	find_parents(catalog);
	list_names_of_threads(catalog);
	list_names_of_processes(catalog);
	settle_mappings(catalog);
	find_spread(catalog);
}
