/*-------------------------------------------------------------------------
 *
 * source.h
 *		The foreign tables that pe_materialize() copies.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SOURCE_H
#define PANDELEPHANT_SOURCE_H

#include "fdw/options.h"

/* relations[] has no more than these. */
#define MAX_RELATIONS	16

/* The place of a relation in relations[]. */
extern int	place_of_relation(const PlogRelation *relation);

/* A set of relations: bits by place in relations[]. */
typedef uint32 RelationSet;

static inline bool
has_relation(RelationSet set, const PlogRelation *relation)
{
	return (set & (RelationSet) 1 << place_of_relation(relation)) != 0;
}

/*
 * The foreign tables of a schema, which all show one log; or those of a library, of
 * which one execution is meant.
 */
typedef struct Source
{
	const char *schema;
	bool		is_library;
	ExecutionOptions execution;
	Oid			tables[MAX_RELATIONS];	/* by place in relations[]; or invalid */
} Source;

/*
 * The foreign tables of a schema that show logs, as a list of Oids.  Errors are
 * reported: there is none.
 */
extern List *find_plog_tables(const char *schema);

/* Report that the current user has no right to SELECT from a foreign table. */
extern void check_may_select(Oid table);

/*
 * Find the foreign tables of a schema.  Errors are reported: none, tables of
 * several logs or with different options, no right to SELECT from one.
 */
extern Source find_source(const char *schema);

/*
 * An execution of a library, whose foreign tables are in that schema; the table of
 * executions is given, too.  Errors are reported: no right to SELECT from one.
 */
extern Source find_library_source(const char *schema, Oid executions,
								  const ExecutionOptions *execution);

/* The foreign table of a relation; invalid if the schema has none. */
extern Oid	source_table(const Source *source, const PlogRelation *relation);

/*
 * The query for all rows of a relation, with the columns in the relation's order
 * and with another execution_id.  A foreign table that lacks a column, or declares
 * it with another type, is reported.
 */
extern char *source_query(const Source *source, const PlogRelation *relation,
						  int64 execution_id);

#endif							/* PANDELEPHANT_SOURCE_H */
