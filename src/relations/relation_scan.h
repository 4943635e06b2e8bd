/*-------------------------------------------------------------------------
 *
 * relation_scan.h
 *		The state of a scan of a relation.
 *
 * A scan reads one relation of one open log.  Its state is in parts, one for
 * each job: the row that is made, the conditions that restrict it, the walk
 * through the chunks, and the system call at hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RELATION_SCAN_H
#define PANDELEPHANT_RELATION_SCAN_H

#include "port/atomics.h"

#include "columns/log_columns.h"
#include "log/chunk_cache.h"
#include "relations/execution.h"
#include "relations/relation_row.h"
#include "relations/row_condition.h"

/*
 * Setting pandelephant.enable_skipping, for tests: may a scan use the catalog to
 * skip chunks, and to leave the arguments of calls unchecked?
 */
extern bool pandelephant_enable_skipping;

/* Which rows are wanted: those that meet all of the conditions. */
typedef struct ScanRestriction
{
	const Condition *conditions;	/* the caller's */
	int			condition_count;
	ColumnSet	columns;		/* that the conditions are on */
	bool		is_final;		/* nobody checks the conditions again */

	/* entries outside of this range cannot meet the conditions */
	uint64		lowest_entry;
	uint64		highest_entry;
} ScanRestriction;

/* Where a scan is in the chunks; of relations whose rows come from them. */
typedef struct ChunkWalk
{
	WireCursor	entries;		/* the rest of the current chunk */
	uint64		chunk;			/* the current chunk */
	const uint8 *chunk_start;	/* its first byte */
	uint64		next_chunk;		/* the next chunk to try, … */
	pg_atomic_uint64 *shared_next_chunk;	/* … unless a parallel scan shares it here */

	PlogBuffer *inflated;		/* the scan's own, for a chunk that is not cached */
	CachedChunk *cached;		/* the current chunk, if it is cached */
	MemoryContextCallback release;	/* releases it with the scan */

	uint64		starts;			/* how often the scan has started */
	uint64		chunks_read;
	uint64		chunks_skipped;
	uint64		chunks_cached;
	uint64		chunks_kept;	/* whose calls came from kept columns */
} ChunkWalk;

/* Numbers that the calls of a chunk have, and what they must be to meet a condition. */
typedef struct KeptFilter
{
	const uint64 *values;		/* by call */
	uint64		lowest;
	uint64		width;			/* the highest, less the lowest */
} KeptFilter;

#define MAX_KEPT_FILTERS	4

/*
 * What makes rows of the arguments of kept calls: the scan that makes them, and a
 * function that prepares it for a chunk.  False where columns of the chunk cannot be
 * decoded.
 */
typedef struct KeptUser
{
	bool		(*prepare) (struct RelationScan *scan, struct RelationScan *calls);
	struct RelationScan *scan;
} KeptUser;

#define MAX_KEPT_USERS		8

/* Calls that come from kept columns; see kept_calls.h. */
typedef struct KeptCalls
{
	LogColumns	log;
	ColumnBlocks blocks;		/* that the wanted columns are in; 0: the relation's
								 * rows are not of calls alone */
	ColumnBlocks needed;		/* those that must be there, too */
	ColumnBlocks read;			/* those that such scans read, to be kept for later */
	ColumnBlocks wish;			/* those that are kept if the catalog has to be built */
	uint64		inflated;		/* bytes of the chunks that were read */
	uint64		keeping;		/* work that was spent on keeping columns: see kept_calls.c */
	bool		is_current;		/* does the current chunk come from columns? */
	const CallColumns *columns; /* of the current chunk */
	MemoryContext context;		/* of what follows, for the current chunk */
	uint32		call;			/* the current call */
	uint32		next;			/* the next one to try, … */
	uint32		end;			/* … before this */

	/* which calls may meet the scan's conditions */
	bool	   *kinds_pass;		/* by kind; NULL: all */
	bool	   *threads_pass;	/* by thread; NULL: all */
	int			filter_count;
	KeptFilter	filters[MAX_KEPT_FILTERS];

	/* made when they are needed */
	Datum	   *names;			/* by kind: its name as text; 0 before */
	uint32	   *threads;		/* by thread: its index in the catalog, plus one; 0 before */

	int			user_count;
	KeptUser	users[MAX_KEPT_USERS];
	bool	   *forms_pass;		/* by form: have all who need rows of it one?  NULL: yes */
	bool	  **calls_pass;		/* by form: likewise, by number_in_form */
} KeptCalls;

