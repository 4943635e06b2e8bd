/*-------------------------------------------------------------------------
 *
 * orm_tables.h
 *		The tables that PANDelephant's ORM classes map.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ORM_TABLES_H
#define PANDELEPHANT_ORM_TABLES_H

/* The generations, as a set. */
#define ORM_FIRST		1
#define ORM_SECOND		2
#define ORM_BOTH		(ORM_FIRST | ORM_SECOND)

/* The most columns that a table has. */
#define ORM_MAX_COLUMNS	12

/* The enum type of an argument's type. */
#define ORM_ARGUMENT_TYPE	"argtype"

/*
 * A column and the SQL expression that it shows.  In the SQL, $name stands for a
 * native table, and each of these for an id of one column:
 *		#(id)		an integer
 *		@kind(id)	an integer in the first generation, then a uuid
 */
typedef struct OrmColumn
{
	const char *name;
	int			generations;	/* that have it */
	const char *expression;		/* NULL: the type of an argument */
	int			indexed;		/* generations that look rows up by it */
} OrmColumn;

typedef struct OrmTable
{
	const char *names[2];		/* by generation, from 0 */
	const char *source;			/* what follows FROM */
	const char *native;			/* the relation that its indexes are of */
	OrmColumn	columns[ORM_MAX_COLUMNS];	/* name NULL: the end */
} OrmTable;

extern const OrmTable orm_tables[];
extern const int orm_table_count;

/* The labels of argtype, NULL-ended.  Only the second generation has the last. */
extern const char *const orm_argument_types[];

#endif							/* PANDELEPHANT_ORM_TABLES_H */
