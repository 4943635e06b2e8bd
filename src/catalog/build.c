/*-------------------------------------------------------------------------
 *
 * build.c
 *		One pass over a log, which finds the things that ids are given to.
 *
 * Entries come in file order, so the order of first appearance is the order in
 * which things are added, and "the first said" is kept when something is there
 * already.  What only the whole file can tell is settled in finish.c.
 *
 * asid_libraries entries repeat: loaded_libs writes a process's whole list of
 * modules whenever it looks.  A thread's last one is kept, and one that equals
 * it costs a comparison.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/catalog.h"
#include "compat.h"
#include "text.h"

/* Interrupts are checked for after this many entries. */
#define ENTRIES_PER_CHECK		4096

/* Messages of asid_libraries up to this size are kept for comparison, … */
#define KEPT_LIBRARIES_BYTES	((Size) 1024 * 1024)

/* … and in all at most so many bytes of them. */
#define ALL_KEPT_LIBRARIES_BYTES	((Size) 64 * 1024 * 1024)

/* The last names of system calls are found without hashing; a power of two. */
#define RECENT_NAMES			256

/* Threads, names, mappings and texts are numbered with 32 bits. */
#define MAX_THINGS				((uint32) 0x7FFFFFFF)

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

/* A thread's last asid_libraries message, and what it mentions. */
typedef struct KeptLibraries
{
	char	   *message;		/* NULL: none is kept */
	Size		length;
	bool		has_asid;
	uint64		asid;
	CatalogSpan span;			/* over which the same message repeated */
	uint32		name;			/* index, or CATALOG_NONE */
	uint32		mapping_count;
	uint32	   *mappings;		/* indexes */
} KeptLibraries;

/* What is known of a thread only while building. */
typedef struct BuildThread
{
	uint64		visit;			/* the last asid_info that counted it */
	uint64		syscall_chunk;	/* the last whose syscall_threads has it, from 1 */
	uint64		slice_chunk;	/* likewise of slice_threads */
	KeptLibraries libraries;
} BuildThread;

typedef struct Builder
{
	PlogFile   *file;
	Catalog    *catalog;
	MemoryContext scratch;		/* goes when the catalog is built */
	PlogBuffer *inflated;
	StringInfoData converted;	/* a text on its way into the pool */

	text_hash  *text_hash;
	name_hash  *name_hash;
	mapping_hash *mapping_hash;
	BuildThread *build_threads;
	Size		kept_bytes;
	uint64	   *name_chunks;	/* by text: the last whose syscall_names has it */
	uint32	   *listed;			/* mappings of the message at hand */
	uint32		listed_count;

	uint32		thread_capacity;
	uint32		build_thread_capacity;
	uint32		name_capacity;
	uint32		mapping_capacity;
	uint32		text_capacity;
	uint32		listed_capacity;
	uint32		name_chunks_capacity;
	uint32		threads_of_chunks_capacity;
	uint32		names_of_chunks_capacity;
	uint64		pool_capacity;

	/* the entry at hand */
	const PlogEntry *entry;
	uint64		entry_id;
	CatalogChunk *chunk;
	uint64		chunk_number;	/* from 1 */
	uint32		slice_thread_count; /* in slice_threads */
	uint32	   *slice_threads;	/* of the chunk at hand */
	uint32		slice_threads_capacity;
	uint32		recent_names[RECENT_NAMES]; /* indexes of plain texts */
	uint64		last_entry_offset;
	uint64		last_syscall_offset;
	uint64		visit;			/* of an asid_info, counted */
	uint32		last_thread;	/* a guess at the next one */

	/* the forms, as far as messages have shown them */
	bool		knows_asid_info_form;
	bool		guessed_asid_info_form; /* some came before it was known */
	bool		knows_loaded_libs_form;
} Builder;

static uint32
hash_text(const Catalog *catalog, CatalogText text)
{
	return hash_bytes((const unsigned char *) catalog->pool + text.offset,
					  (int) Min(text.length, 65536));
}

static bool
texts_are_equal(const Catalog *catalog, CatalogText a, CatalogText b)
{
	return a.length == b.length &&
		memcmp(catalog->pool + a.offset, catalog->pool + b.offset, a.length) == 0;
}

