/*-------------------------------------------------------------------------
 *
 * things.c
 *		The texts, threads, names and mappings of a catalog that is built.
 *
 * Things are found by hashing.  A log may be made by somebody who wants all of
 * its things in one bucket, so hashes start with a number that he cannot know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/builder.h"
#include "pandelephant.h"
#include "text/guest_text.h"

/* Threads, names, mappings and texts are numbered with 32 bits. */
#define MAX_THINGS				((uint32) 0x7FFFFFFF)

/* Long texts are hashed in pieces of so many bytes, to be interrupted. */
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

/* From what makes a mapping to its index. */
typedef struct MappingEntry
{
	uint32		key;			/* index; the mapping itself is compared */
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

/* What makes two mappings the same, without padding. */
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
key_of_mapping(const CatalogMapping *mapping)
{
	MappingKey	key;

	key.thread = mapping->process;
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
	MappingKey	key = key_of_mapping(&catalog->mappings[index]);

	return (uint32) hash_bytes_extended((const unsigned char *) &key, sizeof(key), catalog_seed());
}

static bool
mappings_are_equal(const Catalog *catalog, uint32 index_a, uint32 index_b)
{
	MappingKey	key_a = key_of_mapping(&catalog->mappings[index_a]);
	MappingKey	key_b = key_of_mapping(&catalog->mappings[index_b]);

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
start_things(Builder *builder)
{
	builder->text_hash = text_create(builder->scratch, 1024, builder->catalog);
	builder->name_hash = name_create(builder->scratch, 1024, builder->catalog);
	builder->mapping_hash = mapping_create(builder->scratch, 1024, builder->catalog);
	memset(builder->recent_texts, 0xFF, sizeof(builder->recent_texts));	/* CATALOG_NONE */
	builder->pool_capacity = 4096;
	builder->catalog->pool = MemoryContextAlloc(builder->catalog->context, builder->pool_capacity);
}

/*
 * The same of a piece, with all that there are.
 */
static void
account_for_piece(Builder *builder, Size bytes)
{
	uint64		before = pg_atomic_fetch_add_u64(builder->bytes_of_pieces, bytes);

	if (before + bytes > (uint64) pandelephant_max_catalog_size * 1024)
		siglongjmp(*builder->leave_piece, 1);
}

void
account_for(Builder *builder, Size bytes)
{
	builder->bytes += bytes;
	if (builder->bytes_of_pieces != NULL)
		account_for_piece(builder, bytes);
	else if (builder->bytes > (Size) pandelephant_max_catalog_size * 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": what it names takes more than the allowed %d kB",
						builder->file->filename, pandelephant_max_catalog_size),
				 errhint("Raise \"pandelephant.max_catalog_size\" if you trust the log.")));
}

void *
grow_array(Builder *builder, MemoryContext context, void *array, uint32 count,
		   uint32 *capacity, Size element_bytes)
{
	uint32		wanted;

	if (count < *capacity)
		return array;
	if (count >= MAX_THINGS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("plog names too many different things")));
	wanted = *capacity == 0 ? 64 : Min(*capacity * 2, MAX_THINGS);
	account_for(builder, (wanted - *capacity) * element_bytes);
	*capacity = wanted;
	if (array == NULL)
		return MemoryContextAllocHuge(context, wanted * element_bytes);
	return repalloc_huge(array, wanted * element_bytes);
}

/*
 * Put bytes at the end of the pool.
 */
static void
append_to_pool(Builder *builder, const char *data, uint64 length)
{
	Catalog    *catalog = builder->catalog;

	if (catalog->pool_bytes + length > builder->pool_capacity)
	{
		uint64		wanted = Max(builder->pool_capacity * 2, catalog->pool_bytes + length);

		account_for(builder, wanted - builder->pool_capacity);
		builder->pool_capacity = wanted;
		catalog->pool = repalloc_huge(catalog->pool, wanted);
	}
	memcpy(catalog->pool + catalog->pool_bytes, data, length);
	catalog->pool_bytes += length;
}

