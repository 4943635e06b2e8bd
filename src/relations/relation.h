/*-------------------------------------------------------------------------
 *
 * relation.h
 *		The relations: their names, columns and types, and how their rows come
 *		out of a log.
 *
 * The descriptors are the only place where names, columns and types stand;
 * everything else reads them.  A relation's rows come either from the catalog
 * alone or from the entries of the chunks, one after the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RELATION_H
#define PANDELEPHANT_RELATION_H

#include "lib/stringinfo.h"
#include "port/atomics.h"

#include "catalog/catalog.h"
#include "log/chunk.h"
#include "log/chunk_cache.h"
#include "compat/varlena.h"
#include "relations/condition.h"

typedef enum ColumnType
{
	COLUMN_BIGINT,
	COLUMN_UNSIGNED,			/* bigint of the same 64 bits; may be declared
								 * numeric or text instead */
	COLUMN_INTEGER,
	COLUMN_TEXT,
	COLUMN_TEXT_ARRAY,
	COLUMN_BOOLEAN,
	COLUMN_JSONB,
	COLUMN_BYTEA
} ColumnType;

/* What tells that no row of a chunk can have a column's value. */
typedef enum ColumnSkip
{
	SKIP_NONE,
	SKIP_EXECUTION,				/* the execution's id */
	SKIP_ENTRY,					/* the directory's entry numbers */
	SKIP_SLICE,					/* the rest is in the catalog's chunks */
	SKIP_ENTRY_OFFSET,
	SKIP_SYSCALL_OFFSET,
	SKIP_SLICE_START,
	SKIP_SLICE_END,
	SKIP_SLICE_THREAD,
	SKIP_SLICE_PROCESS,
	SKIP_SYSCALL_THREAD,
	SKIP_SYSCALL_PROCESS,
	SKIP_SYSCALL_PID,
	SKIP_SYSCALL_TID,
	SKIP_SYSCALL_NAME,
	SKIP_KIND
} ColumnSkip;

typedef struct RelationColumn
{
	const char *name;
	ColumnType	type;
	ColumnSkip	skip;
} RelationColumn;

/* Every relation's first column. */
#define COLUMN_EXECUTION_ID		0

/* A set of columns, as bits. */
typedef uint32 ColumnSet;

#define COLUMN_BIT(column)		((ColumnSet) 1 << (column))
#define MAX_COLUMNS				32

/* As many columns has a relation's key, besides the execution's id. */
#define MAX_KEY_COLUMNS			2

struct RelationScan;

/* How a relation looks as a native table. */
typedef struct NativeShape
{
	bool		on_request;		/* copied only when asked for */
	const char *key;			/* its primary key, after execution_id */

	/* column and relation it refers to, within the execution; NULL-ended */
	const char *references[5][2];

	/* columns of further indexes, after execution_id; NULL-ended */
	const char *indexes[5];

	/* a column of guest text with an index of its own, or NULL */
	const char *text_index;
} NativeShape;

typedef struct PlogRelation
{
	const char *name;
	const RelationColumn *columns;
	int			column_count;
	int			key[MAX_KEY_COLUMNS];	/* its rows come in this order; 0-ended */
	bool		is_view;		/* of native data, a view makes its rows */
	NativeShape native;
	bool		reads_chunks;	/* rows come from the chunks */
	bool		needs_catalog;	/* whatever columns are wanted */
	ColumnSet	catalog_columns;	/* the columns that need the catalog */
	ColumnSet	late_catalog_columns;	/* those of which some rows need it */
	ColumnSet	form_columns;	/* those that need the log's form: see form.c */
	ColumnSet	condition_columns;	/* those whose conditions save it work */
	ColumnSet	checked_columns;	/* those whose conditions next() checks itself */
	bool		saves_argument_check;	/* of a call, before its rows; the catalog vouches */

	/* its number of rows; NULL: the catalog does not know */
	uint64		(*count) (const CatalogSummary *summary);

	void		(*begin) (struct RelationScan *scan);	/* may be NULL */
	bool		(*next) (struct RelationScan *scan);

	/* of relations whose rows come from the chunks; each may be NULL */
	uint64		(*count_in_chunk) (const CatalogChunk *chunk);
	bool		(*chunk_may_match) (const struct RelationScan *scan, const CatalogChunk *chunk);
} PlogRelation;

/* What a relation shows of the log as a whole. */
typedef struct ExecutionOptions
{
	const char *filename;
	const char *name;
	const char *description;	/* may be NULL */
	const char *descriptor;		/* a file's name, or NULL */
	const char *recording;		/* what its files' names begin with, or NULL */
	const char *qcow;			/* its disk image's name, or NULL */
	int64		execution_id;
	bool		recover;		/* read a damaged log as far as it goes */
	Guest		guest;			/* the machine that was recorded */
} ExecutionOptions;

/* Memory for one row's texts: blocks, the last of which is being filled. */
typedef struct RowArena
{
	MemoryContext context;
	char	   *block;
	Size		used;
	Size		size;
} RowArena;

