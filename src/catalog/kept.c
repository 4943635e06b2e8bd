/*-------------------------------------------------------------------------
 *
 * kept.c
 *		The catalogs that a backend has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/ilist.h"
#include "port/pg_crc32c.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "catalog/build/build.h"
#include "catalog/kept.h"
#include "catalog/store/soundness.h"

/*
 * How many catalogs a backend keeps that nobody uses, and how many bytes they may
 * take together.  The one that was used last is kept whatever its size.
 */
#define MAX_UNUSED_CATALOGS		8
#define MAX_UNUSED_BYTES		((Size) 256 * 1024 * 1024)

/* A statement remembers the summaries of this many logs on disk. */
#define MAX_PEEKS				8

/* A catalog that the backend has. */
typedef struct KeptCatalog
{
	dlist_node	node;			/* in kept_catalogs */
	CatalogKey	key;
	int			users;			/* memory contexts that use the catalog */
	Size		bytes;			/* that the catalog takes */
	Catalog    *catalog;
} KeptCatalog;

/* The most recently used first. */
static dlist_head kept_catalogs = DLIST_STATIC_INIT(kept_catalogs);

/* What was found on disk for a log. */
typedef struct Peek
{
	TimestampTz statement;		/* start of the statement that looked */
	PlogIdentity identity;
	bool		recover;
	bool		is_found;
	CatalogSummary summary;
} Peek;

static Peek peeks[MAX_PEEKS];
static int	next_peek = 0;

/*
 * The key of an opened log's catalog.  The places of its chunks are part of it,
 * because what "recover" finds depends on more than the file.
 */
CatalogKey
catalog_key(const PlogFile *file)
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
 * Free the catalogs that nobody uses and that were not used for the longest time,
 * if there are too many.
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
 * Called when a memory context that uses a catalog is reset.
 */
static void
give_back_catalog(void *kept)
{
	((KeptCatalog *) kept)->users--;
	forget_unused_catalogs();
}

/*
 * Read a catalog from disk and keep it.  NULL if it is not there.
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
 * Build a catalog, keep it, and put it on disk.
 */
static KeptCatalog *
build_catalog(PlogFile *file, const CatalogKey *key, uint32 wish)
{
	KeptCatalog *kept = keep_catalog(key, catalog_build(file, TopMemoryContext, wish));

	ereport(DEBUG1,
			(errmsg_internal("catalog of plog \"%s\" built", file->filename)));
	Assert(catalog_is_sound(kept->catalog, file));
	catalog_save(kept->catalog, file, key);
	return kept;
}

/*
 * Let the current memory context use a catalog, until it is reset.
 */
static const Catalog *
use_catalog(KeptCatalog *kept)
{
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	dlist_move_head(&kept_catalogs, &kept->node);
	callback->func = give_back_catalog;
	callback->arg = kept;
	kept->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return kept->catalog;
}

const Catalog *
catalog_at_hand(PlogFile *file)
{
	CatalogKey	key = catalog_key(file);
	KeptCatalog *kept = find_kept_catalog(&key);

	if (kept == NULL)
		kept = load_catalog(file, &key);
	return kept == NULL ? NULL : use_catalog(kept);
}

const Catalog *
catalog_of(PlogFile *file, uint32 wish)
{
	const Catalog *catalog = catalog_at_hand(file);
	CatalogKey	key;

	if (catalog != NULL)
		return catalog;
	key = catalog_key(file);
	return use_catalog(build_catalog(file, &key, wish));
}

/*
 * What is on disk for a log, as it was when the current statement first looked.
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
