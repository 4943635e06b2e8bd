/*-------------------------------------------------------------------------
 *
 * soundness.c
 *		Is a catalog one that the backend can rely on?
 *
 * Nothing in a file is trusted.  Its checksums reveal damage; but somebody may
 * also write a file with right checksums and wrong contents.  So everything that
 * other code relies on is checked: every index that is followed, every length,
 * every text that becomes a value, every bool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "catalog/store/soundness.h"

/*
 * Is it a valid bool?  Reading any other byte as a bool is undefined.
 */
static inline bool
is_bool(const bool *value)
{
	return *(const unsigned char *) value <= 1;
}

static bool
indexes_are_below(const uint32 *indexes, uint64 count, uint32 limit)
{
	for (uint64 i = 0; i < count; i++)
	{
		if (indexes[i] >= limit)
			return false;
	}
	return true;
}

static inline bool
run_is_within(const CatalogRun *run, uint64 count)
{
	return run->first <= count && run->count <= count - run->first;
}

static inline bool
text_or_none_is_below(uint32 text, uint32 limit)
{
	return text == CATALOG_NONE || text < limit;
}

/*
 * Do the lists of common values fit into their arrays, and are the texts
 * terminated and valid in the database encoding?
 */
static bool
spread_is_sound(const CatalogSpread *spread)
{
	if (spread->common_name_count > CATALOG_COMMON ||
		spread->common_thread_count > CATALOG_COMMON ||
		spread->common_process_count > CATALOG_COMMON)
		return false;
	for (uint32 i = 0; i < spread->common_name_count; i++)
	{
		const char *text = spread->common_names[i].text;
		Size		length = strnlen(text, CATALOG_COMMON_TEXT);

		if (length == CATALOG_COMMON_TEXT ||
			!pg_verify_mbstr(GetDatabaseEncoding(), text, (int) length, true))
			return false;
	}
	return true;
}

bool
catalog_summary_is_sound(const CatalogSummary *summary)
{
	return spread_is_sound(&summary->spread) &&
		summary->guest > GUEST_AUTO && summary->guest < GUESTS &&
		summary->entries.quantiles.count <= CATALOG_QUANTILES &&
		summary->syscalls.quantiles.count <= CATALOG_QUANTILES &&
		is_bool(&summary->form.asid_info_2018) && is_bool(&summary->form.arguments_2020) &&
		is_bool(&summary->form.loaded_libs_2020) && is_bool(&summary->form.entries_2016) &&
		is_bool(&summary->slices_from_proc_trace) &&
		is_bool(&summary->has_call_groups) && is_bool(&summary->has_odd_syscalls) &&
		is_bool(&summary->has_slice_sums) &&
		is_bool(&summary->entries.are_sorted) && is_bool(&summary->syscalls.are_sorted);
}

/*
 * Is it a key that catalog_thread_key() can make?
 */
static bool
key_is_sound(const CatalogThreadKey *key)
{
	CatalogThreadKey made;

	if (!is_bool(&key->has_tid) || !is_bool(&key->has_create_time) || !is_bool(&key->has_pid))
		return false;
	made = catalog_thread_key(key->has_tid, key->tid, key->has_create_time, key->create_time,
							  key->has_pid, key->pid);
	return memcmp(&made, key, sizeof(made)) == 0;
}

/*
 * Are the means of slices within the bounds of what is summed, and are there no more of
 * them than are left, from which they are taken?
 */
static bool
take_slice_sums(const CatalogSliceSums *sums, uint64 *left)
{
	const int64 most = CATALOG_SUMMED_OFFSET;
	int64		slices = (int64) sums->slices;

	if (sums->slices > *left || slices < 0)
		return false;
	*left -= sums->slices;
	if (slices == 0)
		return sums->starts == 0 && sums->ends == 0;
	return sums->starts / slices <= most && sums->starts / slices >= -most &&
		sums->ends / slices <= most && sums->ends / slices >= -most;
}

