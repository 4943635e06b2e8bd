/*-------------------------------------------------------------------------
 *
 * relation.h
 *		What a relation is: its name, columns and types, what it needs and what
 *		its native table looks like.
 *
 * The descriptors, one in each relation's file, are the only place where names,
 * columns and types stand; everything else reads them.  A relation's rows come
 * either from the catalog alone or from the entries of the chunks, in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_RELATION_H
#define PANDELEPHANT_RELATION_H

#include "catalog/catalog.h"
#include "columns/layout.h"
#include "relations/planner.h"

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

/*
 * How a condition on a column shows that no row of a chunk can meet it: from
 * what is known about the chunk.
 */
typedef enum ColumnSkip
{
	SKIP_NONE,
	SKIP_EXECUTION,				/* the execution's id */
	SKIP_ENTRY,					/* the directory's entry numbers */

	/* these are in the catalog's chunks */
	SKIP_SLICE,
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
	bool		is_never_null;	/* whatever the log has */
	const char *comment;
} RelationColumn;

/* Every relation's first column. */
#define COLUMN_EXECUTION_ID		0

/* A set of columns, as bits. */
typedef uint32 ColumnSet;

#define COLUMN_BIT(column)		((ColumnSet) 1 << (column))
#define MAX_COLUMNS				32

/* The most columns that a relation's key has, besides the execution's id. */
#define MAX_KEY_COLUMNS			2

struct RelationScan;

/* What a relation is in a native schema. */
typedef enum NativeKind
{
	NATIVE_PARTITIONED,			/* a table with a partition for each execution */
	NATIVE_TABLE,				/* a plain table with a row for each execution */
	NATIVE_VIEW					/* a view of other native tables */
} NativeKind;

/* How a relation looks in a native schema. */
typedef struct NativeShape
{
	NativeKind	kind;
	bool		on_request;		/* copied only when asked for */
	bool		needs_recording;	/* copied only where option "recording" is given */
	const char *key;			/* its primary key, after execution_id */
	const char *name;			/* of a NATIVE_TABLE: its unique column */

	/* column and the relation it refers to, within the execution; NULL-ended */
	const char *references[5][2];

	/* columns of further indexes, after execution_id; NULL-ended */
	const char *indexes[5];

	/* a column of guest text with an index of its own, or NULL */
	const char *text_index;
} NativeShape;

/* Rows that a catalog may have counted by their values in some columns: see groups.h. */
typedef struct CountedRows
{
	ColumnSet	columns;

	/*
	 * One of the columns, or 0: a counted row has only one of a class of its
	 * numbers, which are from one start to the next one.  The least and the greatest
	 * of a class are among the counted rows.
	 */
	int			classed_column;
	const int64 *class_starts;
	int			class_count;

	/*
	 * Some of the columns, bigints: counted rows have the same sums of each as the
	 * rows, not the same numbers.  None is NULL, and three of them, added or
	 * subtracted, do not overflow.
	 */
	ColumnSet	summed_columns;

	bool		(*is_known) (const CatalogSummary *summary, ColumnSet columns);

	/* make the next counted row in scan->row; false at the end */
	bool		(*next) (struct RelationScan *scan, uint64 *count);
} CountedRows;

/* When a scan of a relation needs the log's catalog. */
typedef struct CatalogNeed
{
	bool		is_needed;		/* always */
	ColumnSet	columns;		/* where one of these is wanted */
	ColumnSet	late_columns;	/* some rows need it for these */
	ColumnSet	form_columns;	/* these need the log's form: see chunk_form.h */
} CatalogNeed;

/* What the planner may believe of a relation: see planner.h. */
typedef struct PlannerBeliefs
{
	RowGuess	rows;
	const ColumnStatistics *statistics;
	int			statistics_count;
} PlannerBeliefs;

typedef struct PlogRelation
{
	const char *name;
	const char *comment;
	const RelationColumn *columns;
	int			column_count;
	int			key[MAX_KEY_COLUMNS];	/* its rows come in this order; 0-ended */
	NativeShape native;
	bool		reads_chunks;	/* rows come from the chunks, not the catalog */
	bool		uses_descriptor;	/* option "descriptor" says how to decode it */
	bool		is_indexed;		/* the row of an id is number id - 1 of the catalog's:
								 * next() makes it if scan->position is that */

	CatalogNeed catalog;
	/* conditions */
	ColumnSet	condition_columns;	/* those whose conditions save it work */
	ColumnSet	checked_columns;	/* those whose conditions next() checks itself */
	int			searched_column;	/* 0, or the lines of calls, in which next() searches for
								 * what LIKE demands */
	bool		gains_by_unchecked_arguments;	/* see calls.h */

	PlannerBeliefs beliefs;

	/* the number of its rows; NULL: the catalog does not know */
	uint64		(*count) (const CatalogSummary *summary);

	/* the first and the last entry that has a row; NULL: it does not know */
	const CatalogSpan *(*entries_with_rows) (const CatalogSummary *summary);

	CountedRows counted;

	/* start at the first row, also again; may be NULL */
	void		(*begin) (struct RelationScan *scan);

	/* make the next row in scan->row; false at the end */
	bool		(*next) (struct RelationScan *scan);

	/*
	 * Of relations whose rows come from system calls alone; else NULL.  By column:
	 * which blocks have its values where a chunk's calls are kept by columns.  Those
	 * with the values of arguments are left out where it depends on more whether
	 * they are needed.
	 */
	const ColumnBlocks *column_blocks;

	/* of relations whose rows come from the chunks; each may be NULL */
	uint64		(*count_in_chunk) (const CatalogChunk *chunk);
	bool		(*chunk_may_match) (const struct RelationScan *scan, const CatalogChunk *chunk);
} PlogRelation;

/* The column of that name, or -1. */
extern int	find_column(const PlogRelation *relation, const char *name);

/* A column's type, qualified, as generated SQL wants it, and as an Oid. */
extern const char *column_type_name(ColumnType type);
extern Oid	column_type_oid(ColumnType type);

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
