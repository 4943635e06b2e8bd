/*-------------------------------------------------------------------------
 *
 * join.h
 *		Joins of foreign tables of one log that one pass over it can make.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_JOIN_H
#define PANDELEPHANT_JOIN_H

#include "fdw/condition.h"
#include "fdw/estimate.h"

/*
 * Setting pandelephant.enable_join_pushdown: may a scan join?
 */
extern bool pandelephant_enable_join_pushdown;

/* A table of a join. */
typedef struct JoinedTable
{
	RelOptInfo *rel;			/* the base relation */
	const TablePlan *plan;
	PartKind	kind;
	PartJoin	join;
	int			id_part;		/* of a lookup */
	int			id_column;
	FoundConditions conditions; /* those that the pass checks for good */
} JoinedTable;

/*
 * A join that one pass can make: the fdw_private of a join relation.  The tables are
 * the parts of the pass, in order.
 */
typedef struct JoinPlan
{
	int			count;
	JoinedTable tables[MAX_PARTS];
	List	   *local_clauses;	/* RestrictInfos that PostgreSQL checks in joined rows */
} JoinPlan;

/* Where a value of a joined row is. */
typedef struct JoinedPlace
{
	int			part;
	int			column;			/* of the part's relation */
} JoinedPlace;

/*
 * The table of a join that has a variable's column.  NULL if the pass cannot give the
 * variable: it is a whole row, a system column, or of another table.
 */
extern const JoinedTable *find_joined_table(const JoinPlan *join, const Var *variable,
											JoinedPlace *place);

/*
 * The plan of a base relation, as a join of one, or of a join that was planned.  NULL: a
 * pass cannot make it.
 */
extern const JoinPlan *plan_of_relation(RelOptInfo *rel);

/*
 * Plan the join of two relations, each of which is a foreign table or a join that was
 * planned.  NULL: one pass cannot make it.
 */
extern JoinPlan *plan_join(RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel,
						   JoinType type, List *clauses);

#endif							/* PANDELEPHANT_JOIN_H */
