/*-------------------------------------------------------------------------
 *
 * libraries.c
 *		What asid_libraries entries add to a catalog: mappings.
 *
 * These entries are repetitive: loaded_libs writes the whole list of a process's
 * modules whenever it looks at it.  So each thread's last message is kept.  If
 * another message equals it, a comparison is all that it costs; if it differs,
 * most modules still equal those of the kept message and need not be decoded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/messages.h"

/* Interrupts are checked for after this many modules. */
#define MODULES_PER_CHECK		4096

/*
 * Messages up to this size are kept, and of all threads together at most so many
 * bytes, or a fourth of max_catalog_size if that is less.
 */
#define KEPT_LIBRARIES_BYTES	((Size) 1024 * 1024)
#define ALL_KEPT_LIBRARIES_BYTES	((Size) 64 * 1024 * 1024)
#define KEPT_LIBRARIES_PART			4

/* Kept messages are found by a hash of so many of their first bytes. */
#define HASHED_BYTES			32

/*
 * Messages are compared in pieces of this many bytes.  Each time, the bytes two
 * pages further on are prefetched: processors prefetch by themselves, but not
 * beyond the end of a page.
 */
#define COMPARED_BYTES			((Size) 256)
#define COMPARED_AHEAD_BYTES	8192

/* How many modules may be missing from a list for the next ones still to be found. */
#define MODULES_GONE			16

void
start_libraries(Builder *builder)
{
	start_recent_indexes(&builder->libraries.recent);
	builder->libraries.last_thread = CATALOG_NONE;
}

/*
 * The address space that an entry's modules are in.  Returns false if the entry
 * has none.  Small numbers do not count: a MIPS guest gives them to one process
 * after the other.
 */
static bool
asid_of_modules(const PlogEntry *entry, uint64 *asid)
{
	bool		has_asid = PLOG_HAS(entry, PLOG_ENTRY_ASID) && entry->asid >= LEAST_ADDRESS_SPACE;

	*asid = has_asid ? entry->asid : 0;
	return has_asid;
}

