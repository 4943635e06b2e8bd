/*-------------------------------------------------------------------------
 *
 * catalog.c
 *		Looking things up in a catalog, and the catalogs a backend keeps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "catalog/catalog.h"
#include "catalog/store/store.h"

/*
 * A backend keeps this many catalogs besides those in use, of together so many
 * bytes; the last one whatever its size.
 */
#define MAX_UNUSED_CATALOGS		8
#define MAX_UNUSED_BYTES		((Size) 256 * 1024 * 1024)

/* A statement remembers what it found on disk of so many logs. */
#define MAX_PEEKS				8

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

/* A catalog that the backend keeps. */
typedef struct KeptCatalog
{
	dlist_node	node;			/* in kept_catalogs, the last used first */
	CatalogKey	key;
	int			users;
	Size		bytes;			/* that the catalog takes */
	Catalog    *catalog;
} KeptCatalog;

/* What gives a catalog back when its user's memory context goes. */
typedef struct UserCallback
{
	MemoryContextCallback callback;
	KeptCatalog *kept;
} UserCallback;

static dlist_head kept_catalogs = DLIST_STATIC_INIT(kept_catalogs);

/* What was found on disk of a log. */
typedef struct Peek
{
	TimestampTz statement;		/* when it was looked for */
	PlogIdentity identity;
	bool		recover;
	bool		is_found;
	CatalogSummary summary;
} Peek;

static Peek peeks[MAX_PEEKS];
static int	next_peek = 0;

uint64		catalog_seed_value = 0;

void
catalog_make_seed(void)
{
	/* where there is no randomness, something that is hard to guess serves */
	if (!pg_strong_random(&catalog_seed_value, sizeof(catalog_seed_value)))
		catalog_seed_value = catalog_mix((uint64) GetCurrentTimestamp() ^ (uint64) MyProcPid << 48);
	catalog_seed_value |= 1;
}

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
							  PLOG_HAS(thread, PLOG_FLOW_THREAD_CREATE_TIME) &&
							  thread->create_time != 0, thread->create_time,
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

/*
 * The key of an opened log's catalog.  Where its chunks are is a part of it,
 * for what "recover" finds depends on more than the file.
 */
static CatalogKey
key_of(const PlogFile *file)
{
	const PlogReader *reader = &file->reader;
	pg_crc32c	chunks;
	CatalogKey	key;

	INIT_CRC32C(chunks);
	if (reader->chunk_count > 0)
		COMP_CRC32C(chunks, reader->chunks, sizeof(PlogChunk) * reader->chunk_count);
	FIN_CRC32C(chunks);
	memset(&key, 0, sizeof(key));
	key.identity = reader->identity;
	key.recover = file->recover ? 1 : 0;
	key.checksum = reader->checksum;
	key.chunks_checksum = chunks;
	return key;
}

static KeptCatalog *
find_kept_catalog(const CatalogKey *key)
{
	dlist_iter	iter;

	dlist_foreach(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if (memcmp(&kept->key, key, sizeof(*key)) == 0)
			return kept;
	}
	return NULL;
}

static KeptCatalog *
keep_catalog(const CatalogKey *key, Catalog *catalog)
{
	KeptCatalog *kept = MemoryContextAllocZero(TopMemoryContext, sizeof(KeptCatalog));

	kept->key = *key;
	kept->catalog = catalog;
	kept->bytes = MemoryContextMemAllocated(catalog->context, true);
	dlist_push_head(&kept_catalogs, &kept->node);
	return kept;
}

/*
 * Forget the catalogs that were not used for longest.
 */
static void
forget_unused_catalogs(void)
{
	dlist_mutable_iter iter;
	int			unused = 0;
	Size		bytes = 0;

	dlist_foreach_modify(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if (kept->users > 0)
			continue;
		unused++;
		bytes += kept->bytes;
		if (unused == 1 || (unused <= MAX_UNUSED_CATALOGS && bytes <= MAX_UNUSED_BYTES))
			continue;
		dlist_delete(&kept->node);
		MemoryContextDelete(kept->catalog->context);
		pfree(kept);
	}
}

/*
 * A user's memory context goes.
 */
static void
give_back_catalog(void *kept)
{
	((KeptCatalog *) kept)->users--;
	forget_unused_catalogs();
}

/*
 * Keep the catalog that is on disk, if there is one.
 */
static KeptCatalog *
load_catalog(PlogFile *file, const CatalogKey *key)
{
	Catalog    *catalog = catalog_load(file, key, TopMemoryContext);

	if (catalog == NULL)
		return NULL;
	ereport(DEBUG1,
			(errmsg_internal("catalog of plog \"%s\" loaded from disk", file->filename)));
	return keep_catalog(key, catalog);
}

/*
 * Keep a new catalog.
 */
static KeptCatalog *
build_catalog(PlogFile *file, const CatalogKey *key)
{
	bool		may_be_saved = catalog_may_be_saved(key);
	KeptCatalog *kept = keep_catalog(key, catalog_build(file, TopMemoryContext));

	ereport(DEBUG1,
			(errmsg_internal("catalog of plog \"%s\" built", file->filename)));
	Assert(catalog_is_sound(kept->catalog, file));
	if (may_be_saved)
		catalog_save(kept->catalog, file, key);
	return kept;
}

/*
 * Let the current memory context use a catalog.
 */
static const Catalog *
use_catalog(KeptCatalog *kept)
{
	UserCallback *user = palloc(sizeof(UserCallback));

	dlist_move_head(&kept_catalogs, &kept->node);
	user->callback.func = give_back_catalog;
	user->callback.arg = kept;
	user->kept = kept;
	kept->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &user->callback);
	return kept->catalog;
}

const Catalog *
catalog_at_hand(PlogFile *file)
{
	CatalogKey	key = key_of(file);
	KeptCatalog *kept = find_kept_catalog(&key);

	if (kept == NULL)
		kept = load_catalog(file, &key);
	return kept == NULL ? NULL : use_catalog(kept);
}

const Catalog *
catalog_of(PlogFile *file)
{
	const Catalog *catalog = catalog_at_hand(file);
	CatalogKey	key;

	if (catalog != NULL)
		return catalog;
	key = key_of(file);
	return use_catalog(build_catalog(file, &key));
}

/*
 * What is on disk of a log, as the statement found it when it first looked.
 */
static const Peek *
peek_at_disk(const PlogIdentity *identity, bool recover)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	Peek	   *peek;

	for (int i = 0; i < MAX_PEEKS; i++)
	{
		peek = &peeks[i];
		if (peek->statement == statement && peek->recover == recover &&
			memcmp(&peek->identity, identity, sizeof(*identity)) == 0)
			return peek;
	}
	peek = &peeks[next_peek++ % MAX_PEEKS];
	peek->statement = statement;
	peek->identity = *identity;
	peek->recover = recover;
	peek->is_found = catalog_load_summary(identity, recover, &peek->summary);
	return peek;
}

bool
catalog_peek(const PlogIdentity *identity, bool recover, CatalogSummary *summary)
{
	const Peek *peek;
	dlist_iter	iter;

	dlist_foreach(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if ((kept->key.recover != 0) == recover &&
			memcmp(&kept->key.identity, identity, sizeof(*identity)) == 0)
		{
			*summary = kept->catalog->summary;
			return true;
		}
	}
	peek = peek_at_disk(identity, recover);
	if (peek->is_found)
		*summary = peek->summary;
	return peek->is_found;
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
