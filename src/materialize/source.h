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

/* As many as relations[] has. */
#define MAX_RELATIONS	16

/* The foreign tables of a schema, which all show one log. */
typedef struct Source
{
	const char *schema;
	ExecutionOptions execution;
	Oid			tables[MAX_RELATIONS];	/* by place in relations[]; or invalid */
} Source;

/*
 * Find the foreign tables of a schema.  Errors are reported: none, tables of
 * several logs or with different options, no right to SELECT from one.
 */
extern Source find_source(const char *schema);

/*
 * The list of a source table's columns in the relation's order, as SQL, each
 * with its unsigned bits in a bigint.  The execution's id is replaced.
 */
extern char *source_columns(const Source *source, int relation, int64 execution_id);

#endif							/* PANDELEPHANT_SOURCE_H */
