/*-------------------------------------------------------------------------
 *
 * planner.h
 *		What the planner may believe of a relation before it is read.
 *
 * The descriptor of a relation says what is known of its rows and columns; a
 * catalog that is at hand, by its summary, says how much.  Without a catalog
 * there are guesses.  All of it is for estimates, except the order of rows,
 * which column_is_sorted() proves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLANNER_H
#define PANDELEPHANT_PLANNER_H

#include "catalog/catalog.h"

struct PlogRelation;

/*
 * How many rows a relation has in a log without a catalog: "rows", and one more
 * for each entries_per_row entries of the log, unless that is 0.
 */
typedef struct RowGuess
{
	double		rows;
	double		entries_per_row;
	bool		is_exact;		/* not a guess: every log has so many rows */
} RowGuess;

/* Which list of a CatalogSpread has the most common values of a column. */
typedef enum ColumnSpread
{
	SPREAD_NONE,
	SPREAD_THREADS,
	SPREAD_TIDS,
	SPREAD_PROCESSES,
	SPREAD_PIDS,
	SPREAD_NAMES				/* knows how many different names there are, too */
} ColumnSpread;

/*
 * What is known of a column's values.  Of columns that a descriptor does not
 * list nothing is known, except that execution_id has one value, and a key of
 * one column as many as there are rows.
 */
typedef struct ColumnStatistics
{
	int			column;

	/* the relation with a row for each different value, or NULL */
	const struct PlogRelation *rows_of;

	/* for relations with a row for each system call */
	ColumnSpread spread;

	/* for SPREAD_NAMES: how many different values there are without a catalog */
	double		guessed_values;

	int			width;			/* average size of a value in bytes; 0: 8 */
} ColumnStatistics;

/*
 * What is known of a log when a query is planned; or of several, on average, for all
 * of which one table stands.
 */
typedef struct KnownLog
{
	const CatalogSummary *summary;	/* NULL: there is no catalog at hand */
	double		entries;		/* how many the log has, or about as many */
	double		logs;			/* 1, or how many there are */
} KnownLog;

/* The most common values of a column, the most common first. */
typedef struct CommonValues
{
	int			count;
	Oid			type;			/* of the values: bigint or text */
	Datum		values[CATALOG_COMMON];
	float4		shares[CATALOG_COMMON]; /* of all rows */
} CommonValues;

/* How many rows a relation has in a log. */
extern double expected_rows(const struct PlogRelation *relation, const KnownLog *log);

/* How many different values a column has; 0: unknown. */
extern double distinct_values(const struct PlogRelation *relation, int column,
							  const KnownLog *log);

/* The average size of a column's values, in bytes. */
extern int	value_width(const struct PlogRelation *relation, int column);

/* The most common values of a column; none where they are unknown. */
extern void find_common_values(const struct PlogRelation *relation, int column,
							   const KnownLog *log, CommonValues *common);

/* The least and the greatest number of a column.  False: they are unknown. */
extern bool find_bounds(const struct PlogRelation *relation, int column, const KnownLog *log,
						double *lowest, double *highest);

/*
 * The share of rows whose number in a column is within a range, ends included.
 * Where the catalog does not show how numbers are spread, they are taken to be
 * spread evenly.
 */
extern double share_within(const struct PlogRelation *relation, int column, const KnownLog *log,
						   double lowest, double highest);

/*
 * Does a catalog prove that the column never decreases from row to row, and is
 * never NULL?
 */
extern bool column_is_sorted(const struct PlogRelation *relation, int column,
							 const CatalogSummary *summary);

#endif							/* PANDELEPHANT_PLANNER_H */