static bool
slice_sums_are_sound(const Catalog *catalog)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		left = summary->has_slice_sums ? summary->slice_count : 0;

	for (uint32 i = 0; i < summary->thread_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!take_slice_sums(&catalog->threads[i].ran, &left) ||
			!take_slice_sums(&catalog->threads[i].listed, &left))
			return false;
	}
	return left == 0 && !(summary->has_slice_sums && summary->slices_from_proc_trace);
}

static bool
threads_are_sound(const Catalog *catalog)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		next_name = 0;

	for (uint32 i = 0; i < summary->thread_count; i++)
	{
		const CatalogThread *thread = &catalog->threads[i];

		CHECK_FOR_INTERRUPTS();
		if (!key_is_sound(&thread->key) || thread->process >= summary->process_count ||
			thread->first_name != next_name ||
			(thread->first_listed != CATALOG_NOWHERE &&
			 (thread->first_listed < thread->first_entry ||
			  thread->first_listed >= summary->entry_count)))
			return false;
		next_name += thread->name_count;
		if (next_name > summary->name_count)
			return false;
	}
	return next_name == summary->name_count &&
		indexes_are_below(catalog->names_of_threads, summary->name_count, summary->name_count);
}

static bool
processes_are_sound(const Catalog *catalog)
{
	uint32		names = catalog->names_of_processes_count;

	for (uint32 i = 0; i < catalog->summary.process_count; i++)
	{
		const CatalogProcess *process = &catalog->processes[i];

		CHECK_FOR_INTERRUPTS();
		if (!is_bool(&process->has_create_time) || process->first_name > names ||
			process->name_count > names - process->first_name ||
			(process->parent != CATALOG_NONE &&
			 (process->parent >= catalog->summary.process_count || process->parent == i)))
			return false;
	}
	return indexes_are_below(catalog->names_of_processes, names, catalog->text_count);
}

static bool
names_are_sound(const Catalog *catalog)
{
	for (uint32 i = 0; i < catalog->summary.name_count; i++)
	{
		const CatalogName *name = &catalog->names[i];

		if (name->thread >= catalog->summary.thread_count || name->text >= catalog->text_count)
			return false;
	}
	return true;
}

static bool
mappings_are_sound(const Catalog *catalog)
{
	for (uint32 i = 0; i < catalog->summary.mapping_count; i++)
	{
		const CatalogMapping *mapping = &catalog->mappings[i];

		if (mapping->process >= catalog->summary.process_count ||
			!text_or_none_is_below(mapping->name, catalog->text_count) ||
			!text_or_none_is_below(mapping->path, catalog->text_count) ||
			!is_bool(&mapping->has_asid) || !is_bool(&mapping->has_base_address) ||
			!is_bool(&mapping->has_size))
			return false;
	}
	return true;
}

/*
 * Is each code point within its mapping, and does code_points_by_place have each
 * of them once and in order?
 */
static bool
code_points_are_sound(const Catalog *catalog)
{
	uint32		count = catalog->summary.code_point_count;
	const CatalogCodePoint *before = NULL;

	if (!indexes_are_below(catalog->code_points_by_place, count, count))
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		const CatalogCodePoint *point = &catalog->code_points[catalog->code_points_by_place[i]];
		const CatalogMapping *mapping;

		CHECK_FOR_INTERRUPTS();
		if (point->mapping >= catalog->summary.mapping_count)
			return false;
		mapping = &catalog->mappings[point->mapping];
		if (!mapping->has_base_address || !mapping->has_size || point->offset >= mapping->size ||
			(before != NULL && catalog_compare_code_points(before, point) >= 0))
			return false;
		before = point;
	}
	return true;
}

/*
 * Are the texts inside the pool, and valid in the database encoding?
 */
