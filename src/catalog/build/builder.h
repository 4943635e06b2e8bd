/*-------------------------------------------------------------------------
 *
 * builder.h
 *		What the files that build a catalog share.
 *
 * A log is gone through once, entry by entry (build.c, libraries.c, slices.c),
 * or in pieces by several processes, whose catalogs are then put together in
 * the order of the file (parallel.c, merge.c).  Either way things are added in
 * the order in which they first appear, by the functions of things.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_BUILDER_H
#define PANDELEPHANT_CATALOG_BUILDER_H

#include <setjmp.h>

#include "lib/stringinfo.h"
#include "port/atomics.h"

#include "catalog/catalog.h"
#include "catalog/build/sample.h"
#include "log/chunk.h"

/* So many texts of late are found without hashing them; a power of two. */
#define RECENT_TEXTS			1024

/* A thing's part of the tables that it is found by, at most, in bytes. */
#define TABLE_BYTES_PER_THING	64

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
	bool		has_modules;	/* one for each mapping, in order: */
	PlogRepeated modules;		/* of the kept message */
} KeptLibraries;

/* What is known of a thread only while building. */
typedef struct BuildThread
{
	uint64		visit;			/* the last asid_info that counted it */
	uint64		syscall_chunk;	/* the last whose syscall_threads has it, from 1 */
	uint64		slice_chunk;	/* likewise of slice_threads */
	KeptLibraries libraries;
} BuildThread;

/* What a log shows of the machine that it was recorded of. */
typedef struct GuestFacts
{
	bool		has_wide_pc;	/* known, and of more than 32 bits */
	bool		has_wide_pointer;	/* likewise, by today's form of arguments */
	bool		has_wide_pointer_2020;	/* and by that of 2020 */
	bool		has_asid;
	bool		has_wide_asid;	/* too large to be one of MIPS */
} GuestFacts;

struct KeptInfo;
struct text_hash;
struct name_hash;
struct mapping_hash;

typedef struct Builder
{
	PlogFile   *file;
	Catalog    *catalog;
	MemoryContext scratch;		/* goes when the catalog is built */
	PlogBuffer *inflated;
	PlogBuffer *merged;			/* a payload that stands several times */
	bool		is_at_sink;		/* the second of the threads that a taint flow names */
	StringInfoData converted;	/* a text on its way into the pool */

	struct text_hash *text_hash;
	struct name_hash *name_hash;
	struct mapping_hash *mapping_hash;
	BuildThread *build_threads;
	uint64	   *name_chunks;	/* by text: the last whose syscall_names has it */
	Size		bytes;			/* about what things take, see account_for() */
	pg_atomic_uint64 *bytes_of_pieces;	/* of a piece: what all pieces take, … */
	sigjmp_buf *leave_piece;	/* … and where to go when that is too much */

	/* messages that are kept for comparison */
	uint32		last_libraries; /* whose message was kept or met last, or CATALOG_NONE */
	uint32	   *recent_libraries;	/* by a hash: a thread that has such a one */
	struct KeptInfo *recent_infos;	/* likewise of asid_infos */
	Size		kept_bytes;		/* of asid_libraries */
	uint32	   *listed;			/* mappings of the message at hand */
	uint32		listed_count;
	uint32	   *info_names;		/* texts of the asid_info at hand */
	uint32		info_name_count;

	uint32		thread_capacity;
	uint32		build_thread_capacity;
	uint32		name_capacity;
	uint32		mapping_capacity;
	uint32		code_point_capacity;
	uint32		text_capacity;
	uint32		listed_capacity;
	uint32		info_name_capacity;
	uint32		name_chunks_capacity;
	uint32		threads_of_chunks_capacity;
	uint32		names_of_chunks_capacity;
	uint64		pool_capacity;

	/* the chunk and the entry at hand */
	uint64		first_chunk;	/* the log's number of catalog->chunks[0] */
	CatalogChunk *chunk;
	uint64		chunk_number;	/* from 1 */
	const PlogEntry *entry;
	uint64		entry_id;
	uint64		inflated_bytes; /* of all chunks so far */
	uint32		slice_thread_count; /* in slice_threads */
	uint32	   *slice_threads;	/* of the chunk at hand */
	uint32		slice_threads_capacity;
	uint32		recent_texts[RECENT_TEXTS]; /* indexes of plain texts */
	uint64		visit;			/* of an asid_info, counted */
	uint64		pairs;			/* of a thread and a name, in all asid_infos */
	uint64		string_bytes;	/* of guest strings that were looked up */
	uint32		last_thread;	/* a guess at the next one */

	/* the first and the last offset of a row, to see that they never decrease */
	CatalogSpan entry_order;
	CatalogSpan syscall_order;

	/* how rows are spread in time */
	OffsetSample entry_sample;
	OffsetSample syscall_sample;
	CatalogSpan entry_span;
	CatalogSpan syscall_span;

	/* the forms, as far as messages have shown them */
	bool		knows_asid_info_form;
	bool		guessed_asid_info_form; /* some came before it was known */
	bool		knows_loaded_libs_form;
	bool		has_asid_info;	/* then entries say nothing by the form of 2016 … */
	bool		has_entries_2016;	/* … but some were taken before it was known */

	/* the first asid_info that is malformed in the form that was guessed */
	bool		has_malformed_guess;
	uint64		malformed_guess;	/* its entry */

	GuestFacts	guest_facts;

	/* a piece of a log: is there something that only the ones before can tell? */
	bool		is_piece;
	bool		wants_earlier_pieces;
} Builder;

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
 * The entry's own place in time.
 */