/* How system calls are decoded, and the current one; see calls.h. */
typedef struct CallDecoding
{
	uint32		numbers;		/* the fields that are wanted, by PLOG_SYSCALL_… */
	uint32		checked;		/* those that are decoded only to check them */
	PlogBytes	message;		/* the current call */
	bool		knows_entry_limit;
	uint64		entry_limit;	/* a call may be an entry where its pc is below this */
	bool		keeps_arguments;	/* parts of a pass read them: see call_arguments.h */
	PlogRepeated arguments;		/* of the current call, if they are kept */
} CallDecoding;

#define MAX_SEARCH_WORDS	STRACE_MOST_WORDS

/* What the lines of calls must have; see call_search.h. */
typedef struct CallSearch
{
	bool		is_never;		/* no line has it */
	const Condition *name;		/* on the call's name; or NULL */
	int			word_count;
	PlogBytes	words[MAX_SEARCH_WORDS];	/* each is in the name or in a string */

	/* in a chunk that is walked: the next place of the first word, as far as is known;
	 * NULL: it was not looked for yet */
	const uint8 *place;

	/* in a chunk whose columns are kept: which words are in each kind's name, and in
	 * each string, as bits */
	uint8		all_words;
	uint8	   *kind_words;
	uint8	   *string_words;
} CallSearch;

typedef struct RelationScan
{
	const PlogRelation *relation;
	const ExecutionOptions *execution;
	PlogFile   *file;
	const Catalog *catalog;		/* NULL as long as nothing needed it */
	ColumnSet	wanted;			/* the columns to be set */
	bool		wants_first_rows;	/* don't build a catalog only to save work */
	MemoryContext context;		/* lives as long as the scan */
	void	   *state;			/* the relation's own */
	uint64		position;		/* in the catalog, of relations that are made from it */

	RelationRow row;			/* the current row */
	ScanRestriction restriction;

	/* the current entry, of relations whose rows come from the chunks */
	ChunkWalk	walk;
	uint64		entry_id;
	PlogEntry	entry;
	uint32		entry_numbers;	/* the fields that are decoded, by PLOG_ENTRY_… */
	PlogBuffer *merged;			/* a payload that stands several times in the entry */
	CallDecoding call;
	CallSearch	search;
	uint64		lines_printed;	/* of calls */
	KeptCalls	kept;
} RelationScan;

static inline bool
column_is_wanted(const RelationScan *scan, int column)
{
	return (scan->wanted & COLUMN_BIT(column)) != 0;
}

/* The scan's catalog, built if need be. */
extern const Catalog *relation_catalog(RelationScan *scan);

/* The same, but NULL where it would have to be built. */
extern const Catalog *relation_catalog_at_hand(RelationScan *scan);

/*
 * May a catalog of the log be made?  Not where its entries are decoded by the
 * file of option "descriptor": what that log has in our fields may be something
 * else.
 */
static inline bool
relation_has_catalog(const PlogRelation *relation, const ExecutionOptions *execution)
{
	return !relation->uses_descriptor || execution->descriptor == NULL;
}

/* What the guest is: what the options say, or else the catalog. */
extern Guest relation_guest(RelationScan *scan);

/* Restrict the rows of a scan.  The caller keeps the conditions. */
extern void relation_set_conditions(RelationScan *scan, const Condition *conditions,
									int condition_count);

/*
 * Does a guest string, as text, meet a condition?  This needs no Datum, and mostly
 * compares the string's bytes as they are.
 */
extern bool relation_guest_text_meets(RelationScan *scan, const Condition *condition,
									  PlogBytes guest);

/*
 * Does the current row meet the scan's conditions on these columns?  A relation
 * can ask this to leave a row out before it costs more work.
 */
extern bool relation_check_conditions(const RelationScan *scan, ColumnSet columns);

static inline bool
relation_row_matches(const RelationScan *scan, ColumnSet columns)
{
	return (scan->restriction.columns & columns) == 0 || relation_check_conditions(scan, columns);
}

#endif							/* PANDELEPHANT_RELATION_SCAN_H */
