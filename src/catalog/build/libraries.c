/*-------------------------------------------------------------------------
 *
 * libraries.c
 *		What asid_libraries entries add to a catalog: mappings.
 *
 * These entries repeat: loaded_libs writes a process's whole list of modules
 * whenever it looks.  A thread's last one is kept, and one that equals it costs
 * a comparison.  Of one that differs, most modules are the same, and cost as
 * much each.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/builder.h"
#include "pandelephant.h"

/* Interrupts are checked for after this many modules. */
#define MODULES_PER_CHECK		4096

/* Messages up to this size are kept for comparison, … */
#define KEPT_LIBRARIES_BYTES	((Size) 1024 * 1024)

/* … and in all at most so many bytes of them, and this part of max_catalog_size. */
#define ALL_KEPT_LIBRARIES_BYTES	((Size) 64 * 1024 * 1024)
#define KEPT_LIBRARIES_PART			4

/* Kept messages are found by a hash of their first bytes; a power of two. */
#define RECENT_LIBRARIES		1024
#define HASHED_BYTES			32

/*
 * Messages are compared in pieces of this many bytes, and meanwhile memory is
 * asked for what stands two pages further on: a processor that reads ahead by
 * itself stops at the end of a page.
 */
#define COMPARED_BYTES			((Size) 256)
#define COMPARED_AHEAD_BYTES	8192

/* So many modules may be gone from a list, and the next ones still be found. */
#define MODULES_GONE			16

void
start_libraries(Builder *builder)
{
	Size		bytes = sizeof(uint32) * RECENT_LIBRARIES;

	builder->recent_libraries = MemoryContextAlloc(builder->scratch, bytes);
	memset(builder->recent_libraries, 0xFF, bytes);	/* CATALOG_NONE */
	builder->last_libraries = CATALOG_NONE;
}

/*
 * The address space of an entry's modules.  False where the entry names none:
 * lesser numbers are those that a MIPS guest hands out, anew all the time.
 */
static bool
asid_of_modules(const PlogEntry *entry, uint64 *asid)
{
	bool		has_asid = PLOG_HAS(entry, PLOG_ENTRY_ASID) && entry->asid >= LEAST_ADDRESS_SPACE;

	*asid = has_asid ? entry->asid : 0;
	return has_asid;
}

/*
 * The mapping that a module is, which is added if it is new.  Until the threads
 * of a process are known, mappings are kept by thread.  False where the module
 * is malformed.
 */
static bool
intern_module(Builder *builder, uint32 thread, PlogBytes message, uint32 *index)
{
	CatalogMapping mapping;
	PlogModule	module;

	if (!plog_decode_module(message, &module))
	{
		report_malformed(builder);
		return false;
	}
	memset(&mapping, 0, sizeof(mapping));
	mapping.process = thread;
	mapping.name = PLOG_HAS(&module, PLOG_MODULE_NAME) ?
		intern_text(builder, module.name) : CATALOG_NONE;
	mapping.path = PLOG_HAS(&module, PLOG_MODULE_FILE) ?
		intern_text(builder, module.file) : CATALOG_NONE;
	mapping.has_asid = asid_of_modules(builder->entry, &mapping.asid);
	mapping.has_base_address = PLOG_HAS(&module, PLOG_MODULE_BASE_ADDR);
	mapping.base_address = module.base_addr;
	mapping.has_size = PLOG_HAS(&module, PLOG_MODULE_SIZE);
	mapping.size = module.size;
	*index = intern_mapping(builder, &mapping);
	return true;
}

/* A walk over a thread's kept modules, beside that over its new ones. */
typedef struct KeptModules
{
	PlogRepeated left;			/* behind the current one */
	PlogBytes	module;			/* the current one; data is NULL: there is none */
	const uint32 *mapping;		/* its own, the first of those left */
	uint32		mappings_left;
} KeptModules;

static void
next_kept_module(KeptModules *kept)
{
	kept->mapping++;
	kept->mappings_left--;
	if (kept->mappings_left == 0 || !plog_next_bytes(&kept->left, &kept->module))
	{
		kept->module.data = NULL;
		kept->mappings_left = 0;
	}
}

/*
 * Are an entry's modules in the same address space as those of a kept message?
 */