static uint32
hash_mapping(const Catalog *catalog, uint32 index)
{
	const CatalogMapping *mapping = &catalog->mappings[index];
	uint64		hash = mapping->base_address;

	hash = hash * 31 + mapping->asid;
	hash = hash * 31 + mapping->size;
	hash = hash * 31 + mapping->process;
	hash = hash * 31 + mapping->name;
	hash = hash * 31 + mapping->path;
	return catalog_hash(hash);
}

static bool
mappings_are_equal(const Catalog *catalog, uint32 index_a, uint32 index_b)
{
	const CatalogMapping *a = &catalog->mappings[index_a];
	const CatalogMapping *b = &catalog->mappings[index_b];

	return a->process == b->process && a->name == b->name && a->path == b->path &&
		a->has_asid == b->has_asid && a->asid == b->asid &&
		a->has_base_address == b->has_base_address && a->base_address == b->base_address &&
		a->has_size == b->has_size && a->size == b->size;
}

/*
 * Grow an array, so that one more element fits.  Of an array of the catalog,
 * the memory is the catalog's.
 */
static void *
grow_array(MemoryContext context, void *array, uint32 count, uint32 *capacity, Size element_bytes)
{
	if (count < *capacity)
		return array;
	if (count >= MAX_THINGS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("plog names too many different things")));
	*capacity = *capacity == 0 ? 64 : Min(*capacity * 2, MAX_THINGS);
	if (array == NULL)
		return MemoryContextAllocHuge(context, *capacity * element_bytes);
	return repalloc_huge(array, *capacity * element_bytes);
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
		builder->pool_capacity = Max(builder->pool_capacity * 2, catalog->pool_bytes + length);
		catalog->pool = repalloc_huge(catalog->pool, builder->pool_capacity);
	}
	memcpy(catalog->pool + catalog->pool_bytes, data, length);
	catalog->pool_bytes += length;
}

/*
 * The index of a guest string's text, which is added if it is new.
 */
static uint32
intern_text(Builder *builder, PlogBytes guest)
{
	Catalog    *catalog = builder->catalog;
	CatalogText text;
	TextEntry  *entry;
	bool		found;

	text.offset = catalog->pool_bytes;
	if (guest_text_is_plain(guest))
		append_to_pool(builder, (const char *) guest.data, guest.length);
	else
	{
		resetStringInfo(&builder->converted);
		append_guest_text(&builder->converted, guest);
		append_to_pool(builder, builder->converted.data, builder->converted.len);
	}
	text.length = catalog->pool_bytes - text.offset;

	entry = text_insert(builder->text_hash, text, &found);
	if (found)
	{
		catalog->pool_bytes = text.offset;
		return entry->index;
	}
	entry->index = catalog->text_count;
	catalog->texts = grow_array(catalog->context, catalog->texts, catalog->text_count,
								&builder->text_capacity, sizeof(CatalogText));
	catalog->texts[catalog->text_count] = text;
	return catalog->text_count++;
}

/*
 * Let a span cover an execution offset, if it is known.
 */
static inline void
extend_span(CatalogSpan *span, bool is_present, uint64 offset)
{
	if (!is_present || offset == PLOG_UNKNOWN)
		return;
	span->first = Min(span->first, offset);
	span->last = Max(span->last, offset);
}

/*
 * Note the execution offset of a row.
 */
static inline void
note_offset(CatalogOffsets *offsets, bool is_present, uint64 offset)
{
	if (is_present && offset != PLOG_UNKNOWN)
		extend_span(&offsets->span, true, offset);
	else
		offsets->unknown++;
}

/*
 * Note whether the offsets of rows never decrease.
 */
static inline void
note_order(bool *are_sorted, uint64 *last, bool is_present, uint64 offset)
{
	if (!is_present || offset == PLOG_UNKNOWN || offset < *last)
		*are_sorted = false;
	*last = offset;
}

static inline void
clear_span(CatalogSpan *span)
{
	span->first = PLOG_UNKNOWN;
	span->last = 0;
}

static inline void
merge_span(CatalogSpan *span, const CatalogSpan *other)
{
	span->first = Min(span->first, other->first);
	span->last = Max(span->last, other->last);
}

/*
 * Keep what is said, if it is the first.
 */
static inline void
keep_first(CatalogSaid *said, bool is_present, uint64 value, uint64 place)
{
	if (is_present && said->place == CATALOG_NOWHERE)
	{
		said->value = value;
		said->place = place;
	}
}

/*
 * Add a thread.
 */