uint32
intern_converted_text(Builder *builder, const char *data, uint64 length)
{
	Catalog    *catalog = builder->catalog;
	CatalogText text;
	TextEntry  *entry;
	bool		found;

	/* put it at the end, and take it away if it stands elsewhere already */
	text.offset = catalog->pool_bytes;
	text.length = length;
	text.syscalls = 0;
	append_to_pool(builder, data, length);
	entry = text_insert(builder->text_hash, text, &found);
	if (found)
	{
		catalog->pool_bytes = text.offset;
		return entry->index;
	}
	account_for(builder, TABLE_BYTES_PER_THING);
	entry->index = catalog->text_count;
	catalog->texts = grow_array(builder, catalog->context, catalog->texts, catalog->text_count,
								&builder->text_capacity, sizeof(CatalogText));
	catalog->texts[catalog->text_count] = text;
	return catalog->text_count++;
}

/*
 * Where a plain text of these bytes is remembered, by their last few: names of
 * system calls and paths begin alike.
 */
static uint32 *
place_of_text(Builder *builder, PlogBytes guest)
{
	Size		length = Min(guest.length, sizeof(uint64));
	uint64		end = 0;

	if (length > 0)
		memcpy(&end, guest.data + guest.length - length, length);
	return &builder->recent_texts[catalog_hash(end + guest.length) % RECENT_TEXTS];
}

uint32
intern_text(Builder *builder, PlogBytes guest)
{
	const Catalog *catalog = builder->catalog;
	uint32	   *recent = place_of_text(builder, guest);

	builder->string_bytes += guest.length;

	/* most come again soon */
	if (*recent != CATALOG_NONE && catalog->texts[*recent].length == guest.length &&
		memcmp(catalog->pool + catalog->texts[*recent].offset, guest.data, guest.length) == 0)
		return *recent;
	if (guest_text_is_plain(guest))
	{
		*recent = intern_converted_text(builder, (const char *) guest.data, guest.length);
		return *recent;
	}
	resetStringInfo(&builder->converted);
	append_guest_text(&builder->converted, guest);
	return intern_converted_text(builder, builder->converted.data, builder->converted.len);
}

/*
 * Add a thread.
 */
