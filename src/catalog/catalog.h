/*-------------------------------------------------------------------------
 *
 * catalog.h
 *		The catalog of a plog: its threads, processes, names, mappings and code
 *		points, which have ids, and a summary of each chunk.
 *
 * A catalog is a set of flat arrays that refer to each other by index, so that
 * it can be written to disk as it stands in memory.  Ids are indexes plus one.
 * All strings are text in the database encoding.
 *
 * This file has the data and its lookups.  Catalogs are built by build/build.h,
 * written and read by store/store.h, and kept in a backend by kept.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_H
#define PANDELEPHANT_CATALOG_H

#include "catalog/guest.h"
#include "catalog/hash.h"
#include "log/plog_file.h"
#include "plog/flow.h"
#include "plog/message.h"

/*
 * Setting pandelephant.max_catalog_size, in kB: the most memory that the catalog
 * of one log may take while it is built.  A log that would need more is refused,
 * because it may have been made to exhaust memory.
 */
extern int	pandelephant_max_catalog_size;

/* In place of an index: there is no thread, process or text. */
#define CATALOG_NONE	PG_UINT32_MAX

/*
 * The first and the last execution offset at which something was seen, or the
 * first and the last entry_id.  It is empty if first > last.
 */
typedef struct CatalogSpan
{
	uint64		first;
	uint64		last;
} CatalogSpan;

/* A text in the catalog's pool. */
typedef struct CatalogText
{
	uint64		offset;			/* in the pool */
	uint64		length;			/* bytes */
	uint64		syscalls;		/* how many system calls have that name */
} CatalogText;

/*
 * A value that entries give for a thread or process.  Several entries may give
 * different ones; place tells which entry this one is from, see catalog_place().
 * If place is CATALOG_NOWHERE, no entry gives a value.
 */
typedef struct CatalogSaid
{
	uint64		value;
	uint64		place;
} CatalogSaid;

#define CATALOG_NOWHERE	PG_UINT64_MAX

/* What some slices add up to: their number, and their offsets, which are signed. */
typedef struct CatalogSliceSums
{
	uint64		slices;
	int64		starts;
	int64		ends;
} CatalogSliceSums;

/* Entries with equal keys mention the same thread; see catalog_thread_key(). */
typedef struct CatalogThreadKey
{
	uint64		create_time;
	uint32		tid;
	uint32		pid;			/* 0 if both tid and create_time are known */
	bool		has_tid;
	bool		has_create_time;
	bool		has_pid;
	uint8		unused[5];		/* zero, because keys are compared as bytes */
} CatalogThreadKey;

typedef struct CatalogThread
{
	CatalogThreadKey key;
	uint32		process;		/* index */
	uint32		first_name;		/* in names_of_threads */
	uint32		name_count;
	CatalogSpan span;
	uint64		first_entry;	/* entry_id of the first entry that mentions it */
	uint64		first_listed;	/* entry_id of the first asid_info that lists it,
								 * or CATALOG_NOWHERE */
	uint64		syscalls;		/* how many system calls it made */

	/* if the summary has slice sums: of the slices in which it ran, and of those whose
	 * asid_info lists it first and does not tell which of its threads ran */
	CatalogSliceSums ran;
	CatalogSliceSums listed;

	CatalogSaid pid;			/* the first given */
	CatalogSaid ppid;			/* the first given */
	CatalogSaid asid;			/* the last given by an asid_info */
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
	uint32		process;		/* index */
	uint32		name;			/* index of a text, or CATALOG_NONE */
	uint32		path;			/* likewise */
	bool		has_asid;
	bool		has_base_address;
	bool		has_size;
	uint64		asid;
	uint64		base_address;
	uint64		size;
	CatalogSpan span;
} CatalogMapping;

/* An address in a mapping at which a taint flow begins or ends. */
typedef struct CatalogCodePoint
{
	uint64		offset;			/* from the mapping's base address */
	uint32		mapping;		/* index */
	uint32		unused;			/* zero */
} CatalogCodePoint;

/* The kinds of messages that become rows, in the order of their field numbers. */
typedef enum CatalogKind
{
	CATALOG_ASID_LIBRARIES,
	CATALOG_ASID_INFO,
	CATALOG_TAINT_FLOW,
	CATALOG_SYSCALL,
	CATALOG_PROC_TRACE,
	CATALOG_KINDS
} CatalogKind;

