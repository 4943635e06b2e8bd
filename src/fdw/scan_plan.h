/*-------------------------------------------------------------------------
 *
 * scan_plan.h
 *		What the planner leaves in a ForeignScan's fdw_private for the executor.
 *
 * A plan may be copied, stored and sent to workers, so it consists of lists.
 * Everybody but scan_plan.c sees structs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCAN_PLAN_H
#define PANDELEPHANT_SCAN_PLAN_H

#include "access/attnum.h"
#include "access/stratnum.h"
#include "nodes/pg_list.h"

#include "fdw/aggregate_state.h"
#include "fdw/registry_native.h"
#include "relations/pass.h"

/*
 * Besides those of btree operators: column LIKE value, and strpos(column, value) > 0, of
 * the lines of calls.  Such a condition leaves out some rows that do not meet it, but
 * PostgreSQL has to check the rest.
 */
#define STRATEGY_LIKE			((StrategyNumber) (BTMaxStrategyNumber + 1))
#define STRATEGY_CONTAINS		((StrategyNumber) (BTMaxStrategyNumber + 2))

/* A comparison of a column to a value that is known when the scan starts. */
typedef struct ConditionShape
{
	AttrNumber	attribute;		/* of the table */
	int			column;			/* of the relation */
	StrategyNumber strategy;	/* of the btree operator, or one of those above */
	Oid			type;			/* of the value, or of its elements */
	bool		is_array;		/* column operator ANY (value) */
	int			part;			/* of the pass, whose relation has the column */
} ConditionShape;

static inline bool
is_search(const ConditionShape *shape)
{
	return shape->strategy > BTMaxStrategyNumber;
}

/* A part of the pass of a joined scan. */
typedef struct PartShape
{
	Oid			table;
	PartKind	kind;
	PartJoin	join;
	int			id_part;
	int			id_column;
	const char *alias;			/* of the table in the query */
} PartShape;

/* What a column of a joined scan's rows shows. */
typedef struct FieldShape
{
	int			part;
	int			column;			/* of the part's relation */
	Oid			type;			/* declared */
	bool		is_converted;	/* declared with another type than the column's */
} FieldShape;

/* Where a scan gets groups from. */
typedef enum GroupSource
{
	GROUPS_NONE,				/* it gives rows */
	GROUPS_OF_TOTALS,			/* one, of numbers that the catalog knows of all rows */
	GROUPS_OF_COUNTED_ROWS,		/* of the catalog's counted rows */
	GROUPS_OF_ROWS
} GroupSource;

/* A key or an aggregate of a scan that gives groups. */
typedef struct OutputShape
{
	AggregateKind kind;
	Oid			type;			/* of the key or of the aggregate's argument */
	int			part;			/* of the pass, and … */
	int			column;			/* … the column that it is; -1: an expression */
} OutputShape;

typedef struct ScanPlan
{
	Oid			table;
	List	   *attributes;		/* numbers of those that the query needs, as integers */
	List	   *conditions;		/* packed; their values are in fdw_exprs, in the same order */
	GroupSource group_source;
	List	   *outputs;		/* packed, of the first columns of fdw_scan_tlist: keys,
								 * then aggregates */
	AttrNumber	ordered_attribute;	/* whose ascending order is promised; 0: none.  Of a
									 * joined scan's path, of the driver's table */
	bool		wants_first_rows;	/* the query may end after a few rows */
	NativeTables native;		/* of a library */

	/*
	 * Of a joined scan, and of one that gives groups, else NIL; table is that of part
	 * 0 then.  The rows that groups are computed from have the last columns of
	 * fdw_scan_tlist, behind one for filters, if there are filters.
	 */
	List	   *parts;			/* packed; conditions are in their order */
	List	   *fields;			/* packed, one for each column of the rows */
} ScanPlan;

/* A path's fdw_private is packed likewise; NIL unpacks to zeros. */
extern List *pack_scan_plan(const ScanPlan *plan);
extern ScanPlan unpack_scan_plan(const List *packed);

extern List *pack_condition(const ConditionShape *shape);
extern ConditionShape unpack_condition(const List *packed);

extern List *pack_part(const PartShape *shape);
extern PartShape unpack_part(const List *packed);

extern List *pack_field(const FieldShape *shape);
extern FieldShape unpack_field(const List *packed);

extern List *pack_output(const OutputShape *shape);
extern OutputShape unpack_output(const List *packed);

#endif							/* PANDELEPHANT_SCAN_PLAN_H */
