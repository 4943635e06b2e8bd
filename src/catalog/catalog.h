/*-------------------------------------------------------------------------
 *
 * catalog.h
 *		What one plog holds: the things that ids are given to, and what is in
 *		each chunk.
 *
 * A catalog is built in one pass over the file (build.c, finish.c).  It is a
 * set of flat arrays that refer to each other by index, so that it can be kept
 * as it is.  Ids are indexes plus one.  All strings are text in the database
 * encoding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_H
#define PANDELEPHANT_CATALOG_H

#include "catalog/guest.h"
#include "log/plog_file.h"
#include "plog/flow.h"
#include "plog/message.h"

/* No thread, process or text. */
#define CATALOG_NONE	PG_UINT32_MAX

/* The execution offsets over which something was seen: empty if first > last. */
typedef struct CatalogSpan
{
	uint64		first;
	uint64		last;
} CatalogSpan;

/* A text in the catalog's pool. */
typedef struct CatalogText
{
	uint64		offset;
	uint64		length;
	uint64		syscalls;		/* how many system calls have that name */
} CatalogText;

/*
 * Something that entries say of a thing, and the place where they first (or
 * last) said it; see catalog_place().  Absent where place is CATALOG_NOWHERE.
 */
typedef struct CatalogSaid
{
	uint64		value;
	uint64		place;
} CatalogSaid;

#define CATALOG_NOWHERE	PG_UINT64_MAX

/* What makes two mentions the same thread. */
typedef struct CatalogThreadKey
{
	uint64		create_time;
	uint32		tid;
	uint32		pid;			/* only where tid or create_time is absent */
	bool		has_tid;
	bool		has_create_time;
	bool		has_pid;
	uint8		unused[5];		/* zero: keys are compared as bytes */
} CatalogThreadKey;

typedef struct CatalogThread
{
	CatalogThreadKey key;
	uint32		process;		/* index */
	uint32		first_name;		/* in names_of_threads */
	uint32		name_count;
	CatalogSpan span;
	uint64		first_entry;	/* the entry_id that first named it */
	uint64		first_listed;	/* that of the first asid_info that lists it, or
								 * CATALOG_NOWHERE */
	uint64		syscalls;		/* how many system calls are its */
	CatalogSaid pid;			/* first */
	CatalogSaid ppid;			/* first */
	CatalogSaid asid;			/* last, of asid_info */
} CatalogThread;

typedef struct CatalogProcess
{
	CatalogSaid pid;
	CatalogSaid ppid;
	CatalogSaid asid;
	uint64		create_time;
	bool		has_create_time;
	uint32		parent;			/* index, or CATALOG_NONE */
	uint32		first_name;		/* in names_of_processes */
	uint32		name_count;
	CatalogSpan span;
} CatalogProcess;

typedef struct CatalogName
{
	uint32		thread;			/* index */
	uint32		text;			/* index */
	CatalogSpan span;
} CatalogName;

typedef struct CatalogMapping
{
	uint32		process;		/* index; while building, the thread's */
	uint32		name;			/* index of text, or CATALOG_NONE */
	uint32		path;			/* likewise */
	bool		has_asid;
	bool		has_base_address;
	bool		has_size;
	uint64		asid;
	uint64		base_address;
	uint64		size;
	CatalogSpan span;
} CatalogMapping;

/* A place in a mapping that a taint flow begins or ends at. */
typedef struct CatalogCodePoint
{
	uint64		offset;			/* from the mapping's base address */
	uint32		mapping;		/* index */
	uint32		unused;			/* zero */
} CatalogCodePoint;

/* The messages that relations are made of, in the order of their field numbers. */
typedef enum CatalogKind
{
	CATALOG_ASID_LIBRARIES,
	CATALOG_ASID_INFO,
	CATALOG_TAINT_FLOW,
	CATALOG_SYSCALL,
	CATALOG_PROC_TRACE,
	CATALOG_KINDS
} CatalogKind;

/* The execution offsets of a chunk's rows: those that are known, and whether all are. */
typedef struct CatalogOffsets
{
	CatalogSpan span;
	uint64		unknown;		/* how many are not */
} CatalogOffsets;