static uint32
add_thread(Builder *builder, const CatalogThreadKey *key)
{
	Catalog    *catalog = builder->catalog;
	CatalogThread *thread;

	catalog->threads = grow_array(catalog->context, catalog->threads, catalog->summary.thread_count,
								  &builder->thread_capacity, sizeof(CatalogThread));
	builder->build_threads = grow_array(builder->scratch, builder->build_threads,
										catalog->summary.thread_count,
										&builder->build_thread_capacity, sizeof(BuildThread));
	memset(&builder->build_threads[catalog->summary.thread_count], 0, sizeof(BuildThread));

	thread = &catalog->threads[catalog->summary.thread_count];
	memset(thread, 0, sizeof(*thread));
	thread->key = *key;
	thread->process = CATALOG_NONE;
	clear_span(&thread->span);
	thread->first_entry = builder->entry_id;
	thread->pid.place = thread->ppid.place = thread->asid.place = CATALOG_NOWHERE;
	catalog_hash_thread(catalog, key, catalog->summary.thread_count);
	return catalog->summary.thread_count++;
}

/*
 * The thread that a message mentions, with what the message says of it.
 */
static uint32
mention_thread(Builder *builder, const CatalogThreadKey *key, CatalogKind kind,
			   bool has_pid, uint32 pid, bool has_ppid, uint32 ppid)
{
	Catalog    *catalog = builder->catalog;
	uint64		place = catalog_place(builder->entry_id, kind);
	uint32		index = builder->last_thread;
	CatalogThread *thread;

	/* the same thread often comes again at once */
	if (index == CATALOG_NONE ||
		memcmp(&catalog->threads[index].key, key, sizeof(*key)) != 0)
	{
		index = catalog_find_thread(catalog, key);
		if (index == CATALOG_NONE)
			index = add_thread(builder, key);
		builder->last_thread = index;
	}
	thread = &catalog->threads[index];
	keep_first(&thread->pid, has_pid, pid, place);
	keep_first(&thread->ppid, has_ppid, ppid, place);
	return index;
}

/*
 * The name of a thread, which is added if it is new.
 */
static uint32
mention_name(Builder *builder, uint32 thread, PlogBytes guest)
{
	Catalog    *catalog = builder->catalog;
	uint32		text = intern_text(builder, guest);
	NameEntry  *entry;
	bool		found;

	entry = name_insert(builder->name_hash, (uint64) thread << 32 | text, &found);
	if (!found)
	{
		CatalogName *name;

		catalog->names = grow_array(catalog->context, catalog->names, catalog->summary.name_count,
									&builder->name_capacity, sizeof(CatalogName));
		entry->index = catalog->summary.name_count++;
		name = &catalog->names[entry->index];
		name->thread = thread;
		name->text = text;
		clear_span(&name->span);
	}
	return entry->index;
}

static void
report_malformed(Builder *builder)
{
	report_malformed_entry(builder->file, builder->entry_id);
}

/*
 * The entry's own place in time.
 */