static uint32
add_thread(Builder *builder, const CatalogThreadKey *key, uint64 entry_id)
{
	Catalog    *catalog = builder->catalog;
	uint32		index = catalog->summary.thread_count;
	CatalogThread *thread;

	account_for(builder, TABLE_BYTES_PER_THING);
	catalog->threads = grow_array(builder, catalog->context, catalog->threads, index,
								  &builder->thread_capacity, sizeof(CatalogThread));
	builder->build_threads = grow_array(builder, builder->scratch, builder->build_threads, index,
										&builder->build_thread_capacity, sizeof(BuildThread));
	memset(&builder->build_threads[index], 0, sizeof(BuildThread));

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
intern_thread(Builder *builder, const CatalogThreadKey *key, uint64 entry_id)
{
	uint32		index = builder->last_thread;

	/* the same thread often comes again at once */
	if (index != CATALOG_NONE &&
		catalog_thread_keys_are_equal(&builder->catalog->threads[index].key, key))
		return index;
	index = catalog_find_thread(builder->catalog, key);
	if (index == CATALOG_NONE)
		index = add_thread(builder, key, entry_id);
	builder->last_thread = index;
	return index;
}

uint32
mention_thread(Builder *builder, const CatalogThreadKey *key, CatalogKind kind,
			   bool has_pid, uint32 pid, bool has_ppid, uint32 ppid)
{
	/* a message that names two threads may name two parents */
	uint64		place = catalog_place(builder->entry_id, kind) * 2 + builder->is_at_sink;
	uint32		index = intern_thread(builder, key, builder->entry_id);
	CatalogThread *thread = &builder->catalog->threads[index];

	keep_first(&thread->pid, has_pid, pid, place);
	keep_first(&thread->ppid, has_ppid, ppid, place);
	return index;
}

uint32
intern_name(Builder *builder, uint32 thread, uint32 text)
{
	Catalog    *catalog = builder->catalog;
	NameEntry  *entry;
	CatalogName *name;
	bool		found;

	entry = name_insert(builder->name_hash, (uint64) thread << 32 | text, &found);
	if (found)
		return entry->index;
	account_for(builder, TABLE_BYTES_PER_THING);
	entry->index = catalog->summary.name_count;
	catalog->names = grow_array(builder, catalog->context, catalog->names,
								catalog->summary.name_count,
								&builder->name_capacity, sizeof(CatalogName));
	name = &catalog->names[catalog->summary.name_count];
	name->thread = thread;
	name->text = text;
	clear_span(&name->span);
	return catalog->summary.name_count++;
}

uint32
mention_name(Builder *builder, uint32 thread, PlogBytes guest)
{
	return intern_name(builder, thread, intern_text(builder, guest));
}

uint32
intern_mapping(Builder *builder, const CatalogMapping *mapping)
{
	Catalog    *catalog = builder->catalog;
	uint32		index = catalog->summary.mapping_count;
	MappingEntry *entry;
	bool		found;

	/* put it at the end, and leave it there only if it is new */
	catalog->mappings = grow_array(builder, catalog->context, catalog->mappings, index,
								   &builder->mapping_capacity, sizeof(CatalogMapping));
	catalog->mappings[index] = *mapping;
	clear_span(&catalog->mappings[index].span);
	entry = mapping_insert(builder->mapping_hash, index, &found);
	if (!found)
	{
		account_for(builder, TABLE_BYTES_PER_THING);
		catalog->summary.mapping_count++;
	}
	return entry->key;
}

void
add_to_threads_of_chunks(Builder *builder, uint32 thread)
{
	Catalog    *catalog = builder->catalog;

	catalog->threads_of_chunks = grow_array(builder, catalog->context, catalog->threads_of_chunks,
											(uint32) catalog->threads_of_chunks_count,
											&builder->threads_of_chunks_capacity, sizeof(uint32));
	catalog->threads_of_chunks[catalog->threads_of_chunks_count++] = thread;
}

void
add_to_names_of_chunks(Builder *builder, uint32 text)
{
	Catalog    *catalog = builder->catalog;

	catalog->names_of_chunks = grow_array(builder, catalog->context, catalog->names_of_chunks,
										  (uint32) catalog->names_of_chunks_count,
										  &builder->names_of_chunks_capacity, sizeof(uint32));
	catalog->names_of_chunks[catalog->names_of_chunks_count++] = text;
}

void
list_syscall_thread(Builder *builder, uint32 thread)
{
	if (builder->build_threads[thread].syscall_chunk == builder->chunk_number)
		return;
	builder->build_threads[thread].syscall_chunk = builder->chunk_number;
	add_to_threads_of_chunks(builder, thread);
	builder->chunk->syscall_threads.count++;
}

void
list_syscall_name(Builder *builder, PlogBytes name)
{
	uint32		text = intern_text(builder, name);

	builder->catalog->texts[text].syscalls++;
	while (text >= builder->name_chunks_capacity)
	{
		uint32		known = builder->name_chunks_capacity;

		builder->name_chunks = grow_array(builder, builder->scratch, builder->name_chunks, known,
										  &builder->name_chunks_capacity, sizeof(uint64));
		memset(builder->name_chunks + known, 0,
			   sizeof(uint64) * (builder->name_chunks_capacity - known));
	}
	if (builder->name_chunks[text] == builder->chunk_number)
		return;
	builder->name_chunks[text] = builder->chunk_number;
	add_to_names_of_chunks(builder, text);
	builder->chunk->syscall_names.count++;
}