/* A run of elements in an array of the catalog. */
typedef struct CatalogRun
{
	uint64		first;
	uint64		count;
} CatalogRun;

/* Kinds of entries up to this field number are told apart by a bitmap. */
#define CATALOG_LISTED_KINDS	128

/* What is in one chunk. */
typedef struct CatalogChunk
{
	uint64		messages[CATALOG_KINDS];	/* how many of each kind */
	uint64		arguments;
	uint64		slices;			/* rows of threadslices */
	uint64		first_slice;	/* how many are in the chunks before */

	/* what rows can be in it: chunks that cannot hold a match are skipped */
	CatalogOffsets entry_offsets;
	CatalogOffsets syscall_offsets;
	CatalogOffsets slice_starts;
	CatalogOffsets slice_ends;
	uint64		kinds[CATALOG_LISTED_KINDS / 64];	/* by field number; 0: none */
	bool		has_other_kinds;
	CatalogRun	syscall_threads;	/* in threads_of_chunks */
	CatalogRun	slice_threads;	/* likewise; more than slices have, if need be */
	CatalogRun	syscall_names;	/* in names_of_chunks */

	/* a call without a thread, or with another pid than its thread's */
	bool		has_odd_syscalls;

	/*
	 * a call in which more than arguments follows the name or an argument, or
	 * a malformed one
	 */
	bool		has_mixed_syscalls;

	/*
	 * Where the first proc_trace of a later chunk starts, which ends the last
	 * slice of this one.
	 */
	uint64		next_trace_start;
	bool		has_next_trace;
	bool		knows_next_trace_start;
} CatalogChunk;

/* A value that many system calls share, and how many. */
#define CATALOG_COMMON		64
#define CATALOG_COMMON_TEXT	32

typedef struct CatalogCommonNumber
{
	uint64		value;
	uint64		syscalls;
} CatalogCommonNumber;

typedef struct CatalogCommonText
{
	char		text[CATALOG_COMMON_TEXT];	/* NUL behind it */
	uint64		syscalls;
} CatalogCommonText;

/* How the values of columns of system calls are spread, the most common first. */
typedef struct CatalogSpread
{
	uint32		name_count;		/* different names */
	uint32		common_name_count;	/* of these: in common_names */
	uint32		common_thread_count;
	uint32		common_process_count;
	CatalogCommonText common_names[CATALOG_COMMON];
	CatalogCommonNumber common_threads[CATALOG_COMMON]; /* by index */
	CatalogCommonNumber common_tids[CATALOG_COMMON];	/* of the same threads */
	CatalogCommonNumber common_processes[CATALOG_COMMON];	/* by index */
	CatalogCommonNumber common_pids[CATALOG_COMMON];	/* of the same processes */
} CatalogSpread;

/*
 * Execution offsets in ascending order, between each of which and the next
 * about as many rows are; the first and the last are the least and the greatest.
 * None where there are too few rows to tell, or some beyond 2^63.
 */
#define CATALOG_QUANTILES	65

typedef struct CatalogQuantiles
{
	uint32		count;
	uint64		offsets[CATALOG_QUANTILES];
} CatalogQuantiles;

/* What can be said of a log without its arrays: what planning wants to know. */
typedef struct CatalogSummary
{
	PlogForm	form;
	bool		slices_from_proc_trace;
	uint32		guest;			/* what the log shows it to be, a Guest */

	/*
	 * The least known pc of calls that are logged only when they return;
	 * PLOG_UNKNOWN: there is none.
	 */
	uint64		least_return_pc;

	/* do offsets never decrease from row to row, and is none unknown? */
	bool		entries_are_sorted;
	bool		syscalls_are_sorted;

	CatalogSpan span;			/* of the execution */
	uint64		chunk_count;
	uint64		entry_count;	/* entry_ids are below this */
	uint64		entries_read;	/* fewer, where some are lost */
	uint64		messages[CATALOG_KINDS];
	CatalogSpan entries;		/* the first and the last entry_id that is read */
	CatalogSpan syscall_entries;	/* likewise of system calls */
	CatalogSpan flow_entries;	/* likewise of taint flows */
	uint64		argument_count;
	uint64		slice_count;
	CatalogSpread spread;
	CatalogQuantiles entry_quantiles;
	CatalogQuantiles syscall_quantiles;
	uint32		thread_count;
	uint32		process_count;
	uint32		name_count;
	uint32		mapping_count;
	uint32		code_point_count;
} CatalogSummary;

