/*-------------------------------------------------------------------------
 *
 * catalog.c
 *		Looking things up in a catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "catalog/catalog.h"

int			pandelephant_max_catalog_size = 1024 * 1024;

/* From a thread's key to its index. */
typedef struct ThreadEntry
{
	CatalogThreadKey key;
	uint32		index;
	char		status;
} ThreadEntry;

static inline uint32
hash_thread_key(const CatalogThreadKey *key)
{
	uint64		numbers = (uint64) key->tid << 32 | key->pid;

	return (uint32) catalog_mix(catalog_mix(numbers ^ catalog_seed()) ^ key->create_time);
}

#define SH_PREFIX thread
#define SH_ELEMENT_TYPE ThreadEntry
#define SH_KEY_TYPE CatalogThreadKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_thread_key(&(key))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), sizeof(CatalogThreadKey)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

void
catalog_hash_thread(Catalog *catalog, const CatalogThreadKey *key, uint32 thread)
{
	bool		found;

	if (catalog->thread_hash == NULL)
		catalog->thread_hash = thread_create(catalog->context, 256, NULL);
	thread_insert(catalog->thread_hash, *key, &found)->index = thread;
	Assert(!found);
}

bool
catalog_hash_threads(Catalog *catalog)
{
	uint32		count = catalog->summary.thread_count;
	bool		found;

	Assert(catalog->thread_hash == NULL);
	catalog->thread_hash = thread_create(catalog->context, Max(count, 16), NULL);
	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		thread_insert(catalog->thread_hash, catalog->threads[i].key, &found)->index = i;
		if (found)
			return false;
	}
	return true;
}

uint32
catalog_find_thread(const Catalog *catalog, const CatalogThreadKey *key)
{
	ThreadEntry *entry = NULL;

	if (catalog->thread_hash != NULL)
		entry = thread_lookup(catalog->thread_hash, *key);
	return entry == NULL ? CATALOG_NONE : entry->index;
}

uint32
catalog_find_flow_thread(const Catalog *catalog, const PlogFlowThread *thread)
{
	CatalogThreadKey key;

	if (!PLOG_HAS(thread, PLOG_FLOW_THREAD_PID))
		return CATALOG_NONE;
	key = catalog_key_of_flow_thread(thread);
	return catalog_find_thread(catalog, &key);
}

uint32
catalog_find_code_point(const Catalog *catalog, uint32 mapping, uint64 offset)
{
	const CatalogCodePoint wanted = {offset, mapping, 0};
	uint32		low = 0;
	uint32		high = catalog->summary.code_point_count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		uint32		index = catalog->code_points_by_place[middle];
		int			order = catalog_compare_code_points(&catalog->code_points[index], &wanted);

		if (order == 0)
			return index;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return CATALOG_NONE;
}

CatalogThreadKey
catalog_key_of_flow_thread(const PlogFlowThread *thread)
{
	return catalog_thread_key(PLOG_HAS(thread, PLOG_FLOW_THREAD_TID), thread->tid,
							  PLOG_HAS(thread, PLOG_FLOW_THREAD_CREATE_TIME), thread->create_time,
							  PLOG_HAS(thread, PLOG_FLOW_THREAD_PID), thread->pid);
}

CatalogThreadKey
catalog_key_of_asid_info(const PlogAsidInfo *info, bool has_tid, uint32 tid)
{
	return catalog_thread_key(has_tid, tid,
							  PLOG_HAS(info, PLOG_ASID_INFO_CREATE_TIME), info->create_time,
							  PLOG_HAS(info, PLOG_ASID_INFO_PID), info->pid);
}

CatalogThreadKey
catalog_key_of_proc_trace(const PlogProcTrace *trace)
{
	return catalog_thread_key(PLOG_HAS(trace, PLOG_PROC_TRACE_TID), trace->tid,
							  PLOG_HAS(trace, PLOG_PROC_TRACE_CREATE_TIME), trace->create_time,
							  PLOG_HAS(trace, PLOG_PROC_TRACE_PID), trace->pid);
}

CatalogThreadKey
catalog_key_of_loaded_libs(const PlogLoadedLibs *libs)
{
	return catalog_thread_key(PLOG_HAS(libs, PLOG_LOADED_LIBS_TID), libs->tid,
							  PLOG_HAS(libs, PLOG_LOADED_LIBS_CREATE_TIME), libs->create_time,
							  PLOG_HAS(libs, PLOG_LOADED_LIBS_PID), libs->pid);
}

bool
catalog_has_windows_calls(const Catalog *catalog)
{
	for (uint32 i = 0; i < catalog->text_count; i++)
	{
		const CatalogText *text = &catalog->texts[i];

		/* letters of ASCII are the same bytes in every encoding of a database */
		PlogBytes	name = {(const uint8_t *) catalog->pool + text->offset, text->length};

		CHECK_FOR_INTERRUPTS();
		if (text->syscalls > 0 && call_is_of_windows(name))
			return true;
	}
	return false;
}

char *
catalog_form_text(const CatalogSummary *summary)
{
	StringInfoData text;

	initStringInfo(&text);
	if (summary->form.entries_2016)
		appendStringInfoString(&text, "LogEntry before June 2018, ");
	if (summary->form.asid_info_2018)
		appendStringInfoString(&text, "AsidInfo before September 2020, ");
	if (summary->form.arguments_2020)
		appendStringInfoString(&text, "SyscallArg before December 2020, ");
	if (summary->form.loaded_libs_2020)
		appendStringInfoString(&text, "LoadedLibs before April 2021, ");
	if (text.len == 0)
		return pstrdup("today's");
	text.data[text.len - 2] = '\0';
	return text.data;
}
