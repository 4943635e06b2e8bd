/*-------------------------------------------------------------------------
 *
 * query.h
 *		Running generated SQL with parameters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_QUERY_H
#define PANDELEPHANT_LIBRARY_QUERY_H

/* The most parameters of a command. */
#define MAX_PARAMETERS	24

/* The parameters of a command, in the order of their numbers. */
typedef struct Parameters
{
	int			count;
	Oid			types[MAX_PARAMETERS];
	Datum		values[MAX_PARAMETERS];
	char		nulls[MAX_PARAMETERS];
} Parameters;

extern void add_parameter(Parameters *parameters, Oid type, Datum value, bool is_null);

/* NULL is NULL. */
extern void add_text(Parameters *parameters, const char *text);
extern void add_bigint(Parameters *parameters, int64 number);
extern void add_boolean(Parameters *parameters, bool value);

/*
 * Run a command, through SPI; returns how many rows it processed, which are in
 * SPI_tuptable.  It sees what the commands before it have done.
 */
extern uint64 run_with(const char *command, const Parameters *parameters);

/* The same for a query that sees what the calling query does. */
extern uint64 query_with(const char *query, const Parameters *parameters);

#endif							/* PANDELEPHANT_LIBRARY_QUERY_H */