/*
 * What is here or in the arrays and their elements is kept on disk as it is:
 * see CATALOG_FORMAT in store.c.
 */
typedef struct Catalog
{
	CatalogSummary summary;
	MemoryContext context;		/* holds all of it */

	/* how many elements the arrays have that the summary does not count */
	uint32		text_count;
	uint32		names_of_processes_count;
	uint64		threads_of_chunks_count;
	uint64		names_of_chunks_count;
	uint64		pool_bytes;

	CatalogThread *threads;
	CatalogProcess *processes;
	CatalogName *names;
	CatalogMapping *mappings;
	CatalogCodePoint *code_points;
	uint32	   *code_points_by_place;	/* their indexes, by mapping and offset */
	CatalogText *texts;
	uint32	   *names_of_threads;	/* indexes of names, thread by thread */
	uint32	   *names_of_processes; /* indexes of texts, process by process */
	char	   *pool;			/* the texts' bytes */
	CatalogChunk *chunks;
	uint32	   *threads_of_chunks;	/* indexes of threads, chunk by chunk */
	uint32	   *names_of_chunks;	/* indexes of texts, chunk by chunk */

	struct thread_hash *thread_hash;	/* from a thread's key to its index */
} Catalog;

/*
 * What a catalog is the catalog of.  Keys are compared as bytes, so there is no
 * padding in them.
 */
typedef struct CatalogKey
{
	PlogIdentity identity;
	uint32		recover;		/* 0 or 1 */
	uint32		checksum;		/* of the log's header and directory */
	uint32		chunks_checksum;	/* of where its chunks are */
	uint32		unused;			/* zero */
} CatalogKey;

/*
 * A number that nobody outside knows, the same as long as the backend lives.
 * Hashes of what a log holds begin with it.
 */
extern uint64 catalog_seed_value;
extern void catalog_make_seed(void);

static inline uint64
catalog_seed(void)
{
	if (unlikely(catalog_seed_value == 0))
		catalog_make_seed();
	return catalog_seed_value;
}

/*
 * Mix 64 bits so that each depends on all: the finalizer of MurmurHash3.
 */
