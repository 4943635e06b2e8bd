/*-------------------------------------------------------------------------
 *
 * orm_load.h
 *		What the files share that load a log into PANDelephant's tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ORM_LOAD_H
#define ORM_LOAD_H

#include "orm.h"

#define ORM_MAX_TABLES 32

typedef struct OrmLoad
{
	const OrmStore *store;
	PGconn	   *local;
	const Log  *log;
	char	   *schema;			/* of the log, quoted */
	int			generation;
	bool		has_bytes;		/* argtype has BYTES */
	bool		is_recorded;	/* it has a recording, which gets a row */
	/* by a table's place in orm_tables */
	bool		is_new[ORM_MAX_TABLES];
	int			place_counts[ORM_MAX_TABLES];
	OrmPlace	places[ORM_MAX_TABLES][ORM_MAX_COLUMNS];
} OrmLoad;

/* The names of a table and of its key in the load's generation. */
static inline const char *
orm_name_of(const OrmLoad *load, int which)
{
	return orm_name(&orm_tables[which], load->generation);
}

static inline const char *
orm_key_of(const OrmLoad *load, int which)
{
	return orm_key(&orm_tables[which], load->generation)->name;
}

/* The place in orm_tables of the table that the first generation calls so. */
extern int	orm_find_table(const char *name);

/* orm_make.c: the type argtype, and the tables, made where they are not there. */
extern void orm_make_labels(OrmLoad *load);
extern void orm_take_table(OrmLoad *load, int which);
extern void orm_lock_tables(OrmLoad *load);

/* Let ids go on after those that are there. */
extern void orm_begin_ids(OrmLoad *load);

/* Add the keys of new tables, and set what makes later ids. */
extern void orm_finish_tables(OrmLoad *load);

/* orm_rows.c: copy a table's rows.  Returns how many. */
extern int64_t orm_copy_rows(OrmLoad *load, int which);

#endif							/* ORM_LOAD_H */