static bool
is_asid_of_kept(const KeptLibraries *kept, const PlogEntry *entry)
{
	uint64		asid;

	return kept->has_asid == asid_of_modules(entry, &asid) && kept->asid == asid;
}

/*
 * Start to walk the modules of a thread's kept message, if they are mapped as
 * those of the entry at hand.
 */
static KeptModules
walk_kept_modules(const KeptLibraries *libraries, const PlogEntry *entry)
{
	KeptModules kept = {0};

	if (libraries->message == NULL || !libraries->has_modules || libraries->mapping_count == 0 ||
		!is_asid_of_kept(libraries, entry))
		return kept;
	kept.left = libraries->modules;
	kept.mapping = libraries->mappings;
	kept.mappings_left = libraries->mapping_count;
	if (!plog_next_bytes(&kept.left, &kept.module))
		kept.mappings_left = 0;
	return kept;
}

/*
 * Go on behind the kept module of that mapping, if it is one of the next.
 */
static void
pass_kept_mapping(KeptModules *kept, uint32 mapping)
{
	uint32		near = Min(kept->mappings_left, MODULES_GONE + 1);

	for (uint32 i = 0; i < near; i++)
	{
		if (kept->mapping[i] != mapping)
			continue;
		for (uint32 j = 0; j <= i && kept->mappings_left > 0; j++)
			next_kept_module(kept);
		return;
	}
}

/*
 * List the mappings of a message's modules, and note that they are there.
 * Returns whether each module has one.
 */
