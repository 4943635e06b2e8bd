/*-------------------------------------------------------------------------
 *
 * builder.h
 *		The state of one pass over a log, or over a piece of it.
 *
 * A log is read once, entry by entry, by one process; or in pieces by several
 * processes.  A piece is a run of chunks that is read as if it were a log of its
 * own; the pieces are then merged in the order of the file.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_BUILDER_H
#define PANDELEPHANT_CATALOG_BUILDER_H

#include "catalog/build/guest_facts.h"
#include "catalog/build/offsets.h"
#include "catalog/build/spans.h"
#include "catalog/build/things.h"
#include "log/chunk.h"

/* What is known of a log's form before the pass. */
typedef struct KnownForm
{
	PlogForm	form;
	bool		knows_asid_info_form;
	bool		has_asid_info;	/* then entries do not have the form of 2016 */
} KnownForm;

/*
 * What messages have shown of the log's form so far.  Messages that come before
 * it is known are read in a form that is guessed; if the guess turns out to be
 * wrong, the pass starts anew.
 */
typedef struct FormEvidence
{
	bool		knows_asid_info_form;
	bool		guessed_asid_info_form; /* was an asid_info read before it was known? */
	bool		knows_loaded_libs_form;
	bool		has_asid_info;
	bool		has_entries_2016;	/* was an entry taken for one of the form of 2016? */

	/* the first asid_info that is malformed in the guessed form */
	bool		has_malformed_guess;
	uint64		malformed_guess;	/* its entry_id */
} FormEvidence;

/* What a pass finds besides the catalog.  A piece hands it on as it is. */
typedef struct PassFacts
{
	RowOffsets	entries;
	RowOffsets	syscalls;
	FormEvidence forms;
	GuestFacts	guest;
	uint64		inflated_bytes; /* of all chunks so far */
	uint64		pairs;			/* of a thread and a name in all asid_infos */

	/* in a piece: does something depend on the pieces before? */
	bool		wants_earlier_pieces;
} PassFacts;

/* The chunk and the entry at hand. */
typedef struct PassPosition
{
	PlogBuffer *inflated;		/* the chunk */
	PlogBuffer *merged;			/* a payload that is spread over several fields */
	uint64		first_chunk;	/* number of the log's chunk that is catalog->chunks[0] */
	uint64		chunk_number;	/* from 1 */
	CatalogChunk *chunk;
	CatalogTrace *first_trace;	/* of the chunk */
	IndexList	slice_threads;	/* of the chunk */
	const PlogEntry *entry;
	uint64		entry_id;
} PassPosition;

/* What is known of asid_libraries messages, see libraries.c. */
typedef struct LibrariesPass
{
	uint32		last_thread;	/* whose message was kept or repeated last, or
								 * CATALOG_NONE */
	RecentIndexes recent;		/* threads, by the first bytes of their messages */
	Size		kept_bytes;		/* of all kept messages and their mappings */
	IndexList	mappings;		/* of the message at hand */
} LibrariesPass;

struct KeptInfo;

/* What is known of asid_info messages, see slices.c. */
typedef struct AsidInfoPass
{
	struct KeptInfo *recent;	/* RECENT_SLOTS of them */
	uint64		visit;			/* number of the message at hand */
	IndexList	names;			/* texts of the message at hand */
	IndexList	new_threads;	/* those that it is the first to list */
} AsidInfoPass;

/* What is known of syscall messages, see syscalls.c. */
typedef struct SyscallPass
{
	uint64	   *name_chunks;	/* by text: the last chunk whose syscall_names has it,
								 * from 1 */
	uint32		name_chunks_capacity;
} SyscallPass;

struct call_group_hash;
struct RecentGroup;

/* What is known of call groups, see call_groups.c. */
typedef struct CallGroupsPass
{
	struct call_group_hash *hash;	/* NULL once there were too many */
	struct RecentGroup *recent;
	uint32		most;			/* groups that are kept */
} CallGroupsPass;

typedef struct Builder
{
	PlogFile   *file;
	void	   *taker;			/* state of who takes chunks, or NULL; see taker.h */
	Catalog    *catalog;
	BuildMemory memory;
	Things		things;
	PassPosition at;
	PassFacts	facts;
	LibrariesPass libraries;
	AsidInfoPass asid_infos;
	SyscallPass syscalls;
	CallGroupsPass call_groups;
} Builder;

/*
 * Is it a piece before which there are others?
 */
static inline bool
is_later_piece(const Builder *builder)
{
	return builder->at.first_chunk > 0;
}

/*
 * Extend a span to cover the offset of the entry at hand.
 */
static inline void
extend_span_by_entry(const Builder *builder, CatalogSpan *span)
{
	const PlogEntry *entry = builder->at.entry;

	extend_span(span, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
}

static inline void
report_malformed(const Builder *builder)
{
	report_malformed_entry(builder->file, builder->at.entry_id);
}

/*
 * The thread of a key, with the pid and ppid that a message of the entry at hand
 * gives for it.  A taint flow mentions two threads; the second one is said later.
 */
static inline uint32
mention_thread_in(Builder *builder, const CatalogThreadKey *key, CatalogKind kind, bool is_second,
				  bool has_pid, uint32 pid, bool has_ppid, uint32 ppid)
{
	uint64		place = catalog_place(builder->at.entry_id, kind) * 2 + is_second;
	uint32		index = intern_thread(&builder->things, key, builder->at.entry_id);
	CatalogThread *thread = &builder->catalog->threads[index];

	keep_first(&thread->pid, has_pid, pid, place);
	keep_first(&thread->ppid, has_ppid, ppid, place);
	return index;
}

static inline uint32
mention_thread(Builder *builder, const CatalogThreadKey *key, CatalogKind kind,
			   bool has_pid, uint32 pid, bool has_ppid, uint32 ppid)
{
	return mention_thread_in(builder, key, kind, false, has_pid, pid, has_ppid, ppid);
}

/*
 * A guest's string as the name of a thread.
 */
static inline uint32
mention_name(Builder *builder, uint32 thread, PlogBytes guest)
{
	return intern_name(&builder->things, thread, intern_guest_text(&builder->things, guest));
}

/*
 * Was something read in a form that turned out to be wrong?
 */
static inline bool
guessed_wrong_form(const Builder *builder)
{
	const FormEvidence *forms = &builder->facts.forms;

	return ((forms->guessed_asid_info_form || forms->has_malformed_guess) &&
			builder->catalog->summary.form.asid_info_2018) ||
		(forms->has_entries_2016 && forms->has_asid_info);
}

#endif							/* PANDELEPHANT_CATALOG_BUILDER_H */
