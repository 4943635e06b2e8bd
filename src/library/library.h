/*-------------------------------------------------------------------------
 *
 * library.h
 *		A library: the schemas and tables of many logs.
 *
 * A library "lab" is three schemas.  lab is what users ask: the registry "logs", a
 * view of each relation, and the views that answer the usual questions.  lab_cold
 * has the foreign tables, which read logs where they lie, and the tables that say
 * which files those are: see fdw/registry.h.  lab_native has native tables, and is
 * made with the first execution that pe_materialize() copies.  The relation executions
 * is a view of the registry, which has a row for each execution wherever the rest is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_H
#define PANDELEPHANT_LIBRARY_H

#include "fmgr.h"

#include "fdw/registry.h"

typedef struct Library
{
	const char *schema;
	const char *cold;			/* the schema of the foreign tables */
	const char *native;			/* the schema of the native tables, if there are any */
	const char *extension_schema;
	Registry	registry;
} Library;

/*
 * The names of the library that a parameter of a function names; it may not exist.
 */
extern Library name_library(FunctionCallInfo fcinfo, int parameter);

/*
 * The library that a parameter of a function names, to be changed.  Errors are
 * reported: there is none, its tables are not to be trusted, or its table of files must
 * not be believed.
 */
extern Library library_of_call(FunctionCallInfo fcinfo, int parameter);

/* The names of its tables, qualified and quoted. */
extern char *library_table(const Library *library, const char *name);
extern char *cold_table(const Library *library, const char *name);

/* Does it have native tables? */
extern bool library_has_native(const Library *library);

#endif							/* PANDELEPHANT_LIBRARY_H */