static inline void
extend_span_by_entry(const Builder *builder, CatalogSpan *span)
{
	extend_span(span, PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
}

static inline void
report_malformed(const Builder *builder)
{
	report_malformed_entry(builder->file, builder->entry_id);
}

/*
 * Keep what is said, if it is the first.
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

/* things.c */

/*
 * See that what a log names, and what is known of its chunks, stays within the
 * limit: call it before memory is taken.  The log is refused; but a piece that
 * goes beyond is left, for together the pieces have many things twice.
 */
extern void account_for(Builder *builder, Size bytes);

/* Make the tables that things are found by. */
extern void start_things(Builder *builder);

/*
 * Grow an array, so that one more element fits.  Of an array of the catalog,
 * the memory is the catalog's.
 */
extern void *grow_array(Builder *builder, MemoryContext context, void *array, uint32 count,
						uint32 *capacity, Size element_bytes);

/* The index of a guest string's text, or of a text, which is added if it is new. */
extern uint32 intern_text(Builder *builder, PlogBytes guest);
extern uint32 intern_converted_text(Builder *builder, const char *data, uint64 length);

/* The index of the thread of that key, which is added if it is new. */
extern uint32 intern_thread(Builder *builder, const CatalogThreadKey *key, uint64 entry_id);

/* The same, with what the entry's message of that kind says of the thread. */
extern uint32 mention_thread(Builder *builder, const CatalogThreadKey *key, CatalogKind kind,
							 bool has_pid, uint32 pid, bool has_ppid, uint32 ppid);

/* The index of the name that a text, or a guest string, is of a thread. */
extern uint32 intern_name(Builder *builder, uint32 thread, uint32 text);
extern uint32 mention_name(Builder *builder, uint32 thread, PlogBytes guest);

/*
 * The index of the mapping that equals this one but for its span; it is added
 * with an empty one if it is new.
 */
extern uint32 intern_mapping(Builder *builder, const CatalogMapping *mapping);

/* Note a thread or a text in the chunk's list of those of system calls. */
extern void list_syscall_thread(Builder *builder, uint32 thread);
extern void list_syscall_name(Builder *builder, PlogBytes name);
extern void add_to_threads_of_chunks(Builder *builder, uint32 thread);
extern void add_to_names_of_chunks(Builder *builder, uint32 text);

/* libraries.c */
extern void start_libraries(Builder *builder);
extern void build_from_loaded_libs(Builder *builder, PlogBytes message);

/* Give what kept messages mention the spans over which they repeated. */
extern void settle_libraries(Builder *builder);

/* flows.c */
extern void build_from_taint_flow(Builder *builder);

/*
 * Find the code points of a log whose catalog is finished: a second look at the
 * chunks that have taint flows.
 */
extern void find_code_points(Builder *builder);

/* slices.c */
extern void start_slices(Builder *builder);

/* Refuse a log that is made to take forever. */
extern void check_pairs(Builder *builder);
extern void build_from_asid_info(Builder *builder, PlogBytes message);
extern void build_from_entry_2016(Builder *builder, const PlogEntry *entry);
extern void build_from_proc_trace(Builder *builder, PlogBytes message);

/* Report what was malformed in the form that was guessed, unless that was wrong. */
extern void settle_malformed_guess(Builder *builder);

/* guest_facts.c */

/*
 * An asid below it is not the address of a page table: MIPS numbers its address
 * spaces.
 */
#define LEAST_ADDRESS_SPACE		4096

static inline void
note_asid(GuestFacts *facts, bool is_present, uint64 asid)
{
	facts->has_asid |= is_present;
	facts->has_wide_asid |= is_present && asid >= LEAST_ADDRESS_SPACE;
}

static inline void
note_pc(GuestFacts *facts, bool is_present, uint64 pc)
{
	facts->has_wide_pc |= is_present && pc != PLOG_UNKNOWN && pc > PG_UINT32_MAX;
}

/* Note what a call's pointers show, which is of interest where no pc has shown it. */
extern void note_pointers(GuestFacts *facts, const PlogSyscall *syscall, PlogForm form);

/*
 * Note a call's pc.  It is seldom less than those before: the name is hardly ever
 * looked at.
 */
static inline void
note_call_pc(CatalogSummary *summary, const PlogSyscall *syscall, bool is_present, uint64 pc)
{
	if (is_present && pc < summary->least_return_pc && !call_is_logged_on_entry(syscall->call_name))
		summary->least_return_pc = pc;
}

extern void merge_guest_facts(GuestFacts *facts, const GuestFacts *other);

/* What the guest was, of a log that has been gone through. */
extern Guest decide_guest(const GuestFacts *facts, const Catalog *catalog);

/* build.c */

/* Start with an empty catalog of so many chunks.  The builder is cleared to zero before. */
extern void start_builder(Builder *builder, PlogFile *file, MemoryContext context,
						  uint64 first_chunk, uint64 chunk_count, PlogForm form, bool knows_form,
						  bool has_asid_info);

/* Take all that is in one chunk of the log. */
extern void build_from_chunk(Builder *builder, uint64 chunk_number);

/* Has it turned out that asid_infos, or entries, were read in the wrong form? */
static inline bool
guessed_wrong_form(const Builder *builder)
{
	return ((builder->guessed_asid_info_form || builder->has_malformed_guess) &&
			builder->catalog->summary.form.asid_info_2018) ||
		(builder->has_entries_2016 && builder->has_asid_info);
}

#endif							/* PANDELEPHANT_CATALOG_BUILDER_H */