/* The execution offsets of some of a chunk's rows. */
typedef struct CatalogOffsets
{
	CatalogSpan span;			/* of those that are known */
	uint64		unknown;		/* how many rows have an unknown offset */
} CatalogOffsets;

/* A proc_trace, as far as it ends the slice of the one before. */
typedef struct CatalogTrace
{
	uint64		start;			/* execution offset, if it is known */
	bool		exists;
	bool		has_start;		/* is start known? */
} CatalogTrace;

/*
 * A slice of which a piece of the log cannot tell which thread ran: a thread that its
 * asid_info lists, and which nothing before in the piece has listed, may have been
 * listed in an earlier piece.  Of a slice there is one of these for each such thread.
 */
typedef struct CatalogOpenSlice
{
	uint64		entry_id;
	CatalogSliceSums sums;		/* of this slice */
	uint32		first;			/* index of the thread that is listed first */
	uint32		thread;			/* index of the one that may be new */
} CatalogOpenSlice;

/* A run of elements in an array of the catalog. */
typedef struct CatalogRun
{
	uint64		first;
	uint64		count;
} CatalogRun;

/*
 * What a system call returned.  An error is a number from -4095 to -1.
 *
 * Some calls that returned 0 may have been logged when they were entered, and have
 * no result: those with the name of a call that is logged on entry, and a pc below
 * the start of the guest's kernel.  Where that is, the options may say otherwise
 * than the log.  So these are counted by the least of guest_kernel_starts that is
 * above their pc; see catalog_call_is_entered().
 */
typedef enum CatalogResult
{
	CATALOG_RESULT_ERROR,
	CATALOG_RESULT_NEGATIVE,	/* less than any error */
	CATALOG_RESULT_ZERO,
	CATALOG_RESULT_POSITIVE,
	CATALOG_RESULT_ABSENT,
	CATALOG_RESULT_ENTERED,		/* the first of GUEST_KERNEL_STARTS */
	CATALOG_RESULTS = CATALOG_RESULT_ENTERED + GUEST_KERNEL_STARTS
} CatalogResult;

/* The system calls of a thread, a name and a result. */
typedef struct CatalogCallGroup
{
	uint64		calls;
	int64		least;			/* of what they returned; 0 if that is absent */
	int64		greatest;
	uint32		thread;			/* index, or CATALOG_NONE */
	uint32		name;			/* index of a text, or CATALOG_NONE */
	uint32		result;			/* CatalogResult */
	uint32		unused;			/* zero */
} CatalogCallGroup;

/* A bitmap has the kinds of entries with field numbers below this. */
#define CATALOG_LISTED_KINDS	128

/*
 * How many entries there are of each kind.  The name of a kind is known by the
 * field number, but for those whose name depends on what else is in the entry.
 */
typedef struct CatalogKindCounts
{
	uint64		listed[CATALOG_LISTED_KINDS];	/* by field number; [0]: without payload */
	uint64		others;			/* field numbers that are not listed */
	uint64		uncertain;		/* entries, of any number, whose kind's name depends on more */
} CatalogKindCounts;

/* What is in one chunk. */
typedef struct CatalogChunk
{
	uint64		messages[CATALOG_KINDS];	/* how many of each kind */
	uint64		arguments;
	uint64		slices;			/* rows of threadslices */
	uint64		first_slice;	/* number of slices in the chunks before */

	/* what its rows can be: chunks that cannot hold a match are skipped */
	CatalogOffsets entry_offsets;
	CatalogOffsets syscall_offsets;
	CatalogOffsets slice_starts;
	CatalogOffsets slice_ends;
	uint64		kinds[CATALOG_LISTED_KINDS / 64];	/* bitmap by field number; bit 0:
													 * entries without payload */
	bool		has_other_kinds;
	CatalogRun	syscall_threads;	/* in threads_of_chunks */
	CatalogRun	slice_threads;	/* likewise; may have some without a slice */
	CatalogRun	syscall_names;	/* in names_of_chunks */

	/* has it a call without a thread, or with another pid than its thread's? */
	bool		has_odd_syscalls;

	/*
	 * Has it a malformed call, or one with other fields than arguments behind
	 * its name or its first argument?
	 */
	bool		has_mixed_syscalls;

	/* the first proc_trace of the later chunks: it ends this chunk's last slice */
	CatalogTrace next_trace;
} CatalogChunk;

