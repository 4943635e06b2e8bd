/*-------------------------------------------------------------------------
 *
 * things.c
 *		The texts, threads, names and mappings of a catalog that is being built.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/spans.h"
#include "catalog/build/things.h"
#include "text/guest_text.h"

/* Long texts are hashed in pieces of this many bytes, to be interruptible. */
#define HASHED_BYTES			((uint64) 1024 * 1024)

/* From a text in the pool to its index. */
typedef struct TextEntry
{
	CatalogText key;
	uint32		index;
	uint32		hash;
	char		status;
} TextEntry;

static uint32 hash_text(const Catalog *catalog, CatalogText text);
static bool texts_are_equal(const Catalog *catalog, CatalogText a, CatalogText b);

#define SH_PREFIX text
#define SH_ELEMENT_TYPE TextEntry
#define SH_KEY_TYPE CatalogText
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_text((table)->private_data, key)
#define SH_EQUAL(table, a, b) texts_are_equal((table)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* From a thread and a text to the index of the name. */
typedef struct NameEntry
{
	uint64		key;			/* thread << 32 | text */
	uint32		index;
	char		status;
} NameEntry;

#define SH_PREFIX name
#define SH_ELEMENT_TYPE NameEntry
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(table, key) catalog_hash(key)
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* The mappings, which are compared by their keys. */
typedef struct MappingEntry
{
	uint32		key;			/* index */
	uint32		hash;
	char		status;
} MappingEntry;

static uint32 hash_mapping(const Catalog *catalog, uint32 mapping);
static bool mappings_are_equal(const Catalog *catalog, uint32 a, uint32 b);

#define SH_PREFIX mapping
#define SH_ELEMENT_TYPE MappingEntry
#define SH_KEY_TYPE uint32
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_mapping((table)->private_data, key)
#define SH_EQUAL(table, a, b) mappings_are_equal((table)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Mappings with equal keys are the same.  Keys have no padding. */
typedef struct MappingKey
{
	uint32		thread;
	uint32		name;
	uint32		path;
	uint32		present;
	uint64		asid;
	uint64		base_address;
	uint64		size;
} MappingKey;

static MappingKey
key_of_mapping(const Catalog *catalog, uint32 index)
{
	const CatalogMapping *mapping = &catalog->mappings[index];
	MappingKey	key;

	key.thread = catalog->unfinished.threads_of_mappings[index];
	key.name = mapping->name;
	key.path = mapping->path;
	key.present = (uint32) mapping->has_asid | (uint32) mapping->has_base_address << 1 |
		(uint32) mapping->has_size << 2;
	key.asid = mapping->asid;
	key.base_address = mapping->base_address;
	key.size = mapping->size;
	return key;
}

static uint32
hash_mapping(const Catalog *catalog, uint32 index)
{
	MappingKey	key = key_of_mapping(catalog, index);

	return (uint32) hash_bytes_extended((const unsigned char *) &key, sizeof(key), catalog_seed());
}

static bool
mappings_are_equal(const Catalog *catalog, uint32 index_a, uint32 index_b)
{
	MappingKey	key_a = key_of_mapping(catalog, index_a);
	MappingKey	key_b = key_of_mapping(catalog, index_b);

	return memcmp(&key_a, &key_b, sizeof(key_a)) == 0;
}

static uint32
hash_text(const Catalog *catalog, CatalogText text)
{
	uint64		hash = catalog_seed();
	uint64		done = 0;

	do
	{
		uint64		length = Min(text.length - done, HASHED_BYTES);

		if (done > 0)
			CHECK_FOR_INTERRUPTS();
		hash = hash_bytes_extended((const unsigned char *) catalog->pool + text.offset + done,
								   (int) length, hash);
		done += length;
	} while (done < text.length);
	return (uint32) hash;
}

static bool
texts_are_equal(const Catalog *catalog, CatalogText a, CatalogText b)
{
	return a.length == b.length &&
		memcmp(catalog->pool + a.offset, catalog->pool + b.offset, a.length) == 0;
}

void
start_things(Things *things, Catalog *catalog, BuildMemory *memory)
{
	things->catalog = catalog;
	things->memory = memory;
	things->text_hash = text_create(memory->scratch, 1024, catalog);
	things->name_hash = name_create(memory->scratch, 1024, catalog);
	things->mapping_hash = mapping_create(memory->scratch, 1024, catalog);
	things->last_thread = CATALOG_NONE;
	start_recent_indexes(&things->recent_texts);
	initStringInfo(&things->converted);
	things->pool_capacity = 4096;
	catalog->pool = MemoryContextAlloc(catalog->context, things->pool_capacity);
}

void
grow_catalog_array(Things *things, CatalogArray array)
{
	void	   *start = catalog_array_start(things->catalog, array);
	Size		element_bytes = catalog_arrays[array].element_bytes;
	uint32		capacity = larger_capacity(things->memory, things->capacities[array],
										   element_bytes);

	start = start == NULL ?
		MemoryContextAllocHuge(things->catalog->context, capacity * element_bytes) :
		repalloc_huge(start, capacity * element_bytes);
	catalog_set_array_start(things->catalog, array, start);
	things->capacities[array] = capacity;
}

/*
 * Append bytes to the pool.
 */
static void
append_to_pool(Things *things, const char *data, uint64 length)
{
	Catalog    *catalog = things->catalog;

	if (catalog->pool_bytes + length > things->pool_capacity)
	{
		uint64		wanted = Max(things->pool_capacity * 2, catalog->pool_bytes + length);

		account_for(things->memory, wanted - things->pool_capacity);
		things->pool_capacity = wanted;
		catalog->pool = repalloc_huge(catalog->pool, wanted);
	}
	memcpy(catalog->pool + catalog->pool_bytes, data, length);
	catalog->pool_bytes += length;
}