static bool
texts_are_sound(const Catalog *catalog)
{
	int			encoding = GetDatabaseEncoding();

	for (uint32 i = 0; i < catalog->text_count; i++)
	{
		const CatalogText *text = &catalog->texts[i];

		CHECK_FOR_INTERRUPTS();
		if (text->offset > catalog->pool_bytes ||
			text->length > catalog->pool_bytes - text->offset || text->length > PG_INT32_MAX ||
			!pg_verify_mbstr(encoding, catalog->pool + text->offset, (int) text->length, true))
			return false;
	}
	return true;
}

static bool
chunk_is_sound(const Catalog *catalog, const CatalogChunk *chunk, uint64 entries)
{
	for (int kind = 0; kind < CATALOG_KINDS; kind++)
	{
		if (chunk->messages[kind] > entries)
			return false;
	}
	return is_bool(&chunk->has_other_kinds) && is_bool(&chunk->has_odd_syscalls) &&
		is_bool(&chunk->has_mixed_syscalls) && is_bool(&chunk->next_trace.exists) &&
		is_bool(&chunk->next_trace.has_start) &&
		run_is_within(&chunk->syscall_threads, catalog->threads_of_chunks_count) &&
		run_is_within(&chunk->slice_threads, catalog->threads_of_chunks_count) &&
		run_is_within(&chunk->syscall_names, catalog->names_of_chunks_count);
}

static bool
entries_are_within(const CatalogSpan *entries, uint64 count)
{
	return catalog_span_is_empty(entries) || entries->last < count;
}

/*
 * Are the chunks those of the log, and are the totals in the summary right?
 */
static bool
chunks_are_sound(const Catalog *catalog, const PlogReader *reader)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		messages[CATALOG_KINDS] = {0};
	uint64		arguments = 0;
	uint64		slices = 0;
	bool		has_odd_syscalls = false;

	if (summary->chunk_count != reader->chunk_count || summary->entry_count != reader->entry_count)
		return false;
	for (uint64 i = 0; i < summary->chunk_count; i++)
	{
		const CatalogChunk *chunk = &catalog->chunks[i];

		CHECK_FOR_INTERRUPTS();
		if (!chunk_is_sound(catalog, chunk, reader->chunks[i].entries) ||
			chunk->first_slice != slices ||
			chunk->slices > summary->slice_count - slices ||
			chunk->arguments > summary->argument_count - arguments)
			return false;
		has_odd_syscalls |= chunk->has_odd_syscalls;
		slices += chunk->slices;
		arguments += chunk->arguments;
		for (int kind = 0; kind < CATALOG_KINDS; kind++)
			messages[kind] += chunk->messages[kind];
	}
	return entries_are_within(&summary->entries.span, summary->entry_count) &&
		entries_are_within(&summary->flow_entries, summary->entry_count) &&
		entries_are_within(&summary->syscalls.span, summary->entry_count) &&
		has_odd_syscalls == summary->has_odd_syscalls &&
		slices == summary->slice_count && arguments == summary->argument_count &&
		memcmp(messages, summary->messages, sizeof(messages)) == 0 &&
		!(summary->form.entries_2016 && messages[CATALOG_ASID_INFO] > 0) &&
		summary->slices_from_proc_trace ==
		(messages[CATALOG_ASID_INFO] == 0 && !summary->form.entries_2016) &&
		indexes_are_below(catalog->threads_of_chunks, catalog->threads_of_chunks_count,
						  summary->thread_count) &&
		indexes_are_below(catalog->names_of_chunks, catalog->names_of_chunks_count,
						  catalog->text_count);
}

/*
 * Is a group of a thread, a name and a result, or of none, and has it no more calls
 * than are left?
 */
static bool
call_group_is_sound(const Catalog *catalog, const CatalogCallGroup *group, uint64 left)
{
	return (group->thread == CATALOG_NONE || group->thread < catalog->summary.thread_count) &&
		text_or_none_is_below(group->name, catalog->text_count) &&
		group->result < CATALOG_RESULTS && group->calls > 0 && group->calls <= left &&
		group->least <= group->greatest;
}

/*
 * Are the numbers of calls by thread and by name what the groups add up to?
 */
