/*-------------------------------------------------------------------------
 *
 * spread.c
 *		The most common names, threads and processes of system calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/spread.h"
#include "catalog/sorting.h"

/* A text, thread or process, and how many system calls it has. */
typedef struct CountedThing
{
	uint32		index;
	uint64		syscalls;
} CountedThing;

/*
 * By descending number of system calls.
 */
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
 * Sort the things that have system calls, and move them to the front.  Returns
 * their number.
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
 * Names that are too long for a CatalogCommonText are left out.
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

void
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