static inline uint64
catalog_mix(uint64 value)
{
	value ^= value >> 33;
	value *= UINT64CONST(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

static inline uint32
catalog_hash(uint64 value)
{
	return (uint32) catalog_mix(value ^ catalog_seed());
}

/*
 * The place of a payload in the file, in the order in which things are said:
 * by entry, then by field number.
 */
static inline uint64
catalog_place(uint64 entry_id, CatalogKind kind)
{
	return entry_id * CATALOG_KINDS + kind;
}

static inline bool
catalog_span_is_empty(const CatalogSpan *span)
{
	return span->first > span->last;
}

/*
 * How a thread is mentioned: the fields that a message may or may not have.  A
 * create_time of 0 is none: PANDA writes it where it does not know the time.
 */
static inline CatalogThreadKey
catalog_thread_key(bool has_tid, uint32 tid, bool has_create_time, uint64 create_time,
				   bool has_pid, uint32 pid)
{
	CatalogThreadKey key;

	memset(&key, 0, sizeof(key));
	key.has_tid = has_tid;
	key.tid = has_tid ? tid : 0;
	key.has_create_time = has_create_time && create_time != 0;
	key.create_time = key.has_create_time ? create_time : 0;
	if (!has_tid || !key.has_create_time)
	{
		key.has_pid = has_pid;
		key.pid = has_pid ? pid : 0;
	}
	return key;
}

static inline bool
catalog_thread_keys_are_equal(const CatalogThreadKey *a, const CatalogThreadKey *b)
{
	/* for so few bytes memcmp() would be a call */
	return a->create_time == b->create_time && a->tid == b->tid && a->pid == b->pid &&
		a->has_create_time == b->has_create_time && a->has_tid == b->has_tid &&
		a->has_pid == b->has_pid;
}

/* The index of the thread of that key, or CATALOG_NONE. */
extern uint32 catalog_find_thread(const Catalog *catalog, const CatalogThreadKey *key);

/* The keys of the threads that messages mention. */
static inline CatalogThreadKey
catalog_key_of_syscall(const PlogSyscall *syscall)
{
	return catalog_thread_key(PLOG_HAS(syscall, PLOG_SYSCALL_TID), syscall->tid,
							  PLOG_HAS(syscall, PLOG_SYSCALL_CREATE_TIME), syscall->create_time,
							  PLOG_HAS(syscall, PLOG_SYSCALL_PID), syscall->pid);
}

/* The index of the thread of a taint flow's end; without pid it has none. */
extern uint32 catalog_find_flow_thread(const Catalog *catalog, const PlogFlowThread *thread);

static inline int
catalog_compare_code_points(const CatalogCodePoint *a, const CatalogCodePoint *b)
{
	if (a->mapping != b->mapping)
		return a->mapping < b->mapping ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The index of the code point at an offset in a mapping, or CATALOG_NONE. */
extern uint32 catalog_find_code_point(const Catalog *catalog, uint32 mapping, uint64 offset);

extern CatalogThreadKey catalog_key_of_flow_thread(const PlogFlowThread *thread);
extern CatalogThreadKey catalog_key_of_asid_info(const PlogAsidInfo *info, bool has_tid, uint32 tid);
extern CatalogThreadKey catalog_key_of_proc_trace(const PlogProcTrace *trace);
extern CatalogThreadKey catalog_key_of_loaded_libs(const PlogLoadedLibs *libs);

/*
 * Does a tid of an asid_info count?  asidstory's summary mode, told by its
 * count, pads the list with uninitialised memory: of such a message only the
 * first tid counts, and those whose thread an earlier entry already named.
 * thread is the index of the tid's thread or CATALOG_NONE.
 */
static inline bool
catalog_tid_counts(const Catalog *catalog, const PlogAsidInfo *info, bool is_first,
				   uint32 thread, uint64 entry_id)
{
	return is_first || !PLOG_HAS(info, PLOG_ASID_INFO_COUNT) ||
		(thread != CATALOG_NONE && catalog->threads[thread].first_entry < entry_id);
}

/*
 * Add a thread to the hash; the thread of that key must not be there yet.
 */
extern void catalog_hash_thread(Catalog *catalog, const CatalogThreadKey *key, uint32 thread);

/*
 * Hash all threads of a catalog that has no hash yet.  False if two have the
 * same key.
 */
extern bool catalog_hash_threads(Catalog *catalog);

/*
 * Build the catalog of an opened log, in a new context below parent.  Errors
 * are reported.
 */
extern Catalog *catalog_build(PlogFile *file, MemoryContext parent);

/*
 * Settle what only the whole file can tell: which threads are one process,
 * the mappings of a process, the order of names, where chunks' slices begin.
 */
extern void catalog_finish(Catalog *catalog);

/*
 * The catalog of an opened log: the one that the backend keeps, or the one on
 * disk, or a new one, which is then put on disk.  It stays at least as long as
 * the current memory context.
 */
extern const Catalog *catalog_of(PlogFile *file);

/*
 * The same, but NULL where a new one would have to be built.
 */
extern const Catalog *catalog_at_hand(PlogFile *file);

/*
 * The summary of the catalog of a file in that state, if the backend or the
 * disk has one.  This is quick, and the log is not read; so it is a hint, for
 * only the log's own bytes tell for sure that the catalog is theirs.
 */
extern bool catalog_peek(const PlogIdentity *identity, bool recover, CatalogSummary *summary);

/*
 * Does the name of a call begin as those of Windows do?
 */
extern bool catalog_has_windows_calls(const Catalog *catalog);

/*
 * What wire form a log has, in words.
 */
extern char *catalog_form_text(const CatalogSummary *summary);

#endif							/* PANDELEPHANT_CATALOG_H */