static inline void
extend_span_by_entry(Builder *builder, CatalogSpan *span)
{
	extend_span(span, PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
}

/*
 * The text of a system call's name: most of them come again soon.
 */
static uint32
intern_syscall_name(Builder *builder, PlogBytes name)
{
	const Catalog *catalog = builder->catalog;
	uint64		start = 0;
	uint32	   *recent;
	uint32		text;

	/* behind sys_ names differ early */
	if (name.length > 4)
		memcpy(&start, name.data + 4, Min(name.length - 4, 8));
	recent = &builder->recent_names[(catalog_hash(start + name.length) % RECENT_NAMES)];
	if (*recent != CATALOG_NONE &&
		catalog->texts[*recent].length == name.length &&
		memcmp(catalog->pool + catalog->texts[*recent].offset, name.data, name.length) == 0)
		return *recent;
	text = intern_text(builder, name);
	if (guest_text_is_plain(name))
		*recent = text;
	return text;
}

/*
 * Note a thread in the chunk's list of those with system calls.
 */
static void
list_syscall_thread(Builder *builder, uint32 thread)
{
	Catalog    *catalog = builder->catalog;

	if (builder->build_threads[thread].syscall_chunk == builder->chunk_number)
		return;
	builder->build_threads[thread].syscall_chunk = builder->chunk_number;
	catalog->threads_of_chunks = grow_array(catalog->context, catalog->threads_of_chunks,
											(uint32) catalog->threads_of_chunks_count,
											&builder->threads_of_chunks_capacity, sizeof(uint32));
	catalog->threads_of_chunks[catalog->threads_of_chunks_count++] = thread;
	builder->chunk->syscall_threads.count++;
}

/*
 * Note a thread in the chunk's list of those with slices.
 */
static void
list_slice_thread(Builder *builder, uint32 thread)
{
	if (builder->build_threads[thread].slice_chunk == builder->chunk_number)
		return;
	builder->build_threads[thread].slice_chunk = builder->chunk_number;
	builder->slice_threads = grow_array(builder->scratch, builder->slice_threads,
										builder->slice_thread_count,
										&builder->slice_threads_capacity, sizeof(uint32));
	builder->slice_threads[builder->slice_thread_count++] = thread;
}

/*
 * Note a name in the chunk's list of those of system calls.
 */
static void
list_syscall_name(Builder *builder, PlogBytes name)
{
	Catalog    *catalog = builder->catalog;
	uint32		text = intern_syscall_name(builder, name);

	while (text >= builder->name_chunks_capacity)
	{
		uint32		known = builder->name_chunks_capacity;

		builder->name_chunks = grow_array(builder->scratch, builder->name_chunks, known,
										  &builder->name_chunks_capacity, sizeof(uint64));
		memset(builder->name_chunks + known, 0,
			   sizeof(uint64) * (builder->name_chunks_capacity - known));
	}
	if (builder->name_chunks[text] == builder->chunk_number)
		return;
	builder->name_chunks[text] = builder->chunk_number;
	catalog->names_of_chunks = grow_array(catalog->context, catalog->names_of_chunks,
										  (uint32) catalog->names_of_chunks_count,
										  &builder->names_of_chunks_capacity, sizeof(uint32));
	catalog->names_of_chunks[catalog->names_of_chunks_count++] = text;
	builder->chunk->syscall_names.count++;
}

static void
build_from_syscall(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogSyscall syscall;
	CatalogThreadKey key;
	uint32		thread;

	if (!plog_decode_syscall(message, &syscall))
	{
		report_malformed(builder);
		return;
	}
	builder->chunk->messages[CATALOG_SYSCALL]++;
	builder->chunk->arguments += syscall.argument_count;
	note_offset(&builder->chunk->syscall_offsets,
				PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
	note_order(&catalog->summary.syscalls_are_sorted, &builder->last_syscall_offset,
			   PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
	if (PLOG_HAS(&syscall, PLOG_SYSCALL_CALL_NAME))
		list_syscall_name(builder, syscall.call_name);
	if (!catalog->summary.form.arguments_2020 &&
		plog_arguments_evidence(&syscall) == PLOG_EVIDENCE_EARLIER)
		catalog->summary.form.arguments_2020 = true;
	if (!PLOG_HAS(&syscall, PLOG_SYSCALL_PID))
	{
		builder->chunk->has_odd_syscalls = true;
		return;
	}
	key = catalog_key_of_syscall(&syscall);
	thread = mention_thread(builder, &key, CATALOG_SYSCALL, true, syscall.pid,
							PLOG_HAS(&syscall, PLOG_SYSCALL_PPID), syscall.ppid);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	if (syscall.pid != catalog->threads[thread].pid.value)
		builder->chunk->has_odd_syscalls = true;
	list_syscall_thread(builder, thread);
}

/*
 * One thread of an asid_info: it ran over the message's range.
 */
static void
build_from_asid_info_thread(Builder *builder, const PlogAsidInfo *info, uint32 thread_index)
{
	Catalog    *catalog = builder->catalog;
	CatalogThread *thread = &catalog->threads[thread_index];
	PlogRepeated names = info->names;
	PlogBytes	name;

	if (builder->build_threads[thread_index].visit == builder->visit)
		return;
	builder->build_threads[thread_index].visit = builder->visit;
	builder->chunk->slices++;
	list_slice_thread(builder, thread_index);
	note_offset(&builder->chunk->slice_starts,
				PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	note_offset(&builder->chunk->slice_ends,
				PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
	extend_span(&thread->span, PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	extend_span(&thread->span, PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
	if (PLOG_HAS(info, PLOG_ASID_INFO_ASID))
	{
		thread->asid.value = info->asid;
		thread->asid.place = catalog_place(builder->entry_id, CATALOG_ASID_INFO);
	}
	while (plog_next_bytes(&names, &name))
	{
		uint32		index = mention_name(builder, thread_index, name);
		CatalogSpan *span = &catalog->names[index].span;

		extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
		extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
	}
}

/*
 * The form of AsidInfo is the one that the first message with a field 2 shows.
 */
static void
learn_asid_info_form(Builder *builder, PlogBytes message)
{
	PlogEvidence evidence;

	if (builder->knows_asid_info_form)
		return;
	evidence = plog_asid_info_evidence(message);
	if (evidence == PLOG_EVIDENCE_NONE)
		builder->guessed_asid_info_form = true;
	else
	{
		builder->knows_asid_info_form = true;
		builder->catalog->summary.form.asid_info_2018 = evidence == PLOG_EVIDENCE_EARLIER;
	}
}

static void
build_from_asid_info(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	bool		form_2018;
	bool		is_first = true;
	PlogAsidInfo info;
	PlogRepeated tids;
	uint64		tid = 0;

	learn_asid_info_form(builder, message);
	form_2018 = catalog->summary.form.asid_info_2018;
	if (!plog_decode_asid_info(message, form_2018, &info))
	{
		report_malformed(builder);
		return;
	}
	builder->chunk->messages[CATALOG_ASID_INFO]++;
	extend_span(&catalog->summary.span,
				PLOG_HAS(&info, PLOG_ASID_INFO_START_INSTR), info.start_instr);
	extend_span(&catalog->summary.span,
				PLOG_HAS(&info, PLOG_ASID_INFO_END_INSTR), info.end_instr);

	builder->visit++;
	tids = info.tids;
	while (form_2018 ? is_first : plog_next_number(&tids, &tid))
	{
		CatalogThreadKey key = catalog_key_of_asid_info(&info, !form_2018, (uint32) tid);
		uint32		thread = catalog_find_thread(catalog, &key);

		if (catalog_tid_counts(catalog, &info, is_first, thread, builder->entry_id))
		{
			thread = mention_thread(builder, &key, CATALOG_ASID_INFO,
									PLOG_HAS(&info, PLOG_ASID_INFO_PID), info.pid,
									PLOG_HAS(&info, PLOG_ASID_INFO_PPID), info.ppid);
			build_from_asid_info_thread(builder, &info, thread);
		}
		is_first = false;
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * A module of an asid_libraries: its mapping is added if it is new.  Until the
 * threads of a process are known, mappings are kept by thread.
 */
static void
build_from_module(Builder *builder, uint32 thread, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	CatalogMapping *mapping;
	MappingEntry *entry;
	PlogModule	module;
	uint32		name;
	uint32		path;
	bool		found;

	if (!plog_decode_module(message, &module))
	{
		report_malformed(builder);
		return;
	}
	name = PLOG_HAS(&module, PLOG_MODULE_NAME) ? intern_text(builder, module.name) : CATALOG_NONE;
	path = PLOG_HAS(&module, PLOG_MODULE_FILE) ? intern_text(builder, module.file) : CATALOG_NONE;

	/* put it at the end, and take it away if it stands elsewhere already */
	catalog->mappings = grow_array(catalog->context, catalog->mappings,
								   catalog->summary.mapping_count,
								   &builder->mapping_capacity, sizeof(CatalogMapping));
	mapping = &catalog->mappings[catalog->summary.mapping_count];
	memset(mapping, 0, sizeof(*mapping));
	mapping->process = thread;
	mapping->name = name;
	mapping->path = path;
	mapping->has_asid = PLOG_HAS(builder->entry, PLOG_ENTRY_ASID);
	mapping->asid = builder->entry->asid;
	mapping->has_base_address = PLOG_HAS(&module, PLOG_MODULE_BASE_ADDR);
	mapping->base_address = module.base_addr;
	mapping->has_size = PLOG_HAS(&module, PLOG_MODULE_SIZE);
	mapping->size = module.size;
	clear_span(&mapping->span);
	entry = mapping_insert(builder->mapping_hash, catalog->summary.mapping_count, &found);
	if (!found)
		catalog->summary.mapping_count++;

	extend_span_by_entry(builder, &catalog->mappings[entry->key].span);
	builder->listed = grow_array(builder->scratch, builder->listed, builder->listed_count,
								 &builder->listed_capacity, sizeof(uint32));
	builder->listed[builder->listed_count++] = entry->key;
}

/*
 * Give the span over which a thread's kept message repeated to what it
 * mentions.
 */
static void
settle_kept_libraries(Builder *builder, KeptLibraries *kept)
{
	Catalog    *catalog = builder->catalog;

	if (kept->message == NULL || catalog_span_is_empty(&kept->span))
		return;
	if (kept->name != CATALOG_NONE)
		merge_span(&catalog->names[kept->name].span, &kept->span);
	for (uint32 i = 0; i < kept->mapping_count; i++)
		merge_span(&catalog->mappings[kept->mappings[i]].span, &kept->span);
	clear_span(&kept->span);
}

/*
 * Keep a message for comparison with the thread's next one.
 */
static void
keep_libraries(Builder *builder, KeptLibraries *kept, PlogBytes message, uint32 name)
{
	Size		mapping_bytes = builder->listed_count * sizeof(uint32);

	settle_kept_libraries(builder, kept);
	if (kept->message != NULL)
	{
		builder->kept_bytes -= kept->length + kept->mapping_count * sizeof(uint32);
		pfree(kept->message);
		pfree(kept->mappings);
		kept->message = NULL;
	}
	if (message.length > KEPT_LIBRARIES_BYTES ||
		builder->kept_bytes + message.length + mapping_bytes > ALL_KEPT_LIBRARIES_BYTES)
		return;

	kept->message = MemoryContextAlloc(builder->scratch, message.length + 1);
	memcpy(kept->message, message.data, message.length);
	kept->length = message.length;
	kept->has_asid = PLOG_HAS(builder->entry, PLOG_ENTRY_ASID);
	kept->asid = builder->entry->asid;
	kept->name = name;
	kept->mappings = MemoryContextAlloc(builder->scratch, mapping_bytes + 1);
	if (mapping_bytes > 0)
		memcpy(kept->mappings, builder->listed, mapping_bytes);
	kept->mapping_count = builder->listed_count;
	clear_span(&kept->span);
	builder->kept_bytes += message.length + mapping_bytes;
}

static bool
equals_kept_libraries(const KeptLibraries *kept, const PlogEntry *entry, PlogBytes message)
{
	return kept->message != NULL && kept->length == message.length &&
		kept->has_asid == PLOG_HAS(entry, PLOG_ENTRY_ASID) && kept->asid == entry->asid &&
		memcmp(kept->message, message.data, message.length) == 0;
}

/*
 * The form of LoadedLibs is the one that the first message with a field 2
 * shows.  Messages of the earlier one feed nothing.
 */
static void
learn_loaded_libs_form(Builder *builder, PlogBytes message)
{
	PlogEvidence evidence;

	if (builder->knows_loaded_libs_form)
		return;
	evidence = plog_loaded_libs_evidence(message);
	builder->knows_loaded_libs_form = evidence != PLOG_EVIDENCE_NONE;
	builder->catalog->summary.form.loaded_libs_2020 = evidence == PLOG_EVIDENCE_EARLIER;
}

static void
build_from_loaded_libs(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogLoadedLibs libs;
	PlogBytes	module;
	CatalogThreadKey key;
	KeptLibraries *kept;
	uint32		thread;
	uint32		name = CATALOG_NONE;

	if (!plog_decode_loaded_libs(message, &libs))
	{
		report_malformed(builder);
		return;
	}
	builder->chunk->messages[CATALOG_ASID_LIBRARIES]++;
	learn_loaded_libs_form(builder, message);
	if (!PLOG_HAS(&libs, PLOG_LOADED_LIBS_PID))
		return;
	key = catalog_key_of_loaded_libs(&libs);
	thread = mention_thread(builder, &key, CATALOG_ASID_LIBRARIES, true, libs.pid,
							PLOG_HAS(&libs, PLOG_LOADED_LIBS_PPID), libs.ppid);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	kept = &builder->build_threads[thread].libraries;
	if (equals_kept_libraries(kept, builder->entry, message))
	{
		extend_span_by_entry(builder, &kept->span);
		return;
	}

	if (PLOG_HAS(&libs, PLOG_LOADED_LIBS_PROC_NAME))
	{
		name = mention_name(builder, thread, libs.proc_name);
		extend_span_by_entry(builder, &catalog->names[name].span);
	}
	builder->listed_count = 0;
	if (libs.pid != 0 && libs.ppid != 0 && libs.tid != 0)
	{
		while (plog_next_bytes(&libs.modules, &module))
		{
			build_from_module(builder, thread, module);
			if (builder->listed_count % ENTRIES_PER_CHECK == 0)
				CHECK_FOR_INTERRUPTS();
		}
	}
	keep_libraries(builder, &builder->build_threads[thread].libraries, message, name);
}

static void
build_from_proc_trace(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogProcTrace trace;
	CatalogThreadKey key;
	uint32		thread;
	bool		has_start;

	if (!plog_decode_proc_trace(message, &trace))
	{
		report_malformed(builder);
		return;
	}
	builder->chunk->messages[CATALOG_PROC_TRACE]++;
	has_start = PLOG_HAS(&trace, PLOG_PROC_TRACE_START_INSTR);
	key = catalog_key_of_proc_trace(&trace);
	thread = mention_thread(builder, &key, CATALOG_PROC_TRACE,
							PLOG_HAS(&trace, PLOG_PROC_TRACE_PID), trace.pid,
							PLOG_HAS(&trace, PLOG_PROC_TRACE_PPID), trace.ppid);
	extend_span(&catalog->threads[thread].span, has_start, trace.start_instr);
	if (PLOG_HAS(&trace, PLOG_PROC_TRACE_NAME))
	{
		uint32		name = mention_name(builder, thread, trace.name);

		extend_span(&catalog->names[name].span, has_start, trace.start_instr);
	}

	/* while going forward: where this chunk's first proc_trace starts */
	if (!builder->chunk->has_next_trace)
	{
		builder->chunk->has_next_trace = true;
		builder->chunk->knows_next_trace_start = has_start && trace.start_instr != PLOG_UNKNOWN;
		builder->chunk->next_trace_start = trace.start_instr;
	}
}

/*
 * Take one entry: its payloads in ascending field number.
 */
static void
build_from_entry(Builder *builder, const PlogEntry *entry)
{
	CatalogChunk *chunk = builder->chunk;

	builder->entry = entry;
	builder->catalog->summary.entries_read++;
	extend_span_by_entry(builder, &builder->catalog->summary.span);
	note_offset(&chunk->entry_offsets, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	note_order(&builder->catalog->summary.entries_are_sorted, &builder->last_entry_offset,
			   PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	if (entry->kind < CATALOG_LISTED_KINDS)
		chunk->kinds[entry->kind / 64] |= UINT64CONST(1) << (entry->kind % 64);
	else
		chunk->has_other_kinds = true;
	if (entry->asid_libraries.data != NULL)
		build_from_loaded_libs(builder, entry->asid_libraries);
	if (entry->asid_info.data != NULL)
		build_from_asid_info(builder, entry->asid_info);
	if (entry->syscall.data != NULL)
		build_from_syscall(builder, entry->syscall);
	if (entry->proc_trace.data != NULL)
		build_from_proc_trace(builder, entry->proc_trace);
}

/*
 * Start with nothing known of a chunk.
 */
static void
start_chunk(Builder *builder, uint64 chunk_number)
{
	const Catalog *catalog = builder->catalog;
	CatalogChunk *chunk = &catalog->chunks[chunk_number];

	builder->chunk = chunk;
	builder->chunk_number = chunk_number + 1;
	builder->slice_thread_count = 0;
	clear_span(&chunk->entry_offsets.span);
	clear_span(&chunk->syscall_offsets.span);
	clear_span(&chunk->slice_starts.span);
	clear_span(&chunk->slice_ends.span);
	chunk->syscall_threads.first = catalog->threads_of_chunks_count;
	chunk->syscall_names.first = catalog->names_of_chunks_count;
}

/*
 * Put the chunk's second list of threads behind its first.
 */
static void
end_chunk(Builder *builder)
{
	Catalog    *catalog = builder->catalog;

	builder->chunk->slice_threads.first = catalog->threads_of_chunks_count;
	builder->chunk->slice_threads.count = builder->slice_thread_count;
	for (uint32 i = 0; i < builder->slice_thread_count; i++)
	{
		catalog->threads_of_chunks = grow_array(catalog->context, catalog->threads_of_chunks,
												(uint32) catalog->threads_of_chunks_count,
												&builder->threads_of_chunks_capacity, sizeof(uint32));
		catalog->threads_of_chunks[catalog->threads_of_chunks_count++] = builder->slice_threads[i];
	}
}

static void
build_from_chunk(Builder *builder, uint64 chunk_number)
{
	PlogChunk  *chunk = &builder->file->reader.chunks[chunk_number];
	WireCursor	cursor;
	PlogBytes	body;
	PlogEntry	entry;

	plog_file_read_chunk(builder->file, chunk_number, builder->inflated);
	start_chunk(builder, chunk_number);
	builder->entry_id = chunk->first_entry;
	cursor.at = builder->inflated->data;
	cursor.end = cursor.at + builder->inflated->length;
	while (plog_next_body(&cursor, &body))
	{
		if (plog_decode_entry(body, &entry))
			build_from_entry(builder, &entry);
		else
			report_malformed(builder);
		builder->entry_id++;
		if (builder->entry_id % ENTRIES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	plog_file_check_walk(builder->file, chunk_number, &cursor, builder->entry_id - chunk->first_entry);
	end_chunk(builder);
}

/*
 * Start with an empty catalog.
 */
static void
start_build(Builder *builder, PlogFile *file, MemoryContext context, PlogForm form)
{
	Catalog    *catalog = MemoryContextAllocZero(context, sizeof(Catalog));
	Size		chunk_bytes;

	memset(builder, 0, sizeof(*builder));
	builder->file = file;
	builder->catalog = catalog;
	builder->scratch = CurrentMemoryContext;
	builder->inflated = plog_buffer_create();
	initStringInfo(&builder->converted);
	builder->last_thread = CATALOG_NONE;
	memset(builder->recent_names, 0xFF, sizeof(builder->recent_names));	/* CATALOG_NONE */
	builder->text_hash = text_create(builder->scratch, 1024, catalog);
	builder->name_hash = name_create(builder->scratch, 1024, catalog);
	builder->mapping_hash = mapping_create(builder->scratch, 1024, catalog);

	catalog->context = context;
	catalog->summary.form = form;
	catalog->summary.entries_are_sorted = true;
	catalog->summary.syscalls_are_sorted = true;
	clear_span(&catalog->summary.span);
	catalog->summary.entry_count = file->reader.entry_count;
	catalog->summary.chunk_count = file->reader.chunk_count;
	chunk_bytes = sizeof(CatalogChunk) * (file->reader.chunk_count + 1);
	catalog->chunks = MemoryContextAllocHuge(context, chunk_bytes);
	memset(catalog->chunks, 0, chunk_bytes);
	builder->pool_capacity = 4096;
	catalog->pool = MemoryContextAlloc(context, builder->pool_capacity);
}

/*
 * Go through the file once.  NULL if the form of its AsidInfos turned out to
 * be another than the one that the first of them were read in; then *form is
 * right for the next try.
 */
static Catalog *
try_build(PlogFile *file, MemoryContext context, PlogForm *form, bool knows_form)
{
	Builder		builder;
	Catalog    *catalog;

	start_build(&builder, file, context, *form);
	builder.knows_asid_info_form = knows_form;
	catalog = builder.catalog;
	for (uint64 i = 0; i < file->reader.chunk_count; i++)
	{
		build_from_chunk(&builder, i);
		if (builder.guessed_asid_info_form && catalog->summary.form.asid_info_2018)
		{
			form->asid_info_2018 = true;
			return NULL;
		}
	}
	for (uint32 i = 0; i < catalog->summary.thread_count; i++)
		settle_kept_libraries(&builder, &builder.build_threads[i].libraries);
	catalog_finish(catalog);
	return catalog;
}

Catalog *
catalog_build(PlogFile *file, MemoryContext parent)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(caller, "pandelephant catalog build",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context = AllocSetContextCreate(scratch, "pandelephant catalog",
												  ALLOCSET_DEFAULT_SIZES);
	Catalog    *catalog;
	PlogForm	form;

	memset(&form, 0, sizeof(form));
	MemoryContextSwitchTo(scratch);
	catalog = try_build(file, context, &form, false);
	if (catalog == NULL)
	{
		MemoryContextReset(scratch);
		context = AllocSetContextCreate(scratch, "pandelephant catalog", ALLOCSET_DEFAULT_SIZES);
		catalog = try_build(file, context, &form, true);
	}
	MemoryContextSetParent(context, parent);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return catalog;
}