typedef struct RelationScan
{
	const PlogRelation *relation;
	const ExecutionOptions *execution;
	PlogFile   *file;
	const Catalog *catalog;		/* NULL where no wanted column needs it */
	bool		wants_first_rows;	/* build none only to skip chunks, or for the form */
	ColumnSet	wanted;
	const Condition *conditions;	/* see relation_restrict() */
	int			condition_count;
	ColumnSet	restricted;		/* the columns that they are on */
	uint64		lowest_entry;	/* entries outside of these cannot meet them */
	uint64		highest_entry;
	MemoryContext context;		/* lives as long as the scan */
	MemoryContext row_context;	/* reset before every row */

	/*
	 * The current row, by the relation's columns; valid until the next.  It is
	 * the scan's own, unless the caller has it made elsewhere.
	 */
	Datum	   *values;
	bool	   *nulls;

	/* of relations whose rows come from the chunks */
	PlogBuffer *inflated;		/* the scan's own, for a chunk that is not cached */
	PlogBuffer *merged;			/* a payload of the current entry that stands several times */
	CachedChunk *cached;		/* the current chunk, if it is cached */
	MemoryContextCallback release;	/* releases it with the scan */
	const uint8 *chunk_start;	/* the current chunk's first byte */
	WireCursor	entries;		/* the rest of the current chunk */
	uint64		chunk;			/* the current chunk */
	uint64		next_chunk;		/* to be tried */
	pg_atomic_uint64 *shared_next_chunk;	/* instead, in a parallel scan */
	bool		is_rewound;		/* it has started … */
	uint64		rewinds;		/* … and started again so often */
	uint64		entry_id;		/* of the current entry */
	PlogEntry	entry;			/* the current entry */
	uint32		entry_numbers;	/* what is decoded of it, by PLOG_ENTRY_… */
	uint32		syscall_numbers;	/* and of its system call, by PLOG_SYSCALL_… */
	PlogBytes	syscall_message;	/* that system call */
	uint32		checked_numbers;	/* likewise, only to see that they are valid */
	uint32		last_thread;	/* of the last call, or CATALOG_NONE */
	bool		knows_entry_limit;	/* see relation_call_is_entry() … */
	uint64		entry_limit;	/* … below which pc a call may be an entry */
	uint64		chunks_read;
	uint64		chunks_skipped;
	uint64		chunks_cached;

	uint64		position;		/* of relations whose rows come from the catalog */
	RowArena	arena;
	Size		row_bytes;		/* of the blocks that the current row is in */
	StringInfoData converted;	/* a text on its way into the row */
	void	   *state;			/* the relation's own */
} RelationScan;

extern const PlogRelation *const relations[];
extern const int relation_count;

/* The relation or the column of that name, or NULL and -1. */
extern const PlogRelation *find_relation(const char *name);
extern int	find_column(const PlogRelation *relation, const char *name);

/* A column's type, qualified, as generated SQL wants it, and as an Oid. */
extern const char *column_type_name(ColumnType type);
extern Oid	column_type_oid(ColumnType type);

/*
 * Start to read a relation.  The file is opened by the caller, in the same
 * memory context, which is the current one.  Who wants the first rows soon, and
 * perhaps no others, has the catalog built only where there is no other way.
 */
extern RelationScan *relation_begin(const PlogRelation *relation, PlogFile *file,
									const ExecutionOptions *execution, ColumnSet wanted,
									bool wants_first_rows);

/* The scan's catalog, built if need be. */
extern const Catalog *relation_catalog(RelationScan *scan);

/* What the guest is: what the options say, or what the catalog tells. */
extern Guest relation_guest(RelationScan *scan);

/* Read the next row into values and nulls.  False at the end. */
extern bool relation_next(RelationScan *scan);

/* Start again at the first row. */
extern void relation_rewind(RelationScan *scan);

/*
 * Start again at the first row, and leave out rows that do not meet all of the
 * conditions, so far as that saves work; which columns that is tried for the
 * relation says.  The conditions are the caller's to keep.
 */
extern void relation_restrict(RelationScan *scan, const Condition *conditions,
							  int condition_count);

/*
 * For the relations: the next entry of the log, in scan->entry.  False at the
 * end.
 */
extern bool relation_next_entry(RelationScan *scan);

/* The next entry that is a system call, decoded. */
extern bool relation_next_syscall(RelationScan *scan, PlogSyscall *syscall);

/*
 * call.c: was the current call logged when it was entered, so that it has no
 * result yet?  The entry's pc and the call's retcode must have been decoded.
 * Most calls are told by these; the others may ask for the catalog.
 */
extern bool relation_may_be_entry(RelationScan *scan, const PlogSyscall *syscall);

static inline bool
relation_call_is_entry(RelationScan *scan, const PlogSyscall *syscall)
{
	return syscall->retcode == 0 && PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) &&
		PLOG_HAS(&scan->entry, PLOG_ENTRY_PC) && scan->entry.pc < GUEST_LAST_KERNEL_START &&
		relation_may_be_entry(scan, syscall);
}

/*
 * Does the current row meet the scan's conditions on these columns?  With it a
 * relation leaves a row out before it costs more work.
 */