static bool
list_mappings(Builder *builder, uint32 thread, PlogRepeated modules)
{
	KeptModules kept = walk_kept_modules(&builder->build_threads[thread].libraries,
										 builder->entry);
	bool		has_each = true;
	PlogBytes	module;

	while (plog_next_bytes(&modules, &module))
	{
		uint32		index;

		if (kept.mappings_left > 0 && kept.module.length == module.length &&
			memcmp(kept.module.data, module.data, module.length) == 0)
		{
			index = *kept.mapping;
			next_kept_module(&kept);
		}
		else if (intern_module(builder, thread, module, &index))
			pass_kept_mapping(&kept, index);
		else
		{
			CHECK_FOR_INTERRUPTS();
			has_each = false;
			continue;
		}
		extend_span_by_entry(builder, &builder->catalog->mappings[index].span);
		builder->listed = grow_array(builder, builder->scratch, builder->listed,
									 builder->listed_count, &builder->listed_capacity,
									 sizeof(uint32));
		builder->listed[builder->listed_count++] = index;
		if (builder->listed_count % MODULES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return has_each;
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
 * Where a hash of a message's first bytes has the thread of the last such one.
 */
static uint32 *
place_of_libraries(const Builder *builder, PlogBytes message)
{
	uint64		words[HASHED_BYTES / sizeof(uint64)] = {0};
	uint64		mixed = message.length;

	memcpy(words, message.data, Min(message.length, sizeof(words)));
	for (Size i = 0; i < lengthof(words); i++)
		mixed = mixed * 31 + words[i];
	return &builder->recent_libraries[catalog_hash(mixed) % RECENT_LIBRARIES];
}

static void
forget_libraries(Builder *builder, KeptLibraries *kept)
{
	settle_kept_libraries(builder, kept);
	if (kept->message == NULL)
		return;
	builder->kept_bytes -= kept->length + kept->mapping_count * sizeof(uint32);
	pfree(kept->message);
	pfree(kept->mappings);
	kept->message = NULL;
}

/*
 * Keep a message for comparison with the thread's next one, and its modules if
 * those that were listed are theirs.
 */
static void
keep_libraries(Builder *builder, uint32 thread, PlogBytes message, const PlogLoadedLibs *libs,
			   bool has_modules, uint32 name)
{
	KeptLibraries *kept = &builder->build_threads[thread].libraries;
	Size		mapping_bytes = builder->listed_count * sizeof(uint32);
	Size		most = (Size) pandelephant_max_catalog_size * 1024 / KEPT_LIBRARIES_PART;

	forget_libraries(builder, kept);
	if (message.length > KEPT_LIBRARIES_BYTES ||
		builder->kept_bytes + message.length + mapping_bytes > Min(most, ALL_KEPT_LIBRARIES_BYTES))
		return;

	kept->message = MemoryContextAlloc(builder->scratch, message.length + 1);
	memcpy(kept->message, message.data, message.length);
	kept->length = message.length;
	kept->has_asid = asid_of_modules(builder->entry, &kept->asid);
	kept->name = name;
	kept->has_modules = has_modules;
	kept->modules = plog_repeated_in_copy(&libs->modules, message.data,
										  (const uint8_t *) kept->message);
	kept->mappings = MemoryContextAlloc(builder->scratch, mapping_bytes + 1);
	if (mapping_bytes > 0)
		memcpy(kept->mappings, builder->listed, mapping_bytes);
	kept->mapping_count = builder->listed_count;
	clear_span(&kept->span);
	builder->kept_bytes += message.length + mapping_bytes;
	*place_of_libraries(builder, message) = thread;
	builder->last_libraries = thread;
}

/*
 * Is a kept message this one?  Where most are repeated, all of a log is compared:
 * it pays to have its bytes at hand in time.
 */
static bool
is_repeated(const char *kept, PlogBytes message)
{
	const uint8_t *at = message.data;
	Size		left = message.length;

	for (; left >= COMPARED_BYTES; left -= COMPARED_BYTES)
	{
		/* no pointer: it may be beyond the end, where nothing is asked for */
		uintptr_t	ahead = (uintptr_t) at + COMPARED_AHEAD_BYTES;

		for (Size line = 0; line < COMPARED_BYTES; line += PLOG_CACHE_LINE_BYTES)
			__builtin_prefetch((const void *) (ahead + line));
		if (memcmp(kept, at, COMPARED_BYTES) != 0)
			return false;
		kept += COMPARED_BYTES;
		at += COMPARED_BYTES;
	}
	return memcmp(kept, at, left) == 0;
}

static bool
equals_kept_libraries(const KeptLibraries *kept, const PlogEntry *entry, PlogBytes message)
{
	return kept->message != NULL && kept->length == message.length &&
		is_asid_of_kept(kept, entry) && is_repeated(kept->message, message);
}

/*
 * A thread whose kept message equals this one, or CATALOG_NONE: it is mostly the
 * last one's.
 */
static uint32
find_kept_libraries(const Builder *builder, PlogBytes message)
{
	uint32		thread = builder->last_libraries;

	if (thread != CATALOG_NONE &&
		equals_kept_libraries(&builder->build_threads[thread].libraries, builder->entry, message))
		return thread;
	thread = *place_of_libraries(builder, message);
	if (thread != CATALOG_NONE &&
		equals_kept_libraries(&builder->build_threads[thread].libraries, builder->entry, message))
		return thread;
	return CATALOG_NONE;
}

/*
 * Take a message that is the same as its thread's last one.  All that it says
 * is known; only when it was said is new.
 */
static bool
build_from_kept_libraries(Builder *builder, PlogBytes message)
{
	uint32		thread = find_kept_libraries(builder, message);

	if (thread == CATALOG_NONE)
		return false;
	builder->last_libraries = thread;
	builder->chunk->messages[CATALOG_ASID_LIBRARIES]++;
	extend_span_by_entry(builder, &builder->catalog->threads[thread].span);
	extend_span_by_entry(builder, &builder->build_threads[thread].libraries.span);
	return true;
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

void
build_from_loaded_libs(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogLoadedLibs libs;
	CatalogThreadKey key;
	uint32		thread;
	uint32		name = CATALOG_NONE;
	bool		has_modules = false;

	if (build_from_kept_libraries(builder, message))
		return;
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
	if (PLOG_HAS(&libs, PLOG_LOADED_LIBS_PROC_NAME))
	{
		name = mention_name(builder, thread, libs.proc_name);
		extend_span_by_entry(builder, &catalog->names[name].span);
	}
	builder->listed_count = 0;
	if (libs.pid != 0 && libs.ppid != 0 && libs.tid != 0)
		has_modules = list_mappings(builder, thread, libs.modules);
	keep_libraries(builder, thread, message, &libs, has_modules, name);
}

void
settle_libraries(Builder *builder)
{
	for (uint32 i = 0; i < builder->catalog->summary.thread_count; i++)
	{
		settle_kept_libraries(builder, &builder->build_threads[i].libraries);
		if (i % MODULES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}