uint32
intern_text(Things *things, const char *data, uint64 length)
{
	Catalog    *catalog = things->catalog;
	CatalogText text;
	TextEntry  *entry;
	bool		found;

	/* the hash compares texts in the pool: append this one, and remove it if it is not new */
	text.offset = catalog->pool_bytes;
	text.length = length;
	text.syscalls = 0;
	append_to_pool(things, data, length);
	entry = text_insert(things->text_hash, text, &found);
	if (found)
	{
		catalog->pool_bytes = text.offset;
		return entry->index;
	}
	account_for(things->memory, TABLE_BYTES_PER_THING);
	entry->index = catalog->text_count;
	make_room(things, CATALOG_TEXTS, catalog->text_count);
	catalog->texts[catalog->text_count] = text;
	return catalog->text_count++;
}

/*
 * Where a text of these bytes would be remembered.  Names of system calls, and
 * paths, begin alike and differ at the end.
 */
static uint32 *
recent_text(Things *things, PlogBytes guest)
{
	Size		length = Min(guest.length, sizeof(uint64));
	uint64		end = 0;

	if (length > 0)
		memcpy(&end, guest.data + guest.length - length, length);
	return &things->recent_texts.indexes[recent_slot(end + guest.length)];
}

uint32
intern_guest_text(Things *things, PlogBytes guest)
{
	const Catalog *catalog = things->catalog;
	uint32	   *recent = recent_text(things, guest);

	things->string_bytes += guest.length;
	if (*recent != CATALOG_NONE && catalog->texts[*recent].length == guest.length &&
		memcmp(catalog->pool + catalog->texts[*recent].offset, guest.data, guest.length) == 0)
		return *recent;
	if (guest_text_is_plain(guest))
	{
		*recent = intern_text(things, (const char *) guest.data, guest.length);
		return *recent;
	}
	resetStringInfo(&things->converted);
	append_guest_text(&things->converted, guest);
	return intern_text(things, things->converted.data, things->converted.len);
}

static uint32
add_thread(Things *things, const CatalogThreadKey *key, uint64 entry_id)
{
	Catalog    *catalog = things->catalog;
	uint32		index = catalog->summary.thread_count;
	CatalogThread *thread;

	account_for(things->memory, TABLE_BYTES_PER_THING);
	make_room(things, CATALOG_THREADS, index);
	things->threads = grow_array(things->memory, things->threads, index,
								 &things->thread_capacity, sizeof(BuildThread));
	memset(&things->threads[index], 0, sizeof(BuildThread));

	thread = &catalog->threads[index];
	memset(thread, 0, sizeof(*thread));
	thread->key = *key;
	thread->process = CATALOG_NONE;
	clear_span(&thread->span);
	thread->first_entry = entry_id;
	thread->first_listed = CATALOG_NOWHERE;
	thread->pid.place = thread->ppid.place = thread->asid.place = CATALOG_NOWHERE;
	catalog_hash_thread(catalog, key, index);
	return catalog->summary.thread_count++;
}

uint32
intern_thread(Things *things, const CatalogThreadKey *key, uint64 entry_id)
{
	uint32		index = things->last_thread;

	/* many entries mention the same thread as the one before */
	if (index != CATALOG_NONE &&
		catalog_thread_keys_are_equal(&things->catalog->threads[index].key, key))
		return index;
	index = catalog_find_thread(things->catalog, key);
	if (index == CATALOG_NONE)
		index = add_thread(things, key, entry_id);
	things->last_thread = index;
	return index;
}

uint32
intern_name(Things *things, uint32 thread, uint32 text)
{
	Catalog    *catalog = things->catalog;
	NameEntry  *entry;
	CatalogName *name;
	bool		found;

	entry = name_insert(things->name_hash, (uint64) thread << 32 | text, &found);
	if (found)
		return entry->index;
	account_for(things->memory, TABLE_BYTES_PER_THING);
	entry->index = catalog->summary.name_count;
	make_room(things, CATALOG_NAMES, catalog->summary.name_count);
	name = &catalog->names[catalog->summary.name_count];
	name->thread = thread;
	name->text = text;
	clear_span(&name->span);
	return catalog->summary.name_count++;
}

uint32
intern_mapping(Things *things, uint32 thread, const CatalogMapping *mapping)
{
	Catalog    *catalog = things->catalog;
	uint32		index = catalog->summary.mapping_count;
	MappingEntry *entry;
	bool		found;

	/* the hash compares mappings in the array: append this one, and count it if it is new */
	make_room(things, CATALOG_MAPPINGS, index);
	make_room(things, CATALOG_THREADS_OF_MAPPINGS, index);
	catalog->mappings[index] = *mapping;
	catalog->mappings[index].process = CATALOG_NONE;
	clear_span(&catalog->mappings[index].span);
	catalog->unfinished.threads_of_mappings[index] = thread;
	entry = mapping_insert(things->mapping_hash, index, &found);
	if (!found)
	{
		account_for(things->memory, TABLE_BYTES_PER_THING);
		catalog->summary.mapping_count++;
	}
	return entry->key;
}

void
add_to_threads_of_chunks(Things *things, uint32 thread)
{
	Catalog    *catalog = things->catalog;

	make_room(things, CATALOG_THREADS_OF_CHUNKS, catalog->threads_of_chunks_count);
	catalog->threads_of_chunks[catalog->threads_of_chunks_count++] = thread;
}

void
add_to_names_of_chunks(Things *things, uint32 text)
{
	Catalog    *catalog = things->catalog;

	make_room(things, CATALOG_NAMES_OF_CHUNKS, catalog->names_of_chunks_count);
	catalog->names_of_chunks[catalog->names_of_chunks_count++] = text;
}