extern bool relation_check_conditions(const RelationScan *scan, ColumnSet columns);

static inline bool
relation_row_matches(const RelationScan *scan, ColumnSet columns)
{
	return (scan->restricted & columns) == 0 || relation_check_conditions(scan, columns);
}

/*
 * chunks.c: go to the next chunk that may have rows to give.  False at the end.
 */
extern bool relation_read_chunk(RelationScan *scan);

/* Go to the entries of a chunk whose bytes are at hand. */
extern void relation_enter_chunk(RelationScan *scan, uint64 chunk, const PlogBuffer *bytes);

/* Would the catalog let the scan skip chunks? */
extern bool relation_skips_by_catalog(const PlogRelation *relation, const Condition *conditions,
									  int condition_count);

/*
 * form.c: what the current chunk shows of the log's form, see there.
 */
typedef struct ShownForms
{
	PlogEvidence asid_info;
	PlogEvidence arguments;
	PlogEvidence loaded_libs;
} ShownForms;

extern ShownForms relation_shown_forms(const RelationScan *scan);

/* Give the current chunk back to the cache. */
extern void relation_release_chunk(void *scan);

/*
 * Memory for the current row, behind which as much as a word may be written;
 * the first where the block is full.
 */
extern char *allocate_in_new_block(RelationScan *scan, Size bytes);

static inline char *
allocate_in_row(RelationScan *scan, Size bytes)
{
	RowArena   *arena = &scan->arena;
	char	   *start = arena->block + arena->used;

	bytes = MAXALIGN(bytes);
	if (arena->size - arena->used < bytes + sizeof(uint64))
		return allocate_in_new_block(scan, bytes);
	arena->used += bytes;
	return start;
}

/*
 * For the relations: put a value into the current row.  Columns are NULL until
 * one is put there, and then keep it: every row sets all that are wanted.
 */
static inline bool
column_is_wanted(const RelationScan *scan, int column)
{
	return (scan->wanted & COLUMN_BIT(column)) != 0;
}

static inline void
set_value(RelationScan *scan, int column, Datum value)
{
	scan->values[column] = value;
	scan->nulls[column] = false;
}

static inline void
set_bigint(RelationScan *scan, int column, bool is_present, int64 value)
{
	scan->values[column] = Int64GetDatum(value);
	scan->nulls[column] = !is_present;
}

/* An offset or pc: 2^64-1 is "not known". */
static inline bool
place_is_known(bool is_present, uint64 value)
{
	return is_present && value != PLOG_UNKNOWN;
}

static inline void
set_known(RelationScan *scan, int column, bool is_present, uint64 value)
{
	set_bigint(scan, column, place_is_known(is_present, value), (int64) value);
}

static inline void
set_span(RelationScan *scan, int first_column, int last_column, const CatalogSpan *span)
{
	bool		is_present = !catalog_span_is_empty(span);

	set_bigint(scan, first_column, is_present, (int64) span->first);
	set_bigint(scan, last_column, is_present, (int64) span->last);
}

static inline void
set_said(RelationScan *scan, int column, const CatalogSaid *said)
{
	set_bigint(scan, column, said->place != CATALOG_NOWHERE, (int64) said->value);
}

/*
 * Start a text of so many bytes: its header.  Returns where they belong.
 */
static inline char *
start_text(char *datum, Size length)
{
	if (length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		SET_VARSIZE_SHORT(datum, length + VARHDRSZ_SHORT);
		return VARDATA_SHORT(datum);
	}
	SET_VARSIZE(datum, length + VARHDRSZ);
	return VARDATA(datum);
}

/*
 * Make a text of so many bytes the value of a column, for the caller to fill.
 */
static inline char *
text_to_fill(RelationScan *scan, int column, Size length)
{
	char	   *datum = allocate_in_row(scan, length + VARHDRSZ);

	set_value(scan, column, PointerGetDatum(datum));
	return start_text(datum, length);
}

/* Bytes that are text in the database encoding already. */
extern void set_text(RelationScan *scan, int column, const char *data, Size length);

/* A guest string; absent where data is NULL. */
extern void set_guest_text(RelationScan *scan, int column, PlogBytes guest);

/* A text of the catalog, by its index; CATALOG_NONE is NULL. */
extern void set_catalog_text(RelationScan *scan, int column, uint32 text);

/* An array of texts of the catalog, by their indexes. */
extern void set_catalog_texts(RelationScan *scan, int column, const uint32 *texts, uint32 count);

/* The descriptors, each in its file. */
extern const PlogRelation executions_relation;
extern const PlogRelation processes_relation;
extern const PlogRelation threads_relation;
extern const PlogRelation thread_names_relation;
extern const PlogRelation threadslices_relation;
extern const PlogRelation syscalls_relation;
extern const PlogRelation syscall_arguments_relation;
extern const PlogRelation mappings_relation;
extern const PlogRelation code_points_relation;
extern const PlogRelation taint_flows_relation;
extern const PlogRelation entries_relation;
extern const PlogRelation strace_relation;
extern const PlogRelation recordings_relation;

#endif							/* PANDELEPHANT_RELATION_H */