/*
 * Find or add the mapping of a module.  Returns false if the module is malformed.
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
	mapping.name = PLOG_HAS(&module, PLOG_MODULE_NAME) ?
		intern_guest_text(&builder->things, module.name) : CATALOG_NONE;
	mapping.path = PLOG_HAS(&module, PLOG_MODULE_FILE) ?
		intern_guest_text(&builder->things, module.file) : CATALOG_NONE;
	mapping.has_asid = asid_of_modules(builder->at.entry, &mapping.asid);
	mapping.has_base_address = PLOG_HAS(&module, PLOG_MODULE_BASE_ADDR);
	mapping.base_address = module.base_addr;
	mapping.has_size = PLOG_HAS(&module, PLOG_MODULE_SIZE);
	mapping.size = module.size;
	*index = intern_mapping(&builder->things, thread, &mapping);
	return true;
}

/* A walk over the modules of a thread's kept message. */
typedef struct KeptModules
{
	PlogRepeated left;			/* those behind the current one */
	PlogBytes	module;			/* the current one; its data is NULL at the end */
	const uint32 *mapping;		/* that of the current one */
	uint32		mappings_left;	/* that of the current one included; 0 at the end */
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
 * Are an entry's modules in the address space of those of a kept message?
 */
static bool
is_asid_of_kept(const KeptLibraries *kept, const PlogEntry *entry)
{
	uint64		asid;

	return kept->has_asid == asid_of_modules(entry, &asid) && kept->asid == asid;
}

/*
 * Start to walk the modules of a thread's kept message.  The walk is at its end at
 * once if they are not in the address space of the entry at hand.
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
 * If one of the next kept modules has that mapping, go on to the one behind it.
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
 * List the mappings of a message's modules, and extend their spans.  Returns
 * whether each module has one.
 */
static bool
list_mappings(Builder *builder, uint32 thread, PlogRepeated modules)
{
	KeptModules kept = walk_kept_modules(&builder->things.threads[thread].libraries,
										 builder->at.entry);
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
		append_index(&builder->memory, &builder->libraries.mappings, index);
		if (builder->libraries.mappings.count % MODULES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return has_each;
}

/*
 * Extend the spans of what a kept message mentions to that over which the message
 * was repeated.
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
 * Where the thread is remembered whose message last began as this one does.
 */
static uint32 *
recent_thread(Builder *builder, PlogBytes message)
{
	uint64		words[HASHED_BYTES / sizeof(uint64)] = {0};
	uint64		mixed = message.length;

	memcpy(words, message.data, Min(message.length, sizeof(words)));
	for (Size i = 0; i < lengthof(words); i++)
		mixed = mixed * 31 + words[i];
	return &builder->libraries.recent.indexes[recent_slot(mixed)];
}

static void
forget_libraries(Builder *builder, KeptLibraries *kept)
{
	settle_kept_libraries(builder, kept);
	if (kept->message == NULL)
		return;
	builder->libraries.kept_bytes -= kept->length + kept->mapping_count * sizeof(uint32);
	pfree(kept->message);
	pfree(kept->mappings);
	kept->message = NULL;
}

/*
 * Keep a message for comparison with the thread's next one.  Its mappings have
 * been listed; has_modules tells whether there is one for each of its modules.
 */
static void
keep_libraries(Builder *builder, uint32 thread, PlogBytes message, const PlogLoadedLibs *libs,
			   bool has_modules, uint32 name)
{
	KeptLibraries *kept = &builder->things.threads[thread].libraries;
	const IndexList *listed = &builder->libraries.mappings;
	Size		mapping_bytes = listed->count * sizeof(uint32);
	Size		part = (Size) pandelephant_max_catalog_size * 1024 / KEPT_LIBRARIES_PART;
	Size		most = Min(part, ALL_KEPT_LIBRARIES_BYTES);

	forget_libraries(builder, kept);
	if (message.length > KEPT_LIBRARIES_BYTES ||
		builder->libraries.kept_bytes + message.length + mapping_bytes > most)
		return;

	kept->message = MemoryContextAlloc(builder->memory.scratch, message.length + 1);
	memcpy(kept->message, message.data, message.length);
	kept->length = message.length;
	kept->has_asid = asid_of_modules(builder->at.entry, &kept->asid);
	kept->name = name;
	kept->has_modules = has_modules;
	kept->modules = plog_repeated_in_copy(&libs->modules, message.data,
										  (const uint8_t *) kept->message);
	kept->mappings = MemoryContextAlloc(builder->memory.scratch, mapping_bytes + 1);
	if (mapping_bytes > 0)
		memcpy(kept->mappings, listed->indexes, mapping_bytes);
	kept->mapping_count = listed->count;
	clear_span(&kept->span);
	builder->libraries.kept_bytes += message.length + mapping_bytes;
	*recent_thread(builder, message) = thread;
	builder->libraries.last_thread = thread;
}

/*
 * Does a kept message of the same length equal this one?  If most messages are
 * repeated, this reads most of the log, so that prefetching pays.
 */
static bool
is_repeated(const char *kept, PlogBytes message)
{
	const uint8_t *at = message.data;
	Size		left = message.length;

	for (; left >= COMPARED_BYTES; left -= COMPARED_BYTES)
	{
		/* not a pointer, since it may be beyond the end; prefetching there is harmless */
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

/*
 * Is this message, of the entry at hand, the one that is kept of a thread?
 */
static bool
has_kept_libraries(const Builder *builder, uint32 thread, PlogBytes message)
{
	const KeptLibraries *kept;

	if (thread == CATALOG_NONE)
		return false;
	kept = &builder->things.threads[thread].libraries;
	return kept->message != NULL && kept->length == message.length &&
		is_asid_of_kept(kept, builder->at.entry) && is_repeated(kept->message, message);
}

/*
 * A thread whose kept message equals this one, or CATALOG_NONE.  Mostly it is that
 * of the message before.
 */
static uint32
find_kept_libraries(Builder *builder, PlogBytes message)
{
	uint32		thread = builder->libraries.last_thread;

	if (has_kept_libraries(builder, thread, message))
		return thread;
	thread = *recent_thread(builder, message);
	return has_kept_libraries(builder, thread, message) ? thread : CATALOG_NONE;
}

/*
 * Take a message that equals its thread's last one: only its time is new.  Returns
 * false if it does not.
 */
static bool
build_from_kept_libraries(Builder *builder, PlogBytes message)
{
	uint32		thread = find_kept_libraries(builder, message);

	if (thread == CATALOG_NONE)
		return false;
	builder->libraries.last_thread = thread;
	builder->at.chunk->messages[CATALOG_ASID_LIBRARIES]++;
	extend_span_by_entry(builder, &builder->catalog->threads[thread].span);
	extend_span_by_entry(builder, &builder->things.threads[thread].libraries.span);
	return true;
}

/*
 * The form of LoadedLibs is the one that the first message with a field 2 shows.
 * Messages of the earlier form add nothing.
 */
static void
learn_loaded_libs_form(Builder *builder, PlogBytes message)
{
	PlogEvidence evidence;

	if (builder->facts.forms.knows_loaded_libs_form)
		return;
	evidence = plog_loaded_libs_evidence(message);
	builder->facts.forms.knows_loaded_libs_form = evidence != PLOG_EVIDENCE_NONE;
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
	builder->at.chunk->messages[CATALOG_ASID_LIBRARIES]++;
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
	builder->libraries.mappings.count = 0;
	if (libs.pid != 0 && libs.ppid != 0 && libs.tid != 0)
		has_modules = list_mappings(builder, thread, libs.modules);
	keep_libraries(builder, thread, message, &libs, has_modules, name);
}

void
settle_libraries(Builder *builder)
{
	for (uint32 i = 0; i < builder->catalog->summary.thread_count; i++)
	{
		settle_kept_libraries(builder, &builder->things.threads[i].libraries);
		if (i % MODULES_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}
