/*-------------------------------------------------------------------------
 *
 * pass.h
 *		One pass over a log that makes the rows of one relation, or of several
 *		relations joined.
 *
 * A pass has parts, each of one relation.  Part 0 is the driver: its rows are read
 * from the first to the last, as relation_read.h does it.  The other parts hang on
 * parts before them, and give the rows that belong to the rows of those:
 *
 * - the arguments of the driver's system call, which are in the same entry;
 * - the one row of an id, made from the catalog by its index.
 *
 * A joined row has a row of each part, and a value is addressed by the numbers of
 * its part and of its column there.  A pass of one part is a plain scan.
 *
 * Joined rows come in the order of the driver's rows; those of one driver row in
 * the order of the second part's rows, and so on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PASS_H
#define PANDELEPHANT_PASS_H

#include "relations/relation_scan.h"

/* The most parts that a pass has. */
#define MAX_PARTS		8

/* How the rows of a part are found. */
typedef enum PartKind
{
	PART_DRIVER,				/* of part 0 only: all of them */
	PART_ARGUMENTS,				/* those of the driver's system call */
	PART_LOOKUP					/* the one with the id that an earlier part has */
} PartKind;

/* What becomes of a joined row by the rows that are found for a part. */
typedef enum PartJoin
{
	PART_INNER,					/* it is given with each of them */
	PART_LEFT,					/* likewise; if there is none, with NULLs */
	PART_SEMI,					/* it is given once, with any of them */
	PART_ANTI					/* it is given if there is none, with NULLs */
} PartJoin;

/* What a pass is to do for a part. */
typedef struct PartPlan
{
	const PlogRelation *relation;
	PartKind	kind;
	PartJoin	join;

	/*
	 * Of a lookup: where the id comes from.  Column COLUMN_EXECUTION_ID is for
	 * executions, whose only row is found by it.
	 */
	int			id_part;
	int			id_column;

	ColumnSet	wanted;			/* the columns to be set */
} PartPlan;

/* The conditions on a part's rows.  The caller keeps them. */
typedef struct PartConditions
{
	const Condition *conditions;
	int			count;
} PartConditions;

/* A part of a pass. */
typedef struct PassPart
{
	PartPlan	plan;
	RelationScan *scan;			/* of the driver it reads the log, of others it only
								 * has the row and the conditions */
	bool		is_found;		/* has the current joined row had a row of it? */
	bool		is_done;		/* no more rows for the current joined row */

	/* of a lookup: what was looked up last, since often the same follows */
	bool		has_last;
	int64		last_id;
	bool		last_matches;	/* there is such a row, and it meets the conditions */
} PassPart;

typedef struct Pass
{
	int			part_count;
	PassPart   *parts;
	int			level;			/* the part whose next row is wanted */

	/* does the driver give the catalog's counted rows?  See pass_count(). */
	bool		is_counted;
	uint64		row_count;		/* how many rows the current joined row stands for */

	/* by part: its current row, or the one of NULLs */
	RelationRow *rows[MAX_PARTS];
	RelationRow no_row;

	MemoryContext context;		/* lives as long as the pass */
	MemoryContext driver_conditions;	/* of the driver, beside the caller's; or NULL */
} Pass;

/*
 * Start a pass.  The caller opens the file, in the same memory context, which is
 * the current one, and keeps execution.  wants_first_rows: see relation_begin();
 * reads_rows: false where the catalog is expected to answer.
 */
extern Pass *pass_begin(PlogFile *file, const ExecutionOptions *execution, const PartPlan *plans,
						int part_count, bool wants_first_rows, bool reads_rows);

/*
 * Start again at the first row, with conditions for each part, in the order of the
 * parts.  With is_final, a row that does not meet a condition never comes.  Else
 * such a row may come, where leaving it out would not save work: that is only for
 * a pass of one part, whose caller checks its conditions again.
 */
extern void pass_restrict(Pass *pass, const PartConditions *conditions, bool is_final);

/*
 * Have the driver give the rows that its catalog has counted, instead of the log's:
 * see groups.h.  The pass is at its start, and no part has arguments.  False, and
 * nothing is changed, if the catalog does not know the driver's columns that are
 * wanted or that conditions are on.
 */
extern bool pass_count(Pass *pass);

/* Make the next joined row.  False at the end. */
extern bool pass_next(Pass *pass);

/* Start again at the first row. */
extern void pass_rewind(Pass *pass);

/* The current row of a part: all of it is NULL where the part has none. */
static inline RelationRow *
pass_row(const Pass *pass, int part)
{
	return pass->rows[part];
}

/* The scan that reads the log: for its chunks, its file and its catalog. */
static inline RelationScan *
pass_driver(const Pass *pass)
{
	return pass->parts[0].scan;
}

#endif							/* PANDELEPHANT_PASS_H */
