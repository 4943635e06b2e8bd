/*-------------------------------------------------------------------------
 *
 * catalog.c
 *		Looking things up in a catalog, and the catalogs a backend keeps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "catalog/catalog.h"

/* A backend keeps this many catalogs besides those in use. */
#define MAX_UNUSED_CATALOGS		8

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
	return catalog_hash(key->create_time + ((uint64) key->tid << 32) + key->pid);
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
	PlogIdentity identity;
	uint32		checksum;
	bool		recover;
	int			users;
	Catalog    *catalog;
} KeptCatalog;

/* What gives a catalog back when its user's memory context goes. */
typedef struct UserCallback
{
	MemoryContextCallback callback;
	KeptCatalog *kept;
} UserCallback;

static dlist_head kept_catalogs = DLIST_STATIC_INIT(kept_catalogs);

void
catalog_hash_thread(Catalog *catalog, const CatalogThreadKey *key, uint32 thread)
{
	bool		found;

	if (catalog->thread_hash == NULL)
		catalog->thread_hash = thread_create(catalog->context, 256, NULL);
	thread_insert(catalog->thread_hash, *key, &found)->index = thread;
	Assert(!found);
}

uint32
catalog_find_thread(const Catalog *catalog, const CatalogThreadKey *key)
{
	ThreadEntry *entry = NULL;

	if (catalog->thread_hash != NULL)
		entry = thread_lookup(catalog->thread_hash, *key);
	return entry == NULL ? CATALOG_NONE : entry->index;
}

CatalogThreadKey
catalog_key_of_syscall(const PlogSyscall *syscall)
{
	return catalog_thread_key(PLOG_HAS(syscall, PLOG_SYSCALL_TID), syscall->tid,
							  PLOG_HAS(syscall, PLOG_SYSCALL_CREATE_TIME), syscall->create_time,
							  PLOG_HAS(syscall, PLOG_SYSCALL_PID), syscall->pid);
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
 * Is this the catalog of that state of that file?
 */
static bool
is_catalog_of(const KeptCatalog *kept, const PlogFile *file)
{
	return kept->checksum == file->reader.checksum && kept->recover == file->recover &&
		memcmp(&kept->identity, &file->reader.identity, sizeof(PlogIdentity)) == 0;
}

static KeptCatalog *
find_kept_catalog(const PlogFile *file)
{
	dlist_iter	iter;

	dlist_foreach(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if (is_catalog_of(kept, file))
			return kept;
	}
	return NULL;
}

/*
 * Forget the catalogs that were not used for longest.
 */
static void
forget_unused_catalogs(void)
{
	dlist_mutable_iter iter;
	int			unused = 0;

	dlist_foreach_modify(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if (kept->users > 0 || ++unused <= MAX_UNUSED_CATALOGS)
			continue;
		dlist_delete(&kept->node);
		MemoryContextDelete(kept->catalog->context);
		pfree(kept);
	}
}

static void
give_back_catalog(void *kept)
{
	((KeptCatalog *) kept)->users--;
}

const Catalog *
catalog_of(PlogFile *file)
{
	KeptCatalog *kept = find_kept_catalog(file);
	UserCallback *user;

	if (kept == NULL)
	{
		Catalog    *catalog;

		forget_unused_catalogs();
		catalog = catalog_build(file, TopMemoryContext);
		kept = MemoryContextAllocZero(TopMemoryContext, sizeof(KeptCatalog));
		kept->identity = file->reader.identity;
		kept->checksum = file->reader.checksum;
		kept->recover = file->recover;
		kept->catalog = catalog;
		dlist_push_head(&kept_catalogs, &kept->node);
	}
	else
		dlist_move_head(&kept_catalogs, &kept->node);

	user = palloc(sizeof(UserCallback));
	user->callback.func = give_back_catalog;
	user->callback.arg = kept;
	user->kept = kept;
	kept->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &user->callback);
	return kept->catalog;
}

const Catalog *
catalog_kept_of(const PlogIdentity *identity, bool recover)
{
	dlist_iter	iter;

	dlist_foreach(iter, &kept_catalogs)
	{
		KeptCatalog *kept = dlist_container(KeptCatalog, node, iter.cur);

		if (kept->recover == recover &&
			memcmp(&kept->identity, identity, sizeof(PlogIdentity)) == 0)
			return kept->catalog;
	}
	return NULL;
}

char *
catalog_form_text(const Catalog *catalog)
{
	StringInfoData text;

	initStringInfo(&text);
	if (catalog->form.asid_info_2018)
		appendStringInfoString(&text, "AsidInfo before September 2020, ");
	if (catalog->form.arguments_2020)
		appendStringInfoString(&text, "SyscallArg before December 2020, ");
	if (catalog->form.loaded_libs_2020)
		appendStringInfoString(&text, "LoadedLibs before April 2021, ");
	if (text.len == 0)
		return pstrdup("today's");
	text.data[text.len - 2] = '\0';
	return text.data;
}