/* How many of the most common values are listed, and the room for a name. */
#define CATALOG_COMMON		64
#define CATALOG_COMMON_TEXT	32

typedef struct CatalogCommonNumber
{
	uint64		value;
	uint64		syscalls;
} CatalogCommonNumber;

typedef struct CatalogCommonText
{
	char		text[CATALOG_COMMON_TEXT];	/* NUL-terminated */
	uint64		syscalls;
} CatalogCommonText;

/* The most common values of columns of syscalls, in descending order of rows. */
typedef struct CatalogSpread
{
	uint32		name_count;		/* different names */
	uint32		common_name_count;	/* how many of them are in common_names */
	uint32		common_thread_count;
	uint32		common_process_count;
	CatalogCommonText common_names[CATALOG_COMMON];
	CatalogCommonNumber common_threads[CATALOG_COMMON]; /* their indexes */
	CatalogCommonNumber common_tids[CATALOG_COMMON];	/* tids of the same threads */
	CatalogCommonNumber common_processes[CATALOG_COMMON];	/* their indexes */
	CatalogCommonNumber common_pids[CATALOG_COMMON];	/* pids of the same processes */
} CatalogSpread;

/*
 * Execution offsets that divide the rows into parts of about equal size, in
 * ascending order from the least to the greatest offset of a row.  There are
 * none if there are fewer than two rows, or if an offset is 2^63 or more.
 */
#define CATALOG_QUANTILES	65

typedef struct CatalogQuantiles
{
	uint32		count;
	uint64		offsets[CATALOG_QUANTILES];
} CatalogQuantiles;

/* Three such offsets, added or subtracted, do not overflow a bigint. */
#define CATALOG_SUMMED_OFFSET	(INT64CONST(1) << 61)

/* Rows of the log, one for each of some entries. */
typedef struct CatalogRows
{
	CatalogSpan span;			/* first and last entry_id */
	CatalogQuantiles quantiles; /* of execution offsets */
	bool		are_sorted;		/* all offsets are known, none less than that of the row before */
} CatalogRows;

/*
 * What is known of a log as a whole.  Planning needs no more than this, and the
 * store can read it without the arrays.
 */
typedef struct CatalogSummary
{
	PlogForm	form;
	bool		slices_from_proc_trace;
	uint32		guest;			/* the Guest that the log's contents suggest */

	/*
	 * The least known pc of the calls that are logged only when they return,
	 * or PLOG_UNKNOWN.
	 */
	uint64		least_return_pc;

	CatalogSpan span;			/* of the execution */
	uint64		chunk_count;
	uint64		entry_count;	/* all entry_ids are below this */
	uint64		entries_read;	/* less than entry_count if some are lost */
	CatalogKindCounts kinds;	/* of the entries that were read */
	uint64		messages[CATALOG_KINDS];
	CatalogRows entries;		/* that can be read */
	CatalogRows syscalls;
	CatalogSpan flow_entries;	/* first and last entry_id of taint flows */
	uint64		argument_count;
	uint64		slice_count;
	CatalogSpread spread;

	/* are there call groups?  Not if a log has very many. */
	bool		has_call_groups;

	/* has any chunk odd system calls? */
	bool		has_odd_syscalls;

	/*
	 * Do the threads have sums of slices?  Only if slices come from asid_infos, and
	 * all have a start and an end, each from -CATALOG_SUMMED_OFFSET to
	 * CATALOG_SUMMED_OFFSET.
	 */
	bool		has_slice_sums;

	uint32		call_group_count;
	uint32		thread_count;
	uint32		process_count;
	uint32		name_count;
	uint32		mapping_count;
	uint32		code_point_count;
} CatalogSummary;

/* What a catalog has only until it is finished. */
typedef struct CatalogUnfinished
{
	uint32	   *threads_of_mappings;	/* by mapping: index of its thread */
	CatalogTrace *first_traces; /* by chunk: its own first proc_trace */
	CatalogOpenSlice *open_slices;	/* of a piece, in the order of the log */
	uint64		open_slice_count;
} CatalogUnfinished;

/*
 * The summary, the counts and the arrays are written to disk as they are: see
 * CATALOG_FORMAT in store/layout.h before you change one.  arrays.c has a table
 * of the arrays.
 */
