/*-------------------------------------------------------------------------
 *
 * things.h
 *		The texts, threads, names and mappings of a catalog that is being built.
 *
 * To intern a thing is to find its index, or to add it if it is new.  Things are
 * added in the order in which they first appear in the log, which is the order of
 * their ids.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_THINGS_H
#define PANDELEPHANT_CATALOG_THINGS_H

#include "lib/stringinfo.h"

#include "catalog/arrays.h"
#include "catalog/build/memory.h"
#include "catalog/build/recent.h"

/* A thread's last asid_libraries message, and what it mentions. */
typedef struct KeptLibraries
{
	char	   *message;		/* NULL if none is kept */
	Size		length;
	bool		has_asid;
	uint64		asid;
	CatalogSpan span;			/* over which the message was repeated */
	uint32		name;			/* index, or CATALOG_NONE */
	uint32		mapping_count;
	uint32	   *mappings;		/* indexes */
	bool		has_modules;	/* is there a mapping for each module, in order? */
	PlogRepeated modules;		/* of the kept message */
} KeptLibraries;

/* What is known of a thread only while the catalog is built. */
typedef struct BuildThread
{
	uint64		visit;			/* number of the last asid_info that lists it */
	uint64		syscall_chunk;	/* the last chunk whose syscall_threads has it, from 1 */
	uint64		slice_chunk;	/* likewise for slice_threads */
	KeptLibraries libraries;
} BuildThread;

struct text_hash;
struct name_hash;
struct mapping_hash;

typedef struct Things
{
	Catalog    *catalog;		/* that they are added to */
	BuildMemory *memory;
	uint32		capacities[CATALOG_ARRAYS]; /* of the arrays that grow */
	uint64		pool_capacity;

	/* how things are found; threads by the catalog's own hash */
	struct text_hash *text_hash;
	struct name_hash *name_hash;
	struct mapping_hash *mapping_hash;
	uint32		last_thread;	/* the last one that was interned, or CATALOG_NONE */
	RecentIndexes recent_texts; /* by their last bytes; only texts that are stored as
								 * they are in the log */

	BuildThread *threads;		/* by thread */
	uint32		thread_capacity;
	StringInfoData converted;	/* a text that is being converted */
	uint64		string_bytes;	/* of all texts that were interned */
} Things;

extern void start_things(Things *things, Catalog *catalog, BuildMemory *memory);

/* Make room for one more element of an array.  Use make_room(). */
extern void grow_catalog_array(Things *things, CatalogArray array);

/*
 * Make room for one more element of an array of the catalog, which has count.
 */
static inline void
make_room(Things *things, CatalogArray array, uint64 count)
{
	if (unlikely(count >= things->capacities[array]))
		grow_catalog_array(things, array);
}

/* A text in the database encoding, or a guest's string, which is converted. */
extern uint32 intern_text(Things *things, const char *data, uint64 length);
extern uint32 intern_guest_text(Things *things, PlogBytes guest);

/* The thread of a key, which an entry mentions. */
extern uint32 intern_thread(Things *things, const CatalogThreadKey *key, uint64 entry_id);

/* A text as the name of a thread.  It is added with an empty span. */
extern uint32 intern_name(Things *things, uint32 thread, uint32 text);

/*
 * A mapping of a thread.  Two are the same if all but their spans and processes
 * are; it is added with an empty span and without a process.  finish.c turns
 * the mappings of threads into those of processes.
 */
extern uint32 intern_mapping(Things *things, uint32 thread, const CatalogMapping *mapping);

/* Append to the lists of the chunk at hand. */
extern void add_to_threads_of_chunks(Things *things, uint32 thread);
extern void add_to_names_of_chunks(Things *things, uint32 text);

/*
 * Keep what is said, if it is said earlier in the log than what is kept.
 */
static inline void
keep_first(CatalogSaid *said, bool is_present, uint64 value, uint64 place)
{
	if (is_present && place < said->place)
	{
		said->value = value;
		said->place = place;
	}
}

#endif							/* PANDELEPHANT_CATALOG_THINGS_H */