static bool
call_sums_are_sound(const Catalog *catalog, const uint64 *of_threads, const uint64 *of_names)
{
	for (uint32 i = 0; i < catalog->summary.thread_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (of_threads[i] != catalog->threads[i].syscalls)
			return false;
	}
	for (uint32 i = 0; i < catalog->text_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (of_names[i] != catalog->texts[i].syscalls)
			return false;
	}
	return true;
}

static bool
call_groups_are_sound(const Catalog *catalog)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		left = summary->messages[CATALOG_SYSCALL];
	uint64	   *of_threads;
	uint64	   *of_names;
	bool		is_sound = true;

	if (!summary->has_call_groups)
		return summary->call_group_count == 0;
	of_threads = MemoryContextAllocHuge(CurrentMemoryContext,
										sizeof(uint64) * ((Size) summary->thread_count + 1));
	of_names = MemoryContextAllocHuge(CurrentMemoryContext,
									  sizeof(uint64) * ((Size) catalog->text_count + 1));
	memset(of_threads, 0, sizeof(uint64) * ((Size) summary->thread_count + 1));
	memset(of_names, 0, sizeof(uint64) * ((Size) catalog->text_count + 1));
	for (uint32 i = 0; i < summary->call_group_count && is_sound; i++)
	{
		const CatalogCallGroup *group = &catalog->call_groups[i];

		CHECK_FOR_INTERRUPTS();
		is_sound = call_group_is_sound(catalog, group, left);
		if (!is_sound)
			break;
		left -= group->calls;
		if (group->thread != CATALOG_NONE)
			of_threads[group->thread] += group->calls;
		if (group->name != CATALOG_NONE)
			of_names[group->name] += group->calls;
	}
	is_sound = is_sound && left == 0 && call_sums_are_sound(catalog, of_threads, of_names);
	pfree(of_threads);
	pfree(of_names);
	return is_sound;
}

/*
 * Is the number of entries that were read right?  Only "recover" skips malformed
 * ones.
 */
static bool
entries_are_sound(const Catalog *catalog, const PlogFile *file)
{
	const CatalogKindCounts *kinds = &catalog->summary.kinds;
	uint64		entries = 0;
	uint64		of_kinds = kinds->others;

	/* numbers that wrap around are told by what they are compared to */
	for (int i = 0; i < CATALOG_LISTED_KINDS; i++)
	{
		if (kinds->listed[i] > catalog->summary.entries_read)
			return false;
		of_kinds += kinds->listed[i];
	}
	if (kinds->others > catalog->summary.entries_read ||
		kinds->uncertain > catalog->summary.entries_read ||
		of_kinds != catalog->summary.entries_read)
		return false;
	for (uint64 i = 0; i < file->reader.chunk_count; i++)
		entries += file->reader.chunks[i].entries;
	return file->recover ? catalog->summary.entries_read <= entries :
		catalog->summary.entries_read == entries;
}

/*
 * Is the guest one that decide_guest() returns, and does it fit the names of the
 * calls?
 */
static bool
guest_is_sound(const Catalog *catalog)
{
	switch (catalog->summary.guest)
	{
		case GUEST_X86_64:
		case GUEST_I386:
		case GUEST_MIPS:
			return !catalog_has_windows_calls(catalog);
		case GUEST_WINDOWS_32:
		case GUEST_WINDOWS_64:
			return catalog_has_windows_calls(catalog);
		default:
			return false;
	}
}

bool
catalog_is_sound(const Catalog *catalog, const PlogFile *file)
{
	return catalog_summary_is_sound(&catalog->summary) && threads_are_sound(catalog) &&
		slice_sums_are_sound(catalog) &&
		processes_are_sound(catalog) && names_are_sound(catalog) &&
		mappings_are_sound(catalog) && code_points_are_sound(catalog) &&
		texts_are_sound(catalog) && guest_is_sound(catalog) &&
		chunks_are_sound(catalog, &file->reader) && call_groups_are_sound(catalog) && entries_are_sound(catalog, file);
}