typedef struct Catalog
{
	CatalogSummary summary;
	MemoryContext context;		/* holds everything */

	/* sizes of the arrays whose size is not in the summary */
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
	uint32	   *code_points_by_place;	/* indexes, in order of mapping and offset */
	CatalogText *texts;
	uint32	   *names_of_threads;	/* indexes of names, thread by thread */
	uint32	   *names_of_processes; /* indexes of texts, process by process */
	char	   *pool;			/* the texts' bytes */
	CatalogChunk *chunks;
	uint32	   *threads_of_chunks;	/* indexes of threads, chunk by chunk */
	uint32	   *names_of_chunks;	/* indexes of texts, chunk by chunk */
	CatalogCallGroup *call_groups;

	CatalogUnfinished unfinished;
	struct thread_hash *thread_hash;	/* from a thread's key to its index */
} Catalog;

/*
 * The place of a message in the log: messages are ordered by entry, then by
 * field number.
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
 * The key of the thread that a message mentions by these fields, some of which
 * it may not have.  PANDA writes a create_time of 0 where it does not know the
 * time, so 0 counts as absent.
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
	/* faster than memcmp(), which the compiler does not inline here */
	return a->create_time == b->create_time && a->tid == b->tid && a->pid == b->pid &&
		a->has_create_time == b->has_create_time && a->has_tid == b->has_tid &&
		a->has_pid == b->has_pid;
}

/* The index of the thread of that key, or CATALOG_NONE. */
extern uint32 catalog_find_thread(const Catalog *catalog, const CatalogThreadKey *key);

/* The keys of the threads that messages of each kind mention. */
static inline CatalogThreadKey
catalog_key_of_syscall(const PlogSyscall *syscall)
{
	return catalog_thread_key(PLOG_HAS(syscall, PLOG_SYSCALL_TID), syscall->tid,
							  PLOG_HAS(syscall, PLOG_SYSCALL_CREATE_TIME), syscall->create_time,
							  PLOG_HAS(syscall, PLOG_SYSCALL_PID), syscall->pid);
}

/*
 * The index of the thread at an end of a taint flow, or CATALOG_NONE.  An end
 * without a pid has no thread.
 */
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
extern CatalogThreadKey catalog_key_of_asid_info(const PlogAsidInfo *info, bool has_tid,
												 uint32 tid);
extern CatalogThreadKey catalog_key_of_proc_trace(const PlogProcTrace *trace);
extern CatalogThreadKey catalog_key_of_loaded_libs(const PlogLoadedLibs *libs);

/*
 * Does a tid that an asid_info lists count as one of its threads?  In summary
 * mode, which writes the field count, asidstory pads the list with uninitialised
 * memory.  Of such a message only the first tid counts, and those of threads that
 * an earlier entry has mentioned.  thread is the index of the tid's thread, or
 * CATALOG_NONE.
 */
static inline bool
catalog_tid_counts(const Catalog *catalog, const PlogAsidInfo *info, bool is_first,
				   uint32 thread, uint64 entry_id)
{
	return is_first || !PLOG_HAS(info, PLOG_ASID_INFO_COUNT) ||
		(thread != CATALOG_NONE && catalog->threads[thread].first_entry < entry_id);
}

/* Add a thread to the hash, which must not have its key yet. */
extern void catalog_hash_thread(Catalog *catalog, const CatalogThreadKey *key, uint32 thread);

/* Make the hash of all threads.  Returns false if two have the same key. */
extern bool catalog_hash_threads(Catalog *catalog);

/*
 * Were calls of that result logged when they were entered, on a guest whose kernel
 * starts there?
 */
static inline bool
catalog_call_is_entered(const Catalog *catalog, uint32 result, uint64 kernel_start)
{
	/* before 2021, PANDA logged returning calls with the program's pc */
	return result >= CATALOG_RESULT_ENTERED &&
		guest_kernel_starts[result - CATALOG_RESULT_ENTERED] <= kernel_start &&
		catalog->summary.least_return_pc >= kernel_start;
}

/* Is the name of one of the log's calls that of a system call of Windows? */
extern bool catalog_has_windows_calls(const Catalog *catalog);

/* The wire form of a log in words, in palloc'd memory. */
extern char *catalog_form_text(const CatalogSummary *summary);

#endif							/* PANDELEPHANT_CATALOG_H */
